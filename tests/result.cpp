// A result is a value or an error; reading the wrong one is never undefined.
#include <sansmtp/result.hpp>

#include "support/catch.hpp"

using namespace sansmtp;

static_assert(std::is_trivially_copyable_v<result<int>>);
static_assert(result<int>(7).value() == 7 && result<int>(errc::bad_path, 3).error() == parse_error{errc::bad_path, 3});

TEST_CASE("a value") {
    const result<int> r = 42;
    CHECK((r && r.has_value() && *r == 42 && r.value() == 42 && r.value_or(1) == 42));
    CHECK(r.error() == parse_error{});
}

// In C++20 a loop over what a temporary refers to would read it when it is gone.
static_assert(std::is_same_v<decltype(*result<int>(7)), int> && std::is_same_v<decltype(result<int>(7).value()), int>);
static_assert(std::is_same_v<decltype(*std::declval<const result<int>&>()), const int&>);

TEST_CASE("the value of a temporary outlives it") {
    struct three {
        int all[3] = {};
        constexpr const int* begin() const { return all; }
        constexpr const int* end() const { return all + 3; }
    };
    const auto make = [] { return result<three>(three{{1, 2, 3}}); };
    int sum = 0;
    for (const int i : *make()) sum += i;
    for (const int i : make().value()) sum += i;
    CHECK(sum == 12);
}

TEST_CASE("an error, beside an empty value") {
    const result<int> r{errc::bad_domain, 5};
    CHECK_FALSE((r || r.has_value()));
    CHECK(r.error() == parse_error{errc::bad_domain, 5});
    CHECK((*r == 0 && r.value_or(9) == 9));
    const result<int> same = r.error();
    CHECK(same.error() == r.error());
}
