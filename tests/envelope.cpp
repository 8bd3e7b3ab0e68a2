// Envelopes: what may be sent to which server, and what its commands look like.
#include "support/catch.hpp"

#include <sansmtp/envelope.hpp>
#include <sansmtp/literals.hpp>

#include <string>
#include <vector>

using namespace sansmtp;

namespace {

constexpr std::size_t room = 4096;

// Parameters of MAIL or, if they are none, of RCPT.
parameters params(std::string_view text) {
    const auto of_mail = parse_parameters(text, parameters_of::mail);
    const auto parsed = of_mail ? of_mail : parse_parameters(text, parameters_of::rcpt);
    REQUIRE(parsed);
    return *parsed;
}

capabilities offering(std::string_view keywords) { // "A,B"
    capabilities all;
    while (!keywords.empty()) {
        const std::string_view one = keywords.substr(0, keywords.find(','));
        keywords.remove_prefix(std::min(one.size() + 1, keywords.size()));
        all.add(one);
    }
    return all;
}

std::string written(std::optional<std::size_t> size, const std::string& out) { return out.substr(0, size.value_or(0)); }

} // namespace

TEST_CASE("a parameter leaves only where its extension is announced", "[envelope]") {
    using enum errc;
    constexpr auto on_mail = parameters_of::mail;
    constexpr auto on_rcpt = parameters_of::rcpt;
    // clang-format off
    const struct { std::string_view text; parameters_of which; std::string_view offered; errc expected; } cases[] = {
        {"",                          on_mail, "",              none},
        {"RET=FULL ENVID=x",          on_mail, "DSN",           none},
        {"ret=FULL",                  on_mail, "DSN",           none},
        {"RET=FULL",                  on_mail, "SIZE",          not_offered},
        {"XYZ=1 RET=FULL",            on_mail, "",              not_offered},
        {"ENVID=x",                   on_mail, "",              not_offered},
        {"NOTIFY=NEVER",              on_rcpt, "DSN",           none},
        {"ORCPT=rfc822;a@b",          on_rcpt, "DSN",           none},
        {"NOTIFY=NEVER",              on_rcpt, "",              not_offered},
        {"ORCPT=rfc822;a@b",          on_rcpt, "",              not_offered},
        {"AUTH=<>",                   on_mail, "AUTH",          none},
        {"AUTH=<>",                   on_mail, "",              not_offered},
        {"BY=1;R",                    on_mail, "DELIVERBY",     none},
        {"BY=1;R",                    on_mail, "",              not_offered},
        {"MT-PRIORITY=3",             on_mail, "MT-PRIORITY",   none},
        {"MT-PRIORITY=3",             on_mail, "",              not_offered},
        {"HOLDFOR=1",                 on_mail, "FUTURERELEASE 9 2026-01-01T00:00:00Z", none},
        {"HOLDUNTIL=2026-01-01T00:00:00Z", on_mail, "",         not_offered},
        {"REQUIRETLS",                on_mail, "REQUIRETLS",    none},
        {"REQUIRETLS",                on_mail, "STARTTLS",      not_offered},
        {"SMTPUTF8",                  on_mail, "",              not_offered},
        {"SOLICIT=a",                 on_mail, "NO-SOLICITING", none},
        {"SOLICIT=a",                 on_mail, "",              not_offered},
        {"SUBMITTER=a@b",             on_mail, "SUBMITTER",     none},
        {"MTRK=abcd",                 on_mail, "MTRK",          none},
        {"CONPERM",                   on_mail, "CONPERM",       none},
        {"CONNEG",                    on_rcpt, "CONNEG",        none},
        {"RRVS=2026-01-01T00:00:00Z", on_rcpt, "RRVS",          none},
        {"RRVS=2026-01-01T00:00:00Z", on_rcpt, "",              not_offered},
        {"XYZ",                       on_mail, "",              none}, // the caller knows
        {"XYZ",                       on_rcpt, "",              none},
        // a parameter of the other command, or one that the envelope has a field for
        {"RET=FULL",                  on_rcpt, "DSN",           refused_field},
        {"NOTIFY=NEVER",              on_mail, "DSN",           refused_field},
        {"SIZE=1",                    on_mail, "SIZE",          refused_field},
        {"SIZE=1",                    on_rcpt, "SIZE",          refused_field},
        {"body=7BIT",                 on_mail, "8BITMIME",      refused_field},
    };
    // clang-format on
    for (const auto& [text, which, offered, expected] : cases) {
        const parameters p = params(text);
        INFO(text << " where " << offered << " is offered");
        CHECK((detail::check_parameters(p, which, offering(offered), true) == expected));
        CHECK((detail::check_parameters(p, which, offering(offered), false) == (text.empty() ? none : not_offered)));
    }
}

TEST_CASE("an envelope is checked as a whole", "[envelope]") {
    const recipient bob{"bob@example.org"_path};
    const recipient list[] = {bob, bob};
    const recipient null_last[] = {bob, {path{}}};
    const recipient foreign[] = {{*parse_path("<b\xc3\xb6@example.org>", {strict(), true})}};
    const recipient asks[] = {bob, {bob.to, params("NOTIFY=NEVER")}};
    const path from = "a@example.org"_path;
    const auto check = [](const envelope& e, std::string_view offered, std::size_t most = room, bool extended = true) {
        return detail::check_envelope(e, offering(offered), extended, most);
    };
    CHECK((check({from, list}, "") == errc::none));
    CHECK((check({path{}, list}, "") == errc::none));
    CHECK((check({from, {}}, "") == errc::no_valid_recipients));
    CHECK((check({from, null_last}, "") == errc::refused_field));
    CHECK((check({"<Postmaster>"_path, list}, "") == errc::refused_field));
    CHECK((check({from, foreign}, "") == errc::refused_field));
    CHECK((check({from, asks}, "") == errc::not_offered));
    CHECK((check({from, asks}, "DSN") == errc::none));
    CHECK((check({from, asks}, "DSN", room, false) == errc::not_offered));
    CHECK((check({from, list, {}, body_type::eight_bit_mime}, "") == errc::not_offered));
    CHECK((check({from, list, {}, body_type::eight_bit_mime}, "8BITMIME") == errc::none));
    CHECK((check({from, list, {}, body_type::binary_mime}, "8BITMIME,BINARYMIME,CHUNKING") == errc::not_offered));
    CHECK((check({from, list, 1000}, "") == errc::none));
    CHECK((check({from, list, 1000}, "SIZE") == errc::none));
    CHECK((check({from, list, 1000}, "SIZE 0") == errc::none)); // no limit [RFC 1870 4]
    CHECK((check({from, list, 1000}, "SIZE 1000") == errc::none));
    CHECK((check({from, list, 1001}, "SIZE 1000") == errc::message_too_big));
    CHECK((check({from, list, {}}, "SIZE 1000") == errc::none));
    CHECK((check({from, list}, "", 27) == errc::none)); // "RCPT TO:<bob@example.org>\r\n"
    CHECK((check({from, list}, "", 26) == errc::no_room));
}

TEST_CASE("the commands of an envelope", "[envelope]") {
    std::string out(room, '\0');
    const recipient bob{"<@relay.example:bob@example.org>"_path, params("XYZ=1")};
    const envelope e{"a@example.org"_path, {&bob, 1}, 18446744073709551615U, body_type::eight_bit_mime, params("XYZ")};
    CHECK(written(detail::put_mail(e, offering("SIZE"), out), out) ==
          "MAIL FROM:<a@example.org> SIZE=18446744073709551615 BODY=8BITMIME XYZ\r\n");
    CHECK(written(detail::put_mail(e, offering("8BITMIME"), out), out) ==
          "MAIL FROM:<a@example.org> BODY=8BITMIME XYZ\r\n");
    CHECK(written(detail::put_mail({path{}, {}}, {}, out), out) == "MAIL FROM:<>\r\n");
    CHECK(written(detail::put_rcpt(bob, out), out) == "RCPT TO:<@relay.example:bob@example.org> XYZ=1\r\n");
    CHECK(written(detail::put_rcpt({"<postmaster>"_path}, out), out) == "RCPT TO:<postmaster>\r\n");
    CHECK(written(detail::put_data(out), out) == "DATA\r\n");
    // what has no room is measured all the same
    CHECK(detail::put_data({}) == 6);
    CHECK(detail::put_rcpt(bob, {}) == 48);
    CHECK_FALSE(detail::put_rcpt({path{}}, out));
}

TEST_CASE("a config is valid or not", "[envelope]") {
    CHECK(client_config{"client.example"}.valid());
    CHECK(client_config{"[192.0.2.1]"}.valid());
    CHECK(client_config{"[IPv6:2001:db8::1]"}.valid());
    CHECK_FALSE(client_config{}.valid());
    CHECK_FALSE(client_config{"a b"}.valid());
    CHECK_FALSE(client_config{"a\r\n"}.valid());
    CHECK_FALSE(client_config{"a_b"}.valid());
    client_config none{"client.example"};
    none.in_flight = 0;
    CHECK_FALSE(none.valid());
}
