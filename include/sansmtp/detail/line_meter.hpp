// How long the longest line of content is, exactly.
//
// As long as that is less than a few hundred octets, the line ends of each block are looked at. From then on a line that
// is longer shows only when that many octets have passed since its start, and until then nothing is done. Then the last
// line end within that reach becomes the new start: all lines before it are short enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "scan.hpp"

namespace sansmtp::detail {

// Measures lines of `in`, of which the first one began `before` octets ahead of it. Offsets are those of `in`.
//
// What holds: no line that ends before `start_` is longer than `longest_`; the octets from `start_` to `clear_` hold no
// line end; those from `clear_` to where the caller is hold no bare LF and no dot to be dropped. While `longest_` is less
// than `lazy_from`, `start_` is the true start of the line where the caller is; else it may be that of an earlier line,
// or stand in front of one by `probe` octets at most.
template <class Backend>
class line_meter {
public:
    constexpr line_meter(std::string_view in, std::size_t before, std::size_t longest) noexcept
        : in_(in), start_(std::size_t{0} - before), longest_(longest) {}

    // Clean blocks may be passed until one of them ends at or behind this; then `pass_due` is to be called.
    constexpr std::size_t due() const noexcept { return due_; }

    // Whether clean octets need not be told of one by one.
    constexpr bool lazy() const noexcept { return longest_ >= lazy_from; }

    // Clean blocks that end at `end` were passed; if due() is 0, one.
    [[gnu::always_inline]] constexpr void pass_due(std::size_t end) noexcept {
        if (lazy()) return pass_lazily(end);
        const std::size_t at = end - block_size;
        measure(at, block_size, find_in_block<Backend>(in_.data() + at, '\n'), 0);
    }

    // `size` octets at `at` were looked at: `ends` are their line ends, `dots` those to be dropped.
    constexpr void pass(std::size_t at, std::size_t size, std::uint64_t ends, std::uint64_t dots,
                        bool bare_lf) noexcept {
        if (!lazy()) {
            measure(at, size, ends, dots);
        } else if (at + size - start_ <= longest_) {
            pass_within_reach(at, size, ends, dots, bare_lf);
        } else if (bare_lf) {
            settle(at);
            measure(at, size, ends, dots);
        } else if (dots != 0) {
            if (at + block_size - start_ > longest_) catch_up(at + first_bit(dots));
            start_at(at + last_bit(dots) + 1);
        }
    }

    // The octet at `at`, a CR or LF apart, ends a line, and counts as CRLF.
    constexpr void end_line(std::size_t at) noexcept {
        settle(at);
        note(at + 2 - start_);
        start_at(at + 1);
    }

    // Ends at `end`; returns the octets of the line that goes on there.
    constexpr std::size_t finish(std::size_t end) noexcept {
        if (clear_ != end || end - start_ > longest_) settle(end);
        return end - start_;
    }

    constexpr std::size_t longest() const noexcept { return longest_; }

private:
    static constexpr std::size_t lazy_from = 8 * block_size;
    static constexpr std::size_t probe = 2 * block_size;    // octets in which a line end is likely
    static constexpr std::size_t stride = 128 * block_size; // more than need be: looking is cheaper by the dozen

    // Makes `start_` the true start of the line at `end`.
    constexpr void settle(std::size_t end) noexcept {
        lazy() ? hop_and_catch_up(end) : catch_up(end);
        const std::size_t line = behind_last<Backend>(in_.substr(clear_, end - clear_), '\n');
        if (line != 0) start_at(clear_ + line);
        clear_ = end;
    }

    // No line that ends here can be too long.
    constexpr void pass_within_reach(std::size_t at, std::size_t size, std::uint64_t ends, std::uint64_t dots,
                                     bool bare_lf) noexcept {
        if (ends != 0) {
            start_ = at + line_behind(last_bit(ends), dots);
        } else if (dots != 0) { // at the very front
            start_ = at + 1;
        } else if (bare_lf) {
            settle(at);
        } else if (clear_ != at) {
            return;
        }
        clear_ = at + size;
    }

    constexpr void pass_lazily(std::size_t end) noexcept {
        if (end - start_ > longest_) hop_and_catch_up(end);
        const std::size_t within_reach = longest_ - (end - start_);
        due_ = end + stride + (within_reach < stride ? within_reach : 0);
    }

    [[gnu::noinline]] constexpr void hop_and_catch_up(std::size_t end) noexcept {
        while (end - start_ > longest_) {
            if (!hop(end)) catch_up(end);
        }
    }

    // Moves on if there is a line end where it is likely to be. Where in there does not matter, so that the next hop need
    // not wait for it.
    constexpr bool hop(std::size_t end) noexcept {
        const std::size_t at = start_ + longest_ - probe;
        if (std::is_constant_evaluated() || at > end || at - start_ < clear_ - start_) return false;
        if (!Backend::any(octet_values<Backend, probe>(in_.data() + at).eq('\n'))) return false;
        start_at(at);
        return true;
    }

    // Makes `end` lie within the reach of `longest_` from `start_`.
    constexpr void catch_up(std::size_t end) noexcept {
        while (end - start_ > longest_) {
            // Offsets wrap around where a line began ahead of `in`: compare distances only.
            const std::size_t seen = clear_ - start_;
            const std::size_t reach = longest_ > seen ? longest_ - seen : 0; // octets from clear_
            if (const std::size_t line = behind_last<Backend>(in_.substr(clear_, reach), '\n'); line != 0) {
                start_at(clear_ + line);
                continue;
            }
            const std::size_t from = clear_ + reach;
            const std::size_t lf = in_.substr(0, end).find('\n', from);
            const std::size_t line = lf == std::string_view::npos ? end : lf + 1;
            longest_ = line - start_;
            clear_ = line;
            if (lf != std::string_view::npos) start_ = line;
        }
    }

    // `size` octets at `at`, where `start_` is true.
    constexpr void measure(std::size_t at, std::size_t size, std::uint64_t ends, std::uint64_t dots) noexcept {
        if ((dots & 1) != 0) start_ = at + 1;
        if (ends != 0) {
            note(at + first_bit(ends) + 1 - start_);
            if (!all_short(ends, dots)) {
                for (std::uint64_t more = ends; (more & (more - 1)) != 0;) {
                    const std::size_t line = line_behind(first_bit(more), dots);
                    more &= more - 1;
                    note(first_bit(more) + 1 - line);
                }
            }
            start_ = at + line_behind(last_bit(ends), dots);
        }
        note(at + size - start_);
        clear_ = at + size;
    }

    // Whether no line between two of `ends` is longer than `longest_`, told for all of them at once: each line start is
    // spread over as many octets as the longest line has; an octet that is not reached lies in a longer line.
    constexpr bool all_short(std::uint64_t ends, std::uint64_t dots) const noexcept {
        if (longest_ >= block_size) return true;
        const std::uint64_t starts = ends << 1;
        std::uint64_t reached = (starts & ~dots) | (starts & dots) << 1;
        std::size_t reach = 1;
        for (; reach * 2 <= longest_; reach *= 2) reached |= reached << reach;
        reached |= reached << (longest_ - reach);
        const std::uint64_t between = low_bits(last_bit(ends) + 1) & ~low_bits(first_bit(ends) + 1);
        return (between & ~reached & ~dots) == 0;
    }

    // The bit at which the line behind the line end at `bit` starts.
    static constexpr std::size_t line_behind(std::size_t bit, std::uint64_t dots) noexcept {
        return bit + 1 + (bit + 1 < block_size ? dots >> (bit + 1) & 1 : 0);
    }

    constexpr void start_at(std::size_t at) noexcept { start_ = clear_ = at; }

    constexpr void note(std::size_t octets) noexcept {
        if (octets > longest_) longest_ = octets;
    }

    std::string_view in_;
    std::size_t start_;
    std::size_t clear_ = 0;
    std::size_t longest_;
    std::size_t due_ = 0; // where to look again
};

// Moves `at` behind the clean blocks of `in` that begin there, calls `pass(offset)` for each, measures their lines, and
// adds up what they hold.
template <class Backend, bool WholeNewlines, bool CountLines, class Pass>
[[gnu::always_inline]] inline void skip_clean(std::string_view in, std::size_t& at, line_meter<Backend>& lines,
                                              octet_sums<Backend, CountLines>& sums, Pass pass) noexcept {
    for (std::size_t carry_at = at + sums.countable;;) {
        const std::size_t from = at;
        const std::size_t due = lines.due();
        const std::size_t stop = CountLines && carry_at < due ? carry_at : due;
        at = skip_clean<Backend, WholeNewlines>(in, from, stop, sums, pass);
        const bool over = at == from || at < stop;
        if (CountLines && (over || at >= carry_at)) {
            sums.carry();
            carry_at = at + sums.countable;
        }
        if (over) return;
        if (at >= due) lines.pass_due(at);
    }
}

} // namespace sansmtp::detail
