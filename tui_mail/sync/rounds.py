"""One synchronization of a whole account, in steps."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tui_mail.config.settings import Account, Server
from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox, MailboxCounts
from tui_mail.store.astray import last_astray
from tui_mail.store.contents import sweep_unused
from tui_mail.store.mailboxes import (
    apply_listing,
    load_counts,
    load_mailboxes,
    load_state,
    note_in_step,
)
from tui_mail.store.messages import count_known, last_number, load_location
from tui_mail.store.replaying import due_operations, has_due, settle_items
from tui_mail.store.surroundings import place_mailboxes
from tui_mail.store.vanishing import give_up_astray, note_confirmed, seen_by
from tui_mail.sync.ahead import fetch_ahead, fetch_wanted
from tui_mail.sync.emptying import empty_trash
from tui_mail.sync.incremental import bring_in_step, catch_up
from tui_mail.sync.listing import counts_of, list_mailboxes
from tui_mail.sync.reading import Reader
from tui_mail.sync.reconcile import Counts, is_in_step, looks_alike
from tui_mail.sync.replay import carry_on, replay
from tui_mail.sync.seldom import ask_rights_and_room
from tui_mail.sync.session import Outdated, Session


class Round:
    """What waits is replayed, all mailboxes are brought in step, mail is fetched ahead.

    Between two steps the connection may be used for something more urgent.
    """

    def __init__(
        self,
        session: Session,
        account: Account,
        server: Server,
        renderer: Reader,
        *,
        whole: bool = False,
        seen: Counts | None = None,
    ) -> None:
        """``seen``: what STATUS said at the last look; it is kept up to date."""
        self._session = session
        self._account = account
        self._server = server
        self._renderer = renderer
        self._whole = whole
        self._seen: Counts = {} if seen is None else seen
        self._skipped = False
        self._last = MessageNumber(0)
        """The last message that was here when the mailboxes were listed."""
        self._astray = 0
        """The last message that went astray before that."""
        self._in_step: list[MailboxId] = []
        """Where nothing had changed."""
        self._caught_up: list[MailboxId] = []
        """Where all that had changed is here."""
        self._anew: list[Mailbox] = []
        """What was made anew while it was looked at."""

    def steps(self) -> Iterator[None]:
        """Do it all; raises what the connection raises."""
        session = self._session
        if has_due(session.database, datetime.now(UTC)):
            session.tell("sending changes", 0, 0, None)
            replay(session)
            yield
        yield from fetch_wanted(session, self._renderer)
        carry_on(session)
        self._refresh()
        counts = self._list()
        yield from self._newest_windows(counts)
        ask_rights_and_room(session)
        for box in self._boxes(counts):
            yield from self._bring_in_step(box, counts)
        anew, self._anew = self._anew, []
        for box in anew:
            yield from self._bring_in_step(box, counts)
        for box in self._anew:
            self._skipped = True
            said = f"{box.name} is made anew on the server again and again"
            session.receipt.complain(said)
        self._note_confirmed(counts)
        if not self._skipped:
            self._give_up_the_lost()
            empty_trash(session.database, session.pace, self._account)
        # Also what nobody wishes: mail that may have been sent is looked for.
        replay(session)
        yield
        yield from fetch_wanted(session, self._renderer)
        carry_on(session)
        yield from fetch_ahead(
            session, self._account, self._renderer, whole=self._whole
        )
        if not self._skipped:
            yield from self._sweep()

    def look(self) -> Iterator[None]:
        """Look by STATUS alone where anything changed, and bring only that in step.

        Raises what the connection raises.
        """
        session = self._session
        self._refresh()
        listed = self._list()
        for box in self._boxes(listed):
            now = listed.get(box.wire_name) or counts_of(session, box.wire_name)
            if self._is_alike(box, now):
                self._in_step.append(box.id)
            elif not session.stumbles.given_up(box.id):
                with self._tolerating(box):
                    if box.state.low_uid == 1:
                        catch_up(session, box.id, thorough=False)
                    else:
                        yield from bring_in_step(session, box.id)
                    self._caught_up.append(box.id)
                    self._seen[box.wire_name] = now
            yield
        self._note_confirmed(listed)

    def _refresh(self) -> None:
        """Hear what is new in the mailbox that is selected: STATUS may know less of it."""
        if self._session.mailbox is not None:
            self._session.apply(self._session.connection.noop())

    def _is_alike(self, box: Mailbox, now: MailboxCounts | None) -> bool:
        database = self._session.database
        state = load_state(database, box.id)
        held = count_known(database, box.id)
        return is_in_step(
            state, load_counts(database, box.id), now, held=held
        ) or looks_alike(state, self._seen.get(box.wire_name), now, held=held)

    def _list(self) -> Counts:
        """List the mailboxes; none is made, renamed or deleted by us meanwhile."""
        session = self._session
        self._last = last_number(session.database)
        self._astray = last_astray(session.database)
        with session.replaying:
            listed = list_mailboxes(session)
            with session.pace.transaction() as tx:
                apply_listing(
                    tx,
                    listed,
                    self._account.mailboxes,
                    subscribed_only=self._server.subscribed_only,
                )
                place_mailboxes(tx)
        return {box.wire_name: box.counts for box in listed}

    def _boxes(self, counts: Counts) -> list[Mailbox]:
        """Load the mailboxes to synchronize, the inbox first, the doubtful last."""
        boxes = [
            box
            for box in load_mailboxes(self._session.database, leaving=True)
            if box.selectable and not box.local and box.wire_name in counts
        ]
        return self._session.stumbles.ordered(boxes)

    def _newest_windows(self, counts: Counts) -> Iterator[None]:
        """Fetch the first screenful of each mailbox that was never seen."""
        for box in self._boxes(counts):
            if box.state.low_uid == 0 and not self._session.stumbles.given_up(box.id):
                self._session.tell(f"fetching {box.name}, newest first", 0, 0, box.id)
                with self._tolerating(box):
                    catch_up(self._session, box.id)
                yield

    def _bring_in_step(self, box: Mailbox, counts: Counts) -> Iterator[None]:
        session = self._session
        state = load_state(session.database, box.id)
        then = load_counts(session.database, box.id)
        held = count_known(session.database, box.id)
        if is_in_step(state, then, counts.get(box.wire_name), held=held):
            self._in_step.append(box.id)
            return
        if said := session.stumbles.given_up(box.id):
            self._skipped = True
            session.receipt.complain(f"{box.name}: {said}")
            return
        session.tell(f"synchronizing {box.name}", 0, 0, box.id)
        with self._tolerating(box):
            yield from bring_in_step(session, box.id)
            self._caught_up.append(box.id)
            self._seen[box.wire_name] = counts.get(box.wire_name)
        yield

    @contextmanager
    def _tolerating(self, box: Mailbox) -> Iterator[None]:
        """Go on with the others where one is refused, or was made anew meanwhile."""
        try:
            with self._session.stumbles.watched(self._session.database, box.id):
                yield
        except ServerRefused as refusal:
            self._skipped = True
            self._session.receipt.complain(f"{box.name}: {refusal.line}")
        except NotFound:
            self._skipped = True
        except Outdated:
            self._anew.append(box)

    def _note_confirmed(self, listed: Counts) -> None:
        """Note which mailboxes agree with the server, and as of which message."""
        session = self._session
        told = {
            box.id: counts.uid_next
            for box in load_mailboxes(session.database, leaving=True)
            if (counts := listed.get(box.wire_name)) is not None
        }
        with session.pace.transaction() as tx:
            note_in_step(tx, self._in_step)
            last = seen_by(tx, self._last, told)
            for mailbox in (*self._in_step, *self._caught_up):
                note_confirmed(tx, mailbox, last)

    def _give_up_the_lost(self) -> None:
        """Give up wishes for messages that were nowhere on the server.

        All mailboxes were seen just now: what has no UID in one that is here whole is
        gone.
        """
        session = self._session
        for operation in due_operations(session.database, datetime.now(UTC)):
            if load_state(session.database, operation.source).low_uid != 1:
                continue
            lost = [
                item.message
                for item in operation.items
                if item.uid is None
                and _is_lost(session, item.message, operation.source)
            ]
            if lost:
                with session.pace.transaction() as tx:
                    settle_items(tx, operation.id, lost)
        if self._astray:
            with session.pace.transaction() as tx:
                session.receipt.unflagged += give_up_astray(tx, self._astray)

    def _sweep(self) -> Iterator[None]:
        """Forget contents that no message has any more."""
        swept = 1
        while swept:
            with self._session.pace.transaction() as tx:
                swept = sweep_unused(tx)
            yield


def _is_lost(session: Session, number: MessageNumber, source: MailboxId) -> bool:
    """Tell whether a message has no UID in the mailbox where the server had it."""
    try:
        location = load_location(session.database, number)
    except NotFound:
        return False
    return location.server_mailbox == source and location.uid is None
