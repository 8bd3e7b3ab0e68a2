// The main vectors of the lexical layer, as constant expressions.
#include <sansmtp/sansmtp.hpp>

#include <array>
#include <string_view>

using namespace sansmtp;
using namespace sansmtp::literals;
using namespace std::string_view_literals;

namespace {

constexpr parse_error error_of_path(std::string_view text) { return parse_path(text).error(); }

// RFC 5321 4.1.2
static_assert("bob@example.org"_mailbox == "\"b\\ob\"@EXAMPLE.org"_mailbox);
static_assert("bob@example.org"_path == "<@relay.example:bob@example.org>"_path);
static_assert("<>"_path.is_null() && ""_path.is_null() && "<postMASTER>"_path.is_postmaster());
static_assert("mx.example.org"_domain.kind() == host_kind::name);
static_assert("[001.2.3.4]"_domain == "[1.2.3.4]"_domain && "[IPv6:::1]"_domain == "[ipv6:0:0::0:1]"_domain);
static_assert(error_of_path("<a..b@x>") == parse_error{errc::bad_local_part, 3});
static_assert(error_of_path("<\"\"@x>") == parse_error{errc::bad_local_part, 2});
static_assert(error_of_path("<a@[1.2.3.256]>") == parse_error{errc::bad_literal, 10});
static_assert(error_of_path("<a@b\r\n>") == parse_error{errc::bad_domain, 4});

// RFC 5321 app. F.2
constexpr std::array<std::string_view, 1> mine{"relay.example"};
static_assert(next_hop("<@relay.example,@c.d:a@b>"_path) == "relay.example"_domain);
static_assert(next_hop(advance_route("<@relay.example,@c.d:a@b>"_path, mine)) == "c.d"_domain);

// Extensions
constexpr parameters of_mail =
    *parse_parameters("SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=a+2Bb AUTH=<> BY=-5;NT", parameters_of::mail);
static_assert(of_mail.size() == 1000U && of_mail.body() == body_type::eight_bit_mime);
static_assert(of_mail.ret() == dsn_ret::headers && *of_mail.envid() == "a+b"sv && of_mail.auth()->is_null());
static_assert(of_mail.by() == deliver_by{-5, by_mode::notify, true} && !of_mail.holdfor());
static_assert(parse_parameters("AUTH=e+3Dmc2@example.com", parameters_of::mail)->auth().has_value());
static_assert(parse_parameters("NOTIFY=SUCCESS,NEVER", parameters_of::rcpt).error() ==
              parse_error{errc::bad_value, 15});

static_assert(date_time{1970, 1, 1}.unix_seconds() == 0 && date_time{2000, 3, 1}.unix_seconds() == 951868800);
static_assert(date_time{2026, 12, 1, 0, 30, 0, 0, 30}.unix_seconds() == 1796083200);
static_assert(date_time{0, 1, 1}.unix_seconds() == -62167219200);

// Writing
constexpr bool writes(const path& p, std::string_view text) {
    std::array<char, 300> out{};
    const auto size = serialize(p, out);
    return size && std::string_view(out.data(), *size) == text;
}
static_assert(writes("<\"j\\oe\"@[010.2.3.4]>"_path, "<joe@[10.2.3.4]>"));

constexpr bool makes_parameters() {
    std::array<char, 100> out{};
    mail_values v;
    v.size = 5;
    v.envid = "a=b";
    v.auth = "bob@example.org"_path;
    const auto made = make_parameters(v, out);
    return made && made->text() == "SIZE=5 ENVID=a+3Db AUTH=bob@example.org";
}
static_assert(makes_parameters());

constexpr bool codes() {
    std::array<char, 16> out{};
    const auto size = decode_base64("Zm9vYmE=", out);
    return size && std::string_view(out.data(), *size) == "fooba" && decode_base64("Zg=", out).error().offset == 3;
}
static_assert(codes());

} // namespace
