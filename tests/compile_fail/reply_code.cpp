// expect: the_reply_literal_is_not_a_valid_reply
// No reply has a code of 6yz.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "650 no such class"_reply;
