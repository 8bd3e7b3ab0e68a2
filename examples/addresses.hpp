// What the programs that send a message have in common: addresses on the command line, and what they say at the end.
#pragma once

#include "deliver.hpp"

#include <cstdio>
#include <span>
#include <string>
#include <vector>

// A sender and its recipients; "" is the null path, for a sender only. False if one of them is no address.
struct addresses {
    std::vector<std::string> texts; // in angle brackets
    smtp::path from;
    std::vector<smtp::recipient> to;

    bool parse(std::span<const std::string> words, std::string& wrong) {
        texts.reserve(words.size()); // the paths view them
        for (const std::string& word : words) {
            texts.push_back("<" + word + ">");
            const auto path = smtp::parse_path(texts.back(), {smtp::strict(), true});
            if (!path || (path->is_null() && texts.size() > 1)) return wrong = texts.back(), false;
            if (texts.size() == 1)
                from = *path;
            else
                to.push_back({*path});
        }
        return true;
    }
};

inline const char* word(smtp::verdict v) {
    switch (v) {
    case smtp::verdict::accepted: return "delivered";
    case smtp::verdict::refused: return "refused";
    case smtp::verdict::in_doubt: return "in doubt";
    default: return "try again";
    }
}

// Prints one line for each recipient and returns the exit status, one of <sysexits.h>: 0 if all were delivered, 69 if
// some were refused and there is nothing to be tried again, 75 if there is.
inline int print(const addresses& all, std::span<const result> results) {
    int status = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const result& r = results[i];
        std::printf("%s: %s: %s\n", all.texts[i + 1].c_str(), word(r.verdict), r.why.c_str());
        if (r.verdict == smtp::verdict::refused && status == 0) status = 69;
        if (r.verdict == smtp::verdict::retry_later || r.verdict == smtp::verdict::in_doubt) status = 75;
    }
    return status;
}

// The name of a client that has none of its own: its address.
inline std::string literal_of(const std::string& ip) { return (ip.find(':') == ip.npos ? "[" : "[IPv6:") + ip + "]"; }
