// BDAT chunks: counted octets, whatever they are.
#include <sansmtp/chunking.hpp>

#include "support/catch.hpp"
#include "support/data_model.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

using namespace sansmtp;

static_assert(std::is_trivially_copyable_v<chunk_decoder> && sizeof(chunk_decoder) == 8);

namespace {

// What belongs to the chunk, "|", what is behind it; without "|" if the chunk has not ended.
std::string run(std::uint64_t size, const model::pieces& stream) {
    chunk_decoder chunk(size);
    std::string text;
    bool end = false;
    for (std::string_view in : stream) {
        while (!in.empty() && !end) {
            const step s = chunk.next(in);
            text += s.bytes;
            in.remove_prefix(s.consumed);
            end = s.end;
            if (end) text += '|';
            if (!end && s.consumed == 0) return std::string(model::stuck);
        }
        if (end) text += in;
    }
    return text;
}

} // namespace

TEST_CASE("a chunk is so many octets and no more", "[chunking]") {
    const std::string stream("a\r\n.\r\n\0\n\xFF\rBDAT 0 LAST\r\n", 23);
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        const std::string expected = stream.substr(0, size) + "|" + stream.substr(size);
        for (std::size_t at = 0; at <= stream.size(); ++at) CHECK(run(size, model::cut(stream, at)) == expected);
        CHECK(run(size, model::octet_by_octet(stream)) == expected);
    }
    CHECK(run(stream.size() + 1, {stream}) == stream);
}

TEST_CASE("an empty chunk ends at once", "[chunking]") {
    chunk_decoder chunk;
    for (const std::string_view in : {"", "NOOP\r\n"}) {
        const step s = chunk.next(in);
        CHECK(s.end);
        CHECK(s.consumed == 0);
        CHECK(s.bytes.empty());
    }
}

TEST_CASE("the end comes with the last octet", "[chunking]") {
    chunk_decoder chunk(3);
    CHECK_FALSE(chunk.next("").end);
    CHECK_FALSE(chunk.next("ab").end);
    CHECK(chunk.left() == 1);
    const step last = chunk.next("c");
    CHECK(last.bytes == "c");
    CHECK(last.end);
    CHECK(chunk.left() == 0);
    CHECK(chunk.next("NOOP\r\n").consumed == 0);
}

TEST_CASE("a chunk may be of any size", "[chunking]") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    chunk_decoder chunk(most);
    const step s = chunk.next("abc");
    CHECK(s.bytes == "abc");
    CHECK_FALSE(s.end);
    CHECK(chunk.left() == most - 3);
}

namespace {

std::string begin(chunk_encoder& chunk, std::uint64_t size, bool last, std::size_t room = 64) {
    std::string out(room + 1, '#');
    const std::size_t written = chunk.begin(size, last, {out.data(), room});
    CHECK(out.find_first_not_of('#', written) == std::string::npos);
    return out.substr(0, written);
}

} // namespace

TEST_CASE("a chunk begins with its command", "[chunking]") {
    // clang-format off
    const struct { std::uint64_t size; bool last; std::string_view command; } cases[] = {
        {1,                                         false, "BDAT 1\r\n"},
        {86,                                        true,  "BDAT 86 LAST\r\n"}, // [RFC 3030 4.1]
        {0,                                         true,  "BDAT 0 LAST\r\n"},
        {std::numeric_limits<std::uint64_t>::max(), false, "BDAT 18446744073709551615\r\n"},
        {std::numeric_limits<std::uint64_t>::max(), true,  "BDAT 18446744073709551615 LAST\r\n"},
    };
    // clang-format on
    for (const auto& [size, last, command] : cases) {
        INFO(command);
        CHECK(command.size() <= chunk_encoder::longest_command);
        for (std::size_t room = 0; room <= 64; ++room) {
            chunk_encoder chunk;
            const bool fits = room >= command.size();
            CHECK(begin(chunk, size, last, room) == (fits ? command : ""));
            CHECK(chunk.left() == (fits ? size : 0));
            CHECK(chunk.done() == (fits && last && size == 0));
        }
    }
}

TEST_CASE("content goes out in chunks as it is", "[chunking]") {
    const std::string content("\r\n.\r\n\0\xFF"
                              "a\n\r.",
                              11);
    for (std::size_t size = 1; size <= content.size() + 1; ++size) {
        chunk_encoder chunk;
        std::string wire, expected;
        for (std::string_view rest = content; !rest.empty();) {
            const bool last = rest.size() <= size;
            const std::string_view piece = rest.substr(0, size);
            wire += begin(chunk, piece.size(), last);
            expected.append("BDAT ").append(std::to_string(piece.size())).append(last ? " LAST\r\n" : "\r\n");
            expected += piece;
            while (chunk.left() != 0) {
                const step s = chunk.next(rest.substr(0, 3));
                wire += s.bytes;
                rest.remove_prefix(s.consumed);
                CHECK(s.end == (last && chunk.left() == 0));
            }
        }
        CHECK(wire == expected);
        CHECK(chunk.done());
        CHECK(chunk.octets() == content.size());
    }
}

TEST_CASE("a chunk that would break the framing does not begin", "[chunking]") {
    chunk_encoder chunk;
    CHECK(begin(chunk, 0, false).empty());
    CHECK(begin(chunk, 3, false) == "BDAT 3\r\n");
    CHECK(begin(chunk, 1, false).empty());
    CHECK(begin(chunk, 0, true).empty());
    CHECK(chunk.next("abcd").bytes == "abc");
    CHECK_FALSE(chunk.next("d").end);
    CHECK(chunk.next("d").consumed == 0);
    CHECK(begin(chunk, 0, true) == "BDAT 0 LAST\r\n");
    CHECK(chunk.done());
    CHECK(chunk.next("d").end);
    CHECK(chunk.next("d").consumed == 0);
    CHECK(begin(chunk, 1, false).empty());
    CHECK(begin(chunk, 1, true).empty());
}
