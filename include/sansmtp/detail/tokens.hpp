// A list that is a text: its elements are made while it is iterated, and nothing is stored.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

#include "octets.hpp"

namespace sansmtp::detail {

// Iterates over the elements of a text. `Format` says what separates them (`separates`), how long the first one is
// (`length`) and what one is (`read`); several separators count as one.
template <class Format>
class token_iterator {
public:
    using value_type = typename Format::value_type;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using reference = value_type;
    using pointer = void;

    constexpr token_iterator() noexcept = default;
    constexpr explicit token_iterator(std::string_view text) noexcept : rest_(text) { find(); }

    constexpr value_type operator*() const noexcept { return Format::read({rest_.data(), length_}); }
    constexpr token_iterator& operator++() noexcept {
        rest_.remove_prefix(length_);
        find();
        return *this;
    }
    constexpr token_iterator operator++(int) noexcept {
        const token_iterator before = *this;
        ++*this;
        return before;
    }
    friend constexpr bool operator==(const token_iterator& a, const token_iterator& b) noexcept {
        return a.rest_.size() == b.rest_.size();
    }

private:
    constexpr void find() noexcept {
        const char* first = rest_.data();
        const char* const end = first + rest_.size();
        while (first != end && Format::separates(*first)) ++first;
        rest_ = {first, static_cast<std::size_t>(end - first)};
        length_ = Format::length(rest_);
    }

    std::string_view rest_;
    std::size_t length_ = 0;
};

struct word_format {
    using value_type = std::string_view;
    static constexpr bool separates(char c) noexcept { return c == ' ' || c == '\t'; }
    static constexpr std::size_t length(std::string_view text) noexcept { return find_blank(text, 0); }
    static constexpr std::string_view read(std::string_view text) noexcept { return text; }
};

} // namespace sansmtp::detail

namespace sansmtp {

// The words of a text, which blanks separate.
class words {
public:
    using iterator = detail::token_iterator<detail::word_format>;

    constexpr words() noexcept = default;
    constexpr explicit words(std::string_view text) noexcept : text_(text) {}

    constexpr std::string_view text() const noexcept { return text_; }
    constexpr iterator begin() const noexcept { return iterator(text_); }
    constexpr iterator end() const noexcept { return {}; }
    constexpr bool empty() const noexcept { return begin() == end(); }

private:
    std::string_view text_;
};

} // namespace sansmtp
