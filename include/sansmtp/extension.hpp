// Service extensions as data [RFC 5321 2.2]: what an EHLO reply announces and what that lets a client send.
#pragma once

#include <span>
#include <string_view>

#include "charset.hpp"

namespace sansmtp {

// One extension that a server announces beside those it has built in. Views and spans outlive the session.
struct extension {
    std::string_view keyword;                               // EHLO keyword
    std::string_view arguments = {};                        // behind the keyword in the EHLO line
    std::span<const std::string_view> mail_parameters = {}; // keywords allowed on MAIL
    std::span<const std::string_view> rcpt_parameters = {}; // keywords allowed on RCPT
    std::span<const std::string_view> verbs = {};           // commands that become requests

    // True if keyword and arguments may stand in an EHLO line [RFC 5321 4.1.1.1].
    constexpr bool valid() const noexcept {
        return !keyword.empty() && chars::let_dig.contains(keyword.front()) && chars::ldh.all(keyword) &&
               (chars::graphic | chars::blank).all(arguments) && arguments.find('\t') == std::string_view::npos &&
               keyword.size() + arguments.size() <= 500;
    }
};

namespace detail {

constexpr bool has_word(std::span<const std::string_view> words, std::string_view word) noexcept {
    for (const std::string_view w : words)
        if (iequal(w, word)) return true;
    return false;
}

} // namespace detail

} // namespace sansmtp
