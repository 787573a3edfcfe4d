"""List the mailboxes of all accounts with how many messages they hold."""

import argparse

from tui_mail.cli import output
from tui_mail.cli.session import Session
from tui_mail.cli.values import rfc3339
from tui_mail.store.mailboxes import load_mailboxes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--json", action="store_true", help="one object per line")


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Print the mailboxes."""
    rows: list[list[str]] = []
    for account in session.readable_accounts():
        for mailbox in load_mailboxes(session.database(account)):
            if not mailbox.selectable:
                continue
            role = mailbox.special_use.value if mailbox.special_use else None
            if arguments.json:
                synced = mailbox.synced_at
                output.json_object(
                    {
                        "account": account.name,
                        "mailbox": mailbox.name,
                        "role": role,
                        "total": mailbox.total,
                        "unread": mailbox.unread,
                        "synced_at": rfc3339(synced) if synced else None,
                    }
                )
            name = f"{account.name}/{mailbox.name}"
            counts = [str(mailbox.unread), str(mailbox.total)]
            rows.append([name, role or "", *counts, mailbox.limits])
    if not arguments.json:
        heads = ["mailbox", "role", "unread", "total", "limits"]
        limited = any(row[-1] for row in rows)
        table = [row if limited else row[:-1] for row in (heads, *rows)]
        output.table(table, right=frozenset({2, 3}))
    return 0
