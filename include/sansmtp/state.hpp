// The protocol as one table: server, client and log reader obey it alike.
//
// A session is in a state; an event is a command (or what happens in its place); an outcome is the class of the reply to
// it, or none where no reply is due. The table says where that leads. It knows no configuration: what is switched off is
// an event with a negative outcome. [RFC 5321 3, 4.1.4; RFC 2033; RFC 3030; RFC 3207; RFC 4954]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "command.hpp"
#include "reply_code.hpp"

namespace sansmtp {

enum class role : std::uint8_t { server, client };

// LMTP is a dialect of the same table: LHLO, and a verdict for each recipient [RFC 2033].
enum class dialect : std::uint8_t { smtp, lmtp };

enum class state : std::uint8_t {
    connect,   // no greeting yet
    refused,   // greeted with 554 or 521: everything but QUIT is 503
    greeted,   // greeted with 220, or TLS just began: no hello yet
    ready,     // hello done, no transaction
    mail,      // MAIL accepted, no recipient yet
    rcpt,      // at least one recipient
    data,      // content follows
    data_wait, // content ended, its verdict is due
    bdat_rx,   // octets of a chunk follow
    bdat,      // at least one chunk taken, LAST not seen
    bdat_fail, // a chunk was refused: RSET or BDAT LAST ends it
    auth,      // a SASL response is due
    tls_wait,  // 220 to STARTTLS, the handshake is due
    tls_weak,  // TLS below policy: everything but QUIT is 554
    closing,   // 221 or 421: only output is left
    closed,    // over
};
inline constexpr std::size_t state_count = 16;

enum class event : std::uint8_t {
    connection, // the greeting
    helo,
    ehlo,
    lhlo,
    mail,
    rcpt,
    data,
    mixed_data, // DATA where only BDAT may come
    bdat,
    bdat_last,
    rset,
    noop,
    help,
    vrfy,
    expn,
    quit,
    starttls,
    auth,
    etrn,
    atrn,
    turn,
    xclient,
    xforward,
    other,
    // what is no command
    chunk,             // a BDAT line was taken, its octets follow
    auth_response,     // a line of a SASL exchange
    end_of_data,       // CRLF.CRLF
    recipient_verdict, // LMTP: for one recipient, others follow
    verdict,           // for the message, or for LMTP's last recipient
    handshake,         // the end of a TLS handshake: success, transient: too weak, permanent: failed
    shutdown,          // 421
    flushed,           // the last output has left
    lost,              // the stream ended
};
inline constexpr std::size_t event_count = 33;

// The class of the reply to an event; none where no reply is due.
using outcome = reply_class;

// The event that a verb stands for.
constexpr event event_of(verb v) noexcept {
    switch (v) {
    // clang-format off
    case verb::helo: return event::helo;         case verb::ehlo: return event::ehlo;
    case verb::lhlo: return event::lhlo;         case verb::rcpt: return event::rcpt;
    case verb::mail: case verb::send: case verb::soml: case verb::saml: return event::mail;
    case verb::data: return event::data;         case verb::bdat: return event::bdat;
    case verb::rset: return event::rset;         case verb::noop: return event::noop;
    case verb::help: return event::help;         case verb::vrfy: return event::vrfy;
    case verb::expn: return event::expn;         case verb::quit: return event::quit;
    case verb::starttls: return event::starttls; case verb::auth: return event::auth;
    case verb::etrn: return event::etrn;         case verb::atrn: return event::atrn;
    case verb::turn: return event::turn;         case verb::xclient: return event::xclient;
    case verb::xforward: return event::xforward; case verb::burl: case verb::other: return event::other;
        // clang-format on
    }
    return event::other;
}

struct transition {
    std::uint32_t from = 0;       // set of states
    std::uint64_t on = 0;         // set of events
    std::uint8_t with = 0;        // set of outcomes
    std::optional<state> to = {}; // nothing: the state stays
};

namespace detail {

template <class... S>
constexpr std::uint32_t in(S... s) noexcept {
    return ((std::uint32_t{1} << static_cast<unsigned>(s)) | ... | 0U);
}
template <class... E>
constexpr std::uint64_t on(E... e) noexcept {
    return ((std::uint64_t{1} << static_cast<unsigned>(e)) | ... | 0U);
}
template <class... O>
constexpr std::uint8_t with(O... o) noexcept {
    return static_cast<std::uint8_t>(((1U << static_cast<unsigned>(o)) | ... | 0U));
}

inline constexpr std::uint8_t silent = with(outcome::none);
inline constexpr std::uint8_t success = with(outcome::success);
inline constexpr std::uint8_t goes_on = with(outcome::intermediate);
inline constexpr std::uint8_t failure = with(outcome::transient, outcome::permanent);
inline constexpr std::uint8_t replied = success | failure;

inline constexpr std::uint32_t open_states =
    in(state::greeted, state::ready, state::mail, state::rcpt, state::bdat, state::bdat_fail);
inline constexpr std::uint32_t command_states = open_states | in(state::refused, state::tls_weak);
inline constexpr std::uint64_t hello_events = on(event::helo, event::ehlo, event::lhlo);
inline constexpr std::uint64_t command_events = (std::uint64_t{1} << static_cast<unsigned>(event::chunk)) - 2;

} // namespace detail

// The table. The first row that fits counts; what fits no row cannot happen.
inline constexpr auto transitions = [] {
    using namespace detail;
    return std::array{
        // clang-format off
        transition{in(state::connect),                         on(event::connection),  success,                    state::greeted},
        transition{in(state::connect),                         on(event::connection),  with(outcome::permanent),   state::refused},
        transition{in(state::connect),                         on(event::connection),  with(outcome::transient),   state::closing},

        transition{open_states,                                hello_events,           success,                    state::ready},
        transition{in(state::ready),                           on(event::mail),        success,                    state::mail},
        transition{in(state::mail, state::rcpt),               on(event::rcpt),        success,                    state::rcpt},
        transition{in(state::mail, state::rcpt),               on(event::data),        goes_on,                    state::data},
        transition{in(state::bdat),                            on(event::data),        failure,                    state::bdat_fail},
        transition{in(state::mail, state::rcpt, state::bdat),  on(event::mixed_data),  failure,                    state::bdat_fail},
        transition{in(state::data),                            on(event::end_of_data), silent,                     state::data_wait},
        transition{in(state::data_wait),                       on(event::recipient_verdict), replied,              std::nullopt},
        transition{in(state::data_wait),                       on(event::verdict),     replied,                    state::ready},

        transition{in(state::rcpt, state::bdat),               on(event::chunk),       silent,                     state::bdat_rx},
        transition{in(state::bdat_rx, state::rcpt, state::bdat), on(event::bdat),      success,                    state::bdat},
        transition{in(state::bdat_rx, state::mail, state::rcpt, state::bdat), on(event::bdat), failure,            state::bdat_fail},
        transition{in(state::bdat_rx),                         on(event::bdat_last),   silent,                     state::data_wait},
        transition{in(state::bdat_rx, state::rcpt, state::bdat), on(event::bdat_last), success,                    state::ready},
        transition{in(state::bdat_rx, state::mail, state::rcpt, state::bdat, state::bdat_fail), on(event::bdat_last), failure | silent, state::ready},

        transition{in(state::ready, state::mail, state::rcpt, state::bdat, state::bdat_fail), on(event::rset), success, state::ready},
        transition{open_states,                                on(event::rset, event::noop, event::help, event::vrfy, event::expn, event::other), success, std::nullopt},
        transition{command_states,                             on(event::quit),        success,                    state::closing},

        transition{in(state::ready),                           on(event::starttls),    success,                    state::tls_wait},
        transition{in(state::tls_wait),                        on(event::handshake),   success,                    state::greeted},
        transition{in(state::tls_wait, state::greeted),        on(event::handshake),   with(outcome::transient),   state::tls_weak},
        transition{in(state::tls_wait),                        on(event::handshake),   with(outcome::permanent),   state::closed},
        transition{in(state::ready),                           on(event::auth),        goes_on,                    state::auth},
        transition{in(state::ready),                           on(event::auth),        success,                    std::nullopt},
        transition{in(state::auth),                            on(event::auth_response), goes_on,                  std::nullopt},
        transition{in(state::auth),                            on(event::auth_response), replied,                  state::ready},
        transition{in(state::greeted, state::ready),           on(event::xclient),     success,                    state::greeted},
        transition{in(state::ready),                           on(event::etrn, event::xforward), success,                    std::nullopt},
        transition{in(state::ready),                           on(event::atrn, event::turn), success,              state::closed},

        transition{command_states,                             command_events,         failure,                    std::nullopt},
        transition{command_states | in(state::connect, state::data, state::data_wait, state::bdat_rx, state::auth), on(event::shutdown), with(outcome::transient, outcome::permanent), state::closing},
        transition{in(state::tls_wait),                        on(event::shutdown),    silent,                     state::closed},
        transition{in(state::closing),                         on(event::flushed),     silent,                     state::closed},
        transition{~in(state::closed),                         on(event::lost),        silent,                     state::closed},
        // clang-format on
    };
}();

namespace detail {

// The table by its three keys; state_count where nothing fits. Built from the last row to the first, so that the first one
// counts.
inline constexpr auto next_states = [] {
    constexpr std::size_t outcomes = 8;
    std::array<std::array<std::array<std::uint8_t, outcomes>, event_count>, state_count> all{};
    for (auto& of_state : all)
        for (auto& of_event : of_state) of_event.fill(state_count);
    for (std::size_t row = transitions.size(); row-- > 0;) {
        const transition& t = transitions[row];
        for (std::size_t s = 0; s < state_count; ++s)
            for (std::size_t e = 0; (t.from >> s & 1U) != 0 && e < event_count; ++e)
                for (std::size_t o = 0; (t.on >> e & 1U) != 0 && o < outcomes; ++o)
                    if ((t.with >> o & 1U) != 0) all[s][e][o] = static_cast<std::uint8_t>(t.to ? *t.to : state(s));
    }
    return all;
}();

// The events that can succeed in each state.
inline constexpr auto allowed_events = [] {
    std::array<std::uint64_t, state_count> all{};
    for (const transition& t : transitions)
        for (std::size_t s = 0; s < state_count; ++s)
            if ((t.from >> s & 1U) != 0 && (t.with & ~failure) != 0) all[s] |= t.on;
    return all;
}();

} // namespace detail

// Where `e` with reply class `o` leads from `s`; nothing if it cannot happen there.
constexpr std::optional<state> next_state(state s, event e, outcome o) noexcept {
    const std::uint8_t to =
        detail::next_states[static_cast<std::size_t>(s)][static_cast<std::size_t>(e)][static_cast<std::size_t>(o)];
    return to < state_count ? std::optional(static_cast<state>(to)) : std::nullopt;
}

// True if `e` can succeed in `s`. A command that is not allowed is answered 503.
constexpr bool allowed(state s, event e) noexcept {
    return (detail::allowed_events[static_cast<std::size_t>(s)] & detail::on(e)) != 0;
}

// Seconds to wait for `awaited`, the least that RFC 5321 4.5.3.2 asks for: a client for the reply to it, a server for
// anything from its client. What the RFC does not list has the value of its nearest relative.
constexpr unsigned time_limit(role r, event awaited) noexcept {
    if (r == role::server) return 5 * 60;
    switch (awaited) {
    case event::data: return 2 * 60;
    case event::chunk: return 3 * 60; // also each block of content written
    case event::bdat: return 3 * 60;
    case event::bdat_last:
    case event::end_of_data:
    case event::recipient_verdict:
    case event::verdict:
    case event::atrn: return 10 * 60; // the provider looks for mail first [RFC 2645]
    case event::quit: return 2 * 60;
    default: return 5 * 60;
    }
}

} // namespace sansmtp
