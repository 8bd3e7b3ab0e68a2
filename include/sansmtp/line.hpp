// Command lines out of a byte stream [RFC 5321 2.3.8, 4.5.3.1.4].
//
// CRLF ends a line and nothing else does: a CR or LF apart stays in the line, where the parser refuses it. A line whose
// CRLF does not lie within the limit is dropped up to that CRLF and reported once, so that its rest never becomes a
// command. No octet is searched twice, and what comes out does not depend on how the stream is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "detail/scan.hpp"

namespace sansmtp {

class line_framer {
public:
    enum class line_kind : std::uint8_t {
        whole,     // a line
        discarded, // a part of an over-long line: consume it and call again
        too_long,  // the end of an over-long line: consume it and report errc::line_too_long
    };

    struct line {
        line_kind kind = line_kind::whole;
        std::string_view text;    // of a whole line, without CRLF
        std::size_t consumed = 0; // octets of `unread` to consume, with CRLF

        constexpr line() noexcept = default;
        constexpr line(line_kind k, std::string_view t, std::size_t n) noexcept : kind(k), text(t), consumed(n) {}
    };

    // Returns what is to be consumed next; an empty optional if more input is needed. `unread` begins where the last
    // result ended and only grows until that is consumed. `limit` counts octets with CRLF. `full` says that nothing
    // more fits behind `unread`, so that a line without CRLF is over-long whatever the limit.
    [[gnu::always_inline]] constexpr std::optional<line> next(std::string_view unread, std::size_t limit,
                                                              bool full) noexcept {
        if (discarding_) return discard(unread);
        const std::string_view head(unread.data(), unread.size() < limit ? unread.size() : limit);
        if (const std::size_t end = line_end(head); end != 0) {
            searched_ = 0;
            return std::optional<line>(std::in_place, line_kind::whole, std::string_view(unread.data(), end - 2), end);
        }
        searched_ = head.size();
        if (head.size() < limit && !full) return std::nullopt;
        discarding_ = true;
        return discard(unread);
    }

    // Octets of over-long lines so far, with CRLF.
    constexpr std::uint64_t discarded() const noexcept { return discarded_; }

private:
    // The offset behind the first CRLF; 0 if there is none. What was searched before holds none but, perhaps, its CR.
    constexpr std::size_t line_end(std::string_view text) const noexcept {
        std::size_t lf = detail::find_near(text, '\n', searched_);
        while (lf != std::string_view::npos) {
            const char before = lf != 0 ? text[lf - 1] : cr_ ? '\r' : '\0';
            if (before == '\r') return lf + 1;
            lf = text.find('\n', lf + 1);
        }
        return 0;
    }

    [[gnu::noinline]] constexpr std::optional<line> discard(std::string_view unread) noexcept {
        if (unread.empty()) return std::nullopt;
        const std::size_t end = line_end(unread);
        const std::size_t consumed = end != 0 ? end : unread.size();
        searched_ = 0;
        discarding_ = end == 0;
        cr_ = discarding_ && unread.back() == '\r';
        discarded_ += consumed;
        return line{discarding_ ? line_kind::discarded : line_kind::too_long, {}, consumed};
    }

    std::size_t searched_ = 0; // octets of `unread` without CRLF
    std::uint64_t discarded_ = 0;
    bool discarding_ = false;
    bool cr_ = false; // the last octet discarded was a CR
};

} // namespace sansmtp
