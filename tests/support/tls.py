"""Real certificates, made with openssl: an authority, a server's certificate for localhost, and one for another name."""

import subprocess
from pathlib import Path

from . import account


class Certificates:
    """`host` is the name in the server's certificate, `addresses` are those beside it; a client that asks for another must
    refuse it. It is good for so many days; with -1 it ended yesterday."""

    def __init__(self, host="localhost", addresses=(), days=2):
        self.days = days
        self.directory = Path(account.server_directory("dunlin-tls-"))
        self.authority = self.directory / "authority.crt"
        self.server_certificate = self.directory / "server.crt"
        self.server_key = self.directory / "server.key"
        self.authority_key = self.directory / "authority.key"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=dunlin test authority",
                      "-keyout", self.authority_key, "-out", self.authority)
        names = [f"DNS:{host}", *(f"IP:{address}" for address in addresses)]
        self._sign("server", f"/CN={host[:64]}", f"subjectAltName={','.join(names)}")

    def client(self, user, *groups):
        """(certificate, key) that a server which trusts the authority takes for this user's."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._sign(user.replace(":", "-"), subject, "extendedKeyUsage=clientAuth")

    def _sign(self, name, subject, extension):
        certificate, key, request, extensions = (self.directory / f"{name}.{kind}" for kind in ("crt", "key", "csr", "ext"))
        extensions.write_text(extension + "\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", self.authority_key, "-CAcreateserial",
                      "-days", self.days, "-extfile", extensions, "-out", certificate)
        key.chmod(0o600)
        account.own(key)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        result = subprocess.run(["openssl", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stdout)

    def close(self):
        account.remove(self.directory)
