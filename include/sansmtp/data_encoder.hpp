// Puts the dots into the content of DATA and ends it: see data.hpp.
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

// What an encoder does with a CR or LF apart, which a client must not send [RFC 5321 2.3.8].
enum class newline_policy : std::uint8_t {
    normalise, // CR, LF and CRLF each become CRLF
    reject,    // the encoder fails: the message cannot be sent with DATA
};

// Whatever it is given, what comes out has no CR or LF apart and no end before `finish`. `next` and `for_each_slice` are
// those of slice_codec; their end means that the encoder failed, or had finished.
template <class Backend>
class basic_data_encoder : public detail::slice_codec<basic_data_encoder<Backend>> {
public:
    constexpr basic_data_encoder() noexcept = default;
    constexpr explicit basic_data_encoder(newline_policy policy) noexcept : policy_(policy) {}

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
        case place::mid: go_on(2, place::end); return "\r\n.\r\n";
        case place::cr: failed_ = true; break;
        case place::end: break;
        }
        return {};
    }

    // Whether a CR or LF apart was met with newline_policy::reject.
    constexpr bool failed() const noexcept { return failed_; }
    // Whether it was given an octet over 127, which must be declared [RFC 6152 3]. It may look some octets ahead of `consumed`.
    constexpr bool eight_bit() const noexcept { return eight_bit_; }
    // Octets of content so far, with the line ends as sent and without the stuffed dots: what SIZE counts [RFC 1870 3].
    constexpr std::uint64_t octets() const noexcept { return octets_; }
    // The octets of the longest line so far, with CRLF as sent and without the stuffed dot; 0 if none has more than 1000.
    // Such lines should not be sent unless the caller insists: errc::line_too_long [RFC 5321 4.5.3.1.6].
    constexpr std::size_t longest_line() const noexcept { return longest_ > text_line ? longest_ : 0; }

private:
    static constexpr std::size_t text_line = 1000;

    // The octet that comes next: `start` is behind a CRLF, `after_cr` behind a CR that was sent as CRLF, `cr` behind a
    // CR that is held back.
    enum class place : std::uint8_t { start, mid, after_cr, cr, end };

    friend detail::slice_codec<basic_data_encoder>;

    constexpr bool over() const noexcept { return place_ == place::end; }

    static constexpr std::size_t least_room = 32; // for a scan; one octet in 16 is kept for what is put in

    constexpr transfer encode_front(std::string_view in, std::span<char> out) noexcept {
        if (out.size() < least_room) {
            in = in.substr(0, out.size());
            if (out.size() == 1 && may_grow(in.front())) return {};
            const step s = this->next(in);
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
        refuse();
        return true_step(s, {{}, 0, true});
    }

    static constexpr bool true_step(step& s, step is) noexcept { return s = is, true; }

    constexpr void go_on(std::size_t octets, place now) noexcept {
        octets_ += octets;
        place_ = now;
        grow_line(octets);
        if (now == place::start || now == place::after_cr) line_ = 0;
    }

    constexpr void grow_line(std::size_t octets) noexcept {
        line_ += octets;
        if (line_ > longest_) longest_ = line_;
    }

    constexpr void refuse() noexcept {
        failed_ = true;
        place_ = place::end;
    }

    // ---- the scan: `in` begins with content, and nothing is held back

    template <class Sink>
    struct pass {
        std::string_view in;
        std::size_t size; // without a CR at the end of `in`
        Sink& sink;
        detail::line_meter<Backend>& lines; // apart, so that the rest can be in registers
        std::size_t at = 0;                 // what is in front was looked at
        std::size_t begin = 0;              // of the slice
        std::uint64_t grown = 0;            // octets of line ends that were put in
        bool high = false;                  // an octet over 127 was seen

        constexpr void give(std::size_t end, std::size_t left_out) noexcept {
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
        detail::line_meter<Backend> lines(in, line_, longest_);
        pass<Sink> p{in, in.size() - (cr ? 1 : 0), sink, lines};
        bool more = true;
        bool changed = false; // near: the next block will not be clean
        for (std::size_t size = detail::first_look<Backend>(p.size); size != 0;) {
            const std::size_t begin = p.begin;
            more = look(p, size);
            if (!more || p.at == p.size) break;
            if (!std::exchange(changed, p.begin != begin)) skip_clean(p);
            size = detail::up_to_block(p.size - p.at);
        }
        octets_ += p.at + p.grown;
        eight_bit_ |= p.high;
        line_ = p.lines.finish(p.at);
        longest_ = p.lines.longest();
        return more ? end_scan(p, cr) : p.at;
    }

    // The end of `in`, where there may be a CR. Returns the octets consumed.
    template <class Sink>
    constexpr std::size_t end_scan(pass<Sink>& p, bool cr) noexcept {
        if (p.at != 0) place_ = p.line_start() ? place::start : place::mid;
        const bool kept = cr && policy_ == newline_policy::reject;
        p.give(p.at, kept ? 1 : 0);
        if (kept) {
            place_ = place::cr;
            return p.at + 1;
        }
        if (!cr || (Sink::single && p.at != 0) || !p.sink.fits()) return p.at;
        p.give(p.at, 1);
        p.sink.literal("\r\n");
        go_on(2, place::after_cr);
        return p.at + 1;
    }

    template <class Sink>
    [[gnu::always_inline]] static constexpr void skip_clean(pass<Sink>& p) noexcept {
        if (std::is_constant_evaluated()) return;
        const skipped s = skip(p.in.substr(0, p.size), p.at, p.sink, p.lines);
        p.at = s.end;
        p.high |= s.high;
    }
    struct skipped {
        std::size_t end;
        bool high;
    };
    // Not inlined: its constants stay in registers, whatever stands around it. A CR apart has to be replaced, so what
    // follows it must be known.
    template <class Sink>
    [[gnu::noinline]] static skipped skip(std::string_view in, std::size_t at, Sink& sink,
                                          detail::line_meter<Backend>& lines) noexcept {
        detail::octet_sums<Backend> sums;
        auto run = sink.start_run(in.data() + at);
        detail::skip_clean<Backend, true>(in, at, lines, sums, [&](std::size_t i) { run.block(in.data() + i); });
        sink.end_run(run, in.data() + at);
        return {at, sums.high()};
    }

    // Looks at the next `size` octets, 64 at most. False if the scan stops at p.at.
    template <class Sink>
    [[gnu::always_inline]] constexpr bool look(pass<Sink>& p, std::size_t size) noexcept {
        const detail::octet_bits o = detail::look<Backend>(p.in.data() + p.at, size);
        p.high |= o.high != 0;
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
        if (bare == 0) p.lines.pass(start, size, o.lf, 0, false);
        return true;
    }

    // The octet at p.at is a bare CR or LF, or else a dot at the start of a line. False if the scan stops at p.at.
    template <class Sink>
    [[gnu::always_inline]] constexpr bool change(pass<Sink>& p, bool bare) noexcept {
        const bool refused = bare && policy_ == newline_policy::reject;
        if (refused || (Sink::single && p.at != 0) || !p.sink.fits()) {
            if (p.at != 0) place_ = p.line_start() ? place::start : place::mid;
            p.give(p.at, 0);
            if (refused) refuse();
            return false;
        }
        p.give(p.at, bare ? 1 : 0);
        p.sink.literal(bare ? "\r\n" : ".");
        if (bare) end_line(p.lines, p.at), ++p.grown;
        if (!Sink::single) return true;
        place_ = place::start; // a bare CR or LF at the very front: a dot there was dealt with before
        ++p.at;
        return false;
    }

    // Not inlined, as few texts have a CR or LF apart, and those with many dots are faster without this among them.
    [[gnu::noinline]] static constexpr void end_line(detail::line_meter<Backend>& lines, std::size_t at) noexcept {
        lines.end_line(at);
    }

    std::uint64_t octets_ = 0;
    std::size_t line_ = 0; // octets of the line that goes on
    std::size_t longest_ = text_line;
    newline_policy policy_ = newline_policy::normalise;
    place place_ = place::start;
    bool failed_ = false;
    bool eight_bit_ = false;
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
