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

TEST_CASE("an error, beside an empty value") {
    const result<int> r{errc::bad_domain, 5};
    CHECK_FALSE((r || r.has_value()));
    CHECK(r.error() == parse_error{errc::bad_domain, 5});
    CHECK((*r == 0 && r.value_or(9) == 9));
    const result<int> same = r.error();
    CHECK(same.error() == r.error());
}
