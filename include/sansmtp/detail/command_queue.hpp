// Commands without a typed reply that were written and are not answered yet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../verb.hpp"

namespace sansmtp::detail {

class command_queue {
public:
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool full() const noexcept { return size_ == verbs_.size(); }
    constexpr verb front() const noexcept { return size_ == 0 ? verb::other : verbs_[0]; }
    constexpr verb back() const noexcept { return size_ == 0 ? verb::other : verbs_[size_ - 1]; }
    // Octets of all of them.
    constexpr std::size_t octets() const noexcept {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < size_; ++i) sum += octets_[i];
        return sum;
    }

    constexpr void push(verb v, std::size_t octets) noexcept {
        verbs_[size_] = v;
        octets_[size_++] = static_cast<std::uint16_t>(octets);
    }
    constexpr verb pop() noexcept {
        const verb v = front();
        for (std::size_t i = 1; i < size_; ++i) {
            verbs_[i - 1] = verbs_[i];
            octets_[i - 1] = octets_[i];
        }
        if (size_ != 0) --size_;
        return v;
    }

private:
    std::array<verb, 8> verbs_{};
    std::array<std::uint16_t, 8> octets_{};
    std::uint8_t size_ = 0;
};

// Commands that may stand anywhere in a group; behind every other one its reply is waited for [RFC 2920 3.1].
constexpr bool ends_group(verb v) noexcept { return v != verb::rset && v != verb::xforward; }

// Commands that a caller may give a session that is idle; all others the session gives by itself.
constexpr bool is_free_command(verb v) noexcept {
    switch (v) {
    case verb::vrfy:
    case verb::expn:
    case verb::help:
    case verb::noop:
    case verb::rset:
    case verb::etrn:
    case verb::atrn:
    case verb::xclient:
    case verb::xforward:
    case verb::other: return true;
    default: return false;
    }
}

} // namespace sansmtp::detail
