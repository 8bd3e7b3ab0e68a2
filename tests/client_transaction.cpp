// Transactions that do not go straight on: given up, begun anew, or larger than the server takes.
#include "support/catch.hpp"
#include "support/client_talk.hpp"

#include <sansmtp/literals.hpp>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

using namespace sansmtp;

namespace {

constexpr const client_config& config = script::plain;
const recipient three[] = {{"b@b.example"_path}, {"c@c.example"_path}, {"d@d.example"_path}};
const envelope mail{"a@a.example"_path, three};

using script::talk;

// A session that is ready, behind an EHLO reply with PIPELINING and these keywords.
talk opened(std::initializer_list<std::string_view> keywords = {}, const client_config& c = config) {
    std::string hello = "250-mx\r\n";
    for (const std::string_view word : keywords) hello.append("250-").append(word).append("\r\n");
    talk t(c);
    t.open(hello + "250 PIPELINING\r\n");
    t.told.clear();
    t.wire.clear();
    return t;
}

} // namespace

// ---- given up

TEST_CASE("an envelope that waits to be sent once more can be given up", "[client][abandon]") {
    const struct {
        std::string_view first; // the reply to the first MAIL
        bool behind_rset;       // given up when RSET has left already
    } cases[] = {{"503 5.5.1 lost\r\n", false},
                 {"503 5.5.1 lost\r\n", true},
                 {"555 5.5.4 what\r\n", false},
                 {"555 5.5.4 what\r\n", true}};
    for (const auto& [first, behind_rset] : cases) {
        INFO(first << behind_rset);
        envelope sized = mail;
        sized.size = 10;
        talk t = opened({"SIZE 1000"});
        t.send(sized).hear(first);
        if (!behind_rset) CHECK(t.session.abandon() == errc::none);
        t.hear("503 no\r\n503 no\r\n503 no\r\n503 no\r\n");
        CHECK(t.wire.ends_with("DATA\r\nRSET\r\n"));
        if (behind_rset) CHECK(t.session.abandon() == errc::none);
        CHECK(t.session.abandon() == errc::wrong_state);
        t.run().hear("250 ok\r\n");
        CHECK(t.wire.ends_with("DATA\r\nRSET\r\n"));
        CHECK(t.told == "ready\n");
        CHECK(t.session.quit() == errc::none);
    }
}

TEST_CASE("RSET behind a message that failed is nothing to give up", "[client][abandon]") {
    talk t = opened();
    t.send(mail).hear("250 ok\r\n550 no\r\n550 no\r\n550 no\r\n554 no\r\n");
    CHECK(t.wire.ends_with("RSET\r\n"));
    CHECK(t.session.abandon() == errc::wrong_state);
    CHECK(t.hear("250 ok\r\n").told.ends_with("refused 550\nready\n"));
}

// ---- the last word before the end

namespace {

// What ends a session without a reply.
void silence(client& c) { c.timed_out(); }
void no_tls(client& c) { c.tls_failed(); }
constexpr struct {
    void (*end)(client&);
    std::string_view name;
} ends[] = {{silence, "timed_out"}, {no_tls, "tls_failed"}};

} // namespace

TEST_CASE("a refusal by the session itself is told before the end", "[client][lost]") {
    for (const auto& [end, name] : ends) {
        INFO(name);
        client_config chunks = config;
        chunks.prefer_bdat = true;
        talk large = opened({"CHUNKING", "SIZE 10"}, chunks);
        large.send(mail).hear("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n");
        large.told.clear();
        CHECK(large.session.write_body("0123456789abcdef") == 0);
        end(large.session);
        CHECK(large.session.abandon() == errc::wrong_state);
        large.run();
        CHECK(large.told == std::string("not_delivered 0 refused BDAT message_too_big\nfailed ")
                                .append(name)
                                .append(" at bdat answered 3 retry_later finished 3\n"));

        envelope all = mail;
        all.all_or_nothing = true;
        talk refused = opened();
        refused.send(all);
        refused.session.feed("250 ok\r\n550 no\r\n");
        const auto first = refused.session.next();
        REQUIRE(first);
        CHECK(script::line(*first) == "rcpt 0 refused 550");
        end(refused.session);
        refused.run();
        CHECK(refused.told == std::string("not_delivered 0 retry_later RCPT refused\nfailed ")
                                  .append(name)
                                  .append(" at rcpt answered 3 retry_later finished 0\n"));
        CHECK(refused.session.closed());
    }
}

// ---- LIMITS

namespace {

// Recipients at these domains.
struct crowd {
    std::vector<std::string> paths;
    std::vector<recipient> to;

    explicit crowd(const std::vector<std::string>& domains) {
        for (const std::string& d : domains) paths.push_back(std::string("<u@").append(d).append(">"));
        for (const std::string& p : paths) to.push_back({*parse_path(p)});
    }
};
std::vector<std::string> numbered(std::size_t count, std::size_t different) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back("d" + std::to_string(i % different) + ".example");
    return all;
}

// How many of them are tried.
std::size_t tried(const crowd& some, std::string_view limits) {
    talk t = opened({limits});
    if (t.session.send({"a@a.example"_path, some.to}) != errc::none) return 0;
    for (int k = 0; k < 100 && t.wire.find("DATA\r\n") == std::string::npos; ++k) t.run();
    std::size_t rcpts = 0;
    for (std::size_t at = 0; (at = t.wire.find("RCPT TO", at)) != std::string::npos; ++at) ++rcpts;
    return rcpts;
}

} // namespace

TEST_CASE("RCPTDOMAINMAX counts domains, not recipients", "[client][limits]") {
    // clang-format off
    const struct { std::vector<std::string> domains; std::string_view limits; std::size_t tried; } cases[] = {
        {{"a", "b", "c"},                "LIMITS RCPTDOMAINMAX=1",   1},
        {{"a", "A", "b"},                "LIMITS RCPTDOMAINMAX=1",   2},
        {{"a", "b", "A", "B", "c", "a"}, "LIMITS RCPTDOMAINMAX=2",   4},
        {{"a", "b", "c"},                "LIMITS RCPTDOMAINMAX=3",   3},
        {{"a", "b", "c"},                "LIMITS RCPTMAX=2 RCPTDOMAINMAX=3", 2},
        {numbered(600, 128),             "LIMITS RCPTDOMAINMAX=128", 600}, // they come back in turn
        {numbered(600, 128),             "LIMITS RCPTDOMAINMAX=127", 127},
    };
    // clang-format on
    for (const auto& [domains, limits, expected] : cases) {
        INFO(limits);
        CHECK(tried(crowd(domains), limits) == expected);
    }
}

TEST_CASE("a hundred thousand domains, with a limit that is hardly one", "[client][limits][bounded]") {
    const crowd all(numbered(100000, 100000));
    const crowd sorted = [] {
        std::vector<std::string> domains = numbered(100000, 1000);
        std::sort(domains.begin(), domains.end());
        return crowd(domains);
    }();
    for (const std::string_view limits : {"LIMITS RCPTDOMAINMAX=999999", "LIMITS RCPTDOMAINMAX=100000"}) {
        talk t = opened({limits});
        CHECK(t.session.send({"a@a.example"_path, all.to}) == errc::none);
    }
    envelope everybody{"a@a.example"_path, all.to};
    everybody.all_or_nothing = true;
    talk t = opened({"LIMITS RCPTDOMAINMAX=99999"});
    CHECK(t.session.send(everybody) == errc::too_many_recipients);
    everybody.to = sorted.to;
    talk of_sorted = opened({"LIMITS RCPTDOMAINMAX=1000"});
    CHECK(of_sorted.session.send(everybody) == errc::none);
}

TEST_CASE("domains count once their message has begun", "[client][limits]") {
    envelope all = mail;
    all.all_or_nothing = true;
    envelope first{"a@a.example"_path, std::span(three).first(1)}, last{"a@a.example"_path, std::span(three).last(1)};
    talk t = opened({"LIMITS RCPTDOMAINMAX=2"});
    CHECK(t.session.send(all) == errc::too_many_recipients);
    t.send(first).hear("550 no\r\n503 no\r\n503 no\r\n");
    t.send(first).hear("550 no\r\n503 no\r\n503 no\r\n"); // the only one so far
    t.send(last).hear("550 no\r\n503 no\r\n503 no\r\n");
    CHECK(t.session.send(first) == errc::mail_limit);
    talk both = opened({"LIMITS RCPTDOMAINMAX=2"});
    both.send(last).hear("550 no\r\n503 no\r\n503 no\r\n");
    all.to = std::span(three).last(2); // a new one, then the only one so far
    CHECK(both.session.send(all) == errc::none);
}

TEST_CASE("MAIL is not sent once more where MAILMAX is reached", "[client][limits]") {
    // clang-format off
    const struct { std::string_view limits, first, told; bool again; } cases[] = {
        {"LIMITS MAILMAX=1", "503 lost\r\n", "not_delivered 0 retry_later MAIL 503\nready\n", false},
        {"LIMITS MAILMAX=1", "555 what\r\n", "not_delivered 0 refused MAIL 555\nready\n",     false},
        {"LIMITS MAILMAX=1", "550 no\r\n",   "not_delivered 0 refused MAIL 550\nready\n",     false},
        {"LIMITS MAILMAX=2", "503 lost\r\n", "",                                              true},
        {"LIMITS MAILMAX=2", "555 what\r\n", "",                                              true},
        {"HELP",             "503 lost\r\n", "",                                              true},
    };
    // clang-format on
    envelope sized = mail;
    sized.size = 10;
    for (const auto& [limits, first, told, again] : cases) {
        INFO(limits << ", " << first);
        talk t = opened({limits, "SIZE"});
        t.send(sized).hear(first).hear("503 no\r\n503 no\r\n503 no\r\n503 no\r\n");
        CHECK(t.told == told);
        if (again) t.hear("250 ok\r\n");
        CHECK((t.wire.find("MAIL", 1) != std::string::npos) == again);
        if (!again) CHECK(t.session.send(mail) == errc::mail_limit);
    }
}

// ---- begun anew

TEST_CASE("commands in flight are measured as they were written, 555 or not", "[client][premature]") {
    recipient to[] = {three[0], three[1], three[2]};
    for (recipient& r : to) r.orcpt = "somebody.with.a.long.name@elsewhere.example";
    envelope traced{"a@a.example"_path, to};
    traced.ret = dsn_ret::full;
    traced.optional = extension_set{extension_id::dsn};
    talk t = opened({"DSN"});
    REQUIRE(t.session.send(traced) == errc::none);
    // MAIL and the first RCPT leave, with one octet of the second
    const std::string_view out = t.session.output();
    t.session.consume(out.find("\r\n", out.find("RCPT")) + 3);
    t.session.feed("555 what\r\n503 no\r\n503 no\r\n");
    CHECK_FALSE(t.session.next());
    CHECK_FALSE(t.session.closed());
    t.run().hear("503 no\r\n503 no\r\n");
    CHECK(t.wire.ends_with("RSET\r\n"));
    t.wire.clear();
    CHECK(t.hear("250 ok\r\n").wire.starts_with("MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n"));
}

// ---- octets over 127

TEST_CASE("a line of content over 1000 octets is told, and may be given up [RFC 5321 4.5.3.1.6]", "[client][body]") {
    const struct {
        std::string content;
        std::size_t longest;
    } cases[] = {{"text\r\n", 0},
                 {std::string(998, 'x') + "\r\n", 0},
                 {std::string(999, 'x') + "\r\n", 1001},
                 {"." + std::string(998, 'x') + "\n", 1001}, // without the stuffed dot
                 {"a\r\n" + std::string(1500, 'x') + "\rb\r\n", 1502}};
    for (const auto& [content, longest] : cases) {
        INFO(content.size());
        talk t = opened();
        t.send(mail).hear("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        CHECK(t.session.longest_line() == 0);
        std::string_view rest = content;
        while (!rest.empty()) {
            rest.remove_prefix(t.session.write_body(rest.substr(0, 7)));
            t.run();
        }
        CHECK(t.session.longest_line() == longest);
        CHECK((longest != 0 ? t.session.abandon() : t.session.end_body()) == errc::none);
        CHECK(t.run().wire.ends_with("\r\n.\r\n") == (longest == 0));
        CHECK(t.session.closed() == (longest != 0));
    }
}

TEST_CASE("an octet over 127 leaves only if it is declared", "[client][body]") {
    constexpr std::string_view text = "plain\r\nGr\xc3\xbc\xc3\x9f"
                                      "e\r\n";
    client_config chunks = config;
    chunks.prefer_bdat = true;
    // clang-format off
    const struct { std::string_view hello; body_type body; extension_set optional; bool good; } cases[] = {
        {"8BITMIME", body_type::eight_bit_mime, {},                              true},
        {"8BITMIME", body_type::eight_bit_mime, {extension_id::eight_bit_mime},  true},
        {"8BITMIME", body_type::seven_bit,      {},                              false}, // not declared is 7BIT
        {"HELP",     body_type::eight_bit_mime, {extension_id::eight_bit_mime},  false}, // declared to nobody
        {"HELP",     body_type::seven_bit,      {},                              false},
    };
    // clang-format on
    for (const auto& [hello, body, optional, good] : cases) {
        for (const bool by_bdat : {false, true}) {
            for (std::size_t cut = 0; cut <= text.size(); ++cut) {
                INFO(hello << ", " << static_cast<int>(body) << ", BDAT " << by_bdat << ", cut " << cut);
                envelope e = mail;
                e.body = body;
                e.optional = optional;
                talk t = opened({hello, "CHUNKING"}, by_bdat ? chunks : config);
                t.send(e).hear(by_bdat ? "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
                                       : "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
                t.told.clear();
                t.wire.clear();
                for (std::string_view rest : {text.substr(0, cut), text.substr(cut)}) {
                    const std::size_t before = t.wire.size();
                    while (!rest.empty() && t.session.wants_body()) {
                        rest.remove_prefix(t.session.write_body(rest));
                        t.wire += t.session.output(); // at once: nothing may be in it
                        t.session.consume(t.session.output().size());
                        t.run();
                    }
                    if (by_bdat && t.session.wants_body() && t.wire.size() != before) t.hear("250 ok\r\n");
                }
                CHECK(detail::has_high(t.wire) == good);
                CHECK(t.session.wants_body() == good);
                if (good) continue;
                const bool said = t.wire.find("BDAT") != std::string::npos;
                if (by_bdat && said) CHECK(t.wire.ends_with("RSET\r\n"));
                CHECK(t.told == (by_bdat ? "not_delivered 0 refused BDAT eight_bit\n"
                                         : "failed eight_bit at content answered 3 refused finished 0\n"));
            }
        }
    }
}
