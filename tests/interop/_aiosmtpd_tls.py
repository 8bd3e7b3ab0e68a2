# _aiosmtpd_tls.py starttls|implicit CERTIFICATE KEY FILE: a server on 127.0.0.1 that says its port and writes the content
# of the last message to FILE. It wants TLS, and AUTH of tester with the password secret.
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

how, certificate, key, path = sys.argv[1:]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        with open(path + ".part", "wb") as f:
            f.write(envelope.original_content)
        os.rename(path + ".part", path)
        return "250 2.0.0 Stored"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"tester", b"secret"), handled=False)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    options = dict(hostname="aiosmtpd.test.example", authenticator=authenticate, auth_required=True)
    if how == "starttls":
        options.update(tls_context=context, require_starttls=True)
    else:
        options.update(auth_require_tls=False)  # it does not see that there is TLS
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Handler(), **options), "127.0.0.1", 0, ssl=context if how == "implicit" else None)
    print("listening on 127.0.0.1 port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
