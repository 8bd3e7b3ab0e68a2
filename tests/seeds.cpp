// The requirements of the seed documents that whole sessions keep, each named after its number [spec: seeds]. Those about one
// line are in command.cpp, those about replies in reply.cpp and reply_hints.cpp, those about logs in log_reader.cpp, and the
// session of section 6 with its lenient variants is in transcripts/seed_*.txt.
#include "support/catch.hpp"
#include "support/client_talk.hpp"
#include "support/transcript.hpp"

#include <sansmtp/literals.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace sansmtp;

namespace {

// A server whose caller accepts, or answers as the rules say.
struct server_talk {
    transcript::script script;
    transcript::player<> player;

    explicit server_talk(std::vector<transcript::rule> rules = {}, dialect protocol = dialect::smtp)
        : script(make(std::move(rules), protocol)), player(script) {
        hear("");
    }
    static transcript::script make(std::vector<transcript::rule> rules, dialect protocol) {
        transcript::script s;
        s.config.protocol = protocol;
        s.rules = std::move(rules);
        return s;
    }

    // The replies to these lines.
    std::string hear(std::string_view octets) {
        player.feed(octets);
        const std::string all = player.seen().output.substr(told);
        told = player.seen().output.size();
        return all;
    }
    // Only their codes.
    std::string codes(std::string_view octets) {
        std::string all;
        for (const std::string& line : transcript::lines(hear(octets)))
            if (line.size() < 4 || line[3] != '-') all += line.substr(0, 3) + ' ';
        return all;
    }
    std::string last_action() const { return player.seen().actions.back(); }

    std::size_t told = 0;
};

const recipient two[] = {{"b@b.example"_path}, {"c@c.example"_path}};
const envelope letter{"a@a.example"_path, two};

// A client that was told `hello` and has something to send.
struct client_talk : script::talk {
    explicit client_talk(std::string_view hello = "250 mx\r\n") { open(hello).send(letter); }

    // Everything up to the 354.
    client_talk& to_content() {
        hear("250 ok\r\n").hear("250 ok\r\n").hear("250 ok\r\n").hear("354 go\r\n");
        wire.clear();
        return *this;
    }
};

const std::string open = "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";

} // namespace

TEST_CASE("SR-1: octets in and out are all there is, one at a time if need be") {
    static_assert(std::is_trivially_copyable_v<server> &&
                  std::is_trivially_copyable_v<client>); // no handle of anything
    client c(script::plain);
    server_talk s;
    std::string told, back = s.player.seen().output;
    bool sent = false;
    for (std::size_t at = 0; !c.closed();) {
        while (const auto action = c.next()) {
            told += script::line(*action) + "\n";
            if (std::holds_alternative<ready>(*action)) {
                CHECK((sent ? c.quit() : c.send(letter)) == errc::none);
                sent = true;
            }
            if (std::holds_alternative<content_wanted>(*action)) c.end_body();
        }
        if (!c.output().empty()) {
            s.player.feed(c.output().substr(0, 1));
            c.consume(1);
        } else if (at < s.player.seen().output.size()) {
            c.feed(std::string(1, s.player.seen().output[at++]));
        } else {
            c.close_input();
        }
    }
    CHECK(told.find("delivered") != std::string::npos);
    CHECK(told.find("not_delivered") == std::string::npos);
    CHECK(told.find("failed") == std::string::npos);
}

TEST_CASE("SR-2: step by step, unless PIPELINING is offered") {
    client_talk one;
    CHECK(one.said() == "EHLO client.example\r\nMAIL FROM:<a@a.example>\r\n");
    CHECK(one.hear("250 ok\r\n").said() == "RCPT TO:<b@b.example>\r\n");
    CHECK(one.hear("250 ok\r\n").said() == "RCPT TO:<c@c.example>\r\n");
    CHECK(one.hear("250 ok\r\n").said() == "DATA\r\n");
    client_talk all("250-mx\r\n250 PIPELINING\r\n");
    CHECK(all.said().find("RCPT TO:<b@b.example>\r\nRCPT TO:<c@c.example>\r\nDATA\r\n") != std::string::npos);
}

TEST_CASE("SR-3: 4yz and a lost connection are to be tried again, for each recipient") {
    client_talk later;
    later.hear("250 ok\r\n").hear("450 4.2.1 busy\r\n").hear("250 ok\r\n").hear("354 go\r\n");
    later.give("x");
    later.hear("451 4.3.0 not now\r\n");
    CHECK(later.told.find("rcpt 0 retry_later 450") != std::string::npos);
    CHECK(later.told.find("rcpt 1 accepted 250") != std::string::npos);
    CHECK(later.told.find("not_delivered 0 retry_later end 451") != std::string::npos);
    client_talk lost;
    lost.hear("250 ok\r\n").hear("250 ok\r\n");
    lost.session.close_input();
    CHECK(lost.run().told.find("failed connection_lost at rcpt answered 1 retry_later finished 0") !=
          std::string::npos);
}

TEST_CASE("SR-4: a client takes an envelope and a stream, and does not route") {
    client_talk t; // recipients of two domains, on the stream that the caller chose
    CHECK(t.to_content().give("x").said() == "x\r\n.\r\n");
    CHECK(t.hear("250 ok\r\n").told.find("delivered 0 250") != std::string::npos);
}

TEST_CASE("SR-5: open, mail, forward, verify, expand, close") { // [RFC 821 3]
    server_talk s({{"rcpt", "moved@", "User not local; will forward to <new@x.example>", 251, {2, 1, 5}},
                   {"rcpt", "gone@", "User not local; please try <new@x.example>", 551, {5, 1, 6}},
                   {"vrfy", "", "Fred Smith <fred@d.example>", 250, {2, 1, 5}},
                   {"expn", "", "A <a@d.example>\nB <b@d.example>", 250, {2, 1, 5}}});
    s.script.config.offer = s.script.config.offer | extension_id::vrfy | extension_id::expn;
    CHECK(s.hear("HELO a.example\r\n") == "250 mx.example\r\n");
    CHECK(s.codes("MAIL FROM:<a@b.example>\r\n") == "250 ");
    CHECK(s.codes("RCPT TO:<moved@d.example>\r\nRCPT TO:<gone@d.example>\r\n") == "251 551 ");
    CHECK(s.codes("DATA\r\nx\r\n.\r\n") == "354 250 ");
    CHECK(s.hear("VRFY fred\r\n") == "250 2.1.5 Fred Smith <fred@d.example>\r\n");
    CHECK(s.hear("EXPN list\r\n") == "250-2.1.5 A <a@d.example>\r\n250 2.1.5 B <b@d.example>\r\n");
    CHECK(s.codes("QUIT\r\n") == "221 ");
    CHECK(s.player.session().closed());
}

TEST_CASE("SR-14, SR-16: HELLO, REST and VERY are 500") {
    server_talk s;
    CHECK(s.hear("HELLO 195.161.101.33\r\n").substr(0, 10) == "500 5.5.1 ");
    CHECK(s.hear("REST\r\n").substr(0, 10) == "500 5.5.1 ");
    CHECK(s.hear("VERY drol\r\n").substr(0, 10) == "500 5.5.1 ");
}

TEST_CASE("SR-17: a comment behind a command is refused") {
    server_talk s;
    CHECK(s.codes("HELO a\r\nMAIL FROM:<drozd@x> 'from whom\r\n") == "250 501 ");
}

TEST_CASE("SR-23: whoever does not relay says 550") {
    const server_config plain{.host = "mx.example"};
    server s(plain);
    std::string out;
    for (std::string_view rest = "HELO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"; !rest.empty();) {
        rest.remove_prefix(s.feed(rest));
        while (const auto action = s.next()) match(*action, [&s](const auto& a) { s.answer_default(a); });
        out = s.output();
    }
    CHECK(out.find("\r\n550 5.7.1 ") != std::string::npos);
}

TEST_CASE("SR-24: a RCPT and a verdict for each recipient, and none from the header") {
    server_talk s({{"rcpt", "no@", "nobody", 550, {5, 1, 1}}});
    CHECK(s.codes(open + "RCPT TO:<no@d.example>\r\nRCPT TO:<e@d.example>\r\n") == "250 250 250 550 250 ");
    CHECK(s.codes("DATA\r\nTo: x@x.example\r\nBcc: y@y.example\r\n\r\n.\r\n") == "354 250 ");
    std::size_t recipients = 0;
    for (const std::string& a : s.player.seen().actions) recipients += a.rfind("rcpt", 0) == 0 ? 1U : 0U;
    CHECK(recipients == 3);
    client_talk c;
    const std::string content = c.to_content().give("Bcc: y@y.example\r\n\r\nx\r\n").said();
    CHECK(content == "Bcc: y@y.example\r\n\r\nx\r\n.\r\n");
}

TEST_CASE("SR-25: MAIL begins with an empty list, and only where no transaction is open") {
    server_talk s;
    CHECK(s.codes(open + "MAIL FROM:<z@b.example>\r\n") == "250 250 250 503 "); // nested: the first one stands
    CHECK(s.codes("DATA\r\n.\r\nMAIL FROM:<z@b.example>\r\nDATA\r\n") == "354 250 250 503 ");
}

TEST_CASE("SR-26: HELO and EHLO clear what RSET clears") {
    server_talk s;
    for (const std::string_view hello : {"HELO a\r\n", "EHLO a\r\n"}) {
        s.codes("RSET\r\n" + open);
        CHECK(s.codes(hello) == "250 ");
        CHECK(s.last_action().rfind("aborted", 0) == 0);
        CHECK(s.codes("RCPT TO:<c@d>\r\nDATA\r\nMAIL FROM:<a@b>\r\n") == "503 503 250 ");
    }
}

TEST_CASE("SR-27: RSET is 250 everywhere but behind a refused greeting and weak TLS") {
    for (const std::string& before : {std::string(), std::string("HELO a\r\n"), open.substr(0, 41), open,
                                      open + "BDAT 1\r\nx", open + "BDAT 1\r\nxDATA\r\n"}) {
        INFO(before);
        server_talk s;
        s.hear(before);
        CHECK(s.codes("RSET\r\n") == "250 ");
        CHECK(s.codes("RCPT TO:<c@d>\r\n") == "503 ");
    }
    CHECK(server_talk({{"connection", "", "no", 554, {}}}).codes("RSET\r\n") == "503 ");
    server_talk weak;
    weak.script.config.offer = weak.script.config.offer | extension_id::starttls;
    weak.codes("EHLO a\r\nSTARTTLS\r\n");
    weak.player.event({transcript::item::what::tls, "weak"});
    CHECK(weak.codes("RSET\r\n") == "554 ");
}

TEST_CASE("SR-28: NOOP is 250 and changes nothing") {
    server_talk s;
    CHECK(s.codes("NOOP\r\nHELO a\r\nNOOP\r\nMAIL FROM:<a@b>\r\nNOOP x\r\nRCPT TO:<c@d>\r\nNOOP\r\nDATA\r\n") ==
          "250 250 250 250 250 250 250 354 ");
}

TEST_CASE("SR-44: the reply to HELO is one line that begins with the host, with no enhanced code") {
    CHECK(server_talk().hear("HELO a.example\r\n") == "250 mx.example\r\n");
}

TEST_CASE("SR-48: a failure while content is sent ends the transfer") {
    for (const std::string_view reply : {"421 4.3.2 closing\r\n", "452 4.3.1 full\r\n", "554 5.6.0 no\r\n"}) {
        INFO(reply);
        client_talk c;
        c.to_content();
        c.session.write_body("first line\r\n");
        CHECK(c.run().said() == "first line\r\n");
        c.hear(reply);
        CHECK(c.session.closed());
        CHECK(c.session.write_body("more") == 0);
        CHECK(c.run().said().empty());
        CHECK(c.told.find("\nfailed ") != std::string::npos);
        CHECK(c.told.find("delivered") == std::string::npos);
    }
}

TEST_CASE("SR-50: 250 before the dot is no success") {
    client_talk c;
    c.to_content().hear("250 OK\r\n");
    CHECK(c.session.closed());
    CHECK(c.told.find("failed unsolicited_reply at content") != std::string::npos);
    client_talk instead; // 250 where 354 is due
    instead.hear("250 ok\r\n").hear("250 ok\r\n").hear("250 ok\r\n").hear("250 OK\r\n");
    CHECK(instead.told.find("failed unexpected_reply") != std::string::npos);
    CHECK(instead.told.find("content\n") == std::string::npos);
}

TEST_CASE("SR-51: the server closes behind 221, not behind errors") {
    server_talk s;
    CHECK(s.codes("FOO\r\nDATA\r\nMAIL FROM:x\r\nNOOP\r\n") == "500 503 503 250 ");
    CHECK_FALSE(s.player.session().closed());
    CHECK(s.codes("QUIT\r\n") == "221 ");
    CHECK(s.player.session().closed());
}

TEST_CASE("SR-60: content ends at a line of one dot") {
    server_talk s;
    CHECK(s.codes(open + "DATA\r\nSubject: x\r\n\r\ntext\r\n.\r\n") == "250 250 250 354 250 ");
    CHECK(s.last_action() == "end 20");
}

TEST_CASE("SR-61: every line that begins with a dot gets another one") {
    client_talk c;
    CHECK(c.to_content().give(".\r\n..\r\na.\r\n.a\r\n \r\n.").said() == "..\r\n...\r\na.\r\n..a\r\n \r\n..\r\n.\r\n");
    server_talk s;
    s.codes(open + "DATA\r\n..\r\n...\r\na.\r\n..a\r\n.\r\n");
    CHECK(s.player.seen().actions[s.player.seen().actions.size() - 2] == "body .\\r\\n..\\r\\na.\\r\\n.a\\r\\n");
}

TEST_CASE("SR-62: a message needs no header, and no end of one") {
    server_talk s;
    for (const std::string_view content : {"", "\r\n", "no header\r\n", "Subject: x\r\n", "\r\n\r\nbody\r\n"}) {
        s.codes("RSET\r\n" + open + "DATA\r\n");
        CHECK(s.codes(std::string(content) + ".\r\n") == "250 ");
        CHECK(s.last_action() == "end " + std::to_string(content.size()));
    }
}

TEST_CASE("SR-63: the transaction is over behind its end, whatever the verdict") {
    for (const unsigned verdict : {250U, 451U, 554U}) {
        server_talk s({{"end", "", "so", verdict, {}}});
        CHECK(s.codes(open + "DATA\r\nx\r\n.\r\n") == "250 250 250 354 " + std::to_string(verdict) + " ");
        CHECK(s.codes("RCPT TO:<c@d>\r\nDATA\r\nMAIL FROM:<a@b>\r\nDATA\r\n") == "503 503 250 503 ");
    }
}

TEST_CASE("SR-64: octets over 127 and lines over 1000 are told, and nothing is lost") {
    const server_config plain{.host = "mx.example"};
    for (const bool odd : {false, true}) {
        server s(plain);
        violations seen;
        const std::string line = std::string(odd ? 999 : 998, odd ? '\xE9' : 'e') + "\r\n";
        const std::string all = open + "DATA\r\n" + line + ".\r\n";
        for (std::string_view rest = all; !rest.empty();) {
            rest.remove_prefix(s.feed(rest));
            while (const auto action = s.next())
                match(*action, [&]<class A>(const A& a) {
                    if constexpr (std::is_same_v<A, request<message_end>>) {
                        seen = a.seen;
                        CHECK(a.size == line.size());
                    }
                    if constexpr (requires { s.accept(a); }) s.accept(a);
                });
        }
        CHECK(seen.eight_bit == odd);
        CHECK((seen.longest_line > 1000) == odd);
    }
}

TEST_CASE("SR-65: addresses in the content are text, whatever the envelope says") {
    server_talk s;
    s.codes(open + "DATA\r\nFrom: forged@other.example\r\nTo: nobody\r\n\r\n.\r\n");
    CHECK(s.player.seen().actions[2] == "mail <a@b.example>");
    CHECK(s.player.seen().actions[5] == "body From: forged@other.example\\r\\nTo: nobody\\r\\n\\r\\n");
}
