// What can go wrong, in one flat list: first what the peer did, then what the caller did.
//
// Each errc has a sentence (`message`) and, where a peer must be told, a reply (`suggested_reply` in reply.hpp).
// "More input is needed" is never an error: functions that may need more return an empty optional.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sansmtp {

enum class errc : std::uint8_t {
    none,

    // the peer's faults: a line
    line_too_long,       // longer than the limit, or than the buffer
    empty_line,          // a command line with nothing on it
    illegal_octet,       // NUL or another control octet, a bare CR or LF among them
    eight_bit,           // an octet >= 0x80 where SMTPUTF8 was not offered, or content not declared so
    utf8_not_declared,   // an octet >= 0x80 in a path, SMTPUTF8 offered but not asked for
    bad_utf8,            // not UTF-8
    unknown_verb,        // not a command that anyone knows
    not_implemented,     // a known command that is switched off
    bad_sequence,        // a command that has no place in this state
    missing_argument,    // nothing behind a verb that wants something
    unexpected_argument, // something behind a verb that wants nothing
    bad_argument,        // not what the grammar has there

    // the peer's faults: a path
    bad_path,            // no <path> where one belongs, or no end to it
    null_path,           // <> where a mailbox is needed
    bad_route,           // a source route that is none
    bad_local_part,      // not a dot-string, not a quoted string
    local_part_too_long, // over 64 octets
    bad_domain,          // not a domain
    domain_too_long,     // over 255 octets, or a label over 63
    bad_literal,         // not an address literal
    path_too_long,       // over 256 octets with its brackets

    // the peer's faults: ESMTP parameters
    bad_parameter,         // not keyword[=value]
    duplicate_parameter,   // one keyword twice, or HOLDFOR and HOLDUNTIL, of which one may stand
    bad_value,             // a value that its keyword does not take
    unknown_parameter,     // a keyword that was not announced
    unsupported_value,     // a value that is known but not offered here
    unsupported_parameter, // CONPERM or CONNEG where it is not offered [RFC 4141]
    bad_priority,          // MT-PRIORITY twice or with a wrong value [RFC 6710]
    number_too_large,      // more digits than the field has

    // the peer's faults: a transaction
    too_many_recipients,
    no_valid_recipients, // DATA after every RCPT was refused
    message_too_big,     // over max_message_size, declared or sent
    bare_cr,             // in content
    bare_lf,             // in content
    text_line_too_long,  // in content, where the limit is enforced

    // the peer's faults: a session
    too_many_errors,
    early_talker,         // octets before the greeting
    unknown_mechanism,    // a SASL mechanism that is not offered
    cleartext_mechanism,  // a mechanism that shows the password, without TLS
    bad_base64,           // an AUTH line that cannot be decoded
    auth_cancelled,       // an AUTH exchange ended by "*"
    auth_line_too_long,   // longer than an AUTH line may be
    bad_sasl_message,     // not what the mechanism has there
    bad_credentials,      // a password, token or proof that is wrong
    server_first,         // an initial response where the server speaks first
    framing_lost,         // BDAT without a readable size
    connection_lost,      // the stream ended
    timed_out,            // the peer was silent too long
    too_many_messages,    // more MAIL commands than LIMITS announced [RFC 9422]
    tls_required,         // a command that needs TLS
    auth_required,        // a command that needs AUTH
    tls_too_weak,         // a command under TLS that is below policy
    tls_failed,           // the handshake failed, or the TLS connection was closed
    tls_unavailable,      // TLS is required, and not offered or refused
    plaintext_behind_tls, // octets behind STARTTLS that were not encrypted
    tls_at_once,          // a TLS handshake where a command belongs
    http_request,         // a line of HTTP where a command belongs
    unwanted_content,     // lines of a message behind a DATA that was refused

    // the peer's faults: a reply
    bad_reply,         // not a reply line
    mixed_reply_codes, // lines of one reply with different codes
    reply_too_long,    // a line, or all lines together
    unsolicited_reply, // a reply to nothing, or before its command had left
    unexpected_reply,  // a class that this command cannot get
    service_closing,   // 421: the peer goes away
    refused,           // a 4yz or 5yz that ends the session

    // how a transaction can end without a fault
    transaction_reset, // RSET, EHLO or QUIT by the peer
    message_refused,   // the caller refused it while it came
    session_shut_down, // the caller ended the session

    // the caller's misuse
    stale_ticket,  // that request was answered, or is none of this session
    illegal_code,  // a reply code that this request cannot get
    no_room,       // the output has no room for it now: consume and repeat
    reply_too_big, // it would not fit an empty output either
    refused_field, // a field that holds what must not reach the wire
    wrong_state,   // not possible now
    bad_config,    // the configuration holds what must not reach the wire
    mail_limit,    // the server takes no more messages or domains in this session
    not_offered,   // something needs an extension that the server did not announce
};

// True for what the caller of this library did wrong, false for what the peer did.
constexpr bool is_misuse(errc e) noexcept { return e >= errc::stale_ticket; }

// What was found, and where: `offset` counts octets from the start of the text that was parsed.
struct parse_error {
    errc code = errc::none;
    std::size_t offset = 0;

    friend constexpr bool operator==(const parse_error&, const parse_error&) noexcept = default;
};

// One sentence for people, without a full stop.
constexpr std::string_view message(errc e) noexcept {
    switch (e) {
    // clang-format off
    case errc::none:                return "no error";
    case errc::line_too_long:       return "the line is too long";
    case errc::empty_line:          return "the line is empty";
    case errc::illegal_octet:       return "the line holds a control octet";
    case errc::eight_bit:           return "an octet over 127 where only ASCII is allowed";
    case errc::utf8_not_declared:   return "the address is not ASCII and SMTPUTF8 was not asked for";
    case errc::bad_utf8:            return "the text is not valid UTF-8";
    case errc::unknown_verb:        return "the command is not known";
    case errc::not_implemented:     return "the command is known but not offered";
    case errc::bad_sequence:        return "the command is out of sequence";
    case errc::missing_argument:    return "the command needs an argument";
    case errc::unexpected_argument: return "the command takes no argument";
    case errc::bad_argument:        return "the argument does not fit the grammar";
    case errc::bad_path:            return "a path in angle brackets is needed";
    case errc::null_path:           return "the null path is no recipient";
    case errc::bad_route:           return "the source route does not fit the grammar";
    case errc::bad_local_part:      return "the local part does not fit the grammar";
    case errc::local_part_too_long: return "the local part is over 64 octets";
    case errc::bad_domain:          return "the domain does not fit the grammar";
    case errc::domain_too_long:     return "the domain is over 255 octets or has a label over 63";
    case errc::bad_literal:         return "the address literal does not fit the grammar";
    case errc::path_too_long:       return "the path is over 256 octets";
    case errc::bad_parameter:       return "the parameter does not fit keyword[=value]";
    case errc::duplicate_parameter: return "the parameter is given twice, or excludes one before it";
    case errc::bad_value:           return "the parameter does not take this value";
    case errc::unknown_parameter:   return "the parameter was not announced";
    case errc::unsupported_value:   return "the value is known but not offered";
    case errc::unsupported_parameter: return "the parameter is known but not offered";
    case errc::bad_priority:        return "MT-PRIORITY is given twice or does not take this value";
    case errc::number_too_large:    return "the number has too many digits";
    case errc::too_many_recipients: return "there are too many recipients";
    case errc::no_valid_recipients: return "no recipient was accepted";
    case errc::message_too_big:     return "the message is larger than the limit";
    case errc::bare_cr:             return "the content holds a CR without LF";
    case errc::bare_lf:             return "the content holds an LF without CR";
    case errc::text_line_too_long:  return "the content holds a line over the limit";
    case errc::too_many_errors:     return "there were too many bad commands";
    case errc::early_talker:        return "the client spoke before the greeting";
    case errc::unknown_mechanism:   return "the SASL mechanism is not offered";
    case errc::cleartext_mechanism: return "the SASL mechanism needs TLS";
    case errc::bad_base64:          return "the line is not base64";
    case errc::auth_cancelled:      return "the client cancelled the authentication";
    case errc::auth_line_too_long:  return "the authentication line is too long";
    case errc::bad_sasl_message:    return "the message does not fit the SASL mechanism";
    case errc::bad_credentials:     return "the credentials are not valid";
    case errc::server_first:        return "the SASL mechanism takes no initial response";
    case errc::framing_lost:        return "the chunk size cannot be read, so the framing is lost";
    case errc::connection_lost:     return "the connection was lost";
    case errc::timed_out:           return "the peer was silent for too long";
    case errc::too_many_messages:   return "there were too many MAIL commands";
    case errc::tls_required:        return "the command needs TLS";
    case errc::auth_required:       return "the command needs authentication";
    case errc::tls_too_weak:        return "the TLS session is too weak";
    case errc::tls_failed:          return "the TLS handshake failed, or TLS was closed";
    case errc::tls_unavailable:     return "TLS is required and the server does not offer it now";
    case errc::plaintext_behind_tls: return "plaintext came behind STARTTLS";
    case errc::tls_at_once:         return "the client speaks TLS where a command belongs";
    case errc::http_request:        return "the client speaks HTTP";
    case errc::unwanted_content:    return "the line is content of a message that was refused";
    case errc::bad_reply:           return "the line is not a reply";
    case errc::mixed_reply_codes:   return "the lines of one reply have different codes";
    case errc::reply_too_long:      return "the reply is too long";
    case errc::unsolicited_reply:   return "a reply came that no command had asked for";
    case errc::unexpected_reply:    return "the command cannot get a reply of this class";
    case errc::service_closing:     return "the server is closing the channel";
    case errc::refused:             return "the server refused";
    case errc::transaction_reset:   return "the client dropped the transaction";
    case errc::message_refused:     return "the message was refused while it came";
    case errc::session_shut_down:   return "the session was shut down";
    case errc::stale_ticket:        return "the request was answered before, or belongs to another session";
    case errc::illegal_code:        return "this request cannot get a reply of that code";
    case errc::no_room:             return "the output has no room now: consume, then repeat";
    case errc::reply_too_big:       return "the reply does not fit the output buffer";
    case errc::refused_field:       return "a field holds what must not reach the wire";
    case errc::wrong_state:         return "the session cannot do that now";
    case errc::bad_config:          return "the configuration holds what must not reach the wire";
    case errc::not_offered:         return "an extension is needed that the server does not offer";
    case errc::mail_limit:          return "the server takes no more messages in this session";
        // clang-format on
    }
    return "unknown error";
}

} // namespace sansmtp
