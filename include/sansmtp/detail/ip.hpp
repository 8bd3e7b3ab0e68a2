// IPv4 and IPv6 addresses as text [RFC 5321 4.1.3]: octets in network order from text, and normalised text from octets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../charset.hpp"
#include "cursor.hpp"
#include "writer.hpp"

namespace sansmtp {

using ipv4_address = std::array<std::uint8_t, 4>;
using ipv6_address = std::array<std::uint8_t, 16>;

namespace detail {

// Snum = 1*3DIGIT, 0 to 255; leading zeros do not make it octal
constexpr bool take_snum(cursor& c, std::uint8_t& found) noexcept {
    const std::size_t start = c.at;
    unsigned value = 0;
    while (c.at - start < 3 && chars::digit.contains(c.peek()))
        value = value * 10 + static_cast<unsigned>(c.text[c.at++] - '0');
    if (c.at == start) return false;
    if (value > 255) return c.at = start, false;
    found = static_cast<std::uint8_t>(value);
    return true;
}

// IPv4-address-literal = Snum 3("." Snum)
constexpr bool take_ipv4(cursor& c, ipv4_address& found) noexcept {
    for (std::size_t i = 0; i < found.size(); ++i)
        if ((i > 0 && !c.take('.')) || !take_snum(c, found[i])) return false;
    return true;
}

// IPv6-hex = 1*4HEXDIG
constexpr bool take_hex_group(cursor& c, unsigned& found) noexcept {
    const std::size_t start = c.at;
    found = 0;
    for (; c.at - start < 4 && chars::hex.contains(c.peek()); ++c.at) {
        const char digit = to_upper(c.peek());
        found = found << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'A' + 10);
    }
    return c.at != start && !chars::hex.contains(c.peek());
}

// The groups of an IPv6 address as they are read, and where "::" stood among them.
struct ipv6_groups {
    static constexpr std::size_t no_gap = 9;

    std::array<std::uint16_t, 8> value{};
    std::size_t count = 0;
    std::size_t gap = no_gap;
    bool one_group = false; // "::" may stand for a single one, as in RFC 4291

    // How many may be written: "::" stands for two groups or more.
    constexpr std::size_t limit(bool with_gap) const noexcept { return !with_gap ? 8 : one_group ? 7 : 6; }
    constexpr bool room_for(std::size_t more) const noexcept { return count + more <= limit(gap != no_gap); }
    constexpr void put(unsigned group) noexcept { value[count++] = static_cast<std::uint16_t>(group); }

    constexpr ipv6_address address() const noexcept {
        ipv6_address octets{};
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t place = i < gap ? i : i + 8 - count;
            octets[2 * place] = static_cast<std::uint8_t>(value[i] >> 8);
            octets[2 * place + 1] = static_cast<std::uint8_t>(value[i] & 0xFFU);
        }
        return octets;
    }
};

// One group, or the IPv4 address that may stand for the last two.
constexpr bool take_ipv6_group(cursor& c, ipv6_groups& groups, bool& last) noexcept {
    const std::size_t start = c.at;
    if (!groups.room_for(1)) return false;
    unsigned group = 0;
    const bool hex = take_hex_group(c, group);
    if (c.peek() != '.' || c.at == start) {
        if (hex) groups.put(group);
        return hex;
    }
    c.at = start;
    ipv4_address v4{};
    if (!groups.room_for(2) || !take_ipv4(c, v4)) return false;
    groups.put(static_cast<unsigned>(v4[0] << 8 | v4[1]));
    groups.put(static_cast<unsigned>(v4[2] << 8 | v4[3]));
    return last = true;
}

// IPv6-addr = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp
constexpr bool take_ipv6(cursor& c, ipv6_address& found) noexcept {
    ipv6_groups groups;
    groups.one_group = c.allow.ipv6_one_group;
    bool last = false;
    if (c.text.substr(c.at, 2) == "::") {
        groups.gap = 0;
        c.at += 2;
    }
    while (!last) {
        if (groups.gap == groups.count && !chars::hex.contains(c.peek())) break; // "::" may end it
        if (!take_ipv6_group(c, groups, last)) return false;
        if (last || !c.take(':')) break;
        if (c.peek() != ':') continue;
        if (groups.gap != ipv6_groups::no_gap || groups.count > groups.limit(true)) return false;
        groups.gap = groups.count;
        ++c.at;
    }
    const bool gap = groups.gap != ipv6_groups::no_gap;
    if (!gap && groups.count != 8) return false;
    c.used.ipv6_one_group |= gap && groups.count == 7;
    found = groups.address();
    return true;
}

constexpr void put_ipv4(writer& out, const ipv4_address& address) noexcept {
    for (std::size_t i = 0; i < address.size(); ++i) {
        if (i > 0) out.put('.');
        out.put_decimal(address[i]);
    }
}

constexpr void put_hex_group(writer& out, unsigned group) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned shift = group > 0xFFF ? 16 : group > 0xFF ? 12 : group > 0xF ? 8 : 4; shift != 0;)
        out.put(digits[group >> (shift -= 4) & 0xFU]);
}

// As RFC 5952 has it: lower case, no leading zeros, "::" for the first longest run of two or more zero groups, and the
// dotted form for IPv4-mapped addresses.
constexpr void put_ipv6(writer& out, const ipv6_address& address) noexcept {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = address[2 * i] * 256U + address[2 * i + 1];
    std::size_t gap = 8;
    std::size_t length = 1;
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > length) gap = i, length = end - i;
        if (end > i) i = end - 1;
    }
    if (gap == 0 && length == 5 && groups[5] == 0xFFFF) {
        out.put("::ffff:");
        return put_ipv4(out, {address[12], address[13], address[14], address[15]});
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == gap) {
            out.put("::");
            i += length - 1;
        } else {
            if (i > 0 && i != gap + length) out.put(':');
            put_hex_group(out, groups[i]);
        }
    }
}

} // namespace detail

} // namespace sansmtp
