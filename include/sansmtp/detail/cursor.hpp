// A place in a text that is being parsed, with the rules it is read by. Every grammar function takes a cursor, moves it
// behind what it took, and leaves it at the offending octet when it fails.
#pragma once

#include <cstddef>
#include <string_view>

#include "../charset.hpp"
#include "../error.hpp"
#include "../limits.hpp"
#include "octets.hpp"
#include "utf8.hpp"

namespace sansmtp::detail {

struct cursor {
    std::string_view text;
    leniency allow = strict();
    bool utf8 = false;
    std::size_t at = 0;
    leniency used = {};
    bool saw_high = false; // text that is not ASCII was taken

    constexpr cursor(std::string_view whole, const syntax& how) noexcept
        : text(whole), allow(how.allow), utf8(how.utf8) {}

    constexpr bool done() const noexcept { return at >= text.size(); }
    // True at a blank and at the end: what ends a word.
    constexpr bool at_blank() const noexcept { return done() || chars::blank.contains(text[at]); }
    // The octet here; NUL at the end, which no grammar has.
    constexpr char peek() const noexcept { return done() ? '\0' : text[at]; }
    constexpr std::string_view rest() const noexcept { return {text.data() + at, text.size() - at}; }
    constexpr std::string_view since(std::size_t start) const noexcept { return {text.data() + start, at - start}; }
    constexpr parse_error fail(errc code) const noexcept { return {code, at}; }
    constexpr parse_error fail(errc code, std::size_t offset) const noexcept { return {code, offset}; }

    constexpr bool take(char c) noexcept {
        if (done() || text[at] != c) return false;
        ++at;
        return true;
    }

    // Takes a word in any case of its ASCII letters.
    template <fixed_word Word>
    constexpr bool take_word() noexcept {
        if (!stands_at<Word>(text, at)) return false;
        at += Word.size;
        return true;
    }

    constexpr std::string_view take_all(charset set) noexcept {
        const std::size_t start = at;
        at = set.skip(text, at);
        return since(start);
    }

    // Takes octets of `set`, and whole non-ASCII characters where those are allowed, as many as there are. Fails only at
    // one that is not ASCII and may not stand there.
    constexpr errc take_run(charset set) noexcept {
        at = set.skip(text, at);
        return done() || !chars::high.contains(text[at]) ? errc::none : take_run_behind_high(set);
    }

    [[gnu::noinline]] constexpr errc take_run_behind_high(charset set) noexcept {
        errc why = errc::none;
        while (chars::high.contains(peek()) && take_high(why)) at = set.skip(text, at);
        return why;
    }

    // Takes one octet of `set`, or one whole non-ASCII character where those are allowed. Leaves `why` alone if the octet
    // is simply not of the set, so that the caller names what it missed.
    constexpr bool take_char(charset set, errc& why) noexcept {
        if (done()) return false;
        if (set.contains(text[at])) return ++at, true;
        return chars::high.contains(text[at]) && take_high(why);
    }

    // Takes a non-ASCII character, or says why it may not stand here.
    [[gnu::noinline]] constexpr bool take_high(errc& why) noexcept {
        const std::size_t length = utf8_non_ascii(rest());
        saw_high = true;
        if (utf8 && length != 0) return at += length, true;
        if (!utf8 && allow.eight_bit) return used.eight_bit = true, ++at, true;
        why = utf8 ? errc::bad_utf8 : errc::eight_bit;
        return false;
    }
};

} // namespace sansmtp::detail
