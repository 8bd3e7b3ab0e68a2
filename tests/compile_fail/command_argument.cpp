// expect: the_command_literal_is_not_a_command
// DATA takes no argument.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "DATA now"_command;
