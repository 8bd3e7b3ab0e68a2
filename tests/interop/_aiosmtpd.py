# _aiosmtpd.py smtp|lmtp FILE: a server on 127.0.0.1 that says its port and writes the content of the last message to FILE.
# Mail to refused@ is refused, mail to later@ is not taken now; in LMTP that to full@ is refused after the content.
import asyncio
import os
import sys

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

protocol, path = sys.argv[1:]
SMTP.line_length_limit = 1 << 20


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 No such user"
        if address.startswith("later@"):
            return "450 4.2.0 Not now"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        with open(path + ".part", "wb") as f:
            f.write(envelope.original_content)
        os.rename(path + ".part", path)
        if protocol == "smtp":
            return "250 2.0.0 Stored"
        # In LMTP there is a reply for each recipient, of which aiosmtpd itself would send one.
        return "\r\n".join("552 5.2.2 Full" if to.startswith("full@") else "250 2.0.0 Stored" for to in envelope.rcpt_tos)


async def main():
    make = LMTP if protocol == "lmtp" else SMTP
    server = await asyncio.get_running_loop().create_server(
        lambda: make(Handler(), hostname="aiosmtpd.test.example"), "127.0.0.1", 0)
    print("listening on 127.0.0.1 port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
