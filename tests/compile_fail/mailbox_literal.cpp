// expect: the_mailbox_literal_is_not_a_mailbox
#include <sansmtp/sansmtp.hpp>

using namespace sansmtp::literals;
constexpr auto box = "bob@example.org\r\nDATA"_mailbox;
