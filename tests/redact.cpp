// Lines for a transcript: no secret of AUTH, and nothing that could forge a line [sasl.md 1].
#include <sansmtp/redact.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

std::string shown(std::string_view line, line_origin origin = line_origin::from_client) {
    std::array<char, 512> out{};
    const auto size = redact(line, origin, out);
    REQUIRE(size);
    return {out.data(), *size};
}

} // namespace

TEST_CASE("redaction: what AUTH carries is hidden, however it is spelt") {
    CHECK(shown("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm") == "AUTH PLAIN ****");
    CHECK(shown("auth plain secret") == "auth plain ****");
    CHECK(shown("AUTH PLAIN") == "AUTH PLAIN");
    CHECK(shown("AUTH PLAIN =") == "AUTH PLAIN ****");
    for (const std::string_view line :
         {" AUTH PLAIN secret"sv, "\tAUTH\tPLAIN\tsecret"sv, "AUTH  PLAIN  secret x"sv, "AUTH secret"sv,
          "AUTH:PLAIN secret"sv, "AUTH PLAIN secret\0secret"sv, "AUTH\x01secret"sv, "AUTH PLAINsecret"sv,
          "AUTH=secret"sv, "AUTH PLAIN:secret"sv})
        CHECK(shown(line).find("secret") == std::string::npos);
}

TEST_CASE("redaction: an AUTH exchange is hidden but for its cancellation") {
    CHECK(shown("c2VjcmV0", line_origin::auth_exchange) == "****");
    CHECK(shown("*", line_origin::auth_exchange) == "*");
    CHECK(shown("", line_origin::auth_exchange).empty());
    CHECK(shown("334 c2VjcmV0", line_origin::from_server) == "334 ****");
    CHECK(shown("334 ", line_origin::from_server) == "334 ");
    CHECK(shown("235 2.7.0 ok", line_origin::from_server) == "235 2.7.0 ok");
}

TEST_CASE("redaction: all else is shown, in octets that a log can hold") {
    CHECK(shown("MAIL FROM:<a@b>") == "MAIL FROM:<a@b>");
    CHECK(shown("XCLIENT LOGIN=bob") == "XCLIENT LOGIN=bob");
    CHECK(shown("NOOP \r\n\x1B[2J\\") == "NOOP \\x0D\\x0A\\x1B[2J\\\\");
    CHECK(shown("550 \xC3\xA9\0"sv, line_origin::from_server) == "550 \\xC3\\xA9\\x00");
    std::string all;
    for (int octet = 0; octet < 256; ++octet) all.push_back(static_cast<char>(octet));
    std::array<char, 2048> out{};
    const auto size = redact(all, line_origin::from_server, out);
    REQUIRE(size);
    for (std::size_t i = 0; i < *size; ++i) CHECK((out[i] >= ' ' && out[i] <= '~'));
    CHECK(redact("NOOP", line_origin::from_client, {}).error().code == errc::no_room);
}
