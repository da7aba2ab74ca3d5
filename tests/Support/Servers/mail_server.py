"""A mail server for tests: python3 mail_server.py PORT FOLDER [CERTIFICATE KEY USER PASSWORD]

Writes each message it takes into FOLDER, as it came. Refuses refused@ for good and later@ for now.
With a certificate it insists on STARTTLS and on the user.
"""
import asyncio
import pathlib
import ssl
import sys
import uuid

from aiosmtpd.smtp import SMTP, AuthResult


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 no such mailbox <" + address + ">"
        if address.startswith("later@"):
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    # The library tells AUTH LOGIN from AUTH login; names of mechanisms come in either case (RFC 4954 section 4).
    async def auth_login(self, server, args):
        return await server.auth_LOGIN(server, args)

    async def handle_DATA(self, server, session, envelope):
        partial = self.path / (uuid.uuid4().hex + ".partial")
        partial.write_bytes(envelope.original_content)
        partial.rename(partial.with_suffix(".eml"))
        return "250 taken"


async def main(port, folder, certificate=None, key=None, user=None, password=None):
    options = {"enable_SMTPUTF8": True}
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        options |= {
            "tls_context": tls, "require_starttls": True, "auth_required": True,
            "authenticator": lambda server, session, envelope, mechanism, data: AuthResult(
                success=(data.login, data.password) == (user.encode(), password.encode())),
        }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Folder(folder), loop=loop, **options), "127.0.0.1", int(port))
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
