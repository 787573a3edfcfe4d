"""The lines of the mailbox pane: what stands below what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.namespace import NamespaceKind

Key = tuple[str, ...]
"""The parts of a mailbox's name."""

_WHOSE = {
    NamespaceKind.PERSONAL: "Yours",
    NamespaceKind.OTHERS: "Other users",
    NamespaceKind.SHARED: "Shared",
}


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of the tree."""

    account: str
    mailbox: Mailbox | None
    """None at an account's heading, and at that of others' mailboxes below it."""
    title: Displayable
    depth: int = 0
    children: bool = False
    unread: int = 0
    """Of a folded parent, its children's too."""


def key_of(mailbox: Mailbox) -> Key:
    """Name a mailbox in the tree."""
    return tuple(mailbox.parts)


def title_of(mailbox: Mailbox, said: int = 0) -> Displayable:
    """Name a mailbox, without the parts that are said above it: INBOX as people do."""
    if mailbox.special_use is SpecialUse.INBOX:
        return own("Inbox")
    parts = mailbox.parts or (mailbox.name,)
    return own("/".join(parts[min(said, len(parts) - 1) :]))


def tree_rows(
    account: str, boxes: Sequence[Mailbox], folded: set[tuple[str, Key]]
) -> list[TreeRow]:
    """Lay an account's mailboxes out as lines, those in folded ones left out.

    The boxes come ordered, one's own first, of these those with a role. A box stands
    right below its nearest ancestor that is listed; one with a role stays on top, unless
    it lies below INBOX. Those of others have a heading, which says what their prefix says.
    """
    boxes = [box for box in boxes if not _is_only_a_prefix(box)]
    known = {key_of(box): box for box in reversed(boxes)}
    above = {key_of(box): _chain(box, known) for box in boxes}
    unread: dict[Key, int] = {}
    for box in boxes:
        for ancestor in above[key_of(box)]:
            unread[ancestor] = unread.get(ancestor, 0) + box.unread
    whose = NamespaceKind.PERSONAL
    rows = [TreeRow(account, None, own(account))]
    for box in _in_order(boxes, above):
        key = key_of(box)
        if box.namespace is not whose:
            whose = box.namespace
            rows.append(TreeRow(account, None, own(_WHOSE[whose]), depth=1))
        if any((account, ancestor) in folded for ancestor in above[key]):
            continue
        inside = unread.get(key, 0) if (account, key) in folded else 0
        rows.append(
            TreeRow(
                account,
                box,
                _title(box, known),
                len(above[key]),
                key in unread,
                box.unread + inside,
            )
        )
    return rows


def _is_only_a_prefix(box: Mailbox) -> bool:
    return not box.selectable and len(box.parts) <= box.prefix_parts


def _nearest(key: Key, known: Mapping[Key, Mailbox]) -> Mailbox | None:
    """Find the mailbox that lies next above a name."""
    lengths = range(len(key) - 1, 0, -1)
    return next((known[key[:one]] for one in lengths if key[:one] in known), None)


def _chain(box: Mailbox, known: Mapping[Key, Mailbox]) -> list[Key]:
    """Say below which mailboxes one stands, from the top."""
    chain: list[Key] = []
    while (holder := _nearest(key_of(box), known)) is not None:
        if box.special_use and holder.special_use is not SpecialUse.INBOX:
            break
        chain.insert(0, key_of(holder))
        box = holder
    return chain


def _in_order(
    boxes: Sequence[Mailbox], above: Mapping[Key, Sequence[Key]]
) -> list[Mailbox]:
    """Put each box right below the one that it stands below."""
    below: dict[Key, list[Mailbox]] = {}
    for box in boxes:
        below.setdefault((above[key_of(box)] or [()])[-1], []).append(box)
    ordered: list[Mailbox] = []
    waiting = below.pop((), [])[::-1]
    while waiting:
        box = waiting.pop()
        ordered.append(box)
        # Of several that are called alike the first one has what is below.
        waiting += below.pop(key_of(box), [])[::-1]
    return ordered


def _title(box: Mailbox, known: Mapping[Key, Mailbox]) -> Displayable:
    """Name a mailbox by what its place does not say."""
    holder = _nearest(key_of(box), known)
    said = 0
    if holder is not None and (_chain(box, known) or not holder.selectable):
        said = len(holder.parts)
    return title_of(box, max(said, box.prefix_parts))
