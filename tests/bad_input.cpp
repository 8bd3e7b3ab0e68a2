// What a hostile or broken client sends: a clear reply or a clear action, bounded memory, nothing delivered that did not
// end.
#include <sansmtp/server.hpp>

#include "support/catch.hpp"
#include "support/trace.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sansmtp;

namespace {

const server_config plain{.host = "mx.example"};

// A server that accepts everything and keeps what it delivers.
template <std::size_t In = 16384, std::size_t Out = 4096>
struct sink {
    explicit sink(const server_config& c = plain) : session(c) { pump(); }

    void feed(std::string_view octets) {
        while (!octets.empty() && session.wants_input()) {
            octets.remove_prefix(session.feed(octets));
            pump();
        }
    }
    void close() {
        session.close_input();
        pump();
    }
    void pump() {
        for (;;) {
            while (auto action = session.next())
                match(*action, [this]<class A>(const A& a) {
                    see(a);
                    if constexpr (requires { session.accept(a); }) session.accept(a);
                });
            if (session.output().empty()) return;
            output += session.output();
            session.consume(session.output().size());
        }
    }
    void see(const body& b) {
        content_size += b.bytes.size();
        content += b.bytes.substr(0, 1000 - std::min<std::size_t>(1000, content.size()));
    }
    void see(const request<message_end>&) { delivered.push_back(content), content.clear(); }
    void see(const aborted& a) { aborts.push_back(a.why), content.clear(); }
    void see(const refused& r) { ++refusals, last = r.why; }
    template <class A>
    void see(const A&) {}

    std::string take() { return std::exchange(output, {}); }

    basic_server<In, Out> session;
    std::string output, content;
    std::size_t content_size = 0, refusals = 0;
    std::vector<std::string> delivered;
    std::vector<errc> aborts;
    errc last = errc::none;
};

const std::string to_data = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
    return n;
}

} // namespace

TEST_CASE("lines of 10 MB: one reply, constant memory", "[bad_input]") {
    for (const char* begin : {"NOOP ", "MAIL FROM:<", "BDAT ", "", "AUTH PLAIN "}) {
        sink<512, 512> s;
        s.take();
        const std::string piece(1000, 'x');
        s.feed(begin);
        for (int i = 0; i < 10000; ++i) s.feed(piece);
        CHECK(s.take() == ""); // nothing is answered before the line has ended
        s.feed("\nQUIT\rQUIT\n\r");
        CHECK(s.take() == "");
        s.feed("\nNOOP\r\n");
        CHECK(s.take() == "500 5.5.2 Line too long\r\n250 2.0.0 Ok\r\n");
    }
    static_assert(sizeof(basic_server<512, 512>) <= 1024 + 256 + 32);
}

TEST_CASE("lines that never end are bounded", "[bad_input]") {
    server_config c{.host = "mx.example"};
    c.limits.dropped = 1000000;
    sink s(c);
    s.take();
    const std::string piece(10000, 'x');
    for (int i = 0; i < 200 && !s.session.closed(); ++i) s.feed(piece);
    CHECK(s.take() == "421 4.7.0 mx.example Too many errors, closing\r\n");
    CHECK(s.session.closed());
}

TEST_CASE("100,000 pipelined commands", "[bad_input]") {
    std::string wire;
    for (int i = 0; i < 100000; ++i) wire += "NOOP\r\n";
    sink s;
    s.take();
    s.feed(wire);
    CHECK(count(s.take(), "250 2.0.0 Ok\r\n") == 100000);

    wire = "EHLO x\r\nMAIL FROM:<a@b>\r\n";
    for (int i = 0; i < 100000; ++i) wire += "RCPT TO:<c@d>\r\n";
    sink r;
    r.feed(wire);
    const std::string out = r.take();
    CHECK(count(out, "250 2.1.5 ") == limits{}.recipients);
    CHECK(count(out, "452 4.5.3 ") == 100000 - limits{}.recipients);

    wire.clear();
    for (int i = 0; i < 100000; ++i) wire += "GARBAGE\r\n";
    sink g;
    g.take();
    g.feed(wire);
    const std::string bad = g.take();
    CHECK(count(bad, "500 5.5.1 ") == limits{}.bad_commands);
    CHECK(bad.substr(bad.size() - 47) == "421 4.7.0 mx.example Too many errors, closing\r\n");
    CHECK(g.session.closed());
}

TEST_CASE("a body that never ends", "[bad_input]") {
    const std::string piece(10000, 'x');
    sink open; // without a limit it is handed on, and the caller may refuse it
    open.feed(to_data);
    for (int i = 0; i < 1000; ++i) open.feed(piece);
    CHECK(open.content_size == 10000000);
    CHECK(open.session.refuse_message(552, {5, 3, 4}) == errc::none);
    for (int i = 0; i < 1000; ++i) open.feed(piece);
    CHECK(open.content_size == 10000000);
    open.close();
    CHECK(open.delivered.empty());
    CHECK((open.aborts == std::vector<errc>{errc::connection_lost}));

    server_config c{.host = "mx.example"};
    c.limits.message_size = 25000;
    c.limits.dropped = 1000000;
    sink s(c);
    s.feed(to_data);
    s.take();
    for (int i = 0; i < 200; ++i) s.feed(piece);
    CHECK(s.content_size == 25000);
    CHECK(s.take() == "421 4.7.0 mx.example Too many errors, closing\r\n");
    CHECK((s.aborts == std::vector<errc>{errc::too_many_errors}));
    CHECK(s.session.closed());
}

TEST_CASE("a chunk of 2^64 - 1 octets is swallowed as long as it comes", "[bad_input]") {
    server_config c{.host = "mx.example"};
    c.limits.dropped = 1000000;
    sink s(c);
    s.feed("EHLO x\r\nBDAT 18446744073709551615 LAST\r\n");
    s.take();
    for (int i = 0; i < 50; ++i) s.feed("QUIT\r\n.\r\n");
    CHECK(s.take() == "");
    s.close();
    CHECK(s.session.closed());
    CHECK(s.take() == "");
}

TEST_CASE("a connection cut at every octet delivers what had ended, whole", "[bad_input]") {
    for (const dialect protocol : {dialect::smtp, dialect::lmtp}) {
        const server_config c{.host = "mx.example", .protocol = protocol};
        const std::string hello = protocol == dialect::lmtp ? "LHLO x\r\n" : "EHLO x\r\n";
        const std::string message = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n..\r\n.\r\n";
        const std::string wire = hello + message + "BDAT 4\r\nabcd" + message + "QUIT\r\n";
        const std::size_t first = hello.size() + message.size(), second = wire.size() - 6;
        for (std::size_t at = 0; at <= wire.size(); ++at) {
            sink s(c);
            s.feed(wire.substr(0, at));
            s.close();
            INFO(at);
            CHECK(s.delivered.size() == (at < first ? 0U : at < second ? 1U : 2U));
            for (const std::string& d : s.delivered) CHECK(d == "hello\r\n.\r\n");
            CHECK(s.content.empty());
            CHECK(s.session.closed());
            CHECK(count(s.output, "250 2.6.0 ") == s.delivered.size());
            const std::size_t mails = count(wire.substr(0, at), "MAIL FROM:<a@b>\r\n");
            CHECK(s.aborts.size() == mails - s.delivered.size());
            // and by a time-out
            sink idle(c);
            idle.feed(wire.substr(0, at));
            idle.session.timed_out();
            idle.pump();
            CHECK(idle.delivered.size() == s.delivered.size());
            CHECK(idle.aborts.size() == s.aborts.size());
            CHECK(idle.session.closed());
            CHECK(count(idle.output, "421 ") == (at < wire.size() ? 1U : 0U));
        }
    }
}

TEST_CASE("garbage of every kind gets replies and no delivery", "[bad_input]") {
    std::uint64_t seed = 1;
    const auto random = [&seed] { return (seed = seed * 6364136223846793005U + 1442695040888963407U) >> 33; };
    for (int round = 0; round < 2000; ++round) {
        std::string wire;
        for (int i = 0; i < 200; ++i) wire += static_cast<char>(random() % (round % 2 == 0 ? 256 : 16));
        sink<512, 1024> s;
        s.feed(wire + "\r\n");
        s.close();
        CHECK(s.delivered.empty());
        CHECK(s.session.closed());
    }
    sink http;
    http.feed("POST / HTTP/1.1\r\nHost: mx.example\r\nContent-Type: text/plain\r\n\r\nMAIL FROM:<a@b>\r\n");
    CHECK(http.refusals == 5);
    CHECK(http.last == errc::bad_sequence);
}

TEST_CASE("octets before the greeting do not get ahead of it", "[bad_input]") {
    server s(plain);
    s.feed("EHLO x\r\n");
    auto action = s.next();
    REQUIRE((action && std::holds_alternative<request<connection>>(*action)));
    CHECK_FALSE(s.next());
    CHECK(s.output().empty());
    CHECK_FALSE(s.wants_input());
    s.reject(std::get<request<connection>>(*action), {421, "busy"});
    CHECK_FALSE(s.next());
    CHECK(s.output() == "421 busy\r\n");
}
