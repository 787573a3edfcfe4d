"""Which message an argument means: an id, the path of a file, or stdin."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_mail.cli.session import Session
from tui_mail.cli.showing import FileMessage, Shown
from tui_mail.cli.targets import ID, parse_id
from tui_mail.mime.render import Renderer
from tui_mail.model.error import NotFound


@contextmanager
def open_message(session: Session, name: str, *, offline: bool) -> Iterator[Shown]:
    """Open an id, a path, or stdin for ``-``; raises NotFound and what opening raises."""
    with Renderer() as renderer:
        if name == "-":
            yield FileMessage(sys.stdin.buffer.read(), renderer)
        elif not ID.fullmatch(name):
            path = Path(name)
            if not name or not path.exists():
                raise NotFound(f'"{name}" is neither a file nor an id (ACCOUNT/NUMBER)')
            yield FileMessage(path.read_bytes(), renderer)
        elif Path(name).is_file() and not _is_account(session, name):
            yield FileMessage(Path(name).read_bytes(), renderer)
        else:
            from tui_mail.cli.stored_message import StoredMessage

            account, number = parse_id(session, name)
            message = StoredMessage(session, account, number, renderer, offline=offline)
            yield message
            message.note_use()


def _is_account(session: Session, name: str) -> bool:
    wanted = name.partition("/")[0].lower()
    return any(account.lower() == wanted for account in session.settings.accounts)
