"""A POP3 account brought in step once, for a command; and what that would do."""

from contextlib import closing
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Settings
from tui_mail.link.lock import AccountLock
from tui_mail.model.error import (
    LinkLost,
    MailError,
    ProtocolError,
    StoreDamaged,
    StoreFailed,
)
from tui_mail.store.agreeing import DOWNLOAD, agree_policy, needs_yes
from tui_mail.store.database import Database
from tui_mail.store.pulling import due_for_deletion, forget_removed, load_pulled
from tui_mail.store.receipts import note_receipt
from tui_mail.sync.connecting import Ask, PopConnector, SmtpConnector
from tui_mail.sync.emptying import overdue
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.outbox_once import count_due, send_due
from tui_mail.sync.pacing import Pace
from tui_mail.sync.pop_patience import connect_patiently
from tui_mail.sync.pop_plan import plan_pull
from tui_mail.sync.pop_round import PopRound, question
from tui_mail.sync.pop_session import Losses, PopSession
from tui_mail.sync.reading import Reader
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.session import Tell
from tui_mail.sync.storing import open_database
from tui_mail.sync.upkeep import keep_up, make_texts
from tui_mail.transports.pop3 import PopConnection

_LENGTH = 0.250
"""Seconds that a transaction should take: each has to reach the disk, and no reader was
started with this process."""


def answer(database: Database, policy: str, *, again: bool, yes: bool) -> None:
    """Note what a person said: to fetch anew what was deleted, to let mail go there."""
    if again or yes:
        with database.transaction() as tx:
            if again:
                forget_removed(tx)
            if yes:
                agree_policy(tx, policy)


class PopOnce:
    """One synchronization of a POP3 account by a process of its own."""

    def __init__(
        self,
        account: Account,
        connector: PopConnector,
        smtp: SmtpConnector | None,
        tell: Tell,
    ) -> None:
        self._account = account
        self._connector = connector
        self._smtp = smtp
        self._tell = tell

    def run(
        self, settings: Settings, places: Places, *, again: bool, yes: bool
    ) -> Receipt:
        """Do it; raises EngineBusy, MailError."""
        account = self._account
        with AccountLock.acquire(places.lock(account.name), patience=1.0):
            database = open_database(account, places)
            try:
                policy = self._connector.server.delete_after
                answer(database, policy, again=again, yes=yes)
                return self._run(database, Neighbours(database, settings, places))
            finally:
                database.close()

    def _run(self, database: Database, neighbours: Neighbours) -> Receipt:
        ended_well = database.begin_use()
        receipt, pace = Receipt(), Pace(database, length=_LENGTH)
        if database.salvaged:
            receipt.alerts.append(database.salvaged)
        try:
            with Reader(spare=False) as renderer:
                neighbours.carry_on()
                send_due(database, self._account, self._smtp, renderer, receipt)
                for _ in keep_up(database, pace, self._account, receipt):
                    pass
                self._pull(database, pace, renderer, receipt)
                neighbours.carry_on()
                for _ in make_texts(database, pace, renderer):
                    pass
        finally:
            if receipt.kept:
                with database.transaction() as tx:
                    note_receipt(tx, receipt.kept, datetime.now(UTC))
        if ended_well:
            database.end_use()
        return receipt

    def _pull(
        self, database: Database, pace: Pace, renderer: Reader, receipt: Receipt
    ) -> None:
        """Fetch what there is; where mail went out, that is told all the same."""
        try:
            self._have_sessions(database, pace, renderer, receipt)
        except (StoreFailed, StoreDamaged):
            raise
        except MailError as error:
            if not (receipt.sent or receipt.problems):
                raise
            receipt.complain(error.line)

    def _have_sessions(
        self, database: Database, pace: Pace, renderer: Reader, receipt: Receipt
    ) -> None:
        """Synchronize over as many connections as it takes, as long as that is of use."""
        losses, whole = Losses(), False
        while not whole:
            with closing(self._connect()) as connection:
                session = PopSession(
                    connection=connection,
                    database=database,
                    server=self._connector.server,
                    renderer=renderer,
                    tell=self._tell,
                    pace=pace,
                    receipt=receipt,
                    losses=losses,
                )
                whole = _go_round(session)

    def _connect(self) -> PopConnection:
        self._say(f"connecting to {self._connector.server.host}")
        return connect_patiently(self._connector, self._say)

    def _say(self, line: str) -> None:
        self._tell(line, 0, 0, None)

    def look(self, places: Places, *, again: bool, yes: bool) -> Receipt:
        """Say what it would do, and do none of it; raises MailError."""
        receipt = Receipt(dry=True)
        path = places.database(self._account.name)
        database = open_database(self._account, places) if path.exists() else None
        try:
            with closing(self._connect()) as connection:
                self._count(connection, database, receipt, again=again, yes=yes)
                connection.quit()
        finally:
            if database is not None:
                database.close()
        return receipt

    def _count(
        self,
        connection: PopConnection,
        database: Database | None,
        receipt: Receipt,
        *,
        again: bool,
        yes: bool,
    ) -> None:
        server, now = self._connector.server, datetime.now(UTC)
        listing = connection.list_messages()
        known = {} if database is None else load_pulled(database)
        if again:
            known = {uidl: one for uidl, one in known.items() if not one.removed}
        plan = plan_pull(listing.messages, known)
        receipt.new = len(plan.wanted)
        if plan.nameless:
            receipt.alerts.append(
                f"{plan.nameless:,} have no UIDL: only fetching shows which are new"
            )
        if database is not None:
            if self._smtp is not None:
                receipt.sent = count_due(database)
            receipt.deleted = len(overdue(database, self._account, now))
            if needs_yes(database, server.delete_after) and not yes:
                receipt.complain(question(database, server))
                return
            due = due_for_deletion(database, server.delete_after, now)
            receipt.deleted_there = sum(
                one.uidl in known and one.uidl in plan.sure for one in due
            )
        if plan.renamed:
            receipt.deleted_there = 0
        elif server.delete_after == DOWNLOAD:
            receipt.deleted_there += len(plan.wanted)


def _go_round(session: PopSession) -> bool:
    """Synchronize over one connection; False where the rest needs another."""
    try:
        for _ in PopRound(session).steps():
            pass
    except (LinkLost, ProtocolError):
        if not session.losses.worth_another_try():
            raise
        return False
    return True


def connector_of(account: Account, ask: Ask | None) -> PopConnector | None:
    """Make what connects to a POP3 account's server; None for another account."""
    if account.pop3 is None:
        return None
    return PopConnector(account, account.pop3, ask)
