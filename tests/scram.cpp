// SCRAM, with OpenSSL's hashes, against the vectors of the RFCs and against each other.
#include <sansmtp/sansmtp.hpp>

#include "../examples/openssl_hash.hpp"
#include "support/catch.hpp"
#include "support/sasl_vectors.hpp"

#include <openssl/opensslv.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_literals;

namespace {

template <class Hash>
void check_rfc_vectors(const std::string& mechanism, const std::string& name, std::string_view client_nonce,
                       std::string_view server_nonce, std::string_view salt_base64) {
    errc error{};
    sasl::scram_client<Hash> client("user", "pencil", client_nonce);
    CHECK(client.name() == mechanism);
    CHECK(turn(client, std::nullopt, error) == sasl_step(mechanism, name, 1));
    CHECK(turn(client, sasl_step(mechanism, name, 2), error) == sasl_step(mechanism, name, 3));
    std::array<char, 64> out{};
    const auto last = client.step(sasl_step(mechanism, name, 4), out);
    REQUIRE(last);
    CHECK(last->size == 0);
    CHECK(last->final);
    CHECK(client.iterations() == 4096);

    std::array<char, 64> salt{};
    const auto salt_size = decode_base64(salt_base64, salt);
    sasl::scram_secret<Hash> secret;
    REQUIRE(secret.derive("pencil", {salt.data(), *salt_size}, 4096));
    sasl::scram_server<Hash> server(server_nonce);
    CHECK(server.step(std::nullopt, out)->stage == sasl::stage::challenge);
    REQUIRE(server.step(sasl_step(mechanism, name, 1), out)->stage == sasl::stage::lookup);
    CHECK(server.claimed().identity == "user");
    std::array<char, 512> message{};
    const auto challenge = server.provide(secret.keys({salt.data(), *salt_size}, 4096), message);
    REQUIRE(challenge);
    CHECK(std::string(message.data(), challenge->size) == sasl_step(mechanism, name, 2));
    CHECK(turn(server, sasl_step(mechanism, name, 3), error) == sasl_step(mechanism, name, 4));
    CHECK(server.step("", out)->stage == sasl::stage::done);
}

struct outcome {
    errc client = errc::none;
    errc server = errc::none;
    bool done = false;
};

// A whole exchange in memory; `meddle` may change what either side hears.
template <class Hash, class Meddle>
outcome exchange(sasl::scram_client<Hash> client, sasl::scram_server<Hash> server, std::string_view password,
                 Meddle meddle) {
    outcome o;
    sasl::scram_secret<Hash> secret;
    secret.derive(password, "salt", 100);
    std::array<char, 4096> out{};
    std::string message = turn(client, std::nullopt, o.client);
    for (int round = 0; o.client == errc::none && round < 4; ++round) {
        meddle(message, 2 * round);
        auto said = server.step(message, out);
        if (said && said->stage == sasl::stage::lookup) said = server.provide(secret.keys("salt", 100), out);
        o.server = said.error().code;
        if (!said || said->stage == sasl::stage::done) return o.done = static_cast<bool>(said), o;
        message.assign(out.data(), said->size);
        meddle(message, 2 * round + 1);
        message = turn(client, message, o.client);
    }
    return o;
}

constexpr auto nothing = [](std::string&, int) {};

} // namespace

TEST_CASE("SCRAM-SHA-1 [RFC 5802 5]", "[scram]") {
    check_rfc_vectors<openssl::sha1>("SCRAM-SHA-1", "rfc5802", "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j",
                                     "QSXCR+Q6sek8bf92");
}

TEST_CASE("SCRAM-SHA-256 [RFC 7677 3]", "[scram]") {
    check_rfc_vectors<openssl::sha256>("SCRAM-SHA-256", "rfc7677", "rOprNGfwEbeRWgbNEkqO",
                                       "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==");
}

TEST_CASE("SCRAM: both sides, and what goes wrong", "[scram]") {
    using sha_client = sasl::scram_client<openssl::sha256>;
    using sha_server = sasl::scram_server<openssl::sha256>;
    const sha_client user("us,e=r", "pencil", "abc");
    CHECK(exchange(user, sha_server("xyz"), "pencil", nothing).done);
    CHECK(exchange(sha_client("user", "pencil", "abc", "a,dmin"), sha_server("xyz"), "pencil", nothing).done);
    CHECK(exchange(user, sha_server("xyz"), "pen", nothing).server == errc::bad_credentials);

    const auto replace = [](int at, std::string_view what, std::string_view with) {
        return [=](std::string& message, int step) {
            const std::size_t found = message.find(what);
            if (step == at && found != std::string::npos) message.replace(found, what.size(), with);
        };
    };
    // the server's first message
    for (const std::string_view bad :
         {"r=abc,s=c2FsdA==,i=100", "r=abd1,s=c2FsdA==,i=100", "m=x,r=abcxyz,s=c2FsdA==,i=100", "r=abcxyz,s=,i=100",
          "r=abcxyz,s=c2FsdA==,i=0", "r=abcxyz,s=c2FsdA==,i=010", "r=abcxyz,s=c2FsdA==,i=10000001",
          "r=abcxyz,s=c2FsdA==", "r=abcxyz", "", "r=abcxyz,s=c2FsdA==,i=100,m=x", "r=abcxyz,s=c2FsdA==,i=100,x=y,m="}) {
        INFO(bad);
        const auto forged = [bad](std::string& message, int at) {
            if (at == 1) message = bad;
        };
        CHECK(exchange(user, sha_server("xyz"), "pencil", forged).client == errc::bad_sasl_message);
    }
    sha_client asked = user; // few iterations are taken, and told
    errc none{};
    turn(asked, std::nullopt, none);
    CHECK(asked.iterations() == 0);
    turn(asked, "r=abcxyz,s=c2FsdA==,i=100", none);
    CHECK(none == errc::none);
    CHECK(asked.iterations() < sasl::min_scram_iterations);
    CHECK(asked.iterations() == 100);
    const auto extended = [](std::string& message, int at) {
        if (at == 1) message += ",x=unknown"; // optional: ignored, but it is part of what is proved
    };
    CHECK(exchange(user, sha_server("xyz"), "pencil", extended).server == errc::bad_credentials);
    // a server that does not know the password cannot prove that it does
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(3, "v=", "v=A")).client == errc::bad_credentials);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(3, "v=", "e=")).client == errc::bad_credentials);
    // the client's last message
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(2, "c=biws", "c=eSws")).server == errc::bad_credentials);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(2, "r=abcxyz", "r=abcxyy")).server ==
          errc::bad_credentials);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(2, ",p=", ",q=")).server == errc::bad_sasl_message);
    // the client's first message
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(0, "n,,", "x,,")).server == errc::bad_sasl_message);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(0, "n=us", "m=1,n=us")).server == errc::bad_sasl_message);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(0, "=2C", "=2c")).server == errc::bad_sasl_message);
    // an extension that must be understood, wherever it stands [RFC 5802 5.1]
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(0, "r=abc", "r=abc,m=x")).server ==
          errc::bad_sasl_message);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(2, ",p=", ",m=x,p=")).server == errc::bad_sasl_message);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(2, ",p=", ",x=m,p=")).server == errc::bad_credentials);
    CHECK(exchange(user, sha_server("xyz"), "pencil", replace(0, "n,,", "y,,")).server == errc::bad_credentials);

    for (const std::string_view nonce : {"", "a,b", "a b"}) {
        errc error{};
        sha_client bad("user", "pencil", nonce);
        turn(bad, std::nullopt, error);
        CHECK(error == errc::refused_field);
    }
}

TEST_CASE("SCRAM: channel binding, and a downgrade", "[scram]") {
    using sha_client = sasl::scram_client<openssl::sha256>;
    using sha_server = sasl::scram_server<openssl::sha256>;
    using use = sasl::channel_binding::use;
    const sasl::channel_binding bound{use::required, "tls-exporter", "0123456789abcdef0123456789abcdef"};
    const sasl::channel_binding other{use::required, "tls-exporter", "another connection"};
    const sasl::channel_binding unoffered{use::unoffered, "", ""};
    const sha_client plus("user", "pencil", "abc", "", bound);
    CHECK(plus.name() == "SCRAM-SHA-256-PLUS");
    CHECK(sha_server("xyz", bound).name() == "SCRAM-SHA-256-PLUS");
    CHECK(exchange(plus, sha_server("xyz", bound), "pencil", nothing).done);
    CHECK(exchange(plus, sha_server("xyz", other), "pencil", nothing).server == errc::bad_credentials);
    const sha_client could("user", "pencil", "abc", "", unoffered);
    CHECK(exchange(could, sha_server("xyz"), "pencil", nothing).done);
    CHECK(exchange(could, sha_server("xyz", {}, true), "pencil", nothing).server == errc::bad_credentials);
    // what may not stand in the GS2 header is refused, never cut short or left out
    const auto first = [](std::string_view authorization, std::string_view type) {
        errc error{};
        sha_client c("user", "pencil", "abc", authorization, {use::required, type, "x"});
        turn(c, std::nullopt, error);
        return error;
    };
    CHECK(first(std::string(255, ','), "tls-exporter") == errc::none);
    CHECK(first(std::string(256, ','), "tls-exporter") == errc::refused_field);
    CHECK(first("", "") == errc::refused_field);
    CHECK(first("", "tls,a=admin") == errc::refused_field);
}

TEST_CASE("a server session drives SCRAM", "[scram]") {
    const server_config config{.host = "mx.example.org", .mechanisms = "SCRAM-SHA-256"};
    basic_server<16384> s(config);
    sasl::scram_server<openssl::sha256> mechanism("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    std::array<char, 64> salt{};
    const auto salt_size = decode_base64("W22ZaJ0SNY7soEsUEjb6gQ==", salt);
    sasl::scram_secret<openssl::sha256> secret;
    secret.derive("pencil", {salt.data(), *salt_size}, 4096);
    const auto look_up = [&](const sasl::claim& c) {
        return c.identity == "user" ? std::optional(secret.keys({salt.data(), *salt_size}, 4096)) : std::nullopt;
    };
    s.feed("EHLO me.example.org\r\n"
           "AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n"
           "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1kSHpiWmFwV0lrNGpVaE4r"
           "VXRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ==\r\n\r\n");
    while (auto action = s.next())
        match(
            *action, [&](const request<cmd::auth>& r) { sasl::drive(s, r, mechanism, look_up); },
            [&](const request<auth_response>& r) { sasl::drive(s, r, mechanism, look_up); },
            [&](const auto& other) { s.answer_default(other); });
    CHECK(std::string(s.output())
              .ends_with("334 "
                         "cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc"
                         "1VFamI2Z1E9"
                         "PSxpPTQwOTY=\r\n"
                         "334 dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==\r\n"
                         "235 2.7.0 Authentication succeeded\r\n"));
}
