// UTF-8 against its definition: every code point, and every wrong form of it [RFC 3629 3, 4].
#include <sansmtp/detail/utf8.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using sansmtp::detail::utf8_non_ascii;

namespace {

// The bits of `code` in so many octets, whether or not that is its shortest form.
std::string encode(unsigned code, unsigned octets) {
    constexpr unsigned leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    std::string text(1, static_cast<char>(leads[octets] | code >> 6 * (octets - 1)));
    for (unsigned i = octets - 1; i-- != 0;) text += static_cast<char>(0x80U | (code >> 6 * i & 0x3FU));
    return text;
}

} // namespace

TEST_CASE("every code point: its shortest form, but for surrogates and C1 controls") {
    std::size_t wrong = 0;
    for (unsigned code = 0; code < 0x200000; ++code) {
        const unsigned shortest = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        const bool fits = code >= 0xA0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        for (unsigned octets = 2; octets <= 4; ++octets) {
            if (code >= 1U << (5 * octets + 1)) continue; // it does not fit so few
            const std::string text = encode(code, octets);
            const std::size_t expected = fits && octets == shortest ? octets : 0;
            wrong += utf8_non_ascii(text) != expected;
            wrong += utf8_non_ascii(text + 'x') != expected;
            wrong += utf8_non_ascii(std::string_view(text).substr(0, octets - 1)) != 0;
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("what no character begins with") {
    for (unsigned lead = 0; lead < 256; ++lead) {
        const bool can_lead = lead >= 0xC2 && lead <= 0xF4;
        const std::string text{static_cast<char>(lead), '\x90', '\x80', '\x80'};
        if (!can_lead) CHECK(utf8_non_ascii(text) == 0);
    }
    CHECK(utf8_non_ascii("") == 0);
}
