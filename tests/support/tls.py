"""Real certificates, made with openssl: an authority, a server's certificate for localhost, and one for another name."""

import subprocess
from pathlib import Path

from . import account


class Certificates:
    """`host` is the name in the server's certificate; a client that asks for another must refuse it."""

    def __init__(self, host="localhost"):
        self.directory = Path(account.server_directory("dunlin-tls-"))
        self.authority = self.directory / "authority.crt"
        self.server_certificate = self.directory / "server.crt"
        self.server_key = self.directory / "server.key"
        self._make(host)

    def _make(self, host):
        authority_key, request = self.directory / "authority.key", self.directory / "server.csr"
        extensions = self.directory / "server.ext"
        extensions.write_text(f"subjectAltName=DNS:{host}\n")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=dunlin test authority",
                      "-keyout", authority_key, "-out", self.authority)
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", self.server_key,
                      "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-CAcreateserial",
                      "-days", "2", "-extfile", extensions, "-out", self.server_certificate)
        self.server_key.chmod(0o600)
        account.own(self.server_key)

    @staticmethod
    def _openssl(*arguments):
        result = subprocess.run(["openssl", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stdout)

    def close(self):
        account.remove(self.directory)
