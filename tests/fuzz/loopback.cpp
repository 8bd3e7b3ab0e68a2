// Client against server: the input is a plan, see support/loopback.hpp. Whatever it is, both ends agree.
//
// Fourteen octets choose the way; then two for each of up to three messages; the rest is their content.
#include "support/loopback.hpp"

#include <cstdlib>

namespace {

using namespace loopback;

void check(bool ok) {
    if (!ok) std::abort();
}

struct reader {
    const std::uint8_t* data;
    std::size_t size;

    std::size_t octet() {
        if (size == 0) return 0;
        --size;
        return *data++;
    }
    std::size_t word() {
        const std::size_t high = octet();
        return high * 256 + octet();
    }
    // At least 1; the largest stands for "all".
    std::size_t step() {
        const std::size_t n = octet();
        return n == 255 ? never : n + 1;
    }
    std::string text(std::size_t n) {
        std::string s(data, data + std::min(n, size));
        data += s.size();
        size -= s.size();
        return s;
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader in{data, size};
    plan p;
    const std::size_t flags = in.octet();
    p.protocol = (flags & 1U) != 0 ? dialect::lmtp : dialect::smtp;
    p.pipelining = (flags & 2U) == 0;
    p.piece = in.step();
    p.to_server = in.step();
    p.to_client = in.step();
    if ((flags & 4U) != 0) p.cut_server = in.word() % 4096;
    if ((flags & 8U) != 0) p.cut_client = in.word() % 2048;
    if ((flags & 16U) != 0) p.message_limit = in.octet() + 1;
    if ((flags & 32U) != 0) p.recipient_limit = in.octet() % 8 + 1;
    const std::size_t count = flags / 64 % 3 + 1;
    for (std::size_t m = 0; m < count; ++m) {
        letter a;
        const std::size_t how = in.octet();
        a.recipients = static_cast<std::uint8_t>(how % most_recipients + 1);
        a.mail_refused = how >= 240;
        a.data_refused = how / 16 == 14;
        a.dropped = how / 16 == 13;
        a.refused = static_cast<std::uint8_t>(in.octet());
        a.failed = static_cast<std::uint8_t>(in.octet());
        a.content = in.text(m + 1 == count ? in.size : in.octet());
        p.messages.push_back(a);
    }

    const auto try_it = [&]<class Client, class Server>() {
        const books b = run<Client, Server>(p);
        check(judge(p, b).empty());
        if (b.cut || p.recipient_limit != 0) return;
        for (std::size_t m = 0; m < p.messages.size(); ++m)
            for (std::size_t i = 0; i < p.messages[m].recipients; ++i) check(b.told[m][i] == expected(p, m, i));
    };
    try_it.operator()<client, server>();
    try_it.operator()<basic_client<512, 512>, basic_server<512, 512>>();
    return 0;
}
