// Leniencies, one by one: commands.md section 0.1. Off: an error. On: taken, and reported. No other switch is needed.
#include <sansmtp/base64.hpp>
#include <sansmtp/command.hpp>
#include <sansmtp/xtext.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

using parser = parse_error (*)(std::string_view, const syntax&, leniency*);

// clang-format off
constexpr parser a_path    = [](std::string_view text, const syntax& how, leniency* used) { return parse_path(text, how, used).error(); };
constexpr parser a_mailbox = [](std::string_view text, const syntax& how, leniency* used) { return parse_mailbox(text, how, used).error(); };
constexpr parser a_domain  = [](std::string_view text, const syntax& how, leniency* used) { return parse_domain(text, how, used).error(); };
constexpr parser of_mail   = [](std::string_view text, const syntax& how, leniency* used) { return parse_parameters(text, parameters_of::mail, how, used).error(); };
constexpr parser of_rcpt   = [](std::string_view text, const syntax& how, leniency* used) { return parse_parameters(text, parameters_of::rcpt, how, used).error(); };
constexpr parser a_line    = [](std::string_view text, const syntax& how, leniency* used) { return parse_command(text, how, used).error(); };
constexpr parser a_base64  = [](std::string_view text, const syntax& how, leniency* used) { std::array<char, 64> out{}; return decode_base64(text, out, how.allow, used).error(); };
constexpr parser a_xtext   = [](std::string_view text, const syntax& how, leniency* used) { return parse_xtext(text, how.allow, used).error(); };

struct tolerated {
    std::string_view name;
    parser parse;
    std::string_view text;
    errc code;
    std::size_t offset;
};

const std::string local_65 = std::string(65, 'a') + "@x";
const std::string local_128 = std::string(128, 'a') + "@x";

const tolerated cases[] = {
    {"space_after_colon",   a_line,    "MAIL FROM: <a@b>",                 errc::bad_path, 10},
    {"space_after_colon",   a_line,    "RCPT TO: <a@b>",                   errc::bad_path, 8}, // L1, SR-18
    {"space_before_colon",  a_line,    "MAIL FROM :<a@b>",                 errc::bad_argument, 9},
    {"missing_brackets",    a_path,    "a@b",                              errc::bad_path, 0},
    {"missing_brackets",    a_line,    "RCPT TO:a@b NOTIFY=NEVER",         errc::bad_path, 8}, // L2
    {"missing_brackets",    a_line,    "RCPT TO:postmaster",               errc::bad_path, 8},
    {"unqualified",         a_path,    "<drozd>",                          errc::bad_path, 6}, // SR-19
    {"unqualified",         a_path,    "<\"a b\">",                        errc::bad_path, 6},
    {"unqualified",         a_line,    "MAIL FROM:<Postmaster>",           errc::bad_path, 21},
    {"bare_route",          a_path,    "<s1,s2:u@s3>",                     errc::bad_local_part, 3}, // SR-21
    {"bare_route",          a_path,    "<s1:u@s3>",                        errc::bad_local_part, 3},
    {"bare_route",          a_path,    "<@s1,s2:u@s3>",                    errc::bad_route, 5},
    {"bare_route",          a_path,    "<s1,@s2,s4,@s5:u@s3>",             errc::bad_local_part, 3},
    {"hello_text",          a_line,    "EHLO host some text",              errc::unexpected_argument, 10},
    {"untagged_ipv6",       a_line,    "EHLO [2001:db8::1]",               errc::bad_argument, 6},
    {"any_hello_name",      a_line,    "EHLO my_host",                     errc::bad_argument, 7},
    {"any_hello_name",      a_line,    "HELO a..b",                        errc::bad_argument, 7},
    {"trailing_dot",        a_domain,  "b.example.",                       errc::bad_domain, 10},
    {"trailing_dot",        a_path,    "<a@b.example.>",                   errc::bad_domain, 13},
    {"trailing_dot",        a_path,    "<@r.:a@b>",                        errc::bad_domain, 4},
    {"several_spaces",      a_line,    "MAIL  FROM:<a@b>",                 errc::bad_argument, 4}, // SR-10
    {"several_spaces",      a_line,    "MAIL\tFROM:<a@b>",                 errc::bad_argument, 4},
    {"several_spaces",      of_mail,   "A  B",                             errc::bad_parameter, 1},
    {"several_spaces",      of_mail,   "A\tB",                             errc::bad_parameter, 1},
    {"leading_space",       a_line,    " NOOP",                            errc::unknown_verb, 0},
    {"long_local_part",     a_mailbox, local_65,                           errc::local_part_too_long, 64},
    {"long_local_part",     a_mailbox, local_128,                          errc::local_part_too_long, 64},
    {"empty_quoted",        a_mailbox, "\"\"@x",                           errc::bad_local_part, 1},
    {"loose_dots",          a_mailbox, "a..b@x",                           errc::bad_local_part, 2}, // L15
    {"loose_dots",          a_mailbox, "a.@x",                             errc::bad_local_part, 2},
    {"loose_dots",          a_mailbox, ".a@x",                             errc::bad_local_part, 0},
    {"loose_dots",          a_mailbox, "a...b.@x",                         errc::bad_local_part, 2},
    {"bare_backslash",      a_mailbox, "a\\b@x",                           errc::bad_local_part, 1},
    {"bare_backslash",      a_mailbox, "Joe\\,Smith@x",                    errc::bad_local_part, 3},
    {"bare_backslash",      a_mailbox, "\\@@x",                            errc::bad_local_part, 0},
    {"ipv6_one_group",      a_domain,  "[IPv6:1:2:3:4:5:6:7::]",           errc::bad_literal, 20},
    {"ipv6_one_group",      a_domain,  "[IPv6:1:2:3:4:5:6::8]",            errc::bad_literal, 19},
    {"ipv6_one_group",      a_domain,  "[IPv6:::2:3:4:5:6:7:8]",           errc::bad_literal, 20},
    {"ipv6_one_group",      a_domain,  "[IPv6:1:2:3:4:5::192.0.2.1]",      errc::bad_literal, 17},
    {"equals_in_value",     of_mail,   "X=a=b",                            errc::bad_parameter, 3}, // L8
    {"equals_in_value",     of_mail,   "MTRK=QUI=",                        errc::bad_parameter, 8},
    {"equals_in_value",     of_mail,   "MTRK=QQ==:60",                     errc::bad_parameter, 7},
    {"duplicate_parameter", of_mail,   "SIZE=1 SIZE=2",                    errc::duplicate_parameter, 7},
    {"duplicate_parameter", of_mail,   "X x",                              errc::duplicate_parameter, 2},
    {"duplicate_parameter", of_mail,   "MT-PRIORITY=1 MT-PRIORITY=2",      errc::bad_priority, 14},
    {"lower_case_xtext",    of_mail,   "ENVID=a+3db",                      errc::bad_value, 9},
    {"lower_case_xtext",    of_rcpt,   "ORCPT=rfc822;a+2bb",               errc::bad_value, 16},
    {"lower_case_xtext",    a_xtext,   "+3d",                              errc::bad_value, 2},
    {"base64_pad_bits",     a_base64,  "QR==",                             errc::bad_base64, 1},
    {"base64_pad_bits",     of_mail,   "MTRK=QR",                          errc::bad_value, 6},
    {"eight_bit",           a_mailbox, "\xff@x",                           errc::eight_bit, 0},
    {"eight_bit",           a_mailbox, "\"\xe9\"@x",                       errc::eight_bit, 1},
    {"eight_bit",           a_domain,  "b\xfc" "cher.example",             errc::eight_bit, 1},
    {"eight_bit",           of_mail,   "X=\x80",                           errc::eight_bit, 2},
};
// clang-format on

} // namespace

TEST_CASE("commands 0.1: each leniency by itself") {
    for (const tolerated& v : cases) {
        CAPTURE(v.name, v.text);
        leniency used;
        CHECK(v.parse(v.text, {strict()}, &used) == parse_error{v.code, v.offset});
        used = {};
        CHECK(v.parse(v.text, {lexical::only(v.name)}, &used) == parse_error{});
        CHECK(used == lexical::only(v.name));
        const std::string_view instead = v.name == "untagged_ipv6" ? "any_hello_name" : "";
        if (instead.empty()) CHECK(v.parse(v.text, {lexical::all_but(v.name)}, nullptr).code != errc::none);
    }
}

TEST_CASE("commands 0.1: what no leniency covers") {
    const syntax all{legacy()};
    CHECK_FALSE(parse_mailbox(std::string(129, 'a') + "@x", all));
    CHECK_FALSE(parse_path("<a@[::1]>", all));   // only HELO and EHLO may lack the tag
    CHECK_FALSE(parse_path("<a@my_host>", all)); // and have an underscore
    CHECK_FALSE(parse_domain("a..", all));
    CHECK_FALSE(parse_domain(".", all));
    CHECK_FALSE(parse_mailbox("a\\\x01@x", all));
    CHECK_FALSE(parse_mailbox("a\\ b@x", all));
    CHECK_FALSE(parse_domain("[IPv6:1::2::3]", all));
    CHECK_FALSE(parse_parameters("SIZE=1 SIZE=2", parameters_of::mail, all));
    CHECK_FALSE(parse_path("<a\r\nb@x>", all));
}

TEST_CASE("bare_ipv4 is reported and needs no switch, SR-15") {
    leniency used;
    CHECK(parse_command("HELO 195.161.101.33", {strict()}, &used));
    CHECK(used == lexical::only("bare_ipv4"));
}

TEST_CASE("commands 0.1: the presets, by the column \"server default\"") {
    // clang-format off
    constexpr std::string_view interops[] = {
        "space_after_colon", "bare_ipv4", "hello_text", "untagged_ipv6", "any_hello_name", "several_spaces", "long_local_part",
        "empty_quoted", "ipv6_one_group", "equals_in_value", "lower_case_xtext", "base64_pad_bits",
    };
    constexpr std::string_view legacies[] = { // old articles and RFC 821
        "space_before_colon", "missing_brackets", "unqualified", "bare_route", "trailing_dot", "leading_space", "loose_dots",
        "bare_backslash",
    };
    // clang-format on
    leniency expected;
    CHECK(strict() == expected);
    const auto set = [&expected](std::string_view name) {
        for (const auto& one : lexical::leniencies)
            if (one.name == name) one.set(expected, true);
    };
    for (const std::string_view name : interops) set(name);
    CHECK(interop() == expected);
    for (const std::string_view name : legacies) set(name);
    CHECK(legacy() == expected);
    CHECK((!legacy().duplicate_parameter && !legacy().eight_bit && !legacy().mixed_reply_codes));
}

TEST_CASE("grammar 9: the limits are not under what the RFC wants") {
    constexpr limits most;
    CHECK(most.command_line >= 2306); // with every extension
    CHECK(most.auth_line >= 12288);
    CHECK(most.recipients >= 100);
    CHECK(most.reply_line >= 512);
    CHECK(most.bad_commands == 20);
}
