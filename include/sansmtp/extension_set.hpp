// Sets of registered extensions, and what each verb and parameter belongs to.
#pragma once

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

// The extension that brings a parameter, BODY=BINARYMIME apart; nothing for a foreign one.
constexpr std::optional<extension_id> extension_of(known_parameter p) noexcept {
    switch (p) {
    // clang-format off
    case known_parameter::size:        return extension_id::size;
    case known_parameter::body:        return extension_id::eight_bit_mime;
    case known_parameter::smtputf8:    return extension_id::smtputf8;
    case known_parameter::auth:        return extension_id::auth;
    case known_parameter::requiretls:  return extension_id::require_tls;
    case known_parameter::by:          return extension_id::deliver_by;
    case known_parameter::holdfor:
    case known_parameter::holduntil:   return extension_id::future_release;
    case known_parameter::mt_priority: return extension_id::mt_priority;
    case known_parameter::mtrk:        return extension_id::mtrk;
    case known_parameter::solicit:     return extension_id::no_soliciting;
    case known_parameter::submitter:   return extension_id::submitter;
    case known_parameter::transid:     return extension_id::checkpoint;
    case known_parameter::conperm:     return extension_id::conperm;
    case known_parameter::ret:
    case known_parameter::envid:
    case known_parameter::notify:
    case known_parameter::orcpt:       return extension_id::dsn;
    case known_parameter::rrvs:        return extension_id::rrvs;
    case known_parameter::conneg:      return extension_id::conneg;
    case known_parameter::foreign:     break;
        // clang-format on
    }
    return std::nullopt;
}

} // namespace sansmtp
