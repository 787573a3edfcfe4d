"""What the machine and the benches found, each in its shortest form."""

from collections.abc import Callable

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.interposed import interposed
from tests.sync.mailing import Desk, letters, look_closely, uid_there
from tui_mail.model.error import LinkLost
from tui_mail.model.operation import Move

pytestmark = pytest.mark.dovecot


def _cut_at(desk: Desk, word: bytes) -> None:
    """Synchronize until a command is said; the server never hears it."""
    with interposed(
        desk.server.port, lambda command: [] if command.startswith(word) else None
    ) as between:
        desk.through(between.port)
        with pytest.raises(LinkLost):
            desk.sync()
    desk.through(desk.server.port)


def test_a_move_that_was_not_done_is_done_where_another_made_a_copy_meanwhile(
    dovecot: Dovecot, desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(dovecot)
    desk.fill(letters(1, 2))
    desk.fill(letters(3, 3), "Archive")
    desk.sync()
    number = desk.number("letter 1")
    desk.perform(Move((number,), desk.box("Archive").id))
    _cut_at(desk, b"UID MOVE")
    with desk.oracle() as client:
        client.copy([uid_there(client, "INBOX", "letter 1")], "Archive")
    desk.sync()
    with desk.oracle() as client:
        inbox, archive = (
            sorted(subject for subject, _, _ in look_closely(client, name))
            for name in ("INBOX", "Archive")
        )
    assert (inbox, archive) == (["letter 2"], ["letter 1", "letter 1", "letter 3"])
    desk.sync()
    assert sorted(str(row.subject) for row in desk.rows("Archive")) == archive
    assert number in desk.numbers("Archive")
