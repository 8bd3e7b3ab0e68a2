// Decimal numbers, read with an overflow check and without sign, space or locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "../charset.hpp"

namespace sansmtp::detail {

// Reads 1*DIGIT, the whole text. A value over 64 bits becomes the largest one: it is over every limit anyway.
constexpr std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (text.empty() || !chars::digit.all(text)) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (most - digit) / 10) return most;
        value = value * 10 + digit;
    }
    return value;
}

} // namespace sansmtp::detail
