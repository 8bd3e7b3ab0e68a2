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
//
// The same in one call: `for_each_slice(in, use)`, or `decode` and `encode` into a buffer. They are faster where slices
// are short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "detail/line_meter.hpp"
#include "detail/scan.hpp"
#include "detail/slices.hpp"

namespace sansmtp {

// What a codec made of the front of its input. As long as there is input, each step gives octets, consumes some, or
// ends.
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

// What content held so far.
struct violations {
    bool bare_cr = false; // a CR without LF
    bool bare_lf = false; // an LF without CR
    bool nul = false;
    bool eight_bit = false;       // an octet >= 0x80
    std::size_t longest_line = 0; // octets with CRLF and without the stuffed dot: see data_decoder

    friend constexpr bool operator==(const violations&, const violations&) noexcept = default;
};

// Takes the dots out and finds the end [RFC 5321 4.5.2].
template <class Backend>
class basic_data_decoder {
public:
    constexpr basic_data_decoder() noexcept : basic_data_decoder(0) {}
    // Lines of up to `line_limit` octets with CRLF are not measured, which is faster: `seen().longest_line` is 0 unless
    // one is longer.
    constexpr explicit basic_data_decoder(std::size_t line_limit) noexcept : line_limit_(line_limit) {
        seen_.longest_line = line_limit;
    }

    // Decodes the front of `in`, which follows what was consumed before. After the end nothing is consumed.
    constexpr step next(std::string_view in) noexcept {
        if (place_ == place::end) return {{}, 0, true};
        if (in.empty()) return {};
        step s;
        if (held(in.front(), s)) return s;
        detail::one_slice sink;
        s.consumed = scan(in, sink);
        s.bytes = sink.slice();
        return s;
    }

    // Decodes `in`, calls `use(std::string_view)` for each slice, and returns the octets consumed: all of `in`, or those
    // up to the end of the content.
    template <class Use>
    constexpr std::size_t for_each_slice(std::string_view in, Use&& use) noexcept {
        detail::each_slice<Use> sink(use);
        return run(in, sink);
    }

    // Decodes what of `in` has room in `out`. With room for 2 octets it makes progress. Room behind what was written
    // may be overwritten.
    constexpr transfer decode(std::string_view in, std::span<char> out) noexcept {
        // What was held back may come out too.
        const std::size_t kept = place_ == place::cr || place_ == place::dot_cr ? 1 : 0;
        if (out.size() <= kept) return {};
        in = in.substr(0, out.size() - kept);
        detail::copied_slices<Backend> sink(in, out.data());
        const std::size_t consumed = run(in, sink);
        return {consumed, sink.written()};
    }

    constexpr violations seen() const noexcept {
        violations v = seen_;
        if (v.longest_line <= line_limit_) v.longest_line = 0;
        return v;
    }
    // Octets of content so far.
    constexpr std::uint64_t octets() const noexcept { return octets_; }
    constexpr bool done() const noexcept { return place_ == place::end; }

private:
    // The octet that comes next: `start` is behind a CRLF, the three others behind what is held back.
    enum class place : std::uint8_t { start, mid, cr, dot, dot_cr, end };

    template <class Sink>
    constexpr std::size_t run(std::string_view in, Sink& sink) noexcept {
        std::size_t at = 0;
        while (at < in.size() && place_ != place::end) {
            step s;
            if (held(in[at], s)) {
                if (!s.bytes.empty()) sink.literal(s.bytes);
                at += s.consumed;
            } else {
                at += scan(in.substr(at), sink);
            }
        }
        return at;
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

    template <class Sink>
    struct pass {
        std::string_view in; // without a CR at its end
        Sink& sink;
        detail::line_meter<Backend> lines;
        std::size_t at = 0;    // what is in front was looked at
        std::size_t begin = 0; // of the slice
        std::uint64_t dropped = 0;
        violations seen{};

        // A slice ends; the next one begins `left_out` octets behind it.
        constexpr void emit(std::size_t end, std::size_t left_out) noexcept {
            sink.slice({in.data() + begin, end - begin}, left_out);
            begin = end + left_out;
        }
    };

    static constexpr std::uint64_t few_dots = 3; // with more of them in a block, the next block will not be clean

    // Gives slices up to a dot that is held back, up to the end of `in`, or one; returns the octets consumed.
    template <class Sink>
    constexpr std::size_t scan(std::string_view in, Sink& sink) noexcept {
        if (in.size() < Backend::width) {
            const std::size_t plain = scan_plain(in);
            if (plain == in.size()) {
                sink.start(in.data());
                sink.slice(in, 0);
                return plain;
            }
        }
        const std::size_t cr = in.back() == '\r' ? 1 : 0; // held back
        pass<Sink> p{in.substr(0, in.size() - cr), sink, {in, line_, seen_.longest_line}};
        sink.start(in.data());
        bool more = true;
        for (std::size_t size = detail::first_look(p.in.size()); size != 0;) {
            const std::uint64_t dropped = p.dropped;
            more = look(p, size);
            if (!more) break;
            if (p.dropped - dropped < few_dots) skip_clean(p);
            size = detail::up_to_block(p.in.size() - p.at);
        }
        if (more) {
            p.emit(p.at, 0);
            place_ = cr != 0 ? place::cr : p.in.ends_with("\r\n") ? place::start : place::mid;
            if (cr != 0 && p.in.ends_with('\r')) p.seen.bare_cr = true;
        }
        end_pass(p);
        return more ? in.size() : p.at + 1; // with the CR or the dot
    }

    // Takes a few octets if there is nothing special about any of them: what comes in small pieces. Returns in.size(), or
    // less if nothing was taken.
    constexpr std::size_t scan_plain(std::string_view in) noexcept {
        std::size_t plain = 0;
        while (plain != in.size() && detail::is_plain(in[plain])) ++plain;
        if (plain == in.size()) {
            go_on(plain);
            place_ = place::mid;
        }
        return plain;
    }

    template <class Sink>
    constexpr void end_pass(pass<Sink>& p) noexcept {
        octets_ += p.at - p.dropped;
        line_ = p.lines.finish(p.at);
        seen_.bare_cr |= p.seen.bare_cr;
        seen_.bare_lf |= p.seen.bare_lf;
        seen_.nul |= p.seen.nul;
        seen_.eight_bit |= p.seen.eight_bit;
        seen_.longest_line = p.lines.longest();
    }

    template <class Sink>
    [[gnu::always_inline]] static constexpr void skip_clean(pass<Sink>& p) noexcept {
        if (std::is_constant_evaluated()) return;
        detail::octet_sums<Backend> sums;
        auto run = p.sink.start_run(p.in.data() + p.at);
        for (;;) {
            const std::size_t from = p.at;
            const std::size_t due = p.lines.due();
            p.at = detail::skip_clean<Backend, false>(p.in, from, due, sums,
                                                      [&](std::size_t at) { run.block(p.in.data() + at); });
            if (p.at == from || p.at < due) break;
            p.lines.pass_due(p.at);
        }
        p.sink.end_run(run, p.in.data() + p.at);
        p.seen.nul |= sums.nul();
        p.seen.eight_bit |= sums.high();
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
        p.lines.pass(p.at, size, ends & valid, dots, bare_lf);
        std::size_t begin = p.begin;
        std::size_t dropped = 0;
        for (; dots != 0; dots &= dots - 1, ++dropped) {
            const std::size_t dot = p.at + detail::first_bit(dots);
            p.sink.slice({p.in.data() + begin, dot - begin}, 1);
            begin = dot + 1;
        }
        p.begin = begin;
        p.dropped += dropped;
        p.at += size;
        if (!more) p.emit(p.at, 1), place_ = place::dot;
        return more;
    }

    violations seen_; // its longest line is line_limit_ at least
    std::size_t line_limit_;
    std::size_t line_ = 0; // octets of the line that goes on
    std::uint64_t octets_ = 0;
    place place_ = place::start;
};

using data_decoder = basic_data_decoder<detail::scan_backend>;

// What an encoder does with a CR or LF apart, which a client must not send [RFC 5321 2.3.8].
enum class newline_policy : std::uint8_t {
    normalise, // CR, LF and CRLF each become CRLF
    reject,    // the encoder fails: the message cannot be sent with DATA
};

// Puts the dots in and ends the content [RFC 5321 4.5.2]. Whatever it is given, what comes out has no CR or LF apart
// and no end before `finish`.
template <class Backend>
class basic_data_encoder {
public:
    constexpr basic_data_encoder() noexcept = default;
    constexpr explicit basic_data_encoder(newline_policy policy) noexcept : policy_(policy) {}

    // Encodes the front of `in`, which follows what was consumed before. The end of a step means that the encoder
    // failed, or had finished; from then on nothing is consumed.
    constexpr step next(std::string_view in) noexcept {
        if (place_ == place::end) return {{}, 0, true};
        if (in.empty()) return {};
        step s;
        if (held(in.front(), s)) return s;
        detail::one_slice sink;
        s.consumed = scan(in, sink);
        s.bytes = sink.slice();
        s.end = place_ == place::end;
        return s;
    }

    // Encodes `in`, calls `use(std::string_view)` for each slice, which suits writev, and returns the octets consumed:
    // all of `in`, unless it fails.
    template <class Use>
    constexpr std::size_t for_each_slice(std::string_view in, Use&& use) noexcept {
        detail::each_slice<Use> sink(use);
        return run(in, sink);
    }

    // Encodes as much of `in` as has room in `out`. With room for 2 octets it makes progress, unless it failed. Room
    // behind what was written may be overwritten.
    constexpr transfer encode(std::string_view in, std::span<char> out) noexcept {
        transfer total;
        while (total.consumed < in.size() && total.written < out.size() && place_ != place::end) {
            const std::size_t room = out.size() - total.written;
            const std::string_view rest = in.substr(total.consumed);
            const transfer t = encode_front(rest, out.last(room));
            if (t.consumed == 0 && t.written == 0) break;
            total.consumed += t.consumed;
            total.written += t.written;
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

    template <class Sink>
    constexpr std::size_t run(std::string_view in, Sink& sink) noexcept {
        std::size_t at = 0;
        while (at < in.size() && place_ != place::end) {
            step s;
            if (held(in[at], s)) {
                if (!s.bytes.empty()) sink.literal(s.bytes);
                at += s.consumed;
            } else {
                at += scan(in.substr(at), sink);
            }
        }
        return at;
    }

    static constexpr std::size_t least_room = 32; // for a scan; one octet in 16 is kept for what is put in

    constexpr transfer encode_front(std::string_view in, std::span<char> out) noexcept {
        if (out.size() < least_room) {
            in = in.substr(0, out.size());
            if (out.size() == 1 && may_grow(in.front())) return {};
            const step s = next(in);
            std::char_traits<char>::copy(out.data(), s.bytes.data(), s.bytes.size());
            return {s.consumed, s.bytes.size()};
        }
        const std::size_t spare = out.size() / 16;
        in = in.substr(0, out.size() - spare);
        detail::copied_slices<Backend> sink(in, out.data(), spare);
        step s;
        if (held(in.front(), s)) {
            sink.literal(s.bytes);
            return {s.consumed, sink.written()};
        }
        const std::size_t consumed = scan(in, sink);
        return {consumed, sink.written()};
    }

    // Whether this octet may be sent as two.
    constexpr bool may_grow(char c) const noexcept {
        return c == '\r' || c == '\n' || (c == '.' && place_ != place::mid);
    }

    // Whether `c`, which comes next, is more than content because of what came before; then `s` is the step.
    constexpr bool held(char c, step& s) noexcept {
        if (place_ == place::after_cr) {
            place_ = place::start;
            if (c == '\n') return true_step(s, {{}, 1, false});
        }
        if (place_ == place::start && c == '.') {
            go_on(1, place::mid);
            return true_step(s, {"..", 1, false});
        }
        if (place_ != place::cr) return false;
        if (c == '\n') {
            go_on(2, place::start);
            return true_step(s, {"\r\n", 1, false});
        }
        fail();
        return true_step(s, {{}, 0, true});
    }

    static constexpr bool true_step(step& s, step is) noexcept { return s = is, true; }

    constexpr void go_on(std::uint64_t octets, place now) noexcept {
        octets_ += octets;
        place_ = now;
    }

    constexpr void fail() noexcept {
        failed_ = true;
        place_ = place::end;
    }

    // ---- the scan: `in` begins with content, and nothing is held back

    template <class Sink>
    struct pass {
        std::string_view in;
        std::size_t size; // without a CR at the end of `in`
        Sink& sink;
        std::size_t at = 0;      // what is in front was looked at
        std::size_t begin = 0;   // of the slice
        std::uint64_t grown = 0; // octets of line ends that were put in

        constexpr void emit(std::size_t end, std::size_t left_out) noexcept {
            sink.slice({in.data() + begin, end - begin}, left_out);
            begin = end + left_out;
        }
        // Whether a line starts at `at`. All that was looked at is whole lines by now, however they ended.
        constexpr bool line_start() const noexcept { return at != 0 && (in[at - 1] == '\n' || in[at - 1] == '\r'); }
    };

    // Gives slices up to the end of `in`, up to where the sink has no room, or one; returns the octets consumed.
    template <class Sink>
    constexpr std::size_t scan(std::string_view in, Sink& sink) noexcept {
        const bool cr = in.back() == '\r';
        sink.start(in.data());
        pass<Sink> p{in, in.size() - (cr ? 1 : 0), sink};
        bool more = true;
        for (std::size_t size = detail::first_look(p.size); size != 0;) {
            more = look(p, size);
            if (!more) break;
            skip_clean(p);
            size = detail::up_to_block(p.size - p.at);
        }
        if (more) end_scan(p, cr);
        octets_ += p.at + p.grown;
        return p.at;
    }

    template <class Sink>
    constexpr void end_scan(pass<Sink>& p, bool cr) noexcept {
        if (p.at != 0) place_ = p.line_start() ? place::start : place::mid;
        const bool kept = cr && policy_ == newline_policy::reject;
        p.emit(p.at, kept ? 1 : 0);
        if (kept) {
            place_ = place::cr;
            ++p.at;
            --octets_; // until its LF comes
        } else if (cr && !(Sink::single && p.at != 0) && p.sink.fits()) {
            p.emit(p.at, 1);
            p.sink.literal("\r\n");
            place_ = place::after_cr;
            ++p.at;
            ++p.grown;
        }
    }

    template <class Sink>
    [[gnu::always_inline]] static constexpr void skip_clean(pass<Sink>& p) noexcept {
        if (std::is_constant_evaluated()) return;
        detail::octet_sums<Backend> unused;
        auto run = p.sink.start_run(p.in.data() + p.at);
        // A CR apart has to be replaced, so what follows it must be known.
        p.at = detail::skip_clean<Backend, true>(p.in.substr(0, p.size), p.at, p.size, unused,
                                                 [&](std::size_t at) { run.block(p.in.data() + at); });
        p.sink.end_run(run, p.in.data() + p.at);
    }

    // Looks at the next `size` octets, 64 at most. False if the scan stops at p.at.
    template <class Sink>
    [[gnu::always_inline]] constexpr bool look(pass<Sink>& p, std::size_t size) noexcept {
        const detail::octet_bits o = detail::look<Backend>(p.in.data() + p.at, size);
        const std::size_t end = p.at + size;
        const std::uint64_t behind_cr = o.cr << 1 | (p.at != 0 && p.in[p.at - 1] == '\r' ? 1U : 0U);
        const std::uint64_t lf_next = end < p.in.size() && p.in[end] == '\n' ? 1U : 0U;
        const std::uint64_t bare_cr = o.cr & ~(o.lf >> 1 | lf_next << (size - 1));
        const std::uint64_t bare = bare_cr | (o.lf & ~behind_cr);
        const std::uint64_t dots = o.dot & ((o.lf | bare_cr) << 1 | (p.line_start() ? 1U : 0U));
        const std::size_t start = p.at;
        for (std::uint64_t events = bare | dots; events != 0; events &= events - 1) {
            const std::size_t bit = detail::first_bit(events);
            p.at = start + bit;
            if (!change(p, (bare >> bit & 1) != 0)) return false;
        }
        p.at = end;
        return true;
    }

    // The octet at p.at is a bare CR or LF, or else a dot at the start of a line. False if the scan stops at p.at.
    template <class Sink>
    constexpr bool change(pass<Sink>& p, bool bare) noexcept {
        const bool refused = bare && policy_ == newline_policy::reject;
        if (refused || (Sink::single && p.at != 0) || !p.sink.fits()) {
            if (p.at != 0) place_ = p.line_start() ? place::start : place::mid;
            p.emit(p.at, 0);
            if (refused) fail();
            return false;
        }
        p.emit(p.at, bare ? 1 : 0);
        p.sink.literal(bare ? "\r\n" : ".");
        if (bare) ++p.grown;
        if (!Sink::single) return true;
        place_ = place::start; // a bare CR or LF at the very front: a dot there was dealt with before
        ++p.at;
        return false;
    }

    std::uint64_t octets_ = 0;
    newline_policy policy_ = newline_policy::normalise;
    place place_ = place::start;
    bool failed_ = false;
};

using data_encoder = basic_data_encoder<detail::scan_backend>;

// The octets that an encoder makes of `content` with newline_policy::normalise, those of finish() included.
constexpr std::uint64_t encoded_size(std::string_view content) noexcept {
    data_encoder encoder;
    std::uint64_t size = 0;
    encoder.for_each_slice(content, [&size](std::string_view s) noexcept { size += s.size(); });
    return size + encoder.finish().size();
}

} // namespace sansmtp
