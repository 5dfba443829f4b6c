"""A Kerberos realm of our own: a key distribution centre on a port it picks, and keys in files."""

from pathlib import Path

from . import account

REALM = "DUNLIN.TEST"


class Kerberos:
    def __init__(self):
        self.directory = Path(account.server_directory("dunlin-krb5-"))
        self.log = self.directory / "kdc.log"
        self.process = None
        self._write_settings()
        self._tool("kdb5_util", "create", "-s", "-P", "not a secret", "-W")

    @property
    def environment(self):
        """What makes a program's Kerberos library use this realm, without tickets that it could find elsewhere."""
        return {"KRB5_CONFIG": str(self.directory / "krb5.conf"), "KRB5CCNAME": f"MEMORY:{self.directory}",
                "KRB5_KDC_PROFILE": str(self.directory / "kdc.conf")}

    def keytab(self, principal):
        """A file with the keys of a principal, made when there was none."""
        path = self.directory / (principal.replace("/", "-") + ".keytab")
        self._tool("kadmin.local", "-q", f"addprinc -randkey {principal}")
        self._tool("kadmin.local", "-q", f"ktadd -k {path} {principal}")
        path.chmod(0o600)
        return path

    def __enter__(self):
        def command(port):
            self._write_settings(port)
            return [*self._program("krb5kdc"), "-n"]

        self.process, _ = account.start_listening(command, self.log, {"PATH": "/usr/sbin:/usr/bin", **self.environment})
        return self

    def __exit__(self, *_):
        account.stop(self.process)
        account.remove(self.directory)

    def _write_settings(self, port=0):
        (self.directory / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_canonicalize_hostname = false\n"
            f" rdns = false\n[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n")
        (self.directory / "kdc.conf").write_text(
            f"[realms]\n {REALM} = {{\n  database_name = {self.directory}/principal\n"
            f"  key_stash_file = {self.directory}/stash\n  kdc_listen = 127.0.0.1:{port}\n"
            f"  kdc_tcp_listen = 127.0.0.1:{port}\n }}\n"
            f"[logging]\n kdc = STDERR\n default = STDERR\n")

    @staticmethod
    def _program(name):
        return [f"/usr/sbin/{name}", "-r", REALM]

    def _tool(self, name, *arguments):
        try:
            account.run_tool([*self._program(name), *arguments], env={"PATH": "/usr/sbin:/usr/bin", **self.environment})
        except FileNotFoundError:
            raise RuntimeError(f"no {name} here: apt-get install krb5-kdc krb5-admin-server") from None
