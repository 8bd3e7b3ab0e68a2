// Without PIPELINING, a transaction whose recipients were all refused goes on to RSET at once: `next` has not run dry
// while there is something to say.
#include <sansmtp/sansmtp.hpp>

#include <string_view>

namespace {

using namespace sansmtp::literals;

constexpr sansmtp::client_config config{.name = "client.example", .tls = sansmtp::tls_policy::never};
constexpr sansmtp::recipient one[] = {{"nobody@example.org"_path}};

// What the client says to `reply`.
constexpr bool says(sansmtp::client& c, std::string_view reply, std::string_view expected) {
    c.consume(c.output().size());
    c.feed(reply);
    while (const auto action = c.next())
        if (std::get_if<sansmtp::ready>(&*action) != nullptr) c.send({"a@example.org"_path, one});
    return c.output() == expected;
}

constexpr bool all_refused() {
    sansmtp::client c(config);
    return says(c, "220 mx\r\n", "EHLO client.example\r\n") && says(c, "250 mx\r\n", "MAIL FROM:<a@example.org>\r\n") &&
           says(c, "250 ok\r\n", "RCPT TO:<nobody@example.org>\r\n") && says(c, "550 no\r\n", "RSET\r\n");
}
static_assert(all_refused());

} // namespace
