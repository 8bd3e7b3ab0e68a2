// Transactions that do not go straight on: given up, begun anew, or larger than the server takes.
#include "support/catch.hpp"
#include "support/client_dialogue.hpp"

#include <sansmtp/literals.hpp>

#include <initializer_list>
#include <string>
#include <vector>

using namespace sansmtp;

namespace {

constexpr client_config config = script::plain_config();
const recipient three[] = {{"b@b.example"_path}, {"c@c.example"_path}, {"d@d.example"_path}};
const envelope mail{"a@a.example"_path, three};

// A session that is ready, behind an EHLO reply with PIPELINING and these keywords.
struct talk {
    client session;
    std::string told, wire;

    explicit talk(std::initializer_list<std::string_view> keywords = {}, const client_config& c = config) : session(c) {
        std::string hello = "250-mx\r\n";
        for (const std::string_view word : keywords) hello.append("250-").append(word).append("\r\n");
        hear("220 mx\r\n").hear(hello + "250 PIPELINING\r\n");
        told.clear();
        wire.clear();
    }
    talk& hear(std::string_view octets) {
        session.feed(octets);
        return run();
    }
    talk& run() {
        while (const auto action = session.next()) told += script::line(*action) + "\n";
        wire += session.output();
        session.consume(session.output().size());
        return *this;
    }
    talk& send(const envelope& e) {
        REQUIRE(session.send(e) == errc::none);
        return run();
    }
};

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
        talk t({"SIZE 1000"});
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
    talk t;
    t.send(mail).hear("250 ok\r\n550 no\r\n550 no\r\n550 no\r\n554 no\r\n");
    CHECK(t.wire.ends_with("RSET\r\n"));
    CHECK(t.session.abandon() == errc::wrong_state);
    CHECK(t.hear("250 ok\r\n").told.ends_with("refused 550\nready\n"));
}
