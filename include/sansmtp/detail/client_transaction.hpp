// A transaction of a client session: envelope, content, verdicts [RFC 5321 3.3; RFC 2920; RFC 3030; RFC 2033; RFC 9422].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "client_opening.hpp"
#include "envelope_writer.hpp"

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

} // namespace sansmtp

namespace sansmtp::detail {

class client_transaction : protected client_opening {
protected:
    using client_opening::client_opening;

    // ---- the envelope, before anything leaves

    constexpr envelope_writer commands_of(const sansmtp::envelope& e) const noexcept {
        return {e, capabilities_, !helo_, secured_, utf8_, bare_};
    }
    // The k-th command of the transaction: see envelope_writer.
    constexpr std::optional<std::size_t> put_command(std::size_t k, std::span<char> out) const noexcept {
        if (k == data_index()) return writer(out).put("DATA\r\n").size();
        const envelope_writer w = commands_of(envelope_);
        return k == 0 ? w.put_mail(out) : w.put_rcpt(envelope_.to[k - 1], out);
    }

    constexpr errc begin_envelope(const sansmtp::envelope& e, io& s) noexcept {
        missing_ = {};
        bare_ = bare_next_ = repeated_ = false;
        utf8_ = envelope_writer::uses_utf8(e, capabilities_);
        envelope_writer::front ahead{s.room(), pipelined() ? config_->in_flight : 1};
        if (const objection o = commands_of(e).check(s.unsent + s.out.size(), ahead)) {
            missing_ = o.missing;
            return o.why;
        }
        if (!takes_mail()) return errc::mail_limit;
        domain_count used = domains_;
        const std::size_t most = recipients_at_once(e.to, used);
        if (most == 0) return errc::mail_limit;
        if (e.all_or_nothing && most < e.to.size()) return errc::too_many_recipients;
        envelope_ = e;
        tried_ = most;
        domains_ = used;
        begin_transaction();
        if (ahead.commands > data_index()) return errc::none; // some are not to be tried
        sent_ = ahead.commands;
        s.written += ahead.octets;
        return errc::none;
    }

    // Whether the server takes one more MAIL in this session: it counts those that failed, too [RFC 9422 4].
    constexpr bool takes_mail() const noexcept {
        const std::uint32_t most = capabilities_.limits().mails;
        return most == 0 || mails_ < most;
    }

    // How many of these one transaction may try: by the config, and by what LIMITS announced [RFC 9422 4].
    constexpr std::size_t recipients_at_once(std::span<const recipient> to, domain_count& used) const noexcept {
        std::size_t most = to.size();
        const std::size_t rcpt_max = capabilities_.limits().recipients;
        if (rcpt_max != 0 && rcpt_max < most) most = rcpt_max;
        if (config_->recipients != 0 && config_->recipients < most) most = config_->recipients;
        const std::uint32_t domain_max = capabilities_.limits().rcpt_domains;
        return domain_max == 0 ? most : take_domains(to.first(most), domain_max, used);
    }

    constexpr void begin_transaction() noexcept {
        begin(phase::envelope);
        bare_ = bare_next_;
        sent_ = answered_ = told_ = 0;
        accepted_ = finished_ = 0;
        chunks_sent_ = chunks_answered_ = 0;
        lost_ = reset_ = odd_ = lone_dot_ = dropped_ = last_chunk_sent_ = false;
        const bool binary = envelope_.body == body_type::binary_mime;
        const bool chunks = binary || (config_->prefer_bdat && capabilities_.chunking());
        content_ = client_content(chunks, binary, config_->newlines);
        seven_bit_ = !binary && !(envelope_.body == body_type::eight_bit_mime &&
                                  commands_of(envelope_).sends(extension_id::eight_bit_mime));
        ++mails_;
    }

    // ---- writing

    constexpr void push_envelope(io& s) noexcept {
        while (may_send()) {
            const auto size = put_command(sent_, s.room());
            if (!size || *size > s.room().size()) break;
            s.written += *size;
            ++sent_;
        }
        if (sent_ != answered_) return;
        if (lost_ || (sent_ == data_index() && accepted_ == 0)) return leave_envelope();
        if (sent_ != data_index() || !content_.chunks()) return;
        begin(phase::content);
        debt_ = debt::content;
    }

    // Whether the next command of the transaction is due. DATA is not once it is known that there is nobody to send to,
    // nor as long as it is not known that all are accepted, if all must be.
    constexpr bool may_send() const noexcept {
        if (lost_ || sent_ > data_index()) return false;
        if (sent_ - answered_ >= (pipelined() ? config_->in_flight : 1)) return false;
        if (sent_ < data_index()) return true;
        if (content_.chunks()) return false;
        if (envelope_.all_or_nothing) return answered_ == sent_ && accepted_ == tried_;
        return answered_ < sent_ || accepted_ != 0;
    }

    constexpr void push_end(io& s) noexcept {
        constexpr std::size_t longest_end = 5; // CRLF.CRLF
        const std::size_t longest = content_.chunks() ? client_content::last_chunk.size() : longest_end;
        if (s.room().size() < longest || !may_end()) return;
        const std::string_view end = content_.finish();
        if (content_.failed()) return stop_content(errc::refused_field);
        s.written += writer(s.room()).put(end).size();
        begin(phase::verdicts);
        if (content_.chunks()) {
            ++chunks_sent_;
            last_chunk_sent_ = true;
            return;
        }
        move(event::end_of_data, outcome::none);
        if (lone_dot_ && lmtp()) end_lone_dot(outcome::permanent); // as many replies as recipients: none
    }

    // BDAT LAST waits for the chunks before it where nobody could tell how many replies it has: in LMTP one for each
    // recipient, unless a chunk failed.
    constexpr bool may_end() const noexcept {
        return !content_.chunks() || chunks_in_flight() == 0 || (pipelined() && !lmtp());
    }

    // The octets of the commands whose replies are missing; stops counting where they are more than `enough`.
    constexpr std::size_t octets_in_flight(std::size_t enough) const noexcept {
        std::size_t octets = 0;
        if (enough == 0) return sent_ - answered_;
        for (std::size_t k = sent_; k > answered_ && octets <= enough; --k)
            octets += put_command(k - 1, {}).value_or(0);
        return octets;
    }

    // Whether the oldest chunk without a reply has left, in part at least: only the latest one, and LAST, can wait.
    constexpr bool chunk_is_due(std::size_t unsent) const noexcept {
        const std::size_t last = last_chunk_sent_ ? client_content::last_chunk.size() : 0;
        const std::uint32_t waiting = chunks_in_flight() - (last_chunk_sent_ ? 1U : 0U);
        return waiting > 1 || (waiting == 1 && unsent < chunk_octets_ + last);
    }

    // ---- content

    // Octets that are taken now. One chunk leaves wholly before the next one is written.
    constexpr std::size_t put_content(std::string_view bytes, io& s) noexcept {
        const bool chunks = content_.chunks();
        const std::size_t most = pipelined() ? config_->in_flight : 1;
        if (chunks && (s.unsent + s.written != 0 || chunks_in_flight() >= most)) return 0;
        if (chunks && is_too_big(content_.octets_with(bytes))) return stop_content(errc::message_too_big), 0;
        const transfer done = content_.write(bytes, s.room());
        if (seven_bit_ && content_.eight_bit()) return stop_content(errc::eight_bit), 0;
        s.written += done.written;
        if (chunks && done.written != 0) {
            ++chunks_sent_;
            chunk_octets_ = done.written;
        }
        check_content();
        return done.consumed;
    }
    constexpr step content_slice(std::string_view bytes) noexcept {
        if (content_.chunks()) return {};
        const step slice = content_.next_slice(bytes);
        check_content();
        return debt_ == debt::end ? step{{}, 0, true} : slice;
    }
    constexpr void check_content() noexcept {
        if (content_.failed())
            stop_content(errc::refused_field);
        else if (is_too_big(content_.octets()))
            stop_content(errc::message_too_big);
        else if (seven_bit_ && content_.eight_bit())
            stop_content(errc::eight_bit);
    }
    constexpr bool is_too_big(std::uint64_t octets) const noexcept {
        const auto most = capabilities_.size_limit();
        return most && octets > *most;
    }

    // The session or the caller ends the content that has begun. Only what stands in chunks can be taken back.
    constexpr void stop_content(errc why) noexcept {
        if (!content_.chunks()) {
            owe(debt::end, why);
            return;
        }
        lose();
        if (why != errc::session_shut_down) owe(debt::refusal, why);
        begin(phase::draining);
    }

    // Whatever comes is only counted; everybody has had his last word, or is about to.
    constexpr void lose() noexcept {
        lost_ = reset_ = true;
        told_ = envelope_.to.size();
        finished_ = accepted_;
        debt_ = debt::none;
    }

    // What is owed to the caller about a message that the session gave up.
    constexpr not_delivered own_refusal() noexcept {
        const bool of_recipient = why_ == errc::refused; // all are to be accepted, and one was not
        const not_delivered told{0,
                                 of_recipient ? verdict::retry_later : verdict::refused,
                                 of_recipient ? verb::rcpt : verb::bdat,
                                 {},
                                 why_};
        debt_ = end_why_ == errc::none ? debt::none : debt::end;
        why_ = std::exchange(end_why_, errc::none);
        return told;
    }

    // The caller gives the transaction up. False if it is too late.
    constexpr bool drop_transaction() noexcept {
        if (phase_ == phase::content || phase_ == phase::ending) return stop_content(errc::session_shut_down), true;
        if (!is_due_again() && (phase_ != phase::envelope || lost_)) return false;
        lose();
        dropped_ = true;
        return true;
    }

    // ---- replies to the envelope

    constexpr maybe_action take_envelope(const reply_view& r, io& s) noexcept {
        if (answered_ == data_index()) return take_data(r, s);
        if (r.code().is(reply_class::intermediate)) return take_intermediate(r, s);
        const std::size_t k = answered_++;
        move(k == 0 ? event::mail : event::rcpt, r.code().category());
        return k == 0 ? take_mail(r, s) : take_rcpt(k - 1, r, s);
    }

    // 3yz to MAIL or RCPT: the server is out of step, and nobody knows what it took. RSET puts it right, once in a session.
    constexpr maybe_action take_intermediate(const reply_view& r, io& s) noexcept {
        if (std::exchange(astray_, true)) return fail(errc::unexpected_reply, r, s);
        const verb at = answered_++ == 0 ? verb::mail : verb::rcpt;
        reset_ = true;
        odd_ = odd_ || at == verb::rcpt; // it may have been accepted
        return lost_ ? skip(s) : give_up(at, verdict::retry_later, r);
    }

    // 503 to the first MAIL: the server has lost count. RSET puts it right, once. 555: it is sent once more without what
    // may be left out. Where the server takes no more MAIL, a lost count is for another session.
    constexpr maybe_action take_mail(const reply_view& r, io& s) noexcept {
        if (r.code().positive() || lost_) return skip(s);
        const bool lost_count = r.code() == 503 && !std::exchange(repeated_, true);
        if (lost_count && !takes_mail()) return give_up(verb::mail, verdict::retry_later, r);
        if (!lost_count && !(r.code() == 555 && takes_mail() && strip())) return give_up(verb::mail, failure(r), r);
        lost_ = reset_ = true;
        return skip(s);
    }
    // Leaves out what may be, once MAIL is sent anew; false if there is nothing.
    constexpr bool strip() noexcept {
        envelope_writer less = commands_of(envelope_);
        less.bare = true;
        return !bare_ && (bare_next_ = less.put_mail({}) != put_command(0, {}));
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
        const verdict v = recipient_verdict(r, envelope_.size && capabilities_.size() && !bare_, config_->full_is_452);
        accepted_ += v == verdict::accepted ? 1U : 0U;
        told_ = i + 1;
        if (v != verdict::accepted) note_refusal(v, r);
        if (!lost_ && answered_ == data_index() && told_ < envelope_.to.size()) debt_ = debt::untried;
        return tell(recipient_result{i, v, r});
    }

    // After 4.5.3 the others are not tried. Where all must be accepted there is no message any more.
    constexpr void note_refusal(verdict v, const reply_view& r) noexcept {
        const enhanced_code e = r.enhanced();
        const bool too_many = v == verdict::retry_later && e.subject == 5 && e.detail == 3;
        if (envelope_.all_or_nothing) {
            lose();
            owe(debt::refusal, errc::refused);
        } else if (too_many && sent_ <= tried_) {
            tried_ = sent_ - 1;
        }
    }

    // All that were tried have been told; now it is the turn of the others.
    constexpr recipient_result next_untried() noexcept {
        const std::size_t i = told_++;
        if (told_ == envelope_.to.size()) debt_ = debt::none;
        return {i, verdict::retry_later, {}};
    }

    // The transaction failed for every recipient that was not refused before. What is still in flight is only counted.
    constexpr maybe_action give_up(verb at, verdict v, const reply_view& r) noexcept {
        lost_ = true;
        told_ = envelope_.to.size();
        finished_ = accepted_;
        return tell(not_delivered{0, v, at, r});
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
        if (r.code().positive() && lost_ && (accepted_ != 0 || odd_))
            return fail(dropped_ ? errc::session_shut_down : errc::unexpected_reply, r, s);
        ++answered_;
        move(event::data, r.code().category());
        if (r.code().positive()) return begin_content(s);
        leave_envelope();
        if (lost_ || accepted_ == 0) return skip(s);
        finished_ = accepted_;
        return tell(not_delivered{0, failure(r), verb::data, r});
    }

    // 354. If there is nobody to send to, a dot alone ends what the server waits for [RFC 2920 3.1].
    constexpr maybe_action begin_content(io& s) noexcept {
        drop(s);
        lone_dot_ = accepted_ == 0;
        begin(lone_dot_ ? phase::ending : phase::content);
        return lone_dot_ ? again() : tell(content_wanted{});
    }

    constexpr void end_lone_dot(outcome o) noexcept {
        move(event::verdict, o);
        if (reset_)
            begin(phase::rset);
        else
            be_ready();
    }

    // ---- replies to the content

    constexpr maybe_action take_content(const reply_view& r, io& s) noexcept {
        if (awaits_chunk()) return take_chunk(r, s);
        return phase_ == phase::draining ? take_late_verdict(r, s) : take_verdict(r, s);
    }

    // After a chunk that was refused no more are sent, and RSET is due [RFC 3030 2].
    constexpr maybe_action take_chunk(const reply_view& r, io& s) noexcept {
        if (r.code().is(reply_class::intermediate)) return fail(errc::unexpected_reply, r, s);
        ++chunks_answered_;
        move(event::bdat, r.code().category());
        if (r.code().positive() || lost_) return skip(s);
        lose();
        begin(phase::draining);
        return tell(not_delivered{0, failure(r), verb::bdat, r});
    }

    // To the last chunk, of a message that lost one before: a success would be for something else.
    constexpr maybe_action take_late_verdict(const reply_view& r, io& s) noexcept {
        if (r.code().positive()) return fail(errc::unexpected_reply, r, s);
        ++chunks_answered_;
        move(event::bdat_last, r.code().category());
        return skip(s);
    }

    // The reply to the whole content. A 3yz is no success: it is taken for a 4yz.
    constexpr maybe_action take_verdict(const reply_view& r, io& s) noexcept {
        const outcome o = r.code().is(reply_class::intermediate) ? outcome::transient : r.code().category();
        if (lone_dot_) return end_lone_dot(o), skip(s);
        if (content_.chunks() && state_ != state::data_wait) {
            move(event::chunk, outcome::none);
            move(event::bdat_last, outcome::none);
        }
        const std::uint32_t ordinal = finished_;
        finished_ = lmtp() ? finished_ + 1 : accepted_;
        const bool last = finished_ == accepted_;
        move(last ? event::verdict : event::recipient_verdict, o);
        if (last) be_ready();
        if (o == outcome::success) return tell(delivered{ordinal, r});
        return tell(not_delivered{ordinal, failure(r), verb::other, r});
    }

    // Whether the envelope, for which nobody was answered yet, is sent once more behind RSET.
    constexpr bool is_due_again() const noexcept {
        return lost_ && told_ < envelope_.to.size() && (phase_ == phase::envelope || phase_ == phase::rset);
    }

    // A server that does not take RSET is in a state that nobody knows.
    constexpr maybe_action take_rset(const reply_view& r, io& s) noexcept {
        if (r.code().negative()) return fail(errc::refused, r, s);
        if (!r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
        move(event::rset, outcome::success);
        if (is_due_again())
            begin_transaction();
        else
            be_ready();
        return skip(s);
    }
};

} // namespace sansmtp::detail
