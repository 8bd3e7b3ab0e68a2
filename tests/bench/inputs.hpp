// The inputs of the benchmarks, the same everywhere and every time: wires as DATA carries them, without the end mark.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

// splitmix64
class numbers {
public:
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

private:
    std::uint64_t state_ = 5321;
};

inline constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline void add_base64(std::string& text, numbers& n, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) text += letters[n.below(64)];
}

// Words of one to nine letters between spaces.
inline void add_words(std::string& text, numbers& n, std::size_t size) {
    std::size_t word = n.below(9) + 1;
    for (std::size_t i = 0; i < size; ++i) {
        text += word == 0 ? ' ' : letters[26 + n.below(26)];
        word = word == 0 ? n.below(9) + 1 : word - 1;
    }
}

// Text of 70 octets in a line and base64 of 76, in blocks; 0.2 % of the lines have a stuffed dot.
inline std::string mixed(std::size_t size) {
    numbers n;
    std::string text;
    text.reserve(size + 128);
    while (text.size() < size) {
        const bool base64 = n.below(2) == 0;
        for (std::size_t lines = n.below(60) + 1; lines != 0; --lines) {
            if (n.below(1000) < 2) text += "..";
            base64 ? add_base64(text, n, 76) : add_words(text, n, 70);
            text += "\r\n";
        }
    }
    return text;
}

// Lines of 20 to 72 octets, of which 2 % have a stuffed dot.
inline std::string html(std::size_t size) {
    numbers n;
    std::string text;
    text.reserve(size + 128);
    while (text.size() < size) {
        if (n.below(100) < 2) text += "..";
        add_words(text, n, n.below(53) + 20);
        text += "\r\n";
    }
    return text;
}

inline std::string repeated(std::string_view line, std::size_t size) {
    std::string text;
    text.reserve(size + line.size());
    while (text.size() < size) text += line;
    return text;
}

inline std::string make(std::string_view name, std::size_t size) {
    const std::string letters_64(64, 'a');
    if (name == "mixed") return mixed(size);
    if (name == "html") return html(size);
    if (name == "dots") return repeated(".." + letters_64 + "\r\n", size); // lines of 65 octets that begin with a dot
    if (name == "dot1") return repeated("..\r\n", size);                   // every line is a dot
    if (name == "char1") return repeated("a\r\n", size);
    if (name == "crlf") return repeated("\r\n", size);
    if (name == "long") return repeated(std::string(1 << 20, 'a') + "\r\n", size);
    if (name == "lf") return repeated(letters_64 + "\n", size); // no line ends at all
    return {};
}

// What is sent as `wire`.
inline std::string content_of(std::string_view wire) {
    std::string content;
    content.reserve(wire.size());
    bool start = true;
    for (std::size_t i = 0; i < wire.size(); ++i) {
        if (!(start && wire[i] == '.')) content += wire[i];
        start = i != 0 && wire[i - 1] == '\r' && wire[i] == '\n';
    }
    return content;
}

} // namespace bench
