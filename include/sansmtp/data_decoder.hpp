// Takes the dots out of the content of DATA and finds its end: see data.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "detail/line_meter.hpp"
#include "detail/scan.hpp"
#include "detail/slice_codec.hpp"
#include "detail/slices.hpp"
#include "step.hpp"

namespace sansmtp {

// What content held so far.
struct violations {
    bool bare_cr = false; // a CR without LF
    bool bare_lf = false; // an LF without CR
    bool nul = false;
    bool eight_bit = false;       // an octet >= 0x80
    std::size_t longest_line = 0; // octets with CRLF and without the stuffed dot: see data_decoder

    friend constexpr bool operator==(const violations&, const violations&) noexcept = default;
};

// What a decoder is to do besides.
struct decode_options {
    // Lines of up to so many octets with CRLF are not measured, which is faster: `seen().longest_line` is 0 unless one is
    // longer.
    std::size_t line_limit = 0;
    bool count_lines = false; // takes a tenth of the time more
    // So many octets of content are handed out, to the octet; the rest is consumed up to the end. 0: all.
    std::uint64_t max_size = 0;
};

template <class Backend>
class basic_data_decoder : private detail::slice_codec<basic_data_decoder<Backend>> {
    using codec = detail::slice_codec<basic_data_decoder>;

public:
    constexpr basic_data_decoder() noexcept : basic_data_decoder(decode_options{}) {}
    constexpr explicit basic_data_decoder(std::size_t line_limit) noexcept
        : basic_data_decoder(decode_options{line_limit}) {}
    constexpr explicit basic_data_decoder(const decode_options& o) noexcept
        : line_limit_(o.line_limit),
          max_size_(o.max_size != 0 ? o.max_size : std::uint64_t{0} - 1),
          count_lines_(o.count_lines) {
        seen_.longest_line = o.line_limit;
    }

    // Takes the front of `in`, which follows what was consumed before. With the end, nothing more is ever consumed.
    constexpr step next(std::string_view in) noexcept {
        step s = codec::next(in);
        if (too_big()) cut(s, in);
        return s;
    }

    // Takes `in`, calls `use(std::string_view)` for each slice, which suits writev, and returns the octets consumed: all
    // of `in`, or those up to the end.
    template <class Use>
    constexpr std::size_t for_each_slice(std::string_view in, Use&& use) noexcept {
        // A CR that was held back may come out too.
        if (octets_ < max_size_ && in.size() < max_size_ - octets_) return codec::for_each_slice(in, use);
        std::size_t at = 0;
        while (at < in.size() && !over()) {
            const step s = next(in.substr(at));
            if (!s.bytes.empty()) use(s.bytes);
            at += s.consumed;
        }
        return at;
    }

    // As `next`, but moves short slices together in `in`, over the dots between them: content whose every line begins
    // with a dot comes by the thousand octets. Changes nothing behind what it consumes.
    constexpr step next_joined(std::span<char> in) noexcept {
        const std::string_view all(in.data(), in.size());
        const bool literal = place_ == place::cr || place_ == place::dot_cr;
        step s = codec::next(all);
        if (!literal && !s.end && !s.bytes.empty() && s.bytes.size() < long_slice) {
            detail::joined_slices<Backend> sink(all, in.data() + s.bytes.size());
            s.consumed += this->run(all.substr(s.consumed, join_at_once), sink);
            s.bytes = all.substr(0, s.bytes.size() + sink.written());
            s.end = over();
        }
        if (too_big()) cut(s, all);
        return s;
    }

    // Decodes what of `in` has room in `out`. With room for 2 octets it makes progress. Room behind what was written
    // may be overwritten.
    constexpr transfer decode(std::string_view in, std::span<char> out) noexcept {
        // What was held back may come out too.
        const std::size_t kept = place_ == place::cr || place_ == place::dot_cr ? 1 : 0;
        if (out.size() <= kept) return {};
        in = in.substr(0, out.size() - kept);
        detail::copied_slices<Backend> sink(in, out.data());
        const std::size_t consumed = this->run(in, sink);
        return {consumed, within_size(sink.written())};
    }

    constexpr violations seen() const noexcept {
        violations v = seen_;
        if (v.longest_line <= line_limit_) v.longest_line = 0;
        return v;
    }
    // Octets of content so far, those beyond the greatest size as well.
    constexpr std::uint64_t octets() const noexcept { return octets_; }
    // Whether there were some beyond it.
    constexpr bool too_big() const noexcept { return octets_ > max_size_; }
    // Lines of content so far, which are its CRLFs: octets behind the last one are no line yet. 0 if they are not counted.
    constexpr std::uint64_t lines() const noexcept { return count_lines_ ? lines_ : 0; }
    constexpr bool done() const noexcept { return over(); }

private:
    friend detail::slice_codec<basic_data_decoder>;

    // The octet that comes next: `start` is behind a CRLF, the three others behind what is held back.
    enum class place : std::uint8_t { start, mid, cr, dot, dot_cr, end };

    static constexpr std::size_t long_slice = 512;    // is handed out by itself
    static constexpr std::size_t join_at_once = 4096; // octets: a long slice among them is moved for nothing
    static constexpr std::size_t short_slice = 8;     // is not worth a look at more

    constexpr bool over() const noexcept { return place_ == place::end; }

    // How many of the latest `size` octets of content may be handed out.
    constexpr std::size_t within_size(std::size_t size) const noexcept {
        if (!too_big()) return size;
        const std::uint64_t beyond = octets_ - max_size_;
        return beyond < size ? size - static_cast<std::size_t>(beyond) : 0;
    }
    // Takes off the step at `in`, the latest, what may not be handed out.
    constexpr void cut(step& s, std::string_view in) noexcept {
        s.bytes = s.bytes.substr(0, within_size(s.bytes.size()));
        if (!s.bytes.empty() || s.consumed != 0 || s.end || in.empty()) return;
        // A bare CR that was held back, and is not handed out: each step makes progress, so what came instead of LF goes
        // with it.
        flag(seen_, in.front());
        go_on(1);
        s.consumed = 1;
    }

    // Whether `c`, which comes next, is held back or decides about what is; then `s` is the step.
    constexpr bool held(char c, step& s) noexcept {
        switch (place_) {
        case place::start:
            if (c != '.') return false;
            place_ = place::dot;
            return s = {{}, 1, false}, true;
        case place::dot:
            if (c != '\r') return false; // the dot was a stuffed one
            place_ = place::dot_cr;
            return s = {{}, 1, false}, true;
        case place::cr:
            if (c != '\n') return s = bare_cr(c), true;
            place_ = place::start;
            go_on(2);
            line_ = 0;
            ++lines_;
            return s = {"\r\n", 1, false}, true;
        case place::dot_cr:
            if (c != '\n') return s = bare_cr(c), true;
            place_ = place::end;
            return s = {{}, 1, true}, true;
        case place::mid:
        case place::end: break;
        }
        return false;
    }

    // The CR that was held back is content; `c` is what came instead of LF.
    constexpr step bare_cr(char c) noexcept {
        seen_.bare_cr = true;
        go_on(1);
        place_ = c == '\r' ? place::cr : place::mid;
        return {"\r", c == '\r' ? 1U : 0U, false};
    }

    constexpr void go_on(std::size_t octets) noexcept {
        octets_ += octets;
        line_ += octets;
        if (line_ > seen_.longest_line) seen_.longest_line = line_;
    }

    // ---- the scan: `in` begins with content, and nothing is held back

    // Gives slices up to a dot that is held back, up to the end of `in`, or one; returns the octets consumed.
    template <class Sink>
    constexpr std::size_t scan(std::string_view in, Sink& sink) noexcept {
        sink.start(in.data());
        if (in.size() < Backend::width) {
            const std::size_t plain = scan_plain(in, sink);
            return plain != 0 ? plain : scan_short(in, in.size(), sink);
        }
        if (Sink::single && place_ == place::dot) {
            if (const std::size_t consumed = scan_short(in, short_slice, sink); consumed != 0) return consumed;
        }
        return scan_blocks(in, sink);
    }

    // Takes a few octets if there is nothing special about any of them; else 0, and nothing has changed.
    template <class Sink>
    constexpr std::size_t scan_plain(std::string_view in, Sink& sink) noexcept {
        for (const char c : in) {
            if (!detail::is_plain(c)) return 0;
        }
        go_on(in.size());
        place_ = place::mid;
        sink.slice(in, 0);
        return in.size();
    }

    // Octet by octet: what comes in small pieces, and slices that end before `most` octets. Returns the octets consumed;
    // 0, and nothing has changed, if the slice goes on.
    template <class Sink>
    constexpr std::size_t scan_short(std::string_view in, std::size_t most, Sink& sink) noexcept {
        violations seen = seen_;
        std::size_t line = std::size_t{0} - line_; // where it starts: offsets wrap around
        std::size_t at = 0;
        std::size_t lines = 0;
        place now = place::mid;
        while (at < most) {
            const char c = in[at];
            if (detail::is_plain(c) || (c == '.' && now != place::start)) {
                now = place::mid;
            } else if (c == '.') {
                now = place::dot;
                break;
            } else if (c != '\r') {
                now = place::mid;
                flag(seen, c);
            } else if (at + 1 == in.size()) {
                now = place::cr;
                break;
            } else if (in[at + 1] == '\n') {
                now = place::start;
                ++at;
                if (at + 1 - line > seen.longest_line) seen.longest_line = at + 1 - line;
                line = at + 1;
                ++lines;
            } else {
                now = place::mid;
                seen.bare_cr = true;
            }
            ++at;
        }
        if (at != in.size() && now != place::dot && now != place::cr) return 0;
        seen_ = seen;
        place_ = now;
        octets_ += at;
        lines_ += lines;
        line_ = at - line;
        if (line_ > seen_.longest_line) seen_.longest_line = line_;
        sink.slice(in.substr(0, at), 0);
        return now == place::dot || now == place::cr ? at + 1 : at;
    }

    // An octet that is neither CR nor plain.
    static constexpr void flag(violations& seen, char c) noexcept {
        seen.bare_lf |= c == '\n';
        seen.nul |= c == '\0';
        seen.eight_bit |= static_cast<unsigned char>(c) >= 0x80;
    }

    template <class Sink>
    struct pass {
        std::string_view in; // without a CR at its end
        Sink& sink;
        detail::line_meter<Backend>& lines; // apart, so that the rest can be in registers
        std::size_t at = 0;                 // what is in front was looked at
        std::size_t begin = 0;              // of the slice
        std::uint64_t dropped = 0;
        std::uint64_t newlines = 0;
        violations seen{};
    };

    template <class Sink>
    constexpr std::size_t scan_blocks(std::string_view in, Sink& sink) noexcept {
        const bool cr = in.back() == '\r'; // held back
        detail::line_meter<Backend> lines(in, line_, seen_.longest_line);
        pass<Sink> p{in.substr(0, in.size() - (cr ? 1 : 0)), sink, lines};
        bool more = true;
        bool dots = place_ == place::dot; // near: the next block will not be clean
        bool skip = !dots && begins_plainly<Sink>(p.in);
        if (skip) p.at = 1;
        for (;;) {
            if (skip && skip_clean(p)) break;
            const std::size_t rest = p.in.size() - p.at;
            const std::size_t size = dots || p.at != 0 ? detail::up_to_block(rest) : detail::first_look<Backend>(rest);
            if (size == 0) break;
            const std::uint64_t dropped = p.dropped;
            more = look(p, size);
            if (!more || p.at == p.in.size()) break;
            skip = !std::exchange(dots, p.dropped != dropped);
        }
        if (!more) {
            place_ = place::dot;
        } else {
            place_ = cr ? place::cr : p.in.ends_with("\r\n") ? place::start : place::mid;
            if (cr && p.in.ends_with('\r')) p.seen.bare_cr = true;
        }
        end_pass(p);
        sink.slice({in.data() + p.begin, p.at - p.begin}, 0); // last: the sink may move octets
        return more ? in.size() : p.at + 1;                   // with the CR or the dot
    }

    template <class Sink>
    constexpr void end_pass(pass<Sink>& p) noexcept {
        octets_ += p.at - p.dropped;
        lines_ += p.newlines;
        line_ = p.lines.finish(p.at);
        seen_.bare_cr |= p.seen.bare_cr;
        seen_.bare_lf |= p.seen.bare_lf;
        seen_.nul |= p.seen.nul;
        seen_.eight_bit |= p.seen.eight_bit;
        seen_.longest_line = p.lines.longest();
    }

    // Whether some blocks follow an octet that need not be looked at. Copies are made in blocks from the very front.
    template <class Sink>
    static constexpr bool begins_plainly(std::string_view in) noexcept {
        return !Sink::copies && in.size() >= 2 * detail::block_size && is_harmless(in.front());
    }
    static constexpr bool is_harmless(char c) noexcept { return detail::is_plain(c) || c == '.'; }

    // Returns whether all of it is clean.
    template <class Sink>
    [[gnu::always_inline]] constexpr bool skip_clean(pass<Sink>& p) noexcept {
        if (std::is_constant_evaluated()) return false;
        const skipped s =
            count_lines_ ? skip<true>(p.in, p.at, p.sink, p.lines) : skip<false>(p.in, p.at, p.sink, p.lines);
        p.at = s.end;
        p.newlines += s.newlines;
        p.seen.nul |= s.nul;
        p.seen.eight_bit |= s.high;
        return !count_lines_ && skip_rest(p);
    }

    // Less than a block at the end of `in`: a whole one that begins with octets seen before costs less to look at than a
    // part of one. The meter need not be told, if it is lazy.
    template <class Sink>
    [[gnu::always_inline]] static bool skip_rest(pass<Sink>& p) noexcept {
        const std::size_t size = p.in.size();
        if (size - p.at > detail::block_size || size < 2 * detail::block_size || !p.lines.lazy()) return false;
        const char last = p.in[size - 1];
        const bool behind_cr = p.in[size - 2] == '\r';
        if (behind_cr ? last != '\n' : !is_harmless(last)) return false;
        const one_block b = ask(p.in.data() + size - 1 - detail::block_size);
        if (!b.clean) return false;
        p.seen.nul |= b.nul;
        p.seen.eight_bit |= b.high;
        p.at = size;
        return true;
    }
    struct one_block {
        bool clean, nul, high;
    };
    // Not inlined, as `skip` is not.
    [[gnu::noinline]] static one_block ask(const char* p) noexcept {
        detail::octet_sums<Backend> sums;
        const bool clean = detail::clean_block(p, sums);
        return {clean, sums.nul(), sums.high()};
    }

    struct skipped {
        std::size_t end, newlines;
        bool nul, high;
    };
    // Not inlined: its constants stay in registers, whatever stands around it.
    template <bool CountLines, class Sink>
    [[gnu::noinline]] static skipped skip(std::string_view in, std::size_t at, Sink& sink,
                                          detail::line_meter<Backend>& lines) noexcept {
        detail::octet_sums<Backend, CountLines> sums;
        auto run = sink.start_run(in.data() + at);
        detail::skip_clean<Backend, false>(in, at, lines, sums, [&](std::size_t i) { run.block(in.data() + i); });
        sink.end_run(run, in.data() + at);
        return {at, sums.carried, sums.nul(), sums.high()};
    }

    // Looks at the next `size` octets, 64 at most. False if the scan stops at p.at, in front of a dot that is held back
    // until what follows is known.
    template <class Sink>
    [[gnu::always_inline]] constexpr bool look(pass<Sink>& p, std::size_t size) noexcept {
        const detail::octet_bits o = detail::look<Backend>(p.in.data() + p.at, size);
        const std::string_view before = p.in.substr(0, p.at);
        const std::uint64_t behind_cr = o.cr << 1 | (before.ends_with('\r') ? 1U : 0U);
        const std::uint64_t ends = o.lf & behind_cr;
        std::uint64_t dots = o.dot & (ends << 1 | (before.ends_with("\r\n") ? 1U : 0U));
        // Of several slices, only that which a CR follows, for all that is known; of one slice, the first.
        const std::size_t next = p.at + size;
        const std::uint64_t cr_next = next == p.in.size() || p.in[next] == '\r' ? 1U : 0U;
        const std::uint64_t stops = Sink::single ? dots : dots & (o.cr >> 1 | cr_next << (size - 1));
        const bool more = stops == 0;
        if (!more) size = detail::first_bit(stops);
        const std::uint64_t valid = detail::low_bits(size);
        dots &= valid;
        const bool bare_lf = (o.lf & ~behind_cr & valid) != 0;
        p.seen.bare_lf |= bare_lf;
        p.seen.bare_cr |= (behind_cr & ~o.lf & valid) != 0;
        p.seen.nul |= (o.nul & valid) != 0;
        p.seen.eight_bit |= (o.high & valid) != 0;
        if (count_lines_) p.newlines += detail::count_apart(ends & valid);
        p.lines.pass(p.at, size, ends & valid, dots, bare_lf);
        drop(p, dots, p.in.data() + p.at + size);
        p.at += size;
        return more;
    }

    // Gives the slices in front of `dots`, which are octets from p.at on; `end` is where the block ends.
    template <class Sink>
    [[gnu::always_inline]] static constexpr void drop(pass<Sink>& p, std::uint64_t dots,
                                                      [[maybe_unused]] const char* end) noexcept {
        if constexpr (requires { p.sink.roomy(end, end); }) {
            if (dots != 0 && p.sink.roomy(p.in.data() + p.begin, end))
                return drop_each(p, dots, [&p](std::string_view s) noexcept { p.sink.slice_in_room(s); });
        }
        drop_each(p, dots, [&p](std::string_view s) noexcept { p.sink.slice(s, 1); });
    }
    template <class Sink, class Give>
    [[gnu::always_inline]] static constexpr void drop_each(pass<Sink>& p, std::uint64_t dots, Give give) noexcept {
        std::size_t begin = p.begin;
        std::size_t dropped = 0;
        for (; dots != 0; dots &= dots - 1, ++dropped) {
            const std::size_t dot = p.at + detail::first_bit(dots);
            give({p.in.data() + begin, dot - begin});
            begin = dot + 1;
        }
        p.begin = begin;
        p.dropped += dropped;
    }

    violations seen_; // its longest line is line_limit_ at least
    std::size_t line_limit_;
    std::uint64_t max_size_;
    std::size_t line_ = 0; // octets of the line that goes on
    std::uint64_t octets_ = 0;
    std::uint64_t lines_ = 0;
    place place_ = place::start;
    bool count_lines_;
};

using data_decoder = basic_data_decoder<detail::scan_backend>;

} // namespace sansmtp
