// SASL mechanism names and what a session must know about them [RFC 4422, RFC 4954 4, IANA].
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "charset.hpp"
#include "detail/keyword_table.hpp"
#include "detail/text_iterator.hpp"

namespace sansmtp {

// Who speaks first, and whether the exchange shows the secret to whoever listens.
struct mechanism {
    std::string_view name;
    bool client_first = true;
    bool cleartext = false; // only inside TLS

    friend constexpr bool operator==(const mechanism&, const mechanism&) noexcept = default;
};

namespace detail {

inline constexpr std::array<mechanism, 15> known_mechanisms{{
    // clang-format off
    // name                client first  cleartext
    {"PLAIN",              true,         true },   // RFC 4616
    {"LOGIN",              false,        true },   // draft-murchison-sasl-login
    {"XOAUTH2",            true,         true },   // Google
    {"OAUTHBEARER",        true,         true },   // RFC 7628
    {"EXTERNAL",           true,         false},   // RFC 4422 app. A
    {"ANONYMOUS",          true,         false},   // RFC 4505
    {"CRAM-MD5",           false,        false},   // RFC 2195
    {"SCRAM-SHA-1",        true,         false},   // RFC 5802
    {"SCRAM-SHA-256",      true,         false},   // RFC 7677
    {"SCRAM-SHA-1-PLUS",   true,         false},   // RFC 5802
    {"SCRAM-SHA-256-PLUS", true,         false},   // RFC 7677
    {"DIGEST-MD5",         false,        false},   // RFC 2831: never offered [RFC 6331]
    {"GSSAPI",             true,         false},   // RFC 4752
    {"GS2-KRB5",           true,         false},   // RFC 5801
    {"NTLM",               true,         false},
    // clang-format on
}};

inline constexpr keyword_table<known_mechanisms.size()> mechanism_names([] {
    std::array<std::string_view, known_mechanisms.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = known_mechanisms[i].name;
    return names;
}());

// sasl-mech = 1*20(ALPHA / DIGIT / "-" / "_"), in any case
constexpr bool is_mechanism(std::string_view word) noexcept {
    if (word.empty() || word.size() > 20) return false;
    for (const char c : word)
        if (!chars::ldh.contains(c) && c != '_') return false;
    return true;
}

} // namespace detail

// What is known about the mechanism of that name, in any case; foreign ones are taken for safe and client first.
constexpr mechanism find_mechanism(std::string_view name) noexcept {
    const std::size_t i = detail::mechanism_names.find(name);
    return i < detail::known_mechanisms.size() ? detail::known_mechanisms[i] : mechanism{name, true, false};
}

// A set of the mechanisms that the library knows, in four octets. Foreign ones have no place in it.
class mechanism_set {
public:
    constexpr mechanism_set() noexcept = default;
    // The mechanisms of a list that spaces separate, as in the EHLO keyword AUTH.
    constexpr explicit mechanism_set(std::string_view list) noexcept {
        for (const std::string_view name : words(list)) add(name);
    }

    // Adds the mechanism of that name, in any case; false if it is foreign.
    constexpr bool add(std::string_view name) noexcept {
        const std::size_t i = detail::mechanism_names.find(name);
        if (i == detail::known_mechanisms.size()) return false;
        bits_ |= std::uint32_t{1} << i;
        return true;
    }
    constexpr bool contains(std::string_view name) const noexcept {
        const std::size_t i = detail::mechanism_names.find(name);
        return i < detail::known_mechanisms.size() && (bits_ >> i & 1U) != 0;
    }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr std::size_t size() const noexcept { return static_cast<std::size_t>(std::popcount(bits_)); }

    // Calls `f` with each mechanism in it.
    template <class F>
    constexpr void for_each(F f) const noexcept(noexcept(f(mechanism{}))) {
        for (std::size_t i = 0; i < detail::known_mechanisms.size(); ++i)
            if ((bits_ >> i & 1U) != 0) f(detail::known_mechanisms[i]);
    }

    friend constexpr mechanism_set operator|(mechanism_set a, mechanism_set b) noexcept {
        a.bits_ |= b.bits_;
        return a;
    }
    friend constexpr mechanism_set operator&(mechanism_set a, mechanism_set b) noexcept {
        a.bits_ &= b.bits_;
        return a;
    }
    friend constexpr bool operator==(mechanism_set, mechanism_set) noexcept = default;

private:
    std::uint32_t bits_ = 0;
};

} // namespace sansmtp
