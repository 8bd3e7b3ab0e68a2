// What each request can be answered with [RFC 5321 4.3.2; spec: replies 2.1].
#include <sansmtp/answer.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace sansmtp;

namespace {

// The positive codes among all that exist.
template <class C>
std::vector<unsigned> positive() {
    std::vector<unsigned> all;
    for (unsigned code = 200; code < 400; ++code)
        if (detail::request_traits<C>::legal(code)) all.push_back(code);
    return all;
}

template <class C>
bool takes_refusals() {
    for (unsigned code = 400; code < 600; ++code)
        if (!detail::request_traits<C>::legal(code)) return false;
    return true;
}

using list = std::vector<unsigned>;

} // namespace

TEST_CASE("the positive codes of each request", "[answer]") {
    CHECK(positive<connection>() == list{220});
    CHECK(positive<cmd::helo>() == list{250});
    CHECK(positive<cmd::ehlo>() == list{250});
    CHECK(positive<cmd::lhlo>() == list{250});
    CHECK(positive<cmd::mail>() == list{250});
    CHECK(positive<cmd::rcpt>() == list{250, 251});
    CHECK(positive<cmd::data>() == list{354});
    CHECK(positive<message_end>() == list{250});
    CHECK(positive<cmd::auth>() == list{235});
    CHECK(positive<auth_response>() == list{235});
    CHECK(positive<cmd::vrfy>() == list{250, 251, 252});
    CHECK(positive<cmd::expn>() == list{250, 252});
    CHECK(positive<cmd::help>() == list{211, 214});
    CHECK(positive<cmd::other>().size() == 100); // any 2yz
}

TEST_CASE("every request takes every refusal; a connection only 421 among those for now", "[answer]") {
    CHECK(takes_refusals<cmd::ehlo>());
    CHECK(takes_refusals<cmd::mail>());
    CHECK(takes_refusals<cmd::rcpt>());
    CHECK(takes_refusals<cmd::data>());
    CHECK(takes_refusals<message_end>());
    CHECK(takes_refusals<cmd::auth>());
    CHECK(takes_refusals<cmd::vrfy>());
    CHECK(takes_refusals<cmd::expn>());
    CHECK(takes_refusals<cmd::help>());
    CHECK(takes_refusals<cmd::other>());
    for (unsigned code = 400; code < 600; ++code)
        CHECK(detail::request_traits<connection>::legal(code) == (code == 421 || code >= 500));
}

TEST_CASE("no reply is no answer", "[answer]") {
    CHECK_FALSE(detail::request_traits<connection>::legal({}));
    CHECK_FALSE(detail::request_traits<cmd::mail>::legal({}));
    CHECK_FALSE(detail::request_traits<cmd::other>::legal({}));
}

TEST_CASE("the library's own answers are legal", "[answer]") {
    const auto check = []<class C>(C) {
        using traits = detail::request_traits<C>;
        CHECK(traits::legal(traits::unhandled.code()));
        if constexpr (acceptable<C>) CHECK(traits::legal(traits::accepted.code()));
        if constexpr (acceptable<C>) CHECK(traits::accepted.code().positive());
    };
    check(connection{});
    check(cmd::helo{});
    check(cmd::ehlo{});
    check(cmd::lhlo{});
    check(cmd::mail{});
    check(cmd::rcpt{});
    check(cmd::data{});
    check(message_end{});
    check(cmd::auth{});
    check(auth_response{});
    check(cmd::vrfy{});
    check(cmd::expn{});
    check(cmd::help{});
    check(cmd::other{});
    CHECK(detail::request_traits<cmd::rcpt>::unhandled.code() == 550); // relaying is denied
    CHECK(detail::request_traits<message_end>::unhandled.code() == 451);
}

static_assert(!acceptable<cmd::expn> && acceptable<cmd::vrfy>);
static_assert(challengeable<cmd::auth> && challengeable<auth_response> && !challengeable<cmd::mail>);
