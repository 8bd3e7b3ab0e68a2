// What an EHLO reply announces [RFC 5321 4.1.1.1].
#include <sansmtp/capabilities.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <type_traits>

using namespace sansmtp;
using namespace std::string_view_literals;

static_assert(sizeof(capabilities) <= 96 && std::is_trivially_copyable_v<capabilities>);

namespace {

constexpr capabilities of(std::initializer_list<std::string_view> lines) {
    capabilities found;
    for (const std::string_view line : lines) found.add(line);
    return found;
}

} // namespace

static_assert(of({"SIZE 1000"}).size_limit() == 1000U);
static_assert(of({"AUTH PLAIN", "AUTH=LOGIN"}).mechanisms() == mechanism_set("PLAIN LOGIN"));

TEST_CASE("capabilities: every registered keyword, alone, in any case, and only whole") {
    for (const extension& e : registered_extensions) {
        INFO(e.keyword);
        std::string args;
        if (e.keyword == "LIMITS") args = " RCPTMAX=1";
        if (e.keyword == "FUTURERELEASE") args = " 1 2026-12-01T00:00:00Z";
        std::string line(e.keyword);
        for (char& c : line)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
        CHECK(of({line + args}).has(e.keyword));
        CHECK(of({line + args + "  "}).has(e.keyword));
        CHECK(of({line + "X" + args}) == capabilities{});
        CHECK(of({line.substr(0, line.size() - 1) + args}).has(e.keyword) == false);
        CHECK(of({"X" + line + args}) == capabilities{});
        CHECK(of({" " + line + args}) == capabilities{});
    }
}

TEST_CASE("L42: a strange line costs nothing but itself") {
    const capabilities want = of({"PIPELINING", "SIZE 33", "8BITMIME"});
    for (const std::string_view strange :
         {""sv, " "sv, "-X"sv, "="sv, "=x"sv, "***"sv, "\x01"sv, "X\0Y"sv, "\xC3\xA9"sv, "8BITMIME\x01"sv,
          "X-UNKNOWN a b"sv, "DSN \xFF"sv, "STARTTLS\x7F"sv, "LIMITS ;"sv, "FUTURERELEASE x"sv})
        CHECK(of({"PIPELINING", strange, "SIZE 33", strange, "8BITMIME"}) == want);
}

TEST_CASE("L10: SIZE") {
    CHECK(of({"SIZE"}).size());
    CHECK_FALSE(of({"SIZE"}).size_limit());
    CHECK_FALSE(of({"SIZE 0"}).size_limit());
    CHECK_FALSE(of({"SIZE x"}).size_limit());
    CHECK(of({"SIZE=10"}).size_limit() == 10U);
    CHECK(of({"SIZE   52428800  "}).size_limit() == 52428800U);
    CHECK(of({"SIZE 99999999999999999999"}).size_limit() == ~std::uint64_t{0});
    CHECK(of({"SIZE 10", "SIZE 20"}).size_limit() == 20U); // the last one counts
    CHECK_FALSE(of({"SIZE 10", "SIZE"}).size_limit());
}

TEST_CASE("capabilities: AUTH, both spellings, added up") {
    CHECK(of({"AUTH=LOGIN PLAIN"}).mechanisms() == mechanism_set("LOGIN PLAIN"));
    CHECK(of({"AUTH PLAIN", "AUTH=LOGIN", "auth scram-sha-256"}).mechanisms() ==
          mechanism_set("PLAIN LOGIN SCRAM-SHA-256"));
    CHECK(of({"AUTH"}).auth());
    CHECK(of({"AUTH"}).mechanisms().empty());
    CHECK(of({"AUTH X-FOREIGN"}).auth());
}

TEST_CASE("capabilities: LIMITS [RFC 9422]") {
    CHECK(of({"LIMITS MAILMAX=5 RCPTMAX=100 RCPTDOMAINMAX=1"}).limits() == announced_limits{5, 100, 1});
    CHECK(of({"LIMITS rcptmax=999999"}).limits().recipients == 999999);
    CHECK(of({"LIMITS RCPTMAX=0 MAILMAX=3"}).limits() == announced_limits{3, 0, 0}); // a bad one is left out
    CHECK(of({"LIMITS RCPTMAX=1000000 MAILMAX=3"}).limits() == announced_limits{3, 0, 0});
    CHECK(of({"LIMITS RCPTMAX=x MAILMAX=3 OTHER=1 FLAG"}).limits() == announced_limits{3, 0, 0});
    CHECK(of({"LIMITS RCPTMAX=01 MAILMAX=3"}).limits() == announced_limits{3, 0, 0});
    for (const char* bad : {"LIMITS", "LIMITS RCPTMAX=1;2", "LIMITS =1", "LIMITS RCPTMAX=1 A;B", "LIMITS RCPTMAX="}) {
        CHECK_FALSE(of({bad}).has("LIMITS"));
        CHECK(of({"LIMITS RCPTMAX=7", bad}).limits() == announced_limits{});
    }
}

TEST_CASE("capabilities: the arguments of the others") {
    CHECK(of({"DELIVERBY 240"}).deliver_by_least() == 240U);
    CHECK_FALSE(of({"DELIVERBY"}).deliver_by_least());
    CHECK_FALSE(of({"DELIVERBY 1234567890"}).deliver_by_least()); // 1*9DIGIT
    CHECK(of({"FUTURERELEASE 86400 2026-12-01T00:00:00Z"}).hold_for_limit() == 86400U);
    CHECK(of({"FUTURERELEASE 86400 2026-12-01T00:00:00Z"}).hold_until_limit() == 1796083200);
    CHECK_FALSE(of({"FUTURERELEASE 86400"}).has("FUTURERELEASE"));
    CHECK_FALSE(of({"FUTURERELEASE"}).hold_for_limit());
    CHECK(of({"MT-PRIORITY"}).priorities() == priority_policy::mixer);
    CHECK(of({"MT-PRIORITY nsep"}).priorities() == priority_policy::nsep);
    CHECK(of({"MT-PRIORITY STANAG4406"}).priorities() == priority_policy::stanag4406);
    CHECK(of({"MT-PRIORITY X"}).priorities() == priority_policy::other);
    CHECK_FALSE(of({}).priorities());
    const capabilities proxy = of({"XCLIENT NAME ADDR login X-NEW", "XFORWARD NAME SOURCE"});
    CHECK((proxy.xclient(proxy_attribute::name) && proxy.xclient(proxy_attribute::login)));
    CHECK_FALSE(proxy.xclient(proxy_attribute::port));
    CHECK((proxy.xforward(proxy_attribute::source) && !proxy.xforward(proxy_attribute::addr)));
    CHECK(of({"STARTTLS REQUIRED"}).starttls());
}

TEST_CASE("capabilities: how long a line may be [RFC 5321 4.5.3.1.4]") {
    CHECK(of({}).mail_line_limit() == 512);
    CHECK(of({"SIZE", "8BITMIME", "SMTPUTF8"}).mail_line_limit() == 512 + 26 + 10);
    CHECK(of({"DSN", "AUTH"}).mail_line_limit() == 512 + 116 + 500);
    CHECK(of({"DSN", "RRVS"}).rcpt_line_limit() == 512 + 536 + 33);
}

TEST_CASE("capabilities: a whole reply; its first line is no extension") {
    const auto read = [](std::string_view text) { return parse_capabilities(*parse_reply(text)); };
    CHECK(read("250-mx.example Hello\r\n250-SIZE 5\r\n250 DSN\r\n") == of({"SIZE 5", "DSN"}));
    CHECK(read("250-PIPELINING\r\n250 DSN\r\n") == of({"DSN"}));
    CHECK(read("250 PIPELINING\r\n") == of({}));
    CHECK(read("250-mx\r\n250-\r\n250 DSN\r\n") == of({"DSN"}));
    CHECK(read("250-mx\r\n250 AUTH PLAIN  LOGIN \r\n") == of({"AUTH PLAIN LOGIN"}));
    CHECK(read("500-mx\r\n500 DSN\r\n") == of({}));
}
