// The rows of the list of lessons that are a server's: what went wrong in other implementations, each named after its row.
// Rows about one line are in command.cpp, reply.cpp, parameters.cpp and their like, those of a client in client_lessons.cpp.
#include "support/catch.hpp"
#include "support/transcript.hpp"

#include <sansmtp/data.hpp>
#include <sansmtp/line.hpp>
#include <sansmtp/reply_view.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

struct talk {
    transcript::script script;
    std::vector<std::string> actions;

    talk() { script.config.host = "mx.example"; }

    // The codes of the replies to `octets`, without that of the greeting; what reached the caller is in `actions`.
    std::string codes(std::string_view octets, std::size_t step = static_cast<std::size_t>(-1)) {
        transcript::player<> p(script);
        for (std::size_t at = 0; at < octets.size(); at += step < octets.size() ? step : octets.size())
            p.feed(octets.substr(at, step));
        actions = p.seen().actions;
        std::string all;
        for (const std::string& line : transcript::lines(p.seen().output))
            if (line.size() < 4 || line[3] != '-') all += line.substr(0, 3) + ' ';
        return all.substr(4);
    }
    std::size_t count(std::string_view beginning) const {
        std::size_t n = 0;
        for (const std::string& a : actions) n += a.rfind(beginning, 0) == 0 ? 1U : 0U;
        return n;
    }
};

const std::string open = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"; // 250 250 250
const std::string to_data = open + "DATA\r\n";                             // and 354

} // namespace

TEST_CASE("L12: an unknown parameter is 555, and the transaction is not begun") {
    CHECK(talk().codes("EHLO x\r\nMAIL FROM:<a@b> FOO=1\r\nRCPT TO:<c@d>\r\n") == "250 555 503 ");
    CHECK(talk().codes(open + "RCPT TO:<e@f> FOO\r\nDATA\r\n.\r\n") == "250 250 250 555 354 250 ");
}

TEST_CASE("L22: the octets of a refused chunk are never commands") {
    const std::string chunk = "BDAT 6 LAST\r\nRSET\r\nNOOP\r\n";
    talk t;
    CHECK(t.codes("EHLO x\r\n" + chunk) == "250 503 250 ");
    CHECK(t.codes("EHLO x\r\nMAIL FROM:<a@b>\r\n" + chunk) == "250 250 503 250 ");
    t.script.config.limits.message_size = 5;
    CHECK(t.codes(open + chunk) == "250 250 250 552 250 ");
    t.script.config.offer = t.script.config.offer - extension_id::chunking;
    CHECK(t.codes(open + chunk) == "250 250 250 502 250 ");
    CHECK(talk().codes(open + "BDAT x\r\nNOOP\r\n") == "250 250 250 501 ");
}

TEST_CASE("L24: DATA behind BDAT, a second message, and no stuffing in chunks") {
    CHECK(talk().codes(open + "BDAT 1\r\nxDATA\r\n") == "250 250 250 250 503 ");
    CHECK(talk().codes(open + "BDAT 0 LAST\r\nBDAT 0 LAST\r\n") == "250 250 250 250 503 ");
    talk t;
    CHECK(t.codes(open + "BDAT 5 LAST\r\n.\r\n..NOOP\r\n") == "250 250 250 250 250 ");
    CHECK(t.count("body .\\r\\n..") == 1);
}

TEST_CASE("L25: an empty message ends at its dot") {
    talk t;
    CHECK(t.codes(to_data + ".\r\nNOOP\r\n") == "250 250 250 354 250 250 ");
    CHECK(t.count("body") == 0);
    CHECK(t.count("end 0") == 1);
    std::string_view rest = ".\r\n";
    bool ended = false;
    for (data_decoder d; !rest.empty();) {
        const step s = d.next(rest);
        CHECK(s.bytes.empty());
        rest.remove_prefix(s.consumed);
        ended = s.end;
    }
    CHECK(ended);
}

TEST_CASE("L26: a dot in the first line, in and out") {
    talk t;
    CHECK(t.codes(to_data + "..\r\n.x\r\n.\r\n") == "250 250 250 354 250 ");
    CHECK(t.count("body .\\r\\nx\\r\\n") == 1);
    data_encoder e;
    std::string wire;
    for (std::string_view rest = ".a\r\n"; !rest.empty();) {
        const step s = e.next(rest);
        wire += s.bytes;
        rest.remove_prefix(s.consumed);
    }
    CHECK(wire + std::string(e.finish()) == "..a\r\n.\r\n");
}

TEST_CASE("L27: what comes out does not depend on the cuts: server, replies, lines and content") {
    const std::string wire = to_data + "..a\r\nb\r\n.\r\nFOO\r\nMAIL FROM:<a@b> SIZE=x\r\n" + open.substr(8) +
                             "BDAT 3\r\nx\r\nBDAT 2 LAST\r\n\r\nQUIT\r\n";
    transcript::script s;
    const transcript::item all{transcript::item::what::client, wire};
    s.items = {all};
    const trace::record whole = transcript::play_cut(s, wire.size(), wire.size());
    CHECK(whole.actions.size() > 10);
    for (std::size_t step = 1; step < wire.size(); ++step) {
        REQUIRE(transcript::play_cut(s, step, step) == whole);
        REQUIRE(transcript::play_cut(s, step, wire.size()) == whole);
    }

    const std::string_view replies = "250-a\r\n250 b\r\n";
    for (std::size_t cut = 0; cut < replies.size(); ++cut) {
        reply_parser p;
        REQUIRE_FALSE(p.next(replies.substr(0, cut)));
        REQUIRE((*p.next(replies))->raw() == replies);
    }
}

TEST_CASE("L28: nothing but CRLF.CRLF ends a message") {
    for (const std::string_view end : {"a\n.\n", "a\n.\r\n", "a\r\n.\n", "a\r.\r", "a\r\n.\r", "a\r\n.\r\r\n"}) {
        for (const bare_newlines how : {bare_newlines::reject, bare_newlines::keep}) {
            INFO(end);
            talk t;
            t.script.config.bare_newlines = how;
            const std::string begun = to_data + std::string(end) + "NOOP\r\n";
            CHECK(t.codes(begun) == "250 250 250 354 ");
            CHECK(t.codes(begun + ".\r\nNOOP\r\n") ==
                  (how == bare_newlines::keep ? "250 250 250 354 250 250 " : "250 250 250 354 550 250 "));
            CHECK(t.count("end") == (how == bare_newlines::keep ? 1 : 0));
        }
    }
}

TEST_CASE("L29: every verdict leads back to commands") {
    for (const unsigned verdict : {250U, 451U, 552U, 554U}) {
        talk t;
        t.script.rules.push_back({"end", "", "so", verdict, {}});
        CHECK(t.codes(to_data + "x\r\n.\r\n" + open.substr(8) + "RSET\r\n") ==
              "250 250 250 354 " + std::to_string(verdict) + " 250 250 250 ");
    }
}

TEST_CASE("L30: the rest of an over-long line or message is never a command") {
    talk t;
    const std::string line = "NOOP " + std::string(5000, 'x') + " RSET\r\n";
    for (const std::size_t step : {std::size_t{1}, std::size_t{512}, line.size() + 100})
        CHECK(t.codes("EHLO x\r\n" + line + "NOOP\r\n", step) == "250 500 250 ");
    t.script.config.limits.message_size = 10;
    CHECK(t.codes(to_data + std::string(20, 'x') + "\r\nRSET\r\n.\r\nNOOP\r\n") == "250 250 250 354 552 250 ");
    CHECK(t.count("end") == 0);
}

TEST_CASE("L31: octets behind STARTTLS in clear end the session") {
    talk t;
    t.script.config.offer = t.script.config.offer | extension_id::starttls;
    CHECK(t.codes("EHLO x\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\nRSET\r\n") == "250 220 ");
    CHECK(t.count("mail") == 0);
    CHECK(t.count("handshake") == 0);
}

TEST_CASE("L33: RSET before the hello is 250 and changes nothing, EHLO ends a transaction") {
    CHECK(talk().codes("RSET\r\nMAIL FROM:<a@b>\r\nHELO x\r\nRSET\r\nRSET\r\n") == "250 503 250 250 250 ");
    CHECK(talk().codes(open + "EHLO x\r\nRCPT TO:<c@d>\r\n") == "250 250 250 250 503 ");
}

TEST_CASE("L44: DATA without a recipient, and what a group may hold") {
    talk t;
    CHECK(t.codes("EHLO x\r\nMAIL FROM:<a@b>\r\nDATA\r\nNOOP\r\n") == "250 250 503 250 ");
    t.script.rules.push_back({"rcpt", "", "nobody", 550, {5, 1, 1}});
    CHECK(t.codes(to_data + "RSET\r\n") == "250 250 550 554 250 ");                          // [RFC 5321 3.3]
    CHECK(talk().codes(to_data + "x\r\n.\r\n" + open.substr(8) + "DATA\r\n.\r\nQUIT\r\n") == // [RFC 2920 3.1]
          "250 250 250 354 250 250 250 354 250 221 ");
}

TEST_CASE("L48: LMTP has one reply for each accepted recipient, in order, and no other hello") {
    talk t;
    t.script.config.protocol = dialect::lmtp;
    t.script.rules.push_back({"rcpt", "no@", "nobody", 550, {5, 1, 1}});
    t.script.rules.push_back({"end", "for 1", "full", 452, {4, 2, 2}});
    const std::string begun =
        "LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@d>\r\nRCPT TO:<no@d>\r\nRCPT TO:<b@d>\r\nRCPT TO:<c@d>\r\n";
    const std::string said = "250 250 250 550 250 250 ";
    CHECK(t.codes(begun + "DATA\r\nx\r\n.\r\nNOOP\r\n") == said + "354 250 452 250 250 ");
    CHECK(t.codes(begun + "BDAT 3 LAST\r\nx\r\nNOOP\r\n") == said + "250 452 250 250 ");
    CHECK(t.codes(begun + "BDAT 3\r\nx\r\nBDAT 0 LAST\r\nNOOP\r\n") == said + "250 250 452 250 250 ");
    CHECK(t.codes("EHLO x\r\nHELO x\r\nMAIL FROM:<a@b>\r\n") == "500 500 503 ");
    CHECK(talk().codes("LHLO x\r\n") == "500 ");
}

TEST_CASE("L49: NOTIFY=NEVER stands alone, wherever it stands") {
    for (const std::string_view bad : {"NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,NEVER,DELAY", "NEVER,NEVER", ""}) {
        INFO(bad);
        const command_error e = check_command("RCPT TO:<a@b> NOTIFY=" + std::string(bad));
        CHECK(suggested_reply(e).code() == 501);
    }
    CHECK(parse_command("RCPT TO:<a@b> NOTIFY=never"));
    CHECK(parse_command("RCPT TO:<a@b> NOTIFY=DELAY,success"));
}

TEST_CASE("L50: too long is an error, and nothing is cut") {
    const std::string local(65, 'l'), label(64, 'd');
    CHECK(check_command("RCPT TO:<" + local + "@x>").code == errc::local_part_too_long);
    CHECK(check_command("RCPT TO:<a@" + label + ">").code == errc::domain_too_long);
    const std::string text = "NOOP " + std::string(3000, 'x');
    const auto noop = parse_command(text);
    REQUIRE(noop);
    char small[512];
    CHECK(serialize(*noop, small).error().code == errc::no_room);
}

TEST_CASE("L51: the end of the stream is an event: what was not whole is not carried out") {
    for (const std::string& half :
         {std::string("NOO"), std::string("NOOP\r"), to_data + "x\r\n.\r", open + "BDAT 5 LAST\r\nx"}) {
        INFO(half);
        transcript::script script;
        transcript::player<> p(script);
        p.feed(half);
        p.event({transcript::item::what::close, {}});
        CHECK(p.session().closed());
        for (const std::string& a : p.seen().actions) CHECK(a.rfind("end", 0) != 0);
        const std::size_t said = p.seen().output.size();
        p.feed("OP\r\n\n.\r\nNOOP\r\n");
        CHECK(p.seen().output.size() == said);
    }
}

TEST_CASE("L52: a parameter belongs to one verb") {
    for (const std::string_view line :
         {"MAIL FROM:<a@b> NOTIFY=NEVER", "MAIL FROM:<a@b> ORCPT=rfc822;a@b", "MAIL FROM:<a@b> CONNEG",
          "RCPT TO:<a@b> SIZE=1", "RCPT TO:<a@b> RET=FULL", "RCPT TO:<a@b> ENVID=x", "RCPT TO:<a@b> SMTPUTF8"}) {
        INFO(line);
        CHECK(check_command(line).code == errc::unknown_parameter);
        CHECK(suggested_reply(check_command(line)).code() == 555);
    }
}
