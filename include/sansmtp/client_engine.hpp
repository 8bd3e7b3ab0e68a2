// The logic of a client session, without its buffers.
//
// The session opens by itself: greeting, EHLO, HELO where EHLO is refused; then it is `ready`. A transaction is one call,
// `send(envelope)`: commands are pulled from the caller's envelope as output room and PIPELINING allow, so what is in
// flight is two numbers however many recipients there are. Replies are matched to commands by counting. The content goes
// out with write_body() and end_body(); no bare CR or LF and no early end can leave. [RFC 5321 3, 4; RFC 2920; RFC 2033]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "action.hpp"
#include "envelope.hpp"

namespace sansmtp {

// What the reply to RCPT means for the recipient. 552 was once "too many recipients", and is for now unless its enhanced
// code speaks of size or quota, or a size was declared [RFC 5321 4.5.3.1.10]. 503 only says that the transaction is gone.
constexpr verdict recipient_verdict(const reply_view& r, bool size_declared) noexcept {
    if (r.code().is(reply_class::success)) return verdict::accepted;
    if (r.code().is(reply_class::transient) || r.code() == 503) return verdict::retry_later;
    const enhanced_code e = r.enhanced();
    const bool of_size = (e.subject == 2 && (e.detail == 2 || e.detail == 3)) || (e.subject == 3 && e.detail == 4);
    return r.code() == 552 && !size_declared && !of_size ? verdict::retry_later : verdict::refused;
}

// The logic of a client session: a value of at most 512 octets that sees bytes only during a call.
class client_engine {
public:
    // `config` is shared and outlives the session; a temporary does not compile.
    constexpr explicit client_engine(const client_config& shared_config) noexcept
        : config_(&shared_config), parser_(shared_config.limits, shared_config.allow) {}
    explicit client_engine(const client_config&&) = delete;

    // ---- actions

    // The next action; nothing if input or output room is needed first, or the caller's next step.
    constexpr std::optional<client_action> next(io& s) noexcept {
        s.take(std::exchange(pending_, 0));
        if (phase_ != phase::over && !config_->valid()) return fail(errc::bad_config, {}, s);
        for (;;) {
            if (phase_ == phase::over) return s.take(s.unread().size()), std::nullopt;
            if (dead_ != errc::none) return fail(dead_, {}, s);
            if (ready_owed_) {
                ready_owed_ = false;
                return client_action(ready{capabilities_});
            }
            push(s);
            again_ = false;
            auto action = pull(s);
            if (action || !again_) return action;
        }
    }

    // ---- what the caller does

    // Begins a transaction. Nothing is sent unless all of it can be: not_offered (8BITMIME or a parameter after HELO),
    // message_too_big (over the size that the server named), refused_field (a path that is no such path, not ASCII, a
    // SIZE or BODY among the parameters), no_valid_recipients (none given), no_room (a command longer than the output),
    // wrong_state.
    constexpr errc send(const envelope& e, const io& s) noexcept {
        if (phase_ != phase::idle || ready_owed_ || dead_ != errc::none) return errc::wrong_state;
        if (const errc wrong = check(e); wrong != errc::none) return wrong;
        const envelope before = std::exchange(envelope_, e);
        for (std::size_t k = 0; k <= e.to.size(); ++k) {
            const auto size = put_command(k, {});
            const errc wrong = !size                             ? errc::refused_field
                               : *size > s.unsent + s.out.size() ? errc::no_room
                                                                 : errc::none;
            if (wrong != errc::none) return envelope_ = before, wrong;
        }
        phase_ = phase::envelope;
        sent_ = answered_ = 0;
        accepted_ = finished_ = 0;
        mail_failed_ = lone_dot_ = false;
        encoder_ = data_encoder(config_->newlines);
        return errc::none;
    }

    // Sends content, as much as the output has room for; returns the octets taken. Call it after content_wanted, until
    // all is taken. With newline_policy::reject a bare CR or LF ends the session without delivery.
    constexpr std::size_t write_body(std::string_view bytes, io& s) noexcept {
        if (phase_ != phase::content || dead_ != errc::none) return 0;
        const auto done = encoder_.encode(bytes, s.room());
        s.written += done.written;
        if (encoder_.failed()) dead_ = errc::refused_field;
        return done.consumed;
    }

    // Ends the content. wrong_state unless it was wanted.
    constexpr errc end_body() noexcept {
        if (phase_ != phase::content || dead_ != errc::none) return errc::wrong_state;
        phase_ = phase::ending;
        return errc::none;
    }

    // Says QUIT. wrong_state unless the session is ready.
    constexpr errc quit() noexcept {
        if (phase_ != phase::idle || dead_ != errc::none) return errc::wrong_state;
        ready_owed_ = false;
        begin(phase::quit);
        return errc::none;
    }

    // ---- events

    // The server will send no more: what has arrived is still read.
    constexpr void close_input() noexcept { eof_ = true; }
    // The server was silent for longer than time_limit().
    constexpr void timed_out() noexcept {
        if (phase_ == phase::quit) over();
        if (phase_ != phase::over) dead_ = errc::timed_out;
    }

    // ---- observers

    constexpr state current() const noexcept { return state_; }
    constexpr bool closed() const noexcept { return phase_ == phase::over; }
    constexpr bool wants_input() const noexcept { return phase_ != phase::over && !eof_; }
    // True while write_body() takes content.
    constexpr bool wants_body() const noexcept { return phase_ == phase::content; }
    constexpr const sansmtp::capabilities& capabilities() const noexcept { return capabilities_; }
    // Seconds to wait for what is awaited now [RFC 5321 4.5.3.2].
    constexpr unsigned time_limit() const noexcept { return sansmtp::time_limit(role::client, awaited()); }

private:
    enum class phase : std::uint8_t { greeting, hello, idle, envelope, content, ending, verdicts, rset, quit, over };
    using maybe_action = std::optional<client_action>;

    // ---- small things

    constexpr bool lmtp() const noexcept { return config_->protocol == dialect::lmtp; }
    constexpr std::size_t data_index() const noexcept { return envelope_.to.size() + 1; }
    constexpr bool pipelined() const noexcept { return config_->pipelining && capabilities_.pipelining(); }
    constexpr void move(event e, outcome o) noexcept { state_ = next_state(state_, e, o).value_or(state_); }

    constexpr void begin(phase p) noexcept {
        phase_ = p;
        written_ = 0;
    }
    constexpr void be_ready() noexcept {
        begin(phase::idle);
        ready_owed_ = true;
    }

    constexpr maybe_action again() noexcept {
        again_ = true;
        return std::nullopt;
    }

    // What the reply that is due now answers.
    constexpr event awaited() const noexcept {
        switch (phase_) {
        case phase::greeting: return event::connection;
        case phase::hello: return lmtp() ? event::lhlo : helo_ ? event::helo : event::ehlo;
        case phase::envelope:
            return answered_ == 0 ? event::mail : answered_ < data_index() ? event::rcpt : event::data;
        case phase::content: return event::chunk;
        case phase::ending:
        case phase::verdicts: return event::verdict;
        case phase::rset: return event::rset;
        case phase::quit: return event::quit;
        default: return event::other;
        }
    }

    constexpr errc check(const envelope& e) const noexcept {
        if (e.to.empty()) return errc::no_valid_recipients;
        if (e.params.find("SIZE") || e.params.find("BODY") || e.body == body_type::binary_mime)
            return e.body == body_type::binary_mime ? errc::not_offered : errc::refused_field;
        if (e.body == body_type::eight_bit_mime && !capabilities_.eight_bit_mime()) return errc::not_offered;
        if (helo_ && !e.params.empty()) return errc::not_offered;
        for (const recipient& r : e.to)
            if (helo_ && !r.params.empty()) return errc::not_offered;
        const auto most = capabilities_.size_limit();
        return e.size && most && *e.size > *most ? errc::message_too_big : errc::none;
    }

    // ---- writing

    // The k-th command of the transaction: MAIL, RCPT for each recipient, DATA. Returns its octets with CRLF, also where
    // `out` has no room for them; nothing if a field must not be sent.
    constexpr std::optional<std::size_t> put_command(std::size_t k, std::span<char> out) const noexcept {
        detail::command_writer w{detail::writer(out), false};
        if (k == 0) {
            w(cmd::mail{envelope_.from, {}});
            if (envelope_.size && capabilities_.size()) w.out.put(" SIZE=").put_decimal(*envelope_.size);
            if (envelope_.body == body_type::eight_bit_mime) w.out.put(" BODY=8BITMIME");
            w.put_parameters(envelope_.params);
        } else if (k < data_index()) {
            w(cmd::rcpt{envelope_.to[k - 1].to, envelope_.to[k - 1].params});
        } else {
            w(cmd::data{});
        }
        w.out.put("\r\n");
        return w.good ? std::optional(w.out.size()) : std::nullopt;
    }

    // Writes what can be written now.
    constexpr void push(io& s) noexcept {
        if (phase_ == phase::envelope) push_envelope(s); // may go on to RSET
        switch (phase_) {
        case phase::hello: push_line(s, lmtp() ? "LHLO " : helo_ ? "HELO " : "EHLO ", config_->name); break;
        case phase::ending: push_end(s); break;
        case phase::rset: push_line(s, "RSET", ""); break;
        case phase::quit: push_line(s, "QUIT", ""); break;
        default: break;
        }
    }

    // Writes the one command of this phase, once.
    constexpr void push_line(io& s, std::string_view verb, std::string_view argument) noexcept {
        if (written_ != 0) return;
        detail::writer w(s.room());
        w.put(verb).put(argument).put("\r\n");
        if (!w.ok()) return;
        s.written += w.size();
        written_ = w.size();
    }

    constexpr void push_envelope(io& s) noexcept {
        while (sent_ <= data_index() && !mail_failed_) {
            if (sent_ != answered_ && !pipelined()) break;
            if (sent_ == data_index() && answered_ == sent_ && accepted_ == 0) break; // nobody to send it to
            const auto size = put_command(sent_, s.room());
            if (!size || *size > s.room().size()) break;
            s.written += *size;
            ++sent_;
        }
        if (sent_ == answered_ && (mail_failed_ || (sent_ == data_index() && accepted_ == 0))) leave_envelope();
    }

    // All replies are there and no content will be sent.
    constexpr void leave_envelope() noexcept {
        if (mail_failed_)
            be_ready();
        else
            begin(phase::rset);
    }

    constexpr void push_end(io& s) noexcept {
        constexpr std::size_t longest = 5; // CRLF.CRLF
        if (s.room().size() < longest) return;
        const std::string_view end = encoder_.finish();
        if (encoder_.failed()) {
            dead_ = errc::refused_field;
            again_ = true;
            return;
        }
        detail::writer w(s.room());
        w.put(end);
        s.written += w.size();
        begin(phase::verdicts);
        written_ = w.size();
        move(event::end_of_data, outcome::none);
        if (lmtp() && accepted_ == 0) be_ready();
    }

    // True if the command that the next reply would answer has not left at all.
    constexpr bool is_premature(const io& s) const noexcept {
        const std::size_t unsent = s.unsent + s.written;
        if (phase_ != phase::envelope) return unsent != 0 && unsent >= written_;
        std::size_t octets = 0;
        for (std::size_t k = sent_; k > answered_; --k) {
            octets += put_command(k - 1, {}).value_or(0);
            if (octets > unsent) return false;
        }
        return true;
    }

    // ---- reading

    constexpr maybe_action pull(io& s) noexcept {
        if (dead_ != errc::none) return again();
        if (phase_ == phase::idle && ready_owed_) return again();
        if (phase_ == phase::hello && !helo_ && !hello_refused_) return pull_hello_line(s);
        const auto found = parser_.next(s.unread());
        if (!found) return starve(s);
        if (!*found) return fail(found->error().code, {}, s);
        const reply_view r = **found;
        const bool asked = phase_ == phase::greeting || phase_ == phase::hello || phase_ == phase::envelope ||
                           phase_ == phase::verdicts || phase_ == phase::rset || phase_ == phase::quit;
        if (!asked || (phase_ != phase::greeting && is_premature(s))) return unasked(r, s);
        return take(r, s);
    }

    constexpr maybe_action starve(io& s) noexcept {
        if (!eof_) {
            if (s.in_full && s.consumed == 0) return fail(errc::reply_too_long, {}, s);
            return std::nullopt;
        }
        if (phase_ == phase::quit) return over(), std::nullopt;
        return fail(errc::connection_lost, {}, s);
    }

    // A reply that no command waits for: a server that goes away, or one that is out of step.
    constexpr maybe_action unasked(const reply_view& r, io& s) noexcept {
        pending_ = r.raw().size();
        return fail(r.code() == 421       ? errc::service_closing
                    : r.code().negative() ? errc::refused
                                          : errc::unsolicited_reply,
                    r, s);
    }

    constexpr maybe_action take(const reply_view& r, io& s) noexcept {
        pending_ = r.raw().size();
        if (phase_ == phase::quit) return over(), std::nullopt;
        if (r.code() == 421) return fail(errc::service_closing, r, s);
        switch (phase_) {
        case phase::greeting: return take_greeting(r, s);
        case phase::hello: return take_hello(r, s);
        case phase::envelope: return take_envelope(r, s);
        case phase::verdicts: return take_verdict(r);
        default: return take_rset(r, s);
        }
    }

    constexpr maybe_action take_greeting(const reply_view& r, io& s) noexcept {
        if (r.code().negative()) return fail_and_quit(r, s);
        if (!r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
        move(event::connection, outcome::success);
        begin(phase::hello);
        return client_action(greeted{r});
    }

    // ---- EHLO

    // A positive reply is read line by line, so that it may be longer than the input; the first line names the server.
    // Any other reply is read whole.
    constexpr maybe_action pull_hello_line(io& s) noexcept {
        const auto found = parser_.next_line(s.unread());
        if (!found) return starve(s);
        if (!*found) return fail(found->error().code, {}, s);
        const reply_line& l = (*found)->value;
        const bool first = hello_octets_ == 0;
        if (first && (l.code != 250 || is_premature(s))) {
            hello_refused_ = true;
            return again();
        }
        hello_octets_ += (*found)->consumed;
        if (l.code != 250) return fail(errc::mixed_reply_codes, {}, s);
        if (hello_octets_ > config_->limits.hello_reply) return fail(errc::reply_too_long, {}, s);
        pending_ = (*found)->consumed;
        if (!first) capabilities_.add(l.text);
        if (l.last) end_hello();
        return first ? skip(s) : maybe_action(client_action(announced{l.text}));
    }

    constexpr void end_hello() noexcept {
        move(awaited(), outcome::success);
        be_ready();
    }

    // A reply to HELO, or one to EHLO or LHLO that is no 250.
    constexpr maybe_action take_hello(const reply_view& r, io& s) noexcept {
        if (!r.code().negative()) {
            if (!helo_ || !r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
            end_hello();
            return skip(s);
        }
        const bool may_fall_back = r.code().is(reply_class::permanent) && r.code() != 554 && r.code() != 521;
        if (lmtp() || helo_ || !may_fall_back) return fail_and_quit(r, s);
        helo_ = true;
        begin(phase::hello);
        return skip(s);
    }

    // ---- transaction

    constexpr maybe_action take_envelope(const reply_view& r, io& s) noexcept {
        const std::size_t k = answered_++;
        if (k == data_index()) return take_data(r, s);
        if (!r.code().negative() && !r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
        const event e = k == 0 ? event::mail : event::rcpt;
        move(e, r.code().category());
        if (k == 0) {
            if (r.code().positive()) return skip(s);
            mail_failed_ = true;
            const verdict v = r.code().is(reply_class::transient) ? verdict::retry_later : verdict::refused;
            return client_action(not_delivered{0, v, verb::mail, r});
        }
        if (mail_failed_) return skip(s); // 503: only a consequence
        const verdict v = recipient_verdict(r, envelope_.size && capabilities_.size());
        accepted_ += v == verdict::accepted ? 1U : 0U;
        return client_action(recipient_result{k - 1, v, r});
    }

    constexpr maybe_action skip(io& s) noexcept {
        s.take(std::exchange(pending_, 0));
        return again();
    }

    constexpr maybe_action take_data(const reply_view& r, io& s) noexcept {
        if (r.code().is(reply_class::success) || (r.code().positive() && r.code() != 354))
            return fail(errc::unexpected_reply, r, s);
        move(event::data, r.code().category());
        if (r.code().positive()) {
            lone_dot_ = accepted_ == 0;
            begin(lone_dot_ ? phase::ending : phase::content);
            return lone_dot_ ? skip(s) : (static_cast<void>(skip(s)), maybe_action(client_action(content_wanted{})));
        }
        leave_envelope();
        if (accepted_ == 0) return skip(s);
        const verdict v = r.code().is(reply_class::transient) ? verdict::retry_later : verdict::refused;
        return client_action(not_delivered{0, v, verb::data, r});
    }

    constexpr maybe_action take_verdict(const reply_view& r) noexcept {
        const std::uint32_t ordinal = finished_++;
        const bool last = lone_dot_ || !lmtp() || finished_ == accepted_;
        move(last ? event::verdict : event::recipient_verdict, r.code().category());
        const bool silent = lone_dot_;
        if (last) be_ready();
        if (silent) return again();
        if (r.code().is(reply_class::success)) return client_action(delivered{ordinal, r});
        const verdict v = r.code().is(reply_class::permanent) ? verdict::refused : verdict::retry_later;
        return client_action(not_delivered{ordinal, v, verb::other, r});
    }

    constexpr maybe_action take_rset(const reply_view& r, io& s) noexcept {
        if (!r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
        move(event::rset, outcome::success);
        be_ready();
        return skip(s);
    }

    // ---- the end

    constexpr void over() noexcept {
        phase_ = phase::over;
        state_ = state::closed;
    }

    // What the end of the session means for a transaction that is open.
    constexpr failed report(errc why, const reply_view& r, const io& s) const noexcept {
        failed f{why, awaited(), r, 0, verdict::retry_later, finished_};
        if (phase_ == phase::envelope && !mail_failed_ && answered_ > 0)
            f.answered = answered_ - 1 < envelope_.to.size() ? answered_ - 1 : envelope_.to.size();
        if (phase_ == phase::content || phase_ == phase::ending || phase_ == phase::verdicts)
            f.answered = envelope_.to.size();
        if ((phase_ == phase::content && r.code().is(reply_class::permanent)) || why == errc::refused_field)
            f.accepted_are = verdict::refused;
        if (phase_ == phase::verdicts && !lone_dot_ && s.unsent + s.written == 0 && !r.code().negative())
            f.accepted_are = verdict::in_doubt;
        return f;
    }

    constexpr maybe_action fail(errc why, const reply_view& r, const io& s) noexcept {
        const failed f = report(why, r, s);
        dead_ = errc::none;
        over();
        return client_action(f);
    }

    // The server does not want us: say so, then QUIT as it asks for [RFC 5321 3.1].
    constexpr maybe_action fail_and_quit(const reply_view& r, const io& s) noexcept {
        const failed f = report(errc::refused, r, s);
        move(awaited(), r.code().category());
        begin(phase::quit);
        return client_action(f);
    }

    const client_config* config_;
    sansmtp::envelope envelope_{};
    sansmtp::capabilities capabilities_;
    reply_parser parser_;
    data_encoder encoder_;
    std::size_t pending_ = 0;      // octets that the last action views
    std::size_t sent_ = 0;         // commands of the transaction that were written
    std::size_t answered_ = 0;     // of these, how many replies came
    std::size_t written_ = 0;      // octets of the phase's single command; 0: not written yet
    std::size_t hello_octets_ = 0; // of an EHLO reply that is read line by line
    std::uint32_t accepted_ = 0;   // recipients
    std::uint32_t finished_ = 0;   // verdicts that came after the content
    phase phase_ = phase::greeting;
    state state_ = state::connect;
    errc dead_ = errc::none;     // what ended the session, not yet told
    bool helo_ = false;          // EHLO was refused, HELO is used
    bool hello_refused_ = false; // the reply to EHLO is no 250
    bool mail_failed_ = false;
    bool lone_dot_ = false; // 354 without a recipient: an empty message that means nothing
    bool ready_owed_ = false;
    bool eof_ = false;
    bool again_ = false; // progress was made without an action
};

static_assert(sizeof(client_engine) <= 512 && std::is_trivially_copyable_v<client_engine>);

} // namespace sansmtp
