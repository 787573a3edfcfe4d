"""Show all that waits for a server; retry or cancel it."""

import argparse
from contextlib import suppress
from datetime import UTC, datetime

from tui_mail.cli import output
from tui_mail.cli.between import carry_on
from tui_mail.cli.engines import wake
from tui_mail.cli.session import Session
from tui_mail.cli.values import counted, rfc3339
from tui_mail.config.settings import Account
from tui_mail.link.lock import AccountLock
from tui_mail.model.error import EngineBusy, MailError, NotFound
from tui_mail.model.operation import OperationState, PendingOperation
from tui_mail.model.outgoing import SubmissionState
from tui_mail.store.operations import cancel, load_pending, retry
from tui_mail.store.outbox import doubt_left_behind, load_submissions

_IN_DRAFTS = "it is not sent; its text is in Drafts"
_CANCELLED = {
    OperationState.QUEUED: _IN_DRAFTS,
    OperationState.FAILED: _IN_DRAFTS,
    OperationState.UNKNOWN: "it may have been sent; its text is in Drafts",
}
"""What is said of a mail that is cancelled, by how far it had come."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--json", action="store_true", help="one object per line")
    for name, said in (
        ("--retry", "let it be tried again now"),
        ("--cancel", "take it back here; the server never hears of it"),
    ):
        parser.add_argument(name, action="append", metavar="ID", default=[], help=said)


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Print what waits, or change it."""
    for account in session.readable_accounts():
        _doubt_left_behind(session, account)
    for text in arguments.retry:
        account, found = _find(session, text)
        if found.state is OperationState.SENDING:
            raise MailError(f"{account.name}/{found.id} is being sent just now")
        with session.database(account).transaction() as tx:
            retry(tx, found.id)
        carry_on(session, [account])
        if not wake(session, account) and found.kind == "send":
            output.note(f"{account.name}: it goes with the next synchronization")
    for text in arguments.cancel:
        account, found = _find(session, text)
        with session.database(account).transaction() as tx:
            cancel(tx, found.id)
        carry_on(session, [account])
        if found.kind == "send":
            wake(session, account)
            output.note(f"{account.name}: {_CANCELLED[found.state]}")
    if not arguments.retry and not arguments.cancel:
        _print(session, json=arguments.json)
    return 0


def _doubt_left_behind(session: Session, account: Account) -> None:
    """Say of what is on its way that nobody knows, where who sent it is gone."""
    database = session.database(account)
    if SubmissionState.SENDING in {one.state for one in load_submissions(database)}:
        lock = session.places.lock(account.name)
        held = AccountLock.acquire
        with suppress(EngineBusy), held(lock), database.transaction() as tx:
            doubt_left_behind(tx)


def _find(session: Session, text: str) -> tuple[Account, PendingOperation]:
    """Find what waits by ``ACCOUNT/ID``, or by its own id where only one has it."""
    found = [
        (account, pending)
        for account in session.readable_accounts()
        for pending in load_pending(session.database(account))
        if text.lower() in (pending.id, f"{account.name}/{pending.id}".lower())
    ]
    if not found:
        raise NotFound(f'nothing that waits has the id "{text}"')
    if len(found) > 1:
        names = ", ".join(f"{account.name}/{text}" for account, _ in found)
        raise NotFound(f'several accounts have "{text}": {names}')
    return found[0]


def _so_far(pending: PendingOperation) -> str:
    """Say how often it was tried, when it will be, and why it came to nothing."""
    said = []
    if pending.attempts:
        said.append(f"tried {counted(pending.attempts, 'time')}")
    due = pending.not_before
    if due is not None and due > datetime.now(UTC):
        said.append(f"again {due.astimezone():%Y-%m-%d %H:%M}")
    return "; ".join(filter(None, [", ".join(said), pending.error]))


def _print(session: Session, *, json: bool) -> None:
    rows: list[list[str]] = []
    for account in session.readable_accounts():
        for pending in load_pending(session.database(account)):
            name = f"{account.name}/{pending.id}"
            moment = pending.not_before
            if json:
                output.json_object(
                    {
                        "id": name,
                        "account": account.name,
                        "kind": pending.kind,
                        "what": pending.what,
                        "state": pending.state.value,
                        "attempts": pending.attempts,
                        "not_before": rfc3339(moment) if moment else None,
                        "error": pending.error or None,
                    }
                )
            rows.append([name, pending.state.value, pending.what, _so_far(pending)])
    if rows and not json:
        output.table(rows)
