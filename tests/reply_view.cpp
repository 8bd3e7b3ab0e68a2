// Replies that come: what is found in a stream, at every cut.
#include <sansmtp/reply_view.hpp>

#include "support/catch.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

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
