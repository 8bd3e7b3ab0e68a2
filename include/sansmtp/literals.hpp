// Literals that the compiler checks: "bob@example.org"_mailbox, "<bob@example.org>"_path, "mx.example.org"_domain,
// "550 5.1.1 No such user"_reply, "VRFY bob"_command.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "command.hpp"
#include "mailbox.hpp"
#include "reply.hpp"

namespace sansmtp {

namespace detail {

// Not constexpr: where the compiler complains about a call of these, the literal is wrong.
void the_domain_literal_is_not_a_domain();
void the_mailbox_literal_is_not_a_mailbox();
void the_path_literal_is_not_a_path();
void the_command_literal_is_not_a_command();

// "code [enhanced] text", as on the wire but without CRLF; '\n' separates lines of text. An enhanced code of another class
// than the code is a slip, not text.
constexpr result<reply> read_reply(std::string_view text) noexcept {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto first = parse_reply_line(line);
    if (!first || !first->last) return errc::bad_reply;
    std::size_t skip = 0;
    const auto enhanced = find_enhanced_code(first->code, first->text, skip);
    for (const unsigned code : {200U, 400U, 500U})
        if (std::size_t length = 0; !enhanced && find_enhanced_code(code, first->text, length))
            return errc::illegal_code;
    return reply::make(first->code, enhanced.value_or(enhanced_code{}),
                       text.substr(line.size() - first->text.size() + skip));
}

} // namespace detail

inline namespace literals {

consteval domain operator""_domain(const char* text, std::size_t length) {
    const auto parsed = parse_domain({text, length});
    if (!parsed) detail::the_domain_literal_is_not_a_domain();
    return *parsed;
}

consteval mailbox operator""_mailbox(const char* text, std::size_t length) {
    const auto parsed = parse_mailbox({text, length});
    if (!parsed) detail::the_mailbox_literal_is_not_a_mailbox();
    return *parsed;
}

// With or without brackets; "" and "<>" are the null path.
consteval path operator""_path(const char* text, std::size_t length) {
    if (length == 0) return {};
    leniency allow = strict();
    allow.missing_brackets = true;
    const auto parsed = parse_path({text, length}, {allow});
    if (!parsed) detail::the_path_literal_is_not_a_path();
    return *parsed;
}

consteval reply operator""_reply(const char* text, std::size_t length) {
    const auto parsed = detail::read_reply({text, length});
    if (!parsed) detail::the_reply_literal_is_not_a_valid_reply();
    return *parsed;
}

// Without CRLF, to the letter of the grammar. An unknown verb is none: it may be a slip. Keep it in a constexpr variable:
// clang 14 loses the alternative of a variant that an immediate function returns into any other.
consteval command operator""_command(const char* text, std::size_t length) {
    const auto parsed = parse_command({text, length});
    if (!parsed || std::holds_alternative<cmd::other>(*parsed)) detail::the_command_literal_is_not_a_command();
    return *parsed;
}

} // namespace literals

} // namespace sansmtp
