// What a server announced in its EHLO reply [RFC 5321 4.1.1.1].
//
// Only known keywords are stored, each as a bit. A line that is strange or unknown costs nothing but itself: sessions
// hand out every line while they read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "charset.hpp"
#include "detail/decimal.hpp"

namespace sansmtp {

class capabilities {
public:
    // True if that keyword, in any case, was announced and is one the library knows.
    constexpr bool has(std::string_view keyword) const noexcept {
        const unsigned bit = index_of(keyword);
        return bit < count && ((bits_ >> bit) & 1U) != 0;
    }
    constexpr bool pipelining() const noexcept { return has("PIPELINING"); }
    constexpr bool eight_bit_mime() const noexcept { return has("8BITMIME"); }
    constexpr bool smtputf8() const noexcept { return has("SMTPUTF8"); }
    constexpr bool enhanced_status_codes() const noexcept { return has("ENHANCEDSTATUSCODES"); }
    constexpr bool size() const noexcept { return has("SIZE"); }
    // The largest message the server takes, in octets; nothing if it named no limit. [RFC 1870 4]
    constexpr std::optional<std::uint64_t> size_limit() const noexcept {
        return size_limit_ == 0 ? std::nullopt : std::optional(size_limit_);
    }

    // Adds one line of an EHLO reply: keyword *(SP parameter). The first line of the reply is the server's name, not one
    // of these. Lines that do not fit are ignored.
    constexpr void add(std::string_view line) noexcept {
        const std::string_view keyword = line.substr(0, line.find_first_of(" \t="));
        const unsigned bit = index_of(keyword);
        if (bit >= count) return;
        bits_ |= std::uint64_t{1} << bit;
        if (!iequal(keyword, "SIZE")) return;
        std::string_view value = line.substr(keyword.size());
        value.remove_prefix(chars::blank.skip(value));
        value = value.substr(0, value.find_first_of(" \t"));
        size_limit_ = detail::parse_decimal(value).value_or(0);
    }

    friend constexpr bool operator==(const capabilities&, const capabilities&) noexcept = default;

private:
    static constexpr std::string_view known[] = {
        "PIPELINING", "8BITMIME",   "SIZE",        "ENHANCEDSTATUSCODES",
        "SMTPUTF8",   "STARTTLS",   "AUTH",        "DSN",
        "CHUNKING",   "BINARYMIME", "HELP",        "VRFY",
        "EXPN",       "ETRN",       "ATRN",        "TURN",
        "SEND",       "SOML",       "SAML",        "DELIVERBY",
        "LIMITS",     "REQUIRETLS", "MT-PRIORITY", "FUTURERELEASE",
        "RRVS",       "MTRK",       "SUBMITTER",   "NO-SOLICITING",
        "BURL",       "CONPERM",    "CONNEG",      "XCLIENT",
        "XFORWARD",
    };
    static constexpr unsigned count = sizeof known / sizeof *known;

    static constexpr unsigned index_of(std::string_view keyword) noexcept {
        unsigned i = 0;
        while (i < count && !iequal(keyword, known[i])) ++i;
        return i;
    }

    std::uint64_t bits_ = 0;
    std::uint64_t size_limit_ = 0;
};

} // namespace sansmtp
