// The logic of a server session, without its buffers.
//
// A request that waits for its answer stops everything else: that is the back-pressure, and an answer may come minutes
// later. Every command gets exactly one reply, in order; nothing is delivered that was not ended by CRLF.CRLF.
// [RFC 5321 4; RFC 2920; RFC 2033]
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "action.hpp"
#include "answer.hpp"
#include "base64.hpp"
#include "chunking.hpp"
#include "data.hpp"
#include "detail/wipe.hpp"
#include "line.hpp"
#include "mechanism.hpp"
#include "server_config.hpp"

namespace sansmtp {

// The logic of a server session: a value of at most 256 octets that sees bytes only during a call.
class server_engine {
public:
    // The room that `next` wants to see before it hands out a request: enough for any single line.
    static constexpr std::size_t reply_room = detail::max_reply_line;

    // `shared_config` is shared and outlives the session; a temporary does not compile. `serial` tells connections apart.
    constexpr explicit server_engine(const server_config& shared_config, std::uint32_t serial = 0) noexcept
        : config_(&shared_config), serial_(serial) {}
    explicit server_engine(const server_config&&, std::uint32_t = 0) = delete;

    // ---- actions

    // The next action; nothing if input, output room or an answer is needed first.
    constexpr std::optional<server_action> next(io& s) noexcept {
        if (waiting_) return std::nullopt;
        release(s);
        for (;;) {
            if (abort_ != errc::none) return server_action(aborted{std::exchange(abort_, errc::none)});
            if (!pay(s)) return std::nullopt;
            again_ = false;
            auto action = step(s);
            if (action || !again_) return action;
        }
    }

    // ---- answers: errc::none when done. A stale ticket changes nothing. An answer that is not legal, or would not fit
    // an empty output, is replaced by 451 (421 for a connection) and told as an error. no_room: still pending.

    // Gives the obvious positive reply. For a connection: 220; for EHLO: the list.
    template <acceptable C>
    constexpr errc accept(ticket<C> t, io& s) noexcept {
        return answer(t, detail::request_traits<C>::accepted, s);
    }

    // Refuses: 4yz or 5yz only.
    template <class C>
    constexpr errc reject(ticket<C> t, const reply& r, io& s) noexcept {
        if (!is_waiting(t)) return errc::stale_ticket;
        return r.code().negative() ? answer(t, r, s) : give_up<C>(errc::illegal_code, s);
    }

    // Gives any reply that is legal for C. The text of a 220 to a connection and of a 250 to EHLO, HELO or LHLO stands
    // behind the own host name, on a line that holds both; only a greeting may have more lines [RFC 5321 4.2].
    template <class C>
    constexpr errc answer(ticket<C> t, const reply& r, io& s) noexcept {
        if (!is_waiting(t)) return errc::stale_ticket;
        const reply_code code = r.code();
        if (!detail::request_traits<C>::legal(code)) return give_up<C>(errc::illegal_code, s);
        detail::writer w(s.room());
        if (introduces<C>(code)) {
            if (const errc e = put_introduction<C>(w, code, r.text()); e != errc::none) return give_up<C>(e, s);
        } else {
            put_reply<C>(w, r);
        }
        if (!w.ok()) return fits(w.size(), s) ? errc::no_room : give_up<C>(errc::reply_too_big, s);
        s.written += w.size();
        settle<C>(code, s);
        return errc::none;
    }

    // Sends a SASL challenge: 334 and its base64 form. The ticket is used up; the response is a new request.
    template <challengeable C>
    constexpr errc challenge(ticket<C> t, std::span<const char> octets, io& s) noexcept {
        if (!is_waiting(t)) return errc::stale_ticket;
        detail::writer w(s.room());
        w.put("334 ");
        const std::size_t size = base64_size(octets.size());
        if (!fits(w.size() + size + 2, s)) return give_up<C>(errc::reply_too_big, s);
        if (w.size() + size + 2 > s.room().size()) return errc::no_room;
        const auto text = encode_base64({octets.data(), octets.size()}, s.room().subspan(w.size()));
        s.written += w.size() + *text;
        put(s, "\r\n");
        settle<C>(334, s);
        return errc::none;
    }

    // Gives the stock answer to any request, and ignores every other action: connections, hellos and MAIL are accepted,
    // relaying is denied, a message is not accepted, AUTH is not available.
    template <class A>
    constexpr errc answer_default(const A& action, io& s) noexcept {
        if constexpr (requires { answer_request(action, s); }) return answer_request(action, s);
        return errc::none;
    }

    // Refuses the message that is coming in: the rest is swallowed and its end gets this code.
    constexpr errc refuse_message(reply_code code, enhanced_code enhanced) noexcept {
        if (state_ != state::data) return errc::wrong_state;
        if (!code.negative() || (enhanced && !enhanced.matches(code))) return errc::illegal_code;
        broken_ = errc::message_refused;
        end_code_ = code;
        end_enhanced_ = enhanced;
        return errc::none;
    }

    // Ends the session with a 421. Nothing is parsed any more; an open request is void. Fails with illegal_code,
    // wrong_state (it is over) or no_room (consume and repeat); a reply that would not fit an empty output is replaced.
    constexpr errc shutdown(const reply& r, io& s) noexcept {
        if (r.code() != 421) return errc::illegal_code;
        if (over()) return errc::wrong_state;
        detail::writer w(s.room());
        put_farewell(w, r);
        const bool possible = fits(w.size(), s);
        if (possible && (!w.ok() || owed_ != owed::nothing)) return errc::no_room;
        if (possible) s.written += w.size();
        stop(possible ? errc::none : errc::session_shut_down, errc::session_shut_down);
        return possible ? errc::none : errc::reply_too_big;
    }

    // ---- events

    // The peer will send no more: what has arrived is answered, then the session ends.
    constexpr void close_input() noexcept { eof_ = true; }

    // The peer was silent for longer than time_limit(): 421.
    constexpr void timed_out(io& s) noexcept {
        if (over()) return;
        stop(errc::timed_out, errc::timed_out);
        pay(s);
    }

    // ---- observers

    constexpr state current() const noexcept { return state_; }
    // True once nothing but output is left.
    constexpr bool closed() const noexcept {
        return over() && owed_ == owed::nothing && farewell_ == errc::none && abort_ == errc::none;
    }
    // True while a request waits for its answer.
    constexpr bool waits() const noexcept { return waiting_; }
    // True if more input is of use once `next` has run dry.
    constexpr bool wants_input() const noexcept {
        return !waiting_ && !eof_ && !over() && owed_ == owed::nothing && state_ != state::connect;
    }
    // True while the input may hold a secret: an AUTH command or a line of its exchange.
    constexpr bool holds_secret() const noexcept { return !config_->mechanisms.empty() && state_ != state::data; }
    // Seconds that the peer may be silent [RFC 5321 4.5.3.2.7].
    constexpr unsigned time_limit() const noexcept { return sansmtp::time_limit(role::server, event::other); }

private:
    using outcome_action = std::optional<server_action>;

    // Replies of the session's own that take more than one line: written line by line as room comes.
    enum class owed : std::uint8_t { nothing, hello_list, verdicts };
    enum class hello : std::uint8_t { none, helo, ehlo };

    // ---- small things

    constexpr bool over() const noexcept { return state_ == state::closing || state_ == state::closed; }
    constexpr bool lmtp() const noexcept { return config_->protocol == dialect::lmtp; }

    constexpr void move(event e, outcome o) noexcept { state_ = next_state(state_, e, o).value_or(state_); }

    constexpr void put(io& s, std::string_view text) noexcept {
        detail::writer w(s.room());
        if (w.put(text).ok()) s.written += text.size();
    }

    // Writes a reply of the session's own. There is room for it wherever this is called, or it is dropped as a whole.
    constexpr void put(io& s, const reply& r) noexcept {
        detail::writer w(s.room());
        detail::put_reply(w, r.code(), r.enhanced(), r.text());
        if (w.ok()) s.written += w.size();
    }

    // True if `size` octets would fit the output once all that is in it has left.
    static constexpr bool fits(std::size_t size, const io& s) noexcept { return size <= s.unsent + s.out.size(); }

    // Consumes what the last action viewed.
    constexpr void release(io& s) noexcept {
        if (pending_ == 0) return;
        if (std::exchange(wipe_, false)) wipe(s, pending_);
        s.take(std::exchange(pending_, 0));
    }

    // Overwrites the next `n` octets of the input.
    static constexpr void wipe(io& s, std::size_t n) noexcept {
        const std::span<char> rest = s.in.subspan(s.consumed);
        detail::wipe(rest.first(n < rest.size() ? n : rest.size()));
    }

    // The commands that a client sends last in a group, since what comes next depends on the reply [RFC 2920 3.1].
    static constexpr bool ends_group(event e) noexcept {
        switch (e) {
        case event::helo:
        case event::ehlo:
        case event::lhlo:
        case event::data:
        case event::vrfy:
        case event::expn:
        case event::help:
        case event::noop:
        case event::auth: return true;
        default: return false;
        }
    }

    // Octets that have arrived behind what is pending.
    constexpr std::size_t unread_behind(const io& s) const noexcept {
        return s.unread().size() - (pending_ < s.unread().size() ? pending_ : s.unread().size());
    }

    // The transaction is over without a verdict of the caller's.
    constexpr void drop_transaction(errc why) noexcept {
        if (open_) abort_ = why;
        open_ = false;
    }

    template <class C>
    constexpr bool is_waiting(ticket<C> t) const noexcept {
        return waiting_ && t.serial == serial_ && t.number == number_ && is_asked<C>();
    }

    // Foreign verbs are all asked as cmd::other, but some of them lead somewhere: XCLIENT, TURN.
    template <class C>
    constexpr bool is_asked() const noexcept {
        if constexpr (!std::is_same_v<C, cmd::other>) return asked_ == detail::request_traits<C>::on;
        return asked_ == event::other || (asked_ >= event::etrn && asked_ <= event::xforward);
    }

    // Hands out a request; what it views is consumed by the call after its answer.
    template <class C>
    constexpr outcome_action ask(const C& fields, std::size_t viewed, leniency used = {},
                                 event on = detail::request_traits<C>::on) noexcept {
        waiting_ = true;
        asked_ = on;
        pending_ = viewed;
        number_ = number_ == std::numeric_limits<std::uint32_t>::max() ? 1 : number_ + 1;
        return server_action(request<C>{fields, {serial_, number_}, used});
    }

    // ---- steps

    constexpr outcome_action step(io& s) noexcept {
        if (over()) { // input is ignored; a part of an AUTH line may be in it
            wipe(s, s.unread().size());
            s.take(s.unread().size());
            return std::nullopt;
        }
        if (s.room().size() < reply_room && state_ != state::data) return std::nullopt;
        if (state_ == state::connect) return begin(s);
        if (early_ != 0) return server_action(early_talker{std::exchange(early_, 0)});
        if (behind_ != 0) return server_action(input_pending{std::exchange(behind_, 0)});
        if (swallowing_) return swallow(s);
        switch (state_) {
        case state::data: return content(s);
        case state::data_wait: return ask(message_end{decoder_.octets(), verdicts_, lmtp()}, 0);
        case state::auth: return auth_line(s);
        default: return command_line(s);
        }
    }

    constexpr outcome_action begin(io& s) noexcept {
        if (!config_->valid()) {
            put(s, {421, "Server misconfigured"});
            move(event::shutdown, outcome::transient);
            return server_action(refused{errc::bad_config, verb::other, 0, {}, 421, {}});
        }
        return ask(connection{}, 0);
    }

    // Nothing more can be done with the input there is.
    constexpr outcome_action starve() noexcept {
        if (!eof_) return std::nullopt;
        drop_transaction(errc::connection_lost);
        move(event::lost, outcome::none);
        return go_on();
    }

    // ---- command lines

    constexpr std::size_t line_limit(std::string_view unread) const noexcept {
        const struct limits& most = config_->limits;
        const bool long_auth = unread.size() >= most.command_line && most.auth_line > most.command_line;
        return long_auth && verb_of(unread) == verb::auth ? most.auth_line : most.command_line;
    }

    constexpr outcome_action command_line(io& s) noexcept {
        const auto line = framer_.next(s.unread(), line_limit(s.unread()), s.in_full && s.consumed == 0);
        if (!line) return starve();
        if (line->kind != line_framer::line_kind::whole) {
            if (!drop(line->consumed, s) || line->kind == line_framer::line_kind::discarded) return go_on();
            return refuse({errc::line_too_long}, verb::other, {}, {}, s);
        }
        leniency used;
        const auto parsed = read_command(line->text, used);
        const verb v = verb_in(line->text);
        if (v == verb::bdat && parsed.error().code != errc::illegal_octet) return begin_chunk(parsed, *line, s);
        const parse_error e = judge(v, parsed, line->text);
        pending_ = line->consumed;
        wipe_ = verb_of(line->text) == verb::auth;
        if (e.code != errc::none) return refuse(e, v, line->text, used, s);
        return take(*parsed, v, *line, used, s);
    }

    // The verb of a line, if it is a whole word: neither "BDAT:" nor " BDAT" announces a chunk.
    constexpr verb verb_in(std::string_view line) const noexcept {
        const std::size_t start = config_->allow.leading_space ? chars::blank.skip(line) : 0;
        const std::size_t end = chars::ldh.skip(line, start);
        const bool whole = end == line.size() || chars::blank.contains(line[end]);
        return whole ? find_verb(line.substr(start, end - start)) : verb::other;
    }

    // Octets that have no place in any command come before everything else: 500 even where the verb would be 503.
    constexpr result<command> read_command(std::string_view line, leniency& used) const noexcept {
        const auto parsed = parse_command(line, {config_->allow, false}, &used);
        if (parsed || parsed.error().code == errc::illegal_octet || config_->allow.eight_bit) return parsed;
        if (verb_in(line) == verb::bdat) return parsed; // framing_lost comes before
        for (std::size_t i = 0; i < line.size(); ++i)
            if (chars::high.contains(line[i])) return {errc::eight_bit, i};
        return parsed;
    }

    // Takes octets that nobody sees. False if there were too many of them in this session: it ends.
    constexpr bool drop(std::size_t n, io& s) noexcept {
        if (holds_secret()) wipe(s, n);
        s.take(n);
        dropped_ += n;
        if (config_->limits.dropped == 0 || dropped_ <= config_->limits.dropped) return true;
        stop(errc::too_many_errors, errc::too_many_errors);
        return false;
    }

    // The step made progress and has nothing to tell.
    constexpr outcome_action go_on() noexcept {
        again_ = true;
        return std::nullopt;
    }

    // What is wrong with a command here and now. The order counts [RFC 5321 4.1.1, 4.1.4]: octets, verb, text behind a
    // verb that takes none, switched off, sequence, arguments, limits.
    constexpr parse_error judge(verb v, const result<command>& parsed, std::string_view line) const noexcept {
        const parse_error e = parsed.error();
        if (e.code == errc::illegal_octet || e.code == errc::eight_bit) return e;
        if (state_ == state::refused && v != verb::quit) return {errc::bad_sequence};
        if (e.code == errc::empty_line || e.code == errc::unknown_verb) return e;
        const bool bare_verb = !detail::is_hello_verb(v); // DATA, RSET, QUIT, STARTTLS
        if (e.code == errc::unexpected_argument && bare_verb) return e;
        if (const errc off = switched_off(v, parsed); off != errc::none) return {off};
        if (const errc order = out_of_order(v); order != errc::none) return {order};
        return e.code != errc::none ? e : over_limit(*parsed, line);
    }

    constexpr errc switched_off(verb v, const result<command>& parsed) const noexcept {
        switch (v) {
        case verb::helo:
        case verb::ehlo: return lmtp() ? errc::unknown_verb : errc::none;
        case verb::lhlo: return lmtp() ? errc::none : errc::unknown_verb;
        case verb::expn: return config_->offer_expn ? errc::none : errc::not_implemented;
        case verb::auth: return config_->mechanisms.empty() ? errc::not_implemented : errc::none;
        case verb::send:
        case verb::soml:
        case verb::saml:
        case verb::burl:
        case verb::starttls: return errc::not_implemented; // not by an entry in a list: the session itself would act
        case verb::turn:
        case verb::etrn:
        case verb::atrn: return has_verb(name(v)) ? errc::none : errc::not_implemented;
        case verb::xclient:
        case verb::xforward: return has_verb(name(v)) ? errc::none : errc::unknown_verb;
        case verb::other: {
            const auto* const c = parsed ? std::get_if<cmd::other>(&*parsed) : nullptr;
            return c != nullptr && has_verb(c->verb) ? errc::none : errc::unknown_verb;
        }
        default: return errc::none;
        }
    }

    constexpr errc out_of_order(verb v) const noexcept {
        if (v == verb::data && state_ == state::mail)
            return tried_ == 0 || lmtp() ? errc::bad_sequence : errc::no_valid_recipients;
        if (v == verb::auth && (hello_ != hello::ehlo || authenticated_)) return errc::bad_sequence;
        return allowed(state_, event_of(v)) ? errc::none : errc::bad_sequence;
    }

    constexpr parse_error over_limit(const command& c, std::string_view line) const noexcept {
        if (const auto* const m = std::get_if<cmd::mail>(&c))
            return check_announced(m->params, parameters_of::mail, line);
        if (const auto* const r = std::get_if<cmd::rcpt>(&c)) {
            const parse_error e = check_announced(r->params, parameters_of::rcpt, line);
            if (e.code == errc::none && accepted_ >= config_->limits.recipients) return {errc::too_many_recipients};
            return e;
        }
        if (const auto* const a = std::get_if<cmd::auth>(&c)) return {check_mechanism(a->mechanism)};
        return {};
    }

    // A client uses the parameters of what was announced to it, and none after HELO. The offset is the parameter's.
    constexpr parse_error check_announced(const parameters& params, parameters_of which,
                                          std::string_view line) const noexcept {
        for (const parameter p : params) {
            const errc e = check_parameter(p, params, which);
            if (e != errc::none) return {e, static_cast<std::size_t>(p.keyword.data() - line.data())};
        }
        return {};
    }

    constexpr errc check_parameter(const parameter& p, const parameters& all, parameters_of which) const noexcept {
        if (hello_ != hello::ehlo) return errc::unknown_parameter;
        const bool size = which == parameters_of::mail && iequal(p.keyword, "SIZE");
        const bool body = which == parameters_of::mail && iequal(p.keyword, "BODY");
        if (size) return is_too_big(all.size().value_or(0)) ? errc::message_too_big : errc::none;
        if (body) return all.body() == body_type::binary_mime ? errc::unsupported_value : errc::none;
        return has_parameter(p.keyword, which) ? errc::none : errc::unknown_parameter;
    }

    // A size over 64 bits is the largest number, and over every limit.
    constexpr bool is_too_big(std::uint64_t size) const noexcept {
        const std::uint64_t most = config_->limits.message_size;
        return size == std::numeric_limits<std::uint64_t>::max() || (most != 0 && size > most);
    }

    constexpr bool has_parameter(std::string_view keyword, parameters_of which) const noexcept {
        for (const extension& e : config_->extensions)
            if (detail::has_word(which == parameters_of::mail ? e.mail_parameters : e.rcpt_parameters, keyword))
                return true;
        return false;
    }

    constexpr bool has_verb(std::string_view word) const noexcept {
        for (const extension& e : config_->extensions)
            if (detail::has_word(e.verbs, word)) return true;
        return false;
    }

    constexpr errc check_mechanism(std::string_view wanted) const noexcept {
        for (std::string_view rest = config_->mechanisms; !rest.empty();) {
            const std::string_view word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(word.size() < rest.size() ? word.size() + 1 : word.size());
            if (iequal(word, wanted)) return usable(word) ? errc::none : errc::cleartext_mechanism;
        }
        return errc::unknown_mechanism;
    }

    constexpr bool usable(std::string_view mechanism_name) const noexcept {
        return config_->cleartext_auth || !find_mechanism(mechanism_name).cleartext;
    }

    // A host that never takes mail goes on to say so [RFC 7504 3].
    constexpr reply refusal(errc e, verb v) const noexcept {
        if (never_ && state_ == state::refused && e == errc::bad_sequence)
            return {521, {5, 3, 2}, "Host does not accept mail"};
        return suggested_reply(e, v);
    }

    // Turns a command down by itself.
    constexpr outcome_action refuse(parse_error e, verb v, std::string_view line, leniency used, io& s) noexcept {
        const reply_code code = put_refusal(e.code, v, s);
        return server_action(refused{e.code, v, e.offset, v == verb::auth ? std::string_view{} : line, code, used});
    }

    // Writes the reply to a command that was turned down, or 421 to one too many of them.
    constexpr reply_code put_refusal(errc e, verb v, io& s) noexcept {
        const reply r = refusal(e, v);
        const bool bad = r.code().is(reply_class::permanent) && (r.code().value() <= 504 || r.code() == 521);
        if (bad && config_->limits.bad_commands != 0 && errors_++ >= config_->limits.bad_commands) {
            stop(errc::too_many_errors, errc::too_many_errors);
            return 421;
        }
        put(s, r);
        if (v == verb::rcpt && allowed(state_, event::rcpt)) tried_ = 1;
        move(event_of(v), r.code().category());
        return r.code();
    }

    // A command that is in order: the session answers it, or asks.
    constexpr outcome_action take(const command& c, verb v, const line_framer::line& line, leniency used,
                                  io& s) noexcept {
        const auto request_for = [&]<class C>(const C* fields) { return ask(*fields, line.consumed, used); };
        switch (v) {
        case verb::noop: return done(s, event::noop, {250, {2, 0, 0}, "Ok"});
        case verb::rset: return drop_transaction(errc::transaction_reset), done(s, event::rset, {250, {2, 0, 0}, "Ok"});
        case verb::quit: return drop_transaction(errc::transaction_reset), quit(s);
        case verb::helo: return request_for(std::get_if<cmd::helo>(&c));
        case verb::ehlo: return request_for(std::get_if<cmd::ehlo>(&c));
        case verb::lhlo: return request_for(std::get_if<cmd::lhlo>(&c));
        case verb::mail: return request_for(std::get_if<cmd::mail>(&c));
        case verb::rcpt: return request_for(std::get_if<cmd::rcpt>(&c));
        case verb::data: return request_for(std::get_if<cmd::data>(&c));
        case verb::vrfy: return request_for(std::get_if<cmd::vrfy>(&c));
        case verb::expn: return request_for(std::get_if<cmd::expn>(&c));
        case verb::help: return request_for(std::get_if<cmd::help>(&c));
        case verb::auth: return begin_auth(*std::get_if<cmd::auth>(&c), line, used, s);
        default: break;
        }
        if (const auto* const o = std::get_if<cmd::other>(&c)) return ask(*o, line.consumed, used, event_of(v));
        return ask(as_other(line.text), line.consumed, used, event_of(v));
    }

    constexpr outcome_action done(io& s, event e, const reply& r) noexcept {
        if (ends_group(e)) behind_ = unread_behind(s);
        put(s, r);
        move(e, outcome::success);
        release(s);
        return go_on();
    }

    constexpr outcome_action quit(io& s) noexcept {
        detail::writer w(s.room());
        w.put("221 2.0.0 ").put(config_->host).put(" closing connection\r\n");
        if (w.ok()) s.written += w.size();
        move(event::quit, outcome::success);
        return go_on();
    }

    // ---- BDAT, which is not offered: its octets are swallowed before it is refused [RFC 3030 2]

    constexpr outcome_action begin_chunk(const result<command>& parsed, const line_framer::line& line, io& s) noexcept {
        const auto* const b = std::get_if<cmd::bdat>(&*parsed);
        if (!parsed || b == nullptr) {
            const errc e = state_ == state::refused ? errc::bad_sequence : errc::framing_lost;
            const reply r = refusal(e, verb::bdat);
            put(s, r);
            drop_transaction(e);
            pending_ = line.consumed;
            move(event::shutdown, r.code().category());
            return server_action(refused{e, verb::bdat, parsed.error().offset, line.text, r.code(), {}});
        }
        s.take(line.consumed);
        chunk_ = chunk_decoder(b->size);
        swallowing_ = true;
        return go_on();
    }

    constexpr outcome_action swallow(io& s) noexcept {
        const auto piece = chunk_.next(s.unread());
        if (!drop(piece.consumed, s)) return go_on();
        if (!piece.end) return starve();
        swallowing_ = false;
        const errc e = state_ == state::refused ? errc::bad_sequence : errc::not_implemented;
        const reply_code code = put_refusal(e, verb::other, s); // a refused chunk changes nothing here
        return server_action(refused{e, verb::bdat, 0, {}, code, {}});
    }

    // ---- AUTH [RFC 4954]

    constexpr outcome_action begin_auth(const cmd::auth& a, const line_framer::line& line, leniency used,
                                        io& s) noexcept {
        cmd::auth decoded{a.mechanism};
        if (a.initial_response) {
            const std::string_view text = *a.initial_response == "=" ? std::string_view{} : *a.initial_response;
            const auto octets = decode_in_place(text, s, used);
            if (!octets) return refuse({errc::bad_base64}, verb::auth, {}, used, s);
            decoded.initial_response = *octets;
        }
        return ask(decoded, line.consumed, used);
    }

    constexpr outcome_action auth_line(io& s) noexcept {
        const auto line = framer_.next(s.unread(), config_->limits.auth_line, s.in_full && s.consumed == 0);
        if (!line) return starve();
        if (line->kind != line_framer::line_kind::whole) {
            if (!drop(line->consumed, s) || line->kind == line_framer::line_kind::discarded) return go_on();
            return end_auth(errc::auth_line_too_long, s);
        }
        wipe_ = true;
        pending_ = line->consumed;
        if (line->text == "*") return end_auth(errc::auth_cancelled, s);
        leniency used;
        const auto octets = decode_in_place(line->text, s, used);
        if (!octets) return end_auth(errc::bad_base64, s);
        return ask(auth_response{*octets}, line->consumed, used);
    }

    constexpr outcome_action end_auth(errc e, io& s) noexcept {
        const reply r = suggested_reply(e);
        put(s, r);
        move(event::auth_response, r.code().category());
        return server_action(refused{e, verb::auth, 0, {}, r.code(), {}});
    }

    // Decodes base64 where it stands: `text` is a part of s.in.
    constexpr std::optional<std::string_view> decode_in_place(std::string_view text, io& s, leniency& used) noexcept {
        const std::size_t start = text.empty() ? 0 : static_cast<std::size_t>(text.data() - s.in.data());
        const auto size = decode_base64(text, s.in.subspan(start, text.size()), config_->allow, &used);
        if (!size) return std::nullopt;
        return std::string_view(s.in.data() + start, *size);
    }

    // ---- content

    constexpr outcome_action content(io& s) noexcept {
        while (!decoder_.done()) {
            const auto piece = decoder_.next(s.unread());
            const std::string_view bytes = within_limit(piece.bytes);
            if (!bytes.empty()) {
                pending_ = piece.consumed;
                return server_action(body{bytes});
            }
            if (broken_ == errc::none)
                s.take(piece.consumed);
            else if (!drop(piece.consumed, s))
                return go_on();
            if (piece.consumed == 0 && piece.bytes.empty() && !piece.end) return starve();
        }
        if (s.room().size() < reply_room) return std::nullopt;
        end_content();
        return go_on();
    }

    // What the caller sees of a piece of content: all up to the limit, to the octet, and nothing of a broken message.
    constexpr std::string_view within_limit(std::string_view bytes) noexcept {
        if (broken_ != errc::none) return {};
        const std::uint64_t most = config_->limits.message_size;
        if (most == 0 || decoder_.octets() <= most) return bytes;
        broken_ = errc::message_too_big;
        const std::uint64_t over = decoder_.octets() - most;
        return bytes.substr(0, over < bytes.size() ? bytes.size() - static_cast<std::size_t>(over) : 0);
    }

    // Measures lines over the limit only; with no limit it is the RFC's [RFC 5321 4.5.3.1.6], and nobody asks.
    constexpr data_decoder new_decoder() const noexcept {
        const std::size_t limit = config_->limits.text_line;
        return data_decoder(limit != 0 ? limit : 1000);
    }

    constexpr void end_content() noexcept {
        const violations seen = decoder_.seen();
        if (broken_ == errc::none && config_->bare_newlines == bare_newlines::reject)
            broken_ = seen.bare_cr ? errc::bare_cr : seen.bare_lf ? errc::bare_lf : errc::none;
        if (broken_ == errc::none && config_->limits.text_line != 0 && seen.longest_line > config_->limits.text_line)
            broken_ = errc::text_line_too_long;
        move(event::end_of_data, outcome::none);
        if (broken_ == errc::none) return;
        owed_ = owed::verdicts;
        owed_next_ = lmtp() ? accepted_ : 1;
        if (broken_ != errc::message_refused) {
            end_code_ = suggested_reply(broken_).code();
            end_enhanced_ = suggested_reply(broken_).enhanced();
        }
        drop_transaction(broken_);
        move(event::verdict, end_code_.category());
        if (end_code_ != 421) return;
        owed_next_ = 1; // once, whatever the number of recipients
        state_ = state::closing;
    }

    // ---- answers

    // True for the replies that begin with the own host name.
    template <class C>
    static constexpr bool introduces(reply_code code) noexcept {
        return (std::is_same_v<C, connection> || detail::is_hello<C>)&&code.is(reply_class::success);
    }

    template <class C>
    constexpr errc put_introduction(detail::writer& w, reply_code code, std::string_view text) const noexcept {
        constexpr bool greeting = std::is_same_v<C, connection>;
        constexpr bool list = std::is_same_v<C, cmd::ehlo> || std::is_same_v<C, cmd::lhlo>;
        if (greeting && text.empty()) text = config_->banner;
        const std::size_t end = text.find('\n');
        const bool more = end != std::string_view::npos;
        if (more && !greeting) return errc::refused_field;
        w.put_decimal(code.value()).put(list || more ? '-' : ' ').put(config_->host);
        if (end != 0 && !text.empty()) w.put(' ').put(text.substr(0, end));
        w.put("\r\n");
        if (w.size() > detail::max_reply_line) return errc::reply_too_big;
        if (more) detail::put_reply(w, code, {}, text.substr(end + 1));
        return errc::none;
    }

    template <class C>
    static constexpr void put_reply(detail::writer& w, const reply& r) noexcept {
        constexpr bool plain =
            std::is_same_v<C, connection> || detail::is_hello<C>; // no enhanced codes here [RFC 2034 4]
        enhanced_code enhanced = plain ? enhanced_code{} : r.enhanced();
        if (!plain && !enhanced && !r.code().is(reply_class::intermediate))
            enhanced = {static_cast<std::uint16_t>(r.code().value() / 100), 0, 0};
        detail::put_reply(w, r.code(), enhanced, r.text());
    }

    // Answers in place of a caller whose answer cannot be sent.
    template <class C>
    constexpr errc give_up(errc why, io& s) noexcept {
        constexpr bool hang_up = std::is_same_v<C, connection>;
        const reply r =
            hang_up ? reply{421, "Local error in processing"} : reply{451, {4, 3, 0}, "Local error in processing"};
        detail::writer w(s.room());
        put_reply<C>(w, r);
        if (!w.ok()) return errc::no_room;
        s.written += w.size();
        settle<C>(r.code(), s);
        return why;
    }

    // A request was answered: what that means for the session.
    template <class C>
    constexpr void settle(reply_code code, io& s) noexcept {
        waiting_ = false;
        const bool positive = code.positive();
        if (ends_group(asked_)) behind_ = unread_behind(s);
        if constexpr (std::is_same_v<C, connection>) {
            early_ = s.unread().size();
            never_ = code == 521;
        }
        if constexpr (detail::is_hello<C>) {
            if (positive) {
                drop_transaction(errc::transaction_reset);
                hello_ = std::is_same_v<C, cmd::helo> ? hello::helo : hello::ehlo;
                if (hello_ == hello::ehlo) owed_ = owed::hello_list, owed_next_ = 0;
            }
        }
        if constexpr (std::is_same_v<C, cmd::mail>) {
            if (positive) open_ = true, accepted_ = tried_ = 0;
        }
        if constexpr (std::is_same_v<C, cmd::rcpt>) {
            tried_ = 1;
            accepted_ += positive ? 1U : 0U;
        }
        if constexpr (std::is_same_v<C, cmd::data>) {
            if (positive) decoder_ = new_decoder(), broken_ = errc::none, verdicts_ = 0;
        }
        if constexpr (std::is_same_v<C, cmd::auth> || std::is_same_v<C, auth_response>)
            authenticated_ = authenticated_ || code == 235;
        event e = asked_;
        if (e == event::xclient && positive) hello_ = hello::none, authenticated_ = false;
        if constexpr (std::is_same_v<C, message_end>) {
            if (lmtp() && ++verdicts_ < accepted_) e = event::recipient_verdict;
            if (e == event::verdict) open_ = false;
        }
        move(e, code.category());
        if (code == 421) {
            drop_transaction(errc::session_shut_down);
            state_ = state::closing;
        }
    }

    template <class C>
    constexpr errc answer_request(const request<C>& r, io& s) noexcept {
        return answer(static_cast<const ticket<C>&>(r), detail::request_traits<C>::unhandled, s);
    }

    // Ends the session. `farewell` says which 421 is owed, behind whole replies only; none if it was written.
    constexpr void stop(errc farewell, errc why) noexcept {
        waiting_ = swallowing_ = false;
        plain_farewell_ = state_ == state::connect;
        farewell_ = farewell;
        drop_transaction(why);
        move(event::shutdown, outcome::transient);
    }

    // In place of a greeting a 421 has no enhanced code either [RFC 2034 4].
    constexpr void put_farewell(detail::writer& w, const reply& r) const noexcept {
        const bool plain = plain_farewell_ || state_ == state::connect;
        detail::put_reply(w, r.code(), plain ? enhanced_code{} : r.enhanced(), r.text());
    }

    // ---- owed lines

    // Writes owed lines as far as there is room; true when none is left.
    constexpr bool pay(io& s) noexcept {
        while (owed_ != owed::nothing) {
            if (s.room().size() < reply_room) return false;
            if (owed_ == owed::hello_list)
                pay_hello_line(s);
            else
                pay_verdict(s);
        }
        if (farewell_ == errc::none) return true;
        detail::writer w(s.room());
        put_farewell(w, suggested_reply(farewell_));
        if (!w.ok()) return false;
        s.written += w.size();
        farewell_ = errc::none;
        return true;
    }

    constexpr void pay_verdict(io& s) noexcept {
        const reply stock = suggested_reply(broken_);
        detail::writer w(s.room());
        detail::put_reply(w, end_code_, end_enhanced_,
                          broken_ == errc::message_refused ? std::string_view("Message refused") : stock.text());
        s.written += w.size();
        if (--owed_next_ == 0) owed_ = owed::nothing;
    }

    constexpr void pay_hello_line(io& s) noexcept {
        constexpr std::uint32_t built_in = 6;
        const std::uint32_t i = owed_next_++;
        detail::writer w(s.room());
        w.put("250").put(i == built_in + config_->extensions.size() ? ' ' : '-');
        const std::size_t start = w.size();
        switch (i) {
        case 0: w.put("PIPELINING"); break;
        case 1: put_size(w); break;
        case 2: w.put("8BITMIME"); break;
        case 3: w.put("ENHANCEDSTATUSCODES"); break;
        case 4: w.put(config_->offer_expn ? "EXPN" : ""); break;
        case 5: put_mechanisms(w); break;
        default:
            if (i - built_in < config_->extensions.size()) {
                const extension& e = config_->extensions[i - built_in];
                w.put(e.keyword).put(e.arguments.empty() ? "" : " ").put(e.arguments);
            } else {
                w.put("HELP");
                owed_ = owed::nothing;
            }
        }
        if (w.size() == start) return; // nothing to announce
        w.put("\r\n");
        s.written += w.size();
    }

    constexpr void put_size(detail::writer& w) const noexcept {
        w.put("SIZE");
        if (config_->limits.message_size != 0) w.put(' ').put_decimal(config_->limits.message_size);
    }

    constexpr void put_mechanisms(detail::writer& w) const noexcept {
        if (authenticated_) return;
        bool first = true;
        for (std::string_view rest = config_->mechanisms; !rest.empty();) {
            const std::string_view word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(word.size() < rest.size() ? word.size() + 1 : word.size());
            if (word.empty() || !usable(word)) continue;
            w.put(std::exchange(first, false) ? "AUTH " : " ").put(word);
        }
    }

    const server_config* config_;
    std::size_t pending_ = 0; // octets that the last action views
    std::size_t early_ = 0;   // octets that came before the greeting
    std::size_t behind_ = 0;  // octets that came behind a command that ends a group, before its reply
    data_decoder decoder_;
    line_framer framer_;
    chunk_decoder chunk_;
    std::uint64_t dropped_ = 0; // octets that nobody saw
    std::uint32_t serial_;
    std::uint32_t number_ = 0;    // of the last request
    std::uint32_t accepted_ = 0;  // recipients of the transaction
    std::uint32_t tried_ = 0;     // 1 once a RCPT was asked for
    std::uint32_t verdicts_ = 0;  // LMTP: given for the message
    std::uint32_t errors_ = 0;    // bad commands
    std::uint32_t owed_next_ = 0; // the next line, or how many are left
    reply_code end_code_;         // of a message that is refused at its end
    enhanced_code end_enhanced_;
    state state_ = state::connect;
    event asked_ = event::other; // what waits
    owed owed_ = owed::nothing;
    hello hello_ = hello::none;
    errc abort_ = errc::none;  // an `aborted` to be handed out
    errc broken_ = errc::none; // what is wrong with the message
    bool waiting_ = false;
    bool open_ = false;       // a transaction that the caller knows of
    bool swallowing_ = false; // octets of a refused chunk
    bool authenticated_ = false;
    bool wipe_ = false; // what is pending holds a secret
    bool eof_ = false;
    errc farewell_ = errc::none; // the 421 that is owed
    bool plain_farewell_ = false;
    bool never_ = false; // the greeting was 521
    bool again_ = false; // the step made progress without an action
};

static_assert(sizeof(server_engine) <= 256 && std::is_trivially_copyable_v<server_engine>);

} // namespace sansmtp
