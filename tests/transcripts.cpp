// Every dialogue of transcripts/*.txt: in lockstep, at once, octet by octet, at every two-way cut, and with little room.
#include "support/catch.hpp"
#include "support/transcript.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace {

std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(SANSMTP_TRANSCRIPTS))
        if (entry.path().extension() == ".txt") all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
}

constexpr std::size_t never = 1 << 30;

// Compares without building a message each time.
void same(const trace::record& a, const trace::record& b, const char* how, std::size_t at) {
    if (a == b) return;
    INFO(how << " " << at);
    CHECK(a.output == b.output);
    CHECK(a.actions == b.actions);
}

} // namespace

TEST_CASE("transcripts are played as they are written", "[transcripts]") {
    const auto all = files();
    REQUIRE(all.size() >= 24);
    for (const auto& file : all) {
        INFO(file.filename().string());
        transcript::script s;
        transcript::read(s, file.string());
        trace::record seen;
        const std::string difference = transcript::play(s, seen);
        CHECK(difference == "");
        if (!difference.empty()) continue;

        std::size_t size = 0;
        for (const auto& part : transcript::stretches(s)) size += part.octets.size();
        same(transcript::play_cut(s, never, never), seen, "at once", 0);
        same(transcript::play_cut(s, 1, 1), seen, "octet by octet", 0);
        same(transcript::play_cut<16384, 1024>(s, 3, 7, 5), seen, "with little room", 0);
        for (std::size_t at = 1; at < size; ++at) same(transcript::play_cut(s, at, never), seen, "cut at", at);
    }
}

TEST_CASE("the transcript runner finds what differs", "[transcripts]") {
    transcript::script s;
    for (const char* line : {"S: 220 mx.example ESMTP", "C: NOOP", "S: 250 2.0.0 *"}) transcript::read_line(s, line);
    trace::record seen;
    CHECK(transcript::play(s, seen) == "");
    s.items.back().text = "S: 251 *";
    CHECK(transcript::play(s, seen) != "");
    s.items.pop_back();
    CHECK(transcript::play(s, seen) != ""); // a reply too many
    s.items.pop_back();
    CHECK(transcript::play(s, seen) == "");
    transcript::read_line(s, "!: helo x");
    CHECK(transcript::play(s, seen) != ""); // an action too few
    CHECK_THROWS(transcript::read_line(s, "nonsense"));
    CHECK_THROWS(transcript::read_line(s, "set nonsense"));
}
