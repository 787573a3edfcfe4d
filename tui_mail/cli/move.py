"""Move messages into another mailbox, of their account or of another.

MAILBOX is its name as "tui-mail mailboxes" prints it, or its role, such as archive: that
heeds the setting of this name. In another account it is written ACCOUNT/MAILBOX.
"""

import argparse

from tui_mail.cli.acting import act
from tui_mail.cli.session import Session
from tui_mail.cli.targets import add_target_arguments, find_targets
from tui_mail.cli.values import counted
from tui_mail.config.settings import Account
from tui_mail.model.error import MailError, NotFound, UsageError
from tui_mail.model.ids import MessageNumber
from tui_mail.model.mailbox import USUAL_NAMES, Mailbox, SpecialUse, is_by_date
from tui_mail.model.operation import Move, MoveApart, Transfer, Wish
from tui_mail.model.rights import Right
from tui_mail.store.archiving import move_by_date
from tui_mail.store.mailboxes import find_mailbox, load_mailbox
from tui_mail.store.messages import load_summaries
from tui_mail.store.roles import find_or_make_role


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
        wish, to = _wish(session, account, name, numbers)
        if isinstance(wish, MoveApart) and not wish.moves:
            continue
        said = f"moved {counted(len(numbers))} to {to}"
        wishes.append((account, wish, said))
    return act(session, targets, arguments, wishes)


def _wish(
    session: Session, account: Account, name: str, numbers: tuple[MessageNumber, ...]
) -> tuple[Wish, str]:
    """Find where it goes, the account's own mailboxes first; say that in words."""
    own = _find(session, account, name)
    other, _, rest = name.partition("/")
    elsewhere = _account(session, other) if rest and own is None else None
    if elsewhere is None:
        box = _checked(account, name, own)
        if _is_role(name, box) and is_by_date(box, account.archive):
            return _by_date(session, account, box, numbers), str(box.name)
        return Move(numbers, box.id), str(box.name)
    box = _checked(elsewhere, rest, _find(session, elsewhere, rest))
    if elsewhere.name == account.name:
        return Move(numbers, box.id), str(box.name)
    wish = Transfer(numbers, elsewhere.name, box.wire_name, box.name)
    return wish, f"{elsewhere.name}/{box.name}"


def _is_role(name: str, box: Mailbox) -> bool:
    """Tell whether the archive was named as what it is, and not by its own name."""
    use = SpecialUse.ARCHIVE
    return name != box.name and box.special_use is use and name.casefold() == use.value


def _by_date(
    session: Session, account: Account, box: Mailbox, numbers: tuple[MessageNumber, ...]
) -> MoveApart:
    database = session.database(account)
    rows = [row for row in load_summaries(database, numbers) if row is not None]
    with database.transaction() as tx:
        return move_by_date(tx, box, rows, account.archive, None)


def _find(session: Session, account: Account, name: str) -> Mailbox | None:
    """Find a mailbox; one with a role is made where no server would have it."""
    database = session.database(account)
    found = find_mailbox(database, name)
    use = next((use for use in USUAL_NAMES if use.value == name.casefold()), None)
    if found is not None or use is None or not account.has_local_mailboxes:
        return found
    with database.transaction() as tx:
        made = find_or_make_role(tx, use, account.mailboxes.get(use, ""))
    return load_mailbox(database, made)


def _account(session: Session, name: str) -> Account | None:
    return next(
        (one for one in session.accounts() if one.name.lower() == name.lower()), None
    )


def _checked(account: Account, name: str, mailbox: Mailbox | None) -> Mailbox:
    if mailbox is None:
        raise NotFound(f'{account.name}: there is no mailbox "{name}"')
    if not mailbox.selectable:
        raise NotFound(f'{account.name}: "{name}" cannot hold messages')
    if why := mailbox.why_not(Right.INSERT):
        raise MailError(f"{account.name}: {why}")
    return mailbox
