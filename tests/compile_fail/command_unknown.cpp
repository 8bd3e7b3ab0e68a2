// expect: the_command_literal_is_not_a_command
// HELLO is not a verb.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "HELLO mx.example.org"_command;
