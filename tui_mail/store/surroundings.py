"""What the server tells of a user's place on it: namespaces, rights, and how much room."""

import time
from collections.abc import Iterable, Mapping, Sequence

from tui_mail.model.displayable import Displayable
from tui_mail.model.event import MailboxesChanged
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.namespace import Namespace, NamespaceKind, namespace_of
from tui_mail.model.quota import Quota
from tui_mail.model.rights import Rights
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import UNASKED, UNTOLD
from tui_mail.store.source import Source


def seconds_since_asked(source: Source, what: str) -> float:
    """Say how long ago the server was asked for something; infinity if it never was."""
    row = source.connection.execute(
        "SELECT at FROM asked WHERE what = ?", (what,)
    ).fetchone()
    # A clock that was put back must not keep us from asking for years.
    return abs(time.time() - row[0]) if row else float("inf")


def note_asked(tx: Transaction, what: str) -> None:
    """Note that the server was asked for something just now."""
    tx.connection.execute(
        "INSERT OR REPLACE INTO asked (what, at) VALUES (?, ?)",
        (what, int(time.time())),
    )


def forget_asked(tx: Transaction, what: str) -> None:
    """Have the server asked for something again at the next opportunity."""
    tx.connection.execute("DELETE FROM asked WHERE what = ?", (what,))


def apply_namespaces(tx: Transaction, namespaces: Sequence[Namespace]) -> None:
    """Save the namespaces in the server's order."""
    tx.connection.execute("DELETE FROM namespace")
    tx.connection.executemany(
        "INSERT INTO namespace (place, kind, prefix, delimiter) VALUES (?, ?, ?, ?)",
        [
            (place, one.kind.value, one.prefix, one.delimiter)
            for place, one in enumerate(namespaces, start=1)
        ],
    )


def load_namespaces(source: Source) -> tuple[Namespace, ...]:
    """Load the namespaces; none where the server did not tell."""
    return tuple(
        Namespace(NamespaceKind(kind), prefix, delimiter)
        for kind, prefix, delimiter in source.connection.execute(
            "SELECT kind, prefix, delimiter FROM namespace ORDER BY place"
        )
    )


def place_mailboxes(tx: Transaction) -> None:
    """Note of each mailbox that was listed in which namespace it lies."""
    namespaces = load_namespaces(tx)
    rows = tx.connection.execute(
        "SELECT id, wire_name, namespace, prefix_parts FROM mailbox WHERE id <> 0"
    ).fetchall()
    changes = []
    for number, wire_name, kind, parts in rows:
        found = namespace_of(wire_name, namespaces)
        own = found is None or found.kind is NamespaceKind.PERSONAL
        now = ("personal", 0) if found is None or own else (found.kind, found.parts)
        if now != (kind, parts):
            changes.append((*now, number))
    tx.connection.executemany(
        "UPDATE mailbox SET namespace = ?, prefix_parts = ? WHERE id = ?", changes
    )
    if changes:
        tx.publish(MailboxesChanged())


def is_unasked(source: Source, box: Mailbox) -> bool:
    """Tell whether the server was never asked for the rights in a mailbox."""
    row = source.connection.execute(
        "SELECT rights FROM mailbox WHERE id = ?", (box.id,)
    ).fetchone()
    return row is not None and row[0] == UNASKED


def apply_rights(
    tx: Transaction, asked: Iterable[bytes], rights: Mapping[bytes, Rights]
) -> None:
    """Save the rights in the mailboxes that were asked for."""
    changed = tx.connection.executemany(
        "UPDATE mailbox SET rights = ?1 WHERE wire_name = ?2 AND rights <> ?1",
        [(rights[name].letters if name in rights else UNTOLD, name) for name in asked],
    ).rowcount
    if changed > 0:
        tx.publish(MailboxesChanged())


def apply_quotas(tx: Transaction, quotas: Sequence[Quota]) -> None:
    """Save how much room there is."""
    if tuple(quotas) == load_quotas(tx):
        return
    tx.connection.execute("DELETE FROM quota")
    tx.connection.executemany(
        "INSERT OR REPLACE INTO quota (root, resource, used, most) VALUES (?, ?, ?, ?)",
        [(one.root, one.resource, one.used, one.limit) for one in quotas],
    )
    tx.publish(MailboxesChanged())


def load_quotas(source: Source) -> tuple[Quota, ...]:
    """Load how much room there was when the server was last asked."""
    return tuple(
        Quota(Displayable(root), Displayable(resource), used, most)
        for root, resource, used, most in source.connection.execute(
            "SELECT root, resource, used, most FROM quota ORDER BY rowid"
        )
    )
