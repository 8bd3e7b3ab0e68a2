// Content cut into BDAT chunks and taken out of the stream again: it comes back whole, and nothing else does.
#include <sansmtp/chunking.hpp>

#include "support/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using fuzz::check;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    std::size_t piece = data[0];
    const std::size_t step_size = data[1] % 32 + 1;
    const std::string_view content(reinterpret_cast<const char*>(data) + 2, size - 2);

    std::string back;
    sansmtp::chunk_encoder encoder;
    for (std::string_view rest = content; !encoder.done();) {
        piece = piece * 5 + 3;
        const std::size_t n = std::min(piece % 64 + 1, rest.size());
        const bool last = n == rest.size();
        char command[sansmtp::chunk_encoder::longest_command];
        const std::size_t written = encoder.begin(n, last, command);
        const std::string line(command, written);
        check(line == "BDAT " + std::to_string(n) + (last ? " LAST\r\n" : "\r\n"));

        // What stands behind the chunk must stay there.
        std::string wire;
        while (wire.size() != n) {
            const sansmtp::step s = encoder.next(rest.substr(0, step_size));
            wire += s.bytes;
            rest.remove_prefix(s.consumed);
            check(s.end == (last && wire.size() == n));
        }
        const std::string stream = wire + "NOOP\r\n";
        sansmtp::chunk_decoder decoder(n);
        std::string_view in = stream;
        for (bool end = n == 0; !end;) {
            const sansmtp::step s = decoder.next(in.substr(0, step_size));
            back += s.bytes;
            in.remove_prefix(s.consumed);
            end = s.end;
        }
        check(in == "NOOP\r\n");
    }
    check(back == content && encoder.octets() == content.size());
    return 0;
}
