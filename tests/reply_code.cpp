// Reply codes and enhanced codes [RFC 5321 4.2.1, RFC 3463 2, RFC 2034 4].
#include <sansmtp/reply_code.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

struct row {
    unsigned code;
    std::string_view text;
    enhanced_code found; // none: it is ordinary text
    std::string_view rest;
};

// clang-format off
constexpr row rows[] = {
    {250, "2.1.0 Ok",           {2, 1, 0},     "Ok"},
    {250, "2.0.0",              {2, 0, 0},     ""},
    {250, "2.0.0 ",             {2, 0, 0},     ""},
    {250, "2.1.0  two",         {2, 1, 0},     " two"},
    {550, "5.1.1 x",            {5, 1, 1},     "x"},
    {421, "4.999.999 x",        {4, 999, 999}, "x"},
    {250, "2.10.100 x",         {2, 10, 100},  "x"},
    // grammar.md 7
    {250, "10.1.2.3 hello",     {},            "10.1.2.3 hello"},
    {220, "2.2.2.2 ready",      {},            "2.2.2.2 ready"},
    {550, "2.1.0 class",        {},            "2.1.0 class"},
    {250, "5.1.1 class",        {},            "5.1.1 class"},
    {354, "3.0.0 class",        {},            "3.0.0 class"},
    {334, "2.0.0 class",        {},            "2.0.0 class"},
    {250, "2.01.0 zero",        {},            "2.01.0 zero"},
    {250, "2.1.00 zero",        {},            "2.1.00 zero"},
    {250, "02.1.0 zero",        {},            "02.1.0 zero"},
    {250, "2.1000.0 long",      {},            "2.1000.0 long"},
    {250, "2.0.1000 long",      {},            "2.0.1000 long"},
    {250, "2.1 short",          {},            "2.1 short"},
    {250, "2.1. short",         {},            "2.1. short"},
    {250, "2..1 short",         {},            "2..1 short"},
    {250, "2.1.0x",             {},            "2.1.0x"},
    {250, "2.1.0\tHT",          {},            "2.1.0\tHT"},
    {250, "2.1.0-x",            {},            "2.1.0-x"},
    {250, " 2.1.0 x",           {},            " 2.1.0 x"},
    {250, "X.1.0 x",            {},            "X.1.0 x"},
    {250, "",                   {},            ""},
    {250, "2",                  {},            "2"},
    {250, "2.",                 {},            "2."},
};
// clang-format on

constexpr bool matches(const row& r) {
    std::size_t length = 0;
    const auto found = find_enhanced_code(r.code, r.text, length);
    return found.value_or(enhanced_code{}) == r.found && r.text.substr(length) == r.rest;
}
static_assert([] {
    for (const row& r : rows)
        if (!matches(r)) return false;
    return true;
}());

} // namespace

TEST_CASE("reply codes: 200 to 599, any second digit") {
    for (unsigned code = 0; code < 1200; ++code) {
        const bool good = code >= 200 && code <= 599;
        CHECK(static_cast<bool>(reply_code(code)) == good);
        CHECK(reply_code(code).value() == (good ? code : 0));
        if (!good) continue;
        CHECK(static_cast<unsigned>(reply_code(code).category()) == code / 100 - 1);
        CHECK(reply_code(code).positive() == (code < 400));
        CHECK(reply_code(code).negative() == (code >= 400));
    }
    CHECK(reply_code().category() == reply_class::none);
    CHECK_FALSE(reply_code().positive());
    CHECK_FALSE(reply_code().negative());
}

TEST_CASE("L47: enhanced codes are found where they are, and nowhere else") {
    for (const row& r : rows) {
        INFO(r.text);
        CHECK(matches(r));
    }
}

TEST_CASE("enhanced codes: what is one") {
    for (unsigned category = 0; category < 12; ++category) {
        const bool good = category == 2 || category == 4 || category == 5;
        const enhanced_code code{static_cast<std::uint16_t>(category), 1, 1};
        CHECK(code.valid() == good);
        CHECK(code.matches(reply_code(category * 100 + 50)) == good);
    }
    CHECK_FALSE(enhanced_code{2, 1000, 0}.valid());
    CHECK_FALSE(enhanced_code{2, 0, 1000}.valid());
    CHECK_FALSE(enhanced_code{5, 1, 1}.matches(reply_code(450)));
    CHECK_FALSE(enhanced_code{});
}
