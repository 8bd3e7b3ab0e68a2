// Paths found at one look are those that a plain loop finds, wherever they lie in the text, and nothing outside is read.
#include <sansmtp/detail/usual_path.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#if defined(__SSE2__)

using sansmtp::detail::find_usual_path;
using sansmtp::detail::usual_path;

namespace {

bool let_dig(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// What there is behind the "<": words of letters and digits with one separator between each two, one of them "@", then ">".
usual_path model(std::string_view text) {
    usual_path found;
    for (std::size_t i = 0; i < text.size() && i < 64; ++i) {
        const char c = text[i];
        if (let_dig(c)) continue;
        if (i == 0 || !let_dig(text[i - 1])) return {};
        if (c == '>') return found.local == 0 ? usual_path{} : usual_path{found.local, i};
        if (c == '@' && found.local != 0) return {};
        if (c == '@') found.local = i;
        if (c != '@' && c != '.' && c != '-') return {};
    }
    return {};
}

// Looks in a copy that ends where the text does; in less than sixteen octets nothing is found.
bool agrees(std::string_view front, std::string_view text) {
    const std::string whole = std::string(front) + std::string(text);
    const std::unique_ptr<char[]> copy(new char[whole.size()]);
    whole.copy(copy.get(), whole.size());
    const usual_path found = find_usual_path({copy.get(), whole.size()}, front.size());
    const usual_path due = model(text);
    if (whole.size() < 16) return found.size == 0 && found.local == 0;
    return found.local == due.local && found.size == due.size;
}

} // namespace

TEST_CASE("every short text", "[usual_path][exhaustive]") {
    constexpr std::string_view octets = "a.@>-!";
    constexpr std::size_t longest = 6;
    std::size_t wrong = 0;
    std::size_t found = 0;
    std::string text;
    const auto all = [&](const auto& self) -> void {
        for (const std::string_view front : {"x-@.>MAIL FROM:<", "<"})
            if (!text.empty() && !agrees(front, text)) ++wrong;
        found += text.empty() || model(text).size == 0 ? 0U : 1U;
        if (text.size() == longest) return;
        for (const char c : octets) {
            text.push_back(c);
            self(self);
            text.pop_back();
        }
    };
    all(all);
    CHECK(wrong == 0);
    CHECK(found > 20);
}

TEST_CASE("every octet at every place of paths of every length, with any text behind", "[usual_path]") {
    for (std::size_t size = 3; size < 80; ++size) {
        std::string path(size, 'b');
        path[size / 3] = '@';
        for (std::size_t i = size / 3 + 4; i + 2 < size; i += 9) path[i] = i % 2 == 0 ? '.' : '-';
        for (const std::size_t behind : {0U, 1U, 5U, 15U, 16U, 17U, 40U}) {
            const std::string text = path + '>' + std::string(behind, 'x');
            for (const std::string_view front : {"<", "x-@.>TO:<", "RCPT TO:<RCPT TO:<"}) REQUIRE(agrees(front, text));
            REQUIRE(model(text).size == (size < 64 ? size : 0));
            if (behind > 16 || size % 7 != 0) continue;
            for (std::size_t place = 0; place < size; ++place) {
                for (int octet = 0; octet < 256; ++octet) {
                    std::string odd = text;
                    odd[place] = static_cast<char>(octet);
                    REQUIRE(agrees("MAIL FROM:<a@b> <", odd));
                }
            }
        }
    }
}

#endif
