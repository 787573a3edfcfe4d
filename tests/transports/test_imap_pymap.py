"""The connection against a server with other habits than Dovecot's."""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.servers.pymap import Pymap
from tui_mail.config.settings import Server
from tui_mail.model.error import ServerRefused
from tui_mail.model.flags import DELETED, FLAGGED, SEEN
from tui_mail.model.ids import PartId, Uid
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.mailbox_names import encode_name
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap import ImapConnection

ALL = UidSet.between(1, LARGEST)
_DATE = datetime(2026, 2, 1, 10, 30, tzinfo=UTC)


def _filled(connection: ImapConnection, mailbox: bytes, count: int) -> None:
    connection.create(mailbox)
    for number in range(1, count + 1):
        octets = (
            b"Subject: number %d\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\n\r\ntext %d\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n"
        ) % (number, number)
        connection.append(mailbox, octets, frozenset({SEEN}), _DATE)


def test_a_whole_session(
    pymap: Pymap, connect: Callable[[Server], ImapConnection]
) -> None:
    connection = connect(pymap.imap("u7"))
    _filled(connection, b"Full", 5)
    connection.create(b"Trash")
    connection.create(encode_name("Ünïcode"))
    listed = {one.name: one for one in connection.list_mailboxes(subscribed_only=False)}
    assert {"INBOX", "Full", "Trash", "Ünïcode"} <= set(listed)
    assert listed["Trash"].special_use is SpecialUse.TRASH
    assert connection.status(b"Full").messages == 5
    selected = connection.select(b"Full")
    assert (selected.exists, selected.read_only) == (5, False)
    assert len(selected.changes.alerts) == 0
    found = [one for some in connection.fetch_messages(ALL, chunk=2) for one in some]
    uids = [one.uid for one in found]
    assert [one.envelope.subject for one in found] == [
        f"number {n}" for n in range(1, 6)
    ]
    assert SEEN in found[0].flags
    assert found[0].internal_date == _DATE
    assert selected.uid_next == uids[-1] + 1
    newest = [one.uid for some in connection.fetch_newest(2) for one in some]
    assert newest == uids[3:]
    connection.store_flags(UidSet.of(uids[:2]), FLAGGED, add=True)
    flags = {one.uid: one.flags for one in connection.fetch_flags(ALL).flags}
    assert flags[uids[0]] >= {FLAGGED, SEEN}
    assert FLAGGED not in flags[uids[4]]
    structure = connection.fetch_structure(uids[0])
    assert structure is not None
    assert [(part.part_id, part.type) for part in structure.walk()] == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "image/png"),
    ]
    text = connection.fetch_part(uids[1], PartId("1"))
    assert text is not None
    assert text.rstrip() == b"text 2"
    assert connection.fetch_part(uids[1], PartId("1"), offset=2, size=3) == b"xt "
    assert connection.fetch_part(Uid(uids[4] + 50), PartId("1")) is None
    assert connection.fetch_headers(uids[0]).startswith(b"Subject: number 1\r\n")
    moved = connection.move(UidSet.of(uids[:1]), b"Trash")
    assert list(moved.uids) == uids[:1]
    assert connection.existing_uids(ALL) == UidSet.of(uids[1:])
    connection.store_flags(UidSet.of(uids[1:2]), DELETED, add=True)
    connection.expunge(UidSet.of(uids[1:3]))
    assert connection.existing_uids(ALL) == UidSet.of(uids[2:])
    with pytest.raises(ServerRefused):
        connection.select(b"Missing")
    connection.logout()


def test_idle_tells_what_another_does(
    pymap: Pymap, connect: Callable[[Server], ImapConnection]
) -> None:
    connection, other = connect(pymap.imap("u8")), connect(pymap.imap("u8"))
    connection.select(b"INBOX")
    wake, poke = os.pipe()
    letter = (b"INBOX", b"Subject: x\r\n\r\n")
    appending = threading.Timer(0.2, other.append, letter)
    appending.start()
    before = time.monotonic()
    assert connection.idle(timeout=20, wake=wake)
    assert time.monotonic() - before < 10
    assert connection.take_changes().exists == 1
    appending.join()
    os.close(wake)
    os.close(poke)
