// SASL mechanism names and sets of them [RFC 4954 4, RFC 4422].
#include <sansmtp/mechanism.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

static_assert(sizeof(mechanism_set) == 4);
static_assert(find_mechanism("plain").cleartext && find_mechanism("PLAIN").client_first);
static_assert(!find_mechanism("LOGIN").client_first && find_mechanism("LOGIN").cleartext);
static_assert(!find_mechanism("CRAM-MD5").client_first && !find_mechanism("CRAM-MD5").cleartext);
static_assert(find_mechanism("X-FOREIGN").client_first && !find_mechanism("X-FOREIGN").cleartext);

TEST_CASE("mechanisms: names [sasl.md 1]") {
    for (const char* good : {"A", "PLAIN", "SCRAM-SHA-256", "X_1", "01234567890123456789", "plain"})
        CHECK(detail::is_mechanism(good));
    for (const char* bad : {"", "012345678901234567890", "A B", "A.B", "PLAIN=", "\xC3\xA9"})
        CHECK_FALSE(detail::is_mechanism(bad));
}

TEST_CASE("mechanisms: every known one is found in any case, and only whole") {
    for (const mechanism& m : detail::known_mechanisms) {
        std::string lower(m.name);
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
        CHECK(find_mechanism(lower) == m);
        CHECK(detail::is_mechanism(m.name));
        CHECK_FALSE(mechanism_set("A " + lower + "X").contains(m.name));
    }
}

TEST_CASE("mechanisms: a set is a list without what is foreign") {
    mechanism_set set("PLAIN login X-FOREIGN  SCRAM-SHA-1\tSCRAM-SHA-1-PLUS ");
    CHECK(set.size() == 4);
    CHECK((set.contains("plain") && set.contains("LOGIN") && set.contains("SCRAM-SHA-1")));
    CHECK_FALSE(set.contains("X-FOREIGN"));
    CHECK_FALSE(set.contains("SCRAM-SHA-256-PLUS"));
    CHECK_FALSE(set.add("X-FOREIGN"));
    CHECK(set.add("EXTERNAL"));
    std::vector<std::string> names;
    set.for_each([&](const mechanism& m) { names.emplace_back(m.name); });
    CHECK(names == std::vector<std::string>{"PLAIN", "LOGIN", "EXTERNAL", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"});
    CHECK((set & mechanism_set("LOGIN NTLM")) == mechanism_set("LOGIN"));
    CHECK((mechanism_set("LOGIN") | mechanism_set("PLAIN")) == mechanism_set("PLAIN LOGIN"));
    CHECK(mechanism_set("").empty());
}
