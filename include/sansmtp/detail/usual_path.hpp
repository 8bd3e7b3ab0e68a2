// What most paths are: "<" Dot-string "@" Domain ">" of at most 64 octets, where dots and hyphens stand between letters and
// digits. They are found by looking at sixteen octets at once; all others are left to mailbox.hpp, whose rules take these as well.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse2.hpp"

namespace sansmtp::detail {

// Where a usual path has its "@" and its ">", counted from behind its "<"; both 0 if it is none.
struct usual_path {
    std::size_t local = 0;
    std::size_t size = 0;
};

#if defined(__SSE2__)

// One bit for each octet: what it is.
struct path_bits {
    std::uint64_t let_dig = 0;
    std::uint64_t joint = 0; // "-" or "."
    std::uint64_t mark = 0;  // "@" or ">"

    // Adds the sixteen octets at p + Place; of those that begin `skip` octets earlier, the ones behind these.
    template <std::size_t Place>
    [[gnu::always_inline]] void add(const char* p, std::size_t skip = 0) noexcept {
        const sse2::octets octets = sse2::load(p + Place - skip);
        const auto between = [](sse2::octets v, int first, int last) { // moved up so that `last` is the greatest number
            return sse2::greater(v + sse2::all(127 - last), sse2::all(126 - (last - first)));
        };
        const auto bits = [skip](sse2::octets v) { return static_cast<std::uint64_t>(sse2::bits(v) >> skip) << Place; };
        let_dig |= bits(between(octets | sse2::all(0x20), 'a', 'z') | between(octets, '0', '9'));
        joint |= bits(between(octets, '-', '.'));
        mark |= bits(sse2::equal(octets, sse2::all('@')) | sse2::equal(octets, sse2::all('>')));
    }
    // The same where there are `left` octets at `p`: the last of them may be less than sixteen. As many end there.
    template <std::size_t Place>
    [[gnu::always_inline]] void add_up_to(const char* p, std::size_t left) noexcept {
        add<Place>(p, left < Place + 16 ? Place + 16 - left : 0);
    }
    // The marks but for the first one.
    std::uint64_t more_marks() const noexcept { return mark & (mark - 1); }
};

// A usual path in `text` behind the "<" that is in front of `start`.
[[gnu::noinline]] inline usual_path find_usual_path(std::string_view text, std::size_t start) noexcept {
    if (text.size() < 16) return {};
    const char* const p = text.data() + start;
    const std::size_t left = text.size() - start;
    path_bits is;
    if (left >= 32) {
        is.add<0>(p);
        is.add<16>(p);
    } else {
        is.add_up_to<0>(p, left);
        if (left > 16) is.add_up_to<16>(p, left);
    }
    if (left > 32 && is.more_marks() == 0) is.add_up_to<32>(p, left);
    if (left > 48 && is.more_marks() == 0) is.add_up_to<48>(p, left);
    const std::uint64_t second = is.more_marks();
    if (second == 0) return {};
    const auto at = static_cast<std::size_t>(std::countr_zero(is.mark));
    const auto end = static_cast<std::size_t>(std::countr_zero(second));
    // No joint or mark follows another one, or the "<".
    const std::uint64_t separator = is.joint | is.mark;
    const std::uint64_t wrong = (separator & (separator << 1 | 1U)) | ~(is.let_dig | separator);
    const std::uint64_t path = second ^ (second - 1); // up to its ">"
    if (p[at] != '@' || p[end] != '>' || (wrong & path) != 0) return {};
    return {at, end};
}

#endif

} // namespace sansmtp::detail
