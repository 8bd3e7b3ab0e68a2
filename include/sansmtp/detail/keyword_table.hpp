// Which of a fixed list of words a text is, in any case of its ASCII letters, for the price of one comparison.
//
// A word becomes a number: its first four octets, its last four, and its length. A multiplication that the compiler chose throws the
// numbers of all words into different slots, so that one candidate is left, which is compared exactly: octets that are
// letters in the table may differ in case, all others not at all.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "octets.hpp"

namespace sansmtp::detail {

// The words are in upper case, of 2 octets or more each, and all of different numbers.
template <std::size_t N>
class keyword_table {
    static_assert(N < 255);

public:
    constexpr explicit keyword_table(const std::array<std::string_view, N>& words) noexcept : words_(words) {
        for (std::size_t i = 0; i < N; ++i) {
            keys_[i] = key_of(words[i]);
            sizes_[i] = static_cast<std::uint8_t>(words[i].size());
            for (unsigned shift = 0; shift < 64; shift += 8) {
                const auto octet = static_cast<char>(static_cast<unsigned char>(keys_[i] >> shift & 0xFFU));
                if (chars::alpha.contains(octet)) case_bits_[i] |= std::uint64_t{0x20} << shift;
            }
        }
        while (!fill()) factor_ = (factor_ * 6364136223846793005U + 1442695040888963407U) | 1U;
    }

    // The place of `text` in the list; N if it is not there.
    constexpr std::size_t find(std::string_view text) const noexcept { return find_here(text); }
    // The same without a call.
    [[gnu::always_inline]] constexpr std::size_t find_here(std::string_view text) const noexcept {
        if (text.size() < 2) return N;
        const std::uint64_t key = key_of(text);
        const std::size_t i = slots_[slot(key, text.size())];
        if (i == N || sizes_[i] != text.size() || ((key ^ keys_[i]) & ~case_bits_[i]) != 0) return N;
        return text.size() <= 8 || text == words_[i] || iequal(text, words_[i]) ? i : N;
    }
    // The same for the four octets at `p`, in a table of words that have nothing but letters.
    [[gnu::always_inline]] constexpr std::size_t find_four(const char* p) const noexcept {
        const std::uint64_t key = (load4(p) & 0xDFDFDFDFU) * 0x100000001U;
        const std::size_t i = slots_[slot(key, 4)];
        return keys_[i] == key ? i : N;
    }

    constexpr std::string_view word(std::size_t i) const noexcept { return words_[i]; }

private:
    static constexpr unsigned bits = static_cast<unsigned>(std::bit_width(N)) + 2;

    static constexpr std::uint64_t key_of(std::string_view text) noexcept {
        const char* const p = text.data();
        if (text.size() >= 4) return load4(p) | std::uint64_t{load4(p + text.size() - 4)} << 32;
        const auto octet = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
        return octet(0) | octet(1) << 8 | octet(text.size() - 1) << 16;
    }

    constexpr std::size_t slot(std::uint64_t key, std::size_t size) const noexcept {
        return static_cast<std::size_t>(((key & (every_octet * 0xDFU)) + size) * factor_ >> (64 - bits));
    }

    constexpr bool fill() noexcept {
        slots_.fill(static_cast<std::uint8_t>(N));
        for (std::size_t i = 0; i < N; ++i) {
            std::uint8_t& place = slots_[slot(keys_[i], words_[i].size())];
            if (place != N) return false;
            place = static_cast<std::uint8_t>(i);
        }
        return true;
    }

    std::array<std::string_view, N> words_;
    std::array<std::uint64_t, N + 1> keys_{}; // the last one is no word's
    std::array<std::uint64_t, N> case_bits_{};
    std::array<std::uint8_t, N> sizes_{};
    std::array<std::uint8_t, std::size_t{1} << bits> slots_{};
    std::uint64_t factor_ = 0x9E3779B97F4A7C15U;
};

} // namespace sansmtp::detail
