// expect: the_path_literal_is_not_a_path
#include <sansmtp/sansmtp.hpp>

using namespace sansmtp::literals;
constexpr auto way = "<bob@example.org"_path;
