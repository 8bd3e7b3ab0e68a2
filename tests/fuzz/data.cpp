// The codecs of DATA, of every backend, against the model, in pieces that the input chooses.
//
// The first octet says how long the pieces are; the rest is a wire for the decoder and content for the encoder.
#include <sansmtp/data.hpp>

#include "support/data_model.hpp"
#include "support/fuzz.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using fuzz::check;

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

// What is between two octets that matter is made longer, so that short inputs reach whole blocks.
std::string stretched(const std::string& text, std::size_t seed) {
    std::string all;
    for (const char c : text) {
        all += c;
        if (c == 'a') all.append(seed % 130, 'a');
    }
    return all;
}

template <class Backend>
void run(const std::string& text, std::size_t seed) {
    using decoder = sansmtp::basic_data_decoder<Backend>;
    using encoder = sansmtp::basic_data_encoder<Backend>;
    const model::decoded wire = model::decode(text);
    check(model::run_decoder<decoder>({text}) == wire);
    check(model::run_decoder<decoder>(slices(text, seed)) == wire);
    check(model::run_joined_decoder<decoder>({text}) == wire);
    check(model::run_joined_decoder<decoder>(slices(text, seed)) == wire);
    check(model::run_bulk_decoder<decoder>({text}) == wire);
    check(model::run_bulk_decoder<decoder>(slices(text, seed), seed % 193 + 2) == wire);
    const sansmtp::decode_options lazy{.line_limit = seed * 5};
    check(model::run_bulk_decoder<decoder>({text}, 0, lazy) == model::decode(text, lazy));
    const sansmtp::decode_options small{.max_size = seed};
    const model::decoded cut = model::decode(text, small);
    check(model::run_decoder<decoder>(slices(text, seed), small) == cut);
    check(model::run_joined_decoder<decoder>(slices(text, seed), small) == cut);
    check(model::run_bulk_decoder<decoder>({text}, 0, small) == cut);
    check(model::run_bulk_decoder<decoder>(slices(text, seed), seed % 193 + 2, small) == cut);

    for (const auto policy : {sansmtp::newline_policy::normalise, sansmtp::newline_policy::reject}) {
        const model::encoded sent = model::encode(text, policy);
        check(model::run_encoder<encoder>({text}, policy) == sent);
        check(model::run_encoder<encoder>(slices(text, seed), policy) == sent);
        check(model::run_bulk<encoder>({text}, policy) == sent);
        check(model::run_bulk<encoder>({text}, policy, seed % 193 + 2) == sent);
        check(model::run_bulk<encoder>(slices(text, seed), policy, seed % 61 + 2) == sent);
        if (!sent.wire) continue;
        if (policy == sansmtp::newline_policy::normalise) check(sansmtp::encoded_size(text) == sent.wire->size());
        const model::decoded back = model::run_decoder<decoder>(slices(*sent.wire, seed));
        check(back.end && back.rest.empty() && back.content == model::normalised(text) && back.octets == sent.octets);
        check(!back.seen.bare_cr && !back.seen.bare_lf);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t seed = data[0];
    const std::string text(data + 1, data + size);
    for (const std::string& one : {text, stretched(text, seed)}) {
        run<sansmtp::detail::scan_backend>(one, seed);
        run<sansmtp::detail::scalar_octets>(one, seed);
        if constexpr (std::endian::native == std::endian::little) {
            run<sansmtp::detail::word_octets>(one, seed);
#if defined(__GNUC__)
            run<sansmtp::detail::vector_octets>(one, seed);
#endif
        }
    }
    return 0;
}
