// The transition table and the server session against spec/server-transitions.csv, row by row.
//
// Each row is looked up in the pure table, and played: the state is reached by script, the session copied, the event fed;
// reply code, number of replies and next state must be the row's, and what the caller is told must follow from it.
#include <sansmtp/reply.hpp>
#include <sansmtp/state.hpp>

#include "support/catch.hpp"
#include "support/transcript.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace sansmtp;

namespace {

struct row {
    std::string state, event, guard, reply, replies, next, note;
    std::string name() const { return event + (guard.empty() ? "" : " [" + guard + "]"); }
};

std::vector<std::string> fields(const std::string& line) {
    std::vector<std::string> all(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            all.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            all.emplace_back();
        else if (line[i] != '\r')
            all.back() += line[i];
    }
    return all;
}

const std::vector<row>& rows() {
    static const std::vector<row> all = [] {
        std::vector<row> read;
        std::ifstream in(SANSMTP_TRANSCRIPTS "/../spec/server-transitions.csv");
        std::string line;
        std::getline(in, line);
        while (std::getline(in, line)) {
            const auto f = fields(line);
            if (f.size() == 7) read.push_back({f[0], f[1], f[2], f[3], f[4], f[5], f[6]});
        }
        return read;
    }();
    return all;
}

// clang-format off
const std::map<std::string, state> states{
    {"CONNECT", state::connect}, {"REFUSED", state::refused},     {"GREETED", state::greeted},   {"READY", state::ready},
    {"MAIL", state::mail},       {"RCPT", state::rcpt},           {"DATA", state::data},         {"DATA_WAIT", state::data_wait},
    {"BDAT_RX", state::bdat_rx}, {"BDAT", state::bdat},           {"BDAT_FAIL", state::bdat_fail}, {"AUTH", state::auth},
    {"TLS_WAIT", state::tls_wait}, {"TLS_WEAK", state::tls_weak}, {"CLOSING", state::closing},   {"CLOSED", state::closed},
};

// The event that a row is about. Rows that no transition belongs to are not here: see `no_transition`.
const std::map<std::string, event> events{
    {"EHLO ok", event::ehlo}, {"EHLO bad argument", event::ehlo}, {"EHLO refused by caller", event::ehlo},
    {"HELO ok", event::helo}, {"HELO bad argument", event::helo}, {"LHLO in SMTP, EHLO/HELO in LMTP", event::lhlo},
    {"MAIL", event::mail}, {"MAIL accepted", event::mail}, {"MAIL refused by caller", event::mail},
    {"MAIL syntax error", event::mail}, {"MAIL unknown parameter", event::mail},
    {"RCPT", event::rcpt}, {"RCPT accepted", event::rcpt}, {"RCPT refused by caller", event::rcpt},
    {"RCPT syntax error", event::rcpt}, {"RCPT over the limit", event::rcpt},
    {"DATA", event::data}, {"DATA refused by caller", event::data}, {"DATA with an argument", event::other},
    {"DATA with BODY=BINARYMIME", event::mixed_data},
    {"BDAT n", event::bdat}, {"BDAT n refused (not LAST)", event::bdat}, {"BDAT n LAST", event::bdat_last},
    {"BDAT unparsable", event::shutdown},
    {"RSET", event::rset}, {"RSET with an argument", event::rset}, {"NOOP", event::noop}, {"HELP", event::help},
    {"VRFY", event::vrfy}, {"VRFY without an argument", event::vrfy}, {"EXPN", event::expn},
    {"EXPN offered", event::expn}, {"EXPN without an argument, offered", event::expn},
    {"QUIT", event::quit}, {"QUIT with an argument", event::quit},
    {"STARTTLS usable", event::starttls}, {"STARTTLS when TLS is active", event::starttls},
    {"STARTTLS not offered", event::starttls}, {"STARTTLS temporarily impossible", event::starttls},
    {"STARTTLS with an argument", event::starttls},
    {"AUTH", event::auth}, {"AUTH needs more data", event::auth}, {"AUTH done at once", event::auth},
    {"AUTH failed at once", event::auth}, {"AUTH when authenticated", event::auth}, {"AUTH not offered", event::auth},
    {"AUTH syntax error", event::auth},
    {"ETRN/ATRN/TURN without handler", event::etrn}, {"SEND/SOML/SAML not enabled", event::mail},
    {"XCLIENT trusted", event::xclient}, {"XFORWARD trusted", event::xforward},
    {"XCLIENT or XFORWARD not enabled", event::xclient},
    {"unknown verb", event::other}, {"empty line", event::other}, {"line too long / illegal octets", event::other},
    {"any but EHLO LHLO NOOP QUIT STARTTLS", event::mail},
    {"any but AUTH EHLO HELO LHLO NOOP RSET QUIT STARTTLS", event::mail},
    {"shutdown or idle timeout", event::shutdown}, {"AUTH [too many failures]", event::shutdown}, {"too many errors", event::shutdown}, {"timeout", event::shutdown},
    {"shutdown", event::shutdown}, {"timeout in content", event::shutdown}, {"connection lost", event::lost},
    {"caller accepts connection", event::connection}, {"caller refuses for good", event::connection},
    {"caller refuses for now", event::connection},
    {"CRLF.CRLF", event::end_of_data},
    {"caller verdict accept (SMTP)", event::verdict}, {"caller verdict refuse (SMTP)", event::verdict},
    {"caller verdict for recipient k (LMTP) [not the last recipient]", event::recipient_verdict},
    {"caller verdict for recipient k (LMTP) [last recipient]", event::verdict},
    {"chunk complete [accepted]", event::bdat}, {"chunk complete [refused, not LAST]", event::bdat},
    {"chunk complete [over max_size]", event::bdat}, {"chunk complete [LAST]", event::bdat_last},
    {"chunk complete [swallowed, LAST, smtp]", event::bdat_last},
    {"chunk complete [swallowed, LAST, lmtp]", event::bdat_last},
    {"base64 line, mechanism goes on", event::auth_response}, {"base64 line, success", event::auth_response},
    {"base64 line, failure", event::auth_response}, {"line \"*\"", event::auth_response},
    {"line not base64", event::auth_response}, {"line too long", event::auth_response},
    {"octets after STARTTLS CRLF in the same buffer", event::lost},
    {"handshake done, good", event::handshake}, {"handshake done, too weak", event::handshake},
    {"handshake failed", event::handshake},
    {"output flushed", event::flushed},
};

// Rows that say that nothing happens, or what a session does by itself without moving.
const std::set<std::string> no_transition{
    "octets before the greeting", "content octets", "limit exceeded while receiving", "any input",
    "chunk complete [swallowed, not LAST]",
};

// BDAT before CHUNKING is offered, or after HELO, touches no state: it is refused like a verb that is not known.
const std::set<std::string> as_foreign_verb{"BDAT n [CHUNKING not offered]", "BDAT n [after HELO]"};

// clang-format on

// The reply codes that a row allows; 0 for none. "verdict" and "the refusal" are any refusal.
std::vector<unsigned> codes(const row& r) {
    if (r.reply == "none") return {0};
    if (r.reply.rfind("verdict", 0) == 0 || r.reply == "the refusal") return {451, 550};
    std::vector<unsigned> all{static_cast<unsigned>(std::stoul(r.reply))};
    if (const std::size_t at = r.reply.find(" or "); at != std::string::npos)
        all.push_back(static_cast<unsigned>(std::stoul(r.reply.substr(at + 4))));
    return all;
}

// ---- the pure table

outcome outcome_of(const row& r, unsigned code) {
    // clang-format off
    static const std::map<std::string, outcome> silent{
        {"handshake done, good", outcome::success}, {"handshake done, too weak", outcome::transient},
        {"handshake failed", outcome::permanent},
    };
    // clang-format on
    const auto found = silent.find(r.event);
    return found != silent.end() ? found->second : reply_code(code).category();
}

void check_pure(const row& r) {
    INFO(r.state << ": " << r.name() << " -> " << r.reply << ", " << r.next);
    if (no_transition.count(r.name()) != 0) {
        CHECK((r.next == r.state || r.next == "state before"));
        return;
    }
    auto e = events.find(r.name());
    if (e == events.end()) e = events.find(r.event);
    REQUIRE(e != events.end());
    const event on = as_foreign_verb.count(r.name()) != 0 ? event::other : e->second;
    for (const unsigned code : codes(r))
        CHECK(next_state(states.at(r.state), on, outcome_of(r, code)) == states.at(r.next));
}

// ---- the session

using player = transcript::player<>;
using transcript::replies;

// How an event is made: what is sent, under which settings; several lines are several trials.
struct trial {
    const char* name;
    std::vector<const char*> input;
    std::vector<const char*> settings = {};
    unsigned verdict = 0;
};

// clang-format off
const std::vector<trial> trials{
    {"EHLO ok",                          {"EHLO x", "ehlo [192.0.2.1]"}},
    {"EHLO bad argument",                {"EHLO", "EHLO  "}},
    {"EHLO refused by caller",           {"EHLO evil"},             {"answer ehlo \"evil\" 550 no"}},
    {"HELO ok",                          {"HELO x"}},
    {"HELO bad argument",                {"HELO"}},
    {"LHLO in SMTP, EHLO/HELO in LMTP",  {"LHLO x", "LHLO"}},
    {"MAIL accepted",                    {"MAIL FROM:<a@b>", "MAIL FROM:<>"}},
    {"MAIL refused by caller",           {"MAIL FROM:<bad@b>"},     {"answer mail \"bad\" 451 4.7.1 no"}, 451},
    {"MAIL syntax error",                {"MAIL FROM:a", "MAIL", "MAIL TO:<a@b>", "MAIL FROM:<a@b> SIZE=x"}},
    {"MAIL unknown parameter",           {"MAIL FROM:<a@b> FOO=1"}},
    {"MAIL [unknown parameter]",         {"MAIL FROM:<a@b> FOO", "MAIL FROM:<a@b> NOTIFY=NEVER"}},
    {"MAIL [SIZE over max_size]",        {"MAIL FROM:<a@b> SIZE=1001"}, {"set message_size 1000"}},
    {"MAIL [no room now]",               {"MAIL FROM:<full@b> SIZE=1"}, {"answer mail \"full\" 452 4.3.1 full"}},
    {"MAIL [parameters after HELO]",     {"MAIL FROM:<a@b> SIZE=1"}, {"helo"}},
    {"MAIL [UTF-8 path, SMTPUTF8 offered but not declared]", {"MAIL FROM:<\xc3\xa9@b>", "MAIL FROM:<a@\xc3\xa9> SIZE=1"}},
    {"RCPT [UTF-8 path, SMTPUTF8 offered but not declared]", {"RCPT TO:<\xc3\xa9@b>"}},
    {"any but EHLO LHLO NOOP QUIT STARTTLS [require_tls, no TLS]",
     {"HELO x", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "RSET", "VRFY a", "EXPN a", "HELP", "BDAT 4 LAST\r\nNOOP", "AUTH PLAIN", "ETRN x"},
     {"set mechanisms PLAIN", "set offer EXPN ETRN", "late"}},
    {"any but AUTH EHLO HELO LHLO NOOP RSET QUIT STARTTLS [require_auth, not authenticated]",
     {"MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "VRFY a", "HELP", "BDAT 4\r\nNOOP"}, {"set mechanisms PLAIN", "late"}},
    {"RCPT accepted",                    {"RCPT TO:<c@d>", "RCPT TO:<Postmaster>"}},
    {"RCPT refused by caller",           {"RCPT TO:<bad@d>"},       {"answer rcpt \"bad\" 550 5.1.1 no"}, 550},
    {"RCPT syntax error",                {"RCPT TO:c", "RCPT", "RCPT TO:<>"}},
    {"RCPT over the limit",              {"RCPT TO:<c@d>"},         {"limit"}},
    {"RCPT [unknown parameter]",         {"RCPT TO:<c@d> FOO=1", "RCPT TO:<c@d> SIZE=1"}},
    {"DATA",                             {"DATA", "data  "}},
    {"DATA refused by caller",           {"DATA"},                  {"answer data 451 4.3.0 no"}, 451},
    {"DATA with an argument",            {"DATA x"}},
    {"DATA with BODY=BINARYMIME",        {"DATA"},                  {"set offer BINARYMIME", "binary"}},
    {"BDAT n",                           {"BDAT 6\r\nQUIT\r\n", "BDAT 0\r\n"}},
    {"BDAT n [CHUNKING not offered]",    {"BDAT 6\r\nQUIT\r\n", "BDAT 0\r\n", "BDAT 3 LAST\r\n\r\n."}, {"set without CHUNKING"}},
    {"BDAT n [after HELO]",              {"BDAT 6\r\nQUIT\r\n", "BDAT 3 LAST\r\n\r\n."}, {"helo"}},
    {"BDAT n refused (not LAST)",        {"BDAT 6\r\nQUIT\r\n"}, {"set message_size 8", "answer data 451 4.3.0 no"}, 451},
    {"BDAT n LAST",                      {"BDAT 6 LAST\r\nQUIT\r\n", "BDAT 0 LAST\r\n"}},
    {"BDAT unparsable",                  {"BDAT", "BDAT x", "BDAT -1", "BDAT 1x", "BDAT 1 LAST x", "BDAT 1 FIRST", "BDAT 18446744073709551616"}},
    {"RSET",                             {"RSET", "rset "}},
    {"RSET with an argument",            {"RSET x"}},
    {"NOOP",                             {"NOOP", "NOOP x y"}},
    {"HELP",                             {"HELP", "HELP MAIL"}},
    {"VRFY",                             {"VRFY a", "VRFY <a@b>"}},
    {"VRFY without an argument",         {"VRFY"}},
    {"EXPN",                             {"EXPN a", "EXPN"}},
    {"EXPN offered",                     {"EXPN a"},                {"set offer EXPN", "answer expn 550 5.1.1 no"}, 550},
    {"EXPN without an argument, offered",{"EXPN"},                  {"set offer EXPN"}},
    {"QUIT",                             {"QUIT", "quit "}},
    {"QUIT with an argument",            {"QUIT x"}},
    {"STARTTLS usable",                  {"STARTTLS", "starttls "}, {"set offer STARTTLS"}},
    {"STARTTLS when TLS is active",      {"STARTTLS"},              {"set offer STARTTLS", "tls"}},
    {"STARTTLS temporarily impossible",  {"STARTTLS"},              {"set offer STARTTLS", "answer starttls 454 4.7.0 later"}},
    {"STARTTLS not offered",             {"STARTTLS"}},
    {"STARTTLS with an argument",        {"STARTTLS x"}},
    {"AUTH not offered",                 {"AUTH PLAIN", "AUTH"}},
    {"AUTH needs more data",             {"AUTH PLAIN"},            {"auth"}},
    {"AUTH done at once",                {"AUTH PLAIN AGEAYg=="},   {"auth"}},
    {"AUTH failed at once",              {"AUTH PLAIN AGEAYg=="},   {"auth", "answer auth 535 5.7.8 no"}},
    {"AUTH syntax error",                {"AUTH", "AUTH PLAIN a b"}, {"auth"}},
    {"AUTH [unknown mechanism]",         {"AUTH FOO"},              {"auth"}},
    {"AUTH [cleartext mechanism without TLS]", {"AUTH PLAIN"},      {"mechanisms"}},
    {"AUTH [after HELO]",                {"AUTH PLAIN"},            {"auth", "helo"}},
    {"AUTH [too many failures]",         {"AUTH PLAIN AGEAYg=="},   {"auth", "failures", "answer auth 535 5.7.8 no"}},
    {"AUTH when authenticated",          {"AUTH PLAIN AGEAYg=="},   {"auth", "authenticated"}},
    {"ETRN/ATRN/TURN without handler",   {"ETRN x", "ATRN", "TURN"}},
    {"SEND/SOML/SAML not enabled",       {"SEND FROM:<a@b>", "SOML FROM:<a@b>", "SAML FROM:<a@b>"}},
    {"XCLIENT trusted",                  {"XCLIENT NAME=x"},        {"set offer XCLIENT"}},
    {"XFORWARD trusted",                 {"XFORWARD NAME=x"},       {"set offer XFORWARD"}},
    {"XCLIENT or XFORWARD not enabled",  {"XCLIENT NAME=x", "XFORWARD NAME=x"}},
    {"unknown verb",                     {"FOO", "QUITE", "QUIT.", " NOOP", "NOOP,"}},
    {"empty line",                       {"", "  "}},
    {"line too long / illegal octets",   {"NOOP \x01", "\x7f", "NOOP \xe9", "EHLO \xc3\xa9", "MAIL FROM:<\xc3(@b>", "NOOP\n", "NOOP\r"}},
    {"too many errors",                  {"FOO"},                   {"set bad_commands 1", "errors"}},
};
// clang-format on

bool has(const trial& t, std::string_view word) {
    return std::find(t.settings.begin(), t.settings.end(), word) != t.settings.end();
}

void set_up(transcript::script& s, const trial& t, const row& r) {
    for (const char* setting : t.settings)
        if (std::string_view(setting).find(' ') != std::string_view::npos) transcript::read_line(s, setting);
    s.config.extensions = s.extensions;
    if (has(t, "auth") || has(t, "mechanisms")) s.config.mechanisms = "PLAIN";
    s.config.cleartext_auth = has(t, "auth");
    if (has(t, "limit")) s.config.limits.recipients = r.state == "MAIL" ? 0 : r.state == "RCPT" ? 1 : 100;
    s.implicit = has(t, "tls") || r.state == "TLS_WEAK";
    s.weak = r.state == "TLS_WEAK";
    if (r.state == "REFUSED") transcript::read_line(s, "answer connection 554 no");
    if (r.guard.find("lmtp") != std::string::npos) s.config.protocol = dialect::lmtp;
    transcript::read_line(s, "answer rcpt \"nobody\" 550 5.1.1 no");
}

// Brings a session into the row's state.
void reach(player& p, transcript::script& s, const trial& t, const row& r) {
    const state to = states.at(r.state);
    const bool open = to == state::mail || to == state::rcpt || to == state::bdat || to == state::bdat_fail;
    if (open || to == state::ready)
        p.feed(has(t, "helo") ? "HELO x\r\n" : s.config.protocol == dialect::lmtp ? "LHLO x\r\n" : "EHLO x\r\n");
    if (has(t, "authenticated") && (open || to == state::ready)) p.feed("AUTH PLAIN AGEAYg==\r\n");
    if (has(t, "failures"))
        for (int i = 0; i < 3; ++i) p.feed("AUTH PLAIN AGEAYg==\r\n");
    if (open) p.feed(has(t, "binary") ? "MAIL FROM:<s@b> BODY=BINARYMIME\r\n" : "MAIL FROM:<s@b>\r\n");
    if (open && to != state::mail) p.feed("RCPT TO:<r@d>\r\n");
    if (to == state::bdat || to == state::bdat_fail) {
        const auto rules = std::exchange(s.rules, {}); // those of the trial come later
        if (to == state::bdat_fail) p.feed("RCPT TO:<r@d>\r\n");
        p.feed("BDAT 3\r\nabc");
        if (to == state::bdat_fail) p.feed("DATA\r\n");
        s.rules = rules;
    }
    if (r.guard.find("all refused") != std::string::npos) p.feed("RCPT TO:<nobody@d>\r\n");
    if (has(t, "errors")) p.feed("BAR\r\n");
    if (has(t, "late"))
        (r.guard.find("tls") != std::string::npos ? s.config.require_tls : s.config.require_auth) = true;
    REQUIRE(p.session().current() == to);
}

void check_reply(const row& r, std::string_view output, unsigned verdict) {
    const auto got = replies(output);
    REQUIRE(got.size() == (r.replies == "0" ? 0 : r.replies == "n" ? 2 : 1)); // two recipients
    if (got.empty()) return;
    std::vector<unsigned> due = codes(r);
    if (r.reply.rfind("verdict", 0) == 0 && verdict != 0) due = {verdict};
    if (r.event == "BDAT n LAST" && r.reply.rfind("verdict", 0) == 0) due = {250}; // the caller says yes
    if (r.event == "BDAT n refused (not LAST)" && r.state == "BDAT") due = {552};  // by the session
    for (const reply_view& g : got) CHECK(std::find(due.begin(), due.end(), g.code().value()) != due.end());
    const auto line_count = std::distance(got[0].begin(), got[0].end());
    if (r.reply == "250 list") CHECK(line_count > 1);
    if (r.reply == "250 one line") CHECK(line_count == 1);
}

// The session's state once its output has left: closing has become closed.
state settled(std::string_view name) { return states.at(name == "CLOSING" ? "CLOSED" : std::string(name)); }

// ---- what the caller is told

// The request that stands for an event, where it is in order. BDAT asks once for a message, as DATA does.
// clang-format off
const std::map<std::string, const char*> requests{
    {"EHLO ok", "ehlo"}, {"EHLO refused by caller", "ehlo"}, {"HELO ok", "helo"},
    {"MAIL", "mail"}, {"MAIL accepted", "mail"}, {"MAIL refused by caller", "mail"},
    {"RCPT accepted", "rcpt"}, {"RCPT refused by caller", "rcpt"}, {"DATA", "data"}, {"DATA refused by caller", "data"},
    {"HELP", "help"}, {"VRFY", "vrfy"}, {"EXPN offered", "expn"},
    {"STARTTLS usable", "starttls"}, {"STARTTLS temporarily impossible", "starttls"},
    {"AUTH needs more data", "auth"}, {"AUTH done at once", "auth"}, {"AUTH failed at once", "auth"},
    {"XCLIENT trusted", "xclient"}, {"XFORWARD trusted", "xforward"},
};
// Replies that turn something down and are the caller's own.
const std::set<std::string> callers_own{
    "EHLO refused by caller", "STARTTLS temporarily impossible", "AUTH failed at once", "MAIL [no room now]",
};
// clang-format on

bool is_transaction(const std::string& state) { return state == "MAIL" || state == "RCPT" || state == "BDAT"; }

// The first words of the actions that a row must bring about; of a refusal also its code, 0 if it has no reply.
std::vector<std::string> due_actions(const row& r, const trial& t, std::string_view input) {
    const unsigned code = codes(r)[0];
    const bool chunk = r.event.rfind("BDAT n", 0) == 0;
    const bool verdict = r.reply.rfind("verdict", 0) == 0;
    const bool positive = code / 100 == 2 || code / 100 == 3;
    std::vector<std::string> due;
    if (chunk && r.state == "RCPT" && (verdict || positive)) due.emplace_back("data");
    const bool taken = chunk && (r.event == "BDAT n LAST" ? verdict : positive);
    if (taken && r.state == "RCPT" &&
        input.find(" 0") == std::string_view::npos) // later pieces are joined to the first
        due.emplace_back("body");
    if (r.event == "BDAT n LAST" && verdict) due.emplace_back("end");
    const bool refused_by_caller = verdict && r.event != "BDAT n LAST"; // before a chunk it is told at its end
    const bool asked =
        !chunk && (positive || verdict || (callers_own.count(t.name) != 0 && r.reply != "503" && r.reply != "554"));
    if (const auto found = requests.find(r.event); asked && found != requests.end()) due.emplace_back(found->second);
    if (chunk && refused_by_caller) due.push_back("refused " + std::to_string(r.state == "BDAT" ? 552 : t.verdict));
    if (!asked && !verdict && !(chunk && positive)) due.push_back("refused " + std::to_string(code));
    if (r.event == "STARTTLS usable" && positive) due.emplace_back("handshake");
    // A transaction that the caller accepted ends by his verdict, or is aborted.
    const bool goes_on = is_transaction(r.next) || r.next == "DATA" || (!due.empty() && due.back() == "end");
    if (is_transaction(r.state) && !goes_on) due.emplace_back("aborted:");
    return due;
}

void check_actions(const row& r, const trial& t, std::string_view input, const trace::record& seen, std::size_t first) {
    std::vector<std::string> told;
    for (std::size_t i = first; i < seen.actions.size(); ++i) {
        const std::string& a = seen.actions[i];
        std::size_t end = a.find(' ');
        if (a.rfind("refused ", 0) == 0) end = a.find(' ', end + 1);
        told.push_back(a.substr(0, end));
    }
    CHECK(told == due_actions(r, t, input));
}

void play(const row& r, const trial& t) {
    transcript::script s;
    set_up(s, t, r);
    player reached(s);
    if (t.name == std::string("AUTH needs more data")) reached.challenge = "";
    reach(reached, s, t, r);
    for (const char* input : t.input) {
        player p = reached; // law 4: a copy goes on by itself
        const std::size_t before = p.seen().output.size();
        const std::size_t actions = p.seen().actions.size();
        std::string octets = input;
        INFO(r.state << ": " << r.name() << " <- " << trace::escaped(octets));
        const bool chunk = octets.find("\r\n") != std::string::npos;
        if (!chunk) octets += "\r\n";
        p.feed(std::string_view(octets).substr(0, octets.size() - 1));
        CHECK(p.seen().output.size() == before); // nothing is answered before its last octet has come
        const bool comes = chunk && p.session().current() == state::bdat_rx;
        CHECK((p.session().current() == states.at(r.state) || comes));
        p.feed(std::string_view(octets).substr(octets.size() - 1));
        check_reply(r, std::string_view(p.seen().output).substr(before), t.verdict);
        check_actions(r, t, input, p.seen(), actions);
        CHECK(p.session().current() == settled(r.next));
        CHECK(reached.session().current() == states.at(r.state));
    }
}

// Events that are no command: what the caller does, and what content does.
const std::set<std::string> other_events{
    "chunk complete",
    "octets after STARTTLS CRLF in the same buffer",
    "handshake done, good",
    "handshake done, too weak",
    "handshake failed",
    "shutdown or idle timeout",
    "connection lost",
    "caller accepts connection",
    "caller refuses for good",
    "caller refuses for now",
    "octets before the greeting",
    "content octets",
    "CRLF.CRLF",
    "caller verdict accept (SMTP)",
    "caller verdict refuse (SMTP)",
    "caller verdict for recipient k (LMTP)",
    "limit exceeded while receiving",
    "timeout in content",
    "timeout",
    "shutdown",
    "output flushed",
    "any input",
    "base64 line, mechanism goes on",
    "base64 line, success",
    "base64 line, failure",
    "line \"*\"",
    "line not base64",
    "line too long",
};

const trial* find_trial(const row& r) {
    // a row of the guards of DATA and BDAT is one of the whole event; other guards have their own trial
    for (const trial& t : trials)
        if (t.name == r.name()) return &t;
    if (r.event.rfind("DATA", 0) != 0 && r.event.rfind("BDAT", 0) != 0) return nullptr;
    for (const trial& t : trials)
        if (t.name == r.event) return &t;
    return nullptr;
}

} // namespace

TEST_CASE("the pure table is the sheet", "[state]") {
    REQUIRE(rows().size() == 522);
    for (const row& r : rows()) check_pure(r);
}

TEST_CASE("the session answers and moves as the sheet says", "[state]") {
    std::set<std::string> played;
    for (const row& r : rows()) {
        if (other_events.count(r.event) != 0) continue;
        INFO(r.state << ": " << r.name());
        const trial* t = find_trial(r);
        REQUIRE(t != nullptr);
        played.insert(t->name);
        play(r, *t);
    }
    for (const trial& t : trials) {
        INFO(t.name);
        CHECK(played.count(t.name) == 1);
    }
}

TEST_CASE("events that are no command", "[state]") {
    struct situation {
        const char* state;
        const char* input; // behind the greeting
    };
    // clang-format off
    const situation situations[] = {
        {"REFUSED", ""}, {"GREETED", ""}, {"READY", "EHLO x\r\n"}, {"MAIL", "EHLO x\r\nMAIL FROM:<a@b>\r\n"},
        {"RCPT", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"},
        {"DATA", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx"},
        {"DATA_WAIT", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n"},
        {"AUTH", "EHLO x\r\nAUTH PLAIN\r\n"}, {"CONNECT", ""},
    };
    // clang-format on
    for (const situation& now : situations) {
        INFO(now.state);
        transcript::script s;
        s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
        if (std::string_view(now.state) == "REFUSED") transcript::read_line(s, "answer connection 554 no");
        player reached(s, std::string_view(now.state) == "CONNECT");
        reached.challenge = "";
        reached.holds_verdicts = true;
        reached.feed(now.input);
        REQUIRE(reached.session().current() == states.at(now.state));
        const auto out = [&](player& p) { return p.seen().output.substr(reached.seen().output.size()); };

        player down = reached;
        down.event({transcript::item::what::shutdown, "421 4.3.2 bye"});
        REQUIRE(replies(out(down)).size() == 1);
        CHECK(replies(out(down))[0].code() == 421);
        CHECK(down.session().current() == state::closed);

        player idle = reached;
        idle.event({transcript::item::what::timeout, ""});
        REQUIRE(replies(out(idle)).size() == 1);
        CHECK(replies(out(idle))[0].code() == 421);
        CHECK(idle.session().current() == state::closed);
        idle.feed("QUIT\r\n");
        CHECK(replies(out(idle)).size() == 1);

        // where the caller owes an answer the session ends behind it
        const bool waits = std::string_view(now.state) == "CONNECT" || std::string_view(now.state) == "DATA_WAIT";
        player lost = reached;
        lost.event({transcript::item::what::close, ""});
        CHECK(out(lost) == "");
        CHECK(lost.session().current() == (waits ? states.at(now.state) : state::closed));
        if (waits) lost.release();
        CHECK(lost.session().current() == state::closed);
    }
}

TEST_CASE("the greeting, content and verdicts", "[state]") {
    const auto begin = [](const char* line) {
        transcript::script s;
        if (*line != '\0') transcript::read_line(s, line);
        player p(s);
        return std::pair(p.seen().output, p.session().current());
    };
    CHECK(begin("") == std::pair(std::string("220 mx.example ESMTP\r\n"), state::greeted));
    CHECK(begin("answer connection 554 no") == std::pair(std::string("554 no\r\n"), state::refused));
    CHECK(begin("answer connection 521 no") == std::pair(std::string("521 no\r\n"), state::refused));
    CHECK(begin("answer connection 421 no") == std::pair(std::string("421 no\r\n"), state::closed));

    const std::string open = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n";
    for (const dialect protocol : {dialect::smtp, dialect::lmtp}) {
        transcript::script s;
        s.config.protocol = protocol;
        player p(s);
        p.holds_verdicts = true;
        p.feed((protocol == dialect::lmtp ? "LHLO x\r\n" : "EHLO x\r\n") + open);
        CHECK(p.session().current() == state::data);
        p.feed("content\r\n");
        CHECK(p.session().current() == state::data);
        p.feed(".\r\n");
        CHECK(p.session().current() == state::data_wait);
        p.release();
        if (protocol == dialect::lmtp) {
            CHECK(p.session().current() == state::data_wait);
            p.release();
        }
        CHECK(p.session().current() == state::ready);
    }
}

TEST_CASE("an AUTH exchange", "[state]") {
    // clang-format off
    struct line { const char* sent; const char* rule; unsigned code; state next; };
    const line lines[] = {
        {"AGEAYg==", "answer response 235 2.7.0 yes", 235, state::ready},
        {"AGEAYg==", "answer response 535 5.7.8 no",  535, state::ready},
        {"AGEAYg==", "answer response 454 4.7.0 later", 454, state::ready},
        {"",         "answer response 235 2.7.0 yes", 235, state::ready},
        {"*",        "answer response 235 2.7.0 yes", 501, state::ready},
        {"A*",       "answer response 235 2.7.0 yes", 501, state::ready},
        {"QUIT\x01", "answer response 235 2.7.0 yes", 501, state::ready},
    };
    // clang-format on
    for (const line& l : lines) {
        INFO(l.sent);
        transcript::script s;
        s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
        transcript::read_line(s, l.rule);
        player p(s);
        p.challenge = "";
        p.feed("EHLO x\r\nAUTH PLAIN\r\n");
        REQUIRE(p.session().current() == state::auth);
        p.feed(std::string(l.sent) + "\r\n");
        const auto got = replies(p.seen().output);
        CHECK(got.back().code() == l.code);
        CHECK(p.session().current() == l.next);
    }
    transcript::script s;
    s.config.mechanisms = "PLAIN", s.config.cleartext_auth = true;
    player p(s);
    p.challenge = "";
    p.feed("EHLO x\r\nAUTH PLAIN\r\n" + std::string(13000, 'A') + "\r\n");
    CHECK(p.seen().output.substr(p.seen().output.size() - 50).find("500 5.5.6") != std::string::npos);
    CHECK(p.session().current() == state::ready);
}

TEST_CASE("the octets of a chunk", "[state]") {
    const std::string rcpt = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n";
    struct chunk {
        const char* why;     // the guard of the row
        const char* setting; // "" for none
        std::string before, line;
        std::vector<unsigned> codes; // behind the last octet
        state next;
    };
    // clang-format off
    const chunk chunks[] = {
        {"accepted",            "",                           rcpt, "BDAT 3\r\n",      {250},      state::bdat},
        {"refused, not LAST",   "answer data 451 4.3.0 no",   rcpt, "BDAT 3\r\n",      {451},      state::bdat_fail},
        {"LAST",                "",                           rcpt, "BDAT 3 LAST\r\n", {250},      state::ready},
        {"over max_size",       "set message_size 2",         rcpt, "BDAT 3\r\n",      {552},      state::bdat_fail},
        {"over max_size, LAST", "set message_size 2",         rcpt, "BDAT 3 LAST\r\n", {552},      state::ready},
        {"swallowed, not LAST", "",                           "",   "BDAT 3\r\n",      {503},      state::ready},
        {"swallowed, LAST, smtp", "answer data 451 4.3.0 no", rcpt, "BDAT 3 LAST\r\n", {451},      state::ready},
        {"swallowed, LAST, lmtp", "answer data 451 4.3.0 no", rcpt, "BDAT 3 LAST\r\n", {451, 451}, state::ready},
        {"lmtp, no recipient",    "",        "MAIL FROM:<a@b>\r\n", "BDAT 3 LAST\r\n", {},         state::ready},
        {"lmtp, over max_size", "set message_size 2",         rcpt, "BDAT 3 LAST\r\n", {552, 552}, state::ready},
    };
    // clang-format on
    for (const chunk& c : chunks) {
        INFO(c.why);
        transcript::script s;
        const bool lmtp = std::string_view(c.why).find("lmtp") != std::string_view::npos;
        if (lmtp) s.config.protocol = dialect::lmtp;
        if (*c.setting != '\0') transcript::read_line(s, c.setting);
        player p(s);
        p.feed((lmtp ? "LHLO x\r\n" : "EHLO x\r\n") + c.before);
        const std::size_t before = p.seen().output.size();
        p.feed(c.line + "Q\r");
        CHECK(p.seen().output.size() == before);

        player lost = p; // whatever comes in mid chunk ends the session, and nothing is delivered
        lost.event({transcript::item::what::close, ""});
        CHECK(lost.seen().output.size() == before);
        CHECK(lost.session().closed());
        for (const auto kind : {transcript::item::what::shutdown, transcript::item::what::timeout}) {
            player down = p;
            down.event({kind, "421 4.3.2 bye"});
            const auto said = replies(std::string_view(down.seen().output).substr(before));
            CHECK((said.size() == 1 && said[0].code() == 421));
            CHECK(down.session().closed());
        }

        p.feed("\n");
        std::vector<unsigned> got;
        for (const reply_view& r : replies(std::string_view(p.seen().output).substr(before)))
            got.push_back(r.code().value());
        if (std::string_view(c.why) == "LAST") CHECK(p.seen().actions.back() == "end 3");
        CHECK(got == c.codes);
        CHECK(p.session().current() == c.next);
    }
}

TEST_CASE("a handshake is due", "[state]") {
    using what = transcript::item::what;
    transcript::script s;
    transcript::read_line(s, "set offer STARTTLS");
    s.config.mechanisms = "PLAIN";
    player wait(s);
    wait.feed("EHLO x\r\nSTARTTLS\r\n");
    REQUIRE(wait.session().current() == state::tls_wait);
    CHECK(wait.seen().actions.back() == "handshake");
    CHECK_FALSE(wait.session().wants_input());
    const std::string before = wait.seen().output;
    CHECK(before.substr(before.size() - 6) == " TLS\r\n");

    struct end {
        transcript::item event;
        state next;
    };
    const end ends[] = {
        {{what::tls, ""}, state::greeted},
        {{what::tls, "weak"}, state::tls_weak},
        {{what::tls, "failed"}, state::closed},
        {{what::tls, "closed"}, state::closed},
        {{what::close, ""}, state::closed},
        {{what::timeout, ""}, state::closed},
        {{what::shutdown, "421 4.3.2 bye"}, state::closed},
    };
    for (const end& e : ends) {
        player p = wait;
        p.event(e.event);
        CHECK(p.session().current() == e.next);
        CHECK(p.seen().output == before); // no new greeting, and nothing in clear
    }

    player good = wait; // all is forgotten, and AUTH is there now
    good.event(ends[0].event);
    good.feed("MAIL FROM:<a@b>\r\nEHLO y\r\nSTARTTLS\r\n");
    CHECK(good.seen().output.find("503 5.5.1 Bad sequence of commands\r\n250-mx.example") != std::string::npos);
    CHECK(good.seen().output.find("250-AUTH PLAIN\r\n") != std::string::npos);
    CHECK(good.seen().output.find("250-STARTTLS", before.size()) == std::string::npos);
    CHECK(before.find("250-STARTTLS\r\n") != std::string::npos);
    CHECK(before.find("AUTH") == std::string::npos);

    player behind(s); // the 220 leaves, what came behind is never looked at [RFC 3207 6, L31]
    behind.feed("EHLO x\r\nSTARTTLS\r\nEHLO evil\r\n");
    CHECK(behind.seen().output == before);
    CHECK(behind.seen().actions.back() == "refused 0 at 0: plaintext came behind STARTTLS");
    CHECK(behind.session().closed());
}
