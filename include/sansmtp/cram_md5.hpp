// CRAM-MD5 [RFC 2195]: obsolete, and still met. The hash is the caller's.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "sasl.hpp"

namespace sansmtp::sasl {

// A hash function and its HMAC [RFC 2104]: `out` has `size` octets. False if it failed.
template <class H>
concept hash_function = requires(std::string_view text, std::span<char> out) {
    { H::size } -> std::convertible_to<std::size_t>;
    { H::digest(text, out) } -> std::same_as<bool>;
    { H::hmac(text, text, out) } -> std::same_as<bool>;
};

} // namespace sansmtp::sasl

namespace sansmtp::detail {

// True if both are equal; takes as long for any two texts of one length.
constexpr bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    unsigned differ = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        differ |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
    return differ == 0;
}

// Writes the keyed digest of a challenge: 32 hexadecimal digits in lower case. False if the hash failed.
template <class Md5>
constexpr bool put_cram_digest(writer& w, std::string_view password, std::string_view challenge) noexcept {
    std::array<char, Md5::size> digest{};
    if (!Md5::hmac(password, challenge, digest)) return false;
    for (const char c : digest) {
        const auto octet = static_cast<unsigned char>(c);
        w.put("0123456789abcdef"[octet >> 4]).put("0123456789abcdef"[octet & 15U]);
    }
    wipe(digest);
    return true;
}

} // namespace sansmtp::detail

namespace sansmtp::sasl {

// response = identity SP digest
template <hash_function Md5>
class cram_md5_client {
public:
    constexpr cram_md5_client(std::string_view identity, std::string_view password) noexcept
        : identity_(identity), password_(password) {}

    static constexpr std::string_view name() noexcept { return "CRAM-MD5"; }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (!challenge || challenge->empty() || answered_) return errc::bad_sasl_message;
        if (identity_.empty() || !detail::are_sasl_text(identity_)) return errc::refused_field;
        answered_ = true;
        detail::writer w(out);
        w.put(identity_).put(' ');
        if (!detail::put_cram_digest<Md5>(w, password_, *challenge)) return errc::bad_credentials;
        return detail::sent(w, true);
    }

private:
    std::string_view identity_;
    std::string_view password_;
    bool answered_ = false;
};

template <hash_function Md5>
class cram_md5_server {
public:
    // `challenge` is a message identifier that was never used before, "<random.time@host>" [RFC 2195 2].
    constexpr explicit cram_md5_server(std::string_view challenge) noexcept : challenge_(challenge) {}

    static constexpr std::string_view name() noexcept { return "CRAM-MD5"; }
    constexpr result<server_step> step(std::optional<std::string_view> response, std::span<char> out) noexcept {
        if (!response) {
            asked_ = true;
            detail::writer w(out);
            if (!w.put(challenge_).ok()) return errc::no_room;
            return server_step{stage::challenge, w.size()};
        }
        if (!asked_) return errc::server_first;
        const std::size_t space = response->rfind(' '); // names may hold spaces
        if (space == std::string_view::npos || space == 0) return errc::bad_sasl_message;
        claim_ = {{}, response->substr(0, space), response->substr(space + 1)};
        return server_step{stage::lookup, 0};
    }
    constexpr const claim& claimed() const noexcept { return claim_; }

    // Compares with the password of claimed().identity. Fails with bad_credentials.
    constexpr result<server_step> provide(std::string_view password, std::span<char>) noexcept {
        std::array<char, 2 * Md5::size> digest{};
        detail::writer w(digest);
        const bool made = detail::put_cram_digest<Md5>(w, password, challenge_);
        if (!made || !detail::equal_in_constant_time({digest.data(), digest.size()}, claim_.secret))
            return errc::bad_credentials;
        return server_step{stage::done, 0};
    }

private:
    std::string_view challenge_;
    claim claim_;
    bool asked_ = false;
};

} // namespace sansmtp::sasl
