// expect: the_command_literal_is_not_a_command
// What servers tolerate is not what we write.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "MAIL FROM: <a@b>"_command;
