// Client against server in memory: both ends agree about every message and every recipient, whatever the buffers, the
// pieces and the answers, and wherever the connection is cut.
#include "support/loopback.hpp"
#include "support/catch.hpp"

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
    text += ", piece " + std::to_string(p.piece) + ", to server " + std::to_string(p.to_server) + ", to client " +
            std::to_string(p.to_client) + ", cut " + std::to_string(p.cut_server) + "/" + std::to_string(p.cut_client);
    return text;
}

// Runs `p` with every pair of buffers; without a cut the plan says what must come out.
template <class F>
void with_all_buffers(F f) {
    f.template operator()<tiny_client, tiny_server>();
    f.template operator()<client, server>();
    f.template operator()<tiny_client, server>();
    f.template operator()<client, tiny_server>();
}

void check(const plan& p) {
    with_all_buffers([&]<class Client, class Server>() {
        const books b = run<Client, Server>(p);
        std::string wrong = judge(p, b);
        for (std::size_t m = 0; m < p.messages.size(); ++m)
            for (std::size_t i = 0; i < p.messages[m].recipients; ++i)
                if (b.told[m][i] != expected(p, m, i)) wrong += "not as planned; ";
        INFO(shown(p));
        CHECK(wrong == "");
    });
}

std::vector<plan> ways() {
    std::vector<plan> all;
    for (const dialect protocol : {dialect::smtp, dialect::lmtp})
        for (const bool pipelining : {true, false})
            for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100}, never}) {
                plan p;
                p.protocol = protocol;
                p.pipelining = pipelining;
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
        p.messages = {{std::string(98, 'x'), 2}, {std::string(99, 'x'), 2}, {std::string(5000, 'x'), 2}, {"small", 1}};
        check(p);
    }
}

TEST_CASE("more recipients than the server takes", "[loopback]") {
    for (plan p : ways()) {
        p.recipient_limit = 3;
        p.messages = {{"x", 8}};
        with_all_buffers([&]<class Client, class Server>() {
            const books b = run<Client, Server>(p);
            INFO(shown(p));
            CHECK(judge(p, b) == "");
            for (std::size_t i = 0; i < 8; ++i) CHECK(b.told[0][i] == (i < 3 ? fate::delivered : fate::later));
        });
    }
}

TEST_CASE("the connection is cut at every octet", "[loopback][lost]") {
    std::size_t doubts = 0, cuts = 0;
    for (plan p : ways()) {
        if (p.to_server == 7) continue;
        letter refused{"x\r\n", 2, 3};
        p.messages = {{"a\r\n.b\r\n", 3, 2, 4}, refused, {"", 2}};
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
                    for (const fate f : told) doubts += f == fate::doubt ? 1U : 0U;
                ++cuts;
                if (wrong.empty() && b.cut) continue;
                INFO(shown(cut));
                CHECK(wrong == "");
                CHECK(b.cut);
            }
        }
    }
    CHECK(cuts > 1000);
    CHECK(doubts > 0);
    CHECK(doubts < cuts);
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
