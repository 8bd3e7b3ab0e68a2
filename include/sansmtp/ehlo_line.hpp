// One line of an EHLO reply: keyword *(SP parameter) [RFC 5321 4.1.1.1], and the arguments that extensions define.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "detail/cursor.hpp"
#include "detail/date_time.hpp"
#include "detail/decimal.hpp"
#include "detail/octets.hpp"
#include "detail/text_iterator.hpp"
#include "detail/writer.hpp"
#include "extension.hpp"
#include "result.hpp"

namespace sansmtp {

// A keyword and its arguments. Views of the line, or texts of the caller's, which are checked when they are written.
struct ehlo_line {
    std::string_view keyword;        // as it came: compare with iequal, or use `extension()`
    std::string_view arguments = {}; // as they came, separated by blanks

    // The arguments one by one.
    constexpr words parameters() const noexcept { return words(arguments); }
    // What is registered under the keyword; nothing if it is foreign.
    constexpr const sansmtp::extension* extension() const noexcept { return find_extension(keyword); }

    friend constexpr bool operator==(const ehlo_line& a, const ehlo_line& b) noexcept {
        return iequal(a.keyword, b.keyword) && a.arguments == b.arguments;
    }
};

// Parses the text of one line of an EHLO reply behind the first: a keyword, then blanks or "=" and arguments, as servers
// write them: several blanks, blanks at the end, and the old "AUTH=LOGIN PLAIN" are taken. Fails with bad_reply.
constexpr result<ehlo_line> parse_ehlo_line(std::string_view text) noexcept {
    while (!text.empty() && chars::blank.contains(text.back())) text.remove_suffix(1);
    const std::size_t end = chars::ldh.skip_here(text, 0);
    if (end == 0 || text[0] == '-') return {errc::bad_reply, 0};
    if (end == text.size()) return ehlo_line{text};
    if (text[end] != '=' && !chars::blank.contains(text[end])) return {errc::bad_reply, end};
    const std::size_t gap = detail::blank_separated::gap({text.data() + end + 1, text.size() - end - 1});
    const std::size_t start = end + 1 + gap;
    for (std::size_t at = start; (at = detail::skip_printable(text, at)) < text.size(); ++at)
        if (text[at] != '\t') return {errc::bad_reply, at};
    return ehlo_line{{text.data(), end}, {text.data() + start, text.size() - start}};
}

// Writes a line of an EHLO reply with its CRLF: "250-SIZE 1000", or "250 SIZE 1000" if it is the last one. Returns the
// octets written. Fails with refused_field if the keyword is none, an argument holds what may not stand there, or the line
// is over 512 octets; or with no_room. Nothing is written in the first case.
constexpr result<std::size_t> serialize(const ehlo_line& line, bool last, std::span<char> out) noexcept {
    if (!detail::is_keyword(line.keyword) || !detail::is_ehlo_arguments(line.arguments) ||
        line.keyword.size() + line.arguments.size() > detail::max_ehlo_text)
        return errc::refused_field;
    detail::writer w(out);
    w.put(last ? "250 " : "250-");
    for (const char c : line.keyword) w.put(to_upper(c));
    if (!line.arguments.empty()) w.put(' ').put(line.arguments);
    w.put("\r\n");
    if (!w.ok()) return errc::no_room;
    return w.size();
}

// How much a server takes, by LIMITS [RFC 9422]; 0: it does not say.
struct announced_limits {
    std::uint32_t mails = 0;        // MAILMAX: MAIL commands in a session, failed ones too
    std::uint32_t recipients = 0;   // RCPTMAX: RCPT commands in a transaction, failed ones too
    std::uint32_t rcpt_domains = 0; // RCPTDOMAINMAX: different recipient domains in a session

    friend constexpr bool operator==(const announced_limits&, const announced_limits&) noexcept = default;
};

// How far away a message may be released, by FUTURERELEASE [RFC 4865 4].
struct release_limits {
    std::uint32_t seconds = 0; // the largest HOLDFOR
    date_time until;           // the latest HOLDUNTIL
};

// The policy that MT-PRIORITY names [RFC 6710, IANA]; without a name it is MIXER.
enum class priority_policy : std::uint8_t { mixer, stanag4406, nsep, other };

// The attributes that XCLIENT and XFORWARD announce, each a bit.
enum class proxy_attribute : std::uint8_t {
    // clang-format off
    name, addr, port, proto, helo, login, destaddr, destport, session, client_transport, destname, timeout, ttl,
    ident, source,
    // clang-format on
};

namespace detail {

inline constexpr keyword_table<15> proxy_attributes(std::array<std::string_view, 15>{
    "NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "SESSION", "CLIENT-TRANSPORT", "DESTNAME",
    "TIMEOUT", "TTL", "IDENT", "SOURCE"});

inline constexpr keyword_table<3> limit_names(std::array<std::string_view, 3>{"MAILMAX", "RCPTMAX", "RCPTDOMAINMAX"});

// 1*9DIGIT, or with another `most` fewer or more
constexpr std::optional<std::uint32_t> parse_number(std::string_view text, std::size_t most = 9) noexcept {
    const auto value = text.size() <= most ? parse_decimal(text) : std::nullopt;
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

// limit-name ["=" limit-value]: the length of the name; 0 if it is none.
constexpr std::size_t limit_name_length(std::string_view text) noexcept {
    std::size_t name = chars::ldh.skip(text);
    while (name < text.size() && text[name] == '_') name = chars::ldh.skip(text, name + 1);
    if (name == text.size()) return name;
    const std::string_view value = text.substr(name);
    const bool good = value.front() == '=' && value.size() > 1 && chars::graphic.all(value) &&
                      value.find(';') == std::string_view::npos;
    return good ? name : 0;
}

} // namespace detail

// Reads the arguments of LIMITS. Nothing if one of them does not fit the grammar: then LIMITS counts as not announced. A
// limit with a value of its own that is wrong, and an unknown one, is left out. [RFC 9422 3]
constexpr std::optional<announced_limits> read_limits(const ehlo_line& line) noexcept {
    announced_limits found;
    std::uint32_t* const fields[] = {&found.mails, &found.recipients, &found.rcpt_domains};
    auto at = line.parameters().begin();
    if (at == words::iterator()) return std::nullopt;
    for (; at != words::iterator(); ++at) {
        const std::string_view word = *at;
        const std::size_t name = detail::limit_name_length(word);
        if (name == 0) return std::nullopt;
        const std::size_t which = detail::limit_names.find(word.substr(0, name));
        if (which == 3 || name == word.size() || word[name + 1] == '0') continue;
        if (const auto value = detail::parse_number(word.substr(name + 1), 6)) *fields[which] = *value;
    }
    return found;
}

// Reads the argument of SIZE: the largest message in octets, 0 if there is no fixed limit; nothing if it does not say
// [RFC 1870 4].
constexpr std::optional<std::uint64_t> read_size(const ehlo_line& line) noexcept {
    if (const auto size = detail::parse_decimal(line.arguments)) return size; // nearly always the only word
    const auto first = line.parameters().begin();
    return first == words::iterator() ? std::nullopt : detail::parse_decimal(*first);
}

// Reads the argument of DELIVERBY: the shortest time in seconds that can be asked for, 0 if it does not say [RFC 2852 2].
constexpr std::uint32_t read_deliver_by(const ehlo_line& line) noexcept {
    const auto first = line.parameters().begin();
    return first == words::iterator() ? 0 : detail::parse_number(*first).value_or(0);
}

// Reads the arguments of FUTURERELEASE; nothing if they do not fit, as both must be there [RFC 4865 4].
constexpr std::optional<release_limits> read_future_release(const ehlo_line& line) noexcept {
    auto word = line.parameters().begin();
    if (word == words::iterator()) return std::nullopt;
    const auto seconds = detail::parse_number(*word);
    if (!seconds || ++word == words::iterator()) return std::nullopt;
    release_limits found{*seconds, {}};
    detail::cursor c(*word, syntax{});
    if (!detail::take_date_time(c, found.until) || !c.done()) return std::nullopt;
    return found;
}

// Reads the argument of MT-PRIORITY.
constexpr priority_policy read_priority_policy(const ehlo_line& line) noexcept {
    const auto first = line.parameters().begin();
    if (first == words::iterator() || iequal(*first, "MIXER")) return priority_policy::mixer;
    if (iequal(*first, "STANAG4406")) return priority_policy::stanag4406;
    return iequal(*first, "NSEP") ? priority_policy::nsep : priority_policy::other;
}

// Reads the arguments of XCLIENT or XFORWARD: a bit `1 << proxy_attribute` for each that is known.
constexpr std::uint16_t read_proxy_attributes(const ehlo_line& line) noexcept {
    unsigned bits = 0;
    for (const std::string_view word : line.parameters()) {
        const std::size_t i = detail::proxy_attributes.find(word);
        if (i < 15) bits |= 1U << i;
    }
    return static_cast<std::uint16_t>(bits);
}

} // namespace sansmtp
