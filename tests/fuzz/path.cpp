// Paths, mailboxes and domains: whatever parses is written in its normalised form, which means the same.
//
// The first three octets choose the leniencies and SMTPUTF8; the rest is the text.
#include <sansmtp/address.hpp>

#include "support/fuzz.hpp"
#include "support/lexical.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace sansmtp;
using fuzz::check;

syntax rules(std::uint32_t bits) {
    syntax how;
    for (const auto& one : lexical::leniencies) {
        one.set(how.allow, (bits & 1U) != 0);
        bits >>= 1;
    }
    how.utf8 = (bits & 1U) != 0;
    return how;
}

bool inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// What is written parses to the same by the same rules, and is its own normalised form.
template <class T, class Parse>
void check_round_trip(const T& value, const syntax& how, Parse parse) {
    std::array<char, 512> out{};
    std::array<char, 512> again{};
    const address_form form{how.utf8, false};
    const auto size = serialize(value, out, form);
    if (!size) return check(size.error().code == errc::refused_field);
    const std::string_view text(out.data(), *size);
    for (const char c : text) check(!chars::control.contains(c) && (how.utf8 || !chars::high.contains(c)));
    const auto back = parse(text, how, nullptr);
    check(back && *back == value);
    const auto rewritten = serialize(*back, again, form);
    check(rewritten && std::string_view(again.data(), *rewritten) == text);
}

template <class Parse>
auto check_parse(std::string_view text, const syntax& how, Parse parse) {
    leniency used;
    const auto parsed = parse(text, how, &used);
    check(parsed.error().offset <= text.size());
    if (parsed) {
        check(inside(parsed->text(), text));
        check(parse(text, {legacy(), how.utf8}, nullptr).has_value() || how.allow.eight_bit);
        used.bare_ipv4 = false;
        if (used == leniency{}) check(parse(text, {strict(), how.utf8}, nullptr).has_value());
        check_round_trip(*parsed, how, parse);
    }
    return parsed;
}

void check_route(const path& p, std::string_view text) {
    for (const domain host : p.hosts()) check(inside(host.text(), text) && host.kind() == host_kind::name);
    const std::string_view first = next_hop(p).text();
    const path left = advance_route(p, {&first, 1});
    check(left == p && inside(left.text(), text) && left.text().size() <= p.text().size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const syntax how = rules(data[0] | data[1] * 256U | data[2] * 65536U);
    const std::string_view text(reinterpret_cast<const char*>(data + 3), size - 3);
    if (const auto p = check_parse(text, how, parse_path)) check_route(*p, text);
    static_cast<void>(check_parse(text, how, parse_mailbox));
    static_cast<void>(check_parse(text, how, parse_domain));
    return 0;
}
