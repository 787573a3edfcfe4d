"""A home of its own for a measured reader: settings, places, a store."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.synthetic import fill
from tui_mail.store.database import AccountIdentity

ACCOUNT = "bench"
USER = "bench"

_SETTINGS = """\
[accounts.{account}]
address = "bench@corp.example"
password_command = "echo {secret}"
download = "headers"

[accounts.{account}.imap]
host = "127.0.0.1"
port = {port}
security = "none"
username = "{user}"
subscribed_only = false
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a measured reader lives."""

    folder: Path
    environment: dict[str, str]

    @property
    def database(self) -> Path:
        """The account's store."""
        return self.folder / "data" / "tui-mail" / f"{ACCOUNT}.db"


@contextmanager
def place(
    *, port: int = 9, user: str = USER, secret: str = "bench", messages: int = 0
) -> Iterator[Place]:
    """Make a home whose account lies at this loopback port, with a filled store.

    Port 9 (discard) is where nothing listens: the reader stands alone.
    """
    with tempfile.TemporaryDirectory(
        prefix="tui-mail-bench-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        environment = {"HOME": name, "TZ": "UTC"}
        for kind in ("config", "data", "state", "cache", "runtime"):
            (folder / kind).mkdir(mode=0o700)
            variable = (
                "XDG_RUNTIME_DIR" if kind == "runtime" else f"XDG_{kind.upper()}_HOME"
            )
            environment[variable] = str(folder / kind)
        settings = folder / "config" / "tui-mail" / "config.toml"
        settings.parent.mkdir(mode=0o700)
        settings.touch(mode=0o600)
        settings.write_text(
            _SETTINGS.format(account=ACCOUNT, port=port, user=user, secret=secret)
        )
        here = Place(folder, environment)
        if messages:
            here.database.parent.mkdir(mode=0o700)
            identity = AccountIdentity("imap", "127.0.0.1", user)
            fill(here.database, ACCOUNT, identity, messages)
        yield here
