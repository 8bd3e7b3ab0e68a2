// Mailboxes and paths [RFC 5321 4.1.2].
//
// Both are views of checked text; address.hpp writes and makes them. The local part is opaque: it is kept as it came, compared octet for octet once quotes
// and backslashes are taken away, and never folded, decoded or rewritten. A source route is kept and never obeyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "detail/text_iterator.hpp"
#include "detail/usual_path.hpp"
#include "detail/writer.hpp"
#include "domain.hpp"

namespace sansmtp {

namespace detail {
struct mailbox_access;

inline constexpr std::size_t max_local_part = 64;
inline constexpr std::size_t max_long_local_part = 128;
inline constexpr std::size_t max_path = 256; // with its brackets

// What quotes and backslashes stand for.
struct unquoted_octets : adjacent {
    using value_type = char;
    static constexpr std::size_t length(std::string_view rest) noexcept {
        return rest.front() == '\\' && rest.size() > 1 ? 2 : 1;
    }
    static constexpr char read(std::string_view item) noexcept { return item.back(); }
};

// At-domain of a source route; the "@" may lack with `bare_route`.
struct route_items : comma_separated {
    using value_type = domain;
    static constexpr domain read(std::string_view item) noexcept {
        return domain_access::make(item.substr(item.front() == '@' ? 1 : 0), host_kind::name);
    }
};

} // namespace detail

// The octets that a local part means, without its quotes and backslashes: "j\oe" is read as j, o, e.
class unquoted : public detail::text_items<detail::unquoted_octets> {
public:
    constexpr explicit unquoted(std::string_view local_part) noexcept
        : text_items(local_part.size() >= 2 && local_part.front() == '"' ? local_part.substr(1, local_part.size() - 2)
                                                                         : local_part) {}

    // Copies the octets to `out`; returns how many there are. Fails with no_room.
    constexpr result<std::size_t> copy(std::span<char> out) const noexcept {
        detail::writer w(out);
        for (const char c : *this) w.put(c);
        if (!w.ok()) return errc::no_room;
        return w.size();
    }

    friend constexpr bool operator==(const unquoted& a, const unquoted& b) noexcept { return detail::same_items(a, b); }
    // Compares with the octets themselves, which are not quoted.
    friend constexpr bool operator==(const unquoted& a, std::string_view octets) noexcept {
        return detail::same_items(a, octets);
    }
};

// The hosts of a source route, from the one to go to first.
using route_hosts = detail::text_items<detail::route_items>;

// local-part "@" domain. The domain is empty only with the leniency `unqualified`.
class mailbox {
public:
    constexpr mailbox() noexcept = default;

    // The text as it came.
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }

    // The local part as it came, with its quotes.
    constexpr std::string_view local_part() const noexcept { return {text_.data(), local_}; }
    // The octets that it means.
    constexpr sansmtp::unquoted unquoted() const noexcept { return sansmtp::unquoted(local_part()); }
    constexpr sansmtp::domain domain() const noexcept {
        if (kind_ == host_kind::none) return {};
        return detail::domain_access::make({text_.data() + local_ + 1, text_.size() - local_ - 1}, kind_);
    }

    // True if both name the same mailbox: the domain in any case, the local part without its quoting. "joe"@X is joe@x.
    friend constexpr bool operator==(const mailbox& a, const mailbox& b) noexcept {
        return a.unquoted() == b.unquoted() && a.domain() == b.domain();
    }

private:
    friend class path;
    friend struct detail::mailbox_access;
    constexpr mailbox(std::string_view text, std::size_t local, host_kind kind) noexcept
        : text_(text), local_(static_cast<std::uint16_t>(local)), kind_(kind) {}

    std::string_view text_;
    std::uint16_t local_ = 0; // octets of the local part
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
        : path(box.text(), 0, box, box.empty() ? path_kind::null : path_kind::mailbox) {}

    constexpr path_kind kind() const noexcept { return kind_; }
    constexpr bool is_null() const noexcept { return kind_ == path_kind::null; }
    constexpr bool is_postmaster() const noexcept { return kind_ == path_kind::postmaster; }

    // The text between the brackets as it came, with its route.
    constexpr std::string_view text() const noexcept { return text_; }
    // The mailbox; empty for the null path and for <Postmaster>.
    constexpr sansmtp::mailbox mailbox() const noexcept {
        return {{text_.data() + start_, text_.size() - start_}, local_, host_};
    }
    // The source route without its colon: "@a.example,@b.example"; empty if there is none.
    constexpr std::string_view route() const noexcept {
        return kind_ == path_kind::mailbox && start_ != 0 ? text_.substr(0, start_ - 1U) : std::string_view{};
    }

    // The hosts of the source route.
    constexpr route_hosts hosts() const noexcept { return route_hosts(route()); }

    // True for <Postmaster> and for <Postmaster@domain> in any case: no server may refuse those [RFC 5321 4.5.1].
    constexpr bool is_for_postmaster() const noexcept {
        if (kind_ == path_kind::postmaster) return true;
        std::string_view rest = "POSTMASTER";
        for (const char c : mailbox().unquoted()) {
            if (rest.empty() || rest.front() != to_upper(c)) return false;
            rest.remove_prefix(1);
        }
        return rest.empty();
    }

    // True if both mean the same: routes are ignored.
    friend constexpr bool operator==(const path& a, const path& b) noexcept {
        return a.kind_ == b.kind_ && a.mailbox() == b.mailbox();
    }

private:
    friend struct detail::mailbox_access;
    constexpr path(std::string_view text, std::size_t start, const sansmtp::mailbox& box, path_kind kind,
                   bool usual = false) noexcept
        : text_(text),
          start_(static_cast<std::uint16_t>(start)),
          local_(box.local_),
          host_(box.kind_),
          kind_(kind),
          usual_(usual) {}

    std::string_view text_;
    std::uint16_t start_ = 0; // where the mailbox begins: behind the route; the end of the text if there is none
    std::uint16_t local_ = 0; // octets of its local part
    host_kind host_ = host_kind::none;
    path_kind kind_ = path_kind::null;
    bool usual_ = false; // see take_usual_path: it is its own normalised form
};

namespace detail {

struct mailbox_access {
    static constexpr mailbox make(std::string_view text, std::size_t local, host_kind kind) noexcept {
        return {text, local, kind};
    }
    // `text` ends with that of the mailbox.
    static constexpr path make(std::string_view text, const mailbox& box, path_kind kind) noexcept {
        return {text, text.size() - box.text().size(), box, kind};
    }
    static constexpr path make_usual(const mailbox& box) noexcept {
        return {box.text(), 0, box, path_kind::mailbox, true};
    }
    static constexpr bool is_usual(const path& p) noexcept { return p.usual_; }
};

// Quoted-string = DQUOTE *QcontentSMTP DQUOTE; the cursor stands behind the first quote.
[[gnu::noinline]] constexpr errc take_quoted_string(cursor& c) noexcept {
    const std::size_t start = c.at;
    for (;;) {
        if (const errc e = c.take_run(chars::qtext); e != errc::none) return e;
        if (c.take('"')) break;
        if (!c.take('\\') || !chars::qpair.contains(c.peek())) return errc::bad_local_part;
        ++c.at;
    }
    if (c.at == start + 1) {
        if (!c.allow.empty_quoted) return --c.at, errc::bad_local_part;
        c.used.empty_quoted = true;
    }
    return errc::none;
}

// With `bare_backslash` a quoted pair outside quotes, as in RFC 821.
[[gnu::noinline]] constexpr bool take_bare_pair(cursor& c) noexcept {
    if (!c.allow.bare_backslash || c.peek() != '\\') return false;
    const std::string_view pair = c.text.substr(c.at, 2);
    if (pair.size() < 2 || !chars::graphic.contains(pair[1])) return false;
    c.at += 2;
    return c.used.bare_backslash = true;
}

// Atom = 1*atext, but it may be empty: the caller minds that.
constexpr errc take_atom(cursor& c) noexcept {
    do {
        if (const errc e = c.take_run(chars::atext); e != errc::none) return e;
    } while (take_bare_pair(c));
    return errc::none;
}

// Dot-string = Atom *("." Atom)
constexpr errc take_dot_string(cursor& c) noexcept {
    const std::size_t start = c.at;
    bool loose = false;
    do {
        const std::size_t atom = c.at;
        if (const errc e = take_atom(c); e != errc::none) return e;
        loose |= c.at == atom;
        if (loose && !c.allow.loose_dots) return errc::bad_local_part;
    } while (c.take('.'));
    if (c.at == start) return errc::bad_local_part;
    c.used.loose_dots |= loose;
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
        const bool ends = c.at_blank() || c.peek() == '>';
        if (!ends || !c.allow.unqualified) return c.done() || c.peek() == '>' ? errc::bad_path : errc::bad_local_part;
        c.used.unqualified = true;
    }
    found = mailbox_access::make(c.since(start), local, host.kind());
    return errc::none;
}

// What is wrong where a mailbox should end.
constexpr errc unended(const cursor& c, const mailbox& found) noexcept {
    if (c.done()) return errc::bad_path;
    const host_kind kind = found.domain().kind();
    return kind == host_kind::name   ? errc::bad_domain
           : kind == host_kind::none ? errc::bad_local_part
                                     : errc::bad_literal;
}

constexpr errc take_whole_mailbox(cursor& c, mailbox& found) noexcept {
    const errc e = take_mailbox(c, found);
    return e != errc::none || c.done() ? e : unended(c, found);
}

// A-d-l ":" with A-d-l = At-domain *("," At-domain); with `bare_route` the "@" may be missing.
[[gnu::noinline]] constexpr errc take_route(cursor& c) noexcept {
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

// True if a route whose first host lacks its "@" begins here: names and commas, then a colon, all before any quote, backslash
// or end, and before any "@" that is not the one of a further host.
[[gnu::noinline]] constexpr bool bare_route_ahead(const cursor& c) noexcept {
    if (!c.allow.bare_route) return false;
    for (std::size_t stop = c.at;; ++stop) {
        stop = c.text.find_first_of(":@\"<> \t\\", stop);
        if (stop == std::string_view::npos || stop == c.at) return false;
        if (c.text[stop] != '@' || c.text[stop - 1] != ',') return c.text[stop] == ':';
    }
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

// Passes over runs of `set` with a separator between each two, and moves `at` behind them, but never behind the last
// octet. Returns the octet there; NUL if a run is empty.
[[gnu::always_inline]] constexpr char skip_runs(std::string_view text, std::size_t& at, charset set, char separator,
                                                char other) noexcept {
    const std::string_view but_last(text.data(), text.size() - 1); // so that the octet behind a run can be read
    for (;; ++at) {
        const std::size_t start = at;
        at = set.skip_here(but_last, at);
        if (at == start) return '\0';
        const char behind = text.data()[at];
        if (behind != separator && behind != other) return behind;
    }
}

// What nearly every path is: "<" Dot-string "@" Domain ">", ASCII, and so short that it is within every limit. It is taken
// at one go or not at all: the rules around this one take it as well, and say what is wrong with the others. In a domain
// "-" separates runs of letters and digits as "." does, but for "--", which is left to the rules.
[[gnu::always_inline]] constexpr bool find_usual(const cursor& c, usual_path& found) noexcept {
#if defined(__SSE2__)
    if (!std::is_constant_evaluated()) {
        found = find_usual_path(c.text, c.at + 1);
        if (found.size != 0) return true;
    }
#endif
    const std::size_t start = c.at + 1;
    std::size_t at = start;
    if (skip_runs(c.text, at, chars::atext, '.', '.') != '@') return false;
    found.local = at++ - start;
    if (skip_runs(c.text, at, chars::let_dig, '.', '-') != '>' || at - start > max_label) return false;
    found.size = at - start;
    return true;
}

[[gnu::always_inline]] constexpr bool take_usual_path(cursor& c, path& found) noexcept {
    const std::size_t start = c.at + 1;
    usual_path usual;
    if (start >= c.text.size() || c.text.data()[c.at] != '<' || !find_usual(c, usual)) return false;
    const std::string_view inside(c.text.data() + start, usual.size);
    found = mailbox_access::make_usual(mailbox_access::make(inside, usual.local, host_kind::name));
    c.at = start + usual.size + 1;
    return true;
}

// "Postmaster" in any case, with nothing behind it but the end of the path.
constexpr bool take_postmaster(cursor& c, bool bracket) noexcept {
    const std::size_t start = c.at;
    if (!c.take_word<"Postmaster">()) return false;
    const bool ends = bracket ? c.peek() == '>' : c.at_blank();
    if (!ends) c.at = start;
    return ends;
}

// Reverse-path and Forward-path: "<>" or "<" [A-d-l ":"] Mailbox ">", and "<Postmaster>" where that may stand. With
// `missing_brackets` a mailbox without them, up to the first space.
[[gnu::noinline]] constexpr errc take_other_path(cursor& c, path& found, bool postmaster_may_stand) noexcept {
    const std::size_t start = c.at;
    const bool bracket = c.take('<');
    if (!bracket && (!c.allow.missing_brackets || c.done())) return errc::bad_path;
    c.used.missing_brackets |= !bracket;
    if (bracket && c.take('>')) return found = path{}, errc::none;
    if (postmaster_may_stand && take_postmaster(c, bracket)) {
        found = mailbox_access::make(c.since(start + (bracket ? 1U : 0U)), {}, path_kind::postmaster);
    } else if (const errc e = take_path_text(c, found); e != errc::none) {
        return e;
    }
    if (bracket && !c.take('>')) return unended(c, found.mailbox());
    const std::size_t most = bracket ? max_path : max_path - 2;
    if (c.at - start > most) return c.at = start + most, errc::path_too_long;
    return errc::none;
}

[[gnu::always_inline]] constexpr errc take_path(cursor& c, path& found, bool postmaster_may_stand) noexcept {
    return take_usual_path(c, found) ? errc::none : take_other_path(c, found, postmaster_may_stand);
}
constexpr errc take_any_path(cursor& c, path& found) noexcept { return take_path(c, found, true); }

} // namespace detail

// Parses local-part@domain; the whole text must match.
// Fails with bad_local_part, local_part_too_long, bad_path (no "@"), the errors of parse_domain. [RFC 5321 4.1.2]
constexpr result<mailbox> parse_mailbox(std::string_view text, const syntax& how = {},
                                        leniency* used = nullptr) noexcept {
    return detail::parse_whole<mailbox>(text, how, used, errc::bad_path, detail::take_whole_mailbox);
}

// Parses a path with its brackets: <>, <Postmaster>, <local@domain>, <@route:local@domain>; the whole text must match.
// Fails with bad_path, bad_route, path_too_long and the errors of parse_mailbox. [RFC 5321 4.1.2]
constexpr result<path> parse_path(std::string_view text, const syntax& how = {}, leniency* used = nullptr) noexcept {
    return detail::parse_whole<path>(text, how, used, errc::bad_path, detail::take_any_path);
}

} // namespace sansmtp
