// What to do with addresses: write them in their normalised form, make them out of parts, and follow source routes.
//
// The normalised form has the fewest quotes [RFC 5321 4.1.2], literals as in domain.hpp, and no source route unless that
// is asked for. It parses to what it was made of, and writing it again changes nothing.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "mailbox.hpp"

namespace sansmtp {

namespace detail {

// True if the octets are a Dot-string as they are, so that they need no quotes.
template <class Octets> // unquoted, or std::string_view
constexpr bool is_dot_string(const Octets& local) noexcept {
    bool dot = true; // an atom must come now
    for (const char c : local) {
        if (c == '.' ? dot : !(chars::atext | chars::high).contains(c)) return false;
        dot = c == '.';
    }
    return !dot;
}

// The local part with the fewest quotes.
template <class Octets>
constexpr void put_local_part(writer& out, const Octets& local) noexcept {
    const bool quotes = !is_dot_string(local);
    if constexpr (std::is_same_v<Octets, std::string_view>)
        if (!quotes) return void(out.put(local));
    if (quotes) out.put('"');
    for (const char c : local) {
        if (c == '"' || c == '\\') out.put('\\');
        out.put(c);
    }
    if (quotes) out.put('"');
}

template <class Octets>
constexpr void put_mailbox(writer& out, const Octets& local, const domain& host) noexcept {
    put_local_part(out, local);
    put_domain(out.put('@'), host);
}

// Most have their normalised form already: a Dot-string at a domain.
constexpr void put_mailbox(writer& out, const mailbox& box) noexcept {
    const std::string_view text = box.text();
    std::size_t at = 0;
    const bool name = box.domain().kind() == host_kind::name && text.back() != '.';
    const bool usual = name && skip_runs(text, at, chars::atext, '.', '.') == '@';
    usual ? void(out.put(text)) : put_mailbox(out, box.unquoted(), box.domain());
}

// A path with its brackets.
constexpr void put_path(writer& out, const path& p, bool route) noexcept {
    out.put('<');
    if (mailbox_access::is_usual(p)) return void(out.put(p.text()).put('>'));
    if (route && !p.route().empty()) {
        std::string_view before = "@";
        for (const domain host : p.hosts()) {
            put_domain(out.put(before), host);
            before = ",@";
        }
        out.put(':');
    }
    if (p.is_postmaster())
        out.put("Postmaster");
    else if (!p.is_null())
        put_mailbox(out, p.mailbox());
    out.put('>');
}

// True if the normalised form may stand on the wire: it has a domain, no octet that may not be sent, and is within the
// limits. Quotes that were missing are all that makes it longer, so short ones need not be measured: a local part of up to
// 64 octets may not pass that limit by them.
constexpr bool can_put(const mailbox& box, bool utf8) noexcept {
    if (box.domain().empty() || !may_be_sent(box.text(), utf8)) return false;
    const std::size_t size = box.local_part().size();
    const std::size_t most = size <= max_local_part ? max_local_part : max_long_local_part;
    if (size + 2 <= most) return true;
    writer counted(std::span<char>{});
    put_local_part(counted, box.unquoted());
    return counted.size() <= most;
}
constexpr bool can_put(const path& p, const address_form& form) noexcept {
    if (mailbox_access::is_usual(p) || p.is_null() || p.is_postmaster()) return true;
    if (!can_put(p.mailbox(), form.utf8) || (form.route && !may_be_sent(p.route(), form.utf8))) return false;
    if (p.text().size() < max_path / 4) return true;
    writer counted(std::span<char>{});
    put_path(counted, p, form.route);
    return counted.size() <= max_path;
}

} // namespace detail

// Writes the normalised form of a mailbox, or of a path with its brackets; returns the octets written.
// Fails with refused_field (no domain, not ASCII without SMTPUTF8, too long) or no_room. [RFC 5321 4.1.2]
constexpr result<std::size_t> serialize(const mailbox& box, std::span<char> out,
                                        const address_form& form = {}) noexcept {
    if (!detail::can_put(box, form.utf8)) return errc::refused_field;
    detail::writer w(out);
    detail::put_mailbox(w, box);
    if (!w.ok()) return errc::no_room;
    return w.size();
}
constexpr result<std::size_t> serialize(const path& p, std::span<char> out, const address_form& form = {}) noexcept {
    if (!detail::can_put(p, form)) return errc::refused_field;
    detail::writer w(out);
    detail::put_path(w, p, form.route);
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Makes a mailbox in `out`, which outlives the result, from the octets of a local part as they are meant: they are quoted
// here, where that is needed. Fails with refused_field (not a local part, no domain, not ASCII without SMTPUTF8) or no_room.
constexpr result<mailbox> make_mailbox(std::string_view local, const domain& host, std::span<char> out,
                                       bool utf8 = false) noexcept {
    if (!detail::can_put(host, utf8)) return errc::refused_field;
    detail::writer w(out);
    detail::put_mailbox(w, local, host);
    if (!w.ok()) return errc::no_room;
    const auto made = parse_mailbox({out.data(), w.size()}, syntax{strict(), utf8});
    if (!made) return errc::refused_field;
    return made;
}

// Makes the mailbox that one without a domain (leniency `unqualified`) becomes at `host`, as make_mailbox does.
constexpr result<mailbox> qualify(const mailbox& box, const domain& host, std::span<char> out,
                                  bool utf8 = false) noexcept {
    std::array<char, detail::max_long_local_part> local{};
    const auto size = box.unquoted().copy(local);
    if (!size) return errc::refused_field;
    return make_mailbox({local.data(), *size}, host, out, utf8);
}

// The host that a path leads to next: the first one of its source route, or that of its mailbox. Empty for <> and
// <Postmaster>. [RFC 5321 app. F.2]
constexpr domain next_hop(const path& p) noexcept {
    return p.hosts().empty() ? p.mailbox().domain() : *p.hosts().begin();
}

// The path as a relay that follows source routes passes it on: without the first host of the route if that is one of
// `my_names`. Nothing else is taken away: a route that begins with someone else stays. [RFC 5321 app. C, F.2]
constexpr path advance_route(const path& p, std::span<const std::string_view> my_names) noexcept {
    if (p.hosts().empty()) return p;
    const std::string_view first = next_hop(p).text();
    for (const std::string_view name : my_names) {
        if (!detail::same_name(first, name)) continue;
        const auto behind = static_cast<std::size_t>(first.data() + first.size() - p.text().data()) + 1; // "," or ":"
        return detail::mailbox_access::make(p.text().substr(behind), p.mailbox(), path_kind::mailbox);
    }
    return p;
}

// The reverse path as relays of RFC 821 passed it on, with their own name in front of the source route, made in `out`, which
// outlives the result. The null path stays what it is. Nobody does that today [RFC 5321 app. C]: it is here for those who
// must speak to such a relay. Fails with refused_field (no name or a literal, <Postmaster>, no domain, not ASCII without
// SMTPUTF8, too long) or no_room. [RFC 821 3.6]
constexpr result<path> prepend_route(const path& p, const domain& my_name, std::span<char> out,
                                     bool utf8 = false) noexcept {
    if (p.is_null()) return p;
    if (my_name.kind() != host_kind::name || p.is_postmaster()) return errc::refused_field;
    if (!detail::can_put(my_name, utf8) || !detail::can_put(p, {utf8, true})) return errc::refused_field;
    detail::writer w(out);
    detail::put_domain(w.put("<@"), my_name);
    for (const domain host : p.hosts()) detail::put_domain(w.put(",@"), host);
    detail::put_mailbox(w.put(':'), p.mailbox());
    if (!w.put('>').ok()) return errc::no_room;
    const auto made = parse_path({out.data(), w.size()}, syntax{interop(), utf8});
    if (!made) return errc::refused_field;
    return made;
}

} // namespace sansmtp
