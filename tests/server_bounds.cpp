// Each bound of a server session, one below it, at it and one above it [lessons: bounds].
//
// The lines of AUTH are in server_lessons.cpp (L37), the input buffer and where AUTH is offered in server.cpp.
#include "support/catch.hpp"
#include "support/exchange.hpp"

#include <sansmtp/server.hpp>

#include <string>
#include <string_view>

using namespace sansmtp;
using namespace exchange;

namespace {

std::string of(std::size_t size, char c = 'x') { return std::string(size, c); }

// A domain of that many octets, in labels of 63 at most.
std::string domain_of(std::size_t size) {
    std::string text;
    while (text.size() + 64 < size) text += of(63, 'd') + '.';
    return text + of(size - text.size(), 'd');
}

// What one line gets, behind a prelude.
std::string answer(const situation& at, const std::string& line) {
    const std::string octets = line + "\r\n";
    return stage(at).play(octets, octets.size(), 1).replies;
}

std::string repeated(std::size_t n, std::string_view text) {
    std::string all;
    while (n-- != 0) all += text;
    return all;
}

} // namespace

TEST_CASE("bound: a command line has 4096 octets with its CRLF", "[server][bounds]") {
    // clang-format off
    struct line { std::size_t size; const char* replies; };
    const line lines[] = {{511, "250 2.0.0"}, {512, "250 2.0.0"}, {513, "250 2.0.0"}, {2306, "250 2.0.0"},
                          {4095, "250 2.0.0"}, {4096, "250 2.0.0"}, {4097, "500 5.5.2"}, {9000, "500 5.5.2"}};
    // clang-format on
    for (const line& l : lines) CHECK(answer({{}, ""}, "NOOP " + of(l.size - 7)) == l.replies);
    for (const std::size_t limit : {64U, 512U, 1000U}) {
        const std::string set = "set command_line " + std::to_string(limit);
        CHECK(answer({{set.c_str()}, ""}, "NOOP " + of(limit - 8)) == "250 2.0.0");
        CHECK(answer({{set.c_str()}, ""}, "NOOP " + of(limit - 7)) == "250 2.0.0");
        CHECK(answer({{set.c_str()}, ""}, "NOOP " + of(limit - 6)) == "500 5.5.2");
    }
}

TEST_CASE("bound: local part 64, or 128 with a report; domain 255; path 256", "[server][bounds]") {
    struct path_size {
        std::size_t local, domain;
        const char *strict_reply, *interop_reply;
    };
    // clang-format off
    const path_size paths[] = { // a path is local@domain in its brackets
        {63,  1,   "250 2.1.5", "250 2.1.5"},
        {64,  1,   "250 2.1.5", "250 2.1.5"},
        {65,  1,   "501 5.1.3", "250 2.1.5"},
        {127, 1,   "501 5.1.3", "250 2.1.5"},
        {128, 1,   "501 5.1.3", "250 2.1.5"},
        {129, 1,   "501 5.1.3", "501 5.1.3"},
        {1,   251, "250 2.1.5", "250 2.1.5"}, // 255 octets
        {1,   252, "250 2.1.5", "250 2.1.5"}, // 256 octets
        {1,   253, "501 5.1.3", "501 5.1.3"}, // 257 octets
        {1,   255, "501 5.1.3", "501 5.1.3"},
        {1,   256, "501 5.1.3", "501 5.1.3"},
        {64,  188, "250 2.1.5", "250 2.1.5"},
        {64,  189, "250 2.1.5", "250 2.1.5"}, // 256 octets
        {64,  190, "501 5.1.3", "501 5.1.3"},
    };
    // clang-format on
    for (const path_size& p : paths) {
        INFO(p.local << " at " << p.domain);
        const std::string line = "RCPT TO:<" + of(p.local) + '@' + domain_of(p.domain) + '>';
        CHECK(answer({{"set allow strict"}, after_mail}, line) == p.strict_reply);
        CHECK(answer({{}, after_mail}, line) == p.interop_reply);
    }
    // A name in EHLO has no path around it.
    CHECK(answer({{"set allow strict"}, ""}, "EHLO " + domain_of(254)) == "250");
    CHECK(answer({{"set allow strict"}, ""}, "EHLO " + domain_of(255)) == "250");
    CHECK(answer({{"set allow strict"}, ""}, "EHLO " + domain_of(256)) == "501 5.5.4");
}

TEST_CASE("bound: a line of content has 1000 octets, is told above that, and refused above the limit",
          "[server][bounds]") {
    for (const std::size_t size : {999U, 1000U, 1001U}) {
        const server_config config{.host = "mx.example"};
        server s(config);
        std::size_t longest = 0;
        s.feed("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n." + of(size - 2, '.') + "\r\n.\r\n"); // stuffed
        while (auto action = s.next())
            match(*action, [&]<class A>(const A& a) {
                if constexpr (std::is_same_v<A, request<message_end>>) longest = a.seen.longest_line;
                if constexpr (requires { s.accept(a); }) s.accept(a);
            });
        CHECK(longest == (size > 1000 ? size : 0));
    }
    for (const char* how : {"DATA", "BDAT"})
        for (const std::size_t size : {99U, 100U, 101U}) {
            const std::string text = of(size - 2) + "\r\n";
            const std::string line =
                *how == 'D' ? "DATA\r\n" + text + '.' : "BDAT " + std::to_string(size) + " LAST\r\n" + text + "NOOP";
            const std::string due = size > 100 ? "554 5.6.0" : "250 2.6.0";
            CHECK(answer({{"set text_line 100"}, after_rcpt}, line) ==
                  (*how == 'D' ? "354 | " + due : due + " | 250 2.0.0"));
        }
}

TEST_CASE("bound: 1000 recipients; those above get 452, and the others their mail", "[server][bounds]") {
    const std::string rcpt = "RCPT TO:<c@d>\r\n", yes = "250 2.1.5 | ";
    for (const std::size_t n : {99U, 100U, 101U, 999U, 1000U})
        CHECK(answer({{}, after_mail}, repeated(n, rcpt) + "DATA\r\n.") == repeated(n, yes) + "354 | 250 2.6.0");
    CHECK(answer({{}, after_mail}, repeated(1001, rcpt) + "DATA\r\n.") ==
          repeated(1000, yes) + "452 4.5.3 | 354 | 250 2.6.0");
    // RCPTMAX counts commands, also refused ones [RFC 9422 4]; the limit counts what was accepted.
    const situation announced{{"set limits 0 2", "answer rcpt \"bad\" 550 5.1.1 no"}, after_mail};
    CHECK(answer(announced, rcpt + "RCPT TO:<bad@d>\r\n" + rcpt + "NOOP") ==
          "250 2.1.5 | 550 5.1.1 | 452 4.5.3 | 250 2.0.0");
    const situation limited{{"set recipients 2", "answer rcpt \"bad\" 550 5.1.1 no"}, after_mail};
    CHECK(answer(limited, rcpt + "RCPT TO:<bad@d>\r\n" + rcpt + rcpt + "NOOP") ==
          "250 2.1.5 | 550 5.1.1 | 250 2.1.5 | 452 4.5.3 | 250 2.0.0");
}

TEST_CASE("bound: a message has message_size octets, without stuffing and without its end", "[server][bounds]") {
    const situation at{{"set message_size 10"}, after_rcpt};
    // clang-format off
    struct content { const char* octets; bool fits; };
    const content all[] = {
        {"1234567\r\n", true}, {"12345678\r\n", true}, {"123456789\r\n", false}, {"..2345678\r\n", true}, {"..23456789\r\n", false},
        {"..\r\n..\r\n..\r\n\r\n", false}, {"..\r\n..\r\n..\r\n", true}, // nine octets, and eleven
    };
    // clang-format on
    for (const content& c : all) {
        INFO(c.octets);
        CHECK(answer(at, std::string("DATA\r\n") + c.octets + ".\r\nNOOP") ==
              (c.fits ? "354 | 250 2.6.0 | 250 2.0.0" : "354 | 552 5.3.4 | 250 2.0.0"));
    }
    CHECK(answer(at, "BDAT 9 LAST\r\n123456789NOOP") == "250 2.6.0 | 250 2.0.0");
    CHECK(answer(at, "BDAT 10 LAST\r\n1234567890NOOP") == "250 2.6.0 | 250 2.0.0");
    CHECK(answer(at, "BDAT 11 LAST\r\n12345678901NOOP") == "552 5.3.4 | 250 2.0.0");
    CHECK(answer(at, "BDAT 9\r\n123456789BDAT 1 LAST\r\n0NOOP") == "250 2.0.0 | 250 2.6.0 | 250 2.0.0");
    CHECK(answer(at, "BDAT 9\r\n123456789BDAT 2 LAST\r\n01NOOP") == "250 2.0.0 | 552 5.3.4 | 250 2.0.0");
    CHECK(answer(at, "BDAT 9\r\n123456789BDAT 18446744073709551615\r\n").find("250 2.0.0") == 0); // no overflow
}

TEST_CASE("bound: 20 bad commands are answered, the next one gets 421", "[server][bounds]") {
    const std::string bad = "FOO\r\n", no = "500 5.5.1 | ";
    CHECK(answer({{}, ""}, repeated(19, bad) + "NOOP\r\nNOOP") == repeated(19, no) + "250 2.0.0 | 250 2.0.0");
    CHECK(answer({{}, ""}, repeated(20, bad) + "NOOP\r\nNOOP") == repeated(20, no) + "250 2.0.0 | 250 2.0.0");
    CHECK(answer({{}, ""}, repeated(21, bad) + "NOOP") == repeated(20, no) + "421 4.7.0");
    CHECK(answer({{"set bad_commands 0"}, ""}, repeated(500, bad) + "NOOP") == repeated(500, no) + "250 2.0.0");
    // What was no fault of the commands is not counted: recipients that are refused, what is over a limit.
    CHECK(answer({{"set bad_commands 1", "answer rcpt 550 5.1.1 no"}, after_mail},
                 repeated(50, "RCPT TO:<c@d>\r\n") + "NOOP") == repeated(50, "550 5.1.1 | ") + "250 2.0.0");
    CHECK(answer({{"set bad_commands 1", "set recipients 1"}, after_rcpt},
                 repeated(50, "RCPT TO:<c@d>\r\n") + "NOOP") == repeated(50, "452 4.5.3 | ") + "250 2.0.0");
}

TEST_CASE("bound: what may follow a refusal uncounted ends as well", "[server][bounds]") {
    const situation refused{
        {"set bad_commands 2", "set recipients 5", "answer mail 550 5.7.1 no", "answer data 452 4.3.1 no"},
        after_hello};
    const std::string mail = "MAIL FROM:<a@b>\r\n", rcpt = "RCPT TO:<c@d>\r\n", data = "DATA\r\n", no = " | 503 5.5.1";
    // the recipients up to their limit, and the end of the group
    CHECK(answer(refused, mail + repeated(5, rcpt) + data + "NOOP") == "550 5.7.1" + repeated(6, no) + " | 250 2.0.0");
    CHECK(answer(refused, mail + data + repeated(2, data) + "NOOP\r\n" + data) ==
          "550 5.7.1" + repeated(3, no) + " | 250 2.0.0 | 421 4.7.0");
    CHECK(answer(refused, mail + repeated(9, rcpt)) == "550 5.7.1" + repeated(8, no) + " | 421 4.7.0");
    CHECK(answer(refused, mail + "BDAT 1 LAST\r\nx" + repeated(3, "BDAT 1\r\nx")) ==
          "550 5.7.1" + repeated(3, no) + " | 421 4.7.0");
    CHECK(answer(refused, mail + repeated(3, "BDAT 0\r\n")) == "550 5.7.1" + repeated(2, no) + " | 421 4.7.0");
    // what begins anew ends the group, too
    CHECK(answer(refused, mail + "RSET\r\n" + repeated(3, rcpt)) ==
          "550 5.7.1 | 250 2.0.0" + repeated(2, no) + " | 421 4.7.0");
    // behind a chunk that was refused: chunks that bring octets, which are bounded themselves
    situation chunk{{"set bad_commands 2", "answer data 452 4.3.1 no"}, after_rcpt};
    CHECK(answer(chunk, repeated(9, "BDAT 1\r\nx") + "BDAT 0 LAST\r\nNOOP") ==
          "452 4.3.1" + repeated(9, no) + " | 250 2.0.0");
    CHECK(answer(chunk, "BDAT 1\r\nx" + repeated(3, "BDAT 0\r\n")) == "452 4.3.1" + repeated(2, no) + " | 421 4.7.0");
}

TEST_CASE("bound: SIZE fits 64 bits, or is over every limit", "[server][bounds]") {
    const situation at{{"set message_size 0"}, after_hello};
    const auto size = [&](const std::string& n) { return answer(at, "MAIL FROM:<a@b> SIZE=" + n); };
    CHECK(size("18446744073709551614") == "250 2.1.0");
    CHECK(size("18446744073709551615") == "250 2.1.0");
    CHECK(size("18446744073709551616") == "552 5.3.4");
    CHECK(size("99999999999999999999") == "552 5.3.4");
    CHECK(size("00000000000000000000") == "250 2.1.0");
    CHECK(size("000000000000000000000") == "501 5.5.4");
}

TEST_CASE("bound: AUTH fails three times at least, then it is 421; MAILMAX", "[server][bounds]") {
    const std::string bad = "AUTH PLAIN AGEAYg==\r\n", no = "535 5.7.8 | ";
    const situation wrong{{"set mechanisms PLAIN", "set cleartext_auth", "answer auth 535 5.7.8 no"}, after_hello};
    CHECK(answer(wrong, repeated(2, bad) + "NOOP") == repeated(2, no) + "250 2.0.0");
    CHECK(answer(wrong, repeated(3, bad) + "NOOP") == repeated(3, no) + "250 2.0.0");
    CHECK(answer(wrong, repeated(4, bad) + "NOOP") == repeated(3, no) + "421 4.7.0");
    // MAILMAX counts MAIL commands of the session, refused ones too [RFC 9422 4].
    CHECK(answer({{"set limits 2 0"}, after_hello}, "MAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:bad\r\nMAIL FROM:<a@b>") ==
          "250 2.1.0 | 250 2.0.0 | 501 5.1.7 | 452 4.3.2");
}

TEST_CASE("bound: octets that nobody sees", "[server][bounds]") {
    const situation at{{"set dropped 1000", "set command_line 64"}, ""};
    CHECK(answer(at, of(996) + "\r\nNOOP") == "500 5.5.2 | 250 2.0.0"); // 998 with its CRLF, in one read
    CHECK(answer(at, of(998) + "\r\nNOOP") == "500 5.5.2 | 250 2.0.0");
    CHECK(answer(at, of(999) + "\r\nNOOP") == "421 4.7.0");
    CHECK(answer(at, of(498) + "\r\n" + of(498) + "\r\nNOOP") == "500 5.5.2 | 500 5.5.2 | 250 2.0.0"); // of the session
    CHECK(answer(at, of(498) + "\r\n" + of(499) + "\r\nNOOP") == "500 5.5.2 | 421 4.7.0");
    CHECK(answer(at, "BDAT 1000\r\n" + of(1000) + "NOOP") == "503 5.5.1 | 250 2.0.0");
    CHECK(answer(at, "BDAT 1001\r\n" + of(1001) + "NOOP") == "421 4.7.0");
}
