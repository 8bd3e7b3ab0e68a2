// The grammar of command lines, one function for each rule. The cursor stands behind the verb and its space, at the
// argument; a function that fails leaves it at the offending octet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../base64.hpp"
#include "../cmd.hpp"
#include "../mechanism.hpp"
#include "octets.hpp"

namespace sansmtp::detail {

// Free text to the end of the line: no HT, and octets >= 0x80 only where UTF-8 may stand.
constexpr errc take_text(cursor& c) noexcept {
    errc why = errc::illegal_octet;
    for (;;) {
        c.at = skip_printable(c.text, c.at);
        if (c.done()) return errc::none;
        if (!c.take_char(chars::qpair, why)) return why;
    }
}

// HELO, EHLO and LHLO: the name, and with `hello_text` what stands behind it. ASCII even where SMTPUTF8 is offered
// [RFC 6531 3.7.1].
template <class Hello>
constexpr result<command> parse_hello(cursor& c) noexcept {
    domain host;
    c.utf8 = false;
    if (c.done()) return c.fail(errc::missing_argument);
    if (const errc e = take_hello_name(c, host); e != errc::none) return c.fail(e);
    if (c.done()) return command(Hello{host, {}});
    if (!take_blanks(c)) return c.fail(errc::bad_argument);
    if (!c.allow.hello_text) return c.fail(errc::unexpected_argument);
    c.used.hello_text = true;
    const std::string_view extra = c.rest();
    if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    return command(Hello{host, extra});
}

// Blanks around the colon, which only a leniency lets stand.
constexpr bool skip_blanks(cursor& c, bool allowed, bool& used) noexcept {
    if (!chars::blank.contains(c.peek())) return true;
    if (!allowed) return false;
    c.at = chars::blank.skip(c.text, c.at);
    return used = true;
}

// "FROM:" or "TO:".
constexpr errc take_path_word(cursor& c, std::string_view word) noexcept {
    if (c.done()) return errc::missing_argument;
    if (!c.take_word(word)) return errc::bad_argument;
    if (c.peek() == ':' && c.at + 1 < c.text.size() && !chars::blank.contains(c.text[c.at + 1]))
        return ++c.at, errc::none;
    bool used = false;
    if (!skip_blanks(c, c.allow.space_before_colon, used) || !c.take(':')) return errc::bad_argument;
    if (used) c.used.space_before_colon = true;
    used = false;
    if (!skip_blanks(c, c.allow.space_after_colon, used)) return errc::bad_path;
    if (used) c.used.space_after_colon = true;
    return errc::none;
}

// The path behind the colon. An HT inside it is no separator.
constexpr errc take_path_argument(cursor& c, path& found, bool postmaster) noexcept {
    const errc e = take_path(c, found, postmaster);
    return e != errc::none && c.peek() == '\t' ? errc::illegal_octet : e;
}

// The parameters behind a path, if there are any.
constexpr errc take_parameter_part(cursor& c, parameters_of which, parameters& found) noexcept {
    if (c.done()) return errc::none;
    if (!take_blanks(c)) return errc::bad_path;
    return take_parameters(c, which, found);
}

// MAIL FROM:Reverse-path [SP Mail-parameters], and its like of RFC 821, which have no parameters
constexpr result<command> parse_mail(cursor& c, delivery how) noexcept {
    cmd::mail m{{}, {}, how};
    if (const errc e = take_path_word(c, "FROM"); e != errc::none) return c.fail(e);
    if (const errc e = take_path_argument(c, m.from, false); e != errc::none) return c.fail(e);
    if (!c.done() && how != delivery::mail) return c.fail(take_blanks(c) ? errc::unknown_parameter : errc::bad_path);
    if (const errc e = take_parameter_part(c, parameters_of::mail, m.params); e != errc::none) return c.fail(e);
    if (c.utf8 && has_high(c.text) && !m.params.find("SMTPUTF8"))
        return c.fail(errc::utf8_not_declared, find_high(c.text));
    return command(m);
}

// RCPT TO:("<Postmaster>" / Forward-path) [SP Rcpt-parameters]
constexpr result<command> parse_rcpt(cursor& c) noexcept {
    cmd::rcpt r;
    if (const errc e = take_path_word(c, "TO"); e != errc::none) return c.fail(e);
    const std::size_t start = c.at;
    if (const errc e = take_path_argument(c, r.to, true); e != errc::none) return c.fail(e);
    if (r.to.is_null()) return c.fail(errc::null_path, start);
    if (const errc e = take_parameter_part(c, parameters_of::rcpt, r.params); e != errc::none) return c.fail(e);
    return command(r);
}

// [SP "LAST"], the end of BDAT and BURL
constexpr errc take_last(cursor& c, bool& last) noexcept {
    if (c.done()) return errc::none;
    if (!take_blanks(c)) return errc::bad_argument;
    const std::size_t start = c.at;
    if (!c.take_word("LAST")) return errc::bad_argument;
    if (!c.done()) return c.at = start, errc::bad_argument;
    last = true;
    return errc::none;
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
    if (const errc e = take_last(c, b.last); e != errc::none) return c.fail(e);
    return command(b);
}

// The text without a final SP "SMTPUTF8"; true if there was one. [RFC 6531 3.7.4.2]
constexpr bool drop_utf8_word(std::string_view& text) noexcept {
    constexpr std::string_view word = "SMTPUTF8";
    if (text.size() <= word.size() || !iequal(text.substr(text.size() - word.size()), word)) return false;
    std::string_view before = text.substr(0, text.size() - word.size());
    if (before.back() != ' ') return false;
    while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
    if (before.empty()) return false;
    text = before;
    return true;
}

// VRFY SP String [SP "SMTPUTF8"]; EXPN alike
template <class Command>
constexpr result<command> parse_query(cursor& c) noexcept {
    if (c.done()) return c.fail(errc::missing_argument);
    Command q{c.rest()};
    if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    q.utf8 = c.utf8 && drop_utf8_word(q.text);
    return command(q);
}

// HELP [SP String], NOOP [SP String]
template <class Command>
constexpr result<command> parse_text(cursor& c) noexcept {
    const std::string_view text = c.rest();
    if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    return command(Command{text});
}

// DATA, RSET, QUIT, TURN, STARTTLS
template <class Command>
constexpr result<command> parse_bare(cursor& c) noexcept {
    if (!c.done()) return c.fail(errc::unexpected_argument);
    return command(Command{});
}

// "ETRN" SP ["@" / "#"] node-name [RFC 1985 5]
constexpr result<command> parse_etrn(cursor& c) noexcept {
    if (c.done()) return c.fail(errc::missing_argument);
    const etrn_scope scope = c.take('@') ? etrn_scope::subtree : c.take('#') ? etrn_scope::queue : etrn_scope::node;
    const std::size_t start = c.at;
    if (scope == etrn_scope::queue) {
        if (c.take_all(chars::graphic).empty()) return c.fail(errc::bad_argument);
    } else {
        domain host;
        if (const errc e = take_domain(c, host); e != errc::none) return c.fail(e);
    }
    if (!c.done()) return c.fail(errc::bad_argument);
    return command(cmd::etrn{c.since(start), scope});
}

// "ATRN" [SP domain *("," domain)] [RFC 2645 5.2.1]
constexpr result<command> parse_atrn(cursor& c) noexcept {
    cmd::atrn a;
    if (c.done()) return command(a);
    if (const errc e = take_domain_list(c, a.domains); e != errc::none) return c.fail(e);
    if (!c.done()) return c.fail(errc::bad_domain);
    return command(a);
}

// initial-response = base64 / "="
constexpr errc take_initial_response(cursor& c) noexcept {
    const std::size_t start = c.at;
    const std::string_view text = c.take_all(chars::graphic);
    if (!c.done()) return errc::bad_argument;
    if (text == "=") return errc::none;
    const auto octets = decode_base64(text, {}, c.allow, &c.used);
    if (octets.error().code == errc::bad_base64) return c.at = start + octets.error().offset, errc::bad_base64;
    return errc::none;
}

// "AUTH" SP sasl-mech [SP initial-response] [RFC 4954 4]
constexpr result<command> parse_auth(cursor& c) noexcept {
    if (c.done()) return c.fail(errc::missing_argument);
    const std::size_t start = c.at;
    cmd::auth a{c.take_all(chars::graphic)};
    if (!is_mechanism(a.mechanism)) return c.fail(errc::bad_argument, a.mechanism.empty() ? c.at : start);
    if (!c.done()) {
        if (!take_blanks(c)) return c.fail(errc::bad_argument);
        a.initial_response = c.rest();
        if (const errc e = take_initial_response(c); e != errc::none) return c.fail(e);
    }
    return command(a);
}

// absolute-URI = scheme ":" hier-part ["?" query] [RFC 3986 4.3]: here, the octets that may stand in one. The text is
// kept as it came.
constexpr errc take_uri(cursor& c) noexcept {
    constexpr std::string_view marks = "-._~:/?[]@!$&'()*+,;=";
    const std::size_t start = c.at;
    if (!chars::alpha.contains(c.peek())) return errc::bad_argument;
    while (chars::ldh.contains(c.peek()) || c.peek() == '+' || c.peek() == '.') ++c.at;
    if (!c.take(':')) return errc::bad_argument;
    const std::size_t behind = c.at;
    while (!c.done() && !chars::blank.contains(c.peek())) {
        if (c.take('%')) {
            for (int digit = 0; digit < 2; ++digit, ++c.at)
                if (!chars::hex.contains(c.peek())) return errc::bad_argument;
        } else if (chars::let_dig.contains(c.peek()) || marks.find(c.peek()) != std::string_view::npos) {
            ++c.at;
        } else {
            return errc::bad_argument;
        }
    }
    return c.at == behind ? (c.at = start, errc::bad_argument) : errc::none;
}

// burl-cmd = "BURL" SP absolute-URI [SP "LAST"] [RFC 4468 3.1]
constexpr result<command> parse_burl(cursor& c) noexcept {
    if (c.done()) return c.fail(errc::missing_argument);
    const std::size_t start = c.at;
    if (const errc e = take_uri(c); e != errc::none) return c.fail(e);
    cmd::burl b{c.since(start)};
    if (const errc e = take_last(c, b.last); e != errc::none) return c.fail(e);
    return command(b);
}

// "XCLIENT" 1*(SP attribute), "XFORWARD" 1*(SP attribute)
template <class Command>
constexpr result<command> parse_attribute_command(cursor& c) noexcept {
    Command x;
    if (c.done()) return c.fail(errc::missing_argument);
    if (const errc e = take_attributes(c, x.attrs); e != errc::none) return c.fail(e);
    return command(x);
}

constexpr result<command> parse_other(cursor& c, std::string_view word) noexcept {
    const std::string_view arguments = c.rest();
    if (const errc e = take_text(c); e != errc::none) return c.fail(e);
    return command(cmd::other{word, arguments});
}

constexpr result<command> parse_arguments(cursor& c, verb v, std::string_view word) noexcept {
    switch (v) {
        // clang-format off
    case verb::helo:     return parse_hello<cmd::helo>(c);
    case verb::ehlo:     return parse_hello<cmd::ehlo>(c);
    case verb::lhlo:     return parse_hello<cmd::lhlo>(c);
    case verb::mail:     return parse_mail(c, delivery::mail);
    case verb::send:     return parse_mail(c, delivery::terminal);
    case verb::soml:     return parse_mail(c, delivery::terminal_or_mail);
    case verb::saml:     return parse_mail(c, delivery::terminal_and_mail);
    case verb::rcpt:     return parse_rcpt(c);
    case verb::data:     return parse_bare<cmd::data>(c);
    case verb::bdat:     return parse_bdat(c);
    case verb::rset:     return parse_bare<cmd::rset>(c);
    case verb::vrfy:     return parse_query<cmd::vrfy>(c);
    case verb::expn:     return parse_query<cmd::expn>(c);
    case verb::help:     return parse_text<cmd::help>(c);
    case verb::noop:     return parse_text<cmd::noop>(c);
    case verb::quit:     return parse_bare<cmd::quit>(c);
    case verb::turn:     return parse_bare<cmd::turn>(c);
    case verb::etrn:     return parse_etrn(c);
    case verb::atrn:     return parse_atrn(c);
    case verb::starttls: return parse_bare<cmd::starttls>(c);
    case verb::auth:     return parse_auth(c);
    case verb::burl:     return parse_burl(c);
    case verb::xclient:  return parse_attribute_command<cmd::xclient>(c);
    case verb::xforward: return parse_attribute_command<cmd::xforward>(c);
    case verb::other:    break;
        // clang-format on
    }
    return parse_other(c, word);
}

// What nearly every line begins with: a known verb of four letters, and one space or the end.
constexpr bool take_usual_verb(cursor& c, std::string_view& word, verb& found) noexcept {
    const std::string_view text = c.text;
    if (text.size() < 4 || (text.size() > 5 && (text[4] != ' ' || chars::blank.contains(text[5]))) || text.size() == 5)
        return false;
    word = {text.data(), 4};
    found = find_verb(word);
    if (found == verb::other) return false;
    c.at = text.size() == 4 ? 4 : 5;
    return true;
}

// The verb and the blanks behind it; the cursor stands at the arguments.
constexpr errc take_verb(cursor& c, std::string_view& word, verb& found) noexcept {
    if (take_usual_verb(c, word, found)) return errc::none;
    if (c.done()) return errc::empty_line;
    if (chars::blank.contains(c.peek())) {
        if (!c.allow.leading_space) return errc::unknown_verb;
        c.used.leading_space = true;
        c.at = chars::blank.skip(c.text);
    }
    const std::size_t start = c.at;
    if (!chars::alpha.contains(c.peek())) return chars::high.contains(c.peek()) ? errc::eight_bit : errc::unknown_verb;
    word = c.take_all(chars::ldh);
    found = find_verb(word);
    if (c.done()) return errc::none;
    if (chars::high.contains(c.peek())) return errc::eight_bit;
    if (!chars::blank.contains(c.peek())) return c.at = start, errc::unknown_verb;
    return take_blanks(c) ? errc::none : errc::bad_argument;
}

// A line without the blanks at its end, which everyone tolerates [RFC 5321 4.1.1].
constexpr std::string_view without_trailing_blanks(std::string_view line) noexcept {
    while (!line.empty() && chars::blank.contains(line.back())) line.remove_suffix(1);
    return line;
}

// What is told about a line that does not fit: a control octet, wherever it stands, comes before everything else; an
// octet >= 0x80 is named as such where it stopped the parser and no UTF-8 may stand. [RFC 5321 2.4]
//
// A line that fits needs no such test: no rule takes a control octet, but for HT between arguments.
constexpr parse_error name_octet(std::string_view line, const cursor& c, parse_error e) noexcept {
    for (std::size_t i = 0; i < line.size(); ++i)
        if (chars::control.contains(line[i]) && line[i] != '\t') return {errc::illegal_octet, i};
    const bool named = e.code == errc::bad_utf8 || e.code == errc::utf8_not_declared || c.utf8 || c.allow.eight_bit;
    if (!named && e.offset < line.size() && chars::high.contains(line[e.offset])) return {errc::eight_bit, e.offset};
    return e;
}

} // namespace sansmtp::detail
