// Runs a fuzz target without a fuzzer: on each file of its corpus, then on mutations of them.
//
//   TARGET MUTATIONS PATH...     a PATH is a file or a directory; MUTATIONS is a number, 0 for the files alone
//
// The same arguments give the same inputs everywhere: the files in the order of their names, and a generator of our own
// for the mutations. If an input makes the target crash, it is written to crash-TARGET.bin in the working directory:
// `TARGET 0 crash-TARGET.bin` repeats it.
#include "support/random.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

std::string input;      // what the target gets now
std::string crash_file; // where it goes if that is the end

void save_input() {
    if (std::FILE* file = std::fopen(crash_file.c_str(), "wb")) {
        std::fwrite(input.data(), 1, input.size(), file);
        std::fclose(file);
        std::fprintf(stderr, "the input (%zu octets) is in %s\n", input.size(), crash_file.c_str());
    }
}

extern "C" void on_signal(int number) {
    std::signal(number, SIG_DFL);
    save_input();
    std::raise(number);
}

constexpr std::size_t max_size = 4096;

// clang-format off
constexpr std::string_view words[] = {
    "\r\n", "\r", "\n", ".\r\n", "\r\n.\r\n", "=\r\n", "*\r\n", {"\0", 1}, "\x7f", "\x80", "\xc3\xa9", "\xff",
    " ", "\t", ".", "<", ">", "<>", "@", ":", "=", "+", "-", "\\", "\"", "[", "]", "0", "4294967296", " SIZE=1",
    "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "DATA\r\n", "BDAT 1 LAST\r\n", "RSET\r\n", "QUIT\r\n",
    "STARTTLS\r\n", "AUTH PLAIN AGEAYg==\r\n", "250-", "250 ", "354 \r\n", "421 4.3.0 x\r\n", "550 5.1.1 x\r\n",
};
// clang-format on

// One to eight edits of a seed: octets and words in, pieces out, moved, doubled, or taken from another seed.
std::string mutate(const std::vector<std::string>& seeds) {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t edits = below(8) + 1; edits != 0; --edits) {
        const std::size_t at = below(text.size() + 1);
        const std::size_t length = std::min(below(below(64) + 1), text.size() - at);
        const std::string& other = seeds[below(seeds.size())];
        switch (below(6)) {
        case 0: text.replace(at, 1, 1, static_cast<char>(below(256))); break;
        case 1: text.insert(at, words[below(std::size(words))]); break;
        case 2: text.insert(below(text.size() + 1), text.substr(at, length)); break;
        case 3: text.insert(at, other, below(other.size() + 1), length + 1); break;
        case 4: text.erase(at, length); break;
        case 5: text.replace(at, std::string::npos, other, below(other.size() + 1), std::string::npos); break;
        }
    }
    text.resize(std::min(text.size(), max_size));
    return text;
}

void run(const std::string& text) {
    input = text;
    // An exact copy on the heap, so that a sanitizer sees a read behind its end.
    const std::vector<std::uint8_t> octets(text.begin(), text.end());
    LLVMFuzzerTestOneInput(octets.data(), octets.size());
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
    std::error_code none;
    if (!std::filesystem::exists(path, none)) std::fprintf(stderr, "%s is not there\n", path.c_str());
    if (!std::filesystem::is_directory(path, none)) return {path};
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path, none)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fputs("usage: TARGET MUTATIONS [FILE-OR-DIRECTORY...]\n", stderr), 2;
    crash_file = "crash-" + std::filesystem::path(argv[0]).filename().string() + ".bin";
    if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_input);
    for (const int number : {SIGABRT, SIGFPE, SIGILL, SIGSEGV, SIGTRAP}) std::signal(number, on_signal);

    std::vector<std::string> seeds{""};
    for (int i = 2; i < argc; ++i) {
        for (const auto& path : files_of(argv[i])) {
            std::ifstream file(path, std::ios::binary);
            seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
    }
    for (const std::string& seed : seeds) run(seed);
    const unsigned long mutations = std::strtoul(argv[1], nullptr, 10);
    for (unsigned long i = 0; i < mutations; ++i) run(mutate(seeds));
    std::printf("%zu seeds and %lu mutations\n", seeds.size(), mutations);
}
