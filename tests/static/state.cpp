// The transition table: every state can be reached, closed is final, no row is dead, and next_state is what allowed says.
#include <sansmtp/state.hpp>

#include <array>
#include <cstddef>

namespace {

using namespace sansmtp;

constexpr std::size_t outcome_count = 5;

constexpr state state_at(std::size_t i) { return static_cast<state>(i); }
constexpr event event_at(std::size_t i) { return static_cast<event>(i); }
constexpr outcome outcome_at(std::size_t i) { return static_cast<outcome>(i); }

static_assert(static_cast<std::size_t>(state::closed) + 1 == state_count);
static_assert(static_cast<std::size_t>(event::lost) + 1 == event_count);

// Calls `f(state, event, outcome)` for all of them.
template <class F>
constexpr void for_all(F f) {
    for (std::size_t s = 0; s < state_count; ++s)
        for (std::size_t e = 0; e < event_count; ++e)
            for (std::size_t o = 0; o < outcome_count; ++o) f(state_at(s), event_at(e), outcome_at(o));
}

constexpr std::uint32_t reachable() {
    std::uint32_t seen = detail::in(state::connect);
    for (std::size_t round = 0; round < state_count; ++round)
        for_all([&seen](state s, event e, outcome o) {
            const auto to = next_state(s, e, o);
            if ((seen & detail::in(s)) != 0 && to) seen |= detail::in(*to);
        });
    return seen;
}
static_assert(reachable() == (std::uint32_t{1} << state_count) - 1);

constexpr bool closed_is_final() {
    bool final = true;
    for_all([&final](state s, event e, outcome o) { final = final && (s != state::closed || !next_state(s, e, o)); });
    return final;
}
static_assert(closed_is_final());

// Every other state has a way out when the connection is lost, and when the session is shut down.
constexpr bool all_end() {
    for (std::size_t i = 0; i < state_count - 1; ++i) {
        const state s = state_at(i);
        if (next_state(s, event::lost, outcome::none) != state::closed) return false;
        const bool silent = s == state::tls_wait;
        const auto down = next_state(s, event::shutdown, silent ? outcome::none : outcome::transient);
        if (s != state::closing && down != (silent ? state::closed : state::closing)) return false;
    }
    return true;
}
static_assert(all_end());

// The first row that fits is the one that counts; each row must be that for something.
constexpr bool no_row_is_dead() {
    std::array<bool, transitions.size()> used{};
    for_all([&used](state s, event e, outcome o) {
        for (std::size_t i = 0; i < transitions.size(); ++i) {
            const transition& t = transitions[i];
            if ((t.from & detail::in(s)) == 0 || (t.on & detail::on(e)) == 0 || (t.with & detail::with(o)) == 0)
                continue;
            used[i] = true;
            return;
        }
    });
    for (const bool u : used)
        if (!u) return false;
    return true;
}
static_assert(no_row_is_dead());

constexpr bool allowed_is_success() {
    bool same = true;
    for (std::size_t s = 0; s < state_count; ++s)
        for (std::size_t e = 0; e < event_count; ++e) {
            bool can = false;
            for (const outcome o : {outcome::none, outcome::success, outcome::intermediate})
                can = can || next_state(state_at(s), event_at(e), o).has_value();
            same = same && can == allowed(state_at(s), event_at(e));
        }
    return same;
}
static_assert(allowed_is_success());

// A command that fails leaves the state as it was [RFC 5321 4.1.4], but for the "indeterminate" cases of RFC 3030.
constexpr bool failures_change_nothing() {
    bool good = true;
    for_all([&good](state s, event e, outcome o) {
        const bool command = (detail::on(e) & detail::command_events) != 0;
        const bool chunk = e == event::bdat || e == event::bdat_last || e == event::mixed_data || s == state::bdat;
        if (!command || chunk || (detail::in(s)&detail::command_states) == 0) return;
        if (o == outcome::transient || o == outcome::permanent) good = good && next_state(s, e, o) == s;
    });
    return good;
}
static_assert(failures_change_nothing());

// Every verb is an event of its own but for those that mean the same.
constexpr bool verbs_are_events() {
    for (std::size_t i = 1; i < detail::verb_names.size(); ++i)
        if (event_of(static_cast<verb>(i)) == event::other && static_cast<verb>(i) != verb::burl) return false;
    return event_of(verb::other) == event::other && event_of(verb::send) == event::mail;
}
static_assert(verbs_are_events());

// RFC 5321 4.5.3.2, seconds.
static_assert(time_limit(role::client, event::connection) == 300 && time_limit(role::client, event::mail) == 300);
static_assert(time_limit(role::client, event::rcpt) == 300 && time_limit(role::client, event::data) == 120);
static_assert(time_limit(role::client, event::chunk) == 180 && time_limit(role::client, event::end_of_data) == 600);
static_assert(time_limit(role::server, event::other) == 300 && time_limit(role::server, event::data) == 300);

} // namespace
