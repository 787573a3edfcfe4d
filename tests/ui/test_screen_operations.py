"""The operations screen over a real store: what waits, and what was done."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.screen_samples import HOSTILE, SIZES, AskingApp, is_harmless, screen_lines
from tests.ui.widget_samples import NOW
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED, Flags
from tui_mail.model.ids import MessageNumber, ModSeq, OperationId, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxState
from tui_mail.model.message import Envelope, FetchedMessage
from tui_mail.model.operation import (
    Expunge,
    Move,
    OperationState,
    PendingOperation,
    SetFlags,
)
from tui_mail.store.database import AccountIdentity, Database, Transaction
from tui_mail.store.journal import load_journal
from tui_mail.store.mailboxes import apply_listing, find_mailbox, save_state
from tui_mail.store.messages import apply_fetched
from tui_mail.store.operations import load_pending
from tui_mail.store.performing import perform
from tui_mail.store.receipts import note_receipt
from tui_mail.store.replaying import (
    mark_operation_sent,
    postpone_operation,
    requeue_operation,
    revert_operation,
)
from tui_mail.ui.screens.operation_list import OperationList, state_of
from tui_mail.ui.screens.operations import Operations
from tui_mail.ui.wishes import Written

VALIDITY = UidValidity(1)


class Stores:
    """Two accounts with three messages each, and what the app gives the screen."""

    def __init__(self, place: Path) -> None:
        self.accounts = {name: open_store(place, name) for name in ("work", "old")}
        self.refuse = ""
        self.screen = Operations(
            self.accounts, clock=lambda: NOW, change=self.change, session="today"
        )

    async def change(
        self, account: str, function: Callable[[Transaction], Written], /
    ) -> Written:
        if self.refuse:
            raise MailError(self.refuse)

        def run() -> Written:
            with self.accounts[account].transaction() as tx:
                return function(tx)

        return await asyncio.to_thread(run)

    def perform(self, wish: Any, said: str, account: str = "work") -> None:
        with self.accounts[account].transaction() as tx:
            perform(tx, wish, said=said, session="yesterday")

    def waiting(self, account: str = "work") -> list[PendingOperation]:
        return load_pending(self.accounts[account])


def open_store(place: Path, name: str) -> Database:
    database = Database.open(
        place / f"{name}.db", name, identity=AccountIdentity("imap", "host", "ann")
    )
    listed = [
        ListedMailbox(box.encode(), box, "/", frozenset(), None, subscribed=True)
        for box in ("INBOX", "Archive")
    ]
    with database.transaction() as tx:
        apply_listing(tx, listed, {})
        inbox = find_mailbox(tx, "INBOX")
        assert inbox is not None
        save_state(
            tx,
            inbox.id,
            MailboxState(uid_validity=VALIDITY, uid_next=Uid(4), exists=3),
            synced=True,
        )
        fetched = [
            FetchedMessage(
                Uid(uid),
                Flags(()),
                ModSeq(0),
                NOW,
                100,
                Envelope(subject=displayable(f"Subject {uid}"), message_id=f"{uid}@x"),
            )
            for uid in (1, 2, 3)
        ]
        apply_fetched(tx, inbox.id, VALIDITY, fetched)
    return database


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    made = Stores(tmp_path)
    yield made
    for database in made.accounts.values():
        database.close()


ONE, TWO = MessageNumber(1), MessageNumber(2)


def archive(stores: Stores, *numbers: MessageNumber) -> Move:
    box = find_mailbox(stores.accounts["work"], "Archive")
    assert box is not None
    return Move(numbers, box.id)


async def settled(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    assert isinstance(pilot.app, AskingApp)
    return [line.strip() for line in screen_lines(pilot.app)]


async def test_it_says_that_nothing_waits(stores: Stores) -> None:
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await settled(pilot)
        assert "Nothing waits." in shown
        assert "Nothing was done yet." in shown
        await pilot.press("r", "x", "u", "j", "k", "space", "G", "g")
        assert await settled(pilot) == shown
        await pilot.press("escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_what_waits_stands_above_what_was_done(stores: Stores) -> None:
    stores.perform(archive(stores, ONE, TWO), 'archived "Subject 1" and 1 more')
    stores.perform(SetFlags((ONE,), frozenset({FLAGGED})), "flagged 1", "old")
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await settled(pilot)
        assert shown[0].endswith("2 wait")
        first = shown.index("Waiting for a server") + 1
        assert "work  move 2 messages to Archive" in shown[first]
        assert shown[first].endswith("queued · next try when online")
        assert "old   flag 1 message in INBOX" in shown[first + 1]
        done = shown.index("Done") + 1
        assert {"flagged 1" in shown[done], "flagged 1" in shown[done + 1]} == {
            True,
            False,
        }
        assert "r retry  x cancel" in shown[-1]


async def test_what_synchronizations_did_stands_between_and_is_skipped(
    stores: Stores,
) -> None:
    stores.perform(SetFlags((ONE,), frozenset({FLAGGED})), "flagged 1")
    with stores.accounts["work"].transaction() as tx:
        for minutes in range(6):
            moment = NOW - timedelta(minutes=30 - 5 * minutes)
            note_receipt(tx, {"moved": 12 + minutes, "flagged": 3}, moment)
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await settled(pilot)
        newest = shown.index("Synchronized") + 1
        when = f"{NOW - timedelta(minutes=5):%H:%M}"
        assert shown[newest].startswith(f"{when} · 17 moved, 3 flagged, 0 lost")
        assert "13 moved" in shown[shown.index("Synchronized before") + 1]
        await pilot.press("j")
        assert "u undo this one" in (await settled(pilot))[-1]


async def test_x_cancels_what_waits(stores: Stores) -> None:
    stores.perform(archive(stores, ONE), "archived 1")
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("x")
        shown = await settled(pilot)
        assert "Nothing waits." in shown
        assert shown[-2] == "cancelled: move 1 message to Archive"
    assert stores.waiting() == []


async def test_r_has_it_tried_again(stores: Stores) -> None:
    stores.perform(archive(stores, ONE), "archived 1")
    with stores.accounts["work"].transaction() as tx:
        revert_operation(tx, OperationId(1), "over quota")
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await settled(pilot)
        assert any(line.endswith("refused: over quota !") for line in shown)
        await pilot.press("r")
        await settled(pilot)
    [waiting] = stores.waiting()
    assert waiting.state is OperationState.QUEUED
    assert not waiting.error


async def test_a_reason_that_the_row_has_no_room_for_is_said_below(
    stores: Stores,
) -> None:
    stores.perform(archive(stores, ONE), "archived it")
    why = "that is not allowed there; mail.example.org refused: ask Ann for it"
    with stores.accounts["work"].transaction() as tx:
        revert_operation(tx, OperationId(1), why)
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("home")
        assert f"refused: {why}" in await settled(pilot)
        await pilot.press("end")
        assert f"refused: {why}" not in await settled(pilot)


async def test_a_long_reason_is_said_to_its_end(stores: Stores) -> None:
    stores.perform(archive(stores, ONE), "archived it")
    why = " ".join(["mail.example.org", *["refused"] * 14, "a retry goes to the rest"])
    with stores.accounts["work"].transaction() as tx:
        revert_operation(tx, OperationId(1), why)
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("home")
        shown = "\n".join(await settled(pilot))
        assert f"refused: {why}" in " ".join(shown.split())
        assert "r retry" in shown


async def test_u_undoes_the_chosen_one(stores: Stores) -> None:
    stores.perform(SetFlags((ONE,), frozenset({FLAGGED})), "flagged 1")
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("G")
        assert "u undo this one" in (await settled(pilot))[-1]
        await pilot.press("u")
        shown = await settled(pilot)
        assert shown[-2] == "undone: flagged 1"
        assert any("flagged 1" in line and "undone" in line for line in shown[:-2])
        assert "u undo" not in shown[-1]
    [entry] = load_journal(stores.accounts["work"])
    assert (entry.undone, entry.session) == (True, "today")


async def test_what_cannot_be_done_is_said_once(stores: Stores) -> None:
    stores.perform(Expunge((ONE,)), "deleted 1 for ever")
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("G", "u")
        shown = await settled(pilot)
        assert shown[-2] == "! deleted 1 for ever: there is no way back from that"


async def test_the_cursor_stays_on_its_line_when_it_is_loaded_again(
    stores: Stores,
) -> None:
    for number in (1, 2, 3):
        stores.perform(SetFlags((MessageNumber(number),), frozenset({FLAGGED})), "a")
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("G")
        chosen = app.screen.query_one(OperationList).chosen
        stores.perform(archive(stores, ONE), "archived 1")
        for _ in range(50):
            stores.screen.reload()
        await settled(pilot)
        after = app.screen.query_one(OperationList).chosen
        assert chosen is not None
        assert after is not None
        assert after.key == chosen.key


async def test_a_try_that_is_put_off_says_when(stores: Stores) -> None:
    stores.perform(archive(stores, ONE), "archived 1")
    with stores.accounts["work"].transaction() as tx:
        mark_operation_sent(tx, OperationId(1), uid_next_before=None)
        postpone_operation(
            tx, OperationId(1), NOW + timedelta(minutes=15), "451 greylisted"
        )
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = "\n".join(await settled(pilot))
        assert "451 greylisted · next look at 14:20" in shown
        with stores.accounts["work"].transaction() as tx:
            requeue_operation(tx, OperationId(1))
        stores.screen.reload()
        shown = "\n".join(await settled(pilot))
        assert "451 greylisted · try 2 at 14:20" in shown


def pending(**changes: Any) -> PendingOperation:
    given = {
        "id": "op-1",
        "kind": "move",
        "what": displayable("move"),
        "state": OperationState.QUEUED,
        "attempts": 0,
        "not_before": None,
        "error": displayable(""),
    }
    return PendingOperation(**{**given, **changes})


def test_each_state_has_words() -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC)
    for changes, words in [
        ({}, "queued · next try when online"),
        ({"not_before": past}, "queued · next try when online"),
        ({"kind": "send"}, "goes when online"),
        ({"kind": "send", "not_before": NOW + timedelta(minutes=15)}, "goes at 14:20"),
        (
            {"kind": "send", "not_before": NOW + timedelta(days=8)},
            "goes on Tue 1 Dec at 14:05",
        ),
        ({"kind": "send", "kept": True}, "kept until the next start"),
        ({"kind": "send", "state": OperationState.SENT}, "the server has it"),
        ({"state": OperationState.SENT}, "sent, no answer yet"),
        ({"kind": "send", "state": OperationState.SENDING}, "being sent"),
        ({"state": OperationState.FAILED}, "refused"),
        ({"state": OperationState.UNKNOWN}, "may have been sent"),
        (
            {"state": OperationState.UNKNOWN, "error": "the connection was lost"},
            "may have been sent: the connection was lost",
        ),
        ({"error": "no", "attempts": 2}, "no · try 3 when online"),
    ]:
        assert isinstance(changes, dict)
        assert state_of(pending(**changes), NOW) == words


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_only_text_at_any_size(
    stores: Stores, size: tuple[int, int]
) -> None:
    stores.perform(archive(stores, ONE), HOSTILE * 4)
    with stores.accounts["work"].transaction() as tx:
        revert_operation(tx, OperationId(1), str(displayable(HOSTILE * 4)))
    stores.refuse = HOSTILE
    app = AskingApp(lambda: stores.screen)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("r", "j", "pagedown", "home")
        assert is_harmless("\n".join(await settled(pilot)))
        await pilot.resize_terminal(60, 15)
        assert is_harmless("\n".join(await settled(pilot)))
