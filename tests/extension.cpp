// The registry of extensions is that of tests/spec/extensions.csv, row by row.
#include <sansmtp/extension.hpp>

#include "support/catch.hpp"
#include "support/csv.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

// "RET=FULL|HDRS ENVID=xtext" -> RET ENVID; "HOLDFOR=1..9 | HOLDUNTIL=x" -> HOLDFOR HOLDUNTIL
std::vector<std::string> keywords(const std::string& column) {
    std::vector<std::string> found;
    for (const std::string& word : csv::words(column)) {
        const std::string keyword = word.substr(0, word.find('='));
        const bool is_keyword = keyword.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == std::string::npos;
        if (is_keyword) found.push_back(keyword);
    }
    return found;
}

std::vector<std::string> list(std::span<const std::string_view> words) { return {words.begin(), words.end()}; }

offer offer_of(const std::string& text) {
    static const std::map<std::string, offer> names{{"yes", offer::yes},           {"no", offer::no},
                                                    {"must", offer::must},         {"must not", offer::must_not},
                                                    {"", offer::unknown},          {"trusted peers", offer::trusted},
                                                    {"port 366 only", offer::odmr}};
    return names.at(text);
}

} // namespace

static_assert(find_extension("pipelining") ==
              &registered_extensions[static_cast<std::size_t>(extension_id::pipelining)]);
static_assert(find_extension("PIPELININGX") == nullptr && find_extension("PIPE") == nullptr);

// Of all extensions together, "up to 2306" [RFC 5321 4.5.3.1.4 and the extensions' own RFCs].
static_assert([] {
    unsigned octets = 512;
    for (const extension& e : registered_extensions) octets += e.mail_increase;
    return octets;
}() == 2306);

TEST_CASE("extensions: the registry is the table") {
    const auto rows = csv::read("extensions.csv");
    REQUIRE(rows.size() == registered_extensions.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const extension& e = registered_extensions[i];
        const csv::row& r = rows[i];
        INFO(r.at("keyword"));
        CHECK(e.keyword == r.at("keyword"));
        CHECK(e.source == r.at("rfc"));
        CHECK(e.grammar == r.at("ehlo_syntax"));
        CHECK(list(e.mail_parameters) == keywords(r.at("mail_params").substr(0, r.at("mail_params").find("word *"))));
        CHECK(list(e.rcpt_parameters) == keywords(r.at("rcpt_params")));
        CHECK(e.relay == offer_of(r.at("port25")));
        CHECK(e.submission == offer_of(r.at("submission")));
        CHECK(e.lmtp == offer_of(r.at("lmtp")));
        if (r.at("verbs").find(' ') == std::string::npos) CHECK(list(e.verbs) == csv::words(r.at("verbs")));
        CHECK((e.needs_tls ? std::string("TLS active") : std::string(e.needs)) == r.at("requires"));
        if (const unsigned stated = std::strtoul(r.at("mail_inc").c_str(), nullptr, 10) & 0xFFFFU; stated != 0)
            CHECK(e.mail_increase == stated);
        CHECK(e.valid());
        CHECK(find_extension(e.keyword) == &e);
        CHECK(&describe(static_cast<extension_id>(i)) == &e);
    }
    CHECK(extensions::dsn.mail_increase == 107 + 9); // grammar.md 9.1
    CHECK(extensions::dsn.rcpt_increase == 507 + 29);
    CHECK(extensions::rrvs.rcpt_increase == 33);
}

TEST_CASE("extensions: what may not stand in an EHLO line is not valid") {
    CHECK(extension{"X-LOCAL", "a b"}.valid());
    CHECK_FALSE(extension{""}.valid());
    CHECK_FALSE(extension{"-X"}.valid());
    CHECK_FALSE(extension{"A B"}.valid());
    CHECK_FALSE(extension{"A_B"}.valid());
    for (const char* bad : {" a", "a ", "a  b", "a\tb", "a\r\n250 X", "a\x7F", "\xC3\xA9"})
        CHECK_FALSE(extension{"X", bad}.valid());
    const std::string_view spaces[] = {"A B"};
    CHECK_FALSE(extension{"X", "", spaces}.valid());
    CHECK_FALSE(extension{"X", "", {}, spaces}.valid());
    CHECK_FALSE(extension{"X", "", {}, {}, spaces}.valid());
}
