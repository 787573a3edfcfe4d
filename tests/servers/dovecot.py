"""Dovecot 2.3 from a file of its own in a temporary folder, as root or not."""

import base64
import contextlib
import grp
import hashlib
import hmac
import itertools
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.servers.certificates import server_certificate
from tests.servers.ports import HOST, free_ports
from tui_mail.config.settings import Security, Server, SmtpServer

PASSWORD = "open-sesame"
"""Every user's."""

_SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"

FULL = (
    "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY"
    " THREAD=REFERENCES MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE"
    " UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES"
    " WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY"
    " PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE"
)
"""What Dovecot announces after the login, to be masked by :func:`without`."""


def without(*names: str) -> str:
    """All of Dovecot's capabilities but these, for ``Options.capabilities``."""
    return " ".join(name for name in FULL.split() if name not in names)


@dataclass(frozen=True, slots=True)
class Options:
    """What one instance does otherwise than the usual one."""

    capabilities: str = ""
    """All it announces after the login; empty: what it has."""
    mechanisms: str = "plain login"
    extra: str = ""
    """More lines for the configuration; ``FOLDER`` in them is the instance's own."""
    files: tuple[tuple[str, str], ...] = ()
    """Files in that folder, by their paths, with what stands in them."""
    relay_port: int = 0
    """Where it gives mail to that is submitted; 0: it has no submission server."""


NEIGHBOURS = Options(
    extra="""
mail_plugins = acl quota
protocol imap {
  mail_plugins = acl quota imap_acl imap_quota
}
namespace others {
  type = shared
  separator = /
  prefix = shared/%%u/
  location = maildir:FOLDER/home/%%n/Maildir:INDEX=FOLDER/home/%n/others/%%n
  subscriptions = no
  list = children
}
namespace public {
  type = public
  separator = /
  prefix = public/
  location = maildir:FOLDER/home/public
  subscriptions = no
  list = children
}
plugin {
  acl = vfile
  acl_shared_dict = file:FOLDER/home/shared-mailboxes
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=1M
}
"""
)
"""Users may let others into their mailboxes, there are public ones, and room is short."""


TOKEN_KEY = b"sixteen letters!" * 2
"""What signs the access tokens that :data:`TOKENS` takes."""
TOKENS = Options(
    mechanisms="xoauth2 oauthbearer plain",
    extra="""
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = FOLDER/oauth2.conf
}
""",
    files=(
        (
            "oauth2.conf",
            "introspection_mode = local\n"
            "local_validation_key_dict = fs:posix:prefix=FOLDER/keys/\n"
            "username_attribute = sub\n",
        ),
        (
            "keys/default/HS256/default",
            base64.b64encode(TOKEN_KEY).decode(),
        ),
    ),
)
"""It takes JWTs in place of passwords."""
ZLIB = Options(extra="protocol imap {\n  mail_plugins = imap_zlib\n}\n")
"""It announces COMPRESS=DEFLATE."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to fill a mailbox with."""

    octets: bytes
    flags: str = ""
    arrived: str = ""
    """An INTERNALDATE, ``"01-Jan-2026 10:00:00 +0000"``; empty: now."""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running instance. Every user name is good; ``d1``… have an mdbox."""

    folder: Path
    ports: Mapping[str, int]
    ca_file: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def port(self) -> int:
        """IMAP in the clear, with STARTTLS."""
        return self.ports["imap"]

    @property
    def tls_port(self) -> int:
        """IMAP over TLS."""
        return self.ports["imaps"]

    def fresh_user(self) -> str:
        """Name a user whose mailboxes are empty."""
        return f"user{next(self._numbers)}"

    def imap(
        self, user: str, *, security: Security = Security.NONE, port: int = 0
    ) -> Server:
        """Describe it as an account's settings would; ``port``: that of a proxy."""
        own = self.tls_port if security is Security.TLS else self.port
        return Server(
            host=HOST,
            port=port or own,
            security=security,
            username=user,
            password=PASSWORD,
            ca_file=str(self.ca_file),
            subscribed_only=False,
        )

    def pop3(self, user: str) -> tuple[str, int]:
        """Say host and port of POP3 in the clear."""
        return HOST, self.ports["pop3"]

    def smtp(
        self, user: str, *, security: Security = Security.NONE, auth: str = "password"
    ) -> SmtpServer:
        """Describe its submission server as an account's settings would."""
        tls = security is Security.TLS
        return SmtpServer(
            host=HOST,
            port=self.ports["submissions" if tls else "submission"],
            security=security,
            username=user,
            auth=auth,
            ca_file=str(self.ca_file),
        )

    def doveadm(self, *arguments: str, octets: bytes = b"") -> str:
        """Run doveadm; raises CalledProcessError with what it said."""
        program = shutil.which("doveadm", path=_SEARCH_PATH)
        assert program is not None
        done = subprocess.run(
            [program, "-c", str(self.folder / "dovecot.conf"), *arguments],
            input=octets,
            capture_output=True,
            timeout=60,
            check=True,
        )
        return done.stdout.decode()

    def fill(
        self, user: str, letters: Iterable[bytes | Letter], mailbox: str = "INBOX"
    ) -> int:
        """Append messages, thousands a second; the mailbox is made if it is missing."""
        count = 0
        with _Appender(self.port, user) as appender:
            if mailbox != "INBOX":
                appender.command(b'CREATE "%s"' % mailbox.encode(), anyway=True)
            for batch in _batches(letters, 500):
                appender.append(mailbox, batch)
                count += len(batch)
        return count

    def make_public(self, name: str, rights: str, letters: Iterable[bytes]) -> None:
        """Put a mailbox below ``public/`` where all have these rights."""
        place = self.folder / "home" / "public" / f".{name}"
        for part in ("cur", "new", "tmp"):
            (place / part).mkdir(parents=True)
        (place / "dovecot-acl").write_text(f"anyone {rights}\n")
        for number, letter in enumerate(letters):
            (place / "cur" / f"{number}.public:2,").write_bytes(letter)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("mail")
            for path in (place.parent, place, *place.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def raw(self, user: str, *commands: str) -> list[bytes]:
        """Say commands over a connection of its own, as another client would."""
        with _Appender(self.port, user) as appender:
            return [appender.command(command.encode()) for command in commands]


def _batches(
    letters: Iterable[bytes | Letter], size: int
) -> Iterator[list[bytes | Letter]]:
    waiting = iter(letters)
    while batch := list(itertools.islice(waiting, size)):
        yield batch


class _Appender:
    """The least IMAP client there can be: no code of the tested one."""

    def __init__(self, port: int, user: str) -> None:
        login = b'LOGIN "%s" "%s"' % (user.encode(), PASSWORD.encode())
        until = time.monotonic() + 10
        while True:
            self._socket = socket.create_connection((HOST, port), timeout=60)
            self._file = self._socket.makefile("rb")
            self._number = 0
            self._file.readline()
            said = self.command(login, anyway=True)
            # A connection that was closed just now may still be counted.
            if b"[LIMIT]" not in said or time.monotonic() > until:
                break
            self.__exit__()
            time.sleep(0.05)
        assert said.rpartition(b"a1 ")[2].startswith(b"OK"), said

    def __enter__(self) -> "_Appender":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def command(self, line: bytes, *, anyway: bool = False) -> bytes:
        self._number += 1
        tag = b"a%d " % self._number
        self._socket.sendall(tag + line + b"\r\n")
        said = []
        while not (answer := self._file.readline()).startswith(tag):
            assert answer, "the server hung up"
            said.append(answer)
        assert anyway or answer.startswith(tag + b"OK"), answer
        return b"".join(said) + answer

    def append(self, mailbox: str, letters: list[bytes | Letter]) -> None:
        pieces = [b'APPEND "%s"' % mailbox.encode()]
        for letter in letters:
            one = letter if isinstance(letter, Letter) else Letter(letter)
            date = f' "{one.arrived}"' if one.arrived else ""
            head = f" ({one.flags}){date} {{{len(one.octets)}+}}\r\n"
            pieces += [head.encode(), one.octets]
        self.command(b"".join(pieces))


def token(user: str, *, lasts: int = 600) -> str:
    """Make an access token as :data:`TOKENS` takes it; negative ``lasts``: run out."""
    now = int(time.time())
    head = {"alg": "HS256", "typ": "JWT"}
    body = {"sub": user, "iat": now - 1_000, "exp": now + lasts}
    pieces = [_base64url(json.dumps(part).encode()) for part in (head, body)]
    signed = ".".join(pieces).encode()
    signature = hmac.digest(TOKEN_KEY, signed, hashlib.sha256)
    return ".".join([*pieces, _base64url(signature)])


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def installed() -> bool:
    """Whether the programs are here."""
    return shutil.which("dovecot", path=_SEARCH_PATH) is not None


def submits() -> bool:
    """Whether the submission server is here too."""
    places = ("/usr/lib/dovecot", "/usr/libexec/dovecot", "/usr/local/libexec/dovecot")
    return any(Path(place, "submission-login").exists() for place in places)


@contextlib.contextmanager
def running(options: Options | None = None) -> Iterator[Dovecot]:
    """Start an instance; at the end it is gone with every session that it had."""
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ca_file = server_certificate(folder, "localhost", HOST)
        for attempt in itertools.count(1):
            server = Dovecot(folder, _free(), ca_file)
            _write_configuration(server, options or Options())
            master = _start(folder)
            try:
                if _came_up(master, server):
                    yield server
                    return
            finally:
                _end(master)
            log = (folder / "dovecot.log").read_text(errors="replace")
            assert attempt < 3, f"Dovecot does not start:\n{log[-3000:]}"


def _free() -> dict[str, int]:
    names = ("imap", "imaps", "pop3", "pop3s", "submission", "submissions")
    return dict(zip(names, free_ports(len(names)), strict=True))


def _start(folder: Path) -> subprocess.Popen[bytes]:
    program = shutil.which("dovecot", path=_SEARCH_PATH)
    assert program is not None
    with (folder / "start.log").open("wb") as log:
        return subprocess.Popen(
            [program, "-F", "-c", str(folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _came_up(master: subprocess.Popen[bytes], server: Dovecot) -> bool:
    """Ask until it greets; False if it ended, as where a port was taken meanwhile."""
    until = time.monotonic() + 20
    while time.monotonic() < until and master.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((HOST, server.port), timeout=5) as link,
        ):
            if link.recv(100).startswith(b"* OK"):
                return True
        time.sleep(0.02)
    return False


def _end(master: subprocess.Popen[bytes]) -> None:
    """End the master and all below it: sessions outlive it where clients hang."""
    with contextlib.suppress(psutil.NoSuchProcess):
        below = psutil.Process(master.pid).children(recursive=True)
        master.terminate()
        for process in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    try:
        master.wait(10)
    except subprocess.TimeoutExpired:
        master.kill()
        master.wait()


def _write_configuration(server: Dovecot, options: Options) -> None:
    folder = server.folder
    root = os.geteuid() == 0
    owner = pwd.getpwnam("mail") if root else pwd.getpwuid(os.geteuid())
    home = folder / "home"
    home.mkdir(exist_ok=True)
    if root:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        users = ("dovecot", "dovenull", "dovecot")
    else:
        users = (owner.pw_name, owner.pw_name, grp.getgrgid(owner.pw_gid).gr_name)
    (folder / "mdbox-users").write_text(
        "".join(
            f"d{n}::{owner.pw_uid}:{owner.pw_gid}::{home}/d{n}"
            "::userdb_mail=mdbox:~/mdbox\n"
            for n in range(1, 10)
        )
    )
    for name, text in options.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("FOLDER", str(folder)))
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            host=HOST,
            ports=server.ports,
            users=users,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            password=PASSWORD,
            mechanisms=options.mechanisms,
            capability=(
                f"imap_capability = {options.capabilities}"
                if options.capabilities
                else ""
            ),
            chroots="" if root else _NO_CHROOTS,
            extra=options.extra.replace("FOLDER", str(folder)),
            submission=(
                _SUBMISSION.format(
                    host=HOST, ports=server.ports, relay_port=options.relay_port
                )
                if options.relay_port
                else ""
            ),
        )
    )


_NO_CHROOTS = "".join(
    f"service {name} {{\n  chroot =\n}}\n"
    for name in ("imap-login", "pop3-login", "anvil", "stats")
)

_SUBMISSION = """
protocols = imap pop3 submission
submission_relay_host = {host}
submission_relay_port = {relay_port}
hostname = mx.example
service submission-login {{
  service_count = 0
  chroot =
  inet_listener submission {{
    port = {ports[submission]}
  }}
  inet_listener submissions {{
    port = {ports[submissions]}
    ssl = yes
  }}
}}
"""

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap pop3
listen = {host}
default_internal_user = {users[0]}
default_login_user = {users[1]}
default_internal_group = {users[2]}
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
mail_fsync = never
mail_max_userip_connections = 200
mail_location = maildir:~/Maildir
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/mdbox-users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  service_count = 0
  inet_listener imap {{
    port = {ports[imap]}
  }}
  inet_listener imaps {{
    port = {ports[imaps]}
    ssl = yes
  }}
}}
service pop3-login {{
  service_count = 0
  inet_listener pop3 {{
    port = {ports[pop3]}
  }}
  inet_listener pop3s {{
    port = {ports[pop3s]}
    ssl = yes
  }}
}}
protocol imap {{
  {capability}
  imap_idle_notify_interval = 2 mins
}}
protocol pop3 {{
  pop3_uidl_format = %08Xu%08Xv
  pop3_no_flag_updates = yes
}}
{chroots}
{submission}
{extra}
"""
