// The queue of octets under both buffers of a session, against a std::string.
#include <sansmtp/detail/byte_queue.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

using sansmtp::detail::byte_queue;

static_assert(std::is_trivially_copyable_v<byte_queue<512>>);
static_assert(sizeof(byte_queue<512>) == 512 + 2 * sizeof(std::size_t));

namespace {

template <std::size_t N>
void append(byte_queue<N>& q, std::string_view text) {
    const auto room = q.room();
    const std::size_t n = std::min(room.size(), text.size());
    std::copy_n(text.begin(), n, room.begin());
    q.commit(n);
}

constexpr bool works_at_compile_time() {
    byte_queue<8> q;
    q.room()[0] = 'a';
    q.commit(1);
    q.consume(1);
    q.pack();
    return q.empty() && q.room().size() == 8;
}
static_assert(works_at_compile_time());

} // namespace

TEST_CASE("octets come out as they went in", "[byte_queue]") {
    byte_queue<64> q;
    std::string model;
    std::uint32_t seed = 1;
    for (int i = 0; i < 100000; ++i) {
        seed = seed * 1664525 + 1013904223;
        const std::size_t n = (seed >> 16) % 20;
        switch ((seed >> 8) % 4) {
        case 0:
        case 1: {
            const std::string text(n, static_cast<char>('a' + i % 26));
            const std::size_t room = q.room().size();
            append(q, text);
            model += text.substr(0, room);
            break;
        }
        case 2: q.consume(n), model.erase(0, n); break;
        case 3:
            q.pack(i % 2 == 0);
            CHECK(q.room().size() == 64 - model.size());
            break;
        }
        if (q.view() != model || q.size() != model.size() || q.empty() != model.empty()) FAIL(i);
        CHECK(q.full() == (model.size() == 64));
    }
}

TEST_CASE("commit and consume clamp", "[byte_queue]") {
    byte_queue<8> q;
    q.pack();
    std::fill(q.room().begin(), q.room().end(), 'x');
    q.commit(100);
    CHECK(q.full());
    CHECK(q.room().empty());
    q.consume(100);
    CHECK(q.empty());
    CHECK(q.room().empty()); // only pack makes room
    q.pack();
    CHECK(q.room().size() == 8);
}

TEST_CASE("the room stays where it is until pack", "[byte_queue]") {
    byte_queue<8> q;
    append(q, "abcd");
    const char* const room = q.room().data();
    q.consume(2);
    CHECK(q.room().data() == room);
    q.consume(2);
    CHECK(q.room().data() == room);
    CHECK(q.room().size() == 4);
}

TEST_CASE("pack leaves no second copy if it is told so", "[byte_queue]") {
    for (std::size_t taken = 0; taken <= 6; ++taken) {
        for (std::size_t size = 0; taken + size <= 8; ++size) {
            byte_queue<8> q;
            append(q, std::string(taken, 'x') + std::string(size, 's'));
            q.consume(taken);
            q.pack(true);
            CHECK(q.view() == std::string(size, 's'));
            const auto room = q.room();
            CHECK(std::count(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(taken), 's') == 0);
        }
    }
    byte_queue<8> q;
    append(q, "secret");
    q.wipe_all();
    CHECK(q.empty());
    CHECK(std::count(q.room().begin(), q.room().end(), '\0') >= 6);
}
