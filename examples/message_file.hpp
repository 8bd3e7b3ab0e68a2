// Stores messages as files, whole or not at all.
#pragma once

#include "posix.hpp"

#include <sansmtp/sansmtp.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// A message on its way to the disk: a file that appears under its name, a number, only once it is whole and safe. Until
// then its name begins with a dot.
class message_file {
public:
    explicit message_file(const std::string& directory) : directory_(directory) {}
    ~message_file() { discard(); }

    bool begin() {
        discard();
        path_ = directory_ + "/.XXXXXX";
        file_ = posix::descriptor(::mkstemp(path_.data()));
        good_ = static_cast<bool>(file_);
        return good_;
    }
    bool write(std::string_view octets) { return good_ = good_ && posix::write_all(file_.get(), octets); }

    // True once the message is safe. In LMTP it is asked for each recipient: the first time counts.
    bool commit() {
        if (!file_) return good_;
        good_ = good_ && ::fsync(file_.get()) == 0 && name_it();
        discard();
        return good_;
    }
    void discard() {
        if (file_) ::unlink(path_.c_str());
        file_ = posix::descriptor();
    }

    // Its name, once it is safe.
    const std::string& name() const noexcept { return name_; }

private:
    // Gives the file the first number that is free, also where several programs store in one directory.
    bool name_it() {
        static std::atomic<unsigned long> last = 0;
        do {
            name_ = directory_ + "/" + std::to_string(++last) + ".eml";
            if (::link(path_.c_str(), name_.c_str()) == 0) {
                const posix::descriptor directory(::open(directory_.c_str(), O_RDONLY));
                return ::fsync(directory.get()) == 0 || (::unlink(name_.c_str()), false);
            }
        } while (errno == EEXIST);
        return false;
    }

    const std::string& directory_;
    std::string path_, name_;
    posix::descriptor file_;
    bool good_ = false;
};

// What a server does to store what it gets: handlers for `match`, of everything but the question who may send to whom. For
// each message a line is printed once it is on the disk: its file, sender and recipients, and how it came.
template <class Session>
struct message_store {
    Session& session;
    message_file& file;
    std::string& envelope;

    void operator()(const sansmtp::request<sansmtp::cmd::mail>& r) const {
        envelope = "from <";
        envelope.append(r.from.text()).append(">, to");
        session.accept(r);
    }
    // For whoever has decided that the recipient is good.
    void take(const sansmtp::request<sansmtp::cmd::rcpt>& r) const {
        envelope.append(" <").append(r.to.text()).append(">");
        session.accept(r);
    }
    void operator()(const sansmtp::request<sansmtp::cmd::data>& r) const {
        if (file.begin()) return void(session.accept(r));
        session.reject(r, {451, {4, 3, 0}, "Cannot store mail now"});
    }
    void operator()(const sansmtp::body& b) const {
        if (!file.write(b.bytes)) session.refuse_message(452, {4, 3, 1});
    }
    void operator()(const sansmtp::request<sansmtp::message_end>& r) const {
        if (!file.commit()) return void(session.reject(r, {451, {4, 3, 0}, "Cannot store mail now"}));
        const std::string with(protocol_type(session.with()));
        if (r.recipient == 0) std::printf("%s: %s, by %s\n", file.name().c_str(), envelope.c_str(), with.c_str());
        session.accept(r);
    }
    void operator()(const sansmtp::aborted&) const { file.discard(); }
};
template <class Session>
message_store(Session&, message_file&, std::string&) -> message_store<Session>;
