// xtext [RFC 3461 4]: how a parameter value carries octets that it may not hold, "+" and two hexadecimal digits each.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "charset.hpp"
#include "detail/cursor.hpp"
#include "detail/text_iterator.hpp"
#include "detail/writer.hpp"
#include "limits.hpp"
#include "result.hpp"

namespace sansmtp {

namespace detail {

struct xtext_access;

inline constexpr std::string_view hex_digits = "0123456789ABCDEF";

// The value of a hexadecimal digit of either case; 16 if it is none.
constexpr unsigned hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char upper = to_upper(c);
    return upper >= 'A' && upper <= 'F' ? static_cast<unsigned>(upper - 'A') + 10 : 16;
}

// The octets that a checked xtext means.
struct xtext_octets : adjacent {
    using value_type = char;
    static constexpr std::size_t length(std::string_view rest) noexcept { return rest.front() == '+' ? 3 : 1; }
    static constexpr char read(std::string_view item) noexcept {
        return item.size() == 1 ? item[0] : static_cast<char>(hex_value(item[1]) << 4 | hex_value(item[2]));
    }
};

// hexchar = "+" 2(DIGIT / "A" / "B" / "C" / "D" / "E" / "F"); the cursor stands behind the "+". With `lower_case_xtext`
// also "a" to "f".
constexpr errc take_hexchar(cursor& c, char& octet) noexcept {
    unsigned value = 0;
    for (int i = 0; i < 2; ++i, ++c.at) {
        const unsigned digit = hex_value(c.peek());
        const bool lower = c.peek() >= 'a';
        if (digit == 16 || (lower && !c.allow.lower_case_xtext)) return errc::bad_value;
        c.used.lower_case_xtext |= lower;
        value = value << 4 | digit;
    }
    octet = static_cast<char>(value);
    return errc::none;
}

// xtext = *(xchar / hexchar), as far as it goes. What is encoded must be in `meant`.
constexpr errc take_xtext(cursor& c, charset meant) noexcept {
    for (;;) {
        c.at = chars::xchar.skip_here(c.text, c.at);
        const std::size_t start = c.at;
        if (!c.take('+')) return errc::none;
        char octet = 0;
        if (const errc e = take_hexchar(c, octet); e != errc::none) return e;
        if (!meant.contains(octet)) return c.at = start, errc::bad_value;
    }
}

} // namespace detail

// Octets in their xtext form: a range of the octets that it means. Two are equal if they mean the same.
class xtext : public detail::text_items<detail::xtext_octets> {
public:
    constexpr xtext() noexcept = default;

    // Writes the octets to `out`, which may be the same memory; returns how many. Fails with no_room.
    constexpr result<std::size_t> decode(std::span<char> out) const noexcept {
        detail::writer w(out);
        for (iterator i = begin(); i != end();) w.put(*i++); // the octets may be written over once they are read
        if (!w.ok()) return errc::no_room;
        return w.size();
    }

    friend constexpr bool operator==(const xtext& a, const xtext& b) noexcept { return detail::same_items(a, b); }
    // Compares with the octets themselves, not with their xtext form.
    friend constexpr bool operator==(const xtext& a, std::string_view octets) noexcept {
        return detail::same_items(a, octets);
    }

private:
    friend struct detail::xtext_access;
    constexpr explicit xtext(std::string_view checked) noexcept : text_items(checked) {}
};

namespace detail {

struct xtext_access {
    static constexpr xtext make(std::string_view checked) noexcept { return xtext(checked); }
};

constexpr void put_xtext_octet(writer& out, char c) noexcept {
    if (chars::xchar.contains(c)) return void(out.put(c));
    const auto octet = static_cast<unsigned char>(c);
    out.put('+').put(hex_digits[octet >> 4]).put(hex_digits[octet & 15U]);
}

} // namespace detail

// Writes the xtext form of `octets`; returns the octets written. Fails with no_room.
constexpr result<std::size_t> encode_xtext(std::string_view octets, std::span<char> out) noexcept {
    detail::writer w(out);
    for (const char c : octets) detail::put_xtext_octet(w, c);
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Checks that `text` is xtext; it is decoded as it is read. Fails with bad_value at the first octet that does not fit.
// `used` hears of hexadecimal digits in lower case (leniency lower_case_xtext).
constexpr result<xtext> parse_xtext(std::string_view text, leniency allow = strict(),
                                    leniency* used = nullptr) noexcept {
    detail::cursor c(text, syntax{allow, false});
    errc why = detail::take_xtext(c, chars::any);
    if (why == errc::none && !c.done()) why = errc::bad_value;
    if (used != nullptr) used->lower_case_xtext |= c.used.lower_case_xtext;
    if (why != errc::none) return c.fail(why);
    return detail::xtext_access::make(text);
}

// Decodes `text` into `out`, which may be the same octets; returns the octets written, never more than it read.
// Fails as parse_xtext does, or with no_room.
constexpr result<std::size_t> decode_xtext(std::string_view text, std::span<char> out, leniency allow = strict(),
                                           leniency* used = nullptr) noexcept {
    const auto checked = parse_xtext(text, allow, used);
    if (!checked) return checked.error();
    return checked->decode(out);
}

} // namespace sansmtp
