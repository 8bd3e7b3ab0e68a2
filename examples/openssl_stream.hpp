// TLS over a connection, by OpenSSL: the same stream to the loops here, whether it is encrypted or not.
#pragma once

#include "posix.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
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

// A context for servers with a certificate that it has just signed itself; nothing on failure.
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

// A connection that begins in clear.
class stream {
public:
    explicit stream(posix::descriptor fd) noexcept : link_(std::move(fd)) {}

    // The server's side of a handshake, on the octets that come from here on; false if it failed.
    bool accept(const context& c, int fd, unsigned seconds) {
        tls_.reset(SSL_new(c.get()));
        if (!tls_ || SSL_set_fd(tls_.get(), fd) != 1) return false;
        // What a write left over may lie elsewhere, and be more, when it is tried again.
        SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        for (;;) {
            const int done = SSL_accept(tls_.get());
            if (done == 1) return true;
            if (!wait_for(done, seconds)) return false;
        }
    }

    std::optional<std::size_t> read_some(std::span<char> out) {
        if (!tls_) return link_.read_some(out);
        return moved(SSL_read(tls_.get(), out.data(), clamp(out.size())));
    }
    std::optional<std::size_t> write_some(std::string_view octets) {
        if (!tls_) return link_.write_some(octets);
        return octets.empty() ? std::optional(std::size_t{0})
                              : moved(SSL_write(tls_.get(), octets.data(), clamp(octets.size())));
    }

    bool lost() const noexcept { return link_.lost(); }
    void lose() noexcept { link_.lose(); }
    // What TLS has decrypted already does not show on the socket.
    posix::connection::readiness wait(posix::connection::readiness wanted, unsigned seconds) const {
        if (wanted.in && tls_ && SSL_pending(tls_.get()) > 0) return {true, wanted.out};
        return link_.wait(wanted, seconds);
    }
    void hang_up() {
        if (tls_) SSL_shutdown(tls_.get());
        link_.hang_up();
    }

private:
    static int clamp(std::size_t n) {
        return static_cast<int>(std::min(n, std::size_t{std::numeric_limits<int>::max()}));
    }
    bool wait_for(int result, unsigned seconds) {
        const int why = SSL_get_error(tls_.get(), result);
        const posix::connection::readiness wanted{why == SSL_ERROR_WANT_READ, why == SSL_ERROR_WANT_WRITE};
        if (!wanted.in && !wanted.out) return false;
        const auto ready = link_.wait(wanted, seconds);
        return ready.in || ready.out;
    }
    std::optional<std::size_t> moved(int n) const {
        if (n > 0) return static_cast<std::size_t>(n);
        const int why = SSL_get_error(tls_.get(), n);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? std::optional(std::size_t{0}) : std::nullopt;
    }

    posix::connection link_;
    std::unique_ptr<SSL, deleter<SSL_free>> tls_;
};

} // namespace openssl
