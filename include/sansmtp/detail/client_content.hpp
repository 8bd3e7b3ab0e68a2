// The content of a message on its way out, by DATA or by BDAT.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../chunking.hpp"
#include "../data.hpp"
#include "octets.hpp"

namespace sansmtp::detail {

// Makes every line end a CRLF, or fails where one is not; dots and the end of the text stay as they are. What text in
// chunks needs: bare CR and LF may stand only in BINARYMIME [RFC 3030 3, RFC 5321 2.3.8].
class line_end_encoder {
public:
    constexpr explicit line_end_encoder(newline_policy policy) noexcept : reject_(policy == newline_policy::reject) {}

    constexpr transfer encode(std::string_view in, std::span<char> out) noexcept {
        transfer t;
        while (t.consumed < in.size() && out.size() - t.written >= 2 && !failed_) {
            const bool behind_cr = cr_;
            const char c = in[t.consumed];
            cr_ = c == '\r';
            if (reject_ && behind_cr != (c == '\n')) {
                failed_ = true;
            } else if (c == '\r' || c == '\n') {
                ++t.consumed;
                if (reject_ ? c == '\n' : !(behind_cr && c == '\n')) put(t, out, "\r\n");
            } else {
                const std::size_t stop = find_line_stop(in, t.consumed + 1);
                const std::size_t room = out.size() - t.written;
                const std::size_t size = stop - t.consumed < room ? stop - t.consumed : room;
                put(t, out, in.substr(t.consumed, size));
                t.consumed += size;
            }
        }
        return t;
    }
    // False for a CR at the very end that no LF followed.
    constexpr bool finish() noexcept { return !(failed_ = failed_ || (reject_ && cr_)); }
    constexpr bool failed() const noexcept { return failed_; }
    // True for the LF of a CRLF whose CR, and with it the whole line end, is written already.
    constexpr bool is_written(char c) const noexcept { return !reject_ && cr_ && c == '\n'; }

private:
    static constexpr void put(transfer& t, std::span<char> out, std::string_view octets) noexcept {
        std::char_traits<char>::copy(out.data() + t.written, octets.data(), octets.size());
        t.written += octets.size();
    }

    bool reject_;
    bool cr_ = false; // the octet before was a CR
    bool failed_ = false;
};

class client_content {
public:
    static constexpr std::string_view last_chunk = "BDAT 0 LAST\r\n";

    constexpr client_content() noexcept = default;
    // `raw`: the octets of chunks go out as they are.
    constexpr client_content(bool chunks, bool raw, newline_policy policy) noexcept
        : data_(policy), lines_(policy), chunks_(chunks), raw_(raw) {}

    constexpr bool chunks() const noexcept { return chunks_; }
    constexpr bool failed() const noexcept { return chunks_ ? lines_.failed() : data_.failed(); }
    // Whether there was an octet over 127.
    constexpr bool eight_bit() const noexcept { return chunks_ ? eight_bit_ : data_.eight_bit(); }
    // Of DATA; 0 if no line has more than 1000 octets.
    constexpr std::size_t longest_line() const noexcept { return data_.longest_line(); }
    // What SIZE counts.
    constexpr std::uint64_t octets() const noexcept { return chunks_ ? octets_ : data_.octets(); }
    // What it will be at least once a chunk of `in` is written.
    constexpr std::uint64_t octets_with(std::string_view in) const noexcept {
        return octets_ + in.size() - (!raw_ && !in.empty() && lines_.is_written(in.front()) ? 1 : 0);
    }

    // Writes as much as there is room for: of chunks one.
    constexpr transfer write(std::string_view in, std::span<char> out) noexcept {
        if (!chunks_) return data_.encode(in, out);
        const transfer done = in.empty() ? transfer{} : raw_ ? write_raw(in, out) : write_lines(in, out);
        eight_bit_ = !raw_ && (eight_bit_ || has_high(in.substr(0, done.consumed)));
        return done;
    }
    // The next octets to write of content that goes by DATA.
    constexpr step next_slice(std::string_view in) noexcept { return data_.next(in); }
    // What ends the content; nothing if it must not end here.
    constexpr std::string_view finish() noexcept {
        if (!chunks_) return data_.finish();
        return lines_.finish() ? last_chunk : std::string_view{};
    }

private:
    // The octets of "BDAT n" CRLF for the largest n that may follow in `out`.
    static constexpr std::size_t command_size(std::size_t most) noexcept {
        std::size_t size = sizeof "BDAT 0\r\n" - 1;
        for (; most > 9; most /= 10) ++size;
        return size;
    }
    constexpr std::size_t begin(std::size_t size, std::span<char> out) noexcept {
        octets_ += size;
        return chunk_encoder().begin(size, false, out);
    }

    constexpr transfer write_raw(std::string_view in, std::span<char> out) noexcept {
        const std::size_t front = command_size(in.size() < out.size() ? in.size() : out.size());
        if (out.size() <= front) return {};
        const std::size_t size = in.size() < out.size() - front ? in.size() : out.size() - front;
        const std::size_t command = begin(size, out);
        std::char_traits<char>::copy(out.data() + command, in.data(), size);
        return {size, command + size};
    }

    // The size stands in front and is known behind.
    constexpr transfer write_lines(std::string_view in, std::span<char> out) noexcept {
        const std::size_t front = command_size(out.size());
        if (out.size() < front + 2) return {};
        transfer t = lines_.encode(in, out.subspan(front));
        if (t.written == 0) return t;
        const std::size_t command = begin(t.written, out);
        std::char_traits<char>::move(out.data() + command, out.data() + front, t.written);
        t.written += command;
        return t;
    }

    data_encoder data_;
    line_end_encoder lines_{newline_policy::normalise};
    std::uint64_t octets_ = 0; // in chunks
    bool chunks_ = false;
    bool raw_ = false;
    bool eight_bit_ = false; // in chunks
};

} // namespace sansmtp::detail
