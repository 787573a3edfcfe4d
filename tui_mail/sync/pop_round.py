"""One session with a POP3 server: list, fetch what is new, delete what may go, leave."""

from collections.abc import Generator
from datetime import UTC, datetime

from tui_mail.config.settings import PopServer
from tui_mail.model.error import NotFound
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.agreeing import agree_policy, agreed_policy, needs_yes
from tui_mail.store.database import Database, Transaction
from tui_mail.store.mailboxes import (
    create_local_mailbox,
    find_role,
    note_in_step,
    set_role,
)
from tui_mail.store.pulling import (
    due_for_deletion,
    load_pulled,
    settle_listing,
    sweep_incomplete,
)
from tui_mail.store.source import Source
from tui_mail.sync.pop_deleting import Deletions
from tui_mail.sync.pop_mirror import Mirror
from tui_mail.sync.pop_plan import PopPlan, plan_pull
from tui_mail.sync.pop_pulling import Puller
from tui_mail.sync.pop_session import PopSession
from tui_mail.transports.pop3 import PopListing


class PopRound:
    """Between two steps it may be ended: the next session goes on."""

    def __init__(self, session: PopSession) -> None:
        self._session = session

    def steps(self) -> Generator[None, None, None]:
        """Do it all; raises what the connection raises."""
        session = self._session
        may_delete = _prepare(session)
        listing = session.connection.list_messages()
        due = self._due() if may_delete else frozenset[bytes]()
        plan = plan_pull(listing.messages, load_pulled(session.database), due)
        mirror = Mirror(session)
        puller = Puller(session, find_inbox(session.database), plan, mirror)
        if not plan.nameless:
            with session.pace.transaction() as tx:
                settle_listing(tx, plan.sure)
        yield from mirror.steps()
        yield from puller.steps()
        if plan.nameless:
            with session.pace.transaction() as tx:
                settle_listing(tx, plan.sure | puller.intake.found.keys())
        self._say(plan, listing, puller)
        deletions = Deletions(session, _numbers(listing, plan, puller), mirror)
        if may_delete and not (plan.renamed or puller.intake.renamed):
            yield from deletions.steps()
        deletions.settle(confirmed=session.connection.quit())
        with session.pace.transaction() as tx:
            note_in_step(tx, [find_inbox(tx)])

    def _due(self) -> frozenset[bytes]:
        """Name what is to go, of what was here before this session."""
        database, policy = self._session.database, self._session.server.delete_after
        due = due_for_deletion(database, policy, datetime.now(UTC))
        return frozenset(one.uidl for one in due)

    def _say(self, plan: PopPlan, listing: PopListing, puller: Puller) -> None:
        receipt, host = self._session.receipt, self._session.connection.host
        if puller.intake.renamed:
            receipt.rescanned += max(plan.gone, puller.intake.renamed)
            receipt.matched += puller.intake.renamed
        if plan.nameless:
            said = listing.trouble or f"{host} names no message (UIDL)"
            receipt.alerts.append(
                f"{said}: all that has no name is fetched each time, to see what is new"
            )


def _prepare(session: PopSession) -> bool:
    """Sweep what did not come whole; whether anything may be deleted on the server."""
    database, policy = session.database, session.server.delete_after
    asks = needs_yes(database, policy)
    with session.pace.transaction() as tx:
        sweep_incomplete(tx)
        if not asks:
            agree_policy(tx, policy)
        make_inbox(tx)
    if asks:
        session.receipt.complain(question(database, session.server))
    return not asks


def question(database: Database, server: PopServer) -> str:
    """Say what waits for a yes."""
    before = agreed_policy(database) or "never"
    return (
        f'delete_after was "{before}" and is "{server.delete_after}" now: nothing is'
        f" deleted on {server.host} until you say yes (sync --yes)"
    )


def _numbers(
    listing: PopListing, plan: PopPlan, puller: Puller
) -> dict[bytes, list[int]]:
    """Give the numbers of all that is known, by what it is called here."""
    found = {uidl: list(numbers) for uidl, numbers in puller.intake.found.items()}
    for one in listing.messages:
        if one.uidl is not None and one.uidl in plan.sure:
            found.setdefault(one.uidl, []).append(one.number)
    return found


def make_inbox(tx: Transaction) -> None:
    """Make the inbox where no server lists it."""
    if find_role(tx, SpecialUse.INBOX) is None:
        inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        # One of that name may have lost what it is for.
        set_role(tx, inbox, SpecialUse.INBOX)


def find_inbox(source: Source) -> MailboxId:
    """Find the mailbox that new mail goes to; raises NotFound."""
    inbox = find_role(source, SpecialUse.INBOX)
    if inbox is None:
        raise NotFound("there is no inbox")
    return inbox.id
