// The octets of a BDAT chunk [RFC 3030 2]: counted, and never looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "data.hpp"

namespace sansmtp {

class chunk_decoder {
public:
    // A chunk of `size` octets; its first octet is the one behind the CRLF of the BDAT command.
    constexpr explicit chunk_decoder(std::uint64_t size = 0) noexcept : left_(size) {}

    // Takes what belongs to the chunk from the front of `in`. The end comes with the last octet, for an empty chunk at
    // once; from then on nothing is consumed.
    constexpr step next(std::string_view in) noexcept {
        const std::size_t taken = left_ < in.size() ? static_cast<std::size_t>(left_) : in.size();
        left_ -= taken;
        return {in.substr(0, taken), taken, left_ == 0};
    }

    // Octets still to come.
    constexpr std::uint64_t left() const noexcept { return left_; }

private:
    std::uint64_t left_;
};

} // namespace sansmtp
