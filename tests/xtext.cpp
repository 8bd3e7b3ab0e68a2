// xtext: grammar.md section 4 [RFC 3461 4].
#include <sansmtp/xtext.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

struct pair {
    std::string_view octets, text;
};

// clang-format off
constexpr pair pairs[] = {
    {"",                    ""},
    {"a",                   "a"},
    {"e=mc2@example.com",   "e+3Dmc2@example.com"}, // RFC 4954 5
    {"a+b@x",               "a+2Bb@x"},
    {"+",                   "+2B"},
    {"++",                  "+2B+2B"},
    {" ",                   "+20"},
    {"\0\r\n\x7f"sv,        "+00+0D+0A+7F"},
    {"\x80\xff\xc3\xa9",    "+80+FF+C3+A9"},
    {"!~<>\\\"",            "!~<>\\\""},
};

struct wrong {
    std::string_view text;
    std::size_t offset;
};

constexpr wrong bad[] = {
    {"=",       0}, {" ",     0}, {"a b",  1}, {"\x7f", 0}, {"\x80", 0}, {"a\t",  1}, {"\r\n", 0}, {"\0"sv, 0},
    {"+",       1}, {"+2",    2}, {"a+",   2}, {"+G0",  1}, {"+0G",  2}, {"++2B", 1}, {"+2+B", 2}, {"+ 0", 1},
    {"+3d",     2}, {"+d3",   1}, {"+-1",  1}, {"+0x",  2}, {"ok+3D=", 5}, {"+\xff" "0", 1}, {"+`0", 1}, {"+@0", 1}, {"+:0", 1}, {"+/0", 1},
};
// clang-format on

} // namespace

TEST_CASE("grammar 4: vectors, both ways and in place") {
    for (const pair& v : pairs) {
        CAPTURE(v.text);
        std::array<char, 64> out{};
        const auto encoded = encode_xtext(v.octets, out);
        REQUIRE(encoded);
        CHECK(std::string_view(out.data(), *encoded) == v.text);
        const auto decoded = decode_xtext(v.text, out);
        REQUIRE(decoded);
        CHECK(std::string_view(out.data(), *decoded) == v.octets);
        std::string same(v.text);
        const auto in_place = decode_xtext(same, same);
        REQUIRE(in_place);
        CHECK(same.substr(0, *in_place) == v.octets);
        const auto view = parse_xtext(v.text);
        REQUIRE(view);
        CHECK(*view == v.octets);
        CHECK(view->text() == v.text);
        CHECK_FALSE(*view == std::string(v.octets) + "x");
        if (!v.text.empty()) {
            CHECK(encode_xtext(v.octets, std::span(out).first(v.text.size() - 1)).error().code == errc::no_room);
            CHECK(decode_xtext(v.text, std::span(out).first(v.octets.size() - 1)).error().code == errc::no_room);
        }
    }
    CHECK(*parse_xtext("+41+42") == *parse_xtext("AB"));
    CHECK_FALSE(*parse_xtext("+41") == *parse_xtext("a"));
}

TEST_CASE("grammar 4: what is no xtext, with the place") {
    for (const wrong& v : bad) {
        CAPTURE(v.text);
        std::array<char, 64> out{};
        CHECK(decode_xtext(v.text, out).error() == parse_error{errc::bad_value, v.offset});
        CHECK(parse_xtext(v.text).error() == parse_error{errc::bad_value, v.offset});
    }
}

TEST_CASE("grammar 4: every octet") {
    for (unsigned octet = 0; octet < 256; ++octet) {
        CAPTURE(octet);
        const std::string one(1, static_cast<char>(octet));
        std::array<char, 3> out{};
        const auto size = encode_xtext(one, out);
        const bool plain = octet >= 33 && octet <= 126 && octet != '+' && octet != '=';
        CHECK(size.value() == (plain ? 1 : 3));
        std::array<char, 1> back{};
        CHECK(decode_xtext({out.data(), *size}, back).value() == 1);
        CHECK(back[0] == one[0]);
        CHECK(parse_xtext(one).has_value() == plain);
    }
}

TEST_CASE("commands 0.1: hexadecimal digits in lower case, by leniency") {
    std::array<char, 8> out{};
    leniency used;
    CHECK(decode_xtext("+3d+aF", out, lexical::only("lower_case_xtext"), &used).value() == 2);
    CHECK(used == lexical::only("lower_case_xtext"));
    CHECK((out[0] == '=' && out[1] == '\xaf'));
    used = {};
    CHECK(decode_xtext("+3D", out, lexical::only("lower_case_xtext"), &used));
    CHECK(used == leniency{});
    CHECK(parse_xtext("+3d", lexical::all_but("lower_case_xtext")).error().offset == 2);
    CHECK(parse_xtext("+3g", legacy()).error().offset == 2);
}
