// Random numbers that are the same on every platform and in every run.
#pragma once

#include <cstddef>
#include <cstdint>

// The next number of splitmix64, under `limit`.
inline std::size_t below(std::size_t limit) {
    static std::uint64_t state = 5321;
    std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>((z ^ (z >> 31)) % limit);
}
