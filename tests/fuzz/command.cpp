// Commands: what is taken is written in one canonical form that parses to the same; what is refused has a place and a
// reply; no control octet gets out. The first octet chooses the rules.
#include <sansmtp/command.hpp>
#include <sansmtp/redact.hpp>
#include <sansmtp/reply.hpp>

#include "support/fuzz.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

using fuzz::check;

bool is_clean(std::string_view text) {
    for (const char c : text)
        if (chars::control.contains(c)) return false;
    return true;
}

std::array<char, 8192> out;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    const std::string line(data + 1, data + size);
    constexpr leniency presets[] = {strict(), interop(), legacy()};
    const syntax how{presets[data[0] % 3], (data[0] & 0x80U) != 0};

    const auto parsed = parse_command(line, how);
    const command_error wrong = check_command(line, how);
    check(wrong.code == parsed.error().code && wrong.offset <= line.size() && wrong.verb == verb_of(line));
    if (const auto shown = redact(line, line_origin::from_client, out); shown) check(is_clean({out.data(), *shown}));
    if (!parsed) {
        check(suggested_reply(wrong).code().is(reply_class::permanent));
        return 0;
    }
    check(is_clean(as_other(line).verb));
    const auto written = serialize(*parsed, out, how.utf8);
    if (!written) { // unqualified mailboxes, and words that would be read as the end of VRFY
        check(written.error().code == errc::refused_field);
        return 0;
    }
    const std::string text(out.data(), *written);
    check(is_clean(text));
    const auto again = parse_command(text, how);
    check(again && *again == *parsed);
    const auto twice = serialize(*again, out, how.utf8);
    check(twice && std::string_view(out.data(), *twice) == text);
    return 0;
}
