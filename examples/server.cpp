// server [--lmtp] PORT DIRECTORY DOMAIN...
//
// Takes mail for the domains, on 127.0.0.1, and stores each message as a file: DIRECTORY/1.eml, 2.eml and so on. It prints
// its port (a free one if PORT is 0), then a line for each message. A message is on disk, whole and under its name, before
// the client hears "250"; until then it has a name that begins with a dot.
#include "message_file.hpp"
#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace smtp = sansmtp;

int main(int argc, char** argv) {
    const bool lmtp = argc > 1 && std::string(argv[1]) == "--lmtp";
    const std::vector<std::string> arguments(argv + (lmtp ? 2 : 1), argv + argc);
    if (arguments.size() < 3) return std::fputs("usage: server [--lmtp] PORT DIRECTORY DOMAIN...\n", stderr), 64;
    const std::vector<std::string> domains(arguments.begin() + 2, arguments.end());
    smtp::server_config config{.host = domains.front()};
    if (lmtp) config.protocol = smtp::dialect::lmtp, config.banner = "LMTP";
    config.limits.message_size = 1'000'000'000;
    if (!config.valid()) return std::fprintf(stderr, "server: %s is no host name\n", domains.front().c_str()), 64;

    const auto is_local = [&](const smtp::path& to) {
        const auto is_his = [&](const std::string& d) { return smtp::iequal(to.mailbox().domain().text(), d); };
        return to.is_postmaster() || std::any_of(domains.begin(), domains.end(), is_his);
    };
    return posix::run_server(arguments[0], 64, [&](posix::descriptor fd) {
        posix::connection link(std::move(fd));
        smtp::basic_server<65536, 16384> session(config);
        message_file file(arguments[1]);
        std::string envelope;
        const message_store store{session, file, envelope};
        do {
            while (auto action = session.next())
                smtp::match(
                    *action, store, // MAIL, DATA, content and its end
                    [&](const smtp::request<smtp::cmd::rcpt>& r) {
                        if (is_local(r.to)) return store.take(r);
                        session.answer_default(r); // relaying denied
                    },
                    [&](const auto& other) { session.answer_default(other); });
        } while (!session.closed() && posix::turn(link, session));
        link.hang_up();
    });
}
