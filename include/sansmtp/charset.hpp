// Sets of octets, as the grammars name them [RFC 5321 4.1.2, 4.1.3, 4.2; RFC 3461 4].
//
// One table holds for each octet the sets it is in, one bit each; a charset is a mask of such bits. Asking is one load
// and one test, and the union of two sets costs nothing. ASCII only: no locale, no case folding beyond A-Z.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sansmtp {

namespace detail {

enum octet_class : std::uint16_t {
    class_upper = 1 << 0,
    class_digit = 1 << 1,
    class_hex = 1 << 2,
    class_hyphen = 1 << 3,
    class_atext = 1 << 4,
    class_qtext = 1 << 5,
    class_qpair = 1 << 6,
    class_dcontent = 1 << 7,
    class_xchar = 1 << 8,
    class_value = 1 << 9,
    class_equals = 1 << 10,
    class_blank = 1 << 11,
    class_control = 1 << 12,
    class_high = 1 << 13,
    class_lower = 1 << 14,
    class_base64 = 1 << 15,
};

constexpr bool between(unsigned c, unsigned first, unsigned last) noexcept { return c - first <= last - first; }

constexpr std::uint16_t classes_of(unsigned c) noexcept {
    unsigned mask = 0;
    const bool alpha = between(c | 0x20U, 'a', 'z') && c < 0x80;
    const bool digit = between(c, '0', '9');
    if (alpha) mask |= (c & 0x20U) == 0 ? class_upper : class_lower;
    if (digit) mask |= class_digit;
    if (digit || (alpha && between(c | 0x20U, 'a', 'f'))) mask |= class_hex;
    if (c == '-') mask |= class_hyphen;
    if (alpha || digit || std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) != std::string_view::npos)
        mask |= class_atext;
    if (between(c, 32, 126)) mask |= class_qpair;
    if (between(c, 32, 33) || between(c, 35, 91) || between(c, 93, 126)) mask |= class_qtext;
    if (between(c, 33, 90) || between(c, 94, 126)) mask |= class_dcontent;
    if (between(c, 33, 42) || between(c, 44, 60) || between(c, 62, 126)) mask |= class_xchar;
    if (between(c, 33, 60) || between(c, 62, 126)) mask |= class_value;
    if (c == '=') mask |= class_equals;
    if (c == ' ' || c == '\t') mask |= class_blank;
    if (c < 32 || c == 127) mask |= class_control;
    if (c >= 0x80) mask |= class_high;
    if (alpha || digit || c == '+' || c == '/') mask |= class_base64;
    return static_cast<std::uint16_t>(mask);
}

inline constexpr std::array<std::uint16_t, 256> octet_classes = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned c = 0; c < 256; ++c) table[c] = classes_of(c);
    return table;
}();

} // namespace detail

class charset {
public:
    constexpr explicit charset(unsigned mask) noexcept : mask_(static_cast<std::uint16_t>(mask)) {}

    constexpr bool contains(char c) const noexcept {
        return (detail::octet_classes[static_cast<unsigned char>(c)] & mask_) != 0;
    }

    // The offset of the first octet at or behind `from` that is not in the set; `text.size()` if all are.
    constexpr std::size_t skip(std::string_view text, std::size_t from = 0) const noexcept {
        return pass(text, from, true);
    }
    // The offset of the first octet at or behind `from` that is in the set; `text.size()` if none is.
    constexpr std::size_t find(std::string_view text, std::size_t from = 0) const noexcept {
        return pass(text, from, false);
    }
    // `skip` without a call, for the few places where nearly all octets of a command are looked at.
    [[gnu::always_inline]] constexpr std::size_t skip_here(std::string_view text, std::size_t from) const noexcept {
        return pass(text, from, true);
    }

    // True if every octet of `text` is in the set, so also for the empty text.
    constexpr bool all(std::string_view text) const noexcept { return skip(text) == text.size(); }

    friend constexpr charset operator|(charset a, charset b) noexcept {
        return charset(static_cast<unsigned>(a.mask_) | b.mask_);
    }

private:
    // Passes over the octets that are in the set, or over those that are not.
    [[gnu::always_inline]] constexpr std::size_t pass(std::string_view text, std::size_t from, bool in) const noexcept {
        // Four octets for each look at the end: most runs are short names, and this loop is most of what parsing costs.
        const char* const octets = text.data();
        const std::size_t whole = text.size() < 4 ? 0 : text.size() - 3;
        for (; from < whole; from += 4) {
            if (contains(octets[from]) != in) return from;
            if (contains(octets[from + 1]) != in) return from + 1;
            if (contains(octets[from + 2]) != in) return from + 2;
            if (contains(octets[from + 3]) != in) return from + 3;
        }
        while (from < text.size() && contains(octets[from]) == in) ++from;
        return from;
    }

    std::uint16_t mask_;
};

namespace chars {

// clang-format off
inline constexpr charset upper{detail::class_upper};
inline constexpr charset alpha = upper | charset{detail::class_lower};
inline constexpr charset digit{detail::class_digit};
inline constexpr charset hex{detail::class_hex};                 // both cases
inline constexpr charset let_dig = alpha | digit;                // Let-dig
inline constexpr charset ldh = let_dig | charset{detail::class_hyphen};
inline constexpr charset upper_ldh = upper | digit | charset{detail::class_hyphen};
inline constexpr charset atext{detail::class_atext};             // RFC 5322 3.2.3
inline constexpr charset qtext{detail::class_qtext};             // qtextSMTP
inline constexpr charset qpair{detail::class_qpair};             // what may follow a backslash: %d32-126
inline constexpr charset dcontent{detail::class_dcontent};       // general address literals
inline constexpr charset xchar{detail::class_xchar};             // xtext, RFC 3461 4
inline constexpr charset esmtp_value{detail::class_value};       // without "="
inline constexpr charset equals{detail::class_equals};
inline constexpr charset blank{detail::class_blank};             // SP, HT
inline constexpr charset control{detail::class_control};         // %d0-31, %d127
inline constexpr charset high{detail::class_high};               // >= 0x80
inline constexpr charset graphic = esmtp_value | equals;         // %d33-126
inline constexpr charset visible = graphic | high;               // what is not blank and no control octet
inline constexpr charset base64{detail::class_base64};           // without "="
inline constexpr charset any{0xFFFF};                            // every octet
inline constexpr charset textstring = graphic | blank;           // reply text
// clang-format on

} // namespace chars

// ASCII case folding and nothing else: "LA\u017fT" is not "LAST".
constexpr char to_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c; }

// True if both texts are equal but for the case of ASCII letters.
constexpr bool iequal(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && to_upper(a[i]) != to_upper(b[i])) return false;
    return true;
}

} // namespace sansmtp
