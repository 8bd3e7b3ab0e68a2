// Eight octets at a time, for texts that are nearly always clean: the searches stop at the first octet that is not.
//
// The loads are written as one expression, which compilers turn into one instruction, and which works at compile time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "../charset.hpp"
#include "sse2.hpp"

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

// A word that is known when the program is compiled, so that few numbers are left to compare a text with.
template <std::size_t N>
struct fixed_word {
    static constexpr std::size_t size = N - 1;

    char octets[N] = {};

    constexpr fixed_word(const char (&word)[N]) noexcept {
        for (std::size_t i = 0; i < N; ++i) octets[i] = word[i];
    }

    // The bits that tell the cases of the letters apart, of four octets.
    constexpr std::uint32_t case_bits(std::size_t at) const noexcept {
        std::uint32_t bits = 0;
        for (std::size_t i = 4; i-- > 0;) bits = bits << 8 | (chars::alpha.contains(octets[at + i]) ? 0x20U : 0U);
        return bits;
    }
};

// True if the four octets of the word that begin at `At` are those at `octets`, in any case of letters.
template <fixed_word Word, std::size_t At>
constexpr bool same_four(const char* octets) noexcept {
    constexpr std::uint32_t four = load4(Word.octets + At);
    constexpr std::uint32_t bits = Word.case_bits(At);
    return ((load4(octets + At) ^ four) & ~bits) == 0;
}

// True if `Word` stands at `at` in the text, in any case of its letters.
template <fixed_word Word>
constexpr bool stands_at(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t size = Word.size;
    static_assert(size > 0 && size <= 12);
    if (text.size() - at < size) return false;
    const char* const octets = text.data() + at;
    if constexpr (size < 4) {
        for (std::size_t i = 0; i < size; ++i)
            if (to_upper(octets[i]) != to_upper(Word.octets[i])) return false;
        return true;
    } else {
        if (!same_four<Word, 0>(octets) || !same_four<Word, size - 4>(octets)) return false;
        return size <= 8 || same_four < Word, size <= 8 ? 0 : 4 > (octets);
    }
}

constexpr std::size_t first_bit(std::uint64_t bits) noexcept {
    return static_cast<std::size_t>(std::countr_zero(bits));
}

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

#if defined(__SSE2__)
// A bit for each of the sixteen octets at `p` that is not printable ASCII.
inline unsigned unprintable_bits(const char* p) noexcept {
    const sse2::octets v = sse2::load(p);
    return sse2::bits(sse2::greater(sse2::all(0x20), v) |
                      sse2::equal(v, sse2::all(0x7F))); // those over 127 are negative
}
#endif

// The offset of the first octet at or behind `from` that is not printable ASCII, %d32-126; `text.size()` if all are.
constexpr std::size_t skip_printable(std::string_view text, std::size_t from = 0) noexcept {
#if defined(__SSE2__)
    if (!std::is_constant_evaluated() && text.size() >= 16) {
        unsigned found = 0;
        for (; text.size() - from >= 16; from += 16)
            if ((found = unprintable_bits(text.data() + from)) != 0) return from + first_bit(found);
        // the last sixteen octets at one go, without those that were looked at before
        const std::size_t skip = 16 - (text.size() - from);
        found = unprintable_bits(text.data() + text.size() - 16) >> skip;
        return found != 0 ? from + first_bit(found) : text.size();
    }
#endif
    while (from < load_limit(text) && any_unprintable(load8(text.data() + from)) == 0) from += 8;
    // the last eight octets at one go, though some of them were looked at before
    if (text.size() >= 8 && from > text.size() - 8 && any_unprintable(load8(text.data() + text.size() - 8)) == 0)
        return text.size();
    return chars::qpair.skip(text, from);
}

// The offset of the first octet at or behind `from` that `stops` says true of, which it only may of octets under `limit`;
// `text.size()` if there is none. `from` is no more than that.
template <class Stops>
[[gnu::always_inline]] constexpr std::size_t find_low(std::string_view text, std::size_t from, unsigned limit,
                                                      Stops stops) noexcept {
    const char* const octets = text.data();
#if defined(__SSE2__)
    while (!std::is_constant_evaluated() && text.size() - from >= 16) {
        const sse2::octets v = sse2::load(octets + from);
        const unsigned low = sse2::bits(sse2::equal(sse2::least(v, sse2::all(static_cast<int>(limit) - 1)), v));
        if (low == 0) {
            from += 16;
            continue;
        }
        from += first_bit(low);
        if (stops(octets[from])) return from;
        ++from;
    }
#endif
    while (from < load_limit(text)) {
        const std::uint64_t low = any_under(load8(octets + from), limit); // its lowest bit is exact
        if (low == 0) {
            from += 8;
            continue;
        }
        from += first_bit(low) / 8;
        if (stops(octets[from])) return from;
        ++from;
    }
    while (from < text.size() && !stops(octets[from])) ++from;
    return from;
}

// The offset of the first CR, LF or NUL at or behind `from`; `text.size()` if there is none.
constexpr std::size_t find_line_stop(std::string_view text, std::size_t from) noexcept {
    return find_low(text, from, '\r' + 1, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The offset of the first blank; `text.size()` if there is none.
constexpr std::size_t find_blank(std::string_view text) noexcept {
    return find_low(text, 0, ' ' + 1, [](char c) { return chars::blank.contains(c); });
}

// True if an octet of `text` is over 127.
constexpr bool has_high(std::string_view text) noexcept {
    const char* const octets = text.data();
    std::size_t at = 0;
    for (; at < load_limit(text); at += 8)
        if ((load8(octets + at) & high_bits) != 0) return true;
    if (at == text.size()) return false;
    if (text.size() >= 8) return (load8(octets + text.size() - 8) & high_bits) != 0;
    return chars::high.find(text, at) != text.size();
}

// The offset of the first octet over 127; `text.size()` if there is none.
constexpr std::size_t find_high(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size() && !chars::high.contains(text[at])) ++at;
    return at;
}

} // namespace sansmtp::detail
