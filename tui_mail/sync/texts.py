"""The readable texts of messages: their text parts fetched in batches, and rendered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tui_mail.mime.choose import text_parts
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId, Uid
from tui_mail.model.uids import UidSet
from tui_mail.store.content import (
    load_part,
    save_headers,
    save_part,
    save_structure,
    save_text,
)
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.messages import load_location
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.parts import SMALL, fetch_whole, render_whole
from tui_mail.sync.piecewise import complain, in_pieces
from tui_mail.sync.readying import Readying, Save, grouped, save_each
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
    with Readying(session.pace, save_each) as readying:
        gather_texts(session, numbers, renderer, readying)
        return readying.finish()


def gather_texts(
    session: Session,
    numbers: Sequence[MessageNumber],
    renderer: Renderer,
    readying: Readying[Save],
) -> None:
    """Fetch texts as :func:`fetch_texts` does; they are made and saved a turn later."""
    for mailbox, uids in _by_place(session, numbers).items():
        refusals = _gather(session, mailbox, uids, renderer, readying)
        complain(session, str(load_mailbox(session.database, mailbox).name), refusals)


def _gather(
    session: Session,
    mailbox: MailboxId,
    uids: Mapping[Uid, MessageNumber],
    renderer: Renderer,
    readying: Readying[Save],
) -> list[ServerRefused]:
    """Fetch the texts of messages of one mailbox; what was refused."""
    session.use(mailbox, UidSet.of(uids))
    found: dict[Uid, tuple[bytes, BodyPart | None]] = {}

    def ask(some: UidSet) -> None:
        found.update(session.connection.fetch_structures(some))

    in_pieces(session, UidSet.of(uids), ask)
    session.harvest()
    refusals, drafts = list[ServerRefused](), list[_Draft]()
    for uid, number in uids.items():
        headers, structure = found.get(uid, (b"", None))
        if structure is None:
            # What the server cannot take apart it may give whole.
            readying.saved += _fetch_whole(session, number, renderer, refusals)
        else:
            drafts.append(_Draft(number, uid, headers, structure))
    for some in grouped(drafts, _octets, _TOGETHER):
        for draft in _with_parts(session, some, refusals):
            readying.add(_octets(draft), partial(_made, draft, renderer))
        readying.turn()
    return refusals


def _octets(draft: _Draft) -> int:
    return sum(part.size for part in text_parts(draft.structure))


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


def _made(draft: _Draft, renderer: Renderer) -> list[Save]:
    """Make the text of a message; what saves it, and the parts that it was made of."""
    text = renderer.render(draft.headers, draft.structure, draft.parts)
    if draft.cut:
        text = replace(text, cut=True)

    def save(tx: Transaction) -> None:
        save_headers(tx, draft.number, draft.headers)
        save_structure(tx, draft.number, draft.structure)
        for part, octets in draft.parts.items():
            if len(octets) < MOST_TEXT:
                save_part(tx, draft.number, part, octets)
        save_text(tx, draft.number, text)

    return [save]


def fetch_text(session: Session, number: MessageNumber, renderer: Renderer) -> None:
    """Fetch the readable text of one message; raises NotFound, ServerRefused."""
    if load_part(session.database, number, WHOLE) is not None:
        render_whole(session, number, renderer)
        return
    refusals = list[ServerRefused]()
    with Readying(session.pace, save_each) as readying:
        for mailbox, uids in _by_place(session, [number]).items():
            refusals += _gather(session, mailbox, uids, renderer, readying)
        made = readying.finish()
    if refusals:
        raise refusals[0]
    if not made:
        raise NotFound("the server does not have this message")
