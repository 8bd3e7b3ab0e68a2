// Runs the dialogues in transcripts/client: see the README there.
#include "support/catch.hpp"
#include "support/client_dialogue.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace sansmtp;

namespace {

constexpr std::size_t whole = static_cast<std::size_t>(-1);

// "PATH [PARAMETERS]"; the texts live as long as the program.
const std::string& keep(std::string text) {
    static std::set<std::string> all;
    return *all.insert(std::move(text)).first;
}

path path_of(const std::string& text) {
    const auto parsed = parse_path(keep(script::unescaped(text.substr(0, text.rfind('>') + 1))), {strict(), true});
    REQUIRE(parsed);
    return *parsed;
}

parameters params_of(const std::string& text, parameters_of which) {
    const std::size_t end = text.rfind('>') + 1;
    if (end == text.size()) return {};
    const auto parsed = parse_parameters(keep(text.substr(end + 1)), which);
    REQUIRE(parsed);
    return *parsed;
}

extension_id id_of(const std::string& keyword) {
    const extension* const found = find_extension(keyword);
    REQUIRE(found != nullptr);
    return static_cast<extension_id>(found - registered_extensions.data());
}

tls_policy policy_of(const std::string& text) {
    return text == "required"     ? tls_policy::required
           : text == "if_offered" ? tls_policy::if_offered
                                  : tls_policy::never;
}

script::dialogue::handshake handshake_of(const std::string& text) {
    using enum script::dialogue::handshake;
    return text == "weak" ? weak : text == "failed" ? failed : text == "closed" ? closed : good;
}

script::dialogue::leaving leaving_of(const std::string& text) {
    using enum script::dialogue::leaving;
    return text == "send" ? after_send : text == "content" ? before_content : behind_content;
}

command command_of(const std::string& text) {
    const auto parsed = parse_command(keep(text), {strict(), true});
    REQUIRE(parsed);
    return *parsed;
}

// DSN options in the fields of the envelope and of each recipient.
void set_dsn(script::dialogue& d) {
    d.envelope.ret = dsn_ret::headers;
    d.envelope.envid = "id 1";
    for (recipient& r : d.to) {
        r.notify = dsn_notify{true, true, false};
        r.orcpt = "o+1@x.example";
    }
}

// The other typed options.
void set_options(script::dialogue& d) {
    d.envelope.by = deliver_by{120, by_mode::bounce, true};
    d.envelope.hold_for = 60;
    d.envelope.priority = std::int8_t{-3};
}

void add_line(script::dialogue& d, const std::string& text);

// The usual opening, with these keywords: "A, B".
void open(script::dialogue& d, std::string keywords) {
    add_line(d, "S: 220 mx.example");
    add_line(d, d.config.protocol == dialect::lmtp ? "C: LHLO client.example" : "C: EHLO client.example");
    add_line(d, "A: greeted 220");
    add_line(d, keywords.empty() ? "S: 250 mx.example" : "S: 250-mx.example");
    while (!keywords.empty()) {
        const std::size_t end = std::min(keywords.find(", "), keywords.size());
        const std::string keyword = keywords.substr(0, end);
        keywords.erase(0, end == keywords.size() ? end : end + 2);
        add_line(d, (keywords.empty() ? "S: 250 " : "S: 250-") + keyword);
        add_line(d, "A: announced " + keyword);
    }
    add_line(d, "A: ready");
}

// The opening of a server with these mechanisms, or without AUTH; what is chosen behind it comes next.
void open_auth(script::dialogue& d, const std::string& mechanisms) {
    add_line(d, "S: 220 mx.example");
    add_line(d, "C: EHLO client.example");
    add_line(d, "A: greeted 220");
    add_line(d, mechanisms.empty() ? "S: 250 mx.example" : "S: 250-mx.example");
    if (mechanisms.empty()) return;
    add_line(d, "S: 250 AUTH " + mechanisms);
    add_line(d, "A: announced AUTH " + mechanisms);
}

// The usual end.
void bye(script::dialogue& d) {
    for (const char* text : {"A: ready", "C: QUIT", "S: 221 mx.example", "A: closed"}) add_line(d, text);
}

void set_option(script::dialogue& d, const std::string& option) {
    const std::string word = option.substr(0, option.find(' '));
    const std::string rest = word == option ? "" : option.substr(word.size() + 1);
    // clang-format off
    if (word == "lmtp") d.config.protocol = dialect::lmtp;
    else if (word == "no-pipelining") d.config.pipelining = false;
    else if (word == "in-flight") d.config.in_flight = std::stoul(rest);
    else if (word == "reject") d.config.newlines = newline_policy::reject;
    else if (word == "mixed") d.config.allow.mixed_reply_codes = true;
    else if (word == "full-is-final") d.config.full_is_452 = false;
    else if (word == "from") d.envelope.from = path_of(rest), d.envelope.params = params_of(rest, parameters_of::mail);
    else if (word == "to") d.to.push_back({path_of(rest), params_of(rest, parameters_of::rcpt)});
    else if (word == "content") d.content = script::unescaped(rest);
    else if (word == "size") d.envelope.size = std::stoull(rest);
    else if (word == "8bit") d.envelope.body = body_type::eight_bit_mime;
    else if (word == "binary") d.envelope.body = body_type::binary_mime;
    else if (word == "utf8") d.envelope.utf8 = true;
    else if (word == "require-tls") d.envelope.require_tls = true;
    else if (word == "all") d.envelope.all_or_nothing = true;
    else if (word == "dsn") set_dsn(d);
    else if (word == "options") set_options(d);
    else if (word == "optional") d.envelope.optional = extension_set(id_of(rest));
    else if (word == "tls") d.config.tls = policy_of(rest);
    else if (word == "implicit-tls") d.implicit_tls = true;
    else if (word == "handshake") d.tls = handshake_of(rest);
    else if (word == "mechanisms") d.config.mechanisms = keep(rest);
    else if (word == "cleartext-auth") d.config.cleartext_auth = true;
    else if (word == "auth-if-offered") d.config.auth_required = false;
    else if (word == "hello-again") d.config.hello_again = true;
    else if (word == "identity") d.identity = script::unescaped(rest);
    else if (word == "secret") d.secret = rest;
    else if (word == "secret-of") d.secret = std::string(std::stoul(rest), 't');
    else if (word == "cancel") d.cancels = std::stoul(rest);
    else if (word == "bdat") d.config.prefer_bdat = true;
    else if (word == "chunk") d.chunk = std::stoul(rest);
    else if (word == "recipients") d.config.recipients = std::stoul(rest);
    else if (word == "needs") d.config.needs = extension_set(id_of(rest));
    else if (word == "command") d.commands.push_back(command_of(rest));
    else if (word == "abandon") d.abandons = leaving_of(rest);
    else if (word == "messages") d.messages = std::stoul(rest);
    else if (word == "no-quit") d.quits = false;
    else if (word == "once") d.once = true;
    else if (word == "large") d.large = true;
    else if (word == "open") open(d, rest);
    else if (word == "open-auth") open_auth(d, rest);
    else if (word == "bye") bye(d);
    else FAIL("unknown option: " << option);
    // clang-format on
}

void add_line(script::dialogue& d, const std::string& text) {
    if (text.empty() || text.front() == '#') return;
    const std::string mark = text.substr(0, 2);
    const std::string rest = text.size() > 3 ? text.substr(3) : "";
    if (mark == "! ") return set_option(d, text.substr(2));
    if (mark == "A:") return void(d.actions += rest + "\n");
    if (mark == "E:") return void(d.then = script::dialogue::end::eof);
    if (mark == "T:") return void(d.then = script::dialogue::end::timeout);
    if (mark == "C:") {
        if (d.parts.empty() || !d.parts.back().octets.empty()) d.parts.emplace_back();
        d.parts.back().expected += script::wire_line(rest);
    } else if (mark == "S:") {
        if (d.parts.empty()) d.parts.emplace_back();
        d.parts.back().octets += script::wire_line(rest);
    } else {
        FAIL("not a line of a dialogue: " << text);
    }
}

std::vector<script::dialogue> read(const std::filesystem::path& file) {
    std::vector<script::dialogue> all;
    std::ifstream in(file);
    for (std::string text; std::getline(in, text);) {
        if (text.rfind("== ", 0) == 0) {
            all.emplace_back();
            all.back().title = text.substr(3);
            all.back().content = "x\r\n";
            all.back().envelope.from = path_of("<a@a.example>");
        } else if (!all.empty()) {
            add_line(all.back(), text);
        }
    }
    for (script::dialogue& d : all)
        if (d.to.empty()) d.to.push_back({path_of("<b@b.example>")});
    return all;
}

template <class Client>
void run_all_ways(const script::dialogue& d) {
    const auto same = [&](auto step, std::size_t piece) {
        const script::outcome o = script::run<Client>(d, step, piece);
        CHECK(o.wire == d.client_octets());
        CHECK(o.actions == d.actions);
        return o.wire == d.client_octets() && o.actions == d.actions;
    };
    if (!same([](std::size_t) { return whole; }, whole) || d.once) return;
    if (!same([](std::size_t) { return std::size_t{1}; }, 1)) return;
    const std::size_t size = d.server_octets().size();
    for (std::size_t cut = 1; cut < size; ++cut) {
        INFO("cut at " << cut);
        if (!same([cut](std::size_t at) { return at < cut ? cut - at : whole; }, cut % 7 + 1)) return;
    }
}

} // namespace

TEST_CASE("client transcripts", "[client][transcripts]") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(SANSMTP_TRANSCRIPTS "/client")) {
        if (entry.path().extension() != ".txt") continue;
        for (const script::dialogue& d : read(entry.path())) {
            INFO(entry.path().filename().string() << ": " << d.title);
            if (!d.large) run_all_ways<basic_client<512, 512>>(d);
            run_all_ways<client>(d);
            ++count;
        }
    }
    CHECK(count > 100);
}
