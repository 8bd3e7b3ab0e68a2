// The verbs of the protocol: the first word of a command line [RFC 5321 4.1.1, RFC 821, and the extensions].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "charset.hpp"
#include "detail/keyword_table.hpp"

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

// In the order of the enumeration, `other` left out.
inline constexpr keyword_table<24> verb_names(std::array<std::string_view, 24>{
    "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET",     "SEND", "SOML", "SAML",    "VRFY",
    "EXPN", "HELP", "NOOP", "QUIT", "TURN", "ETRN", "ATRN", "STARTTLS", "AUTH", "BURL", "XCLIENT", "XFORWARD"});

} // namespace detail

// The verb's name in upper case; empty for `other`.
constexpr std::string_view name(verb v) noexcept {
    return v == verb::other ? std::string_view{} : detail::verb_names.word(static_cast<std::size_t>(v) - 1);
}

// The verb of that name in any case; `other` if it is none of them.
constexpr verb find_verb(std::string_view word) noexcept {
    const std::size_t i = detail::verb_names.find(word);
    return i == 24 ? verb::other : static_cast<verb>(i + 1);
}

namespace detail {

// The verb of four letters at `p`, where there are four octets.
[[gnu::always_inline]] constexpr verb four_letter_verb(const char* p) noexcept {
    const std::size_t i = verb_names.find_four(p);
    return i == 24 ? verb::other : static_cast<verb>(i + 1);
}

} // namespace detail

// The verb that a command line begins with, also where the line is no valid command.
constexpr verb verb_of(std::string_view line) noexcept {
    const std::size_t start = chars::blank.skip(line);
    return find_verb(line.substr(start, chars::ldh.skip(line, start) - start));
}

} // namespace sansmtp
