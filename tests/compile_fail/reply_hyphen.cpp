// expect: the_reply_literal_is_not_a_valid_reply
// A reply does not end with a line that goes on.
#include <sansmtp/literals.hpp>

using namespace sansmtp::literals;

[[maybe_unused]] const auto wrong = "250-more"_reply;
