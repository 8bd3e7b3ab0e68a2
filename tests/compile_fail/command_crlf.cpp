// expect: the_command_literal_is_not_a_command
// A command holds no line end.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "NOOP\r\n"_command;
