// Parameter lists: what parses is a list of known and foreign parameters whose values can be read, and what the writer
// makes of those values parses to the same.
//
// The first octet says which command, and whether SMTPUTF8 is in force and the leniencies are on; the rest is the text.
#include <sansmtp/parameter_writer.hpp>

#include "support/fuzz.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace sansmtp;
using fuzz::check;

std::optional<std::string> decoded(const std::optional<xtext>& value) {
    if (!value) return std::nullopt;
    std::string octets(value->text().size(), '\0');
    octets.resize(value->decode(octets).value());
    check(*value == octets);
    return octets;
}

std::optional<std::string_view> view(const std::optional<std::string>& text) {
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

void check_written(const result<parameters>& made, std::string_view out, const parameters& p) {
    if (!made) return check(made.error().code == errc::refused_field && made.error().offset <= out.size());
    for (const char c : made->text()) check(!chars::control.contains(c));
    check(made->size() == p.size() && made->body() == p.body() && made->ret() == p.ret() && made->by() == p.by());
    check(made->envid() == p.envid() && made->transid() == p.transid() && made->holdfor() == p.holdfor());
    check(made->holduntil() == p.holduntil() && made->mt_priority() == p.mt_priority());
    check(made->smtputf8() == p.smtputf8() && made->conperm() == p.conperm() && made->requiretls() == p.requiretls());
    check(made->notify() == p.notify() && made->orcpt() == p.orcpt() && made->rrvs() == p.rrvs());
    check(made->conneg() == p.conneg());
}

void write_again(const parameters& p, parameters_of command, bool utf8) {
    std::string out(p.text().size() * 3 + 2000, '\0');
    if (command == parameters_of::rcpt) {
        rcpt_values v;
        v.notify = p.notify();
        const auto original = p.orcpt();
        const auto address = decoded(original ? std::optional<xtext>(original->address) : std::nullopt);
        if (original) v.orcpt_type = original->addr_type;
        v.orcpt = view(address);
        v.rrvs = p.rrvs();
        v.conneg = p.conneg();
        return check_written(make_parameters(v, out, utf8), out, p);
    }
    mail_values v;
    const auto envid = decoded(p.envid());
    const auto transid = decoded(p.transid());
    std::array<char, 384> auth{};
    v.size = p.size();
    v.body = p.body();
    v.smtputf8 = p.smtputf8();
    v.ret = p.ret();
    v.envid = view(envid);
    if (const auto identity = p.auth())
        if (const auto decodable = identity->decode(auth)) v.auth = *decodable;
    v.requiretls = p.requiretls();
    v.by = p.by();
    v.holdfor = p.holdfor();
    v.holduntil = p.holduntil();
    v.mt_priority = p.mt_priority();
    if (const auto words = p.solicit()) v.solicit = words->text();
    v.transid = view(transid);
    v.conperm = p.conperm();
    if (v.size && p.find("SIZE")->value.size() == 20 && *v.size == ~std::uint64_t{0}) return; // over 64 bits
    check_written(make_parameters(v, out), out, p);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto command = (data[0] & 1U) != 0 ? parameters_of::rcpt : parameters_of::mail;
    const syntax how{(data[0] & 2U) != 0 ? legacy() : strict(), (data[0] & 4U) != 0};
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

    const auto p = parse_parameters(text, command, how);
    check(p.error().offset <= text.size());
    if (!p) return 0;
    std::string joined; // single spaces, as we write them
    std::size_t count = 0;
    for (const parameter one : *p) {
        if (count++ != 0) joined += ' ';
        joined += one.keyword;
        if (one.has_value) (joined += '=') += one.value;
        const auto found = p->find(one.keyword);
        check(found && iequal(found->keyword, one.keyword));
        for (const std::string_view part : {one.keyword, one.value})
            check(part.empty() ||
                  (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size()));
    }
    check(count <= 64);
    const auto back = parse_parameters(joined, command, how);
    check(back && *back == *p);
    write_again(*p, command, how.utf8);
    return 0;
}
