// Configs of a client: which of them a session takes. What their switches do is in client.cpp and transcripts/client.
#include <sansmtp/client_config.hpp>

#include "support/catch.hpp"

using namespace sansmtp;

TEST_CASE("a config is valid or not", "[client_config]") {
    CHECK(client_config{"client.example"}.valid());
    CHECK(client_config{"[192.0.2.1]"}.valid());
    CHECK(client_config{"[IPv6:2001:db8::1]"}.valid());
    CHECK_FALSE(client_config{}.valid());
    CHECK_FALSE(client_config{"a b"}.valid());
    CHECK_FALSE(client_config{"a\r\n"}.valid());
    CHECK_FALSE(client_config{"a_b"}.valid());
    client_config none{"client.example"};
    none.in_flight = 0;
    CHECK_FALSE(none.valid());
    client_config named{"client.example"};
    named.mechanisms = "SCRAM-SHA-256 plain";
    CHECK(named.valid());
    named.mechanisms = "PLAIN\r\nQUIT";
    CHECK_FALSE(named.valid());
}
