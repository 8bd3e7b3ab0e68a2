// Decimal numbers: 1*DIGIT, and the largest number for what is over 64 bits.
#include <sansmtp/detail/decimal.hpp>
#include <sansmtp/detail/writer.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp::detail;
using namespace std::string_view_literals;

TEST_CASE("parse_decimal") {
    CHECK(parse_decimal("0") == 0U);
    CHECK(parse_decimal("007") == 7U);
    CHECK(parse_decimal("18446744073709551614") == 18446744073709551614U);
    CHECK(parse_decimal("18446744073709551615") == 18446744073709551615U);
    CHECK(parse_decimal("18446744073709551616") == 18446744073709551615U);
    CHECK(parse_decimal("99999999999999999999999999") == 18446744073709551615U);
    for (const auto text : {""sv, "-1"sv, "+1"sv, " 1"sv, "1 "sv, "0x1"sv, "1.0"sv, "1\0"sv, "\xd9\xa1"sv}) {
        CAPTURE(text);
        CHECK_FALSE(parse_decimal(text));
    }
}

TEST_CASE("the writer counts what has no room, and writes none of it") {
    std::array<char, 4> out{'#', '#', '#', '#'};
    writer w(out);
    w.put("ab").put('c');
    CHECK((w.ok() && w.size() == 3));
    w.put("de");
    CHECK_FALSE(w.ok());
    CHECK(w.size() == 5);
    CHECK(out[3] == '#');
    w.put('f');
    CHECK(w.size() == 6);
    std::array<char, 20> digits{};
    writer number(digits);
    number.put_decimal(18446744073709551615U);
    CHECK(std::string_view(digits.data(), number.size()) == "18446744073709551615");
    writer none{std::span<char>{}};
    none.put("").put_decimal(0);
    CHECK((none.size() == 1 && !none.ok()));
}
