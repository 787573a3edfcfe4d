"""A home with accounts of all kinds, and mail in them without a server."""

from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from tests.ui.app_samples import NOW, Home, Sample
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.flags import SEEN
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store import pulling
from tui_mail.store.appending import append_message
from tui_mail.store.mailboxes import create_local_mailbox, find_mailbox
from tui_mail.store.wishes import set_flags

_POP3 = """
[accounts.old]
address = "ann@old.example"
[accounts.old.pop3]
host = "127.0.0.1"
port = 9
security = "none"
username = "ann"
delete_after = "{delete_after}"
"""
_LOCAL = """
[accounts.shelf]
address = "ann@shelf.example"
"""


def home_of(
    folder: Path,
    *kinds: str,
    delete_after: str = "never",
    more: str = "",
) -> Home:
    """Make a home with an account of each kind: work (IMAP), old (POP3), shelf (local)."""
    home = Home(folder, names=("work",) if "imap" in kinds else ())
    path = home.places.settings_file()
    ui = path.read_text()
    text = _POP3.format(delete_after=delete_after) if "pop3" in kinds else ""
    text += _LOCAL if "local" in kinds else ""
    start = ui.index("[ui]")
    path.write_text(ui[:start] + text + more + "\n" + ui[start:])
    return home


def pull(home: Home, samples: Iterable[Sample], *, gone: Iterable[str] = ()) -> None:
    """Put messages into the POP3 account, the first the newest; ``gone`` have left."""
    left = set(gone)
    with closing(home.open("old")) as database:
        with database.transaction() as tx:
            inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        for place, sample in reversed(list(enumerate(samples))):
            date = NOW - timedelta(hours=place + 1)
            octets = sample.octets(date)
            head = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            uidl = sample.subject.encode()
            with database.transaction() as tx:
                begun = pulling.begin_pull(tx, uidl, parse_envelope(head), arrived=date)
                pulling.save_piece(tx, begun, 0, octets)
                digest = sha256(octets).digest()
                number = pulling.finish_pull(tx, begun, inbox, digest=digest, at=date)
                if SEEN in sample.flags:
                    set_flags(tx, (number,), frozenset({SEEN}), frozenset())
                if sample.subject in left:
                    pulling.note_left(tx, [pulling.load_pulled(tx)[uidl]])


def shelve(home: Home, samples: Iterable[Sample], mailbox: str = "INBOX") -> None:
    """Put messages into a mailbox of the local account, the first the newest."""
    with closing(home.open("shelf")) as database, database.transaction() as tx:
        create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        create_local_mailbox(tx, mailbox, None)
        box = find_mailbox(tx, mailbox)
        assert box is not None
        for place, sample in reversed(list(enumerate(samples))):
            date = NOW - timedelta(hours=place + 1)
            octets = sample.octets(date)
            append_message(tx, box.id, octets, flags=sample.flags, arrived=date)
