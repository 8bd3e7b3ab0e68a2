# _smtplib.py smtp|lmtp PORT FILE: sends the file to user@test.example, after a look at what the server says to other things.
import smtplib
import sys

protocol, port, path = sys.argv[1:]
kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
with open(path, "rb") as f:
    content = f.read()
# LMTP's constructor says LHLO too, but takes no timeout in all versions.
server = kind("127.0.0.1", int(port), local_hostname="python.test.example")
server.ehlo()
for keyword in ("pipelining", "8bitmime", "size", "enhancedstatuscodes"):
    assert server.has_extn(keyword), keyword
assert server.noop()[0] == 250
assert server.docmd("RCPT", "TO:<user@test.example>")[0] == 503
assert server.docmd("NONSENSE")[0] == 500

assert server.mail("sender@test.example", ["BODY=8BITMIME", "SIZE=%d" % len(content)])[0] == 250
assert server.rcpt("user@elsewhere.example") == (550, b"5.7.1 Relaying denied")
assert server.rcpt("user@test.example")[0] == 250
code, text = server.data(content)
assert code == 250, (code, text)
assert server.quit()[0] == 221
