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
