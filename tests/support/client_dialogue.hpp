// A client against a scripted server: what it says, octet for octet, and the actions it hands out.
//
// A script answers as a server does: what stands behind a client's line is sent once that line has come. So a dialogue can
// be run with the server's stream cut anywhere.
#pragma once

#include <sansmtp/client.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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
    return "not_delivered " + std::to_string(a.recipient) + " " + name(a.verdict) + " " + where + code(a.reply);
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

struct dialogue {
    std::string title;
    sansmtp::client_config config{"client.example"};
    sansmtp::envelope envelope;
    std::vector<sansmtp::recipient> to;
    std::string content;
    std::size_t messages = 1;
    bool quits = true;
    bool once = false; // cuts matter: a reply comes before its command has left
    enum class end { open, eof, timeout } then = end::open;
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

// Runs `d`. `step(at)` says how many octets behind place `at` of the server's stream come in one piece; content is offered
// in pieces of `piece` octets.
template <class Client, class Step>
outcome run(const dialogue& d, Step step, std::size_t piece) {
    Client client(d.config);
    outcome o;
    sansmtp::envelope envelope = d.envelope;
    envelope.to = d.to;
    const std::string stream = d.server_octets();
    std::size_t at = 0, sent = 0, written = 0;
    bool ended = false;
    const auto act = [&](const sansmtp::client_action& action) {
        o.actions += line(action) + "\n";
        if (std::holds_alternative<sansmtp::content_wanted>(action)) written = 0;
        if (!std::holds_alternative<sansmtp::ready>(action)) return;
        if (sent++ < d.messages) {
            const sansmtp::errc e = client.send(envelope);
            if (e != sansmtp::errc::none) o.actions += "send " + name(e) + "\n";
        } else if (d.quits) {
            client.quit();
        }
    };
    for (bool busy = true; busy && !client.closed();) {
        busy = false;
        while (const auto action = client.next()) act(*action);
        if (client.wants_body()) {
            const std::size_t taken = client.write_body(std::string_view(d.content).substr(written, piece));
            written += taken;
            if (written == d.content.size()) client.end_body();
            busy = true;
        }
        if (!client.output().empty()) {
            o.wire += client.output();
            client.consume(client.output().size());
            busy = true;
        } else if (const std::size_t end = d.released(o.wire.size()); at < end && client.wants_input()) {
            const std::size_t n = std::min(std::max<std::size_t>(step(at), 1), end - at);
            at += client.feed(std::string_view(stream).substr(at, n));
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
