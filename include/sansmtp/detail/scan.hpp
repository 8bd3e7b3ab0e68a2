// Searching octets: the only loops that see every octet of a message.
//
// A backend is a type whose static functions handle `width` octets as one value: sixteen, or more where the user's own
// flags allow it. `scan_backend` is the widest that the target offers to every program so compiled; the others are there
// to be compared with it. What they give is the same for all:
//
//   eq, both, either, differ   octet by octet: "this one is c", and, or, xor of such answers
//   any, bits                  whether an answer is yes anywhere; bit i is the answer for octet i
//   tops                       bit i is the top bit of octet i
//   no_zero, zero, has_zero    a sum over values: whether one of them held a NUL
//   count, total               a sum over up to 255 answers, octet by octet, and the yeses in it
//
// Nothing here reads an octet that it was not given, and constant evaluation takes the plain loops.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "octets.hpp"
#include "sse2.hpp"

#if defined(__ARM_NEON) && defined(__ARMEL__) || defined(__ARM_NEON) && defined(__AARCH64EL__)
#include <arm_neon.h>
#endif

namespace sansmtp::detail {

// One octet after the other: for big-endian targets, and to be compared with.
struct scalar_octets {
    static constexpr std::size_t width = 16;
    struct value {
        unsigned char at[width];
    };

    static value load(const char* p) noexcept {
        value v;
        std::memcpy(v.at, p, width);
        return v;
    }
    static void store(char* p, value v) noexcept { std::memcpy(p, v.at, width); }

    static value eq(value v, char c) noexcept {
        for (unsigned char& octet : v.at) octet = octet == static_cast<unsigned char>(c) ? 0xFF : 0;
        return v;
    }
    static value both(value a, value b) noexcept {
        for (std::size_t i = 0; i < width; ++i) a.at[i] = static_cast<unsigned char>(a.at[i] & b.at[i]);
        return a;
    }
    static value either(value a, value b) noexcept {
        for (std::size_t i = 0; i < width; ++i) a.at[i] = static_cast<unsigned char>(a.at[i] | b.at[i]);
        return a;
    }
    static value differ(value a, value b) noexcept {
        for (std::size_t i = 0; i < width; ++i) a.at[i] = static_cast<unsigned char>(a.at[i] ^ b.at[i]);
        return a;
    }
    static bool any(value v) noexcept { return bits(v) != 0; }
    static std::uint32_t bits(value v) noexcept { return tops(v); }
    static std::uint32_t tops(value v) noexcept {
        std::uint32_t all = 0;
        for (std::size_t i = 0; i < width; ++i) all |= static_cast<std::uint32_t>(v.at[i] >> 7) << i;
        return all;
    }

    static value no_zero() noexcept { return {}; }
    static value zero(value sum, value v) noexcept { return either(sum, eq(v, '\0')); }
    static bool has_zero(value sum) noexcept { return any(sum); }

    static value count(value sum, value answer) noexcept {
        for (std::size_t i = 0; i < width; ++i) sum.at[i] = static_cast<unsigned char>(sum.at[i] - answer.at[i]);
        return sum;
    }
    static std::size_t total(value sum) noexcept {
        std::size_t all = 0;
        for (const unsigned char octet : sum.at) all += octet;
        return all;
    }
};

// Two words of eight octets, for any little-endian target. An answer is the top bit of its octet.
struct word_octets {
    static constexpr std::size_t width = 16;
    struct value {
        std::uint64_t low, high;
    };

    static value load(const char* p) noexcept {
        value v;
        std::memcpy(&v.low, p, 8);
        std::memcpy(&v.high, p + 8, 8);
        return v;
    }
    static void store(char* p, value v) noexcept {
        std::memcpy(p, &v.low, 8);
        std::memcpy(p + 8, &v.high, 8);
    }

    static value eq(value v, char c) noexcept {
        const std::uint64_t all = ones * static_cast<unsigned char>(c);
        return {zeros(v.low ^ all), zeros(v.high ^ all)};
    }
    static value both(value a, value b) noexcept { return {a.low & b.low, a.high & b.high}; }
    static value either(value a, value b) noexcept { return {a.low | b.low, a.high | b.high}; }
    static value differ(value a, value b) noexcept { return {a.low ^ b.low, a.high ^ b.high}; }
    static bool any(value v) noexcept { return (v.low | v.high) != 0; }
    static std::uint32_t bits(value v) noexcept { return gather(v.low) | gather(v.high) << 8; }
    static std::uint32_t tops(value v) noexcept { return bits({v.low & ~lows, v.high & ~lows}); }

    static value no_zero() noexcept { return {}; }
    static value zero(value sum, value v) noexcept { return either(sum, eq(v, '\0')); }
    static bool has_zero(value sum) noexcept { return any(sum); }

    static value count(value sum, value answer) noexcept {
        return {sum.low + (answer.low >> 7), sum.high + (answer.high >> 7)};
    }
    static std::size_t total(value sum) noexcept { return add_up(sum.low) + add_up(sum.high); }

    // The sum of eight octets.
    static std::size_t add_up(std::uint64_t octets) noexcept {
        constexpr std::uint64_t even = 0x00FF00FF00FF00FFU;
        return static_cast<std::size_t>(((octets & even) + (octets >> 8 & even)) * 0x0001000100010001U >> 48);
    }

    // The top bits of eight octets, in order.
    static std::uint32_t gather(std::uint64_t tops) noexcept {
        return static_cast<std::uint32_t>((tops >> 7) * 0x0102040810204080U >> 56);
    }

private:
    static constexpr std::uint64_t ones = 0x0101010101010101U;
    static constexpr std::uint64_t lows = 0x7F7F7F7F7F7F7F7FU;

    // The top bit of each octet that is zero. The shorter (x - 1) & ~x errs above such an octet.
    static std::uint64_t zeros(std::uint64_t x) noexcept { return ~(((x & lows) + lows) | x | lows); }
};

#if defined(__GNUC__) || defined(__clang__)
// The vector types of GCC and clang, which need no header: what is the same for registers of every width.
template <std::size_t Width>
struct vector_type_octets {
    static constexpr std::size_t width = Width;
    using value [[gnu::vector_size(Width)]] = unsigned char;

    static value load(const char* p) noexcept {
        value v;
        std::memcpy(&v, p, width);
        return v;
    }
    static void store(char* p, value v) noexcept { std::memcpy(p, &v, width); }

    static value eq(value v, char c) noexcept {
        return reinterpret_cast<value>(v == value{} + static_cast<unsigned char>(c));
    }
    static value both(value a, value b) noexcept { return a & b; }
    static value either(value a, value b) noexcept { return a | b; }
    static value differ(value a, value b) noexcept { return a ^ b; }
    static value count(value sum, value answer) noexcept { return sum - answer; }
};

// For little-endian targets with registers of 16 octets.
struct vector_octets : vector_type_octets<16> {
    static bool any(value v) noexcept { return word_octets::any(std::bit_cast<word_octets::value>(v)); }
    static std::uint32_t bits(value v) noexcept { return tops(v); }
    static std::uint32_t tops(value v) noexcept { return word_octets::tops(std::bit_cast<word_octets::value>(v)); }

    static value no_zero() noexcept { return value{}; }
    static value zero(value sum, value v) noexcept { return sum | eq(v, '\0'); }
    static bool has_zero(value sum) noexcept { return any(sum); }

    static std::size_t total(value sum) noexcept { return word_octets::total(std::bit_cast<word_octets::value>(sum)); }
};
#endif

#if defined(__SSE2__)
struct sse2_octets : vector_type_octets<16> {
    static bool any(value v) noexcept { return bits(v) != 0; }
    static std::uint32_t bits(value v) noexcept { return sse2::bits(v); }
    static std::uint32_t tops(value v) noexcept { return bits(v); }

    // The sum is the least octet so far: one instruction.
    static value no_zero() noexcept { return sse2::all(1); }
    static value zero(value sum, value v) noexcept { return sse2::least(sum, v); }
    static bool has_zero(value sum) noexcept { return any(eq(sum, '\0')); }

    static std::size_t total(value sum) noexcept { return word_octets::total(std::bit_cast<word_octets::value>(sum)); }
};

#if defined(__AVX2__)
// For who compiles with -march, and all files of a program alike, as for any header.
struct avx2_octets : vector_type_octets<32> {
    static bool any(value v) noexcept { return bits(v) != 0; }
    static std::uint32_t bits(value v) noexcept {
        using chars [[gnu::vector_size(32)]] = char;
        return static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(reinterpret_cast<chars>(v)));
    }
    static std::uint32_t tops(value v) noexcept { return bits(v); }

    static value no_zero() noexcept { return value{} + static_cast<unsigned char>(1); }
    static value zero(value sum, value v) noexcept { return sum < v ? sum : v; }
    static bool has_zero(value sum) noexcept { return any(eq(sum, '\0')); }

    static std::size_t total(value sum) noexcept {
        struct halves {
            word_octets::value front, back;
        };
        const auto h = std::bit_cast<halves>(sum);
        return word_octets::total(h.front) + word_octets::total(h.back);
    }
};
using scan_backend = avx2_octets;
#else
using scan_backend = sse2_octets;
#endif

#elif defined(__ARM_NEON) && defined(__ARMEL__) || defined(__ARM_NEON) && defined(__AARCH64EL__)
struct neon_octets {
    static constexpr std::size_t width = 16;
    struct value {
        uint8x16_t v;
    };

    static value load(const char* p) noexcept { return {vld1q_u8(reinterpret_cast<const std::uint8_t*>(p))}; }
    static void store(char* p, value v) noexcept { vst1q_u8(reinterpret_cast<std::uint8_t*>(p), v.v); }

    static value eq(value v, char c) noexcept { return {vceqq_u8(v.v, vdupq_n_u8(static_cast<std::uint8_t>(c)))}; }
    static value both(value a, value b) noexcept { return {vandq_u8(a.v, b.v)}; }
    static value either(value a, value b) noexcept { return {vorrq_u8(a.v, b.v)}; }
    static value differ(value a, value b) noexcept { return {veorq_u8(a.v, b.v)}; }
    // Four bits of each answer make one word.
    static bool any(value v) noexcept {
        const uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(v.v), 4);
        return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) != 0;
    }
    // One bit of each answer, added up to octets.
    static std::uint32_t bits(value v) noexcept {
        constexpr std::uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
        const uint8x16_t weighted = vandq_u8(v.v, vld1q_u8(weights));
        uint8x8_t sum = vpadd_u8(vget_low_u8(weighted), vget_high_u8(weighted));
        sum = vpadd_u8(sum, sum);
        sum = vpadd_u8(sum, sum);
        return vget_lane_u16(vreinterpret_u16_u8(sum), 0);
    }
    static std::uint32_t tops(value v) noexcept { return bits({vcgeq_u8(v.v, vdupq_n_u8(0x80))}); }

    static value no_zero() noexcept { return {vdupq_n_u8(1)}; }
    static value zero(value sum, value v) noexcept { return {vminq_u8(sum.v, v.v)}; }
    static bool has_zero(value sum) noexcept { return any(eq(sum, '\0')); }

    static value count(value sum, value answer) noexcept { return {vsubq_u8(sum.v, answer.v)}; }
    static std::size_t total(value sum) noexcept {
        const uint64x2_t words = vreinterpretq_u64_u8(sum.v);
        return word_octets::add_up(vgetq_lane_u64(words, 0)) + word_octets::add_up(vgetq_lane_u64(words, 1));
    }
};
using scan_backend = neon_octets;

#elif defined(__GNUC__) && (defined(__wasm_simd128__) || defined(__loongarch_sx) || defined(__riscv_v))
using scan_backend = vector_octets;
#else
using scan_backend = std::conditional_t<std::endian::native == std::endian::little, word_octets, scalar_octets>;
#endif

// ---- up to 64 octets as bits

inline constexpr std::size_t block_size = 64;

// Bits 0 to n - 1.
constexpr std::uint64_t low_bits(std::size_t n) noexcept {
    return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}
constexpr std::size_t last_bit(std::uint64_t bits) noexcept {
    return static_cast<std::size_t>(std::bit_width(bits) - 1);
}
// How many bits are set, no two of them side by side, as the line ends of a text are. std::popcount is a call where
// nothing is said about the processor.
constexpr std::size_t count_apart(std::uint64_t bits) noexcept {
    constexpr std::uint64_t of_2 = 0x5555555555555555U;
    constexpr std::uint64_t of_4 = 0x3333333333333333U;
    constexpr std::uint64_t of_8 = 0x0F0F0F0F0F0F0F0FU;
    bits = (bits | bits >> 1) & of_2;
    bits = (bits & of_4) + (bits >> 2 & of_4);
    bits = (bits + (bits >> 4)) & of_8;
    return static_cast<std::size_t>(bits * 0x0101010101010101U >> 56);
}

// Whether no codec cares about an octet of content: printable ASCII other than the dot.
constexpr bool is_plain(char c) noexcept {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= ' ' && octet < 0x80 && octet != '.';
}

// What octets held, summed up. Counting line ends takes a tenth of the time of all else, so it is to be asked for.
template <class Backend, bool CountLines = false>
struct octet_sums {
    typename Backend::value tops{};
    typename Backend::value zeros = Backend::no_zero();
    typename Backend::value newlines{}; // since the last `carry`: each octet has room for those of `countable` octets
    std::size_t carried = 0;
    static constexpr std::size_t countable = 63 * block_size;

    [[gnu::always_inline]] void add(typename Backend::value v) noexcept {
        tops = Backend::either(tops, v);
        zeros = Backend::zero(zeros, v);
    }
    [[gnu::always_inline]] void carry() noexcept {
        carried += Backend::total(newlines);
        newlines = typename Backend::value{};
    }
    bool nul() const noexcept { return Backend::has_zero(zeros); }
    bool high() const noexcept { return Backend::tops(tops) != 0; }
};

// `Size` octets in registers: a tree of values, since not every compiler unrolls a loop over them.
template <class Backend, std::size_t Size = block_size>
struct octet_values {
    static constexpr std::size_t half = Size / 2;
    octet_values<Backend, half> front, back;

    [[gnu::always_inline]] explicit octet_values(const char* p) noexcept : front(p), back(p + half) {}
    [[gnu::always_inline]] void store(char* p) const noexcept {
        front.store(p);
        back.store(p + half);
    }
    template <bool CountLines>
    [[gnu::always_inline]] void add_to(octet_sums<Backend, CountLines>& sums) const noexcept {
        front.add_to(sums);
        back.add_to(sums);
    }
    [[gnu::always_inline]] auto eq(char c) const noexcept { return Backend::either(front.eq(c), back.eq(c)); }
    [[gnu::always_inline]] std::uint64_t bits(char c) const noexcept { return front.bits(c) | back.bits(c) << half; }
    [[gnu::always_inline]] auto odd_pairs(const char* p) const noexcept {
        return Backend::either(front.odd_pairs(p), back.odd_pairs(p + half));
    }
};

template <class Backend, std::size_t Size>
    requires(Size == Backend::width)
struct octet_values<Backend, Size> {
    typename Backend::value v;

    [[gnu::always_inline]] explicit octet_values(const char* p) noexcept : v(Backend::load(p)) {}
    [[gnu::always_inline]] void store(char* p) const noexcept { Backend::store(p, v); }
    template <bool CountLines>
    [[gnu::always_inline]] void add_to(octet_sums<Backend, CountLines>& sums) const noexcept {
        sums.add(v);
        if constexpr (CountLines) sums.newlines = Backend::count(sums.newlines, eq('\n'));
    }
    [[gnu::always_inline]] auto eq(char c) const noexcept { return Backend::eq(v, c); }
    [[gnu::always_inline]] std::uint64_t bits(char c) const noexcept { return Backend::bits(eq(c)); }
    // Says yes for CR and something else, something else and LF, each at the second octet of the two; for LF and a dot,
    // at the first. `p` is where the octets come from.
    [[gnu::always_inline]] auto odd_pairs(const char* p) const noexcept {
        const auto lf = eq('\n');
        const auto newline = Backend::differ(Backend::eq(Backend::load(p - 1), '\r'), lf);
        return Backend::either(newline, Backend::both(Backend::eq(Backend::load(p + 1), '.'), lf));
    }
};

// What each of 64 octets is; bits of octets that are not there are 0.
struct octet_bits {
    std::uint64_t cr = 0;
    std::uint64_t lf = 0;
    std::uint64_t dot = 0;
    std::uint64_t nul = 0;
    std::uint64_t high = 0; // >= 0x80

    constexpr void add(char c, std::size_t i) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << i;
        if (c == '\r') cr |= bit;
        if (c == '\n') lf |= bit;
        if (c == '.') dot |= bit;
        if (c == '\0') nul |= bit;
        if (static_cast<unsigned char>(c) >= 0x80) high |= bit;
    }

    // NUL and the others are summed up.
    template <class Backend>
    [[gnu::always_inline]] void set(octet_values<Backend> block, octet_sums<Backend>& sums) noexcept {
        block.add_to(sums);
        cr = block.bits('\r');
        lf = block.bits('\n');
        dot = block.bits('.');
    }

    // The octets of `v` from its octet `skip` on, which is octet `i` of the block.
    template <class Backend>
    [[gnu::always_inline]] void add(typename Backend::value v, octet_sums<Backend>& sums, std::size_t i,
                                    std::size_t skip = 0) noexcept {
        sums.add(v);
        put(cr, Backend::bits(Backend::eq(v, '\r')), i, skip);
        put(lf, Backend::bits(Backend::eq(v, '\n')), i, skip);
        put(dot, Backend::bits(Backend::eq(v, '.')), i, skip);
    }

    // The NULs and octets >= 0x80 among `size` octets, 16 at least.
    template <class Backend>
    void add_rare(const char* p, std::size_t size) noexcept {
        for (std::size_t i = 0; i < size; i += Backend::width) {
            const std::size_t from = i < size - Backend::width ? i : size - Backend::width;
            const auto v = Backend::load(p + from);
            put(nul, Backend::bits(Backend::eq(v, '\0')), i, i - from);
            put(high, Backend::tops(v), i, i - from);
        }
    }

private:
    [[gnu::always_inline]] static void put(std::uint64_t& to, std::uint32_t bits, std::size_t i,
                                           std::size_t skip) noexcept {
        to |= std::uint64_t{bits >> skip} << i;
    }
};

// Looks at `size` octets, 64 at most. Where NULs and octets >= 0x80 are is asked only if there are some.
template <class Backend>
[[gnu::always_inline]] constexpr octet_bits look(const char* p, std::size_t size) noexcept {
    octet_bits all;
    std::size_t i = 0;
    if (std::is_constant_evaluated() || size < Backend::width) {
        for (; i < size; ++i) all.add(p[i], i);
        return all;
    }
    octet_sums<Backend> sums;
    if (size == block_size) {
        all.set<Backend>(octet_values<Backend>(p), sums);
    } else {
        for (; i + Backend::width <= size; i += Backend::width) all.add<Backend>(Backend::load(p + i), sums, i);
        // The rest is the end of a value that begins with octets seen before.
        const std::size_t rest = size - i;
        if (rest != 0) all.add<Backend>(Backend::load(p + size - Backend::width), sums, i, Backend::width - rest);
    }
    if (sums.nul() || sums.high()) all.add_rare<Backend>(p, size);
    return all;
}

// How many of `size` octets to look at: those that fill a block; at first a few, since a slice may be short.
constexpr std::size_t up_to_block(std::size_t size) noexcept { return size < block_size ? size : block_size; }
template <class Backend>
constexpr std::size_t first_look(std::size_t size) noexcept {
    return size <= block_size ? size : Backend::width;
}

// Where `c` stands among 64 octets.
template <class Backend>
constexpr std::uint64_t find_in_block(const char* p, char c) noexcept {
    if (!std::is_constant_evaluated()) return octet_values<Backend>(p).bits(c);
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < block_size; ++i) all |= std::uint64_t{p[i] == c} << i;
    return all;
}

// ---- 64 octets at once

// Whether none of the 64 octets at `p` needs a closer look; if so, they are added to `sums`. It reads p[-1] and p[64]
// too, so that no block waits for the one before. Clean blocks are what mail is made of: this is one question for 64
// octets. A dot at p[0] behind LF is not seen: it shows in the block before.
template <class Backend, bool CountLines>
[[gnu::always_inline]] inline bool clean_block(const char* p, octet_sums<Backend, CountLines>& sums) noexcept {
    const octet_values<Backend> block(p);
    if (Backend::any(block.odd_pairs(p))) return false;
    block.add_to(sums);
    return true;
}

// Calls `pass(at)` for each clean block of `in` from `at` on, up to the one that reaches `due`, and returns where it
// stopped: there, or where a block begins that is not clean or lacks an octet behind it. With `WholeNewlines` a block
// that ends in CR is not clean either.
template <class Backend, bool WholeNewlines, bool CountLines, class Pass>
[[gnu::always_inline]] inline std::size_t skip_clean(std::string_view in, std::size_t at, std::size_t due,
                                                     octet_sums<Backend, CountLines>& sums, Pass pass) noexcept {
    if (in.size() - at <= block_size || at == 0 || (in[at - 1] == '\n' && in[at] == '.')) return at;
    const std::size_t end = in.size() - block_size;
    const std::size_t stop = due <= at ? at + 1 : due < end ? due : end;
    const char* const data = in.data();
    do {
        if (!clean_block(data + at, sums)) break;
        if (WholeNewlines && data[at + block_size - 1] == '\r') break;
        pass(at);
        at += block_size;
    } while (at < stop);
    return at;
}

// Says that octets far behind `p` will be read soon, if they are there. Processors guess that by themselves, but not far
// enough where reading and writing alternate: it makes copies out of memory that no cache holds a quarter faster.
[[gnu::always_inline]] inline void fetch_ahead([[maybe_unused]] const char* p) noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(p) + 32 * block_size));
#endif
}

// Copies `Size` octets at `from` and as many at the end of `size` octets, which may be the same ones.
template <std::size_t Size>
[[gnu::always_inline]] inline void move_both_ends(const char* from, std::size_t size, char* to) noexcept {
    char front[Size];
    char back[Size];
    std::memcpy(front, from, Size);
    std::memcpy(back, from + size - Size, Size);
    std::memcpy(to, front, Size);
    std::memcpy(to + size - Size, back, Size);
}

// Copies `text` to `to`, which is in front of it; the two may overlap.
template <class Backend>
constexpr void move_down(std::string_view text, char* to) noexcept {
    const char* from = text.data();
    std::size_t size = text.size();
    if (std::is_constant_evaluated()) {
        std::char_traits<char>::move(to, from, size);
        return;
    }
    for (; size >= Backend::width; size -= Backend::width, from += Backend::width, to += Backend::width)
        Backend::store(to, Backend::load(from));
    if constexpr (Backend::width > 16) {
        if (size >= 16) return move_both_ends<16>(from, size, to);
    }
    if (size >= 8) {
        move_both_ends<8>(from, size, to);
    } else if (size >= 4) {
        move_both_ends<4>(from, size, to);
    } else if (size >= 2) {
        move_both_ends<2>(from, size, to);
    } else if (size == 1) {
        *to = *from;
    }
}

// ---- whole texts

// The offset of the first CR or LF at or behind `from`; `text.size()` if there is none.
template <class Backend = scan_backend>
constexpr std::size_t find_line_end(std::string_view text, std::size_t from) noexcept {
    if (!std::is_constant_evaluated()) {
        for (; from < text.size() && text.size() - from >= Backend::width; from += Backend::width) {
            const auto v = Backend::load(text.data() + from);
            const std::uint32_t found = Backend::bits(Backend::either(Backend::eq(v, '\r'), Backend::eq(v, '\n')));
            if (found != 0) return from + first_bit(found);
        }
    }
    while (from < text.size() && text[from] != '\r' && text[from] != '\n') ++from;
    return from;
}

// The offset of the first `c` at or behind `from`; npos if there is none. As std::string_view::find, but without a call
// where it is near.
template <class Backend = scan_backend>
[[gnu::always_inline]] constexpr std::size_t find_near(std::string_view text, char c, std::size_t from) noexcept {
    if (!std::is_constant_evaluated()) {
        const std::size_t most = from + block_size;
        for (; from < most && from < text.size() && text.size() - from >= Backend::width; from += Backend::width) {
            const std::uint32_t found = Backend::bits(Backend::eq(Backend::load(text.data() + from), c));
            if (found != 0) return from + first_bit(found);
        }
    }
    return text.find(c, from);
}

// The offset behind the last `c` of `text`; 0 if there is none.
template <class Backend = scan_backend>
[[gnu::always_inline]] constexpr std::size_t behind_last(std::string_view text, char c) noexcept {
    std::size_t end = text.size();
    if (!std::is_constant_evaluated()) {
        for (; end >= Backend::width; end -= Backend::width) {
            const auto v = Backend::load(text.data() + end - Backend::width);
            const std::uint32_t found = Backend::bits(Backend::eq(v, c));
            if (found != 0) return end - Backend::width + last_bit(found) + 1;
        }
    }
    while (end != 0 && text[end - 1] != c) --end;
    return end;
}

} // namespace sansmtp::detail
