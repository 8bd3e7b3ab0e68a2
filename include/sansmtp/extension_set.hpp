// Sets of registered extensions, and what each verb and parameter belongs to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "extension.hpp"
#include "parameter_values.hpp"
#include "verb.hpp"

namespace sansmtp {

// A set of registered extensions, in eight octets.
class extension_set {
public:
    template <class... Id>
        requires(std::is_same_v<Id, extension_id>&&...)
    constexpr extension_set(Id... ids) noexcept
        : bits_(((std::uint64_t{1} << static_cast<unsigned>(ids)) | ... | 0U)) {}

    constexpr bool has(extension_id id) const noexcept { return (bits_ >> static_cast<unsigned>(id) & 1U) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }

    friend constexpr extension_set operator|(extension_set a, extension_set b) noexcept {
        a.bits_ |= b.bits_;
        return a;
    }
    friend constexpr extension_set operator&(extension_set a, extension_set b) noexcept {
        a.bits_ &= b.bits_;
        return a;
    }
    // What is in `a` and not in `b`.
    friend constexpr extension_set operator-(extension_set a, extension_set b) noexcept {
        a.bits_ &= ~b.bits_;
        return a;
    }
    friend constexpr bool operator==(extension_set, extension_set) noexcept = default;

private:
    std::uint64_t bits_;
};

// The extension that brings a verb; nothing for those that every server knows [RFC 5321 4.5.1].
constexpr std::optional<extension_id> extension_of(verb v) noexcept {
    switch (v) {
    // clang-format off
    case verb::bdat:     return extension_id::chunking;   case verb::starttls: return extension_id::starttls;
    case verb::auth:     return extension_id::auth;       case verb::burl:     return extension_id::burl;
    case verb::send:     return extension_id::send;       case verb::soml:     return extension_id::soml;
    case verb::saml:     return extension_id::saml;       case verb::turn:     return extension_id::turn;
    case verb::etrn:     return extension_id::etrn;       case verb::atrn:     return extension_id::atrn;
    case verb::expn:     return extension_id::expn;       case verb::help:     return extension_id::help;
    case verb::xclient:  return extension_id::xclient;    case verb::xforward: return extension_id::xforward;
    default: return std::nullopt;
        // clang-format on
    }
}

namespace detail {

// The extension that brings each known_parameter, as the descriptors say; of two the first.
inline constexpr auto parameter_extensions = [] {
    std::array<extension_id, parameter_rules.size()> all{};
    for (std::size_t p = 1; p < all.size(); ++p)
        for (std::size_t i = registered_extensions.size(); i-- > 0;) {
            const extension& e = registered_extensions[i];
            const bool of_mail = parameter_rules[p].of == parameters_of::mail;
            if (has_word(of_mail ? e.mail_parameters : e.rcpt_parameters, parameter_rules[p].keyword))
                all[p] = static_cast<extension_id>(i);
        }
    return all;
}();

} // namespace detail

// The extension that brings a parameter, BODY=BINARYMIME apart; nothing for a foreign one.
constexpr std::optional<extension_id> extension_of(known_parameter which) noexcept {
    if (which == known_parameter::foreign) return std::nullopt;
    return detail::parameter_extensions[static_cast<std::size_t>(which)];
}

} // namespace sansmtp
