// The message layer: how long parsing and writing of commands and replies takes.
//
//   g++ -std=c++20 -O2 -Iinclude tests/bench/messages.cpp -o messages && ./messages
//   valgrind --tool=callgrind --toggle-collect='kernel_cmd*' ./messages cmd 1     instructions: divide by the items
//
// Without arguments every kernel runs, in five interleaved rounds, and the medians are printed. The inputs are the same
// everywhere: they come from a generator of our own.
#include <sansmtp/capabilities.hpp>
#include <sansmtp/command.hpp>
#include <sansmtp/reply.hpp>

#include "../support/random.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace sansmtp;

namespace {

std::string word(std::size_t least, std::size_t most) {
    std::string text(least + below(most - least + 1), 'a');
    for (char& c : text) c = static_cast<char>('a' + below(26));
    return text;
}

std::string host() { return word(3, 9) + "." + word(4, 10) + (below(3) != 0 ? ".com" : ".example.org"); }
std::string address() { return word(3, 10) + (below(3) == 0 ? "." + word(3, 8) : "") + "@" + host(); }

std::string mail_parameters(std::size_t count) {
    std::string text = " SIZE=" + std::to_string(500 + below(2'000'000));
    if (count > 1) text += below(2) != 0 ? " BODY=8BITMIME" : " BODY=7BIT";
    if (count > 2) text += below(2) != 0 ? " RET=HDRS" : " RET=FULL";
    if (count > 3) text += " ENVID=" + word(8, 16);
    return text;
}

std::string rcpt_parameters(std::size_t count, const std::string& box) {
    std::string text = below(2) != 0 ? " NOTIFY=SUCCESS,FAILURE" : " NOTIFY=NEVER";
    if (count > 1) text += " ORCPT=rfc822;" + box;
    return text;
}

enum class load { mixed, plain, with_parameters };

std::string command_line(load how) {
    const std::size_t which = how == load::mixed ? below(100) : 5 + below(75);
    if (which < 5) return "EHLO " + host();
    const bool more = how == load::with_parameters || (how == load::mixed && below(2) != 0);
    if (which < 25) return "MAIL FROM:<" + address() + ">" + (more ? mail_parameters(1 + below(4)) : "");
    if (which < 80) {
        const std::string box = address();
        return "RCPT TO:<" + box + ">" + (more ? rcpt_parameters(1 + below(2), box) : "");
    }
    if (which < 90) return "DATA";
    static const char* const rest[] = {"RSET",
                                       "NOOP",
                                       "QUIT",
                                       "STARTTLS",
                                       "BDAT 4096 LAST",
                                       "VRFY postmaster",
                                       "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm"};
    return rest[below(std::size(rest))];
}

std::string commands(load how) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += command_line(how) + "\r\n";
    return text;
}

std::string reply_line_text() {
    static const char* const lines[] = {
        "250 2.1.0 Sender ok",
        "250 2.1.5 Recipient ok",
        "250 2.0.0 Ok: queued as 4Fz1a2",
        "354 End data with <CR><LF>.<CR><LF>",
        "550 5.1.1 No such user here",
        "450 4.2.0 Greylisted, try again later",
        "221 2.0.0 Bye",
        "452 4.5.3 Too many recipients",
        "250 Ok",
    };
    return lines[below(std::size(lines))];
}

std::string replies() {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        const std::string last = reply_line_text();
        if (below(100) < 15)
            for (std::size_t k = below(3) + 1; k != 0; --k) text += last.substr(0, 3) + "-" + last.substr(4) + "\r\n";
        text += last + "\r\n";
    }
    return text;
}

std::string hello_replies() {
    static const char* const keywords[] = {"PIPELINING", "SIZE 52428800",
                                           "8BITMIME",   "ENHANCEDSTATUSCODES",
                                           "STARTTLS",   "AUTH PLAIN LOGIN XOAUTH2",
                                           "DSN",        "CHUNKING",
                                           "SMTPUTF8",   "HELP",
                                           "VRFY",       "LIMITS RCPTMAX=100",
                                           "X-LOCAL 1 2"};
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        const std::size_t lines = 9 + below(4); // 10.5 with the first, on average
        std::size_t at = below(std::size(keywords));
        text += "250-" + host() + " Hello\r\n";
        for (std::size_t k = 1; k < lines; ++k, ++at)
            text += (k + 1 == lines ? "250 " : "250-") + std::string(keywords[at % std::size(keywords)]) + "\r\n";
    }
    return text;
}

std::size_t sum = 0; // so that nothing is dropped by the compiler

} // namespace

#define SANSMTP_KERNEL extern "C" __attribute__((noinline)) std::size_t

SANSMTP_KERNEL kernel_cmd(std::string_view text) {
    std::size_t items = 0;
    const syntax how{interop(), false};
    while (!text.empty()) {
        const void* const end = std::memchr(text.data(), '\n', text.size());
        const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
        const auto parsed = parse_command(text.substr(0, length - 1), how);
        sum += parsed->index() + (parsed ? 0 : 1000);
        text.remove_prefix(length + 1);
        ++items;
    }
    return items;
}

SANSMTP_KERNEL kernel_reply(std::string_view text) {
    std::size_t items = 0;
    reply_parser parser;
    while (!text.empty()) {
        const auto found = parser.next(text);
        const reply_view& r = **found;
        sum += r.code().value() + r.enhanced().detail;
        text.remove_prefix(r.raw().size());
        ++items;
    }
    return items;
}

SANSMTP_KERNEL kernel_ehlo(std::string_view text) {
    std::size_t items = 0;
    reply_parser parser;
    while (!text.empty()) {
        capabilities found;
        for (bool first = true;; first = false) {
            const auto line = parser.next_line(text);
            if (!first) found.add((*line)->value.text);
            text.remove_prefix((*line)->consumed);
            if ((*line)->value.last) break;
        }
        sum += found.size_limit().value_or(1);
        ++items;
    }
    return items;
}

SANSMTP_KERNEL kernel_put_mail(std::string_view) {
    char out[512];
    const auto c = parse_command("MAIL FROM:<joe.smith@mail.example.org> SIZE=123456 BODY=8BITMIME");
    for (int i = 0; i < 100'000; ++i) sum += *serialize(*c, out) + static_cast<unsigned char>(out[20]);
    return 100'000;
}

SANSMTP_KERNEL kernel_put_reply(std::string_view text) {
    char out[512];
    for (int i = 0; i < 100'000; ++i)
        sum += *serialize(*reply::make(550, {5, 1, 1}, text), out) + static_cast<unsigned char>(out[20]);
    return 100'000;
}

int main(int argc, char** argv) {
    struct kernel {
        const char* name;
        std::size_t (*run)(std::string_view);
        std::string input;
        std::vector<double> ns;
    };
    const std::string only = argc > 1 ? argv[1] : "";
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    std::vector<kernel> kernels;
    const auto add = [&](const char* name, auto* run, auto make) {
        if (only.empty() || only == name) kernels.push_back({name, run, make(), {}});
    };
    add("cmd", kernel_cmd, [] { return commands(load::mixed); });
    add("cmd_plain", kernel_cmd, [] { return commands(load::plain); });
    add("cmd_param", kernel_cmd, [] { return commands(load::with_parameters); });
    add("reply", kernel_reply, replies);
    add("ehlo", kernel_ehlo, hello_replies);
    add("put_mail", kernel_put_mail, [] { return std::string(); });
    add("put_reply", kernel_put_reply, [] { return std::string("No such user here, please check the address"); });

    for (int round = 0; round < rounds; ++round) {
        for (kernel& k : kernels) {
            const auto start = std::chrono::steady_clock::now();
            const std::size_t items = k.run(k.input);
            const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
            k.ns.push_back(took.count() / static_cast<double>(items));
        }
    }
    for (kernel& k : kernels) {
        std::sort(k.ns.begin(), k.ns.end());
        std::printf("%-10s %8.1f ns per item (least %.1f)\n", k.name, k.ns[k.ns.size() / 2], k.ns.front());
    }
    return sum == 42 ? 1 : 0;
}
