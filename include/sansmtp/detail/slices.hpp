// Where the slices that a codec finds in its input go.
//
// A codec tells a sink where it starts (`start`), runs of blocks that belong to the present slice as a whole (between
// `start_run` and `end_run`), the end of each slice, with how many octets of input are left out behind it (`slice`), and
// what stands between slices (`literal`). `single` says that the codec stops behind the first slice; `fits`, whether a
// literal has room, or the codec is to stop in front of it; `copies`, whether runs are copied.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "scan.hpp"

namespace sansmtp::detail {

// Runs of who does not copy.
struct no_run {
    constexpr void block(const char*) noexcept {}
};

class one_slice {
public:
    static constexpr bool single = true;
    static constexpr bool copies = false;

    constexpr void start(const char*) noexcept {}
    static constexpr no_run start_run(const char*) noexcept { return {}; }
    constexpr void end_run(no_run, const char*) noexcept {}
    constexpr void slice(std::string_view s, std::size_t) noexcept { slice_ = s; }
    constexpr void literal(std::string_view s) noexcept { slice_ = s; }
    static constexpr bool fits() noexcept { return true; }

    constexpr std::string_view slice() const noexcept { return slice_; }

private:
    std::string_view slice_;
};

template <class Use>
class each_slice {
public:
    static constexpr bool single = false;
    static constexpr bool copies = false;

    constexpr explicit each_slice(Use& use) noexcept : use_(use) {}

    constexpr void start(const char*) noexcept {}
    static constexpr no_run start_run(const char*) noexcept { return {}; }
    constexpr void end_run(no_run, const char*) noexcept {}
    constexpr void slice(std::string_view s, std::size_t) noexcept(noexcept(use_(s))) {
        if (!s.empty()) use_(s);
    }
    constexpr void literal(std::string_view s) noexcept(noexcept(use_(s))) { use_(s); }
    static constexpr bool fits() noexcept { return true; }

private:
    Use& use_;
};

// Moves slices together at `to`, which lies in `in` and never reaches what was not taken yet. Exact: what is behind a
// slice is input.
template <class Backend>
class joined_slices {
public:
    static constexpr bool single = false;
    static constexpr bool copies = false;

    constexpr joined_slices(std::string_view in, char* to) noexcept
        : end_(in.data() + in.size()), begin_(to), to_(to) {}

    constexpr void start(const char*) noexcept {}
    static constexpr no_run start_run(const char*) noexcept { return {}; }
    constexpr void end_run(no_run, const char*) noexcept {}
    constexpr void slice(std::string_view s, std::size_t) noexcept {
        move_down<Backend>(s, to_);
        to_ += s.size();
    }
    // Whether so much was left out in front of `from` that slices from there to `end` may be moved by whole values,
    // whatever of these belongs to the slice: the gap takes it.
    constexpr bool roomy(const char* from, const char* end) const noexcept {
        constexpr std::ptrdiff_t width = Backend::width;
        return !std::is_constant_evaluated() && from - to_ >= width && end_ - end >= width;
    }
    [[gnu::always_inline]] void slice_in_room(std::string_view s) noexcept {
        std::size_t done = 0;
        do Backend::store(to_ + done, Backend::load(s.data() + done));
        while ((done += Backend::width) < s.size());
        to_ += s.size();
    }
    constexpr void literal(std::string_view s) noexcept {
        std::char_traits<char>::copy(to_, s.data(), s.size());
        to_ += s.size();
    }

    constexpr std::size_t written() const noexcept { return static_cast<std::size_t>(to_ - begin_); }

private:
    const char* end_; // of the input
    char* begin_;
    char* to_;
};

// Copies slices. What holds: the room that is left is not less than the input that is left, so that values of 16 octets
// may be copied as long as the input has as many, whatever of them belongs to the slice.
template <class Backend>
class copied_slices {
public:
    static constexpr bool single = false;
    static constexpr bool copies = true;

    // `out` has room for `in`, for `spare` octets more, and for the literals that come before `start`.
    constexpr copied_slices(std::string_view in, char* out, std::size_t spare = 0) noexcept
        : end_(in.data() + in.size()), out_(out), to_(out), spare_(spare) {}

    constexpr void start(const char* p) noexcept { from_ = p; }
    struct run {
        char* to;
        void block(const char* p) noexcept {
            fetch_ahead(p);
            octet_values<Backend>(p).store(to);
            to += block_size;
        }
    };
    constexpr run start_run(const char* p) noexcept {
        copy_to(p);
        return {to_};
    }
    constexpr void end_run(run r, const char* p) noexcept {
        from_ = p;
        to_ = r.to;
    }
    constexpr void slice(std::string_view s, std::size_t left_out) noexcept {
        copy_to(s.data() + s.size());
        from_ += left_out;
    }
    constexpr void literal(std::string_view s) noexcept {
        std::char_traits<char>::copy(to_, s.data(), s.size());
        to_ += s.size();
    }
    // Each literal adds two octets at most to what the input has.
    constexpr bool fits() noexcept {
        if (spare_ < 2) return false;
        spare_ -= 2;
        return true;
    }

    constexpr std::size_t written() const noexcept { return static_cast<std::size_t>(to_ - out_); }

private:
    constexpr void copy_to(const char* p) noexcept {
        const auto size = static_cast<std::size_t>(p - from_);
        const auto all = static_cast<std::size_t>(end_ - from_);
        std::size_t done = 0;
        if (!std::is_constant_evaluated()) {
            for (; done < size && all - done >= Backend::width; done += Backend::width)
                Backend::store(to_ + done, Backend::load(from_ + done));
        }
        if (done < size) std::char_traits<char>::copy(to_ + done, from_ + done, size - done);
        from_ = p;
        to_ += size;
    }

    const char* from_ = nullptr; // the next octet to copy
    const char* end_;            // of the input
    char* out_;
    char* to_;
    std::size_t spare_;
};

} // namespace sansmtp::detail
