// Eight octets at a time, for texts that are nearly always clean: the searches stop at the first octet that is not.
//
// The loads are written as one expression, which compilers turn into one instruction, and which works at compile time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../charset.hpp"

namespace sansmtp::detail {

constexpr std::uint32_t load4(const char* p) noexcept {
    const auto octet = [p](int i) { return std::uint32_t{static_cast<unsigned char>(p[i])}; };
    return octet(0) | octet(1) << 8 | octet(2) << 16 | octet(3) << 24;
}

constexpr std::uint64_t load8(const char* p) noexcept {
    const auto octet = [p](int i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
    return octet(0) | octet(1) << 8 | octet(2) << 16 | octet(3) << 24 | octet(4) << 32 | octet(5) << 40 |
           octet(6) << 48 | octet(7) << 56;
}

// A word of up to eight octets as one number, so that one comparison tells whether a text goes on with it.
struct short_word {
    std::uint64_t octets = 0;
    std::uint64_t mask = 0; // drops what tells the cases of a letter apart, and the octets behind the word

    // The letters of the word are in upper case.
    constexpr explicit short_word(std::string_view word) noexcept {
        for (std::size_t i = word.size(); i-- > 0;) {
            octets = octets << 8 | static_cast<unsigned char>(word[i]);
            mask = mask << 8 | (chars::alpha.contains(word[i]) ? 0xDFU : 0xFFU);
        }
    }

    // False as well where fewer than eight octets are left.
    constexpr bool stands_at(std::string_view text, std::size_t at) const noexcept {
        return at + 8 <= text.size() && (load8(text.data() + at) & mask) == octets;
    }
};

inline constexpr std::uint64_t every_octet = 0x0101010101010101U;
inline constexpr std::uint64_t high_bits = every_octet * 0x80U;

// Not zero if one of the eight octets is under `limit`, which is at most 128.
constexpr std::uint64_t any_under(std::uint64_t octets, unsigned limit) noexcept {
    return (octets - every_octet * limit) & ~octets & high_bits;
}

// Not zero if one of the eight octets is a control octet or over 126.
constexpr std::uint64_t any_unprintable(std::uint64_t octets) noexcept {
    return any_under(octets, 0x20) | any_under(octets ^ (every_octet * 0x7FU), 1) | (octets & high_bits);
}

// Loads of eight octets may begin before this offset. Written so that compilers see that none leaves a short literal.
constexpr std::size_t load_limit(std::string_view text) noexcept { return text.size() < 8 ? 0 : text.size() - 7; }

// The offset of the first octet at or behind `from` that is not printable ASCII, %d32-126; `text.size()` if all are.
constexpr std::size_t skip_printable(std::string_view text, std::size_t from = 0) noexcept {
    while (from < load_limit(text) && any_unprintable(load8(text.data() + from)) == 0) from += 8;
    return chars::qpair.skip(text, from);
}

// The offset of the first CR, LF or NUL at or behind `from`; `text.size()` if there is none.
constexpr std::size_t find_line_stop(std::string_view text, std::size_t from) noexcept {
    const char* const octets = text.data();
    const auto stops = [octets](std::size_t i) { return octets[i] == '\r' || octets[i] == '\n' || octets[i] == '\0'; };
    while (from < load_limit(text)) {
        const std::uint64_t low = any_under(load8(octets + from), '\r' + 1U); // its lowest bit is exact
        if (low == 0) {
            from += 8;
            continue;
        }
        from += static_cast<std::size_t>(std::countr_zero(low)) / 8;
        if (stops(from)) return from;
        ++from;
    }
    while (from < text.size() && !stops(from)) ++from;
    return from;
}

// The offset of the first SP or HT at or behind `from`, or of the first `also`; `text.size()` if there is none.
constexpr std::size_t find_blank(std::string_view text, std::size_t from, char also = ' ') noexcept {
    const char* const octets = text.data();
    const auto stops = [octets, also](std::size_t i) {
        return octets[i] == ' ' || octets[i] == '\t' || octets[i] == also;
    };
    while (from < load_limit(text)) {
        const std::uint64_t eight = load8(octets + from);
        const std::uint64_t other = eight ^ (every_octet * static_cast<unsigned char>(also));
        const std::uint64_t found = any_under(eight, ' ' + 1U) | any_under(other, 1); // its lowest bit is exact
        if (found == 0) {
            from += 8;
            continue;
        }
        from += static_cast<std::size_t>(std::countr_zero(found)) / 8;
        if (stops(from)) return from;
        ++from;
    }
    while (from < text.size() && !stops(from)) ++from;
    return from;
}

// True if an octet of `text` is over 127.
constexpr bool has_high(std::string_view text) noexcept {
    const char* const octets = text.data();
    std::size_t at = 0;
    if (text.size() >= 8) {
        std::uint64_t all = load8(octets + text.size() - 8);
        for (; at + 8 < text.size(); at += 8) all |= load8(octets + at);
        return (all & high_bits) != 0;
    }
    for (; at < text.size(); ++at)
        if (chars::high.contains(octets[at])) return true;
    return false;
}

// The offset of the first octet over 127; `text.size()` if there is none.
constexpr std::size_t find_high(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size() && !chars::high.contains(text[at])) ++at;
    return at;
}

} // namespace sansmtp::detail
