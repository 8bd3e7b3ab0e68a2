// What content in chunks holds is found as by a plain loop, however it is cut.
#include <sansmtp/detail/content_meter.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

violations plain_loop(std::string_view text) {
    violations v;
    std::size_t line = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool behind_cr = i != 0 && text[i - 1] == '\r';
        v.bare_lf |= c == '\n' && !behind_cr;
        v.bare_cr |= c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
        v.nul |= c == '\0';
        v.eight_bit |= static_cast<unsigned char>(c) >= 0x80;
        v.longest_line = std::max(v.longest_line, ++line);
        if (c == '\n' && behind_cr) line = 0;
    }
    return v;
}

violations in_pieces(std::string_view text, std::size_t size) {
    detail::content_meter meter;
    for (std::size_t at = 0; at < text.size(); at += size) meter.look_at(text.substr(at, size));
    return meter.seen();
}

} // namespace

TEST_CASE("content in chunks is measured as by a plain loop", "[content_meter]") {
    std::uint64_t seed = 7;
    const auto random = [&seed] { return (seed = seed * 6364136223846793005U + 1442695040888963407U) >> 33; };
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        const std::size_t size = random() % (round % 10 == 0 ? 5000 : 300);
        const std::size_t rare = random() % 300 + 2;
        while (text.size() < size) {
            const auto what = random() % rare;
            text += what == 0 ? "\r\n" : what == 1 ? std::string(1, "\r\n\0\xff."[random() % 5]) : "x";
        }
        const violations due = plain_loop(text);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{1000}, size + 1})
            CHECK(in_pieces(text, piece) == due);
    }
}

static_assert([] {
    detail::content_meter meter;
    meter.look_at("a\r");
    meter.look_at("\nbcd\r\n");
    return meter.seen() == violations{false, false, false, false, 5};
}());
