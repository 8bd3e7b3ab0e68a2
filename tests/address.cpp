// Writing, making and routing addresses [RFC 5321 4.1.2, app. C, app. F.2; SR-22].
#include <sansmtp/address.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;
using lexical::repeat;

namespace {

std::string written(const path& p, const address_form& form = {}) {
    std::array<char, 400> out{};
    const auto size = serialize(p, out, form);
    return size ? std::string(out.data(), *size) : std::string(message(size.error().code));
}

const std::string refused_field(message(errc::refused_field));

struct normal_form {
    std::string_view text, normal;
};

// clang-format off
constexpr normal_form forms[] = {
    {"<>",                              "<>"},
    {"<a@b>",                           "<a@b>"},
    {"<\"joe\"@x>",                     "<joe@x>"},         // the fewest quotes
    {"<\"j\\oe\"@x>",                   "<joe@x>"},
    {"<\"a.b\"@x>",                     "<a.b@x>"},
    {"<\"a..b\"@x>",                    "<\"a..b\"@x>"},
    {"<\".a\"@x>",                      "<\".a\"@x>"},
    {"<\"a.\"@x>",                      "<\"a.\"@x>"},
    {"<\"a b\"@x>",                     "<\"a b\"@x>"},
    {"<\"a\\ b\"@x>",                   "<\"a b\"@x>"},
    {"<\"a\\\"b\"@x>",                  "<\"a\\\"b\"@x>"},
    {"<\"a\\\\b\"@x>",                  "<\"a\\\\b\"@x>"},
    {"<\"\\a\\@\\b\"@x>",               "<\"a@b\"@x>"},
    {"<\"a@b\"@X.Example>",             "<\"a@b\"@X.Example>"}, // case is kept
    {"<POSTmaster>",                    "<Postmaster>"},
    {"<a@[001.002.003.004]>",           "<a@[1.2.3.4]>"},
    {"<a@[ipv6:0:0:0:0:0:0:0:1]>",      "<a@[IPv6:::1]>"},
    {"<@a,@b:c@d>",                     "<c@d>"},           // routes are not written
};
// clang-format on

} // namespace

TEST_CASE("the normalised form means the same, and is its own normalised form") {
    for (const normal_form& v : forms) {
        CAPTURE(v.text);
        const auto p = parse_path(v.text);
        REQUIRE(p);
        const std::string normal = written(*p);
        CHECK(normal == v.normal);
        const auto again = parse_path(normal);
        REQUIRE(again);
        CHECK(*again == *p);
        CHECK(written(*again) == normal);
    }
}

TEST_CASE("SR-21: a route is written on demand, in its legal form") {
    const address_form with_route{false, true};
    CHECK(written(*parse_path("<@a.x,@b.y:c@d>"), with_route) == "<@a.x,@b.y:c@d>");
    CHECK(written(*parse_path("<c@d>"), with_route) == "<c@d>");
    const auto bare = parse_path("<server1,server2:someone@server3>", {lexical::only("bare_route")});
    CHECK(written(*bare, with_route) == "<@server1,@server2:someone@server3>");
    CHECK(written(*bare) == "<someone@server3>");
    const auto dots = parse_path("<@a.,@b.:c@d.>", {lexical::only("trailing_dot")});
    CHECK(written(*dots, with_route) == "<@a,@b:c@d>");
}

TEST_CASE("what was tolerated is written by the grammar, or not at all") {
    const auto lenient = [](std::string_view name, std::string_view text) {
        const auto p = parse_path(text, {lexical::only(name)});
        REQUIRE(p);
        return written(*p);
    };
    CHECK(lenient("loose_dots", "<a..b@x>") == "<\"a..b\"@x>");
    CHECK(lenient("loose_dots", "<a.@x>") == "<\"a.\"@x>");
    CHECK(lenient("bare_backslash", "<a\\,b@x>") == "<\"a,b\"@x>");
    CHECK(lenient("bare_backslash", "<a\\b@x>") == "<ab@x>");
    CHECK(lenient("trailing_dot", "<a@b.>") == "<a@b>");
    CHECK(lenient("ipv6_one_group", "<a@[IPv6:1:2:3:4:5:6:7::]>") == "<a@[IPv6:1:2:3:4:5:6:7:0]>");
    CHECK(lenient("missing_brackets", "a@b") == "<a@b>");
    CHECK(lenient("missing_brackets", "POSTMASTER") == "<Postmaster>");
    CHECK(lenient("unqualified", "<bob>") == refused_field);
    CHECK(lenient("eight_bit", "<\xff@x>") == refused_field);
    CHECK(lenient("empty_quoted", "<\"\"@x>") == "<\"\"@x>");       // RFC 5321 as printed; nothing else means it
    const std::string long_local = '<' + repeat("a", 127) + ".@x>"; // outlives the views of it
    const auto longest = parse_path(long_local, {legacy()});
    REQUIRE(longest);
    CHECK(written(*longest) == refused_field); // 130 octets with its quotes
    const std::string long_as_allowed = '<' + repeat("a", 63) + ".@x>", shorter = '<' + repeat("a", 61) + ".@x>";
    CHECK(written(*parse_path(long_as_allowed, {legacy()})) == refused_field); // 66
    CHECK(written(*parse_path(shorter, {legacy()})).size() == 2 + 64 + 2);
}

TEST_CASE("addresses that are not ASCII are written with SMTPUTF8 only") {
    const syntax utf8{strict(), true};
    for (const std::string_view text : {"<\xc3\xa9@x>"sv, "<a@\xc3\xa9>"sv}) {
        const auto p = parse_path(text, utf8);
        REQUIRE(p);
        CHECK(written(*p) == refused_field);
        CHECK(written(*p, {true}) == text);
    }
    CHECK(written(*parse_path("<\"\xc3\xa9\"@x>", utf8), {true}) == "<\xc3\xa9@x>");
    const auto route = parse_path("<@\xc3\xa9:a@b>", utf8);
    CHECK(written(*route) == "<a@b>");
    CHECK(written(*route, {false, true}) == refused_field);
}

TEST_CASE("serialize of addresses minds the room and the limits") {
    std::array<char, 5> out{};
    CHECK(serialize(*parse_path("<a@b>"), out).value() == 5);
    CHECK(serialize(*parse_path("<a@bc>"), out).error().code == errc::no_room);
    CHECK(serialize(*parse_mailbox("a@bcd"), out).value() == 5);
    CHECK(serialize(mailbox{}, out).error().code == errc::refused_field);
    const std::string box = repeat("a", 64) + '@' + lexical::long_domain(192);
    CHECK(written(path(*parse_mailbox(box))) == refused_field); // 259 octets with its brackets
}

TEST_CASE("mailboxes are made of octets, which are quoted where that is needed") {
    const domain host = *parse_domain("example.org");
    std::array<char, 400> out{};
    const auto made = [&](std::string_view local, bool utf8 = false) {
        const auto box = make_mailbox(local, host, out, utf8);
        if (!box) CHECK(box.error().code == errc::refused_field);
        if (box) CHECK(box->unquoted() == local);
        return std::string(box ? box->local_part() : "refused");
    };
    CHECK(made("bob") == "bob");
    CHECK(made("bob.smith+x") == "bob.smith+x");
    CHECK(made("a b") == "\"a b\"");
    CHECK(made("a..b") == "\"a..b\"");
    CHECK(made("\"") == "\"\\\"\"");
    CHECK(made("\\") == "\"\\\\\"");
    CHECK(made("a\\b") == "\"a\\\\b\"");
    CHECK(made("\"quoted\"") == "\"\\\"quoted\\\"\"");
    CHECK(made("a@b>") == "\"a@b>\"");
    CHECK(made("") == "refused");
    CHECK(made("\xc3\xa9") == "refused");
    CHECK(made("\xc3\xa9", true) == "\xc3\xa9");
    CHECK(made("\xff", true) == "refused");
    CHECK(made(repeat("a", 64)) == repeat("a", 64));
    CHECK(made(repeat("a", 65)) == "refused");
    CHECK(made(repeat(" ", 63)) == "refused"); // 65 with its quotes
    CHECK(make_mailbox("a", {}, out).error().code == errc::refused_field);
    CHECK(make_mailbox("a", host, std::span(out).first(12)).error().code == errc::no_room);
    CHECK(make_mailbox("a", host, std::span(out).first(13)).value().text() == "a@example.org");
    for (int octet = 0; octet < 256; ++octet) { // L45
        if (octet >= 32 && octet < 127) continue;
        CHECK(made(std::string{'a', static_cast<char>(octet), 'b'}) == "refused");
    }
}

TEST_CASE("SR-19: an unqualified address is given a domain") {
    const syntax how{legacy()};
    std::array<char, 64> out{};
    const domain host = *parse_domain("mail.example");
    CHECK(qualify(parse_path("<drozd>", how)->mailbox(), host, out)->text() == "drozd@mail.example");
    CHECK(qualify(parse_path("<\"a b\">", how)->mailbox(), host, out)->text() == "\"a b\"@mail.example");
    CHECK(qualify(parse_path("<a\\,b>", how)->mailbox(), host, out)->text() == "\"a,b\"@mail.example");
    CHECK(qualify(mailbox{}, host, out).error().code == errc::refused_field);
    CHECK(qualify(parse_path("<drozd>", how)->mailbox(), {}, out).error().code == errc::refused_field);
}

TEST_CASE("SR-22: next_hop and advance_route") {
    constexpr std::string_view mine[] = {"relay.example", "ME.example"};
    struct hop {
        std::string_view text, next, left, next_then;
    };
    // clang-format off
    const hop hops[] = {
        {"<a@b>",                               "b",             "<a@b>",                       "b"},
        {"<a@[192.0.2.1]>",                     "[192.0.2.1]",   "<a@[192.0.2.1]>",             "[192.0.2.1]"},
        {"<@relay.example:a@b>",                "relay.example", "<a@b>",                       "b"},
        {"<@RELAY.example,@c.d:a@b>",           "RELAY.example", "<@c.d:a@b>",                  "c.d"},
        {"<@me.example,@relay.example:a@b>",    "me.example",    "<@relay.example:a@b>",        "relay.example"}, // only the first
        {"<@c.d,@relay.example:a@b>",           "c.d",           "<@c.d,@relay.example:a@b>",   "c.d"}, // never a later one
        {"<@example:a@b>",                      "example",       "<@example:a@b>",              "example"},
        {"<>",                                  "",              "<>",                          ""},
        {"<Postmaster>",                        "",              "<Postmaster>",                ""},
    };
    // clang-format on
    for (const hop& v : hops) {
        CAPTURE(v.text);
        const path p = parse_path(v.text).value();
        CHECK(next_hop(p).text() == v.next);
        const path left = advance_route(p, mine);
        CHECK(written(left, {false, true}) == v.left);
        CHECK(next_hop(left).text() == v.next_then);
        CHECK(left == p);
        CHECK(advance_route(p, {}).route() == p.route());
    }
    const path bare = parse_path("<relay.example,s2:u@s3>", {lexical::only("bare_route")}).value();
    CHECK(written(advance_route(bare, mine), {false, true}) == "<@s2:u@s3>");
    const path dot = parse_path("<@relay.example.:u@s3>", {lexical::only("trailing_dot")}).value();
    CHECK(written(advance_route(dot, mine), {false, true}) == "<u@s3>");
}

TEST_CASE("SR-22: the reverse path as relays of RFC 821 wrote it, for those who ask for it") {
    const domain me = *parse_domain("Relay.example.", {lexical::only("trailing_dot")});
    std::array<char, 300> out{};
    const auto prepended = [&](std::string_view text) {
        const auto p = parse_path(text, {legacy(), true});
        REQUIRE(p);
        const auto made = prepend_route(*p, me, out);
        if (!made) CHECK(made.error().code == errc::refused_field);
        if (made) CHECK(*made == *p); // routes do not count
        return made ? written(*made, {false, true}) : refused_field;
    };
    CHECK(prepended("<a@b>") == "<@Relay.example:a@b>");
    CHECK(prepended("<@c.d,@e.f:a@b>") == "<@Relay.example,@c.d,@e.f:a@b>");
    CHECK(prepended("<c.d:\"a b\"@b>") == "<@Relay.example,@c.d:\"a b\"@b>");
    CHECK(prepended("<\"\"@b>") == "<@Relay.example:\"\"@b>");
    CHECK(prepended("<>") == "<>"); // reports have no way back
    CHECK(prepended("<Postmaster>") == refused_field);
    CHECK(prepended("<bob>") == refused_field);
    CHECK(prepended("<\xc3\xa9@b>") == refused_field);
    CHECK(prepended("<a@" + lexical::long_domain(237) + ">").size() == 256);
    CHECK(prepended("<a@" + lexical::long_domain(238) + ">") == refused_field);
    const path a = *parse_path("<a@b>");
    CHECK(prepend_route(a, {}, out).error().code == errc::refused_field);
    CHECK(prepend_route(a, *parse_domain("[192.0.2.1]"), out).error().code ==
          errc::refused_field); // At-domain has no literal
    CHECK(prepend_route(a, me, std::span(out).first(19)).error().code == errc::no_room);
    CHECK(prepend_route(a, me, std::span(out).first(20)).value().text() == "@Relay.example:a@b");
    constexpr std::string_view mine[] = {"relay.EXAMPLE"};
    CHECK(written(advance_route(*prepend_route(a, me, out), mine), {false, true}) == "<a@b>"); // and back
}
