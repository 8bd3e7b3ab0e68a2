// A hash function that is none, for exchanges in memory: it is fast, and differs where the octets differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

struct toy_hash {
    static constexpr std::size_t size = 32;
    static constexpr std::string_view scram_name = "SCRAM-SHA-256";

    static constexpr bool digest(std::string_view text, std::span<char> out) noexcept { return mix(0, text, {}, out); }
    static constexpr bool hmac(std::string_view key, std::string_view text, std::span<char> out) noexcept {
        return mix(1, key, text, out);
    }
    static constexpr bool pbkdf2(std::string_view password, std::string_view salt, std::uint32_t iterations,
                                 std::span<char> out) noexcept {
        return mix(iterations + 2, password, salt, out);
    }

private:
    static constexpr bool mix(std::uint32_t seed, std::string_view a, std::string_view b,
                              std::span<char> out) noexcept {
        std::uint64_t h = 0xcbf29ce484222325U + seed; // FNV-1a
        const auto add = [&h](std::uint64_t octet) { h = (h ^ octet) * 0x100000001b3U; };
        for (const char c : a) add(static_cast<unsigned char>(c));
        add(256 + a.size());
        for (const char c : b) add(static_cast<unsigned char>(c));
        for (char& c : out.first(size)) {
            add(257);
            c = static_cast<char>(static_cast<unsigned char>(h >> 32 & 0xffU));
        }
        return true;
    }
};
