// expect: the_reply_literal_is_not_a_valid_reply
// CR in a reply would begin a line that nobody wrote.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "250 a\rb"_reply;
