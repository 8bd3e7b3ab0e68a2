// What all parts of a server session share: its state, how it asks its caller, and how it ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "../action.hpp"
#include "../answer.hpp"
#include "../chunking.hpp"
#include "../data.hpp"
#include "../line.hpp"
#include "../server_config.hpp"
#include "content_meter.hpp"
#include "server_rules.hpp"
#include "wipe.hpp"

namespace sansmtp::detail {

class server_core {
protected:
    // The room that `next` wants to see before it hands out a request: enough for any single line.
    static constexpr std::size_t reply_room = max_reply_line;
    using outcome_action = std::optional<server_action>;

    static constexpr std::size_t max_auth_line = 12288; // with CRLF [RFC 4954 4]

    // Replies of the session's own that take more than one line: written line by line as room comes.
    enum class owed : std::uint8_t { nothing, hello_list, verdicts };

    constexpr server_core(const server_config& shared_config, std::uint32_t serial, std::size_t in_room) noexcept
        : config_(&shared_config), serial_(serial) {
        known_.short_lines = in_room < max_auth_line && !shared_config.short_auth;
    }

    // ---- small things

    constexpr bool in(state s) const noexcept { return known_.at == s; }
    constexpr bool over() const noexcept { return in(state::closing) || in(state::closed); }
    // True while the input may hold a secret: an AUTH command or a line of its exchange.
    constexpr bool holds_secret() const noexcept {
        return !config_->mechanisms.empty() && !in(state::data) && !in(state::bdat_rx);
    }
    constexpr bool lmtp() const noexcept { return config_->protocol == dialect::lmtp; }
    constexpr server_rules rules() const noexcept { return {*config_, known_}; }

    constexpr void move(event e, outcome o) noexcept { known_.at = next_state(known_.at, e, o).value_or(known_.at); }

    constexpr void put(io& s, std::string_view text) noexcept {
        writer w(s.room());
        if (w.put(text).ok()) s.written += text.size();
    }

    // Writes a reply of the session's own. There is room for it wherever this is called, or it is dropped as a whole.
    constexpr void put(io& s, const reply& r) noexcept {
        writer w(s.room());
        put_reply(w, r.code(), r.enhanced(), r.text());
        if (w.ok()) s.written += w.size();
    }

    // X.0.0, for a reply to a command that has no enhanced code of its own [RFC 2034 4].
    static constexpr enhanced_code stock_code(reply_code code) noexcept {
        return {static_cast<std::uint16_t>(code.value() / 100), 0, 0};
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

    // Takes octets that nobody sees. False if there were too many of them in this session: it ends.
    constexpr bool drop(std::size_t n, io& s) noexcept {
        if (holds_secret()) wipe(s, n);
        s.take(n);
        dropped_ += n;
        if (config_->limits.dropped == 0 || dropped_ <= config_->limits.dropped) return true;
        stop(errc::too_many_errors, errc::too_many_errors);
        return false;
    }

    // Octets that have arrived behind what is pending.
    constexpr std::size_t unread_behind(const io& s) const noexcept {
        return s.unread().size() - (pending_ < s.unread().size() ? pending_ : s.unread().size());
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

    constexpr void count_auth(reply_code code) noexcept {
        if (code.is(reply_class::permanent) && known_.auth_failures != std::numeric_limits<std::uint32_t>::max())
            ++known_.auth_failures;
    }

    // ---- requests

    // The place of C's request among the actions tells requests apart; 0 is none.
    template <class C>
    static constexpr std::uint8_t kind_of() noexcept {
        return place_among<request<C>>(std::type_identity<server_action>{});
    }
    // Counted by hand: to make an action for its index() takes a compiler a tenth of all the time that sansmtp.hpp costs.
    template <class A, class... Actions>
    static constexpr std::uint8_t place_among(std::type_identity<std::variant<Actions...>>) noexcept {
        std::uint8_t place = 0;
        static_cast<void>(((std::is_same_v<A, Actions> || (++place, false)) || ...));
        return place;
    }

    template <class C>
    constexpr bool is_waiting(ticket<C> t) const noexcept {
        return waiting_ && t.serial == serial_ && t.number == number_ && asked_ == kind_of<C>();
    }

    // Hands out a request; what it views is consumed by the call after its answer.
    template <class C>
    constexpr outcome_action ask(const C& fields, std::size_t viewed, leniency used = {},
                                 event on = request_traits<C>::on) noexcept {
        waiting_ = true;
        asked_ = kind_of<C>();
        asked_on_ = on;
        pending_ = viewed;
        number_ = number_ == std::numeric_limits<std::uint32_t>::max() ? 1 : number_ + 1;
        return outcome_action(std::in_place, std::in_place_type<request<C>>, fields, ticket<C>{serial_, number_}, used);
    }

    // ---- how a step ends

    // Tells what needs no answer. This and `ask` make the action where it is returned to: to copy what was just written
    // piece by piece would wait for it to arrive.
    template <class A>
    static constexpr outcome_action tell(const A& action) noexcept {
        return outcome_action(std::in_place, std::in_place_type<A>, action);
    }

    // The step made progress and has nothing to tell.
    constexpr outcome_action go_on() noexcept {
        again_ = true;
        return std::nullopt;
    }

    // The session is over. A part of an AUTH line may be in the input.
    constexpr outcome_action ignore(io& s) noexcept {
        wipe(s, s.unread().size());
        s.take(s.unread().size());
        return std::nullopt;
    }

    // Nothing more can be done with the input there is.
    constexpr outcome_action starve() noexcept {
        if (!eof_) return std::nullopt;
        drop_transaction(errc::connection_lost);
        move(event::lost, outcome::none);
        return go_on();
    }

    // ---- how a transaction and a session end

    // The transaction is over without a verdict of the caller's.
    constexpr void drop_transaction(errc why) noexcept {
        if (open_) abort_ = why;
        open_ = mail_refused_ = false;
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
    constexpr void put_farewell(writer& w, const reply& r) const noexcept {
        put_reply(w, r.code(), farewell_code(r), r.text());
    }
    // A 421 of the session's own begins with the own name: "421 4.4.2 mx.example Idle ..." [RFC 5321 4.2.3].
    constexpr void put_own_farewell(writer& w, enhanced_code enhanced, std::string_view text) const noexcept {
        put_reply_prefix(w, 421, enhanced, true);
        if (config_->valid()) w.put(config_->host).put(' '); // it was looked at only if a greeting was due
        w.put(text).put("\r\n");
    }

    // ---- owed lines

    // Writes owed lines as far as there is room; true when none is left.
    constexpr bool pay(io& s) noexcept { return (owed_ == owed::nothing && farewell_ == errc::none) || pay_lines(s); }
    constexpr bool pay_lines(io& s) noexcept {
        while (owed_ != owed::nothing) {
            if (s.room().size() < reply_room) return false;
            if (owed_ == owed::hello_list)
                pay_hello_lines(s);
            else
                pay_verdict(s);
        }
        if (farewell_ == errc::none) return true;
        writer w(s.room());
        const reply r = suggested_reply(farewell_);
        put_own_farewell(w, farewell_code(r), r.text());
        if (!w.ok()) return false;
        s.written += w.size();
        farewell_ = errc::none;
        return true;
    }

    constexpr void pay_verdict(io& s) noexcept {
        const std::string_view text =
            broken_ == errc::message_refused ? "Message refused" : suggested_reply(broken_).text();
        const enhanced_code enhanced = end_enhanced_ ? end_enhanced_ : stock_code(end_code_);
        writer w(s.room());
        if (end_code_ == 421)
            put_own_farewell(w, enhanced, text);
        else
            put_reply(w, end_code_, enhanced, text);
        s.written += w.size();
        if (--owed_next_ == 0) owed_ = owed::nothing;
    }

    constexpr void pay_hello_lines(io& s) noexcept {
        writer w(s.room());
        rules().put_ehlo_lines(w, owed_next_, reply_room);
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
    std::uint64_t octets_ = 0;  // of content in chunks
    std::uint64_t dropped_ = 0; // octets that nobody saw
    content_meter meter_;       // of content in chunks
    server_facts known_;
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
    bool mail_refused_   : 1 = false; // the last MAIL: what was pipelined behind it may come
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

} // namespace sansmtp::detail
