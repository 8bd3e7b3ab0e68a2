// The framing layer at compile time: to compile is to pass.
#include <sansmtp/chunking.hpp>
#include <sansmtp/data.hpp>
#include <sansmtp/line.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

struct text {
    std::array<char, 64> octets{};
    std::size_t size = 0;
    bool end = false;
    bool failed = false;

    constexpr void add(std::string_view s) {
        for (const char c : s) octets[size++] = c;
    }
    constexpr bool is(std::string_view s) const { return std::string_view(octets.data(), size) == s; }
};

// Gives `in` to a codec in two pieces.
template <class Codec>
constexpr void run(Codec& codec, std::string_view in, std::size_t at, text& out) {
    for (std::string_view piece : {in.substr(0, at), in.substr(at)}) {
        while (!piece.empty() && !out.end) {
            const step s = codec.next(piece);
            out.add(s.bytes);
            piece.remove_prefix(s.consumed);
            out.end = s.end;
        }
    }
}

constexpr bool decodes(std::string_view wire, std::string_view content, bool end = true) {
    for (std::size_t at = 0; at <= wire.size(); ++at) {
        data_decoder decoder;
        text out;
        run(decoder, wire, at, out);
        if (!out.is(content) || out.end != end || decoder.octets() != content.size()) return false;
    }
    return true;
}

constexpr bool joins(std::string_view wire, std::string_view content) {
    std::array<char, 64> octets{};
    for (std::size_t i = 0; i < wire.size(); ++i) octets[i] = wire[i];
    data_decoder decoder;
    text out;
    for (std::size_t at = 0; at < wire.size() && !decoder.done();) {
        const step s = decoder.next_joined(std::span(octets).subspan(at, wire.size() - at));
        out.add(s.bytes);
        at += s.consumed;
    }
    return decoder.done() && out.is(content);
}

constexpr bool encodes(std::string_view content, std::string_view wire, newline_policy policy) {
    for (std::size_t at = 0; at <= content.size(); ++at) {
        data_encoder encoder(policy);
        text out;
        run(encoder, content, at, out);
        out.add(encoder.finish());
        if (encoder.failed() || !out.is(wire)) return false;
    }
    return true;
}

constexpr bool encodes(std::string_view content, std::string_view wire) {
    return encodes(content, wire, newline_policy::normalise) && decodes(wire, content) &&
           encodes(content, wire, newline_policy::reject);
}

constexpr bool fails(std::string_view content) {
    data_encoder encoder(newline_policy::reject);
    text out;
    run(encoder, content, 0, out);
    return encoder.finish().empty() && encoder.failed();
}

constexpr bool bulk(std::string_view content, std::string_view wire, std::size_t room) {
    data_encoder encoder;
    text out;
    while (!content.empty()) {
        std::array<char, 16> octets{};
        const auto done = encoder.encode(content, std::span<char>(octets).first(room));
        out.add({octets.data(), done.written});
        content.remove_prefix(done.consumed);
    }
    out.add(encoder.finish());
    return out.is(wire);
}

} // namespace

static_assert(encodes("", ".\r\n"));
static_assert(encodes("a\r\n", "a\r\n.\r\n"));
static_assert(encodes(".\r\n", "..\r\n.\r\n"));
static_assert(encodes("..\r\n", "...\r\n.\r\n"));
static_assert(encodes(".a\r\n.b\r\n", "..a\r\n..b\r\n.\r\n"));
static_assert(encodes("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"));
static_assert(encodes("\r\n", "\r\n.\r\n"));
static_assert(encodes("\r\n.\r\n", "\r\n..\r\n.\r\n"));
static_assert(encodes("a.\r\n", "a.\r\n.\r\n"));

static_assert(encodes("a", "a\r\n.\r\n", newline_policy::normalise));
static_assert(encodes("a\n.\rb\r", "a\r\n..\r\nb\r\n.\r\n", newline_policy::normalise));
static_assert(bulk("a\n.\rb\r", "a\r\n..\r\nb\r\n.\r\n", 2));
static_assert(bulk("a\n.\rb\r", "a\r\n..\r\nb\r\n.\r\n", 3));
static_assert(fails("a\nb\r\n") && fails("a\rb\r\n") && fails("a\r") && fails("\n"));

static_assert(decodes(".a\r\n.\r\n", "a\r\n"));
static_assert(decodes("a\r\r\n.\r\n", "a\r\r\n"));
static_assert(decodes("a\n..b\r\n.\r\n", "a\n..b\r\n"));

static_assert(joins("..a\r\n..\r\n.\r\nQUIT\r\n", ".a\r\n.\r\n"));
static_assert(joins("..\r\n.\r\r\n..\r\n.\r\n", ".\r\n\r\r\n.\r\n"));

static_assert(decodes("a\n.\nb", "a\n.\nb", false));
static_assert(decodes("a\n.\r\nb", "a\n.\r\nb", false));
static_assert(decodes("a\r\n.\nb", "a\r\n\nb", false));
static_assert(decodes("a\r.\rb", "a\r.\rb", false));
static_assert(decodes("a\r.\nb", "a\r.\nb", false));
static_assert(decodes("a\n.\rb", "a\n.\rb", false));
static_assert(decodes("a\r.\r\nb", "a\r.\r\nb", false));
static_assert(decodes("a\r\n.\rb", "a\r\n\rb", false));
static_assert(decodes("a\r\n\0.\r\nb"sv, "a\r\n\0.\r\nb"sv, false));
static_assert(decodes("a\r\n.\0\r\nb"sv, "a\r\n\0\r\nb"sv, false));
static_assert(decodes("a\r\r\n.\r\r\nb", "a\r\r\n\r\r\nb", false));

static_assert([] {
    data_decoder decoder;
    text out;
    run(decoder, "a\rb\nc\0\x80\r\n"sv, 0, out);
    return decoder.seen() == violations{true, true, true, true, 9};
}());

static_assert([] {
    for (std::size_t at = 0; at <= 11; ++at) {
        data_decoder decoder({.count_lines = true});
        text out;
        run(decoder, "a\r\n.\r\r\n\n\r\nb", at, out);
        if (decoder.lines() != 3) return false;
    }
    return true;
}());

static_assert([] {
    chunk_decoder chunk(3);
    text out;
    run(chunk, ".\r\nNOOP\r\n", 1, out);
    return out.is(".\r\n") && out.end;
}());

static_assert([] {
    line_framer framer;
    const auto one = framer.next("NOOP\r\nQ", 512, false);
    return one && one->text == "NOOP" && one->consumed == 6 && !framer.next("Q", 512, false);
}());
