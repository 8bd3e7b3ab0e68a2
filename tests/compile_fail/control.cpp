// expect success
// What the other files include compiles, with the same flags.
#include <sansmtp/sansmtp.hpp>

static_assert(SANSMTP_VERSION_MAJOR >= 0);
