// Envelopes: what may be sent to which server, and what its commands look like.
#include "support/catch.hpp"

#include <sansmtp/detail/envelope_writer.hpp>
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

constexpr auto on_mail = parameters_of::mail;
constexpr auto on_rcpt = parameters_of::rcpt;

// Why an envelope cannot be sent to a server that offers this.
detail::objection check(const envelope& e, std::string_view offered, std::size_t most = room, bool extended = true) {
    const capabilities c = offering(offered);
    detail::envelope_writer w{e, c, extended};
    w.utf8 = detail::envelope_writer::uses_utf8(e, c);
    detail::envelope_writer::front nothing;
    return w.check(most, nothing);
}

// The same for a list of parameters.
detail::objection check(const parameters& p, parameters_of which, std::string_view offered, bool extended = true) {
    const recipient to{"b@example.org"_path, which == on_rcpt ? p : parameters{}};
    envelope e{"a@example.org"_path, {&to, 1}};
    if (which == on_mail) e.params = p;
    return check(e, offered, room, extended);
}

std::string written(std::optional<std::size_t> size, const std::string& out) { return out.substr(0, size.value_or(0)); }

} // namespace

TEST_CASE("a parameter leaves only where its extension is announced", "[envelope]") {
    using enum errc;
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
        {"SMTPUTF8",                  on_mail, "SMTPUTF8",              refused_field}, // a field of the envelope
        {"SOLICIT=a",                 on_mail, "NO-SOLICITING", none},
        {"SOLICIT=a",                 on_mail, "",              not_offered},
        {"SUBMITTER=a@b",             on_mail, "SUBMITTER",     none},
        {"MTRK=abcd ENVID=a@b",       on_mail, "MTRK,DSN",      none}, // RFC 3885: with DSN, ENVID is local@host
        {"MTRK=abcd ENVID=a@b",       on_mail, "MTRK",          not_offered},
        {"MTRK=abcd ENVID=a@b",       on_mail, "DSN",           not_offered},
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
        CHECK((check(p, which, offered).why == expected));
        const errc without = text.empty() || expected == refused_field ? expected : not_offered;
        CHECK((check(p, which, "", false).why == without)); // after HELO
    }
}

TEST_CASE("an envelope is checked as a whole", "[envelope]") {
    const recipient bob{"bob@example.org"_path};
    const recipient list[] = {bob, bob};
    const recipient null_last[] = {bob, {path{}}};
    const recipient asks[] = {bob, {bob.to, params("NOTIFY=NEVER")}};
    const path from = "a@example.org"_path;
    const auto why = [](const auto&... all) { return check(all...).why; };
    CHECK((why(envelope{from, list}, "") == errc::none));
    CHECK((why(envelope{path{}, list}, "") == errc::none));
    CHECK((why(envelope{from, {}}, "") == errc::no_valid_recipients));
    CHECK((why(envelope{from, null_last}, "") == errc::refused_field));
    CHECK((why(envelope{"<Postmaster>"_path, list}, "") == errc::refused_field));
    CHECK((why(envelope{from, asks}, "") == errc::not_offered));
    CHECK((why(envelope{from, asks}, "DSN") == errc::none));
    CHECK((why(envelope{from, asks}, "", room, false) == errc::not_offered));
    CHECK((why(envelope{from, list, 1000}, "") == errc::none));
    CHECK((why(envelope{from, list, 1000}, "SIZE") == errc::none));
    CHECK((why(envelope{from, list, 1000}, "SIZE 0") == errc::none)); // no limit [RFC 1870 4]
    CHECK((why(envelope{from, list, 1000}, "SIZE 1000") == errc::none));
    CHECK((why(envelope{from, list, 1001}, "SIZE 1000") == errc::message_too_big));
    CHECK((why(envelope{from, list, {}}, "SIZE 1000") == errc::none));
    CHECK((why(envelope{from, list}, "", std::size_t{27}) == errc::none)); // "RCPT TO:<bob@example.org>\r\n"
    CHECK((why(envelope{from, list}, "", std::size_t{26}) == errc::no_room));
}

TEST_CASE("what is missing is named", "[envelope]") {
    using enum extension_id;
    const recipient plain{"bob@example.org"_path};
    const recipient foreign{*parse_path("<b\xc3\xb6@example.org>", {strict(), true})};
    recipient notifies = plain, original = plain, since = plain;
    notifies.notify = dsn_notify{};
    original.orcpt = "x@y";
    since.rrvs = required_since{};
    const auto to = [](const recipient& r) { return envelope{"a@example.org"_path, {&r, 1}}; };
    std::vector<std::pair<envelope, extension_id>> cases;
    const auto add = [&](extension_id id, auto set) {
        envelope e = to(plain);
        set(e);
        cases.emplace_back(e, id);
    };
    add(eight_bit_mime, [](envelope& e) { e.body = body_type::eight_bit_mime; });
    add(binary_mime, [](envelope& e) { e.body = body_type::binary_mime; });
    add(smtputf8, [](envelope& e) { e.utf8 = true; });
    add(require_tls, [](envelope& e) { e.require_tls = true; });
    add(dsn, [](envelope& e) { e.ret = dsn_ret::full; });
    add(dsn, [](envelope& e) { e.envid = "x"; });
    add(deliver_by, [](envelope& e) { e.by = sansmtp::deliver_by{1, by_mode::bounce, false}; });
    add(future_release, [](envelope& e) { e.hold_for = 1; });
    add(mt_priority, [](envelope& e) { e.priority = std::int8_t{1}; });
    add(auth, [](envelope& e) { e.params = params("AUTH=<>"); });
    cases.emplace_back(to(notifies), dsn);
    cases.emplace_back(to(original), dsn);
    cases.emplace_back(to(since), rrvs);
    cases.emplace_back(to(foreign), smtputf8);
    for (auto& [e, id] : cases) {
        INFO(describe(id).keyword);
        const detail::objection o = check(e, "PIPELINING");
        CHECK((o.why == errc::not_offered));
        CHECK((o.missing == std::optional(id)));
        const capabilities none;
        e.optional = extension_set(id);
        const bool never = id == binary_mime || detail::envelope_writer::needs_utf8(e);
        CHECK((check(e, "").why == (never ? errc::not_offered : errc::none)));
        if (!never) CHECK(*detail::envelope_writer{e, none}.put_mail({}) == sizeof "MAIL FROM:<a@example.org>\r\n" - 1);
    }
    // BINARYMIME needs a way to be sent
    envelope e = to(plain);
    e.body = body_type::binary_mime;
    CHECK((check(e, "BINARYMIME").missing == std::optional(chunking)));
    CHECK((check(e, "BINARYMIME,CHUNKING").why == errc::none));
}

TEST_CASE("MTRK goes with DSN or not at all", "[envelope]") {
    const recipient bob{"bob@example.org"_path};
    envelope e{"a@example.org"_path, {&bob, 1}};
    e.params = params("MTRK=abcd");
    e.envid = "1@a.example";
    CHECK((check(e, "MTRK,DSN").why == errc::none));
    CHECK((check(e, "MTRK").missing == std::optional(extension_id::dsn)));
    CHECK((check(e, "DSN").missing == std::optional(extension_id::mtrk)));
    for (const std::string_view id : {"", "ab", "@b", "a@"}) {
        envelope wrong = e;
        wrong.envid = id;
        CHECK((check(wrong, "MTRK,DSN").why == errc::refused_field));
    }
    e.optional = {extension_id::dsn};
    CHECK((check(e, "MTRK,DSN").why == errc::none));
    e.optional = {extension_id::dsn, extension_id::mtrk};
    e.envid = "1";
    CHECK((check(e, "MTRK,DSN").why == errc::refused_field));
    const auto mail = [&e](std::string_view offered, bool bare) {
        std::string out(room, '\0');
        const capabilities c = offering(offered);
        detail::envelope_writer w{e, c};
        w.bare = bare;
        return written(w.put_mail(out), out);
    };
    e.envid = "1@a.example";
    for (const std::string_view offered : {"MTRK", "DSN", ""}) CHECK((check(e, offered).why == errc::none));
    CHECK(mail("MTRK,DSN", false) == "MAIL FROM:<a@example.org> ENVID=1@a.example MTRK=abcd\r\n");
    CHECK(mail("DSN", false) == "MAIL FROM:<a@example.org> ENVID=1@a.example\r\n");
    CHECK(mail("MTRK", false) == "MAIL FROM:<a@example.org>\r\n");
    CHECK(mail("MTRK,DSN", true) == "MAIL FROM:<a@example.org>\r\n");
    e.optional = {extension_id::dsn}; // what it rests on may be left out, so it may be
    CHECK(mail("MTRK,DSN", true) == "MAIL FROM:<a@example.org>\r\n");
}

// A bounce is sent as the message was [RFC 8689 5].
TEST_CASE("REQUIRETLS with the null path", "[envelope]") {
    const recipient bob{"bob@example.org"_path};
    envelope bounce{path{}, {&bob, 1}};
    bounce.require_tls = true;
    const capabilities c = offering("REQUIRETLS");
    std::string out(room, '\0');
    detail::envelope_writer w{bounce, c};
    w.secured = true;
    detail::envelope_writer::front nothing;
    CHECK_FALSE(w.check(room, nothing));
    CHECK(written(w.put_mail(out), out) == "MAIL FROM:<> REQUIRETLS\r\n");
    w.secured = false;
    CHECK((w.check(room, nothing).missing == std::optional(extension_id::require_tls)));
    bounce.optional = {extension_id::require_tls};
    CHECK_FALSE(w.check(room, nothing));
    CHECK(written(w.put_mail(out), out) == "MAIL FROM:<>\r\n");
}

TEST_CASE("a line is as long as the extensions that are offered allow", "[envelope]") {
    const std::string long_id(100, 'x');
    const std::string foreign = "XYZ=" + std::string(500 - 32, 'x'); // "MAIL FROM:<a@example.org> XYZ=..." CRLF: 500
    const recipient bob{"bob@example.org"_path};
    envelope e{"a@example.org"_path, {&bob, 1}};
    e.params = params(foreign);
    CHECK((check(e, "").why == errc::none));
    e.size = 12345; // " SIZE=12345" is 11 octets, and SIZE adds 26 to 512
    CHECK((check(e, "SIZE").why == errc::none));
    const std::string longer = foreign + std::string(28, 'x');
    e.params = params(longer);
    CHECK((check(e, "SIZE").why == errc::line_too_long));
    e.size.reset();
    CHECK((check(e, "SIZE").why == errc::none)); // 528 octets
    CHECK((check(e, "").why == errc::line_too_long));
}

TEST_CASE("a field and a parameter for one thing", "[envelope]") {
    const recipient bob{"bob@example.org"_path};
    recipient twice = bob;
    twice.notify = dsn_notify{true, false, false};
    twice.params = params("NOTIFY=NEVER");
    envelope e{"a@example.org"_path, {&bob, 1}};
    e.ret = dsn_ret::full;
    CHECK((check(e, "DSN").why == errc::none));
    e.params = params("RET=HDRS");
    CHECK((check(e, "DSN").why == errc::refused_field));
    e.params = {};
    e.to = {&twice, 1};
    CHECK((check(e, "DSN").why == errc::refused_field));
    e.to = {&bob, 1};
    e.envid = "a\r\nDATA";
    CHECK((check(e, "DSN").why == errc::refused_field));
    e.envid = {};
    e.priority = std::int8_t{12};
    CHECK((check(e, "DSN,MT-PRIORITY").why == errc::refused_field));
    e.priority.reset();
    e.hold_for = 1;
    e.hold_until = date_time{2026, 11, 25, 0, 0, 0, 0};
    CHECK((check(e, "DSN,FUTURERELEASE 9 2027-01-01T00:00:00Z").why == errc::refused_field));
}

TEST_CASE("the commands of an envelope", "[envelope]") {
    std::string out(room, '\0');
    const recipient bob{"<@relay.example:bob@example.org>"_path, params("XYZ=1")};
    envelope e{"a@example.org"_path, {&bob, 1}, 18446744073709551615U, body_type::eight_bit_mime, params("XYZ")};
    const auto mail = [&out](const envelope& what, std::string_view offered) {
        const capabilities c = offering(offered);
        return written(detail::envelope_writer{what, c}.put_mail(out), out);
    };
    CHECK(mail(e, "SIZE,8BITMIME") == "MAIL FROM:<a@example.org> SIZE=18446744073709551615 BODY=8BITMIME XYZ\r\n");
    CHECK(mail(e, "8BITMIME") == "MAIL FROM:<a@example.org> BODY=8BITMIME XYZ\r\n");
    CHECK(mail(envelope{path{}, {}}, "") == "MAIL FROM:<>\r\n");
    const capabilities none;
    const detail::envelope_writer w{e, none};
    CHECK(written(w.put_rcpt(bob, out), out) == "RCPT TO:<@relay.example:bob@example.org> XYZ=1\r\n");
    CHECK(written(w.put_rcpt({"<postmaster>"_path}, out), out) == "RCPT TO:<postmaster>\r\n");
    // what has no room is measured all the same
    CHECK(w.put_rcpt(bob, {}) == 48);
    CHECK_FALSE(w.put_rcpt({path{}}, out));
}

TEST_CASE("what is checked stands in the output, as far as it may", "[envelope]") {
    using front = detail::envelope_writer::front;
    const recipient to[] = {{"bob@example.org"_path}, {"<Postmaster>"_path}, {"<\"a b\"@example.org>"_path}};
    const envelope e{"a@example.org"_path, to, 7};
    const capabilities c = offering("SIZE");
    const detail::envelope_writer w{e, c};
    const std::string lines[] = {"MAIL FROM:<a@example.org> SIZE=7\r\n", "RCPT TO:<bob@example.org>\r\n",
                                 "RCPT TO:<Postmaster>\r\n", "RCPT TO:<\"a b\"@example.org>\r\n"};
    std::string all;
    for (const std::string& line : lines) all += line;
    for (std::size_t size = 0; size <= all.size() + 1; ++size) {
        for (std::size_t most = 0; most <= 5; ++most) {
            INFO(size << " octets, " << most << " commands");
            std::string expected;
            std::size_t commands = 0;
            while (commands < std::min<std::size_t>(most, 4) && expected.size() + lines[commands].size() <= size)
                expected += lines[commands++];
            std::string out(size, '\0');
            front done{out, most};
            CHECK_FALSE(w.check(room, done));
            CHECK(done.commands == commands);
            CHECK(out.substr(0, done.octets) == expected);
        }
    }
}
