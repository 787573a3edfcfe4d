"""One message's parts, fetched in windows that a lost link does not undo."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.error import MailError, NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, MessageNumber, PartId, Uid
from tui_mail.model.uids import UidSet
from tui_mail.store.arriving import ReadWhole, read_whole
from tui_mail.store.content import (
    HEADER,
    complete_part,
    complete_parts,
    discard_covered,
    load_part,
    load_structure,
    load_text,
    part_progress,
    save_chunk,
    save_headers,
    save_part,
    save_read,
    save_structure,
)
from tui_mail.store.database import Database, Transaction
from tui_mail.store.messages import load_location, load_summaries, load_summary
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.reading import Reader
from tui_mail.sync.readying import Readying, Save, grouped
from tui_mail.sync.session import SMALLEST_WINDOW, Session

SMALL = 64_000
"""Octets up to which parts and messages are fetched several at a time."""

_LARGEST = 512_000
"""Octets of a window, however fast the link is: what is lost with a connection."""
_MOMENT = 2.0
"""Seconds that a window should take at most."""

_SECTIONS = frozenset({"HEADER", "TEXT", "MIME"})
"""Parts that are not in the tree (RFC 9051, 6.4.5)."""


def part_steps(
    session: Session, number: MessageNumber, part: PartId
) -> Iterator[tuple[int, int]]:
    """Fetch a part that is not here, from where it was left.

    Gives octets done and in all, 0 where that is not known, before each window; between
    two of them the connection may be used for something else. Raises NotFound where the
    message or the part is not there.
    """
    if {part, WHOLE} & complete_parts(session.database, number):
        return
    uid = locate(session, number)
    if part == HEADER:
        headers = session.connection.fetch_headers(uid)
        session.harvest()
        with session.transaction() as tx:
            save_headers(tx, number, headers)
        return
    total = _expected(session, number, uid, part)
    if total is None:
        # Its tree cannot be read: the part is cut out of the whole message.
        part, total = WHOLE, load_summary(session.database, number).size
    yield from _windows(session, number, part, total)


def _windows(
    session: Session, number: MessageNumber, part: PartId, total: int
) -> Iterator[tuple[int, int]]:
    """Fetch a part in windows that are committed one by one.

    They are as large as comes in a moment: on a slow link one sees that it goes on, and
    it can be given up soon.
    """
    done = part_progress(session.database, number, part)
    while True:
        yield done, total
        uid, size = locate(session, number), session.window
        begun = time.monotonic()
        octets = session.connection.fetch_part(uid, part, offset=done, size=size)
        took = time.monotonic() - begun
        session.harvest()
        if octets is None:
            raise NotFound("the server does not have that part")
        if not _save_window(session, number, part, done, octets):
            # It had to make room meanwhile.
            done = part_progress(session.database, number, part)
            continue
        done += len(octets)
        if len(octets) < size:
            with session.transaction() as tx:
                complete_part(tx, number, part)
            return
        session.window = _fitting(size, took)


def _save_window(
    session: Session, number: MessageNumber, part: PartId, start: int, octets: bytes
) -> bool:
    """Save a window in short transactions; False if what is before it has gone."""
    for at in range(0, max(1, len(octets)), OCTETS):
        with session.transaction() as tx:
            if part_progress(tx, number, part) < start + at:
                return False
            save_chunk(tx, number, part, start + at, octets[at : at + OCTETS])
    return True


def _fitting(size: int, seconds: float) -> int:
    """Say how large the next window is, where this one took so long."""
    if seconds < _MOMENT / 2:
        return min(size * 2, _LARGEST)
    return max(size // 2, SMALLEST_WINDOW) if seconds > _MOMENT else size


def fetch_whole(session: Session, number: MessageNumber, renderer: Renderer) -> None:
    """Fetch a whole message, and make its readable text if that is not here."""
    for _ in whole_steps(session, number, renderer):
        pass


def whole_steps(
    session: Session, number: MessageNumber, renderer: Renderer
) -> Iterator[tuple[int, int]]:
    """Fetch a whole message as :func:`part_steps` does a part, and make its text."""
    yield from part_steps(session, number, WHOLE)
    more = True
    while more:
        with session.pace.transaction() as tx:
            more = discard_covered(tx, number)
    render_whole(session, number, renderer)


def fetch_small(
    session: Session,
    numbers: Sequence[MessageNumber],
    renderer: Reader,
    readying: Readying[Save],
) -> set[MessageNumber]:
    """Fetch those messages that are small, whole and several at a time; which came.

    They are in the store when :class:`Readying` has saved them.
    """
    here = session.database
    wanted: dict[Uid, MessageNumber] = {}
    for summary in load_summaries(here, numbers):
        if summary is None or summary.size > SMALL:
            continue
        if part_progress(here, summary.number, WHOLE):
            continue
        try:
            uid = locate(session, summary.number)
        except NotFound:
            continue
        wanted[uid] = summary.number
    came: list[tuple[MessageNumber, bytes]] = []
    with suppress(ServerRefused):
        # One of them may be why: each is asked for by itself then.
        for uid, _, octets in session.connection.fetch_parts(
            [(uid, WHOLE) for uid in wanted]
        ):
            came.append((wanted[uid], octets))
    for some in grouped(came, lambda one: len(one[1]), OCTETS):
        size = sum(len(octets) for _, octets in some)
        readying.add(size, partial(_made_wholes, here, some, renderer))
    session.harvest()
    return {number for number, _ in came}


def _made_wholes(
    database: Database, some: Sequence[tuple[MessageNumber, bytes]], reader: Reader
) -> list[Save]:
    """Read whole messages, where their texts are missing; what saves them."""
    unread = [one for one in some if _lacks_text(database, one[0])]
    made = reader.read([octets for _, octets in unread], datetime.now(UTC))
    read = {one[0]: ready.read for one, ready in zip(unread, made, strict=True)}
    return [_saving(number, octets, read.get(number)) for number, octets in some]


def _lacks_text(database: Database, number: MessageNumber) -> bool:
    # It may have been deleted here while it was fetched.
    with suppress(NotFound):
        return load_text(database, number) is None
    return False


def _saving(number: MessageNumber, octets: bytes, read: ReadWhole | None) -> Save:
    def save(tx: Transaction) -> None:
        save_part(tx, number, WHOLE, octets)
        if read is not None:
            save_read(tx, number, read)
            return
        # What its text was made of is in it.
        while discard_covered(tx, number):
            pass

    return save


def render_whole(session: Session, number: MessageNumber, renderer: Renderer) -> None:
    """Make what is missing out of a whole message that is here."""
    if load_text(session.database, number) is not None:
        return
    octets = load_part(session.database, number, WHOLE)
    if octets is None:
        return
    read = read_whole(*renderer.render_octets(octets))
    with session.pace.transaction() as tx:
        save_read(tx, number, read)


def locate(session: Session, number: MessageNumber) -> Uid:
    """Select the mailbox in which the server has a message; raises NotFound."""
    location = load_location(session.database, number)
    if location.server_mailbox is None or location.uid is None:
        raise NotFound("the server does not have this message yet")
    session.use(location.server_mailbox, UidSet.of([location.uid]))
    return location.uid


def _expected(
    session: Session, number: MessageNumber, uid: Uid, part: PartId
) -> int | None:
    """Say how large a part is; None where only the whole message can be had.

    Raises NotFound where the message has no such part: servers give an empty one.
    """
    if part == WHOLE:
        return load_summary(session.database, number).size
    structure = load_structure(session.database, number)
    if structure is None:
        structure = _fetch_structure(session, number, uid)
    if structure is None:
        return None
    for one in structure.walk():
        if one.part_id == part:
            return one.size
    if part.rpartition(".")[2] in _SECTIONS:
        return 0
    raise NotFound(f"the message has no part {part}")


def _fetch_structure(
    session: Session, number: MessageNumber, uid: Uid
) -> BodyPart | None:
    found = session.connection.fetch_structures(UidSet.of([uid])).get(uid)
    session.harvest()
    if found is None:
        raise NotFound("the server does not have this message any more")
    headers, structure = found
    with session.transaction() as tx:
        save_headers(tx, number, headers)
        if structure is not None:
            save_structure(tx, number, structure)
    return structure


class Cancelled(MailError):
    """Who asked for it does not want it any more."""
