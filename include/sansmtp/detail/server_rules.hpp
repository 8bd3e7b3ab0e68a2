// What a server's config and the state of a session say about a command: is it announced, is it allowed here and now?
//
// Nothing here changes anything: the engine asks, and moves by itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

#include "../answer.hpp"
#include "../command.hpp"
#include "../server_config.hpp"
#include "decimal.hpp"
#include "writer.hpp"

namespace sansmtp::detail {

enum class hello : std::uint8_t { none, helo, ehlo }; // ehlo: EHLO or LHLO

// What a session knows about its client and about the transaction.
struct server_facts {
    std::uint32_t accepted = 0;      // recipients of the transaction
    std::uint32_t tried = 0;         // RCPT commands in it that were in order
    std::uint32_t mails = 0;         // MAIL commands in the session
    std::uint32_t auth_failures = 0; // AUTH exchanges that ended in 5yz
    state at = state::connect;
    detail::hello hello = detail::hello::none;
    bool tls = false;
    bool authenticated = false;
    bool utf8 = false;        // MAIL declared SMTPUTF8
    bool binary = false;      // MAIL declared BODY=BINARYMIME
    bool short_lines = false; // the input buffer does not hold an AUTH line
    bool never = false;       // the greeting was 521
};

// The lines of an EHLO reply that are built in: those in front of the caller's own extensions, and those behind them.
// clang-format off
inline constexpr std::array ehlo_order{
    extension_id::pipelining,     extension_id::size,          extension_id::eight_bit_mime, extension_id::smtputf8,
    extension_id::chunking,       extension_id::binary_mime,   extension_id::enhanced_status_codes, extension_id::dsn,
    extension_id::starttls,       extension_id::auth,          extension_id::require_tls,    extension_id::limits,
    extension_id::deliver_by,     extension_id::future_release, extension_id::mt_priority,   extension_id::rrvs,
    extension_id::mtrk,           extension_id::no_soliciting, extension_id::submitter,      extension_id::burl,
    extension_id::conperm,        extension_id::conneg,        extension_id::etrn,           extension_id::atrn,
    extension_id::turn,           extension_id::send,          extension_id::soml,           extension_id::saml,
    extension_id::xclient,        extension_id::xforward};
inline constexpr std::array ehlo_order_behind{extension_id::help, extension_id::vrfy, extension_id::expn};
// clang-format on

// The keywords of an EHLO list, each at the front of an array that is copied as a whole.
struct ehlo_word {
    char octets[24] = {};
    std::uint8_t size = 0;
};
inline constexpr auto ehlo_words = [] {
    std::array<ehlo_word, registered_extensions.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        for (const char c : registered_extensions[i].keyword) all[i].octets[all[i].size++] = c;
    return all;
}();

class server_rules {
public:
    constexpr server_rules(const server_config& config, const server_facts& known) noexcept
        : config_(config), known_(known) {}

    constexpr bool lmtp() const noexcept { return config_.protocol == dialect::lmtp; }

    // ---- the order of tests for a command line [RFC 5321 4.1.1, 4.1.4; RFC 3207 4; RFC 4954 6]

    // What is wrong with a command here and now, if `e` is what is wrong with its line; BDAT apart.
    constexpr parse_error judge(verb v, const result<command>& parsed, parse_error e,
                                std::string_view line) const noexcept {
        if (e.code == errc::none && is_plainly_in_order(v)) return over_limit(v, *parsed, line);
        if (is_octet_error(e.code)) return e;
        if (const errc closed = closed_to(v); closed != errc::none) return {closed};
        if (e.code == errc::empty_line || e.code == errc::unknown_verb) return e;
        if (e.code == errc::unexpected_argument && takes_nothing(v)) return e;
        if (const errc off = switched_off(v, parsed); off != errc::none) return {off};
        if (const errc needed = unmet(v); needed != errc::none) return {needed};
        if (const errc order = out_of_order(v); order != errc::none) return {order};
        return e.code != errc::none ? e : over_limit(v, *parsed, line);
    }

    // The same for the octets that a BDAT line announces.
    constexpr errc judge_chunk(std::uint64_t size, std::uint64_t before) const noexcept {
        if (const errc closed = closed_to(verb::bdat); closed != errc::none) return closed;
        if (!config_.offers().has(extension_id::chunking)) return errc::not_implemented;
        if (const errc needed = unmet(verb::bdat); needed != errc::none) return needed;
        if (const errc order = out_of_order(verb::bdat); order != errc::none) return order;
        constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
        return size > all - before || is_too_big(size + before) ? errc::message_too_big : errc::none;
    }

    // True if a chunk that is refused for that reason ends or breaks the transaction; others do not touch it.
    constexpr bool breaks_transaction(errc e) const noexcept {
        const bool open = known_.at == state::mail || known_.at == state::rcpt || known_.at == state::bdat ||
                          known_.at == state::bdat_fail || known_.at == state::bdat_rx;
        return open && known_.hello == hello::ehlo && e != errc::not_implemented && e != errc::tls_required &&
               e != errc::auth_required;
    }

    // True if the octets of a command may be UTF-8: SMTPUTF8 is offered, and the command has a place for it.
    constexpr bool may_be_utf8(verb v) const noexcept {
        const bool has_place = v == verb::mail || v == verb::rcpt || v == verb::vrfy || v == verb::expn;
        return has_place && known_.hello == hello::ehlo && config_.offers().has(extension_id::smtputf8);
    }

    // ---- what EHLO announces

    // All that can be used now; what TLS, or the lack of it, forbids is not in it.
    constexpr extension_set announced() const noexcept {
        extension_set all = config_.offers();
        all = all - (known_.tls ? extension_set{extension_id::starttls} : extension_set{extension_id::require_tls});
        if (known_.authenticated || known_.short_lines || !any_mechanism())
            all = all - extension_set{extension_id::auth};
        return all;
    }

    // Writes lines of the list from `at` on, as long as there are `line_room` octets for the next one, and moves `at` behind
    // them: to 0 once the last one is written. [RFC 5321 4.1.1.1]
    constexpr void put_ehlo_lines(writer& w, std::uint32_t& at, std::size_t line_room) const noexcept {
        const extension_set all = announced();
        for (std::uint32_t line = next_line(at, all); w.has_room(line_room); line = at) {
            at = next_line(line + 1, all);
            const bool last = at == line_count();
            put_keyword(last ? w.put_literal("250 ") : w.put_literal("250-"), line);
            w.put_literal("\r\n");
            if (last) return void(at = 0);
        }
    }

    // The verbs that a client may use, each with a space in front, as far as they have room.
    constexpr void put_verbs(writer& w, std::size_t most) const noexcept {
        const auto put = [&](std::string_view word) {
            if (w.size() + 1 + word.size() <= most) w.put(' ').put(word);
        };
        for (unsigned i = 1; i <= static_cast<unsigned>(verb::xforward); ++i) {
            const auto v = static_cast<verb>(i);
            const auto id = extension_of(v);
            if (is_hello_verb(v) ? lmtp() == (v == verb::lhlo) : !id || announced().has(*id)) put(name(v));
        }
        for (const extension& e : config_.extensions)
            for (const std::string_view word : e.verbs) put(word);
    }

private:
    static constexpr bool is_octet_error(errc e) noexcept {
        return e == errc::illegal_octet || e == errc::eight_bit || e == errc::bad_utf8;
    }
    static constexpr bool takes_nothing(verb v) noexcept {
        return v == verb::data || v == verb::rset || v == verb::quit || v == verb::starttls;
    }

    // True for nearly every command that there is: one of those that every server knows, where the table has it and the
    // config wants nothing first. False says nothing.
    constexpr bool is_plainly_in_order(verb v) const noexcept {
        switch (v) {
        case verb::mail:
        case verb::rcpt:
        case verb::rset:
        case verb::noop:
        case verb::quit: break;
        case verb::data:
            if (known_.binary || known_.at == state::mail) return false;
            break;
        default: return false;
        }
        return !config_.require_tls && !config_.require_auth && allowed(known_.at, event_of(v));
    }

    // After such a greeting, or such a handshake, there is nothing but QUIT.
    constexpr errc closed_to(verb v) const noexcept {
        if (v == verb::quit) return errc::none;
        if (known_.at == state::refused) return errc::bad_sequence;
        return known_.at == state::tls_weak ? errc::tls_too_weak : errc::none;
    }

    constexpr errc switched_off(verb v, const result<command>& parsed) const noexcept {
        if (is_hello_verb(v)) return lmtp() == (v == verb::lhlo) ? errc::none : errc::unknown_verb;
        if (v == verb::other) {
            const auto* const c = parsed ? std::get_if<cmd::other>(&*parsed) : nullptr;
            return c != nullptr && has_verb(c->verb) ? errc::none : errc::unknown_verb;
        }
        const auto id = extension_of(v);
        if (!id || (config_.offers().has(*id) && !(v == verb::auth && known_.short_lines))) return errc::none;
        if (v == verb::starttls && known_.tls) return errc::none; // 503 is the better answer
        return v == verb::xclient || v == verb::xforward ? errc::unknown_verb : errc::not_implemented;
    }

    constexpr errc unmet(verb v) const noexcept {
        const bool always =
            v == verb::noop || v == verb::ehlo || v == verb::lhlo || v == verb::starttls || v == verb::quit;
        if (config_.require_tls && !known_.tls && !always) return errc::tls_required;
        const bool before = always || v == verb::auth || v == verb::helo || v == verb::rset;
        const bool needed = config_.require_auth || v == verb::atrn; // [RFC 2645 5.1]
        return needed && !known_.authenticated && !before ? errc::auth_required : errc::none;
    }

    constexpr errc out_of_order(verb v) const noexcept {
        const bool no_recipient = known_.at == state::mail && (v == verb::data || v == verb::bdat || v == verb::burl);
        const bool extended = v == verb::bdat || v == verb::burl || v == verb::auth || v == verb::starttls ||
                              v == verb::etrn || v == verb::atrn;
        if (extended && known_.hello != hello::ehlo) return errc::bad_sequence;
        if (v == verb::auth && known_.authenticated) return errc::bad_sequence;
        if (v == verb::starttls && known_.tls) return errc::bad_sequence;
        if (v == verb::data && known_.binary) return errc::bad_sequence; // [RFC 3030 3]
        if (no_recipient) return known_.tried == 0 || lmtp() ? errc::bad_sequence : errc::no_valid_recipients;
        if (v == verb::bdat || v == verb::burl)
            return known_.at == state::rcpt || known_.at == state::bdat ? errc::none : errc::bad_sequence;
        return allowed(known_.at, event_of(v)) ? errc::none : errc::bad_sequence;
    }

    // ---- parameters and limits

    constexpr parse_error over_limit(verb v, const command& c, std::string_view line) const noexcept {
        const announced_limits& most = config_.session_limits;
        if (const auto* const m = std::get_if<cmd::mail>(&c)) {
            const parse_error e = check_announced(m->params, parameters_of::mail, line);
            const bool too_many = most.mails != 0 && known_.mails >= most.mails;
            return e.code == errc::none && too_many ? parse_error{errc::too_many_messages} : e;
        }
        if (const auto* const r = std::get_if<cmd::rcpt>(&c)) {
            const parse_error e = check_announced(r->params, parameters_of::rcpt, line);
            const bool too_many = known_.accepted >= config_.limits.recipients ||
                                  (most.recipients != 0 && known_.tried >= most.recipients);
            return e.code == errc::none && too_many ? parse_error{errc::too_many_recipients} : e;
        }
        if (v != verb::auth) return {};
        const std::uint32_t failures = config_.auth_failures;
        if (failures != 0 && known_.auth_failures >= failures) return {errc::too_many_errors};
        return {check_mechanism(std::get_if<cmd::auth>(&c)->mechanism)};
    }

    // A client uses the parameters of what was announced to it, and none after HELO. The offset is the parameter's. That a
    // size is over the limit comes last.
    constexpr parse_error check_announced(const parameters& params, parameters_of which,
                                          std::string_view line) const noexcept {
        parse_error limit;
        for (const parameter p : params) {
            const errc e = check_parameter(p, params, which);
            if (e == errc::none) continue;
            const parse_error found{e, static_cast<std::size_t>(p.keyword.data() - line.data())};
            if (e != errc::message_too_big) return found;
            limit = found;
        }
        return limit;
    }

    constexpr errc check_parameter(const parameter& p, const parameters& all, parameters_of which) const noexcept {
        if (known_.hello != hello::ehlo) return errc::unknown_parameter;
        const known_parameter known = find_parameter(p.keyword);
        const auto id = extension_of(known);
        if (!id || never_offered.has(*id))
            return has_parameter(p.keyword, which) ? errc::none : errc::unknown_parameter;
        const bool without_tls = *id == extension_id::require_tls && !known_.tls;
        if (!is_announced(known, *id) || without_tls) return not_announced(known);
        return check_value(p, known, all);
    }

    // BODY comes with 8BITMIME, and with BINARYMIME as well [RFC 3030 3].
    constexpr bool is_announced(known_parameter p, extension_id id) const noexcept {
        const extension_set all = config_.offers();
        return all.has(id) || (p == known_parameter::body && all.has(extension_id::binary_mime));
    }

    // What the grammar lets through and this server does not.
    constexpr errc check_value(const parameter& p, known_parameter which, const parameters& all) const noexcept {
        switch (which) {
        case known_parameter::size: { // one over 64 bits is over every limit
            std::uint64_t size = 0;
            return !read_decimal(p.value, size) || is_too_big(size) ? errc::message_too_big : errc::none;
        }
        case known_parameter::body: {
            const bool eight_bit = config_.offers().has(extension_id::eight_bit_mime);
            const bool binary = config_.offers().has(extension_id::binary_mime);
            const auto type = all.body();
            const bool offered = type == body_type::binary_mime      ? binary
                                 : type == body_type::eight_bit_mime ? eight_bit
                                                                     : true;
            return offered ? errc::none : errc::unsupported_value;
        }
        case known_parameter::by: { // by-mode N may be over at once [RFC 2852 4.1]
            const deliver_by by = all.by().value_or(deliver_by{});
            const bool too_soon =
                by.mode == by_mode::bounce && by.seconds < static_cast<int>(config_.deliver_by_minimum);
            return too_soon ? errc::unsupported_value : errc::none;
        }
        case known_parameter::holdfor:
            return all.holdfor().value_or(0) > config_.future_release.seconds ? errc::bad_value : errc::none;
        case known_parameter::holduntil: {
            const date_time until = all.holduntil().value_or(date_time{});
            const bool late = until.unix_seconds() > config_.future_release.until.unix_seconds();
            return late ? errc::bad_value : errc::none;
        }
        default: return errc::none;
        }
    }

    constexpr bool is_too_big(std::uint64_t size) const noexcept {
        const std::uint64_t most = config_.limits.message_size;
        return most != 0 && size > most;
    }

    constexpr bool has_parameter(std::string_view keyword, parameters_of which) const noexcept {
        for (const extension& e : config_.extensions)
            if (has_word(which == parameters_of::mail ? e.mail_parameters : e.rcpt_parameters, keyword)) return true;
        return false;
    }

    constexpr bool has_verb(std::string_view word) const noexcept {
        for (const extension& e : config_.extensions)
            if (has_word(e.verbs, word)) return true;
        return false;
    }

    // ---- AUTH

    constexpr errc check_mechanism(std::string_view wanted) const noexcept {
        for (const std::string_view word : words(config_.mechanisms))
            if (iequal(word, wanted)) return is_usable(word) ? errc::none : errc::cleartext_mechanism;
        return errc::unknown_mechanism;
    }

    constexpr bool is_usable(std::string_view mechanism_name) const noexcept {
        return known_.tls || config_.cleartext_auth || !find_mechanism(mechanism_name).cleartext;
    }

    constexpr bool any_mechanism() const noexcept {
        for (const std::string_view word : words(config_.mechanisms))
            if (is_usable(word)) return true;
        return false;
    }

    // ---- EHLO lines

    constexpr std::uint32_t line_count() const noexcept {
        return static_cast<std::uint32_t>(ehlo_order.size() + config_.extensions.size() + ehlo_order_behind.size());
    }

    // The first line from `at` on that is announced; line_count() if there is none.
    constexpr std::uint32_t next_line(std::uint32_t at, extension_set all) const noexcept {
        const std::size_t own = ehlo_order.size();
        const std::size_t behind = own + config_.extensions.size();
        for (; at < own; ++at)
            if (all.has(ehlo_order[at])) return at;
        if (at < behind) return at;
        for (; at < line_count(); ++at)
            if (all.has(ehlo_order_behind[at - behind])) break;
        return at;
    }

    constexpr void put_keyword(writer& w, std::uint32_t line) const noexcept {
        const std::size_t own = ehlo_order.size();
        const std::size_t behind = own + config_.extensions.size();
        if (line >= own && line < behind) {
            const extension& e = config_.extensions[line - own];
            w.put(e.keyword).put(e.arguments.empty() ? "" : " ").put(e.arguments);
            return;
        }
        const extension_id id = line < own ? ehlo_order[line] : ehlo_order_behind[line - behind];
        const ehlo_word& word = ehlo_words[static_cast<std::size_t>(id)];
        w.put_short(word.octets, word.size);
        put_arguments(w, id);
    }

    constexpr void put_arguments(writer& w, extension_id id) const noexcept {
        const auto put = [&w](std::string_view text) { w.put(text.empty() ? "" : " ").put(text); };
        const auto put_number = [&w](std::uint64_t n) {
            if (n != 0) w.put(' ').put_decimal(n);
        };
        switch (id) {
        case extension_id::size: return put_number(config_.limits.message_size);
        case extension_id::deliver_by: return put_number(config_.deliver_by_minimum);
        case extension_id::mt_priority: return put(config_.priority_policy);
        case extension_id::no_soliciting: return put(config_.solicitations);
        case extension_id::burl: return put(config_.burl_arguments);
        case extension_id::xclient: return put(config_.xclient_attributes);
        case extension_id::xforward: return put(config_.xforward_attributes);
        case extension_id::future_release:
            put_number(config_.future_release.seconds);
            return put_date_time(w.put(' '), config_.future_release.until);
        case extension_id::auth:
            for (const std::string_view word : words(config_.mechanisms))
                if (is_usable(word)) put(word);
            return;
        case extension_id::limits: return put_limits(w);
        default: return;
        }
    }

    constexpr void put_limits(writer& w) const noexcept {
        const auto put = [&w](std::string_view what, std::uint32_t most) {
            if (most != 0) w.put(what).put_decimal(most);
        };
        put(" MAILMAX=", config_.session_limits.mails);
        put(" RCPTMAX=", config_.session_limits.recipients);
        put(" RCPTDOMAINMAX=", config_.session_limits.rcpt_domains);
    }

    const server_config& config_;
    const server_facts& known_;
};

// ---- what is no SMTP at all

// A request line of HTTP, or its Host field: a client on the wrong port, or one that is led to attack us.
constexpr bool is_http(std::string_view line) noexcept {
    constexpr std::string_view methods[] = {"GET ",    "POST ",    "PUT ",   "HEAD ", "CONNECT ",
                                            "DELETE ", "OPTIONS ", "TRACE ", "PATCH "};
    for (const std::string_view m : methods)
        if (line.substr(0, m.size()) == m) return true;
    return iequal(line.substr(0, 5), "Host:");
}

// field-name ":" [RFC 5322 2.2]: what the head of a message looks like.
constexpr bool is_header_field(std::string_view line) noexcept {
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    for (const char c : line.substr(0, colon))
        if (c <= ' ' || c > '~') return false;
    return true;
}

// The first octets of a TLS handshake [RFC 8446 5.1], or of one in the form of SSL 2.0, which old clients begin with
// [RFC 5246 E.2].
constexpr bool is_tls(std::string_view octets) noexcept {
    if (octets.size() >= 2 && octets[0] == '\x16') return octets[1] == '\x03';
    return octets.size() >= 3 && octets[0] == '\x80' && octets[2] == '\x01';
}

} // namespace sansmtp::detail
