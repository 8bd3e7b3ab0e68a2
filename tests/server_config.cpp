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
    CHECK_FALSE(with_mechanisms("PLAIN digest-md5")); // [RFC 6331; lessons: session traps]
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

TEST_CASE("the profiles are valid, and safe", "[server_config]") {
    using id = extension_id;
    for (const server_config& c :
         {mx("mx.example"), submission("mx.example"), lmtp("mx.example"), test_server("mx.example")})
        CHECK(c.valid());
    CHECK_FALSE(mx().valid()); // without a name
    CHECK(mx().offers().has(id::starttls));
    CHECK_FALSE(mx().offers().has(id::auth));
    CHECK((submission().require_tls && submission().require_auth && !submission().cleartext_auth));
    CHECK(lmtp().protocol == dialect::lmtp);
    CHECK_FALSE(lmtp().offers().has(id::starttls));
    for (const server_config& c : {mx(), submission(), lmtp(), test_server()})
        for (const id off : {id::xclient, id::xforward, id::etrn, id::atrn, id::turn, id::send, id::soml, id::saml})
            CHECK_FALSE(c.offers().has(off));
}

TEST_CASE("a config promises nothing that a session does not keep", "[server_config]") {
    using id = extension_id;
    const auto with = [](extension_set more) {
        server_config c{.host = "mx.example"};
        c.offer = c.offer | more;
        return c;
    };
    for (const id gone : {id::verb, id::onex, id::checkpoint, id::utf8smtp}) CHECK_FALSE(with({gone}).valid());
    CHECK_FALSE(with({id::mtrk}).valid()); // without DSN
    CHECK(with({id::mtrk, id::dsn}).valid());
    CHECK_FALSE(with({id::atrn}).valid());           // without AUTH
    CHECK_FALSE(with({id::future_release}).valid()); // without its limits
    server_config c = with({});
    c.offer = c.offer - extension_set{id::chunking} | extension_set{id::binary_mime};
    CHECK_FALSE(c.valid());
    for (const std::uint32_t failures : {1U, 2U}) {
        c = with({});
        c.auth_failures = failures; // three at least [RFC 4954 4]
        CHECK_FALSE(c.valid());
    }
    for (const extension& known : {extensions::starttls, extensions::dsn, extensions::xclient})
        CHECK_FALSE(with_extension(known));
    constexpr std::string_view taken[] = {"STARTTLS"}, parameter[] = {"SIZE"};
    CHECK_FALSE(with_extension({"X-A", {}, {}, {}, taken}));
    CHECK_FALSE(with_extension({"X-A", {}, parameter}));
}
