// Decimal numbers, read with an overflow check and without sign, space or locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "../charset.hpp"

namespace sansmtp::detail {

// Reads a text of nothing but digits; false if its number is over 64 bits, and then the largest one is read.
constexpr bool read_decimal(std::string_view digits, std::uint64_t& value) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    constexpr auto safe = static_cast<std::size_t>(std::numeric_limits<std::uint64_t>::digits10); // so many always fit
    const char* const octets = digits.data();
    const std::size_t few = digits.size() < safe ? digits.size() : safe;
    value = 0;
    std::size_t at = 0;
    for (; at < few; ++at) value = value * 10 + static_cast<std::uint64_t>(octets[at] - '0');
    for (; at < digits.size(); ++at) {
        const auto digit = static_cast<std::uint64_t>(octets[at] - '0');
        if (value > most / 10 || (value == most / 10 && digit > most % 10)) return value = most, false;
        value = value * 10 + digit;
    }
    return true;
}

// Reads 1*DIGIT, the whole text. A value over 64 bits becomes the largest one: it is over every limit anyway.
constexpr std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
    if (text.empty() || !chars::digit.all(text)) return std::nullopt;
    std::uint64_t value = 0;
    read_decimal(text, value);
    return value;
}

} // namespace sansmtp::detail
