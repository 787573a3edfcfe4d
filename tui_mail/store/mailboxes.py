"""Mailboxes: what the server lists, their cursors, their counts."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxesChanged
from tui_mail.model.ids import MailboxId, ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import (
    ListedMailbox,
    Mailbox,
    MailboxCounts,
    MailboxState,
    SpecialUse,
)
from tui_mail.model.mailbox_names import (
    composed,
    decode_name,
    encode_name,
    folded_name,
)
from tui_mail.model.namespace import NamespaceKind
from tui_mail.model.rights import Rights
from tui_mail.store.astray import let_wander, wished_about
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_laying import lay_wishes
from tui_mail.store.mailbox_names import Root, load_root, shown_name
from tui_mail.store.messages import drop_empty_operations
from tui_mail.store.overlay import place_keywords
from tui_mail.store.source import Source

UNASKED, UNTOLD = "?", "!"
"""What stands for rights that the server was not asked for, or did not tell."""

NOWHERE = MailboxId(0)
"""Where a message lies that was deleted for ever here and not yet on the server."""

_NAMELESS = "(no name)"
"""What a mailbox is called whose name is nothing to be seen."""
_ORDER = (
    SpecialUse.INBOX,
    SpecialUse.DRAFTS,
    SpecialUse.SENT,
    SpecialUse.ARCHIVE,
    SpecialUse.ALL,
    SpecialUse.FLAGGED,
    SpecialUse.JUNK,
    SpecialUse.TRASH,
)
_WHOSE = tuple(NamespaceKind)
_COLUMNS = """
    id, wire_name, name, delimiter, special_use, selectable, subscribed, is_local,
    uid_validity, uid_next, highest_modseq, low_uid, exists_count, keywords_kept,
    read_only, total, unread, status_messages, synced_at, pinned, followed, inferiors,
    namespace, prefix_parts, rights, keywords_named
"""
_NOT_LEAVING = """
    NOT EXISTS (SELECT 1 FROM mailbox_wish w WHERE w.mailbox = mailbox.id
        AND w.kind = 'delete' AND w.state <> 'failed')
"""
_WAS_MADE = """
    (mailbox.total > 0 OR NOT EXISTS (SELECT 1 FROM mailbox_wish w
        WHERE w.mailbox = mailbox.id AND w.kind = 'create' AND w.state = 'failed'))
"""


def apply_listing(
    tx: Transaction,
    listed: Sequence[ListedMailbox],
    roles: Mapping[SpecialUse, str],
    *,
    subscribed_only: bool = False,
) -> None:
    """Apply what the server lists; ``roles`` are the settings' names, and they win.

    A role that neither they nor the server give to a mailbox stays where it was: a
    person chose it. With ``subscribed_only`` the others are known, but not followed.
    A mailbox that is not listed any more goes with its messages here, unless it has
    another name now, something waits for it or it lies only here. An empty listing is
    not believed. What the server has not heard of yet is laid over it.
    """
    if not listed:
        return
    before = _load_all(tx)
    follow_renames(tx, listed)
    uses = _uses(listed, roles, load_root(tx))
    _keep_chosen(uses, listed, before)
    for box in listed:
        use = uses.get(box.wire_name)
        followed = box.subscribed or use is not None or not subscribed_only
        _save_listed(tx, box, use, followed=followed)
    _forget_unlisted(tx, _load_all(tx), {box.wire_name for box in listed})
    lay_wishes(tx)
    _empty_unfollowed(tx)
    if _load_all(tx) != before:
        tx.publish(MailboxesChanged())


def follow_renames(tx: Transaction, listed: Sequence[ListedMailbox]) -> None:
    """Recognize mailboxes that others gave new names: their messages stay.

    A UIDVALIDITY makes a mailbox out where no other mailbox has the same, here or there.
    """
    before = _load_all(tx)
    names = {box.wire_name for box in listed}
    known = {box.wire_name for box in before}
    here = Counter(box.state.uid_validity for box in before)
    there = Counter(box.counts.uid_validity for box in listed if box.counts)
    came = {
        box.counts.uid_validity: box
        for box in listed
        if box.counts and box.selectable and box.wire_name not in known
    }
    for box in before:
        validity = box.state.uid_validity
        if validity is None or box.local or box.wire_name in names:
            continue
        other = came.get(validity)
        if other is None or here[validity] > 1 or there[validity] > 1:
            continue
        if _goes_on(box.state, other.counts):
            tx.connection.execute(
                "UPDATE mailbox SET wire_name = ? WHERE id = ?",
                (other.wire_name, box.id),
            )


def _goes_on(state: MailboxState, counts: MailboxCounts | None) -> bool:
    """Tell whether a mailbox can have come from one state to another."""
    return (
        counts is not None
        and counts.uid_next >= state.uid_next
        and (not counts.highest_modseq or counts.highest_modseq >= state.highest_modseq)
    )


def _uses(
    listed: Sequence[ListedMailbox], roles: Mapping[SpecialUse, str], root: Root
) -> dict[bytes, SpecialUse]:
    """Give each role to one mailbox: the settings first, then the server's word."""
    uses: dict[bytes, SpecialUse] = {}
    taken: set[SpecialUse] = set()
    for use, name in roles.items():
        meant = _meant(listed, name, root)
        if meant is not None:
            uses[meant.wire_name] = use
            taken.add(use)
    for box in listed:
        use_of = box.special_use
        if use_of is not None and use_of not in taken and box.wire_name not in uses:
            uses[box.wire_name] = use_of
            taken.add(use_of)
    return uses


def _meant(
    listed: Sequence[ListedMailbox], name: str, root: Root
) -> ListedMailbox | None:
    """Find the mailbox that the settings name, whole or as it is called below one's own."""
    above = decode_name(root.prefix)
    meant = (name, above + name, shown_name(above, root.delimiter) + name)
    for wanted in (*meant, *map(composed, meant)):
        for box in listed:
            shown = shown_name(box.name, box.delimiter)
            names = (box.name, shown, composed(box.name), composed(shown))
            if box.selectable and wanted in names:
                return box
    return None


def _keep_chosen(
    uses: dict[bytes, SpecialUse],
    listed: Sequence[ListedMailbox],
    before: Sequence[Mailbox],
) -> None:
    there = {box.wire_name for box in listed if box.selectable}
    for box in before:
        use, name = box.special_use, box.wire_name
        free = name in there and name not in uses
        if use is not None and free and use not in uses.values():
            uses[name] = use


def set_role(tx: Transaction, mailbox: MailboxId, use: SpecialUse) -> None:
    """Give a mailbox a role, as a person chose; no other one has it any more."""
    tx.connection.execute(
        "UPDATE mailbox SET special_use = CASE id WHEN :id THEN :use ELSE '' END"
        " WHERE id = :id OR special_use = :use",
        {"id": mailbox, "use": use.value},
    )
    tx.publish(MailboxesChanged())


def take_role(tx: Transaction, use: SpecialUse) -> None:
    """Have no mailbox for a role any more."""
    tx.connection.execute(
        "UPDATE mailbox SET special_use = '' WHERE special_use = ?", (use.value,)
    )
    tx.publish(MailboxesChanged())


def _save_listed(
    tx: Transaction, box: ListedMailbox, use: SpecialUse | None, *, followed: bool
) -> None:
    values = (
        shown_name(box.name, box.delimiter) or _NAMELESS,
        box.delimiter,
        use.value if use else "",
        box.selectable,
        box.subscribed,
        box.takes_others,
        box.wire_name,
    )
    changed = tx.connection.execute(
        "UPDATE mailbox SET name = ?, delimiter = ?, special_use = ?, selectable = ?,"
        " subscribed = ?, inferiors = ?, is_local = 0 WHERE wire_name = ?",
        values,
    ).rowcount
    if not changed:
        tx.connection.execute(
            "INSERT INTO mailbox (name, delimiter, special_use, selectable, subscribed,"
            " inferiors, wire_name) VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    tx.connection.execute(
        "UPDATE mailbox SET followed = ? WHERE wire_name = ?", (followed, box.wire_name)
    )


def _forget_unlisted(
    tx: Transaction, before: Sequence[Mailbox], listed: set[bytes]
) -> None:
    for box in before:
        if box.wire_name in listed or box.local or _is_needed(tx, box.id):
            continue
        _forget_messages(tx, box.id)
        tx.connection.execute("DELETE FROM mailbox WHERE id = ?", (box.id,))


def _empty_unfollowed(tx: Transaction) -> None:
    """Forget the messages of mailboxes that are not followed: nobody keeps them in step."""
    for (number,) in tx.connection.execute(
        "SELECT id FROM mailbox WHERE followed = 0 AND (total > 0 OR low_uid > 0)"
    ).fetchall():
        mailbox = MailboxId(number)
        if _is_needed(tx, mailbox):
            continue
        _forget_messages(tx, mailbox)
        save_state(tx, mailbox, MailboxState(), synced=False)
        tx.connection.execute(
            "UPDATE mailbox SET status_messages = -1, synced_at = 0 WHERE id = ?",
            (mailbox,),
        )


def _forget_messages(tx: Transaction, mailbox: MailboxId) -> None:
    """Forget all that a mailbox has, also what is out of sight because of its deletion.

    It may have been renamed: messages whose flags wait are looked for.
    """
    there = tx.connection.execute(
        "SELECT number FROM message WHERE mailbox = ?", (mailbox,)
    )
    let_wander(tx, wished_about(tx, [number for (number,) in there]))
    for place in ("mailbox = :id", "mailbox = 0 AND server_mailbox = :id"):
        tx.connection.execute(f"DELETE FROM message WHERE {place}", {"id": mailbox})
    drop_empty_operations(tx)


def _is_needed(tx: Transaction, mailbox: MailboxId) -> bool:
    """Tell whether an operation goes to or from a mailbox, or a message lies on its way.

    Or lies in it and on no server.
    What failed has had its effect taken back, but for an append: the message lies only
    here, and a person decides.
    """
    row = tx.connection.execute(
        "SELECT 1 FROM operation WHERE :id IN (source, target)"
        "  AND (state <> 'failed' OR kind = 'append') UNION ALL"
        " SELECT 1 FROM mailbox_wish w JOIN mailbox a ON a.id = w.mailbox"
        "  JOIN mailbox b ON b.id = :id AND (b.id = a.id OR"
        "   substr(b.wire_name, 1, length(a.wire_name) + length(a.delimiter))"
        "   = CAST(a.wire_name || a.delimiter AS BLOB))"
        "  WHERE w.kind = 'rename' AND w.state <> 'failed' UNION ALL"
        " SELECT 1 FROM outgoing g JOIN message m ON m.number = g.message"
        "  WHERE m.server_mailbox = :id UNION ALL"
        " SELECT 1 FROM message WHERE server_mailbox = :id AND uid > 0"
        " AND mailbox NOT IN (0, :id) UNION ALL"
        " SELECT 1 FROM message WHERE server_mailbox = :id AND uid = 0"
        " AND mailbox NOT IN (0, :id) UNION ALL"
        " SELECT 1 FROM message WHERE mailbox = :id AND server_mailbox = 0 LIMIT 1",
        {"id": mailbox},
    ).fetchone()
    return row is not None


def load_mailboxes(
    source: Source, *, leaving: bool = False, unfollowed: bool = False
) -> list[Mailbox]:
    """Load all mailboxes: one's own first, of these those with a role, then by name.

    ``leaving``: those too that wait to be deleted on the server; ``unfollowed``: those
    too that are not subscribed to.
    """
    conditions = [
        *(() if leaving else (_NOT_LEAVING,)),
        *(() if unfollowed else ("followed = 1",)),
    ]
    return _load(source, "".join(f" AND {one}" for one in (_WAS_MADE, *conditions)))


def _load_all(source: Source) -> list[Mailbox]:
    return _load(source, "")


def _load(source: Source, conditions: str) -> list[Mailbox]:
    rows = source.connection.execute(
        f"SELECT {_COLUMNS} FROM mailbox WHERE id <> {NOWHERE}{conditions}"
    )
    return sorted(map(_mailbox, rows), key=_place)


def _place(mailbox: Mailbox) -> tuple[int, int, tuple[str, ...]]:
    use = mailbox.special_use
    rank = _ORDER.index(use) if use is not None else len(_ORDER)
    whose = _WHOSE.index(mailbox.namespace)
    return whose, rank, tuple(part.casefold() for part in mailbox.parts)


def load_mailbox(source: Source, mailbox: MailboxId) -> Mailbox:
    """Load one mailbox; raises NotFound."""
    row = source.connection.execute(
        f"SELECT {_COLUMNS} FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    if row is None:
        raise NotFound("that mailbox is not here any more")
    return _mailbox(row)


def find_mailbox(source: Source, name: str) -> Mailbox | None:
    """Find a mailbox by its name, its role, or its name whatever the case and accents are."""
    boxes = load_mailboxes(source)
    wanted = folded_name(name)
    for box in boxes:
        if name in (box.name, box.wire_name.decode("ascii", "replace")):
            return box
    for box in boxes:
        if box.special_use is not None and box.special_use.value == wanted:
            return box
    return next((box for box in boxes if folded_name(box.name) == wanted), None)


def find_role(source: Source, use: SpecialUse) -> Mailbox | None:
    """Find the mailbox that has a role, whatever its name."""
    boxes = load_mailboxes(source)
    return next((box for box in boxes if box.special_use is use), None)


def load_state(source: Source, mailbox: MailboxId) -> MailboxState:
    """Load the cursors of a mailbox; raises NotFound."""
    return load_mailbox(source, mailbox).state


def note_in_step(tx: Transaction, mailboxes: Iterable[MailboxId]) -> None:
    """Note that mailboxes agree with the server as of now: nothing had changed."""
    now = int(time.time())
    rows = [(now, mailbox) for mailbox in mailboxes]
    tx.connection.executemany("UPDATE mailbox SET synced_at = ? WHERE id = ?", rows)
    if rows:
        tx.publish(MailboxesChanged())


def save_state(
    tx: Transaction, mailbox: MailboxId, state: MailboxState, *, synced: bool
) -> None:
    """Save the cursors; ``synced``: with this it agrees with the server as of now."""
    named = " ".join(sorted(state.keywords_named))
    before = tx.connection.execute(
        "SELECT keywords_kept, keywords_named FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    tx.connection.execute(
        "UPDATE mailbox SET uid_validity = ?, uid_next = ?, highest_modseq = ?,"
        " low_uid = ?, exists_count = ?, keywords_kept = ?, read_only = ?,"
        " keywords_named = ?,"
        " synced_at = CASE WHEN ? THEN ? ELSE synced_at END WHERE id = ?",
        (
            state.uid_validity or 0,
            state.uid_next,
            state.highest_modseq,
            state.low_uid,
            state.exists,
            state.keywords_kept,
            state.read_only,
            named,
            synced,
            int(time.time()),
            mailbox,
        ),
    )
    if before not in (None, (state.keywords_kept, named)):
        place_keywords(tx, mailbox)
    if synced:
        tx.publish(MailboxesChanged())


def apply_counts(tx: Transaction, mailbox: MailboxId, counts: MailboxCounts) -> None:
    """Save what STATUS said of a mailbox that was in step with it."""
    changed = tx.connection.execute(
        "UPDATE mailbox SET status_messages = :messages, status_unseen = :unseen,"
        " status_uid_next = :uid_next, status_uid_validity = :validity,"
        " status_modseq = :modseq WHERE id = :id AND"
        " (status_messages, status_unseen, status_uid_next, status_uid_validity,"
        " status_modseq) <> (:messages, :unseen, :uid_next, :validity, :modseq)",
        {
            "messages": counts.messages,
            "unseen": counts.unseen,
            "uid_next": counts.uid_next,
            "validity": counts.uid_validity,
            "modseq": counts.highest_modseq,
            "id": mailbox,
        },
    ).rowcount
    if changed:
        tx.publish(MailboxesChanged())


def load_counts(source: Source, mailbox: MailboxId) -> MailboxCounts | None:
    """Load what :func:`apply_counts` saved last; None if it never did."""
    row = source.connection.execute(
        "SELECT status_messages, status_unseen, status_uid_next, status_uid_validity,"
        " status_modseq FROM mailbox WHERE id = ? AND status_messages >= 0",
        (mailbox,),
    ).fetchone()
    if row is None:
        return None
    messages, unseen, uid_next, validity, modseq = row
    return MailboxCounts(
        messages, unseen, Uid(uid_next), UidValidity(validity), ModSeq(modseq)
    )


def create_local_mailbox(
    tx: Transaction, name: str, use: SpecialUse | None
) -> MailboxId:
    """Make a mailbox that lies only here; one of that name is given back."""
    present = find_mailbox(tx, name)
    if present is not None:
        return present.id
    wire_name = encode_name(name)
    same = tx.connection.execute(
        "SELECT id FROM mailbox WHERE wire_name = ?", (wire_name,)
    ).fetchone()
    if same is not None:
        return MailboxId(same[0])
    row = tx.connection.execute(
        "INSERT INTO mailbox (wire_name, name, delimiter, special_use, is_local)"
        " VALUES (?, ?, '/', ?, 1)",
        (wire_name, displayable(name), use.value if use else ""),
    )
    tx.publish(MailboxesChanged())
    return MailboxId(row.lastrowid or 0)


def _mailbox(row: Sequence[object]) -> Mailbox:
    (
        number,
        wire_name,
        name,
        delimiter,
        use,
        selectable,
        subscribed,
        local,
        validity,
        uid_next,
        modseq,
        low_uid,
        exists,
        keywords_kept,
        read_only,
        total,
        unread,
        server_total,
        synced_at,
        pinned,
        followed,
        inferiors,
        namespace,
        prefix_parts,
        rights,
        keywords_named,
    ) = row
    parts = str(name).split("/") if delimiter else [str(name)]
    return Mailbox(
        id=MailboxId(_number(number)),
        wire_name=wire_name if isinstance(wire_name, bytes) else b"",
        name=Displayable(str(name)),
        parts=tuple(map(Displayable, parts)),
        special_use=SpecialUse(str(use)) if use else None,
        selectable=bool(selectable),
        subscribed=bool(subscribed),
        local=bool(local),
        total=_number(total),
        unread=_number(unread),
        server_total=max(_number(server_total), _number(exists)),
        state=MailboxState(
            uid_validity=UidValidity(_number(validity)) if validity else None,
            uid_next=Uid(_number(uid_next)),
            highest_modseq=ModSeq(_number(modseq)),
            low_uid=Uid(_number(low_uid)),
            exists=_number(exists),
            keywords_kept=bool(keywords_kept),
            read_only=bool(read_only),
            keywords_named=frozenset(str(keywords_named).split()),
        ),
        synced_at=_moment(_number(synced_at)),
        pinned=bool(pinned),
        delimiter=str(delimiter),
        followed=bool(followed),
        takes_others=bool(inferiors),
        namespace=NamespaceKind(str(namespace)),
        prefix_parts=_number(prefix_parts),
        rights=Rights(str(rights)) if rights not in (UNASKED, UNTOLD) else None,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
