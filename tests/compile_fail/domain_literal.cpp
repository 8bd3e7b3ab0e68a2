// expect: the_domain_literal_is_not_a_domain
#include <sansmtp/sansmtp.hpp>

using namespace sansmtp::literals;
constexpr auto host = "my_host.example"_domain;
