// TLS for the examples: a connection whose octets OpenSSL carries once its handshake is done.
#pragma once

#include "posix.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace openssl {

// The certificates that a client believes: those in `file`, or the system's if it is empty. Null if there are none.
inline std::shared_ptr<SSL_CTX> client_context(const std::string& file) {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (!context) return nullptr;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const bool found = file.empty() ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                                    : SSL_CTX_load_verify_locations(context.get(), file.c_str(), nullptr) == 1;
    return found ? context : nullptr;
}

class connection : public posix::connection {
public:
    connection(posix::descriptor fd, const std::shared_ptr<SSL_CTX>& context, const std::string& host)
        : posix::connection(std::move(fd)), ssl_(SSL_new(context.get()), SSL_free) {
        SSL_set_fd(ssl_.get(), handle());
        const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1;
        if (is_address) return;
        SSL_set1_host(ssl_.get(), host.c_str());
        SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    }

    // The handshake of a client, for a minute at most. False if it fails, or the certificate is not believed.
    bool handshake() {
        for (;;) {
            const int done = SSL_connect(ssl_.get());
            if (done == 1) return secured_ = true;
            const int why = SSL_get_error(ssl_.get(), done);
            const bool in = why == SSL_ERROR_WANT_READ, out = why == SSL_ERROR_WANT_WRITE;
            if (!in && !out) return false;
            const readiness ready = posix::connection::wait({in, out}, 60);
            if (!ready.in && !ready.out) return false;
        }
    }
    bool secured() const noexcept { return secured_; }

    std::optional<std::size_t> read_some(std::span<char> out) {
        if (!secured_) return posix::connection::read_some(out);
        std::size_t n = 0;
        const int done = SSL_read_ex(ssl_.get(), out.data(), out.size(), &n);
        return result(done, n);
    }
    std::optional<std::size_t> write_some(std::string_view octets) {
        if (!secured_) return posix::connection::write_some(octets);
        std::size_t n = 0;
        const int done = octets.empty() ? 1 : SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &n);
        return result(done, n);
    }
    // What OpenSSL has decrypted already makes no socket readable.
    readiness wait(readiness wanted, unsigned seconds) const {
        if (wanted.in && secured_ && SSL_pending(ssl_.get()) > 0) return {true, false};
        return posix::connection::wait(wanted, seconds);
    }

private:
    std::optional<std::size_t> result(int done, std::size_t n) const {
        if (done == 1) return n;
        const int why = SSL_get_error(ssl_.get(), done);
        const bool later = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        return later ? std::optional(std::size_t{0}) : std::nullopt;
    }

    std::shared_ptr<SSL> ssl_;
    bool secured_ = false;
};

} // namespace openssl
