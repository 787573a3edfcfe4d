"""A message that a command sends: put into the outbox, and followed until its fate is known.

What cannot go now waits there; it is never forgotten, whatever ends the command.
"""

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_mail.cli import output
from tui_mail.cli.engines import engine, wake
from tui_mail.cli.sender_account import account_of, named_account
from tui_mail.cli.session import Session
from tui_mail.cli.synchronizing import ask_person, clear, named, show_progress
from tui_mail.cli.values import counted
from tui_mail.compose.fields import Recipient
from tui_mail.compose.raw import outgoing_from
from tui_mail.config.logs import set_up_log
from tui_mail.config.settings import Account
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import Status, Wake
from tui_mail.model.error import (
    EngineBusy,
    LinkLost,
    MailError,
    NotFound,
    StoreDamaged,
)
from tui_mail.model.flags import ANSWERED
from tui_mail.model.ids import SubmissionId
from tui_mail.model.outgoing import Outgoing, Submission, SubmissionState
from tui_mail.store.outbox import (
    load_submission,
    settle_unknown,
    submit,
    was_taken_back,
)
from tui_mail.store.threads import find_by_message_id
from tui_mail.store.wishes import set_flags

if TYPE_CHECKING:
    from tui_mail.store.database import Database

_PATIENCE = 60.0
"""Seconds in which whoever else is at work on the account has to send it."""
_SLOWEST = 20_000
"""Octets a second of a line that is waited for besides."""
_OFFLINE = 10.0
"""Seconds in which an engine has to send it that is offline."""
_FILED_WITHIN = 5.0
"""Seconds in which an engine files it, or looks for what had no answer."""
_LOOKS = 0.1
_INTERRUPTED = 130
"""The exit status, as shells have it."""
_WAITS = "it is in the outbox as {} and goes with the next synchronization"
_STAYS = "it is in the outbox as {} until you --retry or --cancel it there"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a message is to be sent."""

    account: str | None = None
    """The account that sends it; None is the one whose address is its From."""
    queue: bool = False
    """It waits for the next synchronization."""
    recipients: tuple[str, ...] | None = None
    """To whom it goes; None is to whom its header says."""
    from_headers: bool = False
    """The header's recipients are added to those."""
    sender: str | None = None
    """The envelope's; None is the From."""
    name: str = ""
    """One's name in a From that is missing; empty is the account's."""
    by_program: bool = False
    """A program sent it: names without a domain are the account's, success is silent."""


def send(session: Session, octets: bytes, wanted: Wanted) -> int:
    """Send a message; 1 where it is not sent, and then it is said where it is.

    Raises MailError where it is not in the outbox either.
    """
    account, outgoing = _made(session, octets, wanted)
    with suppress(OSError):
        set_up_log(session.places, verbose=session.verbose)
    number = _kept(session, account, outgoing)
    if wanted.queue:
        if not wanted.by_program:
            said = _WAITS.format(_name(account, number))
            output.note(f"{account.name}: {said}")
        return 0
    try:
        alerts = _follow(session, account, number, len(outgoing.octets))
    except (KeyboardInterrupt, SystemExit) as ending:
        clear()
        _say(session, account, number, why="broken off")
        if isinstance(ending, SystemExit):
            raise
        return _INTERRUPTED
    except MailError as error:
        clear()
        _say(session, account, number, why=error.line)
        return 1
    clear()
    if not _is_sent(session.database(account), number):
        _say(session, account, number)
        return 1
    _flag_elsewhere(session, account, outgoing.in_reply_to)
    if alerts or not wanted.by_program:
        told = [f"sent to {counted(len(outgoing.recipients), 'recipient')}", *alerts]
        output.note(named(account, "; ".join(told)))
    return 0


def _made(session: Session, octets: bytes, wanted: Wanted) -> tuple[Account, Outgoing]:
    if wanted.account is not None:
        account = named_account(session, wanted.account)
    else:
        account = account_of(session, octets, wanted.sender, first=wanted.by_program)
    made = outgoing_from(
        octets,
        own=Recipient(wanted.name or account.full_name, account.address),
        now=datetime.now(UTC),
        recipients=wanted.recipients,
        sender=wanted.sender,
        extra_from_headers=wanted.from_headers,
        local=account.address if wanted.by_program else None,
    )
    return account, made


def _kept(session: Session, account: Account, outgoing: Outgoing) -> SubmissionId:
    """Put it into the outbox; where that is damaged, into what is salvaged of it."""
    try:
        return _submit(session.database(account), outgoing)
    except StoreDamaged:
        if not session.let_go(account):
            raise
        return _submit(session.database(account), outgoing)


def _submit(database: "Database", outgoing: Outgoing) -> SubmissionId:
    with database.transaction() as tx:
        return submit(
            tx,
            outgoing,
            said=outgoing.said,
            session=f"command-{os.getpid()}",
            not_before=None,
        )


def _follow(
    session: Session, account: Account, number: SubmissionId, size: int
) -> list[str]:
    """Have it sent, by the engine that is there or here; what is to be said besides."""
    from tui_mail.sync.outbox_once import send_once

    database = session.database(account)
    end = time.monotonic() + _PATIENCE + size / _SLOWEST
    while True:
        with suppress(LinkLost), engine(session, account) as client:
            if client is not None:
                _watch(client, database, number, end)
                return []
        if not _is_to_go(database, number) or time.monotonic() >= end:
            return []
        try:
            receipt = send_once(
                account,
                session.places,
                number,
                ask=ask_person,
                tell=lambda text, done, total, _: _show(text, done, total),
            )
        except EngineBusy:
            _show(f"waiting: another tui-mail is at work on {account.name}")
        except (KeyboardInterrupt, SystemExit, MailError):
            with suppress(MailError):
                _doubt(database, number, "it was broken off before the server answered")
            raise
        else:
            _doubt(database, number, "the one who sent it ended before the answer")
            return receipt.alerts


def _watch(
    client: EngineClient, database: "Database", number: SubmissionId, end: float
) -> None:
    """Wait until an engine has sent it, cannot, or has had its time.

    Raises LinkLost where it ends.
    """
    client.send(Wake())
    _show("sending")
    decided = False
    while time.monotonic() < end:
        one = _found(database, number)
        if one is None:
            return
        if not decided and not _goes(one):
            if one.state not in (SubmissionState.ACCEPTED, SubmissionState.UNKNOWN):
                return
            decided = True
            end = min(end, time.monotonic() + _FILED_WITHIN)
        told = client.receive(_LOOKS)
        if isinstance(told, Status) and told.state == "offline":
            end = min(end, time.monotonic() + _OFFLINE + one.size / _SLOWEST)


def _flag_elsewhere(session: Session, sender: Account, answered: str) -> None:
    """Flag what a message answered where only other accounts have it."""
    if not answered or find_by_message_id(session.database(sender), answered):
        return
    for account in session.accounts():
        with suppress(MailError):
            database = session.database(account)
            if numbers := find_by_message_id(database, answered):
                with database.transaction() as tx:
                    set_flags(tx, numbers, frozenset({ANSWERED}), frozenset())
                wake(session, account)


def _doubt(database: "Database", number: SubmissionId, line: str) -> None:
    """Note that nobody knows any more whether it arrived, if it was being sent."""
    one = _found(database, number)
    if one is not None and one.state is SubmissionState.SENDING:
        with database.transaction() as tx:
            settle_unknown(tx, number, line)


def _found(database: "Database", number: SubmissionId) -> Submission | None:
    try:
        return load_submission(database, number)
    except NotFound:
        return None


def _goes(one: Submission) -> bool:
    """Tell whether it is still to be tried, or is on its way."""
    waits = one.state is SubmissionState.QUEUED and not one.is_put_off
    return waits or one.state is SubmissionState.SENDING


def _is_to_go(database: "Database", number: SubmissionId) -> bool:
    one = _found(database, number)
    return one is not None and _goes(one)


def _is_sent(database: "Database", number: SubmissionId) -> bool:
    one = _found(database, number)
    if one is None:
        return not was_taken_back(database, number)
    return one.state is SubmissionState.ACCEPTED


def _say(
    session: Session,
    account: Account,
    number: SubmissionId,
    *,
    why: str = "",
) -> None:
    """Say why it is not sent, and where it is; ``why`` where nobody noted that there."""
    database = session.database(account)
    if _is_sent(database, number):
        output.complain(named(account, f"{why}; but it was sent"))
        return
    one, name = _found(database, number), _name(account, number)
    if one is None:
        output.complain(named(account, f"{name} was taken out of the outbox meanwhile"))
        return
    stays = one.state in (SubmissionState.REFUSED, SubmissionState.UNKNOWN)
    where = (_STAYS if stays else _WAITS).format(name)
    if one.state is SubmissionState.UNKNOWN:
        said = f"it may have been sent or not: {one.error}"
    elif one.state is SubmissionState.SENDING:
        said = f"{why}; it may have been sent or not" if why else "it is being sent"
        where = f"it is in the outbox as {name}"
    elif why:
        said = f"{why}; it was not sent"
    else:
        said = one.error or "another tui-mail is at work on the account"
    output.complain(named(account, f"{said}; {where}"))


def _name(account: Account, number: SubmissionId) -> str:
    return f"{account.name}/send-{number}"


def _show(text: str, done: int = 0, total: int = 0) -> None:
    if sys.stderr.isatty():
        show_progress(text, done, total)
