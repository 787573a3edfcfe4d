"""Mailboxes made, renamed, subscribed to and deleted, against real servers."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.sync.mailing import Desk, letter, letters
from tui_mail.model.error import LinkLost
from tui_mail.model.flags import FLAGGED
from tui_mail.model.operation import (
    Copy,
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    Move,
    RenameMailbox,
    SetFlags,
    SubscribeMailbox,
    Wish,
)
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.operations import load_pending
from tui_mail.transports.imap import ImapConnection

pytestmark = pytest.mark.dovecot

_DOTS = Options(
    extra="""
namespace inbox {
  separator = .
  prefix = INBOX.
}
"""
)


def _names_there(desk: Desk) -> set[str]:
    with desk.oracle() as client:
        return {name for _, _, name in client.list_folders()}


def _subscribed_there(desk: Desk) -> set[str]:
    with desk.oracle() as client:
        return {name for _, _, name in client.list_sub_folders()}


def _subscribe(desk: Desk, *names: str) -> None:
    with desk.oracle() as client:
        for name in names:
            client.subscribe_folder(name)


def _names_here(desk: Desk) -> set[str]:
    return {str(box.name) for box in load_mailboxes(desk.database)}


def _waiting(desk: Desk) -> list[str]:
    return [f"{one.what}: {one.error}" for one in load_pending(desk.database)]


def test_a_mailbox_is_made_with_what_was_moved_into_it(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    desk.perform(CreateMailbox("Ämter & Co/日本語"))
    desk.perform(Move((desk.number("letter 2"),), desk.box("Ämter & Co/日本語").id))
    assert str(desk.sync()) == "1 moved, 1 mailbox changed"
    assert "Ämter & Co/日本語" in _names_there(desk) & _subscribed_there(desk)
    assert set(desk.there("Ämter & Co/日本語")) == {"letter 2"}
    assert desk.here("Ämter & Co/日本語") == desk.there("Ämter & Co/日本語")
    assert _waiting(desk) == []
    assert str(desk.sync()) == "in step"


def test_a_mailbox_that_is_there_already_is_taken(desk: Desk) -> None:
    desk.sync()
    desk.perform(CreateMailbox("New"))
    desk.fill([letter(1)], "New")
    desk.sync()
    assert set(desk.here("New")) == {"letter 1"}
    assert _waiting(desk) == []


def test_a_renamed_mailbox_keeps_its_messages_and_those_below_it(desk: Desk) -> None:
    desk.fill(letters(1, 2), "Work")
    desk.fill(letters(3, 4), "Work/Old")
    _subscribe(desk, "Work", "Work/Old")
    desk.sync()
    numbers = desk.numbers("Work/Old")
    desk.perform(RenameMailbox(desk.box("Work").id, "Play/Time"))
    assert desk.numbers("Play/Time/Old") == numbers
    receipt = desk.sync()
    assert (receipt.new, receipt.mailboxes) == (0, 1)
    assert desk.numbers("Play/Time/Old") == numbers
    assert {"Play/Time", "Play/Time/Old"} <= _names_there(desk) & _subscribed_there(
        desk
    )
    assert not {"Work", "Work/Old"} & (_names_there(desk) | _subscribed_there(desk))
    assert desk.all_here() == desk.all_there()


@pytest.mark.parametrize("capabilities", ["", without("LIST-STATUS")])
def test_a_rename_by_another_client_keeps_the_messages(
    dovecots: Callable[..., Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    capabilities: str,
) -> None:
    desk = desk_of(dovecots(Options(capabilities=capabilities)))
    desk.fill(letters(1, 3), "Work")
    desk.sync()
    numbers = desk.numbers("Work")
    with desk.oracle() as client:
        client.rename_folder("Work", "Play")
        client.subscribe_folder("Play")
    desk.fill([letter(4)], "Play")
    receipt = desk.sync()
    assert (receipt.new, receipt.gone) == (1, 0)
    assert set(numbers) < set(desk.numbers("Play"))
    assert desk.all_here() == desk.all_there()


@pytest.mark.parametrize(
    "wish",
    [
        lambda desk: Move((desk.number("letter 4"),), desk.box("Work").id),
        lambda desk: Copy((desk.number("letter 4"),), desk.box("Work").id),
        lambda desk: Move((desk.number("letter 1", "Work"),), desk.box("Archive").id),
        lambda desk: Expunge((desk.number("letter 1", "Work"),)),
        lambda desk: SetFlags(
            (desk.number("letter 1", "Work"),), add=frozenset({FLAGGED})
        ),
        lambda desk: RenameMailbox(desk.box("Work").id, "Mine"),
    ],
)
def test_a_wish_for_a_mailbox_that_others_renamed_meanwhile_is_fulfilled(
    desk: Desk, wish: Callable[[Desk], Wish]
) -> None:
    desk.fill(letters(1, 3), "Work")
    desk.fill([letter(4)])
    desk.sync()
    desk.perform(wish(desk))
    expected = {
        "Play" if name == "Work" else name: set(found)
        for name, found in desk.all_here().items()
    }
    with desk.oracle() as client:
        client.rename_folder("Work", "Play")
        client.unsubscribe_folder("Work")
        client.subscribe_folder("Play")
    receipt = desk.sync()
    assert receipt.whole, receipt
    assert load_pending(desk.database) == []
    assert desk.all_here() == desk.all_there()
    assert {name: set(found) for name, found in desk.all_here().items()} == expected


def test_what_is_renamed_here_and_deleted_elsewhere_is_told(desk: Desk) -> None:
    desk.fill(letters(1, 3), "Work")
    desk.sync()
    desk.perform(RenameMailbox(desk.box("Work").id, "Play"))
    with desk.oracle() as client:
        client.delete_folder("Work")
        client.unsubscribe_folder("Work")
    receipt = desk.sync()
    assert receipt.refused == 1
    assert not {"Work", "Play"} & _names_here(desk)


def test_a_mailbox_is_deleted_with_all_below_it(desk: Desk) -> None:
    desk.fill(letters(1, 2), "Work")
    desk.fill(letters(3, 4), "Work/Old")
    desk.sync()
    desk.perform(DeleteMailbox(desk.box("Work").id))
    assert not {"Work", "Work/Old"} & _names_here(desk)
    receipt = desk.sync()
    assert (receipt.refused, receipt.mailboxes) == (0, 2)
    assert not {"Work", "Work/Old"} & (_names_there(desk) | _subscribed_there(desk))
    assert desk.all_here() == desk.all_there()
    assert list(desk.database.connection.execute("SELECT 1 FROM message")) == []


def test_a_mailbox_that_got_mail_since_is_not_deleted(desk: Desk) -> None:
    desk.fill(letters(1, 2), "Work")
    desk.sync()
    desk.perform(DeleteMailbox(desk.box("Work").id))
    desk.fill(letters(3, 3), "Work")
    receipt = desk.sync()
    assert receipt.refused == 1
    assert len(desk.there("Work")) == 3
    assert desk.here("Work") == desk.there("Work")
    [said] = _waiting(desk)
    assert "1 came into it" in said


def test_a_mailbox_that_was_made_anew_since_is_not_deleted(desk: Desk) -> None:
    desk.fill(letters(1, 2), "Work")
    desk.sync()
    desk.perform(DeleteMailbox(desk.box("Work").id))
    with desk.oracle() as client:
        client.delete_folder("Work")
    desk.fill(letters(3, 3), "Work")
    assert desk.sync().refused == 1
    assert set(desk.there("Work")) == {"letter 3"}
    assert desk.here("Work") == desk.there("Work")


def test_what_is_saved_from_a_mailbox_before_it_goes_is_saved(desk: Desk) -> None:
    desk.fill(letters(1, 3), "Work")
    desk.sync()
    desk.perform(Move((desk.number("letter 2", "Work"),), desk.box("Archive").id))
    desk.perform(DeleteMailbox(desk.box("Work").id))
    assert desk.sync().whole
    assert set(desk.there("Archive")) == {"letter 2"}
    assert desk.all_here() == desk.all_there()


def test_what_cannot_be_saved_keeps_its_mailbox(desk: Desk) -> None:
    desk.fill(letters(1, 3), "Work")
    desk.sync()
    desk.perform(CreateMailbox("x" * 250))
    desk.perform(CreateMailbox(f"{'x' * 200}/{'y' * 49}"))
    target = desk.box("x" * 250).id
    with desk.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE mailbox SET name = 'bad//name', wire_name = x'2f2f' WHERE id = ?",
            (target,),
        )
    desk.perform(Move((desk.number("letter 2", "Work"),), target))
    desk.perform(DeleteMailbox(desk.box("Work").id))
    receipt = desk.sync()
    assert receipt.refused >= 2
    assert len(desk.there("Work")) == 3
    assert set(desk.here("Work")) == {"letter 1", "letter 2", "letter 3"}


def test_a_mailbox_that_is_gone_already_is_deleted(desk: Desk) -> None:
    desk.fill(letters(1, 2), "Work")
    desk.sync()
    desk.perform(DeleteMailbox(desk.box("Work").id))
    with desk.oracle() as client:
        client.delete_folder("Work")
    assert desk.sync().whole
    assert _waiting(desk) == []


def test_subscriptions_are_kept_and_what_is_not_subscribed_is_let_go(
    desk: Desk,
) -> None:
    assert desk.account.imap is not None
    desk.set(imap=replace(desk.account.imap, subscribed_only=True))
    desk.fill(letters(1, 2), "Work")
    _subscribe(desk, "Work")
    desk.sync()
    desk.perform(SubscribeMailbox(desk.box("Work").id, subscribed=False))
    desk.sync()
    assert "Work" not in _subscribed_there(desk)
    assert "Work" not in _names_here(desk)
    everything = load_mailboxes(desk.database, unfollowed=True)
    [box] = [one for one in everything if one.name == "Work"]
    desk.perform(SubscribeMailbox(box.id, subscribed=True))
    desk.sync()
    assert "Work" in _subscribed_there(desk)
    assert desk.here("Work") == desk.there("Work")
    assert len(desk.here("Work")) == 2


def test_the_server_parts_names_with_dots(
    dovecots: Callable[..., Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(dovecots(_DOTS))
    desk.fill(letters(1, 2))
    desk.sync()
    desk.perform(CreateMailbox("Work/Deep"))
    desk.perform(CreateMailbox("Plain"))
    desk.perform(Move((desk.number("letter 1"),), desk.box("INBOX/Plain").id))
    assert desk.sync().whole
    assert {"INBOX.Work.Deep", "INBOX.Plain"} <= _names_there(desk)
    desk.perform(RenameMailbox(desk.box("INBOX/Plain").id, "Work/Moved"))
    assert desk.sync().whole
    assert set(desk.there("INBOX.Work.Moved")) == {"letter 1"}
    desk.perform(DeleteMailbox(desk.box("INBOX/Work").id))
    assert desk.sync().whole
    assert not [name for name in _names_there(desk) if "Work" in name]


@pytest.mark.parametrize("command", ["create", "rename", "delete", "subscribe"])
def test_an_answer_that_was_lost_is_made_up_for(
    desk: Desk, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.fill(letters(1, 2), "Work")
    desk.fill(letters(3, 4), "Work/Old")
    _subscribe(desk, "Work", "Work/Old")
    desk.sync()
    work = desk.box("Work").id
    numbers = desk.numbers("Work/Old")
    wishes: dict[str, Wish] = {
        "create": CreateMailbox("New"),
        "subscribe": CreateMailbox("New"),
        "rename": RenameMailbox(work, "New"),
        "delete": DeleteMailbox(work),
    }
    desk.perform(wishes[command])
    _lose_answers(monkeypatch, command)
    with pytest.raises(LinkLost):
        desk.sync()
    monkeypatch.undo()
    assert len(_waiting(desk)) == (2 if command == "delete" else 1)
    assert desk.sync().whole
    assert _waiting(desk) == []
    assert desk.all_here() == desk.all_there()
    assert ("New" in _names_here(desk)) == (command != "delete")
    assert ("Work" in _names_here(desk)) == (command in ("create", "subscribe"))
    if command == "rename":
        assert desk.numbers("New/Old") == numbers
        assert {"New", "New/Old"} <= _subscribed_there(desk)


def _lose_answers(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Have a command done and its answer lost with the link."""
    does = getattr(ImapConnection, command)

    def lose(connection: ImapConnection, *names: bytes) -> None:
        does(connection, *names)
        connection.close()
        raise LinkLost("lost")

    monkeypatch.setattr(ImapConnection, command, lose)
