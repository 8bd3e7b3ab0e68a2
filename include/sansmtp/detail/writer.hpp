// Text put into a buffer of the caller's. What does not fit is counted and not written: ask `ok()` once, at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "../charset.hpp"

namespace sansmtp::detail {

class writer {
public:
    constexpr explicit writer(std::span<char> out) noexcept : out_(out) {}

    constexpr writer& put(char c) noexcept {
        if (size_ < out_.size()) out_[size_] = c;
        ++size_;
        return *this;
    }

    constexpr writer& put(std::string_view text) noexcept {
        if (size_ <= out_.size() && text.size() <= out_.size() - size_)
            std::char_traits<char>::copy(out_.data() + size_, text.data(), text.size());
        size_ += text.size();
        return *this;
    }

    // Puts a literal, which takes no call.
    template <std::size_t N>
    [[gnu::always_inline]] constexpr writer& put_literal(const char (&text)[N]) noexcept {
        return put_short(text, N - 1, std::integral_constant<std::size_t, N - 1>{});
    }
    // Puts the first `n` octets of an array. Where there is room for `Most` of them, so many are written.
    template <std::size_t N, std::size_t Most = N>
    [[gnu::always_inline]] constexpr writer& put_short(const char (&text)[N], std::size_t n,
                                                       std::integral_constant<std::size_t, Most> = {}) noexcept {
        if (std::is_constant_evaluated() || size_ > out_.size() || out_.size() - size_ < Most) return put({text, n});
        std::memcpy(out_.data() + size_, text, Most);
        size_ += n;
        return *this;
    }

    // Puts what `write` writes where it is told to: at most `Most` octets, whose number it returns.
    template <std::size_t Most, class Write>
    [[gnu::always_inline]] constexpr writer& put_up_to(Write write) noexcept {
        if (has_room(Most)) return size_ += write(out_.data() + size_), *this;
        char octets[Most] = {};
        return put({octets, write(octets)});
    }

    // Puts the text with its first `upper` octets, or all of them, in upper case.
    constexpr writer& put_upper(std::string_view text) noexcept { return put_upper(text, text.size()); }
    constexpr writer& put_upper(std::string_view text, std::size_t upper) noexcept {
        if (size_ <= out_.size() && text.size() <= out_.size() - size_) {
            char* const to = out_.data() + size_; // not a member, which each octet written could change
            for (std::size_t i = 0; i < upper; ++i) to[i] = to_upper(text.data()[i]);
            std::char_traits<char>::copy(to + upper, text.data() + upper, text.size() - upper);
        }
        size_ += text.size();
        return *this;
    }

    constexpr writer& put_decimal(std::uint64_t value) noexcept {
        char digits[20] = {};
        std::size_t first = sizeof digits;
        do {
            digits[--first] = static_cast<char>('0' + value % 10);
            value /= 10;
        } while (value != 0);
        return put(std::string_view(digits + first, sizeof digits - first));
    }

    constexpr bool has_room(std::size_t n) const noexcept { return ok() && out_.size() - size_ >= n; }

    // Octets put so far, also those that had no room.
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool ok() const noexcept { return size_ <= out_.size(); }

private:
    std::span<char> out_;
    std::size_t size_ = 0;
};

} // namespace sansmtp::detail
