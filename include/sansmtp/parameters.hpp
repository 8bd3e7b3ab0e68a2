// ESMTP parameters of MAIL and RCPT [RFC 5321 4.1.2]: keyword[=value], separated by single spaces.
//
// A `parameters` is a view of text that was checked once: every keyword and value fits the grammar, no keyword stands
// twice, and what the library knows has a value that fits. Unknown keywords are kept for the caller. Values are never
// changed: whoever asks for one gets the octets that came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "charset.hpp"
#include "detail/cursor.hpp"
#include "detail/decimal.hpp"
#include "domain.hpp"
#include "result.hpp"

namespace sansmtp {

// The command that parameters belong to; the same keyword may mean nothing to the other one.
enum class parameters_of : std::uint8_t { mail, rcpt };

struct parameter {
    std::string_view keyword; // as it came: compare with iequal
    std::string_view value;
    bool has_value = false;

    friend constexpr bool operator==(const parameter&, const parameter&) noexcept = default;
};

// BODY= [RFC 6152, RFC 3030]
enum class body_type : std::uint8_t { seven_bit, eight_bit_mime, binary_mime };

class parameters;

namespace detail {
struct parameters_access;

inline constexpr std::size_t max_parameters = 64; // so that the test for duplicates stays linear

constexpr parameter split_parameter(std::string_view text) noexcept {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return {text, {}, false};
    return {text.substr(0, equals), text.substr(equals + 1), true};
}

// "7BIT" / "8BITMIME" / "BINARYMIME", in any case
constexpr std::optional<body_type> parse_body_type(std::string_view value) noexcept {
    if (iequal(value, "7BIT")) return body_type::seven_bit;
    if (iequal(value, "8BITMIME")) return body_type::eight_bit_mime;
    if (iequal(value, "BINARYMIME")) return body_type::binary_mime;
    return std::nullopt;
}

// size-value = 1*20DIGIT [RFC 1870 4]
constexpr bool is_size_value(std::string_view value) noexcept { return value.size() <= 20 && parse_decimal(value); }

} // namespace detail

class parameters {
public:
    class iterator {
    public:
        using value_type = parameter;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using reference = parameter;
        using pointer = void;

        constexpr iterator() noexcept = default;
        constexpr parameter operator*() const noexcept { return detail::split_parameter(rest_.substr(0, length())); }
        constexpr iterator& operator++() noexcept {
            rest_.remove_prefix(length());
            skip_blanks();
            return *this;
        }
        constexpr iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.rest_.size() == b.rest_.size();
        }

    private:
        friend class parameters;
        constexpr explicit iterator(std::string_view rest) noexcept : rest_(rest) { skip_blanks(); }
        constexpr std::size_t length() const noexcept {
            const std::size_t blank = rest_.find_first_of(" \t");
            return blank == std::string_view::npos ? rest_.size() : blank;
        }
        constexpr void skip_blanks() noexcept { rest_.remove_prefix(chars::blank.skip(rest_)); }

        std::string_view rest_;
    };

    constexpr parameters() noexcept = default;

    // The text as it came, without the space in front of it.
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }
    constexpr iterator begin() const noexcept { return iterator(text_); }
    constexpr iterator end() const noexcept { return {}; }

    // The parameter of that name in any case; the first one if a leniency let it stand twice.
    constexpr std::optional<parameter> find(std::string_view keyword) const noexcept {
        for (const parameter p : *this)
            if (iequal(p.keyword, keyword)) return p;
        return std::nullopt;
    }

    // SIZE=, in octets. The largest number stands for everything over 64 bits. [RFC 1870]
    constexpr std::optional<std::uint64_t> size() const noexcept {
        const auto p = find("SIZE");
        return p && detail::is_size_value(p->value) ? detail::parse_decimal(p->value) : std::nullopt;
    }

    // BODY= [RFC 6152, RFC 3030]
    constexpr std::optional<body_type> body() const noexcept {
        const auto p = find("BODY");
        return p ? detail::parse_body_type(p->value) : std::nullopt;
    }

    // True if both have the same parameters in the same order, keywords in any case.
    friend constexpr bool operator==(const parameters& a, const parameters& b) noexcept {
        iterator x = a.begin();
        iterator y = b.begin();
        for (; x != a.end() && y != b.end(); ++x, ++y)
            if (!iequal((*x).keyword, (*y).keyword) || (*x).value != (*y).value || (*x).has_value != (*y).has_value)
                return false;
        return x == a.end() && y == b.end();
    }

private:
    friend struct detail::parameters_access;
    constexpr explicit parameters(std::string_view text) noexcept : text_(text) {}

    std::string_view text_;
};

namespace detail {

struct parameters_access {
    static constexpr parameters make(std::string_view text) noexcept { return parameters(text); }
};

// What a keyword that the library knows says to its value; errc::none for foreign ones.
constexpr errc check_value(parameters_of which, const parameter& p) noexcept {
    if (which != parameters_of::mail) return errc::none;
    if (iequal(p.keyword, "SIZE")) {
        if (p.has_value && p.value.size() > 20 && chars::digit.all(p.value)) return errc::number_too_large;
        return p.has_value && is_size_value(p.value) ? errc::none : errc::bad_value;
    }
    if (iequal(p.keyword, "BODY")) return p.has_value && parse_body_type(p.value) ? errc::none : errc::bad_value;
    if (iequal(p.keyword, "SMTPUTF8")) return p.has_value ? errc::bad_value : errc::none;
    return errc::none;
}

// esmtp-param = esmtp-keyword ["=" esmtp-value]
constexpr errc take_parameter(cursor& c) noexcept {
    if (!chars::let_dig.contains(c.peek())) return errc::bad_parameter;
    c.take_all(chars::ldh);
    if (!c.take('=')) return errc::none;
    const std::size_t start = c.at;
    errc why = errc::bad_parameter;
    for (;;) {
        if (c.take_char(chars::esmtp_value, why)) continue;
        if (why != errc::bad_parameter) return why;
        if (c.peek() != '=') break;
        if (!c.allow.equals_in_value) return errc::bad_parameter;
        c.used.equals_in_value = true;
        ++c.at;
    }
    return c.at == start ? errc::bad_value : errc::none;
}

// SP, or with `several_spaces` any blanks.
constexpr bool take_blanks(cursor& c) noexcept {
    const std::string_view blanks = c.text.substr(c.at, chars::blank.skip(c.text, c.at) - c.at);
    if (blanks.empty() || (blanks != " " && !c.allow.several_spaces)) return false;
    c.used.several_spaces |= blanks != " ";
    c.at += blanks.size();
    return true;
}

// esmtp-param *(SP esmtp-param), to the end of the text.
constexpr errc take_parameters(cursor& c, parameters_of which, parameters& found) noexcept {
    const std::size_t start = c.at;
    std::size_t count = 0;
    do {
        const std::size_t first = c.at;
        if (const errc e = take_parameter(c); e != errc::none) return e;
        if (!c.done() && !chars::blank.contains(c.peek())) return errc::bad_parameter;
        const parameter p = split_parameter(c.since(first));
        if (++count > max_parameters) return c.at = first, errc::bad_parameter;
        if (parameters_access::make(c.text.substr(start, first - start)).find(p.keyword)) {
            if (!c.allow.duplicate_parameter) return c.at = first, errc::duplicate_parameter;
            c.used.duplicate_parameter = true;
        }
        if (const errc e = check_value(which, p); e != errc::none)
            return c.at = p.has_value ? first + p.keyword.size() + 1 : first, e;
    } while (!c.done() && take_blanks(c));
    if (!c.done()) return errc::bad_parameter;
    found = parameters_access::make(c.since(start));
    return errc::none;
}

} // namespace detail

// Parses a parameter list, for example "SIZE=1000 BODY=8BITMIME"; the empty text is the empty list.
// Fails with bad_parameter, bad_value, number_too_large, duplicate_parameter, eight_bit or bad_utf8; lists of over 64
// parameters are bad as well. [RFC 5321 4.1.2]
constexpr result<parameters> parse_parameters(std::string_view text, parameters_of which, const syntax& how = {},
                                              leniency* used = nullptr) noexcept {
    const auto take = [which](detail::cursor& c, parameters& found) {
        return c.done() ? errc::none : detail::take_parameters(c, which, found);
    };
    return detail::parse_whole<parameters>(text, how, used, errc::bad_parameter, take);
}

} // namespace sansmtp
