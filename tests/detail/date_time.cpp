// Dates and times: every day of 800 years counts one more, and what is written is read [RFC 3339 5.6].
#include <sansmtp/detail/date_time.hpp>

#include "support/catch.hpp"

#include <array>
#include <string_view>

using namespace sansmtp;

namespace {

bool comes_back(const date_time& when) {
    std::array<char, 64> out{};
    detail::writer w(out);
    detail::put_date_time(w, when);
    detail::cursor c({out.data(), w.size()}, syntax{});
    date_time back;
    return w.ok() && detail::take_date_time(c, back) && c.done() && back == when;
}

} // namespace

TEST_CASE("the days follow each other, leap days too") {
    std::int64_t before = date_time{1799, 12, 31}.unix_seconds();
    std::size_t wrong = 0;
    for (unsigned year = 1800; year < 2600; ++year) {
        for (unsigned month = 1; month <= 12; ++month) {
            for (unsigned day = 1; day <= detail::days_in_month(year, month); ++day) {
                const date_time when{static_cast<std::uint16_t>(year), static_cast<std::uint8_t>(month),
                                     static_cast<std::uint8_t>(day)};
                wrong += when.unix_seconds() != before + 86400 || !comes_back(when);
                before = when.unix_seconds();
            }
        }
    }
    CHECK(wrong == 0);
    CHECK(detail::days_in_month(1900, 2) == 28);
    CHECK(detail::days_in_month(2000, 2) == 29);
    CHECK(date_time{2014, 4, 3, 23, 1, 0, 0, -480}.unix_seconds() == date_time{2014, 4, 4, 7, 1, 0}.unix_seconds());
}

TEST_CASE("what is written is read: fractions, offsets, leap seconds") {
    for (const std::uint32_t nanosecond : {0U, 1U, 10U, 250000000U, 999999999U, 100000000U})
        for (const int offset : {0, 1, -1, 330, -1439, 1439})
            CHECK(comes_back({2026, 12, 1, 1, 2, 3, nanosecond, static_cast<std::int16_t>(offset)}));
    CHECK(comes_back({2016, 12, 31, 23, 59, 60, 0, 0}));
    CHECK(comes_back({2017, 1, 1, 0, 29, 60, 0, 30}));
    CHECK_FALSE(comes_back({2017, 1, 1, 0, 29, 60, 0, 0}));
    CHECK_FALSE(comes_back({2017, 1, 1, 0, 0, 0, 1000000000, 0}));
    CHECK_FALSE(comes_back({2017, 1, 1, 0, 0, 0, 0, 1440}));
    CHECK_FALSE(comes_back({2017, 1, 32}));
    CHECK_FALSE(comes_back({12017, 1, 1}));
}
