// The logic of a server session, without its buffers.
//
// A request that waits for its answer stops everything else: that is the back-pressure, and an answer may come minutes
// later. Every command gets exactly one reply, in order; nothing is delivered that was not ended by CRLF.CRLF or BDAT LAST.
// [RFC 5321 4; RFC 2920; RFC 2033; RFC 3030; RFC 3207;
// RFC 4954]
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
#include "base64.hpp"
#include "detail/server_answers.hpp"
#include "server_config.hpp"
#include "trace.hpp"

namespace sansmtp {

// The logic of a server session: a value of at most 256 octets that sees bytes only during a call.
class server_engine : private detail::server_answers {
public:
    using server_core::reply_room;

    // `shared_config` is shared and outlives the session; a temporary does not compile. `serial` tells connections apart.
    // `in_room` are the octets that the input buffer holds: AUTH is offered only where its lines fit.
    constexpr explicit server_engine(const server_config& shared_config, std::uint32_t serial = 0,
                                     std::size_t in_room = std::numeric_limits<std::size_t>::max()) noexcept
        : server_answers(shared_config, serial, in_room) {}
    explicit server_engine(const server_config&&, std::uint32_t = 0, std::size_t = 0) = delete;

    // ---- actions

    // The next action; nothing if input, output room or an answer is needed first.
    constexpr std::optional<server_action> next(io& s) noexcept {
        auto action = advance(s); // made where it is returned to
        while (again_) action = advance(s);
        return action;
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
    using server_core::holds_secret;
    // Seconds that the peer may be silent [RFC 5321 4.5.3.2.7].
    constexpr unsigned time_limit() const noexcept { return sansmtp::time_limit(role::server, event::other); }
    // How mail comes here, for the WITH clause of Received: fields: received{.by = host, .with = session.with(), ...}.
    constexpr transmission with() const noexcept {
        const verb said = known_.hello == detail::hello::helo ? verb::helo : lmtp() ? verb::lhlo : verb::ehlo;
        return {said, known_.tls, known_.authenticated, known_.utf8};
    }

private:
    // ---- steps

    constexpr outcome_action advance(io& s) noexcept {
        again_ = false;
        if (waiting_) return std::nullopt;
        release(s);
        if (abort_ != errc::none) return tell(aborted{std::exchange(abort_, errc::none)});
        return pay(s) ? step(s) : std::nullopt;
    }

    constexpr outcome_action step(io& s) noexcept {
        if (over()) return ignore(s);
        const bool content_comes = in(state::data) || (in(state::bdat_rx) && !swallowing_);
        if (s.room().size() < reply_room && !content_comes) return std::nullopt;
        if ((early_ | behind_) != 0 && !in(state::connect) && !in(state::tls_wait)) return tell_pending();
        if (swallowing_) return swallow(s);
        switch (known_.at) {
        case state::data: return content(s);
        case state::bdat_rx: return chunk_content(s);
        case state::data_wait: return ask_verdict();
        case state::auth: return auth_line(s);
        case state::connect: return begin(s);
        case state::tls_wait: return await_handshake(s);
        default: return command_line(s);
        }
    }

    constexpr outcome_action tell_pending() noexcept {
        if (early_ != 0) return tell(early_talker{std::exchange(early_, 0)});
        return tell(input_pending{std::exchange(behind_, 0)});
    }

    constexpr outcome_action begin(io& s) noexcept {
        if (!config_->valid()) {
            put(s, {421, "Server misconfigured"});
            move(event::shutdown, outcome::transient);
            return tell(refused{errc::bad_config, verb::other, 0, {}, 421, {}});
        }
        return ask(connection{}, 0);
    }

    // Octets behind STARTTLS were never meant to be protected: whoever put them there must not be heard [RFC 3207 6].
    constexpr outcome_action await_handshake(io& s) noexcept {
        if (!handshake_due_) return starve();
        if (s.unread().empty()) {
            if (s.unsent + s.written != 0) return eof_ ? starve() : std::nullopt; // first the 220
            handshake_due_ = false;
            return tell(start_handshake{});
        }
        lose(errc::plaintext_behind_tls, s);
        return tell(refused{errc::plaintext_behind_tls, verb::starttls, 0, {}, {}, {}});
    }

    template <class C>
    constexpr errc answer_request(const request<C>& r, io& s) noexcept {
        if constexpr (std::is_same_v<C, cmd::help>) return accept(static_cast<const ticket<C>&>(r), s);
        return answer(static_cast<const ticket<C>&>(r), detail::request_traits<C>::unhandled, s);
    }
};

static_assert(sizeof(server_engine) <= 256 && std::is_trivially_copyable_v<server_engine>);

} // namespace sansmtp
