// AUTH by a client session: every vector of spec/sasl-vectors.csv, what becomes of secrets, and the tickets. Dialogues are
// in transcripts/client/auth.txt.
#include "support/catch.hpp"
#include "support/client_dialogue.hpp"
#include "support/sasl_vectors.hpp"

#include <sansmtp/cram_md5.hpp>
#include <sansmtp/literals.hpp>
#include <sansmtp/scram.hpp>

#include "../examples/openssl_hash.hpp"
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace sansmtp;

namespace {

constexpr client_config auth_config(std::string_view mechanisms) noexcept {
    client_config c = script::plain_config();
    c.mechanisms = mechanisms;
    c.cleartext_auth = true;
    return c;
}

// A session up to its first action about AUTH.
template <class Client = client>
struct talk {
    client_config config;
    Client session{config};
    std::string wire, last;
    std::optional<sasl_request> asked;

    explicit talk(std::string_view mechanism, client_config base = auth_config("")) : config(base) {
        config.mechanisms = mechanism;
        hear("220 mx\r\n");
        hear("250-mx\r\n250 AUTH " + std::string(mechanism) + "\r\n");
    }

    void pull() {
        asked.reset();
        while (const auto action = session.next()) {
            last = script::line(*action);
            if (const auto* const r = std::get_if<sasl_request>(&*action)) asked = *r;
        }
    }
    void hear(std::string_view octets) {
        session.feed(octets);
        pull();
        if (asked) return;
        flush();
    }
    void flush() {
        wire += session.output();
        session.consume(session.output().size());
    }
};

// What the session says from AUTH on, when a server says what the vectors of this case have.
template <class M>
std::string exchange(M mechanism, const std::string& name, std::string& last) {
    talk t(mechanism.name());
    t.wire.erase(0, sizeof "EHLO client.example\r\n" - 1);
    const auto answer = [&] {
        if (t.asked) sasl::drive(t.session, *t.asked, mechanism);
        t.pull();
        t.flush();
    };
    answer();
    for (const sasl_vector& v : sasl_vectors()) {
        if (v.mechanism != mechanism.name() || v.name != name || v.sender != "server") continue;
        t.hear("334 " + v.base64 + "\r\n");
        answer();
    }
    t.hear("235 2.7.0 ok\r\n");
    last = t.last;
    return t.wire;
}

// What it must say.
std::string expected(const std::string& mechanism, const std::string& name) {
    std::string wire = "AUTH " + mechanism;
    bool begun = false;
    for (const sasl_vector& v : sasl_vectors()) {
        if (v.mechanism != mechanism || v.name != name) continue;
        if (v.sender == "client") wire += begun ? v.base64 + "\r\n" : " " + (v.raw.empty() ? "=" : v.base64) + "\r\n";
        if (v.sender == "server" && !begun) wire += "\r\n";
        begun = true;
    }
    return wire;
}

template <class M>
void check_vector(M mechanism, const std::string& name, const std::string& behind = "") {
    std::string last;
    INFO(mechanism.name() << " " << name);
    CHECK(exchange(mechanism, name, last) == expected(std::string(mechanism.name()), name) + behind);
    CHECK(last == "ready");
}

// A dialogue in memory that held nothing before: what is found in its session is the session's own, whose arrays are not
// initialised. (A compiler may leave out what clears an object's memory before its constructor; not so calloc.)
struct clean_talk {
    explicit clean_talk(std::string_view mechanism) : t(*new (room) talk<>(mechanism)) {}
    clean_talk(const clean_talk&) = delete;
    clean_talk& operator=(const clean_talk&) = delete;
    ~clean_talk() {
        t.~talk<>();
        std::free(room);
    }
    void* const room = std::calloc(1, sizeof(talk<>));
    talk<>& t;
};

bool holds(const void* where, std::size_t size, std::string_view secret) {
    const std::string_view all(static_cast<const char*>(where), size);
    return all.find(secret) != std::string_view::npos;
}

} // namespace

TEST_CASE("every SASL vector through a client session", "[client][auth][vectors]") {
    check_vector(sasl::plain_client("tim", "tanstaaftanstaaf"), "tim");
    check_vector(sasl::plain_client("Kurt", "xipj3plmq", "Ursel"), "Ursel-as-Kurt");
    check_vector(sasl::plain_client("test", "1234", "test"), "rfc4954");
    check_vector(sasl::login_client("tim", "tanstaaftanstaaf"), "draft");
    check_vector(sasl::login_client("tim", "tanstaaftanstaaf"), "common");
    check_vector(sasl::cram_md5_client<openssl::md5>("tim", "tanstaaftanstaaf"), "rfc2195");
    // The last message of SCRAM is the server's: an empty line answers it.
    check_vector(sasl::scram_client<openssl::sha1>("user", "pencil", "fyko+d2lbbFgONRv9qkxdawL"), "rfc5802", "\r\n");
    check_vector(sasl::scram_client<openssl::sha256>("user", "pencil", "rOprNGfwEbeRWgbNEkqO"), "rfc7677", "\r\n");
    check_vector(sasl::oauthbearer_client("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "user@example.com",
                                          "server.example.com", 587),
                 "rfc7628-smtp");
    check_vector(sasl::xoauth2_client("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"),
                 "google");
    check_vector(sasl::external_client("fred@example.com"), "fred");
    check_vector(sasl::external_client(), "empty");
    check_vector(sasl::anonymous_client("sirhc"), "sirhc");
}

TEST_CASE("SCRAM: a server that does not know the password is not believed", "[client][auth]") {
    using client_mechanism = sasl::scram_client<openssl::sha256>;
    const std::string second = sasl_step("SCRAM-SHA-256", "rfc7677", 2);
    std::array<char, 512> base64{};
    const auto size = encode_base64(second, base64);
    client_mechanism mechanism("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
    talk t("SCRAM-SHA-256");
    CHECK(sasl::drive(t.session, *t.asked, mechanism) == errc::none);
    t.flush();
    t.hear("334 " + std::string(base64.data(), *size) + "\r\n");
    CHECK(sasl::drive(t.session, *t.asked, mechanism) == errc::none);
    t.pull();
    t.flush();
    SECTION("235 without a signature") {
        t.hear("235 2.7.0 welcome\r\n");
        CHECK(t.last.starts_with("failed unexpected_reply at auth"));
    }
    SECTION("a wrong signature, then 235") {
        t.hear("334 dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9\r\n");
        REQUIRE(t.asked);
        CHECK_FALSE((sasl::drive(t.session, *t.asked, mechanism) == errc::none));
        t.pull();
        t.flush();
        CHECK(t.wire.ends_with("\r\n*\r\n"));
        t.hear("235 2.7.0 welcome\r\n");
        CHECK(t.last.starts_with("failed unexpected_reply at auth"));
    }
    CHECK_FALSE(t.session.authenticated());
}

TEST_CASE("L37 the AUTH command has 512 octets at most, other lines 12288", "[client][auth][bounds]") {
    // "AUTH PLAIN " and CRLF are 13 octets: 499 are left, and base64 comes in fours: 496 of them hold 372 octets
    const std::string secret(372 - 2 - 3, 's');
    talk fits("PLAIN");
    sasl::plain_client longest("tim", secret);
    sasl::drive(fits.session, *fits.asked, longest);
    CHECK(fits.session.output().size() == 509);
    CHECK(fits.session.output().starts_with("AUTH PLAIN AHRp"));
    const std::string more = secret + "s";
    talk late("PLAIN");
    sasl::plain_client longer("tim", more);
    sasl::drive(late.session, *late.asked, longer);
    CHECK(late.session.output() == "AUTH PLAIN\r\n");

    const std::string all(9213, 'x'); // 12284 octets of base64
    talk line("PLAIN");
    CHECK(line.session.respond(*line.asked, all, true) == errc::none);
    line.flush();
    line.hear("334 \r\n");
    REQUIRE(line.asked);
    CHECK_FALSE(line.asked->challenge);
    CHECK(line.session.respond(*line.asked, all, true) == errc::none);
    CHECK(line.session.output().size() == 12286);
    talk over("LOGIN");
    over.hear("334 \r\n");
    REQUIRE(over.asked);
    CHECK(over.session.respond(*over.asked, all + "x", true) == errc::auth_line_too_long);
    over.pull();
    CHECK(over.session.output() == "*\r\n");

    // a challenge as long as that is read
    talk challenge("LOGIN");
    challenge.hear("334 " + std::string(12280, 'A') + "\r\n");
    REQUIRE(challenge.asked);
    CHECK(challenge.asked->challenge->size() == 9210);
    talk endless("LOGIN");
    endless.hear("334 " + std::string(12284, 'A') + "\r\n");
    CHECK(endless.last.starts_with("failed reply_too_long at auth"));
}

TEST_CASE("secrets are overwritten as they leave", "[client][auth][secrets]") {
    const auto run = [](auto& t) {
        sasl::plain_client mechanism("tim", "tanstaaftanstaaf");
        sasl::drive(t.session, *t.asked, mechanism);
        REQUIRE(holds(&t.session, sizeof t.session, "dGFuc3RhYWZ0YW5zdGFhZ") == false); // other alignment of base64
        REQUIRE(holds(&t.session, sizeof t.session, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"));
    };
    SECTION("by consume, also in two parts") {
        const clean_talk clean("PLAIN");
        auto& t = clean.t;
        run(t);
        t.session.consume(20);
        CHECK_FALSE(holds(&t.session, sizeof t.session, "AHRpbQB0"));
        CHECK_FALSE(t.session.next());
        t.session.consume(t.session.output().size());
        CHECK_FALSE(holds(&t.session, sizeof t.session, "YWFm"));
        CHECK_FALSE(holds(&t.session, sizeof t.session, "ZnRhbnN0"));
    }
    SECTION("by a time-out") {
        const clean_talk clean("PLAIN");
        auto& t = clean.t;
        run(t);
        t.session.timed_out();
        t.pull();
        CHECK_FALSE(holds(&t.session, sizeof t.session, "AHRpbQB0"));
    }
    SECTION("when the connection is lost") {
        const clean_talk clean("PLAIN");
        auto& t = clean.t;
        run(t);
        t.session.close_input();
        t.pull();
        CHECK(t.last.starts_with("failed connection_lost at auth"));
        CHECK_FALSE(holds(&t.session, sizeof t.session, "AHRpbQB0"));
    }
    SECTION("in a copy that is wiped") {
        const clean_talk clean("PLAIN");
        auto& t = clean.t;
        run(t);
        auto copy = t.session;
        copy.wipe();
        CHECK_FALSE(holds(&copy, sizeof copy, "AHRpbQB0"));
        CHECK(holds(&t.session, sizeof t.session, "AHRpbQB0"));
    }
    SECTION("challenges, in the input") {
        const clean_talk clean("LOGIN");
        auto& t = clean.t;
        t.hear("334 c2VjcmV0IGNoYWxsZW5nZQ==\r\n");
        REQUIRE(t.asked);
        CHECK(t.asked->challenge == "secret challenge");
        sasl::login_client mechanism("tim", "x");
        sasl::drive(t.session, *t.asked, mechanism);
        t.pull();
        t.flush();
        CHECK_FALSE(holds(&t.session, sizeof t.session, "secret challenge"));
        CHECK_FALSE(holds(&t.session, sizeof t.session, "bGVuZ2U="));
    }
}

TEST_CASE("a SASL request is answered once, and by its own ticket", "[client][auth][tickets]") {
    talk t("LOGIN");
    t.hear("334 VXNlcm5hbWU6\r\n");
    REQUIRE(t.asked);
    const sasl_request first = *t.asked;
    CHECK_FALSE(t.session.wants_input());
    CHECK(*first.challenge == "Username:");
    CHECK(t.session.feed("334 x\r\n") == 7); // room behind; nothing moves while a request waits
    CHECK_FALSE(t.session.next());
    CHECK(*first.challenge == "Username:");
    sasl_request wrong = first;
    wrong.number += 1;
    CHECK(t.session.respond(wrong, std::string_view("x"), false) == errc::stale_ticket);
    wrong = first;
    wrong.serial += 1;
    CHECK(t.session.respond(wrong, std::string_view("x"), false) == errc::stale_ticket);
    CHECK(t.session.cancel(wrong) == errc::stale_ticket);
    CHECK(t.session.respond(first, std::string_view("x"), false) == errc::none);
    CHECK(t.session.respond(first, std::string_view("x"), false) == errc::stale_ticket);
    CHECK(t.session.cancel(first) == errc::stale_ticket);
    CHECK(t.session.output() == "eA==\r\n");
}

TEST_CASE("a response waits for room", "[client][auth][no_room]") {
    talk<basic_client<512, 512>> t("LOGIN");
    t.hear("334 \r\n");
    REQUIRE(t.asked);
    const std::string large(385, 'x'); // 516 octets of base64
    CHECK(t.session.respond(*t.asked, large, false) == errc::auth_line_too_long);
    t.pull();
    CHECK(t.session.output() == "*\r\n");
}

TEST_CASE("TLS is begun once, and only where it is due", "[client][tls]") {
    client_config c = script::plain_config();
    c.tls = tls_policy::required;
    client implicit(c);
    CHECK(implicit.tls_started() == errc::none);
    CHECK(implicit.secured());
    CHECK(implicit.tls_started() == errc::wrong_state);
    client late(c);
    late.feed("220 mx\r\n"); // in clear
    CHECK(late.tls_started() == errc::none);
    const auto action = late.next();
    REQUIRE(action);
    CHECK(script::line(*action).starts_with("failed unsolicited_reply"));
    CHECK(late.tls_started() == errc::wrong_state);
    client greeted_in_clear(c);
    greeted_in_clear.feed("220 mx\r\n");
    while (greeted_in_clear.next()) {}
    CHECK(greeted_in_clear.tls_started() == errc::wrong_state);
    CHECK_FALSE(greeted_in_clear.secured());
}

TEST_CASE("L32 no octet of before the handshake is behind it", "[client][tls]") {
    client_config c = script::plain_config();
    c.tls = tls_policy::required;
    for (const bool between : {true, false}) {
        client session(c);
        const auto run = [&] {
            std::string last;
            while (const auto action = session.next()) last = script::line(*action);
            session.consume(session.output().size());
            return last;
        };
        session.feed("220 mx\r\n");
        run();
        session.feed("250-mx\r\n250 STARTTLS\r\n");
        run();
        session.feed("220 go\r\n");
        CHECK(run() == "start_handshake");
        CHECK_FALSE(session.wants_input());
        session.feed("250-mx\r\n250 AUTH PLAIN\r\n"); // the caller should not, and it does not help
        if (between) CHECK(run().starts_with("failed unsolicited_reply at handshake"));
        session.tls_started();
        run();
        CHECK(session.closed());
        CHECK_FALSE(session.capabilities().auth());
    }
}

TEST_CASE("capabilities are forgotten by STARTTLS", "[client][tls]") {
    client_config c = script::plain_config();
    c.tls = tls_policy::required;
    client session(c);
    const auto hear = [&](std::string_view octets) {
        session.feed(octets);
        while (session.next()) {}
        session.consume(session.output().size());
    };
    hear("220 mx\r\n");
    hear("250-mx\r\n250-PIPELINING\r\n250-SIZE 5\r\n250 STARTTLS\r\n");
    CHECK(session.capabilities().pipelining());
    hear("220 go\r\n");
    session.tls_started();
    CHECK((session.capabilities() == capabilities{}));
    hear("250 mx\r\n"); // before EHLO has left: it answers nothing
    CHECK(session.closed());
}
