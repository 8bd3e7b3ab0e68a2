// Handling actions: match, tickets, the buffers of a call.
#include <sansmtp/action.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <type_traits>

using namespace sansmtp;

TEST_CASE("match calls the one handler that fits", "[action]") {
    const auto name = [](const server_action& action) {
        std::string text;
        match(
            action, [&](const body& b) { text = "body " + std::string(b.bytes); },
            [&](const aborted& a) { text = "aborted " + std::string(message(a.why)); },
            [&](early_talker e) { text = "early " + std::to_string(e.octets); }, [&](const auto&) { text = "other"; });
        return text;
    };
    CHECK(name(body{"x"}) == "body x");
    CHECK(name(aborted{errc::bare_cr}) == "aborted the content holds a CR without LF");
    CHECK(name(early_talker{3}) == "early 3");
    CHECK(name(input_pending{3}) == "other");
    CHECK(name(request<cmd::data>{}) == "other");
}

TEST_CASE("a request is its command and its ticket", "[action]") {
    const request<cmd::vrfy> r{{"a"}, {7, 9}, {}};
    CHECK(r.text == "a");
    const ticket<cmd::vrfy>& t = r;
    CHECK(t == ticket<cmd::vrfy>{7, 9});
    CHECK_FALSE(t == ticket<cmd::vrfy>{7, 10});
    CHECK_FALSE(t == ticket<cmd::vrfy>{8, 9});
    CHECK(ticket<cmd::vrfy>{}.number == 0);
    static_assert(!std::is_convertible_v<ticket<cmd::vrfy>, ticket<cmd::expn>>);
    static_assert(std::is_trivially_copyable_v<server_action> && std::is_trivially_copyable_v<client_action>);
}

TEST_CASE("the buffers of one call", "[action]") {
    std::array<char, 5> in{'h', 'e', 'l', 'l', 'o'};
    std::array<char, 4> out{};
    io s{in, out};
    CHECK(s.unread() == "hello");
    CHECK(s.room().size() == 4);
    s.take(2);
    s.written = 3;
    CHECK(s.unread() == "llo");
    CHECK(s.room().size() == 1);
    s.take(100); // clamps
    CHECK(s.unread().empty());
    CHECK(s.consumed == 5);
    CHECK(io{}.unread().empty());
    CHECK(io{}.room().empty());
}
