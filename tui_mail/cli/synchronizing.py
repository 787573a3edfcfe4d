"""Accounts brought in step, one line each."""

import getpass
import os
import sys
import threading
from collections.abc import Sequence

from tui_mail.cli import output
from tui_mail.cli.columns import cut
from tui_mail.cli.session import Session
from tui_mail.cli.side_by_side import side_by_side
from tui_mail.cli.values import counted
from tui_mail.config.settings import Account
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.outgoing import SubmissionState
from tui_mail.store.outbox import load_submissions

_TERMINAL = threading.Lock()
"""Held while one of several accounts asks."""
_MOST_TURNS = 3
"""So often it is gone on with what went from one of the accounts to another."""


def synchronize(
    session: Session,
    accounts: Sequence[Account],
    *,
    bodies: bool = False,
    dry_run: bool = False,
    again: bool = False,
    yes: bool = False,
) -> int:
    """Synchronize accounts side by side; 1 if any could not be done.

    An engine that is at work on an account is asked to do it; what a person says to it,
    it finds in the store.
    """
    from tui_mail.cli.between import carry_on, have_more_to_do

    def one(account: Account) -> bool:
        return _synchronize_one(
            session, account, bodies=bodies, dry_run=dry_run, again=again, yes=yes
        )

    if dry_run:
        return int(not all([one(account) for account in accounts]))
    carry_on(session, accounts)
    well = side_by_side(accounts, one)
    done = len(well) == len(accounts)
    for _ in range(_MOST_TURNS):
        carry_on(session, well)
        if not (waiting := have_more_to_do(session, well)):
            break
        done = len(side_by_side(waiting, one)) == len(waiting) and done
    return int(not done)


def _synchronize_one(
    session: Session,
    account: Account,
    *,
    bodies: bool,
    dry_run: bool,
    again: bool,
    yes: bool,
) -> bool:
    """Synchronize an account, and say so; True if all could be done."""
    from tui_mail.cli.engines import ask_engine
    from tui_mail.sync.engine import run_once

    try:
        if not dry_run:
            _answer(session, account, again=again, yes=yes)
        receipt = None if dry_run else ask_engine(session, account, whole=bodies)
        whole = True
        if receipt is None:
            done = run_once(
                account,
                session.settings,
                session.places,
                bodies=bodies,
                dry_run=dry_run,
                again=again,
                yes=yes,
                ask=ask_person,
                progress=show_progress if sys.stderr.isatty() else None,
            )
            receipt, whole = str(done), done.whole
        waits = "" if dry_run else _what_waits_for_a_person(session, account)
        if stuck := _what_cannot_go(session, account):
            waits, whole = f"{waits}; {stuck}", False
    except MailError as error:
        clear()
        output.complain(named(account, error.line))
        return False
    clear()
    output.note(named(account, (receipt or "in step") + waits))
    return whole


def _what_waits_for_a_person(session: Session, account: Account) -> str:
    """Say how many mails were refused, or had no answer: nobody else decides on them."""
    mails = load_submissions(session.database(account))
    count = sum(mail.asks for mail in mails)
    if not count:
        return ""
    waiting = f"{counted(count, 'mail')} in the outbox wait{'s' if count == 1 else ''}"
    return f"; {waiting} for you: tui-mail outbox"


def _what_cannot_go(session: Session, account: Account) -> str:
    """Say how many mails wait in an account that has no server to send with any more."""
    if account.smtp is not None:
        return ""
    mails = load_submissions(session.database(account))
    waiting = (SubmissionState.QUEUED, SubmissionState.KEPT)
    count = sum(mail.state in waiting for mail in mails)
    missing = f"[accounts.{account.name}.smtp] is missing in the settings"
    return f"{counted(count, 'mail')} cannot go: {missing}" if count else ""


def _answer(session: Session, account: Account, *, again: bool, yes: bool) -> None:
    """Note what a person said to a POP3 account."""
    if account.pop3 is not None and (again or yes):
        from tui_mail.sync.pop_once import answer

        database = session.database(account)
        answer(database, account.pop3.delete_after, again=again, yes=yes)


def ask_person(question: str) -> str:
    """Ask for a secret where there is a terminal; empty where there is none.

    Stdin may be something else, where a person looks at what is said.
    """
    if not (sys.stdin.isatty() or (sys.stderr.isatty() and _has_terminal())):
        return ""
    with _TERMINAL:
        clear()
        try:
            return getpass.getpass(question)
        except EOFError:
            return ""


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def named(account: Account, line: str) -> str:
    """Say whose line it is, unless it does itself."""
    return line if line.startswith(f"{account.name}:") else f"{account.name}: {line}"


def show_progress(text: str, done: int, total: int) -> None:
    """Show on one line of the terminal how far it is."""
    figures = f" {done:,} of {total:,}" if total else ""
    # A line that wraps could not be taken back.
    room = max(1, output.width_of(sys.stderr) - 1 - len(figures))
    if _TERMINAL.acquire(blocking=False):
        # Not while somebody types a password.
        sys.stderr.write(f"\r\x1b[K{cut(displayable(text), room)}{figures}")
        sys.stderr.flush()
        _TERMINAL.release()


def clear() -> None:
    """Take the line of progress away."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
