// What a server session answers to some octets, as one line of text: for tables of exchanges.
#pragma once

#include "catch.hpp"
#include "transcript.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exchange {

// "250 2.1.0 | 354": each reply in an output by its code and enhanced code.
inline std::string codes(std::string_view output) {
    std::string all;
    for (const sansmtp::reply_view& r : transcript::replies(output)) {
        all += (all.empty() ? "" : " | ") + std::to_string(r.code().value());
        if (const sansmtp::enhanced_code e = r.enhanced())
            all += ' ' + std::to_string(e.category) + '.' + std::to_string(e.subject) + '.' + std::to_string(e.detail);
    }
    return all;
}

inline std::string joined(const std::vector<std::string>& actions, std::size_t first) {
    std::string all;
    for (std::size_t i = first; i < actions.size(); ++i) all += (i == first ? "" : "; ") + actions[i];
    return all;
}

// Under which settings, and behind what (both as transcripts have them).
struct situation {
    std::initializer_list<const char*> settings = {};
    const char* before = "";
};

inline const char* const after_hello = "EHLO x\\r\\n";
inline const char* const after_mail = "EHLO x\\r\\nMAIL FROM:<s@b>\\r\\n";
inline const char* const after_rcpt = "EHLO x\\r\\nMAIL FROM:<s@b>\\r\\nRCPT TO:<r@d>\\r\\n";
inline const char* const after_data = "EHLO x\\r\\nMAIL FROM:<s@b>\\r\\nRCPT TO:<r@d>\\r\\nDATA\\r\\n";

struct row {
    const char* sent;                // with the escapes of transcripts; a CRLF stands behind it
    const char* replies;             // as `codes` has them
    const char* told = nullptr;      // the actions, if they are of interest
    const char* after = "221 2.0.0"; // what QUIT gets behind it
};
inline const char* const over = ""; // for row::after: the session answers nothing any more

// A script, and a session of it that is in the situation.
class stage {
public:
    explicit stage(const situation& at) {
        for (const char* line : at.settings) transcript::read_line(script_, line);
        script_.config.extensions = script_.extensions;
        player_.emplace(script_);
        player_->feed(trace::unescaped(at.before));
    }
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    // What a copy of it does with these octets, cut into `first` octets and pieces of `step`.
    struct outcome {
        std::string replies, told, after;
        friend bool operator==(const outcome&, const outcome&) = default;
    };
    outcome play(std::string_view octets, std::size_t first, std::size_t step) const {
        transcript::player<> p = *player_;
        const std::size_t output = p.seen().output.size(), actions = p.seen().actions.size();
        for (std::size_t n = first; !octets.empty(); n = step) {
            p.feed(octets.substr(0, n));
            octets.remove_prefix(std::min(n, octets.size()));
        }
        const std::size_t said = p.seen().output.size();
        outcome o{codes(std::string_view(p.seen().output).substr(output)), joined(p.seen().actions, actions), {}};
        p.feed("QUIT\r\n");
        o.after = codes(std::string_view(p.seen().output).substr(said));
        return o;
    }

private:
    transcript::script script_;
    std::optional<transcript::player<>> player_;
};

// Each row by a copy of its own: at once, octet by octet, and cut in two at every octet.
inline void check(const situation& at, std::initializer_list<row> rows) {
    const stage here(at);
    for (const row& r : rows) {
        INFO(at.before << " then " << r.sent);
        const std::string octets = trace::unescaped(r.sent) + "\r\n";
        const stage::outcome whole = here.play(octets, octets.size(), 1);
        CHECK(whole.replies == r.replies);
        if (r.told != nullptr) CHECK(whole.told == r.told);
        CHECK(whole.after == r.after);
        CHECK((here.play(octets, 1, 1) == whole));
        for (std::size_t cut = 1; cut < octets.size() && octets.size() < 300; ++cut)
            if (!(here.play(octets, cut, octets.size()) == whole)) FAIL_CHECK("cut at " << cut);
    }
    CHECK(rows.size() != 0);
}

} // namespace exchange
