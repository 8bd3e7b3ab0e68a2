// A client against a server in memory, and the books that both ends keep: after any run they must agree.
//
// A run is a plan: what is sent, what the server answers, how the octets travel, and where the connection is cut.
#pragma once

#include <sansmtp/client.hpp>
#include <sansmtp/sasl.hpp>
#include <sansmtp/server.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

using namespace sansmtp;

inline constexpr std::size_t never = static_cast<std::size_t>(-1);
inline constexpr std::size_t most_recipients = 8;

struct letter {
    std::string content;
    std::uint8_t recipients = 1; // how many, at most 8
    std::uint8_t refused = 0;    // bits of those that the server refuses at RCPT: for good if even, for now if odd
    std::uint8_t failed = 0;     // the same at the end; without LMTP bit 0 counts
    bool mail_refused = false;
    bool data_refused = false;
    bool dropped = false; // the server refuses it while it comes
};

struct plan {
    std::vector<letter> messages;
    dialect protocol = dialect::smtp;
    bool pipelining = true;
    std::size_t piece = never;       // octets of content offered at a time
    std::size_t to_server = never;   // octets that travel at a time
    std::size_t to_client = never;   //
    std::size_t cut_server = never;  // octets that reach the server, then the connection is lost
    std::size_t cut_client = never;  // octets that reach the client, then the connection is lost
    std::size_t message_limit = 0;   // of the server
    std::size_t recipient_limit = 0; // of the server; 0: its default
    bool secure = false;             // the client uses STARTTLS and AUTH where they are offered
    bool bdat = false;               // the client prefers BDAT
    bool all_or_nothing = false;
    bool asks = false; // the client gives a NOOP before each message
};

enum class fate : std::uint8_t { none, accepted, refused, later, doubt, delivered };

struct books {
    // by message and recipient: what the client knows, and whether the server has it
    std::vector<std::array<fate, most_recipients>> told;
    std::vector<std::array<bool, most_recipients>> stored;
    std::string wrong; // what must not happen
    std::size_t server_octets = 0, client_octets = 0;
    bool cut = false;
};

// "r0@to.example" to "r7@to.example", and "m0@from.example" and so on.
inline const std::vector<recipient>& recipients() {
    static const std::vector<recipient> all = [] {
        static const std::array<std::string, most_recipients> texts = {
            "<r0@to.example>", "<r1@to.example>", "<r2@to.example>", "<r3@to.example>",
            "<r4@to.example>", "<r5@to.example>", "<r6@to.example>", "<r7@to.example>"};
        std::vector<recipient> list;
        for (const std::string& text : texts) list.push_back({*parse_path(text)});
        return list;
    }();
    return all;
}
inline const path& sender(std::size_t i) {
    static const std::array<std::string, 4> texts = {"<m0@from.example>", "<m1@from.example>", "<m2@from.example>",
                                                     "<m3@from.example>"};
    static const std::array<path, 4> all = {*parse_path(texts[0]), *parse_path(texts[1]), *parse_path(texts[2]),
                                            *parse_path(texts[3])};
    return all[i];
}
inline std::size_t number_of(const path& p) { return static_cast<std::size_t>(p.text()[1] - '0'); }

// Content as it arrives: CR, LF and CRLF are CRLF, and there is one at the end.
inline std::string arrives(std::string_view content) {
    std::string lines;
    for (std::size_t i = 0; i < content.size(); ++i) {
        if (content[i] == '\n' && i > 0 && content[i - 1] == '\r') continue;
        if (content[i] == '\r' || content[i] == '\n')
            lines += "\r\n";
        else
            lines += content[i];
    }
    if (!lines.empty() && !lines.ends_with('\n')) lines += "\r\n";
    return lines;
}

// More than the server takes: it is told so, and nothing is sent.
inline bool is_too_big(const plan& p, std::size_t message) {
    return p.message_limit != 0 && arrives(p.messages[message].content).size() > p.message_limit;
}

// ---- the server's end

template <class Server>
struct server_end {
    const plan& p;
    books& b;
    server_config config{"mx.example"};
    Server session;
    std::size_t current = 0;
    std::vector<std::size_t> accepted;
    std::string content;

    server_end(const plan& a_plan, books& some_books)
        : p(a_plan), b(some_books), config(make(a_plan)), session(config) {}

    static server_config make(const plan& p) {
        server_config c{"mx.example"};
        c.protocol = p.protocol;
        c.limits.message_size = p.message_limit;
        if (p.recipient_limit != 0) c.limits.recipients = static_cast<std::uint32_t>(p.recipient_limit);
        return c;
    }

    const letter& now() const { return p.messages[current]; }
    static reply no(std::size_t i) {
        return i % 2 == 0 ? reply{550, {5, 1, 1}, "never"} : reply{451, {4, 3, 0}, "not now"};
    }
    static bool bit(std::uint8_t bits, std::size_t i) { return ((unsigned{bits} >> i) & 1U) != 0; }

    void on(const request<cmd::mail>& r) {
        current = number_of(r.from);
        accepted.clear();
        content.clear();
        now().mail_refused ? session.reject(r, no(0)) : session.accept(r);
    }
    void on(const request<cmd::rcpt>& r) {
        const std::size_t i = number_of(r.to);
        if (bit(now().refused, i)) return void(session.reject(r, no(i)));
        accepted.push_back(i);
        session.accept(r);
    }
    void on(const request<cmd::data>& r) { now().data_refused ? session.reject(r, no(1)) : session.accept(r); }
    void on(const body& piece) {
        content += piece.bytes;
        if (now().dropped) session.refuse_message(554, {5, 6, 0});
    }
    void on(const request<message_end>& r) {
        if (r.size != content.size()) b.wrong += "the size of the message; ";
        if (bit(now().failed, r.recipient)) return void(session.reject(r, no(r.recipient)));
        if (content != arrives(now().content)) b.wrong += "the content of the message; ";
        for (std::size_t k = 0; k < accepted.size(); ++k) {
            if (r.lmtp && k != r.recipient) continue;
            if (b.stored[current][accepted[k]]) b.wrong += "delivered twice; ";
            b.stored[current][accepted[k]] = true;
        }
        session.accept(r);
    }
    template <class A>
    void on(const A& other) {
        session.answer_default(other);
    }

    bool run() {
        bool busy = false;
        while (const auto action = session.next()) {
            match(*action, [&](const auto& a) { on(a); });
            busy = true;
        }
        return busy;
    }
};

// ---- the client's end

template <class Client>
struct client_end {
    const plan& p;
    books& b;
    client_config config;
    Client session;
    std::size_t next_message = 0;
    std::size_t current = 0;
    std::size_t written = 0;
    bool open = false; // a transaction without its last word
    bool asked = false;
    std::vector<std::size_t> accepted;
    sasl::plain_client plain{"tim", "secret"};
    sasl::login_client login{"tim", "secret"};

    client_end(const plan& a_plan, books& some_books)
        : p(a_plan), b(some_books), config(make(a_plan)), session(config) {}

    static client_config make(const plan& p) {
        client_config c{"client.example"};
        c.tls = tls_policy::never;
        c.protocol = p.protocol;
        c.pipelining = p.pipelining;
        c.prefer_bdat = p.bdat;
        if (!p.secure) return c;
        c.tls = tls_policy::if_offered;
        c.mechanisms = "LOGIN PLAIN";
        c.cleartext_auth = true;
        c.auth_required = false;
        return c;
    }

    static fate of(verdict v) {
        return v == verdict::accepted      ? fate::accepted
               : v == verdict::refused     ? fate::refused
               : v == verdict::retry_later ? fate::later
                                           : fate::doubt;
    }
    std::size_t count() const { return p.messages[current].recipients; }
    void set(std::size_t i, fate f) {
        fate& old = b.told[current][i];
        if (old != fate::none && old != fate::accepted) b.wrong += "told twice; ";
        old = f;
    }

    void on(const ready&) {
        open = false;
        if (p.asks && (asked = !asked)) {
            if (session.command(cmd::noop{"x"}) != errc::none) b.wrong += "command; ";
            return;
        }
        if (next_message == p.messages.size()) return void(session.quit());
        current = next_message++;
        accepted.clear();
        written = 0;
        open = true;
        const std::span<const recipient> to = recipients();
        envelope e{sender(current), to.first(count())};
        e.all_or_nothing = p.all_or_nothing;
        if (p.message_limit != 0) e.size = arrives(p.messages[current].content).size();
        const errc wrong = session.send(e);
        if (wrong == errc::none) return;
        const bool for_good = wrong == errc::message_too_big && is_too_big(p, current);
        const bool by_limits = wrong == errc::mail_limit || wrong == errc::too_many_recipients; // of a scripted server
        if (!for_good && !by_limits) b.wrong += "send; ";
        for (std::size_t i = 0; i < count(); ++i) set(i, for_good ? fate::refused : fate::later);
        open = false;
        on(ready{});
    }
    void on(const start_handshake&) { session.tls_started(); }
    void on(const sasl_request& r) {
        if (r.mechanism == plain.name()) sasl::drive(session, r, plain);
        if (r.mechanism == login.name()) sasl::drive(session, r, login);
    }
    void on(const recipient_result& r) {
        if (r.verdict == verdict::accepted) accepted.push_back(r.index);
        set(r.index, of(r.verdict));
    }
    void on(const delivered& d) { finish(d.recipient, fate::delivered); }
    void on(const not_delivered& n) {
        if (n.command == verb::mail || n.command == verb::rcpt) {
            for (std::size_t i = 0; i < count(); ++i)
                if (const fate f = b.told[current][i]; f == fate::none || f == fate::accepted) set(i, of(n.verdict));
        } else if (n.command == verb::data || n.command == verb::bdat) {
            for (const std::size_t i : accepted) set(i, of(n.verdict));
        } else {
            finish(n.recipient, of(n.verdict));
        }
    }
    void finish(std::size_t ordinal, fate f) {
        if (p.protocol == dialect::lmtp) return set(accepted.at(ordinal), f);
        for (const std::size_t i : accepted) set(i, f);
    }
    void on(const failed& f) {
        if (!b.cut) b.wrong += "failed without a cut; ";
        if (!open) return;
        for (std::size_t k = f.finished; k < accepted.size(); ++k) set(accepted[k], of(f.accepted_are));
        for (std::size_t i = f.answered; i < count(); ++i) set(i, fate::later);
    }
    template <class A>
    void on(const A&) {}

    bool run() {
        bool busy = false;
        while (const auto action = session.next()) {
            match(*action, [&](const auto& a) { on(a); });
            busy = true;
        }
        if (!session.wants_body()) return busy;
        const std::string_view rest = std::string_view(p.messages[current].content).substr(written);
        const std::size_t taken = session.write_body(rest.substr(0, p.piece));
        written += taken;
        if (taken == rest.size() && session.wants_body()) session.end_body();
        return busy || taken != 0 || !session.wants_body();
    }
};

// ---- the wire

template <class Client, class Server>
books run(const plan& p) {
    books b;
    b.told.resize(p.messages.size());
    b.stored.resize(p.messages.size());
    server_end<Server> s(p, b);
    client_end<Client> c(p, b);
    // Moves octets as the plan says; true if some moved. Those behind the cut are lost.
    const auto move = [&b](auto& from, auto& to, std::size_t most, std::size_t cut, std::size_t& count) {
        if (from.output().empty() || !to.wants_input()) return false;
        const std::string_view octets = from.output().substr(0, std::min(most, to.prepare().size()));
        const std::size_t arrive = std::min(octets.size(), cut - count);
        if (to.feed(octets.substr(0, arrive)) != arrive) b.wrong += "feed; ";
        count += arrive;
        b.cut = b.cut || arrive < octets.size();
        from.consume(octets.size());
        return !octets.empty();
    };
    for (std::size_t idle = 0; !(c.session.closed() && s.session.closed()) && idle < 3;) {
        bool busy = c.run();
        busy = s.run() || busy;
        if (!b.cut) busy = move(c.session, s.session, p.to_server, p.cut_server, b.server_octets) || busy;
        if (!b.cut) busy = move(s.session, c.session, p.to_client, p.cut_client, b.client_octets) || busy;
        if (b.cut || c.session.closed()) { // what leaves goes nowhere
            busy = busy || !s.session.output().empty() || !c.session.output().empty();
            s.session.close_input();
            c.session.close_input();
            s.session.consume(s.session.output().size());
            c.session.consume(c.session.output().size());
        }
        idle = busy ? 0 : idle + 1;
    }
    if (!c.session.closed() || !s.session.closed()) b.wrong += "stuck; ";
    return b;
}

// What is wrong with the books; empty if both ends agree.
inline std::string judge(const plan& p, const books& b) {
    std::string wrong = b.wrong;
    for (std::size_t m = 0; m < p.messages.size(); ++m) {
        for (std::size_t i = 0; i < p.messages[m].recipients; ++i) {
            const fate f = b.told[m][i];
            const std::string who = " (message " + std::to_string(m) + ", recipient " + std::to_string(i) + "); ";
            if (b.stored[m][i] && f != fate::delivered && f != fate::doubt) wrong += "stored, but not said so" + who;
            if (!b.stored[m][i] && f == fate::delivered) wrong += "said to be delivered" + who;
            if (f == fate::doubt && !b.cut) wrong += "doubt" + who;
            if (f == fate::accepted || (f == fate::none && !b.cut)) wrong += "no last word" + who;
        }
    }
    return wrong;
}

// What a run without a cut must come to, from the plan alone.
inline fate expected(const plan& p, std::size_t m, std::size_t i) {
    const letter& a = p.messages[m];
    const auto bit = [](std::uint8_t bits, std::size_t k) { return ((unsigned{bits} >> k) & 1U) != 0; };
    const auto no = [](std::size_t k) { return k % 2 == 0 ? fate::refused : fate::later; };
    if (is_too_big(p, m)) return fate::refused;
    if (a.mail_refused) return no(0);
    if (bit(a.refused, i)) return no(i);
    if (a.data_refused) return no(1);
    std::size_t ordinal = 0;
    for (std::size_t k = 0; k < i; ++k) ordinal += bit(a.refused, k) ? 0U : 1U;
    if (a.dropped && !a.content.empty()) return fate::refused;
    const std::size_t k = p.protocol == dialect::lmtp ? ordinal : 0;
    return bit(a.failed, k) ? no(k) : fate::delivered;
}

} // namespace loopback
