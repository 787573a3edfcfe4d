"""Messages brought from one account's store into another's, a step at a time.

Any process may do it: an engine, a reader, a command. Each step is a transaction in one
store that holds only because of what the other store has committed before; so, whenever
it is ended, one or two copies are there, and whoever comes next goes on:

* the copy is made in the other store, nowhere at first, shown when it is whole;
* then the message is put out of sight here, if it moves;
* when the other store says that its server has it (or it needs none), it is deleted here.

Two stores are never written to at once, and of several who come one works.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_mail.model.body import BodyPart
from tui_mail.model.error import MailError, NotFound, StoreFailed
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber
from tui_mail.model.operation import OperationState, Transfer
from tui_mail.model.readable import ReadableText
from tui_mail.store.appending import (
    begin_append,
    finish_append,
    has_server,
    network_lines,
)
from tui_mail.store.content import (
    PartDamaged,
    complete_parts,
    discard_part,
    load_checked,
    load_pieces,
    load_structure,
    load_text,
    part_progress,
    save_chunk,
    save_structure,
    save_text,
)
from tui_mail.store.contents import sweep_unused
from tui_mail.store.database import Database, Transaction
from tui_mail.store.mailboxes import NOWHERE, load_mailboxes
from tui_mail.store.messages import (
    drop_empty_operations,
    load_arrival,
    load_envelope,
    load_location,
    load_summary,
    remove_numbers,
)
from tui_mail.store.pulling import note_back
from tui_mail.store.source import Source
from tui_mail.store.transfers import (
    Outgoing,
    ask_for_whole,
    call_off,
    fail,
    find_transfer,
    forget,
    forget_gone,
    hand_over,
    let_go,
    load_outgoing,
    note_trouble,
    send,
    send_anew,
    show_again,
    takes_back,
    think_better,
)
from tui_mail.store.wishes import expunge_messages

if TYPE_CHECKING:
    from tui_mail.mime.render import Renderer

Open = Callable[[str], AbstractContextManager[Database]]
"""Opens an account's store by its name; raises NotFound where there is no such account."""

_PAUSE = 0.002
"""Seconds after each transaction in which others can begin theirs."""
_PATIENCE = 20.0
"""Seconds to wait for another process that does the same."""
_MOST_ROUNDS = 5
_MOST_PASSES = 20
_MOST_RENDERED = 10_000_000
"""Octets of a message whose text is made."""
_MOST_TRIES = 3
"""So often a message is asked for anew that was fetched and is not here."""


@dataclass(frozen=True, slots=True)
class _Incoming:
    """What the other store has of a transfer."""

    message: MessageNumber
    state: str
    """``arriving``, ``queued``, ``refused``, ``landed``, or ``done``."""
    there: bool
    """Whether the message is in sight there, or goes on from there."""
    append: OperationState | None
    """How far its server has come with it; None where nothing waits for one."""


def carry_on(names: frozenset[str], open_: Open) -> frozenset[str]:
    """Bring what is on its way from these accounts, or to them, as far as it can go.

    Returns the accounts whose servers have something to be told. Raises MailError where
    a store of ``names`` cannot be used; another that cannot is left for the next time.
    """
    changed: set[str] = set()
    senders = {one for name in names for one in _senders(name, open_)}
    waiting = _in_order(names | senders, open_)
    for _ in range(_MOST_ROUNDS):
        told: set[str] = set()
        for name in waiting:
            if name in names:
                told |= _from_account(name, open_)
            else:
                with suppress(MailError):
                    told |= _from_account(name, open_)
        changed |= told
        # What is called back comes from there.
        waiting = _in_order(told, open_)
    return frozenset(changed)


def _in_order(names: AbstractSet[str], open_: Open) -> list[str]:
    """Let those begin who take something back: nobody is to go on with that before."""

    def goes_on(name: str) -> bool:
        try:
            with open_(name) as source:
                return not takes_back(source)
        except MailError:
            return True

    return sorted(names, key=lambda name: (goes_on(name), name))


def _from_account(name: str, open_: Open) -> set[str]:
    with open_(name) as source:
        if not load_outgoing(source):
            return set()
        with _alone(source) as alone:
            return _Carrier(source, open_).work() if alone else set()


def _senders(name: str, open_: Open) -> list[str]:
    """Name the accounts that wait to hear that this one has their messages."""
    with open_(name) as target:
        rows = target.connection.execute(
            "SELECT DISTINCT account FROM incoming WHERE state <> 'done'"
        ).fetchall()
    return [account for (account,) in rows]


@contextmanager
def _alone(source: Database) -> Iterator[bool]:
    """Be the only one who takes messages out of a store; False where another stays at it."""
    path = source.path.with_suffix(".leaving")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}") from error
    end = time.monotonic() + _PATIENCE
    try:
        while not _locked(descriptor):
            if time.monotonic() > end:
                yield False
                return
            time.sleep(0.02)
        yield True
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Carrier:
    """Carries what is on its way out of one store."""

    def __init__(self, source: Database, open_: Open) -> None:
        self._source = source
        self._open = open_
        self._changed: set[str] = set()
        self._again = False

    def work(self) -> set[str]:
        """Take all steps that can be taken; the accounts that have something to do."""
        for _ in range(_MOST_PASSES):
            self._again = False
            forget_gone(self._source)
            rows = load_outgoing(self._source)
            for account in dict.fromkeys(one.account for one in rows):
                self._to_account(
                    account, [one for one in rows if one.account == account]
                )
            if not self._again:
                break
        return self._changed

    def _to_account(self, account: str, rows: list[Outgoing]) -> None:
        try:
            with (
                self._open(account) as target,
                closing(_Steps(self._source, target)) as steps,
            ):
                for one in rows:
                    try:
                        self._again |= steps.take(one)
                    except NotFound as error:
                        self._fail(one, error)
                        self._again = True
                self._again |= steps.let_go()
                self._changed |= steps.changed
        except NotFound as error:
            for one in rows:
                self._fail(one, error)
        except MailError as error:
            with self._source.transaction() as tx:
                for one in rows:
                    note_trouble(tx, one, error.line, tries=0)

    def _fail(self, one: Outgoing, error: MailError) -> None:
        if one.state in ("waiting", "handed"):
            with self._source.transaction() as tx:
                fail(tx, one, error.line)
        elif one.state in ("erase", "recall", "keep"):
            with self._source.transaction() as tx:
                forget(tx, one)


class _Steps:
    """The steps between two stores."""

    def __init__(self, source: Database, target: Database) -> None:
        self._source = source
        self._target = target
        self._landed: list[Outgoing] = []
        self._renderer: Renderer | None = None
        self.changed: set[str] = set()

    def close(self) -> None:
        """End what reads mail."""
        if self._renderer is not None:
            self._renderer.close()

    def take(self, one: Outgoing) -> bool:
        """Take the next step of one message; True if there may be another.

        Raises NotFound where it cannot go on.
        """
        if one.state == "waiting":
            return self._hand_over(one)
        if one.state == "handed":
            return self._confirm(one)
        if one.state == "erase":
            return self._erase(one)
        if one.state == "recall":
            return self._recall(one)
        if one.state == "keep":
            return self._keep(one)
        return self._clear(one) if one.state == "failed" else False

    def let_go(self) -> bool:
        """Delete what has landed, all at once, and note there that it is known."""
        landed, self._landed = self._landed, []
        if not landed:
            return False
        with self._source.transaction() as tx:
            let_go(tx, landed)
            if not has_server(tx):
                # No engine does it.
                sweep_unused(tx)
        with self._target.transaction() as tx:
            tx.connection.executemany(
                "UPDATE incoming SET state = 'done' WHERE token = ?",
                [(one.token,) for one in landed],
            )
            tx.connection.execute(
                "DELETE FROM incoming WHERE state = 'done' AND message NOT IN"
                " (SELECT number FROM message)"
            )
        self.changed.add(self._source.account)
        return True

    def _hand_over(self, one: Outgoing) -> bool:
        if WHOLE not in complete_parts(self._source, one.message):
            self._want(one)
            return False
        present = _load_incoming(self._target, one.token)
        if present is not None and (
            present.state == "refused" or present.append is OperationState.FAILED
        ):
            self._remove_there(one, present)
            present = None
        if present is None or present.state == "arriving":
            try:
                self._make_copy(one, present)
            except PartDamaged:
                return self._fetch_again(one)
        with self._source.transaction() as tx:
            hand_over(tx, one)
        self.changed.add(self._target.account)
        return True

    def _want(self, one: Outgoing) -> None:
        """See to it that a message is fetched."""
        row = self._source.connection.execute(
            "SELECT state, error FROM wanted WHERE message = ? AND part_id = ?"
            " AND is_text = 0",
            (one.message, WHOLE),
        ).fetchone()
        if row is not None and row[0] != "failed":
            return
        if row is not None or one.attempts >= _MOST_TRIES:
            raise NotFound(row[1] if row else "the message cannot be had whole")
        with self._source.transaction() as tx:
            ask_for_whole(tx, one.message)
            note_trouble(tx, one, "", tries=1)
        self.changed.add(self._source.account)

    def _fetch_again(self, one: Outgoing) -> bool:
        """Have what is damaged here fetched again; raises NotFound if it is nowhere else."""
        with self._target.transaction() as tx:
            self._remove(tx, one)
        location = load_location(self._source, one.message)
        if location.server_mailbox is None or location.uid is None:
            raise NotFound("what is here of the message is damaged")
        with self._source.transaction() as tx:
            discard_part(tx, one.message, WHOLE)
        return True

    def _make_copy(self, one: Outgoing, begun: _Incoming | None) -> None:
        """Put the message into the other store, and show it there when it is whole."""
        source, target = self._source, self._target
        mailbox = _mailbox_of(target, one)
        if begun is None:
            with target.transaction() as tx:
                number = self._begin(tx, one)
        else:
            number = begun.message
        self._copy_octets(one, number)
        structure = load_structure(source, one.message)
        text = load_text(source, one.message)
        if text is None and not has_server(target):
            # No engine ever makes it.
            structure, text = self._rendered(one.message)
        with target.transaction() as tx:
            finish_append(tx, number, mailbox)
            note_back(tx, number)
            if structure is not None:
                save_structure(tx, number, structure)
            if text is not None:
                save_text(tx, number, text)
            tx.connection.execute(
                "UPDATE incoming SET state = ? WHERE token = ?",
                ("queued" if has_server(tx) else "landed", one.token),
            )

    def _rendered(
        self, number: MessageNumber
    ) -> tuple[BodyPart | None, ReadableText | None]:
        """Make the readable text of a message; of one that is too large it is not made."""
        octets = b""
        for piece in load_pieces(self._source, number, WHOLE):
            octets += piece
            if len(octets) > _MOST_RENDERED:
                return load_structure(self._source, number), None
        if self._renderer is None:
            from tui_mail.mime.render import Renderer

            # It takes longer to start than to read many messages.
            self._renderer = Renderer()
        return self._renderer.render_octets(octets)

    def _begin(self, tx: Transaction, one: Outgoing) -> MessageNumber:
        source = self._source
        number = begin_append(
            tx,
            load_envelope(source, one.message),
            flags=load_summary(source, one.message).flags,
            arrived=load_arrival(source, one.message),
        )
        tx.connection.execute(
            "INSERT INTO incoming (token, message, account, copying, state)"
            " VALUES (?, ?, ?, ?, 'arriving')",
            (one.token, number, source.account, one.copying),
        )
        return number

    def _copy_octets(self, one: Outgoing, number: MessageNumber) -> None:
        """Copy the octets, from where it was left."""
        done, at = part_progress(self._target, number, WHOLE), 0
        for piece in self._pieces(one):
            rest = piece[max(0, done - at) :]
            if rest:
                with self._target.transaction() as tx:
                    save_chunk(tx, number, WHOLE, at + len(piece) - len(rest), rest)
                time.sleep(_PAUSE)
            at += len(piece)

    def _pieces(self, one: Outgoing) -> Iterator[bytes]:
        raw = load_checked(self._source, one.message)
        return network_lines(raw) if has_server(self._target) else raw

    def _confirm(self, one: Outgoing) -> bool:
        present = _load_incoming(self._target, one.token)
        if present is not None and present.state in ("landed", "done"):
            self._landed.append(one)
            return True
        if present is not None and present.append is OperationState.FAILED:
            raise NotFound(_error_of(self._target, present))
        under_way = present is not None and present.append is OperationState.SENT
        wanted = present is not None and present.there and present.state == "queued"
        if not (under_way or wanted):
            # It was cancelled, or deleted there before it was anywhere else.
            with self._source.transaction() as tx:
                show_again(tx, one)
                forget(tx, one)
            if present is not None:
                self._remove_there(one, present)
        return False

    def _clear(self, one: Outgoing) -> bool:
        """Remove what lies there of a message that was not taken."""
        present = _load_incoming(self._target, one.token)
        if present is not None and present.append is not OperationState.SENT:
            self._remove_there(one, present)
        return False

    def _erase(self, one: Outgoing) -> bool:
        present = _load_incoming(self._target, one.token)
        if present is not None:
            if present.append is OperationState.SENT:
                return False
            self._remove_there(one, present)
        self._end(one)
        return False

    def _recall(self, one: Outgoing) -> bool:
        """Have the other account send it back, and nowhere else."""
        earlier = find_transfer(self._target, one.token_back)
        if earlier is not None and earlier.state == "erase":
            # That is to be done with first.
            return False
        present = _load_incoming(self._target, one.token)
        if earlier is None and present is not None and present.there:
            place = self._source.connection.execute(
                "SELECT wire_name, name FROM mailbox WHERE id = ?", (one.place,)
            ).fetchone()
            if place is None:
                raise NotFound("the mailbox that it was in is not there any more")
            back = Transfer((), self._source.account, *place)
            with self._target.transaction() as tx:
                call_off(tx, present.message, moves_only=True)
                [shown_in] = tx.connection.execute(
                    "SELECT mailbox FROM message WHERE number = ?", (present.message,)
                ).fetchone()
                send(tx, present.message, MailboxId(shown_in), back, one.token_back)
                tx.publish(OperationsChanged())
            self.changed.add(self._target.account)
        self._end(one)
        return False

    def _keep(self, one: Outgoing) -> bool:
        """Have the other account keep what it was to send back; send it again if it did."""
        returning = find_transfer(self._target, one.token_back)
        if returning is not None and returning.state != "left":
            with self._target.transaction() as tx:
                think_better(tx, returning)
            self.changed.add(self._target.account)
        back = _load_incoming(self._source, one.token_back)
        if (returning is None or returning.state == "left") and back and back.there:
            with self._source.transaction() as tx:
                send_anew(tx, one, back.message)
            return True
        self._end(one)
        return False

    def _remove_there(self, one: Outgoing, present: _Incoming) -> None:
        """Remove the copy: where a server has it, that is told."""
        with self._target.transaction() as tx:
            call_off(tx, present.message, moves_only=False)
            if present.state in ("landed", "done") and present.there:
                expunge_messages(tx, [present.message])
            self._remove(tx, one)
        self.changed.add(self._target.account)

    def _remove(self, tx: Transaction, one: Outgoing) -> None:
        """Remove a copy that no server has, and forget it."""
        row = tx.connection.execute(
            "DELETE FROM incoming WHERE token = ? RETURNING message, state",
            (one.token,),
        ).fetchone()
        if row is not None and row[1] not in ("landed", "done"):
            remove_numbers(tx, [row[0]])
            drop_empty_operations(tx)
        tx.publish(OperationsChanged())

    def _end(self, one: Outgoing) -> None:
        with self._source.transaction() as tx:
            forget(tx, one)


def _mailbox_of(target: Database, one: Outgoing) -> MailboxId:
    for box in load_mailboxes(target):
        if box.wire_name == one.wire_name and box.selectable:
            return box.id
    raise NotFound(f'{one.account} has no mailbox "{one.name}" any more')


def _load_incoming(target: Source, token: str) -> _Incoming | None:
    row = target.connection.execute(
        "SELECT i.message, i.state, m.mailbox, EXISTS (SELECT 1 FROM outgoing o"
        " WHERE o.message = m.number AND o.state = 'handed'), (SELECT o.state"
        " FROM operation_item p"
        " JOIN operation o ON o.id = p.operation AND o.kind = 'append'"
        " WHERE p.message = i.message) FROM incoming i"
        " LEFT JOIN message m ON m.number = i.message WHERE i.token = ?",
        (token,),
    ).fetchone()
    if row is None:
        return None
    message, state, mailbox, goes_on, append = row
    seen = mailbox != NOWHERE or state == "arriving" or goes_on
    there = mailbox is not None and bool(seen)
    return _Incoming(
        MessageNumber(message), state, there, OperationState(append) if append else None
    )


def _error_of(target: Source, present: _Incoming) -> str:
    [error] = target.connection.execute(
        "SELECT o.error FROM operation_item p JOIN operation o ON o.id = p.operation"
        " WHERE p.message = ? AND o.kind = 'append'",
        (present.message,),
    ).fetchone()
    return str(error)
