"""An LDAP server of our own, which knows where a database is, for service files that ask one."""

from pathlib import Path

from . import account

SETTINGS = """
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_ldif
pidfile {directory}/pid
database ldif
suffix "dc=test"
rootdn "cn=admin,dc=test"
directory {directory}/entries
access to * by * read
"""

ENTRIES = """
dn: dc=test
objectClass: organization
objectClass: dcObject
o: test
dc: test

dn: cn=app,dc=test
objectClass: device
cn: app
"""


class Ldap:
    """`settings` (name=value texts of libpq) are the description of the entry cn=app,dc=test."""

    def __init__(self, settings):
        self.directory = Path(account.server_directory("dunlin-ldap-"))
        self.log = self.directory / "slapd.log"
        self.port = 0
        self.process = None
        (self.directory / "entries").mkdir()
        account.own(self.directory / "entries")
        (self.directory / "slapd.conf").write_text(SETTINGS.format(directory=self.directory))
        (self.directory / "entries.ldif").write_text(
            ENTRIES + "".join(f"description: {setting}\n" for setting in settings))
        try:
            account.run_tool(["/usr/sbin/slapadd", "-f", f"{self.directory}/slapd.conf", "-l",
                              f"{self.directory}/entries.ldif"])
        except FileNotFoundError:
            raise RuntimeError("no slapd here: apt-get install slapd") from None

    @property
    def service(self):
        """The line of a service file that asks it."""
        return f"ldap://127.0.0.1:{self.port}/dc=test?description?one?(cn=app)"

    def __enter__(self):
        self.process, self.port = account.start_listening(
            lambda port: ["/usr/sbin/slapd", "-d", "0", "-f", f"{self.directory}/slapd.conf", "-h",
                          f"ldap://127.0.0.1:{port}"], self.log)
        return self

    def __exit__(self, *_):
        account.stop(self.process)
        account.remove(self.directory)
