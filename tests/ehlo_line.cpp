// The lines of an EHLO reply [RFC 5321 4.1.1.1], read and written.
#include <sansmtp/ehlo_line.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

static_assert(parse_ehlo_line("SIZE 1000")->arguments == "1000");

namespace {

std::string wire(const ehlo_line& line, bool last = false) {
    std::array<char, 600> out{};
    out.fill('#');
    const auto size = serialize(line, last, out);
    if (!size) {
        CHECK(out[0] == '#'); // nothing was written
        return "refused";
    }
    return {out.data(), *size};
}

} // namespace

TEST_CASE("EHLO lines: what is one") {
    const auto line = parse_ehlo_line("x-local  a=1 \tb  ");
    REQUIRE(line);
    CHECK(line->keyword == "x-local");
    std::vector<std::string> args;
    for (const std::string_view word : line->parameters()) args.emplace_back(word);
    CHECK(args == std::vector<std::string>{"a=1", "b"});
    CHECK(line->extension() == nullptr);
    CHECK(parse_ehlo_line("size 3")->extension() ==
          &registered_extensions[static_cast<std::size_t>(extension_id::size)]);
    CHECK(parse_ehlo_line("").error() == parse_error{errc::bad_reply, 0});
    CHECK(parse_ehlo_line("-a").error() == parse_error{errc::bad_reply, 0});
    CHECK(parse_ehlo_line("a_b").error() == parse_error{errc::bad_reply, 1});
    CHECK(parse_ehlo_line("DSN a\x01").error() == parse_error{errc::bad_reply, 5});
}

TEST_CASE("L45: no control octet reaches the wire through an EHLO line") {
    CHECK(wire({"size", "1000"}) == "250-SIZE 1000\r\n");
    CHECK(wire({"HELP"}, true) == "250 HELP\r\n");
    CHECK(wire({"AUTH", "PLAIN LOGIN"}) == "250-AUTH PLAIN LOGIN\r\n");
    for (int octet = 0; octet < 256; ++octet) {
        const std::string one(1, static_cast<char>(octet));
        const bool graphic = octet > ' ' && octet < 127;
        CHECK((wire({"X", std::string("a").append(one).append("b")}) != "refused") == (graphic || octet == ' '));
        CHECK((wire({"X", one}) != "refused") == graphic);
        const bool keyword = chars::ldh.contains(static_cast<char>(octet));
        CHECK((wire({std::string("X").append(one)}) != "refused") == keyword);
    }
    CHECK(wire({"X", std::string(504, 'a')}).size() == 512);
    CHECK(wire({"X", std::string(505, 'a')}) == "refused");
    CHECK(serialize(ehlo_line{"DSN"}, true, {}).error().code == errc::no_room);
}

TEST_CASE("EHLO lines: what is written is read again") {
    for (const char* text :
         {"SIZE 1000", "AUTH PLAIN LOGIN", "LIMITS MAILMAX=5 RCPTMAX=100", "DELIVERBY 240",
          "FUTURERELEASE 86400 2026-12-01T00:00:00Z", "MT-PRIORITY NSEP", "NO-SOLICITING net.example:ADV,org.example:x",
          "BURL imap imap://imap.example.com", "XCLIENT NAME ADDR", "XFORWARD NAME SOURCE", "PIPELINING"}) {
        const auto line = parse_ehlo_line(text);
        REQUIRE(line);
        CHECK(wire(*line) == "250-" + std::string(text) + "\r\n");
    }
}
