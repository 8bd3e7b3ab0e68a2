// What a client is told: how to present itself, and who sends what to whom. Plain data of the caller's, never copied.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "data.hpp"
#include "limits.hpp"
#include "mailbox.hpp"
#include "parameters.hpp"
#include "state.hpp"

namespace sansmtp {

// How a client presents itself. Shared by its sessions, which it outlives; so do the views in it.
struct client_config {
    // clang-format off
    std::string_view name;                                     // for EHLO: a domain or an address literal
    dialect          protocol   = dialect::smtp;
    bool             pipelining = true;                        // where it is offered
    newline_policy   newlines   = newline_policy::normalise;
    sansmtp::limits  limits     = {};
    leniency         allow      = strict();
    // clang-format on

    // True if nothing in it would break a line of the protocol.
    constexpr bool valid() const noexcept { return static_cast<bool>(parse_domain(name)); }
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

} // namespace sansmtp
