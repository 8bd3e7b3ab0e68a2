// stream GIGABYTES [INPUT]: sends so much content through a server session and prints how fast it went, by the time of
// the processor, and what memory it took.
#include <sansmtp/server.hpp>

#include "inputs.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <variant>

using namespace sansmtp;

namespace {

server_config config() {
    server_config c;
    c.host = "mx.example.org";
    c.limits.message_size = 0; // any
    return c;
}

struct receiver {
    const server_config settings = config();
    basic_server<65536, 4096> session{settings};
    std::uint64_t octets = 0;
    bool delivered = false;

    void act(const server_action& action) {
        match(
            action, [&](const body& b) { octets += b.bytes.size(); },
            [&](const request<message_end>& r) { delivered = session.accept(r) == errc::none; },
            [&](const request<cmd::rcpt>& r) { session.accept(r); }, [&](const auto& a) { session.answer_default(a); });
    }

    // As a program that reads from a socket: straight into the room of the session.
    void take(std::string_view in) {
        for (;;) {
            while (const auto action = session.next()) act(*action);
            session.consume(session.output().size());
            if (in.empty()) return;
            const auto room = session.prepare();
            const std::size_t n = std::min(room.size(), in.size());
            std::copy_n(in.data(), n, room.data());
            session.commit(n);
            in.remove_prefix(n);
        }
    }
};

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

int main(int argc, char** argv) {
    const double gigabytes = argc > 1 ? std::strtod(argv[1], nullptr) : 10;
    const std::string wire = bench::make(argc > 2 ? argv[2] : "mixed", 1 << 20);
    const auto times = static_cast<std::uint64_t>(gigabytes * 1e9 / static_cast<double>(wire.size())) + 1;
    static receiver r;
    r.take("EHLO a.example\r\n");
    r.take("MAIL FROM:<a@example.org>\r\n");
    r.take("RCPT TO:<b@example.org>\r\n");
    r.take("DATA\r\n");
    const long before = peak_kib();
    const std::clock_t start = std::clock();
    for (std::uint64_t i = 0; i < times; ++i) r.take(wire);
    const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    r.take(".\r\nQUIT\r\n");
    const std::uint64_t expected = times * bench::content_of(wire).size();
    std::printf("%.2f GB of content in %.2f s, %.2f GB/s; peak memory %ld KiB before and %ld KiB after; %s\n",
                static_cast<double>(r.octets) / 1e9, took, static_cast<double>(r.octets) / took / 1e9, before,
                peak_kib(), r.delivered && r.octets == expected ? "delivered whole" : "NOT delivered");
    return r.delivered && r.octets == expected ? 0 : 1;
}
