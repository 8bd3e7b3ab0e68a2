// Every verb in every state, with every answer of the caller's: one reply, and the next state is that of the pure table.
//
// spec/server-transitions.csv, row by row, is in state.cpp.
#include "support/catch.hpp"
#include "support/transcript.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

using namespace sansmtp;

namespace {

struct situation {
    const char* name;
    std::vector<const char*> settings;
    std::string before;
    state at;
};
struct line {
    const char* octets;
    event on;
};

} // namespace

TEST_CASE("every verb in every state, answered in every way, moves as the pure table says", "[server]") {
    const std::string hello = "EHLO x\r\n", rcpt = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n";
    const std::string authenticated = hello + "AUTH PLAIN AGEAYg==\r\n";
    // clang-format off
    const situation situations[] = {
        {"refused",       {"answer connection 554 no"}, "", state::refused},
        {"greeted",       {}, "", state::greeted},
        {"HELO",          {}, "HELO x\r\n", state::ready},
        {"ready",         {}, hello, state::ready},
        {"authenticated", {}, authenticated, state::ready},
        {"mail",          {}, hello + "MAIL FROM:<a@b>\r\n", state::mail},
        {"rcpt",          {}, authenticated + rcpt, state::rcpt},
        {"bdat",          {}, hello + rcpt + "BDAT 1\r\nx", state::bdat},
        {"bdat_fail",     {}, hello + rcpt + "BDAT 1\r\nxDATA\r\n", state::bdat_fail},
        {"tls_weak",      {"set weak_tls"}, "", state::tls_weak},
        {"TLS",           {"set implicit_tls"}, hello, state::ready},
        {"LMTP, ready",   {"set lmtp"}, "LHLO x\r\n", state::ready},
        {"LMTP, rcpt",    {"set lmtp"}, "LHLO x\r\n" + rcpt, state::rcpt},
    };
    const line lines[] = {
        {"HELO y", event::helo}, {"EHLO y", event::ehlo}, {"LHLO y", event::lhlo}, {"MAIL FROM:<a@b>", event::mail},
        {"SEND FROM:<a@b>", event::mail}, {"SOML FROM:<a@b>", event::mail}, {"SAML FROM:<a@b>", event::mail},
        {"RCPT TO:<g@h>", event::rcpt}, {"DATA", event::data}, {"BURL imap://x/y", event::bdat}, {"BURL imap://x/y LAST", event::bdat_last},
        {"BDAT 2\r\n", event::bdat}, {"RSET", event::rset}, {"NOOP", event::noop}, {"HELP", event::help}, {"VRFY a", event::vrfy},
        {"EXPN a", event::expn}, {"QUIT", event::quit}, {"STARTTLS", event::starttls}, {"AUTH PLAIN", event::auth},
        {"AUTH PLAIN AGEAYg==", event::auth}, {"ETRN x", event::etrn}, {"ATRN", event::atrn}, {"TURN", event::turn},
        {"XCLIENT NAME=x", event::xclient}, {"XFORWARD NAME=x", event::xforward}, {"X-FOO", event::other}, {"FOO", event::other},
    };
    const char* const kinds[] = {"helo", "ehlo", "lhlo", "mail", "rcpt", "data", "burl", "vrfy", "expn", "help", "starttls", "auth",
                                 "etrn", "atrn", "turn", "xclient", "xforward", "other"};
    const unsigned answers[] = {0, 211, 214, 220, 221, 235, 250, 251, 252, 253, 334, 354, 421, 450, 451, 452, 454, 459, 500, 535, 550, 554};
    // clang-format on
    std::size_t asked = 0, refused = 0;
    for (const situation& now : situations) {
        transcript::script s;
        for (const char* setting : now.settings) transcript::read_line(s, setting);
        for (const char* setting : {"set offer EXPN STARTTLS ETRN ATRN TURN SEND SOML SAML XCLIENT XFORWARD BURL",
                                    "set extension X-FOO", "set verb X-FOO", "set bad_commands 0"})
            transcript::read_line(s, setting);
        s.config.extensions = s.extensions;
        s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
        transcript::player<> reached(s);
        reached.feed(now.before);
        REQUIRE(reached.session().current() == now.at);
        for (const line& l : lines)
            for (const unsigned answer : answers) {
                INFO(now.name << ": " << l.octets << " answered " << answer);
                s.rules.clear();
                if (answer != 0)
                    for (const char* kind : kinds) s.rules.push_back({kind, "", "text", answer, {}});
                transcript::player<> p = reached;
                const std::size_t output = p.seen().output.size(), actions = p.seen().actions.size();
                p.feed(std::string(l.octets) + "\r\n");
                const auto got = transcript::replies(std::string_view(p.seen().output).substr(output));
                REQUIRE(got.size() == 1);
                const reply_code code = got[0].code();
                const std::string told = p.seen().actions.size() > actions ? p.seen().actions[actions] : std::string();
                if (told.rfind("refused ", 0) == 0) {
                    ++refused;
                    CHECK(code.negative());
                    CHECK(told.substr(8, 3) == std::to_string(code.value()));
                } else if (told.empty() ||
                           told.rfind("aborted", 0) == 0) { // RSET, NOOP, QUIT; a chunk behind the first one
                    CHECK(code.is(reply_class::success));
                } else {
                    ++asked;
                    const bool chunk = l.octets[0] == 'B' && l.octets[1] == 'D' && answer / 100 == 3; // 354 is not sent
                    CHECK((answer == 0 ? !code.negative() || l.on == event::expn
                                       : code == answer || code == 451 || chunk));
                }
                // BURL has no octets: one that is not even asked about touches nothing
                const bool untouched =
                    told.rfind("refused ", 0) == 0 && std::string_view(l.octets).substr(0, 4) == "BURL";
                const auto to = next_state(now.at, untouched ? event::other : l.on, code.category());
                const state due = code == 421 || to == state::closing ? state::closed : to.value_or(now.at);
                CHECK(p.session().current() == due);
                CHECK(reached.session().current() == now.at);
                CHECK(p.session().time_limit() == 300); // the least in every state [RFC 5321 4.5.3.2.7]
            }
    }
    CHECK(asked > 1000);
    CHECK(refused > 1000);
}

TEST_CASE("while a request waits, the stream ends, time runs out, the session is shut down, TLS goes", "[server]") {
    // clang-format off
    struct pending { const char* line; const char* before; bool open; }; // open: in a transaction that was accepted
    const std::string ready = "EHLO x\r\n", mail = ready + "MAIL FROM:<a@b>\r\n", rcpt = mail + "RCPT TO:<c@d>\r\n";
    const std::string in_data = rcpt + "DATA\r\n", in_auth = ready + "AUTH PLAIN\r\n";
    const pending all[] = {
        {"EHLO x", "", false}, {"HELO x", rcpt.c_str(), true}, {"MAIL FROM:<a@b>", ready.c_str(), false},
        {"RCPT TO:<c@d>", mail.c_str(), true}, {"DATA", rcpt.c_str(), true}, {"BDAT 3\r\nab", rcpt.c_str(), true},
        {"x\r\n.", in_data.c_str(), true}, {"BDAT 3 LAST\r\na", rcpt.c_str(), true}, {"VRFY a", rcpt.c_str(), true}, {"HELP", "", false},
        {"EXPN a", ready.c_str(), false}, {"STARTTLS", ready.c_str(), false}, {"AUTH PLAIN AGEAYg==", ready.c_str(), false},
        {"AGEAYg==", in_auth.c_str(), false}, {"ETRN x", ready.c_str(), false}, {"TURN", ready.c_str(), false},
        {"XCLIENT NAME=x", "", false}, {"XFORWARD NAME=x", ready.c_str(), false}, {"X-FOO", mail.c_str(), true},
    };
    // clang-format on
    transcript::script s;
    for (const char* setting :
         {"set offer EXPN STARTTLS ETRN TURN XCLIENT XFORWARD", "set extension X-FOO", "set verb X-FOO"})
        transcript::read_line(s, setting);
    s.config.extensions = s.extensions;
    s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
    for (const pending& p : all) {
        INFO(p.before << " then " << p.line);
        transcript::player<> reached(s);
        reached.challenge = "";
        reached.feed(p.before);
        server session = reached.session();
        session.feed(std::string(p.line) + "\r\n");
        auto action = session.next();
        while (action && std::holds_alternative<body>(*action)) action = session.next();
        if (std::string_view(p.line).find("LAST") != std::string_view::npos) { // the end of it, not its beginning
            match(*action, [&](const auto& a) {
                if constexpr (requires { session.accept(a); }) session.accept(a);
            });
            for (action = session.next(); action && std::holds_alternative<body>(*action);) action = session.next();
        }
        REQUIRE(action);
        CHECK_FALSE(session.next());
        CHECK_FALSE(session.wants_input());
        CHECK(session.output().empty());

        const auto answer = [&action](server& waiting) {
            errc got = errc::wrong_state;
            match(*action, [&]<class A>(const A& a) {
                if constexpr (requires { waiting.accept(a); })
                    got = waiting.accept(a);
                else if constexpr (std::is_same_v<A, request<cmd::expn>>)
                    got = waiting.answer_default(a);
            });
            return got;
        };
        // How many times the caller is told that his transaction is over.
        const auto aborts = [](server& over) {
            std::size_t count = 0;
            while (const auto a = over.next()) count += std::holds_alternative<aborted>(*a) ? 1U : 0U;
            return count;
        };
        const auto end = [](server& over) { // its last words leave
            const std::string said(over.output());
            over.consume(said.size());
            CHECK(over.closed());
            return said;
        };

        server lost = session; // what the client hears of depends on him; the answer is good
        lost.close_input();
        CHECK_FALSE(lost.closed());
        const bool verdict = std::holds_alternative<request<message_end>>(*action);
        CHECK(answer(lost) == errc::none);
        CHECK(aborts(lost) ==
              (p.open && !verdict ? 1U : 0U) + (std::string_view(p.line) == "MAIL FROM:<a@b>" ? 1U : 0U));
        end(lost);

        server idle = session;
        idle.timed_out();
        CHECK(answer(idle) == errc::stale_ticket);
        CHECK(aborts(idle) == (p.open ? 1U : 0U));
        CHECK(end(idle).substr(0, 10) == "421 4.4.2 ");

        server down = session;
        CHECK(down.shutdown({421, {4, 3, 2}, "bye"}) == errc::none);
        CHECK(answer(down) == errc::stale_ticket);
        CHECK(aborts(down) == (p.open ? 1U : 0U));
        CHECK(end(down) == "421 4.3.2 bye\r\n");

        server cut = session;
        cut.tls_closed();
        CHECK(answer(cut) == errc::stale_ticket);
        CHECK(aborts(cut) == (p.open ? 1U : 0U));
        CHECK(end(cut).empty());
    }
}
