// Who sends what to whom, and what the server is to know about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "client_config.hpp"
#include "mailbox.hpp"
#include "parameters.hpp"

namespace sansmtp {

// One RCPT. Each option needs the extension in brackets.
struct recipient {
    path to;
    parameters params = {}; // further ones: CONNEG, or those of extensions that the library does not know
    std::optional<dsn_notify> notify = {};   // [DSN]
    std::string_view orcpt = {};             // the first address, in plain octets [DSN]
    std::string_view orcpt_type = "rfc822";  // "utf-8" if it is not ASCII [RFC 6533]
    std::optional<required_since> rrvs = {}; // [RRVS]
};

// One message. Views and spans outlive the transaction.
struct envelope {
    path from;
    std::span<const recipient> to;
    std::optional<std::uint64_t> size = {}; // octets of content with CRLFs, if known: sent where SIZE is offered
    body_type body = body_type::seven_bit;  // [8BITMIME, or BINARYMIME and CHUNKING]
    parameters params = {};                 // further ones: AUTH, MTRK, SUBMITTER, ... or foreign ones

    bool utf8 = false;        // the header is not ASCII [SMTPUTF8]; addresses tell by themselves
    bool require_tls = false; // [REQUIRETLS]
    bool all_or_nothing = false;
    std::optional<dsn_ret> ret = {};            // [DSN]
    std::string_view envid = {};                // in plain octets [DSN]
    std::optional<deliver_by> by = {};          // [DELIVERBY]
    std::optional<std::uint32_t> hold_for = {}; // seconds [FUTURERELEASE]
    std::optional<date_time> hold_until = {};   // [FUTURERELEASE]
    std::optional<std::int8_t> priority = {};   // [MT-PRIORITY]

    // What is left out where the server does not offer it, or will not have it (555). Of the rest all must be offered.
    // BINARYMIME, and SMTPUTF8 for an address that is not ASCII, are never left out.
    extension_set optional = {};
};

} // namespace sansmtp
