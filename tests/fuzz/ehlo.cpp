// EHLO lines: a line that fits is written in a canonical form that parses to the same and announces the same; one that does
// not fit changes nothing.
#include <sansmtp/capabilities.hpp>

#include "support/fuzz.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

using fuzz::check;

void check_line(std::string_view text, capabilities& all) {
    const capabilities before = all;
    all.add(text);
    const auto line = parse_ehlo_line(text);
    if (!line) return check(all == before && line.error().offset <= text.size());
    std::string arguments; // with single spaces
    for (const std::string_view word : line->parameters()) {
        if (!arguments.empty()) arguments.push_back(' ');
        arguments.append(word);
    }
    std::array<char, 512> out{};
    const auto size = serialize(ehlo_line{line->keyword, arguments}, false, out);
    if (!size) return check(line->keyword.size() + arguments.size() > 505);
    for (std::size_t i = 0; i + 2 < *size; ++i) check(out[i] >= ' ' && out[i] <= '~');
    const std::string_view wire(out.data() + 4, *size - 6);
    const auto again = parse_ehlo_line(wire);
    check(again && *again == ehlo_line{line->keyword, arguments});
    capabilities first;
    capabilities second;
    first.add(text);
    second.add(wire);
    check(first == second);
    if (line->extension() == nullptr) check(all == before);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    capabilities all;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
        check_line(line, all);
    }
    return 0;
}
