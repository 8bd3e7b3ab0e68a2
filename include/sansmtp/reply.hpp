// Replies: what a server sends [RFC 5321 4.2].
//
// `reply` is one to send: its code, enhanced code and text were checked when it was made, so it cannot carry a CR, LF,
// NUL or other control to the wire. `reply_view` is one that was received: a view of all its lines, made by the parsers
// here. `reply_parser` finds replies in a stream, line by line, without looking at any octet twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "command.hpp"
#include "detail/scan.hpp"
#include "detail/writer.hpp"
#include "reply_code.hpp"
#include "result.hpp"

namespace sansmtp {

namespace detail {

inline constexpr std::size_t max_reply_line = 512; // octets with code and CRLF [RFC 5321 4.5.3.1.5]

// textstring = 1*(%d09 / %d32-126); LF separates lines.
constexpr bool is_reply_text(std::string_view text) noexcept {
    for (const char c : text)
        if (!chars::textstring.contains(c) && c != '\n') return false;
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

    // Makes a reply of values. Fails with illegal_code (the code is none, or the enhanced code is of another class) or
    // refused_field (the text holds a control octet or is not ASCII).
    static constexpr result<reply> make(reply_code code, enhanced_code enhanced, std::string_view text) noexcept {
        if (!code || (enhanced && !enhanced.matches(code))) return errc::illegal_code;
        if (!detail::is_reply_text(text)) return errc::refused_field;
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

// "250-" or "250 ", and the enhanced code if there is one.
constexpr void put_reply_prefix(writer& out, reply_code code, enhanced_code enhanced, bool last) noexcept {
    out.put_decimal(code.value()).put(last ? ' ' : '-');
    if (enhanced)
        out.put_decimal(enhanced.category)
            .put('.')
            .put_decimal(enhanced.subject)
            .put('.')
            .put_decimal(enhanced.detail)
            .put(' ');
}

// Writes a reply as one or more lines of at most 512 octets, the codes on each [RFC 2034 4]. Text that is too long for
// a line goes on in the next one.
constexpr void put_reply(writer& out, reply_code code, enhanced_code enhanced, std::string_view text) noexcept {
    writer prefix(std::span<char>{});
    put_reply_prefix(prefix, code, enhanced, true);
    const std::size_t most = max_reply_line - 2 - prefix.size();
    for (;;) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end < most ? end : most);
        text.remove_prefix(line.size());
        if (!text.empty() && text.front() == '\n') {
            text.remove_prefix(1);
            put_reply_prefix(out, code, enhanced, false);
            out.put(line).put("\r\n");
            if (text.empty()) { // the text ends in '\n': an empty last line
                put_reply_prefix(out, code, enhanced, true);
                out.put("\r\n");
                return;
            }
            continue;
        }
        put_reply_prefix(out, code, enhanced, text.empty());
        out.put(line).put("\r\n");
        if (text.empty()) return;
    }
}

} // namespace detail

// Writes a reply with its CRLFs; returns the octets written. Fails with illegal_code for an empty reply, or no_room.
constexpr result<std::size_t> serialize(const reply& r, std::span<char> out) noexcept {
    if (!r.code()) return errc::illegal_code;
    detail::writer w(out);
    detail::put_reply(w, r.code(), r.enhanced(), r.text());
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// One line of a received reply.
struct reply_line {
    reply_code code;
    bool last = true;      // no hyphen behind the code
    std::string_view text; // behind the code and its SP or hyphen, as it came
};

// Parses one reply line without its CRLF: DIGIT DIGIT DIGIT, then nothing, SP text or "-" text. "250", "250 " and
// "250-" are all lines. Fails with bad_reply; codes outside 200 to 599 are bad as well. [RFC 5321 4.2]
constexpr result<reply_line> parse_reply_line(std::string_view line) noexcept {
    unsigned code = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        if (i >= line.size() || !chars::digit.contains(line[i])) return {errc::bad_reply, i};
        code = code * 10 + static_cast<unsigned>(line[i] - '0');
    }
    reply_line found{code, true, {}};
    if (!found.code) return {errc::bad_reply, 0};
    if (line.size() == 3) return found;
    if (line[3] != ' ' && line[3] != '-') return {errc::bad_reply, 3};
    if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos) return {errc::bad_reply, nul};
    found.last = line[3] == ' ';
    found.text = line.substr(4);
    return found;
}

class reply_parser;

// A whole reply that was received. Server text is hostile: escape it before it goes into a log or a header.
class reply_view {
public:
    // The lines' texts behind code and separator, without the enhanced code.
    class iterator {
    public:
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using reference = std::string_view;
        using pointer = void;

        constexpr iterator() noexcept = default;
        constexpr std::string_view operator*() const noexcept {
            const std::string_view text = rest_.substr(4 < length() ? 4 : length(), length() > 4 ? length() - 4 : 0);
            std::size_t skip = 0;
            find_enhanced_code(code_, text, skip);
            return text.substr(skip);
        }
        constexpr iterator& operator++() noexcept {
            rest_.remove_prefix(length() + 2 < rest_.size() ? length() + 2 : rest_.size());
            return *this;
        }
        constexpr iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.rest_.size() == b.rest_.size();
        }

    private:
        friend class reply_view;
        constexpr iterator(std::string_view rest, reply_code code) noexcept : rest_(rest), code_(code) {}
        constexpr std::size_t length() const noexcept {
            const std::size_t end = rest_.find('\r');
            return end == std::string_view::npos ? rest_.size() : end;
        }

        std::string_view rest_;
        reply_code code_;
    };

    // No reply, as in an action about a lost connection.
    constexpr reply_view() noexcept = default;

    constexpr explicit operator bool() const noexcept { return static_cast<bool>(code_); }
    constexpr reply_code code() const noexcept { return code_; }
    // The enhanced code of the first line; none if there is none or its class is another.
    constexpr enhanced_code enhanced() const noexcept {
        std::size_t skip = 0;
        const std::string_view line = raw_.substr(0, raw_.find('\r'));
        return line.size() > 4 ? find_enhanced_code(code_, line.substr(4), skip).value_or(enhanced_code{})
                               : enhanced_code{};
    }
    constexpr iterator begin() const noexcept { return {raw_, code_}; }
    constexpr iterator end() const noexcept { return {}; }
    // The text of the first line.
    constexpr std::string_view text() const noexcept { return raw_.empty() ? std::string_view{} : *begin(); }
    // All octets as they came, with every CRLF.
    constexpr std::string_view raw() const noexcept { return raw_; }

private:
    friend class reply_parser;
    constexpr reply_view(std::string_view raw, reply_code code) noexcept : raw_(raw), code_(code) {}

    std::string_view raw_;
    reply_code code_;
};

// Finds replies in a stream. `unread` begins where the reply (or the line) begins, and only grows until the parser has
// returned something; then the caller drops what was consumed.
class reply_parser {
public:
    constexpr reply_parser() noexcept = default;
    constexpr reply_parser(const limits& most, leniency allow) noexcept
        : max_line_(most.reply_line), max_lines_(most.reply_lines), mixed_(allow.mixed_reply_codes) {}

    struct line {
        reply_line value;
        std::size_t consumed = 0; // with its CRLF
    };

    // The next single line; nothing if more input is needed. Fails with bad_reply (a bare CR, bare LF or NUL, no code)
    // or reply_too_long.
    constexpr std::optional<result<line>> next_line(std::string_view unread) noexcept {
        const std::size_t end = detail::find_line_end(unread, searched_ < unread.size() ? searched_ : unread.size());
        searched_ = end;
        if (end + 2 > max_line_) return fail(errc::reply_too_long, end);
        if (end == unread.size() || (unread[end] == '\r' && end + 1 == unread.size())) return std::nullopt;
        if (unread[end] != '\r' || unread[end + 1] != '\n') return fail(errc::bad_reply, end);
        searched_ = 0;
        const auto parsed = parse_reply_line(unread.substr(0, end));
        if (!parsed) return fail(parsed.error().code, parsed.error().offset);
        return result<line>(line{*parsed, end + 2});
    }

    // The next whole reply; nothing if more input is needed. Fails as next_line does, with mixed_reply_codes, or with
    // reply_too_long for too many lines. The reply's size is that of raw().
    constexpr std::optional<result<reply_view>> next(std::string_view unread) noexcept {
        while (at_ <= unread.size()) {
            const auto found = next_line(unread.substr(at_));
            if (!found) return std::nullopt;
            if (!*found) {
                const std::size_t offset = at_ + found->error().offset;
                reset();
                return result<reply_view>(found->error().code, offset);
            }
            const reply_line& l = (*found)->value;
            const errc wrong = add(l);
            const std::size_t start = at_;
            at_ += (*found)->consumed;
            if (wrong != errc::none) return reset(), result<reply_view>(wrong, start);
            if (l.last) {
                const reply_view whole(unread.substr(0, at_), l.code);
                reset();
                return result<reply_view>(whole);
            }
        }
        return std::nullopt;
    }

private:
    constexpr std::optional<result<line>> fail(errc code, std::size_t offset) noexcept {
        searched_ = 0;
        return result<line>(code, offset);
    }

    constexpr errc add(const reply_line& l) noexcept {
        if (++lines_ > max_lines_) return errc::reply_too_long;
        if (lines_ > 1 && l.code != code_) {
            if (!mixed_ || (l.last && negative_ && l.code.positive())) return errc::mixed_reply_codes;
        }
        code_ = l.code;
        negative_ = negative_ || l.code.negative();
        return errc::none;
    }

    constexpr void reset() noexcept {
        at_ = searched_ = lines_ = 0;
        negative_ = false;
    }

    std::size_t max_line_ = limits{}.reply_line;
    std::size_t max_lines_ = limits{}.reply_lines;
    std::size_t at_ = 0;       // start of the line that is read now
    std::size_t searched_ = 0; // how far that line was searched
    std::size_t lines_ = 0;
    reply_code code_;
    bool mixed_ = false;
    bool negative_ = false;
};

// Parses one whole reply with its CRLFs. Fails as reply_parser does; incomplete or followed by more: bad_reply.
constexpr result<reply_view> parse_reply(std::string_view text) noexcept {
    reply_parser parser;
    const auto found = parser.next(text);
    if (!found) return {errc::bad_reply, text.size()};
    if (*found && (*found)->raw().size() != text.size()) return {errc::bad_reply, (*found)->raw().size()};
    return *found;
}

// The reply that tells a peer about an error in its command `v`. [spec: RFC 5321 4.2.2, RFC 2034, RFC 3463]
constexpr reply suggested_reply(errc e, verb v = verb::other) noexcept {
    const bool of_rcpt = v == verb::rcpt;
    switch (e) {
    // clang-format off
    case errc::line_too_long:       return {500, {5, 5, 2}, "Line too long"};
    case errc::empty_line:          return {500, {5, 5, 2}, "Empty line"};
    case errc::illegal_octet:       return {500, {5, 5, 2}, "Illegal octet in command"};
    case errc::eight_bit:           return {500, {5, 5, 2}, "Octets over 127 need SMTPUTF8"};
    case errc::bad_utf8:            return {500, {5, 5, 2}, "Not valid UTF-8"};
    case errc::utf8_not_declared:   return of_rcpt ? reply{553, {5, 6, 7}, "Address needs SMTPUTF8"}
                                                   : reply{550, {5, 6, 7}, "Address needs SMTPUTF8"};
    case errc::unknown_verb:        return {500, {5, 5, 1}, "Command not recognised"};
    case errc::not_implemented:     return {502, {5, 5, 1}, "Command not implemented"};
    case errc::bad_sequence:        return {503, {5, 5, 1}, "Bad sequence of commands"};
    case errc::missing_argument:    return {501, {5, 5, 4}, "Argument missing"};
    case errc::unexpected_argument: return {501, {5, 5, 4}, "No argument allowed"};
    case errc::bad_argument:        return {501, {5, 5, 4}, "Syntax error in argument"};
    case errc::null_path:           return {501, {5, 1, 3}, "The null path is no recipient"};
    case errc::bad_path: case errc::bad_route: case errc::bad_local_part: case errc::local_part_too_long:
    case errc::bad_domain: case errc::domain_too_long: case errc::bad_literal: case errc::path_too_long:
                                    return of_rcpt ? reply{501, {5, 1, 3}, "Syntax error in recipient path"}
                                                   : reply{501, {5, 1, 7}, "Syntax error in sender path"};
    case errc::bad_parameter:       return {501, {5, 5, 4}, "Syntax error in parameters"};
    case errc::duplicate_parameter: return {501, {5, 5, 4}, "Parameter given twice"};
    case errc::bad_value:           return {501, {5, 5, 4}, "Bad parameter value"};
    case errc::number_too_large:    return {501, {5, 5, 4}, "Number too large"};
    case errc::unknown_parameter:   return {555, {5, 5, 4}, "Parameter not recognised"};
    case errc::unsupported_value:   return {504, {5, 5, 4}, "Parameter value not offered"};
    case errc::too_many_recipients: return {452, {4, 5, 3}, "Too many recipients"};
    case errc::no_valid_recipients: return {554, {5, 5, 1}, "No valid recipients"};
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
    case errc::timed_out:           return {421, {4, 4, 2}, "Idle for too long, closing"};
    case errc::session_shut_down:   return {421, {4, 3, 2}, "Shutting down"};
    default:                        return {451, {4, 3, 0}, "Local error in processing"};
        // clang-format on
    }
}

} // namespace sansmtp
