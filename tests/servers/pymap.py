"""pymap, a server with other habits than Dovecot's, in a process of its own."""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from tests.servers.ports import HOST
from tui_mail.config.settings import Security, Server
from tui_mail.demo.child import SECRET_FILE, serve

PASSWORD = "open-sesame"
USERS = tuple(f"u{number}" for number in range(1, 10))


@dataclass(frozen=True, slots=True)
class Pymap:
    """A running instance, in the clear; its users are ``u1`` to ``u9``."""

    port: int

    def imap(self, user: str, *, port: int = 0) -> Server:
        """Describe it as an account's settings would; ``port``: that of a proxy."""
        return Server(
            host=HOST,
            port=port or self.port,
            security=Security.NONE,
            username=user,
            password=PASSWORD,
            subscribed_only=False,
        )


class _QuietConfig(Config):
    """A configuration that asks no name server."""

    @property
    def greeting(self) -> bytes:
        return b"pymap is ready"


async def _start(secret: str) -> asyncio.Server:
    arguments = Namespace(passlib_cfg=None, proxy_protocol=None, inherited_sockets=None)
    config = _QuietConfig(
        arguments,
        host=HOST,
        port=0,
        tls_enabled=False,
        reject_dnsbl=False,
        hash_context=Cleartext(),
        demo_data=False,
        demo_user=USERS[0],
        demo_password=secret,
    )
    config.apply_context()
    login = Login(config)
    for user in USERS:
        login.users_dict[user] = UserMetadata(config, user, password=secret)
        config.set_cache[user] = (MailboxSet(), FilterSet())
    reader = ProxyProtocolReader(config.proxy_protocol)
    backend = DictBackend(login, config)
    callback = reader.get_callback(IMAPServer(backend.login, config))
    return await asyncio.start_server(callback, host=HOST, port=0)


@contextlib.contextmanager
def running() -> Iterator[Pymap]:
    """Start an instance; it ends with this process however that ends."""
    folder = Path(tempfile.mkdtemp(prefix="pymap-"))
    (folder / SECRET_FILE).write_text(PASSWORD)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.pymap", str(folder)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield Pymap(int(child.stdout.readline()))
        finally:
            child.stdin.close()
            child.wait(20)


if __name__ == "__main__":
    serve(_start)
