// What a server announced in its EHLO reply [RFC 5321 4.1.1.1].
//
// Known keywords are stored, each as a bit, with what their arguments mean in numbers and bits; no text is, so that the
// value is small and outlives the reply. What it leaves out (NO-SOLICITING's words, BURL's URIs, foreign keywords) is read
// from the line: sessions hand out every line, and `parse_ehlo_line` reads it. A line that is strange costs nothing but
// itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "ehlo_line.hpp"
#include "extension.hpp"
#include "mechanism.hpp"
#include "reply_view.hpp"

namespace sansmtp {

namespace detail {

constexpr std::uint64_t bit_of(extension_id id) noexcept { return std::uint64_t{1} << static_cast<unsigned>(id); }

// The keywords whose arguments are stored.
inline constexpr std::uint64_t with_arguments = bit_of(extension_id::size) | bit_of(extension_id::auth) |
                                                bit_of(extension_id::deliver_by) | bit_of(extension_id::mt_priority) |
                                                bit_of(extension_id::xclient) | bit_of(extension_id::xforward) |
                                                bit_of(extension_id::limits) | bit_of(extension_id::future_release);

} // namespace detail

class capabilities {
public:
    // Adds the text of one line of an EHLO reply. The first line of the reply is the server's name, not one of these.
    // Lines that do not fit, and foreign keywords, are ignored. A keyword that comes again replaces what was said before;
    // only the mechanisms of AUTH are added up.
    constexpr void add(std::string_view text) noexcept {
        const std::size_t place = detail::ehlo_keywords.find_here(text); // most lines are a keyword and nothing else
        if (place != registered_extensions.size() && (detail::with_arguments >> place & 1U) == 0)
            bits_ |= std::uint64_t{1} << place;
        else if (const auto line = parse_ehlo_line(text); line)
            add(*line);
    }
    constexpr void add(const ehlo_line& line) noexcept {
        const std::size_t place = detail::ehlo_keywords.find(line.keyword);
        if (place == registered_extensions.size()) return;
        const auto id = static_cast<extension_id>(place);
        set(id, true);
        read(id, line);
    }

    constexpr bool has(extension_id id) const noexcept { return (bits_ & detail::bit_of(id)) != 0; }
    // True if that keyword, in any case, was announced and is one the library knows.
    constexpr bool has(std::string_view keyword) const noexcept {
        const std::size_t i = detail::ehlo_keywords.find(keyword);
        return i < registered_extensions.size() && has(static_cast<extension_id>(i));
    }
    constexpr bool pipelining() const noexcept { return has(extension_id::pipelining); }
    constexpr bool eight_bit_mime() const noexcept { return has(extension_id::eight_bit_mime); }
    constexpr bool smtputf8() const noexcept { return has(extension_id::smtputf8); }
    constexpr bool enhanced_status_codes() const noexcept { return has(extension_id::enhanced_status_codes); }
    constexpr bool size() const noexcept { return has(extension_id::size); }
    constexpr bool starttls() const noexcept { return has(extension_id::starttls); }
    constexpr bool chunking() const noexcept { return has(extension_id::chunking); }
    constexpr bool binary_mime() const noexcept { return has(extension_id::binary_mime); }
    constexpr bool dsn() const noexcept { return has(extension_id::dsn); }
    constexpr bool auth() const noexcept { return has(extension_id::auth); }
    constexpr bool require_tls() const noexcept { return has(extension_id::require_tls); }

    // The largest message the server takes, in octets; nothing if it named no limit. [RFC 1870 4]
    constexpr std::optional<std::uint64_t> size_limit() const noexcept {
        return size_limit_ == 0 ? std::nullopt : std::optional(size_limit_);
    }
    // The SASL mechanisms that the library knows; foreign ones stand in the line.
    constexpr mechanism_set mechanisms() const noexcept { return mechanisms_; }
    // The numbers of LIMITS; each is 0 if it was not announced. [RFC 9422]
    constexpr announced_limits limits() const noexcept { return limits_; }
    // The shortest BY= in seconds that the server takes; nothing if it named none. [RFC 2852 2]
    constexpr std::optional<std::uint32_t> deliver_by_least() const noexcept {
        return deliver_by_ == 0 ? std::nullopt : std::optional(deliver_by_);
    }
    // The largest HOLDFOR= in seconds, and the latest HOLDUNTIL= in seconds since 1970; nothing without FUTURERELEASE.
    // [RFC 4865 4]
    constexpr std::optional<std::uint32_t> hold_for_limit() const noexcept {
        return has(extension_id::future_release) ? std::optional(hold_for_) : std::nullopt;
    }
    constexpr std::optional<std::int64_t> hold_until_limit() const noexcept {
        return has(extension_id::future_release) ? std::optional(hold_until_) : std::nullopt;
    }
    // The policy that priorities follow; nothing without MT-PRIORITY. [RFC 6710]
    constexpr std::optional<priority_policy> priorities() const noexcept {
        return has(extension_id::mt_priority) ? std::optional(policy_) : std::nullopt;
    }
    // True if XCLIENT, or XFORWARD, was announced with that attribute.
    constexpr bool xclient(proxy_attribute a) const noexcept {
        return (xclient_ >> static_cast<unsigned>(a) & 1U) != 0;
    }
    constexpr bool xforward(proxy_attribute a) const noexcept {
        return (xforward_ >> static_cast<unsigned>(a) & 1U) != 0;
    }

    // The octets that a MAIL or RCPT line may have with CRLF: 512 and what each announced extension adds
    // [RFC 5321 4.5.3.1.4].
    constexpr std::size_t mail_line_limit() const noexcept { return line_limit(&extension::mail_increase); }
    constexpr std::size_t rcpt_line_limit() const noexcept { return line_limit(&extension::rcpt_increase); }

    friend constexpr bool operator==(const capabilities&, const capabilities&) noexcept = default;

private:
    constexpr void set(extension_id id, bool on) noexcept {
        bits_ = on ? bits_ | detail::bit_of(id) : bits_ & ~detail::bit_of(id);
    }

    // Stores what the arguments mean; without arguments that they need, LIMITS and FUTURERELEASE are taken back.
    constexpr void read(extension_id id, const ehlo_line& line) noexcept {
        switch (id) {
        case extension_id::size: size_limit_ = read_size(line).value_or(0); break;
        case extension_id::auth: mechanisms_ = mechanisms_ | mechanism_set(line.arguments); break;
        case extension_id::deliver_by: deliver_by_ = read_deliver_by(line); break;
        case extension_id::mt_priority: policy_ = read_priority_policy(line); break;
        case extension_id::xclient: xclient_ = read_proxy_attributes(line); break;
        case extension_id::xforward: xforward_ = read_proxy_attributes(line); break;
        case extension_id::limits: {
            const auto found = read_limits(line);
            limits_ = found.value_or(announced_limits{});
            return set(id, found.has_value());
        }
        case extension_id::future_release: {
            const auto found = read_future_release(line);
            hold_for_ = found ? found->seconds : 0;
            hold_until_ = found ? found->until.unix_seconds() : 0;
            return set(id, found.has_value());
        }
        default: break;
        }
    }

    constexpr std::size_t line_limit(std::uint16_t extension::*increase) const noexcept {
        std::size_t octets = 512;
        for (std::size_t i = 0; i < registered_extensions.size(); ++i)
            if (has(static_cast<extension_id>(i))) octets += registered_extensions[i].*increase;
        return octets;
    }

    std::uint64_t bits_ = 0;
    std::uint64_t size_limit_ = 0;
    std::int64_t hold_until_ = 0;
    announced_limits limits_;
    std::uint32_t deliver_by_ = 0;
    std::uint32_t hold_for_ = 0;
    mechanism_set mechanisms_;
    std::uint16_t xclient_ = 0;
    std::uint16_t xforward_ = 0;
    priority_policy policy_ = priority_policy::mixer;
};

static_assert(registered_extensions.size() <= 64);
static_assert(sizeof(capabilities) <= 96 && std::is_trivially_copyable_v<capabilities>);

// What a whole reply to EHLO or LHLO announced; nothing is announced by another reply than 250.
constexpr capabilities parse_capabilities(const reply_view& r) noexcept {
    capabilities found;
    if (r.code() != 250) return found;
    auto line = r.begin();
    while (++line != r.end()) found.add(line.raw_text());
    return found;
}

} // namespace sansmtp
