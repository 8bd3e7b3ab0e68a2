// The message layer at compile time: to compile is to pass.
#include <sansmtp/capabilities.hpp>
#include <sansmtp/command.hpp>
#include <sansmtp/explain.hpp>
#include <sansmtp/redact.hpp>
#include <sansmtp/reply.hpp>
#include <sansmtp/reply_hints.hpp>
#include <sansmtp/trace.hpp>

#include <array>
#include <string_view>
#include <type_traits>

using namespace sansmtp;

namespace {

constexpr bool writes(std::string_view line, std::string_view canonical, const syntax& how = {}) {
    std::array<char, 256> out{};
    const auto parsed = parse_command(line, how);
    if (!parsed) return false;
    const auto size = serialize(*parsed, out, how.utf8);
    return size && std::string_view(out.data(), *size) == canonical && parse_command(canonical, how) &&
           *parse_command(canonical, how) == *parsed;
}

constexpr bool fails(std::string_view line, errc code, std::size_t offset, unsigned reply, const syntax& how = {}) {
    const command_error e = check_command(line, how);
    return e.code == code && e.offset == offset && suggested_reply(e).code() == reply;
}

constexpr bool sends(const reply& r, std::string_view wire) {
    std::array<char, 1024> out{};
    const auto size = serialize(r, out);
    return size && std::string_view(out.data(), *size) == wire;
}

} // namespace

static_assert(std::is_trivially_copyable_v<command> && std::is_trivially_copyable_v<reply_view>);
static_assert(std::is_trivially_copyable_v<reply_parser> && std::is_trivially_copyable_v<reply>);

static_assert(writes("mail from:<a@b> size=1", "MAIL FROM:<a@b> SIZE=1"));
static_assert(writes("RCPT TO:<Postmaster>", "RCPT TO:<Postmaster>"));
static_assert(writes("MAIL  FROM: <a@b>", "MAIL FROM:<a@b>", {interop()}));
static_assert(writes("VRFY joe smtputf8", "VRFY joe SMTPUTF8", {strict(), true}));
static_assert(writes("auth plain QQ==", "AUTH PLAIN QQ=="));
static_assert(writes("etrn #queue", "ETRN #queue"));
static_assert(writes("xclient name=a+2Bb", "XCLIENT NAME=a+2Bb"));
static_assert(fails("", errc::empty_line, 0, 500));
static_assert(fails("DATA x", errc::unexpected_argument, 5, 501));
static_assert(fails("NOOP \x01", errc::illegal_octet, 5, 500));
static_assert(fails("RCPT TO:<>", errc::null_path, 8, 501));
static_assert(fails("BDAT 18446744073709551616", errc::number_too_large, 5, 501));
static_assert(fails("MAIL FROM:<\xC3\xA9@b>", errc::utf8_not_declared, 11, 550, {strict(), true}));

static_assert(sends({550, {5, 1, 1}, "a\nb"}, "550-5.1.1 a\r\n550 5.1.1 b\r\n"));
static_assert(reply::make(250, {}, "a\rb").error().code == errc::refused_field);
static_assert(parse_reply("250-a\r\n250 b\r\n")->code() == 250);
static_assert(parse_reply("250-a\r\n251 b\r\n").error() == parse_error{errc::mixed_reply_codes, 7});
static_assert(forward_path(*parse_reply("551 <a@b>\r\n"))->text() == "a@b");
static_assert(server_name(*parse_reply("220 mx.example ready\r\n"))->text() == "mx.example");
static_assert(explain(reply_code(354)) == "start mail input, end with CRLF.CRLF");

static_assert([] {
    const capabilities c = parse_capabilities(*parse_reply("250-mx\r\n250-SIZE 7\r\n250 AUTH=LOGIN PLAIN\r\n"));
    return c.size_limit() == 7U && c.mechanisms() == mechanism_set("PLAIN LOGIN") && !c.pipelining();
}());

static_assert([] {
    std::array<char, 64> out{};
    const auto size = redact("AUTH PLAIN QQ==", line_origin::from_client, out);
    return size && std::string_view(out.data(), *size) == "AUTH PLAIN ****";
}());

static_assert([] {
    std::array<char, 256> out{};
    received r;
    r.hello_name = "a\r\nb";
    r.peer_address = "192.0.2.1";
    r.by = "mx.example";
    const auto size = serialize(r, out);
    return size && std::string_view(out.data(), *size) ==
                       "Received: from [192.0.2.1] ([192.0.2.1])\r\n"
                       "\tby mx.example with ESMTP; Thu, 1 Jan 1970 00:00:00 +0000\r\n";
}());
