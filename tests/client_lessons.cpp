// The rows of the list of lessons that are a client's, and of what old articles about SMTP ask of one: what went wrong in
// other implementations, each test named after its rows. Longer dialogues about the same stand in transcripts/client.
//
//   here            L1 L4 L5 L6 L9 L10 L11 L14 L16 L20 L21 L24-L29 L32-L45 L47-L52
//                   SR-2 to SR-5 SR-10 SR-18 SR-20 SR-24 SR-41 SR-42 SR-43 SR-45 to SR-48 SR-50 SR-51 SR-61 SR-64
//   of a server     L2 L3 L7 L8 L12 L13 L15 L17 L18 L19 L22 L23 L30 L31 L46 (it takes what a client must not send)
#include "support/catch.hpp"
#include "support/client_talk.hpp"

#include <sansmtp/literals.hpp>
#include <sansmtp/reply_hints.hpp>

using namespace sansmtp;

namespace {

using script::talk;

const recipient one[] = {{"b@b.example"_path}};

const envelope mail{"a@a.example"_path, one};

constexpr std::string_view piped = "250-mx\r\n250 PIPELINING\r\n";
constexpr std::string_view gone = "failed unexpected_reply";

bool has(const talk& t, std::string_view what) { return t.told.find(what) != std::string::npos; }
bool sent(const talk& t, std::string_view what) { return t.wire.find(what) != std::string::npos; }

} // namespace

TEST_CASE("L1 no space behind the colon is ever sent", "[client][lessons]") {
    CHECK(talk().open().send(mail).wire.ends_with("MAIL FROM:<a@a.example>\r\n"));
}

TEST_CASE("L4, SR-20 the null path is sent as such, with parameters too, and to nobody", "[client][lessons]") {
    envelope bounce = mail;
    bounce.from = path();
    CHECK(talk().open().send(bounce).wire.ends_with("MAIL FROM:<>\r\n"));
    bounce.size = 7;
    CHECK(talk().open("250-mx\r\n250 SIZE\r\n").send(bounce).wire.ends_with("MAIL FROM:<> SIZE=7\r\n"));
    const recipient nobody[] = {{path()}};
    CHECK(talk().open().session.send({"a@a.example"_path, nobody}) == errc::refused_field);
}

TEST_CASE("L5 Postmaster is a recipient without a domain, and no sender", "[client][lessons]") {
    const recipient master[] = {{"Postmaster"_path}};
    CHECK(talk().open().send({path(), master}).hear("250 ok\r\n").wire.ends_with("RCPT TO:<Postmaster>\r\n"));
    CHECK(talk().open().session.send({"Postmaster"_path, one}) == errc::refused_field);
}

TEST_CASE("L6 the value of a parameter leaves as it is", "[client][lessons]") {
    envelope marked = mail;
    const auto params = parse_parameters("X-Mark=aB+2Bc-d", parameters_of::mail);
    REQUIRE(params);
    marked.params = *params;
    CHECK(talk().open().send(marked).wire.ends_with("MAIL FROM:<a@a.example> X-MARK=aB+2Bc-d\r\n"));
}

TEST_CASE("L9, L52 a parameter of the other command is refused", "[client][lessons]") {
    const auto of_mail = parse_parameters("RET=HDRS", parameters_of::mail);
    const auto of_rcpt = parse_parameters("NOTIFY=NEVER", parameters_of::rcpt);
    REQUIRE(of_mail);
    REQUIRE(of_rcpt);
    envelope wrong = mail;
    wrong.params = *of_rcpt;
    recipient to = one[0];
    to.params = *of_mail;
    talk t;
    t.open("250-mx\r\n250 DSN\r\n");
    CHECK(t.session.send(wrong) == errc::refused_field);
    CHECK(t.session.send({"a@a.example"_path, {&to, 1}}) == errc::refused_field);
    wrong.params = {};
    wrong.body = body_type::eight_bit_mime;
    CHECK(talk().open("250-mx\r\n250 8BITMIME\r\n").send(wrong).wire.ends_with("<a@a.example> BODY=8BITMIME\r\n"));
}

TEST_CASE("L10 SIZE 0 and SIZE without a number are no limit; over 64 bits is none that matters", "[client][lessons]") {
    envelope large = mail;
    large.size = ~std::uint64_t{0};
    for (const std::string_view size : {"SIZE", "SIZE 0", "SIZE 18446744073709551616", "SIZE 99999999999999999999"})
        CHECK(talk().open(std::string("250-mx\r\n250 ").append(size) + "\r\n").session.send(large) == errc::none);
    CHECK(talk().open("250-mx\r\n250 SIZE 100\r\n").session.send(large) == errc::message_too_big);
    large.size = 0;
    CHECK(talk().open("250-mx\r\n250 SIZE 100\r\n").send(large).wire.ends_with(" SIZE=0\r\n"));
}

TEST_CASE("L11 SIZE is sent only where it is announced", "[client][lessons]") {
    envelope sized = mail;
    sized.size = 5;
    CHECK(talk().open().send(sized).wire.ends_with("MAIL FROM:<a@a.example>\r\n"));
    CHECK(talk().open("250-mx\r\n250 SIZE\r\n").send(sized).wire.ends_with("MAIL FROM:<a@a.example> SIZE=5\r\n"));
}

TEST_CASE("L14, L16 a quoted local part keeps its quotes, a literal its form", "[client][lessons]") {
    const recipient odd[] = {{R"("a b@c>"@b.example)"_path}, {"x@[192.0.2.1]"_path}, {"x@[IPv6:2001:db8::1]"_path}};
    talk t;
    t.open(piped).send({"a@a.example"_path, odd});
    CHECK(sent(t, "RCPT TO:<\"a b@c>\"@b.example>\r\nRCPT TO:<x@[192.0.2.1]>\r\nRCPT TO:<x@[IPv6:2001:db8::1]>\r\n"));
}

TEST_CASE("L20 only ASCII folds", "[client][lessons]") {
    talk t;
    t.open("250-mx\r\n250-pipelining\r\n250-\xc5\xbfIZE 10\r\n250 8bitMIME\r\n");
    CHECK(t.session.capabilities().pipelining());
    CHECK(t.session.capabilities().eight_bit_mime());
    CHECK_FALSE(t.session.capabilities().size());
}

TEST_CASE("L21 an octet over 127 leaves in an address only with SMTPUTF8", "[client][lessons]") {
    const auto foreign = parse_path("<\xc3\xbc@b.example>", {strict(), true});
    REQUIRE(foreign);
    const recipient to[] = {{*foreign}};
    const envelope e{"a@a.example"_path, to};
    talk t;
    t.open("250-mx\r\n250 8BITMIME\r\n");
    CHECK(t.session.send(e) == errc::not_offered);
    CHECK(t.session.missing()->keyword == "SMTPUTF8");
    CHECK(t.session.command(cmd::vrfy{"\xc3\xbc"}) != errc::none);
    CHECK(
        talk().open("250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n").send(e).wire.ends_with("<a@a.example> SMTPUTF8\r\n"));
}

TEST_CASE("L24 chunks are not stuffed, BINARYMIME goes in chunks, and LAST ends the transaction", "[client][lessons]") {
    envelope binary = mail;
    binary.body = body_type::binary_mime;
    CHECK(talk().open("250-mx\r\n250 BINARYMIME\r\n").session.send(binary) == errc::not_offered);
    talk t;
    t.open("250-mx\r\n250-CHUNKING\r\n250 BINARYMIME\r\n").send(binary).hear("250 ok\r\n").hear("250 ok\r\n");
    t.session.write_body(".\r\n\n");
    t.run().hear("250 ok\r\n");
    t.give("");
    CHECK(t.wire.ends_with("BDAT 4\r\n.\r\n\nBDAT 0 LAST\r\n"));
    CHECK_FALSE(sent(t, "DATA\r\n"));
    CHECK(t.hear("250 ok\r\n").told.ends_with("delivered 0 250\nready\n"));
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

TEST_CASE("L27, L28, SR-61 no piece of content makes a line end, a dot or a lone dot", "[client][lessons]") {
    constexpr std::string_view content = "a\n.\r\n.\r.\n\r\n..b\r";
    for (std::size_t cut = 0; cut <= content.size(); ++cut) {
        talk t;
        t.open(piped).send(mail).hear("250 ok\r\n250 ok\r\n354 go\r\n");
        t.wire.clear();
        t.session.write_body(content.substr(0, cut));
        t.session.write_body(content.substr(cut));
        t.session.end_body();
        CHECK(t.run().wire == "a\r\n..\r\n..\r\n..\r\n\r\n...b\r\n.\r\n");
    }
}

TEST_CASE("L29 a DATA or an end that is refused, and the next message", "[client][lessons]") {
    talk t;
    t.open().send(mail).hear("250 ok\r\n").hear("250 ok\r\n").hear("451 no\r\n");
    CHECK(t.wire.ends_with("DATA\r\nRSET\r\n"));
    t.hear("250 ok\r\n").send(mail).hear("250 ok\r\n").hear("250 ok\r\n").hear("354 go\r\n");
    CHECK(t.give("x").hear("552 no\r\n").told.ends_with("not_delivered 0 refused end 552\nready\n"));
    CHECK(t.send(mail).wire.ends_with("MAIL FROM:<a@a.example>\r\n"));
}

TEST_CASE("L32 an octet behind the 220 to STARTTLS ends the session", "[client][lessons]") {
    for (const tls_policy policy : {tls_policy::if_offered, tls_policy::required}) {
        client_config secure = script::plain_config();
        secure.tls = policy;
        talk t(secure);
        t.hear("220 mx\r\n").hear("250-mx\r\n250 STARTTLS\r\n").hear("220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n");
        CHECK(has(t, "failed unsolicited_reply at starttls"));
        CHECK(t.session.closed());
        CHECK(t.session.tls_started() == errc::wrong_state);
    }
}

TEST_CASE("L33 EHLO behind AUTH keeps the authentication", "[client][lessons]") {
    client_config again = script::plain_config();
    again.mechanisms = "EXTERNAL";
    again.hello_again = true;
    talk t(again);
    t.open("250-mx\r\n250 AUTH EXTERNAL\r\n");
    CHECK(has(t, "sasl EXTERNAL"));
    const ticket<sasl_message> first{0, 1};
    REQUIRE(t.session.respond(first, {}, true) == errc::none);
    CHECK(t.run().wire.ends_with("AUTH EXTERNAL =\r\n")); // L34: present, and empty
    CHECK(t.hear("235 ok\r\n").wire.ends_with("EHLO client.example\r\n"));
    CHECK(t.hear("250-mx\r\n250 AUTH EXTERNAL\r\n").told.ends_with("ready\n"));
    CHECK(t.session.authenticated());
}

namespace {

// A talk with the answers of one mechanism.
template <class M>
struct auth_talk : talk {
    M mechanism;

    auth_talk(const client_config& c, M m) : talk(c), mechanism(m) {}
    auth_talk& say(std::string_view octets) {
        session.feed(octets);
        while (const auto action = session.next()) {
            told += script::line(*action) + "\n";
            if (const auto* const r = std::get_if<sasl_request>(&*action)) sasl::drive(session, *r, mechanism);
        }
        wire += session.output();
        session.consume(session.output().size());
        return *this;
    }
};

client_config auth_config(std::string_view mechanisms) {
    client_config c = script::plain_config();
    c.mechanisms = mechanisms;
    c.cleartext_auth = true;
    return c;
}

} // namespace

TEST_CASE("L35 a challenge that is not base64 is answered by a star", "[client][lessons]") {
    const client_config c = auth_config("LOGIN");
    auth_talk t(c, sasl::login_client{"tim", "secret"});
    t.say("220 mx\r\n").say("250-mx\r\n250 AUTH LOGIN\r\n").say("334 !!\r\n");
    CHECK(t.wire.ends_with("AUTH LOGIN\r\n*\r\n"));
    CHECK(has(t.say("501 ok\r\n"), "failed bad_base64"));
}

TEST_CASE("L37 a long initial response goes into a line of its own", "[client][lessons]") {
    const client_config c = auth_config("PLAIN");
    for (const std::size_t octets : {361U, 362U}) { // AUTH PLAIN and 496 octets of base64 are 509 with CRLF
        const std::string secret(octets, 's');
        auth_talk t(c, sasl::plain_client{"tim", secret});
        t.say("220 mx\r\n").say("250-mx\r\n250 AUTH PLAIN\r\n");
        const std::size_t line = t.wire.size() - t.wire.rfind("AUTH PLAIN");
        CHECK(line <= 512);
        const bool late = t.wire.ends_with("AUTH PLAIN\r\n");
        if (late) t.say("334 \r\n");
        CHECK(late == (sizeof "AUTH PLAIN \r\n" - 1 + base64_size(octets + 5) > 512));
        CHECK(t.say("235 ok\r\n").told.ends_with("ready\n"));
    }
}

TEST_CASE("L38 the prompts of LOGIN are not read", "[client][lessons]") {
    const client_config c = auth_config("LOGIN");
    auth_talk t(c, sasl::login_client{"tim", "secret"});
    t.say("220 mx\r\n").say("250-mx\r\n250 AUTH LOGIN\r\n").say("334\r\n").say("334 UGFzc3dvcmQ6\r\n");
    CHECK(t.wire.ends_with("AUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n"));
    CHECK(t.say("235 ok\r\n").told.ends_with("ready\n"));
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

TEST_CASE("L43 HELO behind a 5yz to EHLO, but not behind every one", "[client][lessons]") {
    for (const std::string_view code : {"500", "501", "502", "504", "550"}) {
        talk t;
        t.open(std::string(code) + " no\r\n");
        CHECK(t.wire.ends_with("HELO client.example\r\n"));
        CHECK(t.hear("250 mx\r\n").told.ends_with("ready\n"));
    }
    for (const std::string_view code : {"554", "521", "450"})
        CHECK(talk().open(std::string(code) + " no\r\n").wire.ends_with("EHLO client.example\r\nQUIT\r\n"));
    CHECK(talk().open("421 no\r\n").wire.ends_with("EHLO client.example\r\n"));
    const client_config c = auth_config("PLAIN");
    CHECK(talk(c).open("500 no\r\n").wire.ends_with("EHLO client.example\r\nQUIT\r\n"));
}

TEST_CASE("L44 a dot alone ends a 354 that nobody is accepted for", "[client][lessons]") {
    talk t;
    t.open(piped).send(mail);
    CHECK(t.wire.ends_with("MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"));
    CHECK(t.hear("250 ok\r\n550 no\r\n354 go\r\n").wire.ends_with("DATA\r\n.\r\n"));
    CHECK(t.hear("554 no\r\n").told.ends_with("rcpt 0 refused 550\nready\n"));
    // A command that ends a group waits for its reply.
    REQUIRE(t.session.command(cmd::noop{}) == errc::none);
    CHECK(t.session.command(cmd::noop{}) == errc::wrong_state);
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

TEST_CASE("L48 LMTP: LHLO, and a verdict for each accepted recipient, in order", "[client][lessons]") {
    client_config local = script::plain_config();
    local.protocol = dialect::lmtp;
    const recipient three[] = {{"a@b.example"_path}, {"b@b.example"_path}, {"c@b.example"_path}};
    talk t(local);
    t.open(piped).send({"a@a.example"_path, three}).hear("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n");
    CHECK(t.wire.starts_with("LHLO client.example\r\n"));
    t.give("x");
    CHECK(t.hear("250 ok\r\n").told.ends_with("delivered 0 250\n"));
    CHECK(t.hear("452 full\r\n").told.ends_with("not_delivered 1 retry_later end 452\nready\n"));
    CHECK(talk(local).open("500 no\r\n").wire.ends_with("LHLO client.example\r\nQUIT\r\n"));
}

TEST_CASE("L49 NEVER stands alone in NOTIFY", "[client][lessons]") {
    recipient asks = one[0];
    asks.notify = dsn_notify{};
    talk never;
    never.open("250-mx\r\n250 DSN\r\n").send({"a@a.example"_path, {&asks, 1}}).hear("250 ok\r\n");
    CHECK(never.wire.ends_with(" NOTIFY=NEVER\r\n"));
    asks.notify = dsn_notify{true, true, true};
    talk all;
    all.open("250-mx\r\n250 DSN\r\n").send({"a@a.example"_path, {&asks, 1}}).hear("250 ok\r\n");
    CHECK(all.wire.ends_with(" NOTIFY=SUCCESS,FAILURE,DELAY\r\n"));
}

TEST_CASE("L50 what is too long is an error, never cut", "[client][lessons]") {
    talk t;
    t.open("250-mx\r\n250 DSN\r\n");
    const std::string before = t.wire;
    envelope e = mail;
    const std::string long_id(101, 'x');
    e.envid = long_id;
    CHECK(t.session.send(e) == errc::refused_field);
    const std::string words(506, 'x');
    CHECK(t.session.command(cmd::noop{words}) == errc::line_too_long);
    CHECK(t.run().wire == before);
    CHECK(talk().hear("220 " + std::string(3000, 'x')).told.starts_with("failed "));
}

TEST_CASE("L51 an end of input in the middle of a reply is an end", "[client][lessons]") {
    talk t;
    t.hear("220-mx\r\n220 m");
    t.session.close_input();
    CHECK(t.run().told == "failed connection_lost at connection answered 0 retry_later finished 0\n");
    CHECK_FALSE(t.session.next());
}

// ---- what old articles about SMTP ask of a client

TEST_CASE("SR-2 without PIPELINING one command waits for one reply", "[client][seeds]") {
    talk t;
    std::size_t before = t.open().send(mail).wire.size();
    CHECK(t.wire.ends_with("MAIL FROM:<a@a.example>\r\n"));
    for (const std::string_view next : {"RCPT TO:<b@b.example>\r\n", "DATA\r\n"}) {
        CHECK(t.run().wire.size() == before);
        t.hear("250 ok\r\n");
        CHECK(t.wire.substr(before) == next);
        before = t.wire.size();
    }
}

TEST_CASE("SR-3, SR-45 each recipient has a result of its own; 4yz and a lost connection are for later",
          "[client][seeds]") {
    const recipient four[] = {{"a@b.example"_path}, {"b@b.example"_path}, {"c@b.example"_path}, {"d@b.example"_path}};
    talk t;
    t.open(piped).send({"a@a.example"_path, four}).hear("250 ok\r\n250 ok\r\n550 no\r\n450 no\r\n");
    CHECK(t.told.ends_with("rcpt 0 accepted 250\nrcpt 1 refused 550\nrcpt 2 retry_later 450\n"));
    t.session.close_input();
    CHECK(t.run().told.ends_with("failed connection_lost at rcpt answered 3 retry_later finished 0\n"));
}

TEST_CASE("SR-4, SR-5, SR-24 the six procedures: open, mail, forward, verify, expand, close", "[client][seeds]") {
    const recipient two[] = {{"a@b.example"_path}, {"b@d.example"_path}}; // two domains: a client does not route
    talk t;
    t.open();
    REQUIRE(t.session.command(cmd::vrfy{"Smith"}) == errc::none);
    t.run().hear("250 Fred Smith <Smith@b.example>\r\n");
    REQUIRE(t.session.command(cmd::expn{"staff"}) == errc::none);
    t.run().hear("250-A <a@b.example>\r\n250 B <b@b.example>\r\n");
    t.send({"a@a.example"_path, two})
        .hear("250 ok\r\n")
        .hear("251 will forward to <c@c.example>\r\n")
        .hear("250 ok\r\n");
    t.hear("354 go\r\n").give("x").hear("250 ok\r\n");
    REQUIRE(t.session.quit() == errc::none);
    t.run().hear("221 bye\r\n");
    CHECK(t.session.closed());
    CHECK(t.wire ==
          "EHLO client.example\r\nVRFY Smith\r\nEXPN staff\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<a@b.example>\r\n"
          "RCPT TO:<b@d.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    CHECK(t.told == "greeted 220\nready\nreplied VRFY 250\nready\nreplied EXPN 250\nready\nrcpt 0 accepted 251\n"
                    "rcpt 1 accepted 250\ncontent\ndelivered 0 250\nready\n");
}

TEST_CASE("SR-10, SR-18 one space between a verb and its argument, none behind the colon", "[client][seeds]") {
    talk t;
    t.open(piped).send(mail);
    CHECK(t.wire == "EHLO client.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
}

TEST_CASE("SR-41 a 1yz is fatal", "[client][seeds]") {
    CHECK(has(talk().hear("120 soon\r\n"), "failed bad_reply at connection"));
    CHECK(has(talk().open().send(mail).hear("150 so\r\n"), "failed bad_reply at mail"));
}

TEST_CASE("SR-42 any text greets", "[client][seeds]") {
    CHECK(talk().hear("220 SMTP Server Ready\r\n").hear("250 smtp.mail.example is ready\r\n").told ==
          "greeted 220\nready\n");
}

TEST_CASE("SR-43 a greeting of 421 is for later, without QUIT", "[client][seeds]") {
    talk t;
    CHECK(t.hear("421 Service not available\r\n").told ==
          "failed service_closing at connection answered 0 retry_later finished 0 421\n");
    CHECK(t.wire.empty());
}

TEST_CASE("SR-46 251 is accepted and 551 refused; both may say where to", "[client][seeds]") {
    const auto accepted = parse_reply("251 User not local; will forward to <c@c.example>\r\n");
    const auto refused = parse_reply("551 User not local; please try <c@c.example>\r\n");
    REQUIRE(accepted);
    REQUIRE(refused);
    CHECK(recipient_verdict(*accepted, false) == verdict::accepted);
    CHECK(recipient_verdict(*refused, false) == verdict::refused);
    for (const reply_view& r : {*accepted, *refused}) {
        const auto there = forward_path(r);
        REQUIRE(there);
        CHECK(there->text() == "c@c.example");
    }
    CHECK_FALSE(forward_path(*parse_reply("251 will forward\r\n")));
}

TEST_CASE("SR-47 of 354 only the code counts", "[client][seeds]") {
    for (const std::string_view text : {"354\r\n", "354 end with <CRLF> <CRLF>.\r\n", "354-go\r\n354 on\r\n"})
        CHECK(talk().open().send(mail).hear("250 ok\r\n").hear("250 ok\r\n").hear(text).told.ends_with("content\n"));
    for (const std::string_view other : {"355 go\r\n", "250 OK\r\n"})
        CHECK(has(talk().open().send(mail).hear("250 ok\r\n").hear("250 ok\r\n").hear(other), gone));
}

TEST_CASE("SR-48, SR-50 an error reply ends the content, and a success is none", "[client][seeds]") {
    for (const std::string_view code : {"421", "451", "554", "250"}) {
        talk t;
        t.open().send(mail).hear("250 ok\r\n").hear("250 ok\r\n").hear("354 go\r\n");
        t.session.write_body("half a line");
        t.run().hear(std::string(code) + " x\r\n");
        CHECK(has(t, code == "554" ? "refused finished 0" : "retry_later finished 0"));
        CHECK_FALSE(has(t, "delivered"));
        CHECK(t.session.closed());
        CHECK(t.session.write_body(" and more") == 0);
        CHECK(t.run().wire.ends_with("DATA\r\nhalf a line"));
    }
}

TEST_CASE("SR-51 QUIT waits for its reply", "[client][seeds]") {
    talk t;
    t.open().session.quit();
    CHECK(t.run().wire.ends_with("QUIT\r\n"));
    CHECK_FALSE(t.session.closed());
    CHECK(t.session.wants_input());
    CHECK(t.hear("221 bye\r\n").session.closed());
}

TEST_CASE("SR-64 octets over 127 need 8BITMIME where the caller says that there are some", "[client][seeds]") {
    envelope e = mail;
    e.body = body_type::eight_bit_mime;
    CHECK(talk().open().session.send(e) == errc::not_offered);
    CHECK(talk().open("250-mx\r\n250 8BITMIME\r\n").session.send(e) == errc::none);
}

TEST_CASE("the dialogue of an old article, as a client has it", "[client][seeds]") {
    talk t;
    t.hear("220 smtp.mail.example ready\r\n").hear("500 what?\r\n").hear("250 smtp.mail.example is ready\r\n");
    const recipient drol[] = {{"drol@mail.example"_path}};
    t.send({"drozd@mail.example"_path, drol}).hear("250 OK\r\n").hear("250 OK\r\n");
    t.hear("354 Start mail input; end with <CRLF>.<CRLF>\r\n");
    t.give("Subject: Hello\r\n\r\nHello Drol!\r\n").hear("250 OK\r\n").session.quit();
    t.run().hear("221 smtp.mail.example is closing transmission channel\r\n");
    CHECK(t.wire == "EHLO client.example\r\nHELO client.example\r\nMAIL FROM:<drozd@mail.example>\r\n"
                    "RCPT TO:<drol@mail.example>\r\nDATA\r\nSubject: Hello\r\n\r\nHello Drol!\r\n.\r\nQUIT\r\n");
    CHECK(t.told == "greeted 220\nready\nrcpt 0 accepted 250\ncontent\ndelivered 0 250\nready\n");
}
