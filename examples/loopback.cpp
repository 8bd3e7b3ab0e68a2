// loopback [FILE | -]
//
// A client sends a message to a server over TCP on 127.0.0.1: one of its own, a file, or standard input. Of the three
// recipients the server refuses one. Prints the dialogue, says what became of each recipient, and compares the message
// that was delivered with the one that was sent, octet for octet. The exit status is 0 only if all is as it must be.
#include "deliver.hpp"
#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

using namespace sansmtp::literals;

namespace {

constexpr std::string_view own_message = "From: Alice <alice@example.org>\n"
                                         "To: Bob <bob@example.org>, Carol <carol@example.org>\n"
                                         "Date: Fri, 20 Nov 2026 09:00:00 +0000\n"
                                         "Message-ID: <1@client.example.org>\n"
                                         "Subject: Dots\n"
                                         "MIME-Version: 1.0\n"
                                         "Content-Type: text/plain; charset=utf-8\n"
                                         "Content-Transfer-Encoding: 8bit\n"
                                         "\n"
                                         "A line with nothing but a dot ends a message, unless it is\n"
                                         ".\n"
                                         "inside of it. So a client puts a dot in front of each dot that begins\n"
                                         "a line, and the server takes it away again:\n"
                                         "..two dots\n"
                                         ".one dot\n"
                                         "Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9f\x65, Alice\n";

int stop(const std::string& why) {
    std::fprintf(stderr, "loopback: %s\n", why.c_str());
    return 1;
}

// A file under $TMPDIR that begins with no content; `path` becomes its name.
posix::descriptor temporary_file(std::string& path) {
    const char* const directory = std::getenv("TMPDIR");
    path = std::string(directory != nullptr && *directory != '\0' ? directory : "/tmp") + "/sansmtp-XXXXXX";
    return posix::descriptor(::mkstemp(path.data()));
}

// ---- the server

struct mailbox_file {
    int fd = -1;
    bool written = true;
    int messages = 0;
    std::uint64_t octets = 0;
};

void serve(posix::connection link, mailbox_file& mail) {
    static constexpr smtp::server_config config{.host = "mx.example.org"};
    smtp::server session(config);
    do {
        while (auto action = session.next())
            smtp::match(
                *action,
                [&](const smtp::request<smtp::cmd::rcpt>& r) {
                    if (r.to != "nobody@example.org"_path) return void(session.accept(r));
                    session.reject(r, {550, {5, 1, 1}, "No such user"});
                },
                [&](const smtp::body& b) { mail.written = mail.written && posix::write_all(mail.fd, b.bytes); },
                [&](const smtp::request<smtp::message_end>& r) {
                    if (!mail.written) return void(session.answer_default(r)); // 451
                    ++mail.messages;
                    mail.octets = r.size;
                    session.accept(r);
                },
                [&](const auto& other) { session.answer_default(other); });
    } while (!session.closed() && posix::turn(link, session));
    link.hang_up();
}

// ---- the client

// A connection that prints what goes over it. Of the content only its size: what follows a 354, up to the next reply.
class transcript : public posix::connection {
public:
    using posix::connection::connection;

    std::optional<std::size_t> read_some(std::span<char> out) {
        const auto n = connection::read_some(out);
        if (n && *n > 0) end_content();
        print("S", received_, {out.data(), n.value_or(0)});
        return n;
    }
    std::optional<std::size_t> write_some(std::string_view octets) {
        const auto n = connection::write_some(octets);
        octets = octets.substr(0, n.value_or(0));
        if (!in_content_) return print("C", sent_, octets), n;
        content_ += octets.size();
        tail_ += octets.substr(octets.size() < 5 ? 0 : octets.size() - 5);
        tail_.erase(0, tail_.size() < 5 ? 0 : tail_.size() - 5);
        return n;
    }

private:
    void print(const char* who, std::string& line, std::string_view octets) {
        for (const char c : octets) {
            if (c != '\n') {
                line += c;
                continue;
            }
            line.pop_back(); // CR
            std::printf("%s: %s\n", who, printable(line).c_str());
            if (*who == 'S' && line.starts_with("354")) in_content_ = true;
            line.clear();
        }
    }
    void end_content() {
        if (!in_content_) return;
        const bool whole = tail_ == "\r\n.\r\n" || tail_ == ".\r\n";
        const unsigned long long octets = content_ - (whole ? 3 : 0);
        std::printf("C: [%llu octets of content, dots doubled]\n%s", octets, whole ? "C: .\n" : "");
        in_content_ = false;
    }

    std::string sent_; // lines that are not complete
    std::string received_;
    std::uint64_t content_ = 0;
    std::string tail_; // its last octets
    bool in_content_ = false;
};

// The message that is sent. It writes what must arrive into a file: CR, LF and CRLF each as CRLF, and one at the end.
class message {
public:
    // Of the file `from`, or the own one if there is none.
    message(int from, int expected) : from_(from), expected_(expected) {}

    std::optional<std::size_t> operator()(std::span<char> out) {
        const auto n = from_ < 0 ? std::optional(own_.copy(out.data(), out.size())) : posix::read(from_, out);
        if (!n) return n;
        if (from_ < 0) own_.remove_prefix(*n);
        normal_.clear();
        for (const char c : std::string_view(out.data(), *n)) put(c);
        if (*n == 0 && last_ != '\r' && last_ != '\n') put('\n');
        return posix::write_all(expected_, normal_) ? n : std::nullopt;
    }

private:
    void put(char c) {
        const char before = std::exchange(last_, c);
        if (c == '\n' && before == '\r') return;
        if (c == '\r' || c == '\n')
            normal_ += "\r\n";
        else
            normal_ += c;
    }

    int from_;
    int expected_;
    std::string_view own_ = own_message;
    std::string normal_;
    char last_ = '\n';
};

// Fills `out` unless the file ends before.
std::string_view read_block(int fd, std::span<char> out) {
    std::size_t have = 0;
    while (const std::size_t n = posix::read(fd, out.subspan(have)).value_or(0)) have += n;
    return {out.data(), have};
}

bool equal(int a, int b) {
    static char of_a[65536], of_b[65536];
    if (::lseek(a, 0, SEEK_SET) != 0 || ::lseek(b, 0, SEEK_SET) != 0) return false;
    for (;;) {
        const std::string_view x = read_block(a, of_a), y = read_block(b, of_b);
        if (x != y || x.empty()) return x == y;
    }
}

const char* word(smtp::verdict v) {
    return v == smtp::verdict::accepted ? "delivered" : v == smtp::verdict::refused ? "refused" : "not delivered";
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 2) return stop("usage: loopback [FILE | -]");
    const std::string name = argc == 2 ? argv[1] : "";
    posix::descriptor from(name.empty() ? -1 : name == "-" ? ::dup(STDIN_FILENO) : ::open(name.c_str(), O_RDONLY));
    if (!name.empty() && !from) return stop(posix::error(name));

    std::string arrived_path, expected_path;
    const posix::descriptor arrived = temporary_file(arrived_path), expected = temporary_file(expected_path);
    if (!arrived || !expected) return stop(posix::error(arrived_path));
    ::unlink(expected_path.c_str());

    std::string why;
    const posix::descriptor listener = posix::listen_on(0, why);
    if (!listener) return stop(why);
    posix::descriptor fd = posix::connect_to("127.0.0.1", std::to_string(posix::port_of(listener)), why);
    if (!fd) return stop(why);
    mailbox_file mail{arrived.get()};
    std::thread server([&] { serve(posix::connection(posix::accept_from(listener)), mail); });

    static constexpr smtp::client_config config{.name = "client.example.org", .tls = smtp::tls_policy::never};
    static constexpr smtp::recipient to[] = {
        {"bob@example.org"_path}, {"nobody@example.org"_path}, {"carol@example.org"_path}};
    static constexpr smtp::verdict wanted[] = {smtp::verdict::accepted, smtp::verdict::refused,
                                               smtp::verdict::accepted};
    result results[std::size(to)];
    bool sent = false;
    {
        transcript link(std::move(fd)); // closed before the server is waited for
        sent = deliver(link, config, {"alice@example.org"_path, to}, message(from.get(), expected.get()), results);
    }
    if (!sent) std::fprintf(stderr, "loopback: %s\n", posix::error("cannot read the message, or copy it").c_str());
    server.join();

    bool as_wanted = sent && mail.messages == 1;
    for (std::size_t i = 0; i < std::size(to); ++i) {
        std::printf("<%s> %s: %s\n", std::string(to[i].to.text()).c_str(), word(results[i].verdict),
                    results[i].why.c_str());
        as_wanted = as_wanted && results[i].verdict == wanted[i];
    }
    const bool same = equal(arrived.get(), expected.get());
    std::printf("%llu octets in %s: %s what was sent\n", static_cast<unsigned long long>(mail.octets),
                arrived_path.c_str(), same ? "equal to" : "NOT");
    return as_wanted && same ? 0 : 1;
}
