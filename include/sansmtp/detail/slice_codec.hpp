// How the decoder and the encoder of DATA are driven.
//
// A codec has `over`, whether it takes no more; `held`, whether the octet that comes next is more than content because of
// what came before, and the step that it gives then; and `scan`, which takes content up to such an octet.
#pragma once

#include <cstddef>
#include <string_view>

#include "../step.hpp"
#include "slices.hpp"

namespace sansmtp::detail {

template <class Codec>
class slice_codec {
public:
    // Takes the front of `in`, which follows what was consumed before. With the end, nothing more is ever consumed.
    constexpr step next(std::string_view in) noexcept {
        if (self().over()) return {{}, 0, true};
        if (in.empty()) return {};
        step s;
        if (self().held(in.front(), s)) return s;
        one_slice sink;
        s.consumed = self().scan(in, sink);
        s.bytes = sink.slice();
        s.end = self().over();
        return s;
    }

    // Takes `in`, calls `use(std::string_view)` for each slice, which suits writev, and returns the octets consumed: all
    // of `in`, or those up to the end.
    template <class Use>
    constexpr std::size_t for_each_slice(std::string_view in, Use&& use) noexcept {
        each_slice<Use> sink(use);
        return run(in, sink);
    }

protected:
    template <class Sink>
    constexpr std::size_t run(std::string_view in, Sink& sink) noexcept {
        std::size_t at = 0;
        while (at < in.size() && !self().over()) {
            step s;
            if (self().held(in[at], s)) {
                if (!s.bytes.empty()) sink.literal(s.bytes);
                at += s.consumed;
            } else {
                at += self().scan(in.substr(at), sink);
            }
        }
        return at;
    }

private:
    constexpr Codec& self() noexcept { return static_cast<Codec&>(*this); }
};

} // namespace sansmtp::detail
