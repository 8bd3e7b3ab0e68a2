// Client against server in memory: both ends agree about every message and every recipient, whatever the buffers, the
// pieces and the answers, and wherever the connection is cut.
#include "support/loopback.hpp"
#include "support/catch.hpp"

#include <cstdlib>

using namespace loopback;

namespace {

using tiny_client = basic_client<512, 512>;
using tiny_server = basic_server<512, 512>;

std::string long_content() {
    std::string text = "Subject: x\r\n\r\n";
    for (int i = 0; i < 300; ++i) text += i % 5 == 0 ? ".\r\n" : i % 7 == 0 ? "..a\n" : "some line of text\r\n";
    return text + "no line end";
}

const std::vector<std::string>& shapes() {
    static const std::vector<std::string> all = {
        "",
        "a",
        "\r\n",
        ".",
        ".\r\n",
        "..\r\n.\r\n",
        "a\r\n.\r\nMAIL FROM:<x@y>\r\n",
        "a\nb\rc\r\n",
        "\r",
        "\n",
        long_content(),
        std::string(2000, 'x'),
        std::string("\0\x80\r\n", 4),
    };
    return all;
}

std::string shown(const plan& p) {
    std::string text = p.protocol == dialect::lmtp ? "LMTP" : "SMTP";
    if (!p.pipelining) text += " one by one";
    if (p.bdat) text += ", BDAT";
    text += ", piece " + std::to_string(p.piece) + ", to server " + std::to_string(p.to_server) + ", to client " +
            std::to_string(p.to_client) + ", cut " + std::to_string(p.cut_server) + "/" + std::to_string(p.cut_client);
    return text;
}

// Runs `p` with every pair of buffers.
void check(const plan& p) {
    const auto check_with = [&p]<class Client, class Server>() {
        const std::string wrong = judge(p, run<Client, Server>(p));
        INFO(shown(p));
        CHECK(wrong == "");
    };
    check_with.operator()<tiny_client, tiny_server>();
    check_with.operator()<client, server>();
    check_with.operator()<tiny_client, server>();
    check_with.operator()<client, tiny_server>();
    check_with.operator()<basic_client<513, 700>, basic_server<1000, 600>>();
}

std::vector<plan> ways() {
    std::vector<plan> all;
    for (const dialect protocol : {dialect::smtp, dialect::lmtp})
        for (const bool pipelining : {true, false})
            for (const bool bdat : {false, true})
                for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100}, never}) {
                    plan p;
                    p.protocol = protocol;
                    p.pipelining = pipelining;
                    p.bdat = bdat;
                    p.piece = p.to_server = step;
                    p.to_client = step == 7 ? 1 : step == 1 ? never : step;
                    all.push_back(p);
                }
    return all;
}

} // namespace

TEST_CASE("messages of every shape arrive as they were sent", "[loopback]") {
    for (plan p : ways()) {
        for (std::size_t i = 0; i + 1 < shapes().size(); i += 2) {
            p.messages = {{shapes()[i], 1}, {shapes()[i + 1], 3, 2}, {shapes().back(), 8}};
            check(p);
        }
    }
}

TEST_CASE("every set of refused recipients and of verdicts", "[loopback]") {
    for (plan p : ways()) {
        for (unsigned refused = 0; refused < 16; ++refused) {
            for (unsigned failed = 0; failed < 16; failed += p.protocol == dialect::lmtp ? 1 : 5) {
                const auto bits = static_cast<std::uint8_t>(refused);
                const auto ends = static_cast<std::uint8_t>(failed);
                p.messages = {{"one\r\n", 4, bits, ends}, {"two", 2, ends, bits}};
                check(p);
            }
        }
    }
}

TEST_CASE("MAIL, DATA, or the message refused while it comes", "[loopback]") {
    for (plan p : ways()) {
        for (int i = 0; i < 8; ++i) {
            letter m{"a message\r\n", 3, 2};
            m.mail_refused = (i & 1) != 0;
            m.data_refused = (i & 2) != 0;
            m.dropped = (i & 4) != 0;
            p.messages = {m, {"then\r\n", 2}, m, {"last", 1}};
            check(p);
        }
    }
}

TEST_CASE("a message over the limit of the server", "[loopback]") {
    for (plan p : ways()) {
        p.message_limit = 100;
        p.messages = {{std::string(98, 'x'), 2},
                      {std::string(96, 'x') + "\r\n\r\n", 2},
                      {std::string(5000, 'x'), 2},
                      {"small", 1}};
        check(p);
    }
}

TEST_CASE("more recipients than the server takes", "[loopback]") {
    for (plan p : ways()) {
        p.messages = {{"x", 8}, {"y", 8, 0x15}, {"z", 2}};
        p.recipient_limit = 3;
        check(p);
        p.recipient_limit = 0;
        p.limits.recipients = 3;
        check(p);
        p.limits = {2, 0, 0};
        check(p);
    }
}

TEST_CASE("all recipients or none", "[loopback]") {
    for (plan p : ways()) {
        p.all_or_nothing = p.asks = true;
        for (unsigned refused = 0; refused < 16; ++refused) {
            p.messages = {{"one\r\n", 4, static_cast<std::uint8_t>(refused)}, {"two", 2}};
            check(p);
        }
    }
}

TEST_CASE("messages that are given up reach nobody", "[loopback][abandon]") {
    for (plan p : ways()) {
        for (const leaving where : {leaving::after_send, leaving::on_content, leaving::behind_content}) {
            for (unsigned refused = 0; refused < 8; ++refused) {
                letter m{"not\r\nfor\r\nyou", 3, static_cast<std::uint8_t>(refused)};
                m.abandoned = where;
                p.messages = {{"before\r\n", 2}, m, {"then\r\n", 2, 1}};
                p.all_or_nothing = false;
                check(p);
                p.messages[1].data_refused = true;
                check(p);
                p.messages[1].mail_refused = true;
                check(p);
                p.messages = {m, {"then\r\n", 2}};
                p.all_or_nothing = true;
                check(p);
            }
        }
    }
}

TEST_CASE("octets over 127 arrive if they are declared, and never leave else", "[loopback]") {
    const extension_set eight_bit{extension_id::eight_bit_mime};
    for (plan p : ways()) {
        for (const std::string& content :
             {std::string("\xc3\xa9\r\n"), long_content() + "\x80", "\xff" + long_content()}) {
            for (const bool offered : {false, true}) {
                p.offer = offered ? standard_extensions
                                  : standard_extensions - eight_bit - extension_set{extension_id::smtputf8};
                letter m{content, 3, 2};
                p.messages = {{"before", 1}, m, {"then\r\n", 2}};
                check(p);
                p.messages[1].wants = eight_bit;
                check(p);
                p.messages[1].optional = eight_bit;
                check(p);
            }
        }
    }
}

TEST_CASE("the octets of BINARYMIME are what they are", "[loopback][bdat]") {
    for (plan p : ways()) {
        p.offer = p.offer | extension_set{extension_id::binary_mime};
        for (const std::string& content : shapes()) {
            letter m{content, 3, 2};
            m.wants = extension_set{extension_id::binary_mime};
            p.messages = {m, {"text\n", 1}, m};
            check(p);
        }
    }
}

// ---- cuts

namespace {

std::vector<letter> short_mail() {
    letter refused{"x\r\n", 2, 3};
    return {{"a\r\n.b\r\n", 3, 2, 4}, refused, {"", 2}};
}

struct tally {
    std::size_t cuts = 0, doubts = 0;
};

// Runs `p` with the connection lost behind each octet of both directions.
void lose_everywhere(const plan& p, tally& count) {
    const books whole = run<tiny_client, tiny_server>(p);
    REQUIRE(judge(p, whole) == "");
    for (const bool at_server : {true, false}) {
        const std::size_t size = at_server ? whole.server_octets : whole.client_octets;
        for (std::size_t at = 0; at < size; ++at) {
            plan cut = p;
            (at_server ? cut.cut_server : cut.cut_client) = at;
            const books b = run<tiny_client, tiny_server>(cut);
            const std::string wrong = judge(cut, b);
            for (const auto& told : b.told)
                for (const fate f : told) count.doubts += f == fate::doubt ? 1U : 0U;
            ++count.cuts;
            if (wrong.empty() && b.cut) continue;
            INFO(shown(cut));
            CHECK(wrong == "");
            CHECK(b.cut);
        }
    }
}

// Runs `p` with the stream of each direction in two pieces, wherever it can be cut. By default one direction is cut at a
// time, and both with a step; all pairs if SANSMTP_LOOPBACK is set.
void split_everywhere(const plan& p) {
    const bool all = std::getenv("SANSMTP_LOOPBACK") != nullptr;
    const books whole = run<tiny_client, tiny_server>(p);
    REQUIRE(judge(p, whole) == "");
    std::size_t wrong = 0;
    std::string first;
    const auto try_at = [&](std::size_t at_server, std::size_t at_client) {
        plan split = p;
        split.split_server = at_server;
        split.split_client = at_client;
        const std::string found = judge(split, run<tiny_client, tiny_server>(split));
        if (!found.empty() && wrong++ == 0)
            first =
                shown(split) + ", split " + std::to_string(at_server) + "/" + std::to_string(at_client) + ": " + found;
    };
    for (std::size_t at = 0; at < whole.server_octets; ++at) {
        const std::size_t step = all ? 1 : 17;
        for (std::size_t k = all ? 0 : at % step; k < whole.client_octets; k += step) try_at(at, k);
        try_at(at, 0);
    }
    for (std::size_t k = 0; k < whole.client_octets; ++k) try_at(0, k);
    CHECK(first == "");
    CHECK(wrong == 0);
}

std::vector<plan> secured_ways() {
    std::vector<plan> all;
    for (const dialect protocol : {dialect::smtp, dialect::lmtp})
        for (const bool bdat : {false, true})
            for (const std::string_view mechanism : {"PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"}) {
                plan p;
                p.protocol = protocol;
                p.bdat = bdat;
                p.tls = tls_policy::required;
                p.offer = p.offer | extension_set{extension_id::starttls};
                p.mechanisms = p.offered_mechanisms = mechanism;
                p.messages = {{".x", 2, 1}, {"", 1}};
                all.push_back(p);
            }
    return all;
}

} // namespace

TEST_CASE("the connection is lost at every octet", "[loopback][lost]") {
    tally count;
    for (plan p : ways()) {
        if (p.to_server == 7) continue;
        p.messages = short_mail();
        lose_everywhere(p, count);
    }
    CHECK(count.cuts > 1000);
    CHECK(count.doubts > 0);
    CHECK(count.doubts < count.cuts);
}

TEST_CASE("the connection is lost at every octet of STARTTLS and AUTH", "[loopback][lost][tls][auth]") {
    tally count;
    for (const plan& p : secured_ways()) lose_everywhere(p, count);
    CHECK(count.doubts > 0);
}

TEST_CASE("both directions are cut in two everywhere", "[loopback][cuts]") {
    for (plan p : ways()) {
        if (p.to_server != never) continue;
        p.messages = short_mail();
        split_everywhere(p);
    }
    for (const plan& p : secured_ways()) split_everywhere(p);
}

TEST_CASE("a large message in constant memory", "[loopback]") {
    plan p;
    std::string content;
    while (content.size() < 3'000'000) content += long_content();
    p.messages = {{content, 2, 1}};
    const books b = run<client, server>(p);
    CHECK(judge(p, b) == "");
    CHECK(b.told[0][1] == fate::delivered);
}
