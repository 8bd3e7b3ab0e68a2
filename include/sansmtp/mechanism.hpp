// SASL mechanism names and what a session must know about them [RFC 4422, IANA].
#pragma once

#include <string_view>

#include "charset.hpp"

namespace sansmtp {

// Who speaks first, and whether the exchange shows the secret to whoever listens.
struct mechanism {
    std::string_view name;
    bool client_first = true;
    bool cleartext = false;
};

namespace detail {

inline constexpr mechanism known_mechanisms[] = {
    // clang-format off
    {"PLAIN",         true,  true},
    {"LOGIN",         false, true},
    {"XOAUTH2",       true,  true},
    {"OAUTHBEARER",   true,  true},
    {"EXTERNAL",      true,  false},
    {"ANONYMOUS",     true,  false},
    {"CRAM-MD5",      false, false},
    {"SCRAM-SHA-1",   true,  false},
    {"SCRAM-SHA-256", true,  false},
    // clang-format on
};

} // namespace detail

// What is known about the mechanism of that name, in any case; foreign ones are taken for safe and client first.
constexpr mechanism find_mechanism(std::string_view name) noexcept {
    for (const mechanism& m : detail::known_mechanisms)
        if (iequal(m.name, name)) return m;
    return {name, true, false};
}

} // namespace sansmtp
