"""Move messages into another mailbox of their account.

MAILBOX is its name as "tui-mail mailboxes" prints it, or its role, such as archive.
"""

import argparse

from tui_mail.cli.acting import act
from tui_mail.cli.session import Session
from tui_mail.cli.targets import add_target_arguments, find_targets
from tui_mail.cli.values import counted
from tui_mail.config.settings import Account
from tui_mail.model.error import NotFound, UsageError
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.operation import Move
from tui_mail.store.mailboxes import find_mailbox


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.usage = "%(prog)s [--yes] [--sync] (ID… | - | --query Q) MAILBOX"
    parser.add_argument(
        "ids", nargs="+", metavar="ID… MAILBOX", help="- reads ids from stdin"
    )
    add_target_arguments(parser)


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Move the messages."""
    *ids, name = arguments.ids
    if not ids and arguments.query is None:
        raise UsageError("move needs ids and a mailbox: tui-mail move ID… MAILBOX")
    targets = find_targets(session, ids, arguments, f"Move to {name}:")
    wishes = []
    for account, numbers in targets.values():
        mailbox = _mailbox(session, account, name)
        said = f"moved {counted(len(numbers))} to {mailbox.name}"
        wishes.append((account, Move(numbers, mailbox.id), said))
    return act(session, targets, arguments, wishes)


def _mailbox(session: Session, account: Account, name: str) -> Mailbox:
    mailbox = find_mailbox(session.database(account), name)
    if mailbox is None:
        raise NotFound(f'{account.name}: there is no mailbox "{name}"')
    if not mailbox.selectable:
        raise NotFound(f'{account.name}: "{name}" cannot hold messages')
    return mailbox
