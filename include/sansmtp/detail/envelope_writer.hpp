// The commands of a transaction: whether a server can be given them, and their octets.
//
// Everything is decided before MAIL leaves [RFC 5321 2.2.1]: what the envelope asks for is announced, or optional, or a
// reason not to begin. No line is longer than 512 octets and what the announced extensions add [RFC 5321 4.5.3.1.4].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "../capabilities.hpp"
#include "../command.hpp"
#include "../envelope.hpp"
#include "../extension_set.hpp"
#include "../parameter_writer.hpp"

namespace sansmtp::detail {

// Why an envelope cannot be sent; `missing` is the extension, if it is for that.
struct objection {
    errc why = errc::none;
    std::optional<extension_id> missing = {};

    constexpr objection() noexcept = default;
    constexpr objection(errc reason) noexcept : why(reason) {}
    constexpr objection(extension_id id) noexcept : why(errc::not_offered), missing(id) {}
    constexpr explicit operator bool() const noexcept { return why != errc::none; }
};

// Those that `envelope` has fields for and no typed list could hold as well.
constexpr bool has_field(known_parameter which) noexcept {
    return which == known_parameter::size || which == known_parameter::body || which == known_parameter::smtputf8;
}

// An envelope for a server that offers `offered`; after HELO it is not `extended`, and offers nothing. `bare`: without
// anything that may be left out.
struct envelope_writer {
    const envelope& mail;
    const capabilities& offered;
    bool extended = true;
    bool secured = false;
    bool utf8 = false;
    bool bare = false;

    static constexpr bool needs_utf8(const path& p) noexcept { return has_high(p.text()); }
    // Whether SMTPUTF8 is needed, and not only wished for.
    static constexpr bool needs_utf8(const envelope& e) noexcept {
        if (needs_utf8(e.from)) return true;
        for (const recipient& r : e.to)
            if (needs_utf8(r.to)) return true;
        return false;
    }
    // Whether it is used: what only wishes for it goes without where it is not offered.
    static constexpr bool uses_utf8(const envelope& e, const capabilities& offered) noexcept {
        return (e.utf8 && offered.smtputf8()) || needs_utf8(e);
    }

    constexpr bool sends(extension_id id) const noexcept {
        if (id == extension_id::mtrk && !sends(extension_id::dsn)) return false;
        return offered.has(id) && !(bare && mail.optional.has(id));
    }

    // ---- octets: each with its CRLF, and counted also where `out` has no room; nothing if a field must not be sent

    constexpr std::optional<std::size_t> put_mail(std::span<char> out) const noexcept {
        command_writer w{writer(out), utf8};
        w(cmd::mail{mail.from, {}});
        if (mail.size && offered.size() && !bare) w.out.put(" SIZE=").put_decimal(*mail.size);
        if (mail.body == body_type::binary_mime) w.out.put(" BODY=BINARYMIME");
        if (mail.body == body_type::eight_bit_mime && sends(extension_id::eight_bit_mime)) w.out.put(" BODY=8BITMIME");
        if (utf8) w.out.put(" SMTPUTF8");
        if (has_options()) put_options(w);
        put_list(w, mail.params);
        w.out.put("\r\n");
        return w.good ? std::optional(w.out.size()) : std::nullopt;
    }

    constexpr std::optional<std::size_t> put_rcpt(const recipient& r, std::span<char> out) const noexcept {
        command_writer w{writer(out), utf8};
        w(cmd::rcpt{r.to, {}});
        if (r.notify || r.rrvs || !r.orcpt.empty()) put_options(w, r);
        put_list(w, r.params);
        w.out.put("\r\n");
        return w.good ? std::optional(w.out.size()) : std::nullopt;
    }

    // ---- whether it can be sent, by lines of at most `room` octets

    // The commands of the envelope that stand in `out`, one behind the other: the first ones, `most` at most.
    struct front {
        std::span<char> out;
        std::size_t most = 0;
        std::size_t commands = 0;
        std::size_t octets = 0;

        constexpr std::span<char> room() const noexcept { return out.subspan(octets); }
        // Counts the next command, if it is one of them.
        constexpr void add(std::size_t size) noexcept {
            if (commands == most || size > out.size() - octets) return void(most = commands);
            ++commands;
            octets += size;
        }
    };

    // What is measured is what will be sent, so as much of it as goes into `done` is there when all is found good.
    constexpr objection check(std::size_t room, front& done) const noexcept {
        if (mail.to.empty()) return errc::no_valid_recipients;
        if (const objection o = check_mail()) return o;
        if (const objection o = check_line(put_mail(done.room()), parameters_of::mail, room, done)) return o;
        for (const recipient& r : mail.to) {
            if (const objection o = check_rcpt(r)) return o;
            if (const objection o = check_line(put_rcpt(r, done.room()), parameters_of::rcpt, room, done)) return o;
        }
        const auto most = offered.size_limit();
        return mail.size && most && *mail.size > *most ? errc::message_too_big : errc::none;
    }

private:
    constexpr objection want(bool asked, extension_id id) const noexcept {
        return asked && !offered.has(id) && !mail.optional.has(id) ? objection(id) : objection();
    }

    constexpr objection check_mail() const noexcept {
        const bool binary = mail.body == body_type::binary_mime;
        if (binary && !offered.binary_mime()) return extension_id::binary_mime;
        if (binary && !offered.chunking()) return extension_id::chunking;
        if (utf8 && !offered.smtputf8()) return extension_id::smtputf8;
        if (mail.require_tls && !secured && !mail.optional.has(extension_id::require_tls))
            return extension_id::require_tls;
        const bool held = mail.hold_for || mail.hold_until;
        objection o = want(mail.body == body_type::eight_bit_mime, extension_id::eight_bit_mime);
        if (!o) o = want(mail.utf8, extension_id::smtputf8);
        if (!o) o = want(mail.require_tls, extension_id::require_tls);
        if (!o) o = want(mail.ret || !mail.envid.empty(), extension_id::dsn);
        if (!o) o = want(mail.by.has_value(), extension_id::deliver_by);
        if (!o) o = want(held, extension_id::future_release);
        if (!o) o = want(mail.priority.has_value(), extension_id::mt_priority);
        if (!o) o = check_values();
        return o ? o : check_list(mail.params, parameters_of::mail);
    }

    // Limits that the server named for values [RFC 2852 2, RFC 4865 4].
    constexpr objection check_values() const noexcept {
        const auto seconds = offered.hold_for_limit();
        const auto until = offered.hold_until_limit();
        const auto least = offered.deliver_by_least();
        const bool soon = mail.by && least && mail.by->mode == by_mode::bounce &&
                          mail.by->seconds < static_cast<std::int64_t>(*least);
        const bool long_held = mail.hold_for && seconds && *mail.hold_for > *seconds;
        const bool late = mail.hold_until && until && mail.hold_until->unix_seconds() > *until;
        return soon || long_held || late ? errc::unsupported_value : errc::none;
    }

    constexpr objection check_rcpt(const recipient& r) const noexcept {
        objection o = want(r.notify || !r.orcpt.empty(), extension_id::dsn);
        if (!o) o = want(r.rrvs.has_value(), extension_id::rrvs);
        return o ? o : check_list(r.params, parameters_of::rcpt);
    }

    // Parameters that the library does not know pass where EHLO was accepted.
    constexpr objection check_list(const parameters& params, parameters_of which) const noexcept {
        if (params.empty()) return {};
        for (const parameter p : params) {
            const known_parameter known = find_parameter(p.keyword);
            if (known == known_parameter::foreign && !extended) return errc::not_offered;
            if (known == known_parameter::foreign) continue;
            if (rule_of(known).of != which || has_field(known)) return errc::refused_field;
            if (const objection o = want(true, *extension_of(known))) return o;
            if (known != known_parameter::mtrk) continue;
            if (const objection o = check_tracking()) return o;
        }
        return {};
    }

    // MTRK goes with DSN, and with an ENVID that has the form local@host [RFC 3885].
    constexpr objection check_tracking() const noexcept {
        if (const objection o = want(!mail.optional.has(extension_id::mtrk), extension_id::dsn)) return o;
        if (!sends(extension_id::mtrk)) return {};
        const auto listed = mail.params.find("ENVID");
        const std::string_view id = mail.envid.empty() && listed ? listed->value : mail.envid;
        const std::size_t at = id.rfind('@');
        return at == std::string_view::npos || at == 0 || at + 1 == id.size() ? errc::refused_field : errc::none;
    }

    // 512 octets may stand anywhere; what more there may be is not looked up before it is needed.
    constexpr objection check_line(std::optional<std::size_t> octets, parameters_of which, std::size_t room,
                                   front& done) const noexcept {
        if (!octets) return errc::refused_field;
        const bool is_long = *octets > 512;
        const bool of_mail = which == parameters_of::mail;
        if (is_long && *octets > (of_mail ? offered.mail_line_limit() : offered.rcpt_line_limit()))
            return errc::line_too_long;
        done.add(*octets);
        return *octets > room ? errc::no_room : errc::none;
    }

    constexpr bool has_options() const noexcept {
        return mail.ret || !mail.envid.empty() || mail.require_tls || mail.by || mail.hold_for || mail.hold_until ||
               mail.priority;
    }

    static constexpr std::size_t longest_options = 1024; // of typed fields: ENVID has 100 octets, ORCPT 500

    constexpr void put_options(command_writer& w) const noexcept {
        mail_values v;
        v.smtputf8 = false;
        if (sends(extension_id::dsn)) v.ret = mail.ret;
        if (sends(extension_id::dsn) && !mail.envid.empty()) v.envid = mail.envid;
        if (sends(extension_id::require_tls) && secured) v.requiretls = mail.require_tls;
        if (sends(extension_id::deliver_by)) v.by = mail.by;
        if (sends(extension_id::future_release)) v.holdfor = mail.hold_for;
        if (sends(extension_id::future_release)) v.holduntil = mail.hold_until;
        if (sends(extension_id::mt_priority)) v.mt_priority = mail.priority;
        std::array<char, longest_options> text{};
        put_made(w, make_parameters(v, text), mail.params);
    }

    constexpr void put_options(command_writer& w, const recipient& r) const noexcept {
        rcpt_values v;
        if (sends(extension_id::dsn)) v.notify = r.notify;
        if (sends(extension_id::dsn) && !r.orcpt.empty()) v.orcpt = r.orcpt;
        if (sends(extension_id::rrvs)) v.rrvs = r.rrvs;
        v.orcpt_type = r.orcpt_type;
        std::array<char, longest_options> text{};
        put_made(w, make_parameters(v, text, utf8), r.params);
    }

    // A list made of typed fields, of which none may stand in the other list as well.
    constexpr void put_made(command_writer& w, const result<parameters>& made, const parameters& more) const noexcept {
        w.good = w.good && made;
        if (!w.good) return;
        for (const parameter p : *made) w.good = w.good && !more.find(p.keyword);
        w.put_parameters(*made);
    }

    // A list without what is not offered: it is optional then.
    constexpr void put_list(command_writer& w, const parameters& params) const noexcept {
        if (params.empty()) return;
        w.put_parameters(params, [this](std::string_view keyword) noexcept {
            const known_parameter known = find_parameter(keyword);
            return known == known_parameter::foreign || sends(*extension_of(known));
        });
    }
};

} // namespace sansmtp::detail
