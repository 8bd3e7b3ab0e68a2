// DATA content, both ways: named vectors, and every short input at every cut against a model.
#include <sansmtp/data.hpp>

#include "support/catch.hpp"
#include "support/data_model.hpp"

#include <string>
#include <string_view>
#include <type_traits>

using namespace sansmtp;
using namespace std::string_literals;
using namespace std::string_view_literals;

static_assert(std::is_trivially_copyable_v<data_decoder> && sizeof(data_decoder) <= 64);
static_assert(std::is_trivially_copyable_v<data_encoder> && sizeof(data_encoder) <= 32);
static_assert(encoded_size("") == 3 && encoded_size("a") == 6 && encoded_size(".\r\n") == 7);

namespace {

constexpr std::string_view alphabet{"\r\n.\0a", 5};

struct vector {
    std::string_view content, wire;
};

// clang-format off
constexpr vector round_trips[] = {
    {"",                    ".\r\n"},
    {"a\r\n",               "a\r\n.\r\n"},
    {".\r\n",               "..\r\n.\r\n"},
    {"..\r\n",              "...\r\n.\r\n"},
    {".a\r\n",              "..a\r\n.\r\n"},
    {"..a\r\n",             "...a\r\n.\r\n"},
    {"a\r\n.\r\nb\r\n",     "a\r\n..\r\nb\r\n.\r\n"},
    {"\r\n",                "\r\n.\r\n"},
    {"\r\n.\r\n",           "\r\n..\r\n.\r\n"},
    {"\r\n\r\n",            "\r\n\r\n.\r\n"},
    {"a.\r\n",              "a.\r\n.\r\n"},
    {"a\r\n\x80\xFF\r\n",   "a\r\n\x80\xFF\r\n.\r\n"},
};

// Content that is not whole lines: only the encoder has it so.
constexpr vector encoded_only[] = {
    {"a",                   "a\r\n.\r\n"},
    {".",                   "..\r\n.\r\n"},
    {".a\r\n.b",            "..a\r\n..b\r\n.\r\n"},
    {"a\nb\rc",             "a\r\nb\r\nc\r\n.\r\n"},
    {"a\r",                 "a\r\n.\r\n"},
    {"a\n",                 "a\r\n.\r\n"},
    {"a\n.\nb",             "a\r\n..\r\nb\r\n.\r\n"},
    {"a\r.\rb",             "a\r\n..\r\nb\r\n.\r\n"},
    {"a\n.\r\nb",           "a\r\n..\r\nb\r\n.\r\n"},
    {"a\r\r\n.\r\r\nb",     "a\r\n\r\n..\r\n\r\nb\r\n.\r\n"},
    {"\n\r",                "\r\n\r\n.\r\n"},
};

// Wires that no encoder of ours sends.
constexpr vector decoded_only[] = {
    {"a\r\n",               ".a\r\n.\r\n"},
    {"b\r\n",               ".b\r\n.\r\n"},
    {"a\r\r\n",             "a\r\r\n.\r\n"},
    {"a\n..b\r\n",          "a\n..b\r\n.\r\n"},
    {"a\r..b\r\n",          "a\r..b\r\n.\r\n"},
    {"a\r\n\r\r\n",         "a\r\n.\r\r\n.\r\n"},
};

// What must not end the content [CVE-2023-51764, -51765, -51766, CVE-2024-27305], and what it is content as.
constexpr vector smuggling[] = {
    {"\n.\n",               "\n.\n"},
    {"\n.\r\n",             "\n.\r\n"},
    {"\r\n\n",              "\r\n.\n"},
    {"\r.\r",               "\r.\r"},
    {"\r.\n",               "\r.\n"},
    {"\n.\r",               "\n.\r"},
    {"\r.\r\n",             "\r.\r\n"},
    {"\r\n\r",              "\r\n.\r"},
    {"\r\n\r\r\n",          "\r\n.\r\r\n"},
    {{"\r\n\0.\r\n", 6},    {"\r\n\0.\r\n", 6}},
    {{"\r\n\0\r\n", 5},     {"\r\n.\0\r\n", 6}},
    {"\r\r\n\r\r\n",        "\r\r\n.\r\r\n"},
    {"\r\n\r\r\r\n",        "\r\n.\r\r\r\n"},
    {"\n.\r\n\n.\n",        "\n.\r\n\n.\n"},
    {"\r\n \r\n",           "\r\n. \r\n"},
    {"\r\n.\r\n",           "\r\n..\r\n"},
};
// clang-format on

// Decodes at every cut; the cuts must agree.
model::decoded decode(std::string_view wire) {
    const model::decoded whole = model::run_decoder({wire});
    CHECK((whole == model::run_decoder(model::octet_by_octet(wire))));
    CHECK((whole == model::run_joined_decoder({wire})));
    for (std::size_t at = 0; at <= wire.size(); ++at) {
        CHECK((whole == model::run_decoder(model::cut(wire, at))));
        CHECK((whole == model::run_joined_decoder(model::cut(wire, at))));
    }
    return whole;
}

model::encoded encode(std::string_view content, newline_policy policy = newline_policy::normalise) {
    const model::encoded whole = model::run_encoder({content}, policy);
    CHECK((whole == model::run_encoder(model::octet_by_octet(content), policy)));
    for (std::size_t at = 0; at <= content.size(); ++at)
        CHECK((whole == model::run_encoder(model::cut(content, at), policy)));
    return whole;
}

bool clean(const violations& v) { return !v.bare_cr && !v.bare_lf; }

} // namespace

TEST_CASE("content is encoded and decoded back", "[data]") {
    for (const auto& [content, wire] : round_trips) {
        INFO(model::escaped(wire));
        CHECK(encode(content).wire == std::string(wire));
        CHECK(encode(content, newline_policy::reject).wire == std::string(wire));
        const model::decoded d = decode(wire);
        CHECK(d.content == content);
        CHECK(d.end);
        CHECK(clean(d.seen));
        CHECK(d.octets == content.size());
    }
}

TEST_CASE("content that is not whole lines becomes lines", "[data]") {
    for (const auto& [content, wire] : encoded_only) {
        INFO(model::escaped(content));
        const model::encoded e = encode(content);
        CHECK(e.wire == std::string(wire));
        CHECK(e.octets == decode(wire).octets);
    }
}

TEST_CASE("a dot is special behind CRLF only, and goes whatever follows", "[data]") {
    for (const auto& [content, wire] : decoded_only) {
        INFO(model::escaped(wire));
        const model::decoded d = decode(wire);
        CHECK(d.content == content);
        CHECK(d.end);
        CHECK(d.rest.empty());
    }
}

TEST_CASE("nothing but CRLF.CRLF ends the content", "[data][smuggling]") {
    for (const auto& [content, wire] : smuggling) {
        INFO(model::escaped(wire));
        for (const std::string& next : {"MAIL FROM:<x@y>\r\n"s, "\r\nMAIL FROM:<x@y>\r\n"s}) {
            if (wire.back() == '\r' && next.front() == '\r') continue; // a vector of its own
            const std::string one = "a"s.append(wire).append(next);
            const model::decoded open = decode(one);
            CHECK_FALSE(open.end);
            const model::decoded d = decode(one + ".\r\nQUIT\r\n");
            CHECK(d.content == "a"s.append(content).append(next));
            CHECK(d.end);
            CHECK(d.rest == "QUIT\r\n");
            CHECK(clean(d.seen) == clean(model::look(d.content)));

            // The same octets as content come out of the encoder harmless, or not at all.
            const model::encoded e = encode("a"s.append(wire).append(next));
            REQUIRE(e.wire);
            const model::decoded back = decode(*e.wire);
            CHECK(back.end);
            CHECK(back.rest.empty());
            CHECK(clean(back.seen));
            CHECK(encode("a"s.append(wire), newline_policy::reject).wire.has_value() == clean(model::look(wire)));
        }
    }
}

TEST_CASE("violations are seen, each by itself", "[data]") {
    // clang-format off
    const struct { std::string_view wire; violations seen; } cases[] = {
        {"abc\r\n.\r\n",            {false, false, false, false, 5}},
        {".\r\n",                   {false, false, false, false, 0}},
        {"..\r\n.\r\n",             {false, false, false, false, 3}},
        {"a\rb\r\n.\r\n",           {true,  false, false, false, 5}},
        {"a\nb\r\n.\r\n",           {false, true,  false, false, 5}},
        {".\r\r\n.\r\n",            {true,  false, false, false, 3}},
        {".\n\r\n.\r\n",            {false, true,  false, false, 3}},
        {{"\0\r\n.\r\n", 6},        {false, false, true,  false, 3}},
        {"\x80\r\n.\r\n",           {false, false, false, true,  3}},
        {"\x7F\r\n.\r\n",           {false, false, false, false, 3}},
        {"a\r\nlonger\r\nb\r\n",    {false, false, false, false, 8}},
        {"not at its end",          {false, false, false, false, 14}},
    };
    // clang-format on
    for (const auto& [wire, seen] : cases) {
        INFO(model::escaped(wire));
        CHECK((decode(wire).seen == seen));
    }
}

TEST_CASE("lines are the CRLFs of the content", "[data]") {
    // clang-format off
    const struct { std::string_view wire; std::uint64_t lines; } cases[] = {
        {".\r\n",                       0},
        {"\r\n.\r\n",                   1},
        {"a\r\n.\r\n",                  1},
        {"a\r\n..\r\n\r\n.\r\n",       3},
        {"a\nb\rc\r\n.\r\n",            1}, // CR and LF apart end no line
        {"a\r\r\n.\r\r\n.\r\n",         2},
        {"a\r\nb",                      1}, // octets behind the last CRLF are no line yet,
        {"a\r\nb\r",                    1}, // a CR that waits for its LF neither
    };
    // clang-format on
    for (const auto& [wire, lines] : cases) {
        INFO(model::escaped(wire));
        CHECK(decode(wire).lines == lines);
        CHECK(model::decode(wire).lines == lines);
        CHECK(model::run_decoder({wire}, {}).lines == 0); // they are not counted unless asked
    }
}

// Lines of every length around that of registers and blocks, so many that each octet of a sum is full, and more.
TEST_CASE("lines are counted whatever their length", "[data]") {
    for (std::size_t size = 0; size < 140; ++size) {
        std::string wire;
        while (wire.size() < 20000) {
            wire.append(size, 'a').append("\r\n");
            if (wire.size() / 9000 != (wire.size() + size) / 9000) wire.append("..b\r\n"); // not clean, twice
        }
        for (const decode_options& o : {model::counting, decode_options{1000, true}, decode_options{1000}}) {
            const model::decoded expected = model::decode(wire, o);
            CHECK((model::run_decoder({wire}, o) == expected));
            CHECK((model::run_joined_decoder({wire}, o) == expected));
            CHECK((model::run_bulk_decoder({wire}, 0, o) == expected));
            CHECK((model::run_bulk_decoder({wire}, 3000, o) == expected));
            CHECK((model::run_bulk_decoder(model::cut(wire, 4001 + size), 0, o) == expected));
        }
    }
}

// Whether all ways to decode give what the model gives, at every cut.
bool limited(std::string_view wire, std::uint64_t max_size) {
    const decode_options o{.count_lines = true, .max_size = max_size};
    const model::decoded expected = model::decode(wire, o);
    bool same = model::run_decoder(model::octet_by_octet(wire), o) == expected;
    for (std::size_t at = 0; at <= wire.size() && same; ++at) {
        const model::pieces halves = model::cut(wire, at);
        same = model::run_decoder(halves, o) == expected && model::run_joined_decoder(halves, o) == expected &&
               model::run_bulk_decoder(halves, 0, o) == expected && model::run_bulk_decoder(halves, 2, o) == expected &&
               model::run_bulk_decoder(halves, 50, o) == expected;
    }
    return same;
}

TEST_CASE("content is handed out up to its greatest size, to the octet", "[data][size]") {
    // clang-format off
    const struct { std::string_view wire; std::uint64_t max_size; std::string_view content; bool too_big; } cases[] = {
        {"abc\r\n.\r\nQUIT",     4, "abc\r",       true},
        {"abc\r\n.\r\nQUIT",     5, "abc\r\n",     false},
        {"abc\r\n.\r\nQUIT",     6, "abc\r\n",     false},
        {"abc\r\n.\r\nQUIT",     0, "abc\r\n",     false}, // no limit
        {"a\r\n..\r\n.\r\nQUIT",  3, "a\r\n",       true},
        {"a\r\n..\r\n.\r\nQUIT",  4, "a\r\n.",      true},
        {"a\r\n..\r\n.\r\nQUIT",  6, "a\r\n.\r\n",  false},
        {"a\rb\r\n.\r\nQUIT",    1, "a",           true},
        {"\r\r\r\r\n.\r\nQUIT",  1, "\r",          true},
        {"\r\n.\rb\r\n.\r\nQUIT", 2, "\r\n",       true}, // the CR behind the dot is content, too
        {".\r\nQUIT",            1, "",            false},
    };
    // clang-format on
    for (const auto& [wire, max_size, content, too_big] : cases) {
        INFO(model::escaped(wire) << " " << max_size);
        const model::decoded d = model::run_decoder({wire}, {.max_size = max_size});
        CHECK(d.content == content);
        CHECK(d.too_big == too_big);
        CHECK(d.end);
        CHECK(d.rest == "QUIT");
        CHECK(d.octets == model::decode(wire).octets);
        CHECK(limited(wire, max_size));
    }
}

TEST_CASE("every short wire is cut at every size as the model does", "[data][size][exhaustive]") {
    std::string bad;
    model::each_string(alphabet, 5, [&](const std::string& text) {
        for (std::uint64_t size = 1; size <= text.size() + 1 && bad.empty(); ++size)
            if (!limited(text, size)) bad = model::escaped(text) + " " + std::to_string(size);
    });
    CHECK(bad == "");
}

TEST_CASE("content of some blocks is cut around its size", "[data][size]") {
    for (const std::size_t length : {0U, 1U, 20U, 65U}) {
        std::string wire;
        while (wire.size() < 300) wire.append(length, 'a').append("\r\n..b\r\n");
        wire += ".\r\nQUIT\r\n";
        const std::uint64_t size = model::decode(wire).octets;
        for (const std::uint64_t max_size : {std::uint64_t{1}, size / 2, size - 2, size - 1, size, size + 1})
            CHECK(limited(wire, max_size));
    }
}

TEST_CASE("lines of any length stay one line", "[data]") {
    for (const std::size_t size : {511U, 512U, 513U, 998U, 999U, 1024U, 4096U, 65536U, 65537U}) {
        const std::string content = std::string(size, 'a') + ".\r\n" + std::string(size, '.') + "\r\n";
        for (const auto policy : {newline_policy::normalise, newline_policy::reject}) {
            const model::encoded e = model::run_encoder({content}, policy);
            CHECK(e.octets == content.size());
            CHECK((e == model::encode(content, policy)));
            CHECK((e == model::run_bulk({content}, policy, 512)));
            const model::decoded d = model::run_decoder(model::cut(*e.wire, size));
            CHECK(d.content == content);
            CHECK(d.seen.longest_line == size + 3);
        }
    }
}

TEST_CASE("an encoder tells of lines over 1000 octets with CRLF", "[data]") {
    // clang-format off
    const struct { std::string text; std::size_t longest; } cases[] = {
        {std::string(998, 'a') + "\r\n",                        0},
        {std::string(999, 'a') + "\r\n",                        1001},
        {std::string(998, 'a'),                                 0},
        {std::string(999, 'a'),                                 1001},
        {"." + std::string(997, 'a') + "\r\n",                  0},   // the stuffed dot does not count
        {"." + std::string(998, 'a') + "\r\n",                  1001},
        {"a\r\n" + std::string(998, 'a') + "\r\nb\r\n",         0},
        {"a\r\n" + std::string(5000, 'a') + "\r\nb\r\n",        5002},
        {std::string(998, 'a') + "\n",                          0},
        {std::string(999, 'a') + "\r" + "b",                    1001},
        {std::string(998, 'a') + "\n" + std::string(998, 'b') + "\r" + std::string(998, 'c') + "\n", 0},
        {std::string(600, 'a') + "\n" + std::string(600, 'b') + "\r\n", 0},
    };
    // clang-format on
    for (const auto& [text, longest] : cases) {
        INFO(model::escaped(text));
        CHECK(model::encode(text, newline_policy::normalise).longest_line == longest);
        for (const auto policy : {newline_policy::normalise, newline_policy::reject}) {
            const model::encoded expected = model::encode(text, policy);
            CHECK((model::run_encoder(model::octet_by_octet(text), policy) == expected));
            CHECK((model::run_bulk({text}, policy, 99) == expected));
            for (std::size_t at = 0; at <= text.size(); at += at < 990 ? 33 : 1)
                if (model::run_encoder(model::cut(text, at), policy) != expected) FAIL(at);
        }
    }
}

TEST_CASE("every short wire decodes as the model does, at every cut", "[data][exhaustive]") {
    std::string bad;
    std::size_t count = 0;
    model::each_string(alphabet, 7, [&](const std::string& wire) {
        if (!bad.empty()) return;
        const model::decoded expected = model::decode(wire);
        bool same = model::run_decoder(model::octet_by_octet(wire)) == expected;
        for (std::size_t at = 0; at <= wire.size(); ++at) {
            same = same && model::run_decoder(model::cut(wire, at)) == expected;
            same = same && model::run_joined_decoder(model::cut(wire, at)) == expected;
        }
        if (!same) bad = model::escaped(wire);
        ++count;
    });
    CHECK(bad == "");
    CHECK(count == (78125 * 5 - 1) / 4);
}

TEST_CASE("every short content is encoded as the model does, at every cut and in every room", "[data][exhaustive]") {
    for (const auto policy : {newline_policy::normalise, newline_policy::reject}) {
        std::string bad;
        model::each_string(alphabet, 7, [&](const std::string& content) {
            if (!bad.empty()) return;
            const model::encoded expected = model::encode(content, policy);
            bool same = model::run_encoder(model::octet_by_octet(content), policy) == expected;
            for (std::size_t at = 0; at <= content.size(); ++at)
                same = same && model::run_encoder(model::cut(content, at), policy) == expected;
            for (std::size_t room = 2; room <= 16; ++room)
                same = same && model::run_bulk({content}, policy, room) == expected;
            same = same && model::run_bulk(model::cut(content, content.size() / 2), policy, 3) == expected;
            if (!same) bad = model::escaped(content);
        });
        CHECK(bad == "");
    }
}

TEST_CASE("what was encoded decodes to the same lines, and holds no other end", "[data][exhaustive]") {
    std::string bad;
    model::each_string(alphabet, 7, [&](const std::string& content) {
        if (!bad.empty()) return;
        const model::encoded e = model::run_encoder({content}, newline_policy::normalise);
        const model::decoded d = model::run_decoder({*e.wire});
        const std::string lines = model::normalised(content);
        const bool whole_lines = content.empty() || (content.back() == '\n' && clean(model::look(content)));
        const bool same = d.content == lines && d.end && d.rest.empty() && clean(d.seen) && d.octets == e.octets &&
                          (!whole_lines || d.content == content);
        if (!same) bad = model::escaped(content);
    });
    CHECK(bad == "");
}

TEST_CASE("an ended decoder consumes nothing", "[data]") {
    data_decoder d;
    CHECK_FALSE(d.next("").end);
    const step dot = d.next(".\r\nQUIT\r\n");
    CHECK(dot.consumed == 1);
    CHECK(d.next("\r\nQUIT\r\n").consumed == 1);
    CHECK_FALSE(d.done());
    const step end = d.next("\nQUIT\r\n");
    CHECK(end.end);
    CHECK(end.consumed == 1);
    CHECK(d.done());
    for (const std::string_view in : {""sv, "QUIT\r\n"sv, ".\r\n"sv}) {
        const step s = d.next(in);
        CHECK(s.end);
        CHECK(s.consumed == 0);
        CHECK(s.bytes.empty());
    }
    CHECK(d.octets() == 0);
}

TEST_CASE("short slices are joined in place, long ones are not moved", "[data]") {
    std::string dots, content;
    for (int i = 0; i < 1000; ++i) dots += "..\r\n", content += ".\r\n";
    std::string in = dots + "a\r\n.\r\nQUIT\r\n";
    data_decoder d;
    std::string out;
    int steps = 0;
    std::size_t at = 0;
    for (; !d.done(); ++steps) {
        const step s = d.next_joined({in.data() + at, in.size() - at});
        at += s.consumed;
        out += s.bytes;
    }
    CHECK(out == content + "a\r\n");
    CHECK(steps < 10);
    CHECK(in.substr(at) == "QUIT\r\n");

    const std::string line(2000, 'a');
    std::string longer = line + "\r\n.." + line + "\r\n";
    data_decoder l;
    const step first = l.next_joined(longer);
    CHECK(first.bytes == line + "\r\n");
    CHECK(first.bytes.data() == longer.data());
    CHECK(longer == line + "\r\n.." + line + "\r\n");
}

TEST_CASE("a finished encoder sends nothing more", "[data]") {
    data_encoder e;
    CHECK(e.next("a").bytes == "a");
    CHECK(e.octets() == 1);
    CHECK(e.finish() == "\r\n.\r\n");
    CHECK(e.octets() == 3);
    CHECK(e.finish().empty());
    CHECK(e.next("b").end);
    CHECK(e.next("b").bytes.empty());
    CHECK_FALSE(e.failed());
    char out[8] = {};
    CHECK(e.encode("b", out).consumed == 0);
    CHECK(e.octets() == 3);
}

TEST_CASE("a rejecting encoder fails at the octet and sends no end", "[data]") {
    data_encoder e(newline_policy::reject);
    const step s = e.next("ab\nc");
    CHECK(s.bytes == "ab");
    CHECK(s.consumed == 2);
    CHECK(s.end);
    CHECK(e.failed());
    CHECK(e.octets() == 2);
    CHECK(e.next("\nc").end);
    CHECK(e.next("\nc").consumed == 0);
    CHECK(e.finish().empty());

    data_encoder held(newline_policy::reject);
    CHECK(held.next("ab\r").consumed == 3);
    CHECK_FALSE(held.failed());
    CHECK(held.finish().empty());
    CHECK(held.failed());

    data_encoder bulk(newline_policy::reject);
    char out[8] = {};
    const auto done = bulk.encode("ab\rc", out);
    CHECK(done.consumed == 2);
    CHECK(done.written == 2);
    CHECK(bulk.failed());
}

TEST_CASE("a room for one octet takes what is one octet", "[data]") {
    char out[1] = {};
    data_encoder e;
    CHECK(e.encode("a", {}).consumed == 0);
    CHECK(e.encode(".", out).consumed == 0);
    CHECK(e.encode("ab", out).consumed == 1);
    CHECK(e.encode(".", out).consumed == 1);
    CHECK(e.encode("\r\n", out).consumed == 0);
    CHECK(e.encode("\n", out).written == 0);
    CHECK(e.octets() == 2);
}

TEST_CASE("content may be cut short between two steps", "[data]") {
    data_encoder e;
    CHECK(e.next("a\r\n\nb").bytes == "a\r\n");
    CHECK(e.finish() == ".\r\n");
    data_encoder dot;
    CHECK(dot.next("a\r\n.b").bytes == "a\r\n");
    CHECK(dot.finish() == ".\r\n");
    data_encoder mid;
    CHECK(mid.next("a\nb").bytes == "a");
    CHECK(mid.finish() == "\r\n.\r\n");
}
