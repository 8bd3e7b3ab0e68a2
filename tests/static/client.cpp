// Whole client conversations at compile time: against a script, and against our own server.
#include <sansmtp/sansmtp.hpp>

#include <array>
#include <cstddef>
#include <string_view>

using namespace sansmtp;
using namespace sansmtp::literals;

namespace {

constexpr client_config config{.name = "client.example", .tls = tls_policy::never};
constexpr server_config host{"mx.example"};
constexpr recipient to[] = {{"b@b.example"_path}, {"c@c.example"_path}};
constexpr envelope mail{"a@a.example"_path, to};

struct text {
    std::array<char, 1024> octets{};
    std::size_t size = 0;

    constexpr void add(std::string_view s) {
        for (const char c : s) octets[size++] = c;
    }
    constexpr std::string_view view() const { return {octets.data(), size}; }
};

// What the caller does about an action.
struct caller {
    int accepted = 0;
    int refused = 0;
    int delivered_count = 0;
    bool failed_once = false;
    bool sent = false;

    template <class Client>
    constexpr void on(Client& c, const client_action& action) {
        if (std::holds_alternative<ready>(action)) {
            sent ? c.quit() : c.send(mail);
            sent = true;
        }
        if (const auto* const r = std::get_if<recipient_result>(&action))
            ++(r->verdict == verdict::accepted ? accepted : refused);
        if (std::holds_alternative<content_wanted>(action)) {
            c.write_body(".a\nb");
            c.end_body();
        }
        if (std::holds_alternative<delivered>(action)) ++delivered_count;
        if (std::holds_alternative<failed>(action)) failed_once = true;
    }
};

constexpr bool scripted() {
    basic_client<512, 512> c(config);
    caller who;
    text wire;
    for (const std::string_view said : {"220 mx\r\n", "250-mx\r\n250-SIZE 10\r\n250 PIPELINING\r\n",
                                        "250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n", "250 ok\r\n", "221 bye\r\n"}) {
        c.feed(said);
        while (const auto action = c.next()) who.on(c, *action);
        wire.add(c.output());
        c.consume(c.output().size());
    }
    return c.closed() && who.accepted == 1 && who.refused == 1 && who.delivered_count == 1 && !who.failed_once &&
           wire.view() == "EHLO client.example\r\n"
                          "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nRCPT TO:<c@c.example>\r\nDATA\r\n"
                          "..a\r\nb\r\n.\r\n"
                          "QUIT\r\n";
}

// A server that takes b@b.example only.
template <class Server>
constexpr void serve(Server& s, const server_action& action, text& content) {
    match(
        action,
        [&](const request<cmd::rcpt>& r) {
            r.to == to[0].to ? s.accept(r) : s.reject(r, {550, {5, 1, 1}, "no"});
        },
        [&](const body& b) { content.add(b.bytes); }, [&](const request<message_end>& r) { s.accept(r); },
        [&](const auto& other) { s.answer_default(other); });
}

constexpr bool conversation() {
    basic_client<512, 512> c(config);
    basic_server<512, 512> s(host);
    caller who;
    text content;
    for (int i = 0; i < 64 && !(c.closed() && s.closed()); ++i) {
        while (const auto action = s.next()) serve(s, *action, content);
        s.consume(c.feed(s.output()));
        while (const auto action = c.next()) who.on(c, *action);
        c.consume(s.feed(c.output()));
    }
    return c.closed() && s.closed() && who.accepted == 1 && who.refused == 1 && who.delivered_count == 1 &&
           !who.failed_once && content.view() == ".a\r\nb\r\n";
}

constexpr bool lost_behind_the_end() {
    basic_client<512, 512> c(config);
    caller who;
    for (const std::string_view said :
         {"220 mx\r\n", "250 PIPELINING\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}) {
        c.feed(said);
        while (const auto action = c.next()) who.on(c, *action);
        c.consume(c.output().size());
    }
    basic_client<512, 512> other = c; // a snapshot goes on by itself
    other.timed_out();
    c.close_input();
    const auto one = c.next();
    const auto two = other.next();
    return one && two && std::get_if<failed>(&*one)->accepted_are == verdict::in_doubt &&
           std::get_if<failed>(&*two)->accepted_are == verdict::in_doubt && std::get_if<failed>(&*two)->answered == 2 &&
           who.delivered_count == 0;
}

} // namespace

static_assert(scripted());
static_assert(conversation());
static_assert(lost_behind_the_end());

// [RFC 5321 4.5.3.1.10]
constexpr verdict of(std::string_view text, bool size_declared = false, bool full_is_452 = true) {
    return recipient_verdict(*parse_reply(text), size_declared, full_is_452);
}
static_assert(of("250 ok\r\n") == verdict::accepted && of("251 ok\r\n") == verdict::accepted);
static_assert(of("450 no\r\n") == verdict::retry_later && of("550 no\r\n") == verdict::refused);
static_assert(of("552 no\r\n") == verdict::retry_later && of("552 5.5.3 no\r\n") == verdict::retry_later);
static_assert(of("552 no\r\n", true) == verdict::refused && of("552 no\r\n", false, false) == verdict::refused);
static_assert(of("552 5.2.2 no\r\n") == verdict::refused && of("552 5.3.4 no\r\n") == verdict::refused);
static_assert(of("553 5.1.3 no\r\n") == verdict::refused && of("354 go\r\n") != verdict::accepted);
