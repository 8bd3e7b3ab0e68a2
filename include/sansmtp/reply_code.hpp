// Reply codes [RFC 5321 4.2] and enhanced status codes [RFC 3463 2, RFC 2034 4].
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "charset.hpp"
#include "result.hpp"

namespace sansmtp {

// What the first digit says. The class decides what to do; the exact code is data.
enum class reply_class : std::uint8_t {
    none,         // no reply code
    success,      // 2yz: done
    intermediate, // 3yz: go on (354 after DATA, 334 in AUTH)
    transient,    // 4yz: not now
    permanent,    // 5yz: no
};

// A number from 200 to 599, or none.
class reply_code {
public:
    constexpr reply_code() noexcept = default;

    // Makes the code `value`; none if SMTP has no such class.
    constexpr reply_code(unsigned value) noexcept
        : value_(value >= 200 && value <= 599 ? static_cast<std::uint16_t>(value) : std::uint16_t{0}) {}

    constexpr unsigned value() const noexcept { return value_; }
    constexpr explicit operator bool() const noexcept { return value_ != 0; }
    constexpr reply_class category() const noexcept {
        return value_ == 0 ? reply_class::none : static_cast<reply_class>(value_ / 100 - 1);
    }
    constexpr bool is(reply_class c) const noexcept { return category() == c; }
    constexpr bool positive() const noexcept { return is(reply_class::success) || is(reply_class::intermediate); }
    constexpr bool negative() const noexcept { return is(reply_class::transient) || is(reply_class::permanent); }

    friend constexpr bool operator==(reply_code, reply_code) noexcept = default;

private:
    std::uint16_t value_ = 0;
};

// class.subject.detail, or none. `category` is 2, 4 or 5; the others go to 999.
struct enhanced_code {
    std::uint16_t category = 0;
    std::uint16_t subject = 0;
    std::uint16_t detail = 0;

    // True unless it is "none".
    constexpr explicit operator bool() const noexcept { return category != 0; }
    constexpr bool valid() const noexcept {
        return (category == 2 || category == 4 || category == 5) && subject <= 999 && detail <= 999;
    }
    // True if it may stand in a reply of that code: the class is the first digit.
    constexpr bool matches(reply_code code) const noexcept { return valid() && code.value() / 100 == category; }

    friend constexpr bool operator==(enhanced_code, enhanced_code) noexcept = default;
};

namespace detail {

// 1*3DIGIT without a leading zero but for "0" itself.
constexpr std::optional<std::uint16_t> take_code_part(std::string_view text, std::size_t& at) noexcept {
    const std::size_t start = at;
    unsigned value = 0;
    while (at < text.size() && at - start < 3 && chars::digit.contains(text[at]))
        value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    if (at == start || (text[start] == '0' && at - start > 1)) return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

} // namespace detail

// Finds the enhanced code that `text`, the text of a reply line, begins with: class "." subject "." detail, then SP or
// the end, of the class of `code` [RFC 2034 4]. `length` becomes the octets up to the text behind it, its SP included.
constexpr std::optional<enhanced_code> find_enhanced_code(reply_code code, std::string_view text,
                                                          std::size_t& length) noexcept {
    std::size_t at = 2;
    if (text.size() < 5 || text[1] != '.' || !chars::digit.contains(text[0])) return std::nullopt;
    const auto subject = detail::take_code_part(text, at);
    if (!subject || at >= text.size() || text[at++] != '.') return std::nullopt;
    const auto last = detail::take_code_part(text, at);
    if (!last || (at < text.size() && text[at] != ' ')) return std::nullopt;
    const enhanced_code found{static_cast<std::uint16_t>(text[0] - '0'), *subject, *last};
    if (!found.matches(code)) return std::nullopt;
    length = at < text.size() ? at + 1 : at;
    return found;
}

} // namespace sansmtp
