// Where Exim 4.96, Postfix 3.7 and aiosmtpd 1.4 answer otherwise than the grammar has it. The rows are what is left of some
// thousand generated and mutated lines that were put to each of them and to `check_command`, read against the RFCs.
#include <sansmtp/command.hpp>
#include <sansmtp/reply.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

struct row {
    std::string_view line;
    unsigned reply;
    std::string_view why;
};

// Which of them says 250: E, P, A.
struct taken_by {
    std::string_view peers;
    row what;
};

} // namespace

TEST_CASE("what other servers take and the grammar does not have, not even for old programs") {
    // clang-format off
    const taken_by rows[] = {
        // RFC 5321 4.1.2: Path = "<" [A-d-l ":"] Mailbox ">", nothing before, between or behind
        {"P",  {"MAIL FROM:<a@b@c>",                       501, "one at-sign"}},
        {"P",  {"MAIL FROM:<<a@b.example>>",               501, "one pair of brackets"}},
        {"P",  {"MAIL FROM:<a@b.example>>",                501, "one pair of brackets"}},
        {"P",   {"MAIL FROM:>",                             501, "one pair of brackets"}},
        {"EP",  {"MAIL FROM:< >",                           501, "the null path is <>"}},
        {"P",   {"MAIL FROM:<@b>",                          501, "a local part"}},
        {"EPA", {"MAIL FROM:< a@b.example>",                501, "no blank"}},
        {"EPA", {"MAIL FROM:<a@b.example >",                501, "no blank"}},
        {"EA",  {"MAIL FROM:<a@b.example> (c)",             501, "comments are the header's [RFC 5322 3.2.2]"}},
        {"EP",  {"MAIL FROM:(c)<a@b.example>",              501, "no comment"}},
        {"EPA",  {"MAIL FROM:<a(c)@b.example>",              501, "no comment"}},
        {"EPA", {"MAIL FROM:<a@b(c).example>",              501, "no comment"}},
        {"EP",  {"MAIL FROM:\"N\"<a@b.example>",            501, "names are the header's"}},
        {"EP",  {"RCPT TO:n<a@b.example>",                  501, "names are the header's"}},
        // RFC 5321 4.1.2: A-d-l = At-domain *("," At-domain); At-domain = "@" Domain
        {"EPA", {"MAIL FROM:<@a,:u@b.example>",             501, "no empty host"}},
        {"EPA", {"MAIL FROM:<@a, @b:u@c.example>",          501, "no blank"}},
        {"EPA", {"MAIL FROM:<@a ,@b:u@c.example>",            501, "no blank"}},
        {"PA",  {"MAIL FROM:<@a,@[1.2.3.4]:u@c.example>",     501, "no literal"}},
        // RFC 5321 4.1.2: Local-part = Dot-string / Quoted-string, not both; qtextSMTP has no control octet
        {"EPA",  {"MAIL FROM:<\"a\".b@c.example>",           501, "quoted as a whole"}},
        {"PA",  {"RCPT TO:<a(@b.example>",                  501, "no special"}},
        {"EPA", {"MAIL FROM:<\"\t\"@b.example>",            500, "HT is no qtextSMTP"}},
        {"EPA", {"MAIL FROM:<\"\\\t\"@b.example>",          500, "nor may it follow a backslash: %d32-126"}},
        // RFC 5321 4.1.2: sub-domain = Let-dig [Ldh-str]; 4.5.3.1.2, .3: 63, 255 and 256 octets
        {"PA",  {"MAIL FROM:<a@c_d.example>",               501, "no underscore"}},
        {"EA",  {"MAIL FROM:<a@b-.example>",                501, "no hyphen at the end"}},
        // RFC 5321 4.1.1.11: esmtp-value = 1*(...); once each [RFC 1870 6, RFC 6152 2]
        {"EPA",  {"MAIL FROM:<a@b.example> SIZE=1 SIZE=1",   501, "once"}},
        {"EPA", {"MAIL FROM:<a@b.example> SMTPUTF8 SMTPUTF8", 501, "once"}},
        {"E",   {"MAIL FROM:<a@b.example> SIZE=",           501, "a number"}},
        {"E",   {"MAIL FROM:<a@b.example> SIZE=0x10",       501, "a decimal number [RFC 1870 4]"}},
        {"E",   {"MAIL FROM:<a@b.example> SIZE=1x",         501, "a decimal number"}},
        {"",    {"MAIL FROM:<a@b.example> SIZE=999999999999999999999", 501, "1*20DIGIT; all of them say 552"}},
        {"E",   {"MAIL FROM:<a@b.example> BODY=",           501, "a value"}},
        {"E",   {"MAIL FROM:<a@b.example> RET=",            501, "a value"}},
        {"EP",  {"MAIL FROM:<a@b.example> AUTH=",           501, "a mailbox, or <> [RFC 4954 5]"}},
        {"EP",  {"MAIL FROM:<a@b.example> AUTH=<c@d>",      501, "no brackets but those of <>"}},
        {"EP",  {"MAIL FROM:<a@b.example> AUTH=+00",        501, "a mailbox"}},
        {"E",   {"MAIL FROM:<a@b.example> ENVID=a+b",       501, "xtext has + for two digits [RFC 3461 4]"}},
        {"EP",  {"RCPT TO:<a@b.example> NOTIFY=SUCCESS,",   501, "no empty element [RFC 3461 4.1]"}},
        {"E",   {"RCPT TO:<a@b.example> ORCPT=rfc822;a+zz", 501, "xtext"}},
        // RFC 5321 2.3.8, 4.1.2: no control octet anywhere, 2.4: seven bits
        {"PA",   {"MAIL FROM:<a\x01@b.example>",             500, "a control octet"}},
        {"EPA",   {"MAIL FROM:<a\t@b.example>",               500, "a control octet"}},
        {"A",   {"MAIL FROM:<a\0@b.example>"sv,             500, "NUL"}},
        {"PA",  {"EHLO x\0"sv,                              500, "NUL"}},
        {"PA",  {"EHLO x\x7f",                              500, "DEL"}},
        {"PA",  {"EHLO \xC3\xBC.example",                   500, "A-labels only [RFC 6531 3.7.1]"}},
        {"EPA", {"NOOP \x01",                               500, "a control octet"}},
        {"EPA", {"NOOP \xC3\xA9",                           500, "seven bits"}},
        {"P",   {"QUIT x",                                  501, "no argument [4.1.1.10]"}},
        {"P",   {"NOOP\0"sv,                                500, "NUL"}},
    };
    // clang-format on
    constexpr syntax old{legacy(), false};
    for (const auto& [peers, what] : rows) {
        INFO(what.line << ": " << what.why << "; taken by " << peers);
        const command_error e = check_command(what.line, old);
        REQUIRE(e.code != errc::none);
        CHECK(suggested_reply(e).code() == what.reply);
    }
    for (const std::string_view domain :
         {std::string(64, 'd') + ".example", std::string(60, 'd') + '.' + std::string(60, 'd') + '.' +
                                                 std::string(60, 'd') + '.' + std::string(60, 'd') + ".example.org"})
        CHECK(suggested_reply(check_command("MAIL FROM:<a@" + std::string(domain) + ">", old)).code() == 501);
    CHECK(suggested_reply(check_command("MAIL FROM:<a@b> ENVID=" + std::string(101, 'a'))).code() == 501);
    CHECK(suggested_reply(check_command("RCPT TO:<a@b> ORCPT=rfc822;" + std::string(494, 'a'))).code() == 501);
}

TEST_CASE("what other servers refuse and the grammar has") {
    struct refused_by {
        std::string_view peers, line, why;
    };
    // clang-format off
    const refused_by rows[] = {
        {"P",   "MAIL FROM:<-a@b.example>",                   "atext has the hyphen anywhere [RFC 5321 4.1.2]"},
        {"P",   "MAIL FROM:<a@1.2.3.4>",                      "sub-domain = Let-dig [Ldh-str]"},
        {"P",   "RCPT TO:<\"a@b\"@c.example>",                "what is quoted is opaque [RFC 5321 2.3.11]"},
        {"P",   "RCPT TO:<a%b@c.example>",                    "and so is the percent"},
        {"P",   "RCPT TO:<a!b@c.example>",                    "and the bang"},
        {"E",   "MAIL FROM:<a@[192.0.2.1]>",                  "address-literal [RFC 5321 4.1.3]"},
        {"E",   "MAIL FROM:<a@[ipv6:1::2]>",                  "the tag in any case"},
        {"E",   "MAIL FROM:<a@[IPv6:1:2:3:4:5:6:192.0.2.1]>", "IPv6v4-full"},
        {"EP",  "MAIL FROM:<a@[Foo:bar]>",                    "General-address-literal"},
        {"E",   "EHLO [01.2.3.4]",                            "Snum = 1*3DIGIT"},
        {"E",   "EHLO [Foo:bar]",                             "General-address-literal"},
        {"A",   "AUTH PLAIN =",                               "a response of no octets [RFC 4954 4]"},
        {"A",   "auth plain AHQAcw==",                        "mechanisms in any case [RFC 4954 3]"},
        {"A",   "RCPT TO:<a@b.example> notify=success",       "keywords in any case [RFC 5321 2.4]"},
        {"A",   "RCPT TO:<a@b.example> ORCPT=rfc822;",        "xtext may be empty [RFC 3461 4]"},
        {"E",   "ETRN @a.example",                            "the subtree [RFC 1985 5.3]"},
        {"PA",  "HELP x",                                     "HELP [SP String] [RFC 5321 4.1.1.8]"},
        {"EPA", "MAIL FROM:<a@b.example> FOO=bar",            "a parameter of the right form is kept: 555 is for sessions"},
    };
    // clang-format on
    for (const refused_by& r : rows) {
        INFO(r.line << ": " << r.why << "; refused by " << r.peers);
        CHECK(message(check_command(r.line).code) == message(errc::none));
    }
}
