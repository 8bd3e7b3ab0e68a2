// Client against server: the input is a plan, see support/loopback_plan.hpp. Whatever it is, both ends agree.
//
// Eight octets choose the opening, what is offered and what is asked for; up to fourteen the way; then three for each of up
// to three messages; the rest is their content.
#include "support/loopback.hpp"
#include "support/fuzz.hpp"

namespace {

using namespace loopback;
using fuzz::check;
using fuzz::reader;

constexpr extension_id ids[] = {extension_id::size,        extension_id::eight_bit_mime, extension_id::smtputf8,
                                extension_id::chunking,    extension_id::binary_mime,    extension_id::dsn,
                                extension_id::require_tls, extension_id::deliver_by,     extension_id::future_release,
                                extension_id::mt_priority, extension_id::rrvs,           extension_id::starttls};

extension_set set_of(std::size_t bits) {
    extension_set all;
    for (std::size_t i = 0; i < std::size(ids); ++i)
        if ((bits >> i & 1U) != 0) all = all | extension_set{ids[i]};
    return all;
}

// What a server may offer: each with those that it needs.
extension_set complete(extension_set all) {
    if (all.has(extension_id::binary_mime)) all = all | extension_set{extension_id::chunking};
    if (all.has(extension_id::smtputf8)) all = all | extension_set{extension_id::eight_bit_mime};
    return all;
}

// Without a bit set: no TLS, no AUTH, and a server as it is by default. Returns where the first message is given up.
leaving read_opening(reader& in, plan& p) {
    constexpr std::string_view mechanisms[] = {"",
                                               "PLAIN",
                                               "LOGIN",
                                               "CRAM-MD5",
                                               "SCRAM-SHA-256",
                                               "SCRAM-SHA-256 PLAIN",
                                               "LOGIN CRAM-MD5 PLAIN",
                                               "CRAM-MD5 SCRAM-SHA-256"};
    const std::size_t flags = in.octet(), tls = in.octet(), auth = in.octet(), auth_flags = in.octet();
    p.bdat = (flags & 1U) != 0;
    p.all_or_nothing = (flags & 2U) != 0;
    p.asks = (flags & 4U) != 0;
    p.no_ehlo = (flags & 8U) != 0;
    p.limits.recipients = static_cast<std::uint32_t>(flags >> 4 & 3U);
    p.limits.mails = static_cast<std::uint32_t>(flags >> 6);
    p.tls = static_cast<tls_policy>(tls % 3);
    p.tls_ends = static_cast<handshake>(tls / 4 % 8 % 5);
    p.implicit = (tls & 64U) != 0;
    p.mechanisms = mechanisms[auth % 8];
    p.offered_mechanisms = mechanisms[auth / 8 % 8];
    p.cleartext_auth = (auth_flags & 1U) != 0;
    p.cleartext_offered = (auth_flags & 2U) != 0;
    p.auth_required = (auth_flags & 4U) == 0;
    p.knows_password = (auth_flags & 8U) == 0;
    const extension_set changed = set_of(in.word());
    p.offer = complete((standard_extensions - changed) | (changed - standard_extensions));
    return static_cast<leaving>(auth_flags >> 4 & 3U);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader in{data, size};
    plan p;
    const leaving where = read_opening(in, p);
    const std::size_t wants = in.word();
    const std::size_t flags = in.octet();
    p.protocol = (flags & 1U) != 0 ? dialect::lmtp : dialect::smtp;
    p.pipelining = (flags & 2U) == 0;
    p.piece = in.step(never);
    p.to_server = in.step(never);
    p.to_client = in.step(never);
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
        a.data_refused = how / 16 == 14 && p.message_limit == 0; // or it depends on the first chunk which comes first
        a.dropped = how / 16 == 13;
        a.refused = static_cast<std::uint8_t>(in.octet());
        a.failed = static_cast<std::uint8_t>(in.octet());
        a.wants = set_of(wants >> m) - extension_set{extension_id::starttls};
        if ((wants & 0x4000U) != 0) a.optional = a.wants;
        a.utf8_sender = (wants & 0x8000U) != 0 && m == 1;
        // Behind content that the server refuses it may be too late, and with long commands DATA may not have left.
        const bool in_time = where == leaving::behind_content ? !a.dropped && p.message_limit == 0
                                                              : where != leaving::after_send || a.wants.empty();
        if (m == 0 && in_time) a.abandoned = where;
        a.content = in.text(m + 1 == count ? in.size : in.octet());
        if (is_undeclared(p, a)) a.data_refused = false; // the same: the octet may be in the first chunk
        p.messages.push_back(a);
    }

    check(judge(p, run<client, server>(p)).empty());
    check(judge(p, run<basic_client<512, 512>, basic_server<512, 512>>(p)).empty());
    return 0;
}
