// Command lines: whether they are taken, what the session answers by itself, and what it asks.
// [RFC 5321 4.1, 4.3; RFC 2920 3.2; RFC 3030 2; RFC 4954 4]
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <variant>

#include "../base64.hpp"
#include "server_content.hpp"

namespace sansmtp::detail {

class server_commands : public server_content {
protected:
    using server_content::server_content;

    // ---- lines

    // AUTH has lines of its own length [RFC 4954 4].
    constexpr std::size_t line_limit(std::string_view unread) const noexcept {
        const struct limits& most = config_->limits;
        if (unread.size() < most.command_line || most.auth_line <= most.command_line) return most.command_line;
        return begins_with_auth(unread) ? most.auth_line : most.command_line;
    }
    [[gnu::always_inline]] static constexpr bool begins_with_auth(std::string_view line) noexcept {
        const bool perhaps = !line.empty() && (to_upper(line[0]) == 'A' || chars::blank.contains(line[0]));
        return perhaps && verb_of(line) == verb::auth;
    }

    constexpr outcome_action command_line(io& s) noexcept {
        if (!spoke_tls_ && !mid_line_ && !known_.tls && is_tls(s.unread())) return refuse_tls();
        const auto line = framer_.next(s.unread(), line_limit(s.unread()), s.in_full && s.consumed == 0);
        if (!line) return starve();
        if (line->kind != line_framer::line_kind::whole) return long_line(line->kind, line->consumed, s);
        // in two parts: to copy a view that was just written waits for it to arrive
        return whole_line({line->text.data(), line->text.size()}, line->consumed, s);
    }

    constexpr outcome_action whole_line(std::string_view line, std::size_t viewed, io& s) noexcept {
        verb v = verb::other; // if it is a whole word: neither "BDAT:" nor " BDAT" announces a chunk
        cursor c(without_trailing_blanks(line), {config_->allow, false});
        const errc no_verb = take_line_verb(c, v);
        c.utf8 = reads_utf8(v);
        const auto parsed = no_verb == errc::none ? parse_arguments(c, v) : detail::refuse(c, no_verb);
        const parse_error bad = parsed ? parse_error{} : what_is_bad(parsed.error(), line, v, c.used);
        const leniency used = c.used;
        if (v == verb::bdat && bad.code != errc::illegal_octet) return begin_chunk(parsed, line, viewed, used, s);
        const parse_error e = rules().judge(v, parsed, bad, line);
        pending_ = viewed;
        // a line that is no command may be one of an exchange that was refused: some clients do not wait
        wipe_ = holds_secret() && (v == verb::other || begins_with_auth(line));
        if (v == verb::mail) known_.mails += known_.mails == std::numeric_limits<std::uint32_t>::max() ? 0U : 1U;
        if (e.code != errc::none) return refuse(name_junk(e, line), v, line, used, s);
        data_refused_ = false;
        return take(*parsed, v, viewed, used, s);
    }

    // A part of an over-long line, or its end: only then it is refused. An AUTH command is told from others by its
    // beginning, since the code is that of the exchange [RFC 4954 4, 6].
    constexpr outcome_action long_line(line_framer::line_kind part, std::size_t size, io& s) noexcept {
        const bool offered = !config_->mechanisms.empty() && !known_.short_lines;
        if (!mid_line_) long_auth_ = offered && begins_with_auth(s.unread());
        mid_line_ = part == line_framer::line_kind::discarded;
        if (!drop(size, s) || mid_line_) return go_on();
        if (long_auth_) return refuse({errc::auth_line_too_long}, verb::auth, {}, {}, s);
        return refuse({errc::line_too_long}, verb::other, {}, {}, s);
    }

    // A line that needs no UTF-8 is read without it: nothing has to be looked for in one that fits then.
    constexpr bool reads_utf8(verb v) const noexcept {
        return rules().may_be_utf8(v) && (v != verb::rcpt || known_.utf8);
    }

    // Octets that have no place in any command come before everything else: 500 even where the verb would be 503.
    constexpr parse_error what_is_bad(parse_error e, std::string_view line, verb v, leniency& used) const noexcept {
        const bool utf8 = rules().may_be_utf8(v);
        const bool declared = v != verb::rcpt || known_.utf8;
        if (utf8 && !declared) { // what would fit if it were declared stays what it is: wrong
            const parse_error as_utf8 = parse_command(line, {config_->allow, true}, &used).error();
            if (as_utf8.code != errc::none) e = as_utf8;
        }
        if (e.code == errc::illegal_octet || config_->allow.eight_bit) return e;
        if (v == verb::bdat) return e; // framing_lost comes before
        if (utf8 && (declared || e.code == errc::bad_utf8)) return e;
        if (has_high(line)) return {utf8 ? errc::utf8_not_declared : errc::eight_bit, find_high(line)};
        return e;
    }

    // ---- lines that are turned down

    // Turns a command down by itself.
    constexpr outcome_action refuse(parse_error e, verb v, std::string_view line, leniency used, io& s) noexcept {
        const reply_code code = put_refusal(e.code, v, s);
        return tell(refused{e.code, v, e.offset, v == verb::auth ? std::string_view{} : line, code, used});
    }

    // What is no command at all has names of its own: the head of a message that was refused, and HTTP.
    constexpr parse_error name_junk(parse_error e, std::string_view line) const noexcept {
        if (e.code != errc::unknown_verb && e.code != errc::bad_sequence) return e;
        if (e.code == errc::bad_sequence && !in(state::refused)) return e;
        if (is_http(line)) return {errc::http_request, e.offset};
        if (data_refused_ && is_header_field(line)) return {errc::unwanted_content, e.offset};
        return e;
    }

    // A handshake may hold no CRLF for long, so it is told at once. Its octets are refused as what they are: a line.
    constexpr outcome_action refuse_tls() noexcept {
        spoke_tls_ = true;
        reply_code code;
        if (config_->hang_up_on_junk) {
            stop(errc::too_many_errors, errc::too_many_errors);
            code = 421;
        }
        return tell(refused{errc::tls_at_once, verb::other, 0, {}, code, {}});
    }

    // ---- commands that are in order

    // The session answers it, or asks.
    constexpr outcome_action take(const command& c, verb v, std::size_t viewed, leniency used, io& s) noexcept {
        switch (v) {
        case verb::noop: return done(s, event::noop, {250, {2, 0, 0}, "Ok"});
        case verb::rset: return drop_transaction(errc::transaction_reset), done(s, event::rset, {250, {2, 0, 0}, "Ok"});
        case verb::quit: return drop_transaction(errc::transaction_reset), quit(s);
        case verb::helo: return ask(*std::get_if<cmd::helo>(&c), viewed, used);
        case verb::ehlo: return ask(*std::get_if<cmd::ehlo>(&c), viewed, used);
        case verb::lhlo: return ask(*std::get_if<cmd::lhlo>(&c), viewed, used);
        case verb::mail:
        case verb::send:
        case verb::soml:
        case verb::saml: return ask_mail(*std::get_if<cmd::mail>(&c), viewed, used);
        case verb::rcpt: return ask(*std::get_if<cmd::rcpt>(&c), viewed, used);
        case verb::data: return ask(*std::get_if<cmd::data>(&c), viewed, used);
        case verb::vrfy: return ask(*std::get_if<cmd::vrfy>(&c), viewed, used);
        case verb::expn: return ask(*std::get_if<cmd::expn>(&c), viewed, used);
        case verb::help: return ask(*std::get_if<cmd::help>(&c), viewed, used);
        case verb::auth: return begin_auth(*std::get_if<cmd::auth>(&c), viewed, used, s);
        case verb::starttls: return ask(*std::get_if<cmd::starttls>(&c), viewed, used);
        case verb::burl: return ask_burl(*std::get_if<cmd::burl>(&c), viewed, used);
        case verb::etrn: return ask(*std::get_if<cmd::etrn>(&c), viewed, used);
        case verb::atrn: return ask(*std::get_if<cmd::atrn>(&c), viewed, used);
        case verb::turn: return ask(*std::get_if<cmd::turn>(&c), viewed, used);
        case verb::xclient: return ask(*std::get_if<cmd::xclient>(&c), viewed, used);
        case verb::xforward: return ask(*std::get_if<cmd::xforward>(&c), viewed, used);
        default: break; // verbs of the caller's own
        }
        return ask(*std::get_if<cmd::other>(&c), viewed, used);
    }

    constexpr outcome_action ask_mail(const cmd::mail& m, std::size_t viewed, leniency used) noexcept {
        known_.utf8 = m.params.smtputf8();
        known_.binary = m.params.body() == body_type::binary_mime;
        return ask(m, viewed, used);
    }

    // The caller fetches what BURL names: for the protocol it is a chunk without octets [RFC 4468 3].
    constexpr outcome_action ask_burl(const cmd::burl& b, std::size_t viewed, leniency used) noexcept {
        return ask(b, viewed, used, b.last ? event::bdat_last : event::bdat);
    }

    constexpr outcome_action done(io& s, event e, const reply& r) noexcept {
        if (ends_group(e)) behind_ = unread_behind(s);
        put(s, r);
        move(e, outcome::success);
        release(s);
        return go_on();
    }

    constexpr outcome_action quit(io& s) noexcept {
        writer w(s.room());
        w.put("221 2.0.0 ").put(config_->host).put(" closing connection\r\n");
        if (w.ok()) s.written += w.size();
        move(event::quit, outcome::success);
        return abort_ == errc::none ? ignore(s) : go_on();
    }

    // ---- BDAT

    constexpr outcome_action begin_chunk(const result<command>& parsed, std::string_view line, std::size_t viewed,
                                         leniency used, io& s) noexcept {
        const auto* const b = std::get_if<cmd::bdat>(&*parsed);
        if (!parsed || b == nullptr) return lose_framing(parsed.error(), line, viewed, s);
        const bool first = !in(state::bdat);
        chunk_ = chunk_decoder(b->size);
        chunk_size_ = b->size;
        last_chunk_ = b->last;
        data_refused_ = false;
        const errc e = rules().judge_chunk(b->size, first ? 0 : octets_);
        if (e == errc::none && first) return ask(cmd::data{}, viewed, used, event::chunk);
        s.take(viewed);
        if (e == errc::none)
            open_chunk();
        else
            reject_chunk(e);
        return go_on();
    }

    // Without its size nobody knows where a chunk ends.
    constexpr outcome_action lose_framing(parse_error e, std::string_view line, std::size_t viewed, io& s) noexcept {
        const errc why = in(state::refused)    ? errc::bad_sequence
                         : in(state::tls_weak) ? errc::tls_too_weak
                                               : errc::framing_lost;
        const reply r = refusal(why, verb::bdat);
        put(s, r);
        drop_transaction(why);
        pending_ = viewed;
        move(event::shutdown, r.code().category());
        return tell(refused{why, verb::bdat, e.offset, line, r.code(), {}});
    }

    // ---- AUTH [RFC 4954]

    constexpr outcome_action begin_auth(const cmd::auth& a, std::size_t viewed, leniency used, io& s) noexcept {
        cmd::auth decoded{a.mechanism};
        if (a.initial_response) {
            const std::string_view text = *a.initial_response == "=" ? std::string_view{} : *a.initial_response;
            const auto octets = decode_in_place(text, s, used);
            if (!octets) return refuse({errc::bad_base64}, verb::auth, {}, used, s);
            decoded.initial_response = *octets;
        }
        return ask(decoded, viewed, used);
    }

    constexpr outcome_action auth_line(io& s) noexcept {
        const auto line = framer_.next(s.unread(), config_->limits.auth_line, s.in_full && s.consumed == 0);
        if (!line) return starve();
        mid_line_ = line->kind == line_framer::line_kind::discarded;
        if (line->kind != line_framer::line_kind::whole) {
            if (!drop(line->consumed, s) || mid_line_) return go_on();
            return end_auth(errc::auth_line_too_long, s);
        }
        wipe_ = true;
        pending_ = line->consumed;
        if (line->text == "*") return end_auth(errc::auth_cancelled, s);
        leniency used;
        const auto octets = decode_in_place(line->text, s, used);
        if (!octets) return end_auth(errc::bad_base64, s);
        return ask(auth_response{*octets}, line->consumed, used);
    }

    constexpr outcome_action end_auth(errc e, io& s) noexcept {
        const reply r = suggested_reply(e);
        put(s, r);
        count_auth(r.code());
        move(event::auth_response, r.code().category());
        return tell(refused{e, verb::auth, 0, {}, r.code(), {}});
    }

    // Decodes base64 where it stands: `text` is a part of s.in.
    constexpr std::optional<std::string_view> decode_in_place(std::string_view text, io& s, leniency& used) noexcept {
        const std::size_t start = text.empty() ? 0 : static_cast<std::size_t>(text.data() - s.in.data());
        const auto size = decode_base64(text, s.in.subspan(start, text.size()), config_->allow, &used);
        if (!size) return std::nullopt;
        return std::string_view(s.in.data() + start, *size);
    }
};

} // namespace sansmtp::detail
