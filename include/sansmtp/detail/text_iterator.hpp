// A forward iterator over the items of a text that was checked before, found one by one as they are asked for.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

namespace sansmtp::detail {

// `Items` has `value_type`, `front(rest)`: the item that `rest` begins with, and `step(rest)`: the octets up to the next.
template <class Items>
class text_iterator {
public:
    using value_type = typename Items::value_type;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag; // what C++17 calls it: items are made, not referred to
    using iterator_concept = std::forward_iterator_tag;
    using reference = value_type;
    using pointer = void;

    constexpr text_iterator() noexcept = default;
    constexpr explicit text_iterator(std::string_view rest) noexcept : rest_(rest) {}

    constexpr value_type operator*() const noexcept { return Items::front(rest_); }
    constexpr text_iterator& operator++() noexcept {
        rest_.remove_prefix(Items::step(rest_));
        return *this;
    }
    constexpr text_iterator operator++(int) noexcept {
        const text_iterator before = *this;
        ++*this;
        return before;
    }
    // Both must be of one text.
    friend constexpr bool operator==(const text_iterator& a, const text_iterator& b) noexcept {
        return a.rest_.size() == b.rest_.size();
    }

private:
    std::string_view rest_;
};

// The items of the whole text, for range-based for.
template <class Items>
class text_items {
public:
    using iterator = text_iterator<Items>;

    constexpr text_items() noexcept = default;
    constexpr explicit text_items(std::string_view text) noexcept : text_(text) {}

    // The text as it came.
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }
    constexpr iterator begin() const noexcept { return iterator(text_); }
    constexpr iterator end() const noexcept { return {}; }

private:
    std::string_view text_;
};

// True if both ranges have equal items in the same order.
template <class A, class B>
constexpr bool same_items(const A& a, const B& b) noexcept {
    auto x = a.begin();
    auto y = b.begin();
    for (; x != a.end() && y != b.end(); ++x, ++y)
        if (!(*x == *y)) return false;
    return x == a.end() && y == b.end();
}

// The octets up to the one behind the next comma; all of them if there is none.
constexpr std::size_t behind_comma(std::string_view rest) noexcept {
    const std::size_t comma = rest.find(',');
    return comma == std::string_view::npos ? rest.size() : comma + 1;
}

} // namespace sansmtp::detail
