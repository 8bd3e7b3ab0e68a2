// Replies: what a parser finds in a stream does not depend on the cuts, hints are what they say, and a text that may be
// sent comes back line by line. The first octet chooses the pieces and the rules.
#include <sansmtp/explain.hpp>
#include <sansmtp/reply.hpp>
#include <sansmtp/reply_hints.hpp>

#include "support/fuzz.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

using fuzz::check;

struct found {
    errc code;
    std::size_t offset; // of the error, or the size of the reply
    bool operator==(const found&) const = default;
};

// All replies of a stream that grows by `step` octets, up to the first error.
std::vector<found> run(std::string_view text, std::size_t step, const limits& most, leniency allow) {
    std::vector<found> all;
    reply_parser parser(most, allow);
    std::size_t start = 0;
    for (std::size_t end = 0;; end = end + step < text.size() ? end + step : text.size()) {
        while (const auto reply = parser.next(text.substr(start, end - start))) {
            const auto& r = *reply;
            all.push_back(r ? found{errc::none, r->raw().size()} : found{r.error().code, r.error().offset});
            if (!r) return all;
            start += r->raw().size();
        }
        if (end == text.size()) return all;
    }
}

void check_view(const reply_view& r) {
    std::size_t lines = 0;
    for (const std::string_view text : r) {
        check(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        ++lines;
    }
    check(lines > 0 && static_cast<bool>(r.code()));
    check(!r.enhanced() || r.enhanced().matches(r.code()));
    check(!explain(r).meaning.empty());
    if (const auto name = server_name(r)) check(parse_domain(name->text()).has_value());
    if (const auto priority = new_priority(r)) check(*priority >= -9 && *priority <= 9);
    if (const auto words = refused_solicitation(r)) check(!words->text().empty());
    if (const auto path = forward_path(r)) check(!path->is_null() && !path->text().empty());
}

// A text to send, its lines separated by LF.
void check_sent(std::string_view text) {
    static std::array<char, 16384> out;
    const auto made = reply::make(550, {5, 1, 1}, text);
    if (!made) return;
    const auto size = serialize(*made, out);
    check(size.has_value());
    const std::string_view wire(out.data(), *size);
    limits most;
    most.reply_line = 512;
    most.reply_lines = 16384;
    const auto back = parse_reply(wire, most);
    check(back && back->code() == 550 && back->enhanced() == enhanced_code{5, 1, 1});
    std::string joined;
    for (const std::string_view line : *back) joined += line;
    std::string want(text);
    std::erase(want, '\n');
    check(joined == want);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    const std::string text(data + 1, data + size);
    leniency allow;
    allow.mixed_reply_codes = (data[0] & 0x80U) != 0;
    allow.several_spaces = (data[0] & 0x40U) != 0;
    limits most;
    if ((data[0] & 0x20U) != 0) most.reply_line = 24, most.reply_lines = 3, most.hello_reply = 60;

    const std::vector<found> whole = run(text, text.size() + 1, most, allow);
    check(run(text, 1, most, allow) == whole);
    check(run(text, data[0] % 16U + 2U, most, allow) == whole);
    std::size_t start = 0;
    for (const found& f : whole) {
        if (f.code != errc::none) break;
        const auto one = parse_reply(std::string_view(text).substr(start, f.offset), most, allow);
        check(one.has_value());
        check_view(*one);
        start += f.offset;
    }
    check_sent(text);
    return 0;
}
