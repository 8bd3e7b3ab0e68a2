// The code in the README is what users copy first: it compiles, and it speaks with itself.

#include "readme/client.hpp"
#include "readme/pieces.hpp"
#include "readme/server.hpp"
#include "readme/testing.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "support/catch.hpp"

namespace {

// One direction of a connection.
struct pipe {
    std::mutex mutex;
    std::condition_variable changed;
    std::string octets;
    bool ended = false;

    std::size_t write(std::string_view text) {
        const std::lock_guard lock(mutex);
        octets += text;
        changed.notify_all();
        return text.size();
    }
    std::size_t read(std::span<char> out) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return ended || !octets.empty(); });
        const std::size_t n = octets.copy(out.data(), out.size());
        octets.erase(0, n);
        return n;
    }
    void end() {
        const std::lock_guard lock(mutex);
        ended = true;
        changed.notify_all();
    }
};

struct stream {
    pipe& in;
    pipe& out;
    std::size_t read_some(std::span<char> room) { return in.read(room); }
    std::size_t write_some(std::string_view text) {
        const std::size_t n = text.size() < most ? text.size() : most;
        if (most != forever) most -= n;
        return n == 0 ? 0 : out.write(text.substr(0, n));
    }
    static constexpr std::size_t forever = static_cast<std::size_t>(-1);
    std::size_t most = forever; // octets that leave before the connection is lost
};

struct mail_store {
    std::string content;
    int messages = 0, discarded = 0;
    void begin(const smtp::path&) { content.clear(); }
    bool knows(const smtp::path& to) const { return to.mailbox().local_part() != "nobody"; }
    void add(const smtp::path&) {}
    void write(std::string_view bytes) { content += bytes; }
    bool commit() { return ++messages > 0; }
    void discard() { content.clear(), ++discarded; }
};

bool exchange(std::span<const smtp::recipient> to, mail_store& mail,
              std::string_view content = "Subject: hello\n\n.\nhello", std::size_t from_server = stream::forever,
              std::size_t from_client = stream::forever) {
    pipe there;
    pipe back;
    smtp::client_config plain = my_client;
    plain.tls = smtp::tls_policy::never;
    std::thread server([&] {
        stream s{there, back, from_server};
        serve(s, mail, my_server);
        back.end();
    });
    stream c{back, there, from_client};
    const bool all = send(c, plain, smtp::envelope{hello.from, to}, content);
    there.end();
    server.join();
    return all;
}

} // namespace

TEST_CASE("the README's client sends mail to the README's server") {
    static constexpr smtp::recipient one[] = {{"bob@example.org"_path}};
    static constexpr smtp::recipient two[] = {{"bob@example.org"_path}, {"nobody@example.org"_path}};
    static constexpr smtp::recipient none[] = {{"nobody@example.org"_path}};

    mail_store mail;
    CHECK(exchange(one, mail));
    CHECK(mail.messages == 1);
    CHECK(mail.content == "Subject: hello\r\n\r\n.\r\nhello\r\n");
    CHECK_FALSE(exchange(two, mail));
    CHECK(mail.messages == 2);
    CHECK_FALSE(exchange(none, mail));
    CHECK(mail.messages == 2);
    CHECK(exchange(one, mail, "")); // nothing to write, and still an end
    CHECK(mail.messages == 3);
    CHECK(mail.content.empty());
}

TEST_CASE("the README's loops end when the connection is lost, and doubt is no success") {
    for (std::size_t octets = 0; octets < 300; ++octets) { // a client says 101, a server 268
        INFO(octets);
        mail_store of_client, of_server;
        const bool taken = exchange(bob, of_client, "x", stream::forever, octets);
        CHECK(taken == (of_client.messages == 1));
        CHECK(of_client.messages + of_client.discarded <= 1);
        const bool sent = exchange(bob, of_server, "x", octets);
        CHECK((!sent || of_server.messages == 1));
        CHECK(of_server.messages + of_server.discarded <= 1);
        CHECK(sent == (octets >= 268));
    }
}

TEST_CASE("the README's fake server and its log") {
    fake_server fake;
    CHECK(fake.hear("") == "220 mx.example.org ESMTP\r\n");
    CHECK(fake.hear("EHLO x\r\n").starts_with("250-mx.example.org\r\n"));
    CHECK(fake.hear("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n").ends_with(".<CRLF>\r\n"));
    CHECK(fake.hear("x\r\n.\r\n").starts_with("250 2.6.0 "));
    CHECK(fake.content == "x\r\n");
    CHECK(first_fault("S: 220 mx\nC: HELLO x\nS: 500 what\n") == "C: HELLO x: the command is not known HELO");
    CHECK(first_fault("S: 220 mx\nC: EHLO x\nS: 250 mx\n").empty());
    CHECK(first_fault("S: 220 mx\nC: EHLO x\nS: 250 mx\nC: DATA") == "C: DATA: the command is out of sequence ");
}
