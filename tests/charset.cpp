// Octet sets against the rules that name them [RFC 5321 4.1.2, 4.1.3; RFC 5322 3.2.3; RFC 3461 4].
#include <sansmtp/charset.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

struct named_set {
    std::string_view name;
    charset set;
    bool (*holds)(int);
};

constexpr bool letter(int c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool number(int c) { return c >= '0' && c <= '9'; }
constexpr bool one_of(std::string_view all, int c) { return all.find(static_cast<char>(c)) != std::string_view::npos; }

// clang-format off
constexpr named_set sets[] = {
    {"alpha",       chars::alpha,       letter},
    {"digit",       chars::digit,       number},
    {"hex",         chars::hex,         [](int c) { return number(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }},
    {"let_dig",     chars::let_dig,     [](int c) { return letter(c) || number(c); }},
    {"ldh",         chars::ldh,         [](int c) { return letter(c) || number(c) || c == '-'; }},
    {"atext",       chars::atext,       [](int c) { return letter(c) || number(c) || one_of("!#$%&'*+-/=?^_`{|}~", c); }},
    {"qtext",       chars::qtext,       [](int c) { return c >= 32 && c <= 126 && c != '"' && c != '\\'; }},
    {"qpair",       chars::qpair,       [](int c) { return c >= 32 && c <= 126; }},
    {"dcontent",    chars::dcontent,    [](int c) { return c >= 33 && c <= 126 && c != '[' && c != '\\' && c != ']'; }},
    {"xchar",       chars::xchar,       [](int c) { return c >= 33 && c <= 126 && c != '+' && c != '='; }},
    {"esmtp_value", chars::esmtp_value, [](int c) { return c >= 33 && c <= 126 && c != '='; }},
    {"equals",      chars::equals,      [](int c) { return c == '='; }},
    {"blank",       chars::blank,       [](int c) { return c == ' ' || c == '\t'; }},
    {"control",     chars::control,     [](int c) { return c < 32 || c == 127; }},
    {"high",        chars::high,        [](int c) { return c >= 128; }},
    {"graphic",     chars::graphic,     [](int c) { return c >= 33 && c <= 126; }},
    {"visible",     chars::visible,     [](int c) { return c >= 33 && c != 127; }},
    {"base64",      chars::base64,      [](int c) { return letter(c) || number(c) || c == '+' || c == '/'; }},
    {"any",         chars::any,         [](int) { return true; }},
    {"textstring",  chars::textstring,  [](int c) { return c == '\t' || (c >= 32 && c <= 126); }},
};
// clang-format on

} // namespace

TEST_CASE("every set holds what its rule says, and nothing else") {
    for (const named_set& v : sets) {
        for (int c = 0; c < 256; ++c) {
            CAPTURE(v.name, c);
            CHECK(v.set.contains(static_cast<char>(c)) == v.holds(c));
        }
    }
}

TEST_CASE("skip stops at the first octet that is not in the set, at every place and length") {
    for (std::size_t size = 0; size <= 13; ++size) {
        const std::string good(size, 'a');
        CHECK(chars::alpha.skip(good) == size);
        CHECK(chars::alpha.all(good));
        for (std::size_t at = 0; at < size; ++at) {
            std::string text = good;
            text[at] = '1';
            CHECK(chars::alpha.skip(text) == at);
            CHECK_FALSE(chars::alpha.all(text));
            for (std::size_t from = 0; from <= size; ++from)
                CHECK(chars::alpha.skip(text, from) == (from <= at ? at : size));
        }
    }
}

TEST_CASE("L20: only ASCII letters are folded") {
    for (int c = 0; c < 256; ++c) {
        const char octet = static_cast<char>(c);
        CHECK(to_upper(octet) == (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : octet));
    }
    CHECK(iequal("LAST", "laSt"));
    CHECK_FALSE(iequal("LAST", "LA\xc5\xbfT"));
    CHECK_FALSE(iequal("[", "{"));
    CHECK_FALSE(iequal("@", "`"));
    CHECK_FALSE(iequal("a", "ab"));
    CHECK_FALSE(iequal("\xc3\x89", "\xc3\xa9"));
    CHECK(iequal("", ""));
}
