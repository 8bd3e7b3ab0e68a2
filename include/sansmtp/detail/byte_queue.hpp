// A queue of octets in one array of fixed size: octets are appended behind and taken from the front.
//
// Only `pack` moves octets. Between two calls of it the room behind stays where it was, whatever is taken from the
// front. The array is not initialised at run time: clearing it would cost more than the session that uses it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "wipe.hpp"

namespace sansmtp::detail {

template <std::size_t N>
class byte_queue {
public:
    constexpr byte_queue() noexcept {
        if (std::is_constant_evaluated()) octets_.fill('\0');
    }

    constexpr std::size_t size() const noexcept { return end_ - begin_; }
    constexpr bool empty() const noexcept { return begin_ == end_; }
    constexpr bool full() const noexcept { return size() == N; }

    constexpr std::span<char> data() noexcept { return std::span<char>(octets_).subspan(begin_, size()); }
    constexpr std::string_view view() const noexcept { return {octets_.data() + begin_, size()}; }
    constexpr std::span<char> room() noexcept { return std::span<char>(octets_).subspan(end_); }

    // Appends the first `n` octets of the room; no more than there are.
    constexpr void commit(std::size_t n) noexcept { end_ += n < N - end_ ? n : N - end_; }

    // Takes `n` octets from the front; no more than there are.
    constexpr void consume(std::size_t n) noexcept { begin_ += n < size() ? n : size(); }

    // Overwrites the first `n` octets of what is queued.
    constexpr void wipe(std::size_t n) noexcept { detail::wipe(data().first(n < size() ? n : size())); }

    // Moves what is queued to the front of the array, so that all the room is behind it. What the move leaves
    // behind of them is overwritten with zeros if `wipe_rest` is set.
    constexpr void pack(bool wipe_rest = false) noexcept {
        if (begin_ == 0) return;
        const std::size_t n = size();
        std::char_traits<char>::move(octets_.data(), octets_.data() + begin_, n);
        const std::size_t left = begin_ > n ? begin_ : n; // where the octets that were not written over begin
        if (wipe_rest) detail::wipe(std::span<char>(octets_).subspan(left, end_ - left));
        begin_ = 0;
        end_ = n;
    }

    // Overwrites everything with zeros and forgets it.
    constexpr void wipe_all() noexcept {
        detail::wipe(octets_);
        begin_ = end_ = 0;
    }

private:
    std::array<char, N> octets_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace sansmtp::detail
