// Mailboxes and paths [RFC 5321 4.1.2].
//
// Both are views of checked text. The local part is opaque: it is kept as it came, compared octet for octet once quotes
// and backslashes are taken away, and never folded, decoded or rewritten. A source route is kept and never obeyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "detail/writer.hpp"
#include "domain.hpp"

namespace sansmtp {

namespace detail {
struct mailbox_access;

inline constexpr std::size_t max_local_part = 64;
inline constexpr std::size_t max_long_local_part = 128;
inline constexpr std::size_t max_path = 256; // with its brackets

// The octets that a local part means, one by one: quotes and backslashes are taken away.
struct unquoted {
    std::string_view raw;
    bool quoted = false;

    constexpr explicit unquoted(std::string_view local) noexcept : raw(local) {
        if (local.size() >= 2 && local.front() == '"') {
            quoted = true;
            raw = local.substr(1, local.size() - 2);
        }
    }
    constexpr bool done() const noexcept { return raw.empty(); }
    constexpr char next() noexcept {
        if (raw.front() == '\\' && raw.size() > 1) raw.remove_prefix(1);
        const char c = raw.front();
        raw.remove_prefix(1);
        return c;
    }
};

constexpr bool same_local_part(std::string_view a, std::string_view b) noexcept {
    unquoted x(a);
    unquoted y(b);
    while (!x.done() && !y.done())
        if (x.next() != y.next()) return false;
    return x.done() && y.done();
}

} // namespace detail

// local-part "@" domain. The domain is empty only with the leniency `unqualified`.
class mailbox {
public:
    constexpr mailbox() noexcept = default;

    // The text as it came.
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }

    // The local part as it came, with its quotes.
    constexpr std::string_view local_part() const noexcept { return text_.substr(0, local_); }
    constexpr sansmtp::domain domain() const noexcept {
        if (kind_ == host_kind::none) return {};
        return detail::domain_access::make(text_.substr(local_ + 1U), kind_);
    }

    // True if both name the same mailbox: the domain in any case, the local part without its quoting. "joe"@X is joe@x.
    friend constexpr bool operator==(const mailbox& a, const mailbox& b) noexcept {
        return a.domain() == b.domain() && detail::same_local_part(a.local_part(), b.local_part());
    }

private:
    friend struct detail::mailbox_access;

    std::string_view text_;
    std::uint16_t local_ = 0;
    host_kind kind_ = host_kind::none;
};

enum class path_kind : std::uint8_t {
    null,       // <>, the sender of reports
    postmaster, // <Postmaster>, a recipient without domain
    mailbox,    // <local@domain>, perhaps with a source route in front
};

class path {
public:
    // The null path.
    constexpr path() noexcept = default;
    constexpr path(const sansmtp::mailbox& box) noexcept
        : mailbox_(box), text_(box.text()), kind_(box.empty() ? path_kind::null : path_kind::mailbox) {}

    constexpr path_kind kind() const noexcept { return kind_; }
    constexpr bool is_null() const noexcept { return kind_ == path_kind::null; }
    constexpr bool is_postmaster() const noexcept { return kind_ == path_kind::postmaster; }

    // The text between the brackets as it came, with its route.
    constexpr std::string_view text() const noexcept { return text_; }
    // The mailbox; empty for the null path and for <Postmaster>.
    constexpr const sansmtp::mailbox& mailbox() const noexcept { return mailbox_; }
    // The source route without its colon: "@a.example,@b.example"; empty if there is none.
    constexpr std::string_view route() const noexcept {
        return kind_ == path_kind::mailbox && text_.size() > mailbox_.text().size()
                   ? text_.substr(0, text_.size() - mailbox_.text().size() - 1)
                   : std::string_view{};
    }

    // True if both mean the same: routes are ignored.
    friend constexpr bool operator==(const path& a, const path& b) noexcept {
        return a.kind_ == b.kind_ && a.mailbox_ == b.mailbox_;
    }

private:
    friend struct detail::mailbox_access;

    sansmtp::mailbox mailbox_;
    std::string_view text_;
    path_kind kind_ = path_kind::null;
};

namespace detail {

struct mailbox_access {
    static constexpr mailbox make(std::string_view text, std::size_t local, host_kind kind) noexcept {
        mailbox m;
        m.text_ = text;
        m.local_ = static_cast<std::uint16_t>(local);
        m.kind_ = kind;
        return m;
    }
    static constexpr path make(std::string_view text, const mailbox& box, path_kind kind) noexcept {
        path p;
        p.text_ = text;
        p.mailbox_ = box;
        p.kind_ = kind;
        return p;
    }
};

// Quoted-string = DQUOTE *QcontentSMTP DQUOTE; the cursor stands behind the first quote.
constexpr errc take_quoted_string(cursor& c) noexcept {
    const std::size_t start = c.at;
    errc why = errc::bad_local_part;
    while (!c.take('"')) {
        if (c.take('\\')) {
            if (c.done() || !chars::qpair.contains(c.peek())) return errc::bad_local_part;
            ++c.at;
        } else if (!c.take_char(chars::qtext, why)) {
            return why;
        }
    }
    if (c.at == start + 1) {
        if (!c.allow.empty_quoted) return --c.at, errc::bad_local_part;
        c.used.empty_quoted = true;
    }
    return errc::none;
}

// One octet of an Atom, or with `bare_backslash` a quoted pair outside quotes as in RFC 821.
constexpr bool take_atom_octet(cursor& c, errc& why) noexcept {
    if (c.take_char(chars::atext, why)) return true;
    const std::string_view pair = c.text.substr(c.at, 2);
    if (!c.allow.bare_backslash || pair.size() < 2 || pair[0] != '\\' || !chars::graphic.contains(pair[1]))
        return false;
    c.at += 2;
    return c.used.bare_backslash = true;
}

// Dot-string = Atom *("." Atom); Atom = 1*atext
constexpr errc take_dot_string(cursor& c) noexcept {
    const std::size_t start = c.at;
    errc why = errc::bad_local_part;
    bool after_dot = true; // an atom must come now
    for (;;) {
        if (take_atom_octet(c, why)) {
            after_dot = false;
        } else if (why == errc::bad_local_part && c.peek() == '.') {
            if (after_dot && !c.allow.loose_dots) return why;
            c.used.loose_dots |= after_dot;
            after_dot = true;
            ++c.at;
        } else {
            break;
        }
    }
    if (why != errc::bad_local_part || c.at == start) return why;
    if (after_dot) {
        if (!c.allow.loose_dots) return why;
        c.used.loose_dots = true;
    }
    return errc::none;
}

// Local-part = Dot-string / Quoted-string
constexpr errc take_local_part(cursor& c) noexcept {
    const std::size_t start = c.at;
    const errc why = c.take('"') ? take_quoted_string(c) : take_dot_string(c);
    if (why != errc::none) return why;
    const std::size_t length = c.at - start;
    if (length <= max_local_part) return errc::none;
    if (!c.allow.long_local_part) return c.at = start + max_local_part, errc::local_part_too_long;
    if (length > max_long_local_part) return c.at = start + max_long_local_part, errc::local_part_too_long;
    c.used.long_local_part = true;
    return errc::none;
}

// Mailbox = Local-part "@" (Domain / address-literal)
constexpr errc take_mailbox(cursor& c, mailbox& found) noexcept {
    const std::size_t start = c.at;
    if (const errc e = take_local_part(c); e != errc::none) return e;
    const std::size_t local = c.at - start;
    domain host;
    if (c.take('@')) {
        if (const errc e = take_domain(c, host); e != errc::none) return e;
    } else {
        if (!c.allow.unqualified || (!c.done() && c.peek() != '>')) return errc::bad_path;
        c.used.unqualified = true;
    }
    found = mailbox_access::make(c.since(start), local, host.kind());
    return errc::none;
}

// A-d-l ":" with A-d-l = At-domain *("," At-domain); with `bare_route` the "@" may be missing.
constexpr errc take_route(cursor& c) noexcept {
    do {
        if (!c.take('@')) {
            if (!c.allow.bare_route) return errc::bad_route;
            c.used.bare_route = true;
        }
        domain host;
        if (const errc e = take_domain_name(c, host); e != errc::none) return e;
    } while (c.take(','));
    return c.take(':') ? errc::none : errc::bad_route;
}

// True if a route without "@" begins here: names and commas, then a colon, all before any "@", quote or end.
constexpr bool bare_route_ahead(const cursor& c) noexcept {
    if (!c.allow.bare_route) return false;
    const std::size_t stop = c.text.find_first_of(":@\"<> ", c.at);
    return stop != std::string_view::npos && c.text[stop] == ':' && stop > c.at;
}

// [A-d-l ":"] Mailbox, what stands between the brackets of a path.
constexpr errc take_path_text(cursor& c, path& found) noexcept {
    const std::size_t start = c.at;
    if (c.peek() == '@' || bare_route_ahead(c))
        if (const errc e = take_route(c); e != errc::none) return e;
    mailbox box;
    if (const errc e = take_mailbox(c, box); e != errc::none) return e;
    found = mailbox_access::make(c.since(start), box, path_kind::mailbox);
    return errc::none;
}

// Reverse-path and Forward-path: "<>" or "<" [A-d-l ":"] Mailbox ">", and "<Postmaster>" where that may stand. With
// `missing_brackets` a mailbox without them, up to the first space.
constexpr errc take_path(cursor& c, path& found, bool postmaster_may_stand) noexcept {
    const std::size_t start = c.at;
    const bool bracket = c.take('<');
    if (!bracket && (!c.allow.missing_brackets || c.done())) return errc::bad_path;
    c.used.missing_brackets |= !bracket;
    if (bracket && c.take('>')) return found = path{}, errc::none;
    constexpr std::string_view postmaster = "Postmaster";
    const char behind = c.rest().size() > postmaster.size() ? c.text[c.at + postmaster.size()] : '\0';
    if (postmaster_may_stand && (bracket ? behind == '>' : behind == ' ' || behind == '\0') &&
        c.take_word(postmaster)) {
        found = mailbox_access::make(c.since(c.at - postmaster.size()), {}, path_kind::postmaster);
    } else if (const errc e = take_path_text(c, found); e != errc::none) {
        return e;
    }
    if (bracket && !c.take('>')) return errc::bad_path;
    const std::size_t length = c.at - start + (bracket ? 0U : 2U);
    if (length > max_path) return c.at = start + max_path, errc::path_too_long;
    return errc::none;
}

constexpr errc take_any_path(cursor& c, path& found) noexcept { return take_path(c, found, true); }

} // namespace detail

// Parses local-part@domain; the whole text must match.
// Fails with bad_local_part, local_part_too_long, bad_path (no "@"), the errors of parse_domain. [RFC 5321 4.1.2]
constexpr result<mailbox> parse_mailbox(std::string_view text, const syntax& how = {},
                                        leniency* used = nullptr) noexcept {
    return detail::parse_whole<mailbox>(text, how, used, errc::bad_path, detail::take_mailbox);
}

// Parses a path with its brackets: <>, <Postmaster>, <local@domain>, <@route:local@domain>; the whole text must match.
// Fails with bad_path, bad_route, path_too_long and the errors of parse_mailbox. [RFC 5321 4.1.2]
constexpr result<path> parse_path(std::string_view text, const syntax& how = {}, leniency* used = nullptr) noexcept {
    return detail::parse_whole<path>(text, how, used, errc::bad_path, detail::take_any_path);
}

} // namespace sansmtp
