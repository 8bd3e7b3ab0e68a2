// What the value of each parameter says: extensions.md 2. Which values fit, and where others do not, is in parameters.cpp.
#include <sansmtp/parameters.hpp>

#include "support/catch.hpp"
#include "support/parameters.hpp"

#include <array>
#include <span>
#include <string_view>
#include <vector>

using namespace sansmtp;
using namespace std::string_view_literals;
using lexical::parsed;

namespace {

constexpr auto mail = parameters_of::mail;
constexpr auto rcpt = parameters_of::rcpt;

} // namespace

TEST_CASE("extensions 2: what the parameters of MAIL say") {
    CHECK(parsed("SIZE=1000", mail).size() == 1000U);
    CHECK(parsed("SIZE=18446744073709551614", mail).size() == 18446744073709551614U);
    CHECK(parsed("SIZE=99999999999999999999", mail).size() == ~std::uint64_t{0}); // over 64 bits
    CHECK(parsed("BODY=7bit", mail).body() == body_type::seven_bit);
    CHECK(parsed("BODY=8BITMIME", mail).body() == body_type::eight_bit_mime);
    CHECK(parsed("BODY=BinaryMime", mail).body() == body_type::binary_mime);
    CHECK(parsed("SMTPUTF8", mail).smtputf8());
    CHECK(parsed("RET=full", mail).ret() == dsn_ret::full);
    CHECK(parsed("RET=HDRS", mail).ret() == dsn_ret::headers);
    CHECK(*parsed("ENVID=a+2Bb+20c", mail).envid() == "a+b c"sv);
    CHECK(parsed("ENVID=a+2Bb", mail).envid()->text() == "a+2Bb");
    CHECK(*parsed("ENVID=+41", mail).envid() == *parsed("ENVID=A", mail).envid());
    CHECK(parsed("REQUIRETLS", mail).requiretls());
    CHECK(parsed("BY=+120;nt", mail).by() == deliver_by{120, by_mode::notify, true});
    CHECK(parsed("BY=-999999999;N", mail).by() == deliver_by{-999999999, by_mode::notify, false});
    CHECK(parsed("BY=5;R", mail).by() == deliver_by{5, by_mode::bounce, false});
    CHECK(parsed("HOLDFOR=999999999", mail).holdfor() == 999999999U);
    CHECK(parsed("HOLDUNTIL=2026-12-01T01:02:03.25Z", mail).holduntil() ==
          date_time{2026, 12, 1, 1, 2, 3, 250000000, 0});
    CHECK(parsed("MT-PRIORITY=-9", mail).mt_priority() == std::int8_t{-9});
    CHECK(parsed("MT-PRIORITY=0", mail).mt_priority() == std::int8_t{0});
    CHECK(parsed("MTRK=QUI:60", mail).mtrk() == tracking{"QUI", 60});
    CHECK(parsed("MTRK=QUI", mail).mtrk() == tracking{"QUI", {}});
    std::vector<std::string_view> words;
    const auto solicit = parsed("SOLICIT=org.example:ADV,b,c", mail).solicit();
    for (const std::string_view word : *solicit) words.push_back(word);
    CHECK(words == std::vector<std::string_view>{"org.example:ADV", "b", "c"});
    CHECK(*parsed("TRANSID=<1@h>", mail).transid() == "<1@h>"sv);
    CHECK(parsed("CONPERM", mail).conperm());

    const parameters none = parsed("X=1", mail);
    CHECK_FALSE((none.size() || none.body() || none.smtputf8() || none.ret() || none.envid() || none.auth() ||
                 none.requiretls() || none.by() || none.holdfor() || none.holduntil() || none.mt_priority() ||
                 none.mtrk() || none.solicit() || none.submitter() || none.transid() || none.conperm() ||
                 none.notify() || none.orcpt() || none.rrvs() || none.conneg()));
}

TEST_CASE("extensions 2: what the parameters of RCPT say") {
    CHECK(parsed("NOTIFY=NEVER", rcpt).notify() == dsn_notify{});
    CHECK(parsed("NOTIFY=NEVER", rcpt).notify()->never());
    CHECK(parsed("NOTIFY=delay,success", rcpt).notify() == dsn_notify{true, false, true});
    CHECK(parsed("NOTIFY=FAILURE,FAILURE", rcpt).notify() == dsn_notify{false, true, false});
    const auto original = *parsed("ORCPT=rfc822;a+2Bb@x", rcpt).orcpt();
    CHECK(original.addr_type == "rfc822");
    CHECK(original.address == "a+b@x"sv);
    CHECK(original.address.text() == "a+2Bb@x");
    CHECK(original == *parsed("ORCPT=RFC822;a+2Bb+40x", rcpt).orcpt());
    CHECK_FALSE(original == *parsed("ORCPT=rfc822;A+2Bb@x", rcpt).orcpt());
    const auto since = *parsed("RRVS=2014-04-03T23:01:00-08:30;C", rcpt).rrvs();
    CHECK(since == required_since{{2014, 4, 3, 23, 1, 0, 0, -510}, true});
    CHECK_FALSE(parsed("RRVS=2014-04-03T23:01:00Z;R", rcpt).rrvs()->go_on_without);
    CHECK_FALSE(parsed("RRVS=2014-04-03T23:01:00Z", rcpt).rrvs()->go_on_without);
    CHECK(parsed("CONNEG", rcpt).conneg());
}

TEST_CASE("AUTH and SUBMITTER: mailboxes in xtext") {
    std::array<char, 384> out{};
    const auto identity = *parsed("AUTH=e+3Dmc2@example.com", mail).auth();
    CHECK_FALSE(identity.is_null());
    CHECK(identity.decode(out)->mailbox().text() == "e=mc2@example.com");
    CHECK(identity.decode(std::span(out).first(16)).error().code == errc::no_room);
    CHECK(parsed("AUTH=<>", mail).auth()->is_null());
    CHECK(parsed("AUTH=+3C+3E", mail).auth()->decode({})->is_null());
    CHECK(*parsed("AUTH=+3C>", mail).auth() == *parsed("AUTH=<>", mail).auth());
    CHECK(parsed("SUBMITTER=\"a+20b\"@x", mail).submitter()->decode(out)->mailbox().unquoted() == "a b"sv);
    const syntax utf8{strict(), true};
    CHECK(parsed("AUTH=+C3+A9@x", mail, utf8).auth()->decode(out)->mailbox().text() == "\xc3\xa9@x");
    CHECK(parse_parameters("AUTH=+C3@x", mail, utf8).error() == parse_error{errc::bad_value, 5});
    leniency used;
    const auto lenient = parse_parameters("AUTH=a+2e.b@x", mail, {legacy()}, &used);
    REQUIRE(lenient);
    CHECK((used.lower_case_xtext && used.loose_dots));
    CHECK(lenient->auth()->decode(out)->mailbox().text() == "a..b@x");
}

TEST_CASE("L12: what refuses a parameter that was not announced") {
    CHECK(not_announced(known_parameter::size) == errc::unknown_parameter);
    CHECK(not_announced(known_parameter::foreign) == errc::unknown_parameter);
    CHECK(not_announced(known_parameter::conperm) == errc::unsupported_parameter);
    CHECK(not_announced(known_parameter::conneg) == errc::unsupported_parameter);
}
