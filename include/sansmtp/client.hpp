// The client's side of a session.
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
#include "data.hpp"
#include "detail/byte_queue.hpp"

namespace sansmtp {

// How a client presents itself. Shared by its sessions, which it outlives; so do the views in it.
struct client_config {
    // clang-format off
    std::string_view name;                                     // for EHLO: a domain or an address literal
    dialect          protocol   = dialect::smtp;
    bool             pipelining = true;                        // where it is offered
    newline_policy   newlines   = newline_policy::normalise;
    sansmtp::limits  limits     = {};
    leniency         allow      = strict();
    // clang-format on

    // True if nothing in it would break a line of the protocol.
    constexpr bool valid() const noexcept { return static_cast<bool>(parse_domain(name)); }
};

struct recipient {
    path to;
    parameters params = {}; // of extensions that the server offers
};

// Who sends what to whom. Views and the span outlive the transaction.
struct envelope {
    path from;
    std::span<const recipient> to;
    std::optional<std::uint64_t> size = {};    // octets of content with CRLFs, if known: sent where SIZE is offered
    body_type body = body_type::seven_bit;     // eight_bit_mime needs 8BITMIME
    parameters params = {};                    // further ones for MAIL, of extensions that the server offers
};

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
            const errc wrong = !size ? errc::refused_field : *size > s.unsent + s.out.size() ? errc::no_room : errc::none;
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
        switch (phase_) {
        case phase::hello: push_line(s, lmtp() ? "LHLO " : helo_ ? "HELO " : "EHLO ", config_->name); break;
        case phase::envelope: push_envelope(s); break;
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
        if (phase_ == phase::hello && hello_lines_ != 0) return pull_hello_line(s);
        if (phase_ == phase::idle && ready_owed_) return again();
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
        // an EHLO reply is read line by line, as soon as its first line is there
        if (phase_ == phase::hello && !helo_ && hello_begins(s)) return again();
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
        return fail(r.code() == 421 ? errc::service_closing : r.code().negative() ? errc::refused : errc::unsolicited_reply,
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

    // Takes the first line of a positive EHLO reply, the server's name; false if that is not what is coming.
    constexpr bool hello_begins(io& s) noexcept {
        if (is_premature(s)) return false;
        reply_parser lines(config_->limits, config_->allow);
        const auto first = lines.next_line(s.unread());
        if (!first || !*first || (*first)->value.code != 250 || (*first)->value.last) return false;
        s.take((*first)->consumed);
        parser_ = lines;
        hello_lines_ = 1;
        hello_octets_ = (*first)->consumed;
        return true;
    }

    constexpr maybe_action pull_hello_line(io& s) noexcept {
        const auto found = parser_.next_line(s.unread());
        if (!found) {
            if (!eof_ && !(s.in_full && s.consumed == 0)) return std::nullopt;
            return fail(eof_ ? errc::connection_lost : errc::reply_too_long, {}, s);
        }
        if (!*found) return fail(found->error().code, {}, s);
        const reply_line& l = (*found)->value;
        hello_octets_ += (*found)->consumed;
        if (l.code != 250) return fail(errc::mixed_reply_codes, {}, s);
        if (hello_octets_ > config_->limits.hello_reply) return fail(errc::reply_too_long, {}, s);
        pending_ = (*found)->consumed;
        capabilities_.add(l.text);
        if (l.last) end_hello();
        return client_action(announced{l.text});
    }

    constexpr void end_hello() noexcept {
        move(awaited(), outcome::success);
        hello_lines_ = 0;
        be_ready();
    }

    // A whole reply to HELO, EHLO or LHLO.
    constexpr maybe_action take_hello(const reply_view& r, io& s) noexcept {
        if (r.code().is(reply_class::success)) return take_short_hello(r, s);
        if (!r.code().negative()) return fail(errc::unexpected_reply, r, s);
        const bool may_fall_back = r.code().is(reply_class::permanent) && r.code() != 554 && r.code() != 521;
        if (lmtp() || helo_ || !may_fall_back) return fail_and_quit(r, s);
        helo_ = true;
        begin(phase::hello);
        s.take(std::exchange(pending_, 0));
        return again();
    }

    // The reply came in one piece: its first line names the server, the others announce extensions.
    constexpr maybe_action take_short_hello(const reply_view& r, io& s) noexcept {
        if (!helo_ && r.raw().size() > r.raw().find('\n') + 1) {
            pending_ = 0;
            return hello_begins(s) ? again() : fail(errc::bad_reply, {}, s);
        }
        s.take(std::exchange(pending_, 0));
        end_hello();
        return again();
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
        if (phase_ == phase::content && (r.code().is(reply_class::permanent) || why == errc::refused_field))
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
    std::uint32_t hello_lines_ = 0;
    phase phase_ = phase::greeting;
    state state_ = state::connect;
    errc dead_ = errc::none;       // what ended the session, not yet told
    bool helo_ = false;            // EHLO was refused
    bool mail_failed_ = false;
    bool lone_dot_ = false;        // 354 without a recipient: an empty message that means nothing
    bool ready_owed_ = false;
    bool eof_ = false;
    bool again_ = false;           // progress was made without an action
};

static_assert(sizeof(client_engine) <= 512 && std::is_trivially_copyable_v<client_engine>);

// A client session: an engine and its two buffers. `In` bounds the length of a reply but that to EHLO.
template <std::size_t In = 16384, std::size_t Out = 16384>
class basic_client {
    static_assert(In >= 512 && Out >= 512);

public:
    constexpr explicit basic_client(const client_config& shared_config) noexcept : engine_(shared_config) {}
    explicit basic_client(const client_config&&) = delete;

    // ---- bytes in

    constexpr bool wants_input() const noexcept { return engine_.wants_input() && !in_.full(); }
    // Room to read into; valid until commit(), whatever else is called between but feed().
    constexpr std::span<char> prepare() noexcept {
        in_.pack();
        return in_.room();
    }
    constexpr void commit(std::size_t n) noexcept { in_.commit(n); }
    // Copies in what fits; returns how much that was.
    constexpr std::size_t feed(std::string_view octets) noexcept {
        const std::span<char> room = prepare();
        const std::size_t n = octets.size() < room.size() ? octets.size() : room.size();
        std::char_traits<char>::copy(room.data(), octets.data(), n);
        commit(n);
        return n;
    }
    std::size_t feed(std::span<const std::byte> octets) noexcept {
        return feed(std::string_view(reinterpret_cast<const char*>(octets.data()), octets.size()));
    }
    constexpr void close_input() noexcept { engine_.close_input(); }
    constexpr void timed_out() noexcept { engine_.timed_out(); }

    // ---- bytes out

    constexpr std::string_view output() const noexcept { return out_.view(); }
    // Takes what was written off the output. A view of output() stays valid up to here, whatever is called between.
    constexpr void consume(std::size_t n) noexcept {
        out_.consume(n);
        out_.pack();
    }

    // ---- actions and what the caller does: see client_engine

    constexpr std::optional<client_action> next() noexcept {
        return with([&](io& s) { return engine_.next(s); });
    }
    constexpr errc send(const envelope& e) noexcept {
        return with([&](io& s) { return engine_.send(e, s); });
    }
    constexpr std::size_t write_body(std::string_view bytes) noexcept {
        return with([&](io& s) { return engine_.write_body(bytes, s); });
    }
    constexpr errc end_body() noexcept { return engine_.end_body(); }
    constexpr errc quit() noexcept { return engine_.quit(); }

    // ---- observers

    constexpr state current() const noexcept { return engine_.current(); }
    constexpr bool closed() const noexcept { return engine_.closed(); }
    constexpr bool wants_body() const noexcept { return engine_.wants_body(); }
    constexpr const sansmtp::capabilities& capabilities() const noexcept { return engine_.capabilities(); }
    constexpr unsigned time_limit() const noexcept { return engine_.time_limit(); }

private:
    template <class Call>
    constexpr auto with(Call call) noexcept {
        io s{in_.data(), out_.room(), in_.full(), out_.size()};
        const auto value = call(s);
        in_.consume(s.consumed);
        out_.commit(s.written);
        return value;
    }

    client_engine engine_;
    detail::byte_queue<In> in_;
    detail::byte_queue<Out> out_;
};

using client = basic_client<>;

} // namespace sansmtp
