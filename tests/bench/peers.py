"""How fast mail libraries in Python take content: smtplib, which sends, and aiosmtpd, which receives. Output as that of
codecs.cpp."""
import asyncio
import random
import smtplib
import sys
import time

try:
    from aiosmtpd.smtp import SMTP
except ImportError:
    SMTP = None
    print("aiosmtpd is missing: left out", file=sys.stderr)

SIZE = 1 << 20
LINES = {
    "mixed": lambda n: ("." if n.random() < 0.002 else "") + "a" * n.choice((70, 76)),
    "html": lambda n: ("." if n.random() < 0.02 else "") + "a" * n.randint(20, 72),
    "dots": lambda n: "." + "a" * 64,
    "dot1": lambda n: ".",
    "char1": lambda n: "a",
    "crlf": lambda n: "",
}


def content(name):
    numbers = random.Random(5321)
    out, size = [], 0
    while size < SIZE:
        out.append(LINES[name](numbers) + "\r\n")
        size += len(out[-1])
    return "".join(out).encode()


class Transport(asyncio.Transport):
    """Of a client who never waits for an answer."""

    def write(self, data):
        pass

    def close(self):
        pass

    def is_closing(self):
        return False


class Handler:
    async def handle_DATA(self, server, session, envelope):
        self.received.set_result(len(envelope.content))
        return "250 OK"


async def aiosmtpd_receives(wire, octets):
    """Seconds from the first octet of content to its handler."""
    loop = asyncio.get_running_loop()
    handler = Handler()
    handler.received = loop.create_future()
    server = SMTP(handler, data_size_limit=None, hostname="mx.example.org", loop=loop)
    server.connection_made(Transport())
    for line in b"EHLO a.example", b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA":
        server.data_received(line + b"\r\n")
        for _ in range(10):
            await asyncio.sleep(0)
    start = time.process_time()
    for at in range(0, len(wire), 65536):
        server.data_received(wire[at:at + 65536])
    server.data_received(b".\r\n")
    if await asyncio.wait_for(handler.received, 60) != octets:
        sys.exit("aiosmtpd received something else")
    took = time.process_time() - start
    server._handler_coroutine.cancel()
    return took


ENCODERS = {
    "python-quote_periods": smtplib._quote_periods,
    "python-data": lambda text: smtplib._quote_periods(smtplib._fix_eols(text.decode()).encode()),
    "python-replace": lambda text: text.replace(b"\r\n.", b"\r\n.."),
}


def report(kernel, name, octets, seconds):
    print(kernel, name, 65536, "%.4f" % (octets / seconds / 1e9))


for name in LINES:
    text = content(name)
    for kernel, run in ENCODERS.items():
        start = time.process_time()
        run(text)
        report(kernel + "-encode", name, len(text), time.process_time() - start)
    if SMTP is not None:
        wire = smtplib._quote_periods(text)
        report("aiosmtpd-decode", name, len(wire), asyncio.run(aiosmtpd_receives(wire, len(text))))
