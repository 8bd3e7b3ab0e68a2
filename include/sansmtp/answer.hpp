// What each request can be answered with: the obvious positive reply, the stock answer, and what is legal
// [RFC 5321 4.3.2; RFC 2033; RFC 4954].
#pragma once

#include <span>
#include <type_traits>

#include "action.hpp"

namespace sansmtp {

// True for what can be answered by `accept`: there is an obvious positive reply.
template <class C>
concept acceptable = !std::is_same_v<C, cmd::expn>;

// True for what can be answered by `challenge`: the steps of a SASL exchange.
template <class C>
concept challengeable = std::is_same_v<C, cmd::auth> || std::is_same_v<C, auth_response>;

namespace detail {

// The replies to a request: the obvious positive one, the one for a caller who does not know it, and what is legal.
template <class C>
struct request_traits;

template <class C>
constexpr bool is_hello = std::is_same_v<C, cmd::helo> || std::is_same_v<C, cmd::ehlo> || std::is_same_v<C, cmd::lhlo>;

constexpr bool is_hello_verb(verb v) noexcept { return v == verb::helo || v == verb::ehlo || v == verb::lhlo; }

constexpr bool one_of(reply_code code, std::span<const unsigned> codes) noexcept {
    for (const unsigned c : codes)
        if (code.value() == c) return true;
    return false;
}

template <unsigned... Positive>
constexpr bool legal_answer(reply_code code) noexcept {
    constexpr unsigned positive[] = {Positive...};
    return code.negative() || one_of(code, positive);
}

// clang-format off
template <> struct request_traits<connection> {
    static constexpr event on = event::connection;
    static constexpr reply accepted{220, ""};
    static constexpr reply unhandled = accepted;
    static constexpr bool legal(reply_code c) noexcept { return c == 220 || c == 421 || c.is(reply_class::permanent); }
};
template <class C> requires is_hello<C> struct request_traits<C> {
    static constexpr event on = std::is_same_v<C, cmd::helo> ? event::helo : std::is_same_v<C, cmd::ehlo> ? event::ehlo : event::lhlo;
    static constexpr reply accepted{250, ""};
    static constexpr reply unhandled = accepted;
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::mail> {
    static constexpr event on = event::mail;
    static constexpr reply accepted{250, {2, 1, 0}, "Sender ok"};
    static constexpr reply unhandled = accepted;
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::rcpt> {
    static constexpr event on = event::rcpt;
    static constexpr reply accepted{250, {2, 1, 5}, "Recipient ok"};
    static constexpr reply unhandled{550, {5, 7, 1}, "Relaying denied"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250, 251>(c); }
};
template <> struct request_traits<cmd::data> {
    static constexpr event on = event::data;
    static constexpr reply accepted{354, "Start mail input; end with <CRLF>.<CRLF>"};
    static constexpr reply unhandled = accepted;
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<354>(c); }
};
template <> struct request_traits<message_end> {
    static constexpr event on = event::verdict;
    static constexpr reply accepted{250, {2, 6, 0}, "Message accepted"};
    static constexpr reply unhandled{451, {4, 3, 0}, "Message not accepted"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::auth> {
    static constexpr event on = event::auth;
    static constexpr reply accepted{235, {2, 7, 0}, "Authentication succeeded"};
    static constexpr reply unhandled{454, {4, 7, 0}, "Authentication not available"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<235>(c); }
};
template <> struct request_traits<auth_response> : request_traits<cmd::auth> {
    static constexpr event on = event::auth_response;
};
template <> struct request_traits<cmd::vrfy> {
    static constexpr event on = event::vrfy;
    static constexpr reply accepted{252, {2, 5, 2}, "Cannot verify, but will take mail and try to deliver it"};
    static constexpr reply unhandled = accepted;
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250, 251, 252>(c); }
};
template <> struct request_traits<cmd::expn> {
    static constexpr event on = event::expn;
    static constexpr reply unhandled{502, {5, 5, 1}, "Command not implemented"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250, 252>(c); }
};
template <> struct request_traits<cmd::help> {
    static constexpr event on = event::help;
    static constexpr reply accepted{214, {2, 0, 0}, "Commands:"}; // the session lists what it takes behind it
    static constexpr reply unhandled = accepted;
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<211, 214>(c); }
};
template <> struct request_traits<cmd::starttls> {
    static constexpr event on = event::starttls;
    static constexpr reply accepted{220, {2, 0, 0}, "Ready to start TLS"};
    static constexpr reply unhandled{454, {4, 7, 0}, "TLS not available now"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<220>(c); }
};
template <> struct request_traits<cmd::burl> {
    static constexpr event on = event::bdat;
    static constexpr reply accepted{250, {2, 5, 0}, "Ok"};
    static constexpr reply unhandled{554, {5, 7, 0}, "Not permitted"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::etrn> {
    static constexpr event on = event::etrn;
    static constexpr reply accepted{250, {2, 0, 0}, "Queuing started"};
    static constexpr reply unhandled{458, {4, 5, 0}, "Unable to queue messages"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250, 251, 252, 253>(c); }
};
template <> struct request_traits<cmd::atrn> {
    static constexpr event on = event::atrn;
    static constexpr reply accepted{250, {2, 0, 0}, "Ok, now reversing the connection"};
    static constexpr reply unhandled{450, {4, 7, 0}, "Request refused"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::turn> {
    static constexpr event on = event::turn;
    static constexpr reply accepted{250, {2, 0, 0}, "Ok"};
    static constexpr reply unhandled{502, {5, 5, 1}, "Command not implemented"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::xclient> {
    static constexpr event on = event::xclient;
    static constexpr reply accepted{220, ""};
    static constexpr reply unhandled{550, {5, 7, 0}, "Insufficient authorization"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<220>(c); }
};
template <> struct request_traits<cmd::xforward> {
    static constexpr event on = event::xforward;
    static constexpr reply accepted{250, {2, 0, 0}, "Ok"};
    static constexpr reply unhandled{550, {5, 7, 0}, "Insufficient authorization"};
    static constexpr bool legal(reply_code c) noexcept { return legal_answer<250>(c); }
};
template <> struct request_traits<cmd::other> {
    static constexpr event on = event::other;
    static constexpr reply accepted{250, {2, 0, 0}, "Ok"};
    static constexpr reply unhandled{500, {5, 5, 1}, "Command not recognised"};
    static constexpr bool legal(reply_code c) noexcept { return c.negative() || c.is(reply_class::success); }
};
// clang-format on

} // namespace detail

} // namespace sansmtp
