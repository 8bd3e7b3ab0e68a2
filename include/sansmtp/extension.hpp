// Service extensions as data [RFC 5321 2.2]: what an EHLO reply announces and what that lets a client send.
//
// `extension` describes one, be it the caller's own or a registered one. `extensions` has all of IANA's registry and
// Postfix's two private ones as constants, and `registered_extensions` lists them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "charset.hpp"
#include "detail/keyword_table.hpp"

namespace sansmtp {

// Whether a server may announce an extension in some place.
enum class offer : std::uint8_t {
    unknown,  // its RFC does not say
    no,       // nobody does
    must_not, // forbidden
    yes,      // allowed
    must,     // required
    trusted,  // to trusted peers only
    odmr,     // on port 366 only [RFC 2645]
};

// One extension. Views and spans outlive the sessions that use it; those of the constants live for ever.
struct extension {
    std::string_view keyword;                               // EHLO keyword
    std::string_view arguments = {};                        // behind the keyword in the EHLO line
    std::span<const std::string_view> mail_parameters = {}; // keywords allowed on MAIL
    std::span<const std::string_view> rcpt_parameters = {}; // keywords allowed on RCPT
    std::span<const std::string_view> verbs = {};           // commands that become requests
    std::uint16_t mail_increase = 0; // octets by which a MAIL line may be longer [RFC 5321 4.5.3.1.4]
    std::uint16_t rcpt_increase = 0; // the same for RCPT
    std::string_view needs = {};     // the keyword that must be announced with it
    bool needs_tls = false;          // announced under TLS only
    offer relay = offer::yes;        // on port 25
    offer submission = offer::yes;   // on ports 587 and 465 [RFC 6409]
    offer lmtp = offer::yes;         // [RFC 2033]
    std::string_view source = {};    // who defined it: "RFC1870"
    std::string_view grammar = {};   // of the EHLO line

    // True if what it announces and allows may stand in an EHLO reply and in commands [RFC 5321 4.1.1.1].
    constexpr bool valid() const noexcept;
};

namespace detail {

constexpr bool has_word(std::span<const std::string_view> words, std::string_view word) noexcept {
    for (const std::string_view w : words)
        if (iequal(w, word)) return true;
    return false;
}

// ehlo-keyword, and esmtp-keyword alike: (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
constexpr bool is_keyword(std::string_view text) noexcept {
    return !text.empty() && chars::let_dig.contains(text.front()) && chars::ldh.all(text);
}

constexpr bool are_keywords(std::span<const std::string_view> words) noexcept {
    for (const std::string_view w : words)
        if (!is_keyword(w)) return false;
    return true;
}

// [ehlo-param *(SP ehlo-param)], ehlo-param = 1*(%d33-126)
constexpr bool is_ehlo_arguments(std::string_view text) noexcept {
    if (text.empty()) return true;
    return chars::qpair.all(text) && text.front() != ' ' && text.back() != ' ' &&
           text.find("  ") == std::string_view::npos;
}

inline constexpr std::size_t max_ehlo_text = 512 - 6 - 1; // of "250-keyword arguments" CRLF

} // namespace detail

constexpr bool extension::valid() const noexcept {
    return detail::is_keyword(keyword) && detail::is_ehlo_arguments(arguments) &&
           keyword.size() + arguments.size() <= detail::max_ehlo_text && detail::are_keywords(mail_parameters) &&
           detail::are_keywords(rcpt_parameters) && detail::are_keywords(verbs);
}

// The place of each registered extension in `registered_extensions`.
enum class extension_id : std::uint8_t {
    // clang-format off
    send, soml, saml, vrfy, expn, help, turn, eight_bit_mime, size, verb, onex, chunking, binary_mime,
    checkpoint, deliver_by, pipelining, dsn, etrn, enhanced_status_codes, starttls, no_soliciting, mtrk,
    submitter, atrn, auth, future_release, conperm, conneg, smtputf8, utf8smtp, mt_priority, rrvs,
    require_tls, burl, limits, xclient, xforward,
    // clang-format on
};

namespace extensions {

namespace detail {

// clang-format off
inline constexpr std::string_view body[] = {"BODY"};
inline constexpr std::string_view size[] = {"SIZE"};
inline constexpr std::string_view transid[] = {"TRANSID"};
inline constexpr std::string_view by[] = {"BY"};
inline constexpr std::string_view dsn_mail[] = {"RET", "ENVID"};
inline constexpr std::string_view dsn_rcpt[] = {"NOTIFY", "ORCPT"};
inline constexpr std::string_view solicit[] = {"SOLICIT"};
inline constexpr std::string_view mtrk[] = {"MTRK"};
inline constexpr std::string_view submitter[] = {"SUBMITTER"};
inline constexpr std::string_view auth[] = {"AUTH"};
inline constexpr std::string_view future_release[] = {"HOLDFOR", "HOLDUNTIL"};
inline constexpr std::string_view conperm[] = {"CONPERM"};
inline constexpr std::string_view conneg[] = {"CONNEG"};
inline constexpr std::string_view smtputf8[] = {"SMTPUTF8"};
inline constexpr std::string_view alt_address[] = {"ALT-ADDRESS"};
inline constexpr std::string_view mt_priority[] = {"MT-PRIORITY"};
inline constexpr std::string_view require_tls[] = {"REQUIRETLS"};
inline constexpr std::string_view rrvs[] = {"RRVS"};
inline constexpr std::string_view verb_bdat[] = {"BDAT"};
inline constexpr std::string_view verb_send[] = {"SEND"};
inline constexpr std::string_view verb_soml[] = {"SOML"};
inline constexpr std::string_view verb_saml[] = {"SAML"};
inline constexpr std::string_view verb_vrfy[] = {"VRFY"};
inline constexpr std::string_view verb_expn[] = {"EXPN"};
inline constexpr std::string_view verb_help[] = {"HELP"};
inline constexpr std::string_view verb_turn[] = {"TURN"};
inline constexpr std::string_view verb_verb[] = {"VERB"};
inline constexpr std::string_view verb_onex[] = {"ONEX"};
inline constexpr std::string_view verb_etrn[] = {"ETRN"};
inline constexpr std::string_view verb_starttls[] = {"STARTTLS"};
inline constexpr std::string_view verb_atrn[] = {"ATRN"};
inline constexpr std::string_view verb_auth[] = {"AUTH"};
inline constexpr std::string_view verb_burl[] = {"BURL"};
inline constexpr std::string_view verb_xclient[] = {"XCLIENT"};
inline constexpr std::string_view verb_xforward[] = {"XFORWARD"};
// clang-format on

} // namespace detail

// clang-format off
//                                       arguments  on MAIL     on RCPT          verbs            longer by          needs; port 25, submission, LMTP; source; EHLO grammar
inline constexpr extension send                  {"SEND",                {}, {},                     {},                 detail::verb_send,          0,   0, {},          false, offer::yes,      offer::no,       offer::no,       "RFC821",      "SEND"};
inline constexpr extension soml                  {"SOML",                {}, {},                     {},                 detail::verb_soml,          0,   0, {},          false, offer::yes,      offer::no,       offer::no,       "RFC821",      "SOML"};
inline constexpr extension saml                  {"SAML",                {}, {},                     {},                 detail::verb_saml,          0,   0, {},          false, offer::yes,      offer::no,       offer::no,       "RFC821",      "SAML"};
inline constexpr extension vrfy                  {"VRFY",                {}, {},                     {},                 detail::verb_vrfy,          0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC5321",     "VRFY"};
inline constexpr extension expn                  {"EXPN",                {}, {},                     {},                 detail::verb_expn,          0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC5321",     "EXPN"};
inline constexpr extension help                  {"HELP",                {}, {},                     {},                 detail::verb_help,          0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC5321",     "HELP"};
inline constexpr extension turn                  {"TURN",                {}, {},                     {},                 detail::verb_turn,          0,   0, {},          false, offer::no,       offer::no,       offer::no,       "RFC821",      "TURN"};
inline constexpr extension eight_bit_mime        {"8BITMIME",            {}, detail::body,           {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC6152",     "8BITMIME"};
inline constexpr extension size                  {"SIZE",                {}, detail::size,           {},                 {},                        26,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC1870",     "SIZE [1*DIGIT]"};
inline constexpr extension verb                  {"VERB",                {}, {},                     {},                 detail::verb_verb,          0,   0, {},          false, offer::unknown,  offer::unknown,  offer::unknown,  "Eric Allman", "VERB"};
inline constexpr extension onex                  {"ONEX",                {}, {},                     {},                 detail::verb_onex,          0,   0, {},          false, offer::unknown,  offer::unknown,  offer::unknown,  "Eric Allman", "ONEX"};
inline constexpr extension chunking              {"CHUNKING",            {}, {},                     {},                 detail::verb_bdat,          0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC3030",     "CHUNKING"};
inline constexpr extension binary_mime           {"BINARYMIME",          {}, detail::body,           {},                 {},                        16,   0, "CHUNKING",  false, offer::yes,      offer::yes,      offer::yes,      "RFC3030",     "BINARYMIME"};
inline constexpr extension checkpoint            {"CHECKPOINT",          {}, detail::transid,        {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::unknown,  "RFC1845",     "CHECKPOINT"};
inline constexpr extension deliver_by            {"DELIVERBY",           {}, detail::by,             {},                 {},                        17,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC2852",     "DELIVERBY [1*9DIGIT]"};
inline constexpr extension pipelining            {"PIPELINING",          {}, {},                     {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::must,     "RFC2920",     "PIPELINING"};
inline constexpr extension dsn                   {"DSN",                 {}, detail::dsn_mail,       detail::dsn_rcpt,   {},                       116, 536, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC3461",     "DSN"};
inline constexpr extension etrn                  {"ETRN",                {}, {},                     {},                 detail::verb_etrn,          0,   0, {},          false, offer::yes,      offer::must_not, offer::no,       "RFC1985",     "ETRN"};
inline constexpr extension enhanced_status_codes {"ENHANCEDSTATUSCODES", {}, {},                     {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::must,     "RFC2034",     "ENHANCEDSTATUSCODES"};
inline constexpr extension starttls              {"STARTTLS",            {}, {},                     {},                 detail::verb_starttls,      0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC3207",     "STARTTLS"};
inline constexpr extension no_soliciting         {"NO-SOLICITING",       {}, detail::solicit,        {},                 {},                      1009,   0, {},          false, offer::yes,      offer::yes,      offer::unknown,  "RFC3865",     "NO-SOLICITING [word *(\",\" word)]"};
inline constexpr extension mtrk                  {"MTRK",                {}, detail::mtrk,           {},                 {},                        40,   0, "DSN",       false, offer::yes,      offer::yes,      offer::unknown,  "RFC3885",     "MTRK"};
inline constexpr extension submitter             {"SUBMITTER",           {}, detail::submitter,      {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::unknown,  "RFC4405",     "SUBMITTER"};
inline constexpr extension atrn                  {"ATRN",                {}, {},                     {},                 detail::verb_atrn,          0,   0, "AUTH",      false, offer::odmr,     offer::must_not, offer::no,       "RFC2645",     "ATRN"};
inline constexpr extension auth                  {"AUTH",                {}, detail::auth,           {},                 detail::verb_auth,        500,   0, {},          false, offer::yes,      offer::must,     offer::yes,      "RFC4954",     "AUTH mech *(SP mech)"};
inline constexpr extension future_release        {"FUTURERELEASE",       {}, detail::future_release, {},                 {},                        34,   0, {},          false, offer::must_not, offer::yes,      offer::unknown,  "RFC4865",     "FUTURERELEASE SP max-seconds SP max-date-time"};
inline constexpr extension conperm               {"CONPERM",             {}, detail::conperm,        {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::unknown,  "RFC4141",     "CONPERM"};
inline constexpr extension conneg                {"CONNEG",              {}, {},                     detail::conneg,     {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::unknown,  "RFC4141",     "CONNEG"};
inline constexpr extension smtputf8              {"SMTPUTF8",            {}, detail::smtputf8,       {},                 {},                        10,   0, "8BITMIME",  false, offer::yes,      offer::yes,      offer::yes,      "RFC6531",     "SMTPUTF8"};
inline constexpr extension utf8smtp              {"UTF8SMTP",            {}, detail::alt_address,    detail::alt_address,{},                         0,   0, "8BITMIME",  false, offer::no,       offer::no,       offer::no,       "RFC5336",     "UTF8SMTP"};
inline constexpr extension mt_priority           {"MT-PRIORITY",         {}, detail::mt_priority,    {},                 {},                        15,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC6710",     "MT-PRIORITY [profile]"};
inline constexpr extension rrvs                  {"RRVS",                {}, {},                     detail::rrvs,       {},                         0,  33, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC7293",     "RRVS"};
inline constexpr extension require_tls           {"REQUIRETLS",          {}, detail::require_tls,    {},                 {},                        11,   0, {},          true,  offer::yes,      offer::yes,      offer::yes,      "RFC8689",     "REQUIRETLS"};
inline constexpr extension burl                  {"BURL",                {}, {},                     {},                 detail::verb_burl,          0,   0, "8BITMIME",  false, offer::must_not, offer::yes,      offer::no,       "RFC4468",     "BURL *(imap|imap://authority)"};
inline constexpr extension limits                {"LIMITS",              {}, {},                     {},                 {},                         0,   0, {},          false, offer::yes,      offer::yes,      offer::yes,      "RFC9422",     "LIMITS name[=value] *(SP name[=value])"};
inline constexpr extension xclient               {"XCLIENT",             {}, {},                     {},                 detail::verb_xclient,       0,   0, {},          false, offer::trusted,  offer::trusted,  offer::yes,      "Postfix",     "XCLIENT attr *(SP attr)"};
inline constexpr extension xforward              {"XFORWARD",            {}, {},                     {},                 detail::verb_xforward,      0,   0, {},          false, offer::trusted,  offer::trusted,  offer::yes,      "Postfix",     "XFORWARD attr *(SP attr)"};
// clang-format on

} // namespace extensions

// All of the IANA registry, and XCLIENT and XFORWARD, in the order of extension_id.
inline constexpr std::array<extension, 37> registered_extensions{{
    // clang-format off
    extensions::send, extensions::soml, extensions::saml, extensions::vrfy, extensions::expn, extensions::help,
    extensions::turn, extensions::eight_bit_mime, extensions::size, extensions::verb, extensions::onex,
    extensions::chunking, extensions::binary_mime, extensions::checkpoint, extensions::deliver_by,
    extensions::pipelining, extensions::dsn, extensions::etrn, extensions::enhanced_status_codes,
    extensions::starttls, extensions::no_soliciting, extensions::mtrk, extensions::submitter, extensions::atrn,
    extensions::auth, extensions::future_release, extensions::conperm, extensions::conneg, extensions::smtputf8,
    extensions::utf8smtp, extensions::mt_priority, extensions::rrvs, extensions::require_tls, extensions::burl,
    extensions::limits, extensions::xclient, extensions::xforward,
    // clang-format on
}};

namespace detail {

inline constexpr keyword_table<registered_extensions.size()> ehlo_keywords([] {
    std::array<std::string_view, registered_extensions.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = registered_extensions[i].keyword;
    return names;
}());

} // namespace detail

// What is registered under that EHLO keyword, in any case; nothing if it is foreign.
constexpr const extension* find_extension(std::string_view keyword) noexcept {
    const std::size_t i = detail::ehlo_keywords.find(keyword);
    return i < registered_extensions.size() ? &registered_extensions[i] : nullptr;
}

constexpr const extension& describe(extension_id id) noexcept {
    return registered_extensions[static_cast<std::size_t>(id)];
}

} // namespace sansmtp
