// xtext [RFC 3461 4]: how a parameter value carries octets that it may not hold, "+" and two hexadecimal digits each.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "charset.hpp"
#include "detail/writer.hpp"
#include "limits.hpp"
#include "result.hpp"

namespace sansmtp {

namespace detail {

inline constexpr std::string_view hex_digits = "0123456789ABCDEF";

// The value of a hexadecimal digit of either case; 16 if it is none.
constexpr unsigned hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char upper = to_upper(c);
    return upper >= 'A' && upper <= 'F' ? static_cast<unsigned>(upper - 'A') + 10 : 16;
}

} // namespace detail

// Writes the xtext form of `octets`; returns the octets written. Fails with no_room.
constexpr result<std::size_t> encode_xtext(std::string_view octets, std::span<char> out) noexcept {
    detail::writer w(out);
    for (const char c : octets) {
        if (chars::xchar.contains(c)) {
            w.put(c);
        } else {
            const auto octet = static_cast<unsigned char>(c);
            w.put('+').put(detail::hex_digits[octet >> 4]).put(detail::hex_digits[octet & 15U]);
        }
    }
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Decodes `text` into `out`, which may be the same octets; returns the octets written, never more than it read. An empty
// `out` with `text` not empty only checks: it fails with no_room where the text is good.
// Fails with bad_value at the first octet that does not fit, or no_room. `used` hears of hexadecimal digits in lower case
// (leniency lower_case_xtext).
constexpr result<std::size_t> decode_xtext(std::string_view text, std::span<char> out, leniency allow = strict(),
                                           leniency* used = nullptr) noexcept {
    detail::writer w(out);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (chars::xchar.contains(text[i])) {
            w.put(text[i]);
            continue;
        }
        if (text[i] != '+') return {errc::bad_value, i};
        unsigned octet = 0;
        for (std::size_t k = i + 1; k <= i + 2; ++k) {
            const unsigned digit = k < text.size() ? detail::hex_value(text[k]) : 16;
            if (digit == 16) return {errc::bad_value, k};
            if (text[k] >= 'a') {
                if (!allow.lower_case_xtext) return {errc::bad_value, k};
                if (used != nullptr) used->lower_case_xtext = true;
            }
            octet = octet << 4 | digit;
        }
        i += 2;
        w.put(static_cast<char>(octet));
    }
    if (!w.ok()) return errc::no_room;
    return w.size();
}

} // namespace sansmtp
