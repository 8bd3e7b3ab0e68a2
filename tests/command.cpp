// Commands: every verb both ways, what is wrong with a line and where, and injection through every field.
#include <sansmtp/command.hpp>
#include <sansmtp/reply.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

std::string written(const command& c, bool utf8 = false) {
    std::array<char, 2048> out{};
    const auto size = serialize(c, out, utf8);
    return size ? std::string(out.data(), *size) : std::string(message(size.error().code));
}

template <class C>
C parsed_as(std::string_view line, const syntax& how = {}) {
    const auto parsed = parse_command(line, how);
    INFO(line << ": " << message(parsed.error().code) << " at " << parsed.error().offset);
    REQUIRE(parsed);
    REQUIRE(std::holds_alternative<C>(*parsed));
    return *std::get_if<C>(&*parsed);
}

enum class rules { strict, interop, legacy, utf8, utf8_interop };

constexpr syntax how(rules r) {
    switch (r) {
    case rules::strict: return {};
    case rules::interop: return {interop()};
    case rules::legacy: return {legacy()};
    case rules::utf8: return {strict(), true};
    case rules::utf8_interop: return {interop(), true};
    }
    return {};
}

// ---- lines that fit, and their canonical form

struct good_line {
    std::string_view line;
    std::string_view canonical; // empty: the line itself
    rules by = rules::strict;
};

// clang-format off
constexpr good_line good_lines[] = {
    // [5321 4.1.1.1], [2033 4.1]
    {"HELO mx.example.org", ""},
    {"helo mx.example.org", "HELO mx.example.org"},
    {"HELO [192.0.2.1]", ""},
    {"HELO 192.0.2.1", ""},
    {"EHLO mx", ""},
    {"EHLO [192.0.2.1]", ""},
    {"EHLO [IPv6:2001:db8::1]", ""},
    {"EHLO [x-tag:some.text]", ""},
    {"eHlO MX.Example.ORG", "EHLO MX.Example.ORG"},
    {"LHLO mx.example.org", ""},
    {"EHLO mx and some text", "", rules::interop},
    {"EHLO my_host", "", rules::interop},
    {"EHLO a..b", "", rules::interop},
    {"EHLO -x", "", rules::interop},
    {"EHLO .", "", rules::interop},
    {"EHLO [1.2.3.256]", "", rules::interop},
    {"EHLO   mx", "EHLO mx", rules::interop},
    {"EHLO\tmx", "EHLO mx", rules::interop},
    {"EHLO mx   ", "EHLO mx"},
    // [5321 4.1.3]: literals are sent by the grammar, without zeros in front
    {"EHLO [001.002.003.004]", "EHLO [1.2.3.4]"},
    {"HELO [ipv6:2001:DB8:0:0:0:0:0:1]", "HELO [IPv6:2001:db8::1]"},
    {"EHLO [2001:db8::1]", "EHLO [IPv6:2001:db8::1]", rules::interop},
    {"LHLO [::1] and some text", "LHLO [IPv6:::1] and some text", rules::interop},
    {"EHLO [IPv6:1:2:3:4:5:6:7::]", "EHLO [IPv6:1:2:3:4:5:6:7:0]", rules::interop},
    {"EHLO mx.example.", "EHLO mx.example", rules::legacy},
    // [5321 4.1.1.2]
    {"MAIL FROM:<>", ""},
    {"MAIL FROM:<a@b>", ""},
    {"mail from:<a@b>", "MAIL FROM:<a@b>"},
    {"mAIL fRoM:<MixedCase@Example.ORG>", "MAIL FROM:<MixedCase@Example.ORG>"},
    {"MAIL FROM:<> SIZE=0", ""},
    {"MAIL FROM:<a@b> SIZE=1000", ""},
    {"MAIL FROM:<a@b> size=1000 body=8bitmime", "MAIL FROM:<a@b> SIZE=1000 BODY=8bitmime"},
    {"MAIL FROM:<a@b> BODY=7BIT", ""},
    {"MAIL FROM:<a@b> BODY=BINARYMIME", ""},
    {"MAIL FROM:<a@b> X-FOREIGN=AbC X-2", ""},
    {"MAIL FROM:<a@b>   SIZE=1   X-2", "MAIL FROM:<a@b> SIZE=1 X-2", rules::interop},
    {"MAIL FROM:<a@b>\tSIZE=1", "MAIL FROM:<a@b> SIZE=1", rules::interop},
    {"MAIL FROM:<a@b>  \t ", "MAIL FROM:<a@b>"},
    {"MAIL FROM: <a@b>", "MAIL FROM:<a@b>", rules::interop},
    {"MAIL FROM:\t<a@b>", "MAIL FROM:<a@b>", rules::interop},
    {"MAIL  FROM:<a@b>", "MAIL FROM:<a@b>", rules::interop},
    {"MAIL FROM :<a@b>", "MAIL FROM:<a@b>", rules::legacy},
    {"MAIL FROM:a@b", "MAIL FROM:<a@b>", rules::legacy},
    {"MAIL FROM:a@b SIZE=1", "MAIL FROM:<a@b> SIZE=1", rules::legacy},
    {" MAIL FROM:<a@b>", "MAIL FROM:<a@b>", rules::legacy},
    {"MAIL FROM:a@b\tSIZE=1", "MAIL FROM:<a@b> SIZE=1", rules::legacy},
    {"MAIL FROM:a@b\tHOLDUNTIL=2026-12-01T00:00:00Z", "MAIL FROM:<a@b> HOLDUNTIL=2026-12-01T00:00:00Z", rules::legacy},
    {"MAIL FROM:<\xC3\xA9@b> SMTPUTF8", "", rules::utf8},
    {"MAIL FROM:<a@b> SMTPUTF8", "", rules::utf8},
    // [821 3.4]
    {"SEND FROM:<a@b>", ""},
    {"SOML FROM:<a@b>", ""},
    {"SAML FROM:<>", ""},
    {"saml from:<a@b>", "SAML FROM:<a@b>"},
    // [5321 4.1.1.3]
    {"RCPT TO:<a@b>", ""},
    {"rcpt to:<a@b>", "RCPT TO:<a@b>"},
    {"RCPT TO:<Postmaster>", ""},
    {"RCPT TO:<postMASTER>", ""},
    {"RCPT TO:<Postmaster@b>", ""},
    {"RCPT TO:<\"a b\"@c>", ""},
    {"RCPT TO:<\"a>b\"@c>", ""},
    {"RCPT TO:<\"a@b\"@c>", ""},
    {"RCPT TO:<a@[192.0.2.1]>", ""},
    {"RCPT TO:<a@b> X-PLAIN", ""},
    {"RCPT TO: <a@b>", "RCPT TO:<a@b>", rules::interop},
    {"RCPT TO:<\xC3\xA9@b>", "", rules::utf8},
    // [5321 4.1.1.4 to 4.1.1.10]
    {"DATA", ""}, {"data", "DATA"}, {"DATA   ", "DATA"}, {"DATA \t", "DATA"},
    {"RSET", ""}, {"RSET ", "RSET"}, {"QUIT", ""}, {"quit\t", "QUIT"},
    {"NOOP", ""}, {"NOOP some text", ""}, {"NOOP a  b", ""}, {"noop", "NOOP"},
    {"HELP", ""}, {"HELP MAIL FROM", ""},
    {"VRFY bob", ""}, {"VRFY <bob@example.org>", ""}, {"VRFY Bob Smith", ""}, {"VRFY \"a b\"", ""},
    {"VRFY bob SMTPUTF8", ""},                                  // not offered: text
    {"VRFY bob smtputf8", "VRFY bob SMTPUTF8", rules::utf8},    // [6531 3.7.4.2]
    {"VRFY SMTPUTF8", "", rules::utf8},
    {"VRFY \xC3\xA9 SMTPUTF8", "", rules::utf8},
    {"EXPN staff", ""}, {"EXPN staff SMTPUTF8", "", rules::utf8},
    // [3030 2]
    {"BDAT 0", ""}, {"BDAT 0 LAST", ""}, {"BDAT 86 last", "BDAT 86 LAST"}, {"bdat 0086", "BDAT 86"},
    {"BDAT 18446744073709551615", ""},
    {"BDAT 18446744073709551614 LAST", ""},
    {"BDAT 1  LAST", "BDAT 1 LAST", rules::interop},
    {"BDAT 1 LAST  ", "BDAT 1 LAST"},
    // [821], [1985 5], [2645 5.2.1], [3207 4]
    {"TURN", ""}, {"STARTTLS", ""}, {"starttls", "STARTTLS"}, {"STARTTLS \t ", "STARTTLS"},
    {"ETRN example.org", ""}, {"ETRN @example.org", ""}, {"ETRN #uucp!queue", ""}, {"etrn [192.0.2.1]", "ETRN [192.0.2.1]"},
    {"ATRN a.example.,b.example.", "ATRN a.example,b.example", rules::legacy},
    {"ATRN", ""}, {"ATRN example.org", ""}, {"ATRN example.org,example.com", ""},
    // [4954 4]
    {"AUTH PLAIN", ""}, {"AUTH plain", "AUTH PLAIN"}, {"AUTH PLAIN =", ""},
    {"AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm", ""}, {"AUTH SCRAM-SHA-256 QUI=", ""}, {"AUTH X_Y-1 QQ==", ""},
    {"AUTH 01234567890123456789", ""},
    {"AUTH PLAIN  ", "AUTH PLAIN"},
    // [4468 3.1]
    {"BURL imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25;urlauth=submit+harry:internal:91354a", ""},
    {"BURL imap:x LAST", ""}, {"burl imap:x last", "BURL imap:x LAST"}, {"BURL a+b.c-1:%41/[x]?q", ""},
    // Postfix
    {"XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2", ""},
    {"xclient name=[UNAVAILABLE] addr=IPV6:2001:db8::1 port=25", "XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PORT=25"},
    {"XCLIENT CLIENT-TRANSPORT=tls X-NEW=+41", ""},
    {"XFORWARD NAME=[TEMPUNAVAIL] SOURCE=LOCAL IDENT=abc+3Ddef", ""},
    // [5321 4.1.5]
    {"XUNKNOWN", ""}, {"xUnknown Some Text", "XUNKNOWN Some Text"}, {"X-EXPS GSSAPI", ""}, {"VERB ON", ""}, {"A", ""},
    {"STARTTLSX", ""}, {"MAILX FROM:<a@b>", ""}, {"HELLO 195.161.101.33", ""},
};
// clang-format on

// ---- lines that do not fit: the error, where, and the reply

struct bad_line {
    std::string_view line;
    rules by;
    errc code;
    std::size_t offset;
    unsigned reply;
    enhanced_code enhanced;
};

// clang-format off
constexpr enhanced_code args{5, 5, 4}, octets{5, 5, 2}, verb_unknown{5, 5, 1}, sender{5, 1, 7}, recipient{5, 1, 3};
constexpr bad_line bad_lines[] = {
    // verbs [5321 4.2.4]
    {"",                            rules::strict,  errc::empty_line,          0, 500, octets},
    {"   ",                         rules::strict,  errc::empty_line,          0, 500, octets},
    {" NOOP",                       rules::strict,  errc::unknown_verb,        0, 500, verb_unknown},
    {" NOOP",                       rules::interop, errc::unknown_verb,        0, 500, verb_unknown},
    {"Host: x",                     rules::strict,  errc::unknown_verb,        0, 500, verb_unknown},
    {"MAIL_FROM:<a@b>",             rules::strict,  errc::unknown_verb,        0, 500, verb_unknown},
    {"250 ok",                      rules::strict,  errc::unknown_verb,        0, 500, verb_unknown},
    {"<a@b>",                       rules::strict,  errc::unknown_verb,        0, 500, verb_unknown},
    {"NOOP  x",                     rules::strict,  errc::bad_argument,        4, 501, args},
    {"NOOP\tx",                     rules::strict,  errc::bad_argument,        4, 501, args},
    // octets [5321 2.4], lessons L19, L21
    {"NO\0OP"sv,                    rules::strict,  errc::illegal_octet,       2, 500, octets},
    {"NOOP\r",                      rules::strict,  errc::illegal_octet,       4, 500, octets},
    {"NOOP\n",                      rules::strict,  errc::illegal_octet,       4, 500, octets},
    {"NOOP a\rb",                   rules::legacy,  errc::illegal_octet,       6, 500, octets},
    {"NOOP a\tb",                   rules::legacy,  errc::illegal_octet,       6, 500, octets},
    {"NOOP \x7F",                   rules::legacy,  errc::illegal_octet,       5, 500, octets},
    {"MAIL FROM:<a@b> X=\x01",      rules::strict,  errc::illegal_octet,      18, 500, octets},
    {"MAIL FROM:<a\tb@c>",          rules::interop, errc::illegal_octet,      12, 500, octets},
    {"MAIL FROM:<a@b\t>",           rules::interop, errc::illegal_octet,      14, 500, octets},
    {"MAIL TO:<a@b>\x1B",           rules::strict,  errc::illegal_octet,      13, 500, octets},
    {"RCPT TO:<a@b>\0"sv,           rules::strict,  errc::illegal_octet,      13, 500, octets},
    {"DATA \0"sv,                   rules::strict,  errc::illegal_octet,       5, 500, octets},
    {"BDAT 1\0"sv,                  rules::strict,  errc::illegal_octet,       6, 500, octets},
    {"FOO x\x1F",                   rules::strict,  errc::illegal_octet,       5, 500, octets},
    {"\x16\x03\x01\x02",            rules::strict,  errc::illegal_octet,       0, 500, octets},
    {"\x80\x2E\x01",                rules::strict,  errc::illegal_octet,       2, 500, octets},
    {"\xC3\xA9HLO x",               rules::utf8,    errc::eight_bit,           0, 500, octets},
    {"EHL\xC3\xA9 x",               rules::utf8,    errc::eight_bit,           3, 500, octets},
    {"EHLO b\xC3\xBC""cher",        rules::strict,  errc::eight_bit,           6, 500, octets},
    {"EHLO b\xC3\xBC""cher",        rules::utf8_interop, errc::eight_bit,      6, 500, octets},
    {"EHLO \xC3\xBC",               rules::interop, errc::eight_bit,           5, 500, octets},
    {"EHLO my_h\xC3\xBC",           rules::strict,  errc::eight_bit,           9, 500, octets},
    {"HELO [1.2.3\xB7]",            rules::strict,  errc::eight_bit,          11, 500, octets},
    {"AUTH PLAIN \xFF",             rules::strict,  errc::eight_bit,          11, 500, octets},
    {"AUTH PLAIN \xFF",             rules::utf8,    errc::bad_base64,         11, 501, octets},
    {"AUTH PLAIN YQ==\xFF",         rules::utf8,    errc::bad_base64,         15, 501, octets},
    {"EHLO mx \xC3\xBC",            rules::utf8_interop, errc::eight_bit,      8, 500, octets},
    {"MAIL FROM:<\xC3\xA9@b>",      rules::strict,  errc::eight_bit,          11, 500, octets},
    {"MAIL FROM:<\xC3\xA9@b> SMTPUTF8", rules::strict, errc::eight_bit,       11, 500, octets},
    {"MAIL FROM:<\xC3\xA9@b>",      rules::utf8,    errc::utf8_not_declared,  11, 550, {5, 6, 7}},
    {"MAIL FROM:<a@b> X=\xC3\xA9",  rules::utf8,    errc::utf8_not_declared,  18, 550, {5, 6, 7}},
    {"MAIL FROM:<\xC3\xA9@b> SMTPUTF8=1", rules::utf8, errc::bad_value,         25, 501, args},
    {"MAIL FROM:<a@b> ENVID=\xC3\xA9",   rules::utf8, errc::utf8_not_declared, 22, 550, {5, 6, 7}},
    {"MAIL FROM:<\xC3\xA9@b> BODY=9",     rules::utf8, errc::utf8_not_declared, 11, 550, {5, 6, 7}},
    {"MAIL FROM:<a@b> BODY=9 X=\xC3\xA9", rules::utf8, errc::bad_value,         21, 501, args},
    {"MAIL FROM:<a@b> ENVID=\xC3\xA9 SMTPUTF8", rules::utf8, errc::bad_value,   22, 501, args},
    {"MAIL FROM:<\xC3(@b> SMTPUTF8",rules::utf8,    errc::bad_utf8,           11, 500, octets},
    {"RCPT TO:<\xC3\xA9@b>",        rules::strict,  errc::eight_bit,           9, 500, octets},
    {"RCPT TO:<\xED\xA0\x80@b>",    rules::utf8,    errc::bad_utf8,            9, 500, octets},
    {"VRFY \xC3\xA9",               rules::strict,  errc::eight_bit,           5, 500, octets},
    {"NOOP \xFF",                   rules::utf8,    errc::bad_utf8,            5, 500, octets},
    // HELO, EHLO, LHLO [5321 4.1.1.1]
    {"EHLO",                        rules::interop, errc::missing_argument,    4, 501, args},
    {"HELO   ",                     rules::interop, errc::missing_argument,    4, 501, args},
    {"LHLO",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"EHLO a b",                    rules::strict,  errc::unexpected_argument, 7, 501, args},
    {"EHLO my_host",                rules::strict,  errc::bad_argument,        7, 501, args},
    {"EHLO a..b",                   rules::strict,  errc::bad_argument,        7, 501, args},
    {"EHLO -x",                     rules::strict,  errc::bad_argument,        5, 501, args},
    // MAIL [5321 4.1.1.2]
    {"MAIL",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"MAIL TO:<a@b>",               rules::strict,  errc::bad_argument,        5, 501, args},
    {"MAIL FROM<a@b>",              rules::strict,  errc::bad_argument,        9, 501, args},
    {"MAIL FROM :<a@b>",            rules::interop, errc::bad_argument,        9, 501, args},
    {"MAIL FROM:",                  rules::strict,  errc::bad_path,           10, 501, sender},
    {"MAIL FROM: <a@b>",            rules::strict,  errc::bad_path,           10, 501, sender},
    {"MAIL FROM:a@b",               rules::interop, errc::bad_path,           10, 501, sender},
    {"MAIL FROM:<a@b>SIZE=1",       rules::interop, errc::bad_path,           15, 501, sender},
    {"MAIL FROM:<Postmaster>",      rules::strict,  errc::bad_path,           21, 501, sender},
    {"MAIL FROM:<a@b",              rules::strict,  errc::bad_path,           14, 501, sender},
    {"MAIL FROM:<a@b>  SIZE=1",     rules::strict,  errc::bad_path,           15, 501, sender},
    {"MAIL FROM:<a@b> =1",          rules::strict,  errc::bad_parameter,      16, 501, args},
    {"MAIL FROM:<a@b> -X",          rules::strict,  errc::bad_parameter,      16, 501, args},
    {"MAIL FROM:<a@b> X=",          rules::strict,  errc::bad_value,          18, 501, args},
    {"MAIL FROM:<a@b> SIZE=",       rules::strict,  errc::bad_value,          21, 501, args},
    {"MAIL FROM:<a@b> SIZE=1x",     rules::strict,  errc::bad_value,          22, 501, args},
    {"MAIL FROM:<a@b> SIZE=1 size=2", rules::strict, errc::duplicate_parameter, 23, 501, args},
    {"MAIL FROM:<a@b> X-A X-a=2",   rules::strict,  errc::duplicate_parameter, 20, 501, args},
    // SEND, SOML, SAML [821 3.4]: no parameters
    {"SEND FROM:<a@b> SIZE=1",      rules::strict,  errc::unknown_parameter,  16, 555, args},
    {"SOML FROM:a@b",               rules::strict,  errc::bad_path,           10, 501, sender},
    {"SAML TO:<a@b>",               rules::strict,  errc::bad_argument,        5, 501, args},
    // RCPT [5321 4.1.1.3]
    {"RCPT",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"RCPT FROM:<a@b>",             rules::strict,  errc::bad_argument,        5, 501, args},
    {"RCPT TO:<>",                  rules::legacy,  errc::null_path,           8, 501, recipient},
    {"RCPT TO:<a>",                 rules::interop, errc::bad_path,           10, 501, recipient},
    {"RCPT TO:a@b",                 rules::strict,  errc::bad_path,            8, 501, recipient},
    {"RCPT TO:<a@b>X",              rules::strict,  errc::bad_path,           13, 501, recipient},
    // no argument [5321 4.1.1, 3207 4], L18
    {"DATA foo",                    rules::legacy,  errc::unexpected_argument, 5, 501, args},
    {"RSET foo",                    rules::legacy,  errc::unexpected_argument, 5, 501, args},
    {"QUIT now",                    rules::legacy,  errc::unexpected_argument, 5, 501, args},
    {"STARTTLS foo",                rules::legacy,  errc::unexpected_argument, 9, 501, args},
    {"TURN x",                      rules::legacy,  errc::unexpected_argument, 5, 501, args},
    // VRFY, EXPN [5321 4.1.1.6]
    {"VRFY",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"EXPN  ",                      rules::strict,  errc::missing_argument,    4, 501, args},
    // BDAT [3030 2]
    {"BDAT",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"BDAT x",                      rules::strict,  errc::bad_argument,        5, 501, args},
    {"BDAT -1",                     rules::strict,  errc::bad_argument,        5, 501, args},
    {"BDAT +1",                     rules::strict,  errc::bad_argument,        5, 501, args},
    {"BDAT LAST",                   rules::strict,  errc::bad_argument,        5, 501, args},
    {"BDAT 1x",                     rules::strict,  errc::bad_argument,        6, 501, args},
    {"BDAT 1 LASTX",                rules::strict,  errc::bad_argument,        7, 501, args},
    {"BDAT 1 LAST x",               rules::strict,  errc::bad_argument,        7, 501, args},
    {"BDAT 1 FIRST",                rules::strict,  errc::bad_argument,        7, 501, args},
    {"BDAT 18446744073709551616",   rules::strict,  errc::number_too_large,    5, 501, args},
    {"BDAT 99999999999999999999999",rules::strict,  errc::number_too_large,    5, 501, args},
    // ETRN, ATRN [1985 5, 2645 5.2.1]
    {"ETRN",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"ETRN @",                      rules::strict,  errc::bad_domain,          6, 501, args},
    {"ETRN #",                      rules::strict,  errc::bad_argument,        6, 501, args},
    {"ETRN a b",                    rules::strict,  errc::bad_argument,        6, 501, args},
    {"ETRN #a b",                   rules::strict,  errc::bad_argument,        7, 501, args},
    {"ETRN a_b",                    rules::strict,  errc::bad_argument,        6, 501, args},
    {"ATRN a,",                     rules::strict,  errc::bad_domain,          7, 501, args},
    {"ATRN a,,b",                   rules::strict,  errc::bad_domain,          7, 501, args},
    {"ATRN a b",                    rules::strict,  errc::bad_domain,          6, 501, args},
    // AUTH [4954 4]
    {"AUTH",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"AUTH PL!N",                   rules::strict,  errc::bad_argument,        5, 501, args},
    {"AUTH 012345678901234567890",  rules::strict,  errc::bad_argument,        5, 501, args},
    {"AUTH PLAIN a",                rules::strict,  errc::bad_base64,         12, 501, {5, 5, 2}},
    {"AUTH PLAIN a!bc",             rules::strict,  errc::bad_base64,         12, 501, {5, 5, 2}},
    {"AUTH PLAIN QQ== x",           rules::strict,  errc::bad_argument,       15, 501, args},
    // BURL [4468 3.1]
    {"BURL",                        rules::strict,  errc::missing_argument,    4, 501, args},
    {"BURL LAST",                   rules::strict,  errc::bad_argument,        9, 501, args},
    {"BURL /path",                  rules::strict,  errc::bad_argument,        5, 501, args},
    {"BURL imap:",                  rules::strict,  errc::bad_argument,        5, 501, args},
    {"BURL imap:a%4",               rules::strict,  errc::bad_argument,       13, 501, args},
    {"BURL imap:a#b",               rules::strict,  errc::bad_argument,       11, 501, args},
    {"BURL imap:a LASTS",           rules::strict,  errc::bad_argument,       12, 501, args},
    // XCLIENT, XFORWARD
    {"XCLIENT",                     rules::strict,  errc::missing_argument,    7, 501, args},
    {"XCLIENT NAME",                rules::strict,  errc::bad_parameter,      12, 501, args},
    {"XCLIENT NAME=",               rules::strict,  errc::bad_value,          13, 501, args},
    {"XCLIENT NAME=a+4",            rules::strict,  errc::bad_value,          16, 501, args},
    {"XCLIENT NAME=a+3d",           rules::strict,  errc::bad_value,          16, 501, args},
    {"XCLIENT NAME=a name=b",       rules::strict,  errc::duplicate_parameter,15, 501, args},
    {"XFORWARD =a",                 rules::strict,  errc::bad_parameter,       9, 501, args},
};
// clang-format on

constexpr bool all_refused() {
    for (const bad_line& b : bad_lines)
        if (parse_command(b.line, how(b.by)).error().code != b.code) return false;
    return true;
}
constexpr bool all_taken() {
    for (const good_line& g : good_lines)
        if (!parse_command(g.line, how(g.by))) return false;
    return true;
}
static_assert(all_refused() && all_taken());

} // namespace

TEST_CASE("commands: every line that fits has one canonical form, which parses to the same") {
    for (const good_line& g : good_lines) {
        INFO(g.line);
        const auto parsed = parse_command(g.line, how(g.by));
        REQUIRE(parsed);
        const std::string text = written(*parsed, how(g.by).utf8);
        CHECK(text == (g.canonical.empty() ? g.line : g.canonical));
        const auto again = parse_command(text, how(g.by));
        REQUIRE(again);
        CHECK(*again == *parsed);
        CHECK(written(*again, how(g.by).utf8) == text);
        CHECK(check_command(g.line, how(g.by)).code == errc::none);
    }
}

TEST_CASE("commands: a line that does not fit says what is wrong, where, and what to reply") {
    for (const bad_line& b : bad_lines) {
        INFO(b.line);
        const command_error e = check_command(b.line, how(b.by));
        CHECK(message(e.code) == message(b.code));
        CHECK(e.offset == b.offset);
        CHECK(e.verb == verb_of(b.line));
        CHECK(suggested_reply(e).code() == b.reply);
        CHECK(suggested_reply(e).enhanced() == b.enhanced);
    }
}

TEST_CASE("L17, L21: no switch lets an octet over 127 into a hello name") {
    leniency allow = legacy();
    allow.eight_bit = true;
    for (const bool utf8 : {false, true}) {
        for (const std::string_view line :
             {"EHLO x\xE4", "HELO \xE4", "LHLO my_\xE4", "EHLO [1.2.3.\xE4]", "EHLO mx.\xE4 text"}) {
            INFO(line);
            const command_error e = check_command(line, {allow, utf8});
            CHECK(e.code == errc::eight_bit);
            CHECK(e.offset == line.find('\xE4'));
            CHECK(suggested_reply(e) == reply{500, {5, 5, 2}, "Octets over 127 need SMTPUTF8"});
        }
    }
    CHECK(parsed_as<cmd::ehlo>("EHLO mx some \xE4", {allow}).extra == "some \xE4"); // text is another matter
}

TEST_CASE("commands: an HT ends an address without domain, as a space does") {
    for (const std::string_view line :
         {"RCPT TO:bob\tNOTIFY=NEVER", "RCPT TO:<bob>\tNOTIFY=NEVER", "RCPT TO:bob NOTIFY=NEVER"}) {
        INFO(line);
        const auto r = parsed_as<cmd::rcpt>(line, {legacy()});
        CHECK(r.to.mailbox().local_part() == "bob");
        CHECK(r.to.mailbox().domain().empty());
        CHECK(r.params.notify()->never());
    }
    CHECK(parsed_as<cmd::mail>("MAIL FROM:bob\tHOLDUNTIL=2026-12-01T00:00:00Z", {legacy()}).from.route().empty());
    CHECK(check_command("RCPT TO:<bob\t>", {legacy()}).code == errc::illegal_octet);
}

TEST_CASE("commands: a refused parameter is named") {
    CHECK(check_command("MAIL FROM:<a@b> SIZE=x").parameter == "SIZE");
    CHECK(check_command("MAIL FROM:<a@b> BODY=7BIT Size=1x").parameter == "Size");
    CHECK(check_command("RCPT TO:<a@b> X=1 X=2").parameter == "X");
    CHECK(check_command("MAIL FROM:<a b>").parameter.empty());
    CHECK(suggested_reply(errc::unknown_parameter, verb::mail).code() == 555);
    CHECK(suggested_reply(errc::unsupported_parameter, verb::mail).code() == 504);
    CHECK(suggested_reply(errc::bad_priority, verb::mail).enhanced() == enhanced_code{5, 5, 2});
    CHECK(suggested_reply(errc::utf8_not_declared, verb::rcpt).code() == 553);
}

TEST_CASE("commands: every error of a peer has a reply that says so") {
    for (const errc e : {errc::line_too_long, errc::bad_sequence, errc::not_implemented, errc::too_many_recipients,
                         errc::unknown_mechanism, errc::auth_cancelled, errc::bad_path, errc::bad_domain}) {
        const reply r = suggested_reply(e, verb::rcpt);
        CHECK(r.code().negative());
        CHECK(r.enhanced().matches(r.code()));
        CHECK(!r.text().empty());
    }
}

TEST_CASE("commands: fields") {
    CHECK(parsed_as<cmd::ehlo>("EHLO a some text", {interop()}).extra == "some text");
    CHECK(parsed_as<cmd::ehlo>("EHLO my_host", {interop()}).name.kind() == host_kind::other);
    CHECK(parsed_as<cmd::mail>("SOML FROM:<a@b>").how == delivery::terminal_or_mail);
    CHECK(parsed_as<cmd::mail>("SEND FROM:<a@b>").how == delivery::terminal);
    CHECK(parsed_as<cmd::mail>("SAML FROM:<a@b>").how == delivery::terminal_and_mail);
    CHECK(parsed_as<cmd::mail>("MAIL FROM:<a@b> SIZE=12").params.size() == 12U);
    CHECK(parsed_as<cmd::bdat>("BDAT 18446744073709551615 LAST").size == ~std::uint64_t{0});
    CHECK(parsed_as<cmd::bdat>("BDAT 7 LAST").last);
    CHECK(parsed_as<cmd::vrfy>("VRFY Joe SMTPUTF8", {strict(), true}) == cmd::vrfy{"Joe", true});
    CHECK(parsed_as<cmd::vrfy>("VRFY Joe SMTPUTF8") == cmd::vrfy{"Joe SMTPUTF8", false});
    CHECK(parsed_as<cmd::expn>("EXPN a list").text == "a list");
    CHECK(parsed_as<cmd::etrn>("ETRN @example.org").scope == etrn_scope::subtree);
    CHECK(parsed_as<cmd::etrn>("ETRN #q").node == "q");
    CHECK_FALSE(parsed_as<cmd::auth>("AUTH LOGIN").initial_response);
    CHECK(parsed_as<cmd::auth>("AUTH PLAIN =").initial_response == "="sv);
    CHECK(parsed_as<cmd::burl>("BURL imap:a LAST").last);
    CHECK(parsed_as<cmd::other>("FOO bar baz").arguments == "bar baz");
    CHECK(as_other(" BURL  imap:a LAST ") == cmd::other{"BURL", "imap:a LAST"});

    std::vector<std::string> domains;
    for (const domain d : parsed_as<cmd::atrn>("ATRN a.example,b.example").domains) domains.emplace_back(d.text());
    CHECK(domains == std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("commands: text of any length is kept, and the limits of other fields hold") {
    for (const std::size_t n : {1U, 7U, 8U, 9U, 63U, 500U, 4000U}) {
        const std::string line = "NOOP " + std::string(n, 'x');
        CHECK(parsed_as<cmd::noop>(line).text.size() == n);
        for (std::size_t at = 5; at < line.size(); at += n / 8 + 1) {
            std::string bad = line;
            bad[at] = '\x01';
            CHECK(parse_command(bad).error() == parse_error{errc::illegal_octet, at});
        }
    }
    CHECK(parse_command("AUTH " + std::string(20, 'A')));
    CHECK_FALSE(parse_command("AUTH " + std::string(21, 'A')));
}

// ---- injection: no octet that is not text reaches the wire through any field

namespace {

template <class Make>
void no_injection(Make make) {
    for (int octet = 0; octet < 256; ++octet) {
        const auto c = static_cast<char>(octet);
        for (const auto& [before, behind] :
             {std::pair{""sv, ""sv}, {"a"sv, ""sv}, {""sv, "a"sv}, {"a"sv, "b"sv}, {"aaaaaaaaaaaa"sv, "b"sv}}) {
            std::string text(before);
            text.push_back(c);
            text.append(behind);
            std::array<char, 256> out{};
            out.fill('#');
            const auto size = serialize(make(std::string_view(text)), out);
            if (size) {
                for (std::size_t i = 0; i < *size; ++i) CHECK((out[i] >= ' ' && out[i] <= '~'));
                CHECK(parse_command({out.data(), *size}, {interop()}));
            } else {
                CHECK(size.error().code == errc::refused_field);
                CHECK(std::string_view(out.data(), out.size()) == std::string(out.size(), '#')); // nothing was written
            }
            if (octet < ' ' || octet > '~') CHECK_FALSE(size);
        }
    }
}

} // namespace

TEST_CASE("L45: no control octet reaches the wire through any field") {
    const domain host = *parse_domain("mx.example");
    no_injection([&](std::string_view t) { return command(cmd::helo{host, t}); });
    no_injection([&](std::string_view t) { return command(cmd::ehlo{host, t}); });
    no_injection([&](std::string_view t) { return command(cmd::lhlo{host, t}); });
    no_injection([](std::string_view t) { return command(cmd::vrfy{t}); });
    no_injection([](std::string_view t) { return command(cmd::expn{t}); });
    no_injection([](std::string_view t) { return command(cmd::help{t}); });
    no_injection([](std::string_view t) { return command(cmd::noop{t}); });
    no_injection([](std::string_view t) { return command(cmd::auth{t}); });
    no_injection([](std::string_view t) { return command(cmd::auth{"PLAIN", t}); });
    no_injection([](std::string_view t) { return command(cmd::burl{t}); });
    no_injection([](std::string_view t) { return command(cmd::etrn{t}); });
    no_injection([](std::string_view t) { return command(cmd::etrn{t, etrn_scope::subtree}); });
    no_injection([](std::string_view t) { return command(cmd::etrn{t, etrn_scope::queue}); });
    no_injection([](std::string_view t) { return command(cmd::other{"XFOO", t}); });
    no_injection([](std::string_view t) { return command(cmd::other{t, "x"}); });
}

TEST_CASE("L45: what only a parser can make holds nothing that it did not take") {
    for (const std::string_view text : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "a\tb"sv, "a\x7F"sv}) {
        CHECK_FALSE(parse_attributes(std::string("NAME=").append(text)));
        CHECK_FALSE(parse_attributes(std::string(text) + "=x"));
        CHECK_FALSE(parse_domain_list(text));
        CHECK_FALSE(parse_path(std::string("<").append(text).append("@b>")));
        CHECK_FALSE(parse_domain(text));
    }
}

TEST_CASE("commands: what may not be written") {
    const path postmaster = *parse_path("<Postmaster>");
    const path utf8 = *parse_path("<\xC3\xA9@b>", {strict(), true});
    const auto declared = *parse_parameters("SMTPUTF8", parameters_of::mail);
    CHECK(written(cmd::mail{postmaster}) == message(errc::refused_field));
    CHECK_FALSE(serialize(cmd::rcpt{path{}}, {}));
    CHECK(serialize(cmd::rcpt{path{}}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::mail{utf8}, {}, false).error().code == errc::refused_field);
    CHECK(serialize(cmd::mail{utf8}, {}, true).error().code == errc::refused_field); // not declared
    CHECK(written(cmd::mail{utf8, declared}, true) == "MAIL FROM:<\xC3\xA9@b> SMTPUTF8");
    CHECK(written(cmd::rcpt{utf8}, true) == "RCPT TO:<\xC3\xA9@b>");
    CHECK(serialize(cmd::mail{path{}, *parse_parameters("SIZE=1", parameters_of::mail), delivery::terminal}, {})
              .error()
              .code == errc::refused_field);
    CHECK(serialize(cmd::other{"MAIL", "FROM:<a@b>"}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::other{"quit"}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::helo{}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::xclient{}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::vrfy{"a", true}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::vrfy{"a SMTPUTF8"}, {}, true).error().code == errc::refused_field);
    CHECK(serialize(cmd::auth{"PLAIN", ""}, {}).error().code == errc::refused_field);
    CHECK(serialize(cmd::auth{"PLAIN", "not base64"}, {}).error().code == errc::refused_field);
}

TEST_CASE("L9, L52: parameters leave on the verb they belong to, and on no other") {
    const path a = *parse_path("<a@b>");
    for (const std::string_view text : {"SIZE=1", "BODY=7BIT", "X=1 SMTPUTF8", "MTRK=QUJD"}) {
        const parameters list = *parse_parameters(text, parameters_of::mail);
        CHECK(written(cmd::mail{a, list}) == "MAIL FROM:<a@b> " + std::string(text));
        CHECK(written(cmd::rcpt{a, list}) == message(errc::refused_field));
    }
    for (const std::string_view text : {"NOTIFY=NEVER", "X=1 ORCPT=rfc822;a", "CONNEG"}) {
        const parameters list = *parse_parameters(text, parameters_of::rcpt);
        CHECK(written(cmd::rcpt{a, list}) == "RCPT TO:<a@b> " + std::string(text));
        CHECK(written(cmd::mail{a, list}) == message(errc::refused_field));
    }
    const parameters foreign = *parse_parameters("X=1", parameters_of::rcpt);
    CHECK(written(cmd::mail{a, foreign}) == "MAIL FROM:<a@b> X=1");
}

TEST_CASE("commands: what is not UTF-8 never leaves as such") {
    leniency raw = interop();
    raw.eight_bit = true;
    const path a = *parse_path("<a@b>");
    for (const std::string_view text : {"SMTPUTF8 X=\xFF", "SMTPUTF8\tX=\xFF", "SMTPUTF8  X=\xC3"}) {
        const parameters list = *parse_parameters(text, parameters_of::mail, {raw});
        CHECK(written(cmd::mail{a, list}, true) == message(errc::refused_field));
        CHECK(written(cmd::mail{a, list}) == message(errc::refused_field));
    }
    const parameters good = *parse_parameters("SMTPUTF8\tX=\xC3\xA9", parameters_of::mail, {raw, true});
    CHECK(written(cmd::mail{a, good}, true) == "MAIL FROM:<a@b> SMTPUTF8 X=\xC3\xA9");
    CHECK(written(cmd::atrn{*parse_domain_list("\xFF.x", {raw})}, true) == message(errc::refused_field));
}

TEST_CASE("commands: no room is told for every size that is too small") {
    const command c = *parse_command("MAIL FROM:<a@b> SIZE=10");
    std::array<char, 32> out{};
    for (std::size_t n = 0; n < 23; ++n) CHECK(serialize(c, std::span(out).first(n)).error().code == errc::no_room);
    CHECK(serialize(c, std::span(out).first(23)).value() == 23);
}

// ---- lessons

TEST_CASE("L1: space or tab after the colon") {
    leniency used;
    REQUIRE(parse_command("MAIL FROM: <a@b>", {interop()}, &used));
    CHECK(used.space_after_colon);
    CHECK(used == [] {
        leniency l;
        l.space_after_colon = true;
        return l;
    }());
    CHECK_FALSE(parse_command("MAIL FROM: <a@b>"));
}
TEST_CASE("L2: missing angle brackets") {
    leniency used;
    CHECK_FALSE(parse_command("MAIL FROM:a@b", {interop()}));
    REQUIRE(parse_command("MAIL FROM:a@b SIZE=1", {legacy()}, &used));
    CHECK(used.missing_brackets);
}
TEST_CASE("L3: trailing blanks") {
    for (const std::string_view line :
         {"HELO a"sv, "MAIL FROM:<a@b>"sv, "MAIL FROM:<a@b> SIZE=1"sv, "RCPT TO:<a@b>"sv, "DATA"sv, "BDAT 1"sv,
          "RSET"sv, "VRFY a"sv, "NOOP"sv, "QUIT"sv, "STARTTLS"sv, "AUTH PLAIN"sv})
        for (const char* blanks : {" ", "\t", "  \t "})
            CHECK(*parse_command(std::string(line) + blanks) == *parse_command(line));
}
TEST_CASE("L4: the null reverse path is a value, and no recipient") {
    CHECK(parsed_as<cmd::mail>("MAIL FROM:<> SIZE=1").from.is_null());
    CHECK(check_command("RCPT TO:<>").code == errc::null_path);
    CHECK_FALSE(parsed_as<cmd::mail>("MAIL FROM:<>").from == parsed_as<cmd::rcpt>("RCPT TO:<Postmaster>").to);
}
TEST_CASE("L5: Postmaster without domain, in any case, only as a recipient") {
    CHECK(parsed_as<cmd::rcpt>("RCPT TO:<pOSTMASTER>").to.is_postmaster());
    CHECK_FALSE(parse_command("MAIL FROM:<Postmaster>"));
}
TEST_CASE("L6: values keep their case") {
    CHECK((*parsed_as<cmd::mail>("MAIL FROM:<a@b> x-key=AbC+3D").params.find("X-KEY")).value == "AbC+3D");
}
TEST_CASE("L7: keywords may have a hyphen") { CHECK(parse_command("MAIL FROM:<a@b> MT-PRIORITY=3")); }
TEST_CASE("L8: equals signs, empty values and duplicates") {
    CHECK(check_command("MAIL FROM:<a@b> X=").code == errc::bad_value);
    CHECK(check_command("MAIL FROM:<a@b> X=1 x=2").code == errc::duplicate_parameter);
}
TEST_CASE("L10: SIZE over 64 bits is larger than any limit") {
    CHECK(parsed_as<cmd::mail>("MAIL FROM:<a@b> SIZE=99999999999999999999").params.size() == ~std::uint64_t{0});
    CHECK(parsed_as<cmd::mail>("MAIL FROM:<a@b> SIZE=0").params.size() == 0U);
    CHECK(check_command("MAIL FROM:<a@b> SIZE=123456789012345678901").code == errc::number_too_large);
}
TEST_CASE("L13: a parameter directly behind the path") {
    CHECK(check_command("MAIL FROM:<a@b>SIZE=1", {legacy()}).offset == 15);
}
TEST_CASE("L17: any token is a HELO name, by name of the leniency") {
    leniency used;
    for (const char* line : {"EHLO my_host", "EHLO a..b", "EHLO -", "HELO [1.2.3.256]", "EHLO $%&"}) {
        REQUIRE(parse_command(line, {interop()}, &used));
        CHECK(used.any_hello_name);
    }
}
TEST_CASE("L18: text behind NOOP, HELP, VRFY and EXPN is kept whole") {
    CHECK(parsed_as<cmd::noop>("NOOP a  b \"c\" <d>").text == "a  b \"c\" <d>");
    CHECK(parsed_as<cmd::vrfy>("VRFY a  b").text == "a  b");
}
TEST_CASE("L19: verbs are not matched by their beginning") {
    CHECK(parsed_as<cmd::other>("STARTTLSxyz").verb == "STARTTLSxyz");
    CHECK(check_command("STAR\rTTLS").code == errc::illegal_octet);
    CHECK(parse_command(" NOOP", {legacy()}));
}
TEST_CASE("L20: letters are folded in ASCII only") {
    CHECK_FALSE(parse_command("BDAT 1 LA\xC5\xBFT", {strict(), true}));
    CHECK_FALSE(parse_command("BDAT 1 LA\xC5\xBFT"));
    CHECK(find_verb("\xC5\xBFTARTTLS") == verb::other);
}
TEST_CASE("L23: BDAT sizes are checked for overflow") {
    CHECK(parse_command("BDAT 18446744073709551615"));
    CHECK(check_command("BDAT 18446744073709551616").code == errc::number_too_large);
}
TEST_CASE("L34: an empty initial response is not none") {
    CHECK_FALSE(parsed_as<cmd::auth>("AUTH PLAIN") == parsed_as<cmd::auth>("AUTH PLAIN ="));
    CHECK(written(cmd::auth{"PLAIN", "="}) == "AUTH PLAIN =");
    CHECK(check_command("AUTH PLAIN ==").code == errc::bad_base64);
    CHECK(check_command("AUTH PLAIN QQ==QQ==").code == errc::bad_base64);
}

// ---- the seeds

TEST_CASE("SR-10: one space or more behind the verb") {
    CHECK(written(*parse_command("HELO    a", {interop()})) == "HELO a");
}
TEST_CASE("SR-11: the syntax list of RFC 821") {
    for (const char* line :
         {"HELO a", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "RSET", "SEND FROM:<a@b>", "SOML FROM:<a@b>",
          "SAML FROM:<a@b>", "VRFY a", "EXPN a", "HELP", "HELP a", "NOOP", "QUIT"})
        CHECK(parse_command(line));
}
TEST_CASE("SR-12, SR-32: TURN is a command") { CHECK(parsed_as<cmd::turn>("TURN") == cmd::turn{}); }
TEST_CASE("SR-13: verbs in any case, the local part in its own") {
    CHECK(parsed_as<cmd::mail>("mAIL FROM:<MiXed@B>").from.mailbox().local_part() == "MiXed");
}
TEST_CASE("SR-14: HELLO is no verb") { CHECK(verb_of("HELLO 195.161.101.33") == verb::other); }
TEST_CASE("SR-15: a bare address is a grammatical name, and reported") {
    leniency used;
    REQUIRE(parse_command("HELO 195.161.101.33", {interop()}, &used));
    CHECK(used.bare_ipv4);
}
TEST_CASE("SR-16: REST and VERY are no verbs") {
    CHECK((verb_of("REST") == verb::other && verb_of("VERY x") == verb::other));
}
TEST_CASE("SR-17: a comment behind the command is no parameter") {
    CHECK_FALSE(parse_command("MAIL FROM:<drozd@x> 'comment", {interop()}));
}
TEST_CASE("SR-18: a space after the colon is taken and never sent") {
    CHECK(written(*parse_command("RCPT TO: <a@b>", {interop()})) == "RCPT TO:<a@b>");
}
TEST_CASE("SR-19: a mailbox without domain") {
    CHECK(check_command("MAIL FROM:<drozd>", {interop()}).code == errc::bad_path);
    leniency used;
    const auto parsed = parse_command("MAIL FROM:<drozd>", {legacy()}, &used);
    REQUIRE(parsed);
    CHECK(used.unqualified);
    CHECK(serialize(*parsed, {}).error().code == errc::refused_field); // never sent
}
TEST_CASE("SR-20: the null path with a space after the colon") {
    CHECK(parsed_as<cmd::mail>("MAIL FROM: <>", {interop()}).from.is_null());
    CHECK_FALSE(parse_command("MAIL FROM:< >", {legacy()}));
}
TEST_CASE("SR-21: a route whose hosts lack their at-sign") {
    CHECK(check_command("RCPT TO: <server1,server2:someone@server3>", {interop()}).code != errc::none);
    const cmd::rcpt bare = parsed_as<cmd::rcpt>("RCPT TO: <server1,server2:someone@server3>", {legacy()});
    const cmd::rcpt legal = parsed_as<cmd::rcpt>("RCPT TO:<@server1,@server2:someone@server3>");
    CHECK(bare.to == legal.to);
    CHECK(parse_command(written(bare))); // the legal form
}
TEST_CASE("SR-29: VRFY and EXPN take names") { CHECK(parsed_as<cmd::vrfy>("VRFY Full Name").text == "Full Name"); }
TEST_CASE("SR-30: HELP about a command") { CHECK(parsed_as<cmd::help>("HELP RCPT").text == "RCPT"); }
TEST_CASE("SR-31: SEND, SOML and SAML begin a transaction as MAIL does") {
    CHECK(parsed_as<cmd::mail>("SAML FROM:<a@b>").from == parsed_as<cmd::mail>("MAIL FROM:<a@b>").from);
}

namespace {

struct lesson_row {
    std::string_view line;
    errc code; // none: taken
    bool utf8 = false;
    unsigned reply = 0;
};

void check_lesson(std::initializer_list<lesson_row> rows) {
    for (const lesson_row& row : rows) {
        INFO(row.line);
        const command_error e = check_command(row.line, {strict(), row.utf8});
        CHECK(message(e.code) == message(row.code));
        if (row.code != errc::none) CHECK(suggested_reply(e).code() == row.reply);
    }
}

} // namespace

TEST_CASE("L9: the value of BODY in any case, and only on MAIL") {
    check_lesson({{"MAIL FROM:<a@b> BODY=8bitmime", errc::none},
                  {"MAIL FROM:<a@b> body=7Bit", errc::none},
                  {"MAIL FROM:<a@b> BODY=BinaryMIME", errc::none},
                  {"MAIL FROM:<a@b> BODY=9BIT", errc::bad_value, false, 501},
                  {"MAIL FROM:<a@b> BODY", errc::bad_value, false, 501},
                  {"RCPT TO:<a@b> BODY=7BIT", errc::unknown_parameter, false, 555}});
}

TEST_CASE("L14: a quoted local part hides what would end a path") {
    check_lesson({{R"(RCPT TO:<"a@b>c d"@x>)", errc::none},
                  {R"(RCPT TO:<"a\"b"@x> NOTIFY=NEVER)", errc::none},
                  {R"(RCPT TO:<"a@x>)", errc::bad_local_part, false, 501},
                  {R"(RCPT TO:<"a"b@x>)", errc::bad_local_part, false, 501}});
}

TEST_CASE("L15: dots of a local part stand between atoms") {
    for (const std::string_view line : {"RCPT TO:<a..b@x>", "RCPT TO:<a.@x>", "RCPT TO:<.a@x>"}) {
        check_lesson({{line, errc::bad_local_part, false, 501}});
        leniency loose;
        loose.loose_dots = true;
        CHECK(parse_command(line, {loose, false}));
    }
}

TEST_CASE("L16: address literals are checked to the last octet") {
    check_lesson({{"MAIL FROM:<a@[192.0.2.255]>", errc::none},
                  {"MAIL FROM:<a@[192.0.2.256]>", errc::bad_literal, false, 501},
                  {"MAIL FROM:<a@[1.2.3]>", errc::bad_literal, false, 501},
                  {"MAIL FROM:<a@[iPv6:2001:db8::1]>", errc::none},
                  {"MAIL FROM:<a@[IPv6:1::2::3]>", errc::bad_literal, false, 501},
                  {"MAIL FROM:<a@[X400:c=us;a=att]>", errc::none}});
}

TEST_CASE("L21: control octets are 500 anywhere, octets over 127 by what was offered and declared") {
    using namespace std::string_view_literals;
    check_lesson({{"NOOP a\0b"sv, errc::illegal_octet, false, 500},
                  {"MAIL FROM:<a\x01@b>", errc::illegal_octet, true, 500},
                  {"RCPT TO:<a@b\t>", errc::illegal_octet, false, 500},
                  {"EHLO \xC3\xA9.example", errc::eight_bit, true, 500},
                  {"MAIL FROM:<\xC3\xA9@b>", errc::eight_bit, false, 500},
                  {"MAIL FROM:<\xC3\xA9@b>", errc::utf8_not_declared, true, 550},
                  {"MAIL FROM:<\xC3\xA9@b> SMTPUTF8", errc::none, true}});
}

TEST_CASE("lists are written alike, whether their text is as it would be written or not") {
    // Keywords in any case, and with several_spaces any blanks: one canonical form [RFC 5321 2.4, 4.1.1.11].
    constexpr std::string_view canonical = "MAIL FROM:<a@b.example> SIZE=1 BODY=8bitmime X-FOO=Bar REQUIRETLS";
    for (const std::string_view line :
         {canonical, "MAIL FROM:<a@b.example> size=1 BODY=8bitmime X-FOO=Bar REQUIRETLS"sv,
          "MAIL FROM:<a@b.example> SIZE=1 BODY=8bitmime x-foo=Bar REQUIRETLS"sv,
          "MAIL FROM:<a@b.example> SIZE=1 BODY=8bitmime X-FOO=Bar requireTLS"sv,
          "MAIL FROM:<a@b.example> SIZE=1  BODY=8bitmime\tX-FOO=Bar REQUIRETLS"sv,
          "MAIL FROM:<a@b.example>  SIZE=1 BODY=8bitmime X-FOO=Bar REQUIRETLS "sv}) {
        INFO(line);
        const auto parsed = parse_command(line, {interop()});
        REQUIRE(parsed);
        char out[128];
        const auto size = serialize(*parsed, out);
        REQUIRE(size);
        CHECK(std::string_view(out, *size) == canonical);
    }
}
