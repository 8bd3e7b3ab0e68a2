// SASL messages of the mechanisms that need no hash, and exchanges of a server session with them [RFC 4954].
#include <sansmtp/sansmtp.hpp>

#include "support/catch.hpp"
#include "support/sasl_vectors.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

struct told {
    std::string bytes;
    bool final = false;
    errc error = errc::none;
};

template <class M>
told ask(M& mechanism, std::optional<std::string_view> challenge = std::nullopt, std::size_t room = 1024) {
    std::string out(room, '?');
    const auto step = mechanism.step(challenge, out);
    if (!step) return {"", false, step.error().code};
    return {out.substr(0, step->size), step->final};
}

struct heard {
    sasl::stage stage = sasl::stage::done;
    std::string bytes;
    errc error = errc::none;
};

template <class M>
heard tell(M& mechanism, std::optional<std::string_view> response, std::size_t room = 1024) {
    std::string out(room, '?');
    const auto step = mechanism.step(response, out);
    if (!step) return {sasl::stage::done, "", step.error().code};
    return {step->stage, out.substr(0, step->size)};
}

} // namespace

TEST_CASE("every vector's base64 form is that of its octets", "[sasl]") {
    const auto all = sasl_vectors();
    REQUIRE(all.size() == 30);
    for (const sasl_vector& v : all) {
        INFO(v.mechanism << " " << v.name << " " << v.step);
        std::array<char, 1024> out{};
        const auto encoded = encode_base64(v.raw, out);
        REQUIRE(encoded);
        CHECK(std::string(out.data(), *encoded) == v.base64);
        const auto decoded = decode_base64(v.base64, out);
        REQUIRE(decoded);
        CHECK(std::string(out.data(), *decoded) == v.raw);
    }
}

TEST_CASE("PLAIN: client [RFC 4616]", "[sasl]") {
    sasl::plain_client tim("tim", "tanstaaftanstaaf");
    for (int again = 0; again < 2; ++again) { // an initial response may be asked for twice
        const told t = ask(tim);
        CHECK(t.bytes == sasl_step("PLAIN", "tim", 1));
        CHECK(t.final);
    }
    sasl::plain_client kurt("Kurt", "xipj3plmq", "Ursel");
    CHECK(ask(kurt).bytes == sasl_step("PLAIN", "Ursel-as-Kurt", 1));
    sasl::plain_client test("test", "1234", "test");
    CHECK(ask(test).bytes == sasl_step("PLAIN", "rfc4954", 1));

    CHECK(ask(tim, "").error == errc::bad_sasl_message); // 334 after the initial response: "*"
    sasl::plain_client patient("tim", "tanstaaftanstaaf", "", true);
    CHECK(ask(patient).final);
    CHECK(ask(patient, "").bytes == sasl_step("PLAIN", "tim", 1));
    CHECK(ask(patient, "").error == errc::bad_sasl_message);

    CHECK(ask(tim, std::nullopt, 10).error == errc::no_room);
    sasl::plain_client nul("t\0im"sv, "x");
    CHECK(ask(nul).error == errc::refused_field);
    sasl::plain_client no_name("", "x");
    CHECK(ask(no_name).error == errc::refused_field);
    sasl::plain_client no_password("x", "");
    CHECK(ask(no_password).error == errc::refused_field);
}

TEST_CASE("PLAIN: server takes exactly two NULs", "[sasl]") {
    const auto parsed = sasl::parse_plain("Ursel\0Kurt\0xipj3plmq"sv);
    REQUIRE(parsed);
    CHECK(parsed->authorization == "Ursel");
    CHECK(parsed->identity == "Kurt");
    CHECK(parsed->secret == "xipj3plmq");
    CHECK(sasl::parse_plain("\0tim\0tanstaaftanstaaf"sv)->authorization.empty());
    for (const std::string_view bad : {""sv, "\0"sv, "\0\0"sv, "tim\0secret"sv, "\0tim\0"sv, "\0\0secret"sv,
                                       "\0tim\0sec\0ret"sv, "a\0tim\0secret\0"sv})
        CHECK(sasl::parse_plain(bad).error().code == errc::bad_sasl_message);
    const std::string long_part(255, 'x');
    CHECK(sasl::parse_plain(long_part + "\0"s + long_part + "\0"s + long_part));
}

TEST_CASE("LOGIN: the prompts mean nothing to the client (L38)", "[sasl]") {
    for (const std::string_view first : {"Username:"sv, "User Name\0"sv, ""sv, "?"sv}) {
        sasl::login_client tim("tim", "tanstaaftanstaaf");
        CHECK(ask(tim).error == errc::bad_sasl_message); // the server speaks first
        const told name = ask(tim, first);
        CHECK(name.bytes == sasl_step("LOGIN", "common", 2));
        CHECK_FALSE(name.final);
        const told password = ask(tim, "Password:");
        CHECK(password.bytes == sasl_step("LOGIN", "common", 4));
        CHECK(password.final);
        CHECK(ask(tim, "Again:").error == errc::bad_sasl_message);
    }
}

TEST_CASE("LOGIN: server, with and without a name in the AUTH command", "[sasl]") {
    for (const bool early : {false, true}) {
        sasl::login_server server;
        if (!early) CHECK(tell(server, std::nullopt).bytes == sasl_step("LOGIN", "common", 1));
        CHECK(tell(server, "tim").bytes == sasl_step("LOGIN", "common", 3));
        CHECK(tell(server, "secret").stage == sasl::stage::verify);
        CHECK(server.claimed().identity == "tim");
        CHECK(server.claimed().secret == "secret");
    }
    sasl::login_server server;
    CHECK(tell(server, "").error == errc::bad_sasl_message);
    CHECK(tell(server, std::string(256, 'x')).error == errc::bad_sasl_message);
    CHECK(tell(server, std::string(255, 'x')).error == errc::none);
    sasl::login_server strict(false); // a name in the AUTH command is out of turn [RFC 4954 4]
    CHECK(tell(strict, "tim").error == errc::server_first);
    CHECK(tell(strict, std::nullopt).bytes == "Username:");
    CHECK(tell(strict, "tim").bytes == "Password:");
}

TEST_CASE("XOAUTH2: client and its error round trip", "[sasl]") {
    sasl::xoauth2_client c("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
    const told first = ask(c);
    CHECK(first.bytes == sasl_step("XOAUTH2", "google", 1));
    CHECK(first.final);
    const told second = ask(c, R"({"status":"401"})");
    CHECK(second.error == errc::none);
    CHECK(second.bytes.empty());
    CHECK_FALSE(second.final); // a success now would be a lie
    CHECK(ask(c, "x").error == errc::bad_sasl_message);
    sasl::xoauth2_client evil("a\x01"
                              "auth=Bearer x",
                              "t");
    CHECK(ask(evil).error == errc::refused_field);
}

TEST_CASE("XOAUTH2: server", "[sasl]") {
    const std::string message = sasl_step("XOAUTH2", "google", 1);
    const auto parsed = sasl::parse_xoauth2(message);
    CHECK(parsed->identity == "someuser@example.com");
    CHECK(parsed->secret == "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
    for (const std::string_view bad : {""sv, "user=a"sv, "user=a\x01"sv,
                                       "user=a\x01"
                                       "auth=Bearer \x01\x01"sv,
                                       "user=\x01"
                                       "auth=Bearer t\x01\x01"sv,
                                       "auth=Bearer t\x01\x01"sv,
                                       "user=a\x01"
                                       "auth=Basic t\x01\x01"sv,
                                       "user=a\x01"
                                       "auth=Bearer t\x01"sv,
                                       "user=a\x01"
                                       "auth=Bearer t\x01\x01x"sv})
        CHECK(sasl::parse_xoauth2(bad).error().code == errc::bad_sasl_message);
}

TEST_CASE("OAUTHBEARER: client [RFC 7628]", "[sasl]") {
    sasl::oauthbearer_client c("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "user@example.com", "server.example.com",
                               587);
    const told first = ask(c);
    CHECK(first.bytes == sasl_step("OAUTHBEARER", "rfc7628-smtp", 1));
    CHECK(first.final);
    const told second = ask(c, sasl_step("OAUTHBEARER", "error", 2));
    CHECK(second.bytes == sasl_step("OAUTHBEARER", "error", 3));
    CHECK_FALSE(second.final);
    CHECK(ask(c, "x").error == errc::bad_sasl_message);
    sasl::oauthbearer_client bare("t");
    CHECK(ask(bare).bytes == "n,,\x01"
                             "auth=Bearer t\x01\x01");
    sasl::oauthbearer_client comma("t", "a,b=c");
    CHECK(ask(comma).bytes == "n,a=a=2Cb=3Dc,\x01"
                              "auth=Bearer t\x01\x01");
}

TEST_CASE("OAUTHBEARER: server", "[sasl]") {
    const std::string message = sasl_step("OAUTHBEARER", "rfc7628-smtp", 1);
    const auto parsed = sasl::parse_oauthbearer(message);
    CHECK(parsed->authorization == "user@example.com");
    CHECK(parsed->secret == "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    CHECK(sasl::parse_oauthbearer("n,a=b=2Cc=3D,\x01"
                                  "auth=Bearer t\r\n\x01\x01")
              ->authorization == "b=2Cc=3D");
    CHECK(sasl::parse_oauthbearer("n,,\x01"
                                  "foo=bar\x01"
                                  "auth=bearer t\x01\x01")
              ->secret == "t");
    for (const std::string_view bad : {""sv, "\x01"sv, "n,,"sv, "n,,\x01"sv, "n,,\x01\x01"sv,
                                       "n,,\x01"
                                       "auth=Bearer t"sv,
                                       "n,,\x01"
                                       "auth=Bearer t\x01"sv,
                                       "n,user=u,\x01"
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,a=,\x01"
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,a,\x01"
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,a=b=2cc,\x01" // "=2C" is the only form of a comma
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,,\x01"
                                       "host=\0\x01" // value = *(VCHAR / SP / HTAB / CR / LF)
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,,\x01"
                                       "auth=Bearer \xC3\xA9\x01\x01"sv,
                                       "p=x,,\x01"
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,,auth=Bearer t\x01\x01"sv,
                                       "n,,\x01=x\x01"
                                       "auth=Bearer t\x01\x01"sv,
                                       "n,,\x01"
                                       "auth=Bearer t\x01\x01y"sv})
        CHECK(sasl::parse_oauthbearer(bad).error().code == errc::bad_sasl_message);
}

TEST_CASE("EXTERNAL and ANONYMOUS", "[sasl]") {
    sasl::external_client fred("fred@example.com");
    CHECK(ask(fred).bytes == sasl_step("EXTERNAL", "fred", 1));
    sasl::external_client nobody;
    const told empty = ask(nobody);
    CHECK(empty.bytes.empty());
    CHECK(empty.final);
    CHECK(ask(nobody, "").error == errc::bad_sasl_message);
    sasl::anonymous_client sirhc("sirhc");
    CHECK(ask(sirhc).bytes == sasl_step("ANONYMOUS", "sirhc", 1));

    sasl::external_server external;
    CHECK(tell(external, std::nullopt).stage == sasl::stage::challenge);
    CHECK(tell(external, "").stage == sasl::stage::verify);
    CHECK(tell(external, "fred@example.com").stage == sasl::stage::verify);
    CHECK(external.claimed().authorization == "fred@example.com");
    CHECK(tell(external, "a\0b"sv).error == errc::bad_sasl_message);
    sasl::anonymous_server anonymous;
    CHECK(tell(anonymous, "sirhc").stage == sasl::stage::verify);
    CHECK(anonymous.claimed().identity == "sirhc");
    std::string accents; // 255 characters of two octets
    while (accents.size() < 510) accents += "\xC3\xA9";
    struct trace {
        std::string text;
        bool good;
    };
    const trace traces[] = {{"", true}, // token = 1*255(any character but "@"), or an address, or nothing [RFC 4505 2]
                            {std::string(255, 'x'), true},
                            {std::string(256, 'x'), false},
                            {accents, true},
                            {accents + "x", false},
                            {std::string(250, 'x') + "@example.org", true},
                            {"a\x01", false}};
    for (const trace& t : traces) {
        CHECK((tell(anonymous, t.text).error == errc::none) == t.good);
        sasl::anonymous_client client(t.text);
        CHECK((ask(client).error == errc::none) == t.good);
    }
}

static_assert([] {
    sasl::plain_client tim("tim", "tanstaaftanstaaf");
    std::array<char, 64> out{};
    const auto step = tim.step(std::nullopt, out);
    return step && std::string_view(out.data(), step->size) == "\0tim\0tanstaaftanstaaf"sv;
}());

// ---- a server session and a mechanism, joined by drive()

namespace {

// Answers every AUTH with one mechanism, and says what the client saw.
template <class M, class Decide>
std::string exchange(M mechanism, Decide decide, std::string_view from_client) {
    const server_config config{.host = "mx.example.org",
                               .mechanisms = "PLAIN LOGIN XOAUTH2 OAUTHBEARER EXTERNAL ANONYMOUS CRAM-MD5",
                               .cleartext_auth = true};
    server s(config);
    std::string seen;
    std::string_view rest = from_client;
    bool open = true;
    while (open) {
        open = !rest.empty();
        rest.remove_prefix(s.feed(rest.substr(0, 7)));
        while (auto action = s.next()) {
            match(
                *action, [&](const request<cmd::auth>& r) { sasl::drive(s, r, mechanism, decide); },
                [&](const request<auth_response>& r) { sasl::drive(s, r, mechanism, decide); },
                [&](const auto& other) { s.answer_default(other); });
        }
        seen += s.output();
        s.consume(s.output().size());
    }
    const std::size_t hello = seen.find(" HELP\r\n");
    return hello == std::string::npos ? seen : seen.substr(hello + 7);
}

bool is_tim(const sasl::claim& c) { return c.identity == "tim" && c.secret == "tanstaaftanstaaf"; }

constexpr std::string_view welcome = "235 2.7.0 Authentication succeeded\r\n";
constexpr std::string_view wrong = "535 5.7.8 Authentication credentials invalid\r\n";

} // namespace

TEST_CASE("a server session authenticates by each mechanism", "[sasl]") {
    const std::string hello = "EHLO me.example.org\r\n";
    CHECK(exchange(sasl::plain_server{}, is_tim, hello + "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n") == welcome);
    CHECK(exchange(sasl::plain_server{}, is_tim, hello + "AUTH PLAIN\r\nAHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n") ==
          "334 \r\n"s.append(welcome));
    CHECK(exchange(sasl::plain_server{}, is_tim, hello + "AUTH PLAIN AHRpbQB4\r\n") == wrong);
    CHECK(exchange(sasl::plain_server{}, is_tim, hello + "AUTH PLAIN dGlt\r\n") ==
          "501 5.5.2 Malformed authentication message\r\n");
    CHECK(exchange(sasl::login_server{}, is_tim, hello + "AUTH LOGIN\r\ndGlt\r\ndGFuc3RhYWZ0YW5zdGFhZg==\r\n") ==
          "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n"s.append(welcome));
    CHECK(exchange(sasl::login_server{}, is_tim, hello + "AUTH LOGIN dGlt\r\ndGFuc3RhYWZ0YW5zdGFhZg==\r\n") ==
          "334 UGFzc3dvcmQ6\r\n"s.append(welcome));
    const auto anyone = [](const sasl::claim&) { return true; };
    const auto nobody = [](const sasl::claim&) { return false; };
    CHECK(exchange(sasl::external_server{}, anyone, hello + "AUTH EXTERNAL =\r\n") == welcome);
    CHECK(exchange(sasl::external_server{}, anyone, hello + "AUTH EXTERNAL\r\n\r\n") == "334 \r\n"s.append(welcome));
    CHECK(exchange(sasl::anonymous_server{}, anyone, hello + "AUTH ANONYMOUS c2lyaGM=\r\n") == welcome);
    const std::string token =
        "AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3"
        "AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB\r\n";
    CHECK(exchange(sasl::oauthbearer_server{}, anyone, hello + token) == welcome);
    // RFC 7628 3.2.3: the error text, its answer, then the failure
    CHECK(exchange(sasl::oauthbearer_server{}, nobody, hello + token + "AQ==\r\n") ==
          "334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n"s.append(wrong));
    CHECK(exchange(sasl::xoauth2_server{}, nobody, hello + "AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHQBAQ==\r\n\r\n")
              .ends_with(wrong));
}
