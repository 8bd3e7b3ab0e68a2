// client_session [N]: N whole client sessions against a canned server: EHLO, MAIL, three RCPT, DATA of 4 KiB, QUIT.
//
// Under callgrind with --toggle-collect=measured the count is that of the sessions alone.
#include <sansmtp/client.hpp>
#include <sansmtp/literals.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

constexpr client_config config{.name = "client.example.org", .tls = tls_policy::never};
constexpr recipient to[] = {{"alice@example.org"_path}, {"bob@example.org"_path}, {"carol@example.org"_path}};
const std::string content = [] {
    std::string text = "Subject: a message\r\n\r\n";
    while (text.size() < 4096 - 80)
        text += "The quick brown fox jumps over the lazy dog and runs away. It is fast.\r\n";
    return text;
}();
constexpr std::string_view replies[] = {
    "220 mx.example.org ESMTP\r\n",
    "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
    "250 HELP\r\n",
    "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n354 Go on\r\n",
    "250 2.0.0 Ok: queued as 1234\r\n",
    "221 2.0.0 Bye\r\n",
};

// What a caller does about an action.
struct caller {
    client& session;
    bool sent = false;

    void operator()(const ready&) {
        if (!sent)
            session.send({"sender@example.org"_path, to, content.size()});
        else
            session.quit();
        sent = true;
    }
    void operator()(const content_wanted&) {
        session.write_body(content);
        session.end_body();
    }
    void operator()(const auto&) {}
};

} // namespace

// One session; the octets that it sent.
extern "C" [[gnu::noinline]] std::size_t measured() {
    client session(config);
    caller decide{session};
    std::size_t octets = 0;
    for (const std::string_view text : replies) {
        session.feed(text);
        while (const auto action = session.next()) match(*action, [&](const auto& a) { decide(a); });
        octets += session.output().size();
        session.consume(session.output().size());
    }
    return session.closed() ? octets : 0;
}

int main(int argc, char** argv) {
    const int n = argc > 1 ? std::atoi(argv[1]) : 1;
    std::size_t octets = 0;
    for (int i = 0; i < n; ++i) octets += measured();
    std::printf("%zu octets\n", octets);
    return octets == 0;
}
