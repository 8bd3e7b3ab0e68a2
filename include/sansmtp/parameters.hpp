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

    friend constexpr bool operator==(const parameter& a, const parameter& b) noexcept {
        return iequal(a.keyword, b.keyword) && a.value == b.value && a.has_value == b.has_value;
    }
};

namespace detail {

struct parameters_access;

inline constexpr std::size_t max_parameters = 64; // so that the test for duplicates stays linear

// The parameters of a checked list.
struct parameter_items : blank_separated {
    using value_type = parameter;
    static constexpr parameter read(std::string_view item) noexcept {
        const std::size_t word = chars::ldh.skip(item);
        if (word == item.size()) return {item, {}, false};
        return {item.substr(0, word), item.substr(word + 1), true};
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
    constexpr bool has(known_parameter which) const noexcept { return (known_ & detail::bit_of(which)) != 0; }

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
        return detail::same_items(a, b);
    }

private:
    friend struct detail::parameters_access;
    constexpr parameters(std::string_view text, std::uint32_t known, bool canonical) noexcept
        : text_items(text), known_(known), canonical_(canonical) {}

    std::uint32_t known_ = 0; // one bit for each known_parameter that is there
    bool canonical_ = false;  // the text is as it would be written; false also where nobody looked
};

namespace detail {

struct parameters_access {
    static constexpr parameters make(std::string_view text, std::uint32_t known, bool canonical) noexcept {
        return {text, known, canonical};
    }
    static constexpr bool is_canonical(const parameters& p) noexcept { return p.canonical_; }
    static constexpr std::uint32_t known(const parameters& p) noexcept { return p.known_; }
};

// A number that is the same for every case of a keyword's letters. Few keywords have the same one.
constexpr std::uint64_t folded(std::string_view keyword) noexcept {
    std::uint64_t key = 0;
    for (const char c : keyword) key = (key << 8 | key >> 56) ^ static_cast<unsigned char>(to_upper(c));
    return key;
}

// A bit for each known parameter whose rule is so.
template <class Is>
constexpr std::uint32_t parameters_where(Is is) noexcept {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < parameter_rules.size(); ++i)
        if (is(parameter_rules[i])) all |= std::uint32_t{1} << i;
    return all;
}

// The keywords of a list so far: a bit for each known one, and the others by number and place.
struct seen_keywords {
    struct foreign_keyword {
        std::uint64_t key;
        const char* octets;
        std::size_t size;
    };

    std::uint32_t known = 0;
    bool canonical = true; // all of them are in upper case
    std::size_t count = 0;
    std::size_t foreign_count = 0;
    std::array<foreign_keyword, max_parameters> foreign; // filled as far as it is read

    // Note a keyword; true if it was there before.
    constexpr bool repeats(known_parameter which) noexcept {
        const std::uint32_t before = known;
        known |= bit_of(which);
        return known == before;
    }
    constexpr bool repeats(std::string_view word) noexcept {
        const std::uint64_t key = folded(word);
        for (std::size_t i = 0; i < foreign_count; ++i)
            if (foreign[i].key == key && iequal({foreign[i].octets, foreign[i].size}, word)) return true;
        foreign[foreign_count++] = {key, word.data(), word.size()};
        return false;
    }

    // HOLDFOR and HOLDUNTIL exclude each other [RFC 4865 4.2].
    constexpr bool excluded() const noexcept {
        constexpr std::uint32_t both = bit_of(known_parameter::holdfor) | bit_of(known_parameter::holduntil);
        return (known & both) == both;
    }
};

// The parameters of RCPT, and those that have a value.
inline constexpr std::uint32_t rcpt_parameters =
    parameters_where([](const parameter_rule& r) { return r.of == parameters_of::rcpt; });
inline constexpr std::uint32_t valued_parameters =
    parameters_where([](const parameter_rule& r) { return r.has_value; });

// A rule of parameter_values.hpp, for what it takes and not for what it finds.
template <class T, errc (*Rule)(cursor&, T&) noexcept>
constexpr errc take_value(cursor& c) noexcept {
    T found{};
    return Rule(c, found);
}
constexpr errc take_nothing(cursor&) noexcept { return errc::bad_value; }

// The rules of the values, in the order of known_parameter.
// clang-format off
inline constexpr std::array<errc (*)(cursor&) noexcept, parameter_rules.size()> value_rules{
    take_nothing,
    take_value<std::uint64_t, take_size>,
    take_value<body_type, take_body>,
    take_nothing, // SMTPUTF8
    take_value<dsn_ret, take_ret>,
    take_value<xtext, take_envid>,
    take_value<encoded_mailbox, take_auth>,
    take_nothing, // REQUIRETLS
    take_value<deliver_by, take_by>,
    take_value<std::uint32_t, take_holdfor>,
    take_value<date_time, take_holduntil>,
    take_value<std::int8_t, take_priority>,
    take_value<tracking, take_mtrk>,
    take_value<solicitation_words, take_solicit>,
    take_value<encoded_mailbox, take_submitter>,
    take_value<xtext, take_transid>,
    take_nothing, // CONPERM
    take_value<dsn_notify, take_notify>,
    take_value<original_recipient, take_orcpt>,
    take_value<required_since, take_rrvs>,
    take_nothing, // CONNEG
};
// clang-format on

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

// ["=" esmtp-value] behind the keyword of a parameter that the library knows.
constexpr errc take_known_value(cursor& c, known_parameter which) noexcept {
    const errc bad = which == known_parameter::mt_priority ? errc::bad_priority : errc::bad_value;
    const bool has_value = (valued_parameters & bit_of(which)) != 0;
    if (c.peek() != '=') return has_value ? bad : errc::none;
    if (!has_value) return bad;
    const std::size_t start = ++c.at;
    const errc why = value_rules[static_cast<std::size_t>(which)](c);
    if (why == errc::none && c.at != start && c.at_blank()) return errc::none;
    return unfit_value(c, start, why == errc::none ? bad : why);
}

// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
[[gnu::always_inline]] constexpr errc take_keyword(cursor& c, bool& canonical) noexcept {
    if (!chars::let_dig.contains(c.peek())) return errc::bad_parameter;
    c.at = chars::upper_ldh.skip_here(c.text, c.at);
    if (c.peek() == '=') return errc::none;
    const std::size_t upper = c.at;
    c.at = chars::ldh.skip(c.text, c.at);
    canonical &= c.at == upper;
    return c.peek() == '=' || c.at_blank() ? errc::none : errc::bad_parameter;
}

// What nearly every keyword is: one that the library knows, of up to seven octets, with "=" behind it. It is taken, with
// nothing but a look at eight octets, or nothing is.
[[gnu::always_inline]] constexpr known_parameter take_usual_keyword(cursor& c, bool& canonical) noexcept {
    if (c.text.size() - c.at < 8) return known_parameter::foreign;
    const std::uint64_t octets = load8(c.text.data() + c.at);
    const std::uint64_t equals = any_under(octets ^ every_octet * '=', 1); // its lowest bit is exact
    if (equals == 0) return known_parameter::foreign;
    const std::size_t size = first_bit(equals) / 8;
    const known_parameter which = find_parameter_here({c.text.data() + c.at, size});
    if (which == known_parameter::foreign) return which;
    // lower-case letters are what has both of these bits, among all that keywords are made of
    const std::uint64_t lower = (octets << 1 & octets) & every_octet * 0x40;
    canonical &= (lower & ((std::uint64_t{1} << size * 8) - 1)) == 0;
    c.at += size;
    return which;
}

// What a keyword that stands twice is told, or the leniency to let it stand.
[[gnu::noinline]] constexpr errc admit_duplicate(cursor& c, std::size_t start, errc code) noexcept {
    if (!c.allow.duplicate_parameter) return c.at = start, code;
    c.used.duplicate_parameter = true;
    return errc::none;
}

// esmtp-param of a keyword that the library does not know; the cursor stands behind it.
[[gnu::noinline]] constexpr errc take_foreign(cursor& c, std::size_t start, seen_keywords& seen) noexcept {
    if (seen.repeats(c.since(start)))
        if (const errc e = admit_duplicate(c, start, errc::duplicate_parameter); e != errc::none) return e;
    return c.take('=') ? take_any_value(c) : errc::none;
}

// esmtp-param = esmtp-keyword ["=" esmtp-value]
[[gnu::always_inline]] constexpr errc take_parameter(cursor& c, parameters_of command, seen_keywords& seen) noexcept {
    const std::size_t start = c.at;
    known_parameter which = take_usual_keyword(c, seen.canonical);
    if (which == known_parameter::foreign) {
        if (const errc e = take_keyword(c, seen.canonical); e != errc::none) return e;
        which = find_parameter(c.since(start));
    }
    if (++seen.count > max_parameters) return c.at = start, errc::bad_parameter;
    if (which == known_parameter::foreign) return take_foreign(c, start, seen);
    if (((rcpt_parameters & bit_of(which)) != 0) != (command == parameters_of::rcpt))
        return c.at = start, errc::unknown_parameter;
    if (seen.repeats(which)) {
        const errc twice = which == known_parameter::mt_priority ? errc::bad_priority : errc::duplicate_parameter;
        if (const errc e = admit_duplicate(c, start, twice); e != errc::none) return e;
    }
    if (seen.excluded()) return c.at = start, errc::duplicate_parameter;
    return take_known_value(c, which);
}

// With `several_spaces` any blanks.
[[gnu::noinline]] constexpr bool take_several_blanks(cursor& c) noexcept {
    const std::size_t end = chars::blank.skip(c.text, c.at);
    if (end == c.at || !c.allow.several_spaces) return false;
    c.at = end;
    return c.used.several_spaces = true;
}

// SP, or what a leniency takes for one.
[[gnu::always_inline]] constexpr bool take_blanks(cursor& c) noexcept {
    const bool single = c.peek() == ' ' && (c.at + 1 == c.text.size() || !chars::blank.contains(c.text[c.at + 1]));
    if (!single) return take_several_blanks(c);
    ++c.at;
    return true;
}

// esmtp-param *(SP esmtp-param), to the end of the text.
constexpr errc take_parameters(cursor& c, parameters_of command, parameters& found) noexcept {
    const std::size_t start = c.at;
    seen_keywords seen;
    do {
        if (const errc e = take_parameter(c, command, seen); e != errc::none) return e;
    } while (!c.done() && take_blanks(c));
    if (!c.done()) return errc::bad_parameter;
    found = parameters_access::make(c.since(start), seen.known, seen.canonical && !c.used.several_spaces);
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
