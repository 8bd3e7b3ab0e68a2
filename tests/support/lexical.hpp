// What the tests of the lexical layer share: every leniency by its name, and long texts.
#pragma once

#include <sansmtp/limits.hpp>
#include <sansmtp/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lexical {

struct named_leniency {
    std::string_view name;
    void (*set)(sansmtp::leniency&, bool);
};

// clang-format off
inline constexpr named_leniency leniencies[] = {
    {"space_after_colon",   [](sansmtp::leniency& l, bool on) { l.space_after_colon = on; }},
    {"space_before_colon",  [](sansmtp::leniency& l, bool on) { l.space_before_colon = on; }},
    {"missing_brackets",    [](sansmtp::leniency& l, bool on) { l.missing_brackets = on; }},
    {"unqualified",         [](sansmtp::leniency& l, bool on) { l.unqualified = on; }},
    {"bare_route",          [](sansmtp::leniency& l, bool on) { l.bare_route = on; }},
    {"bare_ipv4",           [](sansmtp::leniency& l, bool on) { l.bare_ipv4 = on; }},
    {"hello_text",          [](sansmtp::leniency& l, bool on) { l.hello_text = on; }},
    {"untagged_ipv6",       [](sansmtp::leniency& l, bool on) { l.untagged_ipv6 = on; }},
    {"any_hello_name",      [](sansmtp::leniency& l, bool on) { l.any_hello_name = on; }},
    {"trailing_dot",        [](sansmtp::leniency& l, bool on) { l.trailing_dot = on; }},
    {"several_spaces",      [](sansmtp::leniency& l, bool on) { l.several_spaces = on; }},
    {"leading_space",       [](sansmtp::leniency& l, bool on) { l.leading_space = on; }},
    {"long_local_part",     [](sansmtp::leniency& l, bool on) { l.long_local_part = on; }},
    {"empty_quoted",        [](sansmtp::leniency& l, bool on) { l.empty_quoted = on; }},
    {"loose_dots",          [](sansmtp::leniency& l, bool on) { l.loose_dots = on; }},
    {"bare_backslash",      [](sansmtp::leniency& l, bool on) { l.bare_backslash = on; }},
    {"ipv6_one_group",      [](sansmtp::leniency& l, bool on) { l.ipv6_one_group = on; }},
    {"equals_in_value",     [](sansmtp::leniency& l, bool on) { l.equals_in_value = on; }},
    {"duplicate_parameter", [](sansmtp::leniency& l, bool on) { l.duplicate_parameter = on; }},
    {"lower_case_xtext",    [](sansmtp::leniency& l, bool on) { l.lower_case_xtext = on; }},
    {"base64_pad_bits",     [](sansmtp::leniency& l, bool on) { l.base64_pad_bits = on; }},
    {"eight_bit",           [](sansmtp::leniency& l, bool on) { l.eight_bit = on; }},
    {"mixed_reply_codes",   [](sansmtp::leniency& l, bool on) { l.mixed_reply_codes = on; }},
};
// clang-format on

// That leniency alone; all of them but that one.
inline sansmtp::leniency only(std::string_view name) {
    sansmtp::leniency l;
    for (const auto& one : leniencies) one.set(l, one.name == name);
    return l;
}
inline sansmtp::leniency all_but(std::string_view name) {
    sansmtp::leniency l;
    for (const auto& one : leniencies) one.set(l, one.name != name);
    return l;
}

inline std::string repeat(std::string_view text, std::size_t times) {
    std::string all;
    while (times-- != 0) all += text;
    return all;
}

// A domain of exactly that many octets, in labels of up to 63.
inline std::string long_domain(std::size_t size) {
    std::string all;
    while (size - all.size() > 64) all += std::string(63, 'd') + '.';
    if (size - all.size() == 64) return all + "a." + std::string(62, 'e');
    return all + std::string(size - all.size(), 'e');
}

} // namespace lexical
