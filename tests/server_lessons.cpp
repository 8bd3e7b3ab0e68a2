// The rows of the list of lessons that are a server's: what went wrong in other implementations, each named after its row.
//
// L11, L32, L39, L40, L42 and L43 are a client's, or a parser's of replies: see client_lessons.cpp. What a row says of one
// line is also in command.cpp, parameters.cpp, reply.cpp and their like.
#include "support/catch.hpp"
#include "support/data_model.hpp"
#include "support/exchange.hpp"

#include <sansmtp/sasl.hpp>
#include <sansmtp/server.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sansmtp;
using namespace exchange;

namespace {

const char* const transaction = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
const char* const accepted = "250 2.1.0 | 250 2.1.5 | 354";

// The octets of a session that says yes to everything, and what it tells.
std::pair<std::string, std::vector<std::string>> run(const server_config& config, std::string_view octets) {
    transcript::script s;
    s.config = config;
    transcript::player<> p(s);
    p.feed(octets);
    return {p.seen().output, p.seen().actions};
}

} // namespace

// clang-format off

// ---- what a command looks like

TEST_CASE("L1: a space or tab behind the colon is taken and reported; strict refuses", "[server][lessons]") {
    check({{}, after_hello}, {
        {"MAIL FROM: <a@b>",     "250 2.1.0", "mail <a@b> space_after_colon"},
        {"MAIL FROM:\\t <a@b>",  "250 2.1.0", "mail <a@b> space_after_colon"},
        {"MAIL FROM: <>",        "250 2.1.0", "mail <> space_after_colon"},
        {"MAIL FROM :<a@b>",     "501 5.5.4"},
    });
    check({{}, after_mail}, {{"RCPT TO: <c@d>", "250 2.1.5", "rcpt <c@d> space_after_colon"}});
    check({{"set allow strict"}, after_hello}, {{"MAIL FROM: <a@b>", "501 5.1.7"}});
    check({{"set allow strict"}, after_mail}, {{"RCPT TO: <c@d>", "501 5.1.3"}});
}

TEST_CASE("L2: a path without brackets is refused; by its switch it ends at the first space", "[server][lessons]") {
    check({{}, after_hello}, {{"MAIL FROM:a@b", "501 5.1.7"}, {"MAIL FROM: a@b SIZE=1", "501 5.1.7"}});
    check({{}, after_mail}, {{"RCPT TO:c@d", "501 5.1.3"}});
    check({{"set allow legacy"}, after_hello}, {{"MAIL FROM:a@b SIZE=1", "250 2.1.0", "mail <a@b> SIZE=1 missing_brackets"}});
    check({{"set allow legacy"}, after_mail}, {{"RCPT TO:c@d", "250 2.1.5", "rcpt <c@d> missing_brackets"}});
}

TEST_CASE("L3: blanks in front of the CRLF are nothing, on every command", "[server][lessons]") {
    const char* const offer = "set offer EXPN ETRN";
    check({{offer, "set mechanisms PLAIN", "set cleartext_auth"}, after_hello}, {
        {"HELO x ",              "250"},
        {"EHLO x\\t",            "250", "ehlo x"},
        {"MAIL FROM:<a@b> \\t",  "250 2.1.0", "mail <a@b>"},
        {"MAIL FROM:<a@b> SIZE=1 ", "250 2.1.0", "mail <a@b> SIZE=1"},
        {"RSET\\t",              "250 2.0.0"},
        {"NOOP  ",               "250 2.0.0"},
        {"HELP ",                "214 2.0.0", "help"},
        {"VRFY a ",              "252 2.5.2", "vrfy a"},
        {"EXPN a\\t",            "502 5.5.1", "expn a"},
        {"AUTH PLAIN AGEAYg== ", "235 2.7.0", "auth PLAIN \"\\x00a\\x00b\""},
        {"QUIT \\t ",            "221 2.0.0", nullptr, over},
    });
    check({{"set offer STARTTLS"}, after_hello}, {{"STARTTLS  ", "220 2.0.0", "starttls; handshake", over}});
    check({{}, after_mail}, {{"RCPT TO:<c@d>  ", "250 2.1.5", "rcpt <c@d>"}});
    check({{}, after_rcpt}, {{"DATA \\t\\r\\nx\\r\\n.", "354 | 250 2.6.0"}, {"BDAT 3 LAST  \\r\\na", "250 2.6.0"}});
}

TEST_CASE("L4: the null reverse path is a value of its own, and no recipient", "[server][lessons]") {
    check({{"set offer DSN"}, after_hello}, {
        {"MAIL FROM:<>",                    "250 2.1.0", "mail <>"},
        {"MAIL FROM:<> SIZE=5 RET=HDRS",    "250 2.1.0", "mail <> SIZE=5 RET=HDRS"},
        {"MAIL FROM:< >",                   "501 5.1.7"},
        {"MAIL FROM:",                      "501 5.1.7"},
    });
    check({{}, after_mail}, {{"RCPT TO:<>", "501 5.1.3"}, {"RCPT TO:<>\\r\\nDATA", "501 5.1.3 | 554 5.5.1"}});
}

TEST_CASE("L5: Postmaster is a recipient without domain, in any case, and told once", "[server][lessons]") {
    check({{}, after_mail}, {
        {"RCPT TO:<Postmaster>",     "250 2.1.5", "rcpt <Postmaster>"},
        {"RCPT TO:<POSTMASTER>",     "250 2.1.5", "rcpt <POSTMASTER>"},
        {"RCPT TO:<postmaster@d>",   "250 2.1.5", "rcpt <postmaster@d>"},
        {"RCPT TO:<postmasters>",    "501 5.1.3"},
    });
    check({{}, after_hello}, {{"MAIL FROM:<Postmaster>", "501 5.1.7"}});
}

TEST_CASE("L6: keywords in any case, values as they came", "[server][lessons]") {
    check({{"set offer DSN"}, after_hello}, {
        {"MAIL FROM:<A@b> size=1 eNvId=aBc+2Bd Ret=hdrs", "250 2.1.0", "mail <A@b> size=1 eNvId=aBc+2Bd Ret=hdrs"},
    });
    check({{"set offer DSN"}, after_mail}, {{"RCPT TO:<C@D> orcpt=rfc822;A+2BB@c", "250 2.1.5", "rcpt <C@D> orcpt=rfc822;A+2BB@c"}});
}

TEST_CASE("L7: a keyword may hold hyphens and digits", "[server][lessons]") {
    check({{"set offer MT-PRIORITY"}, after_hello}, {
        {"MAIL FROM:<a@b> MT-PRIORITY=3", "250 2.1.0", "mail <a@b> MT-PRIORITY=3"},
        {"MAIL FROM:<a@b> 8X-Y=3",        "555 5.5.4"}, // a keyword, and none that was announced
        {"MAIL FROM:<a@b> -X=3",          "501 5.5.4"},
        {"MAIL FROM:<a@b> X_Y=3",         "501 5.5.4"},
    });
}

TEST_CASE("L8: the first equals sign parts keyword and value; empty values and duplicates are 501", "[server][lessons]") {
    check({{"set offer DSN MTRK", "set extension X-FOO", "set mail_parameter X-FOO"}, after_hello}, {
        {"MAIL FROM:<a@b> SIZE=",              "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE",               "501 5.5.4"},
        {"MAIL FROM:<a@b> =1",                 "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1 size=1",      "501 5.5.4"},
        {"MAIL FROM:<a@b> X-FOO=1 X-FOO=2",    "501 5.5.4"},
        {"MAIL FROM:<a@b> X-FOO=a=b",          "250 2.1.0", "mail <a@b> X-FOO=a=b equals_in_value"},
        {"MAIL FROM:<a@b> X-FOO",              "250 2.1.0", "mail <a@b> X-FOO"},
    });
}

TEST_CASE("L9: the value of BODY in any case, and only on MAIL", "[server][lessons]") {
    check({{}, after_hello}, {
        {"MAIL FROM:<a@b> BODY=8bitMIME", "250 2.1.0", "mail <a@b> BODY=8bitMIME"},
        {"MAIL FROM:<a@b> body=7bit",     "250 2.1.0", "mail <a@b> body=7bit"},
        {"MAIL FROM:<a@b> BODY=9BIT",     "501 5.5.4"},
        {"MAIL FROM:<a@b> BODY",          "501 5.5.4"},
    });
    check({{}, after_mail}, {{"RCPT TO:<c@d> BODY=7BIT", "555 5.5.4"}});
}

TEST_CASE("L10: SIZE has up to 20 digits, and what 64 bits do not hold is over every limit", "[server][lessons]") {
    check({{}, after_hello}, { // no limit
        {"MAIL FROM:<a@b> SIZE=0",                     "250 2.1.0"},
        {"MAIL FROM:<a@b> SIZE=00000000000000000001",  "250 2.1.0"},
        {"MAIL FROM:<a@b> SIZE=18446744073709551614",  "250 2.1.0"},
        {"MAIL FROM:<a@b> SIZE=18446744073709551616",  "552 5.3.4"},
        {"MAIL FROM:<a@b> SIZE=99999999999999999999",  "552 5.3.4"},
        {"MAIL FROM:<a@b> SIZE=100000000000000000000", "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=-1",                    "501 5.5.4"},
    });
    check({{"set message_size 1000"}, after_hello}, {
        {"MAIL FROM:<a@b> SIZE=999",                   "250 2.1.0"},
        {"MAIL FROM:<a@b> SIZE=1000",                  "250 2.1.0"},
        {"MAIL FROM:<a@b> SIZE=1001",                  "552 5.3.4"},
        {"MAIL FROM:<a@b> SIZE=99999999999999999999",  "552 5.3.4"},
    });
    CHECK(run({.host = "mx.example"}, "EHLO x\r\n").first.find("250-SIZE\r\n") != std::string::npos); // none declared
}

TEST_CASE("a TLS handshake where a command belongs is told as such, in either form", "[server]") { // [commands 23]
    const std::string tls = "refused 0 at 0: the client speaks TLS where a command belongs; ";
    const std::string control = tls + "refused 500 at 0: the line holds a control octet";
    const std::string behind = tls + "refused 500 at 2: the line holds a control octet";
    const char* const gone = "refused 421 at 0: the client speaks TLS where a command belongs";
    check({{}, after_hello}, {
        {"\\x16\\x03\\x01",             "500 5.5.2", control.c_str()},
        {"\\x80\\x2e\\x01\\x03\\x01", "500 5.5.2", behind.c_str()},
        {"\\x80\\x2e",                  "500 5.5.2", "refused 500 at 0: an octet over 127 where only ASCII is allowed"},
        {"\\x16\\x02",                  "500 5.5.2", "refused 500 at 0: the line holds a control octet"},
    });
    check({{"set hang_up_on_junk"}, after_hello}, {
        {"\\x16\\x03\\x01",             "421 4.7.0", gone, over},
        {"\\x80\\x2e\\x01\\x03\\x01", "421 4.7.0", gone, over},
    });
}

TEST_CASE("order of tests: parameters come before the limits, and SIZE before the number of messages", "[server]") {
    check({{"set message_size 1000"}, after_hello}, { // [state-machine 1.1, steps 7 and 8]
        {"MAIL FROM:<a@b> SIZE=1001 FOO=1",           "555 5.5.4"},
        {"MAIL FROM:<a@b> FOO=1 SIZE=1001",           "555 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1001 BODY=BINARYMIME", "555 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1001 CONPERM",         "504 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1001 BODY=7BIT",       "552 5.3.4", "refused 552 at 16: the message is larger than the limit"},
    });
    check({{"set message_size 1000", "set limits 1 0"}, "EHLO x\r\nMAIL FROM:<a@b>\r\nRSET\r\n"}, {
        {"MAIL FROM:<a@b> FOO=1",     "555 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1001", "552 5.3.4"},
        {"MAIL FROM:<a@b> SIZE=1000", "452 4.3.2"},
    });
}

TEST_CASE("L12: unknown parameters are 555, known ones that are not supported 504 where their RFC says so", "[server][lessons]") {
    check({{}, after_hello}, {
        {"MAIL FROM:<a@b> FOO=1",            "555 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1 FOO",       "555 5.5.4"},
        {"MAIL FROM:<a@b> BODY=BINARYMIME",  "555 5.5.4"},
        {"MAIL FROM:<a@b> CONPERM",          "504 5.5.4"}, // [RFC 4141]
        {"MAIL FROM:<a@b> FOO\\r\\nRCPT TO:<c@d>", "555 5.5.4 | 503 5.5.1"}, // no transaction was begun
    });
    check({{}, after_mail}, {{"RCPT TO:<c@d> FOO=1", "555 5.5.4"}, {"RCPT TO:<c@d> CONNEG", "504 5.5.4"}});
    check({{"set extension X-FOO", "set mail_parameter FOO"}, after_hello}, {
        {"MAIL FROM:<a@b> FOO=1", "250 2.1.0", "mail <a@b> FOO=1"},
    });
    check({{"set extension X-FOO", "set mail_parameter FOO"}, after_mail}, {{"RCPT TO:<c@d> FOO=1", "555 5.5.4"}});
}

TEST_CASE("L13: a parameter directly behind the path is 501", "[server][lessons]") {
    check({{}, after_hello}, {{"MAIL FROM:<a@b>SIZE=1", "501 5.1.7"}, {"MAIL FROM:<>SIZE=1", "501 5.1.7"}});
    check({{"set offer DSN"}, after_mail}, {{"RCPT TO:<c@d>NOTIFY=NEVER", "501 5.1.3"}});
}

TEST_CASE("L14: a quoted local part hides what would end a path, and keeps its form", "[server][lessons]") {
    check({{"set offer DSN"}, after_mail}, {
        {"RCPT TO:<\"a b\"@d>",              "250 2.1.5", "rcpt <\"a b\"@d>"},
        {"RCPT TO:<\"a>b\"@d>",              "250 2.1.5", "rcpt <\"a>b\"@d>"},
        {"RCPT TO:<\"a@b\"@d>",              "250 2.1.5", "rcpt <\"a@b\"@d>"},
        {"RCPT TO:<\"a\\\\\"b\"@d>",         "250 2.1.5", "rcpt <\"a\\\"b\"@d>"},
        {"RCPT TO:<\"a> NOTIFY=NEVER\"@d> NOTIFY=DELAY", "250 2.1.5", "rcpt <\"a> NOTIFY=NEVER\"@d> NOTIFY=DELAY"},
        {"RCPT TO:<\"a@d>",                  "501 5.1.3"},
        {"RCPT TO:<\"a\"b@d>",               "501 5.1.3"},
    });
}

TEST_CASE("L15: dots of a local part stand between atoms, but for a switch", "[server][lessons]") {
    check({{}, after_mail}, {
        {"RCPT TO:<a.b@d>", "250 2.1.5"}, {"RCPT TO:<a..b@d>", "501 5.1.3"}, {"RCPT TO:<a.@d>", "501 5.1.3"},
        {"RCPT TO:<.a@d>", "501 5.1.3"},
    });
    check({{"set allow legacy"}, after_mail}, {
        {"RCPT TO:<a..b@d>", "250 2.1.5", "rcpt <a..b@d> loose_dots"}, {"RCPT TO:<a.@d>", "250 2.1.5", "rcpt <a.@d> loose_dots"},
    });
}

TEST_CASE("L16: address literals are checked whole, and unknown tags kept", "[server][lessons]") {
    check({{}, after_mail}, {
        {"RCPT TO:<c@[192.0.2.255]>",        "250 2.1.5"},
        {"RCPT TO:<c@[192.0.2.256]>",        "501 5.1.3"},
        {"RCPT TO:<c@[192.0.2]>",            "501 5.1.3"},
        {"RCPT TO:<c@[192.0.2.1.5]>",        "501 5.1.3"},
        {"RCPT TO:<c@[ipv6:2001:db8::1]>",   "250 2.1.5"},
        {"RCPT TO:<c@[IPv6:1:2:3:4:5:6:7:8:9]>", "501 5.1.3"},
        {"RCPT TO:<c@[IPv6:::1::]>",         "501 5.1.3"},
        {"RCPT TO:<c@[x-tag:a.b-c]>",        "250 2.1.5", "rcpt <c@[x-tag:a.b-c]>"},
        {"RCPT TO:<c@[192.0.2.1>",           "501 5.1.3"},
    });
}

TEST_CASE("L17: any token is a name for EHLO and HELO; none, and illegal octets, are all that is refused", "[server][lessons]") {
    check({{}, ""}, {
        {"EHLO localhost",      "250", "ehlo localhost"},
        {"EHLO my_host",        "250", "ehlo my_host any_hello_name"},
        {"EHLO a..b",           "250", "ehlo a..b any_hello_name"},
        {"EHLO -x",             "250", "ehlo -x any_hello_name"},
        {"EHLO [192.0.2.256]",  "250", "ehlo [192.0.2.256] any_hello_name"},
        {"EHLO .",              "250", "ehlo . any_hello_name"},
        {"HELO my_host",        "250", "helo my_host any_hello_name"},
        {"EHLO",                "501 5.5.4"},
        {"HELO \\t",            "501 5.5.4"},
        {"EHLO a\\x01",         "500 5.5.2"},
        {"EHLO \\xc3\\xa9",     "500 5.5.2"},
        {"HELO \\xff",          "500 5.5.2"},
    });
    check({{"set allow strict"}, ""}, {{"EHLO my_host", "501 5.5.4"}, {"EHLO a..b", "501 5.5.4"}});
}

TEST_CASE("L18: text behind commands that take none, and behind those that do", "[server][lessons]") {
    check({{"set offer STARTTLS EXPN"}, after_hello}, {
        {"EHLO a b  c",     "250", "ehlo a + b  c hello_text"},
        {"HELO a b",        "250", "helo a + b hello_text"},
        {"DATA foo",        "501 5.5.4"},
        {"RSET foo",        "501 5.5.4"},
        {"QUIT now",        "501 5.5.4"},
        {"STARTTLS foo",    "501 5.5.4"},
        {"NOOP a  b",       "250 2.0.0", ""},
        {"HELP MAIL  x",    "214 2.0.0", "help MAIL  x"},
        {"VRFY A  B <c@d>", "252 2.5.2", "vrfy A  B <c@d>"},
        {"EXPN the  list",  "502 5.5.1", "expn the  list"},
    });
}

TEST_CASE("L19: verbs are whole words, without control octets and without blanks in front", "[server][lessons]") {
    check({{"set offer STARTTLS"}, after_hello}, {
        {"STARTTLSxyz", "500 5.5.1"}, {"NOOP.", "500 5.5.1"}, {"NOO", "500 5.5.1"}, {"NO\\rOP", "500 5.5.2"},
        {"NOOP\\r", "500 5.5.2"}, {"\\x00NOOP", "500 5.5.2"}, {" NOOP", "500 5.5.1"}, {"\\tNOOP", "500 5.5.1"},
    });
    check({{"set allow legacy"}, after_hello}, {{" NOOP", "250 2.0.0"}, {"  VRFY a", "252 2.5.2", "vrfy a leading_space"}});
}

TEST_CASE("L20: letters are folded in ASCII only", "[server][lessons]") {
    check({{"set offer DSN"}, after_rcpt}, {
        {"BDAT 3 last\\r\\nx",                     "250 2.6.0"},
        {"BDAT 3 LA\\xc5\\xbfT\\r\\nx",            "501 5.5.4", nullptr, over}, // U+017F is no S
        {"R\\xc5\\xbfET",                          "500 5.5.2"},
    });
    check({{"set offer DSN"}, "EHLO x\\r\\nMAIL FROM:<a@b> SMTPUTF8\\r\\n"}, {
        {"RCPT TO:<c@d> NOTIFY=\\xc5\\xbfUCCESS",  "501 5.5.4"},
    });
}

TEST_CASE("L21: control octets are 500 anywhere; octets over 127 by what was offered and declared", "[server][lessons]") {
    check({{}, after_hello}, {
        {"NOOP \\x00",                        "500 5.5.2"},
        {"FOO \\x7f",                         "500 5.5.2"},
        {"MAIL FROM:<a\\x00@b>",              "500 5.5.2"},
        {"MAIL FROM:<a\\tb@c>",               "500 5.5.2"}, // HT that parts nothing
        {"MAIL FROM:<a@b> SIZE=\\x01",        "500 5.5.2"},
        {"RCPT TO:<a\\x00@b>",                "500 5.5.2"}, // before the sequence is looked at
        {"\\xc3\\xa9HLO x",                   "500 5.5.2"},
        {"NOOP \\xc3\\xa9",                   "500 5.5.2"},
        {"MAIL FROM:<\\xc3\\xa9@b>",          "550 5.6.7"},
        {"MAIL FROM:<a@\\xc3\\xa9>",          "550 5.6.7"},
        {"MAIL FROM:<a@b> ENVID=\\xc3\\xa9",  "550 5.6.7"}, // as X=, though no ENVID would take it
        {"MAIL FROM:<a@b> AUTH=\\xc3\\xa9",   "550 5.6.7"},
        {"MAIL FROM:<a@b> \\xc3\\xa9=1",      "550 5.6.7"},
        {"MAIL FROM:<\\xc3\\xa9@b> BODY=9",   "550 5.6.7"},
        {"MAIL FROM:<a@b> BODY=9 X=\\xc3\\xa9", "501 5.5.4"}, // the first fault
        {"MAIL FROM:<a@b> BODY=\\xc3\\xa9 SMTPUTF8", "501 5.5.4"},
        {"MAIL FROM:<\\xc3\\xa9@b> SMTPUTF8 BODY=9", "501 5.5.4"},
        {"MAIL FROM:<\\xc3\\xa9@b> SMTPUTF8", "250 2.1.0", "mail <\xc3\xa9@b> SMTPUTF8"},
        {"MAIL FROM:<\\xc0\\xaf@b> SMTPUTF8", "500 5.5.2"}, // overlong
        {"MAIL FROM:<\\xed\\xa0\\x80@b> SMTPUTF8", "500 5.5.2"}, // a surrogate
        {"MAIL FROM:<\\xf4\\x90\\x80\\x80@b> SMTPUTF8", "500 5.5.2"}, // above U+10FFFF
        {"MAIL FROM:<\\xc3@b> SMTPUTF8",      "500 5.5.2"}, // cut short
    });
    check({{}, after_mail}, {
        {"RCPT TO:<\\xc3\\xa9@d>",            "553 5.6.7"},
        {"RCPT TO:<c@d> X=\\xc3\\xa9",        "553 5.6.7"},
        {"RCPT TO:<c@d> ORCPT=rfc822;\\xc3\\xa9", "553 5.6.7"},
    });
    check({{"set without SMTPUTF8"}, after_hello}, {{"MAIL FROM:<\\xc3\\xa9@b>", "500 5.5.2"}});
    check({{"set without SMTPUTF8"}, after_mail}, {{"RCPT TO:<\\xc3\\xa9@b>", "500 5.5.2"}});
}

// ---- chunks

TEST_CASE("L22: a refused chunk is taken to its last octet, whatever the reply", "[server][lessons]") {
    const row as_503{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "503 5.5.1 | 250 2.0.0"};
    check({{}, ""}, {as_503, {"BDAT 6 LAST\\r\\nQUIT\\r\\nNOOP", "503 5.5.1 | 250 2.0.0"}});
    check({{}, after_hello}, {as_503});
    check({{}, after_mail}, {as_503, {"RCPT TO:<>\\r\\nBDAT 6\\r\\nQUIT\\r\\nNOOP", "501 5.1.3 | 554 5.5.1 | 250 2.0.0"}});
    check({{}, "HELO x\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\n"}, {as_503});
    check({{"set without CHUNKING"}, after_rcpt}, {{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "502 5.5.1 | 250 2.0.0"}});
    check({{"set message_size 5"}, after_rcpt}, {
        {"BDAT 6\\r\\nQUIT\\r\\nNOOP",      "552 5.3.4 | 250 2.0.0"},
        {"BDAT 6 LAST\\r\\nQUIT\\r\\nNOOP", "552 5.3.4 | 250 2.0.0"},
    });
    check({{"answer data 451 4.3.0 no"}, after_rcpt}, {{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "451 4.3.0 | 250 2.0.0"}});
    check({{"set require_tls"}, after_hello}, {{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "530 5.7.0 | 250 2.0.0"}});
    check({{"set require_auth", "set mechanisms PLAIN"}, after_hello}, {{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "530 5.7.0 | 250 2.0.0"}});
    check({{"answer connection 554 no"}, ""}, {{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "503 5.5.1 | 503 5.5.1"}});
    check({{"set weak_tls"}, ""}, {{"BDAT 6\\r\\nQUIT\\r\\nNOOP", "554 5.7.0 | 554 5.7.0"}});
}

TEST_CASE("L23: a chunk size that cannot be read: one reply, and the end", "[server][lessons]") {
    for (const char* const size : {"18446744073709551616", "99999999999999999999999", "-1", "+1", "0x10", "1.5", "1,000", "",
                                   "LAST", "5 LAST x", "5LAST", "5 FIRST"}) {
        INFO(size);
        const std::string line = "BDAT " + std::string(size) + "\\r\\nNOOP";
        check({{}, after_rcpt}, {{line.c_str(), "501 5.5.4", nullptr, over}});
        check({{"set without CHUNKING"}, ""}, {{line.c_str(), "501 5.5.4", nullptr, over}});
    }
    check({{}, after_rcpt}, {{"BDAT 0000000000000000000000006 LAST\\r\\nabcd", "250 2.6.0"}});
}

TEST_CASE("L24: chunks are neither unstuffed nor mixed with DATA, and LAST ends the transaction", "[server][lessons]") {
    check({{}, after_rcpt}, {
        {"BDAT 5\\r\\n.\\r\\n..BDAT 4 LAST\\r\\n\\r\\n", "250 2.0.0 | 250 2.6.0", "data; body .\\r\\n..\\r\\n\\r\\n; end 9"},
        {"BDAT 2\\r\\n\\r\\nDATA",                       "250 2.0.0 | 503 5.5.1"},
        {"BDAT 2\\r\\n\\r\\nDATA\\r\\nBDAT 2 LAST\\r\\n", "250 2.0.0 | 503 5.5.1 | 503 5.5.1"},
        {"BDAT 2\\r\\n\\r\\nRCPT TO:<e@f>",              "250 2.0.0 | 503 5.5.1"},
        {"BDAT 2 LAST\\r\\n\\r\\nBDAT 2 LAST\\r\\n",     "250 2.6.0 | 503 5.5.1"},
        {"BDAT 2 LAST\\r\\n\\r\\nMAIL FROM:<a@b>",       "250 2.6.0 | 250 2.1.0"},
        {"BDAT 0 LAST",                                  "250 2.6.0", "data; end 0"},
    });
    check({{"set offer BINARYMIME"}, "EHLO x\\r\\nMAIL FROM:<a@b> BODY=BINARYMIME\\r\\nRCPT TO:<c@d>\\r\\n"}, {
        {"DATA", "503 5.5.1"}, {"BDAT 3 LAST\\r\\n\\n", "250 2.6.0", "data; body \\n\\r\\n; end 3"},
    });
}

// ---- content

TEST_CASE("L25, L26: content begins as if behind a CRLF", "[server][lessons]") {
    check({{}, after_rcpt}, {
        {"DATA\\r\\n.",             "354 | 250 2.6.0", "data; end 0"},
        {"DATA\\r\\n..\\r\\n.",     "354 | 250 2.6.0", "data; body .\\r\\n; end 3"},
        {"DATA\\r\\n.x\\r\\n.",     "354 | 250 2.6.0", "data; body x\\r\\n; end 3"},
        {"DATA\\r\\n\\r\\n.",       "354 | 250 2.6.0", "data; body \\r\\n; end 2"},
    });
}

TEST_CASE("L27: no cut changes anything: a whole session at all pairs of cuts", "[server][lessons]") {
    const std::string wire = "EHLO x\r\n" + std::string(transaction) + "DATA\r\n..a\r\n.\r\n" + transaction +
                             "BDAT 4\r\n.\r\nxBDAT 3 LAST\r\ny\r\nNOOP \x01\r\nQUIT\r\n";
    const auto whole = run({.host = "mx.example"}, wire);
    CHECK(codes(whole.first) == "220 | 250 | 250 2.1.0 | 250 2.1.5 | 354 | 250 2.6.0 | 250 2.1.0 | 250 2.1.5 | 250 2.0.0 | "
                                "250 2.6.0 | 500 5.5.2 | 221 2.0.0");
    transcript::script s;
    const std::string_view all = wire;
    for (std::size_t one = 0; one < all.size(); ++one)
        for (std::size_t two = one + 1; two < all.size(); ++two) {
            transcript::player<> p(s);
            p.feed(all.substr(0, one)), p.feed(all.substr(one, two - one)), p.feed(all.substr(two));
            if (p.seen().output != whole.first || p.seen().actions != whole.second) FAIL("cuts at " << one << ", " << two);
        }
}

TEST_CASE("L28: only CRLF.CRLF ends a message, and the rest of what looks like it is content", "[server][lessons]") {
    // The table "end of data, octet by octet", and more of it, behind the 354.
    struct content { const char* sent; const char* kept; bool bare; };
    const content ends[] = {
        {".",                "",                  false}, {"..a\\r\\n.",        ".a\\r\\n",         false},
        {"...a\\r\\n.",      "..a\\r\\n",         false}, {".b\\r\\n.",         "b\\r\\n",          false},
        {"a\\r\\r\\n.",      "a\\r\\r\\n",        true},  {"a\\n..b\\r\\n.",    "a\\n..b\\r\\n",    true},
        {"a\\n.\\n\\r\\n.",  "a\\n.\\n\\r\\n",    true},  {"a\\n.\\r\\n.",      "a\\n.\\r\\n",      true},
        {"a\\r\\n.\\n\\r\\n.", "a\\r\\n\\n\\r\\n", true}, {"a\\r.\\r\\n.",      "a\\r.\\r\\n",      true},
        {"a\\r\\n.\\rx\\r\\n.", "a\\r\\n\\rx\\r\\n", true}, {"a\\r\\n.\\r\\r\\n.", "a\\r\\n\\r\\r\\n", true},
        {"a\\r\\n.\\x00\\r\\n.", "a\\r\\n\\x00\\r\\n", false}, {"a\\r\\n\\x00.\\r\\n.", "a\\r\\n\\x00.\\r\\n", false},
        {"a\\x00b\\r\\n.",   "a\\x00b\\r\\n",     false}, {"a\\r\\nQUIT\\r\\n.", "a\\r\\nQUIT\\r\\n", false},
    };
    for (const content& c : ends) {
        const std::string size = std::to_string(trace::unescaped(c.kept).size());
        const std::string body = std::string(*c.kept == '\0' ? "" : "body ") + c.kept + (*c.kept == '\0' ? "" : "; ");
        const std::string sent = std::string("DATA\\r\\n") + c.sent, told = "data; " + body + "end " + size;
        check({{"set keep_bare_newlines"}, after_rcpt}, {{sent.c_str(), "354 | 250 2.6.0", told.c_str()}});
        check({{}, after_rcpt}, {{sent.c_str(), c.bare ? "354 | 550 5.5.2" : "354 | 250 2.6.0"}});
    }
    for (const char* open : {"a\\n.\\n", "a\\n.", "a\\r\\n.\\n", "a\\r.\\r", "a\\r\\n.\\r", "a\\r\\n.\\r", "a\\r\\n.\\x00", "a\\r\\n\\x00.", "a."}) {
        const std::string sent = std::string("DATA\\r\\n") + open; // a CRLF stands behind it, and the QUIT is content
        check({{}, after_rcpt}, {{sent.c_str(), "354", nullptr, over}});
        check({{"set keep_bare_newlines"}, after_rcpt}, {{sent.c_str(), "354", nullptr, over}});
    }
    for (const std::size_t length : {510U, 511U, 512U, 513U, 1023U, 1024U, 4095U, 4096U, 65535U, 65536U}) { // a long line has no second start
        const std::string content = std::string(length, 'x') + ".\r\n..y\r\n";
        const auto [out, told] = run({.host = "mx.example"}, "EHLO x\r\n" + std::string(transaction) + "DATA\r\n" + content + ".\r\n");
        CHECK(codes(out) == std::string("220 | 250 | ") + accepted + " | 250 2.6.0");
        CHECK(told.back() == "end " + std::to_string(model::decode(content + ".\r\n").content.size()));
    }
}

TEST_CASE("L29: the session takes commands again, however a message ended", "[server][lessons]") {
    const char* const next = "DATA\\r\\nx\\r\\n.\\r\\nMAIL FROM:<a@b>";
    check({{"answer end 550 5.7.1 no"}, after_rcpt}, {{next, "354 | 550 5.7.1 | 250 2.1.0"}});
    check({{"answer end 451 4.3.0 no"}, after_rcpt}, {{next, "354 | 451 4.3.0 | 250 2.1.0"}});
    check({{"set message_size 2"}, after_rcpt}, {{next, "354 | 552 5.3.4 | 250 2.1.0"}});
    check({{"set text_line 2"}, after_rcpt}, {{next, "354 | 554 5.6.0 | 250 2.1.0"}});
    check({{}, after_rcpt}, {{"DATA\\r\\nx\\n\\r\\n.\\r\\nMAIL FROM:<a@b>", "354 | 550 5.5.2 | 250 2.1.0"}});
    check({{"answer end 550 5.7.1 no"}, after_rcpt}, {{"BDAT 1 LAST\\r\\nxMAIL FROM:<a@b>", "550 5.7.1 | 250 2.1.0"}});
    check({{"answer data 451 4.3.0 no"}, after_rcpt}, {{"DATA\\r\\nRSET\\r\\nMAIL FROM:<a@b>", "451 4.3.0 | 250 2.0.0 | 250 2.1.0"}});
    check({{"set lmtp", "answer end 451 4.3.0 no"}, "LHLO x\\r\\nMAIL FROM:<s@b>\\r\\nRCPT TO:<r@d>\\r\\nRCPT TO:<s@d>\\r\\n"}, {
        {next, "354 | 451 4.3.0 | 451 4.3.0 | 250 2.1.0"},
    });
}

TEST_CASE("L30: what is too long is passed over to its end, refused once, and never run as commands", "[server][lessons]") {
    const std::string junk(600, 'x');
    const std::string line = junk + "QUIT\\nQUIT\\r" + junk, content = "DATA\\r\\n" + junk + "\\r\\nQUIT\\r\\n.\\r\\nNOOP";
    check({{"set command_line 512"}, after_hello}, {
        {(line + "\\r\\nNOOP").c_str(),             "500 5.5.2 | 250 2.0.0"},
        {("MAIL FROM:<" + line + ">").c_str(),      "500 5.5.2"},
        {("NOOP\\r\\nVRFY " + line).c_str(),        "250 2.0.0 | 500 5.5.2"},
    });
    check({{"set message_size 100"}, after_rcpt}, {{content.c_str(), "354 | 552 5.3.4 | 250 2.0.0"}});
    const auto endless = [](const char* before) {
        server_config c{.host = "mx.example"};
        c.limits.dropped = 100000;
        c.limits.message_size = 100;
        return codes(run(c, before + std::string(300000, 'x')).first);
    };
    CHECK(endless("EHLO x\r\n") == "220 | 250 | 421 4.7.0");
    CHECK(endless("EHLO x\r\nBDAT 999999\r\n") == "220 | 250 | 421 4.7.0");
    CHECK(endless("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n") == "220 | 250 | 250 2.1.0 | 250 2.1.5 | 354 | 421 4.7.0");
}

// ---- TLS and AUTH

TEST_CASE("L31: nothing that came in clear is heard under TLS, and nothing is remembered", "[server][lessons]") {
    using what = transcript::item::what;
    transcript::script s;
    transcript::read_line(s, "set offer STARTTLS");
    s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
    for (const char* behind : {"EHLO evil\r\n", "MAIL FROM:<evil@x>\r\n", "\r\n", "x", "\x16\x03"}) {
        transcript::player<> p(s);
        p.feed(std::string("EHLO x\r\nSTARTTLS\r\n") + behind);
        CHECK(codes(p.seen().output) == "220 | 250 | 220 2.0.0");
        CHECK(p.session().closed());
        CHECK(p.session().tls_started({}) == errc::wrong_state);
    }
    transcript::player<> late(s); // behind start_handshake, before tls_started
    late.feed("EHLO x\r\nSTARTTLS\r\n");
    late.session().feed("MAIL FROM:<evil@x>\r\n");
    CHECK(late.session().tls_started({}) == errc::plaintext_behind_tls);
    CHECK(late.session().closed());

    transcript::player<> p(s);
    p.feed("EHLO x\r\nAUTH PLAIN AGEAYg==\r\nSTARTTLS\r\n");
    p.event({what::tls, ""});
    CHECK_FALSE(p.session().with().authenticated);
    p.feed("MAIL FROM:<a@b>\r\nEHLO x\r\nAUTH PLAIN AGEAYg==\r\nSTARTTLS\r\n");
    CHECK(codes(p.seen().output) == "220 | 250 | 235 2.7.0 | 220 2.0.0 | 503 5.5.1 | 250 | 235 2.7.0 | 503 5.5.1");
    check({{"set offer STARTTLS"}, after_mail}, {{"STARTTLS\\r\\nRCPT TO:<c@d>", "503 5.5.1 | 250 2.1.5"}});
}

TEST_CASE("L33: EHLO, HELO and RSET end a transaction, and no authentication", "[server][lessons]") {
    check({{"set require_auth", "set mechanisms PLAIN", "set cleartext_auth"}, "EHLO x\\r\\nAUTH PLAIN AGEAYg==\\r\\n"}, {
        {"EHLO y\\r\\nMAIL FROM:<a@b>",   "250 | 250 2.1.0"},
        {"HELO y\\r\\nMAIL FROM:<a@b>",   "250 | 250 2.1.0"},
        {"RSET\\r\\nMAIL FROM:<a@b>",     "250 2.0.0 | 250 2.1.0"},
        {"EHLO y\\r\\nAUTH PLAIN AGEAYg==", "250 | 503 5.5.1"},
        {"MAIL FROM:<a@b>\\r\\nEHLO y\\r\\nRCPT TO:<c@d>", "250 2.1.0 | 250 | 503 5.5.1"},
    });
    check({{}, ""}, {
        {"RSET\\r\\nMAIL FROM:<a@b>",     "250 2.0.0 | 503 5.5.1"},
        {"RSET\\r\\nRSET\\r\\nEHLO x",    "250 2.0.0 | 250 2.0.0 | 250"},
        {"HELO x\\r\\nHELO y\\r\\nMAIL FROM:<a@b>", "250 | 250 | 250 2.1.0"},
    });
}

TEST_CASE("L34: an empty initial response is not the same as none", "[server][lessons]") {
    check({{"set mechanisms PLAIN", "set cleartext_auth", "answer auth 334 x"}, after_hello}, {
        {"AUTH PLAIN",      "334", "auth PLAIN", "235 2.7.0"},
        {"AUTH PLAIN =",    "334", "auth PLAIN \"\"", "235 2.7.0"},
        {"AUTH PLAIN AA==", "334", "auth PLAIN \"\\x00\"", "235 2.7.0"},
        {"AUTH PLAIN a",    "501 5.5.2"},
        {"AUTH PLAIN ==",   "501 5.5.2"},
    });
}

TEST_CASE("L35: a star cancels, what is no base64 is 501, and the session goes on", "[server][lessons]") {
    const situation asked{{"set mechanisms PLAIN", "set cleartext_auth", "answer auth 334 "}, "EHLO x\\r\\nAUTH PLAIN\\r\\n"};
    check(asked, {
        {"*\\r\\nMAIL FROM:<a@b>",     "501 5.7.0 | 250 2.1.0"},
        {"A*",                         "501 5.5.2"},
        {"QUIT",                       "235 2.7.0"}, // four digits of base64
        {"RSET\\x00",                  "501 5.5.2"},
        {"AGEAYg",                     "501 5.5.2"},
        {"AGEAYg== ",                  "501 5.5.2"}, // no blanks inside an exchange
        {"AGEAYg==\\r\\nAUTH PLAIN",   "235 2.7.0 | 503 5.5.1"},
        {"",                           "235 2.7.0", "response "},
    });
    check({{"set mechanisms PLAIN", "set cleartext_auth"}, after_hello}, {
        {"AUTH FOO",                   "504 5.5.4"},
        {"AUTH CRAM-MD5",              "504 5.5.4"},
        {"AUTH",                       "501 5.5.4"},
        {"AUTH PLAIN a b",             "501 5.5.4"},
    });
}

TEST_CASE("L36: a challenge has its space, with text and without", "[server][lessons]") {
    for (const auto& [challenge, line] : {std::pair("", "334 \r\n"), std::pair("Username:", "334 VXNlcm5hbWU6\r\n")}) {
        transcript::script s;
        s.config.mechanisms = "LOGIN", s.config.cleartext_auth = true;
        transcript::player<> p(s);
        p.challenge = challenge;
        p.feed("EHLO x\r\nAUTH LOGIN\r\n");
        const std::string out = p.seen().output;
        CHECK(out.substr(out.rfind("334")) == line);
    }
}

TEST_CASE("L37: lines of an exchange, and AUTH with its response, have 12288 octets", "[server][lessons]") {
    transcript::script s;
    s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
    const auto answers = [&s](const std::string& before, std::size_t size, std::size_t step) {
        transcript::player<> p(s);
        p.challenge = "";
        p.feed("EHLO x\r\n");
        const std::size_t output = p.seen().output.size();
        std::string octets = before.find('\r') != std::string::npos ? before : std::string();
        std::string line = octets.empty() ? before : std::string();
        line += std::string((size - 2 - line.size()) / 4 * 4, 'A');
        octets += line + std::string(size - 2 - line.size(), ' ') + "\r\n";
        for (std::string_view rest = octets; !rest.empty(); rest.remove_prefix(std::min(step, rest.size())))
            p.feed(rest.substr(0, step));
        p.feed("NOOP\r\n");
        return codes(std::string_view(p.seen().output).substr(output));
    };
    for (const std::size_t step : {1U, 1000U, 100000U}) {
        CHECK(answers("AUTH PLAIN ", 12287, step) == "235 2.7.0 | 250 2.0.0");
        CHECK(answers("AUTH PLAIN ", 12288, step) == "235 2.7.0 | 250 2.0.0");
        CHECK(answers("AUTH PLAIN ", 12289, step) == "500 5.5.6 | 250 2.0.0");
        CHECK(answers("AUTH PLAIN ", 30000, step) == "500 5.5.6 | 250 2.0.0");
        CHECK(answers("AUTH PLAIN\r\n", 12286, step) == "334 | 235 2.7.0 | 250 2.0.0");
        CHECK(answers("AUTH PLAIN\r\n", 12290, step) == "334 | 500 5.5.6 | 250 2.0.0");
        CHECK(answers("NOOP ", 4096, step) == "250 2.0.0 | 250 2.0.0");
        CHECK(answers("NOOP ", 4097, step) == "500 5.5.2 | 250 2.0.0");
        CHECK(answers("AUTHX PLAIN ", 12289, step) == "500 5.5.2 | 250 2.0.0");
    }
}

TEST_CASE("L38: LOGIN counts its steps, and PLAIN needs its first NUL", "[server][lessons]") {
    const auto attempt = [](std::string_view octets) {
        const server_config config{.host = "mx.example", .mechanisms = "PLAIN LOGIN", .cleartext_auth = true};
        server s(config);
        sasl::login_server login;
        sasl::plain_server plain;
        bool is_plain = false;
        std::string claims, out;
        const auto decide = [&](const sasl::claim& c) { return claims = std::string(c.identity) + '/' + std::string(c.secret), true; };
        s.feed(octets);
        while (auto action = s.next())
            match(*action, [&]<class A>(const A& a) {
                if constexpr (std::is_same_v<A, request<cmd::auth>>) is_plain = a.mechanism == "PLAIN";
                if constexpr (challengeable<A> || std::is_same_v<A, request<cmd::auth>> || std::is_same_v<A, request<auth_response>>)
                    is_plain ? sasl::drive(s, a, plain, decide) : sasl::drive(s, a, login, decide);
                else
                    s.answer_default(a);
            });
        return codes(s.output()).substr(12) + ' ' + claims;
    };
    CHECK(attempt("EHLO x\r\nAUTH LOGIN\r\ndGlt\r\ncHc=\r\n") == "334 | 334 | 235 2.7.0 tim/pw");
    CHECK(attempt("EHLO x\r\nAUTH LOGIN dGlt\r\ncHc=\r\n") == "334 | 235 2.7.0 tim/pw"); // the name comes with the command
    CHECK(attempt("EHLO x\r\nAUTH LOGIN\r\ndGlt\r\n*\r\nNOOP\r\n") == "334 | 334 | 501 5.7.0 | 250 2.0.0 ");
    CHECK(attempt("EHLO x\r\nAUTH PLAIN AHRpbQBwdw==\r\n") == "235 2.7.0 tim/pw");
    CHECK(attempt("EHLO x\r\nAUTH PLAIN dGltAHB3\r\nNOOP\r\n") == "501 5.5.2 | 250 2.0.0 "); // tim NUL pw
}

// ---- replies

TEST_CASE("L41: 421 ends the session, whatever it answers", "[server][lessons]") {
    const char* const kinds[][2] = {{"ehlo", "EHLO x"}, {"vrfy", "VRFY a"}, {"help", "HELP"}};
    for (const auto& [kind, line] : kinds) {
        const std::string rule = std::string("answer ") + kind + " 421 4.3.2 bye";
        check({{rule.c_str()}, ""}, {{line, kind == std::string("ehlo") ? "421" : "421 4.3.2", nullptr, over}});
    }
    check({{"answer mail 421 4.3.2 bye"}, after_hello}, {{"MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>", "421 4.3.2", nullptr, over}});
    check({{"answer rcpt \"<c\" 421 4.3.2 bye"}, after_mail}, {{"RCPT TO:<c@d>\\r\\nDATA", "421 4.3.2", "rcpt <c@d>; aborted: the session was shut down", over}});
    check({{"answer data 421 4.3.2 bye"}, after_rcpt}, {{"DATA\\r\\nx", "421 4.3.2", nullptr, over}});
    check({{"answer end 421 4.3.2 bye"}, after_data}, {{"x\\r\\n.\\r\\nNOOP", "421 4.3.2", nullptr, over}});
}

TEST_CASE("L44: 354 only where there is a recipient; RSET in a group; every command its reply", "[server][lessons]") {
    const situation picky{{"answer rcpt \"bad\" 550 5.1.1 no"}, after_hello};
    check(picky, {
        {"MAIL FROM:<a@b>\\r\\nRCPT TO:<bad@d>\\r\\nRCPT TO:<bad@e>\\r\\nDATA", "250 2.1.0 | 550 5.1.1 | 550 5.1.1 | 554 5.5.1"},
        {"MAIL FROM:<a@b>\\r\\nRCPT TO:<bad@d>\\r\\nRCPT TO:<ok@e>\\r\\nDATA\\r\\n.", "250 2.1.0 | 550 5.1.1 | 250 2.1.5 | 354 | 250 2.6.0"},
        {"MAIL FROM:<a@b>\\r\\nDATA\\r\\nRSET\\r\\nMAIL FROM:<a@b>", "250 2.1.0 | 503 5.5.1 | 250 2.0.0 | 250 2.1.0"},
        {"MAIL FROM:bad\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\nRSET\\r\\nNOOP", "501 5.1.7 | 503 5.5.1 | 503 5.5.1 | 250 2.0.0 | 250 2.0.0"},
        {"RSET\\r\\nRSET\\r\\nVRFY a\\r\\nNOOP\\r\\nFOO", "250 2.0.0 | 250 2.0.0 | 252 2.5.2 | 250 2.0.0 | 500 5.5.1"},
    });
    check({{}, after_data}, { // two messages in a group [RFC 2920 3.1]
        {"x\\r\\n.\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n.\\r\\nQUIT", "250 2.6.0 | 250 2.1.0 | 250 2.1.5 | 354 | 250 2.6.0 | 221 2.0.0", nullptr, over},
    });
}

TEST_CASE("L45: no text of the caller's breaks a line of a reply", "[server][lessons]") {
    for (const std::string_view text : {std::string_view("a\r\n250 b"), std::string_view("a\rb"), std::string_view("a\0b", 3)})
        CHECK_FALSE(reply::make(550, {5, 7, 1}, text));
    CHECK_FALSE(server_config{.host = "mx.example\r\n250"}.valid());
    check({{"answer vrfy 550 5.1.1 one\\ntwo"}, ""}, {{"VRFY a\\r\\nNOOP", "550 5.1.1 | 250 2.0.0"}}); // a reply of two lines
    for (const char* line : {"MAIL FROM:<a@b> ENVID=a\\r", "EHLO x\\n", "RCPT TO:<a\\r@b>", "NOOP a\\x00"}) {
        check({{"set offer DSN"}, after_hello}, {{line, "500 5.5.2"}});
    }
}

TEST_CASE("L46: the right code for each fault", "[server][lessons]") {
    check({{"set mechanisms PLAIN SCRAM-SHA-256"}, after_hello}, {
        {"FOO", "500 5.5.1"}, {"", "500 5.5.2"}, {"LHLO x", "500 5.5.1"}, {"MAIL", "501 5.5.4"}, {"VRFY", "501 5.5.4"},
        {"RCPT TO:<c@d>", "503 5.5.1"}, {"RCPT TO:bad", "503 5.5.1"}, {"DATA", "503 5.5.1"}, {"MAIL FROM:<a@b> FOO", "555 5.5.4"},
        {"EXPN x", "502 5.5.1"}, {"TURN", "502 5.5.1"}, {"ETRN x", "502 5.5.1"}, {"ATRN", "502 5.5.1"}, {"SEND FROM:<a@b>", "502 5.5.1"},
        {"STARTTLS", "502 5.5.1"}, {"VRFY a", "252 2.5.2"}, {"AUTH FOO", "504 5.5.4"}, {"AUTH PLAIN", "504 5.5.4"},
        {"XCLIENT NAME=x", "500 5.5.1"}, {"XFORWARD NAME=x", "500 5.5.1"},
    });
    check({{"set require_tls", "set offer STARTTLS", "set mechanisms PLAIN"}, after_hello}, {
        {"MAIL FROM:<a@b>", "530 5.7.0"}, {"AUTH PLAIN", "530 5.7.0"}, {"RSET", "530 5.7.0"}, {"HELP", "530 5.7.0"},
        {"NOOP", "250 2.0.0"}, {"EHLO x", "250"}, {"STARTTLS", "220 2.0.0", nullptr, over},
    });
    check({{"set require_auth", "set mechanisms PLAIN"}, after_hello}, {
        {"MAIL FROM:<a@b>", "530 5.7.0"}, {"VRFY a", "530 5.7.0"}, {"RSET", "250 2.0.0"}, {"NOOP", "250 2.0.0"},
    });
    check({{"set recipients 1"}, after_rcpt}, {{"RCPT TO:<c@d>", "452 4.5.3"}});
}

TEST_CASE("BURL without a recipient is 503 5.5.0, or 554 5.5.0 where all were refused [RFC 4468 3.4]", "[server]") {
    check({{"set offer BURL"}, after_hello}, {{"BURL imap://a/b", "503 5.5.0"}});
    check({{"set offer BURL"}, after_mail},  {{"BURL imap://a/b LAST", "503 5.5.0"}, {"BURL", "503 5.5.0"}});
    check({{"set offer BURL", "answer rcpt 550 5.1.1 no"}, after_rcpt}, {{"BURL imap://a/b", "554 5.5.0"}});
    check({{"set offer BURL"}, after_rcpt},  {{"BURL", "501 5.5.4"}, {"BURL imap://a/b", "250 2.5.0"}});
    check({{}, after_mail},                  {{"BURL imap://a/b", "502 5.5.1"}});
}

TEST_CASE("L47: enhanced codes of the right class, and none in greeting, hello, 334 and 354", "[server][lessons]") {
    check({{"set mechanisms LOGIN", "set cleartext_auth", "answer auth 334 x", "answer vrfy 550 no", "answer ehlo \"evil\" 550 5.7.1 no"}, ""}, {
        {"EHLO x", "250"}, {"HELO x", "250"}, {"EHLO evil", "550"}, {"EHLO x\\r\\nAUTH LOGIN", "250 | 334", nullptr, "235 2.7.0"},
        {"VRFY a", "550 5.0.0"}, // one that the caller left out
    });
    check({{}, after_rcpt}, {{"DATA\\r\\n.", "354 | 250 2.6.0"}});
    CHECK_FALSE(reply::make(550, {2, 1, 0}, "no"));
    CHECK_FALSE(reply::make(250, {5, 1, 0}, "yes"));
}

TEST_CASE("L48: LMTP: LHLO only, and a reply for each recipient that was accepted, in their order", "[server][lessons]") {
    const situation local{{"set lmtp", "answer rcpt \"bad\" 550 5.1.1 no", "answer end \"for 1\" 452 4.2.2 full"},
                          "LHLO x\\r\\nMAIL FROM:<s@b>\\r\\nRCPT TO:<a@d>\\r\\nRCPT TO:<bad@d>\\r\\nRCPT TO:<b@d>\\r\\nRCPT TO:<c@d>\\r\\n"};
    check(local, {
        {"DATA\\r\\nx\\r\\n.", "354 | 250 2.6.0 | 452 4.2.2 | 250 2.6.0", "data; body x\\r\\n; end 3 for 0; end 3 for 1; end 3 for 2"},
        {"BDAT 1\\r\\nxBDAT 0 LAST", "250 2.0.0 | 250 2.6.0 | 452 4.2.2 | 250 2.6.0"},
        {"BDAT 3 LAST\\r\\nx",       "250 2.6.0 | 452 4.2.2 | 250 2.6.0"},
        {"DATA\\r\\nx\\n\\r\\n.", "354 | 550 5.5.2 | 550 5.5.2 | 550 5.5.2"},
        {"EHLO x", "500 5.5.1"}, {"HELO x", "500 5.5.1"},
    });
    check({{"set lmtp", "answer rcpt 550 5.1.1 no"}, "LHLO x\\r\\nMAIL FROM:<s@b>\\r\\nRCPT TO:<a@d>\\r\\n"}, {
        {"DATA", "503 5.5.1"},
        {"BDAT 3\\r\\nx", "503 5.5.1"},
        {"BDAT 1 LAST\\r\\nxNOOP", "250 2.0.0"}, // nobody is there to have a reply
    });
    check({{}, ""}, {{"LHLO x", "500 5.5.1"}});
}

TEST_CASE("L49: NEVER stands alone in NOTIFY", "[server][lessons]") {
    check({{"set offer DSN"}, after_mail}, {
        {"RCPT TO:<c@d> NOTIFY=NEVER",          "250 2.1.5"},
        {"RCPT TO:<c@d> notify=success,Delay",  "250 2.1.5"},
        {"RCPT TO:<c@d> NOTIFY=NEVER,SUCCESS",  "501 5.5.4"},
        {"RCPT TO:<c@d> NOTIFY=SUCCESS,NEVER",  "501 5.5.4"},
        {"RCPT TO:<c@d> NOTIFY=NEVER,NEVER",    "501 5.5.4"},
        {"RCPT TO:<c@d> NOTIFY=SUCCESS,,DELAY", "501 5.5.4"},
        {"RCPT TO:<c@d> NOTIFY=",               "501 5.5.4"},
    });
}

TEST_CASE("L50: what is too long is an error, and never cut short", "[server][lessons]") {
    const std::string local(65, 'a'), name(255, 'n'), more(600, 't');
    const std::string path = "RCPT TO:<" + local + "@d>", told = "rcpt <" + local + "@d> long_local_part";
    check({{"set allow strict"}, after_mail}, {{path.c_str(), "501 5.1.3"}});
    check({{}, after_mail}, {{path.c_str(), "250 2.1.5", told.c_str()}}); // whole
    const std::string hello = "EHLO " + name, hello_told = "ehlo " + name + " any_hello_name", vrfy = "VRFY " + more, vrfy_told = "vrfy " + more;
    check({{}, ""}, {{hello.c_str(), "250", hello_told.c_str()}, {vrfy.c_str(), "252 2.5.2", vrfy_told.c_str()}});
    check({{"set offer DSN"}, after_hello}, {
        {("MAIL FROM:<a@b> ENVID=" + std::string(100, 'x')).c_str(), "250 2.1.0"},
        {("MAIL FROM:<a@b> ENVID=" + std::string(101, 'x')).c_str(), "501 5.5.4"},
    });
    // A reply that no output holds is not cut either: the caller is told, and the client asked to come again.
    const server_config config{.host = "mx.example"};
    basic_server<512, 512> s(config);
    s.feed("VRFY a\r\n");
    s.accept(std::get<request<connection>>(*s.next()));
    s.consume(s.output().size());
    auto action = s.next();
    while (action && !std::holds_alternative<request<cmd::vrfy>>(*action)) action = s.next();
    REQUIRE(action);
    CHECK(s.answer(static_cast<const ticket<cmd::vrfy>&>(std::get<request<cmd::vrfy>>(*action)), *reply::make(250, {}, more)) == errc::reply_too_big);
    CHECK(codes(s.output()) == "451 4.3.0");
}

TEST_CASE("L51: the end of the stream in the middle of anything is the end, and nothing is delivered", "[server][lessons]") {
    const char* const middles[] = {"", "EH", "EHLO x\r", "EHLO x\r\nNOOP\r", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.",
                                   "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r",
                                   "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 9 LAST\r\nx",
                                   "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 1\r\nx", "EHLO x\r\nAUTH PLAIN\r\nAGE"};
    for (const char* const octets : middles) {
        INFO(trace::escaped(octets));
        transcript::script s;
        s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
        transcript::player<> p(s);
        p.challenge = "";
        p.feed(octets);
        const std::string before = p.seen().output;
        p.event({transcript::item::what::close, ""});
        CHECK(p.session().closed());
        CHECK(p.seen().output == before);
        for (const std::string& a : p.seen().actions) CHECK(a.rfind("end ", 0) != 0);
        p.feed("x\r\n.\r\n");
        CHECK_FALSE(p.session().next());
    }
}

TEST_CASE("L52: a parameter belongs to its verb", "[server][lessons]") {
    check({{"set offer DSN RRVS"}, after_hello}, {
        {"MAIL FROM:<a@b> NOTIFY=NEVER",         "555 5.5.4"}, {"MAIL FROM:<a@b> ORCPT=rfc822;a@b", "555 5.5.4"},
        {"MAIL FROM:<a@b> RRVS=2014-04-03T23:01:00Z", "555 5.5.4"},
    });
    check({{"set offer DSN"}, after_mail}, {
        {"RCPT TO:<c@d> RET=HDRS", "555 5.5.4"}, {"RCPT TO:<c@d> ENVID=x", "555 5.5.4"}, {"RCPT TO:<c@d> SIZE=1", "555 5.5.4"},
        {"RCPT TO:<c@d> SMTPUTF8", "555 5.5.4"}, {"RCPT TO:<c@d> AUTH=<>", "555 5.5.4"},
    });
}

// ---- session traps

TEST_CASE("trap: AUTH in a transaction and after success is 503", "[server][lessons]") {
    check({{"set mechanisms PLAIN", "set cleartext_auth"}, after_mail}, {{"AUTH PLAIN AGEAYg==", "503 5.5.1"}});
    check({{"set mechanisms PLAIN", "set cleartext_auth"}, "EHLO x\\r\\nAUTH PLAIN AGEAYg==\\r\\n"}, {{"AUTH PLAIN AGEAYg==", "503 5.5.1"}});
}

TEST_CASE("trap: local parts are opaque, and a source route is told and never obeyed", "[server][lessons]") {
    check({{}, after_mail}, {
        {"RCPT TO:<a%b.example@d>",            "250 2.1.5", "rcpt <a%b.example@d>"},
        {"RCPT TO:<b.example!a@d>",            "250 2.1.5", "rcpt <b.example!a@d>"},
        {"RCPT TO:<=?utf-8?q?x@y=3E?=@d>",     "501 5.1.3"}, // the first @ ends a dot-string
        {"RCPT TO:<xn--MLLER-kva@d>",          "250 2.1.5", "rcpt <xn--MLLER-kva@d>"},
        {"RCPT TO:<@one.example,@two.example:c@d>", "250 2.1.5", "rcpt <@one.example,@two.example:c@d>"},
    });
}

TEST_CASE("trap: QUIT glued to the final dot, and a chunk with QUIT in one segment, are normal", "[server][lessons]") {
    check({{}, after_data}, {{"x\\r\\n.\\r\\nQUIT", "250 2.6.0 | 221 2.0.0", nullptr, over}});
    check({{}, after_rcpt}, {{"BDAT 3 LAST\\r\\nx\\r\\nQUIT", "250 2.6.0 | 221 2.0.0", nullptr, over}});
}

// clang-format on
