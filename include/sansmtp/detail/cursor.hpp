// A place in a text that is being parsed, with the rules it is read by. Every grammar function takes a cursor, moves it
// behind what it took, and leaves it at the offending octet when it fails.
#pragma once

#include <cstddef>
#include <string_view>

#include "../charset.hpp"
#include "../error.hpp"
#include "../limits.hpp"
#include "utf8.hpp"

namespace sansmtp::detail {

struct cursor {
    std::string_view text;
    leniency allow = strict();
    bool utf8 = false;
    std::size_t at = 0;
    leniency used = {};

    constexpr cursor(std::string_view whole, const syntax& how) noexcept
        : text(whole), allow(how.allow), utf8(how.utf8) {}

    constexpr bool done() const noexcept { return at >= text.size(); }
    // The octet here; NUL at the end, which no grammar has.
    constexpr char peek() const noexcept { return done() ? '\0' : text[at]; }
    constexpr std::string_view rest() const noexcept { return text.substr(at); }
    constexpr std::string_view since(std::size_t start) const noexcept { return text.substr(start, at - start); }
    constexpr parse_error fail(errc code) const noexcept { return {code, at}; }
    constexpr parse_error fail(errc code, std::size_t offset) const noexcept { return {code, offset}; }

    constexpr bool take(char c) noexcept {
        if (peek() != c || done()) return false;
        ++at;
        return true;
    }

    // Takes `word` in any case of its ASCII letters.
    constexpr bool take_word(std::string_view word) noexcept {
        if (!iequal(text.substr(at, word.size()), word)) return false;
        at += word.size();
        return true;
    }

    constexpr std::string_view take_all(charset set) noexcept {
        const std::size_t start = at;
        at = set.skip(text, at);
        return since(start);
    }

    // Takes one octet of `set`, or one whole non-ASCII character where those are allowed. Fails with errc::none if the
    // octet is simply not of the set, so that the caller names what it missed.
    constexpr bool take_char(charset set, errc& why) noexcept {
        if (!done() && set.contains(text[at])) return ++at, true;
        if (done() || !chars::high.contains(text[at])) return false;
        const std::size_t length = utf8_non_ascii(rest());
        if (utf8 && length != 0) return at += length, true;
        if (!utf8 && allow.eight_bit) return used.eight_bit = true, ++at, true;
        why = utf8 ? errc::bad_utf8 : errc::eight_bit;
        return false;
    }
};

} // namespace sansmtp::detail
