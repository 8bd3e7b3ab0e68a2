// The domains of ATRN: domain *("," domain) [RFC 2645 5.2.1].
#include <sansmtp/domain_list.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

std::vector<std::string> texts(const domain_list& all) {
    std::vector<std::string> found;
    for (const domain& d : all) found.emplace_back(d.text());
    return found;
}

} // namespace

TEST_CASE("domains between commas, in their order") {
    CHECK(texts(*parse_domain_list("a.example")) == std::vector<std::string>{"a.example"});
    CHECK(texts(*parse_domain_list("b.example,A.example,b.example")) ==
          std::vector<std::string>{"b.example", "A.example", "b.example"});
    CHECK(texts({}).empty());
    CHECK(*parse_domain_list("a.example,b") == *parse_domain_list("A.EXAMPLE,B"));
    CHECK_FALSE(*parse_domain_list("a,b") == *parse_domain_list("b,a"));
    CHECK_FALSE(*parse_domain_list("a,b") == *parse_domain_list("a"));
}

TEST_CASE("what is no list of domains, and where") {
    const struct {
        std::string_view text;
        std::size_t offset;
    } bad[] = {{"", 0},     {",", 0},   {"a,", 2},   {",a", 0},          {"a,,b", 2}, {"a, b", 2},
               {"a ,b", 1}, {"a b", 1}, {"a,-b", 2}, {"[192.0.2.1]", 0}, {"a;b", 1},  {"a,b.", 4}};
    for (const auto& [text, offset] : bad) {
        INFO(text);
        CHECK(parse_domain_list(text).error() == parse_error{errc::bad_domain, offset});
    }
    const std::string label(64, 'a'); // [RFC 1035 2.3.4]
    CHECK(parse_domain_list("b," + label).error() == parse_error{errc::domain_too_long, 2 + 63});
}

TEST_CASE("a trailing dot is a leniency of each domain") {
    leniency dot;
    dot.trailing_dot = true;
    leniency used;
    CHECK(texts(*parse_domain_list("a.,b.example.", {dot}, &used)) == std::vector<std::string>{"a.", "b.example."});
    CHECK(used == dot);
}
