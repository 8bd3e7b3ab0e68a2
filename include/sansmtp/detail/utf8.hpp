// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF; and no C1 control.
#pragma once

#include <cstddef>
#include <string_view>

namespace sansmtp::detail {

// The length of the non-ASCII character at the start of `text`, 2 to 4; 0 if there is none.
constexpr std::size_t utf8_non_ascii(std::string_view text) noexcept {
    const auto octet = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto tail = [&](std::size_t i, unsigned first = 0x80, unsigned last = 0xBF) {
        return octet(i) >= first && octet(i) <= last;
    };
    const unsigned lead = octet(0);
    if (lead == 0xC2) return tail(1, 0xA0) ? 2 : 0; // U+0080 to U+009F are controls
    if (lead >= 0xC3 && lead <= 0xDF) return tail(1) ? 2 : 0;
    if (lead == 0xE0) return tail(1, 0xA0) && tail(2) ? 3 : 0;
    if (lead == 0xED) return tail(1, 0x80, 0x9F) && tail(2) ? 3 : 0;
    if (lead >= 0xE1 && lead <= 0xEF) return tail(1) && tail(2) ? 3 : 0;
    if (lead == 0xF0) return tail(1, 0x90) && tail(2) && tail(3) ? 4 : 0;
    if (lead == 0xF4) return tail(1, 0x80, 0x8F) && tail(2) && tail(3) ? 4 : 0;
    if (lead >= 0xF1 && lead <= 0xF3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

} // namespace sansmtp::detail
