// What a run of a client against a server does, and what it must come to: the plan, the books that both ends keep, and
// the judgement.
//
// What a plan must come to is said here from the RFCs and from what the options promise, not from the sessions.
#pragma once

#include <sansmtp/client.hpp>
#include <sansmtp/server.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

using namespace sansmtp;

inline constexpr std::size_t never = static_cast<std::size_t>(-1);
inline constexpr std::size_t most_recipients = 8;

// ---- the plan

// Where the client gives a message up.
enum class leaving : std::uint8_t { nowhere, after_send, on_content, behind_content };

struct letter {
    std::string content;
    std::uint8_t recipients = 1; // how many, at most 8
    std::uint8_t refused = 0;    // bits of those that the server refuses at RCPT: for good if even, for now if odd
    std::uint8_t failed = 0;     // the same at the end; without LMTP bit 0 counts
    bool mail_refused = false;
    bool data_refused = false;
    bool dropped = false;        // the server refuses it while it comes
    extension_set wants = {};    // extensions whose options the envelope has
    extension_set optional = {}; // those that it would go without
    bool utf8_sender = false;    // an address that cannot be without SMTPUTF8
    leaving abandoned = leaving::nowhere;
};

// How the handshake ends for both sides, or that the server answers 454 to STARTTLS.
enum class handshake : std::uint8_t { good, unavailable, failed, weak_to_client, weak_to_server };

struct plan {
    std::vector<letter> messages;
    dialect protocol = dialect::smtp;
    bool pipelining = true;
    std::size_t piece = never;       // octets of content offered at a time
    std::size_t to_server = never;   // octets that travel at a time
    std::size_t to_client = never;   //
    std::size_t split_server = 0;    // octets that travel first; what is behind them only when they were read
    std::size_t split_client = 0;    //
    std::size_t cut_server = never;  // octets that reach the server, then the connection is lost
    std::size_t cut_client = never;  // octets that reach the client, then the connection is lost
    std::size_t message_limit = 0;   // of the server
    std::size_t recipient_limit = 0; // of the server; 0: its default
    announced_limits limits = {};    // LIMITS of the server
    extension_set offer = standard_extensions;
    bool no_ehlo = false; // the server refuses it
    bool bdat = false;    // the client prefers BDAT
    bool all_or_nothing = false;
    bool asks = false;     // the client gives a NOOP before each message
    bool implicit = false; // TLS from the start
    tls_policy tls = tls_policy::never;
    handshake tls_ends = handshake::good;
    std::string_view mechanisms = {}; // of the client
    std::string_view offered_mechanisms = {};
    bool cleartext_auth = false;    // of the client
    bool cleartext_offered = false; // by the server
    bool auth_required = true;
    bool knows_password = true;
};

// ---- the books

enum class fate : std::uint8_t { none, accepted, refused, later, doubt, delivered };

struct books {
    // by message and recipient: what the client knows, and whether the server has it
    std::vector<std::array<fate, most_recipients>> told;
    std::vector<std::array<bool, most_recipients>> stored;
    std::string wrong; // what must not happen
    std::size_t server_octets = 0, client_octets = 0;
    bool cut = false;
    bool opened = false;                        // the client was ready
    bool secured = false;                       // and this held then
    bool authenticated = false, let_in = false; // the same, as each end has it
};

// ---- what a plan must come to

constexpr std::string_view cleartext_mechanisms = "PLAIN LOGIN";

inline bool bit(std::uint8_t bits, std::size_t i) { return ((unsigned{bits} >> i) & 1U) != 0; }
inline bool lists(std::string_view list, std::string_view name) {
    for (const std::string_view word : words(list))
        if (word == name) return true;
    return false;
}

// How the opening ends.
struct opening {
    bool ready = false, secured = false, authenticated = false;
};

inline opening opening_of(const plan& p) {
    opening o{true, p.implicit, false};
    if (p.no_ehlo) { // HELO is for those who insist on nothing
        const bool insists = (p.tls == tls_policy::required && !p.implicit) ||
                             (p.auth_required && !p.mechanisms.empty()) || p.protocol == dialect::lmtp;
        return {!insists, o.secured, false};
    }
    if (!p.implicit && p.tls != tls_policy::never) {
        const bool tried = p.offer.has(extension_id::starttls) && p.tls_ends != handshake::unavailable;
        if (tried && p.tls_ends != handshake::good) return {};
        if (!tried && p.tls == tls_policy::required) return {};
        o.secured = tried;
    }
    if (p.mechanisms.empty()) return o;
    const auto fits = [&](std::string_view name) {
        return lists(p.offered_mechanisms, name) &&
               (o.secured || (p.cleartext_auth && p.cleartext_offered) || !lists(cleartext_mechanisms, name));
    };
    bool found = false;
    for (const std::string_view name : words(p.mechanisms)) found = found || fits(name);
    o.authenticated = found && p.knows_password;
    o.ready = o.authenticated || !p.auth_required;
    return o;
}

// The extensions that the client may use once it is ready.
inline extension_set offered(const plan& p) {
    if (p.no_ehlo) return {};
    return opening_of(p).secured ? p.offer : p.offer - extension_set{extension_id::require_tls};
}

inline bool is_binary(const letter& m) { return m.wants.has(extension_id::binary_mime); }

// BDAT is for BINARYMIME, and for those who prefer it.
inline bool by_chunks(const plan& p, const letter& m) {
    return is_binary(m) || (p.bdat && offered(p).has(extension_id::chunking));
}

// Options that would be sent where all is offered. Of BODY there is one; CHUNKING has none.
inline extension_set asked(const letter& m) {
    const extension_set options = m.wants - extension_set{extension_id::chunking};
    return is_binary(m) ? options - extension_set{extension_id::eight_bit_mime} : options;
}

// Whether something is asked for that is neither offered nor optional. SIZE is only a hint.
inline bool is_blocked(const plan& p, const letter& m) {
    const extension_set there = offered(p);
    const extension_set hard{extension_id::binary_mime};
    const extension_set missing = asked(m) - there - extension_set{extension_id::size};
    if (m.utf8_sender && !there.has(extension_id::smtputf8)) return true;
    if (is_binary(m) && !there.has(extension_id::chunking)) return true;
    return !(missing - (m.optional - hard)).empty();
}

// Whether the content has octets over 127 that MAIL does not declare, which no client may send [RFC 6152 3].
inline bool is_undeclared(const plan& p, const letter& m) {
    const bool ascii = std::all_of(m.content.begin(), m.content.end(), [](char c) { return (c & 0x80) == 0; });
    const bool declared = is_binary(m) || (asked(m) & offered(p)).has(extension_id::eight_bit_mime);
    return !ascii && !declared;
}

// Content as it arrives: CR, LF and CRLF are CRLF; by DATA there is one at the end. Octets of BINARYMIME are what they are.
inline std::string arrives(const plan& p, const letter& m) {
    if (is_binary(m)) return m.content;
    std::string lines;
    for (std::size_t i = 0; i < m.content.size(); ++i) {
        if (m.content[i] == '\n' && i > 0 && m.content[i - 1] == '\r') continue;
        if (m.content[i] == '\r' || m.content[i] == '\n')
            lines += "\r\n";
        else
            lines += m.content[i];
    }
    if (!by_chunks(p, m) && !lines.empty() && !lines.ends_with('\n')) lines += "\r\n";
    return lines;
}

// Whether the client says how large the message is.
inline bool has_size(const plan& p, const letter& m) { return p.message_limit != 0 || m.wants.has(extension_id::size); }

// More than the server takes. Where it says so by SIZE nothing is sent.
inline bool is_over(const plan& p, const letter& m) {
    return p.message_limit != 0 && arrives(p, m).size() > p.message_limit;
}
inline bool is_too_big(const plan& p, std::size_t message) {
    return is_over(p, p.messages[message]) && offered(p).has(extension_id::size);
}

// More recipients than may be tried; and if all must be accepted nothing is sent.
inline bool has_too_many(const plan& p, const letter& m) {
    return p.limits.recipients != 0 && m.recipients > p.limits.recipients;
}
inline bool is_hopeless(const plan& p, const letter& m) { return p.all_or_nothing && !p.no_ehlo && has_too_many(p, m); }

// How many MAIL commands the client has sent before that message.
inline std::size_t mails_before(const plan& p, std::size_t message) {
    std::size_t n = 0;
    for (std::size_t m = 0; m < message; ++m) {
        const letter& a = p.messages[m];
        n += is_blocked(p, a) || is_too_big(p, m) || is_hopeless(p, a) ? 0U : 1U;
    }
    return n;
}

inline fate no(std::size_t k) { return k % 2 == 0 ? fate::refused : fate::later; }

inline std::size_t accepted_before(const letter& m, std::size_t i) {
    std::size_t n = 0;
    for (std::size_t k = 0; k < i; ++k) n += bit(m.refused, k) ? 0U : 1U;
    return n;
}

// What RCPT comes to.
inline fate of_rcpt(const plan& p, const letter& m, std::size_t i) {
    if (p.limits.recipients != 0 && i >= p.limits.recipients) return fate::later;
    if (p.recipient_limit != 0 && accepted_before(m, i) >= p.recipient_limit) return fate::later;
    return bit(m.refused, i) ? no(i) : fate::accepted;
}

// Whether a message gets as far as MAIL.
inline bool is_sent(const plan& p, std::size_t m) {
    const letter& a = p.messages[m];
    if (is_blocked(p, a) || is_too_big(p, m) || is_hopeless(p, a)) return false;
    return p.limits.mails == 0 || mails_before(p, m) < p.limits.mails;
}
// Whether the server would take its content.
inline bool is_wanted(const plan& p, std::size_t m) {
    const letter& a = p.messages[m];
    if (!is_sent(p, m) || a.mail_refused || a.data_refused) return false;
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < a.recipients; ++i) accepted += of_rcpt(p, a, i) == fate::accepted ? 1U : 0U;
    return p.all_or_nothing ? accepted == a.recipients : accepted != 0;
}
// Whether the session gives it up where an octet comes that must not be sent.
inline bool is_stopped(const plan& p, const letter& m) {
    return is_undeclared(p, m) && (m.abandoned == leaving::nowhere || m.abandoned == leaving::behind_content);
}
// Whether giving it up costs the connection: what stands behind a 354 cannot be taken back.
inline bool costs_connection(const plan& p, std::size_t m) {
    const letter& a = p.messages[m];
    if (is_stopped(p, a)) return !by_chunks(p, a) && is_wanted(p, m);
    if (a.abandoned == leaving::nowhere || by_chunks(p, a) || !is_wanted(p, m)) return false;
    return a.abandoned != leaving::after_send || (p.pipelining && !p.no_ehlo && !p.all_or_nothing);
}

// What becomes of a recipient, if the connection holds. Limits are kept by the server also behind HELO, where it cannot
// announce them.
inline fate expected(const plan& p, std::size_t m, std::size_t i) {
    for (std::size_t k = 0; k < m; ++k)
        if (costs_connection(p, k)) return fate::none;
    const letter& a = p.messages[m];
    if (!opening_of(p).ready) return fate::none;
    if (is_blocked(p, a) || is_too_big(p, m)) return fate::refused;
    if (p.limits.mails != 0 && mails_before(p, m) >= p.limits.mails) return fate::later;
    if (is_hopeless(p, a) || a.abandoned == leaving::after_send) return fate::later;
    if (a.mail_refused) return no(0);
    for (std::size_t k = 0; p.all_or_nothing && k < a.recipients; ++k)
        if (const fate f = of_rcpt(p, a, k); f != fate::accepted) return k == i ? f : fate::later;
    if (const fate f = of_rcpt(p, a, i); f != fate::accepted) return f;
    if (a.data_refused) return no(1);
    if (is_stopped(p, a)) return fate::refused;
    if (a.abandoned != leaving::nowhere) return fate::later;
    if (is_over(p, a) || (a.dropped && !a.content.empty())) return fate::refused;
    const std::size_t k = p.protocol == dialect::lmtp ? accepted_before(a, i) : 0;
    return bit(a.failed, k) ? no(k) : fate::delivered;
}

// What is wrong with the books; empty if both ends agree, and if all is as planned where the connection held.
inline std::string judge(const plan& p, const books& b) {
    std::string wrong = b.wrong;
    const opening o = opening_of(p);
    if (!b.cut && (b.opened != o.ready || (o.ready && (b.secured != o.secured || b.authenticated != o.authenticated))))
        wrong += "the opening; ";
    if (b.authenticated && !b.let_in) wrong += "not let in; ";
    for (std::size_t m = 0; m < p.messages.size(); ++m) {
        for (std::size_t i = 0; i < p.messages[m].recipients; ++i) {
            const fate f = b.told[m][i];
            const std::string who = " (message " + std::to_string(m) + ", recipient " + std::to_string(i) + "); ";
            if (b.stored[m][i] && f != fate::delivered && f != fate::doubt) wrong += "stored, but not said so" + who;
            if (!b.stored[m][i] && f == fate::delivered) wrong += "said to be delivered" + who;
            if (f == fate::accepted) wrong += "no last word" + who;
            if (!b.cut && f != expected(p, m, i)) wrong += "not as planned" + who;
        }
    }
    return wrong;
}

} // namespace loopback
