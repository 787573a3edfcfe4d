"""Which message an argument means: an id, the path of a file, or stdin."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_mail.cli.session import Session
from tui_mail.cli.showing import FileMessage, Shown
from tui_mail.mime.render import Renderer
from tui_mail.model.error import NotFound

_ID = re.compile(r"[A-Za-z0-9_-]+/[0-9]+", re.ASCII)


@contextmanager
def open_message(session: Session, name: str, *, offline: bool) -> Iterator[Shown]:
    """Open an id, a path, or stdin for ``-``; raises NotFound and what opening raises."""
    with Renderer() as renderer:
        if name == "-":
            yield FileMessage(sys.stdin.buffer.read(), renderer)
        elif not _ID.fullmatch(name):
            path = Path(name)
            if not path.exists():
                raise NotFound(f"{name}: no such file, and no id (ACCOUNT/NUMBER)")
            yield FileMessage(path.read_bytes(), renderer)
        elif Path(name).is_file() and not _is_account(session, name):
            yield FileMessage(Path(name).read_bytes(), renderer)
        else:
            from tui_mail.cli.stored_message import StoredMessage
            from tui_mail.cli.targets import parse_id

            account, number = parse_id(session, name)
            yield StoredMessage(session, account, number, renderer, offline=offline)


def _is_account(session: Session, name: str) -> bool:
    wanted = name.partition("/")[0].lower()
    return any(account.lower() == wanted for account in session.settings.accounts)
