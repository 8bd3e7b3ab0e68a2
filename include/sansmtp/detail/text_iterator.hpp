// Lists that are texts: the items of a text that was checked before are made while it is iterated, and nothing is stored.
//
// The tags of iterators come with <string_view>, whose own iterators need them. <iterator> would bring the iterators of
// streams as well, and with them half as many lines again as all other headers together.
#pragma once

#include <cstddef>
#include <string_view>

#include "../charset.hpp"
#include "octets.hpp"

namespace sansmtp::detail {

// `Items` has `value_type`; `gap(rest)`: the octets in front of the next item; `length(rest)`: the octets of the item that
// `rest` begins with; and `read(item)`: what those mean.
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
    constexpr explicit text_iterator(std::string_view text) noexcept : rest_(text) { find(); }

    constexpr value_type operator*() const noexcept { return Items::read({rest_.data(), length_}); }
    constexpr text_iterator& operator++() noexcept {
        rest_.remove_prefix(length_);
        find();
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
    constexpr void find() noexcept {
        rest_.remove_prefix(Items::gap(rest_));
        length_ = rest_.empty() ? 0 : Items::length(rest_);
    }

    std::string_view rest_;
    std::size_t length_ = 0;
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
    constexpr bool empty() const noexcept { return begin() == end(); }
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

// Items without anything between them.
struct adjacent {
    static constexpr std::size_t gap(std::string_view) noexcept { return 0; }
};

// Items with single commas between them.
struct comma_separated {
    static constexpr std::size_t gap(std::string_view rest) noexcept {
        return !rest.empty() && rest.front() == ',' ? 1 : 0;
    }
    static constexpr std::size_t length(std::string_view rest) noexcept {
        return rest.substr(0, rest.find(',')).size();
    }
};

// Items with blanks between them.
struct blank_separated {
    static constexpr std::size_t gap(std::string_view rest) noexcept {
        if (rest.empty() || !chars::blank.contains(rest.front())) return 0;
        return rest.size() == 1 || !chars::blank.contains(rest[1]) ? 1 : chars::blank.skip(rest, 2);
    }
    static constexpr std::size_t length(std::string_view rest) noexcept { return find_blank(rest); }
};

struct word_items : blank_separated {
    using value_type = std::string_view;
    static constexpr std::string_view read(std::string_view item) noexcept { return item; }
};

} // namespace sansmtp::detail

namespace sansmtp {

// The words of a text, which blanks separate.
using words = detail::text_items<detail::word_items>;

} // namespace sansmtp
