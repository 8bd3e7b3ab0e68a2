// Every short string through the codecs of DATA and the line framer, at every cut. The environment variable
// SANSMTP_EXHAUSTIVE sets the length, up to 14.
//
// The strings are walked as a tree. A codec is a value, so that what it is behind each front of a string is kept, and a
// cut there costs only what follows. The expectation is the automaton of the specification, one octet at a time; the
// models of support/data_model.hpp are compared with the codecs, and so with it, in data.cpp.
#include <sansmtp/data.hpp>
#include <sansmtp/line.hpp>

#include "support/catch.hpp"
#include "support/data_model.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

constexpr std::string_view alphabet{"\r\n.\0a", 5};
constexpr std::size_t longest = 14;

// 12 million strings, which take some seconds if nothing slows them down.
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
constexpr std::size_t usual = 7;
#else
constexpr std::size_t usual = 10;
#endif

std::size_t length() {
    const char* const text = std::getenv("SANSMTP_EXHAUSTIVE");
    const std::size_t n = text != nullptr ? std::strtoul(text, nullptr, 10) : usual;
    return n < longest ? n : longest;
}

struct output {
    std::array<char, 3 * longest + 8> octets;
    std::size_t size = 0;

    void put(std::string_view s) {
        for (const char c : s) octets[size++] = c;
    }
    std::string_view text() const { return {octets.data(), size}; }
};

// The decoder of data.md: what it gives for each octet, and what it holds back.
struct decoder_table {
    enum class place { start, dot, dot_cr, mid, cr, end } place = place::start;
    bool bare_cr = false, bare_lf = false, nul = false;
    std::size_t lines = 0;
    output out;
    std::size_t consumed = 0;

    void push(char c) {
        if (place == place::end) return;
        ++consumed;
        nul |= c == '\0';
        const bool held_cr = place == place::cr || place == place::dot_cr;
        if (c == '\r') {
            if (held_cr) out.put("\r"), bare_cr = true;
            place = place == place::dot ? place::dot_cr : place::cr;
        } else if (c == '\n') {
            if (place == place::dot_cr) {
                place = place::end;
                return;
            }
            out.put(held_cr ? "\r\n" : "\n");
            bare_lf |= !held_cr;
            lines += held_cr ? 1 : 0;
            place = held_cr ? place::start : place::mid;
        } else if (c == '.' && place == place::start) {
            place = place::dot;
        } else {
            if (held_cr) out.put("\r"), bare_cr = true;
            out.put({&c, 1});
            place = place::mid;
        }
    }
};

struct decoder_run {
    data_decoder decoder{model::counting};
    output out;
    std::size_t consumed = 0;

    void feed(std::string_view in) {
        while (!in.empty() && !decoder.done()) {
            const step s = decoder.next(in);
            out.put(s.bytes);
            consumed += s.consumed;
            in.remove_prefix(s.consumed);
        }
    }
    bool is(const decoder_table& t) const {
        const violations seen = decoder.seen();
        return out.text() == t.out.text() && consumed == t.consumed && seen.bare_cr == t.bare_cr &&
               seen.bare_lf == t.bare_lf && seen.nul == t.nul && !seen.eight_bit &&
               decoder.done() == (t.place == decoder_table::place::end) && decoder.octets() == out.size &&
               decoder.lines() == t.lines;
    }
};

// The encoder with newline_policy::normalise: CR, LF and CRLF become CRLF at once, dots at line starts two.
struct encoder_table {
    bool start = true, cr = false;
    output out;

    void push(char c) {
        const bool of_crlf = cr && c == '\n';
        cr = c == '\r';
        if (of_crlf) return;
        if (c == '.' && start) out.put(".");
        start = c == '\r' || c == '\n';
        out.put(start ? "\r\n" : std::string_view(&c, 1));
    }
    std::string_view end() const { return start ? ".\r\n" : "\r\n.\r\n"; }
};

struct encoder_run {
    data_encoder encoder;
    output out;

    void feed(std::string_view in) {
        while (!in.empty()) {
            const step s = encoder.next(in);
            out.put(s.bytes);
            in.remove_prefix(s.consumed);
            if (s.end) return;
        }
    }
    bool is(const encoder_table& t) const {
        encoder_run r = *this;
        if (r.encoder.failed() || r.out.text() != t.out.text()) return false;
        return r.encoder.finish() == t.end();
    }
};

// A line framer that is fed all at once behind each cut; what waits is kept by its size.
struct line_table {
    std::size_t begin = 0, lines = 0, size = 0;
    bool cr = false;

    void push(char c) {
        ++size;
        if (cr && c == '\n') ++lines, begin = size;
        cr = c == '\r';
    }
};

struct line_run {
    line_framer framer;
    std::size_t begin = 0, lines = 0, size = 0;
    const char* data = nullptr;

    void feed(std::string_view in) {
        if (size == 0) data = in.data();
        size += in.size();
        while (const auto line = framer.next({data + begin, size - begin}, 100, false)) {
            begin += line->consumed;
            ++lines;
        }
    }
    bool is(const line_table& t) const { return begin == t.begin && lines == t.lines; }
};

// Walks all strings that begin with the first `size` octets of `text`.
template <class Run, class Table>
struct walk {
    std::size_t most;
    std::array<char, longest> text{};
    std::array<Run, longest + 1> fronts{}; // fed with that many octets in one piece
    std::string bad;
    std::size_t count = 0;

    void go(std::size_t size, const Table& table) {
        ++count;
        const std::string_view all(text.data(), size);
        for (std::size_t cut = 0; cut <= size; ++cut) {
            Run run = fronts[cut];
            run.feed(all.substr(cut));
            if (!run.is(table)) bad = model::escaped(all) + " cut at " + std::to_string(cut);
            if (cut == 0) fronts[size] = run;
        }
        for (std::size_t i = 0; i < alphabet.size() && size < most && bad.empty(); ++i) {
            text[size] = alphabet[i];
            Table next = table;
            next.push(alphabet[i]);
            go(size + 1, next);
        }
    }
};

template <class Run, class Table>
void check_all() {
    static walk<Run, Table> w{};
    w.most = length();
    w.go(0, {});
    CHECK(w.bad == "");
    std::size_t expected = 1;
    for (std::size_t i = 0; i < w.most; ++i) expected = expected * alphabet.size() + 1;
    CHECK(w.count == expected);
}

} // namespace

TEST_CASE("every short wire decodes as the table says", "[data][exhaustive]") {
    check_all<decoder_run, decoder_table>();
}
TEST_CASE("every short content is encoded as the table says", "[data][exhaustive]") {
    check_all<encoder_run, encoder_table>();
}
TEST_CASE("every short stream has its lines", "[line][exhaustive]") { check_all<line_run, line_table>(); }
