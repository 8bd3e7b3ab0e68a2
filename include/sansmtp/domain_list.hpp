// The argument of ATRN: domain *("," domain) [RFC 2645 5.2.1].
#pragma once

#include <cstddef>
#include <string_view>

#include "detail/text_iterator.hpp"
#include "domain.hpp"

namespace sansmtp {

namespace detail {

struct domain_list_access;

struct domain_items : comma_separated {
    using value_type = domain;
    static constexpr domain read(std::string_view item) noexcept { return domain_access::make(item, host_kind::name); }
};

} // namespace detail

// Domains that were checked once and are read while they are iterated.
class domain_list : public detail::text_items<detail::domain_items> {
public:
    constexpr domain_list() noexcept = default;

    // True if both name the same domains in the same order.
    friend constexpr bool operator==(const domain_list& a, const domain_list& b) noexcept {
        return detail::same_items(a, b);
    }

private:
    friend struct detail::domain_list_access;
    constexpr explicit domain_list(std::string_view checked) noexcept : text_items(checked) {}
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
