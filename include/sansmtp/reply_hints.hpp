// What the text of a reply tells beyond its code [RFC 5321 3.5, 4.2; RFC 3865; RFC 6710]: hints, on which nothing may depend,
// and which a hostile server may write as it likes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mailbox.hpp"
#include "parameter_values.hpp"
#include "reply_view.hpp"

namespace sansmtp {

namespace detail {

// The first "<...>" in a text that is a path, but not the null path.
constexpr std::optional<path> find_path(std::string_view text, const syntax& how) noexcept {
    for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
        cursor c(text, how);
        c.at = at;
        path found;
        if (take_path(c, found, true) == errc::none && !found.is_null()) return found;
    }
    return std::nullopt;
}

} // namespace detail

// The path that a 251 or 551 reply names: the first "<...>" in its text that is a path, but not the null path.
// `how.utf8`: the client declared SMTPUTF8. Never retry with it unless the user asked for that [RFC 5321 7.4].
constexpr std::optional<path> forward_path(const reply_view& r, const syntax& how = {}) noexcept {
    if (r.code() != 251 && r.code() != 551) return std::nullopt;
    for (const std::string_view text : r)
        if (const auto found = detail::find_path(text, how)) return found;
    return std::nullopt;
}

// The mailbox that one line of a reply to VRFY or EXPN names: "Fred Jones <fred@example.org>" or "fred@example.org". Each
// line of a 250 to EXPN, or of a 553 that lists who may be meant, has one of its own [RFC 5321 3.5.2].
constexpr std::optional<path> listed_mailbox(std::string_view text, const syntax& how = {}) noexcept {
    if (const auto found = detail::find_path(text, how)) return found;
    while (!text.empty() && chars::blank.contains(text.front())) text.remove_prefix(1);
    while (!text.empty() && chars::blank.contains(text.back())) text.remove_suffix(1);
    const auto bare = parse_mailbox(text, how);
    return bare ? std::optional(path(*bare)) : std::nullopt;
}

// The name that the server gave itself in a greeting, 221 or 421: the first word, if it is a domain or a literal. A hint:
// the "SMTP" of "220 SMTP server ready" is a domain too.
constexpr std::optional<domain> server_name(const reply_view& r) noexcept {
    if (r.code() != 220 && r.code() != 221 && r.code() != 421) return std::nullopt;
    const std::string_view text = r.text();
    const auto parsed = parse_domain(text.substr(0, text.find_first_of(" \t")));
    return parsed ? std::optional(*parsed) : std::nullopt;
}

// The priority that the server gave a message instead of the one that MT-PRIORITY asked for: the number that begins the text
// of a 2yz reply with the enhanced code 2.3.6, "250 2.3.6 3 is the new priority". [RFC 6710, RFC 3463 X.3.6]
constexpr std::optional<std::int8_t> new_priority(const reply_view& r) noexcept {
    const enhanced_code code = r.enhanced();
    if (code != enhanced_code{2, 3, 6}) return std::nullopt;
    detail::cursor c(r.text(), {});
    std::int8_t found = 0;
    if (detail::take_priority(c, found) != errc::none || !c.at_blank()) return std::nullopt;
    return found;
}

// Why a 550 refuses what nobody solicited: the words behind the first SOLICIT= that is a word of its text, "550 5.7.1
// SOLICIT=net.example:ADV". A reply with an enhanced code must have 5.7.1. [RFC 3865]
constexpr std::optional<solicitation_words> refused_solicitation(const reply_view& r) noexcept {
    const enhanced_code code = r.enhanced();
    if (r.code() != 550 || (code && code != enhanced_code{5, 7, 1})) return std::nullopt;
    for (const std::string_view text : r) {
        detail::cursor c(text, {});
        while (!c.done()) {
            solicitation_words found;
            const bool named = c.take_word<"SOLICIT=">();
            if (named && detail::take_solicit(c, found) == errc::none && c.at_blank()) return found;
            while (!c.at_blank()) ++c.at;
            c.take_all(chars::blank);
        }
    }
    return std::nullopt;
}

} // namespace sansmtp
