// submission [--tls] [--clear-auth] [--lmtp] [--xclient] PORT DIRECTORY USER PASSWORD DOMAIN
//
// A submission server: takes mail to anywhere from one user, on 127.0.0.1, and stores each message as a file, as
// examples/server does. The user says STARTTLS and AUTH first: PLAIN, LOGIN or CRAM-MD5. The certificate is made at the
// start. --tls: TLS from the first octet. --clear-auth: passwords without TLS as well, for tests. --lmtp: LMTP,
// and no AUTH. --xclient: XCLIENT and XFORWARD are trusted.
#include "message_file.hpp"
#include "openssl_hash.hpp"
#include "posix.hpp"
#include "tls.hpp"

#include <openssl/rand.h>

#include <sansmtp/cram_md5.hpp>
#include <sansmtp/sansmtp.hpp>
#include <sansmtp/sasl.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace smtp = sansmtp;

namespace {

struct settings {
    smtp::server_config config;
    openssl::context tls = nullptr;
    bool implicit = false;
    std::string directory, user, password;
};

// Whether a claim is true.
struct is_right {
    const settings* known;

    bool operator()(const smtp::sasl::claim& c) const {
        const bool as_himself = c.authorization.empty() || c.authorization == c.identity;
        return as_himself && c.identity == known->user && c.secret.size() == known->password.size() &&
               CRYPTO_memcmp(c.secret.data(), known->password.data(), c.secret.size()) == 0;
    }
};

// The mechanism that the client chose, beside its session.
class sasl_exchange {
public:
    explicit sasl_exchange(const settings& s) : settings_(&s) {}

    template <class Session>
    void begin(Session& session, const smtp::request<smtp::cmd::auth>& r) {
        if (smtp::iequal(r.mechanism, "PLAIN")) mechanism_.emplace<smtp::sasl::plain_server>();
        if (smtp::iequal(r.mechanism, "LOGIN")) mechanism_.emplace<smtp::sasl::login_server>();
        if (smtp::iequal(r.mechanism, "CRAM-MD5")) {
            challenge_ = '<';
            challenge_.append(random_digits()).append("@").append(settings_->config.host).append(">");
            mechanism_.emplace<cram_md5>(challenge_);
        }
        go_on(session, r);
    }
    template <class Session, class Request>
    void go_on(Session& session, const Request& r) {
        if (auto* const m = std::get_if<smtp::sasl::plain_server>(&mechanism_))
            drive(session, r, *m, is_right{settings_});
        if (auto* const m = std::get_if<smtp::sasl::login_server>(&mechanism_))
            drive(session, r, *m, is_right{settings_});
        if (auto* const m = std::get_if<cram_md5>(&mechanism_))
            drive(session, r, *m, [this](const smtp::sasl::claim& c) {
                return c.identity == settings_->user ? std::optional<std::string_view>(settings_->password)
                                                     : std::nullopt;
            });
    }

private:
    using cram_md5 = smtp::sasl::cram_md5_server<openssl::md5>;

    static std::string random_digits() {
        std::array<unsigned char, 16> octets{};
        RAND_bytes(octets.data(), static_cast<int>(octets.size()));
        std::string text;
        for (const unsigned char o : octets) text += std::to_string(unsigned{o});
        return text;
    }

    const settings* settings_;
    std::string challenge_;
    std::variant<std::monostate, smtp::sasl::plain_server, smtp::sasl::login_server, cram_md5> mechanism_;
};

void serve(posix::descriptor fd, const settings& s) {
    openssl::connection link(std::move(fd), s.tls);
    smtp::basic_server<65536, 16384> session(s.config);
    if (s.implicit) {
        if (!link.accept(session.time_limit())) return;
        session.tls_started({});
    }
    message_file file(s.directory);
    sasl_exchange exchange(s);
    std::string envelope;
    const message_store store{session, file, envelope};
    do {
        while (auto action = session.next())
            smtp::match(
                *action, store, [&](const smtp::request<smtp::cmd::starttls>& r) { session.accept(r); },
                [&](const smtp::start_handshake&) {
                    if (link.accept(session.time_limit()))
                        session.tls_started({});
                    else
                        session.tls_failed();
                },
                [&](const smtp::request<smtp::cmd::auth>& r) { exchange.begin(session, r); },
                [&](const smtp::request<smtp::auth_response>& r) { exchange.go_on(session, r); },
                [&](const smtp::request<smtp::cmd::rcpt>& r) { store.take(r); },
                [&](const smtp::request<smtp::cmd::xclient>& r) { session.accept(r); }, // offered to trusted peers only
                [&](const smtp::request<smtp::cmd::xforward>& r) { session.accept(r); },
                [&](const auto& other) { session.answer_default(other); });
    } while (!session.closed() && posix::turn(link, session));
    link.hang_up();
}

int usage() {
    std::fputs("usage: submission [--tls] [--clear-auth] [--lmtp] [--xclient] PORT DIRECTORY USER PASSWORD DOMAIN\n",
               stderr);
    return 64;
}

// Takes an option off the arguments.
bool take_option(std::vector<std::string>& arguments, std::string_view option) {
    const auto at = std::find(arguments.begin(), arguments.end(), option);
    if (at == arguments.end()) return false;
    arguments.erase(at);
    return true;
}

} // namespace

int main(int argc, char** argv) {
    using id = smtp::extension_id;
    std::vector<std::string> arguments(argv + 1, argv + argc);
    settings s;
    s.config = smtp::submission();
    if (take_option(arguments, "--lmtp")) s.config = smtp::lmtp();
    s.implicit = take_option(arguments, "--tls");
    if (take_option(arguments, "--clear-auth")) s.config.require_tls = false, s.config.cleartext_auth = true;
    if (take_option(arguments, "--xclient"))
        s.config.offer = s.config.offer | smtp::extension_set{id::xclient, id::xforward};
    if (arguments.size() != 5) return usage();
    if (s.config.protocol == smtp::dialect::smtp) s.config.mechanisms = "CRAM-MD5 PLAIN LOGIN";
    s.directory = arguments[1];
    s.user = arguments[2];
    s.password = arguments[3];
    s.config.host = arguments[4];
    s.config.offer = s.config.offer | smtp::extension_set{id::binary_mime};

    if (!s.config.valid()) {
        std::fprintf(stderr, "submission: %s is no host name\n", arguments[4].c_str());
        return 64;
    }
    s.tls = openssl::self_signed(s.config.host);
    if (!s.tls) return std::fputs("submission: no certificate could be made\n", stderr), 70;
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
    return posix::run_server(arguments[0], 16, [&](posix::descriptor fd) { serve(std::move(fd), s); });
}
