// What a client can say: one type for each command, each argument typed [RFC 5321 4.1.1, RFC 821, and the extensions].
//
// These are plain values that view the line they came from, or the caller's own texts. What the type of a field does not
// vouch for is checked when the command is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "attributes.hpp"
#include "domain_list.hpp"
#include "mailbox.hpp"
#include "parameters.hpp"
#include "verb.hpp"

namespace sansmtp {

// Where a message goes that SEND, SOML or SAML began; MAIL goes to the mailbox. [RFC 821 3.4]
enum class delivery : std::uint8_t {
    mail,              // MAIL: to the mailbox
    terminal,          // SEND: to the terminal of the user
    terminal_or_mail,  // SOML: to the terminal if the user is active, else to the mailbox
    terminal_and_mail, // SAML: to both
};

// What ETRN asks for [RFC 1985 5.3].
enum class etrn_scope : std::uint8_t {
    node,    // the queue of that node
    subtree, // "@": of that node and all below it
    queue,   // "#": a queue of that name
};

namespace cmd {

struct helo { // HELO SP Domain
    domain name;
    std::string_view extra = {}; // text behind the name (leniency hello_text)
    friend constexpr bool operator==(const helo&, const helo&) noexcept = default;
};
struct ehlo { // EHLO SP (Domain / address-literal)
    domain name;
    std::string_view extra = {};
    friend constexpr bool operator==(const ehlo&, const ehlo&) noexcept = default;
};
struct lhlo { // LHLO SP Domain [RFC 2033 4.1]
    domain name;
    std::string_view extra = {};
    friend constexpr bool operator==(const lhlo&, const lhlo&) noexcept = default;
};
struct mail { // MAIL FROM:<reverse-path> [SP parameters]; SEND, SOML and SAML without parameters
    path from;
    parameters params = {};
    delivery how = delivery::mail;
    friend constexpr bool operator==(const mail&, const mail&) noexcept = default;
};
struct rcpt { // RCPT TO:<forward-path> [SP parameters]
    path to;
    parameters params = {};
    friend constexpr bool operator==(const rcpt&, const rcpt&) noexcept = default;
};
struct data { // DATA
    friend constexpr bool operator==(const data&, const data&) noexcept = default;
};
struct bdat { // BDAT SP size [SP LAST] [RFC 3030 2]
    std::uint64_t size = 0;
    bool last = false;
    friend constexpr bool operator==(const bdat&, const bdat&) noexcept = default;
};
struct rset { // RSET
    friend constexpr bool operator==(const rset&, const rset&) noexcept = default;
};
struct vrfy { // VRFY SP text [SP SMTPUTF8]
    std::string_view text;
    bool utf8 = false; // the reply may be UTF-8 [RFC 6531 3.7.4.2]
    friend constexpr bool operator==(const vrfy&, const vrfy&) noexcept = default;
};
struct expn { // EXPN SP text [SP SMTPUTF8]
    std::string_view text;
    bool utf8 = false;
    friend constexpr bool operator==(const expn&, const expn&) noexcept = default;
};
struct help { // HELP [SP text]
    std::string_view text = {};
    friend constexpr bool operator==(const help&, const help&) noexcept = default;
};
struct noop { // NOOP [SP text]
    std::string_view text = {};
    friend constexpr bool operator==(const noop&, const noop&) noexcept = default;
};
struct quit { // QUIT
    friend constexpr bool operator==(const quit&, const quit&) noexcept = default;
};
struct turn { // TURN [RFC 821 3.8]
    friend constexpr bool operator==(const turn&, const turn&) noexcept = default;
};
struct etrn {              // ETRN SP ["@" / "#"] name [RFC 1985 5]
    std::string_view node; // a domain or literal; the name of a queue is any printable ASCII without SP
    etrn_scope scope = etrn_scope::node;
    friend constexpr bool operator==(const etrn& a, const etrn& b) noexcept {
        return a.scope == b.scope && (a.scope == etrn_scope::queue ? a.node == b.node : iequal(a.node, b.node));
    }
};
struct atrn { // ATRN [SP domain *("," domain)] [RFC 2645 5.2.1]
    domain_list domains = {};
    friend constexpr bool operator==(const atrn&, const atrn&) noexcept = default;
};
struct starttls { // STARTTLS [RFC 3207 4]
    friend constexpr bool operator==(const starttls&, const starttls&) noexcept = default;
};
struct auth { // AUTH SP mechanism [SP initial-response] [RFC 4954 4]
    std::string_view mechanism;
    // base64 or "=" as parsed; decoded where a session hands it out. None is not the same as empty.
    std::optional<std::string_view> initial_response = {};
    friend constexpr bool operator==(const auth& a, const auth& b) noexcept {
        return iequal(a.mechanism, b.mechanism) && a.initial_response == b.initial_response;
    }
};
struct burl { // BURL SP absolute-URI [SP LAST] [RFC 4468 3]
    std::string_view uri;
    bool last = false;
    friend constexpr bool operator==(const burl&, const burl&) noexcept = default;
};
struct xclient { // XCLIENT 1*(SP name "=" xtext), Postfix
    attributes attrs;
    friend constexpr bool operator==(const xclient&, const xclient&) noexcept = default;
};
struct xforward { // XFORWARD 1*(SP name "=" xtext), Postfix
    attributes attrs;
    friend constexpr bool operator==(const xforward&, const xforward&) noexcept = default;
};
struct other { // a verb that is none of these [SP arguments]
    std::string_view verb;
    std::string_view arguments = {};
    friend constexpr bool operator==(const other& a, const other& b) noexcept {
        return iequal(a.verb, b.verb) && a.arguments == b.arguments;
    }
};

} // namespace cmd

using command = std::variant<cmd::other, cmd::helo, cmd::ehlo, cmd::lhlo, cmd::mail, cmd::rcpt, cmd::data, cmd::bdat,
                             cmd::rset, cmd::vrfy, cmd::expn, cmd::help, cmd::noop, cmd::quit, cmd::turn, cmd::etrn,
                             cmd::atrn, cmd::starttls, cmd::auth, cmd::burl, cmd::xclient, cmd::xforward>;

} // namespace sansmtp
