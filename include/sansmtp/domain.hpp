// Domains and address literals [RFC 5321 4.1.2, 4.1.3].
//
// A `domain` is a view of text that was checked; it is made by the parsers here and nowhere else. Text is kept as it
// came: nothing is folded, decoded or cut. Comparison goes by meaning: names ignore the case of ASCII letters, literals
// compare their addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "charset.hpp"
#include "detail/cursor.hpp"
#include "detail/ip.hpp"
#include "detail/writer.hpp"
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

// True if both names are the same to the DNS: in any case, with or without the dot of the root.
constexpr bool same_name(std::string_view a, std::string_view b) noexcept {
    if (a.size() > 1 && a.back() == '.') a.remove_suffix(1);
    if (b.size() > 1 && b.back() == '.') b.remove_suffix(1);
    return iequal(a, b);
}

} // namespace detail

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

    // The tag of a literal without its colon: "IPv6" in any case, or that of a general literal; empty if there is none.
    constexpr std::string_view tag() const noexcept { return inner().substr(0, tag_size()); }
    // The address of a literal, without brackets and tag; empty for names.
    constexpr std::string_view address() const noexcept { return inner().substr(tag_size() == 0 ? 0 : tag_size() + 1); }

    // The octets of an IPv4 or IPv6 literal, in network order.
    constexpr std::optional<ipv4_address> ipv4() const noexcept {
        ipv4_address found{};
        detail::cursor c(address(), syntax{});
        if (kind_ != host_kind::ipv4 || !detail::take_ipv4(c, found)) return std::nullopt;
        return found;
    }
    constexpr std::optional<ipv6_address> ipv6() const noexcept {
        ipv6_address found{};
        detail::cursor c(address(), syntax{legacy()});
        if (kind_ != host_kind::ipv6 || !detail::take_ipv6(c, found)) return std::nullopt;
        return found;
    }

    // True if both mean the same: names in any case, addresses by their octets.
    friend constexpr bool operator==(const domain& a, const domain& b) noexcept {
        if (a.kind_ != b.kind_) return false;
        switch (a.kind_) {
        case host_kind::name: return detail::same_name(a.text_, b.text_);
        case host_kind::ipv4: return a.ipv4() == b.ipv4();
        case host_kind::ipv6: return a.ipv6() == b.ipv6();
        case host_kind::general: return iequal(a.tag(), b.tag()) && a.address() == b.address();
        default: return iequal(a.text_, b.text_);
        }
    }

private:
    friend struct detail::domain_access;
    constexpr domain(std::string_view text, host_kind kind) noexcept : text_(text), kind_(kind) {}

    constexpr std::string_view inner() const noexcept {
        return is_literal() ? text_.substr(1, text_.size() - 2) : std::string_view{};
    }
    constexpr std::size_t tag_size() const noexcept {
        const bool untagged = kind_ == host_kind::ipv6 && !iequal(inner().substr(0, 5), "IPv6:");
        return untagged || !is_literal() || kind_ == host_kind::ipv4 ? 0 : inner().find(':');
    }

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
    if (const errc e = c.take_run(chars::ldh); e != errc::none) return e;
    if (c.at == start) return errc::bad_domain;
    if (c.text[start] == '-') return c.at = start, errc::bad_domain;
    if (c.at - start > max_label) return c.at = start + max_label, errc::domain_too_long;
    if (c.text[c.at - 1] == '-') return --c.at, errc::bad_domain;
    return errc::none;
}

// Domain = sub-domain *("." sub-domain), or with `trailing_dot` one more dot
constexpr errc take_domain_name(cursor& c, domain& found) noexcept {
    const std::size_t start = c.at;
    do {
        if (c.allow.trailing_dot && c.at != start && (c.done() || !(chars::ldh | chars::high).contains(c.peek()))) {
            c.used.trailing_dot = true;
            break;
        }
        if (const errc e = take_label(c); e != errc::none) return e;
    } while (c.take('.'));
    if (c.at - start > max_domain) return c.at = start + max_domain, errc::domain_too_long;
    found = domain_access::make(c.since(start), host_kind::name);
    return errc::none;
}

// General-address-literal = Standardized-tag ":" 1*dcontent; Standardized-tag = Ldh-str. The cursor stands at the tag.
constexpr bool take_general(cursor& c) noexcept {
    const std::string_view tag = c.take_all(chars::ldh);
    if (tag.empty() || c.peek() != ':') return false;
    if (tag.back() == '-') return --c.at, false;
    ++c.at;
    return !c.take_all(chars::dcontent).empty();
}

// IPv4-address-literal / IPv6-address-literal / General-address-literal, without the brackets. A tag of nothing but
// hexadecimal digits is no tag but the start of an IPv6 address that lacks it, which HELO and EHLO may have.
constexpr host_kind take_address(cursor& c, bool hello) noexcept {
    const std::size_t start = c.at;
    const std::string_view tag = c.take_all(chars::ldh);
    const bool tagged = c.peek() == ':';
    c.at = start;
    if (!tagged) {
        ipv4_address v4{};
        return take_ipv4(c, v4) ? host_kind::ipv4 : host_kind::none;
    }
    const bool untagged_ipv6 = chars::hex.all(tag); // or "::"
    if (!untagged_ipv6 && !iequal(tag, "IPv6")) return take_general(c) ? host_kind::general : host_kind::none;
    if (untagged_ipv6) {
        if (!hello || !c.allow.untagged_ipv6) return host_kind::none;
    } else {
        c.at += tag.size() + 1;
    }
    ipv6_address v6{};
    if (!take_ipv6(c, v6)) return host_kind::none;
    c.used.untagged_ipv6 |= untagged_ipv6;
    return host_kind::ipv6;
}

// address-literal = "[" address "]"
[[gnu::noinline]] constexpr errc take_literal(cursor& c, domain& found, bool hello) noexcept {
    const std::size_t start = c.at++;
    const host_kind kind = take_address(c, hello);
    if (kind == host_kind::none || !c.take(']')) return errc::bad_literal;
    if (c.at - start > max_domain) return c.at = start + max_domain, errc::domain_too_long;
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
    if (end < c.text.size() && chars::high.contains(c.text[end]))
        return c.at = end, errc::eight_bit; // whatever else is wrong
    if (end == start) return errc::missing_argument;
    cursor name(c.text.substr(0, end), syntax{c.allow, false});
    name.at = start;
    name.used = c.used;
    errc why = name.peek() == '[' ? take_literal(name, found, true) : take_domain_name(name, found);
    if (why == errc::none && !name.done()) why = errc::bad_domain;
    if (why == errc::none) {
        c.used = name.used;
        ipv4_address v4{};
        cursor numbers(found.text(), syntax{});
        c.used.bare_ipv4 |= found.kind() == host_kind::name && take_ipv4(numbers, v4) && numbers.done();
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

// How an address is written.
struct address_form {
    bool utf8 = false;  // SMTPUTF8 is in force: text that is not ASCII may stand in it
    bool route = false; // write the source route as well, which nobody wants [RFC 5321 app. C]
};

namespace detail {

// True if `text` has nothing but ASCII, or valid UTF-8 where that may stand. Control octets are the grammar's matter.
constexpr bool may_be_sent(std::string_view text, bool utf8) noexcept {
    if (!has_high(text)) return true;
    cursor c(text, syntax{strict(), utf8});
    return utf8 && c.take_run(chars::textstring) == errc::none;
}

// The normalised form of a domain: IPv4 without leading zeros, IPv6 with its tag and as in RFC 5952, no dot at the end.
constexpr void put_domain(writer& out, const domain& host) noexcept {
    std::string_view text = host.text();
    if (host.kind() == host_kind::ipv4) {
        put_ipv4(out.put('['), *host.ipv4());
        out.put(']');
    } else if (host.kind() == host_kind::ipv6) {
        put_ipv6(out.put("[IPv6:"), *host.ipv6());
        out.put(']');
    } else {
        if (host.kind() == host_kind::name && text.back() == '.') text.remove_suffix(1);
        out.put(text);
    }
}

constexpr bool can_put(const domain& host, bool utf8) noexcept {
    return !host.empty() && host.kind() != host_kind::other && may_be_sent(host.text(), utf8);
}

} // namespace detail

// Writes the normalised form of a domain; returns the octets written. What it means does not change.
// Fails with refused_field (no domain, not grammatical, not ASCII without SMTPUTF8) or no_room. [RFC 5321 4.1.2, 4.1.3]
constexpr result<std::size_t> serialize(const domain& host, std::span<char> out,
                                        const address_form& form = {}) noexcept {
    if (!detail::can_put(host, form.utf8)) return errc::refused_field;
    detail::writer w(out);
    detail::put_domain(w, host);
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Makes the literal of an IP address in `out`, which outlives the result: "[192.0.2.1]", "[IPv6:2001:db8::1]".
// Fails with no_room: 47 octets are always enough.
constexpr result<domain> make_literal(const ipv4_address& address, std::span<char> out) noexcept {
    detail::writer w(out);
    detail::put_ipv4(w.put('['), address);
    if (!w.put(']').ok()) return errc::no_room;
    return detail::domain_access::make({out.data(), w.size()}, host_kind::ipv4);
}
constexpr result<domain> make_literal(const ipv6_address& address, std::span<char> out) noexcept {
    detail::writer w(out);
    detail::put_ipv6(w.put("[IPv6:"), address);
    if (!w.put(']').ok()) return errc::no_room;
    return detail::domain_access::make({out.data(), w.size()}, host_kind::ipv6);
}

} // namespace sansmtp
