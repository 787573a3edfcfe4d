"""What the machine and the benches found, each in its shortest form."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.servers.interposed import Answer, interposed
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


def _cut_once(desk: Desk, word: bytes, *, and_after_the_expunge_from: str = "") -> None:
    """Synchronize; the first time that a command is said the link is lost.

    And again once messages are removed from a mailbox, before that is answered.
    """
    waits = [word]

    def instead(command: bytes) -> Answer:
        if waits and command.startswith(waits[0]):
            waits.clear()
            return []
        if and_after_the_expunge_from and command.startswith(b"UID EXPUNGE "):
            with desk.oracle() as client:
                client.select_folder(and_after_the_expunge_from)
                client.uid_expunge([command.rpartition(b" ")[2].decode()])
            return []
        return None

    with interposed(desk.server.port, instead) as between, suppress(LinkLost):
        desk.through(between.port)
        desk.sync()
    assert not waits
    desk.through(desk.server.port)


def _subjects(desk: Desk, *names: str) -> list[list[str]]:
    with desk.oracle() as client:
        return [
            sorted(subject for subject, _, _ in look_closely(client, name))
            for name in names
        ]


@pytest.fixture
def two_alike(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> Desk:
    """Have one letter in two mailboxes, of a server that moves by copying."""
    desk = desk_of(dovecots(Options(capabilities=without("MOVE"))))
    desk.fill(letters(1, 1), "Drafts")
    desk.fill(letters(1, 1), "Work")
    desk.fill(letters(3, 3), "Archive")
    desk.sync()
    return desk


def _move_to_archive(desk: Desk, name: str) -> None:
    [row] = desk.rows(name)
    desk.perform(Move((row.number,), desk.box("Archive").id))


def test_what_one_move_brought_is_not_taken_for_what_another_did_not_bring(
    two_alike: Desk,
) -> None:
    desk = two_alike
    _move_to_archive(desk, "Drafts")
    _cut_at(desk, b"UID COPY")
    _move_to_archive(desk, "Work")
    # That over which links are lost goes last, after the other has arrived.
    _cut_once(desk, b"EXAMINE")
    desk.sync()
    alike = ["letter 1", "letter 1", "letter 3"]
    assert _subjects(desk, "Drafts", "Work", "Archive") == [[], [], alike]
    assert sorted(str(row.subject) for row in desk.rows("Archive")) == alike


def test_a_copy_is_left_to_the_move_whose_message_has_left_its_mailbox(
    two_alike: Desk,
) -> None:
    desk = two_alike
    _move_to_archive(desk, "Drafts")
    _cut_at(desk, b"UID COPY")
    _move_to_archive(desk, "Work")
    _cut_once(desk, b"EXAMINE", and_after_the_expunge_from="Work")
    desk.sync()
    desk.sync()
    alike = ["letter 1", "letter 1", "letter 3"]
    assert _subjects(desk, "Drafts", "Work", "Archive") == [[], [], alike]
    assert sorted(str(row.subject) for row in desk.rows("Archive")) == alike
