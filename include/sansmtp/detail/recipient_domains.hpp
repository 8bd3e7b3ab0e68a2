// How many different domains recipients have, which LIMITS may bound [RFC 9422 4].
//
// Nothing of a domain outlives the call but a number, so a session with any number of recipients stays a small value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../charset.hpp"
#include "../envelope.hpp"

namespace sansmtp::detail {

// The domains that a session has used. One that an earlier transaction had counts again, unless it is the only one so far.
struct domain_count {
    std::uint32_t domains = 0;
    std::uint32_t mark = 0; // a hash of the domain, while there is one
};

// The latest different domains among the recipients of one envelope.
class recent_domains {
public:
    constexpr explicit recent_domains(std::span<const recipient> to) noexcept : to_(to) {}

    static constexpr std::uint32_t hash(std::string_view name) noexcept {
        std::uint32_t h = 2166136261U; // FNV-1a
        for (const char c : name) h = (h ^ static_cast<unsigned char>(to_upper(c))) * 16777619U;
        return h;
    }
    constexpr std::string_view name(std::size_t i) const noexcept { return to_[i].to.mailbox().domain().text(); }

    constexpr bool has(std::size_t i, std::uint32_t h) const noexcept {
        const std::size_t kept = count_ < most ? count_ : most;
        for (std::size_t k = 0; k < kept; ++k)
            if (hashes_[k] == h && iequal(name(places_[k]), name(i))) return true;
        return false;
    }
    constexpr void add(std::size_t i, std::uint32_t h) noexcept {
        hashes_[count_ % most] = h;
        places_[count_++ % most] = i;
    }

private:
    static constexpr std::size_t most = 128;

    std::span<const recipient> to_;
    std::array<std::uint32_t, most> hashes_{};
    std::array<std::size_t, most> places_{};
    std::size_t count_ = 0;
};

// The recipients up to the first one whose domain would be one too many; the domains of these are added to `used`. Exact
// for up to 128 different domains; of more, one that comes back behind 128 others counts again, so that the time is
// linear and the server's limit is never passed.
constexpr std::size_t take_domains(std::span<const recipient> to, std::uint32_t most, domain_count& used) noexcept {
    const domain_count before = used;
    recent_domains recent(to);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const std::uint32_t h = recent_domains::hash(recent.name(i));
        if (recent.has(i, h)) continue;
        if (before.domains != 1 || before.mark != h) {
            if (used.domains >= most) return i;
            if (used.domains++ == 0) used.mark = h;
        }
        recent.add(i, h);
    }
    return to.size();
}

} // namespace sansmtp::detail
