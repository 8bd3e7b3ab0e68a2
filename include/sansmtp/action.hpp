// What sessions hand to their callers: actions, and the tickets that answer them.
//
// Everything in an action is a view of the session's input. It stays valid until the next `next()`, `prepare()` or
// `feed()` that is called while no request waits for its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "capabilities.hpp"
#include "command.hpp"
#include "data.hpp"
#include "reply.hpp"
#include "state.hpp"

namespace sansmtp {

// The right to answer one request, once. Serials tell connections apart, numbers the requests of one.
template <class C>
struct ticket {
    std::uint32_t serial = 0;
    std::uint32_t number = 0; // 0: of no request

    friend constexpr bool operator==(const ticket&, const ticket&) noexcept = default;
};

// Something the peer asked of us. C's fields are its fields: request.from, request.to.
template <class C>
struct request : C, sansmtp::ticket<C> {
    leniency used = {}; // what the command needed beside the grammar

    constexpr request() noexcept = default;
    constexpr request(const C& fields, sansmtp::ticket<C> t, leniency needed = {}) noexcept
        : C(fields), sansmtp::ticket<C>(t), used(needed) {}
};

// May this connection be served? accept: 220.
struct connection {};

// A decoded line of a SASL exchange. The octets are overwritten once the request is answered.
struct auth_response {
    std::string_view bytes;
};

// The end of a message: is it delivered? In LMTP asked once for each accepted recipient, in their order.
struct message_end {
    std::uint64_t size = 0;      // octets of content
    std::uint32_t recipient = 0; // LMTP: ordinal among the accepted; else 0
    bool lmtp = false;           // the verdict is for that recipient alone
    violations seen = {};        // what the content held; of a chunk with BODY=BINARYMIME nothing is known
};

// ---- both sides

// The 220 to STARTTLS is out, or in: now the TLS handshake is due, on the octets that come from here on. Tell its end by
// tls_started() or tls_failed().
struct start_handshake {};

// What a caller says of a handshake that is done.
struct tls_info {
    bool acceptable =
        true; // false: below policy; a server refuses everything but QUIT [RFC 3207 4.1], a client gives up
};

// ---- server: what needs no answer

// A piece of content, unstuffed. Pieces are as long as the input allows; a message is all of them joined.
struct body {
    std::string_view bytes;
};

// The transaction that MAIL began is over and nothing may be delivered.
struct aborted {
    errc why = errc::none;
};

// A line that the session turned down by itself.
struct refused {
    errc why = errc::none;
    sansmtp::verb verb = sansmtp::verb::other;
    std::size_t offset = 0; // in `line`, of the first octet that does not fit
    std::string_view line;  // without CRLF; empty for AUTH and for over-long lines
    reply_code code;        // what was answered; none if nothing was
    leniency used = {};
};

// The client spoke before it was greeted. The session goes on; a caller with a stricter policy calls shutdown().
struct early_talker {
    std::size_t octets = 0;
};

// There was input behind a command that ends a group when it was answered [RFC 2920 3.1]: the client did not wait for
// the reply. Content behind DATA is the common case. The session goes on and takes that input as it comes.
struct input_pending {
    std::size_t octets = 0;
};

using server_action =
    std::variant<body, request<connection>, request<cmd::helo>, request<cmd::ehlo>, request<cmd::lhlo>,
                 request<cmd::mail>, request<cmd::rcpt>, request<cmd::data>, request<message_end>, request<cmd::auth>,
                 request<auth_response>, request<cmd::vrfy>, request<cmd::expn>, request<cmd::help>,
                 request<cmd::starttls>, request<cmd::burl>, request<cmd::etrn>, request<cmd::atrn>, request<cmd::turn>,
                 request<cmd::xclient>, request<cmd::xforward>, request<cmd::other>, aborted, refused, start_handshake,
                 early_talker, input_pending>;

// ---- client

// What a reply means for a recipient or a message.
enum class verdict : std::uint8_t {
    accepted,    // 2yz
    refused,     // 5yz: never
    retry_later, // 4yz, or not tried
    in_doubt,    // the connection went after the end of the message had left: perhaps delivered
};

// The server's greeting.
struct greeted {
    reply_view reply;
};

// One line of the EHLO reply behind the first, as it came, whether the library knows it or not.
struct announced {
    std::string_view line;
};

// A message of a SASL exchange, as that which is asked for.
struct sasl_message {};

// The next message of the mechanism is wanted: respond() with it, or cancel(). No challenge: the first message, also
// where it was given before and the server wants it in a line of its own. See sasl::drive.
struct sasl_request : ticket<sasl_message> {
    std::string_view mechanism;
    std::optional<std::string_view> challenge;
};

// The server took the credentials.
struct authenticated {
    std::string_view mechanism;
    reply_view reply;
};

// The session is open and idle: send(), command() and quit() may be called.
struct ready {
    sansmtp::capabilities capabilities;
};

// The reply to one RCPT; none for a recipient that was not tried, because the server or the config had enough of them.
// forward_path(reply) of reply_hints.hpp is where a 251 or 551 points to.
struct recipient_result {
    std::size_t index = 0; // in envelope.to
    sansmtp::verdict verdict = sansmtp::verdict::retry_later;
    reply_view reply;
};

// The server waits for the content: write_body(), then end_body().
struct content_wanted {};

// The server took the message: for all accepted recipients, in LMTP for one of them.
struct delivered {
    std::uint32_t recipient = 0; // LMTP: ordinal among the accepted; else 0
    reply_view reply;
};

// The server did not take the message, for the accepted recipients (in LMTP: for one of them). `command` says where: MAIL
// (for all recipients of the envelope), RCPT (it lost the transaction, or a recipient was refused where all must be taken:
// for all but those that were refused before), DATA, BDAT (a chunk), or `other` at the end of the content.
struct not_delivered {
    std::uint32_t recipient = 0;
    sansmtp::verdict verdict = sansmtp::verdict::retry_later;
    sansmtp::verb command = sansmtp::verb::other;
    reply_view reply;
    errc why = errc::none; // what the session itself had against the message; then there is no reply
};

// The reply to a command of command().
struct replied {
    sansmtp::verb command = sansmtp::verb::other;
    reply_view reply;
};

// The session is over and was not ended by quit(). If a transaction was open: the recipients below `answered` were told
// already, by recipient_result or by a not_delivered for all of them. Of the accepted ones the first `finished` had their
// own delivered or not_delivered, which without LMTP is for all at once; the others are `accepted_are`. Everybody else is
// to be tried again. If none was open `accepted_are` is of all mail to this server: refused if it refused the hello for good.
// The connection is of no more use, but for the QUIT that the session says where it can.
struct failed {
    errc why = errc::none;
    event at = event::other; // what was awaited
    reply_view reply;        // the reply that did it, if one did
    std::size_t answered = 0;
    sansmtp::verdict accepted_are = sansmtp::verdict::retry_later;
    std::uint32_t finished = 0;
};

using client_action = std::variant<recipient_result, greeted, announced, ready, content_wanted, delivered,
                                   not_delivered, failed, start_handshake, sasl_request, authenticated, replied>;

// ---- buffers

// The bytes of one call to an engine. `in` is everything unread, `out` the free room; the engine adds to `consumed` and
// `written`, which the caller then takes from the one and adds to the other. `in` is mutable: secrets are decoded and
// overwritten in place. `in_full` says that nothing more fits behind `in`. `unsent` are the octets in front of `out` that
// have not left yet.
struct io {
    std::span<char> in;
    std::span<char> out;
    bool in_full = false;
    std::size_t unsent = 0;
    std::size_t consumed = 0;
    std::size_t written = 0;

    constexpr std::string_view unread() const noexcept { return {in.data() + consumed, in.size() - consumed}; }
    constexpr std::span<char> room() const noexcept { return out.subspan(written); }
    // Takes `n` octets of the input; no more than there are.
    constexpr void take(std::size_t n) noexcept { consumed += n < in.size() - consumed ? n : in.size() - consumed; }
};

// ---- handling

namespace detail {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

template <std::size_t I>
using place = std::integral_constant<std::size_t, I>;

// False if the handler would take some alternative only as a non-const reference, and so would never be called for it.
template <class F, class... T>
inline constexpr bool takes_const = ((!std::is_invocable_v<F&, T&> || std::is_invocable_v<F&, const T&>)&&...);

} // namespace detail

// Calls the handler that takes the alternative that `action` holds. Handlers take const references or values; every
// alternative needs one, `const auto&` takes the rest.
template <class... T, class... F>
constexpr void match(const std::variant<T...>& action, F&&... handlers) {
    const detail::overloaded<std::remove_cvref_t<F>...> all{std::forward<F>(handlers)...};
    static_assert((std::is_invocable_v<decltype(all)&, const T&> && ...),
                  "an alternative has no handler: add one, or a last one that takes const auto&");
    static_assert((detail::takes_const<F, T...> && ...), "handlers take const references or values");
    // a switch, since compilers make a table of it: a chain of tests costs more than most handlers
    static_assert(sizeof...(T) <= 32);
    const auto call = [&]<std::size_t I>(detail::place<I>) {
        if constexpr (I < sizeof...(T)) all(*std::get_if<I>(&action));
    };
    using detail::place;
    switch (action.index()) {
    // clang-format off
    case  0: return call(place<0>{}); case  1: return call(place<1>{}); case  2: return call(place<2>{}); case  3: return call(place<3>{});
    case  4: return call(place<4>{}); case  5: return call(place<5>{}); case  6: return call(place<6>{}); case  7: return call(place<7>{});
    case  8: return call(place<8>{}); case  9: return call(place<9>{}); case 10: return call(place<10>{}); case 11: return call(place<11>{});
    case 12: return call(place<12>{}); case 13: return call(place<13>{}); case 14: return call(place<14>{}); case 15: return call(place<15>{});
    case 16: return call(place<16>{}); case 17: return call(place<17>{}); case 18: return call(place<18>{}); case 19: return call(place<19>{});
    case 20: return call(place<20>{}); case 21: return call(place<21>{}); case 22: return call(place<22>{}); case 23: return call(place<23>{});
    case 24: return call(place<24>{}); case 25: return call(place<25>{}); case 26: return call(place<26>{}); case 27: return call(place<27>{});
    case 28: return call(place<28>{}); case 29: return call(place<29>{}); case 30: return call(place<30>{}); case 31: return call(place<31>{});
    // clang-format on
    default: return;
    }
}

} // namespace sansmtp
