// What the text of a reply tells beyond its code.
#include <sansmtp/reply_hints.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace sansmtp;

static_assert(new_priority(*parse_reply("250 2.3.6 3 is the new priority\r\n")) == 3);
static_assert(refused_solicitation(*parse_reply("550 5.7.1 SOLICIT=a.example:ADV\r\n"))->text() == "a.example:ADV");

TEST_CASE("SR-46: the path that 251 and 551 name") {
    const auto path_of = [](std::string_view text) {
        const auto parsed = parse_reply(text);
        REQUIRE(parsed);
        const auto found = forward_path(*parsed);
        return found ? std::string(found->text()) : std::string("none");
    };
    CHECK(path_of("551 User not local; please try <joe@new.example>\r\n") == "joe@new.example");
    CHECK(path_of("251 2.1.5 will forward to <a@b>\r\n") == "a@b");
    CHECK(path_of("551 <not a path> or <a@b> or <c@d>\r\n") == "a@b");
    CHECK(path_of("551 <> <a@b>\r\n") == "a@b");
    CHECK(path_of("551 <\"x>y\"@b>\r\n") == "\"x>y\"@b");
    CHECK(path_of("551 < <a@b>\r\n") == "a@b");
    CHECK(path_of("551-see\r\n551 <a@b>\r\n") == "a@b");
    CHECK(path_of("551 <Postmaster>\r\n") == "Postmaster");
    CHECK(path_of("551 <\xC3\xA9@b>\r\n") == "none");
    CHECK(path_of("551 please try joe@new.example\r\n") == "none");
    CHECK(path_of("550 <a@b>\r\n") == "none");
    CHECK(path_of("250 <a@b>\r\n") == "none");
    CHECK(forward_path(*parse_reply("551 <\xC3\xA9@b>\r\n"), {strict(), true}));
}

TEST_CASE("SR-29: the mailboxes of VRFY and EXPN") {
    const auto of = [](std::string_view text) { // RFC 5321 3.5.1, 3.5.2, appendix D.4; spec/replies.md 4
        std::string all;
        const auto parsed = parse_reply(text);
        for (const std::string_view line : *parsed) {
            const auto found = listed_mailbox(line);
            all += found ? std::string(found->text()) + ";" : "-;";
        }
        return all;
    };
    CHECK(of("250 Fred Smith <fred@example.org>\r\n") == "fred@example.org;");
    CHECK(of("250 2.1.5 fred@example.org\r\n") == "fred@example.org;");
    CHECK(of("250-Jon Postel <p@isi.example>\r\n250-<f@isi.example>\r\n250 s@q.example \r\n") ==
          "p@isi.example;f@isi.example;s@q.example;");
    CHECK(of("553-Ambiguous; Possibilities are\r\n553- <joe@x>\r\n553 \"a<b\" <harry@x>\r\n") == "-;joe@x;harry@x;");
    CHECK(of("550 5.1.1 String does not match anything\r\n") == "-;");
    CHECK(of("252 2.0.0 user\r\n") == "-;");
    CHECK(of("250 <>\r\n") == "-;");
    CHECK(of("250\r\n") == "-;");
    CHECK_FALSE(listed_mailbox("\xC3\xA9@b"));
    CHECK(listed_mailbox("\xC3\xA9@b", {strict(), true}));
}

TEST_CASE("SR-42: the name of the server is a hint") {
    const auto name_of = [](std::string_view text) {
        const auto found = server_name(*parse_reply(text));
        return found ? std::string(found->text()) : std::string("none");
    };
    CHECK(name_of("220 mx.example.org ESMTP\r\n") == "mx.example.org");
    CHECK(name_of("220 SMTP Server Ready\r\n") == "SMTP");
    CHECK(name_of("220 [192.0.2.1]\r\n") == "[192.0.2.1]");
    CHECK(name_of("220-mx.example.org\r\n220 more\r\n") == "mx.example.org");
    CHECK(name_of("221 2.0.0 mx.example.org bye\r\n") == "mx.example.org");
    CHECK(name_of("421 4.3.2 mx.example.org closing\r\n") == "mx.example.org");
    CHECK(name_of("220 *** hidden\r\n") == "none");
    CHECK(name_of("220\r\n") == "none");
    CHECK(name_of("250 mx.example.org\r\n") == "none");
}

TEST_CASE("replies 4: the priority that X.3.6 gives") {
    const auto of = [](std::string_view text) {
        const auto found = new_priority(*parse_reply(text));
        return found ? std::to_string(*found) : std::string("none");
    };
    CHECK(of("250 2.3.6 3 is the new priority assigned to the message\r\n") == "3"); // RFC 6710
    CHECK(of("250 2.3.6 -9\r\n") == "-9");
    CHECK(of("251 2.3.6 0 <a@b>\r\n") == "0");
    CHECK(of("250-2.3.6 -3 is new\r\n250 2.3.6 4 is not looked at\r\n") == "-3");
    for (const char* none :
         {"250 2.1.0 3 ok\r\n", "250 3 ok\r\n", "550 5.3.6 3 no\r\n", "250 2.3.6\r\n", "250 2.3.6 10 x\r\n",
          "250 2.3.6 -0 x\r\n", "250 2.3.6 +3 x\r\n", "250 2.3.6 3.\r\n", "250 2.3.6 is 3\r\n"}) {
        INFO(none);
        CHECK(of(none) == "none");
    }
}

TEST_CASE("replies 4: the solicitation that a 550 refuses") {
    const auto of = [](std::string_view text) {
        const auto found = refused_solicitation(*parse_reply(text));
        return found ? std::string(found->text()) : std::string("none");
    };
    CHECK(of("550 <grumpy@example.net> SOLICIT=org.example:ADV:ADLT\r\n") == "org.example:ADV:ADLT"); // RFC 3865
    CHECK(of("550 5.7.1 solicit=net.example:ADV,a.b:c\tno\r\n") == "net.example:ADV,a.b:c");
    CHECK(of("550-5.7.1 no\r\n550 5.7.1  here: SOLICIT=a\r\n") == "a");
    CHECK(of("550 SOLICIT= SOLICIT=1 SOLICIT=a, SOLICIT=b\r\n") == "b");
    for (const char* none :
         {"554 5.7.1 SOLICIT=a\r\n", "450 SOLICIT=a\r\n", "550 5.7.2 SOLICIT=a\r\n", "550 NO-SOLICIT=a\r\n",
          "550 SOLICIT a\r\n", "550\r\n", "550 \x01\x80 SOLICIT=\r\n", "550 SOLICIT=(a)\r\n"}) {
        INFO(none);
        CHECK(of(none) == "none");
    }
}
