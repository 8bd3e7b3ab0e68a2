// Messages that come in: content behind DATA, and chunks; and what is told about a command that was turned down.
// [RFC 5321 4.1.1.4, 4.5.2; RFC 3030 2; RFC 2033 4.2, 4.3]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server_core.hpp"

namespace sansmtp::detail {

class server_content : public server_core {
protected:
    using server_core::server_core;

    // ---- refusals

    // A host that never takes mail goes on to say so [RFC 7504 3].
    constexpr reply refusal(errc e, verb v) const noexcept {
        if (known_.never && in(state::refused) && e == errc::bad_sequence)
            return {521, {5, 3, 2}, "Host does not accept mail"};
        return suggested_reply(e, v);
    }

    // Writes the reply to a command that was turned down, or 421 to one too many of them.
    constexpr reply_code put_refusal(errc e, verb v, io& s) noexcept {
        const reply r = refusal(e, v);
        if (r.code() == 421 || (!follows_refusal(e, v) && is_one_too_many(e, r.code()))) {
            stop(errc::too_many_errors, errc::too_many_errors);
            return 421;
        }
        put(s, r);
        if (v == verb::mail) refuse_mail();
        if (v == verb::rcpt) ++known_.tried;
        if (v == verb::data || (v == verb::bdat && last_chunk_)) mail_refused_ = false;
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

    constexpr void refuse_mail() noexcept {
        if (!in(state::ready)) return;
        mail_refused_ = true;
        known_.tried = 0;
    }

    // A client that pipelines has sent the rest of the group before it hears that MAIL was refused, and the chunks behind one
    // that was: that they are out of order is no fault of its own [RFC 2920 3.1; RFC 3030 4.2]. How many there may be is
    // bounded: recipients by their limit, chunks by their octets, and DATA or LAST ends the group.
    constexpr bool follows_refusal(errc e, verb v) const noexcept {
        if (e != errc::bad_sequence || (!mail_refused_ && !in(state::bdat_fail))) return false;
        if (v == verb::bdat) return chunk_size_ != 0 || last_chunk_;
        return mail_refused_ && (v == verb::data || (v == verb::rcpt && known_.tried <= config_->limits.recipients));
    }

    // DATA among chunks, or for binary content, breaks the transaction [RFC 3030 2, 3].
    constexpr void refuse_data(errc e, reply_code code) noexcept {
        data_refused_ = true;
        if (e != errc::bad_sequence) return;
        move(known_.binary ? event::mixed_data : event::data, code.category());
        if (in(state::bdat_fail)) drop_transaction(e);
    }

    // ---- messages

    constexpr void begin_transaction() noexcept {
        open_ = true;
        mail_refused_ = false;
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

    constexpr void begin_data() noexcept {
        decoder_ = data_decoder({.line_limit = short_line(), .max_size = config_->limits.message_size});
        begin_content(false);
    }

    constexpr outcome_action content(io& s) noexcept {
        while (!decoder_.done()) {
            const auto piece = decoder_.next_joined(s.in.subspan(s.consumed));
            const std::string_view bytes = within_limit(piece.bytes);
            if (!bytes.empty()) {
                pending_ = piece.consumed;
                return tell(body{bytes});
            }
            if (broken_ == errc::none)
                s.take(piece.consumed);
            else if (!drop(piece.consumed, s))
                return go_on();
            if (piece.consumed == 0 && piece.bytes.empty() && !piece.end) return starve();
        }
        if (s.room().size() < reply_room) return std::nullopt;
        move(event::end_of_data, outcome::none);
        return end_content(decoder_.seen());
    }

    // What the caller sees of a piece of content: nothing of a broken message. The decoder gives it up to the limit.
    constexpr std::string_view within_limit(std::string_view bytes) noexcept {
        if (broken_ != errc::none) return {};
        if (decoder_.too_big()) broken_ = errc::message_too_big;
        return bytes;
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

    constexpr outcome_action end_content(const violations& seen) noexcept {
        break_by_content(seen);
        return in(state::data_wait) ? ask_verdict() : go_on();
    }

    constexpr outcome_action ask_verdict() noexcept {
        return ask(message_end{content_size(), verdicts_, lmtp(), content_seen()}, 0);
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

    // ---- chunks: whatever the reply, the octets are taken first

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
        end_enhanced_ = enhanced;
        reject_chunk(errc::message_refused);
        return errc::none;
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
            return tell(body{piece.bytes});
        }
        if (!piece.end) return starve();
        if (s.room().size() < reply_room) return std::nullopt;
        if (broken_ != errc::none) return end_refused_chunk(s);
        if (!last_chunk_) return end_chunk(s);
        move(event::bdat_last, outcome::none);
        return end_content(meter_.seen());
    }

    constexpr outcome_action end_chunk(io& s) noexcept {
        writer w(s.room());
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
        return tell(refused{e, verb::bdat, 0, {}, code, {}});
    }
};

} // namespace sansmtp::detail
