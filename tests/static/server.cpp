// A whole conversation at compile time (law 11), and what sessions are (laws 3, 4).
#include <sansmtp/server.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace {

using namespace sansmtp;

constexpr server_config config{.host = "mx.example"};

// What came of a session: its output, its content, and the requests it made.
struct seen {
    char output[1024] = {};
    std::size_t output_size = 0;
    char content[256] = {};
    std::size_t content_size = 0;
    int delivered = 0;
    int aborted = 0;
    bool closed = false;

    constexpr std::string_view out() const { return {output, output_size}; }
    constexpr std::string_view text() const { return {content, content_size}; }
};

struct handler {
    basic_server<512, 1024>& session;
    seen& all;

    constexpr void operator()(const request<cmd::rcpt>& r) const {
        if (r.to.mailbox().local_part() == "nobody")
            session.reject(r, {550, {5, 1, 1}, "No such user"});
        else
            session.accept(r);
    }
    constexpr void operator()(const body& b) const {
        for (const char c : b.bytes) all.content[all.content_size++] = c;
    }
    constexpr void operator()(const request<message_end>& r) const {
        ++all.delivered;
        session.accept(r);
    }
    constexpr void operator()(const aborted&) const { ++all.aborted; }
    template <class A>
    constexpr void operator()(const A& other) const {
        session.answer_default(other);
    }
};

// Feeds `wire` in pieces of `step` octets.
constexpr seen run(std::string_view wire, std::size_t step) {
    basic_server<512, 1024> s(config);
    seen all;
    const auto pump = [&] {
        while (const auto action = s.next()) match(*action, handler{s, all});
        for (const char c : s.output()) all.output[all.output_size++] = c;
        s.consume(s.output().size());
    };
    pump();
    while (!wire.empty() && s.wants_input()) {
        wire.remove_prefix(s.feed(wire.substr(0, step)));
        pump();
    }
    all.closed = s.closed();
    return all;
}

constexpr std::string_view wire =
    "EHLO client.example\r\nMAIL FROM:<a@b.example> SIZE=10\r\nRCPT TO:<nobody@d.example>\r\n"
    "RCPT TO:<c@d.example>\r\nDATA\r\nx\r\n..y\r\n.\r\nRSET now\r\nQUIT\r\n";
constexpr std::string_view replies =
    "220 mx.example ESMTP\r\n"
    "250-mx.example\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n"
    "250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n"
    "250 2.1.0 Sender ok\r\n550 5.1.1 No such user\r\n250 2.1.5 Recipient ok\r\n"
    "354 Start mail input; end with <CRLF>.<CRLF>\r\n"
    "250 2.6.0 Message accepted\r\n501 5.5.4 No argument allowed\r\n"
    "221 2.0.0 mx.example closing connection\r\n";

constexpr bool is_right(const seen& all) {
    return all.out() == replies && all.text() == "x\r\n.y\r\n" && all.delivered == 1 && all.aborted == 0 && all.closed;
}
static_assert(is_right(run(wire, 1000)));
static_assert(is_right(run(wire, 1)));
static_assert(is_right(run(wire, 7)));

// Bounded: an engine, two arrays and their four ends.
static_assert(sizeof(server_engine) <= 256);
static_assert(sizeof(server) <= sizeof(server_engine) + 16384 + 4096 + 4 * sizeof(std::size_t));
static_assert(std::is_trivially_copyable_v<server> && std::is_trivially_destructible_v<server>);

} // namespace
