// detail/octets.hpp: searches that look at eight or sixteen octets at once, against loops that look at one.
#include <sansmtp/detail/octets.hpp>

#include "../support/catch.hpp"

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace sansmtp::detail;

// A copy that ends where its memory does, so that a look behind it is seen by the address sanitizer.
struct exact {
    std::unique_ptr<char[]> octets;
    std::size_t size;
    explicit exact(std::string_view text) : octets(new char[text.size()]), size(text.size()) {
        if (size != 0) std::memcpy(octets.get(), text.data(), size);
    }
    std::string_view view() const { return {octets.get(), size}; }
};

template <class Is>
std::size_t first(std::string_view text, std::size_t from, Is is) {
    while (from < text.size() && !is(text[from])) ++from;
    return from;
}

bool unprintable(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 32 || octet > 126;
}
bool stops_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }
bool blank(char c) { return c == ' ' || c == '\t'; }

void compare(std::string_view text, std::size_t from) {
    const exact copy(text);
    INFO("size " << text.size() << ", from " << from);
    REQUIRE(skip_printable(copy.view(), from) == first(text, from, unprintable));
    REQUIRE(find_line_stop(copy.view(), from) == first(text, from, stops_line));
    if (from == 0) {
        REQUIRE(find_blank(copy.view()) == first(text, 0, blank));
        REQUIRE(find_high(copy.view()) == first(text, 0, [](char c) { return (c & 0x80) != 0; }));
        REQUIRE(has_high(copy.view()) == (find_high(text) != text.size()));
    }
}

} // namespace

TEST_CASE("every octet at every place of texts of every length, from every place", "[octets]") {
    for (std::size_t size = 0; size <= 40; ++size) {
        const std::string clean(size, 'x');
        for (std::size_t from = 0; from <= size; ++from) {
            compare(clean, from);
            for (std::size_t at = 0; at < size; ++at)
                for (const int octet : {0, 9, 10, 12, 13, 14, 31, 32, 33, 126, 127, 128, 140, 255}) {
                    std::string text = clean;
                    text[at] = static_cast<char>(octet);
                    compare(text, from);
                }
        }
    }
}

TEST_CASE("a search goes on behind an octet that is low and no stop", "[octets]") {
    for (std::size_t tabs = 0; tabs <= 40; ++tabs)
        for (std::size_t behind = 0; behind <= 20; ++behind) {
            compare(std::string(tabs, '\t') + std::string(behind, 'x') + "\r\n", 0);
            compare(std::string(tabs, '\x01') + std::string(behind, 'x') + " ", 0);
        }
}
