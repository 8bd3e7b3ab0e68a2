// result<T>: a value or a parse_error. The names are those of std::expected, which C++20 does not have.
//
// T is trivially copyable and has an empty default value. An error carries such an empty value, so that reading the
// value of a failed result is a bug in the caller's logic, but never undefined.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace sansmtp {

template <class T>
class [[nodiscard]] result {
    static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);

public:
    using value_type = T;
    using error_type = parse_error;

    constexpr result(const T& value) noexcept : value_(value) {}
    // Makes the value in its place, of what a constructor of it takes.
    template <class... Arguments>
    constexpr explicit result(std::in_place_t, Arguments&&... arguments) noexcept
        : value_(std::forward<Arguments>(arguments)...) {}
    constexpr result(parse_error error) noexcept : error_(error) {}
    constexpr result(errc code, std::size_t offset = 0) noexcept : error_{code, offset} {}

    constexpr bool has_value() const noexcept { return error_.code == errc::none; }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // The value; the empty one if there was an error. That of a temporary is a copy, which outlives it in
    // `for (std::string_view line : *parse_reply(text))`.
    constexpr const T& operator*() const& noexcept { return value_; }
    constexpr T operator*() const&& noexcept { return value_; }
    constexpr const T* operator->() const noexcept { return &value_; }
    constexpr const T& value() const& noexcept { return value_; }
    constexpr T value() const&& noexcept { return value_; }
    constexpr T value_or(const T& other) const noexcept { return has_value() ? value_ : other; }

    // The error; `errc::none` if there is a value.
    constexpr parse_error error() const noexcept { return error_; }

private:
    T value_{};
    parse_error error_{};
};

} // namespace sansmtp
