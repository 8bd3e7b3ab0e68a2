// Searching: every backend gives the same at every alignment and length, and reads nothing outside of its text, which
// lies against pages that cannot be read.
#include <sansmtp/data.hpp>
#include <sansmtp/detail/line_meter.hpp>
#include <sansmtp/detail/scan.hpp>

#include "support/catch.hpp"
#include "support/data_model.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#include <unistd.h>
#endif

using namespace sansmtp;
using namespace sansmtp::detail;

namespace {

// Two pages of octets between two that cannot be read.
class fenced {
public:
    fenced() {
#if __has_include(<sys/mman.h>)
        page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        void* const all = mmap(nullptr, 4 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(all != MAP_FAILED);
        begin_ = static_cast<char*>(all) + page_;
        REQUIRE(mprotect(begin_, 2 * page_, PROT_READ | PROT_WRITE) == 0);
#else
        page_ = 4096;
        begin_ = new char[2 * page_];
#endif
    }
    fenced(const fenced&) = delete;
    fenced& operator=(const fenced&) = delete;
    ~fenced() {
#if __has_include(<sys/mman.h>)
        munmap(begin_ - page_, 4 * page_);
#else
        delete[] begin_;
#endif
    }

    std::string_view at_front(std::string_view text) {
        std::copy(text.begin(), text.end(), begin_);
        return {begin_, text.size()};
    }
    std::string_view at_back(std::string_view text) {
        char* const to = begin_ + 2 * page_ - text.size();
        std::copy(text.begin(), text.end(), to);
        return {to, text.size()};
    }

private:
    std::size_t page_ = 0;
    char* begin_ = nullptr;
};

constexpr std::string_view odd_octets{"\r\n.\0\x80\xFF\x8D\x8A\xAE\x0C\x0B\x7F", 12};

// Text that is ordinary but for an octet here and there.
std::string random_text(std::mt19937& random, std::size_t size) {
    std::string text(size, 'a');
    const std::size_t rarity = random() % 100 + 1;
    for (char& c : text) {
        if (random() % rarity == 0) c = odd_octets[random() % odd_octets.size()];
    }
    for (std::size_t i = random() % 90; i + 2 < size; i += random() % 90 + 2) text.replace(i, 2, "\r\n");
    return text;
}

template <class F>
void each_backend(F f) {
    f(scan_backend{});
#if defined(__AVX2__) && defined(__GNUC__)
    f(sse2_octets{});
#endif
    f(scalar_octets{});
    if constexpr (std::endian::native == std::endian::little) {
        f(word_octets{});
#if defined(__GNUC__)
        f(vector_octets{});
#endif
    }
}

bool same(const octet_bits& a, const octet_bits& b) {
    return a.cr == b.cr && a.lf == b.lf && a.dot == b.dot && a.nul == b.nul && a.high == b.high;
}

octet_bits plainly(std::string_view text) {
    octet_bits all;
    for (std::size_t i = 0; i < text.size(); ++i) all.add(text[i], i);
    return all;
}

// clean_block, as its comment says.
bool plainly_clean(std::string_view text, std::size_t at) {
    for (std::size_t i = at; i < at + block_size; ++i) {
        if ((text[i - 1] == '\r') != (text[i] == '\n')) return false;
        if (text[i] == '\n' && text[i + 1] == '.') return false;
    }
    return true;
}

// As sessions decode: lines are not counted, and measured only if they are long. The two ends of a piece are another way
// then.
template <class Decoder>
bool same_without_counting(const model::pieces& pieces, std::size_t room) {
    std::string wire;
    for (const std::string_view piece : pieces) wire.append(piece);
    for (const decode_options& o : {decode_options{}, decode_options{600}, decode_options{1000}}) {
        const model::decoded expected = model::decode(wire, o);
        if (model::run_decoder<Decoder>(pieces, o) != expected) return false;
        if (model::run_joined_decoder<Decoder>(pieces, o) != expected) return false;
        if (model::run_bulk_decoder<Decoder>(pieces, 0, o) != expected) return false;
        if (model::run_bulk_decoder<Decoder>(pieces, room, o) != expected) return false;
    }
    return true;
}

} // namespace

TEST_CASE("each octet value is told from all others, at each place", "[scan]") {
    each_backend([](auto backend) {
        using b = decltype(backend);
        for (int octet = 0; octet < 256; ++octet) {
            for (std::size_t at = 0; at < b::width; ++at) {
                for (const char filler : {'a', '\0', '\xFF', '\x0C', '\x0E', '/'}) {
                    std::string text(b::width, filler);
                    text[at] = static_cast<char>(octet);
                    const octet_bits found = look<b>(text.data(), b::width);
                    if (!same(found, plainly(text))) FAIL("octet " << octet << " at " << at);
                    const bool zero = text.find('\0') != std::string::npos;
                    if (b::has_zero(b::zero(b::no_zero(), b::load(text.data()))) != zero) FAIL("NUL " << octet);
                }
            }
        }
    });
}

TEST_CASE("answers are counted, up to 255 for each octet", "[scan]") {
    std::mt19937 random(5327);
    each_backend([&](auto backend) {
        using b = decltype(backend);
        typename b::value sum{};
        std::size_t expected = 0;
        for (int i = 0; i < 255; ++i) {
            std::string text(b::width, '\n');
            if (i >= 100) text = random_text(random, b::width);
            sum = b::count(sum, b::eq(b::load(text.data()), '\n'));
            expected += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
            if (b::total(sum) != expected) FAIL(i);
        }
        typename b::value full{};
        for (int i = 0; i < 255; ++i) full = b::count(full, b::eq(b::load(std::string(b::width, 'a').data()), 'a'));
        CHECK(b::total(full) == 255 * b::width);
    });
    for (int i = 0; i < 1000; ++i) {
        std::uint64_t bits = std::uint64_t{random()} << 32 | random();
        bits &= ~(bits << 1); // no two side by side
        if (count_apart(bits) != static_cast<std::size_t>(std::popcount(bits))) FAIL(bits);
    }
    CHECK(count_apart(0x5555555555555555U) == 32);
    CHECK(count_apart(0xAAAAAAAAAAAAAAAAU) == 32);
}

TEST_CASE("blocks are looked at in full and not beyond", "[scan]") {
    std::mt19937 random(5321);
    fenced memory;
    each_backend([&](auto backend) {
        using b = decltype(backend);
        for (int round = 0; round < 20; ++round) {
            for (std::size_t size = 0; size <= block_size; ++size) {
                const std::string text = random_text(random, size);
                for (const std::string_view s : {memory.at_front(text), memory.at_back(text)}) {
                    if (!same(look<b>(s.data(), size), plainly(text))) FAIL(model::escaped(text));
                    if (size == block_size && find_in_block<b>(s.data(), '\n') != plainly(text).lf)
                        FAIL(model::escaped(text));
                }
            }
        }
    });
}

TEST_CASE("the front and the end of lines are found, and what is near", "[scan]") {
    std::mt19937 random(5322);
    fenced memory;
    each_backend([&](auto backend) {
        using b = decltype(backend);
        for (std::size_t size = 0; size < 200; ++size) {
            const std::string text = random_text(random, size);
            for (const std::string_view s : {memory.at_front(text), memory.at_back(text)}) {
                for (std::size_t from = size + 1; from < size + 80; ++from)
                    if (find_near<b>(s, '\n', from) != std::string_view::npos) FAIL(from << " is behind the end");
                for (std::size_t from = 0; from <= size; ++from) {
                    const std::size_t expected = std::min(size, s.find_first_of("\r\n", from));
                    if (find_line_end<b>(s, from) != expected) FAIL(from << " " << model::escaped(text));
                    if (find_near<b>(s, '\n', from) != s.find('\n', from)) FAIL(from << " " << model::escaped(text));
                    const std::string_view front = s.substr(0, from);
                    const std::size_t last = front.rfind('\n');
                    if (behind_last<b>(front, '\n') != (last == front.npos ? 0 : last + 1))
                        FAIL(from << " " << model::escaped(text));
                }
            }
        }
    });
}

TEST_CASE("clean blocks are told from others, and summed up", "[scan]") {
    std::mt19937 random(5323);
    fenced memory;
    int clean = 0;
    each_backend([&](auto backend) {
        using b = decltype(backend);
        for (int round = 0; round < 3000; ++round) {
            std::string text = random_text(random, block_size + 2);
            if (round % 2 == 0) { // clean but for one octet, or clean
                text = std::string(block_size + 2, 'a');
                text.replace(random() % 64, 2, "\r\n");
                if (round % 4 == 0) text[random() % text.size()] = odd_octets[random() % odd_octets.size()];
            }
            for (const std::string_view s : {memory.at_front(text), memory.at_back(text)}) {
                octet_sums<b, true> sums;
                const bool is_clean = clean_block(s.data() + 1, sums);
                sums.carry();
                clean += is_clean ? 1 : 0;
                const octet_bits o = plainly(s.substr(1, block_size));
                if (is_clean != plainly_clean(s, 1)) FAIL(model::escaped(text));
                if (sums.nul() != (is_clean && o.nul != 0)) FAIL(model::escaped(text));
                if (sums.high() != (is_clean && o.high != 0)) FAIL(model::escaped(text));
                if (is_clean && sums.carried != count_apart(o.lf)) FAIL(model::escaped(text));
            }
        }
    });
    CHECK(clean > 1000);
}

TEST_CASE("codecs give what the model gives, for texts of some blocks at the edges of pages", "[scan][data]") {
    std::mt19937 random(5324);
    fenced memory;
    each_backend([&](auto backend) {
        using decoder = basic_data_decoder<decltype(backend)>;
        using encoder = basic_data_encoder<decltype(backend)>;
        for (int round = 0; round < 1500; ++round) {
            std::string text = random_text(random, random() % 700);
            if (round % 16 == 0) text += "\r\n.\r\n" + random_text(random, random() % 100);
            if (round % 8 == 0) text.insert(random() % (text.size() + 1), std::string(random() % 1500, 'x'));
            const model::decoded content = model::decode(text);
            const std::size_t room = random() % 900 + 2;
            for (const std::string_view s : {memory.at_front(text), memory.at_back(text)}) {
                const model::pieces halves = model::cut(s, random() % (s.size() + 1));
                if (model::run_decoder<decoder>({s}) != content) FAIL(model::escaped(text));
                if (model::run_decoder<decoder>(halves) != content) FAIL(model::escaped(text));
                if (model::run_joined_decoder<decoder>(halves) != content) FAIL(model::escaped(text));
                if (model::run_bulk_decoder<decoder>(halves) != content) FAIL(model::escaped(text));
                if (model::run_bulk_decoder<decoder>(halves, room) != content) FAIL(model::escaped(text));
                if (!same_without_counting<decoder>({s}, room)) FAIL(model::escaped(text));
                if (!same_without_counting<decoder>(halves, room)) FAIL(model::escaped(text));
                for (const auto policy : {newline_policy::normalise, newline_policy::reject}) {
                    const model::encoded wire = model::encode(text, policy);
                    if (model::run_encoder<encoder>(halves, policy) != wire) FAIL(model::escaped(text));
                    if (model::run_bulk<encoder>(halves, policy) != wire) FAIL(model::escaped(text));
                    if (model::run_bulk<encoder>({s}, policy, room) != wire) FAIL(model::escaped(text));
                }
            }
        }
    });
}

TEST_CASE("one odd octet at every place of some blocks is seen, with every octet behind it", "[scan][data]") {
    each_backend([&](auto backend) {
        using decoder = basic_data_decoder<decltype(backend)>;
        using encoder = basic_data_encoder<decltype(backend)>;
        const std::string_view events[] = {"\r",  "\n",        "\r\n.",   "\r\n",   "\n.",
                                           "\r.", "\r\n.\r\n", "\r\n.\r", "\r\n..", "\r\r\n"};
        for (std::size_t at = 0; at < 260; ++at) {
            for (const std::string_view event : events) {
                std::string text(260, 'a');
                if (at + event.size() > text.size()) continue;
                text.replace(at, event.size(), event);
                const model::decoded content = model::decode(text);
                if (model::run_decoder<decoder>({text}) != content) FAIL(at << model::escaped(event));
                if (model::run_joined_decoder<decoder>({text}) != content) FAIL(at << model::escaped(event));
                if (model::run_bulk_decoder<decoder>({text}) != content) FAIL(at << model::escaped(event));
                if (!same_without_counting<decoder>({text}, 300)) FAIL(at << model::escaped(event));
                text.insert(0, "aa\r\n");
                if (!same_without_counting<decoder>(model::cut(text, 4), 300)) FAIL(at << model::escaped(event));
                for (const auto policy : {newline_policy::normalise, newline_policy::reject}) {
                    const model::encoded wire = model::encode(text, policy);
                    if (model::run_encoder<encoder>({text}, policy) != wire) FAIL(at << model::escaped(event));
                    if (model::run_bulk<encoder>({text}, policy, 300) != wire) FAIL(at << model::escaped(event));
                }
            }
        }
    });
}

TEST_CASE("octets are moved down exactly, whatever overlaps", "[scan]") {
    each_backend([](auto backend) {
        using b = decltype(backend);
        for (std::size_t size = 0; size < 100; ++size) {
            for (std::size_t gap = 1; gap < 40; ++gap) {
                std::string text(gap + size + 20, '\0');
                for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i);
                std::string expected = text;
                std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(gap), size, expected.begin());
                move_down<b>(std::string_view(text).substr(gap, size), text.data());
                if (text != expected) FAIL(size << " over " << gap);
            }
        }
    });
}

TEST_CASE("content with many dots is what the model says, whole and in place", "[scan][data]") {
    std::mt19937 random(5326);
    each_backend([&](auto backend) {
        using decoder = basic_data_decoder<decltype(backend)>;
        for (int round = 0; round < 600; ++round) {
            std::string text;
            const std::size_t most = 1 + random() % (round % 8 == 0 ? 1200 : 90);
            while (text.size() < 300 + random() % 6000) {
                if (random() % 4 != 0) text += '.';
                text.append(random() % most, "ab.\0"[random() % 4]);
                if (random() % 32 == 0) text += odd_octets[random() % odd_octets.size()];
                text += "\r\n";
                if (random() % 64 == 0) text += ".\r";
            }
            const model::decoded content = model::decode(text);
            const model::pieces halves = model::cut(text, random() % (text.size() + 1));
            if (model::run_decoder<decoder>(halves) != content) FAIL(model::escaped(text));
            if (model::run_joined_decoder<decoder>({text}) != content) FAIL(model::escaped(text));
            if (model::run_joined_decoder<decoder>(halves) != content) FAIL(model::escaped(text));
            if (model::run_bulk_decoder<decoder>(halves) != content) FAIL(model::escaped(text));
        }
    });
}

TEST_CASE("the longest line is exact, or 0 up to a limit", "[scan][data]") {
    std::mt19937 random(5325);
    for (int round = 0; round < 4000; ++round) {
        std::string text;
        const std::size_t most = 1 + random() % (round % 4 == 0 ? 3000 : 150);
        for (std::size_t lines = random() % 40; lines != 0; --lines) {
            if (random() % 16 == 0) text += "..";
            text.append(random() % most, 'x');
            text += random() % 64 == 0 ? "\n" : "\r\n";
        }
        for (const auto policy : {newline_policy::normalise, newline_policy::reject}) {
            const model::encoded wire = model::encode(text, policy);
            const model::pieces halves = model::cut(text, random() % (text.size() + 1));
            if (model::run_bulk(halves, policy) != wire) FAIL(model::escaped(text));
            if (model::run_bulk(halves, policy, 2 + random() % 500) != wire) FAIL(model::escaped(text));
            if (model::run_encoder(halves, policy) != wire) FAIL(model::escaped(text));
        }
        const std::size_t longest = model::decode(text).seen.longest_line;
        const std::size_t cut = random() % (text.size() + 1);
        for (const std::size_t limit : {std::size_t{0}, most, std::size_t{600}, std::size_t{1000}, longest}) {
            data_decoder decoder(limit);
            decoder.for_each_slice(std::string_view(text).substr(0, cut), [](std::string_view) {});
            decoder.for_each_slice(std::string_view(text).substr(cut), [](std::string_view) {});
            std::string in = text;
            data_decoder joined(limit);
            for (std::size_t at = 0; at < cut;) at += joined.next_joined({in.data() + at, cut - at}).consumed;
            for (std::size_t at = cut; at < in.size();)
                at += joined.next_joined({in.data() + at, in.size() - at}).consumed;
            if (joined.seen() != decoder.seen()) FAIL("joined " << limit << " " << model::escaped(text));
            if (text.empty() || text.back() == '\r') continue;
            if (decoder.seen().longest_line != (longest > limit ? longest : 0))
                FAIL(limit << " " << model::escaped(text));
        }
    }
}
