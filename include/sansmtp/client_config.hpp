// How a client presents itself, and what it insists on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "data.hpp"
#include "detail/text_iterator.hpp"
#include "domain.hpp"
#include "extension_set.hpp"
#include "limits.hpp"
#include "mechanism.hpp"
#include "state.hpp"

namespace sansmtp {

// What to do about TLS on a connection that begins without it [RFC 3207].
enum class tls_policy : std::uint8_t {
    never,      // STARTTLS is not used: loopback, or a caller who insists
    if_offered, // used where it is offered; a server that cannot just now is talked to in clear
    required,   // no mail and no secret without TLS
};

// Shared by sessions, which it outlives; so do the views in it.
struct client_config {
    // clang-format off
    std::string_view name;                                      // for EHLO: a domain or an address literal
    dialect          protocol       = dialect::smtp;
    bool             pipelining     = true;                     // where it is offered
    std::size_t      in_flight      = 1000;                     // commands without a reply at a time, where pipelined
    newline_policy   newlines       = newline_policy::normalise;
    bool             full_is_452    = true;                     // 552 to RCPT may mean "too many", see recipient_verdict
    sansmtp::limits  limits         = {};
    leniency         allow          = strict();
    tls_policy       tls            = tls_policy::required;
    std::string_view mechanisms     = {};                       // of SASL, the best first, separated by spaces; none: no AUTH
    bool             auth_required  = true;                     // if there are mechanisms: no session without AUTH
    bool             cleartext_auth = false;                    // also those that show the password, without TLS
    bool             hello_again    = false;                    // EHLO once more behind AUTH: some servers offer more then
    bool             prefer_bdat    = false;                    // BDAT where CHUNKING is offered, not only for BINARYMIME
    std::size_t      recipients     = 0;                        // RCPT commands in a transaction; 0: any number
    extension_set    needs          = {};                       // a server without them is of no use
    // clang-format on

    // True if nothing in it would break a line of the protocol, or stop it.
    constexpr bool valid() const noexcept {
        for (const std::string_view word : words(mechanisms))
            if (!detail::is_mechanism(word)) return false;
        return parse_domain(name) && in_flight != 0;
    }
};

} // namespace sansmtp
