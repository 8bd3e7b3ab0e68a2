// What DATA means, written to be read and not to be fast: whole strings, one line after the other. Tests and fuzz
// targets compare the codecs of data.hpp with it, and drive them in pieces.
#pragma once

#include <sansmtp/data.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace model {

using pieces = std::vector<std::string_view>;

inline pieces cut(std::string_view text, std::size_t at) { return {text.substr(0, at), text.substr(at)}; }

inline pieces octet_by_octet(std::string_view text) {
    pieces all;
    for (std::size_t i = 0; i < text.size(); ++i) all.push_back(text.substr(i, 1));
    return all;
}

// What a decoder made of a wire.
struct decoded {
    std::string content;
    bool end = false;
    std::string rest; // what is behind the end
    sansmtp::violations seen;
    std::uint64_t octets = 0;
    std::uint64_t lines = 0;
    bool too_big = false;

    friend bool operator==(const decoded&, const decoded&) = default;
};

// What an encoder made of content: nothing if it failed.
struct encoded {
    std::optional<std::string> wire;
    std::uint64_t octets = 0;
    std::size_t longest_line = 0; // if over 1000

    friend bool operator==(const encoded&, const encoded&) = default;
};

// ---- the model

inline sansmtp::violations look(std::string_view content) {
    sansmtp::violations seen;
    std::size_t line = 0;
    for (std::size_t i = 0; i < content.size(); ++i) {
        const bool after_cr = i > 0 && content[i - 1] == '\r';
        const bool before_lf = i + 1 < content.size() && content[i + 1] == '\n';
        seen.bare_cr |= content[i] == '\r' && !before_lf;
        seen.bare_lf |= content[i] == '\n' && !after_cr;
        seen.nul |= content[i] == '\0';
        seen.eight_bit |= static_cast<unsigned char>(content[i]) >= 0x80;
        seen.longest_line = std::max(seen.longest_line, ++line);
        if (content[i] == '\n' && after_cr) line = 0;
    }
    return seen;
}

// Tests count lines unless they say otherwise.
inline constexpr sansmtp::decode_options counting{.count_lines = true};

inline decoded decode(std::string_view wire, const sansmtp::decode_options& o = counting) {
    decoded d;
    std::size_t crlf = 0;
    while ((crlf = wire.find("\r\n")) != std::string_view::npos) {
        std::string_view line = wire.substr(0, crlf);
        wire.remove_prefix(crlf + 2);
        if (line == ".") {
            d.end = true;
            d.rest = wire;
            break;
        }
        if (!line.empty() && line.front() == '.') line.remove_prefix(1);
        d.content.append(line).append("\r\n");
    }
    if (!d.end) { // a line that has not ended: a CR waits for its LF
        if (!wire.empty() && wire.front() == '.') wire.remove_prefix(1);
        if (!wire.empty() && wire.back() == '\r') wire.remove_suffix(1);
        d.content.append(wire);
    }
    d.seen = look(d.content);
    d.octets = d.content.size();
    if (d.seen.longest_line <= o.line_limit) d.seen.longest_line = 0;
    for (std::size_t at = 0; (at = d.content.find("\r\n", at)) != std::string::npos; at += 2)
        d.lines += o.count_lines ? 1 : 0;
    if (o.max_size != 0 && d.content.size() > o.max_size) {
        d.too_big = true;
        d.content.resize(o.max_size);
    }
    return d;
}

// CR, LF and CRLF become CRLF, and the last line gets one if it has none.
inline std::string normalised(std::string_view content) {
    std::string lines;
    for (std::size_t i = 0; i < content.size(); ++i) {
        if (content[i] == '\n' && i > 0 && content[i - 1] == '\r') continue;
        if (content[i] == '\r' || content[i] == '\n')
            lines += "\r\n";
        else
            lines += content[i];
    }
    if (!lines.empty() && lines.back() != '\n') lines += "\r\n";
    return lines;
}

inline encoded encode(std::string_view content, sansmtp::newline_policy policy) {
    const sansmtp::violations seen = look(content);
    if (policy == sansmtp::newline_policy::reject && (seen.bare_cr || seen.bare_lf)) return {};
    const std::string lines = normalised(content);
    std::string wire;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i] == '.' && (i == 0 || lines[i - 1] == '\n')) wire += '.';
        wire += lines[i];
    }
    const std::size_t longest = look(lines).longest_line;
    return {wire + ".\r\n", lines.size(), longest > 1000 ? longest : 0};
}

// ---- the codecs, driven in pieces; a step that gets nowhere shows in what comes out

inline constexpr std::string_view stuck = "(stuck)";

template <class Decoder>
decoded finish(const Decoder& decoder, decoded d) {
    d.end = decoder.done();
    d.seen = decoder.seen();
    d.octets = decoder.octets();
    d.lines = decoder.lines();
    d.too_big = decoder.too_big();
    return d;
}

template <class Decoder = sansmtp::data_decoder>
decoded run_decoder(const pieces& wire, const sansmtp::decode_options& o = counting) {
    decoded d;
    Decoder decoder(o);
    for (std::string_view in : wire) {
        while (!in.empty()) {
            const sansmtp::step s = decoder.next(in);
            d.content += s.bytes;
            in.remove_prefix(s.consumed);
            if (s.end) break;
            if (s.bytes.empty() && s.consumed == 0) return d.content = stuck, d;
        }
        d.rest += in;
    }
    return finish(decoder, std::move(d));
}

// In place. Octets behind what a step consumed must stay what they are, and its slice lies in front of them.
template <class Decoder = sansmtp::data_decoder>
decoded run_joined_decoder(const pieces& wire, const sansmtp::decode_options& o = counting) {
    decoded d;
    Decoder decoder(o);
    for (const std::string_view piece : wire) {
        std::string in(piece);
        std::size_t at = 0;
        while (at < in.size()) {
            const sansmtp::step s = decoder.next_joined({in.data() + at, in.size() - at});
            at += s.consumed;
            if (piece.substr(at) != std::string_view(in).substr(at)) return d.content = stuck, d;
            d.content += s.bytes;
            if (s.end) break;
            if (s.bytes.empty() && s.consumed == 0) return d.content = stuck, d;
        }
        d.rest += in.substr(at);
    }
    return finish(decoder, std::move(d));
}

// Slices by callback, and copies into rooms of `room` octets, 2 at least, which are not written behind.
template <class Decoder = sansmtp::data_decoder>
decoded run_bulk_decoder(const pieces& wire, std::size_t room = 0, const sansmtp::decode_options& o = counting) {
    decoded d;
    std::string out(room + 1, '#');
    Decoder decoder(o);
    for (std::string_view in : wire) {
        while (!in.empty() && !decoder.done()) {
            sansmtp::transfer t;
            if (room == 0) {
                t.consumed = decoder.for_each_slice(in, [&](std::string_view s) { d.content += s; });
            } else {
                t = decoder.decode(in, {out.data(), room});
                if (t.written > room || out[room] != '#') return d.content = stuck, d;
                d.content.append(out, 0, t.written);
            }
            if (t.consumed == 0 && t.written == 0) return d.content = stuck, d;
            in.remove_prefix(t.consumed);
        }
        d.rest += in;
    }
    return finish(decoder, std::move(d));
}

// The octets of a failed encoder depend on the failure only, and are not looked at.
template <class Encoder>
encoded finish(Encoder& encoder, std::string wire) {
    wire += encoder.finish();
    if (encoder.failed()) return {};
    return {wire, encoder.octets(), encoder.longest_line()};
}

template <class Encoder = sansmtp::data_encoder>
encoded run_encoder(const pieces& content, sansmtp::newline_policy policy) {
    std::string wire;
    Encoder encoder(policy);
    for (std::string_view in : content) {
        while (!in.empty()) {
            const sansmtp::step s = encoder.next(in);
            wire += s.bytes;
            in.remove_prefix(s.consumed);
            if (s.end) break;
            if (s.bytes.empty() && s.consumed == 0) return {std::string(stuck), 0, 0};
        }
    }
    return finish(encoder, wire);
}

// The bulk forms: slices by callback, or copies into rooms of `room` octets, 2 at least, which are not written behind.
template <class Encoder = sansmtp::data_encoder>
encoded run_bulk(const pieces& content, sansmtp::newline_policy policy, std::size_t room = 0) {
    std::string wire;
    std::string out(room + 1, '#');
    Encoder encoder(policy);
    for (std::string_view in : content) {
        while (!in.empty() && !encoder.failed()) {
            sansmtp::transfer t;
            if (room == 0) {
                t.consumed = encoder.for_each_slice(in, [&](std::string_view s) { wire += s; });
            } else {
                t = encoder.encode(in, {out.data(), room});
                if (t.written > room || out[room] != '#') return {std::string(stuck), 0, 0};
                wire.append(out, 0, t.written);
            }
            if (t.consumed == 0 && t.written == 0 && !encoder.failed()) return {std::string(stuck), 0, 0};
            in.remove_prefix(t.consumed);
        }
    }
    return finish(encoder, wire);
}

// ---- inputs

// Calls `f` with every string over `alphabet` of up to `size` octets.
template <class F>
void each_string(std::string_view alphabet, std::size_t size, F f) {
    std::vector<std::string> last{""};
    f(last.front());
    for (std::size_t n = 1; n <= size; ++n) {
        std::vector<std::string> longer;
        for (const std::string& s : last)
            for (const char c : alphabet) longer.push_back(s + c);
        for (const std::string& s : longer) f(s);
        last = std::move(longer);
    }
}

// `text` as it stands between the quotes of a literal, for messages.
inline std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string s;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '\r' || c == '\n') {
            s += c == '\r' ? "\\r" : "\\n";
        } else if (octet >= 32 && octet < 127) {
            s += c;
        } else {
            (s += "\\x") += {digits[octet >> 4], digits[octet & 15]};
        }
    }
    return s;
}

} // namespace model
