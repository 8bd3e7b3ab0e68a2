// The grammar of command lines, one function for each rule. The cursor stands behind the verb and its space, at the
// argument; a function that fails leaves it at the offending octet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "../base64.hpp"
#include "../cmd.hpp"
#include "../mechanism.hpp"
#include "octets.hpp"

namespace sansmtp::detail {

// What is told about a line that does not fit: a control octet, wherever it stands, comes before everything else; an
// octet >= 0x80 is named as such where it stopped the parser and no UTF-8 may stand. [RFC 5321 2.4]
//
// A line that fits needs no such test: no rule takes a control octet, but for HT between arguments.
[[gnu::noinline]] constexpr result<command> refuse(const cursor& c, errc code, std::size_t offset) noexcept {
    for (std::size_t i = 0; i < c.text.size(); ++i)
        if (chars::control.contains(c.text[i]) && c.text[i] != '\t') return {errc::illegal_octet, i};
    const bool named = code == errc::bad_utf8 || code == errc::utf8_not_declared || c.utf8 || c.allow.eight_bit;
    if (!named && offset < c.text.size() && chars::high.contains(c.text[offset])) return {errc::eight_bit, offset};
    return {code, offset};
}
constexpr result<command> refuse(const cursor& c, errc code) noexcept { return refuse(c, code, c.at); }

// A command, made where it is returned to.
template <class Command>
constexpr result<command> accept(const Command& found) noexcept {
    return result<command>(std::in_place, std::in_place_type<Command>, found);
}

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
    if (c.done()) return refuse(c, errc::missing_argument);
    if (const errc e = take_hello_name(c, host); e != errc::none) return refuse(c, e);
    if (c.done()) return accept(Hello{host, {}});
    if (!take_blanks(c)) return refuse(c, errc::bad_argument);
    if (!c.allow.hello_text) return refuse(c, errc::unexpected_argument);
    c.used.hello_text = true;
    const std::string_view extra = c.rest();
    if (const errc e = take_text(c); e != errc::none) return refuse(c, e);
    return accept(Hello{host, extra});
}

// Blanks around the colon, which only a leniency lets stand.
constexpr bool skip_blanks(cursor& c, bool allowed, bool& used) noexcept {
    if (!chars::blank.contains(c.peek())) return true;
    if (!allowed) return false;
    c.at = chars::blank.skip(c.text, c.at);
    return used = true;
}

// "FROM:" or "TO:", to the letter or with the blanks that a leniency lets stand.
template <fixed_word Word>
[[gnu::noinline]] constexpr errc take_loose_path_word(cursor& c) noexcept {
    if (c.done()) return errc::missing_argument;
    if (!c.take_word<Word>()) return errc::bad_argument;
    bool used = false;
    if (!skip_blanks(c, c.allow.space_before_colon, used) || !c.take(':')) return errc::bad_argument;
    if (used) c.used.space_before_colon = true;
    used = false;
    if (!skip_blanks(c, c.allow.space_after_colon, used)) return errc::bad_path;
    if (used) c.used.space_after_colon = true;
    return errc::none;
}

// "FROM:" or "TO:"; `Usual` is the same with the "<" that stands behind it in nearly every line.
template <fixed_word Word, fixed_word Usual>
constexpr errc take_path_word(cursor& c) noexcept {
    if (!stands_at<Usual>(c.text, c.at)) return take_loose_path_word<Word>(c);
    c.at += Usual.size - 1;
    return errc::none;
}

// The path behind the colon. An HT inside it is no separator.
[[gnu::always_inline]] constexpr errc take_path_argument(cursor& c, path& found, bool postmaster) noexcept {
    const errc e = take_path(c, found, postmaster);
    return e != errc::none && c.peek() == '\t' ? errc::illegal_octet : e;
}

// The parameters behind a path, if there are any.
constexpr errc take_parameter_part(cursor& c, parameters_of which, parameters& found) noexcept {
    if (c.done()) return errc::none;
    if (!take_blanks(c)) return errc::bad_path;
    return take_parameters(c, which, found);
}

// What is told about a MAIL that does not fit: an octet >= 0x80 up to there comes first if SMTPUTF8 stands nowhere in it, not
// even with a value, which it does not take.
[[gnu::noinline]] constexpr result<command> refuse_sender(const cursor& c, errc code) noexcept {
    const std::size_t high = chars::high.find(c.text);
    if (!c.utf8 || high > c.at || high == c.text.size() || code == errc::bad_utf8) return refuse(c, code);
    for (const std::string_view word : words(c.text))
        if (iequal(word.substr(0, word.find('=')), "SMTPUTF8")) return refuse(c, code);
    return refuse(c, errc::utf8_not_declared, high);
}

// MAIL FROM:Reverse-path [SP Mail-parameters], and its like of RFC 821, which have no parameters
[[gnu::noinline]] constexpr result<command> parse_sender(cursor& c, delivery how) noexcept {
    cmd::mail m{{}, {}, how};
    if (const errc e = take_path_word<"FROM", "FROM:<">(c); e != errc::none) return refuse_sender(c, e);
    if (const errc e = take_path_argument(c, m.from, false); e != errc::none) return refuse_sender(c, e);
    if (!c.done() && how != delivery::mail)
        return refuse_sender(c, take_blanks(c) ? errc::unknown_parameter : errc::bad_path);
    if (const errc e = take_parameter_part(c, parameters_of::mail, m.params); e != errc::none)
        return refuse_sender(c, e);
    if (c.utf8 && c.saw_high && !m.params.smtputf8())
        return refuse(c, errc::utf8_not_declared, chars::high.find(c.text));
    return accept(m);
}

template <delivery How>
constexpr result<command> parse_mail(cursor& c) noexcept {
    return parse_sender(c, How);
}

// RCPT TO:("<Postmaster>" / Forward-path) [SP Rcpt-parameters]
constexpr result<command> parse_rcpt(cursor& c) noexcept {
    cmd::rcpt r;
    if (const errc e = take_path_word<"TO", "TO:<">(c); e != errc::none) return refuse(c, e);
    if (path to; take_usual_path(c, to)) {
        if (c.done()) return accept(cmd::rcpt{to, {}}); // most of them: nothing of it was ever in memory
        r.to = to;
    } else {
        const std::size_t start = c.at;
        if (const errc e = take_path_argument(c, r.to, true); e != errc::none) return refuse(c, e);
        if (r.to.is_null()) return refuse(c, errc::null_path, start);
    }
    if (const errc e = take_parameter_part(c, parameters_of::rcpt, r.params); e != errc::none) return refuse(c, e);
    return accept(r);
}

// [SP "LAST"], the end of BDAT and BURL
constexpr errc take_last(cursor& c, bool& last) noexcept {
    if (c.done()) return errc::none;
    if (!take_blanks(c)) return errc::bad_argument;
    const std::size_t start = c.at;
    if (!c.take_word<"LAST">()) return errc::bad_argument;
    if (!c.done()) return c.at = start, errc::bad_argument;
    last = true;
    return errc::none;
}

// bdat-cmd = "BDAT" SP 1*DIGIT [SP "LAST"]
constexpr result<command> parse_bdat(cursor& c) noexcept {
    const std::size_t start = c.at;
    const std::string_view digits = c.take_all(chars::digit);
    if (digits.empty()) return refuse(c, c.done() ? errc::missing_argument : errc::bad_argument);
    cmd::bdat b;
    if (!read_decimal(digits, b.size)) return refuse(c, errc::number_too_large, start);
    if (const errc e = take_last(c, b.last); e != errc::none) return refuse(c, e);
    return accept(b);
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
    if (c.done()) return refuse(c, errc::missing_argument);
    Command q{c.rest()};
    if (const errc e = take_text(c); e != errc::none) return refuse(c, e);
    q.utf8 = c.utf8 && drop_utf8_word(q.text);
    return accept(q);
}

// HELP [SP String], NOOP [SP String]
template <class Command>
constexpr result<command> parse_text(cursor& c) noexcept {
    const std::string_view text = c.rest();
    if (const errc e = take_text(c); e != errc::none) return refuse(c, e);
    return accept(Command{text});
}

// DATA, RSET, QUIT, TURN, STARTTLS
template <class Command>
constexpr result<command> parse_bare(cursor& c) noexcept {
    if (!c.done()) return refuse(c, errc::unexpected_argument);
    return accept(Command{});
}

// "ETRN" SP ["@" / "#"] node-name [RFC 1985 5]
constexpr result<command> parse_etrn(cursor& c) noexcept {
    if (c.done()) return refuse(c, errc::missing_argument);
    const etrn_scope scope = c.take('@') ? etrn_scope::subtree : c.take('#') ? etrn_scope::queue : etrn_scope::node;
    const std::size_t start = c.at;
    if (scope == etrn_scope::queue) {
        if (c.take_all(chars::graphic).empty()) return refuse(c, errc::bad_argument);
    } else {
        domain host;
        if (const errc e = take_domain(c, host); e != errc::none) return refuse(c, e);
    }
    if (!c.done()) return refuse(c, errc::bad_argument);
    return accept(cmd::etrn{c.since(start), scope});
}

// "ATRN" [SP domain *("," domain)] [RFC 2645 5.2.1]
constexpr result<command> parse_atrn(cursor& c) noexcept {
    cmd::atrn a;
    if (c.done()) return accept(a);
    if (const errc e = take_domain_list(c, a.domains); e != errc::none) return refuse(c, e);
    if (!c.done()) return refuse(c, errc::bad_domain);
    return accept(a);
}

// initial-response = base64 / "="
constexpr errc take_initial_response(cursor& c) noexcept {
    const std::size_t start = c.at;
    const std::string_view text = c.take_all(chars::graphic);
    if (!c.done()) return chars::high.contains(c.peek()) ? errc::bad_base64 : errc::bad_argument;
    if (text == "=") return errc::none;
    const auto octets = decode_base64(text, {}, c.allow, &c.used);
    if (octets.error().code == errc::bad_base64) return c.at = start + octets.error().offset, errc::bad_base64;
    return errc::none;
}

// "AUTH" SP sasl-mech [SP initial-response] [RFC 4954 4]
constexpr result<command> parse_auth(cursor& c) noexcept {
    if (c.done()) return refuse(c, errc::missing_argument);
    const std::size_t start = c.at;
    cmd::auth a{c.take_all(chars::graphic)};
    if (!is_mechanism(a.mechanism)) return refuse(c, errc::bad_argument, a.mechanism.empty() ? c.at : start);
    if (!c.done()) {
        if (!take_blanks(c)) return refuse(c, errc::bad_argument);
        a.initial_response = c.rest();
        if (const errc e = take_initial_response(c); e != errc::none) return refuse(c, e);
    }
    return accept(a);
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
    if (c.done()) return refuse(c, errc::missing_argument);
    const std::size_t start = c.at;
    if (const errc e = take_uri(c); e != errc::none) return refuse(c, e);
    cmd::burl b{c.since(start)};
    if (const errc e = take_last(c, b.last); e != errc::none) return refuse(c, e);
    return accept(b);
}

// "XCLIENT" 1*(SP attribute), "XFORWARD" 1*(SP attribute)
template <class Command>
constexpr result<command> parse_attribute_command(cursor& c) noexcept {
    Command x;
    if (c.done()) return refuse(c, errc::missing_argument);
    if (const errc e = take_attributes(c, x.attrs); e != errc::none) return refuse(c, e);
    return accept(x);
}

// The arguments of a verb that has no type of its own, which is the word in front of them.
constexpr result<command> parse_other(cursor& c) noexcept {
    const std::size_t start = chars::blank.skip(c.text);
    const std::string_view word = c.text.substr(start, chars::ldh.skip(c.text, start) - start);
    const std::string_view arguments = c.rest();
    if (const errc e = take_text(c); e != errc::none) return refuse(c, e);
    return accept(cmd::other{word, arguments});
}

struct argument_rule {
    sansmtp::verb verb;
    result<command> (*parse)(cursor&) noexcept;
};

// In the order of the enumeration.
// clang-format off
inline constexpr std::array<argument_rule, 25> argument_rules{{
    {verb::other,    parse_other},
    {verb::helo,     parse_hello<cmd::helo>},
    {verb::ehlo,     parse_hello<cmd::ehlo>},
    {verb::lhlo,     parse_hello<cmd::lhlo>},
    {verb::mail,     parse_mail<delivery::mail>},
    {verb::rcpt,     parse_rcpt},
    {verb::data,     parse_bare<cmd::data>},
    {verb::bdat,     parse_bdat},
    {verb::rset,     parse_bare<cmd::rset>},
    {verb::send,     parse_mail<delivery::terminal>},
    {verb::soml,     parse_mail<delivery::terminal_or_mail>},
    {verb::saml,     parse_mail<delivery::terminal_and_mail>},
    {verb::vrfy,     parse_query<cmd::vrfy>},
    {verb::expn,     parse_query<cmd::expn>},
    {verb::help,     parse_text<cmd::help>},
    {verb::noop,     parse_text<cmd::noop>},
    {verb::quit,     parse_bare<cmd::quit>},
    {verb::turn,     parse_bare<cmd::turn>},
    {verb::etrn,     parse_etrn},
    {verb::atrn,     parse_atrn},
    {verb::starttls, parse_bare<cmd::starttls>},
    {verb::auth,     parse_auth},
    {verb::burl,     parse_burl},
    {verb::xclient,  parse_attribute_command<cmd::xclient>},
    {verb::xforward, parse_attribute_command<cmd::xforward>},
}};
// clang-format on

constexpr bool in_order(const std::array<argument_rule, 25>& rules) noexcept {
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (static_cast<std::size_t>(rules[i].verb) != i) return false;
    return true;
}
static_assert(in_order(argument_rules));

// What nearly every line begins with: a known verb of four letters, and one space or the end.
constexpr bool take_usual_verb(cursor& c, verb& found) noexcept {
    const std::string_view text = c.text;
    const char* const p = text.data();
    if (text.size() != 4 && (text.size() < 6 || p[4] != ' ' || chars::blank.contains(p[5]))) return false;
    found = four_letter_verb(p);
    c.at = text.size() == 4 ? 4 : 5;
    return found != verb::other;
}

// Any verb and the blanks behind it; the cursor stands at the arguments.
[[gnu::noinline]] constexpr errc take_verb(cursor& c, verb& found) noexcept {
    if (c.done()) return errc::empty_line;
    c.at = chars::blank.skip(c.text);
    if (c.at != 0 && !c.allow.leading_space) return c.at = 0, errc::unknown_verb;
    c.used.leading_space = c.at != 0;
    const std::size_t start = c.at;
    if (!chars::alpha.contains(c.peek())) return chars::high.contains(c.peek()) ? errc::eight_bit : errc::unknown_verb;
    const verb v = find_verb(c.take_all(chars::ldh));
    if (!c.done() && chars::high.contains(c.peek())) return errc::eight_bit;
    if (!c.at_blank()) return c.at = start, errc::unknown_verb;
    found = v;
    return c.done() || take_blanks(c) ? errc::none : errc::bad_argument;
}

// The verb of a line and the blanks behind it; `found` is left alone if no whole word stands there.
[[gnu::always_inline]] constexpr errc take_line_verb(cursor& c, verb& found) noexcept {
    if (verb usual = verb::other; take_usual_verb(c, usual)) return found = usual, errc::none;
    c.at = 0;
    return take_verb(c, found);
}
constexpr result<command> parse_arguments(cursor& c, verb v) noexcept {
    return argument_rules[static_cast<std::size_t>(v)].parse(c);
}

// A whole line, without the blanks at its end.
constexpr result<command> parse_line(cursor& c) noexcept {
    verb v = verb::other;
    const errc e = take_line_verb(c, v);
    return e == errc::none ? parse_arguments(c, v) : refuse(c, e);
}

// A line without the blanks at its end, which everyone tolerates [RFC 5321 4.1.1].
constexpr std::string_view without_trailing_blanks(std::string_view line) noexcept {
    while (!line.empty() && chars::blank.contains(line.back())) line.remove_suffix(1);
    return line;
}

} // namespace sansmtp::detail
