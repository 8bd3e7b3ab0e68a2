// A client whose server says anything at all.
//
// The first octet chooses how the client is set up (with STARTTLS and AUTH, BDAT, other commands, or without) and how the
// octets come; the second what happens beside them: how a handshake ends, what becomes of a SASL request, whether the
// caller gives a message up, and how it all ends. The rest is what the server says, line by line: each line comes once the
// client has said all it wants to ("eager": once it has said something, "rush": all at once). Every recipient must get one
// last word, only taken messages may be "delivered", what leaves must be commands and whole content, nothing of value may
// leave before TLS that is required, and a line that comes octet by octet must mean the same.
#include "support/client_dialogue.hpp"
#include "support/fuzz.hpp"
#include "support/loopback.hpp"

namespace {

using namespace loopback;
using fuzz::check;

constexpr std::string_view content = "x\n.x\r\n.\r\nx";
constexpr std::string_view encoded = "x\r\n..x\r\n..\r\nx\r\n.\r\n";

struct seen {
    std::string wire, actions;
    books b;
};

enum class pace { line, octet, eager, rush };

enum class ending : std::uint8_t { good, failed, weak, closed, silent };
enum class sasl_way : std::uint8_t { driven, cancelled, stale, huge };

struct events {
    ending of_handshake = ending::good;
    sasl_way of_sasl = sasl_way::driven;
    bool abandons = false; // the second message, where its content is wanted
    bool silence = false;  // is the end, and not a lost connection
};

template <class Client>
struct watched : client_end<Client> {
    using base = client_end<Client>;
    std::string& actions;
    const events& beside;

    watched(const plan& a_plan, books& some, std::string& into, const events& what)
        : base(a_plan, some), actions(into), beside(what) {}

    void end_handshake() {
        this->handshake = false;
        switch (beside.of_handshake) {
        case ending::good: this->session.tls_started(); break;
        case ending::failed: this->session.tls_failed(); break;
        case ending::weak: this->session.tls_started({false}); break;
        case ending::closed: this->session.tls_closed(); break;
        case ending::silent: this->session.timed_out(); break;
        }
    }

    void answer(const sasl_request& r) {
        static const std::string most(15000, 'x');
        if (beside.of_sasl == sasl_way::cancelled) {
            check(this->session.cancel(r) == errc::none);
        } else if (beside.of_sasl == sasl_way::huge) {
            const errc e = this->session.respond(r, most, true); // an initial response is asked for once more
            check(e == errc::auth_line_too_long || (e == errc::none && !r.challenge));
        } else {
            const ticket<sasl_message> other{r.serial, r.number + 1};
            if (beside.of_sasl == sasl_way::stale) check(this->session.cancel(other) == errc::stale_ticket);
            this->on(r);
        }
        check(this->session.cancel(r) == errc::stale_ticket); // answered once
    }

    void act(const client_action& action) {
        if (const auto* const r = std::get_if<sasl_request>(&action)) return answer(*r);
        if (std::holds_alternative<content_wanted>(action) && beside.abandons && this->current == 1)
            return this->abandon();
        match(action, [&](const auto& a) { this->on(a); });
    }

    // True if something happened.
    bool step(std::string& wire) {
        bool busy = false;
        while (const auto action = this->session.next()) {
            actions += script::line(*action) + "\n";
            if (const auto* const d = std::get_if<delivered>(&*action)) check(d->reply.code().is(reply_class::success));
            if (const auto* const f = std::get_if<failed>(&*action)) {
                check(f->answered <= (this->open || this->next_message != 0 ? most_recipients : 0));
                check(!this->open || f->finished <= this->accepted.size());
            }
            act(*action);
            busy = true;
        }
        busy = this->run() || busy;
        busy = busy || !this->session.output().empty();
        wire += this->session.output();
        this->session.consume(this->session.output().size());
        if (!this->session.secured() && this->p.tls == tls_policy::required) check_clear(wire);
        if (this->handshake) end_handshake(), busy = true;
        return busy;
    }

    // What may leave where TLS is required and not there.
    static void check_clear(std::string_view wire) {
        while (!wire.empty()) {
            const std::string_view line = wire.substr(0, wire.find("\r\n"));
            check(line.starts_with("EHLO ") || line.starts_with("LHLO ") || line == "STARTTLS" || line == "QUIT");
            wire.remove_prefix(std::min(wire.size(), line.size() + 2));
        }
    }
};

template <class Client>
seen talk(const plan& p, std::string_view server, pace how, const events& beside) {
    seen s;
    s.b.told.resize(p.messages.size());
    s.b.stored.resize(p.messages.size());
    s.b.cut = true; // whatever happens may end it
    watched<Client> c(p, s.b, s.actions, beside);
    std::size_t steps = 0;
    const auto drain = [&] {
        while (c.step(s.wire)) check(++steps < 100000);
    };
    drain();
    while (!server.empty() && !c.session.closed()) {
        const std::size_t end = std::min(server.find('\n'), server.size() - 1) + 1;
        const std::size_t n = how == pace::rush ? server.size() : how == pace::octet ? 1 : end;
        const std::size_t taken = c.session.feed(server.substr(0, n));
        check(taken != 0 || how == pace::rush || how == pace::eager);
        server.remove_prefix(taken);
        if (how == pace::eager)
            c.step(s.wire);
        else
            drain();
        check(++steps < 100000);
    }
    if (beside.silence)
        c.session.timed_out();
    else
        c.session.close_input();
    drain();
    check(c.session.closed());
    check(s.b.wrong.empty());
    for (std::size_t m = 0; m < c.next_message; ++m)
        for (std::size_t i = 0; i < p.messages[m].recipients; ++i)
            check(s.b.told[m][i] != fate::none && s.b.told[m][i] != fate::accepted);
    return s;
}

constexpr std::string_view lines = "x\r\n.x\r\n.\r\nx"; // the content in chunks

bool is_auth_line(std::string_view line) { return line == "*" || chars::base64.skip(line) + 2 >= line.size(); }

bool is_command(std::string_view line) {
    return line == "NOOP x" || line == "STARTTLS" || line.starts_with("AUTH ") || line.starts_with("BDAT ") ||
           line.starts_with("EHLO ") || line.starts_with("HELO ") || line.starts_with("LHLO ") ||
           line.starts_with("MAIL FROM:<") || line.starts_with("RCPT TO:<") || line == "DATA" || line == "RSET" ||
           line == "QUIT";
}

// What leaves are whole commands, and content between a DATA and its dot; only the last line may be cut off.
void check_wire(std::string_view wire) {
    std::string_view chunks = lines;
    while (!wire.empty()) {
        const std::size_t end = wire.find("\r\n");
        const std::string_view line = wire.substr(0, end);
        check(line.find('\r') == line.npos || end == wire.npos);
        check(line.find('\n') == line.npos);
        if (end == wire.npos) return;
        check(is_command(line) || is_auth_line(line));
        wire.remove_prefix(end + 2);
        if (line.starts_with("MAIL ")) chunks = lines;
        if (line.starts_with("BDAT ")) {
            std::size_t size = 0;
            for (const char c : line.substr(5))
                if (c >= '0' && c <= '9') size = size * 10 + static_cast<std::size_t>(c - '0');
            const std::string_view chunk = wire.substr(0, size);
            check(size == 0 ? line == "BDAT 0 LAST" : !line.ends_with("LAST"));
            check(chunks.starts_with(chunk));
            chunks.remove_prefix(chunk.size());
            wire.remove_prefix(chunk.size());
            continue;
        }
        if (line != "DATA" || wire.empty() || is_command(wire.substr(0, wire.find("\r\n")))) continue;
        if (wire.starts_with(".\r\n")) { // a dot alone
            wire.remove_prefix(3);
        } else if (wire.starts_with(encoded)) {
            wire.remove_prefix(encoded.size());
        } else {
            check(encoded.starts_with(wire));
            return;
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const unsigned how = data[0], what = data[1];
    const std::string server(data + 2, data + size);
    plan p;
    p.protocol = (how & 1U) != 0 ? dialect::lmtp : dialect::smtp;
    p.pipelining = (how & 2U) == 0;
    p.piece = (how & 4U) != 0 ? 3 : never;
    if ((how & 32U) != 0) {
        p.tls = (what & 128U) != 0 ? tls_policy::required : tls_policy::if_offered;
        p.mechanisms = "SCRAM-SHA-256 LOGIN PLAIN CRAM-MD5";
        p.cleartext_auth = true;
        p.auth_required = false;
    }
    p.bdat = (how & 64U) != 0;
    p.all_or_nothing = p.asks = (how & 128U) != 0;
    p.messages = {{std::string(content), 2}, {std::string(content), 3}, {std::string(content), 1}};
    const bool rush = (how & 8U) != 0, eager = (how & 16U) != 0;
    const pace first = rush ? pace::rush : eager ? pace::eager : pace::line;
    const events beside{static_cast<ending>((what & 7U) % 5), static_cast<sasl_way>(what >> 3 & 3U), (what & 32U) != 0,
                        (what & 64U) != 0};

    const seen large = talk<client>(p, server, first, beside);
    check_wire(large.wire);
    const seen small = talk<basic_client<512, 512>>(p, server, first, beside);
    check_wire(small.wire);
    if (first != pace::line) return 0;
    const seen cut = talk<client>(p, server, pace::octet, beside);
    check(cut.wire == large.wire && cut.actions == large.actions);
    const seen small_cut = talk<basic_client<512, 512>>(p, server, pace::octet, beside);
    check(small_cut.wire == small.wire && small_cut.actions == small.actions);
    return 0;
}
