// session time|run|idle [N]: whole server sessions in memory.
//
//   time N    nanoseconds of processor time for one session: EHLO, MAIL, three RCPT, DATA of 4 KiB, QUIT, fed in one piece
//   run N     the same sessions inside a function `measured`, for counting instructions
//   idle N    resident memory of N engines whose clients have said EHLO and are silent
#include <sansmtp/server.hpp>

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

const server_config config{.host = "mx.example.org"};

std::string wire() {
    std::string all =
        "EHLO client.example.org\r\nMAIL FROM:<sender@example.org> SIZE=4096\r\n"
        "RCPT TO:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nRCPT TO:<carol@example.org>\r\nDATA\r\n"
        "Subject: a message\r\n\r\n";
    const std::size_t head = all.size();
    while (all.size() < head + 4096 - 80)
        all += "The quick brown fox jumps over the lazy dog and runs away. It is fast.\r\n";
    return all + ".\r\nQUIT\r\n";
}

template <class Session>
bool pump(Session& session, std::uint64_t& octets) {
    bool delivered = false;
    while (const auto action = session.next())
        match(
            *action, [&](const body& b) { octets += b.bytes.size(); },
            [&](const request<cmd::rcpt>& r) { session.accept(r); },
            [&](const request<message_end>& r) { delivered = session.accept(r) == errc::none; },
            [&](const auto& other) { session.answer_default(other); });
    return delivered;
}

} // namespace

// Returns the octets delivered by `n` sessions.
[[gnu::noinline]] std::uint64_t measured(std::string_view in, std::uint64_t n) {
    std::uint64_t octets = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        server session(config);
        bool delivered = pump(session, octets);
        session.consume(session.output().size());
        session.feed(in);
        delivered = pump(session, octets) || delivered;
        session.consume(session.output().size());
        if (!delivered || !session.closed()) std::abort();
    }
    return octets;
}

namespace {

// An engine needs buffers only while its client speaks.
void idle(std::size_t n) {
    const auto resident = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    const long before = resident();
    std::vector<server_engine> engines;
    engines.reserve(n);
    char in[] = "EHLO client.example.org\r\n";
    std::vector<char> out(4096);
    for (std::size_t i = 0; i < n; ++i) {
        server_engine& e = engines.emplace_back(config, static_cast<std::uint32_t>(i));
        io s{std::span<char>(in, sizeof in - 1), out};
        while (const auto action = e.next(s)) match(*action, [&](const auto& a) { e.answer_default(a, s); });
        if (e.current() != state::ready) std::abort();
    }
    std::printf("%zu idle engines of %zu octets: %ld KiB resident\n", n, sizeof(server_engine), resident() - before);
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "time";
    const std::uint64_t n = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
    const std::string in = wire();
    if (mode == "idle") return idle(n), 0;
    const std::clock_t start = std::clock(); // of this process: what else the machine does is not counted
    const std::uint64_t octets = measured(in, n);
    const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("%llu sessions\n%.0f ns for one\n%llu octets of content in one\n", static_cast<unsigned long long>(n),
                took * 1e9 / static_cast<double>(n), static_cast<unsigned long long>(octets / n));
}
