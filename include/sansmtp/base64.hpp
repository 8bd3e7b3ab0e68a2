// base64 [RFC 4648 4], strict: no white space, no foreign octet, padding at the end and complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "detail/writer.hpp"
#include "limits.hpp"
#include "result.hpp"

namespace sansmtp {

namespace detail {

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of a digit; 64 if it is none.
constexpr unsigned base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

} // namespace detail

// The octets of the base64 form of `n` octets.
constexpr std::size_t base64_size(std::size_t n) noexcept { return (n + 2) / 3 * 4; }

// Writes the base64 form of `octets`; returns the octets written. Fails with no_room.
constexpr result<std::size_t> encode_base64(std::string_view octets, std::span<char> out) noexcept {
    detail::writer w(out);
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const std::size_t n = octets.size() - i < 3 ? octets.size() - i : 3;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < n ? static_cast<unsigned char>(octets[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) w.put(k <= n ? detail::base64_digits[group >> (18 - 6 * k) & 63U] : '=');
    }
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Decodes `text` into `out`, which may be the same octets; returns the octets written.
// Fails with bad_base64 or no_room. `used` hears of pad bits that are not zero (leniency base64_pad_bits).
constexpr result<std::size_t> decode_base64(std::string_view text, std::span<char> out, leniency allow = strict(),
                                            leniency* used = nullptr) noexcept {
    if (text.size() % 4 != 0) return {errc::bad_base64, text.size()};
    detail::writer w(out);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const std::size_t pad = !last || text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4 - pad; ++k) {
            const unsigned value = detail::base64_value(text[i + k]);
            if (value == 64) return {errc::bad_base64, i + k};
            group |= value << (18 - 6 * k);
        }
        const std::uint32_t spare = pad == 0 ? 0 : group & (pad == 1 ? 0xFFU : 0xFFFFU);
        if (spare != 0) {
            if (!allow.base64_pad_bits) return {errc::bad_base64, i + 3 - pad};
            if (used != nullptr) used->base64_pad_bits = true;
        }
        for (std::size_t k = 0; k < 3 - pad; ++k) w.put(static_cast<char>(group >> (16 - 8 * k) & 0xFFU));
    }
    if (!w.ok()) return errc::no_room;
    return w.size();
}

} // namespace sansmtp
