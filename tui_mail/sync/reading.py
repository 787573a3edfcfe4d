"""Whole messages read by a child, many at a time, and made ready for the tables there.

What a message makes of its parser, and most of the work, stays in another process. One
over which the child is lost is read again by itself, and if need be the plain way.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from tui_mail.mime.frames import Json, pack
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.received import arrival
from tui_mail.mime.render import DEADLINE, Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import ModSeq, Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.model.readable import ReadableText
from tui_mail.store.arriving import Arriving, ReadWhole, arriving, read_whole

_EACH = 0.005
"""Seconds that the child has for each message more; a usual one takes a tenth of it."""
_LONG = (2, 7)
"""Where text and words stand in :func:`tui_mail.store.arriving.readable_values`."""


class Ready(NamedTuple):
    """A message that no server keeps, as the tables have it."""

    message: Arriving
    read: ReadWhole


class Reader(Renderer):
    """The render child of an engine, which reads whole messages too."""

    def __init__(self, *, spare: bool = True) -> None:
        super().__init__(spare=spare, child="tui_mail.sync.reading_child")

    def read(self, messages: Sequence[bytes], now: datetime) -> list[Ready]:
        """Make messages ready that came just now; never raises."""
        if not messages:
            return []
        sizes = {"sizes": [len(one) for one in messages], "now": now.timestamp()}
        told = self._ask(
            pack(sizes, b"".join(messages)), DEADLINE + _EACH * len(messages)
        )
        found = [None] * len(messages) if told is None else unpack_ready(*told)
        return [
            ready or self._read_one(octets, now)
            for ready, octets in zip(found, messages, strict=True)
        ]

    def _read_one(self, octets: bytes, now: datetime) -> Ready:
        message = came_now(octets, len(octets), now)
        return made_ready(message, *self.render_octets(octets))


def made_ready(
    message: FetchedMessage, structure: BodyPart, text: ReadableText
) -> Ready:
    """Make a message ready of which all was read."""
    read = read_whole(structure, text)
    envelope = replace(message.envelope, has_attachment=read.has_attachment)
    return Ready(arriving(replace(message, envelope=envelope)), read)


def came_now(headers: bytes, size: int, now: datetime) -> FetchedMessage:
    """Say what the header of a message tells that came just now."""
    came, envelope = arrival(headers, now), parse_envelope(headers)
    return FetchedMessage(Uid(0), frozenset(), ModSeq(0), came, size, envelope)


def unpack_messages(head: Json, octets: bytes) -> tuple[list[bytes], datetime]:
    """Take apart what :meth:`Reader.read` asks."""
    cut = _Cut(octets)
    messages = [cut.next(size) for size in head["sizes"]]
    return messages, datetime.fromtimestamp(head["now"], UTC)


def pack_ready(messages: Sequence[Ready | None]) -> tuple[Json, bytes]:
    """Put messages into a frame: the texts as they are, which is much quicker."""
    told, texts = list[object](), list[bytes]()
    for one in messages:
        if one is None:
            told.append(None)
            continue
        values = list(one.read.readable)
        for place in _LONG:
            texts.append(str(values[place]).encode())
            values[place] = len(texts[-1])
        told.append((one.message, one.read[:-1], values))
    return {"ready": told}, b"".join(texts)


def unpack_ready(head: Json, octets: bytes) -> list[Ready | None]:
    """Take them out again; None for those that could not be read."""
    cut = _Cut(octets)
    found = list[Ready | None]()
    for one in head["ready"]:
        if one is None:
            found.append(None)
            continue
        message, (structure, file_words, attached), values = one
        uid, identity, keys, content, *rest = message
        for place in _LONG:
            values[place] = cut.next(values[place]).decode()
        read = ReadWhole(structure, file_words, attached, tuple(values))
        message = Arriving(uid, identity, tuple(keys), tuple(content), *rest)
        found.append(Ready(message, read))
    return found


class _Cut:
    """Octets that are taken one after the other."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def next(self, size: int) -> bytes:
        """Take the next ones."""
        start, self._at = self._at, self._at + size
        return self._octets[start : self._at]
