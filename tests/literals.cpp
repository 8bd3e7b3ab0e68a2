// Literals that the compiler checks; the wrong ones are in compile_fail/.
#include <sansmtp/literals.hpp>

#include "support/catch.hpp"

#include <string_view>
#include <variant>

using namespace sansmtp;
using namespace sansmtp::literals;

static_assert("550 5.1.1 No such user"_reply == reply{550, {5, 1, 1}, "No such user"});
static_assert("250 Ok"_reply == reply{250, "Ok"});
static_assert("220 2.2.2.2 ready"_reply.text() == "2.2.2.2 ready");
static_assert("214 2.0.0 first\nsecond"_reply.text() == "first\nsecond");
static_assert("250"_reply.text().empty() && "250 "_reply.text().empty());
static_assert(std::get<cmd::vrfy>("VRFY bob"_command).text == "bob");
static_assert(std::get<cmd::mail>("MAIL FROM:<a@b> SIZE=7"_command).params.size() == 7U);
static_assert(std::get<cmd::bdat>("BDAT 10 LAST"_command).last);
static_assert("quit"_command == command(cmd::quit{}));

TEST_CASE("literals: what they are at run time") {
    const reply r = "550 5.7.1 Relaying denied"_reply;
    CHECK(r.code() == 550);
    CHECK(r.enhanced() == enhanced_code{5, 7, 1});
    constexpr command c = "RCPT TO:<Postmaster>"_command;
    CHECK(std::get<cmd::rcpt>(c).to.is_postmaster());
}
