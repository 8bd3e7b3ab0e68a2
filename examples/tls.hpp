// TLS for the examples, by OpenSSL: a connection that begins in clear, and encrypts once its handshake is done.
#pragma once

#include "posix.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace openssl {

template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};
using context = std::unique_ptr<SSL_CTX, deleter<SSL_CTX_free>>;

// For clients: the certificates in `file` are believed, or the system's if it is empty. Null if there are none.
inline context client_context(const std::string& file) {
    context made(SSL_CTX_new(TLS_client_method()));
    if (!made) return nullptr;
    SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    const bool found = file.empty() ? SSL_CTX_set_default_verify_paths(made.get()) == 1
                                    : SSL_CTX_load_verify_locations(made.get(), file.c_str(), nullptr) == 1;
    return found ? std::move(made) : nullptr;
}

// For servers: with a certificate that it has just signed itself. Null on failure.
inline context self_signed(std::string_view name) {
    const std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>> key(EVP_RSA_gen(2048));
    const std::unique_ptr<X509, deleter<X509_free>> certificate(X509_new());
    context made(SSL_CTX_new(TLS_server_method()));
    if (!key || !certificate || !made || name.size() > 64) return nullptr;
    X509* const c = certificate.get();
    X509_NAME* const subject = X509_get_subject_name(c);
    const auto* const text = reinterpret_cast<const unsigned char*>(name.data());
    const bool good =
        X509_set_version(c, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(c), 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(c), -3600) != nullptr &&
        X509_gmtime_adj(X509_getm_notAfter(c), 30L * 24 * 3600) != nullptr && X509_set_pubkey(c, key.get()) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, static_cast<int>(name.size()), -1, 0) == 1 &&
        X509_set_issuer_name(c, subject) == 1 && X509_sign(c, key.get(), EVP_sha256()) > 0 &&
        SSL_CTX_use_certificate(made.get(), c) == 1 && SSL_CTX_use_PrivateKey(made.get(), key.get()) == 1;
    return good ? std::move(made) : nullptr;
}

class connection : public posix::connection {
public:
    // For a client `host` is the name, or the address, that the server's certificate must have.
    connection(posix::descriptor fd, const context& c, const std::string& host = {})
        : posix::connection(std::move(fd)), ssl_(SSL_new(c.get())) {
        SSL_set_fd(ssl_.get(), handle());
        // What a write left over may lie elsewhere, and be more, when it is tried again.
        SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (host.empty() || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1) return;
        SSL_set1_host(ssl_.get(), host.c_str());
        SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    }

    // The two sides of a handshake, on the octets that come from here on. False if it fails, or takes longer at a time.
    bool connect(unsigned seconds = 60) { return shake_hands(SSL_connect, seconds); }
    bool accept(unsigned seconds) { return shake_hands(SSL_accept, seconds); }
    bool secured() const noexcept { return secured_; }

    std::optional<std::size_t> read_some(std::span<char> out) {
        if (!secured_) return posix::connection::read_some(out);
        std::size_t n = 0;
        const int done = SSL_read_ex(ssl_.get(), out.data(), out.size(), &n);
        return moved(done, n);
    }
    std::optional<std::size_t> write_some(std::string_view octets) {
        if (!secured_) return posix::connection::write_some(octets);
        std::size_t n = 0;
        const int done = octets.empty() ? 1 : SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &n);
        return moved(done, n);
    }
    // What TLS has decrypted already does not show on the socket.
    readiness wait(readiness wanted, unsigned seconds) const {
        if (wanted.in && secured_ && SSL_pending(ssl_.get()) > 0) return {true, wanted.out};
        return posix::connection::wait(wanted, seconds);
    }
    void hang_up() {
        if (secured_) SSL_shutdown(ssl_.get());
        posix::connection::hang_up();
    }

private:
    bool shake_hands(int (*step)(SSL*), unsigned seconds) {
        for (;;) {
            const int done = step(ssl_.get());
            if (done == 1) return secured_ = true;
            const int why = SSL_get_error(ssl_.get(), done);
            const readiness wanted{why == SSL_ERROR_WANT_READ, why == SSL_ERROR_WANT_WRITE};
            if (!wanted.in && !wanted.out) return false;
            const readiness ready = posix::connection::wait(wanted, seconds);
            if (!ready.in && !ready.out) return false;
        }
    }
    std::optional<std::size_t> moved(int done, std::size_t n) const {
        if (done == 1) return n;
        const int why = SSL_get_error(ssl_.get(), done);
        const bool later = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        return later ? std::optional(std::size_t{0}) : std::nullopt;
    }

    std::unique_ptr<SSL, deleter<SSL_free>> ssl_;
    bool secured_ = false;
};

} // namespace openssl
