// The server session: tickets and answers (law 6), any call in any state (law 2), copies (law 4), views and rooms (law 7).
#include <sansmtp/server.hpp>

#include "support/catch.hpp"
#include "support/trace.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace sansmtp;

static_assert(sizeof(server_engine) <= 256 && std::is_trivially_copyable_v<server_engine>);
static_assert(std::is_trivially_copyable_v<server> && std::is_trivially_copyable_v<basic_server<512, 512>>);
static_assert(!std::is_constructible_v<server, server_config&&>, "a temporary config must not compile");
static_assert(!std::is_constructible_v<server_engine, const server_config&&>);

namespace {

const server_config plain{.host = "mx.example"};

std::string take(auto& s) {
    const std::string text(s.output());
    s.consume(text.size());
    return text;
}

// Pulls all actions and accepts every request.
template <class S>
void accept_all(S& s) {
    while (auto action = s.next())
        match(*action, [&s]<class A>(const A& a) {
            if constexpr (requires { s.accept(a); })
                s.accept(a);
            else
                s.answer_default(a);
        });
}

template <class S>
std::string talk(S& s, std::string_view octets) {
    accept_all(s);
    while (!octets.empty() && s.wants_input()) {
        octets.remove_prefix(s.feed(octets));
        accept_all(s);
    }
    return take(s);
}

// The request that `octets` lead to.
template <class R, class S>
std::optional<R> request_of(S& s, std::string_view octets) {
    s.feed(octets);
    auto action = s.next();
    if (!action || !std::holds_alternative<R>(*action)) return std::nullopt;
    return std::get<R>(*action);
}

template <class C>
const ticket<C>& as_ticket(const request<C>& r) {
    return r;
}

const std::string to_rcpt = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

} // namespace

TEST_CASE("pipelined commands are answered in one write", "[server]") {
    server s(plain);
    talk(s, "EHLO x\r\n");
    s.feed("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    accept_all(s);
    CHECK(s.output() == "250 2.1.0 Sender ok\r\n250 2.1.5 Recipient ok\r\n250 2.1.5 Recipient ok\r\n"
                        "354 Start mail input; end with <CRLF>.<CRLF>\r\n");
    take(s);
    s.feed("x\r\n.\r\nRSET\r\nQUIT\r\n");
    accept_all(s);
    CHECK(s.output() == "250 2.6.0 Message accepted\r\n250 2.0.0 Ok\r\n221 2.0.0 mx.example closing connection\r\n");
    CHECK_FALSE(s.closed());
    CHECK(s.current() == state::closing);
    take(s);
    CHECK(s.closed());
    CHECK(s.current() == state::closed);
}

TEST_CASE("a request is answered once, by its own ticket (law 6)", "[server]") {
    server s(plain, 3);
    talk(s, "EHLO x\r\n");
    const auto mail = request_of<request<cmd::mail>>(s, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    REQUIRE(mail);
    CHECK(mail->serial == 3);
    CHECK_FALSE(s.wants_input());
    CHECK_FALSE(s.next());

    ticket<cmd::mail> other = *mail;
    other.serial = 4; // of another connection
    CHECK(s.accept(other) == errc::stale_ticket);
    other = *mail;
    ++other.number;
    CHECK(s.accept(other) == errc::stale_ticket);
    CHECK(s.accept(ticket<cmd::rcpt>{mail->serial, mail->number}) == errc::stale_ticket);
    CHECK(s.accept(ticket<cmd::mail>{}) == errc::stale_ticket);
    CHECK(s.reject(other, {550, "no"}) == errc::stale_ticket);
    CHECK(s.answer(other, {250, "no"}) == errc::stale_ticket);
    CHECK(s.challenge(ticket<cmd::auth>{mail->serial, mail->number}, {}) == errc::stale_ticket);
    CHECK(s.output().empty());

    CHECK(s.accept(*mail) == errc::none);
    CHECK(s.accept(*mail) == errc::stale_ticket);
    CHECK(take(s) == "250 2.1.0 Sender ok\r\n");
    auto action = s.next();
    REQUIRE((action && std::holds_alternative<request<cmd::rcpt>>(*action)));
    CHECK(s.accept(*mail) == errc::stale_ticket); // a late answer does not hit the next request
    CHECK(std::get<request<cmd::rcpt>>(*action).number == mail->number + 1);
    CHECK(s.output().empty());
}

TEST_CASE("answers that cannot be sent are replaced, and told", "[server]") {
    struct trial {
        const char* input;
        unsigned code;
    };
    // clang-format off
    const trial illegal[] = { // a code that the request cannot get [RFC 5321 4.3.2]
        {"EHLO x\r\n", 251}, {"EHLO x\r\n", 220}, {"MAIL FROM:<a@b>\r\n", 251}, {"MAIL FROM:<a@b>\r\n", 354},
        {"RCPT TO:<c@d>\r\n", 252}, {"DATA\r\n", 250}, {"VRFY a\r\n", 214}, {"HELP\r\n", 250},
    };
    // clang-format on
    for (const trial& t : illegal) {
        INFO(t.input);
        server s(plain);
        const std::string_view input = t.input;
        accept_all(s);
        if (input[0] == 'M') talk(s, "EHLO x\r\n");
        if (input[0] == 'R') talk(s, "EHLO x\r\nMAIL FROM:<a@b>\r\n");
        if (input[0] == 'D') talk(s, to_rcpt);
        take(s);
        s.feed(input);
        auto action = s.next();
        REQUIRE(action);
        const state before = s.current();
        match(*action, [&]<class A>(const A& a) {
            if constexpr (requires { s.answer(as_ticket(a), reply{}); })
                CHECK(s.answer(as_ticket(a), *reply::make(t.code, {}, "x")) == errc::illegal_code);
        });
        CHECK(take(s).substr(0, 4) == "451 ");
        CHECK(s.current() == before);
        CHECK(talk(s, "NOOP\r\n") == "250 2.0.0 Ok\r\n");
    }

    server s(plain); // a positive code in reject(), and no reply at all
    talk(s, "EHLO x\r\n");
    auto mail = request_of<request<cmd::mail>>(s, "MAIL FROM:<a@b>\r\n");
    CHECK(s.reject(as_ticket(*mail), {250, "yes"}) == errc::illegal_code);
    CHECK(take(s) == "451 4.3.0 Local error in processing\r\n");
    mail = request_of<request<cmd::mail>>(s, "MAIL FROM:<a@b>\r\n");
    CHECK(s.answer(as_ticket(*mail), reply{}) == errc::illegal_code);
    CHECK(take(s) == "451 4.3.0 Local error in processing\r\n");
    CHECK(s.current() == state::ready);

    server c(plain); // a connection gets 421
    auto action = c.next();
    CHECK(c.answer(as_ticket(std::get<request<connection>>(*action)), {250, "hello"}) == errc::illegal_code);
    CHECK(c.output() == "421 mx.example Local error in processing\r\n"); // a 421 begins with the host name
    CHECK(c.current() == state::closing);

    server e(plain); // only a greeting may have several lines, and no line is cut
    accept_all(e);
    take(e);
    auto ehlo = request_of<request<cmd::ehlo>>(e, "EHLO x\r\n");
    CHECK(e.answer(as_ticket(*ehlo), {250, "a\nb"}) == errc::refused_field);
    CHECK(take(e) == "451 Local error in processing\r\n");
    const std::string text(500, 'x');
    ehlo = request_of<request<cmd::ehlo>>(e, "EHLO x\r\n");
    CHECK(e.answer(as_ticket(*ehlo), *reply::make(250, {}, text)) == errc::reply_too_big);
    CHECK(take(e) == "451 Local error in processing\r\n");
    ehlo = request_of<request<cmd::ehlo>>(e, "EHLO x\r\n");
    CHECK(e.answer(as_ticket(*ehlo), *reply::make(250, {}, text.substr(0, 496))) == errc::reply_too_big);
    take(e);
    ehlo = request_of<request<cmd::ehlo>>(e, "EHLO x\r\n");
    CHECK(e.answer(as_ticket(*ehlo), *reply::make(250, {}, text.substr(0, 495))) == errc::none); // 512 octets
}

TEST_CASE("an answer waits for room, or is too big for ever", "[server]") {
    basic_server<512, 1024> s(plain);
    talk(s, "EHLO x\r\n");
    const auto noop = request_of<request<cmd::vrfy>>(s, "VRFY a\r\nVRFY b\r\n");
    REQUIRE(noop);
    std::string text(300, 'x');
    CHECK(s.answer(as_ticket(*noop), *reply::make(250, {}, text)) == errc::none);
    auto action = s.next();
    REQUIRE((action && std::holds_alternative<input_pending>(*action)));
    action = s.next();
    REQUIRE(action);
    const auto second = std::get<request<cmd::vrfy>>(*action);
    text = std::string(400, 'y') + '\n' + std::string(400, 'z');
    const std::string before(s.output());
    CHECK(s.answer(as_ticket(second), *reply::make(250, {}, text)) == errc::no_room);
    CHECK(s.output() == before);
    s.consume(150);
    CHECK(s.answer(as_ticket(second), *reply::make(250, {}, text)) == errc::none);
    CHECK(take(s) == before.substr(150) + "250-2.0.0 " + std::string(400, 'y') + "\r\n250 2.0.0 " +
                         std::string(400, 'z') + "\r\n");
    const auto third = request_of<request<cmd::vrfy>>(s, "VRFY c\r\n");
    REQUIRE(third);
    text = std::string(1024, 'x');
    CHECK(s.answer(as_ticket(*third), *reply::make(250, {}, text)) == errc::reply_too_big);
    CHECK(take(s) == "451 4.3.0 Local error in processing\r\n");
}

TEST_CASE("no request is handed out before any one-line answer fits", "[server]") {
    basic_server<4096, 1024> s(plain);
    talk(s, "EHLO x\r\n");
    for (int i = 0; i < 100; ++i) s.feed("NOOP\r\n");
    accept_all(s);
    CHECK(s.output().size() > 1024 - 512);
    s.feed("VRFY a\r\n");
    CHECK_FALSE(s.next());
    std::string all;
    while (true) {
        accept_all(s);
        if (s.output().empty()) break;
        all += s.output().substr(0, 1);
        s.consume(1);
    }
    CHECK(all.size() == 100 * std::strlen("250 2.0.0 Ok\r\n") + std::strlen("252 2.5.2 ") +
                            std::strlen("Cannot verify, but will take mail and try to deliver it\r\n"));
}

TEST_CASE("the stock answers deny relaying and lose no mail", "[server]") {
    server s(plain);
    const auto run = [&s](std::string_view octets) {
        s.feed(octets);
        while (auto action = s.next()) match(*action, [&s](const auto& a) { s.answer_default(a); });
        return take(s);
    };
    CHECK(run("") == "220 mx.example ESMTP\r\n");
    CHECK(run("HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n") ==
          "250 mx.example\r\n250 2.1.0 Sender ok\r\n550 5.7.1 Relaying denied\r\n554 5.5.1 No valid recipients\r\n");
    const auto rcpt = request_of<request<cmd::rcpt>>(s, "RCPT TO:<c@d>\r\n");
    s.accept(*rcpt);
    CHECK(run("DATA\r\nx\r\n.\r\n").substr(0, 25) == "250 2.1.5 Recipient ok\r\n3");
    CHECK(s.current() == state::ready);
    CHECK(run("VRFY a\r\nHELP\r\n").substr(0, 10) == "252 2.5.2 ");
}

TEST_CASE("a message is refused while it comes", "[server]") {
    server s(plain);
    CHECK(s.refuse_message(550, {5, 7, 1}) == errc::wrong_state);
    talk(s, to_rcpt + "DATA\r\n");
    CHECK(s.refuse_message(250, {}) == errc::illegal_code);
    CHECK(s.refuse_message(550, {4, 7, 1}) == errc::illegal_code);
    s.feed("spam\r\n");
    auto action = s.next();
    REQUIRE((action && std::holds_alternative<body>(*action)));
    CHECK(s.refuse_message(550, {5, 7, 1}) == errc::none);
    s.feed("more\r\n");
    CHECK_FALSE(s.next());
    s.feed(".\r\nNOOP\r\n");
    action = s.next();
    REQUIRE((action && std::holds_alternative<aborted>(*action)));
    CHECK(std::get<aborted>(*action).why == errc::message_refused);
    accept_all(s);
    CHECK(take(s) == "550 5.7.1 Message refused\r\n250 2.0.0 Ok\r\n");

    server d(plain); // no reply to a command goes without an enhanced code
    talk(d, "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    CHECK(d.refuse_message(550, {}) == errc::none);
    CHECK(talk(d, "x\r\n.\r\n") == "550 5.0.0 Message refused\r\n");

    server_config lmtp{.host = "mx.example", .protocol = dialect::lmtp};
    server l(lmtp);
    talk(l, "LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    CHECK(l.refuse_message(452, {4, 3, 1}) == errc::none);
    CHECK(talk(l, "x\r\n.\r\nNOOP\r\n") ==
          "452 4.3.1 Message refused\r\n452 4.3.1 Message refused\r\n250 2.0.0 Ok\r\n");
    talk(l, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    CHECK(l.refuse_message(421, {4, 3, 2}) == errc::none); // once, then the end
    CHECK(talk(l, "x\r\n.\r\nNOOP\r\n") == "421 4.3.2 mx.example Message refused\r\n");
    CHECK(l.closed());
}

TEST_CASE("421 at any time, behind whole replies", "[server]") {
    server s(plain);
    talk(s, "");
    CHECK(s.shutdown({451, "no"}) == errc::illegal_code);
    auto ehlo = request_of<request<cmd::ehlo>>(s, "EHLO x\r\n");
    REQUIRE(ehlo);
    CHECK(s.shutdown({421, {4, 3, 2}, "bye"}) == errc::none);
    CHECK(s.accept(*ehlo) == errc::stale_ticket); // an open request is void
    CHECK(s.shutdown({421, "bye"}) == errc::wrong_state);
    s.timed_out();
    CHECK(take(s) == "421 4.3.2 bye\r\n");
    CHECK(s.closed());
    CHECK_FALSE(s.next());

    // an EHLO list that has not been written whole is finished first
    std::array<extension, 20> many;
    many.fill({"X-EXTENSION", "and some arguments"});
    server_config config{.host = "mx.example", .extensions = many};
    for (const bool idle : {false, true}) {
        basic_server<512, 600> t(config);
        talk(t, "");
        ehlo = request_of<request<cmd::ehlo>>(t, "EHLO x\r\n");
        t.accept(*ehlo);
        t.next();
        if (idle)
            t.timed_out();
        else
            CHECK(t.shutdown({421, "bye"}) == errc::no_room);
        std::string all;
        for (t.next(); !t.output().empty(); t.next()) all += take(t);
        CHECK(all.find("250 HELP\r\n") != std::string::npos);
        CHECK((all.find("250 HELP\r\n421 4.4.2 ") != std::string::npos) == idle);
        CHECK(t.closed() == idle);
    }
    basic_server<512, 512> u(plain); // a reply that no buffer holds
    talk(u, "");
    const std::string text(600, 'x');
    CHECK(u.shutdown(*reply::make(421, {}, text)) == errc::reply_too_big);
    u.next();
    CHECK(take(u) == "421 4.3.2 mx.example Shutting down\r\n");
    CHECK(u.closed());

    server v(plain); // in place of a greeting it has no enhanced code [RFC 2034 4]
    v.timed_out();
    CHECK(take(v) == "421 mx.example Idle for too long, closing\r\n");
}

TEST_CASE("a config that would break a line is not used", "[server]") {
    server_config bad{.host = "mx.example\r\nX"};
    server s(bad);
    auto action = s.next();
    REQUIRE((action && std::holds_alternative<refused>(*action)));
    CHECK(std::get<refused>(*action).why == errc::bad_config);
    CHECK(take(s) == "421 Server misconfigured\r\n");
    server silent(bad); // nobody asked for the greeting
    silent.timed_out();
    CHECK(take(silent) == "421 Idle for too long, closing\r\n");
    CHECK(s.closed());
}

TEST_CASE("octets before the greeting, and behind what ends a group", "[server]") {
    server s(plain);
    s.feed("EHLO x\r\n");
    auto action = s.next();
    REQUIRE((action && std::holds_alternative<request<connection>>(*action)));
    s.accept(std::get<request<connection>>(*action));
    action = s.next();
    REQUIRE((action && std::holds_alternative<early_talker>(*action)));
    CHECK(std::get<early_talker>(*action).octets == 8);
    action = s.next();
    REQUIRE((action && std::holds_alternative<request<cmd::ehlo>>(*action)));
    s.accept(std::get<request<cmd::ehlo>>(*action));
    CHECK_FALSE(s.next());
    take(s);

    const auto pending = [&s](std::string_view octets) {
        std::size_t seen = 0;
        s.feed(octets);
        while (auto a = s.next())
            match(*a, [&]<class A>(const A& what) {
                if constexpr (std::is_same_v<A, input_pending>) seen = what.octets;
                if constexpr (requires { s.accept(what); }) s.accept(what);
            });
        take(s);
        return seen;
    };
    CHECK(pending("RSET\r\nRSET\r\n") == 0);
    CHECK(pending("NOOP\r\n") == 0);
    CHECK(pending("NOOP\r\nRSET\r\n") == 6);
    CHECK(pending("VRFY a\r\nRS") == 2);
    CHECK(pending("ET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n") == 6);
    CHECK(pending("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n") == 0);
    CHECK(pending("x\r\n.\r\nEHLO x\r\nQUIT\r\n") == 6);

    server r(plain); // also where it is not served
    r.feed("EHLO x\r\n");
    action = r.next();
    r.reject(as_ticket(std::get<request<connection>>(*action)), {554, "no"});
    action = r.next();
    CHECK((action && std::holds_alternative<early_talker>(*action)));
}

TEST_CASE("what arrived before the end of the stream is answered", "[server]") {
    server s(plain);
    accept_all(s);
    s.feed(to_rcpt + "DATA\r\nx\r\n.\r\nQUIT\r\nNOOP\r\n");
    s.close_input();
    CHECK_FALSE(s.wants_input());
    accept_all(s);
    const std::string all = take(s);
    CHECK(all.find("250 2.6.0 ") != std::string::npos);
    CHECK(all.substr(all.rfind("221 ")) == "221 2.0.0 mx.example closing connection\r\n"); // nothing behind QUIT
    CHECK(s.closed());

    server w(plain); // while a request waits, the session ends behind the answer
    talk(w, "EHLO x\r\n");
    const auto mail = request_of<request<cmd::mail>>(w, "MAIL FROM:<a@b>\r\n");
    w.close_input();
    CHECK_FALSE(w.closed());
    CHECK(w.accept(*mail) == errc::none);
    const auto action = w.next();
    REQUIRE((action && std::holds_alternative<aborted>(*action)));
    CHECK(std::get<aborted>(*action).why == errc::connection_lost);
    CHECK_FALSE(w.next());
    CHECK(take(w) == "250 2.1.0 Sender ok\r\n");
    CHECK(w.closed());
}

TEST_CASE("a copy is a snapshot (law 4)", "[server]") {
    server s(plain);
    talk(s, to_rcpt);
    const auto data = request_of<request<cmd::data>>(s, "DATA\r\nx\r\n.\r\n");
    REQUIRE(data);
    server copy = s;
    CHECK(copy.reject(as_ticket(*data), {451, {4, 3, 0}, "no"}) == errc::none);
    CHECK(copy.current() == state::rcpt);
    CHECK(s.current() == state::rcpt);
    CHECK(s.accept(*data) == errc::none);
    CHECK(s.current() == state::data);
    CHECK(take(copy) == "451 4.3.0 no\r\n");
    accept_all(s);
    CHECK(take(s).substr(0, 4) == "354 ");
    CHECK(s.current() == state::ready);
    // the copy reads its own input
    accept_all(copy);
    CHECK(take(copy) == "500 5.5.1 Command not recognised\r\n500 5.5.1 Command not recognised\r\n");
}

TEST_CASE("a posted read stays where it is, whatever is called before its commit (law 7)", "[server]") {
    // Every order of three calls, each with a pending read: next, an answer, consume; the octets of the read arrive last.
    const std::string input = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nVRFY abc\r\nNOOP\r\nDATA\r\n";
    const std::string content = "hello\r\n.\r\nNOOP\r\n";
    std::string expected;
    {
        server s(plain);
        talk(s, "EHLO x\r\n");
        expected = talk(s, input);
        expected += talk(s, content);
    }
    for (int order = 0; order < 729; ++order) { // six calls of three kinds
        for (std::size_t cut = 1; cut < input.size(); cut += 7) {
            basic_server<512, 4096> s(plain);
            talk(s, "EHLO x\r\n");
            s.feed(input.substr(0, cut));
            std::string out;
            std::optional<server_action> waiting;
            std::string described;
            int code = order;
            const std::span<char> posted = s.prepare();
            std::memcpy(posted.data(), input.data() + cut, input.size() - cut);
            for (int call = 0; call < 6; ++call, code /= 3) {
                if (code % 3 == 0) {
                    if (auto action = s.next()) {
                        waiting = action;
                        match(*action, [&](const auto& a) { described = trace::describe{}(a); });
                    }
                } else if (code % 3 == 1 && waiting) {
                    match(*waiting, [&](const auto& a) {
                        CHECK(trace::describe{}(a) == described); // its views are as they were
                        if constexpr (requires { s.accept(a); }) s.accept(a);
                    });
                    waiting.reset();
                } else if (code % 3 == 2) {
                    out += s.output().substr(0, 3);
                    s.consume(3);
                }
                if (waiting) {
                    const std::span<char> again = s.prepare(); // while a request waits it is the same room
                    CHECK((again.data() == posted.data() && again.size() == posted.size()));
                    match(*waiting, [&](const auto& a) { CHECK(trace::describe{}(a) == described); });
                }
            }
            s.commit(input.size() - cut);
            if (waiting)
                match(*waiting, [&]<class A>(const A& a) {
                    if constexpr (requires { s.accept(a); }) s.accept(a);
                });
            accept_all(s);
            out += take(s);
            out += talk(s, content);
            CHECK(out == expected);
        }
    }
}

TEST_CASE("commit and consume clamp, and a full buffer takes nothing", "[server]") {
    basic_server<512, 4096> s(plain);
    talk(s, "");
    const std::span<char> room = s.prepare();
    CHECK(room.size() == 512);
    std::memset(room.data(), 'x', room.size());
    s.commit(100000);
    CHECK_FALSE(s.wants_input());
    CHECK(s.feed("x") == 0);
    s.consume(100000);
    CHECK(talk(s, "") == ""); // a line that fills the buffer is too long; what it held is gone
    CHECK(s.wants_input());
    CHECK(talk(s, "\r\nNOOP\r\n") == "500 5.5.2 Line too long\r\n250 2.0.0 Ok\r\n");
    // with the CRLF it just fits: 512 octets
    CHECK(talk(s, "NOOP " + std::string(505, 'x') + "\r\n") == "250 2.0.0 Ok\r\n");
    CHECK(talk(s, "NOOP " + std::string(506, 'x') + "\r\nNOOP\r\n") == "500 5.5.2 Line too long\r\n250 2.0.0 Ok\r\n");
    CHECK(talk(s, "NOOP\r\nNOOP " + std::string(505, 'x') + "\r\n") == "250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n");
}

TEST_CASE("AUTH lines leave no octet behind", "[server]") {
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    const auto leftover = [](const server& s, std::string_view secret) {
        const std::string_view raw(reinterpret_cast<const char*>(&s), sizeof s);
        return raw.find(secret) != std::string_view::npos;
    };
    const std::string line = "AUTH PLAIN AHVzZXIAc2VjcmV0cGFzc3dvcmQ=\r\n"; // \0user\0secretpassword
    const auto fresh = [&config] {                                          // all octets of the object are known
        auto s = std::make_unique<server>(config);
        talk(*s, "EHLO x\r\n");
        s->wipe();
        return s;
    };
    auto s = fresh();
    s->feed(line);
    auto action = s->next();
    REQUIRE((action && std::holds_alternative<request<cmd::auth>>(*action)));
    CHECK(std::get<request<cmd::auth>>(*action).initial_response == std::string_view("\0user\0secretpassword", 20));
    CHECK(leftover(*s, "secretpassword"));
    s->accept(std::get<request<cmd::auth>>(*action));
    s->next();
    CHECK_FALSE(leftover(*s, "secretpassword"));
    CHECK_FALSE(leftover(*s, "AHVzZXIAc2V"));

    for (std::size_t cut = 1; cut < line.size(); ++cut) { // a part of the line, moved to the front of the buffer
        s = fresh();
        talk(*s, "NOOP\r\n" + line.substr(0, cut));
        talk(*s, line.substr(cut));
        s->prepare();
        CHECK_FALSE(leftover(*s, "c2VjcmV0"));
        CHECK_FALSE(leftover(*s, "secret"));
    }
    s = fresh(); // the session ends in the middle of it
    talk(*s, line.substr(0, 30));
    s->timed_out();
    CHECK_FALSE(leftover(*s, "AHVzZXIAc2V"));
    s = fresh();
    talk(*s, line.substr(0, 30));
    s->close_input();
    s->next();
    CHECK_FALSE(leftover(*s, "AHVzZXIAc2V"));
    s = fresh(); // a line that is over the limit
    talk(*s, "AUTH PLAIN AHVzZXIAc2V" + std::string(13000, 'A') + "\r\n");
    CHECK_FALSE(leftover(*s, "AHVzZXIAc2V"));
}

TEST_CASE("an AUTH command may be as long as an AUTH line, at every cut", "[server]") {
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    config.limits.command_line = 512;
    const std::string line = "AUTH PLAIN " + std::string(4000, 'A') + "\r\n";
    for (std::size_t cut = 500; cut < 530; ++cut) {
        server s(config);
        talk(s, "EHLO x\r\n");
        talk(s, line.substr(0, cut));
        CHECK(talk(s, line.substr(cut)) == "235 2.7.0 Authentication succeeded\r\n");
    }
    for (std::size_t cut = 500; cut < 530; ++cut) {
        server s(config);
        talk(s, "EHLO x\r\n");
        talk(s, ("NOOP " + line).substr(0, cut));
        CHECK(talk(s, ("NOOP " + line).substr(cut)) == "500 5.5.2 Line too long\r\n");
    }
    // Longer ones are refused as the lines of an exchange are, if AUTH is offered at all [RFC 4954 4].
    for (const bool offered : {true, false}) {
        if (!offered) config.mechanisms = {};
        for (const std::size_t cut : {5U, 4096U, 12287U, 12288U, 12300U}) {
            server s(config);
            talk(s, "EHLO x\r\n");
            const std::string over = "AUTH PLAIN " + std::string(12276, 'A') + "\r\n"; // 12289 octets
            std::string out = talk(s, over.substr(0, cut));
            out += talk(s, over.substr(std::min(cut, over.size())));
            out += talk(s, "NOOP\r\n");
            CHECK(out == (offered ? "500 5.5.6 Authentication line too long\r\n250 2.0.0 Ok\r\n"
                                  : "500 5.5.2 Line too long\r\n250 2.0.0 Ok\r\n"));
        }
    }
}

TEST_CASE("an engine works with any buffers of the caller's", "[server]") {
    const std::string input = to_rcpt + "DATA\r\nhello\r\n.\r\nFOO\r\nQUIT\r\n";
    std::string expected;
    {
        server s(plain);
        expected = talk(s, "");
        expected += talk(s, input);
    }
    for (const std::size_t room : {512U, 600U, 4096U}) {
        for (const std::size_t step : {1U, 2U, 13U, 1000U}) {
            server_engine engine(plain);
            std::string in, out;
            std::vector<char> free(room);
            std::size_t at = 0;
            for (int idle = 0; idle < 3;) {
                io s{{in.data(), in.size()}, {free.data(), free.size()}, false};
                bool moved = false;
                while (auto action = engine.next(s)) {
                    moved = true;
                    match(*action, [&]<class A>(const A& a) {
                        if constexpr (requires { engine.accept(a, s); }) engine.accept(a, s);
                    });
                }
                in.erase(0, s.consumed);
                out.append(free.data(), s.written);
                const std::size_t n = std::min(step, input.size() - at);
                if (engine.wants_input()) in += input.substr(at, n), at += n;
                idle = moved || s.written != 0 || (n != 0 && engine.wants_input()) ? 0 : idle + 1;
            }
            CHECK(engine.closed());
            CHECK(out == expected);
        }
    }
    server_engine starved(plain); // no room at all: nothing happens and nothing is lost
    io none{};
    CHECK_FALSE(starved.next(none));
    std::array<char, 512> free{};
    io some{{}, free};
    auto action = starved.next(some);
    REQUIRE(action);
    const auto ticket = as_ticket(std::get<request<connection>>(*action));
    CHECK(starved.accept(ticket, none) != errc::none);
    CHECK(starved.accept(ticket, some) == errc::none);
}

TEST_CASE("any call in any state returns (law 2)", "[server]") {
    const std::string script =
        to_rcpt + "DATA\r\nhello\r\n.\r\nBDAT 5\r\nabcdeAUTH PLAIN\r\nAGEAYg==\r\nQUIT\r\nNOOP\r\n";
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    config.offer = config.offer | extension_set{extension_id::expn};
    const auto poke = [](basic_server<512, 512> s, int what, bool waits) {
        const ticket<cmd::mail> mail{0, static_cast<std::uint32_t>(what)};
        switch (what % 14) {
        case 0: s.close_input(); break;
        case 1: s.timed_out(); break;
        case 2: s.shutdown({421, "x"}); break;
        case 3: s.refuse_message(550, {}); break;
        case 4: s.wipe(); break;
        case 5: s.commit(1000); break;
        case 6: s.consume(1000); break;
        case 7: s.accept(mail); break;
        case 8: s.reject(mail, {250, "x"}); break;
        case 9: s.answer(ticket<connection>{0, 1}, reply{}); break;
        case 10: s.challenge(ticket<auth_response>{0, 9}, {}); break;
        case 11: s.answer_default(request<cmd::rcpt>{}); break;
        case 12: s.feed("\r\n.\r\n"); break;
        case 13: s.answer_default(aborted{}); break;
        }
        static_cast<void>(s.time_limit());
        static_cast<void>(s.closed());
        for (int i = 0; i < 50; ++i) { // it goes on, to some end
            accept_all(s);
            take(s);
            s.feed("NOOP\r\n");
        }
        s.close_input();
        for (int i = 0; i < 50; ++i) accept_all(s), take(s);
        CHECK((s.closed() || waits));
        s.timed_out(); // nor does a request that is never answered hold it
        for (int i = 0; i < 50; ++i) accept_all(s), take(s);
        CHECK(s.closed());
    };
    for (int what = 0; what < 14; ++what) {
        basic_server<512, 512> s(config);
        poke(s, what, false);
        accept_all(s);
        for (const char octet : script) {
            s.feed({&octet, 1});
            poke(s, what, false); // before the action, with it waiting, and behind it
            if (auto action = s.next()) {
                poke(s, what, true);
                match(*action, [&]<class A>(const A& a) {
                    if constexpr (requires { s.accept(a); }) s.accept(a);
                });
                poke(s, what, false);
            }
            accept_all(s);
            take(s);
        }
        CHECK(s.closed());
    }
}

TEST_CASE("no way out of AUTH leaves the password behind", "[server]") {
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    const std::string_view secret = "secretpassword"; // AHVzZXIAc2VjcmV0cGFzc3dvcmQ= is \0user\0secretpassword
    const std::string line = "AHVzZXIAc2VjcmV0cGFzc3dvcmQ=";
    const auto clean = [&](const server& s) {
        const std::string_view raw(reinterpret_cast<const char*>(&s), sizeof s);
        return raw.find(secret) == std::string_view::npos && raw.find("c2VjcmV0cGFzc3") == std::string_view::npos;
    };
    // clang-format off
    using way = void (*)(server&, const std::string&);
    const way ways[] = {
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.accept(std::get<request<auth_response>>(*s.next())); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.reject(as_ticket(std::get<request<auth_response>>(*s.next())), {535, "no"}); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.challenge(as_ticket(std::get<request<auth_response>>(*s.next())), {}); },
        [](server& s, const std::string& l) { s.feed(l + "!\r\n"); },                      // not base64
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.next(); s.shutdown({421, "bye"}); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.next(); s.timed_out(); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.next(); s.tls_closed(); },
        [](server& s, const std::string& l) { s.feed(l); s.tls_closed(); },
        [](server& s, const std::string& l) { s.feed(l); s.close_input(); },
        [](server& s, const std::string& l) { s.feed(l); s.shutdown({421, "bye"}); },
        [](server& s, const std::string& l) { s.feed(l + std::string(13000, 'A') + "\r\n"); }, // too long
        [](server& s, const std::string& l) { s.feed(l); s.wipe(); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n*\r\n"); s.challenge(as_ticket(std::get<request<auth_response>>(*s.next())), {}); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.answer(as_ticket(std::get<request<auth_response>>(*s.next())), {421, "bye"}); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.answer(as_ticket(std::get<request<auth_response>>(*s.next())), {250, "no such code"}); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.answer_default(std::get<request<auth_response>>(*s.next())); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); auto a = s.next(); s.close_input(); s.accept(std::get<request<auth_response>>(*a)); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n" + l + "\r\n"); s.accept(std::get<request<auth_response>>(*s.next())); }, // said twice
        [](server& s, const std::string& l) { s.feed(l + "\r\nAUTH PLAIN " + l); s.accept(std::get<request<auth_response>>(*s.next())); s.close_input(); },
        [](server& s, const std::string& l) { s.feed(l + "\r\n"); s.next(); s.tls_failed(); s.timed_out(); },
    };
    // clang-format on
    for (const way& leave : ways) {
        INFO(&leave - ways);
        auto s = std::make_unique<server>(config);
        talk(*s, "EHLO x\r\n");
        s->wipe();
        const auto auth = request_of<request<cmd::auth>>(*s, "AUTH PLAIN\r\n");
        REQUIRE(auth);
        s->challenge(as_ticket(*auth), {});
        s->next();
        leave(*s, line);
        while (s->next()) {}
        s->consume(s->output().size());
        CHECK(clean(*s));
    }
}

TEST_CASE("an AUTH command that is refused leaves the password behind no more than one that is taken", "[server]") {
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    const std::string line = "AUTH PLAIN AHVzZXIAc2VjcmV0cGFzc3dvcmQ=";
    // clang-format off
    struct refusal { const char* before; std::string line; const char* code; };
    const refusal refusals[] = {
        {"",           line, "503"},                                                      // no hello
        {"HELO x\r\n", line, "503"},                                                      // no extensions
        {"EHLO x\r\nMAIL FROM:<a@b>\r\n", line, "503"},                                   // a transaction
        {"EHLO x\r\nAUTH PLAIN AGEAYg==\r\n", line, "503"},                               // the second one
        {"EHLO x\r\n", "AUTH FOO AHVzZXIAc2VjcmV0cGFzc3dvcmQ=", "504"},
        {"EHLO x\r\n", line + "!", "501"},
        {"EHLO x\r\n", line + " x", "501"},
        {"EHLO x\r\n", "auth \tplain AHVzZXIAc2VjcmV0cGFzc3dvcmQ=", "235"},
        {"EHLO x\r\n", line + "\x01", "500"},
    };
    // clang-format on
    for (const refusal& r : refusals)
        for (const std::size_t cut : {std::size_t{1}, std::size_t{20}, r.line.size()}) {
            INFO(r.before << r.line);
            auto s = std::make_unique<server>(config);
            talk(*s, r.before);
            s->wipe();
            talk(*s, "NOOP\r\n" + r.line.substr(0, cut));
            CHECK(talk(*s, r.line.substr(cut) + "\r\n").substr(0, 3) == r.code);
            s->prepare();
            const std::string_view raw(reinterpret_cast<const char*>(s.get()), sizeof *s);
            CHECK(raw.find("secretpassword") == std::string_view::npos);
            CHECK(raw.find("c2VjcmV0cGFzc3") == std::string_view::npos);
        }
}

TEST_CASE("a challenge is overwritten when it has left", "[server]") {
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    auto s = std::make_unique<server>(config);
    talk(*s, "EHLO x\r\n");
    s->wipe();
    const auto auth = request_of<request<cmd::auth>>(*s, "AUTH PLAIN\r\n");
    s->challenge(as_ticket(*auth), std::span<const char>("nonce-of-the-server", 19));
    CHECK(s->output() == "334 bm9uY2Utb2YtdGhlLXNlcnZlcg==\r\n");
    s->consume(s->output().size());
    const std::string_view raw(reinterpret_cast<const char*>(s.get()), sizeof *s);
    CHECK(raw.find("bm9uY2Ut") == std::string_view::npos);
}

TEST_CASE("AUTH is offered only where its lines fit", "[server]") {
    server_config config{.host = "mx.example", .mechanisms = "PLAIN", .cleartext_auth = true};
    basic_server<12287, 1024> shorter(config);
    CHECK(talk(shorter, "EHLO x\r\n").find("AUTH") == std::string::npos);
    CHECK(talk(shorter, "AUTH PLAIN AGEAYg==\r\n").substr(0, 4) == "502 ");
    basic_server<12288, 1024> enough(config);
    CHECK(talk(enough, "EHLO x\r\n").find("250-AUTH PLAIN\r\n") != std::string::npos);
    config.short_auth = true;
    basic_server<512, 1024> wanted(config);
    CHECK(talk(wanted, "EHLO x\r\n").find("250-AUTH PLAIN\r\n") != std::string::npos);
}

TEST_CASE("TLS events out of place change nothing, and plaintext ends the session", "[server]") {
    server s(plain);
    talk(s, "EHLO x\r\n");
    CHECK(s.tls_started({}) == errc::wrong_state);
    CHECK(s.tls_failed() == errc::wrong_state);
    CHECK(talk(s, "NOOP\r\n") == "250 2.0.0 Ok\r\n");

    server implicit(plain);
    CHECK(implicit.tls_started({}) == errc::none);
    CHECK(implicit.tls_started({}) == errc::wrong_state);
    CHECK(talk(implicit, "EHLO x\r\n").find("220 ") == 0);
    CHECK((implicit.with().tls && protocol_type(implicit.with()) == "ESMTPS"));

    server early(plain); // in clear, before TLS
    early.feed("EHLO x\r\n");
    CHECK(early.tls_started({}) == errc::plaintext_behind_tls);
    CHECK(early.closed());

    server c(plain); // closed in the middle of a message: aborted, and nothing more
    talk(c, to_rcpt + "DATA\r\nx\r\n.");
    c.tls_closed();
    const auto action = c.next();
    REQUIRE((action && std::holds_alternative<aborted>(*action)));
    CHECK((!c.next() && c.output().empty() && c.closed()));
}

TEST_CASE("HELP lists what may be used, and nothing else", "[server]") {
    server s(plain);
    CHECK(talk(s, "HELP\r\n").find("214 2.0.0 Commands: HELO EHLO MAIL RCPT DATA BDAT RSET VRFY HELP NOOP QUIT\r\n") !=
          std::string::npos);
    const server_config local = lmtp("mx.example");
    server l(local);
    CHECK(talk(l, "HELP\r\n").find("Commands: LHLO MAIL RCPT DATA BDAT RSET VRFY HELP NOOP QUIT\r\n") !=
          std::string::npos);
}

TEST_CASE("what a message held is told with its end", "[server]") {
    server_config config{.host = "mx.example", .bare_newlines = bare_newlines::keep};
    for (const bool chunk : {false, true}) {
        server s(config);
        talk(s, to_rcpt);
        if (!chunk) talk(s, "DATA\r\n");
        const std::string content = std::string("a\nb\rc\xe9\0\r\n", 9) + std::string(1200, 'x') + "\r\n";
        s.feed(chunk ? "BDAT " + std::to_string(content.size()) + " LAST\r\n" + content : content + ".\r\n");
        std::optional<request<message_end>> end;
        while (auto a = s.next()) {
            if (const auto* const e = std::get_if<request<message_end>>(&*a)) end = *e;
            if (const auto* const d = std::get_if<request<cmd::data>>(&*a)) s.accept(*d);
        }
        REQUIRE(end);
        CHECK(end->size == content.size());
        CHECK((end->seen == violations{true, true, true, true, 1202}));
    }
}
