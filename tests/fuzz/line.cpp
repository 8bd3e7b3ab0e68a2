// The line framer against a search of the whole stream, in pieces and with a limit that the input chooses.
#include <sansmtp/line.hpp>

#include "support/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using kind = sansmtp::line_framer::line_kind;
using fuzz::check;

// "[text]" for a line, "!" for an over-long one.
std::string expected(std::string_view stream, std::size_t limit) {
    std::string lines;
    for (std::size_t crlf = 0; (crlf = stream.find("\r\n")) != stream.npos; stream.remove_prefix(crlf + 2)) {
        if (crlf + 2 <= limit)
            lines.append("[").append(stream.substr(0, crlf)).append("]");
        else
            lines += '!';
    }
    return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t limit = data[0];
    std::size_t piece = data[1];
    std::string_view in(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::string lines = expected(in, limit);

    sansmtp::line_framer framer;
    std::string unread, found;
    while (!in.empty()) {
        piece = piece * 5 + 3;
        const std::size_t n = std::min(piece % 64 + 1, in.size());
        unread.append(in.substr(0, n));
        in.remove_prefix(n);
        while (const auto line = framer.next(unread, limit, false)) {
            check(line->consumed != 0 && line->consumed <= unread.size());
            if (line->kind == kind::whole) found.append("[").append(line->text).append("]");
            if (line->kind == kind::too_long) found += '!';
            unread.erase(0, line->consumed);
        }
    }
    check(found == lines);
    return 0;
}
