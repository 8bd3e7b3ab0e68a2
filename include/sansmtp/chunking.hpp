// BDAT chunks [RFC 3030 2]: their octets are counted, and never looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "detail/writer.hpp"
#include "step.hpp"

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

// Sends content in chunks: for each one `begin`, then `next` until the end. The content goes out as it is.
class chunk_encoder {
public:
    static constexpr std::size_t longest_command = sizeof "BDAT 18446744073709551615 LAST\r\n" - 1;

    // Writes the command in front of the next `size` octets and returns its octets; 0, and nothing, if `out` lacks room,
    // octets of the chunk before are missing, the last chunk was begun, or a chunk that is not the last one is empty:
    // servers refuse that, and it says nothing.
    constexpr std::size_t begin(std::uint64_t size, bool last, std::span<char> out) noexcept {
        if (left() != 0 || last_ || (size == 0 && !last)) return 0;
        char text[longest_command] = {};
        detail::writer w(text);
        w.put("BDAT ").put_decimal(size).put(last ? " LAST\r\n" : "\r\n");
        if (w.size() > out.size()) return 0;
        std::char_traits<char>::copy(out.data(), text, w.size());
        chunk_ = chunk_decoder(size);
        last_ = last;
        return w.size();
    }

    // Takes what belongs to the chunk from the front of `in`. The end comes with the last octet of the last chunk.
    constexpr step next(std::string_view in) noexcept {
        step s = chunk_.next(in);
        octets_ += s.consumed;
        s.end = done();
        return s;
    }

    // Octets of the chunk still to come.
    constexpr std::uint64_t left() const noexcept { return chunk_.left(); }
    // Octets of content so far.
    constexpr std::uint64_t octets() const noexcept { return octets_; }
    // Whether the last chunk is complete.
    constexpr bool done() const noexcept { return last_ && left() == 0; }

private:
    chunk_decoder chunk_;
    std::uint64_t octets_ = 0;
    bool last_ = false;
};

} // namespace sansmtp
