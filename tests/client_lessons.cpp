// The rows of the list of lessons that are a client's: what went wrong in other implementations, each named after its row.
// L32, L34, L35, L37, L38, L43 and L44 are dialogues in transcripts/client and tests in client_auth.cpp.
#include "support/catch.hpp"
#include "support/client_dialogue.hpp"

#include <sansmtp/literals.hpp>

using namespace sansmtp;

namespace {

constexpr client_config config = script::plain_config();
const recipient one[] = {{"b@b.example"_path}};

struct talk {
    client session{config};
    std::string told, wire;

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
    // A session that is ready, after an EHLO reply of these lines.
    talk& open(std::string_view lines = "250 mx\r\n") { return hear("220 mx\r\n").hear(lines); }
    talk& send(const envelope& e) {
        CHECK(session.send(e) == errc::none);
        return run();
    }
};

const envelope mail{"a@a.example"_path, one};

} // namespace

TEST_CASE("L1 no space behind the colon is ever sent", "[client][lessons]") {
    CHECK(talk().open().send(mail).wire.ends_with("MAIL FROM:<a@a.example>\r\n"));
}

TEST_CASE("L11 SIZE is sent only where it is announced", "[client][lessons]") {
    envelope sized = mail;
    sized.size = 5;
    CHECK(talk().open().send(sized).wire.ends_with("MAIL FROM:<a@a.example>\r\n"));
    CHECK(talk().open("250-mx\r\n250 SIZE\r\n").send(sized).wire.ends_with("MAIL FROM:<a@a.example> SIZE=5\r\n"));
}

TEST_CASE("L25, L26 an empty message ends, and a dot in the first line is doubled", "[client][lessons]") {
    for (const std::string_view content : {"", ".", ".\r\n"}) {
        talk t;
        t.open("250-mx\r\n250 PIPELINING\r\n").send(mail).hear("250 ok\r\n250 ok\r\n354 go\r\n");
        t.wire.clear();
        t.session.write_body(content);
        t.session.end_body();
        CHECK(t.run().wire == (content.empty() ? ".\r\n" : "..\r\n.\r\n"));
    }
}

TEST_CASE("L36, L39 a reply without text, with a space alone, in pieces, two in one", "[client][lessons]") {
    CHECK(talk().hear("220\r\n").hear("250\r\n").told == "greeted 220\nready\n");
    CHECK(talk().hear("220 \r\n").hear("250 \r\n").told == "greeted 220\nready\n");
    talk pieces;
    for (const char c : std::string_view("220 mx\r\n250-mx\r\n250 SIZE\r\n")) pieces.hear({&c, 1});
    CHECK(pieces.told == "greeted 220\nannounced SIZE\nready\n");
    talk two;
    two.open("250-mx\r\n250 PIPELINING\r\n").send(mail).hear("250 ok\r\n550 no\r\n554 no\r\n");
    CHECK(two.told.ends_with("rcpt 0 refused 550\n"));
}

TEST_CASE("L40 all lines of a reply, empty ones too, and one code", "[client][lessons]") {
    talk t;
    t.open();
    t.session.command(cmd::help{});
    t.run();
    t.session.feed("214-a\r\n214-\r\n214 c\r\n");
    const auto action = t.session.next();
    REQUIRE(action);
    const auto* const r = std::get_if<replied>(&*action);
    REQUIRE(r != nullptr);
    std::string lines;
    for (const std::string_view line : r->reply) lines.append(line).append("|");
    CHECK(lines == "a||c|");
    CHECK(talk()
              .open()
              .send(mail)
              .hear("250-ok\r\n451 no\r\n")
              .told.ends_with("failed mixed_reply_codes at mail answered 0 retry_later finished 0\n"));
}

TEST_CASE("L41 a code that nobody lists counts by its first digit", "[client][lessons]") {
    CHECK(talk().open().send(mail).hear("299 fine\r\n").wire.ends_with("RCPT TO:<b@b.example>\r\n"));
    CHECK(talk().open().send(mail).hear("499 no\r\n").told.find("retry_later MAIL 499") != std::string::npos);
    CHECK(talk().open().send(mail).hear("599 no\r\n").told.find("refused MAIL 599") != std::string::npos);
    CHECK(talk().open().send(mail).hear("605 no\r\n").told.find("failed bad_reply") != std::string::npos);
    talk closing;
    CHECK(closing.open().send(mail).hear("421 bye\r\n").session.closed());
}

TEST_CASE("L42 one strange line of an EHLO reply costs nothing but itself", "[client][lessons]") {
    talk t;
    t.open("250-mx\r\n250-=odd\r\n250-\r\n250- 8BITMIME\r\n250-AUTH=PLAIN\r\n250-SIZEX 5\r\n250 PIPELINING\r\n");
    CHECK(t.told.ends_with("ready\n"));
    CHECK(t.session.capabilities().pipelining());
    CHECK(t.session.capabilities().auth());
    CHECK_FALSE(t.session.capabilities().size());
    CHECK_FALSE(t.session.capabilities().eight_bit_mime());
}

TEST_CASE("L45 nothing of the caller's can break a line", "[client][lessons]") {
    talk t;
    t.open("250-mx\r\n250-ETRN\r\n250 DSN\r\n");
    const std::string before = t.wire;
    for (const std::string_view text :
         {std::string_view("a\r\nDATA"), std::string_view("a\nb"), std::string_view("a\0b", 3)}) {
        CHECK(t.session.command(cmd::noop{text}) == errc::refused_field);
        CHECK(t.session.command(cmd::vrfy{text}) == errc::refused_field);
        CHECK(t.session.command(cmd::etrn{text}) == errc::refused_field);
        CHECK(t.session.command(cmd::other{"XVERB", text}) == errc::refused_field);
        CHECK(t.session.command(cmd::other{text, "x"}) == errc::refused_field);
        recipient asks = one[0];
        asks.orcpt = "x@y";
        asks.orcpt_type = text;
        CHECK(t.session.send({"a@a.example"_path, {&asks, 1}}) == errc::refused_field);
    }
    CHECK(t.run().wire == before);
}

TEST_CASE("L47 an enhanced code of another class is none", "[client][lessons]") {
    const auto r = parse_reply("550 2.1.0 no\r\n");
    REQUIRE(r);
    CHECK(recipient_verdict(*r, false) == verdict::refused);
    CHECK((r->enhanced() == enhanced_code{}));
}

TEST_CASE("L51 an end of input in the middle of a reply is an end", "[client][lessons]") {
    talk t;
    t.hear("220-mx\r\n220 m");
    t.session.close_input();
    CHECK(t.run().told == "failed connection_lost at connection answered 0 retry_later finished 0\n");
    CHECK_FALSE(t.session.next());
}
