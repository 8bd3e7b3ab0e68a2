// Sockets and files for the examples: POSIX, and nothing of SMTP.
//
// Nothing here throws. What fails returns an object that is false and says why in a string of the caller's.
#pragma once

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace posix {

#ifdef MSG_NOSIGNAL
inline constexpr int no_signal = MSG_NOSIGNAL;
#else
inline constexpr int no_signal = 0; // there SO_NOSIGPIPE does it
#endif

// A file descriptor that closes itself.
class descriptor {
public:
    explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int get() const noexcept { return fd_; }

private:
    int fd_;
};

// "what: why", with the why of errno.
inline std::string error(std::string_view what) { return std::string(what) + ": " + std::strerror(errno); }

// Calls a function of the system again while a signal interrupts it.
template <class Call>
auto retry(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

// ---- files

// Reads up to the end of `out`; 0 at the end of the file, nothing on failure.
inline std::optional<std::size_t> read(int fd, std::span<char> out) {
    const auto n = retry([&] { return ::read(fd, out.data(), out.size()); });
    return n < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(n));
}

inline bool write_all(int fd, std::string_view octets) {
    while (!octets.empty()) {
        const auto n = retry([&] { return ::write(fd, octets.data(), octets.size()); });
        if (n < 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

// ---- connections

// One end of a TCP connection. Nothing here waits but `wait` and `hang_up`.
class connection {
public:
    explicit connection(descriptor fd) noexcept : fd_(std::move(fd)) {
        const int on = 1;
        ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
        ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    }

    // Octets moved; 0 if none can be moved now. Nothing if none ever will: the end of the input, a connection lost.
    std::optional<std::size_t> read_some(std::span<char> out) {
        const auto n = retry([&] { return ::recv(fd_.get(), out.data(), out.size(), 0); });
        return n == 0 ? std::nullopt : moved(n);
    }
    std::optional<std::size_t> write_some(std::string_view octets) {
        return moved(retry([&] { return ::send(fd_.get(), octets.data(), octets.size(), no_signal); }));
    }

    int handle() const noexcept { return fd_.get(); }

    // True once the peer takes no more.
    bool lost() const noexcept { return lost_; }
    void lose() noexcept { lost_ = true; }

    struct readiness {
        bool in = false, out = false;
    };
    // Waits until it can be read or written as asked for; neither is ready after `seconds`. Errors count as ready: the
    // next call tells.
    readiness wait(readiness wanted, unsigned seconds) const {
        const int events = (wanted.in ? POLLIN : 0) | (wanted.out ? POLLOUT : 0);
        pollfd p{fd_.get(), static_cast<short>(events), 0};
        if (retry([&] { return ::poll(&p, 1, static_cast<int>(seconds * 1000)); }) <= 0) return {};
        const bool broken = (p.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        return {wanted.in && (broken || (p.revents & POLLIN) != 0),
                wanted.out && (broken || (p.revents & POLLOUT) != 0)};
    }

    // The own address, as text.
    std::string local_address() const {
        sockaddr_storage at{};
        socklen_t size = sizeof at;
        char text[64] = "";
        auto* const address = reinterpret_cast<sockaddr*>(&at);
        if (::getsockname(fd_.get(), address, &size) == 0)
            ::getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
        return std::string(text).substr(0, std::string_view(text).find('%'));
    }

    // Says that no more will come, and waits a moment for the peer to close. Were the socket closed while input is
    // unread, the peer might never see what was sent last.
    void hang_up() {
        char unread[4096];
        ::shutdown(fd_.get(), SHUT_WR);
        for (int most = 256; most > 0 && wait({true, false}, 2).in && read_some(unread); --most) {}
    }

private:
    static std::optional<std::size_t> moved(ssize_t n) noexcept {
        if (n >= 0) return static_cast<std::size_t>(n);
        return errno == EAGAIN || errno == EWOULDBLOCK ? std::optional(std::size_t{0}) : std::nullopt;
    }

    descriptor fd_;
    bool lost_ = false;
};

// Moves octets between a stream and a session once `next()` has run dry: waits until some can be moved, or for the
// session's time limit. Both directions at once, so that two ends that have much to say never wait for each other. False
// once nothing can be moved any more; the session was told before.
template <class Stream, class Session>
bool turn(Stream& stream, Session& session) {
    const connection::readiness wanted{session.wants_input(), !session.output().empty()};
    if (stream.lost() || (!wanted.in && !wanted.out)) return false;
    const connection::readiness ready = stream.wait(wanted, session.time_limit());
    if (!ready.in && !ready.out) {
        session.timed_out();
        stream.write_some(session.output()); // its last words, if that takes no time
        stream.lose();
        return true;
    }
    if (ready.out) {
        if (const auto n = stream.write_some(session.output()))
            session.consume(*n);
        else
            stream.lose();
    }
    if (ready.in || (wanted.in && stream.lost())) { // a peer that is gone may have said why
        const auto n = stream.read_some(session.prepare());
        session.commit(n.value_or(0));
        if (!n) session.close_input();
    }
    if (stream.lost()) session.close_input();
    return true;
}

// ---- addresses

namespace detail {

struct addresses {
    explicit addresses(const std::string& host, const std::string& port, std::string& why) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &first);
        if (failed != 0) why = host + " port " + port + ": " + ::gai_strerror(failed);
    }
    addresses(const addresses&) = delete;
    addresses& operator=(const addresses&) = delete;
    ~addresses() {
        if (first != nullptr) ::freeaddrinfo(first);
    }
    addrinfo* first = nullptr;
};

// Connects within `seconds`; leaves the reason in errno if it fails.
inline bool connect(int fd, const addrinfo& to, unsigned seconds) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (::connect(fd, to.ai_addr, to.ai_addrlen) == 0) return true;
    if (errno != EINPROGRESS && errno != EINTR) return false;
    pollfd p{fd, POLLOUT, 0};
    if (retry([&] { return ::poll(&p, 1, static_cast<int>(seconds * 1000)); }) <= 0) return errno = ETIMEDOUT, false;
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    errno = failed;
    return failed == 0;
}

} // namespace detail

// Connects to the first address of the host that answers within half a minute.
inline descriptor connect_to(const std::string& host, const std::string& port, std::string& why) {
    const detail::addresses found(host, port, why);
    for (const addrinfo* a = found.first; a != nullptr; a = a->ai_next) {
        descriptor fd(::socket(a->ai_family, a->ai_socktype, a->ai_protocol));
        if (fd && detail::connect(fd.get(), *a, 30)) return fd;
        why = error(host + " port " + port);
    }
    return descriptor();
}

// Listens on 127.0.0.1; port 0 is any free one.
inline descriptor listen_on(std::uint16_t port, std::string& why) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    descriptor fd(::socket(AF_INET, SOCK_STREAM, 0));
    if (fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 && ::listen(fd.get(), SOMAXCONN) == 0)
        return fd;
    why = error("127.0.0.1 port " + std::to_string(port));
    return descriptor();
}

inline std::uint16_t port_of(const descriptor& listener) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

inline descriptor accept_from(const descriptor& listener) {
    return descriptor(retry([&] { return ::accept(listener.get(), nullptr, nullptr); }));
}

// What a server's main() does: listens on a port given as text, says which one it is, and calls `serve(descriptor)` for
// each connection, one at a time in each of `threads` threads; others wait in the listener's queue. Returns only if it
// cannot: a status of <sysexits.h>.
template <class Serve>
int run_server(const std::string& port, std::size_t threads, Serve serve) {
    std::uint16_t number = 0;
    const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), number);
    std::string why = port + " is no port";
    if (bad != std::errc() || end != port.data() + port.size()) return std::fprintf(stderr, "%s\n", why.c_str()), 64;
    const descriptor listener = listen_on(number, why);
    if (!listener) return std::fprintf(stderr, "%s\n", why.c_str()), 71;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("listening on 127.0.0.1 port %u\n", unsigned{port_of(listener)});
    std::vector<std::thread> workers(threads);
    for (std::thread& w : workers)
        w = std::thread([&] {
            for (;;)
                if (descriptor fd = accept_from(listener)) serve(std::move(fd));
        });
    for (std::thread& w : workers) w.join();
    return 0;
}

} // namespace posix
