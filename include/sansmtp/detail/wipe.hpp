// Overwriting secrets.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

namespace sansmtp::detail {

// Overwrites octets with zeros, in a way that a compiler does not drop.
constexpr void wipe(std::span<char> octets) noexcept {
    if (std::is_constant_evaluated()) {
        for (char& c : octets) c = '\0';
    } else {
        volatile char* const first = octets.data();
        for (std::size_t i = 0; i < octets.size(); ++i) first[i] = '\0';
    }
}

} // namespace sansmtp::detail
