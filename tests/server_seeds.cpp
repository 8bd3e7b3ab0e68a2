// What the three seed documents ask of a server session, each named after its requirement.
//
// What is a client's (SR-3, SR-4, SR-40 to SR-43, SR-46 to SR-50, SR-61) is in client_lessons.cpp. What is about one line is
// also in command.cpp, about replies in reply.cpp and reply_hints.cpp, about logs in log_reader.cpp; the session of section 6
// with its lenient variants is in transcripts/seed_*.txt.
#include "support/catch.hpp"
#include "support/exchange.hpp"

#include <sansmtp/server.hpp>
#include <sansmtp/trace.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace sansmtp;
using namespace exchange;

// clang-format off

// ---- the model

TEST_CASE("SR-1: a session is octets in, octets out and actions: a plain value", "[server][seeds]") {
    static_assert(std::is_trivially_copyable_v<server>);
    const server_config config{.host = "mx.example"};
    server s(config);
    s.feed("NOOP\r\n");
    for (auto action = s.next(); action; action = s.next())
        if (const auto* const c = std::get_if<request<connection>>(&*action)) s.accept(*c);
    CHECK(s.output() == "220 mx.example ESMTP\r\n250 2.0.0 Ok\r\n");
}

TEST_CASE("SR-2: each step is confirmed before the next, each by one reply", "[server][seeds]") {
    transcript::script s;
    transcript::player<> p(s);
    const char* const steps[][2] = {{"HELO x\r\n", "250"}, {"MAIL FROM:<a@b>\r\n", "250 2.1.0"}, {"RCPT TO:<c@d>\r\n", "250 2.1.5"},
                                    {"RCPT TO:<e@f>\r\n", "250 2.1.5"}, {"DATA\r\n", "354"}, {"x\r\n", ""}, {".\r\n", "250 2.6.0"}, {"QUIT\r\n", "221 2.0.0"}};
    for (const auto& [sent, replies] : steps) {
        const std::size_t before = p.seen().output.size();
        const std::string_view octets = sent;
        p.feed(octets.substr(0, octets.size() - 1));
        CHECK(p.seen().output.size() == before);
        p.feed(octets.substr(octets.size() - 1));
        CHECK(codes(std::string_view(p.seen().output).substr(before)) == replies);
    }
}

TEST_CASE("SR-5: the six procedures: open, mail, forward, verify, expand, close", "[server][seeds]") {
    check({{}, ""}, {{"HELO x", "250", "helo x"}});
    check({{}, after_hello}, {{"MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\nx\\r\\n.", "250 2.1.0 | 250 2.1.5 | 354 | 250 2.6.0"}});
    check({{"answer rcpt \"moves\" 251 2.1.5 will forward to <c@e>", "answer rcpt \"moved\" 551 5.1.6 try <c@e>"}, after_mail}, {
        {"RCPT TO:<moves@d>\\r\\nRCPT TO:<moved@d>\\r\\nDATA\\r\\n.", "251 2.1.5 | 551 5.1.6 | 354 | 250 2.6.0"}, // 251 is accepted, 551 is not
        {"RCPT TO:<moved@d>\\r\\nDATA", "551 5.1.6 | 554 5.5.1"},
    });
    check({{"answer vrfy 250 2.1.5 Fred <fred@d>", "set offer EXPN", "answer expn 250 2.1.5 <a@d>\\n<b@d>"}, ""}, {
        {"VRFY fred", "250 2.1.5", "vrfy fred"}, {"EXPN all", "250 2.1.5", "expn all"},
    });
    check({{}, ""}, {{"QUIT", "221 2.0.0", nullptr, over}});
}

// ---- commands

TEST_CASE("SR-10: one space or more behind the verb", "[server][seeds]") {
    check({{}, after_hello}, {
        {"MAIL   FROM:<a@b>", "250 2.1.0", "mail <a@b> several_spaces"}, {"VRFY \\t a", "252 2.5.2", "vrfy a several_spaces"},
        {"VRFY a", "252 2.5.2", "vrfy a"}, {"VRFYa", "500 5.5.1"},
    });
}

TEST_CASE("SR-11: all commands of RFC 821; HELP with and without its text", "[server][seeds]") {
    check({{"set offer SEND SOML SAML TURN EXPN"}, "HELO x\\r\\n"}, {
        {"HELO y", "250"}, {"MAIL FROM:<a@b>", "250 2.1.0"}, {"RSET", "250 2.0.0"}, {"SEND FROM:<a@b>", "250 2.1.0"}, {"SOML FROM:<a@b>", "250 2.1.0"},
        {"SAML FROM:<a@b>", "250 2.1.0"}, {"VRFY a", "252 2.5.2"}, {"EXPN a", "502 5.5.1"}, {"HELP", "214 2.0.0", "help"},
        {"HELP MAIL", "214 2.0.0", "help MAIL"}, {"NOOP", "250 2.0.0"}, {"QUIT", "221 2.0.0", nullptr, over},
        {"MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n.", "250 2.1.0 | 250 2.1.5 | 354 | 250 2.6.0"},
    });
}

TEST_CASE("SR-12, SR-32: TURN is known, 502 by default, and swaps the roles where it is offered", "[server][seeds]") {
    check({{}, ""}, {{"TURN", "502 5.5.1"}});
    check({{}, after_mail}, {{"TURN", "502 5.5.1"}});
    check({{"set offer TURN"}, after_hello}, {{"TURN", "250 2.0.0", "turn", over}, {"TURN x", "501 5.5.4"}});
    check({{"set offer TURN", "answer turn 502 5.5.1 no"}, after_hello}, {{"TURN\\r\\nNOOP", "502 5.5.1 | 250 2.0.0"}}); // all as it was
    check({{"set offer TURN"}, after_mail}, {{"TURN", "503 5.5.1"}});
}

TEST_CASE("SR-13: verbs and words in any case, the local part in its own", "[server][seeds]") {
    check({{}, after_hello}, {
        {"mail from:<LoCaL@b>", "250 2.1.0", "mail <LoCaL@b>"}, {"mAIL FrOm:<a@B>", "250 2.1.0", "mail <a@B>"}, {"nOOp", "250 2.0.0"},
    });
    check({{}, after_mail}, {{"rcpt to:<LoCaL@d>", "250 2.1.5", "rcpt <LoCaL@d>"}, {"rCPT tO:<a@d>\\r\\ndata\\r\\n.", "250 2.1.5 | 354 | 250 2.6.0"}});
}

TEST_CASE("SR-14, SR-16: HELLO, REST and VERY are no verbs", "[server][seeds]") {
    for (const char* const allow : {"set allow strict", "set allow legacy"})
        check({{allow}, ""}, {{"HELLO 195.161.101.33", "500 5.5.1"}, {"REST", "500 5.5.1"}, {"VERY a", "500 5.5.1"}});
}

TEST_CASE("SR-15: a bare address is a name, and reported", "[server][seeds]") {
    check({{}, ""}, {
        {"HELO 195.161.101.33", "250", "helo 195.161.101.33 bare_ipv4"}, {"EHLO 195.161.101.33", "250", "ehlo 195.161.101.33 bare_ipv4"},
        {"HELO [195.161.101.33]", "250", "helo [195.161.101.33]"},
    });
}

TEST_CASE("SR-17: a comment behind the command is no parameter", "[server][seeds]") {
    for (const char* const allow : {"set allow strict", "set allow legacy"})
        check({{allow}, after_hello}, {{"MAIL FROM:<drozd@b> 'comment", "501 5.5.4"}, {"MAIL FROM:<drozd@b> '\\xd0\\xba", "501 5.5.4"}});
}

TEST_CASE("SR-18: a space behind the colon is taken, but not by strict", "[server][seeds]") {
    check({{}, after_hello}, {{"MAIL FROM: <a@b>", "250 2.1.0", "mail <a@b> space_after_colon"}});
    check({{}, after_mail}, {{"RCPT TO: <c@d>", "250 2.1.5", "rcpt <c@d> space_after_colon"}});
    check({{"set allow strict"}, after_hello}, {{"MAIL FROM: <a@b>", "501 5.1.7"}});
}

TEST_CASE("SR-19: a mailbox without a domain, by its switch; Postmaster always", "[server][seeds]") {
    check({{}, after_hello}, {{"MAIL FROM:<drozd>", "501 5.1.7"}});
    check({{}, after_mail}, {{"RCPT TO:<drol>", "501 5.1.3"}, {"RCPT TO:<Postmaster>", "250 2.1.5"}});
    check({{"set allow unqualified"}, after_hello}, {{"MAIL FROM:<drozd>", "250 2.1.0", "mail <drozd> unqualified"}});
    check({{"set allow unqualified"}, after_mail}, {{"RCPT TO:<drol>", "250 2.1.5", "rcpt <drol> unqualified"}});
}

TEST_CASE("SR-20: the null path, without a space in it", "[server][seeds]") {
    check({{}, after_hello}, {{"MAIL FROM: <>", "250 2.1.0", "mail <> space_after_colon"}, {"MAIL FROM:< >", "501 5.1.7"}});
}

TEST_CASE("SR-21: a source route is told; one whose hosts lack their @ only by its switch", "[server][seeds]") {
    check({{}, after_mail}, {
        {"RCPT TO:<@server1,@server2:someone@server3>", "250 2.1.5", "rcpt <@server1,@server2:someone@server3>"},
        {"RCPT TO:<server1,server2:someone@server3>",   "501 5.1.3"},
    });
    check({{"set allow bare_route"}, after_mail}, {
        {"RCPT TO:<server1,server2:someone@server3>", "250 2.1.5", "rcpt <server1,server2:someone@server3> bare_route"},
    });
}

TEST_CASE("SR-23: whoever forgets to decide does not relay", "[server][seeds]") {
    const server_config config{.host = "mx.example"};
    server s(config);
    s.feed("HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    while (auto action = s.next()) match(*action, [&s](const auto& a) { s.answer_default(a); });
    CHECK(codes(s.output()) == "220 | 250 | 250 2.1.0 | 550 5.7.1 | 554 5.5.1");
}

TEST_CASE("SR-24, SR-45: a RCPT for each recipient, each with its own reply, and no other source of them", "[server][seeds]") {
    check({{"answer rcpt \"no\" 550 5.1.1 no", "answer rcpt \"later\" 450 4.2.1 later"}, after_mail}, {
        {"RCPT TO:<a@d>\\r\\nRCPT TO:<no@d>\\r\\nRCPT TO:<later@d>\\r\\nRCPT TO:<a@d>\\r\\nDATA\\r\\nBcc: x@y\\r\\n.",
         "250 2.1.5 | 550 5.1.1 | 450 4.2.1 | 250 2.1.5 | 354 | 250 2.6.0",
         "rcpt <a@d>; rcpt <no@d>; rcpt <later@d>; rcpt <a@d>; data; body Bcc: x@y\\r\\n; end 10"},
    });
}

TEST_CASE("SR-25: MAIL begins a message, and only where none is open", "[server][seeds]") {
    check({{}, ""}, {{"MAIL FROM:<a@b>", "503 5.5.1"}});
    check({{}, after_hello}, {{"MAIL FROM:<a@b>\\r\\nMAIL FROM:<c@d>\\r\\nRCPT TO:<e@f>", "250 2.1.0 | 503 5.5.1 | 250 2.1.5"}});
    check({{}, after_data}, {{".\\r\\nMAIL FROM:<a@b>\\r\\nDATA", "250 2.6.0 | 250 2.1.0 | 503 5.5.1"}}); // no recipient is left over
}

TEST_CASE("SR-26, SR-44: HELO names the server in one line, and drops a transaction", "[server][seeds]") {
    check({{}, after_rcpt}, {
        {"HELO y\\r\\nDATA", "250 | 503 5.5.1", "helo y; aborted: the client dropped the transaction; refused 503 at 0: the command is out of sequence"},
        {"EHLO y\\r\\nRCPT TO:<e@f>", "250 | 503 5.5.1"},
    });
    transcript::script s;
    transcript::player<> p(s);
    p.feed("HELO x\r\n");
    CHECK(p.seen().output == "220 mx.example ESMTP\r\n250 mx.example\r\n");
}

TEST_CASE("SR-27: RSET drops the transaction, and is 250 wherever a session is served", "[server][seeds]") {
    for (const char* before : {"", after_hello, after_mail, after_rcpt, "EHLO x\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nBDAT 1\\r\\nx",
                               "EHLO x\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nBDAT 1\\r\\nxDATA\\r\\n"})
        check({{}, before}, {{"RSET\\r\\nDATA", "250 2.0.0 | 503 5.5.1"}, {"RSET\\r\\nRCPT TO:<c@d>", "250 2.0.0 | 503 5.5.1"}});
    check({{"answer connection 554 no"}, ""}, {{"RSET", "503 5.5.1"}});
    check({{"set weak_tls"}, ""}, {{"RSET", "554 5.7.0"}});
}

TEST_CASE("SR-28: NOOP has no effect", "[server][seeds]") {
    check({{}, after_rcpt}, {{"NOOP\\r\\nNOOP text\\r\\nDATA\\r\\n.", "250 2.0.0 | 250 2.0.0 | 354 | 250 2.6.0"}});
    check({{}, ""}, {{"NOOP\\r\\nHELO x\\r\\nNOOP\\r\\nMAIL FROM:<a@b>\\r\\nNOOP\\r\\nRCPT TO:<c@d>", "250 2.0.0 | 250 | 250 2.0.0 | 250 2.1.0 | 250 2.0.0 | 250 2.1.5"}});
}

TEST_CASE("SR-29: VRFY is 252 by default, EXPN has a mailbox in each line, both may be refused", "[server][seeds]") {
    check({{}, ""}, {{"VRFY Full Name <a@b>", "252 2.5.2", "vrfy Full Name <a@b>"}, {"EXPN a", "502 5.5.1"}});
    check({{"answer vrfy 550 5.1.1 no", "set offer EXPN", "answer expn 550 5.7.1 no"}, ""}, {{"VRFY a", "550 5.1.1"}, {"EXPN a", "550 5.7.1"}});
    transcript::script s;
    transcript::read_line(s, "set offer EXPN");
    transcript::read_line(s, "answer expn 250 2.1.5 One <a@b>\\nTwo <c@d>");
    transcript::player<> p(s);
    p.feed("EXPN all\r\n");
    CHECK(p.seen().output.substr(22) == "250-2.1.5 One <a@b>\r\n250 2.1.5 Two <c@d>\r\n");
}

TEST_CASE("SR-30: HELP is 214 with the verbs, or what the caller says", "[server][seeds]") {
    check({{}, after_rcpt}, {{"HELP\\r\\nDATA\\r\\n.", "214 2.0.0 | 354 | 250 2.6.0"}});
    check({{"answer help \"MAIL\" 214 2.0.0 MAIL FROM:<path>", "answer help 504 5.5.4 no"}, ""}, {{"HELP MAIL", "214 2.0.0"}, {"HELP FOO", "504 5.5.4"}});
}

TEST_CASE("SR-31: SEND, SOML and SAML are 502, or begin a transaction as MAIL does", "[server][seeds]") {
    for (const char* verb : {"SEND", "SOML", "SAML"}) {
        const std::string line = std::string(verb) + " FROM:<a@b>", more = line + "\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n.", over_it = line + " SIZE=1";
        check({{}, after_hello}, {{line.c_str(), "502 5.5.1"}});
        const std::string offer = std::string("set offer ") + verb;
        check({{offer.c_str()}, after_hello}, {{more.c_str(), "250 2.1.0 | 250 2.1.5 | 354 | 250 2.6.0"}, {over_it.c_str(), "555 5.5.4"}});
        check({{offer.c_str()}, after_mail}, {{line.c_str(), "503 5.5.1"}});
    }
    server_config config{.host = "mx.example"};
    config.offer = config.offer | extension_set{extension_id::soml};
    server s(config);
    s.feed("HELO x\r\nSOML FROM:<a@b>\r\n");
    std::optional<delivery> how;
    while (auto action = s.next())
        match(*action, [&]<class A>(const A& a) {
            if constexpr (std::is_same_v<A, request<cmd::mail>>) how = a.how;
            s.answer_default(a);
        });
    CHECK(how == delivery::terminal_or_mail);
}

TEST_CASE("SR-51: the server closes only behind 221 or 421, whatever errors there were", "[server][seeds]") {
    check({{"set bad_commands 0"}, ""}, {
        {"FOO\\r\\nMAIL\\r\\nRCPT\\r\\nDATA\\r\\nEHLO\\r\\n\\r\\nHELO \\x00\\r\\nQUIT x\\r\\nNOOP",
         "500 5.5.1 | 503 5.5.1 | 503 5.5.1 | 503 5.5.1 | 501 5.5.4 | 500 5.5.2 | 500 5.5.2 | 501 5.5.4 | 250 2.0.0"},
        {"QUIT\\r\\nNOOP", "221 2.0.0", "", over},
    });
    transcript::script s;
    transcript::player<> p(s);
    p.event({transcript::item::what::timeout, ""});
    CHECK(codes(p.seen().output) == "220 | 421 4.4.2");
    CHECK(p.session().closed());
}

// ---- content

TEST_CASE("SR-60, SR-62: CRLF.CRLF ends the content, and nothing of its header is looked at", "[server][seeds]") {
    check({{}, after_data}, {
        {"From: a\\r\\nTo: b\\r\\n\\r\\ntext\\r\\n.", "250 2.6.0", "body From: a\\r\\nTo: b\\r\\n\\r\\ntext\\r\\n; end 24"},
        {".", "250 2.6.0", "end 0"}, {"\\r\\n.", "250 2.6.0", "body \\r\\n; end 2"}, {"Subject: x\\r\\n.", "250 2.6.0", "body Subject: x\\r\\n; end 12"},
        {"\\r\\n\\r\\nbody\\r\\n.", "250 2.6.0", "body \\r\\n\\r\\nbody\\r\\n; end 10"},
        {"no header\\r\\n.", "250 2.6.0"}, {"a\\r\\n.b\\r\\n.", "250 2.6.0", "body a\\r\\nb\\r\\n; end 6"},
    });
}

TEST_CASE("SR-63: behind the end all is clear, for success and failure alike", "[server][seeds]") {
    for (const char* verdict : {"answer end 250 2.6.0 ok", "answer end 451 4.3.0 no", "answer end 550 5.7.1 no"}) {
        check({{verdict, "answer rcpt \"z@\" 550 5.1.1 no"}, after_data}, {
            {".\\r\\nRCPT TO:<e@f>\\r\\nDATA\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<z@d>\\r\\nDATA",
             verdict[11] == '2'   ? "250 2.6.0 | 503 5.5.1 | 503 5.5.1 | 250 2.1.0 | 550 5.1.1 | 554 5.5.1"
             : verdict[11] == '4' ? "451 4.3.0 | 503 5.5.1 | 503 5.5.1 | 250 2.1.0 | 550 5.1.1 | 554 5.5.1"
                                  : "550 5.7.1 | 503 5.5.1 | 503 5.5.1 | 250 2.1.0 | 550 5.1.1 | 554 5.5.1"},
        });
    }
}

TEST_CASE("SR-64: octets over 127 and lines over 1000 octets are told with the message", "[server][seeds]") {
    const server_config config{.host = "mx.example"};
    struct content { std::string octets; violations seen; };
    const content all[] = {
        {"x\r\n", {}}, {"\xe9\r\n", {.eight_bit = true}}, {std::string("\0\r\n", 3), {.nul = true}},
        {std::string(998, 'x') + "\r\n", {}}, {std::string(999, 'x') + "\r\n", {.longest_line = 1001}},
        {std::string(500, 'x') + "\r\n" + std::string(1500, 'y') + "\r\n", {.longest_line = 1502}},
    };
    for (const content& c : all)
        for (const bool chunk : {false, true}) {
            server s(config);
            std::optional<violations> seen;
            const std::string wire = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n" +
                (chunk ? "BDAT " + std::to_string(c.octets.size()) + " LAST\r\n" + c.octets : "DATA\r\n" + c.octets + ".\r\n");
            s.feed(wire);
            while (auto action = s.next())
                match(*action, [&]<class A>(const A& a) {
                    if constexpr (std::is_same_v<A, request<message_end>>) seen = a.seen;
                    if constexpr (requires { s.accept(a); }) s.accept(a);
                });
            REQUIRE(seen);
            CHECK((*seen == c.seen));
        }
}

TEST_CASE("SR-65: header and envelope are independent", "[server][seeds]") {
    check({{}, after_data}, {{"From: someone@else.example\\r\\n.", "250 2.6.0", "body From: someone@else.example\\r\\n; end 28"}});
}

TEST_CASE("SR-66: the name of HELO goes into the Received: field, with how the mail came", "[server][seeds]") {
    struct way { const char* hello; const char* with; };
    for (const way w : {way{"HELO client.example", "SMTP"}, way{"EHLO client.example", "ESMTP"}}) {
        const server_config config{.host = "mx.example"};
        server s(config);
        s.feed(std::string(w.hello) + "\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n");
        std::string name, field;
        while (auto action = s.next())
            match(*action, [&]<class A>(const A& a) {
                if constexpr (std::is_same_v<A, request<cmd::helo>> || std::is_same_v<A, request<cmd::ehlo>>) name = a.name.text();
                if constexpr (std::is_same_v<A, request<message_end>>) {
                    std::array<char, 512> room{};
                    const auto size = serialize(received{.hello_name = name, .peer_address = "192.0.2.7", .by = config.host, .with = s.with(), .id = "1",
                                                         .date = {2026, 11, 25, 12, 0, 0, 0, 0}}, room);
                    REQUIRE(size);
                    field.assign(room.data(), *size);
                }
                if constexpr (requires { s.accept(a); }) s.accept(a);
            });
        CHECK(field.find("Received: from client.example ([192.0.2.7])") == 0);
        CHECK(field.find(std::string("by mx.example with ") + w.with + " id 1") != std::string::npos);
    }
}

// clang-format on
