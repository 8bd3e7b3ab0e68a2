// A client session that a test talks to line by line, as its server. For whole dialogues see client_dialogue.hpp.
#pragma once

#include "catch.hpp"
#include "client_dialogue.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace script {

inline constexpr sansmtp::client_config plain = plain_config();

template <class Client>
struct basic_talk {
    Client session;
    std::string told; // its actions, one a line
    std::string last; // the last of them
    std::string wire; // what it said

    explicit basic_talk(const sansmtp::client_config& c = plain) : session(c) {}

    // Takes all actions.
    basic_talk& pull() {
        while (const auto action = session.next()) {
            last = line(*action);
            told += last + "\n";
        }
        return *this;
    }
    // Takes all actions, then all output.
    basic_talk& run() {
        pull();
        wire += session.output();
        session.consume(session.output().size());
        return *this;
    }
    // The server says this, in one piece or as many as the input has room for.
    basic_talk& hear(std::string_view octets) {
        while (!octets.empty() && !session.closed()) {
            const std::size_t n = session.feed(octets);
            octets.remove_prefix(n);
            pull();
            if (n == 0) break;
        }
        return run();
    }
    // The greeting, and this reply to EHLO.
    basic_talk& open(std::string_view lines = "250 mx\r\n") { return hear("220 mx\r\n").hear(lines); }
    basic_talk& send(const sansmtp::envelope& e) {
        CHECK(session.send(e) == sansmtp::errc::none);
        return run();
    }
    // Content up to its end.
    basic_talk& give(std::string_view content) {
        while (session.wants_body() && !content.empty()) {
            content.remove_prefix(session.write_body(content));
            run();
        }
        CHECK(session.end_body() == sansmtp::errc::none);
        return run();
    }
    // What it said since the last call.
    std::string said() { return std::exchange(wire, {}); }
};
using talk = basic_talk<sansmtp::client>;

} // namespace script
