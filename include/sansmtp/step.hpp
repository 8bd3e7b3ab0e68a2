// What codecs of byte streams give for the front of their input.
#pragma once

#include <cstddef>
#include <string_view>

namespace sansmtp {

// As long as there is input, each step gives octets, consumes some, or ends.
struct step {
    std::string_view bytes;   // a slice of the input, or a literal
    std::size_t consumed = 0; // octets of the input to drop before the next call
    bool end = false;         // nothing comes behind `bytes`
};

// What was moved from an input to an output.
struct transfer {
    std::size_t consumed = 0; // octets of the input
    std::size_t written = 0;  // octets of the output
};

} // namespace sansmtp
