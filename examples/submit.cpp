// submit [OPTION...] HOST PORT SENDER RECIPIENT... < MESSAGE
//
// Sends a message with TLS and, if a user is named, AUTH. Options:
//
//   --tls starttls|implicit|if_offered|never   default: starttls, and no mail without it
//   --ca FILE          believe the certificates in it, not the system's
//   --user NAME        authenticate; the password, or the token, is in the environment: SUBMIT_PASSWORD
//   --mechanisms LIST  of SASL, the best first; default: SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN
//   --bdat             send by BDAT where CHUNKING is offered
//   --binary           BODY=BINARYMIME: the octets as they are
//   --lmtp             speak LMTP
//   --dsn ID           ask for notifications of success and of failure, with that envelope id [RFC 3461]
//
// Prints and returns what examples/client does.
#include "addresses.hpp"
#include "deliver.hpp"
#include "openssl_hash.hpp"
#include "posix.hpp"
#include "tls.hpp"

#include <sansmtp/sansmtp.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

int stop(int status, const std::string& why) {
    std::fprintf(stderr, "submit: %s\n", why.c_str());
    return status;
}

struct options {
    std::string tls = "starttls", ca, user, mechanisms = "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN", dsn;
    bool bdat = false, binary = false, lmtp = false;

    // Takes the options off the front of the arguments. False if one is unknown, or lacks its value.
    bool take(std::vector<std::string>& from) {
        while (!from.empty() && from.front().starts_with("--")) {
            const std::string name = from.front();
            from.erase(from.begin());
            bool* const flag = name == "--bdat"     ? &bdat
                               : name == "--binary" ? &binary
                               : name == "--lmtp"   ? &lmtp
                                                    : nullptr;
            if (flag != nullptr) {
                *flag = true;
                continue;
            }
            std::string* const value = name == "--tls"          ? &tls
                                       : name == "--ca"         ? &ca
                                       : name == "--user"       ? &user
                                       : name == "--mechanisms" ? &mechanisms
                                       : name == "--dsn"        ? &dsn
                                                                : nullptr;
            if (value == nullptr || from.empty()) return false;
            *value = from.front();
            from.erase(from.begin());
        }
        return tls == "starttls" || tls == "implicit" || tls == "if_offered" || tls == "never";
    }
};

// A nonce of printable octets, as SCRAM wants it.
std::string random_nonce() {
    unsigned char octets[18];
    if (RAND_bytes(octets, sizeof octets) != 1) std::abort();
    std::string text(24, '\0');
    const auto size = smtp::encode_base64({reinterpret_cast<const char*>(octets), sizeof octets}, text);
    return text.substr(0, *size);
}

// Every mechanism that a password, or a token, is enough for.
class credentials {
public:
    credentials(const std::string& user, const std::string& password)
        : nonce_(random_nonce()),
          scram_256_(user, password, nonce_),
          scram_1_(user, password, nonce_),
          cram_md5_(user, password),
          plain_(user, password),
          login_(user, password),
          xoauth2_(user, password),
          oauthbearer_(password, user) {}

    credentials(const credentials&) = delete; // mechanisms view what is in here

    void operator()(smtp::client& session, const smtp::sasl_request& r) {
        if (!(use(scram_256_, session, r) || use(scram_1_, session, r) || use(cram_md5_, session, r) ||
              use(plain_, session, r) || use(login_, session, r) || use(xoauth2_, session, r) ||
              use(oauthbearer_, session, r)))
            session.cancel(r);
    }

private:
    template <class M>
    static bool use(M& mechanism, smtp::client& session, const smtp::sasl_request& r) {
        if (r.mechanism != mechanism.name()) return false;
        smtp::sasl::drive(session, r, mechanism);
        return true;
    }

    std::string nonce_;
    smtp::sasl::scram_client<openssl::sha256> scram_256_;
    smtp::sasl::scram_client<openssl::sha1> scram_1_;
    smtp::sasl::cram_md5_client<openssl::md5> cram_md5_;
    smtp::sasl::plain_client plain_;
    smtp::sasl::login_client login_;
    smtp::sasl::xoauth2_client xoauth2_;
    smtp::sasl::oauthbearer_client oauthbearer_;
};

smtp::client_config config_of(const options& o) {
    smtp::client_config config;
    config.protocol = o.lmtp ? smtp::dialect::lmtp : smtp::dialect::smtp;
    config.tls = o.tls == "never"        ? smtp::tls_policy::never
                 : o.tls == "if_offered" ? smtp::tls_policy::if_offered
                                         : smtp::tls_policy::required;
    if (!o.user.empty()) config.mechanisms = o.mechanisms;
    config.prefer_bdat = o.bdat;
    return config;
}

smtp::envelope envelope_of(const options& o, addresses& mail) {
    for (std::size_t i = 0; i < mail.to.size() && !o.dsn.empty(); ++i) {
        smtp::recipient& r = mail.to[i];
        r.notify = smtp::dsn_notify{true, true, false};
        r.orcpt = std::string_view(mail.texts[i + 1]).substr(1, mail.texts[i + 1].size() - 2);
        const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 128; };
        if (!std::all_of(r.orcpt.begin(), r.orcpt.end(), is_ascii)) r.orcpt_type = "utf-8";
    }
    smtp::envelope e{mail.from, mail.to};
    if (o.binary) e.body = smtp::body_type::binary_mime;
    if (!o.dsn.empty()) e.ret = smtp::dsn_ret::headers;
    e.envid = o.dsn;
    return e;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    options o;
    if (!o.take(arguments) || arguments.size() < 4)
        return stop(64, "usage: submit [OPTION...] HOST PORT SENDER RECIPIENT... < MESSAGE");
    addresses mail;
    std::string why;
    if (!mail.parse(std::span(arguments).subspan(2), why)) return stop(65, why + " is no address");
    const auto context = openssl::client_context(o.ca);
    if (!context) return stop(75, "no certificates to believe in");

    posix::descriptor fd = posix::connect_to(arguments[0], arguments[1], why);
    if (!fd) return stop(75, why);
    openssl::connection link(std::move(fd), context, arguments[0]);
    if (o.tls == "implicit" && !link.connect()) return stop(75, "the TLS handshake failed");
    const std::string name = literal_of(link.local_address());
    smtp::client_config config = config_of(o);
    config.name = name;

    const char* const password = std::getenv("SUBMIT_PASSWORD");
    const std::string secret = password != nullptr ? password : "";
    std::vector<result> results(mail.to.size());
    const auto read = [](std::span<char> out) { return posix::read(STDIN_FILENO, out); };
    if (!deliver(link, config, envelope_of(o, mail), read, results, credentials(o.user, secret)))
        return stop(74, posix::error("standard input"));
    return print(mail, results);
}
