// The version is made of integers that the preprocessor can compare.
#include <sansmtp/version.hpp>

#if SANSMTP_VERSION_MAJOR * 10000 + SANSMTP_VERSION_MINOR * 100 + SANSMTP_VERSION_PATCH <= 0
#error "the version is not above 0.0.0"
#endif

static_assert(SANSMTP_VERSION_MINOR < 100 && SANSMTP_VERSION_PATCH < 100);
