// Received: and Return-Path: [RFC 5321 4.4, data.md 9], whatever the peer calls itself.
#include <sansmtp/trace.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;

namespace {

std::string wire(const received& r) {
    std::array<char, 2048> out{};
    out.fill('#');
    const auto size = serialize(r, out);
    if (size) return {out.data(), *size};
    CHECK(out[0] == '#'); // nothing was written
    return std::string(message(size.error().code));
}

const std::string refused(message(errc::refused_field));

const path jones = *parse_path("<jones@foo.example>");

received example() {
    received r;
    r.hello_name = "bar.example";
    r.peer_name = "rdns.bar.example";
    r.peer_address = "192.0.2.7";
    r.by = "mx.foo.example";
    r.with = {verb::ehlo, true, false, false};
    r.id = "4Fz1a2";
    r.recipient = jones;
    r.date = {2026, 11, 22, 4, 11, 0, 0, 0};
    return r;
}

// A header field of one or more lines: each of at most 998 octets, folded by HT, and nothing but printable ASCII.
bool is_one_field(std::string_view text) {
    if (text.size() < 2 || text.substr(text.size() - 2) != "\r\n") return false;
    text.remove_suffix(2);
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i, ++column) {
        if (text.substr(i, 3) == "\r\n\t") {
            i += 2;
            column = 0;
        } else if (text[i] < ' ' || text[i] > '~' || column > 998) {
            return false;
        }
    }
    return true;
}

} // namespace

TEST_CASE("trace: the example of the sheet") {
    received r = example();
    CHECK(wire(r) == "Received: from bar.example (rdns.bar.example [192.0.2.7])\r\n"
                     "\tby mx.foo.example with ESMTPS id 4Fz1a2\r\n"
                     "\tfor <jones@foo.example>; Sun, 22 Nov 2026 04:11:00 +0000\r\n");
    r.recipient.reset();
    CHECK(wire(r) == "Received: from bar.example (rdns.bar.example [192.0.2.7])\r\n"
                     "\tby mx.foo.example with ESMTPS id 4Fz1a2; Sun, 22 Nov 2026 04:11:00 +0000\r\n");
    r.peer_name = {};
    r.id = {};
    CHECK(wire(r) == "Received: from bar.example ([192.0.2.7])\r\n"
                     "\tby mx.foo.example with ESMTPS; Sun, 22 Nov 2026 04:11:00 +0000\r\n");
    r.priority = -3;
    CHECK(wire(r) == "Received: from bar.example ([192.0.2.7])\r\n"
                     "\tby mx.foo.example with ESMTPS priority -3; Sun, 22 Nov 2026 04:11:00 +0000\r\n");
}

TEST_CASE("trace: a literal never stands without TCP-info [5321 4.4: Extended-Domain]") {
    received r = example();
    r.by = "[192.0.2.25]";
    CHECK(wire(r).find("\r\n\tby [192.0.2.25] ([192.0.2.25]) with ESMTPS id ") != std::string::npos);
    r.by = "[IPv6:2001:db8::25]";
    CHECK(wire(r).find("\r\n\tby [IPv6:2001:db8::25] ([IPv6:2001:db8::25]) with ") != std::string::npos);
}

TEST_CASE("trace: a local socket has no address") {
    received r = example();
    r.peer_address = r.peer_name = {};
    r.with = {verb::lhlo, false, false, false};
    r.recipient.reset();
    CHECK(wire(r) == "Received: from bar.example\r\n"
                     "\tby mx.foo.example with LMTP id 4Fz1a2; Sun, 22 Nov 2026 04:11:00 +0000\r\n");
}

TEST_CASE("trace: the WITH protocol types [data.md 9.1]") {
    // clang-format off
    const struct { transmission how; std::string_view type; } rows[] = {
        {{verb::helo, false, false, false}, "SMTP"},      {{verb::helo, true,  true,  false}, "SMTP"},
        {{verb::ehlo, false, false, false}, "ESMTP"},     {{verb::ehlo, false, true,  false}, "ESMTPA"},
        {{verb::ehlo, true,  false, false}, "ESMTPS"},    {{verb::ehlo, true,  true,  false}, "ESMTPSA"},
        {{verb::lhlo, false, false, false}, "LMTP"},      {{verb::lhlo, false, true,  false}, "LMTPA"},
        {{verb::lhlo, true,  false, false}, "LMTPS"},     {{verb::lhlo, true,  true,  false}, "LMTPSA"},
        {{verb::ehlo, false, false, true},  "UTF8SMTP"},  {{verb::ehlo, false, true,  true},  "UTF8SMTPA"},
        {{verb::ehlo, true,  false, true},  "UTF8SMTPS"}, {{verb::ehlo, true,  true,  true},  "UTF8SMTPSA"},
        {{verb::lhlo, false, false, true},  "UTF8LMTP"},  {{verb::lhlo, false, true,  true},  "UTF8LMTPA"},
        {{verb::lhlo, true,  false, true},  "UTF8LMTPS"}, {{verb::lhlo, true,  true,  true},  "UTF8LMTPSA"},
    };
    // clang-format on
    for (const auto& row : rows) CHECK(protocol_type(row.how) == row.type);
}

TEST_CASE("trace: a HELO name that is no domain gives way to the address of the peer") {
    received r = example();
    r.peer_name = {};
    for (const char* odd : {"", "a b", "my_host", "a..b", "x\r\nSubject: forged", "\xC3\xA9", "(", "[1.2.3.256]"}) {
        r.hello_name = odd;
        CHECK(wire(r).substr(0, 46) == "Received: from [192.0.2.7] ([192.0.2.7])\r\n\tby ");
    }
    r.hello_name = "[IPv6:2001:db8::1]";
    CHECK(wire(r).substr(0, 33) == "Received: from [IPv6:2001:db8::1]");
    r.hello_name = "my_host";
    r.peer_address = "2001:db8::1";
    r.show_odd_name = true;
    CHECK(wire(r).find("from [IPv6:2001:db8::1] ([IPv6:2001:db8::1]) (helo=my_host)\r\n") != std::string::npos);
    r.hello_name = "a(b)c\\d\r\ne\x80";
    CHECK(wire(r).find("(helo=abcde)") != std::string::npos);
    r.peer_address = {};
    CHECK(wire(r).substr(0, 22) == "Received: from unknown");
}

TEST_CASE("SR-66: nothing of the peer's can forge a line") {
    for (int octet = 0; octet < 256; ++octet) {
        for (const char* before : {"", "a", "a.example"}) {
            std::string text(before);
            text.push_back(static_cast<char>(octet));
            text += "x";
            received r = example();
            r.show_odd_name = true;
            r.hello_name = r.peer_name = text;
            CHECK(is_one_field(wire(r)));
            for (std::string_view received::*field : {&received::by, &received::id, &received::peer_address}) {
                received other = example();
                other.*field = text;
                const std::string out = wire(other);
                CHECK((out == refused || is_one_field(out)));
            }
        }
    }
}

TEST_CASE("trace: what must be refused") {
    const auto with = [](auto change) {
        received r = example();
        change(r);
        return wire(r);
    };
    CHECK(with([](received& r) { r.by = {}; }) == refused);
    CHECK(with([](received& r) { r.by = "my_host"; }) == refused);
    CHECK(with([](received& r) { r.id = "a b"; }) == refused);
    CHECK(with([](received& r) { r.id = "a.b"; }) == refused); // an Atom has no dot
    CHECK(with([](received& r) { r.id = "<a.b@c>"; }).find("id <a.b@c>") != std::string::npos);
    CHECK(with([](received& r) { r.id = "<a"; }) == refused);
    CHECK(with([](received& r) { r.id = "<\"a b\"@c>"; }) == refused); // nor is anything quoted in it
    CHECK(with([](received& r) { r.peer_address = "192.0.2.256"; }) == refused);
    CHECK(with([](received& r) { r.peer_address = "[192.0.2.1]"; }) == refused);
    CHECK(with([](received& r) { r.priority = std::int8_t{10}; }) == refused);
    CHECK(with([](received& r) { r.recipient = path{}; }) == refused);
    CHECK(with([](received& r) { r.date.month = 13; }) == refused);
    CHECK(with([](received& r) { r.date.day = 0; }) == refused);
    CHECK(with([](received& r) { r.date.day = 31; }) == refused); // of November
    CHECK(with([](received& r) { r.date.hour = 24; }) == refused);
    CHECK(with([](received& r) { r.date.year = 1899; }) == refused);
    CHECK(with([](received& r) { r.date.offset_minutes = 24 * 60; }) == refused);
    const path utf8 = *parse_path("<\xC3\xA9@b>", {strict(), true});
    CHECK(with([&](received& r) { r.recipient = utf8; }) == refused);
    CHECK(with([&](received& r) { r.recipient = utf8, r.with.utf8 = true; }).find("for <\xC3\xA9@b>") !=
          std::string::npos);
    CHECK(with([](received& r) { r.recipient = *parse_path("<Postmaster>"); }).find("for <Postmaster>;") !=
          std::string::npos);
    CHECK(with([](received& r) { r.recipient = *parse_path("<@a,@b:c@d>"); }).find("for <c@d>;") != std::string::npos);
}

TEST_CASE("trace: what was tolerated is written by the grammar, or not at all") {
    leniency all = legacy();
    all.eight_bit = true;
    const struct {
        const char *text, *written;
    } rows[] = {
        {"<a..b@x>", "<\"a..b\"@x>"},
        {"<a.@x.>", "<\"a.\"@x>"},
        {"<a\\,b@x>", "<\"a,b\"@x>"},
        {"<\"joe\"@x>", "<joe@x>"}, // the fewest quotes [5321 4.1.2]
        {"a@[001.2.3.4]", "<a@[1.2.3.4]>"},
        {"<a@[IPv6:1:2:3:4:5:6:7::]>", "<a@[IPv6:1:2:3:4:5:6:7:0]>"},
        {"<\xFF@x>", nullptr},
        {"<bob>", nullptr},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const path p = *parse_path(row.text, {all});
        std::array<char, 400> out{};
        for (const bool utf8 : {false, true}) {
            const auto size = write_return_path(p, out, utf8);
            CHECK(size.has_value() == (row.written != nullptr));
            received r = example();
            r.recipient = p;
            r.with.utf8 = utf8;
            CHECK((wire(r) == refused) == (row.written == nullptr));
            if (row.written == nullptr) continue;
            CHECK(std::string(out.data(), *size) == "Return-Path: " + std::string(row.written) + "\r\n");
            CHECK(wire(r).find("for " + std::string(row.written) + "; ") != std::string::npos);
        }
    }
    received r = example();
    r.peer_address = "1:2:3:4:5:6:7::";
    CHECK(wire(r).find("[IPv6:1:2:3:4:5:6:7:0])") != std::string::npos);
    r.peer_address = "192.000.002.007";
    CHECK(wire(r).find("[192.0.2.7])") != std::string::npos);
}

TEST_CASE("trace: dates [RFC 5322 3.3]") {
    const auto date = [](date_time d) {
        received r = example();
        r.recipient.reset();
        r.date = d;
        const std::string out = wire(r);
        return out.substr(out.find("; ") + 2, 31);
    };
    CHECK(date({1998, 5, 21, 5, 33, 29, 0, -420}) == "Thu, 21 May 1998 05:33:29 -0700");
    CHECK(date({2000, 2, 29, 0, 0, 0, 0, 0}) == "Tue, 29 Feb 2000 00:00:00 +0000");
    CHECK(date({2026, 1, 1, 0, 30, 0, 0, 60}) == "Thu, 1 Jan 2026 00:30:00 +0100\r");
    CHECK(date({2026, 12, 31, 23, 59, 60, 0, 0}) == "Thu, 31 Dec 2026 23:59:60 +0000");
    CHECK(date({2026, 11, 22, 4, 11, 0, 0, 345}) == "Sun, 22 Nov 2026 04:11:00 +0545");
    CHECK(date({1900, 1, 1, 0, 0, 0, 0, 0}) == "Mon, 1 Jan 1900 00:00:00 +0000\r");
}

TEST_CASE("trace: lines are folded at 78 where words allow it") {
    const std::string label(60, 'a');
    const std::string host = label + "." + label + "." + label + ".example";
    const std::string box = "<" + std::string(64, 'b') + "@" + label + "." + label + ".example>";
    const path long_box = *parse_path(box);
    received r = example();
    r.hello_name = r.peer_name = r.by = host;
    r.recipient = long_box;
    const std::string out = wire(r);
    REQUIRE(is_one_field(out));
    for (std::size_t at = 0; at < out.size(); at = out.find("\r\n", at) + 2) {
        const std::string line = out.substr(at, out.find("\r\n", at) - at);
        const bool one_word = line.size() > 1 && line.find(' ', 1) == std::string::npos;
        CHECK((line.size() <= 78 || one_word || line.find(host) != std::string::npos ||
               line.find("for <") != std::string::npos));
    }
    for (std::size_t n = 0; n < out.size(); ++n) {
        std::string small(n, '\0');
        CHECK(serialize(r, small).error().code == errc::no_room);
    }
}

TEST_CASE("trace: Return-Path") {
    std::array<char, 400> out{};
    const auto written = [&](std::string_view text, bool utf8 = false) {
        const auto size = write_return_path(*parse_path(text, {legacy(), true}), out, utf8);
        return size ? std::string(out.data(), *size) : std::string(message(size.error().code));
    };
    CHECK(written("<>") == "Return-Path: <>\r\n");
    CHECK(written("<a@b>") == "Return-Path: <a@b>\r\n");
    CHECK(written("<@r:a@b>") == "Return-Path: <a@b>\r\n");
    CHECK(written("<\"a b\"@b>") == "Return-Path: <\"a b\"@b>\r\n");
    CHECK(written("<Postmaster>") == refused);
    CHECK(written("<drozd>") == refused);
    CHECK(written("<\xC3\xA9@b>") == refused);
    CHECK(written("<\xC3\xA9@b>", true) == "Return-Path: <\xC3\xA9@b>\r\n");
    CHECK(write_return_path(path{}, {}).error().code == errc::no_room);
}
