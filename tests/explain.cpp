// The tables that explain codes are those of tests/spec/, row by row; unknown codes fall back to subject and class.
#include <sansmtp/explain.hpp>

#include "support/catch.hpp"
#include "support/csv.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;

static_assert(explain(reply_code(250)) == "action completed");
static_assert(explain(reply_code(299)) == explain(reply_class::success));
static_assert(explain(reply_code{}).empty() && explain(enhanced_code{}).empty());
static_assert(explain(enhanced_code{5, 7, 99}) == explain(enhanced_code{5, 7, 0}));
static_assert(explain(enhanced_code{4, 99, 99}) == explain(reply_class::transient));

TEST_CASE("explain: reply codes are those of the table") {
    const auto rows = csv::read("reply-codes.csv");
    REQUIRE(rows.size() == reply_codes.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const reply_code_entry& e = reply_codes[i];
        CHECK(std::to_string(e.code) == rows[i].at("code"));
        CHECK(e.meaning == rows[i].at("meaning"));
        CHECK(e.answers == rows[i].at("issued_to"));
        CHECK(e.advice == rows[i].at("client_action"));
        constexpr std::string_view classes[] = {"", "success", "intermediate", "transient", "permanent"};
        CHECK(classes[static_cast<std::size_t>(reply_code(e.code).category())] == rows[i].at("class"));
        CHECK(find_entry(reply_code(e.code)) == &e);
        CHECK(explain(reply_code(e.code)) == e.meaning);
        if (i != 0) CHECK(reply_codes[i - 1].code < e.code);
    }
}

TEST_CASE("explain: enhanced codes are those of the table") {
    const auto rows = csv::read("enhanced-status-codes.csv");
    REQUIRE(rows.size() == enhanced_codes.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const enhanced_code_entry& e = enhanced_codes[i];
        INFO(rows[i].at("code"));
        CHECK(std::to_string(e.subject) == rows[i].at("subject"));
        CHECK(std::to_string(e.detail) == rows[i].at("detail"));
        CHECK(e.meaning == rows[i].at("meaning"));
        std::string classes;
        if (e.success) classes += "2 ";
        if (e.transient) classes += "4 ";
        if (e.permanent) classes += "5 ";
        if (rows[i].at("classes").find_first_of("245") == std::string::npos)
            CHECK(classes.empty());
        else
            CHECK(classes == rows[i].at("classes") + " ");
        for (const std::uint16_t category : std::array<std::uint16_t, 3>{2, 4, 5})
            CHECK(explain(enhanced_code{category, e.subject, e.detail}) == e.meaning);
    }
}

TEST_CASE("explain: any code has an explanation") {
    for (unsigned code = 200; code < 600; ++code) CHECK(!explain(reply_code(code)).empty());
    for (std::uint16_t subject = 0; subject < 12; ++subject)
        for (std::uint16_t detail = 0; detail < 50; ++detail)
            CHECK(!explain(enhanced_code{5, subject, detail}).empty());
}

TEST_CASE("explain: a whole reply") {
    const explanation e = explain(*parse_reply("550 5.1.1 No such user\r\n"));
    CHECK(e.meaning == "mailbox unavailable or refused by policy");
    CHECK(e.reason == "recipient mailbox does not exist (left of @ unknown)");
    CHECK(!e.advice.empty());
    const explanation foreign = explain(*parse_reply("471 x\r\n"));
    CHECK(foreign.meaning == explain(reply_class::transient));
    CHECK(foreign.reason.empty());
    CHECK(foreign.advice.empty());
}
