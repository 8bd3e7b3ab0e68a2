// A client session that a test talks to line by line, as its server. For whole dialogues see client_dialogue.hpp.
#pragma once

#include "catch.hpp"
#include "client_dialogue.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace script {

inline constexpr sansmtp::client_config plain = plain_config();

struct talk {
    sansmtp::client session;
    std::string told; // its actions, one a line
    std::string wire; // what it said

    explicit talk(const sansmtp::client_config& c = plain) : session(c) {}

    // The server says this.
    talk& hear(std::string_view octets) {
        session.feed(octets);
        return run();
    }
    // Takes all actions, and all output.
    talk& run() {
        while (const auto action = session.next()) told += line(*action) + "\n";
        wire += session.output();
        session.consume(session.output().size());
        return *this;
    }
    // The greeting, and this reply to EHLO.
    talk& open(std::string_view lines = "250 mx\r\n") { return hear("220 mx\r\n").hear(lines); }
    talk& send(const sansmtp::envelope& e) {
        CHECK(session.send(e) == sansmtp::errc::none);
        return run();
    }
    // Content up to its end.
    talk& give(std::string_view content) {
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

} // namespace script
