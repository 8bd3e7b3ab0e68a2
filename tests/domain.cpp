// Domains and address literals: grammar.md sections 1, 2 and 5 [RFC 5321 4.1.2, 4.1.3; RFC 6531 3.3].
#include <sansmtp/domain.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;
using lexical::repeat;

static_assert(sizeof(domain) <= 24 && std::is_trivially_copyable_v<domain>);

namespace {

constexpr syntax utf8{strict(), true};

struct good_domain {
    std::string_view text;
    host_kind kind;
    std::string_view normal; // as serialize writes it; empty: as it came
};

// clang-format off
constexpr good_domain good[] = {
    // sub-domain *("." sub-domain)
    {"a",                               host_kind::name, ""},
    {"localhost",                       host_kind::name, ""}, // a single label is grammatical [5321 2.3.5]
    {"example.org",                     host_kind::name, ""},
    {"EXAMPLE.Org",                     host_kind::name, ""}, // case is kept
    {"a-b.c--d.e",                      host_kind::name, ""},
    {"xn--bcher-kva.example",           host_kind::name, ""},
    {"1.2.3.4",                         host_kind::name, ""}, // labels may be all digits
    {"195.161.101.33",                  host_kind::name, ""},
    {"0",                               host_kind::name, ""},
    {"9a.b9",                           host_kind::name, ""},
    // IPv4-address-literal
    {"[127.0.0.1]",                     host_kind::ipv4, ""},
    {"[0.0.0.0]",                       host_kind::ipv4, ""},
    {"[255.255.255.255]",               host_kind::ipv4, ""},
    {"[001.002.003.004]",               host_kind::ipv4, "[1.2.3.4]"}, // decimal, not octal
    {"[010.000.077.255]",               host_kind::ipv4, "[10.0.77.255]"},
    // IPv6-address-literal: the table of section 2
    {"[IPv6:::1]",                      host_kind::ipv6, ""},
    {"[IPv6:::]",                       host_kind::ipv6, ""},
    {"[ipv6:2001:db8::1]",              host_kind::ipv6, "[IPv6:2001:db8::1]"},
    {"[IPV6:2001:DB8::1]",              host_kind::ipv6, "[IPv6:2001:db8::1]"},
    {"[IPv6:1:2:3:4:5:6:7:8]",          host_kind::ipv6, ""},
    {"[IPv6:1:2:3:4:5:6::]",            host_kind::ipv6, ""},
    {"[IPv6:::3:4:5:6:7:8]",            host_kind::ipv6, ""},
    {"[IPv6:1:2:3::6:7:8]",             host_kind::ipv6, ""},
    {"[IPv6:1::8]",                     host_kind::ipv6, ""},
    {"[IPv6:0001:0:0:0:0:0:0:8]",       host_kind::ipv6, "[IPv6:1::8]"},
    {"[IPv6:0:0:0:0:0:0:0:0]",          host_kind::ipv6, "[IPv6:::]"},
    {"[IPv6:1:0:0:2:0:0:0:3]",          host_kind::ipv6, "[IPv6:1:0:0:2::3]"},  // the longest run
    {"[IPv6:1:0:0:2:3:0:0:4]",          host_kind::ipv6, "[IPv6:1::2:3:0:0:4]"}, // the first of two
    {"[IPv6:1:0:2:3:4:5:6:7]",          host_kind::ipv6, ""},  // "::" never for one group
    {"[IPv6:ABCD:ef01:10:100:1000::]",  host_kind::ipv6, "[IPv6:abcd:ef01:10:100:1000::]"},
    {"[IPv6:::ffff:192.0.2.1]",         host_kind::ipv6, ""},
    {"[IPv6:::FFFF:c000:0201]",         host_kind::ipv6, "[IPv6:::ffff:192.0.2.1]"},
    {"[IPv6:1:2:3:4:5:6:192.0.2.1]",    host_kind::ipv6, "[IPv6:1:2:3:4:5:6:c000:201]"},
    {"[IPv6:1:2:3:4::192.0.2.1]",       host_kind::ipv6, "[IPv6:1:2:3:4::c000:201]"},
    {"[IPv6:::192.0.2.1]",              host_kind::ipv6, "[IPv6:::c000:201]"},
    {"[IPv6:::1:2:3:4:192.0.2.1]",      host_kind::ipv6, "[IPv6:::1:2:3:4:c000:201]"},
    {"[IPv6:0:0:0:0:0:0:192.000.002.001]", host_kind::ipv6, "[IPv6:::c000:201]"},
    // General-address-literal
    {"[X400:c=us;a=att]",               host_kind::general, ""},
    {"[tag:!]",                         host_kind::general, ""},
    {"[a-b:c:d]",                       host_kind::general, ""},
    {"[-x:y]",                          host_kind::general, ""}, // Ldh-str may begin with "-"
    {"[IPv4:1.2.3.4]",                  host_kind::general, ""},
    {"[IPv66:::1]",                     host_kind::general, ""},
};

struct bad_domain_text {
    std::string_view text;
    errc code;
    std::size_t offset;
};

constexpr bad_domain_text bad[] = {
    {"",                                errc::bad_domain, 0},
    {".",                               errc::bad_domain, 0},
    {".a",                              errc::bad_domain, 0},
    {"a.",                              errc::bad_domain, 2},
    {"a..b",                            errc::bad_domain, 2},
    {"a.b.",                            errc::bad_domain, 4},
    {"-a",                              errc::bad_domain, 0},
    {"a-",                              errc::bad_domain, 1},
    {"a.-b",                            errc::bad_domain, 2},
    {"a.b-.c",                          errc::bad_domain, 3},
    {"-",                               errc::bad_domain, 0},
    {"my_host",                         errc::bad_domain, 2}, // no underscore [5321 4.1.2]
    {"a b",                             errc::bad_domain, 1},
    {" a",                              errc::bad_domain, 0},
    {"a ",                              errc::bad_domain, 1},
    {"a@b",                             errc::bad_domain, 1},
    {"a\tb",                            errc::bad_domain, 1},
    {"a\r\nb",                          errc::bad_domain, 1},
    {"a\0b"sv,                          errc::bad_domain, 1},
    {"a\x7f",                           errc::bad_domain, 1},
    {"#123",                            errc::bad_domain, 0}, // RFC 821's numbers [5321 F.4]
    {"b\xc3\xbc" "cher.example",        errc::eight_bit, 1},
    // literals
    {"[",                               errc::bad_literal, 1},
    {"[]",                              errc::bad_literal, 1},
    {"[1.2.3.4",                        errc::bad_literal, 8},
    {"[1.2.3.4]x",                      errc::bad_domain, 9},
    {"[1.2.3]",                         errc::bad_literal, 6},
    {"[1.2.3.4.5]",                     errc::bad_literal, 8},
    {"[1.2.3.4 ]",                      errc::bad_literal, 8},
    {"[ 1.2.3.4]",                      errc::bad_literal, 1},
    {"[256.0.0.1]",                     errc::bad_literal, 1},
    {"[1.2.3.999]",                     errc::bad_literal, 7},
    {"[1.2.3.0004]",                    errc::bad_literal, 10},
    {"[1..3.4]",                        errc::bad_literal, 3},
    {"[1.2.3.]",                        errc::bad_literal, 7},
    {"[+1.2.3.4]",                      errc::bad_literal, 1},
    {"[0x1.2.3.4]",                     errc::bad_literal, 2},
    {"[example.org]",                   errc::bad_literal, 1},
    {"[IPv6:1:2:3:4:5:6:7::]",          errc::bad_literal, 20}, // "::" would stand for one group
    {"[IPv6:::2:3:4:5:6:7:8]",          errc::bad_literal, 20},
    {"[IPv6:1::3:4:5:6:7:8]",           errc::bad_literal, 19},
    {"[IPv6:1:2:3:4:5:6:7:8:9]",        errc::bad_literal, 22},
    {"[IPv6:1:2:3:4:5:6:7:8::]",        errc::bad_literal, 22},
    {"[IPv6:1::2::3]",                  errc::bad_literal, 11},
    {"[IPv6:::1::]",                    errc::bad_literal, 10},
    {"[IPv6::::]",                      errc::bad_literal, 8},
    {"[IPv6:12345::]",                  errc::bad_literal, 10},
    {"[IPv6:]",                         errc::bad_literal, 6},
    {"[IPv6:1]",                        errc::bad_literal, 7},
    {"[IPv6:1:2:3:4:5:6:7]",            errc::bad_literal, 19},
    {"[IPv6::1:2:3:4:5:6:7]",           errc::bad_literal, 6},
    {"[IPv6:1:2:3:4:5:6:7:]",           errc::bad_literal, 20},
    {"[IPv6:g::]",                      errc::bad_literal, 6},
    {"[IPv6:1:2:3:4:5::192.0.2.1]",     errc::bad_literal, 17},
    {"[IPv6:1:2:3:4:5:6:7:192.0.2.1]",  errc::bad_literal, 20},
    {"[IPv6:1:2:3:4:5:192.0.2.1]",      errc::bad_literal, 25},
    {"[IPv6:192.0.2.1]",                errc::bad_literal, 15},
    {"[IPv6:192.0.2.1::]",              errc::bad_literal, 15},
    {"[IPv6:::192.0.2.256]",            errc::bad_literal, 16},
    {"[IPv6:::192.0.2]",                errc::bad_literal, 15},
    {"[IPv6:::1%eth0]",                 errc::bad_literal, 9}, // no zone
    {"[IPv6:2001:db8::/32]",            errc::bad_literal, 16}, // no prefix length
    {"[IPv6: ::1]",                     errc::bad_literal, 6},
    {"[::1]",                           errc::bad_literal, 1}, // the tag is required
    {"[2001:db8::1]",                   errc::bad_literal, 1}, // an all-hex tag is no tag
    {"[beef:cafe]",                     errc::bad_literal, 1},
    {"[tag:]",                          errc::bad_literal, 5},
    {"[tag-:x]",                        errc::bad_literal, 4},
    {"[t_g:x]",                         errc::bad_literal, 1},
    {"[tag:a b]",                       errc::bad_literal, 6},
    {"[tag:a[b]",                       errc::bad_literal, 6},
    {"[tag:a\\]",                       errc::bad_literal, 6},
    {"[tag:\xc3\xa9]",                  errc::bad_literal, 5},
    {"[tag:x",                          errc::bad_literal, 6},
};
// clang-format on

std::string written(const domain& host, const address_form& form = {}) {
    std::array<char, 300> out{};
    const auto size = serialize(host, out, form);
    return size ? std::string(out.data(), *size) : "refused";
}

} // namespace

TEST_CASE("grammar 1, 2: domains and literals that fit, L16") {
    for (const good_domain& v : good) {
        CAPTURE(v.text);
        leniency used = legacy();
        const auto parsed = parse_domain(v.text, {}, &used);
        REQUIRE(parsed);
        CHECK(parsed->text() == v.text);
        CHECK(parsed->kind() == v.kind);
        CHECK(used == leniency{});
        const std::string normal = written(*parsed);
        CHECK(normal == (v.normal.empty() ? v.text : v.normal));
        const auto again = parse_domain(normal);
        REQUIRE(again);
        CHECK(*again == *parsed);
        CHECK(written(*again) == normal);
    }
}

TEST_CASE("grammar 1, 2: domains and literals that do not fit, with the place") {
    for (const bad_domain_text& v : bad) {
        CAPTURE(v.text);
        const auto parsed = parse_domain(v.text);
        CHECK(parsed.error() == parse_error{v.code, v.offset});
        CHECK(parsed->empty());
    }
}

TEST_CASE("grammar 1, 9: labels of 63 octets, domains of 255, L50") {
    CHECK(parse_domain(repeat("a", 62)));
    CHECK(parse_domain(repeat("a", 63)));
    CHECK(parse_domain(repeat("a", 64)).error() == parse_error{errc::domain_too_long, 63});
    CHECK(parse_domain("b." + repeat("a", 63)));
    CHECK(parse_domain("b." + repeat("a", 64) + ".c").error() == parse_error{errc::domain_too_long, 65});
    CHECK(parse_domain(repeat("a", 70) + "-").error() == parse_error{errc::domain_too_long, 63});
    for (const std::size_t size : {253U, 254U, 255U}) {
        CHECK(lexical::long_domain(size).size() == size);
        CHECK(parse_domain(lexical::long_domain(size)));
    }
    CHECK(parse_domain(lexical::long_domain(256)).error() == parse_error{errc::domain_too_long, 255});
    CHECK(parse_domain(repeat("a.", 127) + "b")); // 255
    CHECK(parse_domain(repeat("a.", 128) + "b").error() == parse_error{errc::domain_too_long, 255});
    CHECK(parse_domain("[t:" + repeat("x", 251) + "]")); // 255
    CHECK(parse_domain("[t:" + repeat("x", 252) + "]").error() == parse_error{errc::domain_too_long, 255});
}

TEST_CASE("grammar 1: every octet in a label") {
    for (unsigned octet = 0; octet < 256; ++octet) {
        CAPTURE(octet);
        const std::string text{'a', static_cast<char>(octet), 'b'};
        const bool letter = (octet | 32U) >= 'a' && (octet | 32U) <= 'z';
        const bool fits = octet < 128 && (letter || (octet >= '0' && octet <= '9') || octet == '-' || octet == '.');
        const auto parsed = parse_domain(text);
        CHECK(parsed.has_value() == fits);
        if (!fits) CHECK(parsed.error() == parse_error{octet < 128 ? errc::bad_domain : errc::eight_bit, 1});
    }
}

TEST_CASE("grammar 5: U-labels only with SMTPUTF8, and only valid UTF-8") {
    // clang-format off
    constexpr std::string_view fits[] = {
        "b\xc3\xbc" "cher.example", "\xe4\xbe\x8b\xe3\x81\x88.example", "a.\xf0\x9f\x98\x80", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80",
        "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xc3\xa9-\xc3\xa9",
    };
    constexpr bad_domain_text wrong[] = {
        {"a\x80",             errc::bad_utf8, 1}, // a tail alone
        {"a\xc0\x80",         errc::bad_utf8, 1}, // overlong
        {"\xc1\xbf",          errc::bad_utf8, 0},
        {"\xe0\x9f\xbf",      errc::bad_utf8, 0},
        {"\xf0\x8f\xbf\xbf",  errc::bad_utf8, 0},
        {"\xed\xa0\x80",      errc::bad_utf8, 0}, // a surrogate
        {"\xf4\x90\x80\x80",  errc::bad_utf8, 0}, // over U+10FFFF
        {"\xf5\x80\x80\x80",  errc::bad_utf8, 0},
        {"\xff",              errc::bad_utf8, 0},
        {"a\xc3",             errc::bad_utf8, 1}, // cut
        {"a\xe2\x82",         errc::bad_utf8, 1},
        {"a\xf0\x9f\x98",     errc::bad_utf8, 1},
        {"\xc3\xa9\xc3.b",    errc::bad_utf8, 2},
        {"\xc2\x80",          errc::bad_utf8, 0}, // C1 controls
        {"\xc2\x9f",          errc::bad_utf8, 0},
        {"\xc3\xa9_",         errc::bad_domain, 2},
        {"\xc3\xa9-",         errc::bad_domain, 2},
        {"[t:\xc3\xa9]",      errc::bad_literal, 3},
    };
    // clang-format on
    for (const std::string_view text : fits) {
        CAPTURE(text);
        const auto parsed = parse_domain(text, utf8);
        REQUIRE(parsed);
        CHECK(written(*parsed, {true}) == text);
        CHECK(written(*parsed) == "refused");
        CHECK(parse_domain(text).error().code == errc::eight_bit);
    }
    for (const bad_domain_text& v : wrong) {
        CAPTURE(v.text);
        CHECK(parse_domain(v.text, utf8).error() == parse_error{v.code, v.offset});
    }
    CHECK(parse_domain(repeat("\xc3\xa9", 31), utf8)); // limits count octets
    CHECK(parse_domain(repeat("\xc3\xa9", 32), utf8).error() == parse_error{errc::domain_too_long, 63});
}

TEST_CASE("domains are equal by meaning") {
    const auto same = [](std::string_view a, std::string_view b) {
        const syntax how{legacy(), true};
        const auto x = parse_domain(a, how);
        const auto y = parse_domain(b, how);
        REQUIRE((x && y));
        CHECK((*x == *y) == (*y == *x));
        return *x == *y;
    };
    CHECK(same("Example.ORG", "eXAMPLE.org"));
    CHECK(same("example.org.", "example.org"));
    CHECK_FALSE(same("example.org", "example.com"));
    CHECK_FALSE(same("example.org", "example.or"));
    CHECK_FALSE(same("la\xc5\xbft.example", "last.example")); // ASCII folding only, L20
    CHECK_FALSE(same("\xc3\x89.example", "\xc3\xa9.example"));
    CHECK(same("[001.2.3.4]", "[1.2.3.4]"));
    CHECK_FALSE(same("[1.2.3.4]", "[1.2.3.5]"));
    CHECK_FALSE(same("[1.2.3.4]", "1.2.3.4"));
    CHECK(same("[IPv6:::1]", "[ipv6:0:0:0:0:0:0:0:1]"));
    CHECK(same("[IPv6:ABCD::]", "[IPv6:abcd:0::0]"));
    CHECK(same("[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:c000:201]"));
    CHECK_FALSE(same("[IPv6:::ffff:192.0.2.1]", "[192.0.2.1]"));
    CHECK(same("[IPv6:1:2:3:4:5:6:7::]", "[IPv6:1:2:3:4:5:6:7:0]"));
    CHECK(same("[X400:c=us]", "[x400:c=us]"));
    CHECK_FALSE(same("[X400:c=us]", "[X400:c=US]"));
    CHECK(domain{} == domain{});
}

TEST_CASE("literals tell tag, address and octets") {
    const domain v4 = *parse_domain("[192.0.2.1]");
    CHECK((v4.tag().empty() && v4.address() == "192.0.2.1" && v4.is_literal()));
    CHECK(v4.ipv4() == ipv4_address{192, 0, 2, 1});
    CHECK_FALSE(v4.ipv6());
    const domain v6 = *parse_domain("[ipv6:2001:db8::192.0.2.33]");
    CHECK((v6.tag() == "ipv6" && v6.address() == "2001:db8::192.0.2.33"));
    CHECK(v6.ipv6() == ipv6_address{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 33});
    CHECK_FALSE(v6.ipv4());
    const domain general = *parse_domain("[X400:c=us;a:b]");
    CHECK((general.tag() == "X400" && general.address() == "c=us;a:b"));
    const domain name = *parse_domain("example.org");
    CHECK((name.tag().empty() && name.address().empty() && !name.is_literal() && !name.ipv4() && !name.ipv6()));
}

TEST_CASE("literals are made of octets") {
    std::array<char, 64> out{};
    for (const good_domain& v : good) {
        const domain parsed = *parse_domain(v.text);
        if (const auto address = parsed.ipv4()) CHECK(make_literal(*address, out).value() == parsed);
        if (const auto address = parsed.ipv6()) CHECK(make_literal(*address, out).value() == parsed);
    }
    std::array<char, 47> longest{};
    ipv6_address full{};
    full.fill(0xff);
    CHECK(make_literal(full, longest)->text() == "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]");
    CHECK(make_literal(full, std::span(longest).first(45)).error().code == errc::no_room);
    CHECK(make_literal(ipv4_address{1, 2, 3, 4}, std::span(longest).first(8)).error().code == errc::no_room);
    CHECK(make_literal(ipv4_address{1, 2, 3, 4}, std::span(longest).first(9))->text() == "[1.2.3.4]");
}

TEST_CASE("serialize of a domain refuses what is none") {
    std::array<char, 8> out{};
    CHECK(serialize(domain{}, out).error().code == errc::refused_field);
    CHECK(serialize(*parse_domain("example.org"), out).error().code == errc::no_room);
    CHECK(serialize(*parse_domain("abcdefgh"), out).value() == 8);
    leniency eight = lexical::only("eight_bit");
    const auto raw = parse_domain("\xff.example", {eight, false});
    REQUIRE(raw);
    CHECK(written(*raw) == "refused");
    CHECK(written(*raw, {true}) == "refused"); // not UTF-8
}

TEST_CASE("L17: the argument of HELO and EHLO") {
    struct hello {
        std::string_view text;
        leniency allow;
        errc code;
        std::size_t offset;
        host_kind kind;
        std::string_view used; // name of the leniency
    };
    const leniency none;
    const leniency any = lexical::only("any_hello_name");
    const leniency untagged = lexical::only("untagged_ipv6");
    // clang-format off
    const hello vectors[] = {
        {"mx.example.org",          none,      errc::none, 0, host_kind::name, ""},
        {"[192.0.2.1]",             none,      errc::none, 0, host_kind::ipv4, ""},
        {"[IPv6:::1]",              none,      errc::none, 0, host_kind::ipv6, ""},
        {"195.161.101.33",          none,      errc::none, 0, host_kind::name, "bare_ipv4"},
        {"1.2.3.4.5",               none,      errc::none, 0, host_kind::name, ""},
        {"256.1.1.1",               none,      errc::none, 0, host_kind::name, ""},
        {"my_host",                 none,      errc::bad_argument, 2, host_kind::none, ""},
        {"my_host",                 any,       errc::none, 0, host_kind::other, "any_hello_name"},
        {"a..b",                    any,       errc::none, 0, host_kind::other, "any_hello_name"},
        {"-x",                      any,       errc::none, 0, host_kind::other, "any_hello_name"},
        {".",                       any,       errc::none, 0, host_kind::other, "any_hello_name"},
        {"[1.2.3.256]",             any,       errc::none, 0, host_kind::other, "any_hello_name"},
        {"<>",                      any,       errc::none, 0, host_kind::other, "any_hello_name"},
        {"[2001:db8::1]",           none,      errc::bad_argument, 1, host_kind::none, ""},
        {"[2001:db8::1]",           untagged,  errc::none, 0, host_kind::ipv6, "untagged_ipv6"},
        {"[::1]",                   untagged,  errc::none, 0, host_kind::ipv6, "untagged_ipv6"},
        {"[::ffff:192.0.2.1]",      untagged,  errc::none, 0, host_kind::ipv6, "untagged_ipv6"},
        {"[beef:cafe]",             untagged,  errc::bad_argument, 10, host_kind::none, ""},
        {"[1:2:3:4:5:6:7::]",       untagged,  errc::bad_argument, 15, host_kind::none, ""},
        {"",                        any,       errc::missing_argument, 0, host_kind::none, ""},
        {"\xc3\xa9",                any,       errc::eight_bit, 0, host_kind::none, ""},
        {"b\xc3\xa9",               any,       errc::eight_bit, 1, host_kind::none, ""},
        {"-_\xc3\xa9",              none,      errc::eight_bit, 2, host_kind::none, ""}, // before all else
        {"\x01",                    any,       errc::missing_argument, 0, host_kind::none, ""},
    };
    // clang-format on
    for (const hello& v : vectors) {
        CAPTURE(v.text, v.used);
        detail::cursor c(v.text, {v.allow});
        domain found;
        CHECK(detail::take_hello_name(c, found) == v.code);
        if (v.code != errc::none) CHECK(c.at == v.offset);
        CHECK((v.code != errc::none || found.kind() == v.kind));
        CHECK(c.used == lexical::only(v.used));
    }
    const domain loopback = [&] {
        detail::cursor c("[::1]", {untagged});
        domain found;
        detail::take_hello_name(c, found);
        return found;
    }();
    CHECK(loopback == *parse_domain("[IPv6:::1]"));
    CHECK((loopback.tag().empty() && loopback.address() == "::1"));
    CHECK(written(loopback) == "[IPv6:::1]");
    const std::string longest = repeat("_", 255);
    const std::string longer = repeat("_", 256);
    domain found;
    detail::cursor fits(longest, {any});
    CHECK(detail::take_hello_name(fits, found) == errc::none);
    detail::cursor exceeds(longer, {any});
    CHECK(detail::take_hello_name(exceeds, found) == errc::domain_too_long);
    CHECK(exceeds.at == 255);
}
