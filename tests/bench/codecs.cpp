// How fast content is decoded and encoded, beside memcpy, memchr and loops over octets.
//
//   codecs time SECONDS               each kernel, input and chunk size once; lines of "KERNEL INPUT CHUNK GB/s"
//   codecs run KERNEL INPUT CHUNK     one run over 4 MiB, for callgrind --toggle-collect=measured
//   codecs gate                       fails unless content is scanned at three times the speed of a byte loop
//
// Kernels run one after the other on the same input, so that what disturbs one disturbs them all; who wants medians
// calls the program several times (run.sh). Times are those of the processor: on a machine that is shared, half of the
// time on the wall belongs to others.
#include <sansmtp/data.hpp>

#include "inputs.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

constexpr std::size_t MiB = std::size_t{1} << 20;
constexpr std::size_t KiB = std::size_t{1} << 10;

std::vector<char> out(4 * MiB); // larger than twice the largest chunk
volatile std::size_t sink;      // what the kernels found, so that it must be found

template <class F>
std::size_t each_chunk(std::string_view in, std::size_t chunk, F f) {
    std::size_t sum = 0;
    for (; !in.empty(); in.remove_prefix(std::min(chunk, in.size()))) sum += f(in.substr(0, chunk));
    return sum;
}

// All that a codec found counts as read, so that none of its work can be left out.
template <class Codec>
std::size_t done(const Codec& codec, std::size_t octets) {
    asm volatile("" : : "r"(&codec) : "memory");
    return octets;
}

// ---- what there is to compare with

std::size_t copy(std::string_view in, std::size_t chunk) {
    return each_chunk(in, chunk, [](std::string_view s) {
        std::memcpy(out.data(), s.data(), s.size());
        asm volatile("" : : "r"(out.data()) : "memory");
        return s.size();
    });
}

std::size_t hop_lines(std::string_view in, std::size_t chunk) {
    return each_chunk(in, chunk, [](std::string_view s) {
        std::size_t lines = 0;
        for (std::size_t at = 0; (at = s.find('\n', at)) != std::string_view::npos; ++at) ++lines;
        return lines;
    });
}

// The decoder of a textbook: one octet after the other, strict, into a buffer. What it flags is not read, so compilers
// may leave that out: to its favour.
struct byte_decoder {
    enum { start, mid, cr, dot, dot_cr, end } place = start;
    bool bare_cr = false, bare_lf = false;

    std::size_t decode(std::string_view in, char* to) {
        char* const begin = to;
        for (const char c : in) {
            switch (place) {
            case start:
                if (c == '.') {
                    place = dot;
                    continue;
                }
                break;
            case dot:
                if (c == '\r') {
                    place = dot_cr;
                    continue;
                }
                break;
            case cr:
                *to++ = '\r';
                if (c == '\n') {
                    *to++ = c;
                    place = start;
                    continue;
                }
                bare_cr = true;
                break;
            case dot_cr:
                if (c == '\n') {
                    place = end;
                    return static_cast<std::size_t>(to - begin);
                }
                *to++ = '\r';
                bare_cr = true;
                break;
            case mid:
            case end: break;
            }
            if (c == '\r') {
                place = cr;
            } else {
                bare_lf |= c == '\n';
                *to++ = c;
                place = mid;
            }
        }
        return static_cast<std::size_t>(to - begin);
    }
};

std::size_t decode_bytes(std::string_view in, std::size_t chunk) {
    byte_decoder d;
    return each_chunk(in, chunk, [&](std::string_view s) { return d.decode(s, out.data()); });
}

struct byte_encoder {
    enum { start, mid, cr } place = start;

    std::size_t encode(std::string_view in, char* to) {
        char* const begin = to;
        for (const char c : in) {
            if (c == '.' && place == start) *to++ = '.';
            if (c == '\n' && place != cr) *to++ = '\r';
            *to++ = c;
            place = c == '\r' ? cr : c == '\n' ? start : mid;
        }
        return static_cast<std::size_t>(to - begin);
    }
};

std::size_t encode_bytes(std::string_view in, std::size_t chunk) {
    byte_encoder e;
    return each_chunk(in, chunk, [&](std::string_view s) { return e.encode(s, out.data()); });
}

// ---- ours, as sessions use them: lines over the limit are measured

constexpr std::size_t text_line = 1000;

template <class Decoder>
std::size_t decode_steps(std::string_view in, std::size_t chunk) {
    Decoder d(text_line);
    return done(d, each_chunk(in, chunk, [&](std::string_view s) {
                    std::size_t octets = 0;
                    while (!s.empty()) {
                        const step one = d.next(s);
                        octets += one.bytes.size();
                        s.remove_prefix(one.consumed);
                        if (one.end) break;
                    }
                    return octets;
                }));
}

// As a server does: it has received each chunk into its own buffer, where slices may be moved. Bringing the chunk there
// is not a part of decoding, but a test that moved octets of its input could run once only: so it counts here too.
std::size_t decode_joined(std::string_view in, std::size_t chunk) {
    data_decoder d(text_line);
    return done(d, each_chunk(in, chunk, [&](std::string_view s) {
                    std::memcpy(out.data(), s.data(), s.size());
                    std::size_t octets = 0;
                    for (std::span<char> unread(out.data(), s.size()); !unread.empty();) {
                        const step one = d.next_joined(unread);
                        octets += one.bytes.size();
                        unread = unread.subspan(one.consumed);
                        if (one.end) break;
                    }
                    return octets;
                }));
}

template <class Decoder, std::size_t Limit = text_line>
std::size_t decode_slices(std::string_view in, std::size_t chunk) {
    Decoder d(Limit);
    return done(d, each_chunk(in, chunk, [&](std::string_view s) {
                    std::size_t octets = 0;
                    d.for_each_slice(s, [&](std::string_view slice) { octets += slice.size(); });
                    return octets;
                }));
}

std::size_t decode_copy(std::string_view in, std::size_t chunk) {
    data_decoder d(text_line);
    return done(d, each_chunk(in, chunk, [&](std::string_view s) { return d.decode(s, out).written; }));
}

template <class Encoder>
std::size_t encode_slices(std::string_view in, std::size_t chunk) {
    Encoder e;
    return done(e, each_chunk(in, chunk, [&](std::string_view s) {
                    std::size_t octets = 0;
                    e.for_each_slice(s, [&](std::string_view slice) { octets += slice.size(); });
                    return octets;
                }));
}

std::size_t encode_copy(std::string_view in, std::size_t chunk) {
    data_encoder e;
    return done(e, each_chunk(in, chunk, [&](std::string_view s) { return e.encode(s, out).written; }));
}

using words = detail::word_octets;
using octets = detail::scalar_octets;

struct kernel {
    const char* name;
    std::size_t (*run)(std::string_view in, std::size_t chunk);
    bool encodes;
};

// clang-format off
const kernel kernels[] = {
    {"memcpy",              copy,                                           false},
    {"memchr",              hop_lines,                                      false},
    {"decode-bytes",        decode_bytes,                                   false},
    {"decode-steps",        decode_steps<data_decoder>,                     false},
    {"decode-joined",       decode_joined,                                  false},
    {"decode-slices",       decode_slices<data_decoder>,                    false},
    {"decode-slices-exact", decode_slices<data_decoder, 0>,                 false},
    {"decode-slices-words", decode_slices<basic_data_decoder<words>>,       false},
    {"decode-slices-scalar",decode_slices<basic_data_decoder<octets>>,      false},
#if defined(__GNUC__)
    {"decode-slices-vector",decode_slices<basic_data_decoder<detail::vector_octets>>, false},
#endif
    {"decode-copy",         decode_copy,                                    false},
    {"encode-bytes",        encode_bytes,                                   true},
    {"encode-slices",       encode_slices<data_encoder>,                    true},
    {"encode-slices-words", encode_slices<basic_data_encoder<words>>,       true},
    {"encode-copy",         encode_copy,                                    true},
};

const struct { const char* name; std::size_t size; std::vector<std::size_t> chunks; } inputs[] = {
    {"mixed",   64 * MiB,   {64 * KiB, 16 * KiB, 1460}},
    {"mixed8",   8 * MiB,   {64, 8, 1}},
    {"hot",     48 * KiB,   {64 * KiB}},
    {"html",    16 * MiB,   {64 * KiB}},
    {"dots",    16 * MiB,   {64 * KiB}},
    {"dot1",    16 * MiB,   {64 * KiB}},
    {"char1",   16 * MiB,   {64 * KiB}},
    {"crlf",    16 * MiB,   {64 * KiB}},
    {"long",    16 * MiB,   {64 * KiB}},
    {"lf",      16 * MiB,   {64 * KiB}},
};
// clang-format on

double seconds_of(std::clock_t ticks) { return static_cast<double>(ticks) / CLOCKS_PER_SEC; }

// GB/s, the best of the passes over `in` that fit into `seconds`.
double speed(const kernel& k, std::string_view in, std::size_t chunk, double seconds) {
    double best = 0;
    const std::size_t times = in.size() < MiB ? 2 * MiB / in.size() : 1;
    const std::clock_t start = std::clock();
    do {
        const std::clock_t from = std::clock();
        for (std::size_t i = 0; i < times; ++i) sink = k.run(in, chunk);
        const double took = seconds_of(std::clock() - from);
        best = std::max(best, static_cast<double>(in.size() * times) / took / 1e9);
    } while (seconds_of(std::clock() - start) < seconds);
    return best;
}

std::string input(std::string_view name, std::size_t size) {
    return bench::make(name == "mixed8" || name == "hot" ? "mixed" : name, size);
}

int time_all(double seconds) {
    for (const auto& i : inputs) {
        const std::string wire = input(i.name, i.size);
        const std::string content = bench::content_of(wire);
        for (const std::size_t chunk : i.chunks) {
            for (const kernel& k : kernels) {
                const double gbps = speed(k, k.encodes ? content : wire, chunk, seconds);
                std::printf("%s %s %zu %.4f\n", k.name, i.name, chunk, gbps);
            }
        }
    }
    return 0;
}

// Both sides run in turn on 48 KiB, which stay in the cache, and the best of many rounds counts: noise slows both down
// and speeds neither up.
int gate() {
    const std::string wire = input("hot", 48 * KiB);
    double best[2] = {};
    for (int round = 0; round < 30; ++round) {
        best[0] = std::max(best[0], speed({"", decode_slices<data_decoder>, false}, wire, 64 * KiB, 0.002));
        best[1] = std::max(best[1], speed({"", decode_bytes, false}, wire, 64 * KiB, 0.002));
    }
    std::printf("slices %.2f GB/s, byte loop %.2f GB/s: %.1f times\n", best[0], best[1], best[0] / best[1]);
    return best[0] >= 3 * best[1] ? 0 : 1;
}

} // namespace

// Not inlined and not static: callgrind counts what happens in here.
extern "C" [[gnu::noinline]] void measured(std::size_t (*run)(std::string_view, std::size_t), const std::string& in,
                                           std::size_t chunk) {
    sink = run(in, chunk);
}

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "time" && argc == 3) return time_all(std::strtod(argv[2], nullptr));
    if (what == "gate") return gate();
    for (const kernel& k : kernels) {
        if (what != "run" || argc != 5 || std::string_view(argv[2]) != k.name) continue;
        const std::string wire = bench::make(argv[3], 4 * MiB);
        const std::string in = k.encodes ? bench::content_of(wire) : wire;
        measured(k.run, in, std::strtoul(argv[4], nullptr, 10));
        std::printf("%zu octets\n", in.size());
        return 0;
    }
    std::fputs("usage: codecs time SECONDS | run KERNEL INPUT CHUNK | gate\n", stderr);
    return 2;
}
