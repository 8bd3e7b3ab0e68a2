// Dialogues as the seeds and other documents print them: what each line is, and the first that leaves the rules.
#include <sansmtp/log_reader.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

static_assert(did_you_mean("HELLO") == verb::helo && did_you_mean("rest") == verb::rset);
static_assert([] {
    log_reader log;
    log.read("S: 220 mx ready");
    return log.read("C: HELLO 195.161.101.33").meant;
}() == verb::helo);

namespace {

// The kind, what is wrong and the state behind each line, one line for each.
std::string told(std::string_view dialogue, const log_format& format = {}) {
    log_reader log(format);
    std::string all;
    while (!dialogue.empty()) {
        const std::size_t end = dialogue.find('\n');
        const std::string_view line = dialogue.substr(0, end);
        const log_entry e = log.read(line);
        dialogue.remove_prefix(end + 1);
        if (e.wrong != errc::none) all += std::string(line) + ": " + std::string(message(e.wrong)) + '\n';
    }
    return all;
}

std::string fault(std::string_view line, errc why) {
    return std::string(line) + ": " + std::string(message(why)) + '\n';
}

log_entry last(std::string_view dialogue, const log_format& format = {}) {
    log_reader log(format);
    log_entry e;
    while (!dialogue.empty()) {
        const std::size_t end = dialogue.find('\n');
        e = log.read(dialogue.substr(0, end));
        dialogue.remove_prefix(end == std::string_view::npos ? dialogue.size() : end + 1);
    }
    return e;
}

const std::string to_data =
    "S: 220 mx.example ready\nC: HELO a.example\nS: 250 mx.example\nC: MAIL FROM:<a@b>\nS: 250 OK\n"
    "C: RCPT TO:<c@d>\nS: 250 OK\nC: DATA\nS: 354 go\n";

// The dialogue of an old article
const std::string seed = R"(S: 220 smtp.mail.example ready
C: HELO [195.161.101.33]
S: 250 smtp.mail.example is ready
C: MAIL FROM:<drozd@mail.example>
S: 250 OK
C: RCPT TO:<drol@mail.example>
S: 250 OK
C: DATA
S: 354 Start mail input; end with <CRLF>.<CRLF>
C: From: Drozd <drozd@mail.example>
C: To: Drol <drol@mail.example>
C: Subject: Hello
C:
C: Hello Drol!
C: .
S: 250 OK
C: QUIT
S: 221 smtp.mail.example is closing transmission channel
)";

} // namespace

TEST_CASE("SR-6: the session of the seeds, put right, has nothing wrong in it") {
    CHECK(told(seed) == "");
    log_reader log;
    std::vector<log_kind> kinds;
    for (std::string_view rest = seed; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1))
        kinds.push_back(log.read(rest.substr(0, rest.find('\n'))).kind);
    CHECK(kinds[0] == log_kind::server_reply);
    CHECK(kinds[1] == log_kind::client_command);
    CHECK(kinds[12] == log_kind::content);
    CHECK(kinds[14] == log_kind::content);
    CHECK(log.current() == state::closing);
    CHECK(log.content_lines() == 5);
    CHECK(log.content_octets() == 95); // as the server session counts it: transcripts/seed_session.txt
    CHECK(explain(last(seed.substr(0, seed.find("C: HELO")))) == explain(reply_code(220)));
}

TEST_CASE("SR-6: labels may be missing, in lower case or indented, and lines may end as they like") {
    CHECK(told("220 mx\nHELO a\n250 mx\n\nMAIL FROM:<a@b>\n250 ok\nRCPT TO:<c@d>\n250 ok\nDATA\n354 go\n\n250 is "
               "text\n.\n250 ok\n") == "");
    CHECK(last("  s: 220 mx\n  c: NOOP\r\n").text == "NOOP");
}

TEST_CASE("SR-6: AUTH is hidden, content is counted, a failure is explained") {
    log_reader log;
    for (const char* line : {"S: 220 mx", "C: EHLO a", "S: 250-mx", "S: 250 AUTH PLAIN LOGIN", "C: AUTH LOGIN"})
        log.read(line);
    CHECK(log.read("S: 334 VXNlcm5hbWU6").after == state::auth);
    const log_entry secret = log.read("C: dGVzdGVy");
    CHECK(secret.kind == log_kind::auth_exchange);
    std::array<char, 64> out{};
    const auto size = redact(secret.text, secret.origin(), out);
    CHECK(std::string_view(out.data(), *size) == "****");
    const log_entry refused = log.read("S: 535 5.7.8 no");
    CHECK(refused.after == state::ready);
    CHECK(refused.event == event::auth_response);
    CHECK(explain(refused) == "credentials invalid");
}

TEST_CASE("SR-14: HELLO is no verb, and HELO was meant") {
    const log_entry e = last("S: 220 mx\nC: HELLO 195.161.101.33\n");
    CHECK(e.wrong == errc::unknown_verb);
    CHECK(e.meant == verb::helo);
    CHECK(explain(e) == message(errc::unknown_verb));
    // A server that took it for HELO: the rest follows from that.
    CHECK(told("S: 220 mx\nC: HELLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\n") == fault("C: HELLO a", errc::unknown_verb));
}

TEST_CASE("SR-16: REST is RSET and VERY is VRFY, and what is like nothing or like two is nothing") {
    struct row {
        std::string_view word;
        verb meant;
    };
    for (const row& r : {row{"REST", verb::rset},
                         row{"VERY", verb::vrfy},
                         row{"HELLO", verb::helo},
                         row{"EHELO", verb::ehlo},
                         row{"RCTP", verb::rcpt},
                         row{"rcpt to", verb::other},
                         row{"QIUT", verb::quit},
                         row{"STARTLS", verb::starttls},
                         row{"STRATTLS", verb::starttls},
                         row{"DATE", verb::data},
                         row{"NOP", verb::noop},
                         row{"EHL", verb::ehlo},
                         row{"MAILS", verb::mail},
                         row{"XCLEINT", verb::xclient},
                         row{"EXIT", verb::other},
                         row{"GET", verb::other},
                         row{"POST", verb::other},
                         row{"FOO", verb::other},
                         row{"RSET", verb::other},
                         row{"helo", verb::other},
                         row{"", verb::other},
                         row{"A", verb::other},
                         row{"AVERYLONGWORDTHATISNOVERB", verb::other}}) {
        INFO(r.word);
        CHECK(name(did_you_mean(r.word)) == name(r.meant));
    }
}

TEST_CASE("SR-17: comments behind the lines, on request") {
    const std::string_view line = "C: MAIL FROM:<drozd@x> '\xD1\x83\xD0\xBA\xD0\xB0\xD0\xB7\xD1\x8B";
    log_format with;
    with.comments = true;
    CHECK(last("S: 220 mx\nC: HELO a\nS: 250 mx\n" + std::string(line)).wrong == errc::bad_parameter);
    const std::string dialogue = "S: 220 mx 'the greeting\nC: HELO a 'a name\nS: 250 mx\n" + std::string(line);
    const log_entry e = last(dialogue, with); // views it
    CHECK(e.wrong == errc::none);
    CHECK(e.text == "MAIL FROM:<drozd@x>");
    CHECK(last("C: RCPT TO:<o'neil@x>", with).text == "RCPT TO:<o'neil@x>"); // an apostrophe in an atom is none
    CHECK(last(to_data + "C: it 's text\n", with).text == "it 's text");
}

TEST_CASE("SR-49: swapped labels are seen through and told") {
    const log_entry quit = last("S: 220 mx\nC: HELO a\nS: 250 mx\nS: QUIT\n");
    CHECK(quit.kind == log_kind::client_command);
    CHECK(quit.wrong_label);
    CHECK(quit.wrong == errc::none);
    const log_entry bye =
        last("S: 220 mx\nC: HELO a\nS: 250 mx\nS: QUIT\nC: 221 smtp.mail.ru is closing transmission channel\n");
    CHECK(bye.kind == log_kind::server_reply);
    CHECK(bye.wrong_label);
    CHECK(bye.after == state::closing);
    CHECK(last(to_data + "C: 250 is what the letter says\n").kind == log_kind::content);
    CHECK_FALSE(last("S: 220 mx\n").wrong_label);
}

TEST_CASE("SR-50: a reply between 354 and the dot") {
    CHECK(told(to_data + "S: 250 OK\nC: text\nC: .\nS: 250 OK\n") == fault("S: 250 OK", errc::unexpected_reply));
    CHECK(last(to_data + "S: 421 closing\n").after == state::closing); // SR-48
    CHECK(last(to_data + "S: 552 too much\n").after == state::closing);
}

TEST_CASE("log: the first line that leaves the rules") {
    struct row {
        std::string dialogue;
        std::string_view line;
        errc why;
    };
    const std::string hello = "S: 220 mx\nC: EHLO a\nS: 250 mx\n";
    for (const row& r : {
             row{"", "C: EHLO a", errc::early_talker},
             row{"", "S: 354 go", errc::unexpected_reply},
             row{"", "S: 2x0 go", errc::bad_reply},
             row{"S: 220 mx\n", "S: 250 what?", errc::unsolicited_reply},
             row{"S: 220 mx\n", "C: MAIL FROM:<a@b>", errc::bad_sequence},
             row{"S: 220 mx\n", "C:", errc::empty_line},
             row{hello, "C: MAIL FROM: <a@b>", errc::bad_path},
             row{hello, "C: RCPT TO:<a@b>", errc::bad_sequence},
             row{hello + "C: MAIL FROM:<a@b>\n", "C: MAIL FROM:<a@b>", errc::bad_sequence},
             row{hello + "C: MAIL FROM:<a@b>\n", "S: 354 go", errc::unexpected_reply},
             row{hello + "C: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\n", "C: Subject: too early",
                 errc::unknown_verb},
             row{hello + "C: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nS: 250 ok\nS: 250 ok\n", "S: 250 ok",
                 errc::unexpected_reply},
             row{hello + "C: NOOP\nS: 250-a\n", "S: 251 b", errc::mixed_reply_codes},
             row{hello + "C: QUIT\n", "C: NOOP", errc::bad_sequence},
             row{hello + "C: QUIT\nS: 221 bye\n", "C: NOOP", errc::bad_sequence},
             row{hello + "C: NOOP\nS: 421 bye\n", "S: 250 ok", errc::unsolicited_reply},
             row{hello, "C: FOO bar", errc::unknown_verb},
         }) {
        INFO(r.dialogue << r.line);
        const std::string text = r.dialogue + std::string(r.line) + '\n';
        CHECK(told(text) == fault(r.line, r.why));
    }
}

TEST_CASE("log: what is in order") {
    const std::string hello = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\n";
    for (const std::string& text : {
             hello + "C: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: RCPT TO:<e@f>\nC: DATA\nS: 250 ok\nS: 550 no\nS: 250 "
                     "ok\nS: 354 go\n"
                     "C: text\nC: ..\nC: .\nC: QUIT\nS: 250 ok\nS: 221 bye\n",
             hello + "C: STARTTLS\nS: 220 go\nC: EHLO a\nS: 250 mx\nC: AUTH PLAIN AHQAcw==\nS: 235 ok\n",
             hello + "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 no\nC: QUIT\nS: 221 bye\n",
             hello + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: BDAT 7\nC: hello\nS: 250 ok\nC: "
                     "BDAT 0 LAST\n"
                     "S: 250 ok\nC: MAIL FROM:<a@b>\n",
             hello + "C: XPRIVATE x\nS: 250 ok\n",
         }) {
        INFO(text);
        CHECK(told(text) == "");
    }
}

TEST_CASE("log: LMTP has a verdict for each accepted recipient") {
    const std::string lmtp =
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"
        "C: RCPT TO:<e@f>\nS: 550 no\nC: RCPT TO:<g@h>\nS: 250 ok\n";
    for (const std::string& content :
         {std::string("C: DATA\nS: 354 go\nC: text\nC: .\n"), std::string("C: BDAT 6 LAST\nC: text\n")}) {
        CHECK(told(lmtp + content + "S: 250 ok\nS: 452 full\nC: MAIL FROM:<a@b>\n") == "");
        CHECK(told(lmtp + content + "S: 250 ok\nS: 452 full\nS: 250 ok\n") ==
              fault("S: 250 ok", errc::unsolicited_reply));
    }
}

TEST_CASE("log: the last chunk for nobody has no reply in LMTP, and one without a transaction has one [RFC 2033 4.3]") {
    const std::string mail = "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n";
    const std::string refused = "C: RCPT TO:<c@d>\nS: 550 no\n";
    const std::string last = "C: BDAT 6 LAST\nC: text\n", empty = "C: BDAT 0 LAST\n";
    const std::string next = "C: MAIL FROM:<a@b>\nC: NOOP\nS: 250 ok\nS: 250 ok\nC: QUIT\nS: 221 bye\n";
    for (const std::string& end : {last, empty}) {
        CHECK(told(mail + refused + end + next) == "");
        CHECK(told(mail + end + "C: NOOP\nS: 250 ok\n") == "");
        CHECK(told(mail + end + "S: 503 no\n") == fault("S: 503 no", errc::unsolicited_reply));
    }
    CHECK(told(mail + "C: BDAT 1\nC: \nS: 503 no\n" + empty + next) == fault("C: BDAT 1", errc::bad_sequence));
    log_reader log;
    for (const std::string_view line : {"220 mx", "LHLO a", "250 mx", "MAIL FROM:<a@b>", "250 ok", "BDAT 0 LAST"})
        log.read(line);
    CHECK(log.unanswered() == 1);
    CHECK(log.read("NOOP").after == state::ready);
    CHECK(log.unanswered() == 1);
    const std::string two =
        mail + "C: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@f>\nS: 250 ok\n" + empty + "S: 250 ok\nS: 250 ok\n";
    CHECK(told(two + "C: BDAT 0 LAST\nS: 503 no\nC: NOOP\nS: 250 ok\n") == fault("C: BDAT 0 LAST", errc::bad_sequence));
}

TEST_CASE("log: where a refused DATA or chunk leaves the transaction [state-machine 2]") {
    const std::string ehlo = "S: 220 mx\nC: EHLO a\nS: 250 mx\n", helo = "S: 220 mx\nC: HELO a\nS: 250 mx\n";
    const std::string lhlo = "S: 220 mx\nC: LHLO a\nS: 250 mx\n";
    const std::string mail = "C: MAIL FROM:<a@b>\nS: 250 ok\n", to = "C: RCPT TO:<c@d>\nS: 250 ok\n";
    const std::string binary = "C: MAIL FROM:<a@b> BODY=BINARYMIME\nS: 250 ok\n";
    const std::string end = "C: BDAT 3 LAST\nC: a\n", chunk = "C: BDAT 3\nC: a\n";
    const struct {
        std::string dialogue;
        state after;
    } cases[] = {
        {ehlo + mail + to + chunk + "S: 502 no\n", state::rcpt}, // not offered: nothing happened
        {ehlo + mail + to + end + "S: 530 TLS first\n", state::rcpt},
        {ehlo + mail + chunk + "S: 502 no\n", state::mail},
        {lhlo + mail + to + to + end + "S: 502 no\n", state::rcpt}, // one reply, whoever was accepted
        {lhlo + mail + end + "S: 502 no\n", state::mail},
        {helo + mail + to + chunk + "S: 503 no\n", state::rcpt}, // no extension behind HELO
        {ehlo + mail + to + chunk + "S: 503 no\n", state::bdat_fail},
        {ehlo + mail + to + chunk + "S: 250 ok\nC: DATA x\nS: 501 no\n", state::bdat},
        {ehlo + mail + to + chunk + "S: 250 ok\nC: DATA\nS: 503 no\n", state::bdat_fail},
        {ehlo + binary + to + "C: DATA\nS: 503 no\n", state::bdat_fail},
        {ehlo + binary + "C: DATA\nS: 503 no\n", state::bdat_fail},
        {ehlo + binary + to + "C: MAIL FROM:<a@b>\nS: 503 no\nC: DATA\nS: 503 no\n", state::bdat_fail},
        {ehlo + mail + to + "C: MAIL FROM:<a@b> BODY=BINARYMIME\nS: 503 no\nC: DATA\nS: 554 no\n", state::rcpt},
        {ehlo + binary + to + "C: RSET\nS: 250 ok\n" + mail + to + "C: DATA\nS: 451 no\n", state::rcpt},
        {ehlo + binary + to + "C: DATA\nS: 354 go\n", state::data}, // a server that takes it all the same
    };
    for (const auto& [dialogue, after] : cases) {
        INFO(dialogue);
        CHECK(last(dialogue).after == after);
    }
    CHECK(told(ehlo + binary + to + "C: DATA\n") == fault("C: DATA", errc::bad_sequence)); // [RFC 3030 3]
}

TEST_CASE("log: more in flight than the reader remembers is told, and nothing breaks") {
    log_reader log;
    log.read("220 mx");
    for (int i = 0; i < 1024; ++i) REQUIRE(log.read("NOOP").wrong == errc::none);
    CHECK(log.unanswered() == 1024);
    CHECK(log.read("NOOP").wrong == errc::no_room);
    for (int i = 0; i < 1024; ++i) REQUIRE(log.read("250 ok").wrong == errc::none);
    CHECK(log.unanswered() == 0);
}

TEST_CASE("log: any lines in any order are read") {
    constexpr std::string_view pieces[] = {"C: ",
                                           "S: ",
                                           "",
                                           "250 ok",
                                           "250-",
                                           "354 ",
                                           "334 ",
                                           "421 x",
                                           "DATA",
                                           "BDAT 5",
                                           "BDAT 18446744073709551615 LAST",
                                           ".",
                                           "AUTH LOGIN",
                                           "LHLO a",
                                           "MAIL FROM:<a@b>",
                                           "RCPT TO:<c@d>",
                                           "\x80",
                                           "\r",
                                           " '",
                                           "STARTTLS",
                                           "220",
                                           "*"};
    std::uint32_t random = 1;
    const auto below = [&random](std::size_t limit) {
        random = random * 1664525U + 1013904223U;
        return static_cast<std::size_t>(random >> 8) % limit;
    };
    log_format comments;
    comments.comments = true;
    for (int run = 0; run < 300; ++run) {
        log_reader log(run % 2 == 0 ? log_format{} : comments);
        for (int i = 0; i < 100; ++i) {
            std::string line;
            for (std::size_t n = below(4); n-- > 0;) line += pieces[below(std::size(pieces))];
            const std::size_t before = log.unanswered();
            const log_entry e = log.read(line);
            REQUIRE(log.unanswered() <= before + 1);
            REQUIRE(e.offset <= e.text.size());
            REQUIRE(e.after == log.current());
            REQUIRE((e.kind != log_kind::blank || e.wrong == errc::none));
        }
    }
}
