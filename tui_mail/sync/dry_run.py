"""What a synchronization would do, without doing any of it."""

from contextlib import closing
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account
from tui_mail.model.error import ServerRefused
from tui_mail.model.ids import ModSeq, Uid
from tui_mail.model.mailbox import ListedMailbox, MailboxState
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.mailbox_due import due_mailbox_wishes
from tui_mail.store.mailboxes import load_counts, load_mailboxes
from tui_mail.store.messages import count_known, known_uids
from tui_mail.store.replaying import due_flags, due_operations
from tui_mail.store.transfers import count_leaving
from tui_mail.sync.connecting import Connector
from tui_mail.sync.emptying import overdue
from tui_mail.sync.outbox_once import count_due
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.reconcile import (
    FlagsBy,
    Plan,
    Told,
    common,
    is_in_step,
    plan,
    without,
)
from tui_mail.transports.imap import ImapConnection


def look(account: Account, connector: Connector, places: Places) -> Receipt:
    """Count what would be fetched, changed and deleted; raises MailError."""
    receipt = Receipt(dry=True)
    path = places.database(account.name)
    database = None
    if path.exists():
        identity = AccountIdentity(*account.identity)
        database = Database.open(path, account.name, identity=identity)
    try:
        if database is not None:
            _count_wishes(database, receipt)
            receipt.sent = count_due(database) if account.smtp is not None else 0
            receipt.deleted += len(overdue(database, account, datetime.now(UTC)))
        with closing(connector.connect()) as connection:
            listed = connection.list_mailboxes(
                subscribed_only=connector.server.subscribed_only,
                namespaces=connection.namespaces() or (),
            )
            for box in listed:
                if box.selectable:
                    _look_into(connection, database, box, receipt)
            connection.logout()
    finally:
        if database is not None:
            database.close()
    return receipt


def _count_wishes(database: Database, receipt: Receipt) -> None:
    now = datetime.now(UTC)
    receipt.flags = sum(len(batch.messages) for batch in due_flags(database, now))
    receipt.mailboxes = len(due_mailbox_wishes(database, now))
    for operation in due_operations(database, now):
        count = len(operation.items)
        if operation.kind == "move":
            receipt.moved += count
        elif operation.kind == "copy":
            receipt.copied += count
        elif operation.kind == "append":
            receipt.appended += count
        else:
            moved = count_leaving(database, operation.id)
            receipt.moved += moved
            receipt.deleted += count - moved


def _look_into(
    connection: ImapConnection,
    database: Database | None,
    listed: ListedMailbox,
    receipt: Receipt,
) -> None:
    boxes = load_mailboxes(database) if database is not None else []
    box = next((one for one in boxes if one.wire_name == listed.wire_name), None)
    if database is None or box is None:
        counts = listed.counts or connection.status(listed.wire_name)
        receipt.new += counts.messages
        return
    then, held = load_counts(database, box.id), count_known(database, box.id)
    if is_in_step(box.state, then, listed.counts, held=held):
        return
    try:
        selected = connection.select(box.wire_name, read_only=True)
    except ServerRefused as refusal:
        receipt.complain(f"{box.name}: {refusal.line}")
        return
    told = Told(
        uid_validity=selected.uid_validity,
        uid_next=selected.uid_next or Uid(0),
        highest_modseq=selected.highest_modseq or ModSeq(0),
        exists=selected.exists,
    )
    decided = plan(box.state, told)
    if decided.first:
        receipt.new += selected.exists
        return
    here = common(known_uids(database, box.id), decided.held)
    there = connection.existing_uids(decided.held)
    receipt.gone += len(without(here, there))
    outside = selected.exists - len(there)
    receipt.new += len(without(there, here)) + max(0, outside)
    receipt.changed += _changed(connection, decided, box.state)


def _changed(connection: ImapConnection, decided: Plan, state: MailboxState) -> int:
    """Count flags that others changed, where the server can tell."""
    if decided.flags is not FlagsBy.CHANGED_SINCE:
        return 0
    changes = connection.fetch_flags(decided.held, changed_since=state.highest_modseq)
    return len(changes.flags)
