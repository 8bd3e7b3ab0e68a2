// The transition table: every state can be reached, closed is final, no row is dead, and next_state is what allowed says.
#include <sansmtp/state.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace {

using namespace sansmtp;

constexpr std::size_t outcome_count = 5;

constexpr state state_at(std::size_t i) { return static_cast<state>(i); }
constexpr event event_at(std::size_t i) { return static_cast<event>(i); }
constexpr outcome outcome_at(std::size_t i) { return static_cast<outcome>(i); }

static_assert(static_cast<std::size_t>(state::closed) + 1 == state_count);
static_assert(static_cast<std::size_t>(event::lost) + 1 == event_count);

// What the table says about one state. Each is an evaluation of its own: compilers bound the steps of one.
template <state S>
struct facts {
    std::uint32_t next = 0; // set of states
    std::uint64_t rows = 0; // set of rows that count for something
    bool allowed_is_success = true;
    bool failures_change_nothing = true;

    constexpr facts() {
        for (std::size_t e = 0; e < event_count; ++e) {
            bool can = false;
            for (std::size_t o = 0; o < outcome_count; ++o) can = look(event_at(e), outcome_at(o)) || can;
            allowed_is_success = allowed_is_success && can == allowed(S, event_at(e));
        }
    }

private:
    // True if `e` can succeed with `o`.
    constexpr bool look(event e, outcome o) {
        note_row(e, o);
        const auto to = next_state(S, e, o);
        if (!to) return false;
        next |= detail::in(*to);
        const bool failed = o == outcome::transient || o == outcome::permanent;
        const bool chunk = e == event::bdat || e == event::bdat_last || e == event::mixed_data || S == state::bdat;
        const bool command = (detail::on(e) & detail::command_events) != 0 && !chunk;
        if (failed && command && (detail::in(S)&detail::command_states) != 0)
            failures_change_nothing = failures_change_nothing && to == S;
        return !failed;
    }
    // The first row that fits is the one that counts.
    constexpr void note_row(event e, outcome o) {
        for (std::size_t i = 0; i < transitions.size(); ++i) {
            const transition& t = transitions[i];
            if ((t.from & detail::in(S)) == 0 || (t.on & detail::on(e)) == 0 || (t.with & detail::with(o)) == 0)
                continue;
            rows |= std::uint64_t{1} << i;
            return;
        }
    }
};
template <std::size_t S>
inline constexpr facts<state_at(S)> facts_of{};

// Calls `f` with the facts of each state.
template <class F>
constexpr void for_each_state(F f) {
    [&]<std::size_t... S>(std::index_sequence<S...>) { (f(facts_of<S>, state_at(S)), ...); }
    (std::make_index_sequence<state_count>{});
}

constexpr std::uint32_t reachable() {
    std::uint32_t seen = detail::in(state::connect);
    for (std::size_t round = 0; round < state_count; ++round)
        for_each_state([&seen](const auto& of, state s) { seen |= (seen & detail::in(s)) != 0 ? of.next : 0; });
    return seen;
}
static_assert(reachable() == (std::uint32_t{1} << state_count) - 1);

// Closed is final.
static_assert(facts_of<static_cast<std::size_t>(state::closed)>.next == 0);

static_assert(transitions.size() < 64);
constexpr std::uint64_t living_rows() {
    std::uint64_t rows = 0;
    for_each_state([&rows](const auto& of, state) { rows |= of.rows; });
    return rows;
}
static_assert(living_rows() == (std::uint64_t{1} << transitions.size()) - 1, "a row never counts");

// `allowed` is what next_state knows; a command that fails leaves the state as it was [RFC 5321 4.1.4], but for the
// "indeterminate" cases of RFC 3030.
constexpr bool all_agree() {
    bool good = true;
    for_each_state(
        [&good](const auto& of, state) { good = good && of.allowed_is_success && of.failures_change_nothing; });
    return good;
}
static_assert(all_agree());

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

// Every verb is an event of its own but for those that mean the same.
constexpr bool verbs_are_events() {
    for (std::size_t i = 1; i <= static_cast<std::size_t>(verb::xforward); ++i)
        if (event_of(static_cast<verb>(i)) == event::other && static_cast<verb>(i) != verb::burl) return false;
    return event_of(verb::other) == event::other && event_of(verb::send) == event::mail;
}
static_assert(verbs_are_events());

// RFC 5321 4.5.3.2, seconds.
static_assert(time_limit(role::client, event::connection) == 300 && time_limit(role::client, event::mail) == 300);
static_assert(time_limit(role::client, event::rcpt) == 300 && time_limit(role::client, event::data) == 120);
static_assert(time_limit(role::client, event::chunk) == 180 && time_limit(role::client, event::end_of_data) == 600);
static_assert(time_limit(role::client, event::atrn) == 600 && time_limit(role::client, event::etrn) == 300);
static_assert(time_limit(role::server, event::other) == 300 && time_limit(role::server, event::data) == 300);

} // namespace
