// Parameter lists that must be good.
#pragma once

#include "catch.hpp"

#include <sansmtp/parameters.hpp>

#include <string_view>

namespace lexical {

inline sansmtp::parameters parsed(std::string_view text, sansmtp::parameters_of command,
                                  const sansmtp::syntax& how = {}) {
    const auto p = sansmtp::parse_parameters(text, command, how);
    CAPTURE(text);
    REQUIRE(p);
    return *p;
}

} // namespace lexical
