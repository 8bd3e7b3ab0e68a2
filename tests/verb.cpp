// The first word of a command line.
#include <sansmtp/verb.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <string>

using namespace sansmtp;

static_assert(find_verb("mAiL") == verb::mail && name(verb::mail) == "MAIL");

TEST_CASE("verbs are exact tokens in any case") {
    for (unsigned v = 1; v <= static_cast<unsigned>(verb::xforward); ++v) {
        const std::string upper(name(static_cast<verb>(v)));
        std::string lower = upper;
        for (char& c : lower) c = static_cast<char>(c + 0x20);
        CHECK(find_verb(upper) == static_cast<verb>(v));
        CHECK(find_verb(lower) == static_cast<verb>(v));
        CHECK(find_verb(upper + "X") == verb::other);
        CHECK(find_verb(upper.substr(1)) == verb::other);
        for (std::size_t at = 0; at < upper.size(); ++at) {
            for (int octet = 0; octet < 256; ++octet) {
                std::string other = upper;
                other[at] = static_cast<char>(octet);
                const bool same = other[at] == upper[at] || other[at] == lower[at];
                if (!same) CHECK(find_verb(other) != static_cast<verb>(v));
            }
        }
    }
    CHECK(find_verb("") == verb::other);
    CHECK(find_verb("M") == verb::other);
    CHECK(name(verb::other).empty());
    CHECK(verb_of("  mail") == verb::mail);
    CHECK(verb_of("MAIL\r\nRCPT") == verb::mail);
}
