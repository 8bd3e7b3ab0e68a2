// Commands: what a client sends on one line [RFC 5321 4.1].
//
// `parse_command` reads one line without its CRLF; `serialize` writes it. Both know the same grammar: what is written is
// also read. A parsed command views the line. Verbs that have no type of their own here are `cmd::other`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "detail/writer.hpp"
#include "mailbox.hpp"
#include "parameters.hpp"

namespace sansmtp {

// Every verb that RFC 821, RFC 5321 or an extension defines, and Postfix's two.
enum class verb : std::uint8_t {
    other,
    helo,
    ehlo,
    lhlo,
    mail,
    rcpt,
    data,
    bdat,
    rset,
    send,
    soml,
    saml,
    vrfy,
    expn,
    help,
    noop,
    quit,
    turn,
    etrn,
    atrn,
    starttls,
    auth,
    burl,
    xclient,
    xforward,
};

namespace detail {

inline constexpr std::array<std::string_view, 25> verb_names{
    "",     "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT",     "RSET", "SEND", "SOML",    "SAML",     "VRFY",
    "EXPN", "HELP", "NOOP", "QUIT", "TURN", "ETRN", "ATRN", "STARTTLS", "AUTH", "BURL", "XCLIENT", "XFORWARD",
};

} // namespace detail

// The verb's name in upper case; empty for `other`.
constexpr std::string_view name(verb v) noexcept { return detail::verb_names[static_cast<std::size_t>(v)]; }

// The verb of that name in any case; `other` if it is none of them.
constexpr verb find_verb(std::string_view word) noexcept {
    for (std::size_t i = 1; i < detail::verb_names.size(); ++i)
        if (iequal(word, detail::verb_names[i])) return static_cast<verb>(i);
    return verb::other;
}

namespace cmd {

struct helo { // HELO SP Domain
    domain name;
    std::string_view extra = {}; // text behind the name (leniency hello_text)
    friend constexpr bool operator==(const helo&, const helo&) noexcept = default;
};
struct ehlo { // EHLO SP (Domain / address-literal)
    domain name;
    std::string_view extra = {};
    friend constexpr bool operator==(const ehlo&, const ehlo&) noexcept = default;
};
struct lhlo { // LHLO SP Domain [RFC 2033]
    domain name;
    std::string_view extra = {};
    friend constexpr bool operator==(const lhlo&, const lhlo&) noexcept = default;
};
struct mail { // MAIL FROM:<reverse-path> [SP parameters]
    path from;
    parameters params = {};
    friend constexpr bool operator==(const mail&, const mail&) noexcept = default;
};
struct rcpt { // RCPT TO:<forward-path> [SP parameters]
    path to;
    parameters params = {};
    friend constexpr bool operator==(const rcpt&, const rcpt&) noexcept = default;
};
struct data { // DATA
    friend constexpr bool operator==(const data&, const data&) noexcept = default;
};
struct bdat { // BDAT SP size [SP LAST] [RFC 3030]
    std::uint64_t size = 0;
    bool last = false;
    friend constexpr bool operator==(const bdat&, const bdat&) noexcept = default;
};
struct rset { // RSET
    friend constexpr bool operator==(const rset&, const rset&) noexcept = default;
};
struct vrfy { // VRFY SP text
    std::string_view text;
    friend constexpr bool operator==(const vrfy&, const vrfy&) noexcept = default;
};
struct expn { // EXPN SP text
    std::string_view text;
    friend constexpr bool operator==(const expn&, const expn&) noexcept = default;
};
struct help { // HELP [SP text]
    std::string_view text = {};
    friend constexpr bool operator==(const help&, const help&) noexcept = default;
};
struct noop { // NOOP [SP text]
    std::string_view text = {};
    friend constexpr bool operator==(const noop&, const noop&) noexcept = default;
};
struct quit { // QUIT
    friend constexpr bool operator==(const quit&, const quit&) noexcept = default;
};
struct starttls { // STARTTLS [RFC 3207]
    friend constexpr bool operator==(const starttls&, const starttls&) noexcept = default;
};
struct auth { // AUTH SP mechanism [SP initial-response] [RFC 4954]
    std::string_view mechanism;
    // base64 or "=" as parsed; decoded where a session hands it out. None is not the same as empty.
    std::optional<std::string_view> initial_response = {};
    friend constexpr bool operator==(const auth&, const auth&) noexcept = default;
};
struct other { // verb [SP arguments]
    std::string_view verb;
    std::string_view arguments = {};
    friend constexpr bool operator==(const other& a, const other& b) noexcept {
        return iequal(a.verb, b.verb) && a.arguments == b.arguments;
    }
};

} // namespace cmd

using command =
    std::variant<cmd::other, cmd::helo, cmd::ehlo, cmd::lhlo, cmd::mail, cmd::rcpt, cmd::data, cmd::bdat, cmd::rset,
                 cmd::vrfy, cmd::expn, cmd::help, cmd::noop, cmd::quit, cmd::starttls, cmd::auth>;

namespace detail {

// The first octet of `line` that no command may hold: a control octet, or one that is not ASCII where `ascii` is set.
constexpr parse_error check_octets(std::string_view line) noexcept {
    for (std::size_t i = 0; i < line.size(); ++i)
        if (chars::control.contains(line[i]) && line[i] != '\t') return {errc::illegal_octet, i};
    return {};
}

// Free text to the end of the line: no HT, and octets >= 0x80 only where UTF-8 may stand.
constexpr errc take_text(cursor& c) noexcept {
    errc why = errc::illegal_octet;
    while (c.take_char(chars::qpair, why)) {}
    return c.done() ? errc::none : why;
}

template <class Hello>
constexpr result<command> parse_hello(cursor& c) noexcept {
    domain host;
    if (c.done()) return c.fail(errc::missing_argument);
    if (const errc e = take_hello_name(c, host); e != errc::none) return c.fail(e);
    std::string_view extra;
    if (!c.done()) {
        if (chars::high.contains(c.peek())) return c.fail(errc::eight_bit);
        if (!take_blanks(c)) return c.fail(errc::bad_argument);
        if (!c.allow.hello_text) return c.fail(errc::unexpected_argument);
        c.used.hello_text = true;
        extra = c.rest();
        if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    }
    return command(Hello{host, extra});
}

// "FROM:" or "TO:" and the path behind it.
constexpr errc take_path_argument(cursor& c, std::string_view word, path& found, bool postmaster) noexcept {
    const auto skip_spaces = [&c](bool allowed) {
        const std::size_t end = chars::blank.skip(c.text, c.at);
        if (end != c.at && !allowed) return false;
        c.at = end;
        return true;
    };
    if (c.done()) return errc::missing_argument;
    if (!c.take_word(word)) return errc::bad_argument;
    if (chars::blank.contains(c.peek())) {
        if (!skip_spaces(c.allow.space_before_colon)) return errc::bad_argument;
        c.used.space_before_colon = true;
    }
    if (!c.take(':')) return errc::bad_argument;
    if (chars::blank.contains(c.peek())) {
        if (!skip_spaces(c.allow.space_after_colon)) return errc::bad_path;
        c.used.space_after_colon = true;
    }
    return take_path(c, found, postmaster);
}

// The parameters behind a path, if there are any.
constexpr errc take_parameter_part(cursor& c, parameters_of which, parameters& found) noexcept {
    if (c.done()) return errc::none;
    if (!take_blanks(c)) return errc::bad_path;
    return take_parameters(c, which, found);
}

constexpr bool has_high(std::string_view text) noexcept {
    for (const char ch : text)
        if (chars::high.contains(ch)) return true;
    return false;
}

constexpr result<command> parse_mail(cursor& c) noexcept {
    cmd::mail m;
    if (const errc e = take_path_argument(c, "FROM", m.from, false); e != errc::none) return c.fail(e);
    const std::size_t behind_path = c.at;
    if (const errc e = take_parameter_part(c, parameters_of::mail, m.params); e != errc::none) return c.fail(e);
    if (has_high(c.text) && !c.used.eight_bit && !m.params.find("SMTPUTF8"))
        return c.fail(errc::utf8_not_declared, behind_path);
    return command(m);
}

constexpr result<command> parse_rcpt(cursor& c) noexcept {
    cmd::rcpt r;
    const std::size_t start = c.at;
    if (const errc e = take_path_argument(c, "TO", r.to, true); e != errc::none) return c.fail(e);
    if (r.to.is_null()) return c.fail(errc::null_path, c.text.find('<', start));
    if (const errc e = take_parameter_part(c, parameters_of::rcpt, r.params); e != errc::none) return c.fail(e);
    return command(r);
}

// bdat-cmd = "BDAT" SP 1*DIGIT [SP "LAST"]
constexpr result<command> parse_bdat(cursor& c) noexcept {
    const std::size_t start = c.at;
    const std::string_view digits = c.take_all(chars::digit);
    if (digits.empty()) return c.fail(c.done() ? errc::missing_argument : errc::bad_argument);
    cmd::bdat b;
    for (const char digit : digits) {
        const auto value = static_cast<std::uint64_t>(digit - '0');
        if (b.size > (~std::uint64_t{0} - value) / 10) return c.fail(errc::number_too_large, start);
        b.size = b.size * 10 + value;
    }
    if (!c.done()) {
        if (!take_blanks(c)) return c.fail(errc::bad_argument);
        if (!c.take_word("LAST") || !c.done()) return c.fail(errc::bad_argument);
        b.last = true;
    }
    return command(b);
}

// VRFY, EXPN: text is needed. HELP, NOOP: it may be missing.
template <class Command>
constexpr result<command> parse_text(cursor& c, bool needed) noexcept {
    if (c.done() && needed) return c.fail(errc::missing_argument);
    const std::string_view text = c.rest();
    if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    return command(Command{text});
}

template <class Command>
constexpr result<command> parse_bare(cursor& c) noexcept {
    if (!c.done()) return c.fail(errc::unexpected_argument);
    return command(Command{});
}

// sasl-mech = 1*20(ALPHA / DIGIT / "-" / "_"), in any case
constexpr bool is_mechanism(std::string_view word) noexcept {
    if (word.empty() || word.size() > 20) return false;
    for (const char c : word)
        if (!chars::ldh.contains(c) && c != '_') return false;
    return true;
}

constexpr result<command> parse_auth(cursor& c) noexcept {
    if (c.done()) return c.fail(errc::missing_argument);
    const std::size_t start = c.at;
    const std::string_view word = c.take_all(chars::graphic);
    if (!is_mechanism(word)) return c.fail(errc::bad_argument, start);
    cmd::auth a{word};
    if (!c.done()) {
        if (!take_blanks(c)) return c.fail(errc::bad_argument);
        a.initial_response = c.take_all(chars::graphic);
        if (!c.done()) return c.fail(errc::bad_argument);
    }
    return command(a);
}

constexpr result<command> parse_other(cursor& c, std::string_view word) noexcept {
    const std::string_view arguments = c.rest();
    if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    return command(cmd::other{word, arguments});
}

constexpr result<command> parse_arguments(cursor& c, verb v, std::string_view word) noexcept {
    switch (v) {
    case verb::helo: return parse_hello<cmd::helo>(c);
    case verb::ehlo: return parse_hello<cmd::ehlo>(c);
    case verb::lhlo: return parse_hello<cmd::lhlo>(c);
    case verb::mail: return parse_mail(c);
    case verb::rcpt: return parse_rcpt(c);
    case verb::data: return parse_bare<cmd::data>(c);
    case verb::bdat: return parse_bdat(c);
    case verb::rset: return parse_bare<cmd::rset>(c);
    case verb::vrfy: return parse_text<cmd::vrfy>(c, true);
    case verb::expn: return parse_text<cmd::expn>(c, true);
    case verb::help: return parse_text<cmd::help>(c, false);
    case verb::noop: return parse_text<cmd::noop>(c, false);
    case verb::quit: return parse_bare<cmd::quit>(c);
    case verb::starttls: return parse_bare<cmd::starttls>(c);
    case verb::auth: return parse_auth(c);
    default: return parse_other(c, word);
    }
}

// The verb and the blanks behind it; the cursor stands at the arguments.
constexpr errc take_verb(cursor& c, std::string_view& word) noexcept {
    if (c.done()) return errc::empty_line;
    if (chars::blank.contains(c.peek())) {
        if (!c.allow.leading_space) return errc::unknown_verb;
        c.used.leading_space = true;
        c.at = chars::blank.skip(c.text);
    }
    const std::size_t start = c.at;
    if (!chars::alpha.contains(c.peek())) return chars::high.contains(c.peek()) ? errc::eight_bit : errc::unknown_verb;
    word = c.take_all(chars::ldh);
    if (chars::high.contains(c.peek())) return errc::eight_bit;
    if (c.done()) return errc::none;
    if (!chars::blank.contains(c.peek())) return c.at = start, errc::unknown_verb;
    return take_blanks(c) ? errc::none : errc::bad_argument;
}

// A line without the blanks at its end, which everyone tolerates [RFC 5321 4.1.1].
constexpr std::string_view without_trailing_blanks(std::string_view line) noexcept {
    while (!line.empty() && chars::blank.contains(line.back())) line.remove_suffix(1);
    return line;
}

} // namespace detail

// The verb that a command line begins with, also where the line is no valid command.
constexpr verb verb_of(std::string_view line) noexcept {
    line.remove_prefix(chars::blank.skip(line));
    return find_verb(line.substr(0, chars::ldh.skip(line)));
}

// Parses one command line without its CRLF. Blanks at its end are ignored. In MAIL, `how.utf8` says that SMTPUTF8 is
// offered; whether it is in force is looked up in the parameters. In all others it says that it is in force.
// Fails with the errors of error.hpp's first three groups; the offset is that of the first octet that does not fit.
// [RFC 5321 4.1]
constexpr result<command> parse_command(std::string_view line, const syntax& how = {},
                                        leniency* used = nullptr) noexcept {
    if (used != nullptr) *used = {};
    if (const parse_error e = detail::check_octets(line); e.code != errc::none) return e;
    detail::cursor c(detail::without_trailing_blanks(line), how);
    std::string_view word;
    if (const errc e = detail::take_verb(c, word); e != errc::none) return c.fail(e);
    const result<command> found = detail::parse_arguments(c, find_verb(word), word);
    if (used != nullptr) *used = c.used;
    return found;
}

namespace detail {

// True if the text may go on the wire inside a line: no control octet, and UTF-8 only where it may stand.
constexpr bool is_line_text(std::string_view text, bool utf8) noexcept {
    cursor c(text, syntax{strict(), utf8});
    return take_text(c) == errc::none;
}

// Writes the fields of each command. Every field that the type system does not vouch for is checked here.
struct command_writer {
    writer out;
    bool utf8;
    bool good = true;

    constexpr void text(std::string_view verb, std::string_view argument) noexcept {
        // blanks at the ends would not come back
        good = good && is_line_text(argument, utf8) && without_trailing_blanks(argument).size() == argument.size() &&
               chars::blank.skip(argument) == 0;
        out.put(verb);
        if (!argument.empty()) out.put(' ').put(argument);
    }
    constexpr void hello(std::string_view verb, const domain& host, std::string_view extra) noexcept {
        good = good && !host.empty() && !has_high(host.text());
        out.put(verb).put(' ').put(host.text());
        if (!extra.empty()) text("", extra);
    }
    constexpr void put_path(std::string_view verb, const path& p) noexcept {
        good = good && (utf8 || !has_high(p.text())) && (p.mailbox().empty() || !p.mailbox().domain().empty());
        out.put(verb).put('<');
        for (std::string_view route = p.route(); !route.empty();) { // each host with its "@"
            const std::string_view host = route.substr(0, route.find(','));
            route.remove_prefix(host.size() < route.size() ? host.size() + 1 : host.size());
            out.put(host.front() == '@' ? "" : "@").put(host).put(route.empty() ? ':' : ',');
        }
        out.put(p.is_postmaster() ? p.text() : p.mailbox().text()).put('>');
    }
    constexpr void put_parameters(const parameters& params) noexcept {
        good = good && (utf8 || !has_high(params.text()));
        for (const parameter p : params) {
            out.put(' ').put(p.keyword);
            if (p.has_value) out.put('=').put(p.value);
        }
    }

    constexpr void operator()(const cmd::helo& c) noexcept { hello("HELO", c.name, c.extra); }
    constexpr void operator()(const cmd::ehlo& c) noexcept { hello("EHLO", c.name, c.extra); }
    constexpr void operator()(const cmd::lhlo& c) noexcept { hello("LHLO", c.name, c.extra); }
    constexpr void operator()(const cmd::mail& c) noexcept {
        good = good && !c.from.is_postmaster();
        put_path("MAIL FROM:", c.from);
        put_parameters(c.params);
    }
    constexpr void operator()(const cmd::rcpt& c) noexcept {
        good = good && !c.to.is_null();
        put_path("RCPT TO:", c.to);
        put_parameters(c.params);
    }
    constexpr void operator()(const cmd::bdat& c) noexcept {
        out.put("BDAT ").put_decimal(c.size).put(c.last ? " LAST" : "");
    }
    constexpr void operator()(const cmd::vrfy& c) noexcept { good = good && !c.text.empty(), text("VRFY", c.text); }
    constexpr void operator()(const cmd::expn& c) noexcept { good = good && !c.text.empty(), text("EXPN", c.text); }
    constexpr void operator()(const cmd::help& c) noexcept { text("HELP", c.text); }
    constexpr void operator()(const cmd::noop& c) noexcept { text("NOOP", c.text); }
    constexpr void operator()(const cmd::data&) noexcept { out.put("DATA"); }
    constexpr void operator()(const cmd::rset&) noexcept { out.put("RSET"); }
    constexpr void operator()(const cmd::quit&) noexcept { out.put("QUIT"); }
    constexpr void operator()(const cmd::starttls&) noexcept { out.put("STARTTLS"); }
    constexpr void operator()(const cmd::auth& c) noexcept {
        good = good && is_mechanism(c.mechanism);
        out.put("AUTH ").put(c.mechanism);
        if (!c.initial_response) return;
        good = good && !c.initial_response->empty() && chars::graphic.all(*c.initial_response);
        out.put(' ').put(*c.initial_response);
    }
    constexpr void operator()(const cmd::other& c) noexcept {
        good = good && !c.verb.empty() && chars::alpha.contains(c.verb.front()) && chars::ldh.all(c.verb);
        text(c.verb, c.arguments);
    }
};

} // namespace detail

// Writes a command without CRLF; returns the octets written. `utf8`: SMTPUTF8 is in force.
// Fails with refused_field if a field holds what may not stand there, or no_room; nothing of use is written then.
constexpr result<std::size_t> serialize(const command& c, std::span<char> out, bool utf8 = false) noexcept {
    detail::command_writer w{detail::writer(out), utf8};
    const auto write = [&]<class C>(const C* alternative) {
        if (alternative != nullptr) w(*alternative);
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (write(std::get_if<I>(&c)), ...); }
    (std::make_index_sequence<std::variant_size_v<command>>{});
    if (!w.good) return errc::refused_field;
    if (!w.out.ok()) return errc::no_room;
    return w.out.size();
}

} // namespace sansmtp
