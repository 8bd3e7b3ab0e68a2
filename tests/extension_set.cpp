// Sets of extensions, and which extension a verb and a parameter belong to: as the registry has them.
#include <sansmtp/extension_set.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>

using namespace sansmtp;

static_assert(sizeof(extension_set) == 8 && registered_extensions.size() <= 64);
static_assert(extension_set{}.empty());

TEST_CASE("a set holds what was put into it") {
    for (std::size_t i = 0; i < registered_extensions.size(); ++i) {
        const auto id = static_cast<extension_id>(i);
        const extension_set one{id};
        for (std::size_t k = 0; k < registered_extensions.size(); ++k)
            CHECK(one.has(static_cast<extension_id>(k)) == (i == k));
        CHECK((one | extension_id::size).has(extension_id::size));
        CHECK(((one | extension_id::size) & one) == one);
        CHECK((one - one).empty());
        CHECK(((one | extension_id::size) - extension_id::size).empty() == (id == extension_id::size));
    }
}

TEST_CASE("a verb belongs to the extension that brings it, unless every server knows it") {
    std::size_t brought = 0;
    for (std::size_t i = 0; i < registered_extensions.size(); ++i)
        for (const std::string_view word : registered_extensions[i].verbs) {
            const verb v = find_verb(word);
            INFO(word);
            if (v == verb::other || v == verb::vrfy) continue; // VRFY is one of the minimum [RFC 5321 4.5.1]
            CHECK(extension_of(v) == static_cast<extension_id>(i));
            ++brought;
        }
    CHECK(brought == 14);
    for (const verb v : {verb::other, verb::helo, verb::ehlo, verb::lhlo, verb::mail, verb::rcpt, verb::data,
                         verb::rset, verb::noop, verb::quit, verb::vrfy})
        CHECK_FALSE(extension_of(v));
}

TEST_CASE("a parameter belongs to the extension that brings it, of two to the first") {
    using enum known_parameter;
    using id = extension_id;
    // clang-format off
    const struct { known_parameter which; id of; } rows[] = { // spec/extensions.csv; BINARYMIME has a value of BODY
        {size,      id::size},           {body,        id::eight_bit_mime}, {smtputf8,  id::smtputf8},
        {ret,       id::dsn},            {envid,       id::dsn},            {notify,    id::dsn},       {orcpt,   id::dsn},
        {auth,      id::auth},           {requiretls,  id::require_tls},    {by,        id::deliver_by},
        {holdfor,   id::future_release}, {holduntil,   id::future_release}, {mtrk,      id::mtrk},
        {mt_priority, id::mt_priority},  {solicit,     id::no_soliciting},  {submitter, id::submitter},
        {transid,   id::checkpoint},     {conperm,     id::conperm},        {conneg,    id::conneg},    {rrvs,    id::rrvs},
    };
    // clang-format on
    for (const auto& [which, of] : rows) CHECK(extension_of(which) == of);
    CHECK(std::size(rows) + 1 == detail::parameter_rules.size());
    CHECK_FALSE(extension_of(foreign));
}
