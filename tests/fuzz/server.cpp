// A server session against arbitrary octets and arbitrary answers.
//
// The first octet chooses the config, the second more of it and the cuts, the next eight the answers; the rest is what the client sends.
// Two sessions that are cut differently must agree (law 1). A model that knows nothing but lines, chunks and CRLF.CRLF
// walks through the same octets with the replies in hand: each command, chunk and message has its reply, in order, and
// nothing was delivered but what had ended. Each request comes in a state where the table allows it, each answer moves
// as the table says, and a transaction that the caller accepted ends exactly once, by his verdict or by `aborted`.
#include <sansmtp/server.hpp>

#include "support/data_model.hpp"
#include "support/fuzz.hpp"
#include "support/trace.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace sansmtp;

namespace {

using fuzz::check;

struct plan {
    server_config config{.host = "mx.example"};
    bool tls = false;  // no octets are sent behind a line before its reply
    bool weak = false; // handshakes end below policy
    std::array<std::uint8_t, 8> answers{};
    std::string_view wire;
};

struct outcome_of_run {
    trace::record seen;
    std::vector<std::string> delivered; // content of each message that was asked about
    bool closed = false;
};

template <std::size_t In, std::size_t Out>
class runner {
public:
    explicit runner(const plan& p) : plan_(&p), session_(p.config, 9) { pump(); }

    outcome_of_run run(std::size_t seed) {
        std::string_view rest = plan_->wire;
        while (!rest.empty() && session_.wants_input()) {
            std::string_view piece = rest.substr(0, seed % 37 + 1);
            if (plan_->tls) piece = piece.substr(0, std::min(piece.size(), piece.find('\n')) + 1);
            const std::size_t taken = session_.feed(piece);
            rest.remove_prefix(taken);
            pump();
            seed = seed * 5 + 3;
        }
        session_.close_input();
        pump();
        settle_verdict();
        check(!open_);
        result_.closed = session_.closed();
        return std::move(result_);
    }

private:
    void pump() {
        for (;;) {
            while (auto action = session_.next()) {
                if (!std::holds_alternative<aborted>(*action)) settle_verdict();
                match(*action, [this](const auto& a) {
                    result_.seen.add(a);
                    see(a);
                });
                check(!session_.closed() || !std::holds_alternative<body>(*action));
            }
            if (session_.output().empty()) return;
            write(7);
        }
    }
    // The transaction is over if its verdict was given and no `aborted` came behind it.
    void settle_verdict() {
        if (std::exchange(verdict_given_, false)) open_ = false;
    }
    void write(std::size_t n) {
        const std::string_view out = session_.output().substr(0, n);
        result_.seen.output += out;
        session_.consume(out.size());
    }

    void see(const body& b) {
        check(session_.current() == state::data || session_.current() == state::bdat_rx);
        check(open_ && !b.bytes.empty());
        content_ += b.bytes;
    }
    void see(const aborted& a) {
        check(open_ && a.why != errc::none);
        open_ = false;
        content_.clear();
    }
    void see(const request<message_end>& r) {
        check(session_.current() == state::data_wait && open_);
        check(r.size == content_.size());
        if (r.recipient == 0) result_.delivered.push_back(content_);
        answer(r);
        if (session_.current() == state::data_wait) return; // there are other recipients
        content_.clear();
        verdict_given_ = true; // or the session went down: then `aborted` comes
    }
    template <class C>
    void see(const request<C>& r) {
        check(session_.current() == state::connect || allowed(session_.current(), detail::request_traits<C>::on) ||
              session_.current() == state::bdat); // BURL
        answer(r);
    }
    void see(const refused&) {}
    void see(const start_handshake&) {
        check(session_.output().empty()); // the 220 has left
        check(session_.tls_started({!plan_->weak}) == errc::none);
        check(session_.tls_started({}) == errc::wrong_state);
    }
    void see(const early_talker&) {}
    void see(const input_pending&) {}

    // Answers until it is done: no_room asks for a repetition, everything else ends the request.
    template <class C>
    void answer(const request<C>& r) {
        check(!session_.wants_input());
        check(!session_.next());
        const state before = session_.current();
        const std::uint8_t choice = plan_->answers[count_++ % 8];
        const ticket<C>& t = r;
        errc e = errc::none;
        while ((e = answer_once(t, choice)) == errc::no_room) write(50);
        check(e == errc::none || e == errc::illegal_code || e == errc::refused_field);
        check(session_.answer(t, {250, "again"}) == errc::stale_ticket);
        const state now = session_.current();
        check(now == before || now == state::closing || now == state::closed || is_move<C>(before, now));
        if (std::is_same_v<C, cmd::mail> && now == state::mail) open_ = true;
        if (std::is_same_v<C, cmd::burl> && before != state::ready && now == state::ready) verdict_given_ = true;
        if (choice == 253 && (now == state::data || now == state::bdat_rx))
            check(session_.refuse_message(550, {5, 7, 1}) == errc::none);
    }
    // True if the table has that move for an answer to C.
    template <class C>
    static bool is_move(state from, state to) {
        for (const event e : {detail::request_traits<C>::on, event::chunk, event::bdat_last, event::recipient_verdict})
            for (unsigned o = 0; o < 6; ++o)
                if (next_state(from, e, static_cast<outcome>(o)) == to) return true;
        return false;
    }
    template <class C>
    errc answer_once(const ticket<C>& t, std::uint8_t choice) {
        check(session_.reject(ticket<C>{t.serial, t.number + 1}, {550, "no"}) == errc::stale_ticket);
        if (choice == 250) return session_.shutdown({421, {4, 3, 2}, "bye"});
        if (choice == 251) return session_.timed_out(), errc::none;
        switch (choice % 16) {
        case 0: return session_.reject(t, {550, {5, 7, 1}, "no"});
        case 1: return session_.reject(t, {451, "later"});
        case 2: return session_.reject(t, {550, {5, 7, 1}, "no,\nthrice\n"});
        case 3: return session_.answer(t, {250, "two\nlines"});
        case 4: return session_.answer(t, {354, "go on"});
        case 5: return session_.answer(t, {252, "perhaps"});
        case 6: return session_.answer(t, reply{});
        case 7: return choice == 7 ? session_.reject(t, {421, {4, 3, 2}, "bye"}) : errc_of_default(t);
        case 8:
            if constexpr (requires { session_.challenge(t, {}); })
                return session_.challenge(t, std::span<const char>("challenge", 9));
            else
                return errc_of_default(t);
        default: return errc_of_accept(t);
        }
    }
    template <class C>
    errc errc_of_default(const ticket<C>& t) {
        return session_.answer(t, detail::request_traits<C>::unhandled);
    }
    template <class C>
    errc errc_of_accept(const ticket<C>& t) {
        if constexpr (acceptable<C>)
            return session_.accept(t);
        else
            return errc_of_default(t);
    }

    const plan* plan_;
    outcome_of_run result_;
    std::string content_;
    std::size_t count_ = 0;
    bool open_ = false;          // a transaction that was accepted
    bool verdict_given_ = false; // and its verdict
    basic_server<In, Out> session_;
};

// ---- the model

std::string upper(std::string_view text) {
    std::string all(text);
    for (char& c : all)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return all;
}

// What a line that begins with BDAT announces; nothing if its size cannot be read.
std::optional<std::uint64_t> chunk_of(std::string_view line) {
    const auto blanks = [&line] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
    line.remove_prefix(4);
    blanks();
    const std::string_view digits = line.substr(0, line.find_first_not_of("0123456789"));
    std::uint64_t size = 0;
    for (const char c : digits) {
        const auto value = static_cast<std::uint64_t>(c - '0');
        if (size > (~std::uint64_t{0} - value) / 10) return std::nullopt;
        size = size * 10 + value;
    }
    line.remove_prefix(digits.size());
    const bool apart = !line.empty() && line.find_first_of(" \t") == 0;
    blanks();
    const bool last = line.substr(0, 4) == "LAST" && line.find_first_not_of(" \t", 4) == std::string_view::npos;
    if (digits.empty() || !(line.empty() || (apart && last))) return std::nullopt;
    return size;
}

bool is_bdat(std::string_view line) {
    return line.substr(0, 4) == "BDAT" && (line.size() == 4 || line[4] == ' ' || line[4] == '\t');
}

struct walker {
    std::string_view rest;
    std::vector<reply_view> replies;
    bool lmtp = false;
    bool chunking = true;
    std::size_t longest = 512; // line, with CRLF
    std::size_t at = 0;        // the next reply
    std::size_t accepted = 0;
    bool open = false;                      // in a transaction
    bool auth = false;                      // in an AUTH exchange
    std::string chunks = {};                // of the message that comes in chunks
    std::vector<std::string> messages = {}; // all that ended

    unsigned due() const { return at < replies.size() ? replies[at].code().value() : 0; }

    // One command and its reply; false if there is no more whole one, or the session ended.
    bool command() {
        const std::size_t end = rest.find("\r\n");
        if (end == std::string_view::npos) return false;
        const std::string line = upper(rest.substr(0, end));
        rest.remove_prefix(end + 2);
        if (!auth && is_bdat(line) && is_clean(line)) return chunk(line);
        check(at < replies.size());
        const unsigned code = replies[at++].code().value();
        if (code == 421 || code == 221) return false;
        const bool in_exchange = auth;
        auth = code == 334;
        if (in_exchange) return true;
        const std::string_view verb = std::string_view(line).substr(0, 4);
        if ((verb == "MAIL" || verb == "SEND") && code == 250) begin();
        if (verb == "RCPT" && code / 100 == 2) ++accepted;
        const bool resets = verb == "RSET" || verb == "EHLO" || verb == "HELO" || verb == "LHLO";
        if ((resets && code == 250) || code == 220) open = false;
        if (code == 354) return message();
        return true;
    }

    // True for lines that are not refused for their length or for their octets.
    bool is_clean(std::string_view line) const {
        return line.size() + 2 <= longest && std::none_of(line.begin(), line.end(), [](char c) {
                   return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
               });
    }

    void begin() { accepted = 0, open = true, chunks.clear(); }

    // The octets of a chunk and their reply: in LMTP the last one has as many as there are recipients, perhaps none.
    bool chunk(std::string_view line) {
        const auto size = chunk_of(line);
        if (!size)
            return check(due() == 501 || due() == 503 || due() == 521 || due() == 554 || due() == 421), ++at, false;
        if (due() == 421 && at + 1 == replies.size() && *size > rest.size()) return ++at, false;
        if (*size > rest.size()) return false;
        const std::string octets(rest.substr(0, static_cast<std::size_t>(*size)));
        rest.remove_prefix(octets.size());
        const bool last = line.find("LAST") != std::string_view::npos;
        const bool untouched = !chunking || (!(lmtp && last && accepted == 0 && open) && due() == 530);
        for (std::size_t n = lmtp && last && open && !untouched ? accepted : 1; n != 0; --n) {
            check(at < replies.size());
            if (replies[at++].code() == 421) return false;
        }
        if (!open || untouched) return true;
        chunks += octets;
        if (last) messages.push_back(chunks), open = false;
        return true;
    }

    // The content behind a 354 and its replies.
    bool message() {
        const model::decoded content = model::decode(rest);
        if (!content.end) return false;
        messages.push_back(content.content);
        rest = rest.substr(rest.size() - content.rest.size());
        open = false;
        for (std::size_t n = lmtp ? accepted : 1; n != 0; --n) {
            check(at < replies.size());
            if (replies[at++].code() == 421) return false;
        }
        return true;
    }
};

std::vector<reply_view> replies_in(std::string_view output) {
    std::vector<reply_view> all;
    reply_parser parser;
    while (!output.empty()) {
        const auto found = parser.next(output);
        check(found && *found);
        all.push_back(**found);
        output.remove_prefix(all.back().raw().size());
    }
    return all;
}

void check_against_model(const plan& p, const outcome_of_run& r) {
    walker w{p.wire, replies_in(r.seen.output), p.config.protocol == dialect::lmtp,
             p.config.offer.has(extension_id::chunking), std::min<std::size_t>(512, p.config.limits.command_line)};
    check(!w.replies.empty());
    check(w.replies[w.at++].code() == 220 || w.replies[0].code().negative()); // the greeting
    if (w.replies[0].code() == 421) return check(w.replies.size() == 1);
    while (w.command()) {}
    check(w.at == w.replies.size());
    auto next = w.messages.begin(); // what was delivered had ended, in this order
    for (const std::string& d : r.delivered) {
        next = std::find(next, w.messages.end(), d);
        check(next != w.messages.end());
        ++next;
    }
    check(r.closed);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 10) return 0;
    plan p;
    const std::string wire(data + 10, data + size);
    p.wire = wire;
    std::copy_n(data + 2, 8, p.answers.begin());
    if ((data[0] & 1) != 0) p.config.protocol = dialect::lmtp;
    if ((data[0] & 2) != 0) p.config.bare_newlines = bare_newlines::keep;
    if ((data[0] & 4) != 0) p.config.offer = p.config.offer | extension_set{extension_id::expn};
    if ((data[0] & 8) != 0) p.config.mechanisms = "PLAIN LOGIN", p.config.cleartext_auth = p.config.short_auth = true;
    if ((data[0] & 16) != 0) p.config.limits.message_size = 20;
    if ((data[0] & 32) != 0) p.config.limits.bad_commands = 0;
    if ((data[0] & 64) != 0) p.config.limits.recipients = 2;
    if ((data[0] & 128) != 0) p.config.limits.command_line = 64;

    using id = extension_id;
    const extension_set many{id::binary_mime, id::dsn, id::etrn, id::xclient, id::xforward, id::send, id::rrvs};
    if ((data[1] & 128) != 0) p.config.offer = p.config.offer | extension_set{id::starttls}, p.tls = true;
    if ((data[1] & 64) != 0) p.config.offer = p.config.offer | many;
    if ((data[1] & 32) != 0) p.config.require_tls = true;
    if ((data[1] & 16) != 0) p.config.hang_up_on_junk = true;
    if ((data[1] & 8) != 0) p.weak = true;
    if ((data[1] & 4) != 0) p.config.offer = p.config.offer - extension_set{id::chunking, id::binary_mime};

    const outcome_of_run first = runner<512, 1024>(p).run(data[1]);
    const outcome_of_run octets = runner<512, 512>(p).run(data[1] + 17U);
    check(first.seen == octets.seen);
    check(first.delivered == octets.delivered);
    check_against_model(p, first);
    return 0;
}
