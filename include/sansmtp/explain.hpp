// What codes mean, for people: the tables of reply codes [RFC 5321 4.2.2 and extensions] and of enhanced codes [RFC 3463,
// RFC 5248, IANA], and what a client does about them.
//
// Only the first digit of a code decides what happens; a code that the tables do not know is explained by it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "reply_code.hpp"
#include "reply_view.hpp"

namespace sansmtp {

struct reply_code_entry {
    std::uint16_t code;
    std::string_view meaning;
    std::string_view answers; // the commands that it answers
    std::string_view advice;  // what the client does
};

struct enhanced_code_entry {
    std::uint16_t subject;
    std::uint16_t detail;
    bool success; // the classes that make sense: 2, 4, 5
    bool transient;
    bool permanent;
    std::string_view meaning;
};

// In ascending order.
inline constexpr std::array<reply_code_entry, 45> reply_codes{{
    // clang-format off
    {211, "system status or help reply",
          "HELP",
          "show text"},
    {214, "help message",
          "HELP",
          "show text"},
    {220, "service ready (greeting); also \"start TLS now\" and XCLIENT success",
          "connect STARTTLS XCLIENT",
          "greeting: send EHLO/LHLO; STARTTLS: start handshake at once; XCLIENT: session restarts, send EHLO"},
    {221, "closing the channel",
          "QUIT",
          "close"},
    {235, "authentication succeeded",
          "AUTH",
          "mark authenticated; if a security layer was negotiated drop EHLO data and resend EHLO"},
    {250, "action completed",
          "EHLO HELO LHLO MAIL RCPT DATA-end BDAT BURL RSET VRFY EXPN NOOP ETRN ATRN SEND SOML SAML TURN XFORWARD",
          "go on"},
    {251, "user not local, will forward to <path>; ETRN: no messages waiting",
          "RCPT VRFY ETRN",
          "RCPT: treat as accepted, optionally expose the new path"},
    {252, "cannot verify, will try delivery; ETRN: pending messages started",
          "VRFY EXPN ETRN",
          "unknown but usable"},
    {253, "ETRN: n pending messages started",
          "ETRN",
          "success"},
    {334, "SASL challenge (base64 after the space)",
          "AUTH continuation",
          "decode and answer; \"*\" cancels"},
    {354, "start mail input, end with CRLF.CRLF",
          "DATA",
          "send the message"},
    {355, "CHECKPOINT: octet offset to restart at",
          "MAIL/DATA with TRANSID",
          "unknown 3yz: abort transaction"},
    {421, "service not available, closing channel",
          "any connect",
          "transient; server will close: stop sending, close, retry later or at another host"},
    {422, "(registry only: password transition / some servers: mailbox full)",
          "AUTH",
          "transient"},
    {430, "(registry only)",
          "",
          "transient"},
    {432, "password transition needed",
          "AUTH",
          "authenticate once with PLAIN under TLS"},
    {450, "mailbox unavailable now; ATRN refused; BDAT/priority transient",
          "RCPT DATA-end MAIL(practice) VRFY(practice) ATRN",
          "transient for that recipient or transaction"},
    {451, "local error in processing; ATRN cannot process now",
          "any of MAIL RCPT DATA DATA-end ATRN BURL",
          "transient"},
    {452, "insufficient storage; too many recipients",
          "MAIL RCPT DATA-end",
          "RCPT: keep recipient for a later transaction; MAIL: retry later"},
    {453, "ATRN: no mail; X.3.2 pair",
          "ATRN",
          "transient"},
    {454, "TLS not available now; temporary authentication failure",
          "STARTTLS AUTH",
          "transient; policy decides whether to go on in clear"},
    {455, "cannot accommodate parameters now",
          "MAIL RCPT",
          "transient; may retry without the parameter if its loss is allowed"},
    {458, "ETRN: unable to queue",
          "ETRN",
          "transient"},
    {459, "ETRN: node not allowed",
          "ETRN",
          "transient"},
    {500, "syntax error, command unrecognised, line too long",
          "any",
          "EHLO: fall back to HELO; others: command unsupported"},
    {501, "syntax error in parameters",
          "any with arguments",
          "permanent for that command"},
    {502, "command known but not implemented",
          "any optional",
          "EHLO: fall back to HELO; others: unsupported"},
    {503, "bad sequence of commands",
          "any",
          "resynchronise with RSET; client bug or lost state"},
    {504, "parameter or mechanism not implemented",
          "EHLO HELO VRFY EXPN HELP AUTH MAIL RCPT",
          "try without parameter / another mechanism"},
    {521, "host never accepts mail",
          "connect",
          "permanent for this host; try next MX; close"},
    {523, "encryption needed (registry)",
          "AUTH MAIL",
          "permanent; start TLS"},
    {524, "encryption required for mechanism (registry)",
          "AUTH",
          "permanent; start TLS"},
    {525, "account disabled (registry)",
          "AUTH",
          "permanent; ask the user to contact the administrator"},
    {530, "authentication or STARTTLS required first",
          "any but the exempt ones",
          "start TLS or authenticate then repeat"},
    {533, "(registry only)",
          "",
          "permanent"},
    {534, "mechanism too weak",
          "AUTH",
          "try a stronger mechanism"},
    {535, "credentials invalid",
          "AUTH",
          "ask for new credentials; do not loop"},
    {538, "encryption required for mechanism (historic)",
          "AUTH",
          "start TLS then retry"},
    {550, "mailbox unavailable or refused by policy",
          "EHLO HELO MAIL RCPT VRFY EXPN DATA-end",
          "permanent for recipient/transaction; at EHLO see client notes"},
    {551, "user not local, try <path>",
          "RCPT VRFY",
          "permanent; optionally expose the suggested path"},
    {552, "storage allocation or size exceeded",
          "MAIL RCPT DATA-end BDAT BURL",
          "permanent for size; at RCPT without SIZE cause treat as 452 (RFC5321 advice, policy switch)"},
    {553, "mailbox name not allowed",
          "MAIL RCPT VRFY",
          "permanent"},
    {554, "transaction failed; no SMTP service; no valid recipients; TLS insufficient",
          "connect DATA DATA-end any-after-weak-TLS BURL MAIL(submission)",
          "permanent; at connect: try next MX"},
    {555, "MAIL/RCPT parameter not recognised or not implemented",
          "MAIL RCPT",
          "retry without the parameter if allowed"},
    {556, "recipient domain does not accept mail",
          "RCPT",
          "permanent for that recipient"},
    // clang-format on
}};

// In ascending order. X.6.10 is a deprecated double of X.6.8 and makes sense with no class.
inline constexpr std::array<enhanced_code_entry, 81> enhanced_codes{{
    // clang-format off
    {0,  0, true,  true,  true,  "unspecified; only the class is known"},
    {1,  0, true,  true,  true,  "some problem with an address"},
    {1,  1, false, false, true,  "recipient mailbox does not exist (left of @ unknown)"},
    {1,  2, false, false, true,  "recipient system does not exist or takes no mail (right of @ bad)"},
    {1,  3, false, false, true,  "recipient address syntax invalid"},
    {1,  4, false, true,  true,  "recipient address is ambiguous (matches several)"},
    {1,  5, true,  false, false, "recipient address valid"},
    {1,  6, false, false, true,  "recipient mailbox has moved and no forwarding address is known"},
    {1,  7, false, false, true,  "sender address syntax invalid"},
    {1,  8, false, true,  true,  "sender system does not exist or cannot take return mail"},
    {1,  9, true,  false, false, "relayed to a system that does not speak this protocol"},
    {1, 10, false, false, true,  "recipient domain publishes a null MX"},
    {2,  0, true,  true,  true,  "some problem with the recipient mailbox"},
    {2,  1, false, true,  true,  "mailbox disabled, takes no messages"},
    {2,  2, false, true,  false, "mailbox full (per-user quota)"},
    {2,  3, false, false, true,  "message longer than the mailbox limit"},
    {2,  4, false, true,  true,  "mailing list could not be expanded"},
    {3,  0, true,  true,  true,  "some problem with the mail system"},
    {3,  1, false, true,  false, "mail system storage full"},
    {3,  2, false, true,  true,  "host does not take messages (shutdown, load, maintenance, or never)"},
    {3,  3, false, true,  true,  "requested features unsupported by destination"},
    {3,  4, false, false, true,  "message too big for the system"},
    {3,  5, false, true,  true,  "system misconfigured for this message"},
    {3,  6, true,  false, false, "accepted, but the requested priority was changed"},
    {4,  0, true,  true,  true,  "some network or routing problem"},
    {4,  1, false, true,  false, "no answer from next host"},
    {4,  2, false, true,  false, "connection bad or timed out"},
    {4,  3, false, true,  false, "directory (e.g. DNS) server failure"},
    {4,  4, false, true,  true,  "cannot route: no next hop found"},
    {4,  5, false, true,  false, "mail system congested"},
    {4,  6, false, true,  false, "routing loop (too many hops)"},
    {4,  7, false, true,  true,  "message too old / delivery time expired"},
    {5,  0, true,  true,  true,  "some protocol problem"},
    {5,  1, false, false, true,  "command out of sequence or unsupported"},
    {5,  2, false, false, true,  "command syntax wrong or command unrecognised"},
    {5,  3, false, true,  true,  "too many recipients"},
    {5,  4, false, false, true,  "command arguments invalid, out of range or unrecognised"},
    {5,  5, false, true,  true,  "protocol version mismatch"},
    {5,  6, false, true,  true,  "AUTH exchange line longer than the buffer"},
    {6,  0, true,  true,  true,  "some content/media problem"},
    {6,  1, false, false, true,  "media type not supported"},
    {6,  2, false, true,  true,  "conversion needed but prohibited"},
    {6,  3, false, false, true,  "conversion needed but unsupported"},
    {6,  4, true,  false, true,  "conversion with loss performed"},
    {6,  5, false, true,  true,  "conversion failed"},
    {6,  6, false, true,  true,  "content could not be fetched (BURL)"},
    {6,  7, false, false, true,  "non-ASCII address not permitted for this sender/recipient"},
    {6,  8, true,  false, true,  "UTF-8 reply needed but client did not allow it"},
    {6,  9, false, false, true,  "message with UTF-8 header cannot be passed to some recipient"},
    {6, 10, false, false, false, "deprecated duplicate of X.6.8"},
    {7,  0, true,  true,  true,  "some security problem (or undisclosed)"},
    {7,  1, false, false, true,  "not authorised to send to destination; refused"},
    {7,  2, false, false, true,  "not authorised to send to the list"},
    {7,  3, false, false, true,  "security conversion needed but impossible"},
    {7,  4, false, false, true,  "security features not supported"},
    {7,  5, false, true,  true,  "cryptographic failure"},
    {7,  6, false, true,  true,  "cryptographic algorithm not supported"},
    {7,  7, true,  true,  true,  "message integrity failure"},
    {7,  8, false, false, true,  "authentication credentials invalid"},
    {7,  9, false, false, true,  "authentication mechanism too weak for this user"},
    {7, 10, false, false, true,  "encryption needed"},
    {7, 11, false, false, true,  "mechanism usable only over encryption"},
    {7, 12, false, true,  false, "password transition needed"},
    {7, 13, false, false, true,  "account disabled"},
    {7, 14, false, false, true,  "trust relationship with third party required (BURL)"},
    {7, 15, false, true,  true,  "priority level too low"},
    {7, 16, false, true,  true,  "message too big for its priority"},
    {7, 17, false, false, true,  "mailbox owner changed (RRVS)"},
    {7, 18, false, false, true,  "domain owner changed (RRVS)"},
    {7, 19, false, false, true,  "RRVS test cannot be completed"},
    {7, 20, false, false, true,  "no passing DKIM signature"},
    {7, 21, false, false, true,  "no acceptable DKIM signature"},
    {7, 22, false, false, true,  "no author-matched DKIM signature"},
    {7, 23, false, false, true,  "SPF validation failed"},
    {7, 24, false, true,  true,  "SPF validation error"},
    {7, 25, false, false, true,  "reverse DNS validation failed"},
    {7, 26, false, false, true,  "several authentication checks failed"},
    {7, 27, false, false, true,  "sender domain publishes a null MX"},
    {7, 28, false, true,  true,  "mail flood detected"},
    {7, 29, false, false, true,  "ARC validation failure"},
    {7, 30, false, false, true,  "REQUIRETLS support required by the message but absent at next hop"},
    // clang-format on
}};

// One sentence for a class; empty for none.
constexpr std::string_view explain(reply_class c) noexcept {
    switch (c) {
    // clang-format off
    case reply_class::success:      return "the command was carried out";
    case reply_class::intermediate: return "the command was taken, and the server waits for more";
    case reply_class::transient:    return "the command failed now and may succeed later";
    case reply_class::permanent:    return "the command failed and will fail again";
    case reply_class::none:         break;
        // clang-format on
    }
    return {};
}

namespace detail {

// The place of the first row that fits; the size of the table if none does. A place, not a pointer: g++ 12 under UBSan takes
// no null test of a table's address for a constant.
template <class Table, class Fits>
constexpr std::size_t find_row(const Table& table, Fits fits) noexcept {
    std::size_t row = 0;
    while (row < table.size() && !fits(table[row])) ++row;
    return row;
}

constexpr std::size_t row_of(reply_code code) noexcept {
    return find_row(reply_codes, [code](const reply_code_entry& e) { return e.code == code.value(); });
}
constexpr std::size_t row_of(enhanced_code code) noexcept {
    return find_row(enhanced_codes, [code](const enhanced_code_entry& e) {
        return code && e.subject == code.subject && e.detail == code.detail;
    });
}

} // namespace detail

// The entry of a reply code; nothing if the table does not have it.
constexpr const reply_code_entry* find_entry(reply_code code) noexcept {
    const std::size_t row = detail::row_of(code);
    return row < reply_codes.size() ? &reply_codes[row] : nullptr;
}

// The entry of an enhanced code, whatever its class; nothing if the table does not have it.
constexpr const enhanced_code_entry* find_entry(enhanced_code code) noexcept {
    const std::size_t row = detail::row_of(code);
    return row < enhanced_codes.size() ? &enhanced_codes[row] : nullptr;
}

// What a reply code means; by its class if the table does not have it, and empty for none.
constexpr std::string_view explain(reply_code code) noexcept {
    const std::size_t row = detail::row_of(code);
    return row < reply_codes.size() ? reply_codes[row].meaning : explain(code.category());
}

// What an enhanced code means; by its subject or else its class if the table does not have it [RFC 3463 2], and empty for
// none.
constexpr std::string_view explain(enhanced_code code) noexcept {
    if (!code.valid()) return {};
    for (const std::uint16_t number : {code.detail, std::uint16_t{0}}) {
        const std::size_t row = detail::row_of(enhanced_code{code.category, code.subject, number});
        if (row < enhanced_codes.size()) return enhanced_codes[row].meaning;
    }
    return explain(static_cast<reply_class>(code.category - 1));
}

// What a reply means.
struct explanation {
    std::string_view meaning; // of its code
    std::string_view advice;  // what the client does; empty for a code without RFC
    std::string_view reason;  // of its enhanced code; empty if it has none
};

constexpr explanation explain(const reply_view& r) noexcept {
    const std::size_t row = detail::row_of(r.code());
    const std::string_view advice = row < reply_codes.size() ? reply_codes[row].advice : std::string_view{};
    return {explain(r.code()), advice, explain(r.enhanced())};
}

} // namespace sansmtp
