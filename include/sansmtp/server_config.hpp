// How a server presents itself, and what it takes: plain data that its sessions share.
//
// Start from a profile: `mx()`, `submission()`, `lmtp()` or `test_server()`. What EHLO announces is derived from here, so
// nothing is announced that would be refused, and every command that is offered is announced [RFC 5321 4.2.4].
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "domain.hpp"
#include "ehlo_line.hpp"
#include "extension.hpp"
#include "extension_set.hpp"
#include "limits.hpp"
#include "mechanism.hpp"
#include "state.hpp"

namespace sansmtp {

// What to do with content that holds a bare CR or LF. It ends nothing in either case. [RFC 5321 2.3.8]
enum class bare_newlines : std::uint8_t {
    reject, // refuse the message after its end
    keep,   // hand it over as it came
};

// What every caller gets for nothing: it changes no action that he sees but the octets of addresses.
inline constexpr extension_set standard_extensions{
    extension_id::pipelining, extension_id::enhanced_status_codes,
    extension_id::size,       extension_id::eight_bit_mime,
    extension_id::smtputf8,   extension_id::chunking,
    extension_id::help,
};

// How a server presents itself. Shared by its sessions, which it outlives; so do the views and spans in it.
struct server_config {
    // clang-format off
    std::string_view           host;                               // own name: a domain or an address literal
    std::string_view           banner         = "ESMTP";           // behind the name in the greeting
    dialect                    protocol       = dialect::smtp;
    sansmtp::limits            limits         = {};
    leniency                   allow          = interop();
    sansmtp::bare_newlines     bare_newlines  = bare_newlines::reject;

    // What is offered. Each extension brings its parameters to MAIL and RCPT and its verbs as requests; a caller who does not
    // know a request refuses it by answer_default().
    extension_set              offer          = standard_extensions; // PIPELINING and ENHANCEDSTATUSCODES always; AUTH and LIMITS by what is below
    std::string_view           mechanisms     = {};                // of SASL, separated by spaces; none: no AUTH
    bool                       cleartext_auth = false;             // without TLS also mechanisms that show the password: whoever listens has it
    std::span<const extension> extensions     = {};                // the caller's own: parameters are let through, verbs are request<cmd::other>

    // Who may do what.
    bool                       require_tls    = false;             // 530 to everything but NOOP EHLO LHLO STARTTLS QUIT [RFC 3207 4]
    bool                       require_auth   = false;             // 530 to everything but AUTH EHLO HELO LHLO NOOP RSET QUIT STARTTLS [RFC 4954 6]
    bool                       short_auth     = false;             // AUTH also where the input buffer is under 12288 octets: long tokens will fail
    std::uint32_t              auth_failures  = 3;                 // then AUTH gets 421; 0: never. Not 1 or 2 [RFC 4954 4]
    bool                       hang_up_on_junk = false;            // 421 to HTTP, to a TLS handshake, and to the content of a refused message

    // The arguments of extensions, and what they promise.
    announced_limits           session_limits = {};                // LIMITS [RFC 9422]; 0: none. The caller looks after RCPTDOMAINMAX himself
    std::uint32_t              deliver_by_minimum = 0;             // seconds; 0: none [RFC 2852 2]
    release_limits             future_release = {};                // HOLDFOR and HOLDUNTIL [RFC 4865 4]
    std::string_view           priority_policy = {};               // MT-PRIORITY; none: MIXER [RFC 6710]
    std::string_view           solicitations  = {};                // NO-SOLICITING: keywords, separated by commas [RFC 3865]
    std::string_view           burl_arguments = "imap";            // BURL [RFC 4468 3.3]
    std::string_view           xclient_attributes = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";
    std::string_view           xforward_attributes = "NAME ADDR PORT PROTO HELO IDENT SOURCE";
    // clang-format on

    // All that is switched on, whether or not it can be used now.
    constexpr extension_set offers() const noexcept {
        extension_set all = offer - extension_set{extension_id::auth, extension_id::limits};
        all = all | extension_set{extension_id::pipelining, extension_id::enhanced_status_codes};
        if (!mechanisms.empty()) all = all | extension_set{extension_id::auth};
        if (session_limits != announced_limits{}) all = all | extension_set{extension_id::limits};
        return all;
    }

    // True if nothing in it would break a line of the protocol or promise what a session does not keep.
    constexpr bool valid() const noexcept;
};

namespace detail {

// What nobody speaks any more.
inline constexpr extension_set never_offered{extension_id::verb, extension_id::onex, extension_id::checkpoint,
                                             extension_id::utf8smtp};

// An extension of the caller's may bring nothing that the session does by itself.
constexpr bool is_own_extension(const extension& e) noexcept {
    const auto foreign = [](std::span<const std::string_view> words) {
        for (const std::string_view w : words)
            if (const auto id = extension_of(find_parameter(w)); id && !never_offered.has(*id)) return false;
        return true;
    };
    for (const std::string_view v : e.verbs)
        if (find_verb(v) != verb::other) return false;
    for (std::size_t i = 0; i < registered_extensions.size(); ++i)
        if (iequal(e.keyword, registered_extensions[i].keyword) && !never_offered.has(static_cast<extension_id>(i)))
            return false;
    return e.valid() && foreign(e.mail_parameters) && foreign(e.rcpt_parameters);
}

// Each extension stands with those that it needs [RFC 3030 3, RFC 6531 3.1, RFC 3885, RFC 2645, RFC 4468].
constexpr bool is_complete(extension_set offered) noexcept {
    using id = extension_id;
    constexpr id pairs[][2] = {{id::binary_mime, id::chunking},
                               {id::smtputf8, id::eight_bit_mime},
                               {id::burl, id::eight_bit_mime},
                               {id::mtrk, id::dsn},
                               {id::atrn, id::auth}};
    for (const auto& [one, needed] : pairs)
        if (offered.has(one) && !offered.has(needed)) return false;
    return true;
}

constexpr bool are_limits(const announced_limits& l) noexcept {
    return l.mails <= 999999 && l.recipients <= 999999 && l.rcpt_domains <= 999999; // six digits [RFC 9422 4]
}

// DIGEST-MD5 is never offered [RFC 6331].
constexpr bool are_mechanisms(std::string_view list) noexcept {
    if (list.size() > 400) return false;
    for (const std::string_view word : words(list))
        if (!is_mechanism(word) || iequal(word, "DIGEST-MD5")) return false;
    return true;
}

} // namespace detail

constexpr bool server_config::valid() const noexcept {
    for (const extension& e : extensions)
        if (!detail::is_own_extension(e)) return false;
    const extension_set all = offers();
    const auto is_good = [&all](extension_id id, std::string_view arguments) { // looked at only where it is announced
        return !all.has(id) || (arguments.size() <= 400 && detail::is_ehlo_arguments(arguments));
    };
    const bool arguments =
        is_good(extension_id::mt_priority, priority_policy) && is_good(extension_id::no_soliciting, solicitations) &&
        is_good(extension_id::burl, burl_arguments) && is_good(extension_id::xclient, xclient_attributes) &&
        is_good(extension_id::xforward, xforward_attributes);
    const bool releases = all.has(extension_id::future_release);
    return arguments && parse_domain(host) && chars::textstring.all(banner) && banner.size() <= 200 &&
           detail::are_mechanisms(mechanisms) && (all & detail::never_offered).empty() && detail::is_complete(all) &&
           detail::are_limits(session_limits) && deliver_by_minimum <= 999999999 && auth_failures != 1 &&
           auth_failures != 2 &&
           (!releases ||
            (future_release.seconds != 0 && future_release.seconds <= 999999999 && future_release.until.year != 0));
}

// A server on port 25 that takes mail for its own domains from anybody. TLS if the client wants it; no AUTH. The caller
// answers request<cmd::starttls>, or takes STARTTLS out.
constexpr server_config mx(std::string_view host = {}) noexcept {
    server_config c;
    c.host = host;
    c.offer = standard_extensions | extension_set{extension_id::starttls};
    c.limits.message_size = 50'000'000;
    c.hang_up_on_junk = true;
    return c;
}

// A server on port 587 or 465 that takes mail to anywhere from its own users: nothing without TLS and AUTH [RFC 6409,
// RFC 8314]. The caller answers request<cmd::starttls>, or tells tls_started() before the greeting, and knows passwords.
// DSN is offered: the caller sends on what it asks for.
constexpr server_config submission(std::string_view host = {}) noexcept {
    server_config c = mx(host);
    c.offer = c.offer | extension_set{extension_id::dsn};
    c.mechanisms = "PLAIN LOGIN";
    c.require_tls = true;
    c.require_auth = true;
    return c;
}

// Final delivery behind a mail server, one verdict for each recipient; never on port 25 [RFC 2033 5]. The mail server has
// checked what came from outside, so there is no limit to a message and none to bad commands.
constexpr server_config lmtp(std::string_view host = {}) noexcept {
    server_config c;
    c.host = host;
    c.banner = "LMTP";
    c.protocol = dialect::lmtp;
    c.offer = standard_extensions | extension_set{extension_id::dsn};
    c.limits.bad_commands = 0;
    return c;
}

// A server for tests of clients: it offers and takes as much as it can, passwords without TLS as well. It relays and
// delivers nothing by itself, yet it is not for the open Internet.
constexpr server_config test_server(std::string_view host = {}) noexcept {
    server_config c;
    c.host = host;
    c.offer = standard_extensions |
              extension_set{extension_id::binary_mime, extension_id::dsn,        extension_id::starttls,
                            extension_id::require_tls, extension_id::deliver_by, extension_id::mt_priority,
                            extension_id::rrvs,        extension_id::vrfy,       extension_id::expn};
    c.allow = legacy();
    c.bare_newlines = bare_newlines::keep;
    c.mechanisms = "PLAIN LOGIN";
    c.cleartext_auth = true;
    c.short_auth = true;
    c.limits.bad_commands = 0;
    c.auth_failures = 0;
    return c;
}

} // namespace sansmtp
