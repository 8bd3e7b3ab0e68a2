// The codecs of DATA against the model, in pieces that the input chooses.
//
// The first octet says how long the pieces are; the rest is a wire for the decoder and content for the encoder.
#include <sansmtp/data.hpp>

#include "support/data_model.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void check(bool ok) {
    if (!ok) std::abort();
}

// Pieces of 1 to 64 octets, of ever other lengths.
model::pieces slices(std::string_view text, std::size_t seed) {
    model::pieces all;
    while (!text.empty()) {
        const std::size_t length = seed % 64 + 1;
        all.push_back(text.substr(0, length));
        text.remove_prefix(all.back().size());
        seed = seed * 5 + 3;
    }
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t seed = data[0];
    const std::string text(data + 1, data + size);

    const model::decoded wire = model::decode(text);
    check(model::run_decoder({text}) == wire);
    check(model::run_decoder(slices(text, seed)) == wire);

    for (const auto policy : {sansmtp::newline_policy::normalise, sansmtp::newline_policy::reject}) {
        const model::encoded sent = model::encode(text, policy);
        check(model::run_encoder({text}, policy) == sent);
        check(model::run_encoder(slices(text, seed), policy) == sent);
        check(model::run_bulk(slices(text, seed), policy, seed % 61 + 2) == sent);
        if (!sent.wire) continue;
        const model::decoded back = model::run_decoder(slices(*sent.wire, seed));
        check(back.end && back.rest.empty() && back.content == model::normalised(text) && back.octets == sent.octets);
        check(!back.seen.bare_cr && !back.seen.bare_lf);
    }
    return 0;
}
