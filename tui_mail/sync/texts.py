"""The readable texts of messages: their text parts fetched in batches, and rendered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tui_mail.mime.choose import text_parts
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.error import NotFound
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId, Uid
from tui_mail.model.readable import ReadableText
from tui_mail.model.uids import UidSet
from tui_mail.store.content import (
    load_part,
    save_headers,
    save_structure,
    save_text,
)
from tui_mail.store.messages import load_location
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.parts import SMALL, fetch_whole, quietly, render_whole
from tui_mail.sync.session import Session

MOST_TEXT = 1_000_000
"""Octets of one part that are fetched to be read; the rest only on demand."""
_TOGETHER = 1_000_000


@dataclass(slots=True)
class _Draft:
    """What is known of one message before its text can be made."""

    number: MessageNumber
    uid: Uid
    headers: bytes
    structure: BodyPart
    parts: dict[PartId, bytes] = field(default_factory=dict)
    cut: bool = False


def fetch_texts(
    session: Session, numbers: Sequence[MessageNumber], renderer: Renderer
) -> int:
    """Fetch and render the readable texts of messages; how many were made.

    Those that the server does not have are passed over.
    """
    made = 0
    for mailbox, uids in _by_place(session, numbers).items():
        wanted = UidSet.of(uids)
        session.use(mailbox, wanted)
        found = session.connection.fetch_structures(wanted)
        session.harvest()
        drafts = []
        for uid, (headers, structure) in found.items():
            if uid not in uids:
                continue
            if structure is None:
                fetch_whole(session, uids[uid], renderer, quietly)
                made += 1
            else:
                drafts.append(_Draft(uids[uid], uid, headers, structure))
        for some in _bounded(drafts):
            _fetch_parts(session, some)
            made += _save(session, some, renderer)
    return made


def _by_place(
    session: Session, numbers: Sequence[MessageNumber]
) -> dict[MailboxId, dict[Uid, MessageNumber]]:
    """Say where the server has the messages, except those that are here whole."""
    places: dict[MailboxId, dict[Uid, MessageNumber]] = {}
    for number in numbers:
        try:
            location = load_location(session.database, number)
        except NotFound:
            continue
        if location.server_mailbox is not None and location.uid is not None:
            uids = places.setdefault(location.server_mailbox, {})
            uids[location.uid] = number
    return places


def _bounded(drafts: Sequence[_Draft]) -> Iterator[list[_Draft]]:
    """Group messages whose text parts together are of a bounded size."""
    group: list[_Draft] = []
    octets = 0
    for draft in drafts:
        size = sum(part.size for part in text_parts(draft.structure))
        if group and octets + size > _TOGETHER:
            yield group
            group, octets = [], 0
        group.append(draft)
        octets += size
    if group:
        yield group


def _fetch_parts(session: Session, drafts: Sequence[_Draft]) -> None:
    by_uid = {draft.uid: draft for draft in drafts}
    small: list[tuple[Uid, PartId]] = []
    for draft in drafts:
        for part in text_parts(draft.structure):
            if part.size <= SMALL:
                small.append((draft.uid, part.part_id))
            else:
                _fetch_large(session, draft, part)
    for uid, part_id, octets in session.connection.fetch_parts(small) if small else ():
        if uid in by_uid:
            by_uid[uid].parts[part_id] = octets
    session.harvest()


def _fetch_large(session: Session, draft: _Draft, part: BodyPart) -> None:
    octets = bytearray()
    while len(octets) < MOST_TEXT:
        window = session.connection.fetch_part(
            draft.uid, part.part_id, offset=len(octets), size=OCTETS
        )
        octets += window or b""
        if window is None or len(window) < OCTETS:
            break
    else:
        draft.cut = True
    draft.parts[part.part_id] = bytes(octets)


def _save(session: Session, drafts: Sequence[_Draft], renderer: Renderer) -> int:
    """Render and save, a transaction for each message: a text may be long."""
    made = 0
    for draft in drafts:
        text = renderer.render(draft.headers, draft.structure, draft.parts)
        if draft.cut:
            text = replace(text, cut=True)
        try:
            _save_one(session, draft, text)
        except NotFound:
            # It was deleted here while it was fetched.
            continue
        made += 1
    return made


def _save_one(session: Session, draft: _Draft, text: ReadableText) -> None:
    with session.pace.transaction() as tx:
        save_headers(tx, draft.number, draft.headers)
        save_structure(tx, draft.number, draft.structure)
        save_text(tx, draft.number, text)


def fetch_text(session: Session, number: MessageNumber, renderer: Renderer) -> None:
    """Fetch the readable text of one message; raises NotFound."""
    if load_part(session.database, number, WHOLE) is not None:
        render_whole(session, number, renderer)
    elif not fetch_texts(session, [number], renderer):
        raise NotFound("the server does not have this message")
