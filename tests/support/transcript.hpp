// Dialogues kept as text files, and a server that plays its part in them. The format is described in
// transcripts/README.md.
#pragma once

#include "trace.hpp"

#include <sansmtp/server.hpp>

#include <deque>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace transcript {

using namespace sansmtp;

// An answer of the caller's: to requests of this kind whose description holds `match`.
struct rule {
    std::string kind, match, text;
    unsigned code = 0;
    enhanced_code enhanced;
};

struct item {
    enum class what { client, server, action, close, timeout, shutdown, tls, refuse } kind;
    bool is_event() const { return kind != what::client && kind != what::server && kind != what::action; }
    std::string text;
};

struct script {
    server_config config{.host = "mx.example"};
    std::deque<std::string> texts; // what config views
    std::deque<std::string_view> verbs;
    std::vector<rule> rules;
    std::vector<extension> extensions;
    std::vector<item> items;
    bool actions = false;  // the file says which actions are expected
    bool implicit = false; // TLS before the greeting
    bool weak = false;     // and below policy
};

inline std::string word(std::string_view& text) {
    const std::size_t end = text.find(' ');
    const std::string first(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return first;
}

inline unsigned number(std::string_view text) { return static_cast<unsigned>(std::stoul(std::string(text))); }

// "550 5.1.1 text": the enhanced code may be missing.
inline void read_reply(rule& r, std::string_view text) {
    r.code = number(word(text));
    std::size_t length = 0;
    if (const auto found = find_enhanced_code(r.code, text, length)) {
        r.enhanced = *found;
        text.remove_prefix(length);
    }
    r.text = trace::unescaped(text);
}

inline void allow(leniency& l, std::string_view name) {
    if (name == "strict") return void(l = strict());
    if (name == "legacy") return void(l = legacy());
    if (name == "unqualified") return void(l.unqualified = true);
    if (name == "bare_route") return void(l.bare_route = true);
    throw std::runtime_error("allow " + std::string(name));
}

// The extension of that EHLO keyword.
inline extension_set extension_named(std::string_view keyword) {
    const extension* const found = find_extension(keyword);
    if (found == nullptr) throw std::runtime_error("extension " + std::string(keyword));
    return extension_set{static_cast<extension_id>(found - registered_extensions.data())};
}

inline extension_set extensions_named(std::string_view keywords) {
    extension_set all;
    while (!keywords.empty()) all = all | extension_named(word(keywords));
    return all;
}

// MAILMAX RCPTMAX
inline announced_limits read_limits(std::string_view text) {
    const unsigned mails = number(word(text));
    return {mails, number(text), 0};
}

// SECONDS DATE-TIME
inline release_limits read_release(std::string_view text) {
    const auto line = read_future_release({"FUTURERELEASE", text});
    if (!line) throw std::runtime_error("set future_release");
    return *line;
}

inline void read_setting(script& s, std::string_view text) {
    const std::string name = word(text);
    const auto value = [&]() -> std::string_view { return s.texts.emplace_back(text); };
    server_config& c = s.config;
    // clang-format off
    if (name == "lmtp")               return void(c.protocol = dialect::lmtp);
    if (name == "keep_bare_newlines") return void(c.bare_newlines = bare_newlines::keep);
    if (name == "offer")              return void(c.offer = c.offer | extensions_named(text));
    if (name == "without")            return void(c.offer = c.offer - extensions_named(text));
    if (name == "mechanisms")         return void(c.mechanisms = value());
    if (name == "cleartext_auth")     return void(c.cleartext_auth = true);
    if (name == "require_tls")        return void(c.require_tls = true);
    if (name == "require_auth")       return void(c.require_auth = true);
    if (name == "auth_failures")      return void(c.auth_failures = number(text));
    if (name == "hang_up_on_junk")    return void(c.hang_up_on_junk = true);
    if (name == "limits")             return void(c.session_limits = read_limits(text));
    if (name == "deliver_by")         return void(c.deliver_by_minimum = number(text));
    if (name == "future_release")     return void(c.future_release = read_release(text));
    if (name == "priority_policy")    return void(c.priority_policy = value());
    if (name == "solicitations")      return void(c.solicitations = value());
    if (name == "implicit_tls")       return void(s.implicit = true);
    if (name == "weak_tls")           return void(s.implicit = s.weak = true);
    if (name == "host")               return void(c.host = value());
    if (name == "banner")             return void(c.banner = value());
    if (name == "allow")              return allow(c.allow, text);
    if (name == "message_size")       return void(c.limits.message_size = number(text));
    if (name == "recipients")         return void(c.limits.recipients = number(text));
    if (name == "bad_commands")       return void(c.limits.bad_commands = number(text));
    if (name == "command_line")       return void(c.limits.command_line = number(text));
    if (name == "text_line")          return void(c.limits.text_line = number(text));
    if (name == "dropped")            return void(c.limits.dropped = number(text));
    if (name == "extension")          return void(s.extensions.push_back({value()}));
    // clang-format on
    if (s.extensions.empty()) throw std::runtime_error("set " + name);
    const std::span<const std::string_view> one{&s.verbs.emplace_back(value()), 1}; // of the extension named last
    if (name == "verb") return void(s.extensions.back().verbs = one);
    if (name == "mail_parameter") return void(s.extensions.back().mail_parameters = one);
    if (name == "rcpt_parameter") return void(s.extensions.back().rcpt_parameters = one);
    throw std::runtime_error("set " + name);
}

// KIND "part" CODE text
inline void read_answer(script& s, std::string_view text) {
    rule r;
    r.kind = word(text);
    if (!text.empty() && text[0] == '"') {
        r.match = text.substr(1, text.find('"', 1) - 1);
        text.remove_prefix(r.match.size() + 3);
    }
    read_reply(r, text);
    s.rules.push_back(r);
}

inline void read_line(script& s, std::string_view line) {
    using what = item::what;
    const auto rest = [&line](std::size_t n) { return line.substr(n < line.size() ? n : line.size()); };
    const auto begins = [&line](std::string_view with) { return line.substr(0, with.size()) == with; };
    const auto add = [&s](what kind, std::string text) { s.items.push_back({kind, std::move(text)}); };
    if (line.empty() || line[0] == '#') return;
    if (begins("C:")) return add(what::client, trace::unescaped(rest(3)) + "\r\n");
    if (begins("C~")) return add(what::client, trace::unescaped(rest(3)));
    if (begins("S:")) return add(what::server, std::string(rest(3)));
    if (begins("!:")) return s.actions = true, add(what::action, std::string(rest(3)));
    if (line == "no actions") return void(s.actions = true);
    if (line == "close") return add(what::close, {});
    if (line == "timeout") return add(what::timeout, {});
    if (line == "tls" || begins("tls ")) return add(what::tls, std::string(rest(4)));
    if (begins("refuse ")) return add(what::refuse, std::string(rest(7)));
    if (begins("shutdown ")) return add(what::shutdown, std::string(rest(9)));
    if (begins("set ")) return read_setting(s, rest(4));
    if (begins("answer ")) return read_answer(s, rest(7));
    throw std::runtime_error("not a line of a transcript: " + std::string(line));
}

inline void read(script& s, const std::string& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot read " + file);
    for (std::string line; std::getline(in, line);) read_line(s, line);
    s.config.extensions = s.extensions;
}

// A server session that follows a script: it answers by the rules, else by the obvious positive reply.
template <std::size_t In = 16384, std::size_t Out = 4096>
class player {
public:
    explicit player(const script& s, bool holds_connection = false)
        : script_(&s), holds_connection_(holds_connection), session_(s.config, 7) {
        if (s.implicit) session_.tls_started({!s.weak});
        pump();
    }

    // Octets in, in pieces as they are given; what the session does not want any more is lost.
    void feed(std::string_view octets) {
        while (!octets.empty() && session_.wants_input()) {
            octets.remove_prefix(session_.feed(octets));
            pump();
        }
    }
    void event(const item& i) {
        switch (i.kind) {
        case item::what::close: session_.close_input(); break;
        case item::what::timeout: session_.timed_out(); break;
        case item::what::shutdown: {
            rule r;
            read_reply(r, i.text);
            session_.shutdown(*reply::make(r.code, r.enhanced, r.text));
            break;
        }
        case item::what::tls: tls(i.text); break;
        case item::what::refuse: {
            rule r;
            read_reply(r, i.text);
            session_.refuse_message(r.code, r.enhanced);
            break;
        }
        default: return;
        }
        pump();
    }
    const trace::record& seen() const { return seen_; }
    basic_server<In, Out>& session() { return session_; }
    // Answers what is held.
    void release() {
        if (held_connection_) session_.accept(*held_connection_);
        if (held_end_) session_.accept(*held_end_);
        held_connection_.reset();
        held_end_.reset();
        pump();
    }
    // Octets that are written at once; all by default.
    std::size_t write_size = static_cast<std::size_t>(-1);
    // What AUTH without an initial response is answered with, if anything.
    std::optional<std::string_view> challenge;
    // Verdicts wait for release().
    bool holds_verdicts = false;

private:
    // The end of a handshake: good unless the text says weak, failed or closed.
    void tls(std::string_view how) {
        if (how == "failed") return void(session_.tls_failed());
        if (how == "closed") return void(session_.tls_closed());
        session_.tls_started({how != "weak"});
    }

    void pump() {
        for (;;) {
            while (auto action = session_.next())
                match(*action, [this](const auto& a) {
                    seen_.add(a);
                    answer(a);
                });
            const std::string_view out = session_.output().substr(0, write_size);
            if (out.empty()) return;
            seen_.output += out;
            session_.consume(out.size());
        }
    }

    template <class C>
    void answer(const request<C>& r) {
        if (hold(r)) return;
        const std::string text = trace::describe{}(r);
        for (const rule& rule : script_->rules) {
            if (text.substr(0, text.find(' ')) != rule.kind || text.find(rule.match) == std::string::npos) continue;
            const ticket<C>& t = r;
            if constexpr (challengeable<C>) {
                if (rule.code == 334) return void(session_.challenge(t, {rule.text.data(), rule.text.size()}));
            }
            session_.answer(t, *reply::make(rule.code, rule.enhanced, rule.text));
            return;
        }
        if constexpr (acceptable<C>)
            session_.accept(r);
        else
            session_.answer_default(r);
    }
    template <class A>
    void answer(const A& action) {
        session_.answer_default(action);
    }

    bool hold(const request<connection>& r) {
        if (holds_connection_) held_connection_ = r;
        return holds_connection_;
    }
    bool hold(const request<message_end>& r) {
        if (holds_verdicts) held_end_ = r;
        return holds_verdicts;
    }
    bool hold(const request<cmd::auth>& r) {
        if (r.initial_response || !challenge) return false;
        session_.challenge(static_cast<const ticket<cmd::auth>&>(r), std::span(challenge->data(), challenge->size()));
        return true;
    }
    template <class C>
    bool hold(const request<C>&) {
        return false;
    }

    const script* script_;
    bool holds_connection_;
    std::optional<ticket<connection>> held_connection_;
    std::optional<ticket<message_end>> held_end_;
    trace::record seen_;
    basic_server<In, Out> session_;
};

// True if a line of output is what the file expects: "*" at its end stands for any text.
inline bool fits(std::string_view expected, std::string_view line) {
    if (expected.empty() || expected.back() != '*') return expected == line;
    return line.substr(0, expected.size() - 1) == expected.substr(0, expected.size() - 1);
}

// The replies in an output: all of the library's own grammar.
inline std::vector<reply_view> replies(std::string_view output) {
    std::vector<reply_view> all;
    reply_parser parser;
    while (!output.empty()) {
        const auto found = parser.next(output);
        if (!found || !*found) throw std::runtime_error("no reply: " + std::string(output));
        all.push_back(**found);
        output.remove_prefix(all.back().raw().size());
    }
    return all;
}

// The lines of an output.
inline std::vector<std::string> lines(std::string_view text) {
    std::vector<std::string> all;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        all.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
    return all;
}

// The first place where two lists differ; empty if there is none.
template <class Same>
std::string difference(const std::vector<std::string>& due, const std::vector<std::string>& is, Same same) {
    for (std::size_t i = 0; i < due.size() || i < is.size(); ++i) {
        if (i < due.size() && i < is.size() && same(due[i], is[i])) continue;
        return "expected " + (i < due.size() ? due[i] : "nothing") + ", got " + (i < is.size() ? is[i] : "nothing");
    }
    return {};
}

// Plays a script in lockstep: what the file has behind a line is what that line brings about. Returns the first
// difference; empty if there is none.
inline std::string play(const script& s, trace::record& seen) {
    player<> p(s);
    std::vector<std::string> output, actions{"connection"};
    const auto differs = [&](std::size_t at) -> std::string {
        std::string text = difference(output, lines(p.seen().output), fits);
        if (text.empty() && s.actions) text = difference(actions, p.seen().actions, std::equal_to<>());
        return text.empty() ? text : "before item " + std::to_string(at) + ": " + text;
    };
    std::string block;
    bool told = true; // the last items say what came out
    for (std::size_t i = 0; i < s.items.size(); ++i) {
        const item& it = s.items[i];
        const bool expects = it.kind == item::what::server || it.kind == item::what::action;
        if (told && !expects)
            if (std::string d = differs(i); !d.empty()) return d;
        told = expects;
        if (it.kind == item::what::client) {
            block += it.text;
            continue;
        }
        p.feed(block);
        block.clear();
        if (expects) (it.kind == item::what::server ? output : actions).push_back(it.text);
        p.event(it);
    }
    p.feed(block);
    seen = p.seen();
    return differs(s.items.size());
}

// What one side sent between two events.
struct stretch {
    std::string octets;
    std::optional<item> event;
};

inline std::vector<stretch> stretches(const script& s) {
    std::vector<stretch> all(1);
    for (const item& i : s.items) {
        if (i.kind == item::what::client) all.back().octets += i.text;
        if (i.is_event()) {
            all.back().event = i;
            all.emplace_back();
        }
    }
    return all;
}

// Plays a script with all input sent at once, but for a cut at `first` and then every `step` octets.
template <std::size_t In = 16384, std::size_t Out = 4096>
trace::record play_cut(const script& s, std::size_t first, std::size_t step, std::size_t write_size = 1 << 20) {
    player<In, Out> p(s);
    p.write_size = write_size;
    std::size_t cut = first;
    std::size_t at = 0;
    for (const stretch& part : stretches(s)) {
        for (std::string_view rest = part.octets; !rest.empty();) {
            while (cut <= at) cut += step;
            const std::string_view piece = rest.substr(0, cut - at);
            p.feed(piece);
            at += piece.size();
            rest.remove_prefix(piece.size());
        }
        if (part.event) p.event(*part.event);
    }
    return p.seen();
}

} // namespace transcript
