// The content of a message as DATA carries it [RFC 5321 2.3.8, 4.1.1.4, 4.5.2].
//
// Only CRLF.CRLF ends the content, where the CRLF of the DATA command counts as the first one: a CR or LF apart neither
// ends a line nor begins one. The decoder passes them on and flags them; the encoder never sends them. Both look at
// each octet once, hold back two octets at most, and give the same however the stream is cut.
//
//   while (!in.empty()) {                   // not "until all is consumed": a step may give octets and consume none
//       const step s = decoder.next(in);
//       use(s.bytes);
//       in.remove_prefix(s.consumed);
//       if (s.end) break;                   // what is left of `in` is not content
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "detail/scan.hpp"

namespace sansmtp {

// What a codec made of the front of its input. As long as there is input, each step gives octets, consumes some, or
// ends.
struct step {
    std::string_view bytes;   // a slice of the input, or a literal
    std::size_t consumed = 0; // octets of the input to drop before the next call
    bool end = false;         // nothing comes behind `bytes`
};

// What content held so far.
struct violations {
    bool bare_cr = false; // a CR without LF
    bool bare_lf = false; // an LF without CR
    bool nul = false;
    bool eight_bit = false;       // an octet >= 0x80
    std::size_t longest_line = 0; // octets with CRLF and without the stuffed dot

    friend constexpr bool operator==(const violations&, const violations&) noexcept = default;
};

// Takes the dots out and finds the end [RFC 5321 4.5.2].
class data_decoder {
public:
    // Decodes the front of `in`, which follows what was consumed before. After the end nothing is consumed.
    constexpr step next(std::string_view in) noexcept {
        if (place_ == place::end) return {{}, 0, true};
        if (in.empty()) return {};
        const char c = in.front();
        switch (place_) {
        case place::start:
            if (c != '.') break;
            place_ = place::dot;
            return {{}, 1, false};
        case place::dot:
            if (c != '\r') break; // the dot was a stuffed one
            place_ = place::dot_cr;
            return {{}, 1, false};
        case place::cr:
            if (c != '\n') return bare_cr(c);
            place_ = place::start;
            end_line(2);
            octets_ += 2;
            return {"\r\n", 1, false};
        case place::dot_cr:
            if (c != '\n') return bare_cr(c);
            place_ = place::end;
            return {{}, 1, true};
        case place::mid:
        case place::end: break;
        }
        return slice(in);
    }

    constexpr violations seen() const noexcept { return seen_; }
    // Octets of content so far.
    constexpr std::uint64_t octets() const noexcept { return octets_; }
    constexpr bool done() const noexcept { return place_ == place::end; }

private:
    // The octet that comes next: `start` is behind a CRLF, the three others behind what is held back.
    enum class place : std::uint8_t { start, mid, cr, dot, dot_cr, end };

    // The longest front of `in` that is content as it stands.
    constexpr step slice(std::string_view in) noexcept {
        std::size_t line = 0; // where the last line begins, or goes on
        std::size_t at = 0;
        while ((at = detail::find_line_end(in, at)) != in.size()) {
            if (in[at] == '\n') {
                seen_.bare_lf = true;
                ++at;
            } else if (at + 1 == in.size()) {
                return give(in, line, at, 1, place::cr);
            } else if (in[at + 1] != '\n') {
                seen_.bare_cr = true;
                ++at;
            } else {
                at += 2;
                end_line(at - line);
                line = at;
                if (at == in.size()) return give(in, line, at, 0, place::start);
                if (in[at] == '.') return give(in, line, at, 1, place::dot);
            }
        }
        return give(in, line, at, 0, place::mid);
    }

    // Gives `size` octets of content, of which the last `size - line` are of a line that goes on, and drops `held`.
    constexpr step give(std::string_view in, std::size_t line, std::size_t size, std::size_t held, place now) noexcept {
        const std::string_view bytes = in.substr(0, size);
        const detail::octets_seen octets = detail::look_for_octets(bytes);
        seen_.nul |= octets.nul;
        seen_.eight_bit |= octets.eight_bit;
        go_on(size - line);
        octets_ += size;
        place_ = now;
        return {bytes, size + held, false};
    }

    // The CR that was held back is content; `c` is what came instead of LF.
    constexpr step bare_cr(char c) noexcept {
        seen_.bare_cr = true;
        go_on(1);
        ++octets_;
        place_ = c == '\r' ? place::cr : place::mid;
        return {"\r", c == '\r' ? 1U : 0U, false};
    }

    constexpr void go_on(std::size_t octets) noexcept {
        line_ += octets;
        if (line_ > seen_.longest_line) seen_.longest_line = line_;
    }

    constexpr void end_line(std::size_t octets) noexcept {
        go_on(octets);
        line_ = 0;
    }

    violations seen_;
    std::size_t line_ = 0; // octets of the line that goes on
    std::uint64_t octets_ = 0;
    place place_ = place::start;
};

// What an encoder does with a CR or LF apart, which a client must not send [RFC 5321 2.3.8].
enum class newline_policy : std::uint8_t {
    normalise, // CR, LF and CRLF each become CRLF
    reject,    // the encoder fails: the message cannot be sent with DATA
};

// Puts the dots in and ends the content [RFC 5321 4.5.2]. Whatever it is given, what comes out has no CR or LF apart
// and no end before `finish`.
class data_encoder {
public:
    constexpr explicit data_encoder(newline_policy policy = newline_policy::normalise) noexcept : policy_(policy) {}

    // Encodes the front of `in`, which follows what was consumed before. The end of a step means that the encoder
    // failed, or had finished; from then on nothing is consumed.
    constexpr step next(std::string_view in) noexcept {
        if (place_ == place::end) return {{}, 0, true};
        if (in.empty()) return {};
        const char c = in.front();
        switch (place_) {
        case place::start:
            if (c == '.') return put("..", 1, 1, place::mid);
            break;
        case place::after_cr:
            place_ = place::start;
            if (c == '\n') return {{}, 1, false};
            return next(in);
        case place::cr:
            if (c == '\n') return put("\r\n", 1, 2, place::start);
            return fail({}, 0);
        case place::mid:
        case place::end: break;
        }
        return slice(in);
    }

    struct encoded {
        std::size_t consumed = 0; // octets of `in`
        std::size_t written = 0;  // octets of `out`
    };

    // Encodes as much of `in` as has room in `out`. With room for 2 octets it makes progress, unless it failed.
    constexpr encoded encode(std::string_view in, std::span<char> out) noexcept {
        encoded total;
        while (total.consumed < in.size() && total.written < out.size()) {
            const std::size_t room = out.size() - total.written;
            const std::string_view rest = in.substr(total.consumed, room);
            if (room == 1 && may_grow(rest.front())) break;
            const step s = next(rest);
            std::char_traits<char>::copy(out.data() + total.written, s.bytes.data(), s.bytes.size());
            total.written += s.bytes.size();
            total.consumed += s.consumed;
            if (s.end) break;
        }
        return total;
    }

    // Returns what ends the content, 5 octets at most, with the CRLF that the last line lacks; nothing if the encoder
    // failed, for example for a CR that was the last octet, or had finished.
    constexpr std::string_view finish() noexcept {
        const place last = place_;
        place_ = place::end;
        switch (last) {
        case place::start:
        case place::after_cr: return ".\r\n";
        case place::mid: octets_ += 2; return "\r\n.\r\n";
        case place::cr: failed_ = true; break;
        case place::end: break;
        }
        return {};
    }

    // Whether a CR or LF apart was met with newline_policy::reject.
    constexpr bool failed() const noexcept { return failed_; }
    // Octets of content so far, with the line ends as sent and without the stuffed dots: what SIZE counts [RFC 1870 3].
    constexpr std::uint64_t octets() const noexcept { return octets_; }

private:
    // The octet that comes next: `start` is behind a CRLF, `after_cr` behind a CR that was sent as CRLF, `cr` behind a
    // CR that is held back.
    enum class place : std::uint8_t { start, mid, after_cr, cr, end };

    // The longest front of `in` that is sent as it stands; if there is none, what is sent for its first octet.
    constexpr step slice(std::string_view in) noexcept {
        std::size_t at = 0;
        while ((at = detail::find_line_end(in, at)) != in.size()) {
            if (in[at] == '\n' || at + 1 == in.size() || in[at + 1] != '\n') return odd_line_end(in, at);
            at += 2;
            if (at == in.size() || in[at] == '.') return put(in.substr(0, at), at, at, place::start);
        }
        return put(in, at, at, place::mid);
    }

    // An LF apart, or a CR that is apart or the last octet of `in`.
    constexpr step odd_line_end(std::string_view in, std::size_t at) noexcept {
        const std::string_view before = in.substr(0, at);
        const bool cr = in[at] == '\r';
        if (policy_ == newline_policy::reject) {
            if (cr && at + 1 == in.size()) return put(before, at + 1, at, place::cr);
            return fail(before, at);
        }
        if (at != 0) return put(before, at, at, in[at - 1] == '\n' ? place::start : place::mid);
        return put("\r\n", 1, 2, cr ? place::after_cr : place::start);
    }

    constexpr step put(std::string_view bytes, std::size_t consumed, std::size_t content, place now) noexcept {
        octets_ += content;
        place_ = now;
        return {bytes, consumed, false};
    }

    constexpr step fail(std::string_view before, std::size_t consumed) noexcept {
        failed_ = true;
        octets_ += consumed;
        place_ = place::end;
        return {before, consumed, true};
    }

    // Whether this octet may be sent as two.
    constexpr bool may_grow(char c) const noexcept {
        return c == '\r' || c == '\n' || (c == '.' && place_ != place::mid);
    }

    std::uint64_t octets_ = 0;
    newline_policy policy_;
    place place_ = place::start;
    bool failed_ = false;
};

} // namespace sansmtp
