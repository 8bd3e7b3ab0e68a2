// Lines for a transcript or a log: what AUTH carries is hidden, and nothing can forge a line or move a terminal's cursor.
//
// Hidden are the initial response of AUTH and whatever else stands behind its mechanism, the lines of the exchange, and
// the challenges of 334. Nothing else is a secret to SMTP: the LOGIN= of XCLIENT is a name, and the content is not ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "detail/writer.hpp"
#include "mechanism.hpp"
#include "result.hpp"
#include "verb.hpp"
#include "xtext.hpp"

namespace sansmtp {

// Whose line it is, which only the session knows: a line of an AUTH exchange looks like any other.
enum class line_origin : std::uint8_t {
    from_client,   // a command
    auth_exchange, // the client's answer to a 334
    from_server,   // a line of a reply
};

namespace detail {

inline constexpr std::string_view hidden = "****";

// Printable ASCII as it is; a backslash doubled; all other octets as \xHH.
constexpr void put_visible(writer& out, std::string_view text) noexcept {
    for (const char c : text) {
        if (chars::qpair.contains(c)) {
            out.put(c == '\\' ? "\\\\" : std::string_view(&c, 1));
        } else {
            const auto octet = static_cast<unsigned char>(c);
            out.put("\\x").put(hex_digits[octet >> 4]).put(hex_digits[octet & 15U]);
        }
    }
}

// "AUTH mechanism ****"; a word behind AUTH that is no mechanism may be the secret, so it is hidden too.
constexpr void put_auth_command(writer& out, std::string_view line) noexcept {
    line.remove_prefix(chars::blank.skip(line));
    const std::string_view verb = line.substr(0, chars::ldh.skip(line));
    line.remove_prefix(verb.size());
    out.put(verb);
    const std::size_t blanks = chars::blank.skip(line);
    const std::string_view word = line.substr(blanks, chars::graphic.skip(line, blanks) - blanks);
    if (blanks != 0 && find_mechanism(word) != mechanism{word, true, false}) {
        out.put(' ').put(word);
        line.remove_prefix(blanks + word.size());
    }
    if (chars::blank.skip(line) != line.size()) out.put(' ').put(hidden);
}

} // namespace detail

// Writes a line without its CRLF as a transcript may show it; returns the octets written. Fails with no_room.
constexpr result<std::size_t> redact(std::string_view line, line_origin origin, std::span<char> out) noexcept {
    detail::writer w(out);
    if (origin == line_origin::auth_exchange)
        w.put(line == "*" ? line : line.empty() ? "" : detail::hidden);
    else if (origin == line_origin::from_client && verb_of(line) == verb::auth)
        detail::put_auth_command(w, line);
    else if (origin == line_origin::from_server && line.substr(0, 3) == "334" && line.size() > 4)
        detail::put_visible(w, line.substr(0, 4)), w.put(detail::hidden);
    else
        detail::put_visible(w, line);
    if (!w.ok()) return errc::no_room;
    return w.size();
}

} // namespace sansmtp
