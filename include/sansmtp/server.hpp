// The server's side of a session: an engine and two arrays. Feed bytes in, pull actions until there are none, write what
// is in `output()`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "detail/session_buffers.hpp"
#include "server_engine.hpp"

namespace sansmtp {

// A server session: an engine and its two buffers. `In` bounds the length of a line, `Out` that of a reply.
template <std::size_t In = 16384, std::size_t Out = 4096>
class basic_server : public detail::session_buffers<server_engine, In, Out> {
    using buffers = detail::session_buffers<server_engine, In, Out>;

public:
    constexpr explicit basic_server(const server_config& shared_config, std::uint32_t serial = 0) noexcept
        : buffers(shared_config, serial, In) {}
    explicit basic_server(const server_config&&, std::uint32_t = 0) = delete;

    // ---- bytes in: also wants_input, prepare, commit, feed and close_input of session_buffers

    // The peer was silent for longer than time_limit().
    constexpr void timed_out() noexcept {
        if (engine_.holds_secret()) in_.wipe_all();
        call([&](io& s) { engine_.timed_out(s); });
    }

    // ---- TLS: see server_engine

    constexpr errc tls_started(tls_info info) noexcept {
        return call([&](io& s) { return engine_.tls_started(info, s); });
    }
    constexpr errc tls_failed() noexcept {
        return call([&](io& s) { return engine_.tls_failed(s); });
    }
    // What waits in the output cannot leave any more.
    constexpr void tls_closed() noexcept {
        call([&](io& s) { engine_.tls_closed(s); });
        buffers::wipe();
    }

    // ---- bytes out

    constexpr std::string_view output() const noexcept { return out_.view(); }
    // Takes what was written off the output. A view of output() stays valid up to here, whatever is called between.
    constexpr void consume(std::size_t n) noexcept {
        if (engine_.current() == state::auth) out_.wipe(n); // a challenge
        out_.consume(n);
        out_.pack();
    }

    // ---- actions and answers: see server_engine

    constexpr std::optional<server_action> next() noexcept {
        return call([&](io& s) { return engine_.next(s); });
    }
    template <acceptable C>
    constexpr errc accept(ticket<C> t) noexcept {
        return call([&](io& s) { return engine_.accept(t, s); });
    }
    template <class C>
    constexpr errc reject(ticket<C> t, const reply& r) noexcept {
        return call([&](io& s) { return engine_.reject(t, r, s); });
    }
    template <class C>
    constexpr errc answer(ticket<C> t, const reply& r) noexcept {
        return call([&](io& s) { return engine_.answer(t, r, s); });
    }
    template <challengeable C>
    constexpr errc challenge(ticket<C> t, std::span<const char> octets) noexcept {
        return call([&](io& s) { return engine_.challenge(t, octets, s); });
    }
    template <class A>
    constexpr errc answer_default(const A& action) noexcept {
        return call([&](io& s) { return engine_.answer_default(action, s); });
    }
    constexpr errc refuse_message(reply_code code, enhanced_code enhanced) noexcept {
        return engine_.refuse_message(code, enhanced);
    }
    constexpr errc shutdown(const reply& r) noexcept {
        return call([&](io& s) { return engine_.shutdown(r, s); });
    }

    // ---- observers

    constexpr state current() const noexcept { return closed() ? state::closed : engine_.current(); }
    // True once the caller may close the transport: the session is over and its output has left.
    constexpr bool closed() const noexcept { return engine_.closed() && out_.empty(); }
    constexpr unsigned time_limit() const noexcept { return engine_.time_limit(); }
    // How mail comes here, for Received: fields.
    constexpr transmission with() const noexcept { return engine_.with(); }

private:
    using buffers::call;
    using buffers::engine_;
    using buffers::in_;
    using buffers::out_;
};

using server = basic_server<>;

} // namespace sansmtp
