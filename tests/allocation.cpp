// A server session never allocates (law 3): global operator new counts.
#include <sansmtp/server.hpp>

#include "support/catch.hpp"

#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const p = std::malloc(size != 0 ? size : 1)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return std::malloc(size != 0 ? size : 1); // the library's own would not fit our delete
}
void* operator new[](std::size_t size, const std::nothrow_t& no) noexcept { return ::operator new(size, no); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

using namespace sansmtp;

// Octets of content, and of output.
struct totals {
    std::size_t content = 0;
    std::size_t output = 0;
};

template <class S>
void pump(S& s, totals& t) {
    for (;;) {
        while (const auto action = s.next())
            match(*action, [&]<class A>(const A& a) {
                if constexpr (std::is_same_v<A, body>) t.content += a.bytes.size();
                if constexpr (requires { s.accept(a); })
                    s.accept(a);
                else
                    s.answer_default(a);
            });
        if (s.output().empty()) return;
        t.output += s.output().size();
        s.consume(s.output().size());
    }
}

// Returns the calls of operator new while a session read all of `wire`, in pieces of `step` octets.
std::size_t allocations_of(const server_config& config, std::string_view wire, std::size_t step, totals& t) {
    const std::size_t before = allocations;
    server s(config);
    pump(s, t);
    while (!wire.empty() && s.wants_input()) {
        wire.remove_prefix(s.feed(wire.substr(0, step)));
        pump(s, t);
    }
    s.close_input();
    pump(s, t);
    return allocations - before;
}

} // namespace

TEST_CASE("a session calls operator new zero times", "[allocation]") {
    const server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    std::string wire = "EHLO x\r\nAUTH PLAIN AGEAYg==\r\nFOO\r\nNOOP \x01\r\nBDAT 3\r\nabcVRFY a\r\nEXPN a\r\nHELP\r\n"
                       "MAIL FROM:<a@b> SIZE=100 BODY=8BITMIME\r\n";
    for (int i = 0; i < 1500; ++i) wire += "RCPT TO:<\"quoted " + std::to_string(i) + "\"@[IPv6:2001:db8::1]>\r\n";
    wire += "DATA\r\n" + std::string(100000, 'x') + "\r\n..\r\nbare\nLF\r\n.\r\n" + std::string(50000, 'y') + "\r\n";
    wire += "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n";
    totals t;
    CHECK(allocations_of(config, wire, 1000, t) == 0);
    CHECK(allocations_of(config, wire, 1, t) == 0);
    CHECK(allocations_of(config, wire, wire.size(), t) == 0);
    CHECK(t.content > 3 * 100000);
    CHECK(t.output > 3 * 1000);
}

TEST_CASE("the counter counts", "[allocation]") {
    const std::size_t before = allocations;
    const std::string text(1000, 'x');
    CHECK(text.size() == 1000);
    CHECK(allocations == before + 1);
}
