// Domains and address literals [RFC 5321 4.1.2, 4.1.3].
//
// A `domain` is a view of text that was checked; it is made by the parsers here and nowhere else. Text is kept as it
// came: nothing is folded, decoded or cut. Comparison ignores the case of ASCII letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "charset.hpp"
#include "detail/cursor.hpp"
#include "limits.hpp"
#include "result.hpp"

namespace sansmtp {

enum class host_kind : std::uint8_t {
    none,    // no host
    name,    // mx.example.org
    ipv4,    // [192.0.2.1]
    ipv6,    // [IPv6:2001:db8::1]
    general, // [tag:text]
    other,   // a HELO argument that is none of these (leniency any_hello_name)
};

class domain;

namespace detail {
struct domain_access;
}

class domain {
public:
    constexpr domain() noexcept = default;

    // The text as it came, a literal with its brackets.
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr host_kind kind() const noexcept { return kind_; }
    constexpr bool empty() const noexcept { return text_.empty(); }
    constexpr bool is_literal() const noexcept {
        return kind_ == host_kind::ipv4 || kind_ == host_kind::ipv6 || kind_ == host_kind::general;
    }

    // The address of a literal, without brackets and without "IPv6:"; empty for names.
    constexpr std::string_view address() const noexcept {
        if (!is_literal()) return {};
        const std::string_view inner = text_.substr(1, text_.size() - 2);
        const bool tagged = kind_ == host_kind::ipv6 && iequal(inner.substr(0, 5), "IPv6:");
        return tagged ? inner.substr(5) : inner;
    }

    friend constexpr bool operator==(const domain& a, const domain& b) noexcept {
        return a.kind_ == b.kind_ && iequal(a.text_, b.text_);
    }

private:
    friend struct detail::domain_access;
    constexpr domain(std::string_view text, host_kind kind) noexcept : text_(text), kind_(kind) {}

    std::string_view text_;
    host_kind kind_ = host_kind::none;
};

namespace detail {

struct domain_access {
    static constexpr domain make(std::string_view text, host_kind kind) noexcept { return {text, kind}; }
};

inline constexpr std::size_t max_label = 63;
inline constexpr std::size_t max_domain = 255;

// sub-domain = Let-dig [Ldh-str], or a U-label [RFC 6531 3.3]
constexpr errc take_label(cursor& c) noexcept {
    const std::size_t start = c.at;
    errc why = errc::bad_domain;
    while (c.take_char(chars::ldh, why)) {}
    if (why != errc::bad_domain) return why;
    const std::string_view label = c.since(start);
    if (label.empty()) return errc::bad_domain;
    if (label.front() == '-') return c.at = start, errc::bad_domain;
    if (label.back() == '-') return --c.at, errc::bad_domain;
    if (label.size() > max_label) return c.at = start + max_label, errc::domain_too_long;
    return errc::none;
}

// Domain = sub-domain *("." sub-domain)
constexpr errc take_domain_name(cursor& c, domain& found) noexcept {
    const std::size_t start = c.at;
    do {
        if (const errc e = take_label(c); e != errc::none) {
            const bool after_dot = c.at > start && c.text[c.at - 1] == '.';
            if (e != errc::bad_domain || !after_dot || !c.allow.trailing_dot || c.peek() == '.' || c.peek() == '-')
                return e;
            c.used.trailing_dot = true;
            break;
        }
    } while (c.take('.'));
    if (c.at - start > max_domain) return c.at = start + max_domain, errc::domain_too_long;
    found = domain_access::make(c.since(start), host_kind::name);
    return errc::none;
}

// IPv4-address-literal = Snum 3("." Snum); Snum = 1*3DIGIT, 0 to 255
constexpr bool is_ipv4(std::string_view text) noexcept {
    std::size_t at = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0 && (at >= text.size() || text[at++] != '.')) return false;
        const std::size_t start = at;
        unsigned value = 0;
        while (at < text.size() && at - start < 3 && chars::digit.contains(text[at]))
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        if (at == start || value > 255) return false;
    }
    return at == text.size();
}

// IPv6-addr: 8 groups, or "::" for two or more of them; the last two may be written as an IPv4 address. With
// `one_group` set, "::" may stand for a single group as in RFC 4291, which is then reported in it.
constexpr bool is_ipv6(std::string_view text, bool allow_one_group, bool& one_group) noexcept {
    std::size_t at = 0;
    unsigned groups = 0;
    bool compressed = false;
    if (text.substr(0, 2) == "::") {
        compressed = true;
        at = 2;
    }
    while (at < text.size()) {
        const std::size_t end = chars::hex.skip(text, at);
        if (end < text.size() && text[end] == '.') { // IPv6v4: always last
            if (!is_ipv4(text.substr(at))) return false;
            groups += 2;
            at = text.size();
            break;
        }
        if (end == at || end - at > 4) return false;
        ++groups;
        at = end;
        if (at == text.size()) break;
        if (text[at++] != ':') return false;
        if (at < text.size() && text[at] == ':') {
            if (compressed) return false;
            compressed = true;
            ++at;
        } else if (at == text.size()) {
            return false;
        }
    }
    if (!compressed) return groups == 8;
    if (groups == 7) return one_group = true, allow_one_group;
    return groups <= 6;
}

// True if RFC 5321's grammar takes a general literal's tag for what is an IPv6 address without "IPv6:".
constexpr bool is_untagged_ipv6(std::string_view inner) noexcept {
    bool one_group = false;
    return is_ipv6(inner, true, one_group);
}

// address-literal = "[" (IPv4 / IPv6 / General) "]"
constexpr errc take_literal(cursor& c, domain& found, bool hello) noexcept {
    const std::size_t start = c.at;
    const std::size_t close = c.text.find(']', start);
    if (close == std::string_view::npos) return errc::bad_literal;
    const std::string_view inner = c.text.substr(start + 1, close - start - 1);
    if (close + 1 - start > max_domain) return errc::domain_too_long;
    host_kind kind = host_kind::none;
    const std::size_t colon = inner.find(':');
    bool one_group = false;
    if (colon == std::string_view::npos) {
        if (is_ipv4(inner)) kind = host_kind::ipv4;
    } else if (iequal(inner.substr(0, colon), "IPv6")) {
        if (is_ipv6(inner.substr(colon + 1), c.allow.ipv6_one_group, one_group)) kind = host_kind::ipv6;
        c.used.ipv6_one_group |= one_group && kind != host_kind::none;
    } else if (is_untagged_ipv6(inner)) {
        if (hello && c.allow.untagged_ipv6) kind = host_kind::ipv6, c.used.untagged_ipv6 = true;
    } else if (const auto tag = inner.substr(0, colon); chars::ldh.all(tag) && !tag.empty() && tag.back() != '-' &&
                                                        inner.size() > colon + 1 &&
                                                        chars::dcontent.all(inner.substr(colon + 1))) {
        kind = host_kind::general;
    }
    if (kind == host_kind::none) return errc::bad_literal;
    c.at = close + 1;
    found = domain_access::make(c.since(start), kind);
    return errc::none;
}

// Domain / address-literal, as far as it goes. The cursor stays at the offending octet on failure.
constexpr errc take_domain(cursor& c, domain& found) noexcept {
    return c.peek() == '[' ? take_literal(c, found, false) : take_domain_name(c, found);
}

// The argument of HELO and EHLO: a domain or a literal, or with `any_hello_name` any token of printable ASCII.
constexpr errc take_hello_name(cursor& c, domain& found) noexcept {
    const std::size_t start = c.at;
    const std::size_t end = chars::graphic.skip(c.text, start);
    if (end == start) return errc::missing_argument;
    cursor name(c.text.substr(0, end), syntax{c.allow, false});
    name.allow.trailing_dot = false; // such a name is `other`
    name.at = start;
    errc why = name.peek() == '[' ? take_literal(name, found, true) : take_domain_name(name, found);
    if (why == errc::none && !name.done()) why = errc::bad_domain;
    if (why == errc::none) {
        c.used.untagged_ipv6 |= name.used.untagged_ipv6;
        c.used.ipv6_one_group |= name.used.ipv6_one_group;
        if (found.kind() == host_kind::name && is_ipv4(found.text())) c.used.bare_ipv4 = true;
    } else {
        c.at = name.at;
        if (!c.allow.any_hello_name) return why == errc::domain_too_long ? why : errc::bad_argument;
        if (end - start > max_domain) return c.at = start + max_domain, errc::domain_too_long;
        c.used.any_hello_name = true;
        found = domain_access::make(c.text.substr(start, end - start), host_kind::other);
    }
    c.at = end;
    return errc::none;
}

// Runs a grammar function over a whole text and reports the leniencies it used.
template <class T, class Take>
constexpr result<T> parse_whole(std::string_view text, const syntax& how, leniency* used, errc rest,
                                Take take) noexcept {
    cursor c(text, how);
    T found;
    errc why = take(c, found);
    if (why == errc::none && !c.done()) why = rest;
    if (used != nullptr) *used = c.used;
    if (why != errc::none) return c.fail(why);
    return found;
}

} // namespace detail

// Parses a domain or an address literal; the whole text must match.
// Fails with bad_domain, bad_literal, domain_too_long, eight_bit or bad_utf8. [RFC 5321 4.1.2, 4.1.3]
constexpr result<domain> parse_domain(std::string_view text, const syntax& how = {},
                                      leniency* used = nullptr) noexcept {
    return detail::parse_whole<domain>(text, how, used, errc::bad_domain, detail::take_domain);
}

} // namespace sansmtp
