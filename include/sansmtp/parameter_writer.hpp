// Parameter lists out of typed values, in the order in which the library always writes them.
//
// The fields are plain data of the caller's. Nothing of them is trusted: what is written is parsed again by the rules of
// parameters.hpp, strictly, so a list that came out of here is also one that any server must understand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "address.hpp"
#include "parameters.hpp"

namespace sansmtp {

// What MAIL is to say. Octets are given as they are meant: xtext and base64 are made here.
struct mail_values {
    // clang-format off
    std::optional<std::uint64_t>    size        = {};
    std::optional<body_type>        body        = {};
    bool                            smtputf8    = false;
    std::optional<dsn_ret>          ret         = {};
    std::optional<std::string_view> envid       = {};
    std::optional<path>             auth        = {};    // the null path: AUTH=<>
    bool                            requiretls  = false;
    std::optional<deliver_by>       by          = {};
    std::optional<std::uint32_t>    holdfor     = {};    // seconds
    std::optional<date_time>        holduntil   = {};
    std::optional<std::int8_t>      mt_priority = {};
    std::optional<std::string_view> mtrk        = {};    // the certifier's octets
    std::optional<std::uint32_t>    mtrk_timeout = {};   // seconds
    std::string_view                solicit     = {};    // words with commas between them
    std::optional<mailbox>          submitter   = {};
    std::optional<std::string_view> transid     = {};
    bool                            conperm     = false;
    parameters                      more        = {};    // foreign ones, behind all others
    // clang-format on
};

// What RCPT is to say.
struct rcpt_values {
    // clang-format off
    std::optional<dsn_notify>       notify      = {};
    std::string_view                orcpt_type  = "rfc822";
    std::optional<std::string_view> orcpt       = {};
    std::optional<required_since>   rrvs        = {};
    bool                            conneg      = false;
    parameters                      more        = {};
    // clang-format on
};

namespace detail {

struct parameter_list_writer {
    writer out;
    bool utf8 = false;
    bool good = true;

    constexpr writer& keyword(known_parameter which) noexcept {
        if (out.size() != 0) out.put(' ');
        out.put(name(which));
        return rule_of(which).has_value ? out.put('=') : out;
    }
    constexpr void put_xtext(std::string_view octets) noexcept {
        for (const char c : octets) put_xtext_octet(out, c);
    }
    // Text that is not encoded: without blanks, so that it stays one value.
    constexpr void put_word(known_parameter which, std::string_view word) noexcept {
        good = good && chars::graphic.all(word);
        keyword(which).put(word);
    }
    constexpr void put(known_parameter which, bool given) noexcept {
        if (given) keyword(which);
    }
    constexpr void put(known_parameter which, std::optional<std::uint64_t> number) noexcept {
        if (number) keyword(which).put_decimal(*number);
    }
    constexpr void put(known_parameter which, std::optional<std::string_view> octets) noexcept {
        if (!octets) return;
        keyword(which);
        put_xtext(*octets);
    }
    constexpr void put(known_parameter which, const std::optional<path>& address) noexcept {
        if (!address) return;
        keyword(which);
        if (address->is_null()) return void(out.put("<>"));
        std::array<char, max_encoded_mailbox> text{};
        const auto size = serialize(address->mailbox(), text, {utf8, false});
        good = good && size && !address->is_postmaster();
        put_xtext({text.data(), *size});
    }
    // What is out of its range would be cut by its digits: only a date that comes back is good.
    constexpr void put(known_parameter which, const date_time& when) noexcept {
        std::array<char, 48> text{};
        writer w(text);
        put_date_time(w, when);
        cursor c({text.data(), w.ok() ? w.size() : 0}, syntax{});
        date_time back;
        good = good && take_date_time(c, back) && c.done() && back == when;
        keyword(which).put(c.text);
    }
    constexpr void put(const deliver_by& by) noexcept {
        keyword(known_parameter::by);
        const std::int64_t seconds = by.seconds;
        if (seconds < 0) out.put('-');
        out.put_decimal(static_cast<std::uint64_t>(seconds < 0 ? -seconds : seconds)).put(';');
        out.put(by.mode == by_mode::bounce ? 'R' : 'N').put(by.trace ? "T" : "");
    }
    constexpr void put(dsn_notify notify) noexcept {
        keyword(known_parameter::notify);
        if (notify.never()) return void(out.put("NEVER"));
        out.put(notify.success ? "SUCCESS" : "");
        if (notify.failure) out.put(notify.success ? ",FAILURE" : "FAILURE");
        if (notify.delay) out.put(notify.success || notify.failure ? ",DELAY" : "DELAY");
    }
    constexpr void put_priority(std::int8_t priority) noexcept {
        keyword(known_parameter::mt_priority).put(priority < 0 ? "-" : "");
        out.put_decimal(static_cast<std::uint64_t>(priority < 0 ? -priority : priority));
    }
    // base64 without "=", which the grammar of values does not have
    constexpr void put_tracking(std::string_view certifier, std::optional<std::uint32_t> timeout) noexcept {
        keyword(known_parameter::mtrk);
        for (std::size_t i = 0; i < certifier.size(); i += 3) put_base64_group(out, certifier.substr(i, 3), false);
        if (timeout) out.put(':').put_decimal(*timeout);
    }
    constexpr void put_foreign(const parameters& more) noexcept {
        for (const parameter p : more) {
            good = good && find_parameter(p.keyword) == known_parameter::foreign;
            if (out.size() != 0) out.put(' ');
            out.put(p.keyword);
            if (p.has_value) out.put('=').put(p.value);
        }
    }
    constexpr result<parameters> finish(std::span<char> buffer, parameters_of command) const noexcept {
        if (!good) return errc::refused_field;
        if (!out.ok()) return errc::no_room;
        const auto made = parse_parameters({buffer.data(), out.size()}, command, {strict(), utf8});
        if (!made) return {errc::refused_field, made.error().offset};
        return made;
    }
};

} // namespace detail

// Writes the list into `out`, which outlives the result.
// Fails with refused_field at the offset in `out` of what its grammar or the other fields forbid, or no_room.
constexpr result<parameters> make_parameters(const mail_values& v, std::span<char> out) noexcept {
    detail::parameter_list_writer w{detail::writer(out), v.smtputf8};
    if (v.body && *v.body > body_type::binary_mime) return errc::refused_field;
    constexpr std::string_view bodies[] = {"7BIT", "8BITMIME", "BINARYMIME"};
    w.put(known_parameter::size, v.size);
    if (v.body) w.keyword(known_parameter::body).put(bodies[static_cast<std::size_t>(*v.body)]);
    w.put(known_parameter::smtputf8, v.smtputf8);
    if (v.ret) w.keyword(known_parameter::ret).put(*v.ret == dsn_ret::full ? "FULL" : "HDRS");
    w.put(known_parameter::envid, v.envid);
    w.put(known_parameter::auth, v.auth);
    w.put(known_parameter::requiretls, v.requiretls);
    if (v.by) w.put(*v.by);
    w.put(known_parameter::holdfor, v.holdfor ? std::optional<std::uint64_t>(*v.holdfor) : std::nullopt);
    if (v.holduntil) w.put(known_parameter::holduntil, *v.holduntil);
    if (v.mt_priority) w.put_priority(*v.mt_priority);
    if (v.mtrk) w.put_tracking(*v.mtrk, v.mtrk_timeout);
    if (!v.solicit.empty()) w.put_word(known_parameter::solicit, v.solicit);
    w.put(known_parameter::submitter, v.submitter ? std::optional<path>(*v.submitter) : std::nullopt);
    w.put(known_parameter::transid, v.transid);
    w.put(known_parameter::conperm, v.conperm);
    w.put_foreign(v.more);
    return w.finish(out, parameters_of::mail);
}

constexpr result<parameters> make_parameters(const rcpt_values& v, std::span<char> out, bool utf8 = false) noexcept {
    detail::parameter_list_writer w{detail::writer(out), utf8};
    if (v.notify) w.put(*v.notify);
    if (v.orcpt) {
        w.good = w.good && chars::atext.all(v.orcpt_type);
        w.put_word(known_parameter::orcpt, v.orcpt_type);
        w.out.put(';');
        w.put_xtext(*v.orcpt);
    }
    if (v.rrvs) {
        w.put(known_parameter::rrvs, v.rrvs->when);
        w.out.put(v.rrvs->go_on_without ? ";C" : "");
    }
    w.put(known_parameter::conneg, v.conneg);
    w.put_foreign(v.more);
    return w.finish(out, parameters_of::rcpt);
}

} // namespace sansmtp
