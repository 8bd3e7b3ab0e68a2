// Replies to send [RFC 5321 4.2]; those that were received are in reply_view.hpp.
//
// Code, enhanced code and text of a `reply` were checked when it was made, so it cannot carry a CR, LF, NUL or other
// control to the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "command.hpp"
#include "detail/octets.hpp"
#include "detail/writer.hpp"
#include "reply_code.hpp"
#include "reply_view.hpp"
#include "result.hpp"

namespace sansmtp {

namespace detail {

inline constexpr std::size_t max_reply_line = 512; // octets with code and CRLF [RFC 5321 4.5.3.1.5]

// textstring = 1*(%d09 / %d32-126), or with `utf8` also UTF-8 [RFC 6531 3.7.4.2]; LF separates lines.
constexpr bool is_reply_text(std::string_view text, bool utf8 = false) noexcept {
    for (std::size_t at = 0; (at = skip_printable(text, at)) < text.size();) {
        const std::size_t length = utf8 ? utf8_non_ascii(text.substr(at)) : 0;
        if (length == 0 && text[at] != '\t' && text[at] != '\n') return false;
        at += length == 0 ? 1 : length;
    }
    return true;
}

constexpr bool is_reply(reply_code code, enhanced_code enhanced, std::string_view text) noexcept {
    return code && (!enhanced || enhanced.matches(code)) && is_reply_text(text);
}

void the_reply_literal_is_not_a_valid_reply(); // not constexpr: calling it is the compiler's error message

} // namespace detail

// A reply to send. `text` is viewed, not copied; a '\n' in it begins a new line.
class reply {
public:
    // No reply: every session refuses it.
    constexpr reply() noexcept = default;

    // Makes a reply of literals, checked by the compiler: {550, {5, 1, 1}, "No such user"}.
    template <std::size_t N>
    consteval reply(unsigned code, enhanced_code enhanced, const char (&text)[N])
        : text_(text, N - 1), code_(code), enhanced_(enhanced) {
        if (!detail::is_reply(code_, enhanced_, text_)) detail::the_reply_literal_is_not_a_valid_reply();
    }
    template <std::size_t N>
    consteval reply(unsigned code, const char (&text)[N]) : reply(code, enhanced_code{}, text) {}

    // Makes a reply of values. Fails with illegal_code (the code is none, or the enhanced code is of another class; a 3yz
    // has none) or refused_field (the text holds a control octet, or is not ASCII; `utf8`: the client declared SMTPUTF8
    // in this VRFY, EXPN or MAIL, so that it may be UTF-8).
    static constexpr result<reply> make(reply_code code, enhanced_code enhanced, std::string_view text,
                                        bool utf8 = false) noexcept {
        if (!code || (enhanced && !enhanced.matches(code))) return errc::illegal_code;
        if (!detail::is_reply_text(text, utf8)) return errc::refused_field;
        reply r;
        r.text_ = text;
        r.code_ = code;
        r.enhanced_ = enhanced;
        return r;
    }

    constexpr reply_code code() const noexcept { return code_; }
    constexpr enhanced_code enhanced() const noexcept { return enhanced_; }
    constexpr std::string_view text() const noexcept { return text_; }

    friend constexpr bool operator==(const reply&, const reply&) noexcept = default;

private:
    std::string_view text_;
    reply_code code_;
    enhanced_code enhanced_;
};

namespace detail {

// Writes a number of up to three digits; returns where it ends.
constexpr char* write_short(char* to, unsigned n) noexcept {
    const unsigned tens = n < 10 ? 0 : n / 10;
    if (n >= 100) *to++ = static_cast<char>('0' + tens / 10);
    if (n >= 10) *to++ = static_cast<char>('0' + tens % 10);
    *to++ = static_cast<char>('0' + (n - tens * 10));
    return to;
}

// What stands in front of the text of a line: "250-" or "250 ", and the enhanced code if there is one. Returns its size.
inline constexpr std::size_t max_reply_prefix = std::string_view("250-2.999.999 ").size();
constexpr std::size_t write_reply_prefix(char* const start, reply_code code, const enhanced_code& enhanced,
                                         bool last) noexcept {
    char* to = write_short(start, code.value());
    *to++ = last ? ' ' : '-';
    if (enhanced) {
        *to++ = static_cast<char>('0' + enhanced.category);
        *to++ = '.';
        to = write_short(to, enhanced.subject);
        *to++ = '.';
        to = write_short(to, enhanced.detail);
        *to++ = ' ';
    }
    return static_cast<std::size_t>(to - start);
}

[[gnu::always_inline]] constexpr writer& put_reply_prefix(writer& out, reply_code code, const enhanced_code& enhanced,
                                                          bool last) noexcept {
    return out.put_up_to<max_reply_prefix>(
        [&](char* to) noexcept { return write_reply_prefix(to, code, enhanced, last); });
}

constexpr void put_reply_line(writer& out, reply_code code, const enhanced_code& enhanced, std::string_view text,
                              bool last) noexcept {
    put_reply_prefix(out, code, enhanced, last).put(text).put_literal("\r\n");
}

// How much of `text` goes into a line of `most` octets: up to the LF, and never half a character of UTF-8.
constexpr std::size_t reply_line_length(std::string_view text, std::size_t most) noexcept {
    const std::size_t end = text.find('\n');
    if (end <= most) return end;
    if (text.size() <= most) return text.size();
    std::size_t length = most;
    while (most - length < 3 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
    return length;
}

[[gnu::noinline]] constexpr void put_long_reply(writer& out, reply_code code, const enhanced_code& enhanced,
                                                std::string_view text) noexcept {
    char prefix[max_reply_prefix] = {};
    const std::size_t most = max_reply_line - 2 - write_reply_prefix(prefix, code, enhanced, true);
    for (bool last = false; !last;) {
        const std::string_view line = text.substr(0, reply_line_length(text, most));
        text.remove_prefix(line.size());
        const bool line_feed = !text.empty() && text.front() == '\n';
        if (line_feed) text.remove_prefix(1);
        last = text.empty() && !line_feed;
        put_reply_line(out, code, enhanced, line, last);
    }
}

// Writes a reply as one or more lines of at most 512 octets, the codes on each [RFC 2034 4]. Text that is too long for
// a line goes on in the next one. A line without text keeps its SP [RFC 5321 4.2.1].
constexpr void put_reply(writer& out, reply_code code, const enhanced_code& enhanced, std::string_view text) noexcept {
    const bool fits = text.size() <= max_reply_line - 2 - max_reply_prefix;
    if (!fits || text.find('\n') != std::string_view::npos) return put_long_reply(out, code, enhanced, text);
    put_reply_line(out, code, enhanced, text, true);
}

} // namespace detail

// True if the replies of that code to a command have an enhanced code where ENHANCEDSTATUSCODES is offered: not those to
// EHLO, HELO and LHLO, and no 3yz. The greeting, which answers nothing, has none either. [RFC 2034 4]
constexpr bool takes_enhanced_code(verb answered, reply_code code) noexcept {
    const bool hello = answered == verb::helo || answered == verb::ehlo || answered == verb::lhlo;
    return !hello && code && !code.is(reply_class::intermediate);
}

// Writes a reply with its CRLFs; returns the octets written. `enhanced`: write its enhanced code, if it has one (see
// takes_enhanced_code). Fails with illegal_code for an empty reply, or no_room.
constexpr result<std::size_t> serialize(const reply& r, std::span<char> out, bool enhanced = true) noexcept {
    if (!r.code()) return errc::illegal_code;
    detail::writer w(out);
    detail::put_reply(w, r.code(), enhanced ? r.enhanced() : enhanced_code{}, r.text());
    if (!w.ok()) return errc::no_room;
    return w.size();
}

namespace detail {

constexpr reply bad_address_reply(verb v) noexcept {
    switch (v) {
    // clang-format off
    case verb::rcpt: return {501, {5, 1, 3}, "Syntax error in recipient path"};
    case verb::mail: case verb::send: case verb::soml: case verb::saml:
                     return {501, {5, 1, 7}, "Syntax error in sender path"};
    default:         return {501, {5, 5, 4}, "Syntax error in argument"};
        // clang-format on
    }
}

} // namespace detail

// The reply that tells a peer about an error in its command `v`. [RFC 5321 4.2.2, RFC 2034, RFC 3463, RFC 4954 4,
// RFC 6531 3.5, RFC 6710 4.1, RFC 4141]
constexpr reply suggested_reply(errc e, verb v = verb::other) noexcept {
    switch (e) {
    // clang-format off
    case errc::line_too_long:       return {500, {5, 5, 2}, "Line too long"};
    case errc::empty_line:          return {500, {5, 5, 2}, "Empty line"};
    case errc::illegal_octet:       return {500, {5, 5, 2}, "Illegal octet in command"};
    case errc::eight_bit:           return {500, {5, 5, 2}, "Octets over 127 need SMTPUTF8"};
    case errc::bad_utf8:            return {500, {5, 5, 2}, "Not valid UTF-8"};
    case errc::utf8_not_declared:   return v == verb::rcpt ? reply{553, {5, 6, 7}, "Address needs SMTPUTF8"}
                                                           : reply{550, {5, 6, 7}, "Address needs SMTPUTF8"};
    case errc::unknown_verb:        return {500, {5, 5, 1}, "Command not recognised"};
    case errc::not_implemented:     return {502, {5, 5, 1}, "Command not implemented"};
    case errc::bad_sequence:        return v == verb::burl ? reply{503, {5, 5, 0}, "Bad sequence of commands"} // [RFC 4468 3.4]
                                                           : reply{503, {5, 5, 1}, "Bad sequence of commands"};
    case errc::missing_argument:    return {501, {5, 5, 4}, "Argument missing"};
    case errc::unexpected_argument: return {501, {5, 5, 4}, "No argument allowed"};
    case errc::bad_argument:        return {501, {5, 5, 4}, "Syntax error in argument"};
    case errc::null_path:           return {501, {5, 1, 3}, "The null path is no recipient"};
    case errc::bad_path: case errc::bad_route: case errc::bad_local_part: case errc::local_part_too_long:
    case errc::bad_domain: case errc::domain_too_long: case errc::bad_literal: case errc::path_too_long:
                                    return detail::bad_address_reply(v);
    case errc::bad_parameter:       return {501, {5, 5, 4}, "Syntax error in parameters"};
    case errc::duplicate_parameter: return {501, {5, 5, 4}, "Parameter given twice"};
    case errc::bad_value:           return {501, {5, 5, 4}, "Bad parameter value"};
    case errc::number_too_large:    return {501, {5, 5, 4}, "Number too large"};
    case errc::unknown_parameter:   return {555, {5, 5, 4}, "Parameter not recognised"};
    case errc::unsupported_value:   return {555, {5, 5, 4}, "Parameter value not offered"};
    case errc::unsupported_parameter:
                                    return {504, {5, 5, 4}, "Parameter not implemented"};
    case errc::bad_priority:        return {501, {5, 5, 2}, "Syntax error in MT-PRIORITY"};
    case errc::too_many_recipients: return {452, {4, 5, 3}, "Too many recipients"};
    case errc::no_valid_recipients: return v == verb::burl ? reply{554, {5, 5, 0}, "No valid recipients"}
                                                           : reply{554, {5, 5, 1}, "No valid recipients"};
    case errc::message_too_big:     return {552, {5, 3, 4}, "Message too big"};
    case errc::bare_cr: case errc::bare_lf:
                                    return {550, {5, 5, 2}, "Bare CR or LF in the message"};
    case errc::text_line_too_long:  return {554, {5, 6, 0}, "Text line too long"};
    case errc::too_many_errors:     return {421, {4, 7, 0}, "Too many errors, closing"};
    case errc::unknown_mechanism:   return {504, {5, 5, 4}, "Mechanism not offered"};
    case errc::cleartext_mechanism: return {504, {5, 5, 4}, "Mechanism needs TLS"};
    case errc::bad_base64:          return {501, {5, 5, 2}, "Not base64"};
    case errc::auth_cancelled:      return {501, {5, 7, 0}, "Authentication cancelled"};
    case errc::auth_line_too_long:  return {500, {5, 5, 6}, "Authentication line too long"};
    case errc::bad_sasl_message:    return {501, {5, 5, 2}, "Malformed authentication message"};
    case errc::bad_credentials:     return {535, {5, 7, 8}, "Authentication credentials invalid"};
    case errc::server_first:        return {501, {5, 7, 0}, "No initial response with this mechanism"};
    case errc::framing_lost:        return {501, {5, 5, 4}, "Unreadable chunk size, closing"};
    case errc::too_many_messages:   return {452, {4, 3, 2}, "Too many messages in this session"};
    case errc::tls_required:        return {530, {5, 7, 0}, "Must issue a STARTTLS command first"};
    case errc::auth_required:       return {530, {5, 7, 0}, "Authentication required"};
    case errc::tls_too_weak:        return {554, {5, 7, 0}, "TLS session too weak"};
    case errc::tls_at_once:         return {500, {5, 5, 2}, "Illegal octet in command"};
    case errc::http_request: case errc::unwanted_content:
                                    return {500, {5, 5, 1}, "Command not recognised"};
    case errc::timed_out:           return {421, {4, 4, 2}, "Idle for too long, closing"};
    case errc::session_shut_down:   return {421, {4, 3, 2}, "Shutting down"};
    default:                        return {451, {4, 3, 0}, "Local error in processing"};
        // clang-format on
    }
}

// The reply that tells a peer about a line that parse_command did not take.
constexpr reply suggested_reply(const command_error& e) noexcept { return suggested_reply(e.code, e.verb); }

} // namespace sansmtp
