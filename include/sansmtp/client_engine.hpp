// The logic of a client session, without its buffers.
//
// The session opens by itself: greeting, EHLO, HELO where EHLO is refused and nothing is insisted on, STARTTLS and AUTH as
// the config has it; then it is `ready`. A transaction is one call, `send(envelope)`: commands are pulled from the caller's
// envelope as output room and PIPELINING allow, so what is in flight is two numbers however many recipients there are.
// Replies are matched to commands by counting; the class of a reply decides, and one that nobody asked for, that comes too
// early or that its command cannot get ends the session. The content goes out with write_body() and end_body(), by DATA
// or BDAT; no bare CR or LF and no early end can leave. [RFC 5321 3, 4; RFC 2920; RFC 2033; RFC 3030; RFC 3207; RFC 4954]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "action.hpp"
#include "detail/client_transaction.hpp"
#include "envelope.hpp"

namespace sansmtp {

// The logic of a client session: a value of at most 512 octets that sees bytes only during a call.
class client_engine : private detail::client_transaction {
public:
    // `config` is shared and outlives the session; a temporary does not compile. `serial` tells connections apart.
    constexpr explicit client_engine(const client_config& shared_config, std::uint32_t serial = 0) noexcept
        : client_transaction(shared_config, serial) {}
    explicit client_engine(const client_config&&, std::uint32_t = 0) = delete;

    // ---- actions

    // The next action; nothing if input or output room is needed first, or the caller's next step.
    constexpr std::optional<client_action> next(io& s) noexcept {
        if (!asks()) drop(s);
        if (secret_ && phase_ != phase::auth && s.unsent + s.written == 0) secret_ = false;
        maybe_action action = step(s); // the one variable to return, so it is made where the caller wants it
        while (again_) action = step(s);
        return action;
    }

    // ---- what the caller does: mail

    // Begins a transaction. Nothing is sent unless all of it can be: not_offered (missing() is what the server did not
    // announce), unsupported_value (beyond a limit that it announced), message_too_big (over the size that it named),
    // mail_limit (it takes no more messages, or no more domains, in this session), refused_field (a path that is no such
    // path, a parameter that is not for that command or that the envelope has a field for), no_valid_recipients (none
    // given), too_many_recipients (of which all are to be accepted), line_too_long (over 512 octets and what extensions
    // add), no_room (a command longer than the output), wrong_state.
    constexpr errc send(const envelope& e, io& s) noexcept {
        if (phase_ != phase::idle || debt_ != debt::none) return errc::wrong_state;
        const errc wrong = begin_envelope(e, s);
        if (wrong == errc::none) push(s);
        return wrong;
    }

    // Sends content, as much as the output has room for; returns the octets taken. Call it after content_wanted, until
    // all is taken. With newline_policy::reject a bare CR or LF ends the message without delivery; so does content that
    // is larger than the server takes, or has an octet over 127 that no BODY declares. By BDAT each piece is a chunk of its own, and may have to wait for a reply.
    constexpr std::size_t write_body(std::string_view bytes, io& s) noexcept {
        return wants_body() ? put_content(bytes, s) : 0;
    }

    // As write_body for DATA, without a copy: gives the front of `bytes` as a slice of it, or a literal. Write it, as by
    // writev, behind what is in the output and before what comes there next; count its octets in io::unsent until they
    // have left. Nothing is consumed for BDAT; `end` if the message ends the session.
    constexpr sansmtp::step next_slice(std::string_view bytes) noexcept {
        return wants_body() ? content_slice(bytes) : sansmtp::step{};
    }

    // Ends the content. wrong_state unless it was wanted.
    constexpr errc end_body(io& s) noexcept {
        if (!wants_body()) return errc::wrong_state;
        begin(phase::ending);
        push(s);
        return errc::none;
    }

    // Gives the transaction up, from send() to end_body(): nobody gets the message, and nobody is told any more. Content
    // of DATA that has begun can only be ended with the connection; otherwise RSET follows, and `ready`. wrong_state if
    // there is no transaction, or its end has left.
    constexpr errc abandon(io& s) noexcept {
        if (debt_ == debt::end || !drop_transaction()) return errc::wrong_state;
        if (written_ == 0) push(s);
        return errc::none;
    }

    // ---- what the caller does: other commands

    // Gives the server a command: VRFY, EXPN, HELP, NOOP, RSET, ETRN, ATRN, XCLIENT, XFORWARD, or one of an extension that
    // the library does not know. `replied` tells the reply, then the session is `ready` again. Behind RSET and XFORWARD
    // another one may be given at once where the server pipelines. After XCLIENT the session opens anew; after ATRN it
    // is over, and the caller is the server of the connection.
    // wrong_state; refused_field, also for commands that the session gives by itself; not_offered (ETRN, ATRN, XCLIENT,
    // XFORWARD, and UTF-8); line_too_long; no_room.
    constexpr errc command(const sansmtp::command& c, io& s) noexcept {
        if (!takes_command()) return errc::wrong_state;
        missing_ = {};
        const auto written = serialize(c, s.room(), capabilities_.smtputf8());
        if (!written) return written.error().code;
        const std::size_t size = *written + 2;
        const verb v = verb_of(std::string_view(s.room().data(), *written));
        if (!detail::is_free_command(v)) return errc::refused_field;
        if (const auto id = needed_by(v); id && !capabilities_.has(*id)) return missing_ = id, errc::not_offered;
        if (size > longest_command) return errc::line_too_long;
        if (size > s.room().size()) return errc::no_room;
        detail::writer(s.room().subspan(*written)).put("\r\n");
        s.written += size;
        queue_.push(v, size);
        phase_ = phase::commands;
        return errc::none;
    }

    // Says QUIT. wrong_state unless the session is idle, or its hello is done. Whatever comes then is the end, and no error.
    constexpr errc quit(io& s) noexcept {
        if ((phase_ != phase::idle && phase_ != phase::choose) || debt_ == debt::end) return errc::wrong_state;
        debt_ = debt::none;
        begin(phase::quit);
        push(s);
        return errc::none;
    }

    // ---- what the caller does: TLS and SASL

    // The handshake that start_handshake asked for is done; or, before anything was read, the one that implicit TLS
    // begins with. Every octet that came in clear before ends the session. wrong_state: no handshake is due.
    constexpr errc tls_started(const tls_info& info, io& s) noexcept { return tls_is_there(info, s); }
    constexpr void tls_failed() noexcept {
        if (!closed()) owe_end(errc::tls_failed);
    }

    // Answers a sasl_request. `final`: the server may now declare success. stale_ticket; no_room; auth_line_too_long,
    // which cancels.
    constexpr errc respond(const ticket<sasl_message>& t, std::span<const char> octets, bool final, io& s) noexcept {
        return is_asked(t) ? respond_to({octets.data(), octets.size()}, final, s) : errc::stale_ticket;
    }
    // Ends the exchange by "*".
    constexpr errc cancel(const ticket<sasl_message>& t) noexcept {
        if (!is_asked(t)) return errc::stale_ticket;
        give_up_auth(errc::auth_cancelled);
        return errc::none;
    }

    // ---- events

    // The server will send no more, by TCP or by TLS: what has arrived is still read.
    constexpr void close_input() noexcept { eof_ = true; }
    constexpr void tls_closed() noexcept { close_input(); }
    // The server was silent for longer than time_limit(). Nothing is read any more.
    constexpr void timed_out() noexcept {
        if (!closed()) owe_end(errc::timed_out);
    }

    // ---- observers

    constexpr state current() const noexcept { return state_; }
    // True once the session is over: drop the connection, and what output there is. Half of a command, or the end of a
    // message that is said to be undelivered, must not leave.
    constexpr bool closed() const noexcept { return phase_ == phase::over; }
    constexpr bool wants_input() const noexcept {
        return phase_ != phase::over && phase_ != phase::handshake && !waits_ && !eof_;
    }
    // True while a sasl_request waits for its answer: then no octet of the input may be moved.
    constexpr bool waits() const noexcept { return waits_; }
    // True while the output may hold secrets: overwrite what is taken off it.
    constexpr bool holds_secret() const noexcept { return secret_; }
    // True while write_body() takes content.
    constexpr bool wants_body() const noexcept { return phase_ == phase::content && debt_ != debt::end; }
    // The octets, with CRLF, of the longest line of the content that was given for DATA; 0 if none has more than 1000. Such
    // lines should not be sent unless the caller insists: else abandon() [RFC 5321 4.5.3.1.6]. Of BDAT nothing is known.
    constexpr std::size_t longest_line() const noexcept { return content_.longest_line(); }
    constexpr bool secured() const noexcept { return secured_; }
    constexpr bool authenticated() const noexcept { return authenticated_; }
    constexpr const sansmtp::capabilities& capabilities() const noexcept { return capabilities_; }
    // What the server does not offer, after not_offered; nothing if that is all extensions, or one that is foreign.
    constexpr const extension* missing() const noexcept { return missing_ ? &describe(*missing_) : nullptr; }
    // Seconds to wait for what is awaited now [RFC 5321 4.5.3.2].
    constexpr unsigned time_limit() const noexcept { return sansmtp::time_limit(role::client, awaited()); }

private:
    constexpr bool asks() const noexcept { return waits_ && debt_ != debt::end; }

    // What comes next: a debt first, else what the next reply means.
    constexpr maybe_action step(io& s) noexcept {
        again_ = false;
        if (asks()) return std::nullopt;
        if (debt_ == debt::none && written_ == 0) push(s);
        return debt_ == debt::none ? pull(s) : pay(s);
    }

    constexpr maybe_action pay(io& s) noexcept {
        switch (debt_) {
        case debt::none: break;
        case debt::untried: return tell(next_untried());
        case debt::ready: debt_ = debt::none; return tell(ready{capabilities_});
        case debt::content: debt_ = debt::none; return tell(content_wanted{});
        case debt::refusal: return tell(own_refusal());
        case debt::end: return fail(why_, {}, s);
        case debt::over: s.take(s.unread().size()); break;
        }
        return std::nullopt;
    }

    // Writes what can be written now. A phase that ends here goes on with the next one, so that nothing is left behind.
    constexpr void push(io& s) noexcept {
        switch (phase_) {
        case phase::greeting:
            if (!config_->valid()) owe(debt::end, errc::bad_config);
            return;
        case phase::hello: return push_line(s, lmtp() ? "LHLO " : helo_ ? "HELO " : "EHLO ", config_->name);
        case phase::starttls: return push_line(s, "STARTTLS");
        case phase::auth: return push_auth(s);
        case phase::quit: return push_line(s, "QUIT");
        case phase::envelope: push_envelope(s); break;
        case phase::ending: push_end(s); break;
        case phase::draining:
        case phase::rset: break;
        default: return;
        }
        if (phase_ == phase::draining && chunks_in_flight() == 0) begin(phase::rset);
        if (phase_ == phase::rset) push_line(s, "RSET");
    }

    [[gnu::always_inline]] constexpr maybe_action pull(io& s) noexcept {
        switch (phase_) {
        case phase::choose: return choose(s);
        case phase::handshake: return await_handshake(s);
        case phase::auth:
            if (cancelled_ && !auth_begun_) return refuse_auth(auth_why_, {}, s);
            break;
        case phase::hello:
            if (!helo_ && !whole_) return pull_hello_line(s);
            break;
        default: break;
        }
        if (s.unread().empty()) return starve(s);
        const auto found = parser_.next(s.unread());
        if (!found) return starve(s);
        if (!*found) return fail(found->error().code, {}, s);
        const reply_view& r = **found;
        pending_ = r.raw().size();
        return take(r, s);
    }

    constexpr maybe_action pull_hello_line(io& s) noexcept {
        const auto found = parser_.next_line(s.unread());
        if (!found) return starve(s);
        if (!*found) return fail(found->error().code, {}, s);
        return take_hello_line(**found, s.unsent + s.written < written_, s);
    }

    constexpr maybe_action starve(io& s) noexcept {
        if (eof_) return fail(errc::connection_lost, {}, s);
        if (s.in_full && s.consumed == 0) return fail(errc::reply_too_long, {}, s);
        return std::nullopt;
    }

    // A reply counts if what it would answer has left: the end of the content wholly, of a command a part.
    [[gnu::always_inline]] constexpr maybe_action take(const reply_view& r, io& s) noexcept {
        if (r.code() == 421) return fail(errc::service_closing, r, s);
        const std::size_t unsent = s.unsent + s.written;
        switch (phase_) {
        case phase::greeting: return take_greeting(r, s);
        case phase::envelope:
            if (unsent < octets_in_flight(unsent)) return take_envelope(r, s);
            break;
        case phase::commands:
            if (unsent < queue_.octets()) return take_command(r, s);
            break;
        case phase::content:
        case phase::ending:
            if (chunk_is_due(unsent)) return take_content(r, s);
            break;
        case phase::verdicts:
        case phase::draining:
            if (awaits_chunk() ? chunk_is_due(unsent) : unsent == 0) return take_content(r, s);
            break;
        default:
            if (unsent < written_) return take_line(r, s);
        }
        return fail(r.code().negative() ? errc::refused : errc::unsolicited_reply, r, s); // nothing waits for it
    }

    // The reply to a command that has a phase for itself.
    constexpr maybe_action take_line(const reply_view& r, io& s) noexcept {
        switch (phase_) {
        case phase::hello: return take_hello(r, s);
        case phase::starttls: return take_starttls(r, s);
        case phase::auth: return take_auth(r, s);
        case phase::rset: return take_rset(r, s);
        default: return fail(errc::none, r, s); // QUIT: the end
        }
    }

    // ---- other commands

    constexpr bool takes_command() const noexcept {
        if (debt_ != debt::none) return false;
        if (phase_ == phase::idle) return true;
        return phase_ == phase::commands && pipelined() && !queue_.full() && !detail::ends_group(queue_.back());
    }
    static constexpr std::optional<extension_id> needed_by(verb v) noexcept {
        switch (v) {
        case verb::etrn: return extension_id::etrn;
        case verb::atrn: return extension_id::atrn;
        case verb::xclient: return extension_id::xclient;
        case verb::xforward: return extension_id::xforward;
        default: return std::nullopt;
        }
    }

    constexpr maybe_action take_command(const reply_view& r, io& s) noexcept {
        if (r.code().is(reply_class::intermediate)) return fail(errc::unexpected_reply, r, s);
        const verb v = queue_.pop();
        move(event_of(v), r.code().category());
        if (queue_.size() == 0) end_commands(v, r.code().positive());
        return tell(replied{v, r});
    }
    constexpr void end_commands(verb v, bool positive) noexcept {
        if (positive && v == verb::atrn) {
            be_over();
        } else if (positive && v == verb::xclient) {
            authenticated_ = false;
            restart_hello();
        } else {
            be_ready();
        }
    }
};

static_assert(sizeof(client_engine) <= 512 && std::is_trivially_copyable_v<client_engine>);

} // namespace sansmtp
