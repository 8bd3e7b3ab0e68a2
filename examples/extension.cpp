// extension: an extension of one's own, used as those of the registry are.
//
// X-COLOUR brings a parameter to MAIL and a verb. It is announced, let through, and handed out as it came; unknown
// parameters and verbs are refused as ever.
#include <sansmtp/sansmtp.hpp>

#include <array>
#include <cstdio>
#include <string_view>

namespace smtp = sansmtp;

namespace {
constexpr std::string_view parameter[] = {"COLOUR"};
constexpr std::string_view verb[] = {"XCOLOUR"};
constexpr std::array mine{
    smtp::extension{.keyword = "X-COLOUR", .arguments = "red green", .mail_parameters = parameter, .verbs = verb}};
constexpr smtp::server_config config{.host = "mx.example", .extensions = mine};
static_assert(config.valid());
} // namespace

int main() {
    smtp::server session(config);
    const auto run = [&session] {
        while (auto action = session.next())
            smtp::match(
                *action,
                [&](const smtp::request<smtp::cmd::other>& r) {
                    session.reject(r, {550, {5, 7, 1}, "I do not like that colour"}); // r.verb, r.arguments
                },
                [&](const smtp::request<smtp::cmd::mail>& r) {
                    const auto colour = r.params.find("COLOUR");
                    std::printf("(the mail is %s)\n", colour && colour->value == "red" ? "red" : "of no colour");
                    session.accept(r);
                },
                [&](const auto& other) { session.answer_default(other); });
    };
    run(); // the greeting: a client waits for it
    session.feed("EHLO me.example\r\nXCOLOUR blue\r\nMAIL FROM:<a@b.example> COLOUR=red\r\nRSET\r\n"
                 "MAIL FROM:<a@b.example> TASTE=sweet\r\nQUIT\r\n");
    run();
    std::printf("%.*s", static_cast<int>(session.output().size()), session.output().data());
}
