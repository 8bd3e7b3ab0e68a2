// A client whose server knows the protocol and answers as the input says: every reply is legal, or breaks one rule.
//
// The first octet chooses how the client is set up, the second what the server announces, the third how the octets come;
// then there is one for each reply. The server keeps books: what it has said of each message and recipient. While it was
// legal, what the client was told must be just that. Whatever it did, "delivered" must have been said by it, "refused" needs
// a 5yz, "in doubt" a message that was sent whole; and a message that it took is delivered or in doubt.
#include "support/fuzz.hpp"
#include "support/loopback.hpp"

#include <iterator>

namespace {

using namespace loopback;
using fuzz::check;
using fuzz::reader;

// What a server can do instead of an answer.
enum class fault : std::uint8_t { other_class, first_digit, garbage, mixed, bare_lf, twice, silent, close, shut_down };

class peer {
public:
    std::string outbox;
    bool legal = true;        // no rule was broken so far
    bool closed = false;      // it hung up
    bool mute = false;        // it says no more
    bool out_of_step = false; // it gave a reply too many: nobody knows what the others are to
    bool quit = false;        // it was asked to
    std::vector<std::array<fate, most_recipients>> meant;
    std::vector<bool> whole, refused; // the message came to its end; some 5yz was said of it

    peer(const plan& a_plan, reader& script, unsigned announces)
        : meant(a_plan.messages.size()),
          whole(a_plan.messages.size()),
          refused(a_plan.messages.size()),
          p_(a_plan),
          script_(script),
          announces_(announces) {
        answer(220, "mx.example");
    }

    void hear(std::string_view octets) {
        inbox_ += octets;
        while (!closed && !mute &&
               (mode_ == mode::content ? read_content()
                : mode_ == mode::chunk ? read_chunk()
                                       : read_line())) {}
    }

private:
    enum class mode : std::uint8_t { commands, content, chunk, auth };

    // ---- replies

    void say(unsigned code, std::string_view text, bool more = false) {
        outbox.append(std::to_string(code)).append(more ? "-" : " ").append(text).append("\r\n");
    }

    // Gives the reply to a command: `good`, or what the script has in its place. Returns its code; 0 for none that counts.
    unsigned answer(unsigned good, std::string_view text = "fine") {
        const unsigned c = script_.octet();
        if (c < 160) return say(good, text, false), good;
        if (c < 176) return say(good, "and", true), say(good, text), good;
        if (c < 216) return refuse(c % 2 == 0 ? 550U : 451U);
        break_rule(static_cast<fault>((c - 216) % 9), good, text);
        return 0;
    }
    unsigned refuse(unsigned code) {
        say(code, "no");
        if (code >= 500) refused[current_] = true;
        return code;
    }
    void break_rule(fault f, unsigned good, std::string_view text) {
        legal = false;
        refused[current_] = true; // what it says may hold a 5yz
        switch (f) {
        case fault::other_class: say(good == 354 ? 250 : 354, text); break;
        case fault::first_digit: say(good + 400, text); break;
        case fault::garbage: outbox += "hello\r\n"; break;
        case fault::mixed: say(good, text, true), say(550, text); break;
        case fault::bare_lf: outbox.append(std::to_string(good)).append(" x\n\r\n"); break;
        case fault::twice: say(451, text), say(good, text), out_of_step = true; break;
        case fault::silent: mute = true; break;
        case fault::close: closed = true; break;
        case fault::shut_down: say(421, "bye"), closed = true; break;
        }
    }

    // ---- what comes

    bool read_line() {
        const std::size_t end = inbox_.find("\r\n");
        if (end == std::string::npos) return false;
        const std::string line = inbox_.substr(0, end);
        inbox_.erase(0, end + 2);
        if (mode_ == mode::auth)
            take_response();
        else
            take(line);
        return true;
    }

    void take(const std::string& line) {
        if (line.starts_with("EHLO ") || line.starts_with("LHLO ")) return take_ehlo();
        if (line.starts_with("HELO ")) return void(answer(250, "mx.example"));
        if (line == "STARTTLS") return take_starttls();
        if (line.starts_with("AUTH ")) return take_response();
        if (line.starts_with("MAIL FROM:<m")) return take_mail(static_cast<std::size_t>(line[12] - '0'));
        if (line.starts_with("RCPT TO:<r")) return take_rcpt(static_cast<std::size_t>(line[10] - '0'));
        if (line == "DATA") return take_data();
        if (line.starts_with("BDAT ")) return take_bdat(line);
        if (line == "RSET") return take_rset();
        if (line == "NOOP x") return void(answer(250));
        if (line != "QUIT") { // content, if the client took a reply too many for a 354
            check(out_of_step);
            return void(refuse(500));
        }
        quit = closed = true;
        say(221, "bye");
    }

    void take_ehlo() {
        static constexpr std::string_view keywords[] = {"PIPELINING", "CHUNKING", "8BITMIME", "STARTTLS", "AUTH PLAIN"};
        if (answer(250, "mx.example") != 250) return;
        outbox[outbox.rfind(' ', outbox.size() - 3)] = '-'; // there is more
        for (unsigned i = 0; i < std::size(keywords); ++i) {
            const bool is_tls = i == 3;
            if ((announces_ >> i & 1U) != 0 && !(is_tls && secured_)) say(250, keywords[i], true);
        }
        say(250, "XLAST");
    }
    void take_starttls() {
        const unsigned code = answer(220);
        secured_ = code == 220;
    }
    void take_response() {
        const unsigned code = answer((script_.octet() & 1U) != 0 ? 334U : 235U, "");
        mode_ = code == 334 ? mode::auth : mode::commands;
    }

    void take_mail(std::size_t message) {
        current_ = message;
        accepted_.clear();
        chunk_failed_ = false;
        const unsigned code = answer(250);
        open_ = code == 250;
        if (code >= 400) mean_all(code);
    }
    void take_rcpt(std::size_t i) {
        if (!open_) return void(refuse(503));
        const unsigned code = answer(250);
        if (code == 250) accepted_.push_back(i);
        meant[current_][i] = code == 0 ? fate::none : code == 250 ? fate::accepted : fate_of(code);
    }
    void take_data() {
        if (!open_ || (accepted_.empty() && p_.protocol == dialect::lmtp)) return void(refuse(503));
        if (accepted_.empty() && (script_.octet() & 1U) != 0) return void(refuse(554));
        const unsigned code = answer(354);
        if (code == 354) mode_ = mode::content;
        if (code >= 400) mean(code);
    }
    bool read_content() {
        const bool empty = inbox_.starts_with(".\r\n");
        const std::size_t end = empty ? 0 : inbox_.find("\r\n.\r\n");
        if (end == std::string::npos) return false;
        const bool is_whole = inbox_.substr(0, end + 2) == "x\r\n..x\r\n..\r\nx\r\n";
        check(out_of_step || (empty ? accepted_.empty() : is_whole));
        inbox_.erase(0, end + (empty ? 3 : 5));
        mode_ = mode::commands;
        end_message();
        return true;
    }

    void take_bdat(const std::string& line) {
        last_ = line.ends_with(" LAST");
        left_ = static_cast<std::size_t>(std::stoul(line.substr(5)));
        mode_ = mode::chunk;
    }
    bool read_chunk() {
        const std::size_t n = std::min(left_, inbox_.size());
        inbox_.erase(0, n);
        left_ -= n;
        if (left_ != 0) return false;
        mode_ = mode::commands;
        if (chunk_failed_ || accepted_.empty()) {
            whole[current_] = whole[current_] || last_;
            refuse(503);
        } else if (last_) {
            end_message();
        } else {
            const unsigned code = answer(250);
            chunk_failed_ = code != 250;
            if (code >= 400) mean(code);
        }
        return true;
    }

    // One verdict, or in LMTP one for each recipient.
    void end_message() {
        whole[current_] = true;
        const std::vector<std::size_t> to = std::exchange(accepted_, {});
        open_ = false;
        if (p_.protocol == dialect::lmtp) {
            for (const std::size_t i : to)
                if (!closed && !mute) give_verdict({&i, 1});
        } else {
            give_verdict(to);
        }
    }
    void give_verdict(std::span<const std::size_t> to) {
        const unsigned code = answer(250);
        for (const std::size_t i : to) meant[current_][i] = code == 0 ? fate::none : fate_of(code);
    }

    void take_rset() {
        const unsigned c = script_.octet();
        accepted_.clear();
        open_ = chunk_failed_ = false;
        if (c < 216) return say(250, "fine");
        break_rule(static_cast<fault>((c - 216) % 9), 250, "fine");
    }

    // ---- the books

    static fate fate_of(unsigned code) {
        return code < 400 ? fate::delivered : code < 500 ? fate::later : fate::refused;
    }
    void mean(unsigned code) {
        for (const std::size_t i : accepted_) meant[current_][i] = fate_of(code);
    }
    void mean_all(unsigned code) {
        for (std::size_t i = 0; i < p_.messages[current_].recipients; ++i) meant[current_][i] = fate_of(code);
    }

    const plan& p_;
    reader& script_;
    unsigned announces_;
    std::string inbox_;
    mode mode_ = mode::commands;
    std::size_t current_ = 0;
    std::vector<std::size_t> accepted_;
    std::size_t left_ = 0;
    bool open_ = false, secured_ = false, last_ = false, chunk_failed_ = false;
};

void judge_books(const plan& p, const books& b, const peer& s, std::size_t begun, bool opened) {
    for (std::size_t m = 0; m < begun; ++m) {
        for (std::size_t i = 0; i < p.messages[m].recipients; ++i) {
            const fate told = b.told[m][i], meant = s.meant[m][i];
            check(told != fate::none && told != fate::accepted);
            if (told == fate::delivered) check(meant == fate::delivered || s.out_of_step);
            if (meant == fate::delivered && !s.out_of_step) check(told == fate::delivered || told == fate::doubt);
            if (told == fate::refused) check(s.refused[m] || s.out_of_step);
            if (told == fate::doubt)
                check(!s.legal &&
                      (s.whole[m] || s.closed || s.mute || s.out_of_step)); // who is gone does not hear the end
            if (s.legal && opened) check(told == meant);
        }
    }
}

template <class Client>
void talk(const plan& p, reader script, unsigned announces, std::size_t most) {
    books b;
    b.told.resize(p.messages.size());
    b.stored.resize(p.messages.size());
    b.cut = true; // whatever happens may end it
    client_end<Client> c(p, b);
    peer s(p, script, announces);
    for (std::size_t steps = 0; !c.session.closed(); ++steps) {
        check(steps < 100000);
        bool busy = c.run();
        const std::string out(c.session.output().substr(0, most));
        c.session.consume(out.size());
        if (!s.closed) s.hear(out);
        if (c.handshake && c.session.output().empty()) {
            c.handshake = false;
            c.session.tls_started();
            busy = true;
        }
        const std::size_t n = c.session.wants_input() ? c.session.feed(std::string_view(s.outbox).substr(0, most)) : 0;
        s.outbox.erase(0, n);
        if (busy || !out.empty() || n != 0) continue;
        if (s.closed) {
            c.session.close_input();
        } else {
            check(!s.legal); // or one waits for the other
            c.session.timed_out();
        }
    }
    check(b.wrong.empty());
    if (s.legal && b.opened) check(s.quit && c.next_message == p.messages.size());
    judge_books(p, b, s, c.next_message, b.opened);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader in{data, size};
    const unsigned how = in.octet(), announces = in.octet(), pace = in.octet();
    plan p;
    p.protocol = (how & 1U) != 0 ? dialect::lmtp : dialect::smtp;
    p.pipelining = (how & 2U) == 0;
    p.piece = (how & 4U) != 0 ? 3 : never;
    p.bdat = (how & 8U) != 0;
    p.asks = (how & 16U) != 0;
    if ((how & 32U) != 0) p.tls = tls_policy::if_offered;
    if ((how & 64U) != 0) p.mechanisms = "PLAIN";
    p.cleartext_auth = true;
    p.auth_required = (how & 128U) == 0;
    const std::string content = "x\n.x\r\n.\r\nx\r\n";
    p.messages = {{content, 2}, {content, 3}, {content, 1}, {content, 2}};
    const std::size_t most = pace == 0 ? never : pace;

    talk<client>(p, in, announces, most);
    talk<basic_client<512, 512>>(p, in, announces, most);
    return 0;
}
