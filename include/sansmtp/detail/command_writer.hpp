// Writing commands. Every field that the type system does not vouch for is checked before the first octet is written, and
// a command with a field that must not stand is not written at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "../address.hpp"
#include "command_parser.hpp"
#include "writer.hpp"

namespace sansmtp::detail {

// True if the text may go on the wire behind a verb: no control octet, UTF-8 only where it may stand, and no blanks at the
// ends, which would not come back.
constexpr bool is_line_text(std::string_view text, bool utf8) noexcept {
    cursor c(text, syntax{strict(), utf8});
    return take_text(c) == errc::none && (text.empty() || (text.front() != ' ' && text.back() != ' '));
}

constexpr bool is_uri(std::string_view text) noexcept {
    cursor c(text, syntax{});
    return take_uri(c) == errc::none && c.done();
}

constexpr bool is_initial_response(std::string_view text) noexcept {
    cursor c(text, syntax{});
    return !text.empty() && take_initial_response(c) == errc::none;
}

// Whether each command may be written; `utf8`: SMTPUTF8 is in force.
struct command_checker {
    bool utf8;

    constexpr bool hello(const domain& host, std::string_view extra) const noexcept {
        return !host.empty() && !has_high(host.text()) && is_line_text(extra, false);
    }
    constexpr bool query(std::string_view text, bool with_utf8) const noexcept {
        if (text.empty() || !is_line_text(text, utf8)) return false;
        return with_utf8 ? utf8 : !(utf8 && drop_utf8_word(text));
    }
    // Known parameters belong to one of the commands only.
    constexpr bool list(const parameters& params, std::uint32_t may_stand) const noexcept {
        return may_be_sent(params.text(), utf8) && (parameters_access::known(params) & ~may_stand) == 0;
    }
    constexpr bool attrs(const attributes& a) const noexcept { return !a.empty() && !has_high(a.text()); }

    constexpr bool operator()(const cmd::helo& c) const noexcept { return hello(c.name, c.extra); }
    constexpr bool operator()(const cmd::ehlo& c) const noexcept { return hello(c.name, c.extra); }
    constexpr bool operator()(const cmd::lhlo& c) const noexcept { return hello(c.name, c.extra); }
    constexpr bool operator()(const cmd::mail& c) const noexcept {
        return can_put(c.from, {utf8, true}) && !c.from.is_postmaster() && list(c.params, ~rcpt_parameters) &&
               c.how <= delivery::terminal_and_mail && (c.how == delivery::mail || c.params.empty());
    }
    constexpr bool operator()(const cmd::rcpt& c) const noexcept {
        return can_put(c.to, {utf8, true}) && !c.to.is_null() && list(c.params, rcpt_parameters);
    }
    constexpr bool operator()(const cmd::vrfy& c) const noexcept { return query(c.text, c.utf8); }
    constexpr bool operator()(const cmd::expn& c) const noexcept { return query(c.text, c.utf8); }
    constexpr bool operator()(const cmd::help& c) const noexcept { return is_line_text(c.text, utf8); }
    constexpr bool operator()(const cmd::noop& c) const noexcept { return is_line_text(c.text, utf8); }
    constexpr bool operator()(const cmd::data&) const noexcept { return true; }
    constexpr bool operator()(const cmd::bdat&) const noexcept { return true; }
    constexpr bool operator()(const cmd::rset&) const noexcept { return true; }
    constexpr bool operator()(const cmd::quit&) const noexcept { return true; }
    constexpr bool operator()(const cmd::turn&) const noexcept { return true; }
    constexpr bool operator()(const cmd::starttls&) const noexcept { return true; }
    constexpr bool operator()(const cmd::etrn& c) const noexcept {
        if (c.scope == etrn_scope::queue) return !c.node.empty() && chars::graphic.all(c.node);
        return c.scope < etrn_scope::queue && parse_domain(c.node, {strict(), utf8}).has_value();
    }
    constexpr bool operator()(const cmd::atrn& c) const noexcept { return may_be_sent(c.domains.text(), utf8); }
    constexpr bool operator()(const cmd::auth& c) const noexcept {
        return is_mechanism(c.mechanism) && (!c.initial_response || is_initial_response(*c.initial_response));
    }
    constexpr bool operator()(const cmd::burl& c) const noexcept { return is_uri(c.uri); }
    constexpr bool operator()(const cmd::xclient& c) const noexcept { return attrs(c.attrs); }
    constexpr bool operator()(const cmd::xforward& c) const noexcept { return attrs(c.attrs); }
    // Not a way around the types: the verb is none of theirs.
    constexpr bool operator()(const cmd::other& c) const noexcept {
        return !c.verb.empty() && chars::alpha.contains(c.verb.front()) && chars::ldh.all(c.verb) &&
               find_verb(c.verb) == verb::other && is_line_text(c.arguments, utf8);
    }
};

// Writes commands in their canonical form, without CRLF. Once a command was turned down, `good` is false and nothing is
// written any more.
struct command_writer {
    writer out;
    bool utf8;
    bool good = true;

    template <class C>
    constexpr void operator()(const C& c) noexcept {
        good = good && command_checker{utf8}(c);
        if (good) put(c);
    }

    constexpr void put_parameters(const parameters& params) noexcept { put_parameters(params, keep_all{}); }
    // Those whose keyword is to be kept.
    template <class Keep>
    constexpr void put_parameters(const parameters& params, Keep keep) noexcept {
        good = good && may_be_sent(params.text(), utf8);
        if (good) put_checked(params, keep);
    }

private:
    struct keep_all {
        constexpr bool operator()(std::string_view) const noexcept { return true; }
    };

    template <class Keep = keep_all>
    constexpr void put_checked(const parameters& params, Keep keep = {}) noexcept {
        if (std::is_same_v<Keep, keep_all> && parameters_access::is_canonical(params))
            return void(out.put(' ').put(params.text()));
        for (const std::string_view word : words(params.text())) {
            const std::size_t keyword = chars::ldh.skip_here(word, 0);
            if (!keep(std::string_view(word.data(), keyword))) continue;
            out.put(' ').put_upper(word, keyword);
        }
    }
    constexpr void put_text(std::string_view verb, std::string_view text) noexcept {
        out.put(verb);
        if (!text.empty()) out.put(' ').put(text);
    }
    constexpr void put_path(std::string_view verb, const path& p) noexcept {
        out.put(verb);
        if (p.is_postmaster()) return void(out.put('<').put(p.text()).put('>')); // in the case it came in
        detail::put_path(out, p, true);
    }
    constexpr void put_attributes(std::string_view verb, const attributes& attrs) noexcept {
        out.put(verb);
        for (const attribute a : attrs) {
            out.put(' ').put_upper(a.name).put('=').put(a.value);
        }
    }

    constexpr void put_hello(std::string_view verb, const domain& name, std::string_view extra) noexcept {
        put_domain(out.put(verb), name);
        put_text("", extra);
    }

    constexpr void put(const cmd::helo& c) noexcept { put_hello("HELO ", c.name, c.extra); }
    constexpr void put(const cmd::ehlo& c) noexcept { put_hello("EHLO ", c.name, c.extra); }
    constexpr void put(const cmd::lhlo& c) noexcept { put_hello("LHLO ", c.name, c.extra); }
    constexpr void put(const cmd::mail& c) noexcept {
        constexpr std::string_view verbs[] = {"MAIL FROM:", "SEND FROM:", "SOML FROM:", "SAML FROM:"};
        put_path(verbs[static_cast<std::size_t>(c.how)], c.from);
        put_checked(c.params);
    }
    constexpr void put(const cmd::rcpt& c) noexcept { put_path("RCPT TO:", c.to), put_checked(c.params); }
    constexpr void put(const cmd::data&) noexcept { out.put("DATA"); }
    constexpr void put(const cmd::bdat& c) noexcept { out.put("BDAT ").put_decimal(c.size).put(c.last ? " LAST" : ""); }
    constexpr void put(const cmd::rset&) noexcept { out.put("RSET"); }
    constexpr void put(const cmd::vrfy& c) noexcept { put_text("VRFY", c.text), out.put(c.utf8 ? " SMTPUTF8" : ""); }
    constexpr void put(const cmd::expn& c) noexcept { put_text("EXPN", c.text), out.put(c.utf8 ? " SMTPUTF8" : ""); }
    constexpr void put(const cmd::help& c) noexcept { put_text("HELP", c.text); }
    constexpr void put(const cmd::noop& c) noexcept { put_text("NOOP", c.text); }
    constexpr void put(const cmd::quit&) noexcept { out.put("QUIT"); }
    constexpr void put(const cmd::turn&) noexcept { out.put("TURN"); }
    constexpr void put(const cmd::etrn& c) noexcept {
        constexpr std::string_view options[] = {"", "@", "#"};
        out.put("ETRN ").put(options[static_cast<std::size_t>(c.scope)]).put(c.node);
    }
    constexpr void put(const cmd::atrn& c) noexcept {
        out.put("ATRN");
        char before = ' ';
        for (const domain host : c.domains) {
            put_domain(out.put(before), host);
            before = ',';
        }
    }
    constexpr void put(const cmd::starttls&) noexcept { out.put("STARTTLS"); }
    constexpr void put(const cmd::auth& c) noexcept {
        out.put("AUTH ").put_upper(c.mechanism);
        if (c.initial_response) out.put(' ').put(*c.initial_response);
    }
    constexpr void put(const cmd::burl& c) noexcept { out.put("BURL ").put(c.uri).put(c.last ? " LAST" : ""); }
    constexpr void put(const cmd::xclient& c) noexcept { put_attributes("XCLIENT", c.attrs); }
    constexpr void put(const cmd::xforward& c) noexcept { put_attributes("XFORWARD", c.attrs); }
    constexpr void put(const cmd::other& c) noexcept { out.put_upper(c.verb), put_text("", c.arguments); }
};

} // namespace sansmtp::detail
