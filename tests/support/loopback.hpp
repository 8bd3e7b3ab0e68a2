// A client against a server in memory, and the books that both ends keep: after any run they must agree.
//
// A run is a plan: what is sent, what the server answers, how the octets travel, and where the connection is cut.
#pragma once

#include "loopback_plan.hpp"
#include "toy_hash.hpp"

#include <sansmtp/cram_md5.hpp>
#include <sansmtp/literals.hpp>
#include <sansmtp/sasl.hpp>
#include <sansmtp/scram.hpp>

#include <optional>

namespace loopback {

// "r0@to.example" to "r7@to.example", and "m0@from.example" and so on.
inline const path& address(std::size_t i) {
    static constexpr std::array<path, most_recipients> all = {
        "r0@to.example"_path, "r1@to.example"_path, "r2@to.example"_path, "r3@to.example"_path,
        "r4@to.example"_path, "r5@to.example"_path, "r6@to.example"_path, "r7@to.example"_path};
    return all[i];
}
inline const path& sender(std::size_t i, bool utf8) {
    static constexpr std::array<path, 4> all = {"m0@from.example"_path, "m1@from.example"_path, "m2@from.example"_path,
                                                "m3@from.example"_path};
    static const std::array<path, 4> foreign = {*parse_path("<m0@fr\xc3\xb6m.example>", {strict(), true}),
                                                *parse_path("<m1@fr\xc3\xb6m.example>", {strict(), true}),
                                                *parse_path("<m2@fr\xc3\xb6m.example>", {strict(), true}),
                                                *parse_path("<m3@fr\xc3\xb6m.example>", {strict(), true})};
    return utf8 ? foreign[i] : all[i];
}
inline std::size_t number_of(const path& p) { return static_cast<std::size_t>(p.text()[1] - '0'); }

// ---- options of every extension, as they are asked for and as they come

inline constexpr extension_set of_recipients{extension_id::dsn, extension_id::rrvs};
inline constexpr date_time long_ago{2001, 2, 3};

inline void ask_for(envelope& e, std::span<recipient> to, const letter& m, std::uint64_t size) {
    const auto wants = [&m](extension_id id) { return m.wants.has(id); };
    e.optional = m.optional;
    if (wants(extension_id::size)) e.size = size;
    if (wants(extension_id::eight_bit_mime)) e.body = body_type::eight_bit_mime;
    if (wants(extension_id::binary_mime)) e.body = body_type::binary_mime;
    e.utf8 = wants(extension_id::smtputf8);
    e.require_tls = wants(extension_id::require_tls);
    if (wants(extension_id::deliver_by)) e.by = deliver_by{120, by_mode::notify, true};
    if (wants(extension_id::future_release)) e.hold_for = 60;
    if (wants(extension_id::mt_priority)) e.priority = std::int8_t{-3};
    if (wants(extension_id::dsn)) {
        e.ret = dsn_ret::headers;
        e.envid = "an id+1";
    }
    for (recipient& r : to) {
        if (wants(extension_id::rrvs)) r.rrvs = required_since{long_ago};
        if (!wants(extension_id::dsn)) continue;
        r.notify = dsn_notify{true, false, true};
        r.orcpt = "first=one@to.example";
    }
}

// The extensions whose parameters a list has; by their values too.
inline extension_set seen_in(const parameters& list) {
    extension_set all;
    for (const parameter q : list) {
        const known_parameter known = find_parameter(q.keyword);
        const auto id = extension_of(known);
        if (known == known_parameter::body && list.body() == body_type::binary_mime)
            all = all | extension_set{extension_id::binary_mime};
        else if (id)
            all = all | extension_set{*id};
    }
    return all;
}

inline constexpr std::string_view user = "tim", password = "tanstaaftanstaaf", salt = "salt";

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
    bool handshake = false; // it is due
    bool secured;
    bool let_in = false;
    sasl::plain_server plain;
    sasl::login_server login;
    sasl::cram_md5_server<toy_hash> cram{"<1.2@mx.example>"};
    sasl::scram_server<toy_hash> scram{"server.nonce"};
    std::string_view mechanism;
    sasl::scram_secret<toy_hash> secret;

    server_end(const plan& a_plan, books& some_books)
        : p(a_plan), b(some_books), config(make(a_plan)), session(config), secured(p.implicit) {
        if (p.implicit) session.tls_started({});
        secret.derive(password, salt, 4096);
    }

    static server_config make(const plan& p) {
        server_config c{"mx.example"};
        c.protocol = p.protocol;
        c.limits.message_size = p.message_limit;
        if (p.recipient_limit != 0) c.limits.recipients = static_cast<std::uint32_t>(p.recipient_limit);
        c.session_limits = p.limits;
        c.offer = p.offer;
        c.mechanisms = p.offered_mechanisms;
        c.cleartext_auth = p.cleartext_offered;
        c.short_auth = true;
        c.future_release = {1000, {2099}};
        return c;
    }

    const letter& now() const { return p.messages[current]; }
    static reply no(std::size_t i) {
        return i % 2 == 0 ? reply{550, {5, 1, 1}, "never"} : reply{451, {4, 3, 0}, "not now"};
    }
    // What of the options must have come.
    extension_set due() const { return asked(now()) & offered(p); }

    void on(const request<cmd::ehlo>& r) {
        p.no_ehlo ? session.reject(r, reply{502, {5, 5, 1}, "no"}) : session.accept(r);
    }
    void on(const request<cmd::lhlo>& r) {
        p.no_ehlo ? session.reject(r, reply{502, {5, 5, 1}, "no"}) : session.accept(r);
    }

    // ---- TLS and AUTH

    void on(const request<cmd::starttls>& r) {
        p.tls_ends == handshake::unavailable ? session.answer_default(r) : session.accept(r);
    }
    void on(const start_handshake&) { handshake = true; }
    void on(const request<cmd::auth>& r) {
        if (!secured && !p.cleartext_auth && lists(cleartext_mechanisms, r.mechanism))
            b.wrong += "a password in clear; ";
        mechanism = r.mechanism == "PLAIN"      ? "PLAIN"
                    : r.mechanism == "LOGIN"    ? "LOGIN"
                    : r.mechanism == "CRAM-MD5" ? "CRAM-MD5"
                                                : "SCRAM-SHA-256";
        drive(r);
    }
    void on(const request<auth_response>& r) { drive(r); }
    template <class R>
    void drive(const R& r) {
        const auto is_right = [](const sasl::claim& c) { return c.identity == user && c.secret == password; };
        const auto password_of = [](const sasl::claim& c) {
            return c.identity == user ? std::optional(password) : std::nullopt;
        };
        const auto keys_of = [this](const sasl::claim& c) {
            return c.identity == user ? std::optional(secret.keys(salt, 4096)) : std::nullopt;
        };
        if (mechanism == "PLAIN") sasl::drive(session, r, plain, is_right);
        if (mechanism == "LOGIN") sasl::drive(session, r, login, is_right);
        if (mechanism == "CRAM-MD5") sasl::drive(session, r, cram, password_of);
        if (mechanism == "SCRAM-SHA-256") sasl::drive(session, r, scram, keys_of);
        let_in = session.with().authenticated;
    }

    // ---- mail

    void on(const request<cmd::mail>& r) {
        current = number_of(r.from);
        accepted.clear();
        content.clear();
        if (!secured && p.tls == tls_policy::required) b.wrong += "mail in clear; ";
        check(seen_in(r.params), due() - extension_set{extension_id::rrvs});
        now().mail_refused ? session.reject(r, no(0)) : session.accept(r);
    }
    void on(const request<cmd::rcpt>& r) {
        const std::size_t i = number_of(r.to);
        check(seen_in(r.params), due() & of_recipients);
        if (bit(now().refused, i)) return void(session.reject(r, no(i)));
        accepted.push_back(i);
        session.accept(r);
    }
    void check(extension_set seen, extension_set wanted) {
        extension_set always; // what is no option
        if (now().utf8_sender) always = always | extension_set{extension_id::smtputf8};
        if (p.message_limit != 0) always = always | extension_set{extension_id::size};
        if (seen - always != wanted - always) b.wrong += "the options; ";
    }
    void on(const request<cmd::data>& r) { now().data_refused ? session.reject(r, no(1)) : session.accept(r); }
    void on(const body& piece) {
        content += piece.bytes;
        if (now().dropped) session.refuse_message(554, {5, 6, 0});
    }
    void on(const request<message_end>& r) {
        if (r.size != content.size()) b.wrong += "the size of the message; ";
        if (bit(now().failed, r.recipient)) return void(session.reject(r, no(r.recipient)));
        if (content != arrives(p, now())) b.wrong += "the content of the message; ";
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
    bool noop_given = false;
    bool handshake = false; // it is due
    std::vector<std::size_t> accepted;
    std::vector<recipient> to; // of the current message
    std::string_view secret;
    sasl::plain_client plain{user, secret};
    sasl::login_client login{user, secret};
    sasl::cram_md5_client<toy_hash> cram{user, secret};
    sasl::scram_client<toy_hash> scram{user, secret, "client.nonce"};

    client_end(const plan& a_plan, books& some_books)
        : p(a_plan),
          b(some_books),
          config(make(a_plan)),
          session(config),
          secret(p.knows_password ? password : "wrong") {
        if (p.implicit) session.tls_started();
    }

    static client_config make(const plan& p) {
        client_config c{"client.example"};
        c.tls = p.tls;
        c.protocol = p.protocol;
        c.pipelining = p.pipelining;
        c.prefer_bdat = p.bdat;
        c.mechanisms = p.mechanisms;
        c.cleartext_auth = p.cleartext_auth;
        c.auth_required = p.auth_required;
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
        b.opened = true;
        b.secured = session.secured();
        b.authenticated = session.authenticated();
        if (p.asks && (noop_given = !noop_given)) {
            if (session.command(cmd::noop{"x"}) != errc::none) b.wrong += "command; ";
            return;
        }
        while (next_message < p.messages.size())
            if (begin(next_message++)) return;
        session.quit();
    }
    // True if the transaction has begun; else the message is settled.
    bool begin(std::size_t message) {
        const letter& m = p.messages[message];
        current = message;
        accepted.clear();
        written = 0;
        to.clear();
        for (std::size_t i = 0; i < count(); ++i) to.push_back({address(i)});
        envelope e{sender(current, m.utf8_sender), to};
        const std::uint64_t size = arrives(p, m).size();
        ask_for(e, to, m, size);
        e.all_or_nothing = p.all_or_nothing;
        if (has_size(p, m)) e.size = size;
        const errc wrong = session.send(e);
        open = wrong == errc::none;
        if (open && m.abandoned == leaving::after_send) abandon();
        if (wrong == errc::none) return true;
        const bool for_good = wrong == errc::not_offered || wrong == errc::message_too_big;
        const bool for_now = wrong == errc::mail_limit || wrong == errc::too_many_recipients;
        if (!for_good && !for_now) b.wrong += "send; ";
        if (wrong == errc::not_offered && session.missing() == nullptr) b.wrong += "what is missing; ";
        for (std::size_t i = 0; i < count(); ++i) set(i, for_good ? fate::refused : fate::later);
        return false;
    }
    // Nobody is told any more.
    void abandon() {
        if (session.abandon() != errc::none) b.wrong += "abandon; ";
        open = false;
        for (std::size_t i = 0; i < count(); ++i)
            if (const fate f = b.told[current][i]; f == fate::none || f == fate::accepted) set(i, fate::later);
    }
    void on(const content_wanted&) {
        if (p.messages[current].abandoned == leaving::on_content) abandon();
    }
    void on(const start_handshake&) { handshake = true; }
    void on(const sasl_request& r) {
        if (r.mechanism == plain.name()) sasl::drive(session, r, plain);
        if (r.mechanism == login.name()) sasl::drive(session, r, login);
        if (r.mechanism == cram.name()) sasl::drive(session, r, cram);
        if (r.mechanism == scram.name()) sasl::drive(session, r, scram);
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
        const errc own = is_stopped(p, p.messages[current]) ? errc::eight_bit : errc::session_shut_down;
        const bool given_up = f.why == own && costs_connection(p, current);
        if (!b.cut && opening_of(p).ready && !given_up) b.wrong += "failed without a cut; ";
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
        if (taken < rest.size() || !session.wants_body()) return busy || taken != 0 || !session.wants_body();
        if (p.messages[current].abandoned == leaving::behind_content)
            abandon();
        else
            session.end_body();
        return true;
    }
};

// ---- the wire

// The handshake, once both ends wait for it.
template <class Client, class Server>
bool shake_hands(const plan& p, client_end<Client>& c, server_end<Server>& s) {
    if (!c.handshake || !s.handshake) return false;
    c.handshake = s.handshake = false;
    if (p.tls_ends == handshake::failed) {
        c.session.tls_failed();
        s.session.tls_failed();
        return true;
    }
    s.secured = true;
    c.session.tls_started({p.tls_ends != handshake::weak_to_client});
    s.session.tls_started({p.tls_ends != handshake::weak_to_server});
    return true;
}

template <class Client, class Server>
books run(const plan& p) {
    books b;
    b.told.resize(p.messages.size());
    b.stored.resize(p.messages.size());
    server_end<Server> s(p, b);
    client_end<Client> c(p, b);
    // Moves octets as the plan says; true if some moved. Those behind the cut are lost.
    const auto move = [&b](auto& from, auto& to, std::size_t most, std::size_t split, std::size_t cut,
                           std::size_t& count) {
        if (from.output().empty() || !to.wants_input()) return false;
        if (count < split) most = std::min(most, split - count);
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
        busy = shake_hands(p, c, s) || busy;
        if (!b.cut)
            busy = move(c.session, s.session, p.to_server, p.split_server, p.cut_server, b.server_octets) || busy;
        if (!b.cut)
            busy = move(s.session, c.session, p.to_client, p.split_client, p.cut_client, b.client_octets) || busy;
        if (s.session.closed() && s.session.output().empty()) c.session.close_input();
        if (b.cut || c.session.closed()) { // what leaves goes nowhere
            busy = busy || !s.session.output().empty() || !c.session.output().empty();
            s.session.close_input();
            c.session.close_input();
            s.session.consume(s.session.output().size());
            c.session.consume(c.session.output().size());
        }
        idle = busy ? 0 : idle + 1;
    }
    b.let_in = s.let_in;
    if (!c.session.closed() || !s.session.closed()) b.wrong += "stuck; ";
    return b;
}

} // namespace loopback
