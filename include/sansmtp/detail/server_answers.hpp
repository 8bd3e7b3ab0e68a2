// What the caller answers: how it is written, and what it means for the session. [RFC 5321 4.2, 4.3; RFC 2034 4]
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "server_commands.hpp"

namespace sansmtp::detail {

class server_answers : public server_commands {
protected:
    using server_commands::server_commands;

    // ---- the wire form

    // True for the replies that begin with the own host name.
    template <class C>
    static constexpr bool introduces(reply_code code) noexcept {
        constexpr bool greets = std::is_same_v<C, connection> || std::is_same_v<C, cmd::xclient>;
        return (greets || is_hello<C>)&&code.is(reply_class::success);
    }

    template <class C>
    constexpr errc put_introduction(writer& w, reply_code code, std::string_view text) const noexcept {
        constexpr bool greeting = !is_hello<C>;
        constexpr bool list = std::is_same_v<C, cmd::ehlo> || std::is_same_v<C, cmd::lhlo>;
        if (greeting && text.empty()) text = config_->banner;
        const std::size_t end = text.find('\n');
        const bool more = end != std::string_view::npos;
        if (more && !greeting) return errc::refused_field;
        put_reply_prefix(w, code, {}, !list && !more).put(config_->host);
        if (end != 0 && !text.empty()) w.put(' ').put(text.substr(0, end));
        w.put("\r\n");
        if (w.size() > max_reply_line) return errc::reply_too_big;
        if (more) detail::put_reply(w, code, {}, text.substr(end + 1));
        return errc::none;
    }

    template <class C>
    static constexpr void put_reply(writer& w, const reply& r) noexcept {
        constexpr bool plain = std::is_same_v<C, connection> || is_hello<C>; // no enhanced codes here [RFC 2034 4]
        enhanced_code enhanced = plain ? enhanced_code{} : r.enhanced();
        if (!plain && !enhanced && !r.code().is(reply_class::intermediate)) enhanced = stock_code(r.code());
        detail::put_reply(w, r.code(), enhanced, r.text());
    }

    // ---- what it means

    // Answers in place of a caller whose answer cannot be sent.
    template <class C>
    constexpr errc give_up(errc why, io& s) noexcept {
        constexpr bool hang_up = std::is_same_v<C, connection>;
        if (is_before_chunk<C>()) return answer_chunk(451, {4, 3, 0}), why;
        const reply r{451, {4, 3, 0}, "Local error in processing"};
        writer w(s.room());
        hang_up ? put_own_farewell(w, {}, r.text()) : put_reply<C>(w, r);
        if (!w.ok()) return errc::no_room;
        s.written += w.size();
        settle<C>(hang_up ? reply_code(421) : r.code(), s);
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
        if constexpr (is_hello<C>) {
            if (positive) greet<C>();
        }
        if constexpr (std::is_same_v<C, cmd::mail>) {
            positive ? begin_transaction() : refuse_mail();
        }
        if constexpr (std::is_same_v<C, cmd::rcpt>) {
            ++known_.tried;
            known_.accepted += positive ? 1U : 0U;
        }
        if constexpr (std::is_same_v<C, cmd::data>) {
            if (positive) begin_data();
            data_refused_ = !positive;
        }
        if constexpr (challengeable<C>) {
            known_.authenticated = known_.authenticated || code == 235;
            count_auth(code);
        }
        if constexpr (std::is_same_v<C, cmd::starttls>) handshake_due_ = positive;
        if constexpr (std::is_same_v<C, cmd::xclient>) {
            if (positive) known_.hello = hello::none, known_.authenticated = false;
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
        known_.hello = std::is_same_v<C, cmd::helo> ? hello::helo : hello::ehlo;
        if (known_.hello == hello::ehlo) owed_ = owed::hello_list, owed_next_ = 0;
    }
};

} // namespace sansmtp::detail
