// Replies that are sent. Those that come are in reply_view.cpp.
#include <sansmtp/literals.hpp>
#include <sansmtp/reply.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace sansmtp;
using namespace sansmtp::literals;

namespace {

std::string wire(const reply& r, bool enhanced = true) {
    std::string out(8192, '\0');
    const auto size = serialize(r, out, enhanced);
    REQUIRE(size);
    out.resize(*size);
    return out;
}

} // namespace

TEST_CASE("replies: what is written, and that it is read again") {
    CHECK(wire("250 Ok"_reply) == "250 Ok\r\n");
    CHECK(wire("250 2.1.0 Ok"_reply) == "250 2.1.0 Ok\r\n");
    CHECK(wire("250 "_reply) == "250 \r\n");
    CHECK(wire("250"_reply) == "250 \r\n");  // servers SHOULD send the SP [5321 4.2.1]
    CHECK(wire("334 "_reply) == "334 \r\n"); // L36
    CHECK(wire("550 5.1.1 a\nb\n\nd"_reply) == "550-5.1.1 a\r\n550-5.1.1 b\r\n550-5.1.1 \r\n550 5.1.1 d\r\n");
    CHECK(wire("250 a\n"_reply) == "250-a\r\n250 \r\n");
    CHECK(wire("250 2.1.0 Ok"_reply, false) == "250 Ok\r\n"); // to EHLO
    CHECK(wire({550, {5, 999, 999}, "x"}) == "550 5.999.999 x\r\n");
}

TEST_CASE("replies: a line has 512 octets at most, whatever the text") {
    for (const enhanced_code e : {enhanced_code{}, enhanced_code{5, 1, 1}, enhanced_code{5, 100, 100}}) {
        for (std::size_t n = 480; n < 530; ++n) {
            const std::string text(n, 'x');
            const std::string out = wire(*reply::make(550, e, text));
            const auto parsed = parse_reply(out);
            REQUIRE(parsed);
            std::string joined;
            std::size_t lines = 0;
            for (const std::string_view line : *parsed) joined += line, ++lines;
            CHECK(joined == text);
            CHECK(parsed->enhanced() == e);
            const std::size_t prefix = !e ? 4 : e.subject == 1 ? 10 : 14;
            CHECK(lines == (n > 510 - prefix ? 2 : 1));
            for (std::size_t at = 0; at < out.size(); at = out.find("\r\n", at) + 2)
                CHECK(out.find("\r\n", at) - at + 2 <= 512);
        }
    }
    std::string utf8;
    while (utf8.size() < 1000) utf8 += "x\xE2\x82\xAC";
    const std::string out = wire(*reply::make(250, {}, utf8, true));
    for (const std::string_view line : *parse_reply(out))
        CHECK((static_cast<unsigned char>(line.front()) & 0xC0U) != 0x80U); // no character is cut
}

TEST_CASE("L45: no control octet reaches the wire through the text of a reply") {
    for (int octet = 0; octet < 256; ++octet) {
        std::string text = "some text ";
        text.push_back(static_cast<char>(octet));
        text += "250 forged";
        const auto made = reply::make(250, {2, 0, 0}, text);
        const bool good = octet == '\t' || octet == '\n' || (octet >= ' ' && octet <= '~');
        CHECK(made.has_value() == good);
        if (!good) CHECK(made.error().code == errc::refused_field);
        if (made) CHECK(parse_reply(wire(*made)));
    }
    CHECK(reply::make(250, {}, "\xC3\xA9").error().code == errc::refused_field);
    CHECK(reply::make(250, {}, "\xC3\xA9", true));
    CHECK(reply::make(250, {}, "\xC3", true).error().code == errc::refused_field);
    CHECK(reply::make(250, {}, "\xC2\x85", true).error().code == errc::refused_field); // a C1 control
}

TEST_CASE("L47: replies are made with enhanced codes of their own class only") {
    CHECK(reply::make(250, {5, 1, 1}, "x").error().code == errc::illegal_code);
    CHECK(reply::make(354, {2, 0, 0}, "x").error().code == errc::illegal_code);
    CHECK(reply::make(reply_code{}, {}, "x").error().code == errc::illegal_code);
    CHECK(serialize(reply{}, {}).error().code == errc::illegal_code);
    CHECK(takes_enhanced_code(verb::mail, 250));
    CHECK(takes_enhanced_code(verb::quit, 221));
    CHECK_FALSE(takes_enhanced_code(verb::ehlo, 250));
    CHECK_FALSE(takes_enhanced_code(verb::helo, 501));
    CHECK_FALSE(takes_enhanced_code(verb::lhlo, 250));
    CHECK_FALSE(takes_enhanced_code(verb::data, 354));
    CHECK_FALSE(takes_enhanced_code(verb::auth, 334));
}

TEST_CASE("L46: the right code for each fault") {
    // clang-format off
    const struct { errc e; verb v; unsigned code; enhanced_code enhanced; } rows[] = { // replies.md 6.1
        {errc::unknown_verb,        verb::other, 500, {5, 5, 1}}, {errc::not_implemented,     verb::expn, 502, {5, 5, 1}},
        {errc::bad_sequence,        verb::data,  503, {5, 5, 1}}, {errc::bad_argument,        verb::bdat, 501, {5, 5, 4}},
        {errc::bad_path,            verb::mail,  501, {5, 1, 7}}, {errc::bad_path,            verb::rcpt, 501, {5, 1, 3}},
        {errc::bad_domain,          verb::saml,  501, {5, 1, 7}}, {errc::bad_domain,          verb::etrn, 501, {5, 5, 4}},
        {errc::line_too_long,       verb::mail,  500, {5, 5, 2}}, {errc::illegal_octet,       verb::mail, 500, {5, 5, 2}},
        {errc::unknown_parameter,   verb::mail,  555, {5, 5, 4}}, {errc::unsupported_value,   verb::mail, 555, {5, 5, 4}},
        {errc::no_valid_recipients, verb::data,  554, {5, 5, 1}}, {errc::too_many_recipients, verb::rcpt, 452, {4, 5, 3}},
        {errc::message_too_big,     verb::mail,  552, {5, 3, 4}}, {errc::bare_lf,             verb::data, 550, {5, 5, 2}},
        {errc::unknown_mechanism,   verb::auth,  504, {5, 5, 4}}, {errc::auth_cancelled,      verb::auth, 501, {5, 7, 0}},
        {errc::bad_base64,          verb::auth,  501, {5, 5, 2}}, {errc::auth_line_too_long,  verb::auth, 500, {5, 5, 6}},
        {errc::timed_out,           verb::other, 421, {4, 4, 2}}, {errc::session_shut_down,   verb::other, 421, {4, 3, 2}},
        {errc::framing_lost,        verb::bdat,  501, {5, 5, 4}}, {errc::null_path,           verb::rcpt, 501, {5, 1, 3}},
    };
    // clang-format on
    for (const auto& r : rows) {
        CHECK(suggested_reply(r.e, r.v).code() == r.code);
        CHECK(suggested_reply(r.e, r.v).enhanced() == r.enhanced);
    }
}
