// The parameters that MAIL and RCPT can have, and what their values say: one type and one grammar rule for each.
//
// The rules are those of the RFC named with each; keywords inside values are read in any case. A rule takes what fits and
// leaves the cursor at the first octet that does not; that nothing is left is for the caller to see.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "base64.hpp"
#include "detail/date_time.hpp"
#include "detail/decimal.hpp"
#include "detail/keyword_table.hpp"
#include "mailbox.hpp"
#include "xtext.hpp"

namespace sansmtp {

// The command that parameters belong to; the same keyword may mean nothing to the other one.
enum class parameters_of : std::uint8_t { mail, rcpt };

// The parameters whose values the library understands, in the order in which it writes them; `foreign` is any other.
enum class known_parameter : std::uint8_t {
    foreign,
    size,
    body,
    smtputf8,
    ret,
    envid,
    auth,
    requiretls,
    by,
    holdfor,
    holduntil,
    mt_priority,
    mtrk,
    solicit,
    submitter,
    transid,
    conperm,
    notify,
    orcpt,
    rrvs,
    conneg,
};

namespace detail {

struct parameter_rule {
    std::string_view keyword;
    parameters_of of;
    bool has_value;
};

// clang-format off
inline constexpr std::array<parameter_rule, 21> parameter_rules{{
    {"",            parameters_of::mail, true},
    {"SIZE",        parameters_of::mail, true}, // RFC 1870
    {"BODY",        parameters_of::mail, true}, // RFC 6152, RFC 3030
    {"SMTPUTF8",    parameters_of::mail, false}, // RFC 6531
    {"RET",         parameters_of::mail, true}, // RFC 3461 4.3
    {"ENVID",       parameters_of::mail, true}, // RFC 3461 4.4
    {"AUTH",        parameters_of::mail, true}, // RFC 4954 5
    {"REQUIRETLS",  parameters_of::mail, false}, // RFC 8689
    {"BY",          parameters_of::mail, true}, // RFC 2852
    {"HOLDFOR",     parameters_of::mail, true}, // RFC 4865
    {"HOLDUNTIL",   parameters_of::mail, true}, // RFC 4865
    {"MT-PRIORITY", parameters_of::mail, true}, // RFC 6710
    {"MTRK",        parameters_of::mail, true}, // RFC 3885
    {"SOLICIT",     parameters_of::mail, true}, // RFC 3865
    {"SUBMITTER",   parameters_of::mail, true}, // RFC 4405
    {"TRANSID",     parameters_of::mail, true}, // RFC 1845
    {"CONPERM",     parameters_of::mail, false}, // RFC 4141
    {"NOTIFY",      parameters_of::rcpt, true}, // RFC 3461 4.1
    {"ORCPT",       parameters_of::rcpt, true}, // RFC 3461 4.2
    {"RRVS",        parameters_of::rcpt, true}, // RFC 7293
    {"CONNEG",      parameters_of::rcpt, false}, // RFC 4141
}};
// clang-format on

constexpr const parameter_rule& rule_of(known_parameter which) noexcept {
    return parameter_rules[static_cast<std::size_t>(which)];
}

constexpr std::uint32_t bit_of(known_parameter which) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(which);
}

inline constexpr keyword_table<parameter_rules.size() - 1> parameter_names([] {
    std::array<std::string_view, parameter_rules.size() - 1> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = parameter_rules[i + 1].keyword;
    return names;
}());

// See find_parameter; without a call.
[[gnu::always_inline]] constexpr known_parameter find_parameter_here(std::string_view keyword) noexcept {
    const std::size_t i = parameter_names.find_here(keyword);
    return i == parameter_rules.size() - 1 ? known_parameter::foreign : static_cast<known_parameter>(i + 1);
}

} // namespace detail

// The keyword in upper case; empty for `foreign`.
constexpr std::string_view name(known_parameter which) noexcept { return detail::rule_of(which).keyword; }

// The parameter of that keyword in any case; `foreign` if it is none of them.
constexpr known_parameter find_parameter(std::string_view keyword) noexcept {
    return detail::find_parameter_here(keyword);
}

// What refuses a parameter that was not announced: 504 where its RFC says so, else 555. [RFC 5321 4.1.1.11, RFC 4141]
constexpr errc not_announced(known_parameter which) noexcept {
    const bool conversion = which == known_parameter::conperm || which == known_parameter::conneg;
    return conversion ? errc::unsupported_parameter : errc::unknown_parameter;
}

// BODY= [RFC 6152, RFC 3030]
enum class body_type : std::uint8_t { seven_bit, eight_bit_mime, binary_mime };

// RET=: what of the message a report brings back. [RFC 3461 4.3]
enum class dsn_ret : std::uint8_t { full, headers };

// NOTIFY=: on what to report; on none of them: NEVER. [RFC 3461 4.1]
struct dsn_notify {
    bool success = false;
    bool failure = false;
    bool delay = false;

    constexpr bool never() const noexcept { return !success && !failure && !delay; }
    friend constexpr bool operator==(const dsn_notify&, const dsn_notify&) noexcept = default;
};

// ORCPT=: the address that the sender gave. [RFC 3461 4.2]
struct original_recipient {
    std::string_view addr_type; // "rfc822", "utf-8", ...
    xtext address;

    friend constexpr bool operator==(const original_recipient& a, const original_recipient& b) noexcept {
        return iequal(a.addr_type, b.addr_type) && a.address == b.address;
    }
};

// What to do when the time of BY= is over.
enum class by_mode : std::uint8_t { notify, bounce }; // "N", "R"

// BY= [RFC 2852]
struct deliver_by {
    std::int32_t seconds = 0; // -999999999 to 999999999; over 0 with `bounce`
    by_mode mode = by_mode::notify;
    bool trace = false; // "T"

    friend constexpr bool operator==(const deliver_by&, const deliver_by&) noexcept = default;
};

// RRVS= [RFC 7293]
struct required_since {
    date_time when;
    bool go_on_without = false; // "C": deliver where the next host lacks the extension; "R", and the default: do not

    friend constexpr bool operator==(const required_since&, const required_since&) noexcept = default;
};

// MTRK= [RFC 3885]
struct tracking {
    std::string_view certifier;                // base64, as it came
    std::optional<std::uint32_t> timeout = {}; // seconds

    friend constexpr bool operator==(const tracking&, const tracking&) noexcept = default;
};

namespace detail {
// SOLICIT= is words with commas between them.
struct comma_words : comma_separated {
    using value_type = std::string_view;
    static constexpr std::string_view read(std::string_view item) noexcept { return item; }
};
struct values_access;

inline constexpr std::size_t max_encoded_mailbox = 384; // decoded: 128 + "@" + 255
} // namespace detail

// SOLICIT= [RFC 3865]
using solicitation_words = detail::text_items<detail::comma_words>;

// AUTH= and SUBMITTER=: a mailbox in xtext, or "<>" in AUTH. [RFC 4954 5, RFC 4405]
class encoded_mailbox {
public:
    constexpr encoded_mailbox() noexcept = default;

    constexpr const xtext& text() const noexcept { return text_; }
    // True for AUTH=<>: nobody vouches for the sender.
    constexpr bool is_null() const noexcept { return text_ == std::string_view("<>"); }
    // The mailbox, decoded into `out`; the null path for "<>". Fails with no_room: 384 octets are always enough.
    constexpr result<path> decode(std::span<char> out) const noexcept {
        if (is_null()) return path{};
        const auto size = text_.decode(out);
        if (!size) return size.error();
        const std::string_view octets(out.data(), *size);
        leniency all = legacy(); // it was checked when the list was parsed
        auto box = parse_mailbox(octets, {all, true});
        if (!box) all.eight_bit = true, box = parse_mailbox(octets, {all, false});
        if (!box) return box.error();
        return path(*box);
    }

    friend constexpr bool operator==(const encoded_mailbox&, const encoded_mailbox&) noexcept = default;

private:
    friend struct detail::values_access;
    constexpr explicit encoded_mailbox(xtext text) noexcept : text_(text) {}

    xtext text_;
};

namespace detail {

struct values_access {
    static constexpr encoded_mailbox make(xtext text) noexcept { return encoded_mailbox(text); }
};

// "=" in a value, which its grammar does not have [RFC 5321 4.1.2].
constexpr bool may_hold_equals(cursor& c) noexcept {
    return c.allow.equals_in_value && (c.used.equals_in_value = true);
}

// min*maxDIGIT with a maximum of 9, so that it fits; the cursor stays where a digit lacks or is one too many.
constexpr bool take_number(cursor& c, std::size_t most, std::uint32_t& found) noexcept {
    const std::size_t start = c.at;
    found = 0;
    for (; c.at - start < most && chars::digit.contains(c.peek()); ++c.at)
        found = found * 10 + static_cast<std::uint32_t>(c.peek() - '0');
    return c.at != start && !chars::digit.contains(c.peek());
}

// size-value = 1*20DIGIT [RFC 1870 4]; the largest number stands for everything over 64 bits
constexpr errc take_size(cursor& c, std::uint64_t& found) noexcept {
    const std::size_t start = c.at;
    const std::string_view digits = c.take_all(chars::digit);
    if (digits.size() > 20) return c.at = start + 20, errc::number_too_large;
    read_decimal(digits, found);
    return digits.empty() ? errc::bad_value : errc::none;
}

// body-value = "7BIT" / "8BITMIME" / "BINARYMIME"
constexpr errc take_body(cursor& c, body_type& found) noexcept {
    if (c.take_word<"8BITMIME">()) return found = body_type::eight_bit_mime, errc::none;
    if (c.take_word<"7BIT">()) return found = body_type::seven_bit, errc::none;
    if (c.take_word<"BINARYMIME">()) return found = body_type::binary_mime, errc::none;
    return errc::bad_value;
}

// ret-value = "FULL" / "HDRS" [RFC 3461 4.3]
constexpr errc take_ret(cursor& c, dsn_ret& found) noexcept {
    if (c.take_word<"FULL">()) return found = dsn_ret::full, errc::none;
    if (c.take_word<"HDRS">()) return found = dsn_ret::headers, errc::none;
    return errc::bad_value;
}

// xtext of at most `most` octets; what it encodes is in `meant`.
constexpr errc take_short_xtext(cursor& c, std::size_t most, charset meant, xtext& found) noexcept {
    const std::size_t start = c.at;
    if (const errc e = take_xtext(c, meant); e != errc::none) return e;
    if (c.at - start > most) return c.at = start + most, errc::bad_value;
    found = xtext_access::make(c.since(start));
    return errc::none;
}

// envid-parameter = "ENVID=" xtext: 100 octets at most, of printable ASCII and white space [RFC 3461 4.4]
constexpr errc take_envid(cursor& c, xtext& found) noexcept {
    return take_short_xtext(c, 100, chars::textstring, found);
}

// transid-value: xtext; RFC 1845 is not spoken here, so all else is the caller's
constexpr errc take_transid(cursor& c, xtext& found) noexcept {
    return take_short_xtext(c, c.text.size(), chars::textstring, found);
}

// xtext of a Mailbox, or of "<>" where that may stand [RFC 4954 5, RFC 4405 4]
constexpr errc take_encoded_mailbox(cursor& c, encoded_mailbox& found, bool null_may_stand) noexcept {
    const std::size_t start = c.at;
    if (const errc e = take_xtext(c, chars::any); e != errc::none || !c.at_blank()) return e;
    found = values_access::make(xtext_access::make(c.since(start)));
    if (found.is_null() && null_may_stand) return errc::none;
    std::array<char, max_encoded_mailbox> octets; // filled as far as it is read
    if (std::is_constant_evaluated()) octets.fill('\0');
    const auto size = found.text().decode(octets);
    cursor inner({octets.data(), *size}, syntax{c.allow, c.utf8});
    inner.used = c.used;
    mailbox box;
    if (!size || take_mailbox(inner, box) != errc::none || !inner.done()) return c.at = start, errc::bad_value;
    c.used = inner.used;
    return errc::none;
}
constexpr errc take_auth(cursor& c, encoded_mailbox& found) noexcept { return take_encoded_mailbox(c, found, true); }
constexpr errc take_submitter(cursor& c, encoded_mailbox& found) noexcept {
    return take_encoded_mailbox(c, found, false);
}

// by-value = ["-" / "+"] 1*9DIGIT ";" ("N" / "R") ["T"]; with "R" the time must be over 0 [RFC 2852 4]
constexpr errc take_by(cursor& c, deliver_by& found) noexcept {
    const std::size_t start = c.at;
    const bool minus = c.take('-');
    if (!minus) c.take('+');
    std::uint32_t seconds = 0;
    if (!take_number(c, 9, seconds) || !c.take(';')) return errc::bad_value;
    found.seconds = minus ? -static_cast<std::int32_t>(seconds) : static_cast<std::int32_t>(seconds);
    found.mode = c.take_word<"R">() ? by_mode::bounce : by_mode::notify;
    if (found.mode == by_mode::notify && !c.take_word<"N">()) return errc::bad_value;
    if (found.mode == by_mode::bounce && found.seconds <= 0) return c.at = start, errc::bad_value;
    found.trace = c.take_word<"T">();
    return errc::none;
}

// future-release-interval = %x31-39 *8DIGIT [RFC 4865 4.2]
constexpr errc take_holdfor(cursor& c, std::uint32_t& found) noexcept {
    return c.peek() != '0' && take_number(c, 9, found) ? errc::none : errc::bad_value;
}

// An Internet date and time in UTC [RFC 4865 4.2]
constexpr errc take_holduntil(cursor& c, date_time& found) noexcept {
    const std::size_t start = c.at;
    if (!take_date_time(c, found)) return errc::bad_value;
    const bool utc = to_upper(c.text[c.at - 1]) == 'Z';
    return utc ? errc::none : (c.at = start + 19, errc::bad_value);
}

// priority-value = (["-"] %x31-39) / "0" [RFC 6710 3]
constexpr errc take_priority(cursor& c, std::int8_t& found) noexcept {
    const bool minus = c.take('-');
    const char digit = c.peek();
    if (!chars::digit.contains(digit) || (minus && digit == '0')) return errc::bad_priority;
    ++c.at;
    found = static_cast<std::int8_t>(minus ? '0' - digit : digit - '0');
    return errc::none;
}

// mtrk-value = base64 [":" 1*9DIGIT], with or without the "=" that fill it up [RFC 3885 3.1]
constexpr errc take_mtrk(cursor& c, tracking& found) noexcept {
    const std::size_t start = c.at;
    const bool fits = skip_base64(c.text, c.at, false);
    found.certifier = c.since(start);
    if (!fits || found.certifier.empty()) return errc::bad_value;
    const std::size_t digits = chars::base64.skip(found.certifier);
    if (digits != found.certifier.size() && !may_hold_equals(c)) return c.at = start + digits, errc::bad_parameter;
    if (has_pad_bits(found.certifier[digits - 1], digits % 4)) {
        if (!c.allow.base64_pad_bits) return c.at = start + digits - 1, errc::bad_value;
        c.used.base64_pad_bits = true;
    }
    found.timeout.reset();
    if (!c.take(':')) return errc::none;
    std::uint32_t seconds = 0;
    if (!take_number(c, 9, seconds)) return errc::bad_value;
    found.timeout = seconds;
    return errc::none;
}

// solicit-value = word *("," word); word = ALPHA *(ALPHA / DIGIT / "." / "-" / "_" / ":"), 1000 octets at most
// [RFC 3865 2, 4]
constexpr errc take_solicit(cursor& c, solicitation_words& found) noexcept {
    const std::size_t start = c.at;
    do {
        if (!chars::alpha.contains(c.peek())) return errc::bad_value;
        do ++c.at;
        while (chars::ldh.contains(c.peek()) || c.peek() == '.' || c.peek() == '_' || c.peek() == ':');
    } while (c.take(','));
    if (c.at - start > 1000) return c.at = start + 1000, errc::bad_value;
    found = solicitation_words(c.since(start));
    return errc::none;
}

// notify-esmtp-value = "NEVER" / 1#("SUCCESS" / "FAILURE" / "DELAY"), no empty elements [RFC 3461 4.1]
constexpr errc take_notify(cursor& c, dsn_notify& found) noexcept {
    found = {};
    if (c.take_word<"NEVER">()) return errc::none;
    do {
        if (c.take_word<"SUCCESS">())
            found.success = true;
        else if (c.take_word<"FAILURE">())
            found.failure = true;
        else if (c.take_word<"DELAY">())
            found.delay = true;
        else
            return errc::bad_value;
    } while (c.take(','));
    return errc::none;
}

// original-recipient-address = addr-type ";" xtext, 500 octets at most; addr-type = atom [RFC 3461 4.2]. What is of the
// type "utf-8" may have octets >= 0x80, as they are or encoded [RFC 6533 3].
constexpr errc take_orcpt(cursor& c, original_recipient& found) noexcept {
    constexpr std::size_t most = 500;
    const std::size_t start = c.at;
    c.at = chars::ldh.skip_here(c.text, c.at);
    found.addr_type = c.since(start);
    if (c.peek() != ';') {
        c.at = chars::atext.skip(c.text, c.at);
        found.addr_type = c.since(start);
        if (const std::size_t equals = found.addr_type.find('='); equals < found.addr_type.size())
            if (!may_hold_equals(c)) return c.at = start + equals, errc::bad_parameter;
    }
    if (found.addr_type.empty() || !c.take(';')) return errc::bad_value;
    const std::size_t address = c.at;
    const bool utf8 = found.addr_type.size() == 5 && stands_at<"utf-8">(found.addr_type, 0);
    errc why = errc::none;
    do {
        why = take_xtext(c, utf8 ? chars::textstring | chars::high : chars::textstring);
    } while (why == errc::none && utf8 && chars::high.contains(c.peek()) && c.take_high(why));
    if (why != errc::none) return why;
    if (c.at - start > most) return c.at = start + most, errc::bad_value;
    found.address = xtext_access::make(c.since(address));
    return errc::none;
}

// rrvs-value = date-time [";" ("C" / "R")], without a fraction of a second [RFC 7293 3.1]
constexpr errc take_rrvs(cursor& c, required_since& found) noexcept {
    const std::size_t start = c.at;
    if (!take_date_time(c, found.when)) return errc::bad_value;
    if (c.text[start + 19] == '.') return c.at = start + 19, errc::bad_value;
    found.go_on_without = false;
    if (!c.take(';') || c.take_word<"R">()) return errc::none;
    if (!c.take_word<"C">()) return errc::bad_value;
    found.go_on_without = true;
    return errc::none;
}

} // namespace detail

} // namespace sansmtp
