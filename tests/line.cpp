// Command lines: every short stream at every cut against a model, and what is remembered in between.
#include <sansmtp/line.hpp>

#include "support/catch.hpp"
#include "support/data_model.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

using namespace sansmtp;
using namespace std::string_literals;
using kind = line_framer::line_kind;

static_assert(std::is_trivially_copyable_v<line_framer> && sizeof(line_framer) <= 24);

namespace {

constexpr std::size_t no_limit = 1000;

// What came out: "[text]" for a line, "!" for an over-long one, then the octets that still wait.
struct framed {
    std::string lines;
    std::string rest;
    std::uint64_t discarded = 0;

    friend bool operator==(const framed&, const framed&) = default;
};

framed frame_model(std::string_view stream, std::size_t limit) {
    framed f;
    std::size_t crlf = 0;
    while ((crlf = stream.find("\r\n")) != std::string_view::npos) {
        if (crlf + 2 <= limit) {
            f.lines.append("[").append(stream.substr(0, crlf)).append("]");
        } else {
            f.lines += '!';
            f.discarded += crlf + 2;
        }
        stream.remove_prefix(crlf + 2);
    }
    if (stream.size() < limit)
        f.rest = stream;
    else
        f.discarded += stream.size();
    return f;
}

// Puts the pieces into a buffer of `capacity` octets and takes what can be taken after each.
framed frame(const model::pieces& stream, std::size_t limit, std::size_t capacity = no_limit) {
    framed f;
    line_framer framer;
    for (std::string_view in : stream) {
        while (!in.empty()) {
            const std::size_t fits = std::min(in.size(), capacity - f.rest.size());
            f.rest += in.substr(0, fits);
            in.remove_prefix(fits);
            bool taken = fits != 0;
            while (const auto line = framer.next(f.rest, limit, f.rest.size() == capacity)) {
                if (line->consumed == 0 || line->consumed > f.rest.size()) return f.lines = model::stuck, f;
                if (line->kind == kind::whole) f.lines.append("[").append(line->text).append("]");
                if (line->kind == kind::too_long) f.lines += '!';
                f.rest.erase(0, line->consumed);
                taken = true;
            }
            if (!taken) return f.lines = model::stuck, f;
        }
    }
    f.discarded = framer.discarded();
    return f;
}

} // namespace

TEST_CASE("lines end at CRLF and nowhere else", "[line]") {
    // clang-format off
    const struct { std::string stream, lines, rest; } cases[] = {
        {"",                        "",                 ""},
        {"\r\n",                    "[]",               ""},
        {"NOOP\r\n",                "[NOOP]",           ""},
        {"NOOP\r\nRSET\r\nQU",      "[NOOP][RSET]",     "QU"},
        {"NOOP\nRSET\r\n",          "[NOOP\nRSET]",     ""},
        {"NOOP\rRSET\r\n",          "[NOOP\rRSET]",     ""},
        {"NOOP\r\r\n",              "[NOOP\r]",         ""},
        {"NOOP\n\r\n",              "[NOOP\n]",         ""},
        {"NOOP\n\r",                "",                 "NOOP\n\r"},
        {"NOOP\0\r\n"s,             "[NOOP\0]"s,        ""},
    };
    // clang-format on
    for (const auto& [stream, lines, rest] : cases) {
        INFO(model::escaped(stream));
        for (std::size_t at = 0; at <= stream.size(); ++at)
            CHECK((frame(model::cut(stream, at), no_limit) == framed{lines, rest, 0}));
        CHECK((frame(model::octet_by_octet(stream), no_limit) == framed{lines, rest, 0}));
    }
}

TEST_CASE("the limit counts CRLF", "[line]") {
    CHECK(frame({"123456\r\n"}, 8).lines == "[123456]");
    CHECK(frame({"1234567\r\n"}, 8).lines == "!");
    CHECK(frame({"1234567\r\n"}, 8).discarded == 9);
    CHECK(frame({"\r\n"}, 2).lines == "[]");
    CHECK(frame({"\r\n"}, 1).lines == "!");
    CHECK(frame({"\r\n"}, 0).lines == "!");
}

TEST_CASE("the rest of an over-long line is never a line", "[line]") {
    const std::string junk(100, 'x');
    const framed f = frame({junk + "\nRSET\n" + junk, "\r", "RSET\r", "\nNOOP\r\n"}, 16);
    CHECK(f.lines == "![NOOP]");
    CHECK(f.discarded == 213);
    CHECK(frame({junk + "\r", "\nNOOP\r\n"}, 16).lines == "![NOOP]");
    CHECK(frame({junk + "\r", "\r\nNOOP\r\n"}, 16).lines == "![NOOP]");
    CHECK(frame({junk, "\nNOOP\r\n"}, 16).lines == "!");
}

TEST_CASE("an over-long line is noticed before it ends", "[line]") {
    line_framer framer;
    CHECK_FALSE(framer.next("1234567", 8, false));
    const auto line = framer.next("12345678", 8, false);
    REQUIRE(line);
    CHECK(line->kind == kind::discarded);
    CHECK(line->consumed == 8);
    CHECK(line->text.empty());
    CHECK_FALSE(framer.next("", 8, false));
}

TEST_CASE("a line that fills the buffer is over-long whatever the limit", "[line]") {
    CHECK(frame({"123456\r\nNOOP\r\n"}, no_limit, 8).lines == "[123456][NOOP]");
    CHECK(frame({"1234567\r\nNOOP\r\n"}, no_limit, 8).lines == "![NOOP]");
}

TEST_CASE("nothing is searched twice", "[line]") {
    line_framer framer;
    CHECK_FALSE(framer.next("123456", no_limit, false));
    CHECK_FALSE(framer.next("\r\n345678", no_limit, false)); // no such thing happens: it shows where the search begins
    CHECK_FALSE(framer.next("\r\n", no_limit, false));
    CHECK(framer.next("12\r\n", no_limit, false));
}

TEST_CASE("one octet at a time costs one look at each octet", "[line]") {
    // What was seen before is replaced by line ends: who looks there again finds them.
    constexpr std::size_t size = 5000;
    const std::string trap = std::string("\r\n") + std::string(size, '\n');
    line_framer framer;
    for (std::size_t n = 1; n <= size; ++n) {
        std::string unread = trap.substr(0, n - 1) + "x";
        if (framer.next(unread, size + 10, false)) FAIL(n);
    }
    // Over-long: each octet is discarded when it comes, and a bare LF by the thousand ends nothing.
    line_framer flooded;
    REQUIRE(flooded.next(std::string(100, 'x'), 100, false));
    for (std::size_t n = 0; n < size; ++n) {
        const auto line = flooded.next("\n", 100, false);
        if (!line || line->kind != kind::discarded || line->consumed != 1) FAIL(n);
    }
    CHECK(flooded.discarded() == 100 + size);
}

TEST_CASE("a line that was not consumed comes again", "[line]") {
    line_framer framer;
    for (int i = 0; i < 3; ++i) {
        const auto line = framer.next("NOOP\r\nQUIT\r\n", no_limit, false);
        REQUIRE(line);
        CHECK(line->text == "NOOP");
        CHECK(line->consumed == 6);
    }
}

TEST_CASE("every short stream gives the model's lines, at every cut and limit", "[line][exhaustive]") {
    std::string bad;
    model::each_string("\r\na", 8, [&](const std::string& stream) {
        for (std::size_t limit = 0; limit <= 20 && bad.empty(); ++limit) {
            const framed expected = frame_model(stream, limit);
            bool same = frame(model::octet_by_octet(stream), limit) == expected;
            for (std::size_t at = 0; at <= stream.size(); ++at)
                same = same && frame(model::cut(stream, at), limit) == expected;
            if (limit >= 2) same = same && frame({stream}, no_limit, limit) == expected;
            if (!same) bad = model::escaped(stream) + " limit " + std::to_string(limit);
        }
    });
    CHECK(bad == "");
}
