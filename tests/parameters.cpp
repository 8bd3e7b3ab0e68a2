// Parameter lists and the value of each parameter: grammar.md 3, 4; extensions.md 2; commands.md 4, 5.
#include <sansmtp/parameters.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"
#include "support/parameters.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;
using namespace std::string_view_literals;
using lexical::parsed;
using lexical::repeat;

static_assert(std::is_trivially_copyable_v<parameters> && sizeof(parameters) <= 24);

namespace {

constexpr auto mail = parameters_of::mail;
constexpr auto rcpt = parameters_of::rcpt;

struct vector {
    parameters_of command;
    std::string_view text;
    errc code;
    std::size_t offset;
};

// clang-format off
constexpr vector vectors[] = {
    // the list: esmtp-param *(SP esmtp-param) [5321 4.1.2]
    {mail, "",                          errc::none, 0},
    {mail, "A",                         errc::none, 0},
    {mail, "A=b",                       errc::none, 0},
    {mail, "7-X=b 0 X-Y-Z=!~",          errc::none, 0},
    {mail, "SIZE=1 BODY=7BIT X",        errc::none, 0},
    {rcpt, "X=a;b,c:d<e>+f",            errc::none, 0},
    {mail, "a-=b",                      errc::none, 0}, // a keyword may end with "-"
    {mail, " A",                        errc::bad_parameter, 0},
    {mail, "A ",                        errc::bad_parameter, 2},
    {mail, "A  B",                      errc::bad_parameter, 1},
    {mail, "A\tB",                      errc::bad_parameter, 1},
    {mail, "-A",                        errc::bad_parameter, 0},
    {mail, "=b",                        errc::bad_parameter, 0},
    {mail, "A_B=c",                     errc::bad_parameter, 1},
    {mail, "A.B",                       errc::bad_parameter, 1},
    {mail, "A=b,B",                     errc::none, 0},
    {mail, "A;B=1",                     errc::bad_parameter, 1},
    {mail, "'comment'",                 errc::bad_parameter, 0}, // SR-17
    {mail, "A=b=c",                     errc::bad_parameter, 3},
    {mail, "A==",                       errc::bad_parameter, 2},
    {mail, "A=",                        errc::bad_value, 2}, // an empty value is 501, L8
    {mail, "A= B",                      errc::bad_value, 2},
    {mail, "X Y= Z",                    errc::bad_value, 4},
    {mail, "A=b\r\nC",                  errc::bad_parameter, 3},
    {mail, "A=b\0"sv,                   errc::bad_parameter, 3},
    {mail, "A\0"sv,                     errc::bad_parameter, 1},
    {mail, "A=\x7f",                    errc::bad_parameter, 2},
    {mail, "A=\x01",                    errc::bad_parameter, 2},
    {mail, "A=\xc3\xa9",                errc::eight_bit, 2},
    {mail, "\xc3\xa9=A",                errc::bad_parameter, 0},
    {mail, "A\xc3\xa9=A",               errc::bad_parameter, 1},
    // each keyword once, in any case
    {mail, "A B a",                     errc::duplicate_parameter, 4},
    {mail, "X-LONG-KEYWORD=1 x-long-keyword=2", errc::duplicate_parameter, 17},
    {mail, "SIZE=1 size=1",             errc::duplicate_parameter, 7},
    {mail, "BODY=7BIT BODY=8BITMIME",   errc::duplicate_parameter, 10},
    {mail, "SIZE=1 SIZE=x",             errc::duplicate_parameter, 7},
    {mail, "MT-PRIORITY=1 MT-PRIORITY=1", errc::bad_priority, 14}, // [6710]
    {mail, "HOLDFOR=1 HOLDUNTIL=2026-12-01T00:00:00Z", errc::duplicate_parameter, 10}, // [4865]
    {mail, "HOLDUNTIL=2026-12-01T00:00:00Z HOLDFOR=1", errc::duplicate_parameter, 31},
    // L9, L52: keyed by the verb
    {rcpt, "SIZE=1",                    errc::unknown_parameter, 0},
    {rcpt, "X BODY=7BIT",               errc::unknown_parameter, 2},
    {rcpt, "SMTPUTF8",                  errc::unknown_parameter, 0},
    {rcpt, "RET=FULL",                  errc::unknown_parameter, 0},
    {rcpt, "ENVID=x",                   errc::unknown_parameter, 0},
    {rcpt, "AUTH=<>",                   errc::unknown_parameter, 0},
    {rcpt, "REQUIRETLS",                errc::unknown_parameter, 0},
    {rcpt, "BY=1;R",                    errc::unknown_parameter, 0},
    {rcpt, "HOLDFOR=1",                 errc::unknown_parameter, 0},
    {rcpt, "HOLDUNTIL=x",               errc::unknown_parameter, 0},
    {rcpt, "MT-PRIORITY=1",             errc::unknown_parameter, 0},
    {rcpt, "MTRK=AAAA",                 errc::unknown_parameter, 0},
    {rcpt, "SOLICIT=x",                 errc::unknown_parameter, 0},
    {rcpt, "SUBMITTER=a@b",             errc::unknown_parameter, 0},
    {rcpt, "TRANSID=x",                 errc::unknown_parameter, 0},
    {rcpt, "CONPERM",                   errc::unknown_parameter, 0},
    {mail, "NOTIFY=NEVER",              errc::unknown_parameter, 0},
    {mail, "ORCPT=rfc822;x",            errc::unknown_parameter, 0},
    {mail, "RRVS=x",                    errc::unknown_parameter, 0},
    {mail, "CONNEG",                    errc::unknown_parameter, 0},
    {mail, "ALT-ADDRESS=a@b",           errc::none, 0}, // obsolete, foreign here
    {rcpt, "ALT-ADDRESS=a@b",           errc::none, 0},
    // SIZE: 1*20DIGIT [1870], L10
    {mail, "SIZE=0",                    errc::none, 0},
    {mail, "SIZE=00000000000000000001", errc::none, 0},
    {mail, "SIZE=18446744073709551615", errc::none, 0},
    {mail, "SIZE=18446744073709551616", errc::none, 0},
    {mail, "SIZE=99999999999999999999", errc::none, 0},
    {mail, "SIZE=100000000000000000000", errc::number_too_large, 25},
    {mail, "SIZE=000000000000000000001", errc::number_too_large, 25},
    {mail, "SIZE",                      errc::bad_value, 4},
    {mail, "SIZE=",                     errc::bad_value, 5},
    {mail, "SIZE=-1",                   errc::bad_value, 5},
    {mail, "SIZE=+1",                   errc::bad_value, 5},
    {mail, "SIZE=1k",                   errc::bad_value, 6},
    {mail, "SIZE=0x10",                 errc::bad_value, 6},
    {mail, "SIZE=1 000",                errc::none, 0}, // "000" is a keyword
    // BODY [6152, 3030], L9
    {mail, "BODY=7BIT",                 errc::none, 0},
    {mail, "body=8bitMIME",             errc::none, 0},
    {mail, "BODY=BINARYMIME",           errc::none, 0},
    {mail, "BODY",                      errc::bad_value, 4},
    {mail, "BODY=8BIT",                 errc::bad_value, 5},
    {mail, "BODY=7BITS",                errc::bad_value, 9},
    {mail, "BODY=8BITMIMEX",            errc::bad_value, 13},
    {mail, "BODY=X",                    errc::bad_value, 5},
    // no value
    {mail, "SMTPUTF8",                  errc::none, 0},
    {mail, "smtputf8",                  errc::none, 0},
    {mail, "SMTPUTF8=",                 errc::bad_value, 8},
    {mail, "SMTPUTF8=1",                errc::bad_value, 8},
    {mail, "REQUIRETLS",                errc::none, 0},
    {mail, "REQUIRETLS=1",              errc::bad_value, 10},
    {mail, "CONPERM",                   errc::none, 0},
    {mail, "CONPERM=x",                 errc::bad_value, 7},
    {rcpt, "CONNEG",                    errc::none, 0},
    {rcpt, "CONNEG=x",                  errc::bad_value, 6},
    // RET [3461 4.3]
    {mail, "RET=FULL",                  errc::none, 0},
    {mail, "RET=hdrs",                  errc::none, 0},
    {mail, "RET=HEADERS",               errc::bad_value, 4},
    {mail, "RET=FULLY",                 errc::bad_value, 8},
    {mail, "RET",                       errc::bad_value, 3},
    // ENVID: xtext of printable ASCII and white space [3461 4.4]
    {mail, "ENVID=QQ314159",            errc::none, 0},
    {mail, "ENVID=a+2Bb+3Dc+20d+09e",   errc::none, 0},
    {mail, "ENVID=a+2bb",               errc::bad_value, 9}, // lower case
    {mail, "ENVID=a+",                  errc::bad_value, 8},
    {mail, "ENVID=a+2",                 errc::bad_value, 9},
    {mail, "ENVID=a+2G",                errc::bad_value, 9},
    {mail, "ENVID=a++2B",               errc::bad_value, 8},
    {mail, "ENVID=a+0Ab",               errc::bad_value, 7}, // LF
    {mail, "ENVID=a+0D",                errc::bad_value, 7},
    {mail, "ENVID=+00",                 errc::bad_value, 6},
    {mail, "ENVID=+7F",                 errc::bad_value, 6},
    {mail, "ENVID=+C3+A9",              errc::bad_value, 6},
    {mail, "ENVID",                     errc::bad_value, 5},
    // AUTH: xtext of a mailbox, or "<>" [4954 5]
    {mail, "AUTH=<>",                   errc::none, 0},
    {mail, "AUTH=+3C+3E",               errc::none, 0},
    {mail, "AUTH=bob@example.org",      errc::none, 0},
    {mail, "AUTH=e+3Dmc2@example.com",  errc::none, 0},
    {mail, "AUTH=a+2Bb@x",              errc::none, 0},
    {mail, "AUTH=\"a+20b\"@x",          errc::none, 0},
    {mail, "AUTH=bob",                  errc::bad_value, 5},
    {mail, "AUTH=<bob@example.org>",    errc::bad_value, 5},
    {mail, "AUTH=bob@x+20",             errc::bad_value, 5},
    {mail, "AUTH=bob@x+0D+0A",          errc::bad_value, 5},
    {mail, "AUTH=+C3+A9@x",             errc::bad_value, 5},
    {mail, "AUTH=a+3d@x",               errc::bad_value, 8},
    {mail, "AUTH=a..b@x",               errc::bad_value, 5},
    {mail, "AUTH",                      errc::bad_value, 4},
    // SUBMITTER [4405]
    {mail, "SUBMITTER=bob@example.org", errc::none, 0},
    {mail, "SUBMITTER=\"a+20b\"@x",     errc::none, 0},
    {mail, "SUBMITTER=<>",              errc::bad_value, 10},
    {mail, "SUBMITTER=bob",             errc::bad_value, 10},
    // BY [2852]
    {mail, "BY=1;R",                    errc::none, 0},
    {mail, "BY=+120;NT",                errc::none, 0},
    {mail, "BY=-60;n",                  errc::none, 0},
    {mail, "BY=0;N",                    errc::none, 0},
    {mail, "BY=999999999;rt",           errc::none, 0},
    {mail, "BY=-999999999;N",           errc::none, 0},
    {mail, "BY=1000000000;N",           errc::bad_value, 12},
    {mail, "BY=0;R",                    errc::bad_value, 3},
    {mail, "BY=-1;R",                   errc::bad_value, 3},
    {mail, "BY=-0;RT",                  errc::bad_value, 3},
    {mail, "BY=;R",                     errc::bad_value, 3},
    {mail, "BY=+;R",                    errc::bad_value, 4},
    {mail, "BY=1",                      errc::bad_value, 4},
    {mail, "BY=1;",                     errc::bad_value, 5},
    {mail, "BY=1;X",                    errc::bad_value, 5},
    {mail, "BY=1;T",                    errc::bad_value, 5},
    {mail, "BY=1;RTT",                  errc::bad_value, 7},
    {mail, "BY=1;RN",                   errc::bad_value, 6},
    {mail, "BY=--1;N",                  errc::bad_value, 4},
    // HOLDFOR, HOLDUNTIL [4865]
    {mail, "HOLDFOR=1",                 errc::none, 0},
    {mail, "HOLDFOR=999999999",         errc::none, 0},
    {mail, "HOLDFOR=0",                 errc::bad_value, 8},
    {mail, "HOLDFOR=01",                errc::bad_value, 8},
    {mail, "HOLDFOR=1000000000",        errc::bad_value, 17},
    {mail, "HOLDFOR=-1",                errc::bad_value, 8},
    {mail, "HOLDFOR=1s",                errc::bad_value, 9},
    {mail, "HOLDUNTIL=2026-12-01T00:00:00Z",        errc::none, 0},
    {mail, "HOLDUNTIL=2026-12-01t00:00:00.25z",     errc::none, 0},
    {mail, "HOLDUNTIL=2026-12-01T00:00:00.0123456789012345Z", errc::none, 0}, // time-secfrac = "." 1*DIGIT [3339 5.6]
    {mail, "HOLDUNTIL=2026-12-01T00:00:00.0123456789x", errc::bad_value, 40},
    {mail, "HOLDUNTIL=2024-02-29T23:59:60Z",        errc::none, 0},
    {mail, "HOLDUNTIL=2026-12-01T00:00:00+00:00",   errc::bad_value, 29},
    {mail, "HOLDUNTIL=2026-12-01T00:00:00",         errc::bad_value, 29},
    {mail, "HOLDUNTIL=2026-12-01",                  errc::bad_value, 20},
    {mail, "HOLDUNTIL=2026-13-01T00:00:00Z",        errc::bad_value, 15},
    {mail, "HOLDUNTIL=2026-00-01T00:00:00Z",        errc::bad_value, 15},
    {mail, "HOLDUNTIL=2026-02-29T00:00:00Z",        errc::bad_value, 18},
    {mail, "HOLDUNTIL=2026-04-31T00:00:00Z",        errc::bad_value, 18},
    {mail, "HOLDUNTIL=2026-12-00T00:00:00Z",        errc::bad_value, 18},
    {mail, "HOLDUNTIL=2026-12-01T24:00:00Z",        errc::bad_value, 21},
    {mail, "HOLDUNTIL=2026-12-01T00:60:00Z",        errc::bad_value, 24},
    {mail, "HOLDUNTIL=2026-12-01T00:00:61Z",        errc::bad_value, 27},
    {mail, "HOLDUNTIL=2026-12-01T00:00:60Z",        errc::bad_value, 27}, // no leap second there
    {mail, "HOLDUNTIL=2026-12-01T00:00:00.Z",       errc::bad_value, 30},
    {mail, "HOLDUNTIL=26-12-01T00:00:00Z",          errc::bad_value, 12},
    {mail, "HOLDUNTIL=2026-12-01T00:00:00ZZ",       errc::bad_value, 30},
    // MT-PRIORITY [6710], L7
    {mail, "MT-PRIORITY=0",             errc::none, 0},
    {mail, "mt-priority=9",             errc::none, 0},
    {mail, "MT-PRIORITY=-9",            errc::none, 0},
    {mail, "MT-PRIORITY=10",            errc::bad_priority, 13},
    {mail, "MT-PRIORITY=+1",            errc::bad_priority, 12},
    {mail, "MT-PRIORITY=-0",            errc::bad_priority, 13},
    {mail, "MT-PRIORITY=00",            errc::bad_priority, 13},
    {mail, "MT-PRIORITY=-",             errc::bad_priority, 13},
    {mail, "MT-PRIORITY=x",             errc::bad_priority, 12},
    {mail, "MT-PRIORITY=",              errc::bad_priority, 12},
    {mail, "MT-PRIORITY",               errc::bad_priority, 11},
    // MTRK [3885]
    {mail, "MTRK=QUJD",                 errc::none, 0},
    {mail, "MTRK=QUI",                  errc::none, 0},
    {mail, "MTRK=QQ:86400",             errc::none, 0},
    {mail, "MTRK=QUJD:999999999",       errc::none, 0},
    {mail, "MTRK=QUJD:1000000000",      errc::bad_value, 19},
    {mail, "MTRK=QUJD:",                errc::bad_value, 10},
    {mail, "MTRK=QUJDQ",                errc::bad_value, 10},
    {mail, "MTRK=QR",                   errc::bad_value, 6}, // pad bits
    {mail, "MTRK=:1",                   errc::bad_value, 5},
    {mail, "MTRK=Q.",                   errc::bad_value, 6},
    {mail, "MTRK=QUI=",                 errc::bad_parameter, 8},
    // SOLICIT [3865]
    {mail, "SOLICIT=org.example:ADV:ADLT", errc::none, 0},
    {mail, "SOLICIT=a,b-c,d_e",         errc::none, 0},
    {mail, "SOLICIT=a,",                errc::bad_value, 10},
    {mail, "SOLICIT=,a",                errc::bad_value, 8},
    {mail, "SOLICIT=1a",                errc::bad_value, 8},
    {mail, "SOLICIT=a,-b",              errc::bad_value, 10},
    {mail, "SOLICIT=a;b",               errc::bad_value, 9},
    // TRANSID [1845]
    {mail, "TRANSID=<12345@host>",      errc::none, 0},
    {mail, "TRANSID=a+3Db",             errc::none, 0},
    {mail, "TRANSID=a+",                errc::bad_value, 10},
    // NOTIFY [3461 4.1], L49
    {rcpt, "NOTIFY=NEVER",              errc::none, 0},
    {rcpt, "NOTIFY=never",              errc::none, 0},
    {rcpt, "NOTIFY=SUCCESS",            errc::none, 0},
    {rcpt, "NOTIFY=SUCCESS,FAILURE,DELAY", errc::none, 0},
    {rcpt, "notify=delay,Success",      errc::none, 0},
    {rcpt, "NOTIFY=NEVER,SUCCESS",      errc::bad_value, 12},
    {rcpt, "NOTIFY=SUCCESS,NEVER",      errc::bad_value, 15},
    {rcpt, "NOTIFY=FAILURE,NEVER,DELAY", errc::bad_value, 15},
    {rcpt, "NOTIFY=NEVER,NEVER",        errc::bad_value, 12},
    {rcpt, "NOTIFY=SUCCESS,,DELAY",     errc::bad_value, 15},
    {rcpt, "NOTIFY=,SUCCESS",           errc::bad_value, 7},
    {rcpt, "NOTIFY=SUCCESS,",           errc::bad_value, 15},
    {rcpt, "NOTIFY=SUCCESSFUL",         errc::bad_value, 14},
    {rcpt, "NOTIFY=ALWAYS",             errc::bad_value, 7},
    {rcpt, "NOTIFY",                    errc::bad_value, 6},
    {rcpt, "NOTIFY=NEVER NOTIFY=DELAY", errc::duplicate_parameter, 13},
    // ORCPT [3461 4.2]
    {rcpt, "ORCPT=rfc822;bob@example.org", errc::none, 0},
    {rcpt, "ORCPT=RFC822;a+2Bb@x",      errc::none, 0},
    {rcpt, "ORCPT=x400;c+3Dus",         errc::none, 0},
    {rcpt, "ORCPT=utf-8;\\x{E9}@x",     errc::none, 0},
    {rcpt, "ORCPT=rfc822;",             errc::none, 0}, // xtext may be empty
    {rcpt, "ORCPT=utf-8;+C3+A9@x",      errc::none, 0},
    {rcpt, "ORCPT=rfc822;+C3+A9@x",     errc::bad_value, 13},
    {rcpt, "ORCPT=utf-8;+0A",           errc::bad_value, 12},
    {rcpt, "ORCPT=bob@example.org",     errc::bad_value, 9},
    {rcpt, "ORCPT=rfc822",              errc::bad_value, 12},
    {rcpt, "ORCPT=;bob",                errc::bad_value, 6},
    {rcpt, "ORCPT=rfc 822;x",           errc::bad_value, 9},
    {rcpt, "ORCPT=a.b;x",               errc::bad_value, 7},
    {rcpt, "ORCPT=rfc822;a+0D+0Ab",     errc::bad_value, 14},
    {rcpt, "ORCPT=rfc822;a+2bb",        errc::bad_value, 16},
    // RRVS [7293]
    {rcpt, "RRVS=2014-04-03T23:01:00Z",         errc::none, 0},
    {rcpt, "RRVS=2014-04-03T23:01:00Z;C",       errc::none, 0},
    {rcpt, "RRVS=2014-04-03T23:01:00Z;r",       errc::none, 0},
    {rcpt, "RRVS=2014-04-03T23:01:00-08:00;C",  errc::none, 0},
    {rcpt, "RRVS=2014-04-03T23:01:00.5Z",       errc::bad_value, 24},
    {rcpt, "RRVS=2014-04-03T23:01:00Z;",        errc::bad_value, 26},
    {rcpt, "RRVS=2014-04-03T23:01:00Z;X",       errc::bad_value, 26},
    {rcpt, "RRVS=2014-04-03T23:01:00Z;CR",      errc::bad_value, 27},
    {rcpt, "RRVS=2014-04-03T23:01:00+24:00",    errc::bad_value, 25},
    {rcpt, "RRVS=2014-04-03T23:01:00+0800",     errc::bad_value, 27},
    {rcpt, "RRVS=2014-04-03 23:01:00Z",         errc::bad_value, 15},
};
// clang-format on

} // namespace

TEST_CASE("grammar 3, extensions 2: lists and values, with the place of the error") {
    for (const vector& v : vectors) {
        CAPTURE(v.text);
        leniency used = legacy();
        const auto p = parse_parameters(v.text, v.command, {}, &used);
        CHECK(p.error().code == v.code);
        CHECK(p.error().offset == v.offset);
        CHECK(used == leniency{});
        CHECK(p->text() == (v.code == errc::none ? v.text : ""sv));
    }
}

TEST_CASE("extensions 2: lengths of values, L50") {
    CHECK(parse_parameters("ENVID=" + repeat("x", 99), mail));
    CHECK(parse_parameters("ENVID=" + repeat("x", 100), mail));
    CHECK(parse_parameters("ENVID=" + repeat("x", 101), mail).error() == parse_error{errc::bad_value, 106});
    CHECK(parse_parameters("ENVID=" + repeat("+20", 33) + 'x', mail)); // the encoded form counts
    CHECK_FALSE(parse_parameters("ENVID=" + repeat("+20", 34), mail));
    CHECK(parse_parameters("ORCPT=rfc822;" + repeat("x", 493), rcpt));
    CHECK(parse_parameters("ORCPT=rfc822;" + repeat("x", 494), rcpt).error() == parse_error{errc::bad_value, 506});
    CHECK(parse_parameters("SOLICIT=" + repeat("x", 1000), mail));
    CHECK(parse_parameters("SOLICIT=" + repeat("x", 1001), mail).error() == parse_error{errc::bad_value, 1008});
    CHECK(parse_parameters("AUTH=" + repeat("+61", 64) + "@x", mail));
    CHECK(parse_parameters("AUTH=" + repeat("+61", 65) + "@x", mail).error() == parse_error{errc::bad_value, 5});
    CHECK(parse_parameters("AUTH=a@" + lexical::long_domain(255), mail));
    CHECK_FALSE(parse_parameters("AUTH=a@" + lexical::long_domain(256), mail));
    CHECK_FALSE(parse_parameters("AUTH=" + repeat("a", 5000) + "@x", mail));
    std::string many;
    for (int i = 0; i < 64; ++i) many += (i != 0 ? " X" : "X") + std::to_string(i);
    CHECK(parse_parameters(many, mail));
    CHECK(parse_parameters(many + " Y", mail).error() == parse_error{errc::bad_parameter, many.size() + 1});
}

TEST_CASE("the test for duplicates is linear, and minds what only looks alike") {
    // keywords of one folded number are told apart by their octets
    std::string list;
    for (int i = 0; i < 60; ++i) list += std::string(static_cast<std::size_t>(i) + 1, 'k') + "=1 ";
    CHECK(parse_parameters(list + "z", mail));
    CHECK(parse_parameters("ABCDEFGHabcdefgi ABCDEFGIabcdefgh", mail)); // the same sum of octets
    CHECK(parse_parameters("SIZE-X=1 XSIZE=2 SIZE=3 S IZE SIZ", mail)->size() == 3);
    CHECK_FALSE(parse_parameters("SIZE-X SIZE=1", mail)->has(known_parameter::foreign));
    CHECK(find_parameter("PRIORITY") == known_parameter::foreign);
    CHECK(find_parameter("XMT-PRIORITY") == known_parameter::foreign);
    CHECK(find_parameter("") == known_parameter::foreign);
    CHECK(find_parameter("RE\x14") == known_parameter::foreign);
    CHECK(find_parameter("LIMIT\xc5\xbf") == known_parameter::foreign);
    for (unsigned i = 1; i <= static_cast<unsigned>(known_parameter::conneg); ++i) {
        const auto which = static_cast<known_parameter>(i);
        std::string lower(name(which));
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        CHECK(find_parameter(name(which)) == which);
        CHECK(find_parameter(lower) == which);
        CHECK(find_parameter(lower + "x") == known_parameter::foreign);
        CHECK(find_parameter(lower.substr(1)) == known_parameter::foreign);
    }
}

TEST_CASE("L6: lists keep their order and their octets") {
    const parameters p = parsed("b=X%y A size=12 C=+2B", mail);
    std::vector<parameter> all;
    for (const parameter one : p) all.push_back(one);
    REQUIRE(all.size() == 4);
    CHECK(all[0] == parameter{"b", "X%y", true});
    CHECK(all[1] == parameter{"A", "", false});
    CHECK(all[2] == parameter{"size", "12", true});
    CHECK(all[3] == parameter{"C", "+2B", true});
    CHECK(p.find("B")->value == "X%y");
    CHECK(p.find("a")->has_value == false);
    CHECK_FALSE(p.find("X"));
    CHECK_FALSE(p.find("BODY"));
    CHECK(p == parsed("B=X%y a SIZE=12 c=+2B", mail));
    CHECK_FALSE(p == parsed("B=X%Y a SIZE=12 c=+2B", mail)); // values keep their case
    CHECK_FALSE(p == parsed("a b=X%y SIZE=12 c=+2B", mail));
    CHECK_FALSE(p == parsed("b=X%y A size=12", mail));
    CHECK_FALSE(p == parsed("b=X%y A=1 size=12 C=+2B", mail));
    CHECK(parsed("", mail).empty());
    CHECK(parameters{} == parsed("", rcpt));
}

TEST_CASE("grammar 5: UTF-8 in values with SMTPUTF8") {
    const syntax utf8{strict(), true};
    CHECK(parsed("X=\xc3\xa9", mail, utf8).find("X")->value == "\xc3\xa9");
    CHECK(parse_parameters("X=a\xc3", mail, utf8).error() == parse_error{errc::bad_utf8, 3});
    CHECK(parsed("ORCPT=utf-8;\xc3\xa9@x", rcpt, utf8).orcpt()->address == "\xc3\xa9@x"sv);
    CHECK(parse_parameters("ORCPT=rfc822;\xc3\xa9@x", rcpt, utf8).error() == parse_error{errc::bad_value, 13});
    CHECK(parse_parameters("ENVID=\xc3\xa9", mail, utf8).error() == parse_error{errc::bad_value, 6});
    CHECK(parse_parameters("SIZE=\xc3\xa9", mail, utf8).error() == parse_error{errc::bad_value, 5});
}

TEST_CASE("L8: duplicates by leniency: the first counts, the list is kept") {
    const syntax how{lexical::only("duplicate_parameter")};
    leniency used;
    const auto p = parse_parameters("SIZE=1 size=2 X=a x=b", mail, how, &used);
    REQUIRE(p);
    CHECK(used == how.allow);
    CHECK(p->size() == 1U);
    CHECK(p->find("X")->value == "a");
    std::size_t count = 0;
    for (const parameter one : *p) count += one.has_value ? 1 : 0;
    CHECK(count == 4);
    CHECK(parse_parameters("SIZE=1 SIZE=x", mail, how).error() == parse_error{errc::bad_value, 12});
    CHECK_FALSE(parse_parameters("HOLDFOR=1 HOLDUNTIL=2026-12-01T00:00:00Z", mail, how));
}
