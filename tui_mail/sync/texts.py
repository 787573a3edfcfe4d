"""The readable texts of messages: their text parts fetched in batches, and rendered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tui_mail.mime.choose import text_parts
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId, Uid
from tui_mail.model.readable import ReadableText
from tui_mail.model.uids import UidSet
from tui_mail.store.content import (
    load_part,
    save_headers,
    save_structure,
    save_text,
)
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.messages import load_location
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.parts import SMALL, fetch_whole, render_whole
from tui_mail.sync.piecewise import complain, in_pieces
from tui_mail.sync.refusals import is_about_messages
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

    Those that the server does not have, or does not give, are passed over.
    """
    made = 0
    for mailbox, uids in _by_place(session, numbers).items():
        some, refusals = _fetch_texts(session, mailbox, uids, renderer)
        made += some
        name = str(load_mailbox(session.database, mailbox).name)
        complain(session, name, refusals)
    return made


def _fetch_texts(
    session: Session,
    mailbox: MailboxId,
    uids: Mapping[Uid, MessageNumber],
    renderer: Renderer,
) -> tuple[int, list[ServerRefused]]:
    """Fetch the texts of messages of one mailbox: how many, and what was refused."""
    session.use(mailbox, UidSet.of(uids))
    found: dict[Uid, tuple[bytes, BodyPart | None]] = {}

    def ask(some: UidSet) -> None:
        found.update(session.connection.fetch_structures(some))

    in_pieces(session, UidSet.of(uids), ask)
    session.harvest()
    made, refusals, drafts = 0, list[ServerRefused](), list[_Draft]()
    for uid, number in uids.items():
        headers, structure = found.get(uid, (b"", None))
        if structure is None:
            # What the server cannot take apart it may give whole.
            made += _fetch_whole(session, number, renderer, refusals)
        else:
            drafts.append(_Draft(number, uid, headers, structure))
    for some in _bounded(drafts):
        made += _save(session, _with_parts(session, some, refusals), renderer)
    return made, refusals


def _fetch_whole(
    session: Session,
    number: MessageNumber,
    renderer: Renderer,
    refusals: list[ServerRefused],
) -> bool:
    try:
        fetch_whole(session, number, renderer)
    except NotFound:
        return False
    except ServerRefused as refusal:
        if not is_about_messages(refusal):
            raise
        refusals.append(refusal)
        return False
    return True


def _with_parts(
    session: Session, drafts: Sequence[_Draft], refusals: list[ServerRefused]
) -> list[_Draft]:
    """Fetch the text parts; give the drafts that have theirs."""
    try:
        _fetch_parts(session, drafts)
    except ServerRefused as refusal:
        if not is_about_messages(refusal):
            raise
        if len(drafts) > 1:
            singly = (_with_parts(session, [one], refusals) for one in drafts)
            return [one for some in singly for one in some]
        refusals.append(refusal)
        return []
    return list(drafts)


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
    """Fetch the readable text of one message; raises NotFound, ServerRefused."""
    if load_part(session.database, number, WHOLE) is not None:
        render_whole(session, number, renderer)
        return
    made, refusals = 0, list[ServerRefused]()
    for mailbox, uids in _by_place(session, [number]).items():
        made, refusals = _fetch_texts(session, mailbox, uids, renderer)
    if refusals:
        raise refusals[0]
    if not made:
        raise NotFound("the server does not have this message")
