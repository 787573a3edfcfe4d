"""What the server lists, with the wishes that it has not heard of laid over it."""

import json

from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox_names import decode_name
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_names import shown_name
from tui_mail.store.source import Source


def family(source: Source, mailbox: MailboxId) -> list[MailboxId]:
    """Name a mailbox and those that lie below it on the server now, the deepest last."""
    rows = source.connection.execute(
        "SELECT b.id FROM mailbox a JOIN mailbox b ON b.id = a.id OR a.delimiter <> ''"
        " AND substr(b.wire_name, 1, length(a.wire_name) + length(a.delimiter))"
        " = CAST(a.wire_name || a.delimiter AS BLOB)"
        " WHERE a.id = ? ORDER BY length(b.wire_name), b.id",
        (mailbox,),
    )
    return [MailboxId(number) for (number,) in rows]


def seen_below(source: Source, mailbox: MailboxId) -> list[MailboxId]:
    """Name a mailbox and those that are seen below it, the deepest last."""
    rows = source.connection.execute(
        "SELECT b.id FROM mailbox a JOIN mailbox b ON b.id = a.id OR a.delimiter <> ''"
        " AND substr(b.name, 1, length(a.name) + 1) = a.name || '/'"
        " WHERE a.id = ? ORDER BY length(b.name), b.id",
        (mailbox,),
    )
    return [MailboxId(number) for (number,) in rows]


def lay_names(tx: Transaction) -> None:
    """Name all mailboxes as the server does, then as it was wished."""
    rows = tx.connection.execute(
        "SELECT id, wire_name, name, delimiter FROM mailbox WHERE id <> 0 AND is_local = 0"
    ).fetchall()
    tx.connection.executemany(
        "UPDATE mailbox SET name = ? WHERE id = ?",
        [
            (shown, number)
            for number, wire_name, name, delimiter in rows
            if (shown := shown_name(decode_name(wire_name), delimiter)) != name
        ],
    )
    lay_wishes(tx)


def lay_wishes(tx: Transaction) -> None:
    """Have mailboxes called, and subscribed to, as it was wished."""
    for kind, mailbox, name in tx.connection.execute(
        "SELECT kind, mailbox, name FROM mailbox_wish"
        " WHERE state <> 'failed' AND kind <> 'create' ORDER BY id"
    ).fetchall():
        if kind == "rename":
            call(tx, MailboxId(mailbox), name)
        elif kind != "delete":
            show_subscribed(tx, MailboxId(mailbox), subscribed=kind == "subscribe")


def call(tx: Transaction, mailbox: MailboxId, name: str) -> None:
    """Show a mailbox under a name, and those below it below that."""
    [before] = tx.connection.execute(
        "SELECT name FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    tx.connection.execute(
        "UPDATE mailbox SET name = CASE WHEN id = :id THEN :name"
        " ELSE :name || substr(name, length(:before) + 1) END"
        " WHERE id IN (SELECT value FROM json_each(:family))",
        {
            "id": mailbox,
            "name": name,
            "before": before,
            "family": json.dumps(seen_below(tx, mailbox)),
        },
    )


def show_subscribed(tx: Transaction, mailbox: MailboxId, *, subscribed: bool) -> None:
    """Show whether a mailbox is subscribed to; whether it is seen, the listing says."""
    tx.connection.execute(
        "UPDATE mailbox SET subscribed = :subscribed, followed = max(followed, :subscribed)"
        " WHERE id = :id",
        {"subscribed": subscribed, "id": mailbox},
    )
