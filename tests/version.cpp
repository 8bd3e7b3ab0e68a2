// The version that CMake read out of the header is the one the header has.
#include <sansmtp/version.hpp>

#include <string>

#include "support/catch.hpp"

TEST_CASE("the macros and the package have one version") {
    const std::string macros = std::to_string(SANSMTP_VERSION_MAJOR) + '.' + std::to_string(SANSMTP_VERSION_MINOR) +
                               '.' + std::to_string(SANSMTP_VERSION_PATCH);
    CHECK(macros == SANSMTP_CMAKE_VERSION);
}
