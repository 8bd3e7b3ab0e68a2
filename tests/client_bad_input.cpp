// Servers that are broken or hostile: the end is clear, memory is bounded, nothing is delivered that was not taken.
#include "support/catch.hpp"
#include "support/client_dialogue.hpp"

#include <sansmtp/literals.hpp>

using namespace sansmtp;

namespace {

constexpr client_config config = script::plain_config();
constexpr path sender =
    "a@a.example"_path; // clang 14 calls such a literal at run time where a template has it in braces
const recipient one[] = {{"b@b.example"_path}};

// How far a session is taken before the server misbehaves.
enum class phase { greeting, hello, idle, mail, rcpt, data, content, verdict, rset, quit };
constexpr phase phases[] = {phase::greeting, phase::hello,   phase::idle,    phase::mail, phase::rcpt,
                            phase::data,     phase::content, phase::verdict, phase::rset, phase::quit};

template <class Client>
struct victim {
    explicit victim(phase until) : client(config) {
        if (until == phase::greeting) return;
        hear("220 mx\r\n");
        if (until == phase::hello) return;
        hear("250 mx\r\n");
        if (until == phase::idle) return;
        if (until == phase::quit) {
            client.quit();
            run();
            return;
        }
        client.send({sender, one});
        run();
        if (until == phase::mail) return;
        hear("250 ok\r\n");
        if (until == phase::rcpt) return;
        hear(until == phase::rset ? "550 no\r\n" : "250 ok\r\n");
        if (until == phase::data || until == phase::rset) return;
        hear("354 go\r\n");
        if (until == phase::content) return;
        client.end_body();
        run();
    }

    void run() {
        while (const auto action = client.next()) {
            actions += 1;
            last = script::line(*action);
            delivered = delivered || std::holds_alternative<sansmtp::delivered>(*action);
        }
        client.consume(client.output().size());
    }
    void hear(std::string_view text) {
        client.feed(text);
        run();
    }
    // Gives `text` over and over, `total` octets of it, until the session ends; returns how much it took.
    std::size_t flood(std::string_view text, std::size_t total) {
        std::size_t taken = 0;
        while (taken < total && !client.closed()) {
            std::string_view rest = text.substr(0, total - taken);
            while (!rest.empty() && !client.closed()) {
                const std::size_t n = client.feed(rest);
                rest.remove_prefix(n);
                taken += n;
                run();
                if (n == 0 && !client.closed()) return stuck = true, taken;
            }
        }
        return taken;
    }

    Client client;
    std::size_t actions = 0;
    std::string last;
    bool delivered = false;
    bool stuck = false;
};
using small = victim<basic_client<512, 512>>;
using large = victim<client>;

std::string why(std::string_view failed) { return std::string(failed.substr(0, failed.find(" at "))); }

} // namespace

TEST_CASE("garbage ends every phase", "[client][bad input]") {
    using namespace std::string_view_literals;
    constexpr std::string_view garbage[] = {
        "\r\n"sv,         "\0\0\0\0\r\n"sv,   "hello\r\n"sv,    "2500 ok\r\n"sv,        "250_ok\r\n"sv,
        "250 a\nb\r\n"sv, "250 a\rb\r\n"sv,   "250 a\0b\r\n"sv, "HTTP/1.1 200\r\n"sv,   "\x16\x03\x01\x02\r\n"sv,
        "199 x\r\n"sv,    "600 x\r\n"sv,      "25\r\n"sv,       "250-a\r\n251 b\r\n"sv, "\xff\xff\xff\r\n"sv,
        "250 ok\n"sv,     "250-a\r\nb\r\n"sv, " 250 ok\r\n"sv,
    };
    for (const phase p : phases) {
        for (const std::string_view text : garbage) {
            large v(p);
            v.hear(text);
            INFO(static_cast<int>(p) << " " << text);
            CHECK(v.client.closed());
            CHECK_FALSE(v.delivered);
            if (p == phase::quit) continue; // never an error
            const std::string expected =
                text.find("251") != text.npos ? "failed mixed_reply_codes" : "failed bad_reply";
            CHECK(why(v.last) == expected);
            CHECK((v.last.find("in_doubt") != std::string::npos) == (p == phase::verdict));
        }
    }
}

TEST_CASE("endless lines, endless replies and endless lists end every phase", "[client][bad input]") {
    constexpr std::size_t ten_megabytes = 10 * 1024 * 1024;
    const std::string lines = [] {
        std::string s;
        for (int i = 0; i < 1000; ++i) s += "250-line\r\n";
        return s;
    }();
    for (const phase p : phases) {
        for (const bool of_lines : {false, true}) {
            large v(p);
            small w(p);
            const std::string text = of_lines ? lines : "250 " + std::string(4096, 'x');
            INFO(static_cast<int>(p) << (of_lines ? " lines" : " one line"));
            CHECK(v.flood(text, ten_megabytes) <= 65536 + 16384);
            CHECK(w.flood(text, ten_megabytes) <= 65536 + 512);
            CHECK((v.client.closed() && w.client.closed()));
            CHECK_FALSE((v.stuck || w.stuck || v.delivered || w.delivered));
            if (p == phase::quit) continue;
            CHECK(why(v.last) == "failed reply_too_long");
            CHECK(v.last == w.last);
        }
    }
}

TEST_CASE("the limits of a reply are exact", "[client][bounds]") {
    const auto greeting = [](std::size_t octets) { return "220 " + std::string(octets - 6, 'x') + "\r\n"; };
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100000}}) {
        const auto end_of = [piece](auto v, std::string text) {
            for (std::string_view rest = text; !rest.empty() && !v.client.closed();) {
                const std::size_t n = v.client.feed(rest.substr(0, piece));
                rest.remove_prefix(n);
                v.run();
                if (n == 0 && !v.client.closed()) return std::string("stuck");
            }
            return why(v.last);
        };
        CHECK(end_of(large(phase::greeting), greeting(2048)) == "greeted 220");
        CHECK(end_of(large(phase::greeting), greeting(2049)) == "failed reply_too_long");
        CHECK(end_of(small(phase::greeting), greeting(512)) == "greeted 220");
        CHECK(end_of(small(phase::greeting), greeting(513)) == "failed reply_too_long");

        std::string lines;
        for (int i = 0; i < 127; ++i) lines += "220-x\r\n";
        CHECK(end_of(large(phase::greeting), lines + "220 x\r\n") == "greeted 220");
        CHECK(end_of(large(phase::greeting), lines + "220-x\r\n220 x\r\n") == "failed reply_too_long");

        // An EHLO reply may have any number of lines, of 64 KiB together, and is larger than the input.
        std::string list = "250-mx\r\n"; // 8 octets
        while (list.size() < 65536 - 16) list += "250-XX\r\n";
        REQUIRE(list.size() == 65536 - 16);
        CHECK(end_of(small(phase::hello), list + "250-XX\r\n250 XX\r\n") == "ready");
        CHECK(end_of(small(phase::hello), list + "250-XX\r\n250 XXX\r\n") == "failed reply_too_long");
        CHECK(end_of(small(phase::hello), list + "250-XX\r\n250-XX\r\n250 XX\r\n") == "failed reply_too_long");
        CHECK(end_of(small(phase::hello), "250-" + std::string(506, 'x') + "\r\n250 XX\r\n") == "ready");
        CHECK(end_of(small(phase::hello), "250-" + std::string(507, 'x') + "\r\n250 XX\r\n") ==
              "failed reply_too_long");
    }
}

TEST_CASE("a full input that was taken in part is not too long", "[client][bounds]") {
    // 400 octets answer MAIL; behind them 112 octets of the reply to RCPT fill the input, and the rest comes later.
    const std::string first = "250-" + std::string(194, 'x') + "\r\n250 " + std::string(194, 'x') + "\r\n";
    const std::string second = "250 " + std::string(200, 'y') + "\r\n";
    REQUIRE(first.size() == 400);
    basic_client<512, 512> session(config);
    const auto run = [&session] {
        std::string told;
        while (const auto action = session.next()) told += script::line(*action) + ";";
        session.consume(session.output().size());
        return told;
    };
    session.feed("220 mx\r\n");
    run();
    session.feed("250-mx\r\n250 PIPELINING\r\n");
    run();
    REQUIRE(session.send({sender, one}) == errc::none);
    run();
    REQUIRE(session.feed(first + second) == 512);
    CHECK_FALSE(session.wants_input());
    CHECK(run() == "");
    CHECK(session.wants_input());
    CHECK(session.feed(second.substr(112)) == second.size() - 112);
    CHECK(run() == "rcpt 0 accepted 250;");
}

TEST_CASE("a hundred thousand replies that nobody asked for", "[client][bad input]") {
    std::string replies;
    for (int i = 0; i < 1000; ++i) replies += "250 ok\r\n";
    for (const phase p : phases) {
        large v(p);
        v.flood(replies, 800000);
        CHECK(v.client.closed());
        CHECK_FALSE((p != phase::verdict && v.delivered));
        CHECK(v.actions < 20);
    }
}

TEST_CASE("lost, closed or silent in every phase", "[client][lost]") {
    for (const phase p : phases) {
        for (const std::string_view half : {"", "2", "250", "250-x\r\n", "250 ok\r"}) {
            for (const bool silent : {false, true}) {
                large v(p);
                v.client.feed(half);
                v.run();
                silent ? v.client.timed_out() : v.client.close_input();
                v.run();
                INFO(static_cast<int>(p) << " '" << half << "' " << silent);
                CHECK(v.client.closed());
                CHECK_FALSE(v.delivered);
                if (p == phase::quit) continue;
                CHECK(why(v.last) == (silent ? "failed timed_out" : "failed connection_lost"));
                CHECK((v.last.find("in_doubt") != std::string::npos) == (p == phase::verdict));
            }
        }
    }
}

TEST_CASE("421 in every phase", "[client][lost]") {
    for (const phase p : phases) {
        large v(p);
        v.hear("421 4.3.2 going down\r\n");
        CHECK(v.client.closed());
        CHECK(v.client.output().empty()); // no QUIT
        if (p != phase::quit) CHECK(why(v.last) == "failed service_closing");
        CHECK(v.last.find("in_doubt") == std::string::npos);
    }
}

TEST_CASE("injection is refused, never repaired", "[client][injection]") {
    // A path or a parameter cannot hold such octets; the name of the client is checked before anything is sent.
    CHECK_FALSE(parse_path("<a@b>\r\nRCPT TO:<c@d>"));
    CHECK_FALSE(parse_parameters("XYZ=1\r\nDATA", parameters_of::mail));
    client_config c = config;
    c.name = "me\r\nMAIL FROM:<x@y>";
    client session(c);
    const auto action = session.next();
    REQUIRE(action);
    CHECK(why(script::line(*action)) == "failed bad_config");
    CHECK(session.output().empty());
}
