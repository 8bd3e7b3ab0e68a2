// What all parts of a client session share: its state, how it writes a command, and how it ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "../action.hpp"
#include "../client_config.hpp"
#include "../envelope.hpp"
#include "client_content.hpp"
#include "command_queue.hpp"
#include "recipient_domains.hpp"
#include "wipe.hpp"

namespace sansmtp::detail {

class client_core {
protected:
    // Where the session is. `choose`: the hello is done, what comes next is not decided.
    enum class phase : std::uint8_t {
        greeting,
        hello,
        choose,
        starttls,
        handshake,
        auth,
        idle,
        commands,
        envelope,
        content,
        ending,
        verdicts,
        draining, // a chunk failed: the replies to the others are counted
        rset,
        quit,
        over,
    };
    // What next() tells before it goes on.
    enum class debt : std::uint8_t {
        none,
        ready,
        content, // wanted
        refusal, // of the message by the session itself
        untried, // recipients that are not tried any more
        end,     // of the session
        over,    // nothing any more
    };
    using maybe_action = std::optional<client_action>;

    constexpr client_core(const client_config& shared_config, std::uint32_t serial) noexcept
        : config_(&shared_config), parser_(shared_config.limits, shared_config.allow), serial_(serial) {}

    // ---- small things

    constexpr bool lmtp() const noexcept { return config_->protocol == dialect::lmtp; }
    constexpr bool pipelined() const noexcept { return config_->pipelining && capabilities_.pipelining(); }
    constexpr void move(event e, outcome o) noexcept { state_ = next_state(state_, e, o).value_or(state_); }

    constexpr void begin(phase p) noexcept {
        phase_ = p;
        written_ = 0;
    }
    constexpr void be_ready() noexcept {
        begin(phase::idle);
        debt_ = debt::ready;
    }
    constexpr void be_over() noexcept {
        phase_ = phase::over;
        debt_ = debt::over;
    }
    constexpr void owe(debt what, errc why) noexcept {
        debt_ = what;
        why_ = why;
    }

    // The session ends, but not before a refusal that is owed is told.
    constexpr void owe_end(errc why) noexcept {
        if (debt_ == debt::refusal)
            end_why_ = why;
        else
            owe(debt::end, why);
    }

    // Tells something; made where it is returned to.
    template <class A>
    static constexpr maybe_action tell(const A& action) noexcept {
        return maybe_action(std::in_place, std::in_place_type<A>, action);
    }
    // Goes on without an action.
    constexpr maybe_action again() noexcept {
        again_ = true;
        return std::nullopt;
    }
    // Goes on behind a reply that makes no action.
    constexpr maybe_action skip(io& s) noexcept {
        drop(s);
        return again();
    }
    // Consumes what the last action viewed.
    constexpr void drop(io& s) noexcept {
        const std::size_t before = s.consumed;
        s.take(std::exchange(pending_, 0));
        if (std::exchange(wipe_, false)) wipe(s.in.subspan(before, s.consumed - before));
    }

    // What a reply that is no success means for a message.
    static constexpr verdict failure(const reply_view& r) noexcept {
        return r.code().is(reply_class::permanent) ? verdict::refused : verdict::retry_later;
    }

    // The place of DATA among the commands of the transaction: MAIL is 0, the recipients to be tried follow. With BDAT
    // there is nothing in that place.
    constexpr std::size_t data_index() const noexcept { return tried_ + 1; }
    constexpr std::uint32_t chunks_in_flight() const noexcept { return chunks_sent_ - chunks_answered_; }
    // Whether the next reply is to a chunk that is not the last one.
    constexpr bool awaits_chunk() const noexcept { return chunks_in_flight() > (last_chunk_sent_ ? 1U : 0U); }

    // What the reply that is due now answers.
    constexpr event awaited() const noexcept {
        switch (phase_) {
        case phase::greeting: return event::connection;
        case phase::hello: return lmtp() ? event::lhlo : helo_ ? event::helo : event::ehlo;
        case phase::starttls: return event::starttls;
        case phase::handshake: return event::handshake;
        case phase::auth: return state_ == state::auth ? event::auth_response : event::auth;
        case phase::commands: return event_of(queue_.front());
        case phase::envelope:
            return answered_ == 0 ? event::mail : answered_ < data_index() ? event::rcpt : event::data;
        case phase::content: return awaits_chunk() ? event::bdat : event::chunk;
        case phase::ending:
        case phase::verdicts: return awaits_chunk() ? event::bdat : event::verdict;
        case phase::draining: return event::bdat;
        case phase::rset: return event::rset;
        case phase::quit: return event::quit;
        default: return event::other;
        }
    }

    // Writes the one command of this phase.
    constexpr void push_line(io& s, std::string_view verb, std::string_view argument = {}) noexcept {
        writer w(s.room());
        w.put(verb).put(argument).put("\r\n");
        if (!w.ok()) return;
        s.written += w.size();
        written_ = w.size();
    }

    // ---- the end

    // What the end of the session means for the transaction. Content that has not ended wholly is not delivered.
    constexpr failed report(errc why, const reply_view& r, const io& s) const noexcept {
        failed f{why, awaited(), r, told_, verdict::retry_later, finished_};
        const bool of_content = phase_ == phase::content || phase_ == phase::ending || phase_ == phase::verdicts;
        const bool never = why == errc::refused_field || why == errc::message_too_big || why == errc::eight_bit;
        if (never || (of_content && r.code().is(reply_class::permanent)))
            f.accepted_are = verdict::refused;
        else if (phase_ == phase::verdicts && !lone_dot_ && s.unsent + s.written == 0 && !r.code().negative())
            f.accepted_are = verdict::in_doubt;
        return f;
    }

    // Ends the session. After QUIT nothing is an error.
    constexpr maybe_action fail(errc why, const reply_view& r, const io& s) noexcept {
        const failed f = report(why, r, s);
        const bool said_quit = phase_ == phase::quit;
        waits_ = false;
        be_over();
        move(event::lost, outcome::none);
        return said_quit ? std::nullopt : tell(f);
    }

    // The server does not want us, or we not it: say so, then QUIT as the server asks for [RFC 5321 3.1]. `mail` is what it
    // means for mail to this server.
    constexpr maybe_action fail_and_quit(errc why, const reply_view& r, const io& s,
                                         verdict mail = verdict::retry_later) noexcept {
        failed f = report(why, r, s);
        f.accepted_are = mail;
        if (r) move(awaited(), r.code().category());
        begin(phase::quit);
        return f;
    }

    const client_config* config_;
    sansmtp::envelope envelope_{};
    capabilities capabilities_;
    reply_parser parser_;
    client_content content_;
    std::size_t pending_ = 0;      // octets that the last action views
    std::size_t tried_ = 0;        // recipients that are tried; fewer than there are once the server has enough of them
    std::size_t sent_ = 0;         // commands of the transaction that were written
    std::size_t answered_ = 0;     // of these, how many replies came
    std::size_t told_ = 0;         // recipients below it had their result
    std::size_t written_ = 0;      // octets of the phase's single command; 0: not written yet
    std::size_t chunk_octets_ = 0; // of the latest chunk but the last one, with its command
    std::uint32_t hello_octets_ = 0; // of an EHLO reply that is read line by line
    std::uint32_t chunks_sent_ = 0;  // BDAT commands, the last one among them
    std::uint32_t chunks_answered_ = 0;
    std::uint32_t accepted_ = 0;  // recipients
    std::uint32_t finished_ = 0;  // of these, how many had their last word; without LMTP all at once
    std::uint32_t mails_ = 0;     // MAIL commands in this session
    domain_count domains_;        // of recipients in this session
    std::uint32_t serial_;        // of tickets
    std::uint32_t number_ = 0;    // of the ticket given out last
    std::uint16_t mechanism_ = 0; // place in the config of the mechanism that is tried
    command_queue queue_;
    reply_code hello_code_; // of the lines of an EHLO reply
    phase phase_ = phase::greeting;
    state state_ = state::connect;
    debt debt_ = debt::none;
    errc why_ = errc::none;      // of a refusal or an end that is owed
    errc end_why_ = errc::none;  // of the end that is owed behind a refusal
    errc auth_why_ = errc::none; // why the exchange was cancelled
    std::optional<extension_id> missing_ = {};
    bool helo_ = false;        // EHLO was refused, HELO is used
    bool whole_ = false;       // the reply to EHLO is no list: it is read whole
    bool secured_ = false;     // TLS is there
    bool upgraded_ = false;    // by STARTTLS
    bool tls_refused_ = false; // the server offers STARTTLS, and does not do it
    bool authenticated_ = false;
    bool waits_ = false;      // a sasl_request is not answered
    bool auth_begun_ = false; // AUTH was written
    bool late_ = false;       // without the initial response, which is too long for it
    bool final_ = false;      // the mechanism would take a success now
    bool cancelled_ = false;  // "*" ends the exchange
    bool secret_ = false;     // the output may hold secrets
    bool wipe_ = false;       // what is pending holds a secret
    bool utf8_ = false;       // the transaction uses SMTPUTF8
    bool bare_ = false;       // it goes without what may be left out: the server said 555
    bool bare_next_ = false;  // it will: what is in flight was written with it
    bool seven_bit_ = false;  // its content must be ASCII: 8BITMIME is not declared
    bool lost_ = false;       // it failed as a whole: replies are only counted
    bool reset_ = false;      // it needs a RSET all the same
    bool odd_ = false;        // a recipient was, or may have been, accepted after that
    bool astray_ = false;     // MAIL or RCPT had a 3yz in this session
    bool repeated_ = false;   // 503 was met: it is begun anew but once
    bool dropped_ = false;    // by the caller
    bool lone_dot_ = false;   // 354 without a recipient: an empty message that means nothing
    bool last_chunk_sent_ = false;
    bool eof_ = false;
    bool again_ = false; // progress was made without an action
};

} // namespace sansmtp::detail
