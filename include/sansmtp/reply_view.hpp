// Replies that were received [RFC 5321 4.2].
//
// `reply_view` is a view of all lines of one reply, made by the parsers here. `reply_parser` finds replies in a stream,
// line by line, without looking at any octet twice. Only the code of a reply decides; what its text tells beyond that is
// a hint (reply_hints.hpp), and server text is hostile: escape it before it goes into a log or a header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "detail/octets.hpp"
#include "limits.hpp"
#include "reply_code.hpp"
#include "result.hpp"

namespace sansmtp {

// One line of a received reply.
struct reply_line {
    reply_code code;
    bool last = true;      // no hyphen behind the code
    std::string_view text; // behind the code and its SP or hyphen, as it came
};

namespace detail {

// The number that the first three octets are; 0 if one of them is no digit.
constexpr unsigned read_code(std::uint32_t octets) noexcept {
    const std::uint32_t digits = (octets & 0xFFFFFFU) ^ 0x303030U;
    if (((digits + 0x767676U) | digits) & 0x808080U) return 0; // 10 and more reach the highest bit
    return (digits & 0xFFU) * 100 + (digits >> 8 & 0xFFU) * 10 + (digits >> 16);
}

// Reads a line that is known to hold no CR, LF or NUL; the offset where it does not fit, or `npos` if it does.
[[gnu::always_inline]] constexpr std::size_t split_reply_line(std::string_view line, const leniency& allow,
                                                              reply_line& found) noexcept {
    const bool bare = line.size() == 3; // without the separator
    const char* const octets = line.data();
    const auto octet = [octets](int i) { return std::uint32_t{static_cast<unsigned char>(octets[i])}; };
    unsigned code = 0;
    if (line.size() >= 4)
        code = read_code(load4(octets));
    else if (bare)
        code = read_code(octet(0) | octet(1) << 8 | octet(2) << 16);
    found.code = reply_code(code);
    if (!found.code) {
        const std::size_t digits = chars::digit.skip(line.substr(0, 3));
        return digits == 3 ? 0 : digits;
    }
    found.last = true;
    found.text = {};
    if (bare) return std::string_view::npos;
    const char separator = octets[3];
    if (separator != ' ' && separator != '-' && !(separator == '\t' && allow.several_spaces)) return 3;
    found.last = separator != '-';
    found.text = {octets + 4, line.size() - 4};
    return std::string_view::npos;
}

} // namespace detail

// Parses one reply line without its CRLF: DIGIT DIGIT DIGIT, then nothing, SP text or "-" text. "250", "250 " and
// "250-" are all lines. With `several_spaces` an HT counts as the SP. Fails with bad_reply; codes outside 200 to 599 are
// bad as well, and so is a CR, LF or NUL in the line. [RFC 5321 4.2]
constexpr result<reply_line> parse_reply_line(std::string_view line, const leniency& allow = {}) noexcept {
    const std::size_t stop = detail::find_line_stop(line, 0);
    reply_line found;
    const std::size_t wrong = detail::split_reply_line(line.substr(0, stop), allow, found);
    if (wrong == std::string_view::npos && stop == line.size()) return found;
    return {errc::bad_reply, wrong < stop ? wrong : stop};
}

class reply_parser;

// A whole reply that was received.
class reply_view {
public:
    // The lines' texts behind code and separator, without the enhanced code.
    class iterator {
    public:
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using reference = std::string_view;
        using pointer = void;

        constexpr iterator() noexcept = default;
        constexpr std::string_view operator*() const noexcept {
            std::string_view text = raw_text();
            std::size_t skip = 0;
            find_enhanced_code(code_, text, skip);
            text.remove_prefix(skip);
            return text;
        }
        // The text with its enhanced code, if it has one.
        constexpr std::string_view raw_text() const noexcept {
            return length_ > 4 ? rest_.substr(4, length_ - 4) : std::string_view{};
        }
        constexpr iterator& operator++() noexcept {
            rest_.remove_prefix(length_ + 2 < rest_.size() ? length_ + 2 : rest_.size());
            measure();
            return *this;
        }
        constexpr iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.rest_.size() == b.rest_.size();
        }

    private:
        friend class reply_view;
        constexpr iterator(std::string_view rest, reply_code code) noexcept : rest_(rest), code_(code) { measure(); }
        constexpr void measure() noexcept { length_ = detail::find_line_stop(rest_, 0); }

        std::string_view rest_;
        std::size_t length_ = 0;
        reply_code code_;
    };

    // No reply, as in an action about a lost connection.
    constexpr reply_view() noexcept = default;

    constexpr explicit operator bool() const noexcept { return static_cast<bool>(code_); }
    // The code of the last line; all lines have it but for the leniency mixed_reply_codes.
    constexpr reply_code code() const noexcept { return code_; }
    // The enhanced code of the first line; none if there is none or its class is another.
    constexpr enhanced_code enhanced() const noexcept {
        constexpr std::size_t longest = sizeof "2.999.999 " - 1;
        std::size_t skip = 0;
        const std::string_view text = raw_.size() > 4 ? raw_.substr(4, longest) : std::string_view{};
        return find_enhanced_code(code_, text.substr(0, text.find('\r')), skip).value_or(enhanced_code{});
    }
    constexpr iterator begin() const noexcept { return {raw_, code_}; }
    constexpr iterator end() const noexcept { return {}; }
    // The text of the first line.
    constexpr std::string_view text() const noexcept { return *begin(); }
    // All octets as they came, with every CRLF.
    constexpr std::string_view raw() const noexcept { return raw_; }
    // True if the leniency mixed_reply_codes was needed.
    constexpr bool mixed_codes() const noexcept { return mixed_; }

private:
    friend class reply_parser;
    constexpr reply_view(std::string_view raw, reply_code code, bool mixed) noexcept
        : raw_(raw), code_(code), mixed_(mixed) {}

    std::string_view raw_;
    reply_code code_;
    bool mixed_ = false;
};

// Finds replies in a stream. `unread` begins where the reply (or the line) begins, and only grows until the parser has
// returned something; then the caller drops what was consumed. What is found, errors and their offsets included, does not
// depend on how the stream is cut.
class reply_parser {
public:
    constexpr reply_parser() noexcept = default;
    // Takes `reply_line`, `reply_lines` and `hello_reply` (the octets of one reply) from the limits.
    constexpr reply_parser(const limits& most, leniency allow) noexcept
        : max_line_(most.reply_line), max_octets_(most.hello_reply), max_lines_(most.reply_lines), allow_(allow) {}

    struct line {
        reply_line value;
        std::size_t consumed = 0; // with its CRLF
    };

    // The next single line; nothing if more input is needed. Fails with bad_reply (a bare CR, bare LF or NUL, no code)
    // or reply_too_long.
    [[gnu::always_inline]] constexpr std::optional<result<line>> next_line(std::string_view unread) noexcept {
        line found;
        parse_error wrong;
        if (!take_line(unread, 0, max_line_, found, wrong)) return std::nullopt;
        if (wrong.code != errc::none) return std::optional<result<line>>(std::in_place, wrong);
        return std::optional<result<line>>(std::in_place, found);
    }

    // The next whole reply; nothing if more input is needed. Fails as next_line does, with mixed_reply_codes, or with
    // reply_too_long for too many lines or octets. The reply's size is that of raw().
    constexpr std::optional<result<reply_view>> next(std::string_view unread) noexcept {
        while (at_ <= unread.size()) {
            const std::size_t left = max_octets_ - at_;
            line found;
            parse_error wrong;
            if (!take_line(unread, at_, left < max_line_ ? left : max_line_, found, wrong)) return std::nullopt;
            if (wrong.code == errc::none) wrong = {add(found.value), at_};
            if (wrong.code != errc::none) return reset(), result<reply_view>(wrong);
            at_ += found.consumed;
            const reply_line& l = found.value;
            if (l.last) {
                const reply_view whole({unread.data(), at_}, l.code, mixed_);
                reset();
                return std::optional<result<reply_view>>(std::in_place, whole);
            }
        }
        return std::nullopt;
    }

private:
    // The line of at most `most` octets that begins at `start`, or what is wrong with it; false if more input is needed.
    [[gnu::always_inline]] constexpr bool take_line(std::string_view unread, std::size_t start, std::size_t most,
                                                    line& found, parse_error& wrong) noexcept {
        const std::size_t from = start + searched_ < unread.size() ? start + searched_ : unread.size();
        const std::size_t end = detail::find_line_stop(unread, from);
        const std::size_t length = end - start;
        searched_ = length;
        if (length + 2 > most) return fail(wrong, errc::reply_too_long, start + most);
        if (unread.size() - end < 2 || !is_newline(unread.data() + end)) {
            const bool may_become_one = end == unread.size() || (end + 1 == unread.size() && unread[end] == '\r');
            return !may_become_one && fail(wrong, errc::bad_reply, end);
        }
        searched_ = 0;
        const std::size_t at = detail::split_reply_line({unread.data() + start, length}, allow_, found.value);
        if (at != std::string_view::npos) return fail(wrong, errc::bad_reply, start + at);
        found.consumed = length + 2;
        return true;
    }

    static constexpr bool is_newline(const char* p) noexcept {
        return (static_cast<unsigned char>(p[0]) | static_cast<unsigned char>(p[1]) << 8) == ('\r' | '\n' << 8);
    }

    constexpr bool fail(parse_error& wrong, errc code, std::size_t offset) noexcept {
        searched_ = 0;
        wrong = {code, offset};
        return true;
    }

    // All lines have the same code. With `mixed_reply_codes` the last one counts, but never as a success of a reply that
    // holds a failure [RFC 5321 4.2.1].
    constexpr errc add(const reply_line& l) noexcept {
        if (++lines_ > max_lines_) return errc::reply_too_long;
        if (lines_ > 1 && l.code != code_) {
            mixed_ = true;
            if (!allow_.mixed_reply_codes) return errc::mixed_reply_codes;
        }
        code_ = l.code;
        negative_ = negative_ || l.code.negative();
        return l.last && negative_ && l.code.positive() ? errc::mixed_reply_codes : errc::none;
    }

    constexpr void reset() noexcept {
        at_ = searched_ = lines_ = 0;
        negative_ = mixed_ = false;
    }

    std::size_t max_line_ = limits{}.reply_line;
    std::size_t max_octets_ = limits{}.hello_reply;
    std::size_t max_lines_ = limits{}.reply_lines;
    std::size_t at_ = 0;       // start of the line that is read now
    std::size_t searched_ = 0; // how far that line was searched
    std::size_t lines_ = 0;
    reply_code code_;
    bool negative_ = false;
    bool mixed_ = false;
    leniency allow_ = {};
};

// Parses one whole reply with its CRLFs. Fails as reply_parser does; incomplete or followed by more: bad_reply.
constexpr result<reply_view> parse_reply(std::string_view text, const limits& most = {},
                                         const leniency& allow = {}) noexcept {
    reply_parser parser(most, allow);
    const auto found = parser.next(text);
    if (!found) return {errc::bad_reply, text.size()};
    if (*found && (*found)->raw().size() != text.size()) return {errc::bad_reply, (*found)->raw().size()};
    return *found;
}

} // namespace sansmtp
