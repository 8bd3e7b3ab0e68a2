// ESMTP parameters of MAIL and RCPT [RFC 5321 4.1.2]: keyword[=value], separated by single spaces.
//
// A `parameters` is a view of text that was checked once: every keyword and value fits the grammar, no keyword stands
// twice, and what the library knows belongs to the command and has a value that fits. Foreign keywords are kept for the
// caller. Values are never changed: whoever asks for one gets the octets that came, and xtext is decoded as it is read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "detail/cursor.hpp"
#include "detail/text_iterator.hpp"
#include "parameter_values.hpp"
#include "result.hpp"

namespace sansmtp {

struct parameter {
    std::string_view keyword; // as it came: compare with iequal
    std::string_view value;
    bool has_value = false;

    friend constexpr bool operator==(const parameter&, const parameter&) noexcept = default;
};

namespace detail {

struct parameters_access;

inline constexpr std::size_t max_parameters = 64; // so that the test for duplicates stays linear

// The parameters of a checked list, and the blanks between them.
struct parameter_items {
    using value_type = parameter;

    static constexpr parameter front(std::string_view rest) noexcept {
        const std::size_t end = chars::visible.skip(rest);
        const std::size_t word = chars::ldh.skip(rest);
        if (word == end) return {rest.substr(0, end), {}, false};
        return {rest.substr(0, word), rest.substr(word + 1, end - word - 1), true};
    }
    static constexpr std::size_t step(std::string_view rest) noexcept {
        return chars::blank.skip(rest, chars::visible.skip(rest));
    }
};

} // namespace detail

class parameters : public detail::text_items<detail::parameter_items> {
    // First of all, since clang 14 does not find it further down.
    template <class T>
    constexpr std::optional<T> typed(known_parameter which, errc (*take)(detail::cursor&, T&) noexcept) const noexcept {
        if (!has(which)) return std::nullopt;
        leniency all = legacy(); // it was checked when the list was parsed
        all.eight_bit = true;
        detail::cursor c(find(name(which))->value, syntax{all, false});
        T found{};
        take(c, found);
        return found;
    }

public:
    constexpr parameters() noexcept = default;

    // The parameter of that name in any case; the first one if a leniency let it stand twice.
    constexpr std::optional<parameter> find(std::string_view keyword) const noexcept {
        const known_parameter known = find_parameter(keyword);
        if (known != known_parameter::foreign && !has(known)) return std::nullopt;
        for (const parameter p : *this)
            if (iequal(p.keyword, keyword)) return p;
        return std::nullopt;
    }
    constexpr bool has(known_parameter which) const noexcept {
        return (known_ >> static_cast<unsigned>(which) & 1U) != 0;
    }

    // What each parameter says; nothing if it is not there. First those of MAIL.
    // clang-format off
    constexpr std::optional<std::uint64_t>      size()        const noexcept { return typed(known_parameter::size, detail::take_size); } // octets; the largest number: over 64 bits
    constexpr std::optional<body_type>          body()        const noexcept { return typed(known_parameter::body, detail::take_body); }
    constexpr bool                              smtputf8()    const noexcept { return has(known_parameter::smtputf8); }
    constexpr std::optional<dsn_ret>            ret()         const noexcept { return typed(known_parameter::ret, detail::take_ret); }
    constexpr std::optional<xtext>              envid()       const noexcept { return typed(known_parameter::envid, detail::take_envid); }
    constexpr std::optional<encoded_mailbox>    auth()        const noexcept { return typed(known_parameter::auth, detail::take_auth); }
    constexpr bool                              requiretls()  const noexcept { return has(known_parameter::requiretls); }
    constexpr std::optional<deliver_by>         by()          const noexcept { return typed(known_parameter::by, detail::take_by); }
    constexpr std::optional<std::uint32_t>      holdfor()     const noexcept { return typed(known_parameter::holdfor, detail::take_holdfor); } // seconds
    constexpr std::optional<date_time>          holduntil()   const noexcept { return typed(known_parameter::holduntil, detail::take_holduntil); }
    constexpr std::optional<std::int8_t>        mt_priority() const noexcept { return typed(known_parameter::mt_priority, detail::take_priority); } // -9 to 9
    constexpr std::optional<tracking>           mtrk()        const noexcept { return typed(known_parameter::mtrk, detail::take_mtrk); }
    constexpr std::optional<solicitation_words> solicit()     const noexcept { return typed(known_parameter::solicit, detail::take_solicit); }
    constexpr std::optional<encoded_mailbox>    submitter()   const noexcept { return typed(known_parameter::submitter, detail::take_submitter); }
    constexpr std::optional<xtext>              transid()     const noexcept { return typed(known_parameter::transid, detail::take_transid); }
    constexpr bool                              conperm()     const noexcept { return has(known_parameter::conperm); }
    // And those of RCPT.
    constexpr std::optional<dsn_notify>         notify()      const noexcept { return typed(known_parameter::notify, detail::take_notify); }
    constexpr std::optional<original_recipient> orcpt()       const noexcept { return typed(known_parameter::orcpt, detail::take_orcpt); }
    constexpr std::optional<required_since>     rrvs()        const noexcept { return typed(known_parameter::rrvs, detail::take_rrvs); }
    constexpr bool                              conneg()      const noexcept { return has(known_parameter::conneg); }
    // clang-format on

    // True if both have the same parameters in the same order, keywords in any case.
    friend constexpr bool operator==(const parameters& a, const parameters& b) noexcept {
        iterator x = a.begin();
        iterator y = b.begin();
        for (; x != a.end() && y != b.end(); ++x, ++y) {
            const parameter p = *x;
            const parameter q = *y;
            if (!iequal(p.keyword, q.keyword) || p.value != q.value || p.has_value != q.has_value) return false;
        }
        return x == a.end() && y == b.end();
    }

private:
    friend struct detail::parameters_access;
    constexpr parameters(std::string_view text, std::uint32_t known) noexcept : text_items(text), known_(known) {}

    std::uint32_t known_ = 0; // one bit for each known_parameter that is there
};

namespace detail {

struct parameters_access {
    static constexpr parameters make(std::string_view text, std::uint32_t known) noexcept {
        return parameters(text, known);
    }
};

// The keywords of a list so far: a bit for each known one, and the others by number and place.
struct seen_keywords {
    struct foreign_keyword {
        std::uint64_t key;
        std::size_t start, size;
    };

    std::uint32_t known = 0;
    std::size_t count = 0;
    std::size_t foreign_count = 0;
    std::array<foreign_keyword, max_parameters> foreign; // filled as far as it is read

    constexpr bool has(known_parameter which) const noexcept {
        return (known >> static_cast<unsigned>(which) & 1U) != 0;
    }

    // Notes a keyword; true if it was there before.
    constexpr bool repeats(known_parameter which, std::uint64_t key, std::string_view text, std::size_t start,
                           std::size_t size) noexcept {
        if (which != known_parameter::foreign) {
            const bool before = has(which);
            known |= std::uint32_t{1} << static_cast<unsigned>(which);
            return before;
        }
        for (std::size_t i = 0; i < foreign_count; ++i)
            if (foreign[i].key == key &&
                iequal(text.substr(foreign[i].start, foreign[i].size), text.substr(start, size)))
                return true;
        foreign[foreign_count++] = {key, start, size};
        return false;
    }
};

// The value of a parameter that the library knows; it must be used up.
constexpr errc take_known_value(cursor& c, known_parameter which) noexcept {
    const auto take = [&c]<class T>(errc (*rule)(cursor&, T&) noexcept) {
        T found{};
        return rule(c, found);
    };
    switch (which) {
    // clang-format off
    case known_parameter::size:        return take(take_size);
    case known_parameter::body:        return take(take_body);
    case known_parameter::ret:         return take(take_ret);
    case known_parameter::envid:       return take(take_envid);
    case known_parameter::auth:        return take(take_auth);
    case known_parameter::by:          return take(take_by);
    case known_parameter::holdfor:     return take(take_holdfor);
    case known_parameter::holduntil:   return take(take_holduntil);
    case known_parameter::mt_priority: return take(take_priority);
    case known_parameter::mtrk:        return take(take_mtrk);
    case known_parameter::solicit:     return take(take_solicit);
    case known_parameter::submitter:   return take(take_submitter);
    case known_parameter::transid:     return take(take_transid);
    case known_parameter::notify:      return take(take_notify);
    case known_parameter::orcpt:       return take(take_orcpt);
    case known_parameter::rrvs:        return take(take_rrvs);
    default:                           return errc::none;
        // clang-format on
    }
}

// esmtp-value = 1*(%d33-60 / %d62-126 / UTF8-non-ascii), which must end at a blank or the end of the text.
constexpr errc take_any_value(cursor& c) noexcept {
    const std::size_t start = c.at;
    for (;;) {
        if (const errc e = c.take_run(chars::esmtp_value); e != errc::none) return e;
        if (c.peek() != '=') break;
        if (!may_hold_equals(c)) return errc::bad_parameter;
        ++c.at;
    }
    if (!c.at_blank()) return errc::bad_parameter;
    return c.at == start ? errc::bad_value : errc::none;
}

// What is wrong with a value that its own rule stopped in: that it is no esmtp-value at all comes first.
[[gnu::noinline]] constexpr errc unfit_value(cursor& c, std::size_t start, errc why) noexcept {
    const std::size_t stopped = c.at;
    c.at = start;
    const errc any = take_any_value(c);
    if (any != errc::none && any != errc::bad_value) return any;
    c.at = stopped;
    return why;
}

// ["=" esmtp-value] behind the keyword of a parameter that is known or foreign.
constexpr errc take_value(cursor& c, known_parameter which) noexcept {
    const errc bad = which == known_parameter::mt_priority ? errc::bad_priority : errc::bad_value;
    const bool known = which != known_parameter::foreign;
    if (c.peek() != '=') return known && rule_of(which).has_value ? bad : errc::none;
    if (known && !rule_of(which).has_value) return bad;
    const std::size_t start = ++c.at;
    if (!known) return take_any_value(c);
    const errc why = take_known_value(c, which);
    if (why == errc::none && c.at != start && c.at_blank()) return errc::none;
    return unfit_value(c, start, why == errc::none ? bad : why);
}

// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-"); its number is found on the way.
constexpr errc take_keyword(cursor& c, std::uint64_t& key) noexcept {
    key = 0;
    if (!chars::let_dig.contains(c.peek())) return errc::bad_parameter;
    std::size_t at = c.at;
    for (; at < c.text.size() && chars::ldh.contains(c.text[at]); ++at) key = folded(key, c.text[at]);
    c.at = at;
    return c.at_blank() || c.text[c.at] == '=' ? errc::none : errc::bad_parameter;
}

// esmtp-param = esmtp-keyword ["=" esmtp-value]
constexpr errc take_parameter(cursor& c, parameters_of command, seen_keywords& seen) noexcept {
    const std::size_t start = c.at;
    std::uint64_t key = 0;
    if (const errc e = take_keyword(c, key); e != errc::none) return e;
    const std::string_view word = c.since(start);
    const known_parameter which = with_key(key, word);
    if (++seen.count > max_parameters) return c.at = start, errc::bad_parameter;
    if (which != known_parameter::foreign && rule_of(which).of != command) return c.at = start, errc::unknown_parameter;
    if (seen.repeats(which, key, c.text, start, word.size())) {
        const bool priority = which == known_parameter::mt_priority;
        if (!c.allow.duplicate_parameter)
            return c.at = start, priority ? errc::bad_priority : errc::duplicate_parameter;
        c.used.duplicate_parameter = true;
    }
    if (seen.has(known_parameter::holdfor) && seen.has(known_parameter::holduntil))
        return c.at = start, errc::duplicate_parameter;
    return take_value(c, which);
}

// SP, or with `several_spaces` any blanks.
constexpr bool take_blanks(cursor& c) noexcept {
    const std::size_t start = c.at;
    c.at = chars::blank.skip(c.text, c.at);
    if (c.at == start + 1 && c.text[start] == ' ') return true;
    if (c.at != start && c.allow.several_spaces) return c.used.several_spaces = true;
    return c.at = start, false;
}

// esmtp-param *(SP esmtp-param), to the end of the text.
constexpr errc take_parameters(cursor& c, parameters_of command, parameters& found) noexcept {
    const std::size_t start = c.at;
    seen_keywords seen;
    do {
        if (const errc e = take_parameter(c, command, seen); e != errc::none) return e;
    } while (!c.done() && take_blanks(c));
    if (!c.done()) return errc::bad_parameter;
    found = parameters_access::make(c.since(start), seen.known);
    return errc::none;
}

} // namespace detail

// Parses a parameter list, for example "SIZE=1000 BODY=8BITMIME"; the empty text is the empty list.
// Fails with bad_parameter, unknown_parameter (it belongs to the other command), duplicate_parameter, bad_value,
// bad_priority, number_too_large, eight_bit or bad_utf8; lists of over 64 parameters are bad as well. [RFC 5321 4.1.2]
constexpr result<parameters> parse_parameters(std::string_view text, parameters_of command, const syntax& how = {},
                                              leniency* used = nullptr) noexcept {
    const auto take = [command](detail::cursor& c, parameters& found) {
        return c.done() ? errc::none : detail::take_parameters(c, command, found);
    };
    return detail::parse_whole<parameters>(text, how, used, errc::bad_parameter, take);
}

} // namespace sansmtp
