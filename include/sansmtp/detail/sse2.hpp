// Sixteen octets in one register of x86, by the vector types of GCC and clang: <emmintrin.h> says the same in 3,500 lines,
// a tenth of all that sansmtp.hpp is.
#pragma once

#if defined(__SSE2__)

#include <cstring>

namespace sansmtp::detail::sse2 {

using octets [[gnu::vector_size(16)]] = unsigned char;
using chars [[gnu::vector_size(16)]] = char;
using numbers [[gnu::vector_size(16)]] = signed char;

[[gnu::always_inline]] inline octets load(const char* p) noexcept {
    octets v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
// The same octet sixteen times.
[[gnu::always_inline]] inline octets all(int octet) noexcept { return octets{} + static_cast<unsigned char>(octet); }

// Answers: all bits of an octet are set, or none. `greater` compares signed numbers: octets over 127 are negative.
[[gnu::always_inline]] inline octets equal(octets a, octets b) noexcept { return reinterpret_cast<octets>(a == b); }
[[gnu::always_inline]] inline octets greater(octets a, octets b) noexcept {
    return reinterpret_cast<octets>(reinterpret_cast<numbers>(a) > reinterpret_cast<numbers>(b));
}
[[gnu::always_inline]] inline octets least(octets a, octets b) noexcept {
#if defined(__clang__)
    return a < b ? a : b;
#else // which GCC would put in an order of its own, with copies
    return reinterpret_cast<octets>(__builtin_ia32_pminub128(reinterpret_cast<chars>(a), reinterpret_cast<chars>(b)));
#endif
}

// Bit i is the highest bit of octet i.
[[gnu::always_inline]] inline unsigned bits(octets v) noexcept {
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<chars>(v)));
}

} // namespace sansmtp::detail::sse2

#endif
