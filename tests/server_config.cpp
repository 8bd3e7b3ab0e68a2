// What a server's config may hold: nothing of it breaks a line.
#include <sansmtp/server_config.hpp>
#include <sansmtp/server_engine.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

bool with_host(std::string_view host) { return server_config{.host = host}.valid(); }
bool with_banner(std::string_view banner) { return server_config{.host = "mx.example", .banner = banner}.valid(); }
bool with_mechanisms(std::string_view words) {
    return server_config{.host = "mx.example", .mechanisms = words}.valid();
}
bool with_extension(const extension& e) {
    const std::array all{e};
    return server_config{.host = "mx.example", .extensions = all}.valid();
}

} // namespace

TEST_CASE("a config is valid if all of it may stand in a line", "[server_config]") {
    CHECK(with_host("mx.example"));
    CHECK(with_host("[192.0.2.1]"));
    CHECK(with_host("[IPv6:2001:db8::1]"));
    for (const auto host :
         {""sv, "mx example"sv, "mx.example\r\n"sv, "mx..example"sv, "[192.0.2.256]"sv, "mx\0"sv, "m\xfc"sv})
        CHECK_FALSE(with_host(host));

    CHECK(with_banner(""));
    CHECK(with_banner("ESMTP, no UCE"));
    CHECK(with_banner(std::string(200, 'x')));
    CHECK_FALSE(with_banner(std::string(201, 'x')));
    for (const auto banner : {"a\r\nb"sv, "a\nb"sv, "a\0b"sv, "\xe9"sv, "\x7f"sv}) CHECK_FALSE(with_banner(banner));

    CHECK(with_mechanisms("PLAIN LOGIN SCRAM-SHA-256 X_Y"));
    for (const auto words : {"PLAIN\r\nX"sv, "PLAIN\0"sv, "\xe9"sv}) CHECK_FALSE(with_mechanisms(words));
    CHECK_FALSE(with_mechanisms(std::string(401, 'A')));

    CHECK(with_extension({"X-FOO", "some arguments"}));
    CHECK(with_extension({"8BIT"}));
    for (const auto keyword : {""sv, "-X"sv, "X FOO"sv, "X\r\n"sv, "X="sv}) CHECK_FALSE(with_extension({keyword}));
    for (const auto arguments : {"a\r\nb"sv, "a\tb"sv, "a\0"sv, "\xe9"sv})
        CHECK_FALSE(with_extension({"X", arguments}));
    CHECK(with_extension({"X", std::string(504, 'a')})); // "250-X " and CRLF: 512 octets
    CHECK_FALSE(with_extension({"X", std::string(505, 'a')}));
}

TEST_CASE("no line that a valid config makes is longer than 512 octets", "[server_config]") {
    const std::string label(63, 'a'), host = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
    REQUIRE(host.size() == 253);
    const std::string banner(200, 'b'), arguments(497, 'c');
    std::string mechanisms;
    while (mechanisms.size() < 390) mechanisms += "X12345678 ";
    const std::array all{extension{"X-F", arguments}};
    const server_config config{.host = host, .banner = banner, .mechanisms = mechanisms, .extensions = all};
    REQUIRE(config.valid());
    server_engine engine(config);
    std::string out;
    std::string in = "EHLO x\r\nQUIT\r\n";
    for (int i = 0; i < 20; ++i) {
        std::array<char, 1024> room{};
        io s{in, room};
        while (auto action = engine.next(s))
            match(*action, [&]<class A>(const A& a) {
                if constexpr (requires { engine.accept(a, s); }) engine.accept(a, s);
            });
        in.erase(0, s.consumed);
        out.append(room.data(), s.written);
    }
    CHECK(engine.closed());
    CHECK(out.find("250-AUTH X12345678") != std::string::npos);
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t end = out.find("\r\n", at);
        REQUIRE(end != std::string::npos);
        CHECK(end + 2 - at <= 512);
        at = end + 2;
    }
}
