// How fast libetpan, a mail library in C, decodes and encodes content. Output as that of codecs.cpp.
#include "inputs.hpp"

#include <libetpan/libetpan.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace {

// A stream that reads from a text and drops what is written.
struct memory {
    std::string_view in;
};

ssize_t read_some(mailstream_low* s, void* to, size_t size) {
    auto& in = static_cast<memory*>(s->data)->in;
    const std::size_t n = std::min<std::size_t>(size, in.size());
    std::memcpy(to, in.data(), n);
    in.remove_prefix(n);
    return static_cast<ssize_t>(n);
}
ssize_t write_some(mailstream_low*, const void*, size_t size) { return static_cast<ssize_t>(size); }
int close_it(mailstream_low*) { return 0; }
int no_descriptor(mailstream_low*) { return -1; }
void free_it(mailstream_low* s) { std::free(s); }
void cancel_it(mailstream_low*) {}

mailstream_low_driver make_driver() {
    mailstream_low_driver d{};
    d.mailstream_read = read_some;
    d.mailstream_write = write_some;
    d.mailstream_close = close_it;
    d.mailstream_get_fd = no_descriptor;
    d.mailstream_free = free_it;
    d.mailstream_cancel = cancel_it;
    return d;
}
mailstream_low_driver driver = make_driver();

mailstream* open_stream(memory& m) { return mailstream_new(mailstream_low_new(&m, &driver), 8192); }

double seconds_of(std::clock_t from) { return static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC; }

double decode(const std::string& wire) {
    memory m{wire};
    mailstream* const s = open_stream(m);
    MMAPString* const line = mmap_string_new("");
    MMAPString* const text = mmap_string_new("");
    const std::clock_t from = std::clock();
    if (mailstream_read_multiline(s, wire.size(), line, text, 0, nullptr, nullptr, nullptr) == nullptr) std::abort();
    const double took = seconds_of(from);
    mmap_string_free(line);
    mmap_string_free(text);
    mailstream_close(s);
    return took;
}

double encode(const std::string& content) {
    memory m{};
    mailstream* const s = open_stream(m);
    const std::clock_t from = std::clock();
    if (mailstream_send_data(s, content.data(), content.size(), 0, nullptr) != 0) std::abort();
    const double took = seconds_of(from);
    mailstream_close(s);
    return took;
}

} // namespace

int main() {
    constexpr std::size_t size = std::size_t{1} << 20;
    for (const char* name : {"mixed", "html", "dots", "dot1", "char1", "crlf"}) {
        // Short lines take it very long.
        const bool lines_are_short = std::string_view(name) != "mixed" && std::string_view(name) != "html";
        const std::string wire = bench::make(name, lines_are_short ? size / 16 : size);
        const std::string content = bench::content_of(wire);
        std::printf("libetpan-decode %s 65536 %.4f\n", name,
                    static_cast<double>(wire.size()) / decode(wire + ".\r\n") / 1e9);
        std::printf("libetpan-encode %s 65536 %.4f\n", name,
                    static_cast<double>(content.size()) / encode(content) / 1e9);
    }
}
