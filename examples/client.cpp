// client [--lmtp] HOST PORT SENDER RECIPIENT... < MESSAGE
//
// Sends a message and prints one result for each recipient. SENDER "" is the null path. The exit status is one of
// <sysexits.h>:
//
//    0   delivered to every recipient
//   64   usage
//   65   an address that is none
//   69   refused for some recipients, and there is nothing to be tried again
//   74   the message could not be read, and was not sent
//   75   to be tried again for some recipients; one that is "in doubt" may have the message already
#include "deliver.hpp"
#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

const char* word(smtp::verdict v) {
    switch (v) {
    case smtp::verdict::accepted: return "delivered";
    case smtp::verdict::refused: return "refused";
    case smtp::verdict::in_doubt: return "in doubt";
    default: return "try again";
    }
}

int stop(int status, const std::string& why) {
    std::fprintf(stderr, "client: %s\n", why.c_str());
    return status;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    smtp::client_config config;
    config.tls = smtp::tls_policy::never; // submit.cpp is the one with TLS
    if (!arguments.empty() && arguments.front() == "--lmtp") {
        config.protocol = smtp::dialect::lmtp;
        arguments.erase(arguments.begin());
    }
    if (arguments.size() < 4) return stop(64, "usage: client [--lmtp] HOST PORT SENDER RECIPIENT... < MESSAGE");

    std::vector<smtp::path> paths; // the sender's, then the recipients'
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        arguments[i] = "<" + arguments[i] + ">";
        const auto path = smtp::parse_path(arguments[i]);
        if (!path || (path->is_null() && i > 2)) return stop(65, arguments[i] + " is no address");
        paths.push_back(*path);
    }
    std::vector<smtp::recipient> to;
    for (std::size_t i = 1; i < paths.size(); ++i) to.push_back({paths[i]});

    std::string why;
    posix::descriptor fd = posix::connect_to(arguments[0], arguments[1], why);
    if (!fd) return stop(75, why);
    posix::connection link(std::move(fd));
    const std::string ip = link.local_address();
    const std::string name =
        (ip.find(':') == ip.npos ? "[" : "[IPv6:") + ip + "]"; // for one that has no name of its own
    config.name = name;

    std::vector<result> results(to.size());
    const auto read = [](std::span<char> out) { return posix::read(STDIN_FILENO, out); };
    if (!deliver(link, config, {paths.front(), to}, read, results)) return stop(74, posix::error("standard input"));

    int status = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const result& r = results[i];
        std::printf("%s: %s: %s\n", arguments[i + 3].c_str(), word(r.verdict), r.why.c_str());
        if (r.verdict == smtp::verdict::refused && status == 0) status = 69;
        if (r.verdict == smtp::verdict::retry_later || r.verdict == smtp::verdict::in_doubt) status = 75;
    }
    return status;
}
