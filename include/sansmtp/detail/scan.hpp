// Searching octets: the only loops that see every octet of a message.
#pragma once

#include <cstddef>
#include <string_view>

namespace sansmtp::detail {

// The offset of the first CR or LF at or behind `from`; `text.size()` if there is none.
constexpr std::size_t find_line_end(std::string_view text, std::size_t from) noexcept {
    while (from < text.size() && text[from] != '\r' && text[from] != '\n') ++from;
    return from;
}

struct octets_seen {
    bool nul = false;
    bool eight_bit = false;
};

// Whether `text` holds a NUL or an octet >= 0x80. No early exit, so that the compiler can use wide registers.
constexpr octets_seen look_for_octets(std::string_view text) noexcept {
    unsigned high = 0;
    unsigned nul = 0;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        high |= octet;
        nul |= octet == 0 ? 1U : 0U;
    }
    return {nul != 0, (high & 0x80U) != 0};
}

} // namespace sansmtp::detail
