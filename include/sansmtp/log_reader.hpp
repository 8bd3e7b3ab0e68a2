// Reads a dialogue as logs and documents print it, "C: " and "S: " in front of each line, and says of each line what it is,
// what it means, and what is wrong with it: for people who look for a fault, and for tests of documents.
//
// Whose line it is comes from its look more than from its label, since authors swap labels: a line that begins with a reply
// code is a reply. The reader follows the protocol by the table of state.hpp, and by the replies that are in the log, not by
// what a server should have said. Nothing is kept of a line but its event. To print a line, give it to `redact` with
// its origin(): what AUTH carries is hidden. Content is counted; whether it is printed is the caller's choice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "command.hpp"
#include "explain.hpp"
#include "redact.hpp"
#include "reply_view.hpp"
#include "state.hpp"

namespace sansmtp {

namespace detail {

// The fewest changes that make one word of the other in any case of letters: a letter put in, left out, replaced, or two
// neighbours swapped. Words of more than `longest` letters are `longest` apart from all.
constexpr std::size_t letters_apart(std::string_view a, std::string_view b) noexcept {
    constexpr std::size_t longest = 12;
    if (a.size() > longest || b.size() > longest) return longest;
    std::array<std::array<std::size_t, longest + 1>, longest + 1> cost{};
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const auto same = [&](std::size_t k, std::size_t l) { return to_upper(a[k]) == to_upper(b[l]); };
            std::size_t least = cost[i - 1][j - 1] + (same(i - 1, j - 1) ? 0 : 1);
            const auto offer = [&least](std::size_t other) { least = other < least ? other : least; };
            offer(cost[i - 1][j] + 1);
            offer(cost[i][j - 1] + 1);
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) offer(cost[i - 2][j - 2] + 1);
            cost[i][j] = least;
        }
    }
    return cost[a.size()][b.size()];
}

} // namespace detail

// The verb that was probably meant by a word that is none: "HELLO" is HELO, "REST" is RSET, "VERY" is VRFY. `other` if it is
// a verb, or if it could be several or nothing.
constexpr verb did_you_mean(std::string_view word) noexcept {
    if (word.size() < 3 || find_verb(word) != verb::other) return verb::other;
    std::size_t least = word.size() < 4 ? 2 : 3; // one or two changes
    verb best = verb::other;
    for (std::size_t i = 1; i <= static_cast<std::size_t>(verb::xforward); ++i) {
        const auto v = static_cast<verb>(i);
        const std::size_t apart = detail::letters_apart(word, name(v));
        const bool first_letter = to_upper(word[0]) == name(v)[0] && best != verb::other && name(best)[0] != name(v)[0];
        if (apart < least || (apart == 1 && least == 1 && first_letter))
            best = v;
        else if (apart == least && apart > 1)
            best = verb::other;
        if (apart < least) least = apart;
    }
    return best;
}

// What a line of a log is.
enum class log_kind : std::uint8_t {
    blank, // nothing, outside the content
    client_command,
    auth_exchange, // the client's answer to a 334
    content,       // of a message, or the dot behind it
    server_reply,  // a line of one
};

// How a log is written.
struct log_format {
    bool comments = false;     // "MAIL FROM:<a@b> 'who it is from": an apostrophe behind a blank begins one
    leniency allow = strict(); // what is not to be called wrong
};

// What a line of a log says.
struct log_entry {
    log_kind kind = log_kind::blank;
    bool wrong_label = false;                 // the label says the other side
    errc wrong = errc::none;                  // none: nothing is wrong
    std::size_t offset = 0;                   // where, in `text`
    sansmtp::event event = event::connection; // of a command; what a reply answers
    verb meant = verb::other;                 // for an unknown verb: did you mean this one?
    reply_code code;                          // of a reply
    state after = state::connect;             // where the dialogue is behind it
    std::string_view text;                    // without label and comment

    // What `redact` wants to know about it.
    constexpr line_origin origin() const noexcept {
        if (kind == log_kind::server_reply) return line_origin::from_server;
        return kind == log_kind::auth_exchange ? line_origin::auth_exchange : line_origin::from_client;
    }
};

// One sentence about a line: what is wrong with it, or what its reply code means; empty for a command in order.
constexpr std::string_view explain(const log_entry& e) noexcept {
    return e.wrong != errc::none ? message(e.wrong) : explain(e.code);
}

class log_reader {
public:
    constexpr log_reader() noexcept = default;
    constexpr explicit log_reader(const log_format& format) noexcept : format_(format) {}

    // Reads the next line, with or without its line end. The first entry with something `wrong` is where a dialogue left the
    // rules; what comes behind may follow from it.
    constexpr log_entry read(std::string_view line) noexcept {
        log_entry e;
        const side label = take_label(line);
        e.text = line;
        e.kind = kind_of(line, label);
        e.wrong_label = label != side::unknown && (label == side::of_server) != (e.kind == log_kind::server_reply);
        if (format_.comments && e.kind != log_kind::content) e.text = without_comment(line);
        if (e.kind != log_kind::server_reply) pass_silent_end();
        switch (e.kind) {
        case log_kind::blank: e.wrong_label = false; break;
        case log_kind::client_command: read_command(e); break;
        case log_kind::auth_exchange: send(e, event::auth_response); break;
        case log_kind::content: read_content(e); break;
        case log_kind::server_reply: read_reply(e); break;
        }
        e.after = state_;
        return e;
    }

    constexpr state current() const noexcept { return state_; }
    // Commands without a reply so far.
    constexpr std::size_t unanswered() const noexcept { return size_; }
    // Of the message that comes, or came last: octets of its content as if every line ended in CRLF, without stuffing.
    constexpr std::uint64_t content_octets() const noexcept { return octets_; }
    constexpr std::uint64_t content_lines() const noexcept { return lines_; }

private:
    enum class side : std::uint8_t { unknown, of_client, of_server };

    // "C:" or "S:", and the blank behind it.
    static constexpr side take_label(std::string_view& line) noexcept {
        if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        const std::string_view text = line.substr(chars::blank.skip(line));
        if (text.size() < 2 || text[1] != ':' || (text.size() > 2 && !chars::blank.contains(text[2])))
            return side::unknown;
        const char who = to_upper(text[0]);
        if (who != 'C' && who != 'S') return side::unknown;
        line = text.substr(text.size() > 2 ? 3 : 2);
        return who == 'C' ? side::of_client : side::of_server;
    }

    static constexpr std::string_view without_comment(std::string_view text) noexcept {
        for (std::size_t at = 1; at < text.size(); ++at)
            if (text[at] == '\'' && chars::blank.contains(text[at - 1]))
                return detail::without_trailing_blanks(text.substr(0, at));
        return text;
    }

    constexpr log_kind kind_of(std::string_view line, side label) const noexcept {
        const bool is_reply = parse_reply_line(line).has_value();
        if (state_ == state::data || chunk_left_ != 0)
            return is_reply && label == side::of_server ? log_kind::server_reply : log_kind::content;
        if (state_ == state::auth && size_ == 0 && label != side::of_server && !(is_reply && label == side::unknown))
            return log_kind::auth_exchange;
        if (is_reply) return log_kind::server_reply;
        if (chars::blank.skip(line) == line.size() && label == side::unknown) return log_kind::blank;
        return label == side::of_server && verb_of(line) == verb::other ? log_kind::server_reply
                                                                        : log_kind::client_command;
    }

    // ---- the client's lines

    constexpr void read_command(log_entry& e) noexcept {
        const result<command> parsed = parse_command(e.text, {format_.allow, true});
        const std::string_view word = as_other(e.text).verb;
        verb v = verb_of(e.text);
        if (!parsed) {
            e.wrong = parsed.error().code;
            e.offset = parsed.error().offset;
        } else if (v == verb::other && !word.empty() &&
                   to_upper(word[0]) != 'X') { // X...: a private agreement [RFC 5321 4.1.5]
            e.wrong = errc::unknown_verb;
        }
        if (v == verb::other) v = e.meant = did_you_mean(word);
        event what = event_of(v);
        if (const auto* const chunk = parsed ? std::get_if<cmd::bdat>(&*parsed) : nullptr) {
            if (chunk->last) what = event::bdat_last;
            if (state_ == state::rcpt) octets_ = lines_ = 0;
            chunk_left_ = chunk->size;
        }
        const state here = expected();
        if (const auto* const m = parsed ? std::get_if<cmd::mail>(&*parsed) : nullptr;
            m != nullptr && allowed(here, what))
            binary_ = m->params.body() == body_type::binary_mime;
        if (what == event::data && parsed && binary_) what = event::mixed_data; // [RFC 3030 3]
        if (e.wrong == errc::none && state_ == state::connect) e.wrong = errc::early_talker;
        if (e.wrong == errc::none && !allowed(here, what)) e.wrong = errc::bad_sequence;
        send(e, what);
    }

    // Where the dialogue is if all that waits for its reply succeeds.
    constexpr state expected() const noexcept {
        state s = state_ == state::connect ? state::greeted : verdicts_ != 0 ? state::ready : state_;
        for (std::size_t i = 0; i < size_; ++i) {
            const event waiting = sent_[(first_ + i) % sent_.size()];
            const outcome good = waiting == event::data ? outcome::intermediate : outcome::success;
            const std::optional<state> to = next_state(s, waiting, good);
            s = to ? *to : next_state(s, waiting, outcome::none).value_or(s);
        }
        return s;
    }

    constexpr void send(log_entry& e, event what) noexcept {
        e.event = what;
        if (size_ == sent_.size()) {
            if (e.wrong == errc::none) e.wrong = errc::no_room;
            return;
        }
        sent_[(first_ + size_++) % sent_.size()] = what;
    }

    // In LMTP the last chunk has a reply for each accepted recipient: with none of them, no reply at all [RFC 2033 4.3].
    constexpr void pass_silent_end() noexcept {
        const bool of_nobody = lmtp_ && recipients_ == 0 && (state_ == state::mail || state_ == state::bdat_fail);
        if (!of_nobody || chunk_left_ != 0 || size_ == 0 || sent_[first_] != event::bdat_last) return;
        pop();
        state_ = state::ready;
    }

    constexpr void read_content(log_entry& e) noexcept {
        if (chunk_left_ != 0) {
            const std::uint64_t octets = e.text.size() + 2 < chunk_left_ ? e.text.size() + 2 : chunk_left_;
            e.event = event::chunk;
            chunk_left_ -= octets;
            return count(octets);
        }
        e.event = event::end_of_data;
        if (e.text != ".") return count(e.text.size() + 2 - (e.text.substr(0, 1) == "." ? 1 : 0));
        state_ = state::data_wait;
        verdicts_ = lmtp_ && recipients_ != 0 ? recipients_ : 1;
    }

    constexpr void count(std::uint64_t octets) noexcept {
        octets_ += octets;
        ++lines_;
    }

    // ---- the server's lines

    constexpr void read_reply(log_entry& e) noexcept {
        const result<reply_line> parsed = parse_reply_line(e.text, format_.allow);
        if (!parsed) {
            e.wrong = parsed.error().code;
            e.offset = parsed.error().offset;
            return;
        }
        e.code = parsed->code;
        if (open_ && open_ != e.code) e.wrong = errc::mixed_reply_codes;
        open_ = parsed->last ? reply_code{} : e.code;
        if (!leaves_transaction(e.code)) pass_silent_end();
        e.event = awaited();
        if (parsed->last) answer(e);
    }

    // Whether it is for DATA or a chunk that was not even looked at, and so did the transaction no harm: BDAT is not offered,
    // or not behind HELO, DATA has an argument, or something else is wanted first.
    constexpr bool leaves_transaction(reply_code code) const noexcept {
        if (size_ == 0 || verdicts_ != 0) return false;
        const event what = sent_[first_];
        const bool unread = code == 500 || code == 502 || code == 530;
        if (what == event::data || what == event::mixed_data) return unread || code == 501;
        return (what == event::bdat || what == event::bdat_last) && (unread || (code == 503 && !extended_));
    }

    // What the next reply answers.
    constexpr event awaited() const noexcept {
        if (state_ == state::connect) return event::connection;
        if (state_ == state::data) return event::end_of_data;
        if (verdicts_ != 0) return verdicts_ == 1 ? event::verdict : event::recipient_verdict;
        return size_ == 0 ? event::lost : sent_[first_];
    }

    constexpr void answer(log_entry& e) noexcept {
        if (leaves_transaction(e.code)) return pop();
        if (lmtp_ && recipients_ > 0 && verdicts_ == 0 && size_ != 0 && sent_[first_] == event::bdat_last) {
            pop(); // the first verdict of several
            state_ = state::data_wait;
            verdicts_ = recipients_;
        }
        const outcome class_of = e.code.category();
        e.event = awaited();
        if (e.event == event::mixed_data && class_of == outcome::intermediate) e.event = event::data; // it takes it
        if (e.code == 421) return close();
        if (state_ == state::data) { // nothing is due, and a failure is the end of the transfer
            if (e.code.negative()) return close();
            e.wrong = errc::unexpected_reply;
            return;
        }
        if (e.event == event::lost) {
            e.wrong = errc::unsolicited_reply;
            return;
        }
        const std::optional<state> to = next_state(state_, e.event, class_of);
        if (verdicts_ != 0)
            --verdicts_;
        else if (state_ != state::connect)
            pop();
        if (to)
            arrive(e.event, class_of, *to);
        else
            e.wrong = errc::unexpected_reply;
    }

    constexpr void arrive(event what, outcome how, state to) noexcept {
        const bool hello = what == event::helo || what == event::ehlo || what == event::lhlo;
        if (how == outcome::success) {
            if (what == event::rcpt) ++recipients_;
            if (what == event::mail) recipients_ = 0;
            if (hello) lmtp_ = what == event::lhlo, extended_ = what != event::helo;
        }
        if (to == state::data) octets_ = lines_ = 0;
        if (to == state::ready) recipients_ = 0;
        state_ = to == state::tls_wait ? state::greeted : to; // a log does not show the handshake
    }

    constexpr void pop() noexcept {
        first_ = static_cast<std::uint16_t>((first_ + 1U) % sent_.size());
        --size_;
    }

    constexpr void close() noexcept {
        state_ = state::closing;
        size_ = 0;
        verdicts_ = 0;
    }

    log_format format_;
    state state_ = state::connect;
    bool lmtp_ = false;
    bool extended_ = false; // EHLO or LHLO
    bool binary_ = false;   // the latest MAIL has BODY=BINARYMIME
    reply_code open_;       // of a reply whose last line has not come
    std::array<event, 1024> sent_{};
    std::uint16_t first_ = 0;
    std::size_t size_ = 0;
    std::size_t recipients_ = 0;
    std::size_t verdicts_ = 0; // that are due for a message
    std::uint64_t chunk_left_ = 0;
    std::uint64_t octets_ = 0;
    std::uint64_t lines_ = 0;
};

} // namespace sansmtp
