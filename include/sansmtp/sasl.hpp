// SASL exchanges [RFC 4422, RFC 4954], and the mechanisms that need no cryptography: PLAIN, LOGIN, XOAUTH2, OAUTHBEARER,
// EXTERNAL, ANONYMOUS. Those that need a hash are in scram.hpp and cram_md5.hpp.
//
// A mechanism is a value beside the session and knows octets only: base64, "=", "*", 334 and all limits are the session's
// business. `step` takes what the peer sent and writes what to send; `drive` joins the two in one line. A mechanism keeps
// views of names and secrets that are its caller's; what it computes of them it overwrites.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "charset.hpp"
#include "detail/wipe.hpp"
#include "detail/writer.hpp"
#include "reply.hpp"
#include "result.hpp"

namespace sansmtp::sasl {

// Octets of the longest message that an AUTH line of 12288 octets carries in base64 [RFC 4954 4].
inline constexpr std::size_t max_message = 9213;

// ---- vocabulary

// What a client mechanism wrote. `final` says that the server may now declare success: a 235 that comes earlier proves
// nothing, and the session takes it for a failure.
struct client_step {
    std::size_t size = 0;
    bool final = false;
};

// step(nothing) begins, or begins anew, and writes the initial response; step(challenge) answers a challenge. An error
// means that the exchange is to be cancelled.
template <class M>
concept client_mechanism = requires(M m, std::optional<std::string_view> challenge, std::span<char> out) {
    { m.name() } -> std::convertible_to<std::string_view>;
    { m.step(challenge, out) } -> std::same_as<result<client_step>>;
};

enum class stage : std::uint8_t {
    challenge, // what was written is to be sent
    lookup,    // the secret of claimed().identity is needed: provide()
    verify,    // is claimed() true? The caller knows
    done,      // the client has proved it
};

struct server_step {
    sasl::stage stage = stage::done;
    std::size_t size = 0;
};

// Who a client says it is. Views of the response that was stepped over, or of the mechanism.
struct claim {
    std::string_view authorization; // who it wants to act as; empty: as itself
    std::string_view identity;      // whose secret it shows; for ANONYMOUS the trace, for EXTERNAL empty
    std::string_view secret;        // a password, a token or a digest
};

// step(nothing) means that the client sent no initial response. Fails with bad_sasl_message, bad_credentials,
// server_first (of a mechanism in which the server speaks first), or no_room.
template <class M>
concept server_mechanism = requires(M m, const M c, std::optional<std::string_view> response, std::span<char> out) {
    { m.name() } -> std::convertible_to<std::string_view>;
    { m.step(response, out) } -> std::same_as<result<server_step>>;
    { c.claimed() } -> std::convertible_to<claim>;
};

} // namespace sansmtp::sasl

namespace sansmtp::detail {

constexpr result<sasl::client_step> sent(const writer& w, bool final) noexcept {
    if (!w.ok()) return errc::no_room;
    return sasl::client_step{w.size(), final};
}

// True if these fields may stand in a message whose separators are control octets, or with others on one line.
template <class... Field>
constexpr bool are_sasl_text(const Field&... fields) noexcept {
    return ((chars::control.find(fields) == fields.size()) && ...);
}
// True if these fields may stand in a message that a NUL would end or part.
template <class... Field>
constexpr bool are_without_nul(const Field&... fields) noexcept {
    return ((fields.find('\0') == std::string_view::npos) && ...);
}

// message = [email / token]; token = 1*255(any character but "@") [RFC 4505 2]. How long an address may be is not said: it is
// bounded by the octets of as many characters.
constexpr bool is_trace(std::string_view text) noexcept {
    constexpr std::size_t most = 255;
    std::size_t characters = 0;
    for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    const bool is_token = text.find('@') == std::string_view::npos;
    return are_sasl_text(text) && text.size() <= 4 * most && (!is_token || characters <= most);
}

// saslname = 1*(any octet but NUL "," "=" / "=2C" / "=3D") [RFC 5802 5.1]
constexpr void put_saslname(writer& w, std::string_view name) noexcept {
    for (const char c : name) {
        if (c == ',')
            w.put("=2C");
        else if (c == '=')
            w.put("=3D");
        else
            w.put(c);
    }
}

// Writes what a saslname stands for; false if it is none.
constexpr bool decode_saslname(writer& w, std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\0' || text[i] == ',') return false;
        if (text[i] != '=') {
            w.put(text[i]);
            continue;
        }
        const std::string_view code = text.substr(i + 1, 2);
        if (code != "2C" && code != "3D") return false;
        w.put(code == "2C" ? ',' : '=');
        i += 2;
    }
    return !text.empty();
}

// value = *(VCHAR / SP / HTAB / CR / LF) [RFC 7628 3.1]
constexpr bool is_bearer_value(std::string_view text) noexcept {
    for (const char c : text)
        if (!chars::textstring.contains(c) && c != '\r' && c != '\n') return false;
    return true;
}

// Takes the front of `rest` up to `separator`, and the separator; nothing if there is none.
constexpr std::optional<std::string_view> take_until(std::string_view& rest, char separator) noexcept {
    const std::size_t end = rest.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view front = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return front;
}

} // namespace sansmtp::detail

namespace sansmtp::sasl {

// ---- client

// message = [authorization] NUL identity NUL password [RFC 4616]
class plain_client {
public:
    // `again`: some servers ask with an empty challenge for what they have; answer instead of cancelling.
    constexpr plain_client(std::string_view identity, std::string_view password, std::string_view authorization = {},
                           bool again = false) noexcept
        : identity_(identity), password_(password), authorization_(authorization), again_(again) {}

    static constexpr std::string_view name() noexcept { return "PLAIN"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (challenge && (!again_ || !challenge->empty())) return errc::bad_sasl_message;
        if (challenge) again_ = false;
        if (identity_.empty() || password_.empty() || !detail::are_without_nul(identity_, password_, authorization_))
            return errc::refused_field;
        detail::writer w(out);
        w.put(authorization_).put('\0').put(identity_).put('\0').put(password_);
        return detail::sent(w, true);
    }

private:
    std::string_view identity_;
    std::string_view password_;
    std::string_view authorization_;
    bool again_;
};

// Two prompts, whose text means nothing [draft-murchison-sasl-login-00].
class login_client {
public:
    constexpr login_client(std::string_view identity, std::string_view password) noexcept
        : identity_(identity), password_(password) {}

    static constexpr std::string_view name() noexcept { return "LOGIN"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (!challenge || prompts_ == 2) return errc::bad_sasl_message;
        detail::writer w(out);
        w.put(prompts_ == 0 ? identity_ : password_);
        return detail::sent(w, ++prompts_ == 2);
    }

private:
    std::string_view identity_;
    std::string_view password_;
    unsigned prompts_ = 0;
};

// message = "user=" identity %x01 "auth=Bearer " token %x01 %x01; a challenge is an error text, answered by nothing.
class xoauth2_client {
public:
    constexpr xoauth2_client(std::string_view identity, std::string_view token) noexcept
        : identity_(identity), token_(token) {}

    static constexpr std::string_view name() noexcept { return "XOAUTH2"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (challenge) {
            if (refused_) return errc::bad_sasl_message;
            refused_ = true;
            return client_step{};
        }
        refused_ = false;
        if (!detail::are_sasl_text(identity_, token_)) return errc::refused_field;
        detail::writer w(out);
        w.put("user=")
            .put(identity_)
            .put("\x01"
                 "auth=Bearer ")
            .put(token_)
            .put("\x01\x01");
        return detail::sent(w, true);
    }

private:
    std::string_view identity_;
    std::string_view token_;
    bool refused_ = false;
};

// message = "n," ["a=" saslname] "," %x01 *(key "=" value %x01) %x01; a challenge is an error text, answered by %x01.
// [RFC 7628 3.1]
class oauthbearer_client {
public:
    // `host` and `port` are of the server that the client meant to reach; left out if empty and 0.
    constexpr oauthbearer_client(std::string_view token, std::string_view authorization = {},
                                 std::string_view host = {}, std::uint16_t port = 0) noexcept
        : token_(token), authorization_(authorization), host_(host), port_(port) {}

    static constexpr std::string_view name() noexcept { return "OAUTHBEARER"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        detail::writer w(out);
        if (challenge) {
            if (refused_) return errc::bad_sasl_message;
            refused_ = true;
            w.put('\x01');
            return detail::sent(w, false);
        }
        refused_ = false;
        if (!detail::are_sasl_text(token_, authorization_, host_)) return errc::refused_field;
        w.put("n,");
        if (!authorization_.empty()) detail::put_saslname(w.put("a="), authorization_);
        w.put(",\x01");
        if (!host_.empty()) w.put("host=").put(host_).put('\x01');
        if (port_ != 0) w.put("port=").put_decimal(port_).put('\x01');
        w.put("auth=Bearer ").put(token_).put("\x01\x01");
        return detail::sent(w, true);
    }

private:
    std::string_view token_;
    std::string_view authorization_;
    std::string_view host_;
    std::uint16_t port_;
    bool refused_ = false;
};

// message = the identity to act as, or nothing: who one is shows TLS [RFC 4422 appendix A].
class external_client {
public:
    constexpr explicit external_client(std::string_view authorization = {}) noexcept : authorization_(authorization) {}

    static constexpr std::string_view name() noexcept { return "EXTERNAL"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (challenge) return errc::bad_sasl_message;
        if (!detail::are_without_nul(authorization_)) return errc::refused_field;
        detail::writer w(out);
        w.put(authorization_);
        return detail::sent(w, true);
    }

private:
    std::string_view authorization_;
};

// message = up to 255 characters for the server's log, or nothing [RFC 4505].
class anonymous_client {
public:
    constexpr explicit anonymous_client(std::string_view trace = {}) noexcept : trace_(trace) {}

    static constexpr std::string_view name() noexcept { return "ANONYMOUS"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (challenge) return errc::bad_sasl_message;
        if (!detail::is_trace(trace_)) return errc::refused_field;
        detail::writer w(out);
        w.put(trace_);
        return detail::sent(w, true);
    }

private:
    std::string_view trace_;
};

// ---- server

// Splits a PLAIN message: [authorization] NUL identity NUL password, exactly two NULs. Fails with bad_sasl_message.
constexpr result<claim> parse_plain(std::string_view message) noexcept {
    std::string_view rest = message;
    const auto authorization = detail::take_until(rest, '\0');
    const auto identity = authorization ? detail::take_until(rest, '\0') : std::nullopt;
    if (!identity || identity->empty() || rest.empty() || !detail::are_without_nul(rest)) return errc::bad_sasl_message;
    return claim{*authorization, *identity, rest};
}

// Splits an XOAUTH2 message. Fails with bad_sasl_message.
constexpr result<claim> parse_xoauth2(std::string_view message) noexcept {
    constexpr std::string_view user = "user=";
    constexpr std::string_view bearer = "auth=Bearer ";
    claim found;
    std::string_view rest = message;
    for (;;) {
        const auto pair = detail::take_until(rest, '\x01');
        if (!pair) return errc::bad_sasl_message;
        if (pair->empty()) break;
        if (pair->substr(0, user.size()) == user) found.identity = pair->substr(user.size());
        if (iequal(pair->substr(0, bearer.size()), bearer)) found.secret = pair->substr(bearer.size());
    }
    if (!rest.empty() || found.identity.empty() || found.secret.empty()) return errc::bad_sasl_message;
    return found;
}

// Splits an OAUTHBEARER message, also with the channel binding flag "y" and with "p=", which the caller cannot check and
// so refuses. Unknown keys are ignored. Fails with bad_sasl_message. [RFC 7628 3.1]
//
// The authorization is a saslname as it came, "=2C" and "=3D" in it not decoded.
constexpr result<claim> parse_oauthbearer(std::string_view message) noexcept {
    constexpr std::string_view bearer = "auth=Bearer ";
    claim found;
    std::string_view rest = message;
    const auto flag = detail::take_until(rest, ',');
    const auto authorization = flag ? detail::take_until(rest, ',') : std::nullopt;
    if (!authorization || (*flag != "n" && *flag != "y")) return errc::bad_sasl_message;
    if (!authorization->empty()) {
        found.authorization = authorization->substr(2 < authorization->size() ? 2 : authorization->size());
        detail::writer unread{std::span<char>{}};
        if (authorization->substr(0, 2) != "a=" || !detail::decode_saslname(unread, found.authorization))
            return errc::bad_sasl_message;
    }
    if (rest.empty() || rest.front() != '\x01') return errc::bad_sasl_message;
    rest.remove_prefix(1);
    for (;;) {
        const auto pair = detail::take_until(rest, '\x01');
        if (!pair) return errc::bad_sasl_message;
        if (pair->empty()) break;
        const std::size_t key = chars::alpha.skip(*pair);
        if (key == 0 || key == pair->size() || (*pair)[key] != '=') return errc::bad_sasl_message;
        if (!detail::is_bearer_value(pair->substr(key + 1))) return errc::bad_sasl_message;
        if (iequal(pair->substr(0, bearer.size()), bearer)) found.secret = pair->substr(bearer.size());
    }
    if (!rest.empty() || found.secret.empty()) return errc::bad_sasl_message;
    return found;
}

} // namespace sansmtp::sasl

namespace sansmtp::detail {

constexpr result<sasl::claim> parse_external(std::string_view message) noexcept {
    if (!are_without_nul(message)) return errc::bad_sasl_message;
    return sasl::claim{message, {}, {}};
}

constexpr result<sasl::claim> parse_anonymous(std::string_view message) noexcept {
    if (!is_trace(message)) return errc::bad_sasl_message;
    return sasl::claim{{}, message, {}};
}

// The mechanisms of one message differ in how it is read.
template <result<sasl::claim> (*Parse)(std::string_view) noexcept>
class one_message_server {
public:
    constexpr result<sasl::server_step> step(std::optional<std::string_view> response, std::span<char>) noexcept {
        if (!response) return sasl::server_step{sasl::stage::challenge, 0};
        const auto parsed = Parse(*response);
        if (!parsed) return parsed.error();
        claim_ = *parsed;
        return sasl::server_step{sasl::stage::verify, 0};
    }
    constexpr const sasl::claim& claimed() const noexcept { return claim_; }

private:
    sasl::claim claim_;
};

// Of those, the two that show a token: the client is shown an error text before the exchange fails.
template <result<sasl::claim> (*Parse)(std::string_view) noexcept>
class bearer_server : public one_message_server<Parse> {
public:
    constexpr result<sasl::server_step> step(std::optional<std::string_view> response, std::span<char> out) noexcept {
        if (refused_) return errc::bad_credentials; // whatever answers the error text
        return one_message_server<Parse>::step(response, out);
    }

    // Does not accept the token: writes the challenge that says so in JSON.
    constexpr result<sasl::server_step> refuse(std::string_view json, std::span<char> out) noexcept {
        refused_ = true;
        writer w(out);
        if (!w.put(json).ok()) return errc::no_room;
        return sasl::server_step{sasl::stage::challenge, w.size()};
    }

private:
    bool refused_ = false;
};

} // namespace sansmtp::detail

namespace sansmtp::sasl {

class plain_server : public detail::one_message_server<parse_plain> {
public:
    static constexpr std::string_view name() noexcept { return "PLAIN"; }
};

class external_server : public detail::one_message_server<detail::parse_external> {
public:
    static constexpr std::string_view name() noexcept { return "EXTERNAL"; }
};

class anonymous_server : public detail::one_message_server<detail::parse_anonymous> {
public:
    static constexpr std::string_view name() noexcept { return "ANONYMOUS"; }
};

class xoauth2_server : public detail::bearer_server<parse_xoauth2> {
public:
    static constexpr std::string_view name() noexcept { return "XOAUTH2"; }
    static constexpr std::string_view refusal = R"({"status":"401","schemes":"bearer"})";
};

class oauthbearer_server : public detail::bearer_server<parse_oauthbearer> {
public:
    static constexpr std::string_view name() noexcept { return "OAUTHBEARER"; }
    static constexpr std::string_view refusal = R"({"status":"invalid_token"})"; // RFC 7628 3.2.2
};

// Asks for "Username:" and "Password:", the only prompts that every client knows.
class login_server {
public:
    constexpr login_server() noexcept = default;
    // Whether a user name in the AUTH command is taken: many clients send it, though the server speaks first [RFC 4954 4].
    constexpr explicit login_server(bool takes_initial_response) noexcept : takes_initial_(takes_initial_response) {}

    static constexpr std::string_view name() noexcept { return "LOGIN"; }
    constexpr result<server_step> step(std::optional<std::string_view> response, std::span<char> out) noexcept {
        sansmtp::detail::writer w(out);
        if (!response) {
            asked_ = true;
            w.put("Username:");
        } else if (!named_) {
            if (!asked_ && !takes_initial_) return errc::server_first;
            if (response->empty() || response->size() > user_.size()) return errc::bad_sasl_message;
            size_ = response->copy(user_.data(), user_.size());
            named_ = true;
            w.put("Password:");
        } else {
            password_ = *response;
            return server_step{stage::verify, 0};
        }
        if (!w.ok()) return errc::no_room;
        return server_step{stage::challenge, w.size()};
    }
    constexpr claim claimed() const noexcept { return {{}, {user_.data(), size_}, password_}; }

private:
    std::array<char, 255> user_{};
    std::size_t size_ = 0;
    std::string_view password_;
    bool takes_initial_ = true;
    bool asked_ = false;
    bool named_ = false;
};

} // namespace sansmtp::sasl

namespace sansmtp::detail {

template <class M, class Decide>
constexpr result<sasl::server_step> look_up(M& mechanism, Decide& decide, std::span<char> out) noexcept {
    if constexpr (requires { mechanism.provide(*decide(mechanism.claimed()), out); }) {
        const auto secret = decide(mechanism.claimed());
        if (!secret) return errc::bad_credentials;
        return mechanism.provide(*secret, out);
    }
    return errc::bad_credentials;
}

template <class M, class Decide>
constexpr result<sasl::server_step> verify(M& mechanism, Decide& decide, std::span<char> out) noexcept {
    if constexpr (requires { static_cast<bool>(decide(mechanism.claimed())); }) {
        if (static_cast<bool>(decide(mechanism.claimed()))) return sasl::server_step{sasl::stage::done, 0};
    }
    if constexpr (requires { mechanism.refuse(M::refusal, out); }) return mechanism.refuse(M::refusal, out);
    return errc::bad_credentials;
}

} // namespace sansmtp::detail

namespace sansmtp::sasl {

// ---- joining a session and a mechanism

// Answers a client session's request for its next message, or cancels the exchange if the mechanism fails.
template <class Session, class Request, client_mechanism M>
constexpr errc drive(Session& session, const Request& request, M& mechanism) noexcept {
    std::array<char, max_message> message{};
    const auto step = mechanism.step(request.challenge, message);
    if (!step) {
        session.cancel(request);
        return step.error().code;
    }
    const errc done = session.respond(request, std::span<const char>(message.data(), step->size), step->final);
    detail::wipe(std::span<char>(message).first(step->size));
    return done;
}

// Answers a server session's request<cmd::auth> or request<auth_response>. `decide` takes a claim: it returns whether
// that is true or, for the mechanisms that have provide(), an optional of what that takes. A caller who cannot tell at
// once calls step() itself and answers the request when it can.
template <class Session, class Request, server_mechanism M, class Decide>
constexpr errc drive(Session& session, const Request& request, M& mechanism, Decide decide) noexcept {
    std::array<char, max_message> out{};
    std::optional<std::string_view> response;
    if constexpr (requires { request.initial_response; })
        response = request.initial_response;
    else
        response = request.bytes;
    auto step = mechanism.step(response, out);
    if (step && step->stage == stage::lookup) step = detail::look_up(mechanism, decide, out);
    if (step && step->stage == stage::verify) step = detail::verify(mechanism, decide, out);
    if (!step) return session.reject(request, suggested_reply(step.error().code));
    if (step->stage == stage::done) return session.accept(request);
    return session.challenge(request, std::span<const char>(out.data(), step->size));
}

} // namespace sansmtp::sasl
