// The argument of ATRN: domain *("," domain) [RFC 2645 5.2.1].
#pragma once

#include <cstddef>
#include <string_view>

#include "detail/tokens.hpp"
#include "domain.hpp"

namespace sansmtp {

class domain_list;

namespace detail {

struct domain_list_access;

struct domain_format {
    using value_type = domain;
    static constexpr bool separates(char c) noexcept { return c == ','; }
    static constexpr std::size_t length(std::string_view text) noexcept {
        return text.substr(0, text.find(',')).size();
    }
    static constexpr domain read(std::string_view text) noexcept { return domain_access::make(text, host_kind::name); }
};

} // namespace detail

// Domains that were checked once and are read while they are iterated.
class domain_list {
public:
    using iterator = detail::token_iterator<detail::domain_format>;

    constexpr domain_list() noexcept = default;

    // The text as it came.
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }
    constexpr iterator begin() const noexcept { return iterator(text_); }
    constexpr iterator end() const noexcept { return {}; }

    // True if both name the same domains in the same order.
    friend constexpr bool operator==(const domain_list& a, const domain_list& b) noexcept {
        return iequal(a.text_, b.text_);
    }

private:
    friend struct detail::domain_list_access;
    constexpr explicit domain_list(std::string_view text) noexcept : text_(text) {}

    std::string_view text_;
};

namespace detail {

struct domain_list_access {
    static constexpr domain_list make(std::string_view text) noexcept { return domain_list(text); }
};

// domain *("," domain)
constexpr errc take_domain_list(cursor& c, domain_list& found) noexcept {
    const std::size_t start = c.at;
    do {
        domain each;
        if (const errc e = take_domain_name(c, each); e != errc::none) return e;
    } while (c.take(','));
    found = domain_list_access::make(c.since(start));
    return errc::none;
}

} // namespace detail

// Parses domains that commas separate; the whole text must match. Fails as parse_domain does, and for literals.
constexpr result<domain_list> parse_domain_list(std::string_view text, const syntax& how = {},
                                                leniency* used = nullptr) noexcept {
    return detail::parse_whole<domain_list>(text, how, used, errc::bad_domain, detail::take_domain_list);
}

} // namespace sansmtp
