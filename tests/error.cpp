// Every error has a sentence of its own, and a side that it is the fault of.
#include <sansmtp/error.hpp>

#include "support/catch.hpp"

#include <set>
#include <string>

using namespace sansmtp;

TEST_CASE("each errc has its own sentence, without a full stop") {
    std::set<std::string> sentences;
    const unsigned last = static_cast<unsigned>(errc::not_offered);
    for (unsigned i = 0; i <= last; ++i) {
        const auto code = static_cast<errc>(i);
        const std::string sentence(message(code));
        CAPTURE(i, sentence);
        CHECK(sentence != "unknown error");
        CHECK(sentence.back() != '.');
        CHECK(sentences.insert(sentence).second);
        CHECK(is_misuse(code) == (i >= static_cast<unsigned>(errc::stale_ticket)));
    }
    CHECK(message(static_cast<errc>(last + 1)) == "unknown error");
    CHECK_FALSE(is_misuse(errc::none));
    CHECK(is_misuse(errc::refused_field));
    CHECK_FALSE(is_misuse(errc::bad_priority));
}
