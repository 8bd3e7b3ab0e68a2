// The logic of a client session, without its buffers.
//
// The session opens by itself: greeting, EHLO, HELO where EHLO is refused; then it is `ready`. A transaction is one call,
// `send(envelope)`: commands are pulled from the caller's envelope as output room and PIPELINING allow, so what is in
// flight is two numbers however many recipients there are. Replies are matched to commands by counting; the class of a
// reply decides, and one that nobody asked for, that comes too early or that its command cannot get ends the session.
// The content goes out with write_body() and end_body(); no bare CR or LF and no early end can leave.
// [RFC 5321 3, 4; RFC 2920; RFC 2033]
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
// code speaks of size or quota, a size was declared, or the caller does not want it so [RFC 5321 4.5.3.1.10].
constexpr verdict recipient_verdict(const reply_view& r, bool size_declared, bool full_is_452 = true) noexcept {
    if (r.code().is(reply_class::success)) return verdict::accepted;
    if (!r.code().is(reply_class::permanent)) return verdict::retry_later;
    const enhanced_code e = r.enhanced();
    const bool of_size = (e.subject == 2 && (e.detail == 2 || e.detail == 3)) || (e.subject == 3 && e.detail == 4);
    return r.code() == 552 && full_is_452 && !size_declared && !of_size ? verdict::retry_later : verdict::refused;
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
        if (phase_ == phase::greeting && !config_->valid()) return fail(errc::bad_config, {}, s);
        for (;;) {
            if (phase_ == phase::over) return s.take(s.unread().size()), std::nullopt;
            if (dead_ != errc::none) return fail(dead_, {}, s);
            if (std::exchange(ready_owed_, false)) return client_action(ready{capabilities_});
            if (has_untried()) return client_action(recipient_result{told_++, verdict::retry_later, {}});
            push(s);
            again_ = false;
            auto action = pull(s);
            if (action || !again_) return action;
        }
    }

    // ---- what the caller does

    // Begins a transaction. Nothing is sent unless all of it can be: not_offered (8BITMIME or a parameter that the server
    // did not announce), message_too_big (over the size that the server named), refused_field (a path that is no such
    // path, not ASCII, a parameter that is not for that command or that the envelope has a field for),
    // no_valid_recipients (none given), no_room (a command longer than the output), wrong_state.
    constexpr errc send(const envelope& e, io& s) noexcept {
        if (phase_ != phase::idle || ready_owed_ || dead_ != errc::none) return errc::wrong_state;
        const std::size_t room = s.unsent + s.out.size();
        if (const errc wrong = detail::check_envelope(e, capabilities_, !helo_, room); wrong != errc::none)
            return wrong;
        envelope_ = e;
        repeated_ = false;
        begin_transaction();
        push(s);
        return errc::none;
    }

    // Sends content, as much as the output has room for; returns the octets taken. Call it after content_wanted, until
    // all is taken. With newline_policy::reject a bare CR or LF ends the session without delivery.
    constexpr std::size_t write_body(std::string_view bytes, io& s) noexcept {
        if (!wants_body()) return 0;
        const auto done = encoder_.encode(bytes, s.room());
        s.written += done.written;
        if (encoder_.failed()) dead_ = errc::refused_field;
        return done.consumed;
    }

    // Ends the content. wrong_state unless it was wanted.
    constexpr errc end_body(io& s) noexcept {
        if (!wants_body()) return errc::wrong_state;
        begin(phase::ending);
        push(s);
        return errc::none;
    }

    // Says QUIT. wrong_state unless the session is idle. Whatever comes then is the end, and no error.
    constexpr errc quit(io& s) noexcept {
        if (phase_ != phase::idle || dead_ != errc::none) return errc::wrong_state;
        ready_owed_ = false;
        begin(phase::quit);
        push(s);
        return errc::none;
    }

    // ---- events

    // The server will send no more: what has arrived is still read.
    constexpr void close_input() noexcept { eof_ = true; }
    // The server was silent for longer than time_limit(). Nothing is read any more.
    constexpr void timed_out() noexcept {
        if (phase_ != phase::over) dead_ = errc::timed_out;
    }

    // ---- observers

    constexpr state current() const noexcept { return state_; }
    // True once the session is over: drop the connection, and what output there is. Half of a command, or the end of a
    // message that is said to be undelivered, must not leave.
    constexpr bool closed() const noexcept { return phase_ == phase::over; }
    constexpr bool wants_input() const noexcept { return phase_ != phase::over && !eof_; }
    // True while write_body() takes content.
    constexpr bool wants_body() const noexcept { return phase_ == phase::content && dead_ == errc::none; }
    constexpr const sansmtp::capabilities& capabilities() const noexcept { return capabilities_; }
    // Seconds to wait for what is awaited now [RFC 5321 4.5.3.2].
    constexpr unsigned time_limit() const noexcept { return sansmtp::time_limit(role::client, awaited()); }

private:
    enum class phase : std::uint8_t { greeting, hello, idle, envelope, content, ending, verdicts, rset, quit, over };
    using maybe_action = std::optional<client_action>;

    // ---- small things

    constexpr bool lmtp() const noexcept { return config_->protocol == dialect::lmtp; }
    constexpr bool pipelined() const noexcept { return config_->pipelining && capabilities_.pipelining(); }
    constexpr bool by_line() const noexcept { return phase_ == phase::hello && !helo_ && !whole_; }
    constexpr void move(event e, outcome o) noexcept { state_ = next_state(state_, e, o).value_or(state_); }

    // The place of DATA among the commands of the transaction: MAIL is 0, the recipients to be tried follow.
    constexpr std::size_t data_index() const noexcept { return tried_ + 1; }

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
    // Goes on behind a reply that makes no action.
    constexpr maybe_action skip(io& s) noexcept {
        s.take(std::exchange(pending_, 0));
        return again();
    }

    // What a reply that is no success means for a message.
    static constexpr verdict failure(const reply_view& r) noexcept {
        return r.code().is(reply_class::permanent) ? verdict::refused : verdict::retry_later;
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

    // ---- writing

    // The k-th command of the transaction: see detail::put_mail.
    constexpr std::optional<std::size_t> put_command(std::size_t k, std::span<char> out) const noexcept {
        if (k == 0) return detail::put_mail(envelope_, capabilities_, out);
        return k < data_index() ? detail::put_rcpt(envelope_.to[k - 1], out) : detail::put_data(out);
    }

    // Writes what can be written now. A phase that ends here goes on with the next one, so that nothing is left behind.
    constexpr void push(io& s) noexcept {
        if (phase_ == phase::envelope) push_envelope(s);
        if (phase_ == phase::ending) push_end(s);
        if (phase_ == phase::hello) push_line(s, lmtp() ? "LHLO " : helo_ ? "HELO " : "EHLO ", config_->name);
        if (phase_ == phase::rset) push_line(s, "RSET", "");
        if (phase_ == phase::quit) push_line(s, "QUIT", "");
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
        while (may_send()) {
            const auto size = put_command(sent_, s.room());
            if (!size || *size > s.room().size()) break;
            s.written += *size;
            ++sent_;
        }
        const bool no_data = lost_ || (sent_ == data_index() && accepted_ == 0);
        if (sent_ == answered_ && no_data) leave_envelope();
    }

    // Whether the next command of the transaction is due. DATA is not once it is known that there is nobody to send to.
    constexpr bool may_send() const noexcept {
        if (lost_ || sent_ > data_index()) return false;
        if (sent_ - answered_ >= (pipelined() ? config_->in_flight : 1)) return false;
        return sent_ < data_index() || answered_ < sent_ || accepted_ != 0;
    }

    constexpr void push_end(io& s) noexcept {
        constexpr std::size_t longest = 5; // CRLF.CRLF
        if (s.room().size() < longest) return;
        detail::writer w(s.room());
        w.put(encoder_.finish());
        if (encoder_.failed()) {
            dead_ = errc::refused_field;
            return;
        }
        s.written += w.size();
        begin(phase::verdicts);
        move(event::end_of_data, outcome::none);
        if (lone_dot_ && lmtp()) end_lone_dot(outcome::permanent); // as many replies as recipients: none
    }

    // True if what the next reply would answer has left: the end of the content wholly, of a command a part.
    constexpr bool is_due(const io& s) const noexcept {
        const std::size_t unsent = s.unsent + s.written;
        switch (phase_) {
        case phase::greeting: return true;
        case phase::hello:
        case phase::rset:
        case phase::quit: return unsent < written_;
        case phase::envelope: return unsent < octets_in_flight(unsent);
        case phase::verdicts: return unsent == 0;
        default: return false;
        }
    }

    // The octets of the commands whose replies are missing; stops counting where they are more than `enough`.
    constexpr std::size_t octets_in_flight(std::size_t enough) const noexcept {
        std::size_t octets = 0;
        if (enough == 0) return sent_ - answered_;
        for (std::size_t k = sent_; k > answered_ && octets <= enough; --k)
            octets += put_command(k - 1, {}).value_or(0);
        return octets;
    }

    // ---- reading

    constexpr maybe_action pull(io& s) noexcept {
        if (dead_ != errc::none || ready_owed_) return again();
        if (by_line()) return pull_hello_line(s);
        const auto found = parser_.next(s.unread());
        if (!found) return starve(s);
        if (!*found) return fail(found->error().code, {}, s);
        const reply_view& r = **found;
        pending_ = r.raw().size();
        return is_due(s) ? take(r, s) : unasked(r, s);
    }

    constexpr maybe_action starve(io& s) noexcept {
        if (eof_) return fail(errc::connection_lost, {}, s);
        if (s.in_full && s.consumed == 0) return fail(errc::reply_too_long, {}, s);
        return std::nullopt;
    }

    // A reply that no command waits for: a server that goes away, or one that is out of step.
    constexpr maybe_action unasked(const reply_view& r, io& s) noexcept {
        return fail(r.code() == 421       ? errc::service_closing
                    : r.code().negative() ? errc::refused
                                          : errc::unsolicited_reply,
                    r, s);
    }

    constexpr maybe_action take(const reply_view& r, io& s) noexcept {
        if (r.code() == 421) return fail(errc::service_closing, r, s);
        switch (phase_) {
        case phase::greeting: return take_greeting(r, s);
        case phase::hello: return take_hello(r, s);
        case phase::envelope: return take_envelope(r, s);
        case phase::verdicts: return take_verdict(r, s);
        case phase::rset: return take_rset(r, s);
        default: return fail(errc::none, r, s); // QUIT: the end
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

    // A second greeting is none: whoever sends one is out of step.
    static constexpr bool accepts_hello(reply_code code) noexcept {
        return code.is(reply_class::success) && code != 220;
    }

    // A positive reply is read line by line, so that it may be longer than the input; the first line names the server.
    // Any other reply is read whole.
    constexpr maybe_action pull_hello_line(io& s) noexcept {
        const auto found = parser_.next_line(s.unread());
        if (!found) return starve(s);
        if (!*found) return fail(found->error().code, {}, s);
        const reply_line& l = (*found)->value;
        const bool first = hello_octets_ == 0;
        if (first && accepts_hello(l.code) && is_due(s)) hello_code_ = l.code;
        if (l.code != hello_code_) return pull_other_code(l, first, s);
        hello_octets_ += (*found)->consumed;
        if (hello_octets_ > config_->limits.hello_reply) return fail(errc::reply_too_long, {}, s);
        pending_ = (*found)->consumed;
        if (!first) capabilities_.add(l.text);
        if (l.last) end_hello();
        return first ? skip(s) : maybe_action(client_action(announced{l.text}));
    }

    // A line that does not go on with an accepted hello: a refusal if it is the first one, else it is mixed up. With
    // mixed_reply_codes the last code counts, but no list stands behind a refusal.
    constexpr maybe_action pull_other_code(const reply_line& l, bool first, io& s) noexcept {
        if (!first && !config_->allow.mixed_reply_codes) return fail(errc::mixed_reply_codes, {}, s);
        if (!first && accepts_hello(l.code)) return hello_code_ = l.code, again();
        capabilities_ = {};
        whole_ = true;
        return again();
    }

    constexpr void end_hello() noexcept {
        move(awaited(), outcome::success);
        be_ready();
    }

    // A reply to HELO, or one to EHLO or LHLO that does not accept it. HELO is for servers that do not know EHLO, not for
    // those that want no mail [RFC 5321 3.2].
    constexpr maybe_action take_hello(const reply_view& r, io& s) noexcept {
        if (!r.code().negative()) {
            if (!helo_ || !accepts_hello(r.code())) return fail(errc::unexpected_reply, r, s);
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

    constexpr void begin_transaction() noexcept {
        begin(phase::envelope);
        sent_ = answered_ = told_ = 0;
        tried_ = envelope_.to.size();
        accepted_ = finished_ = 0;
        lost_ = reset_ = odd_ = lone_dot_ = false;
        encoder_ = data_encoder(config_->newlines);
    }

    constexpr maybe_action take_envelope(const reply_view& r, io& s) noexcept {
        if (answered_ == data_index()) return take_data(r, s);
        if (r.code().is(reply_class::intermediate)) return fail(errc::unexpected_reply, r, s);
        const std::size_t k = answered_++;
        move(k == 0 ? event::mail : event::rcpt, r.code().category());
        return k == 0 ? take_mail(r, s) : take_rcpt(k - 1, r, s);
    }

    // 503 to the first MAIL: the server has lost count. RSET puts it right, once.
    constexpr maybe_action take_mail(const reply_view& r, io& s) noexcept {
        if (r.code().positive()) return skip(s);
        if (r.code() != 503 || std::exchange(repeated_, true)) return give_up(verb::mail, failure(r), r);
        lost_ = reset_ = true;
        return skip(s);
    }

    constexpr maybe_action take_rcpt(std::size_t i, const reply_view& r, io& s) noexcept {
        if (lost_) { // mostly 503, which is only a consequence
            if (r.code().positive()) odd_ = reset_ = true;
            return skip(s);
        }
        if (r.code() == 503) { // the transaction is gone, with those that were accepted
            reset_ = true;
            return give_up(verb::rcpt, verdict::retry_later, r);
        }
        const verdict v = recipient_verdict(r, envelope_.size && capabilities_.size(), config_->full_is_452);
        accepted_ += v == verdict::accepted ? 1U : 0U;
        told_ = i + 1;
        const enhanced_code e = r.enhanced();
        const bool too_many = v == verdict::retry_later && e.subject == 5 && e.detail == 3;
        if (too_many && sent_ <= tried_) tried_ = sent_ - 1; // the others are not tried
        return client_action(recipient_result{i, v, r});
    }

    // True if recipients are left that are not tried any more, and all that were have been told.
    constexpr bool has_untried() const noexcept {
        return phase_ == phase::envelope && !lost_ && answered_ == data_index() && told_ < envelope_.to.size();
    }

    // The transaction failed for every recipient that was not refused before. What is still in flight is only counted.
    constexpr maybe_action give_up(verb at, verdict v, const reply_view& r) noexcept {
        lost_ = true;
        told_ = envelope_.to.size();
        finished_ = accepted_;
        return client_action(not_delivered{0, v, at, r});
    }

    // All replies are there and no content will be sent. After a refused MAIL there is nothing to reset.
    constexpr void leave_envelope() noexcept {
        if (lost_ && !reset_)
            be_ready();
        else
            begin(phase::rset);
    }

    constexpr maybe_action take_data(const reply_view& r, io& s) noexcept {
        if (r.code().positive() && r.code() != 354) return fail(errc::unexpected_reply, r, s);
        // Not even a lone dot may be sent where it would deliver an empty message to somebody.
        if (r.code().positive() && lost_ && (accepted_ != 0 || odd_)) return fail(errc::unexpected_reply, r, s);
        ++answered_;
        move(event::data, r.code().category());
        if (r.code().positive()) return begin_content(s);
        leave_envelope();
        if (lost_ || accepted_ == 0) return skip(s);
        finished_ = accepted_;
        return client_action(not_delivered{0, failure(r), verb::data, r});
    }

    // 354. If there is nobody to send to, a dot alone ends what the server waits for [RFC 2920 3.1].
    constexpr maybe_action begin_content(io& s) noexcept {
        s.take(std::exchange(pending_, 0));
        lone_dot_ = accepted_ == 0;
        begin(lone_dot_ ? phase::ending : phase::content);
        return lone_dot_ ? again() : maybe_action(client_action(content_wanted{}));
    }

    constexpr void end_lone_dot(outcome o) noexcept {
        move(event::verdict, o);
        if (reset_)
            begin(phase::rset);
        else
            be_ready();
    }

    // The reply to the content. A 3yz is no success: it is taken for a 4yz.
    constexpr maybe_action take_verdict(const reply_view& r, io& s) noexcept {
        const outcome o = r.code().is(reply_class::intermediate) ? outcome::transient : r.code().category();
        if (lone_dot_) return end_lone_dot(o), skip(s);
        const std::uint32_t ordinal = finished_;
        finished_ = lmtp() ? finished_ + 1 : accepted_;
        const bool last = finished_ == accepted_;
        move(last ? event::verdict : event::recipient_verdict, o);
        if (last) be_ready();
        if (o == outcome::success) return client_action(delivered{ordinal, r});
        return client_action(not_delivered{ordinal, failure(r), verb::other, r});
    }

    // A server that does not take RSET is in a state that nobody knows. If the envelope was not answered for yet, it is
    // now sent once more.
    constexpr maybe_action take_rset(const reply_view& r, io& s) noexcept {
        if (r.code().negative()) return fail(errc::refused, r, s);
        if (!r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
        move(event::rset, outcome::success);
        if (told_ < envelope_.to.size())
            begin_transaction();
        else
            be_ready();
        return skip(s);
    }

    // ---- the end

    // What the end of the session means for the transaction. Content that has not ended wholly is not delivered.
    constexpr failed report(errc why, const reply_view& r, const io& s) const noexcept {
        failed f{why, awaited(), r, told_, verdict::retry_later, finished_};
        const bool of_content = phase_ == phase::content || phase_ == phase::ending || phase_ == phase::verdicts;
        if (why == errc::refused_field || (of_content && r.code().is(reply_class::permanent)))
            f.accepted_are = verdict::refused;
        else if (phase_ == phase::verdicts && !lone_dot_ && s.unsent + s.written == 0 && !r.code().negative())
            f.accepted_are = verdict::in_doubt;
        return f;
    }

    // Ends the session. After QUIT nothing is an error.
    constexpr maybe_action fail(errc why, const reply_view& r, const io& s) noexcept {
        const failed f = report(why, r, s);
        const bool silent = phase_ == phase::quit;
        dead_ = errc::none;
        phase_ = phase::over;
        move(event::lost, outcome::none);
        return silent ? std::nullopt : maybe_action(client_action(f));
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
    std::size_t tried_ = 0;        // recipients that are tried; fewer than there are once the server has enough of them
    std::size_t sent_ = 0;         // commands of the transaction that were written
    std::size_t answered_ = 0;     // of these, how many replies came
    std::size_t told_ = 0;         // recipients below it had their result
    std::size_t written_ = 0;      // octets of the phase's single command; 0: not written yet
    std::size_t hello_octets_ = 0; // of an EHLO reply that is read line by line
    std::uint32_t accepted_ = 0;   // recipients
    std::uint32_t finished_ = 0;   // of these, how many had their last word; without LMTP all at once
    reply_code hello_code_;        // of the lines of an EHLO reply
    phase phase_ = phase::greeting;
    state state_ = state::connect;
    errc dead_ = errc::none; // what ended the session, not yet told
    bool helo_ = false;      // EHLO was refused, HELO is used
    bool whole_ = false;     // the reply to EHLO is no list: it is read whole
    bool lost_ = false;      // the transaction failed as a whole: replies are only counted
    bool reset_ = false;     // it needs a RSET all the same
    bool odd_ = false;       // a recipient was accepted after that
    bool repeated_ = false;  // the transaction was begun anew after 503
    bool lone_dot_ = false;  // 354 without a recipient: an empty message that means nothing
    bool ready_owed_ = false;
    bool eof_ = false;
    bool again_ = false; // progress was made without an action
};

static_assert(sizeof(client_engine) <= 512 && std::is_trivially_copyable_v<client_engine>);

} // namespace sansmtp
