"""What goes on a POP3 server, by ``delete_after``, and in which order that is safe.

It was read back from the store and lies in the mirror; that it is leaving is committed
before the server is told; and it has left only when QUIT was answered with +OK.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from tui_mail.store.pulling import (
    Pulled,
    due_for_deletion,
    note_damaged,
    note_leaving,
    note_left,
    verify_stored,
)
from tui_mail.sync.pop_mirror import Mirror
from tui_mail.sync.pop_session import PopSession

_AT_A_TIME = 100


class Deletions:
    """What is deleted over one connection."""

    def __init__(
        self,
        session: PopSession,
        numbers: Mapping[bytes, Sequence[int]],
        mirror: Mirror,
    ) -> None:
        """``numbers``: those of this connection, by the messages' identities."""
        self._session = session
        self._numbers = numbers
        self._mirror = mirror
        self._told: list[Pulled] = []

    def steps(self) -> Iterator[None]:
        """Tell the server what is to go with QUIT."""
        session = self._session
        due = [
            one
            for one in due_for_deletion(
                session.database, session.server.delete_after, datetime.now(UTC)
            )
            if one.uidl in self._numbers
        ]
        yield from self._mirror.steps()
        safe: list[Pulled] = []
        for done, one in enumerate(due):
            if self._is_safe(one):
                safe.append(one)
            session.tell("reading back what goes", done, len(due), None)
            yield
        for start in range(0, len(safe), _AT_A_TIME):
            self._tell_server(safe[start : start + _AT_A_TIME])
            yield

    def _is_safe(self, one: Pulled) -> bool:
        """Tell whether the server's copy is needed no more; else say so.

        What is not here was deleted for ever by a person, or another account has it.
        """
        if not one.present:
            return True
        if not verify_stored(self._session.database, one):
            self._session.receipt.complain(
                "a message here is damaged and stays on the server until it came again"
            )
            with self._session.pace.transaction() as tx:
                note_damaged(tx, one)
            return False
        return not (one.to_mirror and self._mirror.wanted)

    def _tell_server(self, some: Sequence[Pulled]) -> None:
        session = self._session
        with session.pace.transaction() as tx:
            note_leaving(tx, some)
        numbers = [number for one in some for number in self._numbers[one.uidl]]
        refused = session.connection.delete(numbers)
        for number, why in refused.items():
            session.receipt.complain(
                f"{session.connection.host} does not delete message {number}: {why}"
            )
        self._told += [
            one for one in some if refused.keys().isdisjoint(self._numbers[one.uidl])
        ]

    def settle(self, *, confirmed: bool) -> None:
        """Note what has left; what was not confirmed, the next listing settles."""
        if not self._told:
            return
        session = self._session
        if not confirmed:
            session.receipt.complain(
                f"{session.connection.host} did not say whether it deleted what it was"
                " told to; the next synchronization shows it"
            )
            return
        with session.pace.transaction() as tx:
            note_left(tx, self._told)
        session.receipt.deleted_there += len(self._told)
