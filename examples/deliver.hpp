// Sends one message over a stream, and gives one result per recipient in an array of the caller's.
#pragma once

#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace smtp = sansmtp;

// What became of one recipient. Until something was heard: to be tried again.
struct result {
    smtp::verdict verdict = smtp::verdict::retry_later;
    bool accepted = false; // by the reply to RCPT: what happens to the message happens to this recipient
    std::string why;       // the reply, or what else happened
};

// Text of a peer's, safe to show: octets that are not printable ASCII become "?".
inline std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

// A reply in one line: its code, and the texts of all its lines.
inline std::string one_line(const smtp::reply_view& r) {
    std::string all;
    std::string_view rest = r.raw();
    for (std::size_t end = rest.find("\r\n"); end != rest.npos; end = rest.find("\r\n")) {
        const std::string_view line = rest.substr(0, end);
        if (all.empty())
            all = line;
        else
            all.append(" / ").append(line.substr(line.size() < 4 ? line.size() : 4));
        rest.remove_prefix(end + 2);
    }
    if (all.size() > 3) all[3] = ' ';
    return printable(all);
}

// Writes results into an array of the caller's, which has one for each recipient of the envelope. Call it with every
// action of the session.
class result_writer {
public:
    result_writer(std::span<result> all, smtp::dialect protocol) noexcept
        : all_(all), lmtp_(protocol == smtp::dialect::lmtp) {}

    void operator()(const smtp::recipient_result& r) {
        result& one = all_[r.index];
        one.accepted = r.verdict == smtp::verdict::accepted;
        if (!one.accepted) one.verdict = r.verdict;
        one.why = one_line(r.reply);
    }
    void operator()(const smtp::delivered& d) { settle(smtp::verdict::accepted, one_line(d.reply), lmtp_); }
    void operator()(const smtp::not_delivered& n) {
        const std::string why = n.reply ? one_line(n.reply) : std::string(smtp::message(n.why));
        if (n.command == smtp::verb::mail)
            for (result& r : all_) r = {n.verdict, false, why};
        else
            settle(n.verdict, why, lmtp_ && n.command == smtp::verb::other);
    }
    void operator()(const smtp::failed& f) {
        give_up(f.accepted_are, f.reply ? one_line(f.reply) : std::string(smtp::message(f.why)));
    }
    void operator()(const auto&) {}

    // No more will be heard: what becomes of those without a verdict, and why.
    void give_up(smtp::verdict of_accepted, const std::string& why) {
        settle(of_accepted, why, false);
        for (result& r : all_)
            if (r.why.empty()) r.why = why;
    }

    // The transaction could not be begun.
    void refuse(std::string_view why) {
        for (result& r : all_) r = {smtp::verdict::refused, false, std::string(why)};
    }

private:
    // The verdict on the message, for all the accepted recipients that have none yet, or for the first of them: in LMTP
    // they come one by one, in the order of the recipients.
    void settle(smtp::verdict v, const std::string& why, bool one) {
        while (settled_ < all_.size()) {
            result& r = all_[settled_++];
            if (!r.accepted) continue;
            r.verdict = v;
            r.why = why;
            if (one) return;
        }
    }

    std::span<result> all_;
    std::size_t settled_ = 0; // recipients below are final
    bool lmtp_;
};

// Gives a session the content that `read(span)` gives: octets read, 0 at the end, nothing on failure.
template <class Read>
class content {
public:
    explicit content(Read read) : read_(std::move(read)) {}

    // Gives as much as the session takes now. True once it wants no more: then `next()` comes before any waiting.
    bool give(smtp::client& session) {
        if (!session.wants_body()) return false;
        while (session.wants_body() && !failed_) {
            if (rest_.empty()) {
                const std::optional<std::size_t> n = read_(std::span<char>(buffer_));
                failed_ = !n;
                if (n == 0U) session.end_body();
                rest_ = {buffer_, n.value_or(0)};
            }
            const std::size_t taken = session.write_body(rest_);
            rest_.remove_prefix(taken);
            if (taken == 0) break;
        }
        return !session.wants_body();
    }
    bool failed() const noexcept { return failed_; }

private:
    Read read_;
    char buffer_[65536];
    std::string_view rest_;
    bool failed_ = false;
};

// For those who do not authenticate.
struct no_credentials {
    void operator()(smtp::client& session, const smtp::sasl_request& r) const { session.cancel(r); }
};

// The TLS handshake, of a stream that can.
template <class Stream>
void shake_hands(Stream& stream, smtp::client& session) {
    bool done = false;
    if constexpr (requires { stream.connect(); }) done = stream.connect();
    if (done)
        session.tls_started();
    else
        session.tls_failed();
}

// Sends one message and says goodbye. `authenticate(session, request)` answers the requests of SASL. False if the content
// could not be read: then nobody got anything.
template <class Stream, class Read, class Authenticate = no_credentials>
bool deliver(Stream& stream, const smtp::client_config& config, smtp::envelope mail, Read read,
             std::span<result> results, Authenticate authenticate = {}) {
    smtp::client session(config);
    if constexpr (requires { stream.secured(); })
        if (stream.secured()) session.tls_started(); // from the start
    result_writer note(results, config.protocol);
    content<Read> body(std::move(read));
    bool begun = false;
    do {
        do {
            while (auto action = session.next())
                smtp::match(
                    *action, [&](const smtp::start_handshake&) { shake_hands(stream, session); },
                    [&](const smtp::sasl_request& r) { authenticate(session, r); },
                    [&](const smtp::ready& r) {
                        if (begun) {
                            note.give_up(smtp::verdict::retry_later, "not tried"); // the server had enough of them
                            return void(session.quit());
                        }
                        begun = true;
                        if (mail.body == smtp::body_type::seven_bit && r.capabilities.eight_bit_mime())
                            mail.body = smtp::body_type::eight_bit_mime;
                        const smtp::errc wrong = session.send(mail);
                        if (wrong == smtp::errc::none) return;
                        note.refuse(smtp::message(wrong));
                        session.quit();
                    },
                    [&](const auto& other) { note(other); });
        } while (body.give(session));
        if (body.failed()) return note.give_up(smtp::verdict::retry_later, "the content could not be read"), false;
    } while (!session.closed() && posix::turn(stream, session));
    return true;
}
