// The bytes of a session on their way in and out: what the client's and the server's side have in common.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "../action.hpp"
#include "byte_queue.hpp"

namespace sansmtp::detail {

// An engine and its two buffers.
template <class Engine, std::size_t In, std::size_t Out>
class session_buffers {
    static_assert(In >= 512 && Out >= 512);

public:
    // ---- bytes in

    constexpr bool wants_input() const noexcept { return engine_.wants_input() && !in_.full(); }
    // Room to read into; valid until commit(), whatever else is called between but feed(). Unread input is moved to the
    // front first, but not while a request waits.
    constexpr std::span<char> prepare() noexcept {
        if (!engine_.waits()) in_.pack(engine_.holds_secret());
        return in_.room();
    }
    constexpr void commit(std::size_t n) noexcept { in_.commit(n); }
    // Copies in what fits; returns how much that was.
    constexpr std::size_t feed(std::string_view octets) noexcept {
        const std::span<char> room = prepare();
        const std::size_t n = octets.size() < room.size() ? octets.size() : room.size();
        std::char_traits<char>::copy(room.data(), octets.data(), n);
        commit(n);
        return n;
    }
    std::size_t feed(std::span<const std::byte> octets) noexcept {
        return feed(std::string_view(reinterpret_cast<const char*>(octets.data()), octets.size()));
    }
    // The peer will send no more: what has arrived is still read.
    constexpr void close_input() noexcept { engine_.close_input(); }

    // Overwrites both buffers, for a copy that was made during AUTH. The session cannot go on.
    constexpr void wipe() noexcept {
        in_.wipe_all();
        out_.wipe_all();
    }

protected:
    template <class... Arguments>
    constexpr explicit session_buffers(const Arguments&... arguments) noexcept : engine_(arguments...) {}

    // Gives `do_it` the bytes; what it consumed and wrote counts once it is back.
    template <class Call>
    constexpr decltype(auto) call(Call do_it) noexcept {
        io s{in_.data(), out_.room(), in_.full(), out_.size()};
        const settlement at_the_end{*this, s};
        return do_it(s);
    }

    Engine engine_;
    byte_queue<In> in_;
    byte_queue<Out> out_;

private:
    struct settlement {
        session_buffers& session;
        const io& bytes;

        [[gnu::always_inline]] constexpr ~settlement() {
            session.in_.consume(bytes.consumed);
            session.out_.commit(bytes.written);
        }
    };
};

} // namespace sansmtp::detail
