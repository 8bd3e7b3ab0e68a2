// expect: the_reply_literal_is_not_a_valid_reply
// The enhanced code is of another class than the code.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "550 2.1.1 No such user"_reply;
