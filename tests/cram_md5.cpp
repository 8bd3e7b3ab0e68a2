// CRAM-MD5, with OpenSSL's hash, against the vector of the RFC.
#include <sansmtp/cram_md5.hpp>

#include "../examples/openssl_hash.hpp"
#include "support/catch.hpp"
#include "support/sasl_vectors.hpp"

#include <openssl/opensslv.h>

#include <array>
#include <optional>
#include <string>

using namespace sansmtp;

TEST_CASE("CRAM-MD5 [RFC 2195]", "[cram_md5]") {
    errc error{};
    const std::string challenge = sasl_step("CRAM-MD5", "rfc2195", 1);
    sasl::cram_md5_client<openssl::md5> client("tim", "tanstaaftanstaaf");
    CHECK(turn(client, challenge, error) == sasl_step("CRAM-MD5", "rfc2195", 2));
    turn(client, challenge, error);
    CHECK(error == errc::bad_sasl_message);

    sasl::cram_md5_server<openssl::md5> server(challenge);
    std::array<char, 256> out{};
    CHECK(server.step("tim 0", out).error().code == errc::server_first);
    CHECK(turn(server, std::nullopt, error) == challenge);
    const std::string response = sasl_step("CRAM-MD5", "rfc2195", 2);
    CHECK(server.step(response, out)->stage == sasl::stage::lookup);
    CHECK(server.claimed().identity == "tim");
    CHECK(server.provide("tanstaaftanstaaf", out)->stage == sasl::stage::done);
    CHECK(server.provide("wrong", out).error().code == errc::bad_credentials);
    CHECK(server.step("a name with spaces 00", out)->stage == sasl::stage::lookup);
    CHECK(server.claimed().identity == "a name with spaces");
    CHECK(server.step("nothing", out).error().code == errc::bad_sasl_message);
}
