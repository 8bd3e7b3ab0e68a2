// Parameter lists out of typed values: what is written is read back, and nothing else can be written.
#include <sansmtp/parameter_writer.hpp>

#include "support/catch.hpp"
#include "support/lexical.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace sansmtp;
using namespace std::string_view_literals;

namespace {

std::array<char, 4096> out{};

template <class Values>
std::string made(const Values& values) {
    const auto p = make_parameters(values, out);
    if (!p) return std::string(message(p.error().code));
    constexpr bool of_mail = std::is_same_v<Values, mail_values>;
    CHECK(parse_parameters(p->text(), of_mail ? parameters_of::mail : parameters_of::rcpt).value() == *p);
    return std::string(p->text());
}

const std::string refused(message(errc::refused_field));

} // namespace

TEST_CASE("commands 4: everything that MAIL can say, in the order of the sheet") {
    mail_values v;
    CHECK(made(v).empty());
    v.conperm = true;
    v.transid = "<1@h>";
    v.submitter = *parse_mailbox("\"a b\"@x");
    v.solicit = "org.example:ADV,b";
    v.mtrk = "AB";
    v.mtrk_timeout = 60;
    v.mt_priority = std::int8_t{-3};
    v.holdfor = 3600;
    v.by = deliver_by{-120, by_mode::notify, true};
    v.requiretls = true;
    v.auth = path(*parse_mailbox("e=mc2@example.com"));
    v.envid = "a+b c";
    v.ret = dsn_ret::headers;
    v.smtputf8 = true;
    v.body = body_type::eight_bit_mime;
    v.size = ~std::uint64_t{0};
    v.more = *parse_parameters("X-Y=z Q", parameters_of::mail);
    CHECK(made(v) ==
          "SIZE=18446744073709551615 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+20c AUTH=e+3Dmc2@example.com "
          "REQUIRETLS BY=-120;NT HOLDFOR=3600 MT-PRIORITY=-3 MTRK=QUI:60 SOLICIT=org.example:ADV,b "
          "SUBMITTER=\"a+20b\"@x TRANSID=<1@h> CONPERM X-Y=z Q");
    const auto back = make_parameters(v, out);
    REQUIRE(back);
    CHECK(back->size() == v.size);
    CHECK(back->body() == v.body);
    CHECK(back->smtputf8());
    CHECK(back->ret() == v.ret);
    CHECK(*back->envid() == *v.envid);
    std::array<char, 384> text{};
    CHECK(*back->auth()->decode(text) == *v.auth);
    CHECK(back->requiretls());
    CHECK(back->by() == v.by);
    CHECK(back->holdfor() == v.holdfor);
    CHECK(back->mt_priority() == v.mt_priority);
    CHECK(back->mtrk() == tracking{"QUI", 60});
    CHECK(back->submitter()->decode(text)->mailbox() == *v.submitter);
    CHECK(*back->transid() == *v.transid);
    CHECK(back->conperm());
    CHECK(back->find("x-y")->value == "z");
}

TEST_CASE("commands 5: everything that RCPT can say") {
    rcpt_values v;
    CHECK(made(v).empty());
    v.conneg = true;
    v.rrvs = required_since{{2014, 4, 3, 23, 1, 0, 0, -480}, true};
    v.orcpt = "a+b=c d@x";
    v.notify = dsn_notify{true, true, true};
    v.more = *parse_parameters("X=1", parameters_of::rcpt);
    CHECK(made(v) ==
          "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc+20d@x RRVS=2014-04-03T23:01:00-08:00;C CONNEG X=1");
    const auto back = make_parameters(v, out);
    CHECK(back->notify() == v.notify);
    CHECK(back->orcpt()->address == *v.orcpt);
    CHECK(back->rrvs() == v.rrvs);
}

TEST_CASE("each value by itself comes back") {
    for (int priority = -9; priority <= 9; ++priority) {
        mail_values v;
        v.mt_priority = static_cast<std::int8_t>(priority);
        CHECK(make_parameters(v, out)->mt_priority() == v.mt_priority);
    }
    for (const auto body : {body_type::seven_bit, body_type::eight_bit_mime, body_type::binary_mime}) {
        mail_values v;
        v.body = body;
        CHECK(make_parameters(v, out)->body() == body);
    }
    for (int bits = 0; bits < 8; ++bits) {
        rcpt_values v;
        v.notify = dsn_notify{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
        CHECK(make_parameters(v, out)->notify() == v.notify);
    }
    for (const auto& by :
         {deliver_by{1, by_mode::bounce, false}, deliver_by{0, by_mode::notify, true},
          deliver_by{999999999, by_mode::bounce, true}, deliver_by{-999999999, by_mode::notify, false}}) {
        mail_values v;
        v.by = by;
        CHECK(make_parameters(v, out)->by() == by);
    }
    for (const auto& when : {date_time{2026, 12, 1, 0, 0, 0, 0, 0}, date_time{0, 1, 1, 23, 59, 60, 500000000, 0},
                             date_time{9999, 12, 31, 23, 59, 59, 1, 0}}) {
        mail_values v;
        v.holduntil = when;
        CHECK(make_parameters(v, out)->holduntil() == when);
    }
    mail_values v;
    v.auth = path{};
    CHECK(made(v) == "AUTH=<>");
}

TEST_CASE("L45: what does not fit its grammar is refused, and never repaired") {
    const auto mail_refuses = [](auto set) {
        mail_values v;
        set(v);
        return made(v) == refused;
    };
    const auto rcpt_refuses = [](auto set) {
        rcpt_values v;
        set(v);
        return made(v) == refused;
    };
    const std::string long_envid(101, 'x');
    const std::string long_words(1001, 'x');
    CHECK(mail_refuses([&](mail_values& v) { v.envid = long_envid; }));
    CHECK(mail_refuses([&](mail_values& v) { v.envid = ""; }));
    CHECK(mail_refuses([&](mail_values& v) { v.solicit = long_words; }));
    CHECK(mail_refuses([](mail_values& v) { v.solicit = "a b"; }));
    CHECK(mail_refuses([](mail_values& v) { v.solicit = "a X=1"; }));
    CHECK(mail_refuses([](mail_values& v) { v.solicit = "a\r\nDATA"; }));
    CHECK(mail_refuses([](mail_values& v) { v.transid = ""; }));
    CHECK(mail_refuses([](mail_values& v) { v.mtrk = ""; }));
    CHECK(mail_refuses([](mail_values& v) { v.mtrk = "A", v.mtrk_timeout = 1000000000; }));
    CHECK(mail_refuses([](mail_values& v) { v.by = deliver_by{0, by_mode::bounce, false}; }));
    CHECK(mail_refuses([](mail_values& v) { v.by = deliver_by{1000000000, by_mode::notify, false}; }));
    CHECK(mail_refuses([](mail_values& v) { v.by = deliver_by{INT32_MIN, by_mode::notify, false}; }));
    CHECK(mail_refuses([](mail_values& v) { v.holdfor = 0; }));
    CHECK(mail_refuses([](mail_values& v) { v.holdfor = 1000000000; }));
    CHECK(mail_refuses([](mail_values& v) { v.holdfor = 1, v.holduntil = date_time{}; }));
    CHECK(mail_refuses([](mail_values& v) { v.holduntil = date_time{2026, 13, 1}; }));
    CHECK(mail_refuses([](mail_values& v) {
        v.holduntil = date_time{12026, 12, 1};
    })); // its last digits would be a date
    CHECK(mail_refuses([](mail_values& v) { v.holduntil = date_time{2026, 2, 29}; }));
    CHECK(mail_refuses([](mail_values& v) { v.holduntil = date_time{2026, 2, 1, 0, 0, 0, 1000000000}; }));
    CHECK(mail_refuses([](mail_values& v) { v.holduntil = date_time{2026, 2, 1, 0, 0, 0, 0, 60}; })); // not UTC
    CHECK(mail_refuses([](mail_values& v) { v.mt_priority = std::int8_t{10}; }));
    CHECK(mail_refuses([](mail_values& v) { v.mt_priority = std::int8_t{-128}; }));
    CHECK(mail_refuses([](mail_values& v) { v.body = static_cast<body_type>(3); }));
    CHECK(mail_refuses([](mail_values& v) { v.auth = *parse_path("<Postmaster>"); }));
    CHECK(mail_refuses([](mail_values& v) { v.submitter = mailbox{}; }));
    CHECK(mail_refuses([](mail_values& v) { v.more = *parse_parameters("SIZE=1", parameters_of::mail); }));
    CHECK(mail_refuses([](mail_values& v) { v.more = *parse_parameters("CONNEG", parameters_of::rcpt); }));
    const std::string long_recipient(494, 'x');
    CHECK(rcpt_refuses([&](rcpt_values& v) { v.orcpt = long_recipient; }));
    CHECK(rcpt_refuses([](rcpt_values& v) { v.orcpt = "x", v.orcpt_type = ""; }));
    CHECK(rcpt_refuses([](rcpt_values& v) { v.orcpt = "x", v.orcpt_type = "rfc822;y"; }));
    CHECK(rcpt_refuses([](rcpt_values& v) { v.orcpt = "x", v.orcpt_type = "rfc822;y X=1"; }));
    CHECK(rcpt_refuses([](rcpt_values& v) { v.orcpt = "x", v.orcpt_type = "a\r\nb"; }));
    CHECK(rcpt_refuses([](rcpt_values& v) { v.rrvs = required_since{{2014, 4, 3, 23, 1, 0, 5, 0}, false}; }));
    CHECK(rcpt_refuses([](rcpt_values& v) { v.rrvs = required_since{{2014, 4, 3, 23, 1, 0, 0, 1440}, false}; }));
    for (int octet = 0; octet < 256; ++octet) { // no control octet through any text
        if (octet >= 32 && octet < 127) continue;
        const std::string text{'a', static_cast<char>(octet), 'b'};
        CAPTURE(octet);
        CHECK(mail_refuses([&](mail_values& v) { v.envid = text; }) == (octet != '\t'));
        CHECK(mail_refuses([&](mail_values& v) { v.transid = text; }) == (octet != '\t'));
        CHECK(mail_refuses([&](mail_values& v) { v.solicit = text; }));
        CHECK(rcpt_refuses([&](rcpt_values& v) { v.orcpt = text; }) == (octet != '\t'));
        CHECK(rcpt_refuses([&](rcpt_values& v) { v.orcpt = "x", v.orcpt_type = text; }));
    }
}

TEST_CASE("make_parameters minds the room") {
    mail_values v;
    v.size = 1000;
    CHECK(make_parameters(v, std::span(out).first(9))->text() == "SIZE=1000");
    CHECK(make_parameters(v, std::span(out).first(8)).error().code == errc::no_room);
    CHECK(make_parameters(v, {}).error().code == errc::no_room);
}

TEST_CASE("internationalised recipients") {
    rcpt_values v;
    v.orcpt_type = "utf-8";
    v.orcpt = "\xc3\xa9@x";
    const auto p = make_parameters(v, out, true);
    REQUIRE(p);
    CHECK(p->text() == "ORCPT=utf-8;+C3+A9@x"); // ASCII on the wire
    CHECK(p->orcpt()->address == *v.orcpt);
    mail_values m;
    m.auth = path(*parse_mailbox("\xc3\xa9@x", {strict(), true}));
    CHECK(made(m) == refused);
    m.smtputf8 = true;
    CHECK(make_parameters(m, out)->text() == "SMTPUTF8 AUTH=+C3+A9@x");
}
