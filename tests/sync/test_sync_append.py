"""Messages that are put into a server's mailbox from here."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.sync.mailing import Desk, letter, letters
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MessageNumber
from tui_mail.store.appending import append_message
from tui_mail.store.operations import cancel, load_pending, retry

pytestmark = pytest.mark.dovecot

NO_UIDPLUS = Options(capabilities=without("MOVE", "UIDPLUS"))
ARRIVED = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)


def put(desk: Desk, octets: bytes, name: str = "INBOX") -> MessageNumber:
    with desk.database.transaction() as tx:
        return append_message(
            tx,
            desk.box(name).id,
            octets,
            flags=frozenset({SEEN, FLAGGED, "work"}),
            arrived=ARRIVED,
        )


@pytest.mark.parametrize("options", [Options(), NO_UIDPLUS])
def test_what_is_appended_is_here_at_once_and_there_after_a_synchronization(
    options: Options,
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
) -> None:
    desk = desk_of(dovecots(options))
    desk.fill(letters(1, 2))
    desk.sync()
    number = put(desk, letter(9).octets)
    assert desk.here()["letter 9"] == {SEEN, FLAGGED, "work"}
    assert desk.there().keys() == {"letter 1", "letter 2"}
    [waiting] = load_pending(desk.database)
    assert (waiting.kind, waiting.what) == ("append", "put 1 message into INBOX")
    assert "1 appended" in str(desk.sync())
    assert desk.here() == desk.there()
    assert desk.number("letter 9") == number
    with desk.oracle() as client:
        client.select_folder("INBOX")
        [said] = client.fetch(client.search("SUBJECT 9"), ["INTERNALDATE"]).values()
    assert said[b"INTERNALDATE"].astimezone(UTC).replace(tzinfo=UTC) == ARRIVED
    assert not load_pending(desk.database)
    desk.sync()
    assert desk.number("letter 9") == number
    assert len(desk.there()) == 3
