"""What a server says unasked, gathered in its order until somebody takes it."""

from tui_mail.model.changes import Changes
from tui_mail.model.displayable import Displayable
from tui_mail.model.error import LinkLost, ProtocolError
from tui_mail.model.ids import Uid
from tui_mail.model.message import FlagsOf
from tui_mail.model.uids import UidSet
from tui_mail.transports.imap_responses import (
    Status,
    Untagged,
    flag_words,
    modseq_of,
    parse_flags,
    parse_items,
    parse_status,
    parse_vanished,
    uid_of,
)
from tui_mail.transports.imap_tokens import Unreadable

_MOST_FLAGS = 2_000_000
_MOST_ALERTS = 20
_MOST_VANISHED = 100_000
_LARGEST_COUNT = 4_294_967_295


class News:
    """The news of the mailbox that is selected."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.capabilities = b""
        """The last CAPABILITY response, until somebody takes it."""
        self.exists = 0
        """How many messages the mailbox has by all that was said."""
        self.listening = False
        """Whether we are logged in: before, nobody has anything to tell us."""
        self._alerts: list[Displayable] = []
        self._clear()

    def _clear(self) -> None:
        self._flags: list[FlagsOf] = []
        self._vanished: list[UidSet] = []
        self._said_exists = False
        self._expunged = 0
        self._unnamed = 0
        self._changed: list[Uid] = []

    def forget(self) -> None:
        """Drop what was said: another mailbox is selected now."""
        self._clear()
        self.exists = 0

    def take(self) -> Changes:
        """Hand out what came since the last time."""
        vanished = UidSet()
        if self._vanished:
            ranges = (one for some in self._vanished for one in some.ranges)
            vanished = UidSet() | UidSet(tuple(ranges))
        changes = Changes(
            tuple(self._flags),
            vanished,
            self.exists if self._said_exists else None,
            self._expunged,
            self._unnamed,
            tuple(self._alerts),
            UidSet.of(self._changed),
        )
        self._clear()
        self._alerts = []
        return changes

    @property
    def removals(self) -> int:
        """Count the responses, not taken yet, that say that messages are gone."""
        return self._expunged + len(self._vanished)

    @property
    def waiting(self) -> bool:
        """Whether there is anything to take."""
        return bool(
            self._flags
            or self._vanished
            or self._said_exists
            or self._expunged
            or self._unnamed
            or self._alerts
        )

    def note(self, said: Untagged) -> None:
        """Note one response; raises LinkLost for BYE, ProtocolError for a flood."""
        if said.name in (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"):
            self._status(said)
        elif said.name == b"CAPABILITY":
            self.capabilities = said.text
        elif self.listening:
            try:
                self._data(said)
            except Unreadable:
                return

    def heed(self, status: Status) -> None:
        """Note a response code that means something wherever it stands."""
        if status.code == b"CAPABILITY":
            self.capabilities = status.argument
        elif status.code == b"CLOSED":
            self.forget()
        elif status.code == b"ALERT" and len(self._alerts) < _MOST_ALERTS:
            self._alerts.append(status.text)

    def _status(self, said: Untagged) -> None:
        status = parse_status(said.name, said.text)
        self.heed(status)
        if said.name == b"BYE":
            raise LinkLost(f"{self._host} ended the connection: {status.text or 'bye'}")

    def _data(self, said: Untagged) -> None:
        if said.name == b"EXISTS" and said.number is not None:
            self.exists = min(said.number, _LARGEST_COUNT)
            self._said_exists = True
        elif said.name == b"EXPUNGE":
            self.exists = max(0, self.exists - 1)
            self._expunged += 1
        elif said.name == b"VANISHED":
            self._vanish(said)
        elif said.name == b"FETCH":
            self._fetch(said)

    def _vanish(self, said: Untagged) -> None:
        gone = parse_vanished(said.text)
        if not said.text.upper().startswith(b"(EARLIER)"):
            self.exists = max(0, self.exists - len(gone))
        self._vanished.append(gone)
        if len(self._vanished) > _MOST_VANISHED:
            raise self._flood()

    def _fetch(self, said: Untagged) -> None:
        items = parse_items(said.fragments)
        uid = uid_of(items)
        if b"FLAGS" not in items:
            if uid is not None and b"MODSEQ" in items:
                self._changed.append(uid)
                if len(self._changed) > _MOST_FLAGS:
                    raise self._flood()
            return
        flags = parse_flags(flag_words(items[b"FLAGS"]))
        if uid is None:
            self._unnamed += 1
        else:
            self.tell(FlagsOf(uid, flags, modseq_of(items)))

    def tell(self, flags: FlagsOf) -> None:
        """Note the flags of one message; raises ProtocolError for a flood."""
        self._flags.append(flags)
        if len(self._flags) > _MOST_FLAGS:
            raise self._flood()

    def _flood(self) -> ProtocolError:
        return ProtocolError(f"{self._host} tells more than any mailbox can hold")
