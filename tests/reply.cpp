// Replies: what is sent, and what is found in a stream at every cut.
#include <sansmtp/literals.hpp>
#include <sansmtp/reply.hpp>

#include "support/catch.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;
using namespace sansmtp::literals;
using namespace std::string_view_literals;

namespace {

std::string wire(const reply& r, bool enhanced = true) {
    std::string out(8192, '\0');
    const auto size = serialize(r, out, enhanced);
    REQUIRE(size);
    out.resize(*size);
    return out;
}

std::vector<std::string> texts(const reply_view& r) {
    std::vector<std::string> found;
    for (const std::string_view text : r) found.emplace_back(text);
    return found;
}

struct outcome {
    errc code;
    std::size_t offset; // of the error, or the size of the reply
    bool operator==(const outcome&) const = default;
};

// What a parser finds when it sees `text` grow from each size to the next.
std::optional<outcome> feed(std::string_view text, std::size_t step, const limits& most = {}, leniency allow = {}) {
    reply_parser parser(most, allow);
    for (std::size_t size = 0;; size = size + step < text.size() ? size + step : text.size()) {
        const auto found = parser.next(text.substr(0, size));
        if (found)
            return *found ? outcome{errc::none, (*found)->raw().size()}
                          : outcome{found->error().code, found->error().offset};
        if (size == text.size()) return std::nullopt;
    }
}

struct good {
    std::string_view text;
    unsigned code;
    enhanced_code enhanced;
    std::vector<std::string> lines;
};

// clang-format off
const good good_replies[] = {
    {"250\r\n",                                  250, {},        {""}},              // L39
    {"250 \r\n",                                 250, {},        {""}},
    {"250 Ok\r\n",                               250, {},        {"Ok"}},
    {"250-\r\n250\r\n",                          250, {},        {"", ""}},          // L40
    {"250-\r\n250-\r\n250 \r\n",                 250, {},        {"", "", ""}},
    {"250-a\r\n250-\r\n250 c\r\n",               250, {},        {"a", "", "c"}},
    {"250-234 Text\r\n250 x\r\n",                250, {},        {"234 Text", "x"}},
    {"553- Ambiguous; Possibilities are\r\n553  <a@b>\r\n", 553, {}, {" Ambiguous; Possibilities are", " <a@b>"}},
    {"250 2.1.0 Ok\r\n",                         250, {2, 1, 0}, {"Ok"}},
    {"250-2.1.0 a\r\n250 2.1.0 b\r\n",           250, {2, 1, 0}, {"a", "b"}},
    {"250 2.0.0\r\n",                            250, {2, 0, 0}, {""}},
    {"550 2.1.0 class\r\n",                      550, {},        {"2.1.0 class"}},
    {"571 5.7.1 x\r\n",                          571, {5, 7, 1}, {"x"}},             // any second digit
    {"299 x\r\n",                                299, {},        {"x"}},
    {"334 \r\n",                                 334, {},        {""}},              // L36
    {"334\r\n",                                  334, {},        {""}},
    {"354 go\r\n",                               354, {},        {"go"}},
    {"421 4.3.2 mx closing\r\n",                 421, {4, 3, 2}, {"mx closing"}},    // L41
    {"250 a\tb\r\n",                             250, {},        {"a\tb"}},
    {"250 \xC3\xA9\xFF\x01\r\n",                 250, {},        {"\xC3\xA9\xFF\x01"}},
};

const struct { std::string_view text; errc code; std::size_t offset; } bad_replies[] = {
    {"\r\n",                     errc::bad_reply, 0},
    {"2\r\n",                    errc::bad_reply, 1},
    {"25\r\n",                   errc::bad_reply, 2},
    {"2x0 a\r\n",                errc::bad_reply, 1},
    {" 250 a\r\n",               errc::bad_reply, 0},
    {"199 a\r\n",                errc::bad_reply, 0},
    {"100 a\r\n",                errc::bad_reply, 0},
    {"600 a\r\n",                errc::bad_reply, 0},
    {"605 a\r\n",                errc::bad_reply, 0},
    {"000\r\n",                  errc::bad_reply, 0},
    {"2500 a\r\n",               errc::bad_reply, 3},
    {"250a\r\n",                 errc::bad_reply, 3},
    {"250_a\r\n",                errc::bad_reply, 3},
    {"250\ta\r\n",               errc::bad_reply, 3},
    {"250 a\n",                  errc::bad_reply, 5},
    {"250 a\rb\r\n",             errc::bad_reply, 5},
    {"250 a\r\r\n",              errc::bad_reply, 5},
    {"250 a\0b\r\n"sv,           errc::bad_reply, 5},
    {"\0"sv,                     errc::bad_reply, 0},
    {"250-a\r\n250 b\n",         errc::bad_reply, 12},
    {"250-a\r\nHello\r\n",       errc::bad_reply, 7},
    {"250-a\r\n251 b\r\n",       errc::mixed_reply_codes, 7},
    {"250-a\r\n450 b\r\n",       errc::mixed_reply_codes, 7},
    {"550-a\r\n250 b\r\n",       errc::mixed_reply_codes, 7},
};
// clang-format on

} // namespace

TEST_CASE("replies: every reply is found whole, at every cut") {
    for (const good& g : good_replies) {
        INFO(g.text);
        const auto parsed = parse_reply(g.text);
        REQUIRE(parsed);
        CHECK(parsed->code() == g.code);
        CHECK(parsed->enhanced() == g.enhanced);
        CHECK(texts(*parsed) == g.lines);
        CHECK(parsed->text() == g.lines.front());
        CHECK(parsed->raw() == g.text);
        CHECK_FALSE(parsed->mixed_codes());
        for (std::size_t step = 1; step <= g.text.size(); ++step)
            CHECK(feed(g.text, step) == outcome{errc::none, g.text.size()});
        for (std::size_t size = 0; size < g.text.size(); ++size)
            CHECK(parse_reply(g.text.substr(0, size)).error() == parse_error{errc::bad_reply, size});
    }
}

TEST_CASE("replies: what is no reply, and where, at every cut") {
    for (const auto& b : bad_replies) {
        INFO(b.text);
        CHECK(parse_reply(b.text).error() == parse_error{b.code, b.offset});
        for (std::size_t step = 1; step <= b.text.size(); ++step)
            CHECK(feed(b.text, step) == outcome{b.code, b.offset});
    }
}

TEST_CASE("replies: one line at a time, by the same rules") {
    CHECK(parse_reply_line("250-a")->last == false);
    CHECK(parse_reply_line("250")->text.empty());
    CHECK(parse_reply_line("250 a\nb").error() == parse_error{errc::bad_reply, 5});
    CHECK(parse_reply_line("25\n").error() == parse_error{errc::bad_reply, 2});
    CHECK(parse_reply_line("250\ta").error() == parse_error{errc::bad_reply, 3});
    CHECK(parse_reply_line("250\ta", interop())->text == "a"); // HT for SP, by name
    reply_parser parser;
    const std::string_view two = "250-a\r\n550 b\r\n";
    const auto first = parser.next_line(two);
    REQUIRE(first);
    CHECK((*first)->consumed == 7);
    CHECK((*parser.next_line(two.substr(7)))->value.code == 550);
}

TEST_CASE("L39: two replies in one read, and a reply in many") {
    reply_parser parser;
    std::string_view text = "250 a\r\n550-b\r\n550 c\r\n";
    std::vector<unsigned> codes;
    while (!text.empty()) {
        const auto found = parser.next(text);
        REQUIRE(found);
        codes.push_back((*found)->code().value());
        text.remove_prefix((*found)->raw().size());
    }
    CHECK(codes == std::vector<unsigned>{250, 550});
}

TEST_CASE("L40: mixed codes, where they are taken, never make a success of a failure") {
    leniency allow;
    allow.mixed_reply_codes = true;
    const auto last = [&](std::string_view text) {
        const auto parsed = parse_reply(text, {}, allow);
        return parsed ? parsed->code().value() : 0;
    };
    CHECK(last("250-a\r\n251 b\r\n") == 251);
    CHECK(last("250-a\r\n451 b\r\n") == 451);
    CHECK(last("550-a\r\n450 b\r\n") == 450);
    CHECK(last("550-a\r\n250 b\r\n") == 0);
    CHECK(last("450-a\r\n354 b\r\n") == 0);
    CHECK(last("250-a\r\n550-b\r\n250 c\r\n") == 0);
    CHECK(parse_reply("250-a\r\n251 b\r\n", {}, allow)->mixed_codes());
    CHECK_FALSE(parse_reply("250-a\r\n250 b\r\n", {}, allow)->mixed_codes());
}

TEST_CASE("replies: limits are exact, and do not depend on the cut") {
    limits most;
    most.reply_line = 20;
    most.reply_lines = 3;
    most.hello_reply = 50;
    const std::string fits = "250 " + std::string(14, 'x') + "\r\n";
    const std::string over = "250 " + std::string(15, 'x') + "\r\n";
    const std::string open(40, '2');
    const std::string lines = "250-a\r\n250-a\r\n250-a\r\n250 a\r\n";
    const std::string octets =
        "250-" + std::string(14, 'x') + "\r\n250-" + std::string(14, 'x') + "\r\n250 " + std::string(5, 'x') + "\r\n";
    for (std::size_t step = 1; step < 60; ++step) {
        CHECK(feed(fits, step, most) == outcome{errc::none, 20});
        CHECK(feed(over, step, most) == outcome{errc::reply_too_long, 20});
        CHECK(feed(open, step, most) == outcome{errc::reply_too_long, 20});
        CHECK(feed(lines, step, most) == outcome{errc::reply_too_long, 21});
        CHECK(feed(octets, step, most) == outcome{errc::reply_too_long, 50});
    }
}

TEST_CASE("replies: no octet is looked at again and again") {
    // A reply of one long line, one octet at a time: quadratic work would take minutes.
    limits most;
    most.reply_line = most.hello_reply = 2'000'000;
    const std::string text = "250 " + std::string(1'000'000, 'x') + "\r\n";
    CHECK(feed(text, 1, most) == outcome{errc::none, text.size()});
}

TEST_CASE("SR-40, SR-41, SR-43 to SR-45, SR-47, SR-49 to SR-51: the replies of the seeds") {
    for (const auto& [text, category] :
         {std::pair{"220 SMTP Server Ready\r\n"sv, reply_class::success},
          {"421 Service not available\r\n"sv, reply_class::transient},
          {"250 smtp.mail.ru is ready\r\n"sv, reply_class::success},
          {"550 No such user here\r\n"sv, reply_class::permanent},
          {"354 Start mail input; end with <CRLF>.<CRLF>\r\n"sv, reply_class::intermediate},
          {"354 <CRLF> <CRLF>.\r\n"sv, reply_class::intermediate},
          {"250 OK\r\n"sv, reply_class::success},
          {"221 smtp.mail.ru is closing transmission channel\r\n"sv, reply_class::success}})
        CHECK(parse_reply(text)->code().category() == category);
    CHECK_FALSE(parse_reply("120 soon\r\n")); // FTP has 1yz, SMTP has not
}

// ---- replies to send

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
            for (const std::string_view line : *parsed) joined += line;
            CHECK(joined == text);
            CHECK(parsed->enhanced() == e);
            const std::size_t prefix = !e ? 4 : e.subject == 1 ? 10 : 14;
            CHECK(texts(*parsed).size() == (n > 510 - prefix ? 2 : 1));
            for (std::size_t at = 0; at < out.size(); at = out.find("\r\n", at) + 2)
                CHECK(out.find("\r\n", at) - at + 2 <= 512);
        }
    }
    std::string utf8;
    while (utf8.size() < 1000) utf8 += "x\xE2\x82\xAC";
    const std::string out = wire(*reply::make(250, {}, utf8, true));
    for (const std::string& line : texts(*parse_reply(out)))
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
