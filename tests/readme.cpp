// The code in the README is what users copy first: it compiles, and it speaks with itself.

#include "readme/client.hpp"
#include "readme/pieces.hpp"
#include "readme/server.hpp"

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
    std::size_t write_some(std::string_view text) { return out.write(text); }
};

struct mail_store {
    std::string content;
    int messages = 0;
    void begin(const smtp::path&) { content.clear(); }
    bool knows(const smtp::path& to) const { return to.mailbox().local_part() != "nobody"; }
    void add(const smtp::path&) {}
    void write(std::string_view bytes) { content += bytes; }
    bool commit() { return ++messages > 0; }
    void discard() { content.clear(); }
};

bool exchange(std::span<const smtp::recipient> to, mail_store& mail,
              std::string_view content = "Subject: hello\n\n.\nhello") {
    pipe there;
    pipe back;
    const smtp::server_config mx{.host = "mx.example.org"};
    const smtp::client_config me{.name = "me.example.org", .tls = smtp::tls_policy::never};
    std::thread server([&] {
        stream s{there, back};
        serve(s, mail, mx);
        back.end();
    });
    stream c{back, there};
    const bool all = send(c, me, smtp::envelope{"me@example.org"_path, to}, content);
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
