// The logic of a server session, without its buffers.
//
// A request that waits for its answer stops everything else: that is the back-pressure, and an answer may come minutes
// later. Every command gets exactly one reply, in order; nothing is delivered that was not ended by CRLF.CRLF or BDAT LAST.
// What a command may do is asked of detail::server_rules; what happens then is here. [RFC 5321 4; RFC 2920; RFC 2033;
// RFC 3030; RFC 3207; RFC 4954]
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
#include "detail/content_meter.hpp"
#include "detail/server_rules.hpp"
#include "detail/wipe.hpp"
#include "line.hpp"
#include "server_config.hpp"
#include "trace.hpp"

namespace sansmtp {

// The logic of a server session: a value of at most 256 octets that sees bytes only during a call.
class server_engine {
public:
    // The room that `next` wants to see before it hands out a request: enough for any single line.
    static constexpr std::size_t reply_room = detail::max_reply_line;

    // `shared_config` is shared and outlives the session; a temporary does not compile. `serial` tells connections apart.
    // `in_room` are the octets that the input buffer holds: AUTH is offered only where its lines fit.
    constexpr explicit server_engine(const server_config& shared_config, std::uint32_t serial = 0,
                                     std::size_t in_room = std::numeric_limits<std::size_t>::max()) noexcept
        : config_(&shared_config), serial_(serial) {
        known_.short_lines = in_room < max_auth_line && !shared_config.short_auth;
    }
    explicit server_engine(const server_config&&, std::uint32_t = 0, std::size_t = 0) = delete;

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

    // Gives the obvious positive reply. For a connection: 220; for EHLO: the list; for HELP: the verbs.
    template <acceptable C>
    constexpr errc accept(ticket<C> t, io& s) noexcept {
        if constexpr (std::is_same_v<C, cmd::help>) {
            char text[400] = {};
            detail::writer w{std::span<char>(text)};
            w.put(detail::request_traits<C>::accepted.text());
            rules().put_verbs(w, sizeof text);
            const auto all = reply::make(214, {2, 0, 0}, {text, w.size()});
            return answer(t, all ? *all : detail::request_traits<C>::accepted, s);
        } else {
            return answer(t, detail::request_traits<C>::accepted, s);
        }
    }

    // Refuses: 4yz or 5yz only.
    template <class C>
    constexpr errc reject(ticket<C> t, const reply& r, io& s) noexcept {
        if (!is_waiting(t)) return errc::stale_ticket;
        return r.code().negative() ? answer(t, r, s) : give_up<C>(errc::illegal_code, s);
    }

    // Gives any reply that is legal for C. The text of a 220 to a connection or XCLIENT and of a 250 to EHLO, HELO or LHLO
    // stands behind the own host name, on a line that holds both; only a greeting may have more lines [RFC 5321 4.2].
    // Before a chunk the reply to cmd::data stays with the session: 354 is not sent, a refusal is sent behind the octets,
    // with a text of the session's own.
    template <class C>
    constexpr errc answer(ticket<C> t, const reply& r, io& s) noexcept {
        if (!is_waiting(t)) return errc::stale_ticket;
        const reply_code code = r.code();
        if (!detail::request_traits<C>::legal(code)) return give_up<C>(errc::illegal_code, s);
        if (is_before_chunk<C>() && code != 421) return answer_chunk(code, r.enhanced());
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
    // relaying is denied, a message is not accepted, and what an extension asks for is not available.
    template <class A>
    constexpr errc answer_default(const A& action, io& s) noexcept {
        if constexpr (requires { answer_request(action, s); }) return answer_request(action, s);
        return errc::none;
    }

    // Refuses the message that is coming in: the rest of it, or of its chunk, is swallowed and gets this code at its end.
    constexpr errc refuse_message(reply_code code, enhanced_code enhanced) noexcept {
        if (!in(state::data) && !in(state::bdat_rx)) return errc::wrong_state;
        if (!code.negative() || (enhanced && !enhanced.matches(code))) return errc::illegal_code;
        broken_ = errc::message_refused;
        end_code_ = code;
        end_enhanced_ = enhanced;
        return errc::none;
    }

    // Ends the session with a 421. Nothing is parsed any more; an open request is void. Fails with illegal_code,
    // wrong_state (it is over) or no_room (consume and repeat); a reply that would not fit an empty output is replaced.
    // Where a TLS handshake is due nothing can be said: the session is just over.
    constexpr errc shutdown(const reply& r, io& s) noexcept {
        if (r.code() != 421) return errc::illegal_code;
        if (over()) return errc::wrong_state;
        if (in(state::tls_wait)) return stop(errc::none, errc::session_shut_down), errc::none;
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
        stop(in(state::tls_wait) ? errc::none : errc::timed_out, errc::timed_out);
        pay(s);
    }

    // The handshake that start_handshake asked for is done; or TLS was there before the greeting (implicit TLS). All that
    // the client said before is forgotten, and it says EHLO again [RFC 3207 4.2]. Fails with wrong_state, or with
    // plaintext_behind_tls: octets had come that were not encrypted, and the session is over.
    constexpr errc tls_started(tls_info info, io& s) noexcept {
        const bool implicit = in(state::connect) && !known_.tls;
        if (!implicit && (!in(state::tls_wait) || handshake_due_)) return errc::wrong_state;
        if (!s.unread().empty()) return lose(errc::plaintext_behind_tls, s), errc::plaintext_behind_tls;
        known_.tls = true;
        known_.authenticated = false;
        known_.hello = detail::hello::none;
        weak_ = !info.acceptable;
        if (!implicit) move(event::handshake, weak_ ? outcome::transient : outcome::success);
        return errc::none;
    }

    // The handshake failed: the session is over. Fails with wrong_state.
    constexpr errc tls_failed(io& s) noexcept {
        if (!in(state::tls_wait) && !in(state::connect)) return errc::wrong_state;
        lose(errc::tls_failed, s);
        return errc::none;
    }

    // TLS was closed or broken, at whatever place: the session is over at once. No later octet is looked at, an open
    // request is void, and nothing can be sent.
    constexpr void tls_closed(io& s) noexcept { lose(errc::connection_lost, s); }

    // ---- observers

    constexpr state current() const noexcept { return known_.at; }
    // True once nothing but output is left.
    constexpr bool closed() const noexcept {
        return over() && owed_ == owed::nothing && farewell_ == errc::none && abort_ == errc::none;
    }
    // True while a request waits for its answer.
    constexpr bool waits() const noexcept { return waiting_; }
    // True if more input is of use once `next` has run dry.
    constexpr bool wants_input() const noexcept {
        return !waiting_ && !eof_ && !over() && owed_ == owed::nothing && !in(state::connect) && !in(state::tls_wait);
    }
    // True while the input may hold a secret: an AUTH command or a line of its exchange.
    constexpr bool holds_secret() const noexcept {
        return !config_->mechanisms.empty() && !in(state::data) && !in(state::bdat_rx);
    }
    // Seconds that the peer may be silent [RFC 5321 4.5.3.2.7].
    constexpr unsigned time_limit() const noexcept { return sansmtp::time_limit(role::server, event::other); }
    // How mail comes here, for the WITH clause of Received: fields: received{.by = host, .with = session.with(), ...}.
    constexpr transmission with() const noexcept {
        const verb said = known_.hello == detail::hello::helo ? verb::helo : lmtp() ? verb::lhlo : verb::ehlo;
        return {said, known_.tls, known_.authenticated, known_.utf8};
    }

private:
    using outcome_action = std::optional<server_action>;

    static constexpr std::size_t max_auth_line = 12288; // with CRLF [RFC 4954 4]

    // Replies of the session's own that take more than one line: written line by line as room comes.
    enum class owed : std::uint8_t { nothing, hello_list, verdicts };

    // ---- small things

    constexpr bool in(state s) const noexcept { return known_.at == s; }
    constexpr bool over() const noexcept { return in(state::closing) || in(state::closed); }
    constexpr bool lmtp() const noexcept { return config_->protocol == dialect::lmtp; }
    constexpr detail::server_rules rules() const noexcept { return {*config_, known_}; }

    constexpr void move(event e, outcome o) noexcept { known_.at = next_state(known_.at, e, o).value_or(known_.at); }

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
        case event::starttls:
        case event::etrn:
        case event::atrn:
        case event::turn:
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

    // The place of C's request among the actions tells requests apart; 0 is none.
    template <class C>
    static constexpr std::uint8_t kind_of() noexcept {
        return static_cast<std::uint8_t>(server_action(request<C>{}).index());
    }

    template <class C>
    constexpr bool is_waiting(ticket<C> t) const noexcept {
        return waiting_ && t.serial == serial_ && t.number == number_ && asked_ == kind_of<C>();
    }

    // Hands out a request; what it views is consumed by the call after its answer.
    template <class C>
    constexpr outcome_action ask(const C& fields, std::size_t viewed, leniency used = {},
                                 event on = detail::request_traits<C>::on) noexcept {
        waiting_ = true;
        asked_ = kind_of<C>();
        asked_on_ = on;
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
        const bool content_comes = in(state::data) || (in(state::bdat_rx) && !swallowing_);
        if (s.room().size() < reply_room && !content_comes) return std::nullopt;
        if (in(state::connect)) return begin(s);
        if (in(state::tls_wait)) return await_handshake(s);
        if (early_ != 0) return server_action(early_talker{std::exchange(early_, 0)});
        if (behind_ != 0) return server_action(input_pending{std::exchange(behind_, 0)});
        if (swallowing_) return swallow(s);
        switch (known_.at) {
        case state::data: return content(s);
        case state::bdat_rx: return chunk_content(s);
        case state::data_wait: return ask(message_end{content_size(), verdicts_, lmtp(), content_seen()}, 0);
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

    // The step made progress and has nothing to tell.
    constexpr outcome_action go_on() noexcept {
        again_ = true;
        return std::nullopt;
    }

    // The connection is gone: nothing is owed, asked or looked at any more.
    constexpr void lose(errc why, io& s) noexcept {
        wipe(s, s.unread().size());
        s.take(s.unread().size());
        pending_ = 0;
        waiting_ = swallowing_ = handshake_due_ = false;
        owed_ = owed::nothing;
        farewell_ = errc::none;
        drop_transaction(why);
        move(event::lost, outcome::none);
    }

    // Octets behind STARTTLS were never meant to be protected: whoever put them there must not be heard [RFC 3207 6].
    constexpr outcome_action await_handshake(io& s) noexcept {
        if (!handshake_due_) return starve();
        if (s.unread().empty()) {
            if (s.unsent + s.written != 0) return eof_ ? starve() : std::nullopt; // first the 220
            handshake_due_ = false;
            return server_action(start_handshake{});
        }
        lose(errc::plaintext_behind_tls, s);
        return server_action(refused{errc::plaintext_behind_tls, verb::starttls, 0, {}, {}, {}});
    }

    // ---- command lines

    constexpr std::size_t line_limit(std::string_view unread) const noexcept {
        const struct limits& most = config_->limits;
        const bool long_auth = unread.size() >= most.command_line && most.auth_line > most.command_line;
        return long_auth && verb_of(unread) == verb::auth ? most.auth_line : most.command_line;
    }

    constexpr outcome_action command_line(io& s) noexcept {
        if (!spoke_tls_ && !mid_line_ && !known_.tls && detail::is_tls(s.unread())) return refuse_tls();
        const auto line = framer_.next(s.unread(), line_limit(s.unread()), s.in_full && s.consumed == 0);
        if (!line) return starve();
        if (line->kind != line_framer::line_kind::whole) return long_line(*line, s);
        leniency used;
        const verb v = verb_in(line->text);
        const auto parsed = read_command(line->text, v, used);
        if (v == verb::bdat && parsed.error().code != errc::illegal_octet) return begin_chunk(parsed, *line, used, s);
        const parse_error e = name_junk(rules().judge(v, parsed, line->text), line->text);
        pending_ = line->consumed;
        // a line that is no command may be one of an exchange that was refused: some clients do not wait
        wipe_ = holds_secret() && (v == verb::other || verb_of(line->text) == verb::auth);
        if (v == verb::mail) known_.mails += known_.mails == std::numeric_limits<std::uint32_t>::max() ? 0U : 1U;
        if (e.code != errc::none) return refuse(e, v, line->text, used, s);
        data_refused_ = false;
        return take(*parsed, v, *line, used, s);
    }

    // A part of an over-long line, or its end: only then it is refused. An AUTH command is told from others by its
    // beginning, since the code is that of the exchange [RFC 4954 4, 6].
    constexpr outcome_action long_line(const line_framer::line& part, io& s) noexcept {
        const bool offered = !config_->mechanisms.empty() && !known_.short_lines;
        if (!mid_line_) long_auth_ = offered && verb_of(s.unread()) == verb::auth;
        mid_line_ = part.kind == line_framer::line_kind::discarded;
        if (!drop(part.consumed, s) || mid_line_) return go_on();
        if (long_auth_) return refuse({errc::auth_line_too_long}, verb::auth, {}, {}, s);
        return refuse({errc::line_too_long}, verb::other, {}, {}, s);
    }

    // The verb of a line, if it is a whole word: neither "BDAT:" nor " BDAT" announces a chunk.
    constexpr verb verb_in(std::string_view line) const noexcept {
        const std::size_t start = config_->allow.leading_space ? chars::blank.skip(line) : 0;
        const std::size_t end = chars::ldh.skip(line, start);
        const bool whole = end == line.size() || chars::blank.contains(line[end]);
        return whole ? find_verb(line.substr(start, end - start)) : verb::other;
    }

    // Octets that have no place in any command come before everything else: 500 even where the verb would be 503.
    constexpr result<command> read_command(std::string_view line, verb v, leniency& used) const noexcept {
        const bool utf8 = rules().may_be_utf8(v);
        const auto parsed = parse_command(line, {config_->allow, utf8}, &used);
        if (parsed.error().code == errc::illegal_octet || config_->allow.eight_bit) return parsed;
        if (v == verb::bdat) return parsed; // framing_lost comes before
        const bool declared = v != verb::rcpt || known_.utf8;
        if (utf8 && (declared || parsed.error().code == errc::bad_utf8)) return parsed;
        if (detail::has_high(line)) return {utf8 ? errc::utf8_not_declared : errc::eight_bit, detail::find_high(line)};
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

    // ---- refusals

    // A host that never takes mail goes on to say so [RFC 7504 3].
    constexpr reply refusal(errc e, verb v) const noexcept {
        if (known_.never && in(state::refused) && e == errc::bad_sequence)
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
        if (r.code() == 421 || is_one_too_many(e, r.code())) {
            stop(errc::too_many_errors, errc::too_many_errors);
            return 421;
        }
        put(s, r);
        if (v == verb::rcpt && allowed(known_.at, event::rcpt)) ++known_.tried;
        if (e == errc::bad_base64) count_auth(r.code()); // an exchange; a mechanism that is not offered begins none
        if (v == verb::data) refuse_data(e, r.code());
        return r.code();
    }

    constexpr bool is_one_too_many(errc e, reply_code code) noexcept {
        const bool junk = e == errc::tls_at_once || e == errc::http_request || e == errc::unwanted_content;
        if (junk && config_->hang_up_on_junk) return true;
        const bool bad = code.is(reply_class::permanent) && (code.value() <= 504 || code == 521);
        return bad && config_->limits.bad_commands != 0 && errors_++ >= config_->limits.bad_commands;
    }

    // DATA among chunks, or for binary content, breaks the transaction [RFC 3030 2, 3].
    constexpr void refuse_data(errc e, reply_code code) noexcept {
        data_refused_ = true;
        if (e != errc::bad_sequence) return;
        move(known_.binary ? event::mixed_data : event::data, code.category());
        if (in(state::bdat_fail)) drop_transaction(e);
    }

    // What is no command at all has names of its own: the head of a message that was refused, and HTTP.
    constexpr parse_error name_junk(parse_error e, std::string_view line) const noexcept {
        if (e.code != errc::unknown_verb && e.code != errc::bad_sequence) return e;
        if (e.code == errc::bad_sequence && !in(state::refused)) return e;
        if (detail::is_http(line)) return {errc::http_request, e.offset};
        if (data_refused_ && detail::is_header_field(line)) return {errc::unwanted_content, e.offset};
        return e;
    }

    // A handshake may hold no CRLF for long, so it is told at once. Its octets are refused as what they are: a line.
    constexpr outcome_action refuse_tls() noexcept {
        spoke_tls_ = true;
        reply_code code;
        if (config_->hang_up_on_junk) {
            stop(errc::too_many_errors, errc::too_many_errors);
            code = 421;
        }
        return server_action(refused{errc::tls_at_once, verb::other, 0, {}, code, {}});
    }

    // ---- commands that are in order

    // The session answers it, or asks.
    constexpr outcome_action take(const command& c, verb v, const line_framer::line& line, leniency used,
                                  io& s) noexcept {
        const std::size_t viewed = line.consumed;
        switch (v) {
        case verb::noop: return done(s, event::noop, {250, {2, 0, 0}, "Ok"});
        case verb::rset: return drop_transaction(errc::transaction_reset), done(s, event::rset, {250, {2, 0, 0}, "Ok"});
        case verb::quit: return drop_transaction(errc::transaction_reset), quit(s);
        case verb::helo: return ask(*std::get_if<cmd::helo>(&c), viewed, used);
        case verb::ehlo: return ask(*std::get_if<cmd::ehlo>(&c), viewed, used);
        case verb::lhlo: return ask(*std::get_if<cmd::lhlo>(&c), viewed, used);
        case verb::mail:
        case verb::send:
        case verb::soml:
        case verb::saml: return ask_mail(*std::get_if<cmd::mail>(&c), viewed, used);
        case verb::rcpt: return ask(*std::get_if<cmd::rcpt>(&c), viewed, used);
        case verb::data: return ask(*std::get_if<cmd::data>(&c), viewed, used);
        case verb::vrfy: return ask(*std::get_if<cmd::vrfy>(&c), viewed, used);
        case verb::expn: return ask(*std::get_if<cmd::expn>(&c), viewed, used);
        case verb::help: return ask(*std::get_if<cmd::help>(&c), viewed, used);
        case verb::auth: return begin_auth(*std::get_if<cmd::auth>(&c), viewed, used, s);
        case verb::starttls: return ask(*std::get_if<cmd::starttls>(&c), viewed, used);
        case verb::burl: return ask_burl(*std::get_if<cmd::burl>(&c), viewed, used);
        case verb::etrn: return ask(*std::get_if<cmd::etrn>(&c), viewed, used);
        case verb::atrn: return ask(*std::get_if<cmd::atrn>(&c), viewed, used);
        case verb::turn: return ask(*std::get_if<cmd::turn>(&c), viewed, used);
        case verb::xclient: return ask(*std::get_if<cmd::xclient>(&c), viewed, used);
        case verb::xforward: return ask(*std::get_if<cmd::xforward>(&c), viewed, used);
        default: break; // verbs of the caller's own
        }
        return ask(*std::get_if<cmd::other>(&c), viewed, used);
    }

    constexpr outcome_action ask_mail(const cmd::mail& m, std::size_t viewed, leniency used) noexcept {
        known_.utf8 = m.params.smtputf8();
        known_.binary = m.params.body() == body_type::binary_mime;
        return ask(m, viewed, used);
    }

    // The caller fetches what BURL names: for the protocol it is a chunk without octets [RFC 4468 3].
    constexpr outcome_action ask_burl(const cmd::burl& b, std::size_t viewed, leniency used) noexcept {
        return ask(b, viewed, used, b.last ? event::bdat_last : event::bdat);
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

    // ---- chunks [RFC 3030 2]: whatever the reply, the octets are taken first

    constexpr outcome_action begin_chunk(const result<command>& parsed, const line_framer::line& line, leniency used,
                                         io& s) noexcept {
        const auto* const b = std::get_if<cmd::bdat>(&*parsed);
        if (!parsed || b == nullptr) return lose_framing(parsed.error(), line, s);
        const bool first = !in(state::bdat);
        chunk_ = chunk_decoder(b->size);
        chunk_size_ = b->size;
        last_chunk_ = b->last;
        data_refused_ = false;
        const errc e = rules().judge_chunk(b->size, first ? 0 : octets_);
        if (e == errc::none && first) return ask(cmd::data{}, line.consumed, used, event::chunk);
        s.take(line.consumed);
        if (e == errc::none)
            open_chunk();
        else
            reject_chunk(e);
        return go_on();
    }

    // Without its size nobody knows where a chunk ends.
    constexpr outcome_action lose_framing(parse_error e, const line_framer::line& line, io& s) noexcept {
        const errc why = in(state::refused)    ? errc::bad_sequence
                         : in(state::tls_weak) ? errc::tls_too_weak
                                               : errc::framing_lost;
        const reply r = refusal(why, verb::bdat);
        put(s, r);
        drop_transaction(why);
        pending_ = line.consumed;
        move(event::shutdown, r.code().category());
        return server_action(refused{why, verb::bdat, e.offset, line.text, r.code(), {}});
    }

    template <class C>
    constexpr bool is_before_chunk() const noexcept {
        return std::is_same_v<C, cmd::data> && asked_on_ == event::chunk;
    }

    // The caller's answer before the first chunk: what is refused is swallowed, and told behind its octets.
    constexpr errc answer_chunk(reply_code code, enhanced_code enhanced) noexcept {
        waiting_ = false;
        if (code.positive()) {
            open_chunk();
            return errc::none;
        }
        end_code_ = code;
        end_enhanced_ = enhanced ? enhanced : enhanced_code{static_cast<std::uint16_t>(code.value() / 100), 0, 0};
        reject_chunk(errc::message_refused);
        return errc::none;
    }

    constexpr void begin_transaction() noexcept {
        open_ = true;
        known_.accepted = known_.tried = 0;
        meter_ = {};
        octets_ = 0;
        begin_content(true); // until DATA says otherwise
    }

    constexpr void begin_content(bool chunked) noexcept {
        chunked_ = chunked;
        broken_ = errc::none;
        verdicts_ = 0;
    }

    constexpr void open_chunk() noexcept { move(event::chunk, outcome::none); }

    constexpr void reject_chunk(errc e) noexcept {
        swallowing_ = true;
        broken_ = e;
    }

    constexpr outcome_action swallow(io& s) noexcept {
        const auto piece = chunk_.next(s.unread());
        if (!drop(piece.consumed, s)) return go_on();
        if (!piece.end) return starve();
        return end_refused_chunk(s);
    }

    constexpr outcome_action chunk_content(io& s) noexcept {
        const auto piece = chunk_.next(s.unread());
        if (broken_ != errc::none) {
            if (!drop(piece.consumed, s)) return go_on();
        } else if (!piece.bytes.empty()) {
            if (!known_.binary) meter_.look_at(piece.bytes);
            octets_ += piece.consumed;
            pending_ = piece.consumed;
            return server_action(body{piece.bytes});
        }
        if (!piece.end) return starve();
        if (s.room().size() < reply_room) return std::nullopt;
        if (broken_ != errc::none) return end_refused_chunk(s);
        if (!last_chunk_) return end_chunk(s);
        move(event::bdat_last, outcome::none);
        break_by_content(meter_.seen());
        return go_on();
    }

    constexpr outcome_action end_chunk(io& s) noexcept {
        detail::writer w(s.room());
        w.put("250 2.0.0 ").put_decimal(chunk_size_).put(" octets received\r\n");
        s.written += w.size();
        move(event::bdat, outcome::success);
        return go_on();
    }

    // The reply to a chunk that was refused: one, but for each recipient in LMTP if it was the last one [RFC 2033 4.3].
    constexpr outcome_action end_refused_chunk(io& s) noexcept {
        swallowing_ = false;
        const errc e = broken_;
        const bool breaks = rules().breaks_transaction(e);
        const bool each = breaks && last_chunk_ && lmtp();
        reply_code code = e == errc::message_refused ? end_code_ : refusal(e, verb::bdat).code();
        if (each) {
            owe_verdicts(e, known_.accepted);
            if (known_.accepted == 0) code = {};
        } else if (e == errc::message_refused) {
            owe_verdicts(e, 1);
        } else {
            code = put_refusal(e, verb::bdat, s);
        }
        if (breaks && !over()) {
            drop_transaction(e);
            move(last_chunk_ ? event::bdat_last : event::bdat, outcome::permanent);
            if (e == errc::message_refused && code == 421) known_.at = state::closing;
        }
        return server_action(refused{e, verb::bdat, 0, {}, code, {}});
    }

    // ---- AUTH [RFC 4954]

    constexpr outcome_action begin_auth(const cmd::auth& a, std::size_t viewed, leniency used, io& s) noexcept {
        cmd::auth decoded{a.mechanism};
        if (a.initial_response) {
            const std::string_view text = *a.initial_response == "=" ? std::string_view{} : *a.initial_response;
            const auto octets = decode_in_place(text, s, used);
            if (!octets) return refuse({errc::bad_base64}, verb::auth, {}, used, s);
            decoded.initial_response = *octets;
        }
        return ask(decoded, viewed, used);
    }

    constexpr outcome_action auth_line(io& s) noexcept {
        const auto line = framer_.next(s.unread(), config_->limits.auth_line, s.in_full && s.consumed == 0);
        if (!line) return starve();
        mid_line_ = line->kind == line_framer::line_kind::discarded;
        if (line->kind != line_framer::line_kind::whole) {
            if (!drop(line->consumed, s) || mid_line_) return go_on();
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
        count_auth(r.code());
        move(event::auth_response, r.code().category());
        return server_action(refused{e, verb::auth, 0, {}, r.code(), {}});
    }

    constexpr void count_auth(reply_code code) noexcept {
        if (code.is(reply_class::permanent) && known_.auth_failures != std::numeric_limits<std::uint32_t>::max())
            ++known_.auth_failures;
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
            const auto piece = decoder_.next_joined(s.in.subspan(s.consumed));
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
        move(event::end_of_data, outcome::none);
        break_by_content(decoder_.seen());
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

    // Lines up to this are not measured; with no limit it is the RFC's [RFC 5321 4.5.3.1.6].
    constexpr std::size_t short_line() const noexcept {
        return config_->limits.text_line != 0 ? config_->limits.text_line : 1000;
    }

    constexpr std::uint64_t content_size() const noexcept { return chunked_ ? octets_ : decoder_.octets(); }
    constexpr violations content_seen() const noexcept {
        violations seen = chunked_ ? meter_.seen() : decoder_.seen();
        if (seen.longest_line <= short_line()) seen.longest_line = 0;
        return seen;
    }

    // The message has ended. If it broke a rule the session refuses it, before the caller is asked.
    constexpr void break_by_content(const violations& seen) noexcept {
        const bool strict = config_->bare_newlines == bare_newlines::reject;
        if (broken_ == errc::none && strict && !(chunked_ && known_.binary))
            broken_ = seen.bare_cr ? errc::bare_cr : seen.bare_lf ? errc::bare_lf : errc::none;
        const std::size_t most = config_->limits.text_line;
        if (broken_ == errc::none && most != 0 && seen.longest_line > most) broken_ = errc::text_line_too_long;
        if (broken_ == errc::none) return;
        owe_verdicts(broken_, lmtp() ? known_.accepted : 1);
        drop_transaction(broken_);
        move(event::verdict, end_code_.category());
        if (end_code_ == 421) known_.at = state::closing;
    }

    // `count` replies for a message that is refused for that reason; a 421 only once.
    constexpr void owe_verdicts(errc why, std::uint32_t count) noexcept {
        broken_ = why;
        if (why != errc::message_refused) {
            const reply r = suggested_reply(why);
            end_code_ = r.code();
            end_enhanced_ = r.enhanced();
        }
        owed_ = count != 0 ? owed::verdicts : owed::nothing;
        owed_next_ = end_code_ == 421 ? 1 : count;
    }

    // ---- answers

    // True for the replies that begin with the own host name.
    template <class C>
    static constexpr bool introduces(reply_code code) noexcept {
        constexpr bool greets = std::is_same_v<C, connection> || std::is_same_v<C, cmd::xclient>;
        return (greets || detail::is_hello<C>)&&code.is(reply_class::success);
    }

    template <class C>
    constexpr errc put_introduction(detail::writer& w, reply_code code, std::string_view text) const noexcept {
        constexpr bool greeting = !detail::is_hello<C>;
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
        if (is_before_chunk<C>()) return answer_chunk(451, {4, 3, 0}), why;
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
        if (ends_group(asked_on_)) behind_ = unread_behind(s);
        settled(std::type_identity<C>{}, code, s);
        move(asked_on_, code.category());
        if (std::is_same_v<C, connection> && weak_) move(event::handshake, outcome::transient);
        if (std::is_same_v<C, cmd::burl> && !code.positive()) drop_transaction(errc::message_refused);
        if (code != 421) return;
        drop_transaction(errc::session_shut_down);
        known_.at = state::closing;
    }

    template <class C>
    constexpr void settled(std::type_identity<C>, reply_code code, io&) noexcept {
        const bool positive = code.positive();
        if constexpr (detail::is_hello<C>) {
            if (positive) greet<C>();
        }
        if constexpr (std::is_same_v<C, cmd::mail>) {
            if (positive) begin_transaction();
        }
        if constexpr (std::is_same_v<C, cmd::rcpt>) {
            ++known_.tried;
            known_.accepted += positive ? 1U : 0U;
        }
        if constexpr (std::is_same_v<C, cmd::data>) {
            if (positive) decoder_ = data_decoder(short_line()), begin_content(false);
            data_refused_ = !positive;
        }
        if constexpr (challengeable<C>) {
            known_.authenticated = known_.authenticated || code == 235;
            count_auth(code);
        }
        if constexpr (std::is_same_v<C, cmd::starttls>) handshake_due_ = positive;
        if constexpr (std::is_same_v<C, cmd::xclient>) {
            if (positive) known_.hello = detail::hello::none, known_.authenticated = false;
        }
        if constexpr (std::is_same_v<C, cmd::burl>) {
            if (asked_on_ == event::bdat_last) open_ = false;
        }
    }
    constexpr void settled(std::type_identity<connection>, reply_code code, io& s) noexcept {
        early_ = s.unread().size();
        known_.never = code == 521;
    }
    constexpr void settled(std::type_identity<message_end>, reply_code, io&) noexcept {
        if (lmtp() && ++verdicts_ < known_.accepted)
            asked_on_ = event::recipient_verdict;
        else
            open_ = false;
    }

    template <class C>
    constexpr void greet() noexcept {
        drop_transaction(errc::transaction_reset);
        known_.hello = std::is_same_v<C, cmd::helo> ? detail::hello::helo : detail::hello::ehlo;
        if (known_.hello == detail::hello::ehlo) owed_ = owed::hello_list, owed_next_ = 0;
    }

    template <class C>
    constexpr errc answer_request(const request<C>& r, io& s) noexcept {
        if constexpr (std::is_same_v<C, cmd::help>) return accept(static_cast<const ticket<C>&>(r), s);
        return answer(static_cast<const ticket<C>&>(r), detail::request_traits<C>::unhandled, s);
    }

    // Ends the session. `farewell` says which 421 is owed, behind whole replies only; none if it was written.
    constexpr void stop(errc farewell, errc why) noexcept {
        waiting_ = swallowing_ = false;
        plain_farewell_ = in(state::connect);
        farewell_ = farewell;
        drop_transaction(why);
        move(event::shutdown, in(state::tls_wait) ? outcome::none : outcome::transient);
    }

    // In place of a greeting a 421 has no enhanced code either [RFC 2034 4].
    constexpr enhanced_code farewell_code(const reply& r) const noexcept {
        return plain_farewell_ || in(state::connect) ? enhanced_code{} : r.enhanced();
    }
    constexpr void put_farewell(detail::writer& w, const reply& r) const noexcept {
        detail::put_reply(w, r.code(), farewell_code(r), r.text());
    }
    // A 421 of the session's own begins with the own name: "421 4.4.2 mx.example Idle ..." [RFC 5321 4.2.3].
    constexpr void put_own_farewell(detail::writer& w, const reply& r) const noexcept {
        detail::put_reply_prefix(w, r.code(), farewell_code(r), true);
        if (config_->valid()) w.put(config_->host).put(' '); // it was looked at only if a greeting was due
        w.put(r.text()).put("\r\n");
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
        put_own_farewell(w, suggested_reply(farewell_));
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
        detail::writer w(s.room());
        rules().put_ehlo_line(w, owed_next_);
        s.written += w.size();
        if (owed_next_ == 0) owed_ = owed::nothing;
    }

    const server_config* config_;
    std::size_t pending_ = 0; // octets that the last action views
    std::size_t early_ = 0;   // octets that came before the greeting
    std::size_t behind_ = 0;  // octets that came behind a command that ends a group, before its reply
    data_decoder decoder_;
    line_framer framer_;
    chunk_decoder chunk_;
    std::uint64_t chunk_size_ = 0;
    std::uint64_t octets_ = 0;    // of content in chunks
    std::uint64_t dropped_ = 0;   // octets that nobody saw
    detail::content_meter meter_; // of content in chunks
    detail::server_facts known_;
    std::uint32_t serial_;
    std::uint32_t number_ = 0;    // of the last request
    std::uint32_t verdicts_ = 0;  // LMTP: given for the message
    std::uint32_t errors_ = 0;    // bad commands
    std::uint32_t owed_next_ = 0; // the next line, or how many are left
    reply_code end_code_;         // of a message that is refused at its end
    enhanced_code end_enhanced_;
    std::uint8_t asked_ = 0;        // what waits
    event asked_on_ = event::other; // and what its answer moves
    owed owed_ = owed::nothing;
    errc abort_ = errc::none;    // an `aborted` to be handed out
    errc broken_ = errc::none;   // what is wrong with the message, or with its chunk
    errc farewell_ = errc::none; // the 421 that is owed
    bool wipe_ = false;          // what is pending holds a secret
    // clang-format off
    bool waiting_        : 1 = false;
    bool open_           : 1 = false; // a transaction that the caller knows of
    bool swallowing_     : 1 = false; // octets of a refused chunk
    bool last_chunk_     : 1 = false;
    bool chunked_        : 1 = false; // the message came in chunks
    bool data_refused_   : 1 = false; // its content may come all the same
    bool handshake_due_  : 1 = false; // STARTTLS was accepted, and nobody was told
    bool weak_           : 1 = false; // TLS is below policy
    bool spoke_tls_      : 1 = false; // tls_at_once was told
    bool mid_line_       : 1 = false; // of an over-long line
    bool long_auth_      : 1 = false; // which is an AUTH command
    bool eof_            : 1 = false;
    bool plain_farewell_ : 1 = false;
    bool again_          : 1 = false; // the step made progress without an action
    // clang-format on
};

static_assert(sizeof(server_engine) <= 256 && std::is_trivially_copyable_v<server_engine>);

} // namespace sansmtp
