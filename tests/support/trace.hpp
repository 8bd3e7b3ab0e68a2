// What a server session did, as lines of text that tests compare and people read.
#pragma once

#include <sansmtp/server.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace trace {

// Octets as C would write them in a string literal.
inline std::string escaped(std::string_view octets) {
    std::string text;
    for (const char c : octets) {
        char hex[8];
        switch (c) {
        case '\r': text += "\\r"; break;
        case '\n': text += "\\n"; break;
        case '\t': text += "\\t"; break;
        case '\\': text += "\\\\"; break;
        default:
            if (c >= ' ' && c <= '~') {
                text += c;
            } else {
                std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
                text += hex;
            }
        }
    }
    return text;
}

// The octets that `escaped` wrote.
inline std::string unescaped(std::string_view text) {
    std::string octets;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\' || text.empty()) {
            octets += c;
            continue;
        }
        const char what = text.front();
        text.remove_prefix(1);
        switch (what) {
        case 'r': octets += '\r'; break;
        case 'n': octets += '\n'; break;
        case 't': octets += '\t'; break;
        case 'x':
            octets += static_cast<char>(std::stoi(std::string(text.substr(0, 2)), nullptr, 16));
            text.remove_prefix(text.size() < 2 ? text.size() : 2);
            break;
        default: octets += what;
        }
    }
    return octets;
}

// The names of the leniencies that are set, each in front by a space.
inline std::string names(const sansmtp::leniency& l) {
    std::string text;
    const auto add = [&text](bool set, const char* name) {
        if (set) text += std::string(" ") + name;
    };
    // clang-format off
    add(l.space_after_colon, "space_after_colon");     add(l.space_before_colon, "space_before_colon");
    add(l.missing_brackets, "missing_brackets");       add(l.unqualified, "unqualified");
    add(l.bare_route, "bare_route");                   add(l.bare_ipv4, "bare_ipv4");
    add(l.hello_text, "hello_text");                   add(l.untagged_ipv6, "untagged_ipv6");
    add(l.any_hello_name, "any_hello_name");           add(l.trailing_dot, "trailing_dot");
    add(l.several_spaces, "several_spaces");           add(l.leading_space, "leading_space");
    add(l.long_local_part, "long_local_part");         add(l.empty_quoted, "empty_quoted");
    add(l.loose_dots, "loose_dots");                   add(l.bare_backslash, "bare_backslash");
    add(l.ipv6_one_group, "ipv6_one_group");           add(l.equals_in_value, "equals_in_value");
    add(l.duplicate_parameter, "duplicate_parameter"); add(l.lower_case_xtext, "lower_case_xtext");
    add(l.base64_pad_bits, "base64_pad_bits");         add(l.eight_bit, "eight_bit");
    add(l.mixed_reply_codes, "mixed_reply_codes");
    // clang-format on
    return text;
}

inline std::string path_text(const sansmtp::path& p) {
    std::string text;
    if (!p.route().empty()) text = std::string(p.route()) + ':';
    return '<' + text + std::string(p.is_postmaster() ? p.text() : p.mailbox().text()) + '>';
}

// The words of one action, without the leniencies.
struct describe {
    using out = std::string;
    template <class Hello>
    static out hello(const char* verb, const Hello& h) {
        return out(verb) + ' ' + out(h.name.text()) + (h.extra.empty() ? out() : " + " + out(h.extra));
    }
    static out with(out text, std::string_view more) { return more.empty() ? text : text + ' ' + out(more); }

    out operator()(const sansmtp::request<sansmtp::connection>&) const { return "connection"; }
    out operator()(const sansmtp::request<sansmtp::cmd::helo>& r) const { return hello("helo", r); }
    out operator()(const sansmtp::request<sansmtp::cmd::ehlo>& r) const { return hello("ehlo", r); }
    out operator()(const sansmtp::request<sansmtp::cmd::lhlo>& r) const { return hello("lhlo", r); }
    out operator()(const sansmtp::request<sansmtp::cmd::mail>& r) const {
        return with("mail " + path_text(r.from), r.params.text());
    }
    out operator()(const sansmtp::request<sansmtp::cmd::rcpt>& r) const {
        return with("rcpt " + path_text(r.to), r.params.text());
    }
    out operator()(const sansmtp::request<sansmtp::cmd::data>&) const { return "data"; }
    out operator()(const sansmtp::request<sansmtp::message_end>& r) const {
        return "end " + std::to_string(r.size) + (r.lmtp ? " for " + std::to_string(r.recipient) : out());
    }
    out operator()(const sansmtp::request<sansmtp::cmd::auth>& r) const {
        return with("auth", r.mechanism) + (r.initial_response ? " \"" + escaped(*r.initial_response) + '"' : out());
    }
    out operator()(const sansmtp::request<sansmtp::auth_response>& r) const { return "response " + escaped(r.bytes); }
    out operator()(const sansmtp::request<sansmtp::cmd::vrfy>& r) const { return with("vrfy", r.text); }
    out operator()(const sansmtp::request<sansmtp::cmd::expn>& r) const { return with("expn", r.text); }
    out operator()(const sansmtp::request<sansmtp::cmd::help>& r) const { return with("help", r.text); }
    out operator()(const sansmtp::request<sansmtp::cmd::starttls>&) const { return "starttls"; }
    out operator()(const sansmtp::request<sansmtp::cmd::burl>& r) const {
        return with("burl", r.uri) + (r.last ? " last" : "");
    }
    out operator()(const sansmtp::request<sansmtp::cmd::etrn>& r) const {
        constexpr const char* scopes[] = {"", "@", "#"};
        return out("etrn ") + scopes[static_cast<std::size_t>(r.scope)] + out(r.node);
    }
    out operator()(const sansmtp::request<sansmtp::cmd::atrn>& r) const { return with("atrn", r.domains.text()); }
    out operator()(const sansmtp::request<sansmtp::cmd::turn>&) const { return "turn"; }
    out operator()(const sansmtp::request<sansmtp::cmd::xclient>& r) const { return with("xclient", r.attrs.text()); }
    out operator()(const sansmtp::request<sansmtp::cmd::xforward>& r) const { return with("xforward", r.attrs.text()); }
    out operator()(const sansmtp::start_handshake&) const { return "handshake"; }
    out operator()(const sansmtp::request<sansmtp::cmd::other>& r) const {
        return with("other " + out(r.verb), r.arguments);
    }
    out operator()(const sansmtp::body& b) const { return "body " + escaped(b.bytes); }
    out operator()(const sansmtp::aborted& a) const { return "aborted: " + out(message(a.why)); }
    out operator()(const sansmtp::refused& r) const {
        return "refused " + std::to_string(r.code.value()) + " at " + std::to_string(r.offset) + ": " +
               out(message(r.why));
    }
    out operator()(const sansmtp::early_talker&) const { return "early"; }
    out operator()(const sansmtp::input_pending&) const { return "pending"; }
};

// What a session put out and handed out. Adjacent pieces of content are joined; what law 1 excepts is counted apart.
struct record {
    std::string output;
    std::vector<std::string> actions;
    std::size_t early = 0;
    std::size_t pending = 0;

    template <class A>
    void add(const A& action) {
        std::string text = describe{}(action);
        if constexpr (requires { action.used; }) text += names(action.used);
        if constexpr (std::is_same_v<A, sansmtp::early_talker>) {
            early += action.octets;
        } else if constexpr (std::is_same_v<A, sansmtp::input_pending>) {
            pending += action.octets;
        } else if (std::is_same_v<A, sansmtp::body> && !actions.empty() && actions.back().rfind("body ", 0) == 0) {
            actions.back() += text.substr(5);
        } else {
            actions.push_back(std::move(text));
        }
    }

    friend bool operator==(const record& a, const record& b) { return a.output == b.output && a.actions == b.actions; }
};

} // namespace trace
