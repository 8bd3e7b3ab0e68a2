// The attributes of XCLIENT and XFORWARD, Postfix's private commands: 1*(SP name "=" xtext).
//
// Names that neither Postfix nor Dovecot knows are kept for the caller, who decides what to take. Values are never
// changed: `decode` gives the octets behind the xtext.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "detail/decimal.hpp"
#include "detail/text_iterator.hpp"
#include "parameters.hpp"
#include "xtext.hpp"

namespace sansmtp {

struct attribute {
    std::string_view name;  // as it came: compare with iequal
    std::string_view value; // xtext, as it came

    // True if the proxy does not know, and will not.
    constexpr bool unavailable() const noexcept { return iequal(value, "[UNAVAILABLE]"); }
    // True if the proxy does not know for the moment, as after a DNS failure.
    constexpr bool temporarily_unavailable() const noexcept { return iequal(value, "[TEMPUNAVAIL]"); }
    // Writes the octets of the value; returns how many. Fails with no_room.
    constexpr result<std::size_t> decode(std::span<char> out) const noexcept {
        return decode_xtext(value, out, interop());
    }

    friend constexpr bool operator==(const attribute& a, const attribute& b) noexcept {
        return iequal(a.name, b.name) && a.value == b.value;
    }
};

namespace detail {

struct attributes_access;

struct attribute_items : blank_separated {
    using value_type = attribute;
    static constexpr attribute read(std::string_view item) noexcept {
        const std::size_t equals = item.find('=');
        return {item.substr(0, equals), item.substr(equals < item.size() ? equals + 1 : item.size())};
    }
};

} // namespace detail

// Attributes that were checked once and are read while they are iterated; no name stands twice.
class attributes : public detail::text_items<detail::attribute_items> {
public:
    constexpr attributes() noexcept = default;

    // The attribute of that name, in any case.
    constexpr std::optional<attribute> find(std::string_view name) const noexcept {
        for (const attribute a : *this)
            if (iequal(a.name, name)) return a;
        return std::nullopt;
    }

    // PORT= or DESTPORT=; nothing if it is not there, not known or no port number.
    constexpr std::optional<std::uint16_t> port(std::string_view name = "PORT") const noexcept {
        const auto a = find(name);
        const auto value = a ? detail::parse_decimal(a->value) : std::nullopt;
        return value && *value <= 65535 ? std::optional(static_cast<std::uint16_t>(*value)) : std::nullopt;
    }

    // True if both have the same attributes in the same order.
    friend constexpr bool operator==(const attributes& a, const attributes& b) noexcept {
        return detail::same_items(a, b);
    }

private:
    friend struct detail::attributes_access;
    constexpr explicit attributes(std::string_view checked) noexcept : text_items(checked) {}
};

namespace detail {

struct attributes_access {
    static constexpr attributes make(std::string_view text) noexcept { return attributes(text); }
};

inline constexpr std::size_t max_attributes = 32; // so that the test for duplicates stays linear

// attribute = name "=" 1*xtext; name = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
constexpr errc take_attribute(cursor& c, std::string_view& name) noexcept {
    const std::size_t start = c.at;
    if (!chars::let_dig.contains(c.peek())) return errc::bad_parameter;
    name = c.take_all(chars::ldh);
    if (!c.take('=')) return errc::bad_parameter;
    const std::size_t value = c.at;
    const std::size_t end = chars::graphic.skip(c.text, value);
    const auto octets = decode_xtext(c.text.substr(value, end - value), {}, c.allow, &c.used);
    if (octets.error().code == errc::bad_value) return c.at = value + octets.error().offset, errc::bad_value;
    if (end == value) return errc::bad_value;
    c.at = end;
    if (!c.done() && !chars::blank.contains(c.peek())) return errc::bad_parameter;
    return name.size() > 64 ? (c.at = start, errc::bad_parameter) : errc::none;
}

// attribute *(SP attribute), to the end of the text.
constexpr errc take_attributes(cursor& c, attributes& found) noexcept {
    const std::size_t start = c.at;
    std::size_t count = 0;
    do {
        const std::size_t first = c.at;
        std::string_view name;
        if (const errc e = take_attribute(c, name); e != errc::none) return e;
        if (++count > max_attributes) return c.at = first, errc::bad_parameter;
        if (attributes_access::make(c.text.substr(start, first - start)).find(name))
            return c.at = first, errc::duplicate_parameter;
    } while (!c.done() && take_blanks(c));
    if (!c.done()) return errc::bad_parameter;
    found = attributes_access::make(c.since(start));
    return errc::none;
}

} // namespace detail

// Parses an attribute list, for example "NAME=spike.example ADDR=192.0.2.1"; at least one.
// Fails with bad_parameter, bad_value or duplicate_parameter; lists of over 32 are bad as well.
constexpr result<attributes> parse_attributes(std::string_view text, const syntax& how = {},
                                              leniency* used = nullptr) noexcept {
    return detail::parse_whole<attributes>(text, how, used, errc::bad_parameter, detail::take_attributes);
}

} // namespace sansmtp
