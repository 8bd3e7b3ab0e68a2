// states PICTURE: prints the transition table as a Graphviz graph, or what of it PICTURE shows:
//
//   server    all that a server session does
//   client    what a client session makes happen
//   content   DATA and BDAT
//
// An arrow is one or more events with the class of their reply; what leaves the state as it is has no arrow.
#include <sansmtp/state.hpp>

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sansmtp;

namespace {

// clang-format off
constexpr std::string_view state_names[state_count] = {
    "connect", "refused", "greeted", "ready", "mail", "rcpt", "data", "data_wait", "bdat_rx", "bdat", "bdat_fail", "auth",
    "tls_wait", "tls_weak", "closing", "closed"};
constexpr std::string_view event_names[event_count] = {
    "connection", "hello", "hello", "hello", "MAIL", "RCPT", "DATA", "DATA after BDAT", "BDAT", "BDAT LAST", "RSET", "NOOP",
    "HELP", "VRFY", "EXPN", "QUIT", "STARTTLS", "AUTH", "ETRN", "ATRN", "TURN", "XCLIENT", "XFORWARD", "other", "chunk",
    "response", "CRLF.CRLF", "a recipient's verdict", "verdict", "handshake", "shutdown", "flushed", "lost"};
constexpr std::string_view outcome_names[5] = {"", "2yz", "3yz", "4yz", "5yz"};
// clang-format on

using states = std::set<state>;
using events = std::set<event>;

struct picture {
    std::string_view name;
    states shown;
    events left_out;
};

states all_states() {
    states all;
    for (std::size_t i = 0; i < state_count; ++i) all.insert(static_cast<state>(i));
    return all;
}

std::optional<picture> find_picture(std::string_view name) {
    if (name == "server") return picture{name, all_states(), {event::lost, event::shutdown, event::quit}};
    if (name == "client") {
        states shown = all_states();
        for (const state s : {state::refused, state::tls_weak, state::bdat_fail}) shown.erase(s);
        return picture{name, shown, {event::lost, event::shutdown, event::quit, event::atrn, event::turn}};
    }
    if (name == "content") {
        return picture{name,
                       {state::ready, state::mail, state::rcpt, state::data, state::data_wait, state::bdat_rx,
                        state::bdat, state::bdat_fail},
                       {event::lost, event::shutdown, event::quit, event::helo, event::ehlo, event::lhlo}};
    }
    return std::nullopt;
}

// "MAIL 2yz"; "4yz" and "5yz" together are "no".
std::string label(event e, const std::set<outcome>& with) {
    std::string text(event_names[static_cast<std::size_t>(e)]);
    const bool refused = with.count(outcome::transient) != 0 && with.count(outcome::permanent) != 0;
    for (const outcome o : with) {
        if (refused && (o == outcome::transient || o == outcome::permanent)) continue;
        const std::string_view name = outcome_names[static_cast<std::size_t>(o)];
        if (!name.empty()) text.append(" ").append(name);
    }
    return refused ? text + " no" : text;
}

void print(const picture& p) {
    std::map<std::pair<state, state>, std::vector<std::string>> arrows;
    for (const state from : p.shown) {
        std::map<std::pair<event, state>, std::set<outcome>> moves;
        for (std::size_t e = 0; e < event_count; ++e)
            for (std::size_t o = 0; o < std::size(outcome_names); ++o) {
                const auto on = static_cast<event>(e);
                const auto to = next_state(from, on, static_cast<outcome>(o));
                if (to && *to != from && p.shown.count(*to) != 0 && p.left_out.count(on) == 0)
                    moves[{on, *to}].insert(static_cast<outcome>(o));
            }
        for (const auto& [move, with] : moves) {
            std::vector<std::string>& lines = arrows[{from, move.second}];
            const std::string line = label(move.first, with);
            if (lines.empty() || lines.back() != line) lines.push_back(line); // HELO, EHLO and LHLO are one hello
        }
    }
    std::printf("digraph %.*s {\n", static_cast<int>(p.name.size()), p.name.data());
    std::printf("    rankdir=TB; bgcolor=white;\n"
                "    node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=12];\n"
                "    edge [fontname=\"sans-serif\", fontsize=9];\n");
    for (const state s : p.shown)
        std::printf("    %s%s;\n", state_names[static_cast<std::size_t>(s)].data(),
                    s == state::closed ? " [peripheries=2]" : "");
    for (const auto& [ends, lines] : arrows) {
        std::string text;
        for (const std::string& line : lines) text.append(text.empty() ? "" : "\\n").append(line);
        std::printf("    %s -> %s [label=\"%s\"];\n", state_names[static_cast<std::size_t>(ends.first)].data(),
                    state_names[static_cast<std::size_t>(ends.second)].data(), text.c_str());
    }
    std::printf("}\n");
}

} // namespace

int main(int argc, char** argv) {
    const auto found = find_picture(argc == 2 ? argv[1] : "");
    if (!found) return std::fputs("usage: states server|client|content\n", stderr), 64;
    print(*found);
}
