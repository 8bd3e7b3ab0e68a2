// A client against a scripted server: what it says, octet for octet, and the actions it hands out.
//
// A script answers as a server does: what stands behind a client's line is sent once that line has come. So a dialogue can
// be run with the server's stream cut anywhere.
#pragma once

#include <sansmtp/client.hpp>
#include <sansmtp/sasl.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace script {

// ---- names, for expectations that people read

inline std::string name(sansmtp::errc e) {
    using sansmtp::errc;
    switch (e) {
    case errc::none: return "none";
    case errc::bad_reply: return "bad_reply";
    case errc::mixed_reply_codes: return "mixed_reply_codes";
    case errc::reply_too_long: return "reply_too_long";
    case errc::unsolicited_reply: return "unsolicited_reply";
    case errc::unexpected_reply: return "unexpected_reply";
    case errc::service_closing: return "service_closing";
    case errc::refused: return "refused";
    case errc::connection_lost: return "connection_lost";
    case errc::timed_out: return "timed_out";
    case errc::refused_field: return "refused_field";
    case errc::not_offered: return "not_offered";
    case errc::no_valid_recipients: return "no_valid_recipients";
    case errc::message_too_big: return "message_too_big";
    case errc::no_room: return "no_room";
    case errc::wrong_state: return "wrong_state";
    case errc::bad_config: return "bad_config";
    case errc::tls_failed: return "tls_failed";
    case errc::tls_unavailable: return "tls_unavailable";
    case errc::unknown_mechanism: return "unknown_mechanism";
    case errc::cleartext_mechanism: return "cleartext_mechanism";
    case errc::bad_base64: return "bad_base64";
    case errc::bad_sasl_message: return "bad_sasl_message";
    case errc::bad_credentials: return "bad_credentials";
    case errc::auth_cancelled: return "auth_cancelled";
    case errc::auth_line_too_long: return "auth_line_too_long";
    case errc::session_shut_down: return "session_shut_down";
    case errc::line_too_long: return "line_too_long";
    case errc::unsupported_value: return "unsupported_value";
    case errc::too_many_recipients: return "too_many_recipients";
    case errc::mail_limit: return "mail_limit";
    case errc::eight_bit: return "eight_bit";
    default: return "errc " + std::to_string(static_cast<int>(e));
    }
}

inline std::string name(sansmtp::event e) {
    using sansmtp::event;
    switch (e) {
    case event::connection: return "connection";
    case event::helo: return "helo";
    case event::ehlo: return "ehlo";
    case event::lhlo: return "lhlo";
    case event::mail: return "mail";
    case event::rcpt: return "rcpt";
    case event::data: return "data";
    case event::chunk: return "content";
    case event::bdat: return "bdat";
    case event::starttls: return "starttls";
    case event::handshake: return "handshake";
    case event::auth: return "auth";
    case event::auth_response: return "auth_response";
    case event::noop: return "noop";
    case event::vrfy: return "vrfy";
    case event::xclient: return "xclient";
    case event::verdict: return "end";
    case event::rset: return "rset";
    case event::quit: return "quit";
    default: return "idle";
    }
}

inline std::string name(sansmtp::verdict v) {
    constexpr std::string_view names[] = {"accepted", "refused", "retry_later", "in_doubt"};
    return std::string(names[static_cast<std::size_t>(v)]);
}

inline std::string code(const sansmtp::reply_view& r) {
    return r ? std::string(" ").append(std::to_string(r.code().value())) : std::string();
}

// ---- actions as lines

inline std::string line(const sansmtp::greeted& a) { return "greeted" + code(a.reply); }
inline std::string line(const sansmtp::announced& a) { return "announced " + std::string(a.line); }
inline std::string line(const sansmtp::ready&) { return "ready"; }
inline std::string line(const sansmtp::content_wanted&) { return "content"; }
inline std::string line(const sansmtp::recipient_result& a) {
    return "rcpt " + std::to_string(a.index) + " " + name(a.verdict) + code(a.reply);
}
inline std::string line(const sansmtp::delivered& a) {
    return "delivered " + std::to_string(a.recipient) + code(a.reply);
}
inline std::string line(const sansmtp::not_delivered& a) {
    const std::string where = a.command == sansmtp::verb::other ? "end" : std::string(sansmtp::name(a.command));
    const std::string why = a.why == sansmtp::errc::none ? "" : " " + name(a.why);
    return "not_delivered " + std::to_string(a.recipient) + " " + name(a.verdict) + " " + where + code(a.reply) + why;
}
inline std::string line(const sansmtp::start_handshake&) { return "start_handshake"; }
inline std::string line(const sansmtp::sasl_request& a) {
    const std::string challenge = a.challenge ? " '" + std::string(*a.challenge) + "'" : "";
    return "sasl " + std::string(a.mechanism) + challenge;
}
inline std::string line(const sansmtp::authenticated& a) {
    return "authenticated " + std::string(a.mechanism) + code(a.reply);
}
inline std::string line(const sansmtp::replied& a) {
    const std::string verb = a.command == sansmtp::verb::other ? "other" : std::string(sansmtp::name(a.command));
    return "replied " + verb + code(a.reply);
}
inline std::string line(const sansmtp::failed& a) {
    return "failed " + name(a.why) + " at " + name(a.at) + " answered " + std::to_string(a.answered) + " " +
           name(a.accepted_are) + " finished " + std::to_string(a.finished) + code(a.reply);
}
inline std::string line(const sansmtp::client_action& action) {
    std::string text;
    sansmtp::match(action, [&](const auto& a) { text = line(a); });
    return text;
}

// ---- a dialogue

struct part {
    std::string expected; // of the client, before this is sent
    std::string octets;   // of the server
};

// A config that does without TLS.
constexpr sansmtp::client_config plain_config(std::string_view name = "client.example") noexcept {
    sansmtp::client_config c{name};
    c.tls = sansmtp::tls_policy::never;
    return c;
}

inline constexpr std::size_t never_cancel = static_cast<std::size_t>(-1);

struct dialogue {
    std::string title;
    sansmtp::client_config config = plain_config();
    sansmtp::envelope envelope;
    std::vector<sansmtp::recipient> to;
    std::string content;
    std::size_t messages = 1;
    bool quits = true;
    bool once = false;  // cuts matter: a reply comes before its command has left
    bool large = false; // a line does not fit small buffers
    enum class end { open, eof, timeout } then = end::open;
    enum class handshake { good, weak, failed, closed } tls = handshake::good;
    enum class leaving { never, after_send, before_content, behind_content } abandons = leaving::never;
    bool implicit_tls = false;
    std::size_t chunk = 0;              // octets of content in a piece; 0: as the run has it
    std::size_t cancels = never_cancel; // the SASL request that is cancelled
    std::vector<sansmtp::command> commands;
    std::string identity = "tim", secret = "tanstaaftanstaaf"; // what AUTH shows
    std::vector<part> parts;
    std::string actions; // one a line

    std::string client_octets() const {
        std::string all;
        for (const part& p : parts) all += p.expected;
        return all;
    }
    std::string server_octets() const {
        std::string all;
        for (const part& p : parts) all += p.octets;
        return all;
    }
    // What the server has sent once the client has said `n` octets.
    std::size_t released(std::size_t n) const {
        std::size_t wanted = 0, sent = 0;
        for (const part& p : parts) {
            wanted += p.expected.size();
            if (wanted > n) break;
            sent += p.octets.size();
        }
        return sent;
    }
};

struct outcome {
    std::string wire;
    std::string actions;

    friend bool operator==(const outcome&, const outcome&) = default;
};

// Every mechanism that needs no hash, for one session.
struct mechanisms {
    explicit mechanisms(const dialogue& d)
        : plain(d.identity, d.secret),
          login(d.identity, d.secret),
          xoauth2(d.identity, d.secret),
          oauthbearer(d.secret, d.identity),
          external(d.identity),
          anonymous(d.identity) {}

    sansmtp::sasl::plain_client plain;
    sansmtp::sasl::login_client login;
    sansmtp::sasl::xoauth2_client xoauth2;
    sansmtp::sasl::oauthbearer_client oauthbearer;
    sansmtp::sasl::external_client external;
    sansmtp::sasl::anonymous_client anonymous;

    template <class Client>
    void answer(Client& client, const sansmtp::sasl_request& r) {
        const auto with = [&](auto& mechanism) {
            if (r.mechanism == mechanism.name()) sansmtp::sasl::drive(client, r, mechanism);
        };
        with(plain), with(login), with(xoauth2), with(oauthbearer), with(external), with(anonymous);
    }
};

// The caller of a dialogue.
template <class Client>
struct dialogue_caller {
    const dialogue& d;
    Client client;
    outcome o;
    sansmtp::envelope envelope;
    mechanisms sasl;
    std::size_t messages = 0, given = 0, requests = 0, written = 0;
    bool handshake = false;

    explicit dialogue_caller(const dialogue& script) : d(script), client(script.config), sasl(script) {
        envelope = d.envelope;
        envelope.to = d.to;
        if (d.implicit_tls) client.tls_started();
    }

    void note(const std::string& text) { o.actions += text + "\n"; }

    void act(const sansmtp::client_action& action) {
        note(line(action));
        sansmtp::match(action, [&](const auto& a) { on(a); });
    }
    template <class A>
    void on(const A&) {}
    void on(const sansmtp::start_handshake&) { handshake = true; }
    void on(const sansmtp::sasl_request& r) {
        if (requests++ == d.cancels)
            client.cancel(r);
        else
            sasl.answer(client, r);
    }
    void on(const sansmtp::content_wanted&) {
        written = 0;
        if (d.abandons == dialogue::leaving::before_content) client.abandon();
    }
    void on(const sansmtp::ready&) {
        const std::size_t before = given;
        for (; given < d.commands.size(); ++given) {
            const sansmtp::errc e = client.command(d.commands[given]);
            if (e == sansmtp::errc::wrong_state) break;
            if (e != sansmtp::errc::none) note("command " + name(e) + missing());
        }
        if (given != before && client.output().size() != 0) return;
        if (messages++ < d.messages) {
            const sansmtp::errc e = client.send(envelope);
            if (e != sansmtp::errc::none) note("send " + name(e) + missing());
            if (d.abandons == dialogue::leaving::after_send) client.abandon();
        } else if (d.quits) {
            client.quit();
        }
    }
    std::string missing() const {
        return client.missing() == nullptr ? "" : " " + std::string(client.missing()->keyword);
    }

    void end_handshake() {
        handshake = false;
        switch (d.tls) {
        case dialogue::handshake::good: client.tls_started(); break;
        case dialogue::handshake::weak: client.tls_started({false}); break;
        case dialogue::handshake::failed: client.tls_failed(); break;
        case dialogue::handshake::closed: client.tls_closed(); break;
        }
    }
    // True if some content was taken, or its end.
    bool write(std::size_t piece) {
        if (!client.wants_body()) return false;
        const std::string_view rest = std::string_view(d.content).substr(written);
        const std::size_t taken = client.write_body(rest.substr(0, d.chunk != 0 ? d.chunk : piece));
        written += taken;
        if (written < d.content.size() || !client.wants_body()) return taken != 0 || !client.wants_body();
        if (d.abandons == dialogue::leaving::behind_content) return client.abandon() == sansmtp::errc::none;
        return client.end_body() == sansmtp::errc::none;
    }
};

// Runs `d`. `step(at)` says how many octets behind place `at` of the server's stream come in one piece; content is offered
// in pieces of `piece` octets.
template <class Client, class Step>
outcome run(const dialogue& d, Step step, std::size_t piece) {
    dialogue_caller<Client> caller(d);
    Client& client = caller.client;
    outcome& o = caller.o;
    const std::string stream = d.server_octets();
    std::size_t at = 0;
    bool ended = false;
    for (bool busy = true; busy && !client.closed();) {
        while (const auto action = client.next()) caller.act(*action);
        busy = caller.write(piece);
        const std::size_t end = d.released(o.wire.size());
        if (!client.output().empty()) {
            o.wire += client.output();
            client.consume(client.output().size());
            busy = true;
        } else if (at < end && (client.wants_input() || caller.handshake)) {
            const std::size_t n = std::min(std::max<std::size_t>(step(at), 1), end - at);
            at += client.feed(std::string_view(stream).substr(at, n));
            busy = true;
        } else if (std::exchange(caller.handshake, false)) {
            caller.end_handshake();
            busy = true;
        } else if (!busy && !ended && d.then != dialogue::end::open) {
            ended = busy = true;
            if (d.then == dialogue::end::eof)
                client.close_input();
            else
                client.timed_out();
        }
    }
    if (client.closed()) o.actions += "closed\n";
    return o;
}

// ---- the text form: see transcripts/client/README

// "\r", "\n", "\0", "\\" and "\xHH".
inline std::string unescaped(std::string_view text) {
    std::string s;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            s += text[i];
            continue;
        }
        const char c = text[++i];
        if (c == 'x' && i + 2 < text.size()) {
            s += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            s += c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? '\0' : c;
        }
    }
    return s;
}

// A line of the wire: a "\" at its end stands for "no CRLF here".
inline std::string wire_line(std::string_view text) {
    if (!text.empty() && text.back() == '\\') return unescaped(text.substr(0, text.size() - 1));
    return unescaped(text) + "\r\n";
}

} // namespace script
