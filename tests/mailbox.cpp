// Mailboxes and paths: grammar.md sections 1, 1.1, 5 and 9 [RFC 5321 4.1.2; RFC 6531 3.3].
#include <sansmtp/mailbox.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;
using namespace std::string_view_literals;
using lexical::repeat;

static_assert(std::is_trivially_copyable_v<path> && sizeof(path) <= 48);

namespace {

constexpr syntax utf8{strict(), true};

struct good_mailbox {
    std::string_view text, local, meant, host;
};

struct refused {
    std::string_view text;
    errc code;
    std::size_t offset;
};

// clang-format off
constexpr good_mailbox good[] = {
    // Dot-string
    {"a@b",                         "a",                        "a",                    "b"},
    {"bob@example.org",             "bob",                      "bob",                  "example.org"},
    {"Bob.Smith@Example.ORG",       "Bob.Smith",                "Bob.Smith",            "Example.ORG"},
    {"a.b.c.d@x.y",                 "a.b.c.d",                  "a.b.c.d",              "x.y"},
    {"!#$%&'*+-/=?^_`{|}~@x",       "!#$%&'*+-/=?^_`{|}~",      "!#$%&'*+-/=?^_`{|}~",  "x"},
    {"1@2",                         "1",                        "1",                    "2"},
    {"-@x",                         "-",                        "-",                    "x"},
    {"user+tag@x",                  "user+tag",                 "user+tag",             "x"},
    {"a%b@x",                       "a%b",                      "a%b",                  "x"}, // opaque: no percent hack
    {"h!u@x",                       "h!u",                      "h!u",                  "x"}, // and no bang path
    {"=?utf-8?q?x?=@x",             "=?utf-8?q?x?=",            "=?utf-8?q?x?=",        "x"},
    {"a@[192.0.2.1]",               "a",                        "a",                    "[192.0.2.1]"},
    {"a@[IPv6:::1]",                "a",                        "a",                    "[IPv6:::1]"},
    {"a@[X400:c=us]",               "a",                        "a",                    "[X400:c=us]"},
    // Quoted-string
    {"\"a\"@x",                     "\"a\"",                    "a",                    "x"},
    {"\"a b\"@x",                   "\"a b\"",                  "a b",                  "x"},
    {"\" \"@x",                     "\" \"",                    " ",                    "x"},
    {"\"a@b\"@x",                   "\"a@b\"",                  "a@b",                  "x"},
    {"\"a>b\"@x",                   "\"a>b\"",                  "a>b",                  "x"},
    {"\"<>\"@x",                    "\"<>\"",                   "<>",                   "x"},
    {"\".a..b.\"@x",                "\".a..b.\"",               ".a..b.",               "x"},
    {"\"a\\\"b\"@x",                "\"a\\\"b\"",               "a\"b",                 "x"},
    {"\"a\\\\b\"@x",                "\"a\\\\b\"",               "a\\b",                 "x"},
    {"\"\\a\\ \\@\"@x",             "\"\\a\\ \\@\"",            "a @",                  "x"},
    {"\"\\\"\"@x",                  "\"\\\"\"",                 "\"",                   "x"},
    {"\"\\~\"@x",                   "\"\\~\"",                  "~",                    "x"},
    {"\"(),:;<>[]\"@x",             "\"(),:;<>[]\"",            "(),:;<>[]",            "x"},
};

constexpr refused bad[] = {
    {"",                            errc::bad_local_part, 0},
    {"@",                           errc::bad_local_part, 0},
    {"@x",                          errc::bad_local_part, 0},
    {"a",                           errc::bad_path, 1}, // no "@"
    {"a@",                          errc::bad_domain, 2},
    {"a@@x",                        errc::bad_domain, 2},
    {"a@b@c",                       errc::bad_domain, 3},
    {"a@x>",                        errc::bad_domain, 3},
    {".a@x",                        errc::bad_local_part, 0},
    {"a.@x",                        errc::bad_local_part, 2},
    {"a..b@x",                      errc::bad_local_part, 2},
    {"..@x",                        errc::bad_local_part, 0},
    {"a b@x",                       errc::bad_local_part, 1},
    {" a@x",                        errc::bad_local_part, 0},
    {"a @x",                        errc::bad_local_part, 1},
    {"a@ x",                        errc::bad_domain, 2},
    {"a@x ",                        errc::bad_domain, 3},
    {"a(comment)@x",                errc::bad_local_part, 1}, // no comments
    {"a@x(comment)",                errc::bad_domain, 3},
    {"a,b@x",                       errc::bad_local_part, 1},
    {"a:b@x",                       errc::bad_local_part, 1},
    {"a;b@x",                       errc::bad_local_part, 1},
    {"a\"b@x",                      errc::bad_local_part, 1},
    {"a\\b@x",                      errc::bad_local_part, 1}, // RFC 821
    {"a\"b\"@x",                    errc::bad_local_part, 1},
    {"\"a\"b@x",                    errc::bad_local_part, 3},
    {"\"a\".b@x",                   errc::bad_local_part, 3},
    {"\"\"@x",                      errc::bad_local_part, 1}, // erratum 5414
    {"\"",                          errc::bad_local_part, 1},
    {"\"a",                         errc::bad_local_part, 2},
    {"\"a@x",                       errc::bad_local_part, 4},
    {"\"a\\\"@x",                   errc::bad_local_part, 6},
    {"\"a\\",                       errc::bad_local_part, 3},
    {"\"a\tb\"@x",                  errc::bad_local_part, 2},
    {"\"a\\\tb\"@x",                errc::bad_local_part, 3},
    {"\"a\r\nb\"@x",                errc::bad_local_part, 2},
    {"\"a\0b\"@x"sv,                errc::bad_local_part, 2},
    {"\"a\\\0b\"@x"sv,              errc::bad_local_part, 3},
    {"\"a\x7f\"@x",                 errc::bad_local_part, 2},
    {"\"a\"",                       errc::bad_path, 3},
    {"a\r\n@x",                     errc::bad_local_part, 1},
    {"a@x\r\n",                     errc::bad_domain, 3},
    {"\xc3\xa9@x",                  errc::eight_bit, 0},
    {"a\xc3\xa9@x",                 errc::eight_bit, 1},
    {"\"\xc3\xa9\"@x",              errc::eight_bit, 1},
    {"a@\xc3\xa9",                  errc::eight_bit, 2},
    {"a@b_c",                       errc::bad_domain, 3},
    {"a@-b",                        errc::bad_domain, 2},
    {"a@b.",                        errc::bad_domain, 4},
    {"a@[1.2.3.4",                  errc::bad_literal, 10},
    {"a@[1.2.3.4]x",                errc::bad_literal, 11},
    {"a@[256.1.1.1]",               errc::bad_literal, 3},
    {"a@[::1]",                     errc::bad_literal, 3},
    {"a@1.2.3.4]",                  errc::bad_domain, 9},
};

struct good_path {
    std::string_view text;
    path_kind kind;
    std::string_view mailbox, route;
};

constexpr good_path paths[] = {
    {"<>",                                  path_kind::null,       "", ""},
    {"<a@b>",                               path_kind::mailbox,    "a@b", ""},
    {"<\"a>b\"@x>",                         path_kind::mailbox,    "\"a>b\"@x", ""},
    {"<\"a\\\">b\"@x>",                     path_kind::mailbox,    "\"a\\\">b\"@x", ""},
    {"<Postmaster>",                        path_kind::postmaster, "", ""},
    {"<postmaster>",                        path_kind::postmaster, "", ""},
    {"<POSTMASTER>",                        path_kind::postmaster, "", ""},
    {"<Postmaster@example.org>",            path_kind::mailbox,    "Postmaster@example.org", ""},
    {"<@hosta.int,@jkl.org:userc@d.bar.org>", path_kind::mailbox,  "userc@d.bar.org", "@hosta.int,@jkl.org"},
    {"<@a:b@c>",                            path_kind::mailbox,    "b@c", "@a"},
    {"<@a:\"x:y@z\"@c>",                    path_kind::mailbox,    "\"x:y@z\"@c", "@a"},
    {"<@a:b@[1.2.3.4]>",                    path_kind::mailbox,    "b@[1.2.3.4]", "@a"},
    {"<@a,@b,@c,@d:e@f>",                   path_kind::mailbox,    "e@f", "@a,@b,@c,@d"},
};

constexpr refused bad_paths[] = {
    {"",                                    errc::bad_path, 0},
    {"a@b",                                 errc::bad_path, 0}, // L2
    {" <a@b>",                              errc::bad_path, 0},
    {"<",                                   errc::bad_local_part, 1},
    {"< >",                                 errc::bad_local_part, 1},
    {"<a@b",                                errc::bad_path, 4},
    {"<a@b> ",                              errc::bad_path, 5},
    {"<a@b>x",                              errc::bad_path, 5}, // L13
    {"<<a@b>>",                             errc::bad_local_part, 1},
    {"<a@b>>",                              errc::bad_path, 5},
    {"<>>",                                 errc::bad_path, 2},
    {"< a@b>",                              errc::bad_local_part, 1},
    {"<a@b >",                              errc::bad_domain, 4},
    {"<a@b,c@d>",                           errc::bad_domain, 4},
    {"<a@[1.2.3.4] >",                      errc::bad_literal, 12},
    {"<drozd>",                             errc::bad_path, 6}, // SR-19
    {"<Postmasters>",                       errc::bad_path, 12},
    {"<Postmaste>",                         errc::bad_path, 10},
    {"<\"Postmaster\">",                    errc::bad_path, 13},
    {"<Postmaster",                         errc::bad_path, 11},
    {"<\"a>",                               errc::bad_local_part, 4},
    {"<@a>",                                errc::bad_route, 3},
    {"<@a:>",                               errc::bad_local_part, 4},
    {"<@:a@b>",                             errc::bad_domain, 2},
    {"<@a,:b@c>",                           errc::bad_route, 4},
    {"<@a,b:c@d>",                          errc::bad_route, 4},
    {"<@a, @b:c@d>",                        errc::bad_route, 4},
    {"<@a@b:c@d>",                          errc::bad_route, 3},
    {"<@a:b>",                              errc::bad_path, 5},
    {"<@a:@b:c@d>",                         errc::bad_local_part, 4},
    {"<@[1.2.3.4]:b@c>",                    errc::bad_domain, 2}, // At-domain = "@" Domain
    {"<@a;b@c>",                            errc::bad_route, 3},
    {"<server1,server2:someone@server3>",   errc::bad_local_part, 8}, // SR-21
    {"<a@b>\r\n",                           errc::bad_path, 5},
    {"<a@b\r\n>",                           errc::bad_domain, 4},
};
// clang-format on

std::string meant(const mailbox& box) {
    std::array<char, 300> out{};
    const auto size = box.unquoted().copy(out);
    REQUIRE(size);
    return {out.data(), *size};
}

} // namespace

TEST_CASE("grammar 1: mailboxes that fit, L14: raw and unquoted") {
    for (const good_mailbox& v : good) {
        CAPTURE(v.text);
        leniency used = legacy();
        const auto box = parse_mailbox(v.text, {}, &used);
        REQUIRE(box);
        CHECK(box->text() == v.text);
        CHECK(box->local_part() == v.local);
        CHECK(box->domain().text() == v.host);
        CHECK(meant(*box) == v.meant);
        CHECK(box->unquoted() == v.meant);
        CHECK_FALSE(box->unquoted() == std::string(v.meant) + "x");
        CHECK_FALSE(box->unquoted() == v.meant.substr(1));
        CHECK(used == leniency{});
        CHECK(*box == *box);
    }
}

TEST_CASE("grammar 1: mailboxes that do not fit, with the place") {
    for (const refused& v : bad) {
        CAPTURE(v.text);
        const auto box = parse_mailbox(v.text);
        CHECK(box.error() == parse_error{v.code, v.offset});
        CHECK(box->empty());
    }
}

TEST_CASE("grammar 1, 1.1: paths that fit, L4, L5") {
    for (const good_path& v : paths) {
        CAPTURE(v.text);
        leniency used = legacy();
        const auto p = parse_path(v.text, {}, &used);
        REQUIRE(p);
        CHECK(p->kind() == v.kind);
        CHECK(p->mailbox().text() == v.mailbox);
        CHECK(p->route() == v.route);
        CHECK(p->text() == v.text.substr(1, v.text.size() - 2));
        CHECK(p->is_null() == (v.kind == path_kind::null));
        CHECK(p->is_postmaster() == (v.kind == path_kind::postmaster));
        CHECK(used == leniency{});
    }
}

TEST_CASE("grammar 1, 1.1: paths that do not fit, with the place") {
    for (const refused& v : bad_paths) {
        CAPTURE(v.text);
        const auto p = parse_path(v.text);
        CHECK(p.error() == parse_error{v.code, v.offset});
        CHECK(p->is_null());
    }
}

TEST_CASE("grammar 1: every octet in an atom, in quotes and behind a backslash") {
    constexpr std::string_view atext = "!#$%&'*+-/=?^_`{|}~";
    for (unsigned octet = 0; octet < 256; ++octet) {
        CAPTURE(octet);
        const char c = static_cast<char>(octet);
        const bool letter = octet < 128 && (octet | 32U) >= 'a' && (octet | 32U) <= 'z';
        const bool digit = octet >= '0' && octet <= '9';
        const bool in_atom = letter || digit || c == '.' || (octet != 0 && atext.find(c) != std::string_view::npos);
        const errc why = octet >= 128 ? errc::eight_bit : errc::bad_local_part;
        const auto atom = parse_mailbox(std::string{'a', c, 'b', '@', 'x'});
        parse_error expected = in_atom ? parse_error{} : parse_error{why, 1};
        if (c == '@') expected = {errc::bad_domain, 3};
        if (c == '>') expected = {errc::bad_path, 1}; // a path would end here
        CHECK(atom.error() == expected);

        const bool printable = octet >= 32 && octet < 127;
        const auto quoted = parse_mailbox(std::string{'"', c, 'a', '"', '@', 'x'});
        if (c == '"')
            CHECK(quoted.error() == parse_error{errc::bad_local_part, 1});
        else if (c == '\\')
            CHECK(quoted);
        else
            CHECK(quoted.error() == (printable ? parse_error{} : parse_error{why, 1}));

        const auto pair = parse_mailbox(std::string{'"', '\\', c, '"', '@', 'x'});
        CHECK(pair.error() == (printable ? parse_error{} : parse_error{errc::bad_local_part, 2}));
    }
}

TEST_CASE("grammar 5: UTF-8 in local parts, never behind a backslash") {
    const std::string_view fits[] = {"\xc3\xa9@x", "a\xe2\x82\xac.b@x", "\"\xc3\xa9 b\"@x",
                                     "\xf0\x9f\x98\x80@\xc3\xa9.x"};
    for (const std::string_view text : fits) {
        CAPTURE(text);
        CHECK(parse_mailbox(text, utf8));
        CHECK(parse_mailbox(text).error().code == errc::eight_bit);
    }
    const refused wrong[] = {
        {"a\x80@x", errc::bad_utf8, 1},
        {"\"a\xc0\x80\"@x", errc::bad_utf8, 2},
        {"\"\\\xc3\xa9\"@x", errc::bad_local_part, 2},
        {"a\xc2\x85@x", errc::bad_utf8, 1},
        {"a@b\xed\xa0\x80", errc::bad_utf8, 3},
        {"\xc3\xa9 b@x", errc::bad_local_part, 2},
    };
    for (const refused& v : wrong) {
        CAPTURE(v.text);
        CHECK(parse_mailbox(v.text, utf8).error() == parse_error{v.code, v.offset});
    }
    CHECK(parse_mailbox(repeat("\xc3\xa9", 32) + "@x", utf8)); // limits count octets
    CHECK(parse_mailbox(repeat("\xc3\xa9", 32) + "a@x", utf8).error() == parse_error{errc::local_part_too_long, 64});
}

TEST_CASE("grammar 9: local parts of 64 octets, paths of 256, L50") {
    CHECK(parse_mailbox(repeat("a", 63) + "@x"));
    CHECK(parse_mailbox(repeat("a", 64) + "@x"));
    CHECK(parse_mailbox(repeat("a", 65) + "@x").error() == parse_error{errc::local_part_too_long, 64});
    CHECK(parse_mailbox('"' + repeat("a", 62) + "\"@x"));
    CHECK(parse_mailbox('"' + repeat("a", 63) + "\"@x").error() == parse_error{errc::local_part_too_long, 64});
    CHECK(parse_mailbox("a@" + lexical::long_domain(255)));
    CHECK(parse_mailbox("a@" + lexical::long_domain(256)).error() == parse_error{errc::domain_too_long, 257});

    const syntax lenient{lexical::only("long_local_part")};
    CHECK(parse_mailbox(repeat("a", 128) + "@x", lenient));
    CHECK(parse_mailbox(repeat("a", 129) + "@x", lenient).error() == parse_error{errc::local_part_too_long, 128});

    // with its brackets
    CHECK(parse_path("<a@" + lexical::long_domain(251) + '>'));
    CHECK(parse_path("<a@" + lexical::long_domain(252) + '>'));
    CHECK(parse_path("<a@" + lexical::long_domain(253) + '>').error() == parse_error{errc::path_too_long, 256});
    CHECK(parse_path("<@" + lexical::long_domain(247) + ":a@b.c>").error() == parse_error{});
    CHECK(parse_path("<@" + lexical::long_domain(248) + ":a@b.c>").error() == parse_error{errc::path_too_long, 256});
    const syntax bare{lexical::only("missing_brackets")};
    CHECK(parse_path("<a\\:b@c>", {legacy()})); // a backslash is in no route, so the colon ends none
    // its brackets count where they are missing, so the octet that is too much is another one
    CHECK(parse_path("a@" + lexical::long_domain(252), bare));
    CHECK(parse_path("a@" + lexical::long_domain(253), bare).error() == parse_error{errc::path_too_long, 254});
}

TEST_CASE("mailboxes are equal by meaning: quoting and the case of the domain do not matter") {
    struct pair {
        std::string_view a, b;
        bool same;
    };
    // clang-format off
    const pair pairs[] = {
        {"joe@x",           "\"joe\"@x",        true},  // RFC 5321 4.1.2
        {"joe@x",           "\"j\\oe\"@x",      true},
        {"\"joe\"@x",       "\"\\j\\o\\e\"@X",  true},
        {"joe@X.example",   "joe@x.EXAMPLE",    true},
        {"Joe@x",           "joe@x",            false}, // RFC 5321 2.4
        {"joe@x",           "joe@y",            false},
        {"joe@x",           "jo@x",             false},
        {"jo@x",            "\"joe\"@x",        false},
        {"\"a\\\\b\"@x",    "\"a\\b\"@x",       false},
        {"\"a b\"@x",       "\"a\\ b\"@x",      true},
        {"a@[1.2.3.4]",     "a@[001.002.3.4]",  true},
        {"a@[IPv6:::1]",    "\"a\"@[IPv6:0::1]", true},
    };
    // clang-format on
    for (const pair& v : pairs) {
        CAPTURE(v.a, v.b);
        const auto a = parse_mailbox(v.a);
        const auto b = parse_mailbox(v.b);
        REQUIRE((a && b));
        CHECK((*a == *b) == v.same);
        CHECK((*b == *a) == v.same);
        CHECK((path(*a) == path(*b)) == v.same);
    }
    CHECK(mailbox{} == mailbox{});
}

TEST_CASE("paths are equal by meaning: routes do not matter") {
    const auto at = [](std::string_view text) { return parse_path(text).value(); };
    CHECK(at("<@a:b@c>") == at("<b@c>"));
    CHECK(at("<>") == path{});
    CHECK(at("<Postmaster>") == at("<POSTMASTER>"));
    CHECK_FALSE(at("<>") == at("<Postmaster>")); // L4
    CHECK_FALSE(at("<Postmaster>") == at("<Postmaster@x>"));
    CHECK(path(mailbox{}).is_null());
}

TEST_CASE("commands 5, L5: who is the postmaster") {
    const auto asks = [](std::string_view text) { return parse_path(text).value().is_for_postmaster(); };
    CHECK(asks("<Postmaster>"));
    CHECK(asks("<postMASTER>"));
    CHECK(asks("<postmaster@example.org>"));
    CHECK(asks("<POSTMASTER@[192.0.2.1]>"));
    CHECK(asks("<\"postmaster\"@example.org>"));
    CHECK(asks("<@relay.example:postmaster@example.org>"));
    CHECK_FALSE(asks("<>"));
    CHECK_FALSE(asks("<postmasters@example.org>"));
    CHECK_FALSE(asks("<postmaste@example.org>"));
    CHECK_FALSE(asks("<abuse@example.org>"));
}

TEST_CASE("grammar 1.1: the hosts of a source route") {
    const auto hosts_of = [](std::string_view text, const syntax& how = {}) {
        std::vector<std::string> hosts;
        const auto p = parse_path(text, how);
        REQUIRE(p);
        for (const domain host : p->hosts()) {
            CHECK(host.kind() == host_kind::name);
            hosts.emplace_back(host.text());
        }
        return hosts;
    };
    CHECK(hosts_of("<a@b>").empty());
    CHECK(hosts_of("<>").empty());
    CHECK(hosts_of("<Postmaster>").empty());
    CHECK(hosts_of("<@a.x:b@c>") == std::vector<std::string>{"a.x"});
    CHECK(hosts_of("<@a.x,@b.y,@c:b@c>") == std::vector<std::string>{"a.x", "b.y", "c"});
    // SR-21: the seed's form gives the same
    CHECK(hosts_of("<server1,server2:someone@server3>", {lexical::only("bare_route")}) ==
          std::vector<std::string>{"server1", "server2"});
}

TEST_CASE("views lie in the text that was parsed") {
    const std::string text = "<@relay.example,@b:\"a b\"@[IPv6:::1]>";
    const auto inside = [&](std::string_view view) {
        return view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size();
    };
    const path p = parse_path(text).value();
    CHECK((inside(p.text()) && inside(p.route()) && inside(p.mailbox().text()) && inside(p.mailbox().local_part()) &&
           inside(p.mailbox().domain().text()) && inside(p.mailbox().domain().address())));
    for (const domain host : p.hosts()) CHECK(inside(host.text()));
}

TEST_CASE("parsing takes time in proportion to the text") {
    // What cannot be a path is seen through once, however it goes wrong.
    const std::string inputs[] = {'<' + repeat("@a,", 20000), '<' + repeat("\\\"", 30000), "<\"" + repeat("a", 60000),
                                  '<' + repeat("a.", 30000),  "<a@" + repeat("[", 60000),  "<a@[" + repeat(":", 60000)};
    for (const std::string& text : inputs) {
        const auto p = parse_path(text, {legacy()});
        CHECK_FALSE(p);
        CHECK(p.error().offset <= text.size());
    }
}

// What is taken at one go must be what the rules take octet by octet, with the same result and at the same place.
TEST_CASE("paths: the short way and the rules agree") {
    const std::string_view pieces[] = {"<", ">",  "@", ".", "-", "--",       "a",         "b1",
                                       "_", "\"", ",", ":", " ", "\xC3\xA9", "Postmaster"};
    constexpr std::size_t count = std::size(pieces);
    std::size_t usual_ones = 0;
    for (std::size_t seed = 0; seed < 200'000; ++seed) {
        std::string text = "<a@b";
        for (std::size_t n = seed, k = 0; k < 4; ++k, n /= count) text += pieces[n % count];
        text += seed % 3 == 0 ? ">" : seed % 3 == 1 ? ".c>" : "> SIZE=1";
        detail::cursor fast(text, syntax{});
        detail::cursor slow(text, syntax{});
        path quick;
        path full;
        if (!detail::take_usual_path(fast, quick)) continue;
        ++usual_ones;
        const errc e = detail::take_other_path(slow, full, false);
        if (e == errc::none && fast.at == slow.at && quick.text() == full.text() && quick == full) continue;
        FAIL_CHECK(text);
    }
    CHECK(usual_ones > 1000);
}
