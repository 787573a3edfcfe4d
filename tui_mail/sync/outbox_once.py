"""The outbox, sent by a command where no engine is at work on the account."""

from contextlib import closing
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account
from tui_mail.link.lock import AccountLock
from tui_mail.mime.render import Renderer
from tui_mail.model.error import LoginRefused, MailError, NotFound, SecretMissing
from tui_mail.model.ids import SubmissionId
from tui_mail.model.outgoing import SubmissionState
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import apply_listing, load_mailboxes
from tui_mail.store.outbox import (
    doubt_at_start,
    hurry,
    load_due,
    load_submission,
    load_submissions,
    load_to_file,
)
from tui_mail.store.receipts import note_receipt
from tui_mail.sync.connecting import Ask, Connector, SmtpConnector, smtp_connector
from tui_mail.sync.filing import file_here
from tui_mail.sync.filing_there import Filing
from tui_mail.sync.pacing import UNWATCHED_LENGTH, Pace
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.replay import replay
from tui_mail.sync.session import Session, Tell
from tui_mail.sync.storing import open_database
from tui_mail.sync.submitting import Outlet


def count_due(database: Database) -> int:
    """Count what a synchronization would send: what was put off or kept too."""
    now = datetime.now(UTC)
    return sum(
        one.state is SubmissionState.KEPT
        or one.is_put_off
        or (one.not_before or now) <= now
        for one in load_submissions(database)
        if one.state in (SubmissionState.QUEUED, SubmissionState.KEPT)
    )


def send_due(
    database: Database,
    account: Account,
    connector: SmtpConnector | None,
    renderer: Renderer,
    receipt: Receipt,
) -> None:
    """Send what is due, and what was put off or kept; what could not go is in the receipt.

    Without a connector the account sends no mail.
    """
    if connector is None:
        return
    pace = Pace(database, length=UNWATCHED_LENGTH)
    if before := load_submissions(database):
        with pace.transaction() as tx:
            doubt_at_start(tx)
            hurry(tx, [one.id for one in before if one.is_put_off])
    if account.has_local_mailboxes:
        for one in load_to_file(database, datetime.now(UTC)):
            file_here(database, pace, renderer, account, one)
    due = load_due(database, datetime.now(UTC))
    outlet = Outlet(account, database, connector.connect, pace, renderer)
    try:
        outlet.submit(due, receipt)
    except (LoginRefused, SecretMissing) as error:
        receipt.complain(error.line)


def send_once(
    account: Account,
    places: Places,
    submission: SubmissionId,
    *,
    ask: Ask | None = None,
    tell: Tell = lambda *_: None,
) -> Receipt:
    """Send one message of the outbox now, and file it; nothing else is sent.

    The receipt tells what became of it: ``sent``, or what went wrong; that only its copy
    in Sent has to wait is one of the alerts. Raises EngineBusy where another process is
    at work on the account, and NotFound.
    """
    receipt = Receipt()
    with AccountLock.acquire(places.lock(account.name), patience=1.0):
        database = open_database(account, places)
        try:
            ended_well = database.begin_use()
            with Renderer() as renderer:
                _send(database, account, submission, renderer, receipt, ask, tell)
            if receipt.kept:
                with database.transaction() as tx:
                    note_receipt(tx, receipt.kept, datetime.now(UTC))
            if ended_well:
                database.end_use()
        finally:
            database.close()
    return receipt


def _send(
    database: Database,
    account: Account,
    submission: SubmissionId,
    renderer: Renderer,
    receipt: Receipt,
    ask: Ask | None,
    tell: Tell,
) -> None:
    one = load_submission(database, submission)
    if one.state is not SubmissionState.QUEUED:
        return
    connector = Connector(account, ask) if account.imap is not None else None
    smtp = smtp_connector(account, ask, beside=connector)
    if smtp is None:
        receipt.complain(f"{account.name}: no server to send with; [smtp] is missing")
        return
    pace = Pace(database, length=UNWATCHED_LENGTH)
    tell(f"sending by {smtp.server.host}", 0, 0, None)
    try:
        Outlet(account, database, smtp.connect, pace, renderer).submit([one], receipt)
    except (LoginRefused, SecretMissing) as error:
        receipt.complain(error.line)
    if connector is None or not _has_to_ask(database, submission):
        return
    tell(f"connecting to {connector.server.host}", 0, 0, None)
    try:
        _file_there(database, connector, pace, receipt, tell)
    except MailError as error:
        waits = "its copy in Sent waits" if receipt.sent else "not looked for in Sent"
        receipt.alerts.append(f"{waits}: {error.line}")


def _has_to_ask(database: Database, submission: SubmissionId) -> bool:
    """Tell whether an IMAP server has to be asked about a message."""
    try:
        state = load_submission(database, submission).state
    except NotFound:
        return False
    return state in (SubmissionState.ACCEPTED, SubmissionState.UNKNOWN)


def _file_there(
    database: Database, connector: Connector, pace: Pace, receipt: Receipt, tell: Tell
) -> None:
    """Have an IMAP account's server asked about what was sent, and told of the rest."""
    with closing(connector.connect()) as connection:
        session = Session(
            connection,
            database,
            connector.connect,
            tell=tell,
            pace=pace,
            file_sent=Filing(connector.account).carry_on,
        )
        if not any(not box.local for box in load_mailboxes(database)):
            subscribed = connector.server.subscribed_only
            listed = connection.list_mailboxes(subscribed_only=subscribed)
            with database.transaction() as tx:
                apply_listing(tx, listed, connector.account.mailboxes)
        replay(session)
        connection.logout()
    if session.receipt.sent:
        # What had no answer has arrived after all.
        receipt.sent += session.receipt.sent
        receipt.problems.clear()
