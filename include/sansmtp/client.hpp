// The client's side of a session: an engine and two arrays. Feed bytes in, pull actions until there are none, write what
// is in `output()`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "client_engine.hpp"
#include "detail/session_buffers.hpp"

namespace sansmtp {

// A client session: an engine and its two buffers. `In` bounds the length of a reply but that to EHLO.
template <std::size_t In = 16384, std::size_t Out = 16384>
class basic_client : public detail::session_buffers<client_engine, In, Out> {
    using buffers = detail::session_buffers<client_engine, In, Out>;

public:
    constexpr explicit basic_client(const client_config& shared_config, std::uint32_t serial = 0) noexcept
        : buffers(shared_config, serial) {}
    explicit basic_client(const client_config&&, std::uint32_t = 0) = delete;

    // ---- bytes in: also wants_input, prepare, commit, feed and close_input of session_buffers

    constexpr void timed_out() noexcept {
        engine_.timed_out();
        if (engine_.holds_secret()) buffers::wipe();
    }

    // ---- TLS: see client_engine

    constexpr errc tls_started(const tls_info& info = {}) noexcept {
        return call([&](io& s) { return engine_.tls_started(info, s); });
    }
    constexpr void tls_failed() noexcept { engine_.tls_failed(); }
    constexpr void tls_closed() noexcept { engine_.tls_closed(); }

    // ---- bytes out

    // What is to be written. None once the session is closed: nothing may leave any more, see client_engine::closed().
    constexpr std::string_view output() const noexcept { return closed() ? std::string_view{} : out_.view(); }
    // Takes what was written off the output. A view of output() stays valid up to here, whatever is called between.
    // If a write failed and nobody knows how much of it left, take it all: doubt must stay doubt.
    constexpr void consume(std::size_t n) noexcept {
        const bool secret = engine_.holds_secret();
        if (secret) out_.wipe(n);
        out_.consume(n);
        out_.pack(secret);
    }

    // ---- actions and what the caller does: see client_engine

    constexpr std::optional<client_action> next() noexcept {
        auto action = call([&](io& s) { return engine_.next(s); });
        if (closed() && !action && engine_.holds_secret()) buffers::wipe();
        return action;
    }
    constexpr errc send(const envelope& e) noexcept {
        return call([&](io& s) { return engine_.send(e, s); });
    }
    constexpr std::size_t write_body(std::string_view bytes) noexcept {
        return call([&](io& s) { return engine_.write_body(bytes, s); });
    }
    constexpr errc end_body() noexcept {
        return call([&](io& s) { return engine_.end_body(s); });
    }
    constexpr errc abandon() noexcept {
        return call([&](io& s) { return engine_.abandon(s); });
    }
    constexpr errc command(const sansmtp::command& c) noexcept {
        return call([&](io& s) { return engine_.command(c, s); });
    }
    constexpr errc quit() noexcept {
        return call([&](io& s) { return engine_.quit(s); });
    }
    constexpr errc respond(const ticket<sasl_message>& t, std::span<const char> octets, bool final) noexcept {
        return call([&](io& s) { return engine_.respond(t, octets, final, s); });
    }
    constexpr errc cancel(const ticket<sasl_message>& t) noexcept { return engine_.cancel(t); }

    // ---- observers

    constexpr state current() const noexcept { return engine_.current(); }
    constexpr bool closed() const noexcept { return engine_.closed(); }
    constexpr bool wants_body() const noexcept { return engine_.wants_body(); }
    constexpr std::size_t longest_line() const noexcept { return engine_.longest_line(); }
    constexpr bool secured() const noexcept { return engine_.secured(); }
    constexpr bool authenticated() const noexcept { return engine_.authenticated(); }
    constexpr const extension* missing() const noexcept { return engine_.missing(); }
    constexpr const sansmtp::capabilities& capabilities() const noexcept { return engine_.capabilities(); }
    constexpr unsigned time_limit() const noexcept { return engine_.time_limit(); }

private:
    using buffers::call;
    using buffers::engine_;
    using buffers::in_;
    using buffers::out_;
};

using client = basic_client<>;

} // namespace sansmtp
