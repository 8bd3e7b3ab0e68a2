// What most paths are: "<" Dot-string "@" Domain ">" of at most 64 octets, where dots and hyphens stand between letters and
// digits. They are found by looking at sixteen octets at once; all others are left to mailbox.hpp, whose rules take these as well.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sansmtp::detail {

// Where a usual path has its "@" and its ">", counted from behind its "<"; both 0 if it is none.
struct usual_path {
    std::size_t local = 0;
    std::size_t size = 0;
};

#if defined(__SSE2__)

// One bit for each octet: what it is.
struct path_bits {
    std::uint64_t let_dig = 0;
    std::uint64_t separator = 0; // "-", ".", "@" or ">"
    std::uint64_t at = 0;
    std::uint64_t end = 0;

    // Adds the sixteen octets at `p`.
    template <unsigned Place>
    [[gnu::always_inline]] void add(const char* p) noexcept {
        const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        const auto eq = [&octets](char c) { return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c)); };
        const auto between = [](__m128i v, char first, char last) {
            const __m128i number = _mm_sub_epi8(v, _mm_set1_epi8(first));
            return _mm_cmpeq_epi8(_mm_min_epu8(number, _mm_set1_epi8(static_cast<char>(last - first))), number);
        };
        const auto bits = [](__m128i v) {
            return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(v))) << Place;
        };
        const __m128i letter = between(_mm_or_si128(octets, _mm_set1_epi8(0x20)), 'a', 'z');
        const __m128i is_at = eq('@');
        const __m128i is_end = eq('>');
        let_dig |= bits(_mm_or_si128(letter, between(octets, '0', '9')));
        separator |= bits(_mm_or_si128(_mm_or_si128(between(octets, '-', '.'), is_at), is_end));
        at |= bits(is_at);
        end |= bits(is_end);
    }
};

// A usual path in `text` behind the "<" that is in front of `start`.
[[gnu::noinline]] inline usual_path find_usual_path(std::string_view text, std::size_t start) noexcept {
    const std::size_t left = text.size() - start;
    const std::size_t looked_at = left < 64 ? (left + 15) / 16 * 16 : 64;
    if (text.size() < looked_at) return {};
    // Whole blocks up to the end of the text: what they have too much is in front of the path.
    const std::size_t before = left < 64 ? looked_at - left : 0;
    const char* const p = text.data() + start - before;
    path_bits is;
    is.add<0>(p);
    if (looked_at > 16 && (is.end >> before) == 0) is.add<16>(p + 16);
    if (looked_at > 32 && (is.end >> before) == 0) is.add<32>(p + 32);
    if (looked_at > 48 && (is.end >> before) == 0) is.add<48>(p + 48);
    const std::uint64_t end = is.end >> before;
    const std::uint64_t path = end ^ (end - 1); // up to its ">"
    const std::uint64_t at = is.at >> before & path;
    const std::uint64_t separator = is.separator >> before;
    // No separator follows another one, or the "<".
    const std::uint64_t doubled = separator & (separator << 1 | 1U);
    const std::uint64_t strange = ~(is.let_dig >> before | separator);
    if (end == 0 || at == 0 || (at & (at - 1)) != 0 || ((doubled | strange) & path) != 0) return {};
    return {static_cast<std::size_t>(std::countr_zero(at)), static_cast<std::size_t>(std::countr_zero(end))};
}

#endif

} // namespace sansmtp::detail
