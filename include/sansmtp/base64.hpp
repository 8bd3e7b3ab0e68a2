// base64 [RFC 4648 4], strict: no white space, no foreign octet, padding at the end and complete.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "charset.hpp"
#include "detail/writer.hpp"
#include "limits.hpp"
#include "result.hpp"

namespace sansmtp {

namespace detail {

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of each digit; 64 for what is none.
inline constexpr std::array<std::uint8_t, 256> base64_values = [] {
    std::array<std::uint8_t, 256> table{};
    for (auto& value : table) value = 64;
    for (std::size_t i = 0; i < base64_digits.size(); ++i)
        table[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

constexpr std::uint32_t base64_value(char c) noexcept { return base64_values[static_cast<unsigned char>(c)]; }

// One to three octets as two to four digits; `padded`: with "=" up to four.
constexpr void put_base64_group(writer& out, std::string_view octets, bool padded) noexcept {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
        group = group << 8 | (k < octets.size() ? static_cast<unsigned char>(octets[k]) : 0U);
    for (std::size_t k = 0; k <= octets.size(); ++k) out.put(base64_digits[group >> (18 - 6 * k) & 63U]);
    for (std::size_t k = octets.size(); padded && k < 3; ++k) out.put('=');
}

// Digits, and the "=" that fill up the last group of four, which may only lack where `padded` is not set. Moves `at` behind
// them, or to the first octet that does not fit.
constexpr bool skip_base64(std::string_view text, std::size_t& at, bool padded) noexcept {
    const std::size_t start = at;
    at = chars::base64.skip(text, at);
    const std::size_t odd = (at - start) % 4;
    if (odd == 1) return false;
    const std::size_t missing = odd == 0 ? 0 : 4 - odd;
    const std::size_t end = at;
    while (at - end < missing && at < text.size() && text[at] == '=') ++at;
    return at - end == missing || (at == end && !padded);
}

// True if bits of the last digit that carry nothing are set; `odd_digits` stand behind the last whole group.
constexpr bool has_pad_bits(char last_digit, std::size_t odd_digits) noexcept {
    return odd_digits != 0 && (base64_value(last_digit) & (odd_digits == 2 ? 15U : 3U)) != 0;
}

} // namespace detail

// The octets of the base64 form of `n` octets.
constexpr std::size_t base64_size(std::size_t n) noexcept { return (n + 2) / 3 * 4; }

// Writes the base64 form of `octets`; returns the octets written. Fails with no_room.
constexpr result<std::size_t> encode_base64(std::string_view octets, std::span<char> out) noexcept {
    detail::writer w(out);
    for (std::size_t i = 0; i < octets.size(); i += 3) detail::put_base64_group(w, octets.substr(i, 3), true);
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Decodes `text` into `out`, which may be the same octets; returns the octets written.
// Fails with bad_base64 at the first octet that does not fit, or no_room; nothing is written then. `used` hears of bits of
// the last digit that mean nothing and are not zero (leniency base64_pad_bits).
constexpr result<std::size_t> decode_base64(std::string_view text, std::span<char> out, leniency allow = strict(),
                                            leniency* used = nullptr) noexcept {
    std::size_t end = 0;
    if (!detail::skip_base64(text, end, true) || end != text.size()) return {errc::bad_base64, end};
    while (end != 0 && text[end - 1] == '=') --end;
    const std::size_t odd = end % 4;
    if (end != 0 && detail::has_pad_bits(text[end - 1], odd)) {
        if (!allow.base64_pad_bits) return {errc::bad_base64, end - 1};
        if (used != nullptr) used->base64_pad_bits = true;
    }
    detail::writer w(out);
    if (end / 4 * 3 + (odd == 0 ? 0 : odd - 1) > out.size()) return errc::no_room;
    for (std::size_t i = 0; i < end; i += 4) {
        const std::size_t digits = end - i < 4 ? end - i : 4;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < digits; ++k) group |= detail::base64_value(text[i + k]) << (18 - 6 * k);
        for (std::size_t k = 0; k + 1 < digits; ++k) w.put(static_cast<char>(group >> (16 - 8 * k) & 0xFFU));
    }
    return w.size();
}

} // namespace sansmtp
