"""Move messages to the trash; with --forever delete them, without a way back."""

import argparse

from tui_mail.cli import output
from tui_mail.cli.acting import act
from tui_mail.cli.session import Session
from tui_mail.cli.targets import add_target_arguments, find_targets
from tui_mail.cli.values import counted
from tui_mail.config.settings import Account
from tui_mail.model.error import NotFound
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.operation import Expunge, Move, Wish
from tui_mail.store.mailboxes import find_role
from tui_mail.store.messages import load_summary
from tui_mail.store.roles import find_or_make_role
from tui_mail.store.server_copies import fate_in_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="- reads ids from stdin")
    parser.add_argument("--forever", action="store_true", help="there is no way back")
    add_target_arguments(parser)


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Delete the messages."""
    verb = "Delete for ever:" if arguments.forever else "Move to the trash:"
    targets = find_targets(session, arguments.ids, arguments, verb)
    wishes: list[tuple[Account, Wish, str]] = []
    for account, numbers in targets.values():
        if arguments.forever:
            said = f"deleted {counted(len(numbers))} for ever"
            wishes.append((account, Expunge(numbers), said))
            _say_fate(session, account, numbers)
        else:
            wishes += _to_trash(session, account, numbers)
    return act(session, targets, arguments, wishes)


def _to_trash(
    session: Session, account: Account, numbers: tuple[MessageNumber, ...]
) -> list[tuple[Account, Wish, str]]:
    """Make the wish for what is not in the trash already."""
    trash = _trash(session, account)
    database = session.database(account)
    outside = tuple(
        number for number in numbers if load_summary(database, number).mailbox != trash
    )
    left = len(numbers) - len(outside)
    if left:
        output.note(
            f"{account.name}: {counted(left)} in the trash already; "
            "--forever deletes them"
        )
    if not outside:
        return []
    said = f"moved {counted(len(outside))} to the trash"
    return [(account, Move(outside, trash), said)]


def _say_fate(
    session: Session, account: Account, numbers: tuple[MessageNumber, ...]
) -> None:
    """Say what becomes of them on a POP3 server."""
    if account.pop3 is None:
        return
    said = fate_in_words(session.database(account), account.pop3, numbers)
    if said:
        output.note(f"{account.name}: {said}")


def _trash(session: Session, account: Account) -> MailboxId:
    database = session.database(account)
    mailbox = find_role(database, SpecialUse.TRASH)
    if mailbox is not None:
        return mailbox.id
    if account.kind == "imap":
        named = account.mailboxes.get(SpecialUse.TRASH)
        why = f'there is no mailbox "{named}"' if named else "no mailbox is the trash"
        raise NotFound(
            f"{account.name}: {why}; name it in the settings "
            f'([accounts.{account.name}.mailboxes] trash = "…")'
        )
    name = account.mailboxes.get(SpecialUse.TRASH, "")
    with database.transaction() as tx:
        return find_or_make_role(tx, SpecialUse.TRASH, name)
