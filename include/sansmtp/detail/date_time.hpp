// Internet dates and times [RFC 3339 5.6], as HOLDUNTIL and RRVS have them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../charset.hpp"
#include "cursor.hpp"
#include "writer.hpp"

namespace sansmtp {

struct date_time {
    // clang-format off
    std::uint16_t year           = 1970; // 0 to 9999
    std::uint8_t  month          = 1;    // 1 to 12
    std::uint8_t  day            = 1;    // 1 to 31
    std::uint8_t  hour           = 0;    // 0 to 23
    std::uint8_t  minute         = 0;    // 0 to 59
    std::uint8_t  second         = 0;    // 0 to 60: there are leap seconds
    std::uint32_t nanosecond     = 0;    // 0 to 999999999
    std::int16_t  offset_minutes = 0;    // local time minus UTC
    // clang-format on

    // Seconds since 1970-01-01T00:00:00Z. A leap second counts as the second behind it.
    constexpr std::int64_t unix_seconds() const noexcept {
        // Years begin in March here, so that a leap day is the last of its year; and 400 years earlier, so that none is
        // negative.
        const std::int64_t y = year + 400 - (month <= 2 ? 1 : 0);
        const std::int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        const std::int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + in_year - 719468 - 146097;
        return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
    }

    // Field by field: the same moment may be written in two ways.
    friend constexpr bool operator==(const date_time&, const date_time&) noexcept = default;
};

namespace detail {

constexpr unsigned days_in_month(unsigned year, unsigned month) noexcept {
    constexpr std::array<unsigned, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (leap && month == 2 ? 1 : 0);
}

// Exactly `digits` of them; the number is `least` to `most`. The cursor stays at the number if it is not.
constexpr bool take_field(cursor& c, std::size_t digits, unsigned least, unsigned most, unsigned& found) noexcept {
    const std::size_t start = c.at;
    found = 0;
    for (; c.at - start < digits; ++c.at) {
        if (!chars::digit.contains(c.peek())) return false;
        found = found * 10 + static_cast<unsigned>(c.peek() - '0');
    }
    if (found < least || found > most) return c.at = start, false;
    return true;
}

// full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT
constexpr bool take_full_date(cursor& c, date_time& found) noexcept {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (!take_field(c, 4, 0, 9999, year) || !c.take('-') || !take_field(c, 2, 1, 12, month) || !c.take('-') ||
        !take_field(c, 2, 1, days_in_month(year, month), day))
        return false;
    found.year = static_cast<std::uint16_t>(year);
    found.month = static_cast<std::uint8_t>(month);
    found.day = static_cast<std::uint8_t>(day);
    return true;
}

// partial-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*DIGIT]; what is under a nanosecond is passed over
constexpr bool take_partial_time(cursor& c, date_time& found) noexcept {
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    if (!take_field(c, 2, 0, 23, hour) || !c.take(':') || !take_field(c, 2, 0, 59, minute) || !c.take(':') ||
        !take_field(c, 2, 0, 60, second))
        return false;
    found.hour = static_cast<std::uint8_t>(hour);
    found.minute = static_cast<std::uint8_t>(minute);
    found.second = static_cast<std::uint8_t>(second);
    found.nanosecond = 0;
    if (!c.take('.')) return true;
    const std::size_t start = c.at;
    for (std::uint32_t unit = 100'000'000; unit != 0 && chars::digit.contains(c.peek()); unit /= 10, ++c.at)
        found.nanosecond += unit * static_cast<std::uint32_t>(c.peek() - '0');
    c.at = chars::digit.skip(c.text, c.at);
    return c.at != start;
}

// time-offset = "Z" / ("+" / "-") 2DIGIT ":" 2DIGIT
constexpr bool take_time_offset(cursor& c, date_time& found) noexcept {
    found.offset_minutes = 0;
    if (c.take_word<"Z">()) return true;
    const bool minus = c.take('-');
    unsigned hours = 0;
    unsigned minutes = 0;
    if ((!minus && !c.take('+')) || !take_field(c, 2, 0, 23, hours) || !c.take(':') ||
        !take_field(c, 2, 0, 59, minutes))
        return false;
    const auto offset = static_cast<int>(hours * 60 + minutes);
    found.offset_minutes = static_cast<std::int16_t>(minus ? -offset : offset);
    return true;
}

// date-time = full-date "T" partial-time time-offset; second 60 only where the last minute of a day in UTC ends
constexpr bool take_date_time(cursor& c, date_time& found) noexcept {
    const std::size_t start = c.at;
    if (!take_full_date(c, found) || !c.take_word<"T">() || !take_partial_time(c, found) || !take_time_offset(c, found))
        return false;
    constexpr int day = 24 * 60;
    const int minute = (found.hour * 60 + found.minute - found.offset_minutes + 2 * day) % day;
    if (found.second == 60 && minute != day - 1) return c.at = start + 17, false;
    return true;
}

constexpr void put_field(writer& out, std::uint32_t value, std::size_t digits) noexcept {
    std::uint32_t unit = 1;
    while (--digits != 0) unit *= 10;
    for (; unit != 0; unit /= 10) out.put(static_cast<char>('0' + value / unit % 10));
}

constexpr void put_date_time(writer& out, const date_time& when) noexcept {
    put_field(out, when.year, 4);
    put_field(out.put('-'), when.month, 2);
    put_field(out.put('-'), when.day, 2);
    put_field(out.put('T'), when.hour, 2);
    put_field(out.put(':'), when.minute, 2);
    put_field(out.put(':'), when.second, 2);
    if (when.nanosecond != 0) {
        std::uint32_t fraction = when.nanosecond;
        std::size_t digits = 9;
        for (; digits > 1 && fraction % 10 == 0; fraction /= 10) --digits;
        put_field(out.put('.'), fraction, digits);
    }
    if (when.offset_minutes == 0) return void(out.put('Z'));
    const auto offset =
        static_cast<std::uint32_t>(when.offset_minutes < 0 ? -when.offset_minutes : when.offset_minutes);
    put_field(out.put(when.offset_minutes < 0 ? '-' : '+'), offset / 60, 2);
    put_field(out.put(':'), offset % 60, 2);
}

} // namespace detail

} // namespace sansmtp
