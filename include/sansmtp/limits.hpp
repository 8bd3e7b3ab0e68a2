// Limits and leniencies: plain data, every default with its reason.
//
// Nothing is ever cut to fit: what is over a limit is an error. No leniency touches line ends: only CRLF ends a line and
// only CRLF.CRLF a message, whatever is switched on here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sansmtp {

struct limits {
    // clang-format off
    std::size_t   command_line      = 4096;  // octets with CRLF; the floor is 512 [RFC 5321 4.5.3.1.4] and up to 2306 with every extension
    std::size_t   auth_line         = 12288; // octets with CRLF; enough for every mechanism [RFC 4954 4]
    std::size_t   text_line         = 0;     // octets of a content line with CRLF, 0: any. 1000 is the RFC's [5321 4.5.3.1.6]; longer ones are common and flagged
    std::uint64_t message_size      = 0;     // octets of content, 0: no limit; announced by SIZE [RFC 1870]
    std::uint32_t recipients        = 1000;  // in one transaction; never under 100 [RFC 5321 4.5.3.1.8]
    std::uint32_t bad_commands      = 20;    // then 421; 0: never. Postfix closes after 20 as well
    std::size_t   reply_line        = 2048;  // octets with CRLF that a client takes; the RFC's limit is 512 [5321 4.5.3.1.5]
    std::size_t   reply_lines       = 128;   // lines of one reply that a client takes
    std::size_t   hello_reply       = 65536; // octets of an EHLO reply, which is read line by line
    std::uint64_t dropped           = 1 << 30; // octets of over-long lines, refused chunks and messages over the limit that a server passes over in one session; then 421. 0: any
    // clang-format on
};

// What a parser takes though the grammar does not have it: one switch for one habit of the field. Also used to report
// which of them an input needed.
struct leniency {
    // clang-format off
    bool space_after_colon  : 1 = false; // MAIL FROM: <a@b>         harmless; half of the world's scripts send it
    bool space_before_colon : 1 = false; // MAIL FROM :<a@b>         nobody sends it but by hand
    bool missing_brackets   : 1 = false; // RCPT TO:a@b              the path ends at the first space
    bool unqualified        : 1 = false; // MAIL FROM:<bob>          the caller must add a domain
    bool bare_route         : 1 = false; // <s1,s2:u@s3>             a route whose hosts lack "@"
    bool bare_ipv4          : 1 = false; // HELO 192.0.2.1           only reported: it is a grammatical domain
    bool hello_text         : 1 = false; // EHLO host some text      kept as `extra` [RFC 5321 4.1.1.1]
    bool untagged_ipv6      : 1 = false; // EHLO [2001:db8::1]       EHLO and HELO only
    bool any_hello_name     : 1 = false; // EHLO my_host, EHLO a..b  any printable token [RFC 5321 4.1.4]
    bool trailing_dot       : 1 = false; // <a@b.example.>           the dot is kept in the text
    bool several_spaces     : 1 = false; // MAIL   FROM:<a@b>        RFC 821 had one or more; HT counts too
    bool leading_space      : 1 = false; //  NOOP
    bool long_local_part    : 1 = false; // 65 to 128 octets         64 is what must be taken, not what may be
    bool empty_quoted       : 1 = false; // <""@x>                   RFC 5321 as printed; erratum 5414 forbids it
    bool loose_dots         : 1 = false; // <a..b@x> <a.@x> <.a@x>   some mobile carriers issued these
    bool bare_backslash     : 1 = false; // <a\b@x>                  RFC 821
    bool ipv6_one_group     : 1 = false; // [IPv6:1:2:3:4:5:6:7::]   "::" for a single group, as RFC 4291 has it
    bool equals_in_value    : 1 = false; // MTRK=abc==               base64 in a parameter value
    bool duplicate_parameter: 1 = false; // SIZE=1 SIZE=2            the first counts
    bool lower_case_xtext   : 1 = false; // +3d                      hexadecimal digits of xtext in lower case
    bool base64_pad_bits    : 1 = false; // QQ==, QR==               bits of the last digit that mean nothing
    bool eight_bit          : 1 = false; // octets >= 0x80           in a path or text without SMTPUTF8
    bool mixed_reply_codes  : 1 = false; // 250-a, 451 b             the last code counts, but never as a success
    // clang-format on

    friend constexpr bool operator==(const leniency&, const leniency&) noexcept = default;
};

// The grammar, and what the RFCs themselves tell receivers to take. The default of the parsers.
constexpr leniency strict() noexcept { return {}; }

// What servers on the open Internet take without harm. The default of server sessions.
constexpr leniency interop() noexcept {
    leniency l;
    l.space_after_colon = true;
    l.bare_ipv4 = true;
    l.hello_text = true;
    l.untagged_ipv6 = true;
    l.any_hello_name = true;
    l.several_spaces = true;
    l.long_local_part = true;
    l.empty_quoted = true;
    l.ipv6_one_group = true;
    l.equals_in_value = true;
    l.lower_case_xtext = true;
    l.base64_pad_bits = true;
    return l;
}

// Everything that old documents and old programs write.
constexpr leniency legacy() noexcept {
    leniency l = interop();
    l.space_before_colon = true;
    l.missing_brackets = true;
    l.unqualified = true;
    l.bare_route = true;
    l.trailing_dot = true;
    l.leading_space = true;
    l.loose_dots = true;
    l.bare_backslash = true;
    return l;
}

// How to read a text: what to take beside the grammar, and whether SMTPUTF8 is in force [RFC 6531 3.3].
struct syntax {
    leniency allow = strict();
    bool utf8 = false;
};

} // namespace sansmtp
