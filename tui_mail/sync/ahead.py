"""Mail fetched ahead of time, so that it can be read offline."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from tui_mail.config.settings import Account
from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox
from tui_mail.store.content import complete_parts, missing_text, missing_whole, note_use
from tui_mail.store.mailboxes import load_mailbox, load_mailboxes
from tui_mail.store.messages import load_location, load_summaries
from tui_mail.store.pinning import missing_pinned
from tui_mail.store.wanting import (
    WantedPart,
    forget_wanted,
    is_wanted,
    load_wanted,
    postpone_wanted,
    refuse_wanted,
)
from tui_mail.sync.evicting import Room, horizons
from tui_mail.sync.parts import fetch_small, part_steps, whole_steps
from tui_mail.sync.piecewise import complain
from tui_mail.sync.reading import Reader
from tui_mail.sync.readying import Readying, Save, save_each
from tui_mail.sync.refusals import Verdict, is_about_messages, judge
from tui_mail.sync.session import Outdated, Session
from tui_mail.sync.texts import fetch_text, gather_texts

_BATCH = 50
"""Messages whose texts are fetched before something more urgent may come."""
_RECENT = (timedelta(days=30), timedelta(days=365))
"""What is so old at most comes first, of all mailboxes."""

Missing = Callable[[int], list[MessageNumber]]


def fetch_wanted(session: Session, renderer: Reader) -> Iterator[None]:
    """Fetch what was asked for while there was no connection."""
    now = datetime.now(UTC)
    for one in load_wanted(session.database, now):
        try:
            location = load_location(session.database, one.message)
            if location.uid is None or location.server_mailbox is None:
                # The server gets it only now, or it is being found again.
                continue
            with session.stumbles.watched(session.database, location.server_mailbox):
                yield from _one_wanted(session, one, renderer)
        except Outdated:
            continue
        except ServerRefused as refusal:
            _judge(session, one, refusal)
            continue
        except NotFound:
            # It cannot be had: asking again would change nothing.
            pass
        with session.pace.transaction() as tx:
            forget_wanted(tx, one.message, one.part)
            note_use(tx, [one.message], now)
        yield


def _one_wanted(session: Session, one: WantedPart, renderer: Reader) -> Iterator[None]:
    """Fetch one, until nobody wants it any more."""
    if one.part is None:
        fetch_text(session, one.message, renderer)
        return
    steps = (
        whole_steps(session, one.message, renderer)
        if one.part == WHOLE
        else part_steps(session, one.message, one.part)
    )
    for done, total in steps:
        if not is_wanted(session.database, one.message, (one.part,)):
            return
        said = "fetching what was asked for (kB)"
        session.tell(said, done // 1000, total // 1000, None)
        yield


def _judge(session: Session, one: WantedPart, refusal: ServerRefused) -> None:
    said = judge(refusal, attempts=one.attempts, now=datetime.now(UTC))
    with session.pace.transaction() as tx:
        if said.verdict is Verdict.LATER:
            postpone_wanted(tx, one, said.until, said.why)
        else:
            refuse_wanted(tx, one, said.why)


def fetch_ahead(
    session: Session, account: Account, renderer: Reader, *, whole: bool
) -> Iterator[None]:
    """Fetch what is pinned, then what ``download`` and ``keep_days`` say, or all whole.

    Of that as much as ``cache_limit`` has room for, the newest first; what is above it
    goes after.
    """
    download = "all" if whole else account.download
    now, days = datetime.now(UTC), account.keep_days
    since = now - timedelta(days=days) if days else None
    room = Room(session, account, download=download, since=since)
    yield from _pinned(session, renderer)
    if download != "headers":
        for horizon in horizons(since, [now - age for age in _RECENT]):
            for box in session.stumbles.ordered(load_mailboxes(session.database)):
                if box.selectable and not box.local:
                    yield from _of_mailbox(
                        session, box, _Wanted(room, renderer, download, horizon)
                    )
    yield from room.tidy()
    if whole and room.left_out:
        # It was asked for by itself: else it goes without saying.
        session.receipt.alerts.append("cache_limit has no room for all of it")


class _Wanted:
    """What is to be fetched of a mailbox, and how."""

    def __init__(
        self, room: Room, renderer: Reader, download: str, since: datetime | None
    ) -> None:
        self.room = room
        self.renderer = renderer
        self.whole = download == "all"
        self._since = since

    def missing(self, session: Session, mailbox: MailboxId) -> Missing:
        """Give what lists the messages of which it is not here, newest first."""
        find = missing_whole if self.whole else missing_text

        def listed(limit: int) -> list[MessageNumber]:
            return find(session.database, mailbox, since=self._since, limit=limit)

        return listed


def _of_mailbox(session: Session, box: Mailbox, wanted: _Wanted) -> Iterator[None]:
    if session.stumbles.given_up(box.id):
        return
    try:
        with session.stumbles.watched(session.database, box.id):
            yield from _missing_of(session, box, wanted)
    except ServerRefused as refusal:
        session.receipt.complain(f"{box.name}: {refusal.line}")
    except Outdated:
        return


def _missing_of(session: Session, box: Mailbox, wanted: _Wanted) -> Iterator[None]:
    """Fetch what is missing of a mailbox, while the messages before are made ready."""
    with Readying(session.pace, save_each) as readying:
        for numbers in _batches(session, wanted.missing(session, box.id), wanted):
            if wanted.whole:
                yield from _wholes(session, box, numbers, wanted.renderer, readying)
            else:
                gather_texts(session, numbers, wanted.renderer, readying)
                said = f"fetching the texts of {box.name}"
                session.tell(said, len(numbers), 0, box.id)
                yield
        session.receipt.texts += readying.finish()


def _batches(
    session: Session, missing: Missing, wanted: _Wanted
) -> Iterator[list[MessageNumber]]:
    """Give what is missing, some at a time, as far as there is room for it."""
    tried: set[MessageNumber] = set()
    while numbers := _untried(missing, tried):
        tried.update(numbers)
        rows = [row for row in load_summaries(session.database, numbers) if row]
        fitting = wanted.room.fitting(rows, whole=wanted.whole)
        if fitting:
            yield [row.number for row in fitting]
        if wanted.room.is_full:
            return


def _pinned(session: Session, renderer: Reader) -> Iterator[None]:
    """Fetch what a person keeps here, whole, whatever the settings say."""
    tried: set[MessageNumber] = set()

    def missing(limit: int) -> list[MessageNumber]:
        return missing_pinned(session.database, limit)

    while numbers := _untried(missing, tried):
        tried.update(numbers)
        for place, those in _by_mailbox(session, numbers).items():
            try:
                box = load_mailbox(session.database, place)
                if session.stumbles.given_up(place):
                    continue
                with (
                    session.stumbles.watched(session.database, place),
                    Readying(session.pace, save_each) as readying,
                ):
                    yield from _wholes(session, box, those, renderer, readying)
                    session.receipt.texts += readying.finish()
            except ServerRefused as refusal:
                session.receipt.complain(f"pinned: {refusal.line}")
            except (Outdated, NotFound):
                continue


def _by_mailbox(
    session: Session, numbers: Sequence[MessageNumber]
) -> dict[MailboxId, list[MessageNumber]]:
    """Group messages by where the server has them."""
    places: dict[MailboxId, list[MessageNumber]] = {}
    for number in numbers:
        try:
            place = load_location(session.database, number).server_mailbox
        except NotFound:
            continue
        if place is not None:
            places.setdefault(place, []).append(number)
    return places


def _wholes(
    session: Session,
    box: Mailbox,
    numbers: Sequence[MessageNumber],
    renderer: Reader,
    readying: Readying[Save],
) -> Iterator[None]:
    """Fetch messages of one mailbox whole, the small ones together."""
    came = fetch_small(session, numbers, renderer, readying)
    readying.turn()
    yield
    for number in numbers:
        if number in came:
            continue
        try:
            if WHOLE in complete_parts(session.database, number):
                continue
            for _ in whole_steps(session, number, renderer):
                yield
        except NotFound:
            continue
        except ServerRefused as refusal:
            if not is_about_messages(refusal):
                raise
            complain(session, str(box.name), [refusal])
            continue
        session.receipt.texts += 1
    session.tell(f"fetching the mail of {box.name}", len(numbers), 0, box.id)


def _untried(missing: Missing, tried: set[MessageNumber]) -> list[MessageNumber]:
    """List the next that are missing; what failed before is not tried again."""
    limit = _BATCH
    while True:
        numbers = missing(limit)
        fresh = [number for number in numbers if number not in tried]
        if fresh or len(numbers) < limit:
            return fresh[:_BATCH]
        limit *= 2
