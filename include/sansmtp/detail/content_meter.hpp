// What content holds that came in chunks: it is looked at and passed on as it is [RFC 3030 2].
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../data.hpp"
#include "line_meter.hpp"
#include "scan.hpp"

namespace sansmtp::detail {

template <class Backend>
class basic_content_meter {
public:
    // Looks at the next octets of the content.
    constexpr void look_at(std::string_view in) noexcept {
        line_meter<Backend> lines(in, line_, seen_.longest_line);
        for (std::size_t at = 0; at < in.size();) {
            const std::size_t size = up_to_block(in.size() - at);
            const octet_bits o = look<Backend>(in.data() + at, size);
            const std::uint64_t valid = low_bits(size);
            const std::uint64_t behind_cr = o.cr << 1 | (cr_ ? 1U : 0U);
            const std::uint64_t bare_lf = o.lf & ~behind_cr & valid;
            seen_.bare_lf |= bare_lf != 0;
            seen_.bare_cr |= (behind_cr & ~o.lf & valid) != 0;
            seen_.nul |= (o.nul & valid) != 0;
            seen_.eight_bit |= (o.high & valid) != 0;
            cr_ = (o.cr >> (size - 1) & 1U) != 0;
            lines.pass(at, size, o.lf & behind_cr & valid, 0, bare_lf != 0);
            at += size;
        }
        line_ = lines.finish(in.size());
        seen_.longest_line = lines.longest();
    }

    // What was seen so far, if the content ends here.
    constexpr violations seen() const noexcept {
        violations v = seen_;
        v.bare_cr |= cr_;
        return v;
    }

private:
    violations seen_;
    std::size_t line_ = 0; // octets of the line that goes on
    bool cr_ = false;      // the last octet was a CR
};

using content_meter = basic_content_meter<scan_backend>;

} // namespace sansmtp::detail
