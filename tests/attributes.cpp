// The attributes of XCLIENT and XFORWARD: commands.md 21, 22.
#include <sansmtp/attributes.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

using namespace sansmtp;

static_assert(parse_attributes("NAME=spike.example PORT=25")->port() == 25);

TEST_CASE("attributes: what they say") {
    const attributes attrs =
        *parse_attributes("name=a+2Bb PORT=587 ADDR=[unavailable] DESTPORT=70000 HELO=[TempUnavail]");
    std::array<char, 16> out{};
    REQUIRE(*attrs.find("NAME")->decode(out) == 3);
    CHECK(std::string_view(out.data(), 3) == "a+b");
    CHECK(attrs.find("NAME")->decode(std::span(out).first(2)).error().code == errc::no_room);
    CHECK(attrs.port() == 587);
    CHECK_FALSE(attrs.port("DESTPORT")); // no port number
    CHECK_FALSE(attrs.port("NAME"));
    CHECK_FALSE(attrs.find("LOGIN"));
    CHECK(attrs.find("addr")->unavailable());
    CHECK_FALSE(attrs.find("addr")->temporarily_unavailable());
    CHECK(attrs.find("helo")->temporarily_unavailable());
    CHECK(attrs == *parse_attributes("NAME=a+2Bb port=587 addr=[unavailable] destport=70000 helo=[TempUnavail]"));
    CHECK_FALSE(attrs == *parse_attributes("NAME=a+2Bb"));
}

TEST_CASE("attributes: what is none, with the place") {
    struct row {
        std::string_view text;
        errc code;
        std::size_t offset;
    };
    for (const row& r :
         {row{"", errc::bad_parameter, 0}, row{"NAME", errc::bad_parameter, 4}, row{"-A=x", errc::bad_parameter, 0},
          row{"A_B=x", errc::bad_parameter, 1}, row{"NAME=", errc::bad_value, 5}, row{"NAME=a+4", errc::bad_value, 8},
          row{"NAME=a+3d", errc::bad_value, 8}, row{"NAME=a=b", errc::bad_value, 6},
          row{"NAME=a name=b", errc::duplicate_parameter, 7}, row{"A=x  B=y", errc::bad_parameter, 3},
          row{"A=x ", errc::bad_parameter, 4}}) {
        INFO(r.text);
        const auto parsed = parse_attributes(r.text);
        CHECK(message(parsed.error().code) == message(r.code));
        CHECK(parsed.error().offset == r.offset);
    }
    CHECK(parse_attributes("NAME=a+3d", {interop()}));
    CHECK(parse_attributes("A=x  B=y", {interop()}));
}

TEST_CASE("attributes: 32 of them, names of 64 octets") {
    std::string text = "A=x";
    for (int i = 1; i < 32; ++i) text.append(" A").append(std::to_string(i)).append("=x");
    CHECK(parse_attributes(text));
    CHECK(parse_attributes(text.append(" LAST=x")).error().code == errc::bad_parameter);
    CHECK(parse_attributes(std::string(64, 'A').append("=x")));
    CHECK(parse_attributes(std::string(65, 'A').append("=x")).error().code == errc::bad_parameter);
}
