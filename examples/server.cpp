// server [--lmtp] PORT DIRECTORY DOMAIN...
//
// Takes mail for the domains, on 127.0.0.1, and stores each message as a file: DIRECTORY/1.eml, 2.eml and so on. It prints
// its port (a free one if PORT is 0), then a line for each message. A message is on disk, whole and under its name, before
// the client hears "250"; until then it has a name that begins with a dot.
#include "message_file.hpp"
#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace smtp = sansmtp;

namespace {

bool is_local(const smtp::path& to, const std::vector<std::string>& domains) {
    for (const std::string& d : domains)
        if (smtp::iequal(to.mailbox().domain().text(), d)) return true;
    return to.is_postmaster();
}

void serve(posix::connection link, const smtp::server_config& config, const std::string& directory,
           const std::vector<std::string>& domains) {
    smtp::basic_server<65536, 16384> session(config);
    message_file file(directory);
    std::string envelope;
    do {
        while (auto action = session.next())
            smtp::match(
                *action,
                [&](const smtp::request<smtp::cmd::mail>& r) {
                    envelope = ": from <" + std::string(r.from.text()) + ">, to";
                    session.accept(r);
                },
                [&](const smtp::request<smtp::cmd::rcpt>& r) {
                    if (!is_local(r.to, domains)) return void(session.answer_default(r)); // relaying denied
                    envelope += " <" + std::string(r.to.text()) + ">";
                    session.accept(r);
                },
                [&](const smtp::request<smtp::cmd::data>& r) {
                    if (file.begin()) return void(session.accept(r));
                    session.reject(r, {451, {4, 3, 0}, "Cannot store mail now"});
                },
                [&](const smtp::body& b) {
                    if (!file.write(b.bytes)) session.refuse_message(452, {4, 3, 1});
                },
                [&](const smtp::request<smtp::message_end>& r) {
                    if (!file.commit()) return void(session.reject(r, {451, {4, 3, 0}, "Cannot store mail now"}));
                    if (r.recipient == 0) std::puts((file.name() + envelope).c_str());
                    session.accept(r);
                },
                [&](const smtp::aborted&) { file.discard(); },
                [&](const auto& other) { session.answer_default(other); });
    } while (!session.closed() && posix::turn(link, session));
    link.hang_up();
}

int usage() {
    std::fputs("usage: server [--lmtp] PORT DIRECTORY DOMAIN...\n", stderr);
    return 64;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    smtp::server_config config;
    if (!arguments.empty() && arguments.front() == "--lmtp") {
        config.protocol = smtp::dialect::lmtp;
        config.banner = "LMTP";
        arguments.erase(arguments.begin());
    }
    if (arguments.size() < 3) return usage();
    const std::string directory = arguments[1];
    const std::vector<std::string> domains(arguments.begin() + 2, arguments.end());
    config.host = domains.front();
    config.limits.message_size = 1'000'000'000;

    char* end = nullptr;
    const unsigned long port = std::strtoul(arguments[0].c_str(), &end, 10);
    if (*end != '\0' || port > 65535 || !config.valid()) return usage();
    std::string why;
    const posix::descriptor listener = posix::listen_on(static_cast<std::uint16_t>(port), why);
    if (!listener) return std::fprintf(stderr, "server: %s\n", why.c_str()), 71;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("listening on 127.0.0.1 port %u\n", unsigned{posix::port_of(listener)});

    // One connection at a time for each of them; the others wait in the listener's queue.
    std::vector<std::thread> workers(64);
    for (std::thread& w : workers)
        w = std::thread([&] {
            for (;;)
                if (posix::descriptor fd = posix::accept_from(listener))
                    serve(posix::connection(std::move(fd)), config, directory, domains);
        });
    for (std::thread& w : workers) w.join();
}
