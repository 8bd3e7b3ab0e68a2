// Commands: what a client sends on one line [RFC 5321 4.1].
//
// `parse_command` reads one line without its CRLF; `serialize` writes it. Both know the same grammar: what is written is
// also read. A parsed command views the line. Verbs that have no type of their own are `cmd::other`.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "cmd.hpp"
#include "detail/command_parser.hpp"
#include "detail/command_writer.hpp"

namespace sansmtp {

// Parses one command line without its CRLF. Blanks at its end are ignored. In MAIL, VRFY and EXPN, `how.utf8` says that
// SMTPUTF8 is offered; whether MAIL declares it is looked up in its parameters. In all others it says that it is in
// force. Fails with the errors of error.hpp's first three groups, or bad_base64; the offset is that of the first octet
// that does not fit. [RFC 5321 4.1]
constexpr result<command> parse_command(std::string_view line, const syntax& how = {},
                                        leniency* used = nullptr) noexcept {
    detail::cursor c(detail::without_trailing_blanks(line), how);
    const result<command> found = detail::parse_line(c);
    if (used != nullptr) *used = c.used;
    return found;
}

// What is wrong with a command line, and how far it was understood.
struct command_error {
    errc code = errc::none; // none: nothing is wrong
    std::size_t offset = 0; // of the first octet that does not fit
    sansmtp::verb verb = verb::other;
    std::string_view parameter; // the keyword of the ESMTP parameter that was refused; empty if it was something else

    friend constexpr bool operator==(const command_error&, const command_error&) noexcept = default;
};

namespace detail {

// The keyword of the parameter that a refused MAIL or RCPT line has at `offset`, be it in the keyword or in the value.
constexpr std::string_view parameter_at(std::string_view line, std::size_t offset) noexcept {
    std::size_t start = offset < line.size() ? offset : line.size();
    while (start > 0 && !chars::blank.contains(line[start - 1])) --start;
    return line.substr(start, chars::ldh.skip(line, start) - start);
}

} // namespace detail

// What is wrong with a command line: `error` is that of parse_command, or one of a session's own about that line.
constexpr command_error describe(std::string_view line, parse_error error) noexcept {
    command_error found{error.code, error.offset, verb_of(line), {}};
    const bool of_parameter = error.code == errc::bad_parameter || error.code == errc::duplicate_parameter ||
                              error.code == errc::bad_value || error.code == errc::unknown_parameter ||
                              error.code == errc::unsupported_value || error.code == errc::unsupported_parameter ||
                              error.code == errc::bad_priority || error.code == errc::number_too_large;
    if (of_parameter && (found.verb == verb::mail || found.verb == verb::rcpt))
        found.parameter = detail::parameter_at(line, error.offset);
    return found;
}

// Parses a command line only to tell what is wrong with it; `errc::none` if nothing is.
constexpr command_error check_command(std::string_view line, const syntax& how = {}) noexcept {
    return describe(line, parse_command(line, how).error());
}

// The verb and the arguments of a line that parse_command takes, as if the verb had no type of its own: for extensions
// that a caller handles by himself.
constexpr cmd::other as_other(std::string_view line) noexcept {
    line.remove_prefix(chars::blank.skip(line));
    line = detail::without_trailing_blanks(line);
    const std::string_view verb = line.substr(0, chars::ldh.skip(line));
    line.remove_prefix(verb.size());
    line.remove_prefix(chars::blank.skip(line));
    return {verb, line};
}

// Writes a command without CRLF, in its canonical form: verbs, keywords and mechanisms in upper case, single spaces.
// Returns the octets written. `utf8`: SMTPUTF8 is in force; a MAIL that needs it must also declare it.
// Fails with refused_field if a field holds what may not stand there: then nothing is written. Fails with no_room: then
// what is in `out` is of no use.
constexpr result<std::size_t> serialize(const command& c, std::span<char> out, bool utf8 = false) noexcept {
    detail::command_writer w{detail::writer(out), utf8};
    if (const auto* const m = std::get_if<cmd::mail>(&c); m != nullptr && utf8) {
        const bool needs_utf8 = detail::has_high(m->from.text()) || detail::has_high(m->params.text());
        if (needs_utf8 && !m->params.find("SMTPUTF8")) return errc::refused_field;
    }
    const auto write = [&]<class C>(const C* alternative) {
        if (alternative != nullptr) w(*alternative);
        return alternative != nullptr;
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { return (write(std::get_if<I>(&c)) || ...); }
    (std::make_index_sequence<std::variant_size_v<command>>{});
    if (!w.good) return errc::refused_field;
    if (!w.out.ok()) return errc::no_room;
    return w.out.size();
}

} // namespace sansmtp
