// How a server presents itself, and what it takes: plain data that its sessions share.
#pragma once

#include <span>
#include <string_view>

#include "domain.hpp"
#include "extension.hpp"
#include "limits.hpp"
#include "state.hpp"

namespace sansmtp {

// What to do with content that holds a bare CR or LF. It ends nothing in either case. [RFC 5321 2.3.8]
enum class bare_newlines : std::uint8_t {
    reject, // refuse the message after its end
    keep,   // hand it over as it came
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
    bool                       offer_expn     = false;             // EXPN becomes a request
    std::string_view           mechanisms     = {};                // of SASL, separated by spaces; none: no AUTH
    bool                       cleartext_auth = false;             // also those that show the password, without TLS
    std::span<const extension> extensions     = {};                // beside PIPELINING SIZE 8BITMIME ENHANCEDSTATUSCODES HELP
    // clang-format on

    // True if nothing in it would break a line of the protocol.
    constexpr bool valid() const noexcept {
        for (const extension& e : extensions)
            if (!e.valid()) return false;
        return parse_domain(host) && chars::textstring.all(banner) && banner.size() <= 200 &&
               mechanisms.size() <= 400 && (chars::ldh | charset(detail::class_blank) | chars::atext).all(mechanisms);
    }
};

} // namespace sansmtp
