// The opening of a client session: greeting, EHLO, STARTTLS, EHLO again, AUTH [RFC 5321 3.1, 3.2; RFC 3207; RFC 4954].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "../base64.hpp"
#include "../mechanism.hpp"
#include "client_core.hpp"

namespace sansmtp::detail {

class client_opening : protected client_core {
protected:
    using client_core::client_core;

    constexpr maybe_action take_greeting(const reply_view& r, io& s) noexcept {
        if (r.code().negative()) return fail_and_quit(errc::refused, r, s);
        if (!r.code().is(reply_class::success)) return fail(errc::unexpected_reply, r, s);
        move(event::connection, outcome::success);
        begin(phase::hello);
        return tell(greeted{r});
    }

    // ---- EHLO

    // Nothing that was announced before counts any more.
    constexpr void restart_hello() noexcept {
        capabilities_ = {};
        hello_octets_ = 0;
        hello_code_ = {};
        whole_ = false;
        begin(phase::hello);
    }

    // A second greeting is none: whoever sends one is out of step.
    static constexpr bool accepts_hello(reply_code code) noexcept {
        return code.is(reply_class::success) && code != 220;
    }

    // A line of a reply to EHLO; `due`: EHLO has left. A positive reply is read line by line, so that it may be longer
    // than the input; the first line names the server. Any other reply is read whole.
    constexpr maybe_action take_hello_line(const reply_parser::line& found, bool due, io& s) noexcept {
        const reply_line& l = found.value;
        const bool first = hello_octets_ == 0;
        if (first && accepts_hello(l.code) && due) hello_code_ = l.code;
        if (l.code != hello_code_) return take_other_code(l, first, s);
        if (found.consumed > config_->limits.hello_reply - hello_octets_) return fail(errc::reply_too_long, {}, s);
        hello_octets_ += static_cast<std::uint32_t>(found.consumed);
        pending_ = found.consumed;
        if (!first) capabilities_.add(l.text);
        if (l.last) end_hello();
        return first ? skip(s) : tell(announced{l.text});
    }

    // A line that does not go on with an accepted hello: a refusal if it is the first one, else it is mixed up. With
    // mixed_reply_codes the last code counts, but no list stands behind a refusal.
    constexpr maybe_action take_other_code(const reply_line& l, bool first, io& s) noexcept {
        if (!first && !config_->allow.mixed_reply_codes) return fail(errc::mixed_reply_codes, {}, s);
        if (!first && accepts_hello(l.code)) return hello_code_ = l.code, again();
        capabilities_ = {};
        whole_ = true;
        return again();
    }

    constexpr void end_hello() noexcept {
        move(awaited(), outcome::success);
        begin(phase::choose);
    }

    // A reply to HELO, or one to EHLO or LHLO that does not accept it. HELO is for servers that do not know EHLO, not for
    // those that want no mail [RFC 5321 3.2], and it offers nothing: no use to a caller who insists on something.
    constexpr maybe_action take_hello(const reply_view& r, io& s) noexcept {
        if (!r.code().negative()) {
            if (r.code().is(reply_class::intermediate)) return fail_and_quit(errc::unexpected_reply, r, s);
            if (!helo_ || !accepts_hello(r.code())) return fail(errc::unexpected_reply, r, s);
            end_hello();
            return skip(s);
        }
        const bool of_mail = r.code() == 554 || r.code() == 521;
        const bool last = lmtp() || helo_ || of_mail; // nothing else is tried, whatever the config insists on
        if (last || !r.code().is(reply_class::permanent) || insists())
            return fail_and_quit(errc::refused, r, s, last ? failure(r) : verdict::retry_later);
        helo_ = true;
        begin(phase::hello);
        return skip(s);
    }
    constexpr bool insists() const noexcept {
        const bool on_tls = config_->tls == tls_policy::required && !secured_;
        const bool on_auth = config_->auth_required && !config_->mechanisms.empty();
        return upgraded_ || authenticated_ || on_tls || on_auth || !config_->needs.empty();
    }

    // What comes behind the hello.
    constexpr maybe_action choose(io& s) noexcept {
        if (!secured_ && config_->tls != tls_policy::never) {
            if (capabilities_.starttls() && !tls_refused_) return begin(phase::starttls), again();
            if (config_->tls == tls_policy::required) {
                begin(phase::starttls);
                return fail_and_quit(errc::tls_unavailable, {}, s);
            }
        }
        for (std::size_t i = 0; !config_->needs.empty() && i < registered_extensions.size(); ++i) {
            const auto id = static_cast<extension_id>(i);
            if (!config_->needs.has(id) || capabilities_.has(id)) continue;
            missing_ = id;
            return fail_and_quit(errc::not_offered, {}, s);
        }
        mechanism_ = 0;
        if (!config_->mechanisms.empty() && !authenticated_) return begin_auth({}, s);
        be_ready();
        return again();
    }

    // ---- STARTTLS

    // What came in clear behind the 220 must never be taken for an answer under TLS.
    constexpr maybe_action take_starttls(const reply_view& r, io& s) noexcept {
        if (r.code().is(reply_class::intermediate)) return fail(errc::unexpected_reply, r, s);
        if (r.code().positive() && r.raw().size() < s.unread().size()) return fail(errc::unsolicited_reply, r, s);
        move(event::starttls, r.code().category());
        if (r.code().positive()) {
            drop(s);
            begin(phase::handshake);
            return tell(start_handshake{});
        }
        if (config_->tls == tls_policy::required) return fail_and_quit(errc::tls_unavailable, r, s);
        tls_refused_ = true;
        begin(phase::choose);
        return skip(s);
    }

    constexpr maybe_action await_handshake(io& s) noexcept {
        if (!s.unread().empty()) return fail(errc::unsolicited_reply, {}, s);
        return eof_ ? fail(errc::connection_lost, {}, s) : std::nullopt;
    }

    constexpr errc tls_is_there(const tls_info& info, const io& s) noexcept {
        const bool from_the_start = phase_ == phase::greeting && !secured_;
        if (debt_ == debt::end || (phase_ != phase::handshake && !from_the_start)) return errc::wrong_state;
        if (!s.unread().empty()) return owe(debt::end, errc::unsolicited_reply), errc::none;
        if (!info.acceptable) return owe(debt::end, errc::tls_failed), errc::none;
        secured_ = true;
        if (from_the_start) return errc::none;
        upgraded_ = true;
        move(event::handshake, outcome::success);
        restart_hello();
        return errc::none;
    }

    // ---- AUTH

    static constexpr std::size_t longest_command = 512; // AUTH with its initial response and CRLF [RFC 4954 4]

    // The mechanism that is tried.
    constexpr mechanism current_mechanism() const noexcept {
        std::uint16_t place = 0;
        for (const std::string_view word : words(config_->mechanisms))
            if (place++ == mechanism_) return find_mechanism(word);
        return {};
    }

    // Tries the mechanism at this place, or one behind it that the server has and the policy allows. If there is none,
    // the server's last reply tells why, if there was one.
    constexpr maybe_action begin_auth(const reply_view& r, io& s) noexcept {
        errc why = errc::unknown_mechanism;
        begin(phase::auth);
        for (mechanism m = current_mechanism(); !m.name.empty(); ++mechanism_, m = current_mechanism()) {
            if (!capabilities_.mechanisms().contains(m.name)) continue;
            if (m.cleartext && !secured_ && !config_->cleartext_auth) {
                why = errc::cleartext_mechanism;
                continue;
            }
            drop(s);
            auth_begun_ = late_ = final_ = cancelled_ = false;
            parser_ = auth_parser();
            return m.client_first ? ask(std::nullopt) : again();
        }
        return refuse_auth(r ? errc::refused : why, r, s);
    }

    constexpr reply_parser auth_parser() const noexcept {
        limits most = config_->limits;
        if (most.reply_line < most.auth_line) most.reply_line = most.auth_line;
        return reply_parser(most, config_->allow);
    }
    constexpr void leave_auth() noexcept {
        parser_ = reply_parser(config_->limits, config_->allow);
        cancelled_ = false;
    }

    constexpr maybe_action ask(std::optional<std::string_view> challenge) noexcept {
        waits_ = true;
        return tell(sasl_request{{serial_, ++number_}, current_mechanism().name, challenge});
    }

    // No AUTH: the end, or not, as the config has it.
    constexpr maybe_action refuse_auth(errc why, const reply_view& r, io& s) noexcept {
        leave_auth();
        if (config_->auth_required) return fail_and_quit(why, r, s);
        if (r) move(awaited(), r.code().category());
        be_ready();
        return skip(s);
    }

    constexpr void push_auth(io& s) noexcept {
        if (waits_ || (cancelled_ && !auth_begun_)) return;
        if (cancelled_)
            push_line(s, "*");
        else if (!auth_begun_) {
            push_line(s, "AUTH ", current_mechanism().name);
            auth_begun_ = written_ != 0;
        }
    }

    constexpr maybe_action take_auth(const reply_view& r, io& s) noexcept {
        if (r.code().is(reply_class::intermediate)) {
            if (r.code() != 334 || cancelled_) return fail(errc::unexpected_reply, r, s);
            move(awaited(), outcome::intermediate);
            return take_challenge(r, s);
        }
        if (r.code().positive()) return take_auth_success(r, s);
        if (cancelled_) return refuse_auth(auth_why_, r, s);
        if (r.code() == 504 || r.code() == 534 || r.code() == 538) { // not this mechanism
            move(awaited(), outcome::permanent);
            ++mechanism_;
            return begin_auth(r, s);
        }
        return refuse_auth(r.code() == 535 ? errc::bad_credentials : errc::refused, r, s);
    }

    // A server that says so before the mechanism is satisfied has proved nothing.
    constexpr maybe_action take_auth_success(const reply_view& r, io& s) noexcept {
        if (!final_ || cancelled_) return fail_and_quit(errc::unexpected_reply, r, s);
        move(awaited(), outcome::success);
        authenticated_ = true;
        leave_auth();
        const std::string_view name = current_mechanism().name;
        if (config_->hello_again)
            restart_hello();
        else
            be_ready();
        return tell(authenticated{name, r});
    }

    // 334: decoded in place. A challenge that is none is answered by "*".
    constexpr maybe_action take_challenge(const reply_view& r, io& s) noexcept {
        const std::string_view text = r.begin().raw_text();
        const bool one_line = r.raw().size() <= text.size() + sizeof "334 \r\n" - 1;
        const std::span<char> here =
            text.empty() ? std::span<char>{}
                         : s.in.subspan(static_cast<std::size_t>(text.data() - s.in.data()), text.size());
        wipe_ = true;
        const auto octets = one_line ? decode_base64(text, here, config_->allow) : errc::bad_base64;
        if (!octets || (late_ && *octets != 0))
            return cancel_auth(octets ? errc::bad_sasl_message : errc::bad_base64, s);
        if (std::exchange(late_, false)) return ask(std::nullopt);
        return ask(std::string_view(here.data(), *octets));
    }

    constexpr maybe_action cancel_auth(errc why, io& s) noexcept {
        cancelled_ = true;
        auth_why_ = why;
        written_ = 0;
        return skip(s);
    }

    constexpr bool is_asked(const ticket<sasl_message>& t) const noexcept {
        return waits_ && t.serial == serial_ && t.number == number_;
    }

    // The exchange goes on with `octets`. They go into the AUTH command if that has not left and has room for them.
    constexpr errc respond_to(std::string_view octets, bool final, io& s) noexcept {
        const std::string_view name = current_mechanism().name;
        std::size_t size = base64_size(octets.size()) + 2;
        const bool initial = !auth_begun_;
        if (initial) size += sizeof "AUTH  " - 1 + name.size() + (octets.empty() ? 1 : 0);
        const bool late = initial && size > longest_command;
        if (late) size = sizeof "AUTH \r\n" - 1 + name.size();
        if (size > config_->limits.auth_line || size > s.unsent + s.out.size()) {
            give_up_auth(errc::auth_line_too_long);
            return errc::auth_line_too_long;
        }
        if (size > s.room().size()) return errc::no_room;
        writer w(s.room());
        if (initial) w.put("AUTH ").put(name);
        if (initial && !late) w.put(octets.empty() ? " =" : " ");
        for (std::size_t i = 0; i < octets.size() && !late; i += 3) put_base64_group(w, octets.substr(i, 3), true);
        w.put("\r\n");
        s.written += w.size();
        written_ = w.size();
        waits_ = false;
        auth_begun_ = secret_ = true;
        late_ = late;
        final_ = final && !late;
        return errc::none;
    }

    constexpr void give_up_auth(errc why) noexcept {
        waits_ = false;
        cancelled_ = true;
        auth_why_ = why;
        written_ = 0;
    }
};

} // namespace sansmtp::detail
