// What a client is told: how to present itself, and who sends what to whom. Plain data of the caller's, never copied.
//
// Nothing leaves that the server did not offer, and no field that is not what its type says: an envelope is checked as a
// whole before its first command is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "capabilities.hpp"
#include "command.hpp"
#include "data.hpp"
#include "limits.hpp"
#include "mailbox.hpp"
#include "parameters.hpp"
#include "state.hpp"

namespace sansmtp {

// How a client presents itself. Shared by its sessions, which it outlives; so do the views in it.
struct client_config {
    // clang-format off
    std::string_view name;                                      // for EHLO: a domain or an address literal
    dialect          protocol    = dialect::smtp;
    bool             pipelining  = true;                        // where it is offered
    std::size_t      in_flight   = 1000;                        // commands without a reply at a time, where pipelined
    newline_policy   newlines    = newline_policy::normalise;
    bool             full_is_452 = true;                        // 552 to RCPT may mean "too many", see recipient_verdict
    sansmtp::limits  limits      = {};
    leniency         allow       = strict();
    // clang-format on

    // True if nothing in it would break a line of the protocol, or stop it.
    constexpr bool valid() const noexcept { return parse_domain(name) && in_flight != 0; }
};

struct recipient {
    path to;
    parameters params = {}; // of extensions that the server offers
};

// Who sends what to whom. Views and the span outlive the transaction.
struct envelope {
    path from;
    std::span<const recipient> to;
    std::optional<std::uint64_t> size = {}; // octets of content with CRLFs, if known: sent where SIZE is offered
    body_type body = body_type::seven_bit;  // eight_bit_mime needs 8BITMIME
    parameters params = {};                 // further ones for MAIL, of extensions that the server offers
};

namespace detail {

// A parameter that the library knows, and the extension that a server must offer for it. None: the envelope has a field
// for it.
struct needed_extension {
    std::string_view keyword;
    parameters_of of;
    std::string_view extension;
};

inline constexpr needed_extension needed_extensions[] = {
    // clang-format off
    {"SIZE",        parameters_of::mail, ""},
    {"BODY",        parameters_of::mail, ""},
    {"AUTH",        parameters_of::mail, "AUTH"},          // [RFC 4954]
    {"BY",          parameters_of::mail, "DELIVERBY"},     // [RFC 2852]
    {"CONPERM",     parameters_of::mail, "CONPERM"},       // [RFC 4141]
    {"CONNEG",      parameters_of::rcpt, "CONNEG"},        // [RFC 4141]
    {"ENVID",       parameters_of::mail, "DSN"},           // [RFC 3461]
    {"RET",         parameters_of::mail, "DSN"},
    {"NOTIFY",      parameters_of::rcpt, "DSN"},
    {"ORCPT",       parameters_of::rcpt, "DSN"},
    {"HOLDFOR",     parameters_of::mail, "FUTURERELEASE"}, // [RFC 4865]
    {"HOLDUNTIL",   parameters_of::mail, "FUTURERELEASE"},
    {"MT-PRIORITY", parameters_of::mail, "MT-PRIORITY"},   // [RFC 6710]
    {"MTRK",        parameters_of::mail, "MTRK"},          // [RFC 3885]
    {"REQUIRETLS",  parameters_of::mail, "REQUIRETLS"},    // [RFC 8689]
    {"RRVS",        parameters_of::rcpt, "RRVS"},          // [RFC 7293]
    {"SMTPUTF8",    parameters_of::mail, "SMTPUTF8"},      // [RFC 6531]
    {"SOLICIT",     parameters_of::mail, "NO-SOLICITING"}, // [RFC 3865]
    {"SUBMITTER",   parameters_of::mail, "SUBMITTER"},     // [RFC 4405]
    // clang-format on
};

// not_offered for a parameter of an extension that is not, or of any after HELO; refused_field for one that stands on
// the other command, or that a field of the envelope is for. Parameters that the library does not know pass.
constexpr errc check_parameters(const parameters& params, parameters_of which, const capabilities& offered,
                                bool extended) noexcept {
    for (const parameter p : params) {
        if (!extended) return errc::not_offered;
        for (const needed_extension& known : needed_extensions) {
            if (!iequal(p.keyword, known.keyword)) continue;
            if (known.of != which || known.extension.empty()) return errc::refused_field;
            if (!offered.has(known.extension)) return errc::not_offered;
        }
    }
    return errc::none;
}

// Writes MAIL with its CRLF. Returns its octets, also where `out` has no room for them; nothing if a field must not be
// sent. So do the two others.
constexpr std::optional<std::size_t> put_mail(const envelope& e, const capabilities& offered,
                                              std::span<char> out) noexcept {
    command_writer w{writer(out), false};
    w(cmd::mail{e.from, {}});
    if (e.size && offered.size()) w.out.put(" SIZE=").put_decimal(*e.size);
    if (e.body == body_type::eight_bit_mime) w.out.put(" BODY=8BITMIME");
    w.put_parameters(e.params);
    w.out.put("\r\n");
    return w.good ? std::optional(w.out.size()) : std::nullopt;
}

constexpr std::optional<std::size_t> put_rcpt(const recipient& r, std::span<char> out) noexcept {
    command_writer w{writer(out), false};
    w(cmd::rcpt{r.to, r.params});
    w.out.put("\r\n");
    return w.good ? std::optional(w.out.size()) : std::nullopt;
}

constexpr std::optional<std::size_t> put_data(std::span<char> out) noexcept {
    return writer(out).put("DATA\r\n").size();
}

// A command that was measured against the room for it.
constexpr errc check_size(std::optional<std::size_t> octets, std::size_t room) noexcept {
    return !octets ? errc::refused_field : *octets > room ? errc::no_room : errc::none;
}

// Whether `e` can be sent to a server that offers this, by commands of at most `room` octets; `extended` if its EHLO was
// accepted [RFC 5321 2.2.1, RFC 1870 6].
constexpr errc check_envelope(const envelope& e, const capabilities& offered, bool extended,
                              std::size_t room) noexcept {
    if (e.to.empty()) return errc::no_valid_recipients;
    if (e.body == body_type::binary_mime) return errc::not_offered; // needs BDAT
    if (e.body == body_type::eight_bit_mime && !offered.eight_bit_mime()) return errc::not_offered;
    errc wrong = check_parameters(e.params, parameters_of::mail, offered, extended);
    if (wrong == errc::none) wrong = check_size(put_mail(e, offered, {}), room);
    for (const recipient& r : e.to) {
        if (wrong == errc::none) wrong = check_parameters(r.params, parameters_of::rcpt, offered, extended);
        if (wrong == errc::none) wrong = check_size(put_rcpt(r, {}), room);
        if (wrong != errc::none) return wrong;
    }
    const auto most = offered.size_limit();
    return e.size && most && *e.size > *most ? errc::message_too_big : errc::none;
}

} // namespace detail

} // namespace sansmtp
