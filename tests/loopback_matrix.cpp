// Client against server in memory: every pair of what a server offers and what an envelope asks for, and every opening.
//
// What each pair must come to is said by support/loopback_plan.hpp. With SANSMTP_LOOPBACK set in the environment every
// extension is taken by itself, which takes longer.
#include "support/catch.hpp"
#include "support/loopback.hpp"

#include <cstdlib>

using namespace loopback;

namespace {

using tiny_client = basic_client<512, 512>;
using tiny_server = basic_server<512, 512>;
using id = extension_id;

bool wants_all() { return std::getenv("SANSMTP_LOOPBACK") != nullptr; }

// What is switched on and off: each alone, or those together of which none touches the others.
std::vector<extension_set> features() {
    std::vector<extension_set> all = {
        {id::size}, {id::eight_bit_mime}, {id::smtputf8}, {id::chunking}, {id::binary_mime},
        {id::dsn},  {id::require_tls},    {id::rrvs}};
    if (wants_all())
        all.insert(all.end(), {{id::deliver_by}, {id::future_release}, {id::mt_priority}});
    else
        all.push_back({id::deliver_by, id::future_release, id::mt_priority});
    return all;
}

// All sets that can be made of them.
std::vector<extension_set> sets() {
    const std::vector<extension_set> parts = features();
    std::vector<extension_set> all(std::size_t{1} << parts.size());
    for (std::size_t bits = 0; bits < all.size(); ++bits)
        for (std::size_t i = 0; i < parts.size(); ++i)
            if ((bits >> i & 1U) != 0) all[bits] = all[bits] | parts[i];
    return all;
}

// Counts what goes wrong, and keeps the first of it.
struct tally {
    std::size_t runs = 0, wrong = 0, delivered = 0;
    std::string first;

    template <class Client, class Server>
    void add(const plan& p, const std::string& what) {
        const books b = run<Client, Server>(p);
        const std::string found = judge(p, b);
        ++runs;
        for (const auto& told : b.told)
            for (const fate f : told) delivered += f == fate::delivered ? 1U : 0U;
        if (!found.empty() && wrong++ == 0) first = what + ": " + found;
    }
    void check() const {
        CHECK(first == "");
        CHECK(wrong == 0);
        CHECK(delivered != 0);
        CHECK(delivered < 2 * runs);
    }
};

std::string keywords(extension_set set) {
    std::string text;
    for (std::size_t i = 0; i < registered_extensions.size(); ++i)
        if (set.has(static_cast<id>(i))) text.append(registered_extensions[i].keyword).append(" ");
    return text.empty() ? "nothing" : text;
}

constexpr std::string_view content = "Gr\xc3\xbc\xc3\x9f"
                                     "e\n.\r\nx\r";

// A message with all octets that may be sent.
letter message_for(const plan& p, extension_set wants) {
    letter m{std::string(content), 2, 1};
    m.wants = wants;
    if (is_undeclared(p, m)) m.content = "Gruss\n.\r\nx\r";
    return m;
}

} // namespace

TEST_CASE("every pair of what is offered and what is asked for", "[loopback][matrix]") {
    tally count;
    for (const extension_set offer : sets()) {
        server_config of_server{"mx.example"};
        of_server.offer = offer;
        of_server.future_release = {1000, {2099}};
        if (!of_server.valid()) continue; // BINARYMIME without CHUNKING, SMTPUTF8 without 8BITMIME
        for (const extension_set wants : sets())
            for (const dialect protocol : {dialect::smtp, dialect::lmtp}) {
                plan p;
                p.offer = offer;
                p.implicit = true; // or there is no REQUIRETLS
                p.protocol = protocol;
                p.pipelining = count.runs % 3 != 0;
                p.bdat = count.runs % 5 < 2;
                const letter m = message_for(p, wants);
                p.messages = {m, m};
                p.messages[1].optional = wants;
                p.messages[1].utf8_sender = count.runs % 7 == 0;
                count.add<tiny_client, tiny_server>(p, "offered " + keywords(offer) + "asked for " + keywords(wants));
            }
    }
    CHECK(count.runs >= 294912);
    count.check();
}

TEST_CASE("behind HELO nothing is offered", "[loopback][matrix]") {
    tally count;
    for (const extension_set wants : sets()) {
        plan p;
        p.no_ehlo = true;
        const letter m = message_for(p, wants);
        p.messages = {m, m};
        p.messages[1].optional = wants;
        count.add<tiny_client, tiny_server>(p, "HELO, asked for " + keywords(wants));
    }
    count.check();
}

// ---- TLS and AUTH

namespace {

std::string shown(const plan& p) {
    static constexpr std::string_view policies[] = {"never", "if offered", "required"};
    static constexpr std::string_view ends[] = {"good", "unavailable", "failed", "weak to client", "weak to server"};
    std::string text = p.protocol == dialect::lmtp ? "LMTP" : "SMTP";
    if (p.no_ehlo) text += ", no EHLO";
    text.append(", TLS ").append(p.implicit ? "implicit, " : "").append(policies[static_cast<std::size_t>(p.tls)]);
    text.append(p.offer.has(id::starttls) ? ", offered, " : ", not offered, ");
    text.append(ends[static_cast<std::size_t>(p.tls_ends)]);
    text.append(", client '").append(p.mechanisms).append("', server '").append(p.offered_mechanisms).append("'");
    if (p.bdat) text += ", BDAT";
    if (p.cleartext_auth) text += ", in clear";
    if (p.cleartext_offered) text += ", offered in clear";
    if (p.auth_required) text += ", required";
    if (!p.knows_password) text += ", wrong password";
    return text;
}

constexpr std::string_view mechanism_lists[] = {
    "", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256 PLAIN", "LOGIN CRAM-MD5"};

// Every AUTH with this TLS.
void every_auth(plan p, tally& count) {
    for (const std::string_view of_client : mechanism_lists)
        for (const std::string_view of_server : mechanism_lists)
            for (unsigned bits = 0; bits < 32; ++bits) {
                p.mechanisms = of_client;
                p.offered_mechanisms = of_server;
                p.cleartext_auth = (bits & 1U) != 0;
                p.auth_required = (bits & 2U) != 0;
                p.knows_password = (bits & 4U) != 0;
                p.cleartext_offered = (bits & 8U) != 0;
                p.bdat = (bits & 16U) != 0;
                p.pipelining = count.runs % 3 != 0;
                count.add<tiny_client, tiny_server>(p, shown(p));
                if (wants_all()) count.add<client, server>(p, shown(p));
            }
}

} // namespace

TEST_CASE("every opening", "[loopback][matrix][tls][auth]") {
    tally count;
    for (const dialect protocol : {dialect::smtp, dialect::lmtp})
        for (const bool no_ehlo : {false, true})
            for (const tls_policy policy : {tls_policy::never, tls_policy::if_offered, tls_policy::required})
                for (const bool implicit : {false, true})
                    for (int end = 0; end < 6; ++end) { // the last: STARTTLS is not offered
                        if (end > 0 && (implicit || policy == tls_policy::never)) continue;
                        plan p;
                        p.protocol = protocol;
                        p.no_ehlo = no_ehlo;
                        p.tls = policy;
                        p.implicit = implicit;
                        if (end < 5) p.offer = p.offer | extension_set{id::starttls};
                        p.tls_ends = end < 5 ? static_cast<handshake>(end) : handshake::good;
                        p.messages = {{"x\r\n", 1}};
                        every_auth(p, count);
                    }
    CHECK(count.runs > 80000);
    count.check();
}
