// The lines that a server puts in front of a message: Received: and Return-Path: [RFC 5321 4.4].
//
// Everything in them is a field of the caller's that may come from the peer, so each one is checked: no octet of a HELO
// name, a host name or an address can end a line or begin another one. There is no clock: the caller gives the time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "address.hpp"
#include "detail/date_time.hpp"
#include "detail/octets.hpp"
#include "detail/writer.hpp"
#include "mailbox.hpp"
#include "result.hpp"
#include "verb.hpp"

namespace sansmtp {

// How a message came, for the WITH clause.
struct transmission {
    verb hello = verb::ehlo;    // HELO, EHLO or LHLO
    bool tls = false;           // TLS was active when the message came
    bool authenticated = false; // AUTH had succeeded
    bool utf8 = false;          // MAIL declared SMTPUTF8
};

// The WITH protocol type [RFC 3848, RFC 6531 4.3, IANA]. HELO is SMTP whatever else there is.
constexpr std::string_view protocol_type(const transmission& how) noexcept {
    // clang-format off
    constexpr std::string_view types[2][2][4] = { // LMTP, UTF-8, then 1: AUTH, 2: TLS, 3: both
        {{"ESMTP", "ESMTPA", "ESMTPS", "ESMTPSA"}, {"UTF8SMTP", "UTF8SMTPA", "UTF8SMTPS", "UTF8SMTPSA"}},
        {{"LMTP",  "LMTPA",  "LMTPS",  "LMTPSA"},  {"UTF8LMTP", "UTF8LMTPA", "UTF8LMTPS", "UTF8LMTPSA"}},
    };
    // clang-format on
    if (how.hello == verb::helo) return "SMTP";
    return types[how.hello == verb::lhlo][how.utf8][(how.tls ? 2U : 0U) + (how.authenticated ? 1U : 0U)];
}

// What a Received: field tells. Only `by` and `date` must be there.
struct received {
    // clang-format off
    std::string_view           hello_name   = {};    // as the client gave it, however odd
    std::string_view           peer_name    = {};    // what the DNS calls the peer; left out if it is no domain
    std::string_view           peer_address = {};    // "192.0.2.1" or "2001:db8::1"; none for a local socket
    std::string_view           by           = {};    // own name: a domain or a literal
    transmission               with         = {};
    std::string_view           id           = {};    // an Atom or <left@right>
    std::optional<path>        recipient    = {};    // FOR: only if there is one recipient, and no privacy to keep
    std::optional<std::int8_t> priority     = {};    // MT-PRIORITY, -9 to 9 [RFC 6710]
    date_time                  date         = {};    // best local time with its offset
    bool                       show_odd_name = false; // a HELO name that is no domain, in a comment
    // clang-format on
};

namespace detail {

// Writes words with single spaces, and breaks lines before words that would pass column 78.
class folder {
public:
    constexpr explicit folder(writer& out) noexcept : out_(out) {}

    // A word of up to four parts; `first_on_line` begins a line with it in any case.
    constexpr void word(std::string_view a, std::string_view b = {}, std::string_view c = {}, std::string_view d = {},
                        bool first_on_line = false) noexcept {
        const std::size_t length = a.size() + b.size() + c.size() + d.size();
        const bool fold = column_ != 0 && (first_on_line || column_ + 1 + length > 78);
        if (fold)
            out_.put("\r\n\t");
        else if (column_ != 0)
            out_.put(' ');
        column_ = length + (fold ? 1 : column_ + (column_ != 0 ? 1 : 0));
        out_.put(a).put(b).put(c).put(d);
    }
    constexpr void clause(std::string_view name, std::string_view a, std::string_view b = {}, std::string_view c = {},
                          bool first_on_line = false) noexcept {
        const std::size_t length = name.size() + 1 + a.size() + b.size() + c.size();
        word(name, {}, {}, {}, first_on_line || column_ + 1 + length > 78);
        word(a, b, c);
    }

private:
    writer& out_;
    std::size_t column_ = 0;
};

// "[192.0.2.1]" or "[IPv6:2001:db8::1]" of an address without brackets, normalised; empty if it is none.
class peer_literal {
public:
    constexpr explicit peer_literal(std::string_view address) noexcept {
        make("[", address);
        if (size_ == 0) make("[IPv6:", address);
    }
    constexpr std::string_view text() const noexcept { return {octets_, size_}; }
    constexpr bool empty() const noexcept { return size_ == 0; }

private:
    constexpr void make(std::string_view before, std::string_view address) noexcept {
        char given[56] = {};
        writer w{std::span<char>(given)};
        w.put(before).put(address).put(']');
        if (!w.ok()) return;
        const auto parsed = parse_domain({given, w.size()}, {interop(), false});
        if (!parsed || parsed->kind() != (before == "[" ? host_kind::ipv4 : host_kind::ipv6)) return;
        writer normal{std::span<char>(octets_)};
        put_domain(normal, *parsed);
        size_ = normal.size();
    }

    char octets_[56] = {};
    std::size_t size_ = 0;
};

// Atom / "<" left "@" right ">"
constexpr bool is_trace_id(std::string_view text) noexcept {
    if (text.empty() || text.size() > 200) return false;
    if (text.front() != '<') return chars::atext.all(text);
    const auto parsed = parse_path(text);
    return parsed && text[1] != '"' && !parsed->is_null() && !parsed->is_postmaster() && parsed->route().empty();
}

constexpr bool is_date(const date_time& d) noexcept {
    return d.year >= 1900 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= days_in_month(d.year, d.month) && d.hour <= 23 && d.minute <= 59 && d.second <= 60 &&
           d.offset_minutes > -24 * 60 && d.offset_minutes < 24 * 60;
}

// date-time of RFC 5322 3.3: "Sun, 22 Nov 2026 04:11:00 +0000". 31 octets at most.
constexpr void put_mail_date(writer& out, const date_time& d) noexcept {
    constexpr std::string_view days = "ThuFriSatSunMonTueWed"; // 1970-01-01 was a Thursday
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::int64_t local = d.unix_seconds() - (d.second == 60 ? 1 : 0) + std::int64_t{d.offset_minutes} * 60;
    const auto day = static_cast<std::size_t>(((local - (local % 86400 + 86400) % 86400) / 86400 % 7 + 7) % 7);
    const auto offset = static_cast<std::uint32_t>(d.offset_minutes < 0 ? -d.offset_minutes : d.offset_minutes);
    out.put(days.substr(day * 3, 3)).put(", ").put_decimal(d.day).put(' ');
    out.put(months.substr((d.month - 1U) * 3U, 3)).put(' ');
    put_field(out, d.year, 4);
    put_field(out.put(' '), d.hour, 2);
    put_field(out.put(':'), d.minute, 2);
    put_field(out.put(':'), d.second, 2);
    put_field(out.put(d.offset_minutes < 0 ? " -" : " +"), offset / 60, 2);
    put_field(out, offset % 60, 2);
}

// The name in a comment, without what could end the comment or be taken for something else; at most 64 octets of it.
constexpr void put_odd_name(folder& lines, std::string_view name) noexcept {
    char clean[64] = {};
    std::size_t length = 0;
    for (const char c : name)
        if (length < sizeof clean && chars::graphic.contains(c) && c != '(' && c != ')' && c != '\\')
            clean[length++] = c;
    if (length != 0) lines.word("(helo=", {clean, length}, ")");
}

// "from" Extended-Domain: the HELO name if it is a domain or a literal, else the address of the peer.
constexpr void put_from(folder& lines, const received& r) noexcept {
    const peer_literal peer(r.peer_address);
    const auto hello = parse_domain(r.hello_name);
    lines.word("Received:");
    if (hello)
        lines.clause("from", r.hello_name);
    else
        lines.clause("from", peer.empty() ? "unknown" : peer.text());
    if (!peer.empty()) {
        const auto name = parse_domain(r.peer_name, {strict(), r.with.utf8});
        const bool named = name && !name->is_literal();
        if (named) lines.word("(", r.peer_name);
        lines.word(named ? "" : "(", peer.text(), ")");
    }
    if (!hello && r.show_odd_name) put_odd_name(lines, r.hello_name);
}

constexpr bool is_received(const received& r) noexcept {
    const bool priority = !r.priority || (*r.priority >= -9 && *r.priority <= 9);
    return parse_domain(r.by, {strict(), r.with.utf8}) && is_date(r.date) && priority &&
           (r.id.empty() || is_trace_id(r.id)) && (r.peer_address.empty() || !peer_literal(r.peer_address).empty()) &&
           (!r.recipient || (can_put(*r.recipient, {r.with.utf8}) && !r.recipient->is_null()));
}

} // namespace detail

// Writes a Received: field with its CRLF; returns the octets written. Lines have at most 78 octets where a word is not
// longer by itself. A HELO name that is no domain and no literal is left out, and the peer's address stands in its place.
// Fails with refused_field if `by`, `peer_address`, `id`, `recipient`, `priority` or `date` is not what it must be; then
// nothing is written. Fails with no_room. [RFC 5321 4.4, 7.2]
constexpr result<std::size_t> serialize(const received& r, std::span<char> out) noexcept {
    if (!detail::is_received(r)) return errc::refused_field;
    detail::writer w(out);
    detail::folder lines(w);
    detail::put_from(lines, r);
    char text[32] = {};
    detail::writer date{std::span<char>(text)};
    detail::put_mail_date(date, r.date);

    // The ";" belongs to the last clause.
    const bool more = r.recipient || r.priority;
    lines.clause("by", r.by, {}, {}, true);
    if (r.by[0] == '[') lines.word("(", r.by, ")"); // a literal never stands without TCP-info
    lines.clause("with", protocol_type(r.with), r.id.empty() && !more ? ";" : "");
    if (!r.id.empty()) lines.clause("id", r.id, more ? "" : ";");
    if (r.recipient) {
        std::array<char, detail::max_path> box{};
        const std::size_t size = serialize(*r.recipient, box, {r.with.utf8}).value();
        lines.clause("for", {box.data(), size}, r.priority ? "" : ";", {}, true);
    }
    if (r.priority) {
        const char digit[] = {static_cast<char>('0' + (*r.priority < 0 ? -*r.priority : *r.priority))};
        lines.clause("priority", *r.priority < 0 ? "-" : "", {digit, 1}, ";");
    }
    lines.word({text, date.size()});
    w.put("\r\n");
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// Writes a Return-Path: field with its CRLF, which final delivery puts above all Received: fields; returns the octets
// written. The path is written in its normalised form and without its source route. Fails with refused_field (<Postmaster>,
// no domain, not ASCII without `utf8`, too long) or no_room. [RFC 5321 4.4]
constexpr result<std::size_t> write_return_path(const path& from, std::span<char> out, bool utf8 = false) noexcept {
    if (from.is_postmaster() || !detail::can_put(from, {utf8})) return errc::refused_field;
    detail::writer w(out);
    detail::put_path(w.put("Return-Path: "), from, false);
    w.put("\r\n");
    if (!w.ok()) return errc::no_room;
    return w.size();
}

} // namespace sansmtp
