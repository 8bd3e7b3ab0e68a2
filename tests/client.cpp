// What a caller can do with a client session, in every order: the dialogues themselves are in transcripts/client.
#include "support/catch.hpp"
#include "support/client_talk.hpp"

#include <sansmtp/literals.hpp>

#include <array>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace sansmtp;

// Counts allocations, for the test that there are none. Every form of new without alignment is replaced, so that the
// sanitizers see no pair of two kinds.
static std::size_t allocations = 0;
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* p = operator new(size, std::nothrow)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { operator delete(p); }
void operator delete[](void* p, std::size_t) noexcept { operator delete(p); }

namespace {

constexpr const client_config& config = script::plain;
const recipient two[] = {{"b@b.example"_path}, {"c@c.example"_path}};
const envelope mail{"a@a.example"_path, two};

constexpr std::string_view piped = "250-mx\r\n250 PIPELINING\r\n";

template <class Client>
struct talk : script::basic_talk<Client> {
    using script::basic_talk<Client>::basic_talk;

    // Up to content_wanted, for two recipients.
    talk& open_content() {
        this->open(piped);
        REQUIRE(this->session.send(mail) == errc::none);
        this->run().hear("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        REQUIRE(this->last == "content");
        return *this;
    }
};
using small = talk<basic_client<512, 512>>;
using large = talk<client>;

} // namespace

TEST_CASE("a client is a value", "[client]") {
    STATIC_REQUIRE(std::is_trivially_copyable_v<client>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<client_engine>);
    STATIC_REQUIRE(sizeof(client_engine) <= 512);
    STATIC_REQUIRE(sizeof(client) <= 512 + 2 * (16384 + 32));
    STATIC_REQUIRE_FALSE(std::is_constructible_v<client, client_config>); // a temporary would not outlive it
    STATIC_REQUIRE(std::is_constructible_v<client, const client_config&>);

    large one;
    one.open_content();
    large other = one; // each goes on by itself
    one.session.write_body("one");
    one.session.end_body();
    other.session.write_body("two");
    CHECK(other.run().wire.ends_with("DATA\r\ntwo"));
    CHECK(one.run().wire.ends_with("DATA\r\none\r\n.\r\n"));
    CHECK(one.hear("250 ok\r\n").told.ends_with("delivered 0 250\nready\n"));
    CHECK(other.session.wants_body());
}

TEST_CASE("one write for MAIL, a hundred RCPT and DATA", "[client][pipelining]") {
    std::vector<recipient> many(100, {"recipient@some.domain.example"_path});
    large t;
    t.open(piped);
    REQUIRE(t.session.send({"a@a.example"_path, many}) == errc::none);
    CHECK_FALSE(t.session.next());
    const std::string_view out = t.session.output();
    CHECK(out.starts_with("MAIL FROM:<a@a.example>\r\nRCPT TO:"));
    CHECK(out.ends_with("\r\nDATA\r\n"));
    CHECK(std::count(out.begin(), out.end(), '\n') == 102);

    std::string replies = "250 ok\r\n";
    for (int i = 0; i < 100; ++i) replies += i % 2 == 0 ? "250 ok\r\n" : "550 no\r\n";
    t.run().hear(replies + "354 go\r\n");
    CHECK(t.last == "content");
    CHECK(t.told.find("rcpt 99 refused 550\n") != std::string::npos);
}

TEST_CASE("a hundred thousand recipients", "[client][bounded]") {
    constexpr std::size_t count = 100000;
    std::vector<recipient> many(count, {"b@b.example"_path});
    const bool pipelined = GENERATE(true, false);
    large t;
    t.open(pipelined ? piped : "250 mx\r\n");
    REQUIRE(t.session.send({"a@a.example"_path, many}) == errc::none);
    std::size_t said = 0, accepted = 0, most_in_flight = 0, answered = 0;
    bool content = false;
    while (!content) {
        while (const auto action = t.session.next()) {
            if (std::holds_alternative<recipient_result>(*action)) ++accepted;
            content = content || std::holds_alternative<content_wanted>(*action);
        }
        const std::string_view out = t.session.output();
        said += static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n'));
        t.session.consume(out.size());
        most_in_flight = std::max(most_in_flight, said - answered);
        if (content || answered == said) break;
        for (; answered < said && t.session.feed(answered == count + 1 ? "354 go\r\n" : "250 ok\r\n") == 8;
             ++answered) {}
    }
    CHECK(content);
    CHECK(said == count + 2);
    CHECK(accepted == count);
    CHECK(most_in_flight <= (pipelined ? config.in_flight : 1));
}

TEST_CASE("nothing is allocated", "[client][allocation]") {
    basic_client<512, 512> c(config);
    std::size_t delivered_count = 0;
    const std::string_view replies[] = {"220 mx\r\n", "250-mx\r\n250-SIZE 1000\r\n250 PIPELINING\r\n",
                                        "250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n", "250 ok\r\n", "221 bye\r\n"};
    const std::size_t before = allocations;
    for (const std::string_view text : replies) {
        c.feed(text);
        while (const auto action = c.next()) {
            if (std::holds_alternative<ready>(*action)) delivered_count == 0 ? c.send(mail) : c.quit();
            if (std::holds_alternative<delivered>(*action)) ++delivered_count;
        }
        if (c.wants_body()) {
            c.write_body("a message\n.\n");
            c.end_body();
        }
        c.consume(c.output().size());
    }
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(delivered_count == 1);
    CHECK(c.closed());
}

TEST_CASE("misuse is told and changes nothing", "[client][misuse]") {
    large t;
    CHECK(t.session.send(mail) == errc::wrong_state);
    CHECK(t.session.quit() == errc::wrong_state);
    CHECK(t.session.end_body() == errc::wrong_state);
    CHECK(t.session.write_body("x") == 0);
    t.open(piped);
    CHECK(t.session.end_body() == errc::wrong_state);
    CHECK(t.session.write_body("x") == 0);
    CHECK(t.session.send({"a@a.example"_path, {}}) == errc::no_valid_recipients);
    CHECK(t.session.output().empty());
    REQUIRE(t.session.send(mail) == errc::none);
    CHECK(t.session.send(mail) == errc::wrong_state);
    CHECK(t.session.quit() == errc::wrong_state);
    CHECK(t.session.write_body("x") == 0);
    t.run().hear("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    CHECK(t.session.send(mail) == errc::wrong_state);
    CHECK(t.session.quit() == errc::wrong_state);
    CHECK(t.session.end_body() == errc::none);
    CHECK(t.session.end_body() == errc::wrong_state);
    CHECK(t.session.write_body("x") == 0);
    t.run();
    CHECK(t.wire.ends_with("DATA\r\n.\r\n"));
    CHECK(t.hear("250 ok\r\n").last == "ready");
    CHECK(t.session.quit() == errc::none);
    CHECK(t.session.quit() == errc::wrong_state);
    CHECK(t.session.send(mail) == errc::wrong_state);
    t.run().hear("221 bye\r\n");
    CHECK(t.session.closed());
    CHECK(t.session.send(mail) == errc::wrong_state);
    CHECK(t.session.quit() == errc::wrong_state);
    t.session.timed_out();
    t.session.close_input();
    CHECK_FALSE(t.session.next());
    CHECK(t.session.feed("250 x\r\n") == 7);
    CHECK_FALSE(t.session.next());
    CHECK_FALSE(t.session.wants_input());
}

TEST_CASE("send waits for ready to be seen, quit does not", "[client][misuse]") {
    large t;
    t.hear("220 mx\r\n");
    t.session.feed("250-mx\r\n250 SIZE\r\n");
    REQUIRE(t.session.next()); // announced
    CHECK(t.session.send(mail) == errc::wrong_state);
    CHECK(t.session.quit() == errc::none);
    CHECK_FALSE(t.session.next());
    CHECK(t.session.output() == "QUIT\r\n");
}

TEST_CASE("send, end_body and quit write at once", "[client]") {
    large t;
    t.open();
    REQUIRE(t.session.send(mail) == errc::none);
    CHECK(t.session.output() == "MAIL FROM:<a@a.example>\r\n");
    large u;
    u.open_content();
    REQUIRE(u.session.end_body() == errc::none);
    CHECK(u.session.output() == ".\r\n");
    large v;
    v.open();
    REQUIRE(v.session.quit() == errc::none);
    CHECK(v.session.output() == "QUIT\r\n");
}

TEST_CASE("a config that must not reach the wire", "[client][misuse]") {
    client_config c = config;
    c.name = GENERATE("a\r\nQUIT", "", "a b", "-a");
    large t(c);
    CHECK(t.hear("220 mx\r\n").told == "failed bad_config at connection answered 0 retry_later finished 0\n");
    CHECK(t.wire.empty());
    CHECK(t.session.closed());
}

TEST_CASE("a command must fit the output, whatever waits in it", "[client][no_room]") {
    // 501 octets of ORCPT may stand on RCPT where DSN is offered, and 512 is all the output of a small session.
    recipient asks{"b@b.example"_path};
    const std::string original(480, 'o');
    asks.orcpt = original;
    const recipient list[] = {{"b@b.example"_path}, asks};
    constexpr std::string_view hello = "250-mx\r\n250 DSN\r\n";
    small t;
    t.open(hello);
    CHECK((t.session.send({"a@a.example"_path, list}) == errc::no_room));
    CHECK(t.session.output().empty());
    CHECK((t.session.send({"a@a.example"_path, two}) == errc::none));
    large u;
    u.open(hello);
    CHECK((u.session.send({"a@a.example"_path, list}) == errc::none));
}

TEST_CASE("content goes out with any pieces and any room", "[client][body]") {
    std::string content;
    for (int i = 0; i < 200; ++i) content += i % 3 == 0 ? ".dot\r\n" : i % 3 == 1 ? "lf\n" : "cr\r";
    const std::string wire = [&] {
        data_encoder encoder;
        std::string all(content.size() * 3, '\0');
        const auto done = encoder.encode(content, all);
        return all.substr(0, done.written) + std::string(encoder.finish());
    }();
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 512U, 100000U}) {
        for (const std::size_t write : {1U, 2U, 3U, 5U, 511U, 512U}) {
            small t;
            t.open_content();
            const std::size_t start = t.wire.size();
            std::size_t at = 0;
            bool ended = false;
            while (!ended || !t.session.output().empty()) {
                const std::size_t taken = t.session.write_body(std::string_view(content).substr(at, piece));
                at += taken;
                if (!ended && at == content.size()) ended = t.session.end_body() == errc::none;
                t.pull();
                const std::string_view out = t.session.output().substr(0, write);
                t.wire += out;
                t.session.consume(out.size());
                t.pull(); // what had no room has it now
            }
            CHECK(std::string_view(t.wire).substr(start) == wire);
            CHECK(t.hear("250 ok\r\n").told.ends_with("delivered 0 250\nready\n"));
        }
    }
}

namespace {

// A caller with an engine of its own who writes content as it lies in memory: what waits to leave is a list, as for writev.
struct scattered {
    explicit scattered(const client_config& c = config) : engine(c) {}

    template <class Call>
    auto call(Call f) {
        io s{in, std::span(octets).subspan(used), false, unsent()};
        const auto result = f(s);
        if (s.written != 0) queue.push_back({octets.data() + used, s.written});
        used += s.written;
        in = in.subspan(s.consumed);
        return result;
    }
    void pull() {
        const auto one = [this](io& s) {
            const auto action = engine.next(s);
            if (action) told += script::line(*action) + "\n";
            return action.has_value();
        };
        while (call(one)) {}
    }
    void hear(std::string& server) {
        in = server;
        pull();
    }
    // Takes all of `bytes`.
    void give(std::string_view bytes) {
        while (!bytes.empty()) {
            const step s = engine.next_slice(bytes);
            if (!s.bytes.empty()) queue.push_back(s.bytes);
            bytes.remove_prefix(s.consumed);
            if (s.end) return;
        }
    }
    std::size_t unsent() const {
        std::size_t n = 0;
        for (const std::string_view s : queue) n += s.size();
        return n;
    }
    // So many octets leave.
    void leave(std::size_t n) {
        for (; n != 0 && !queue.empty(); --n) {
            wire += queue.front().front();
            queue.front().remove_prefix(1);
            if (queue.front().empty()) queue.erase(queue.begin());
        }
    }
    // Up to content_wanted.
    void open_content(std::string lines = std::string(piped)) {
        std::string greeting = "220 mx\r\n", answers = "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n";
        in = greeting;
        pull();
        leave(unsent());
        in = lines;
        pull();
        REQUIRE(call([this](io& s) { return engine.send(mail, s); }) == errc::none);
        leave(unsent());
        hear(answers);
        REQUIRE(told.ends_with("content\n"));
        wire.clear();
        told.clear();
    }
    errc end() {
        return call([this](io& s) { return engine.end_body(s); });
    }

    client_engine engine;
    std::array<char, 2048> octets{};
    std::size_t used = 0;
    std::span<char> in;
    std::vector<std::string_view> queue;
    std::string wire, told;
};

} // namespace

TEST_CASE("content goes out as slices of the caller's memory", "[client][body][slices]") {
    const std::string content = "a line\r\n.dot\r\n..\r\nlf\ncr\r\r\n" + std::string(3000, 'x') + "\r\n.\r\nend";
    const std::string wire = "a line\r\n..dot\r\n...\r\nlf\r\ncr\r\n\r\n" + std::string(3000, 'x') + "\r\n..\r\nend";
    for (std::size_t cut = 0; cut <= content.size(); cut += cut < 40 || cut > 3030 ? 1 : 331) {
        scattered c;
        c.open_content();
        c.give(std::string_view(content).substr(0, cut));
        c.give(std::string_view(content).substr(cut));
        for (const std::string_view s : c.queue)
            CHECK((s.size() < 3 || (s.data() >= content.data() && s.data() < content.data() + content.size())));
        const std::size_t size = c.unsent();
        CHECK(size == wire.size());
        CHECK(c.end() == errc::none);
        CHECK(c.engine.next_slice("x").consumed == 0);
        c.leave(c.unsent());
        CHECK(c.wire == wire + "\r\n.\r\n");
        std::string reply = "250 ok\r\n";
        c.hear(reply);
        CHECK(c.told == "delivered 0 250\nready\n");
    }
}

TEST_CASE("a reply to slices counts once all of them have left", "[client][body][slices]") {
    const std::string_view all = "ab\r\n..c\r\n.\r\n";
    for (std::size_t left = 0; left <= all.size(); ++left) {
        scattered c;
        c.open_content();
        c.give("ab\r\n.c\r\n");
        c.end();
        c.leave(left);
        CHECK(c.wire == all.substr(0, left));
        std::string reply = "250 ok\r\n";
        c.hear(reply);
        CHECK(c.told == (left == all.size()
                             ? "delivered 0 250\nready\n"
                             : "failed unsolicited_reply at end answered 2 retry_later finished 0 250\n"));
    }
}

TEST_CASE("slices end where the message may not go", "[client][body][slices]") {
    scattered big;
    big.open_content("250-mx\r\n250-SIZE 5\r\n250 PIPELINING\r\n");
    CHECK(big.engine.next_slice("ab\r\n").bytes == "ab\r\n");
    const step over = big.engine.next_slice("cd");
    CHECK(over.end);
    CHECK(over.bytes.empty());
    big.pull();
    CHECK(big.told.starts_with("failed message_too_big"));

    scattered undeclared; // an octet over 127 [RFC 5321 2.4]
    undeclared.open_content();
    CHECK(undeclared.engine.next_slice("ab\r\n").bytes == "ab\r\n");
    CHECK(undeclared.engine.next_slice("\xc3\xa9\r\n").end);
    undeclared.pull();
    CHECK(undeclared.told.starts_with("failed eight_bit"));

    scattered idle;
    CHECK(idle.engine.next_slice("x").consumed == 0);
    CHECK_FALSE(idle.engine.next_slice("x").end);
}

TEST_CASE("a message may be as large as SIZE says, whatever the pieces", "[client][body][size]") {
    static constexpr client_config chunked = [] {
        client_config c = script::plain_config();
        c.prefer_bdat = true;
        return c;
    }();
    for (const std::string_view content : {"ab\r\n", "\r\n\r\n", "\n\n", "\r\r", "abcd", "ab\r\nc"}) {
        for (std::size_t piece = 1; piece <= content.size(); ++piece) {
            client session(chunked);
            std::string told;
            const auto pull = [&] {
                while (const auto action = session.next()) told += script::line(*action) + "\n";
                session.consume(session.output().size());
            };
            const auto hear = [&](std::string_view octets) {
                session.feed(octets);
                pull();
            };
            hear("220 mx\r\n");
            hear("250-mx\r\n250-SIZE 4\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
            REQUIRE(session.send(mail) == errc::none);
            pull();
            hear("250 ok\r\n250 ok\r\n250 ok\r\n");
            for (std::size_t at = 0; at < content.size() && session.wants_body(); pull())
                at += session.write_body(content.substr(at, piece));
            INFO(content << " in pieces of " << piece);
            CHECK(session.wants_body() == (content.size() <= 4));
            CHECK((told.find("message_too_big") == std::string::npos) == (content.size() <= 4));
        }
    }
}

TEST_CASE("content waits while the output is full", "[client][body]") {
    small t;
    t.open_content();
    const std::string content(5000, 'x');
    CHECK(t.session.write_body(content) == 512);
    CHECK(t.session.write_body(content) == 0);
    t.session.consume(1);
    CHECK(t.session.write_body(content) == 1);
    CHECK(t.session.write_body(content) == 0);
    CHECK(t.session.end_body() == errc::none);
    CHECK_FALSE(t.session.next());
    t.session.consume(4);
    CHECK_FALSE(t.session.next());
    CHECK(t.session.output().ends_with("x"));
    t.session.consume(1);
    CHECK_FALSE(t.session.next());
    CHECK(t.session.output().ends_with("x\r\n.\r\n"));
}

TEST_CASE("a reply while content is sent is the end of it", "[client][body]") {
    // clang-format off
    const struct { std::string_view reply, expected; } cases[] = {
        {"554 5.6.0 no\r\n", "failed refused at content answered 2 refused finished 0 554\n"},
        {"451 4.3.0 no\r\n", "failed refused at content answered 2 retry_later finished 0 451\n"},
        {"421 4.3.0 no\r\n", "failed service_closing at content answered 2 retry_later finished 0 421\n"},
        {"250 done\r\n",     "failed unsolicited_reply at content answered 2 retry_later finished 0 250\n"},
        {"354 go\r\n",       "failed unsolicited_reply at content answered 2 retry_later finished 0 354\n"},
        {"done\r\n",         "failed bad_reply at content answered 2 retry_later finished 0\n"},
    };
    // clang-format on
    for (const auto& [reply, expected] : cases) {
        large t;
        t.open_content();
        t.session.write_body("half a line");
        t.told.clear();
        CHECK(t.hear(reply).told == expected);
        CHECK(t.session.closed());
        CHECK(t.session.output().empty()); // the rest must not leave
        CHECK(t.session.write_body("x") == 0);
    }
}

TEST_CASE("the end of the content counts once all of it has left", "[client][doubt]") {
    const std::string_view end = "\r\n.\r\n";
    for (std::size_t left = 0; left <= end.size(); ++left) {
        const bool all = left == end.size();
        const auto sent = [&] {
            large t;
            t.open_content();
            t.session.write_body("x");
            t.session.consume(1);
            t.session.end_body();
            t.pull();
            REQUIRE(t.session.output() == end);
            t.session.consume(left);
            t.told.clear();
            return t;
        };
        INFO(left << " octets have left");
        large lost = sent();
        lost.session.close_input();
        CHECK(lost.run().told == (all ? "failed connection_lost at end answered 2 in_doubt finished 0\n"
                                      : "failed connection_lost at end answered 2 retry_later finished 0\n"));
        CHECK(lost.wire.ends_with("DATA\r\n"));
        large late = sent();
        late.session.timed_out();
        CHECK(late.run().told == (all ? "failed timed_out at end answered 2 in_doubt finished 0\n"
                                      : "failed timed_out at end answered 2 retry_later finished 0\n"));
        large taken = sent();
        taken.session.feed("250 ok\r\n");
        CHECK(taken.run().told == (all ? "delivered 0 250\nready\n"
                                       : "failed unsolicited_reply at end answered 2 retry_later finished 0 250\n"));
        large refused = sent();
        refused.session.feed("554 no\r\n");
        CHECK(refused.run().told == (all ? "not_delivered 0 refused end 554\nready\n"
                                         : "failed refused at end answered 2 refused finished 0 554\n"));
    }
}

TEST_CASE("a reply counts once a part of its command has left", "[client][premature]") {
    for (const std::size_t left : {0U, 1U, 24U, 25U}) {
        large t;
        t.open();
        REQUIRE(t.session.send(mail) == errc::none);
        REQUIRE(t.session.output().size() == 25);
        t.session.consume(left);
        t.session.feed("550 no\r\n");
        t.told.clear();
        CHECK(t.pull().told == (left == 0 ? "failed refused at mail answered 0 retry_later finished 0 550\n"
                                          : "not_delivered 0 refused MAIL 550\nready\n"));
    }
    for (const std::size_t left : {24U, 25U, 26U}) { // pipelined: RCPT begins at octet 25
        large t;
        t.open(piped);
        REQUIRE(t.session.send(mail) == errc::none);
        t.session.consume(left);
        t.session.feed("250 ok\r\n250 ok\r\n");
        t.told.clear();
        CHECK(t.pull().told == (left <= 25 ? "failed unsolicited_reply at rcpt answered 0 retry_later finished 0 250\n"
                                           : "rcpt 0 accepted 250\n"));
    }
}

TEST_CASE("the time limits of RFC 5321 4.5.3.2", "[client]") {
    large t;
    CHECK(t.session.time_limit() == 300);
    t.hear("220 mx\r\n");
    CHECK(t.session.time_limit() == 300);
    t.hear("250-mx\r\n250 PIPELINING\r\n");
    t.session.send(mail);
    t.run();
    CHECK(t.session.time_limit() == 300); // MAIL
    t.hear("250 ok\r\n");
    CHECK(t.session.time_limit() == 300); // RCPT
    t.hear("250 ok\r\n250 ok\r\n");
    CHECK(t.session.time_limit() == 120); // DATA
    t.hear("354 go\r\n");
    CHECK(t.session.time_limit() == 180); // a block of content
    t.session.end_body();
    t.run();
    CHECK(t.session.time_limit() == 600); // the end
    t.hear("250 ok\r\n");
    t.session.quit();
    CHECK(t.session.time_limit() <= 120);
}

TEST_CASE("the state follows the table", "[client]") {
    large t;
    CHECK(t.session.current() == state::connect);
    CHECK(t.hear("220 mx\r\n").session.current() == state::greeted);
    CHECK(t.hear("250-mx\r\n250 PIPELINING\r\n").session.current() == state::ready);
    t.session.send(mail);
    t.run();
    CHECK(t.hear("250 ok\r\n").session.current() == state::mail);
    CHECK(t.hear("550 no\r\n").session.current() == state::mail);
    CHECK(t.hear("250 ok\r\n").session.current() == state::rcpt);
    CHECK(t.hear("354 go\r\n").session.current() == state::data);
    t.session.end_body();
    CHECK(t.run().session.current() == state::data_wait);
    CHECK(t.hear("354 what\r\n").session.current() == state::ready);
    t.session.quit();
    CHECK(t.run().hear("221 bye\r\n").session.current() == state::closed);

    large lone; // nobody accepted, 354: the dot alone
    lone.open(piped);
    lone.session.send(mail);
    lone.run().hear("250 ok\r\n550 no\r\n550 no\r\n354 go\r\n");
    CHECK(lone.session.current() == state::data_wait);
    CHECK(lone.hear("554 no\r\n").session.current() == state::ready);

    client_config c = config;
    c.protocol = dialect::lmtp;
    large lmtp(c);
    lmtp.open(piped);
    lmtp.session.send(mail);
    lmtp.run().hear("250 ok\r\n550 no\r\n550 no\r\n354 go\r\n");
    CHECK(lmtp.session.current() == state::ready); // no reply is due
}

TEST_CASE("a room stays where it is until it is committed", "[client][prepare]") {
    // A read is posted before everything else and completes after it, for every split of the server's stream.
    const std::string_view replies[] = {
        "220 mx\r\n", "250-mx\r\n250 SIZE\r\n", "250 ok\r\n", "250 ok\r\n", "550 no\r\n", "354 go\r\n", "250 ok\r\n"};
    for (std::size_t piece = 1; piece <= 20; ++piece) {
        small t;
        for (std::string_view text : replies) {
            while (!text.empty()) {
                const std::span<char> room = t.session.prepare();
                t.run();
                if (t.last == "ready" && t.session.send(mail) == errc::none) t.last.clear();
                if (t.session.wants_body()) {
                    t.session.write_body("x");
                    t.session.end_body();
                }
                t.run();
                const std::string_view part = text.substr(0, piece);
                std::copy(part.begin(), part.end(), room.begin());
                t.session.commit(part.size());
                text.remove_prefix(part.size());
            }
        }
        t.run();
        CHECK(t.told == "greeted 220\nannounced SIZE\nready\nrcpt 0 accepted 250\nrcpt 1 refused 550\ncontent\n"
                        "delivered 0 250\nready\n");
    }
}

TEST_CASE("views of an action stay valid until the next call", "[client]") {
    large t;
    t.open(piped);
    t.session.send(mail);
    t.run();
    t.session.feed("250 ok\r\n250-2.1.5 one\r\n250 2.1.5 two\r\n");
    const auto action = t.session.next();
    REQUIRE(action);
    const auto* const r = std::get_if<recipient_result>(&*action);
    REQUIRE(r != nullptr);
    t.session.consume(1000);
    CHECK(r->reply.raw() == "250-2.1.5 one\r\n250 2.1.5 two\r\n");
    CHECK(r->reply.enhanced() == enhanced_code{2, 1, 5});
    CHECK(r->reply.text() == "one");
}

TEST_CASE("the capabilities are those of the list", "[client]") {
    large t;
    t.open("250-PIPELINING\r\n250-size 123\r\n250-8BITMIME\r\n250 XYZ\r\n");
    CHECK_FALSE(t.session.capabilities().pipelining()); // the first line names the server
    CHECK(t.session.capabilities().size_limit() == 123);
    CHECK(t.session.capabilities().eight_bit_mime());
    CHECK(t.told == "greeted 220\nannounced size 123\nannounced 8BITMIME\nannounced XYZ\nready\n");
}
