// client [--lmtp] HOST PORT SENDER RECIPIENT... < MESSAGE
//
// Sends a message, without TLS, and prints one result for each recipient. SENDER "" is the null path. The exit status is
// one of <sysexits.h>:
//
//    0   delivered to every recipient
//   64   usage
//   65   an address that is none
//   69   refused for some recipients, and there is nothing to be tried again
//   74   the message could not be read, and was not sent
//   75   to be tried again for some recipients; one that is "in doubt" may have the message already
#include "addresses.hpp"
#include "deliver.hpp"
#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

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

    addresses mail;
    std::string why;
    if (!mail.parse(std::span(arguments).subspan(2), why)) return stop(65, why + " is no address");

    posix::descriptor fd = posix::connect_to(arguments[0], arguments[1], why);
    if (!fd) return stop(75, why);
    posix::connection link(std::move(fd));
    const std::string name = literal_of(link.local_address());
    config.name = name;

    std::vector<result> results(mail.to.size());
    const auto read = [](std::span<char> out) { return posix::read(STDIN_FILENO, out); };
    if (!deliver(link, config, {mail.from, mail.to}, read, results)) return stop(74, posix::error("standard input"));
    return print(mail, results);
}
