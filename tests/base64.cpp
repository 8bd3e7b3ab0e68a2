// base64, strict: sasl.md section 1 [RFC 4648 4; RFC 4954 4].
#include <sansmtp/base64.hpp>

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
    {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, // RFC 4648 10
    {"\0tim\0tanstaaftanstaaf"sv, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"}, // RFC 4616
    {"Ursel\0Kurt\0xipj3plmq"sv,  "VXJzZWwAS3VydAB4aXBqM3BsbXE="},
    {"test\0test\0" "1234"sv,     "dGVzdAB0ZXN0ADEyMzQ="},         // RFC 4954
    {"Username:", "VXNlcm5hbWU6"}, {"Password:", "UGFzc3dvcmQ6"},
    {"\xff\xff\xff", "////"}, {"\xfb\xef\xbe", "++++"}, {"\0\0\0"sv, "AAAA"}, {"\0"sv, "AA=="},
};

struct wrong {
    std::string_view text;
    std::size_t offset;
};

constexpr wrong bad[] = {
    {"=",         0}, {"==",       0}, {"====",      0}, {"A",       1}, {"A=",       1}, {"A==",     1}, {"A===",   1},
    {"AA",        2}, {"AA=",      3}, {"AA===",     4}, {"AAA",     3}, {"AAA==",    4}, {"AAAA=",   4}, {"AAAA==", 4},
    {"AAAAA",     5}, {"AA=A",     3}, {"AA==AA==",  4}, {"AA==AAAA", 4}, {"=AAA",    0}, {"A=AA",    1},
    {"AA A",      2}, {" AAAA",    0}, {"AAAA ",     4}, {"AAAA\r\n", 4}, {"AA\nAA",  2}, {"AAAA\0"sv, 4}, {"\0AAA"sv, 0},
    {"AA-_",      2}, {"AA_A",     2}, {"AAA\x80",   3}, {"AAA,",    3}, {"AAA@",     3}, {"AAA[",    3}, {"AAA`",   3}, {"AAA{", 3}, {"AAA:", 3}, {"AAA.", 3}, {"*", 0},
    {"QR==",      1}, {"QUJ=",     2}, {"Zm9vZh==",  5}, // bits that carry nothing
};
// clang-format on

} // namespace

TEST_CASE("RFC 4648 10: vectors, both ways and in place") {
    for (const pair& v : pairs) {
        CAPTURE(v.text);
        std::array<char, 64> out{};
        const auto encoded = encode_base64(v.octets, out);
        REQUIRE(encoded);
        CHECK(std::string_view(out.data(), *encoded) == v.text);
        CHECK(base64_size(v.octets.size()) == v.text.size());
        const auto decoded = decode_base64(v.text, out);
        REQUIRE(decoded);
        CHECK(std::string_view(out.data(), *decoded) == v.octets);
        std::string same(v.text);
        CHECK(decode_base64(same, same).value() == v.octets.size());
        CHECK(same.substr(0, v.octets.size()) == v.octets);
        if (v.text.empty()) continue;
        out.fill('#');
        CHECK(encode_base64(v.octets, std::span(out).first(v.text.size() - 1)).error().code == errc::no_room);
        out.fill('#');
        CHECK(decode_base64(v.text, std::span(out).first(v.octets.size() - 1)).error().code == errc::no_room);
        CHECK(out[0] == '#'); // nothing was written
    }
}

TEST_CASE("L35: what is no base64, with the place") {
    for (const wrong& v : bad) {
        CAPTURE(v.text);
        std::array<char, 64> out{};
        CHECK(decode_base64(v.text, out).error() == parse_error{errc::bad_base64, v.offset});
    }
}

TEST_CASE("every length and every octet comes back") {
    std::string all;
    for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
    for (std::size_t size = 0; size <= all.size(); ++size) {
        const std::string octets = all.substr(all.size() - size);
        std::string text(base64_size(size), '\0');
        CHECK(encode_base64(octets, text).value() == text.size());
        std::string back(size, '\0');
        CHECK(decode_base64(text, back).value() == size);
        CHECK(back == octets);
    }
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (const char c : all) {
        std::array<char, 3> out{};
        CHECK(decode_base64(std::string(3, 'A') + c, out).has_value() ==
              (digits.find(c) != std::string_view::npos || c == '='));
    }
}

TEST_CASE("commands 0.1: pad bits that are not zero, by leniency") {
    for (const std::string_view text : {"QR=="sv, "QUJ="sv, "Zm9vZh=="sv}) {
        CAPTURE(text);
        std::array<char, 8> out{};
        leniency used;
        CHECK(decode_base64(text, out, lexical::only("base64_pad_bits"), &used));
        CHECK(used == lexical::only("base64_pad_bits"));
        CHECK_FALSE(decode_base64(text, out, lexical::all_but("base64_pad_bits")));
    }
    std::array<char, 8> out{};
    CHECK(decode_base64("QR==", out, legacy()).value() == 1);
    CHECK(out[0] == 'A');
    leniency used;
    CHECK(decode_base64("QQ==", out, legacy(), &used));
    CHECK(used == leniency{});
}
