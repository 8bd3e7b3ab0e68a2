// What fuzz targets share: a claim, and the input as a sequence of choices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace fuzz {

// Ends the process if it does not hold: a fuzzer keeps the input that it had.
inline void check(bool ok) {
    if (!ok) std::abort();
}

// Takes choices off the front of an input; behind its end they are all 0.
struct reader {
    const std::uint8_t* data;
    std::size_t size;

    unsigned octet() {
        if (size == 0) return 0;
        --size;
        return *data++;
    }
    unsigned word() {
        const unsigned high = octet();
        return high * 256 + octet();
    }
    // At least 1; the largest stands for `all`.
    std::size_t step(std::size_t all) {
        const unsigned n = octet();
        return n == 255 ? all : n + 1;
    }
    std::string text(std::size_t n) {
        std::string s(data, data + std::min(n, size));
        data += s.size();
        size -= s.size();
        return s;
    }
};

} // namespace fuzz
