"""What somebody waits for, fetched where no engine is at work."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account
from tui_mail.link.lock import AccountLock
from tui_mail.model.error import (
    LinkLost,
    NotFound,
    ProtocolError,
    ServerHangs,
    ServerRefused,
)
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId
from tui_mail.store.content import note_use, part_progress
from tui_mail.store.database import Database
from tui_mail.store.messages import load_location
from tui_mail.store.wanting import forget_wanted, is_wanted, want_part
from tui_mail.sync.connecting import Connector
from tui_mail.sync.pacing import UNWATCHED_LENGTH, Pace
from tui_mail.sync.parts import part_steps, whole_steps
from tui_mail.sync.reading import Reader
from tui_mail.sync.session import SMALLEST_WINDOW, Session
from tui_mail.sync.storing import open_database
from tui_mail.sync.texts import fetch_text
from tui_mail.sync.upkeep import make_ready_once
from tui_mail.sync.wholes import Wholes

PATIENCE = 5.0
"""Seconds for which another process may be at work on the account."""

Ask = Callable[[str], str]
Progress = Callable[[str, int, int], None]
Step = tuple[str, int, int]
"""What is done, how far it is, and of how much."""


def fetch_once(
    account: Account,
    places: Places,
    number: MessageNumber,
    part: PartId | None,
    *,
    ask: Ask | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch a part, or the readable text for None, and do nothing else.

    It is written down as a wish: what cannot be had now comes with the next connection,
    unless a person ended it. Raises EngineBusy where another process is at work on the
    account, Outdated where only a synchronization shows which messages the mailbox has
    now, and MailError with what went wrong.
    """
    if account.imap is None:
        make_ready_once(account, places, number, part)
        return
    connector = Connector(account, ask)
    database = open_database(account, places)
    try:
        with (
            _wished(database, number, part),
            AccountLock.acquire(places.lock(account.name), patience=PATIENCE),
        ):
            _fetch(
                database,
                connector,
                lambda session, renderer: _steps(session, number, part, renderer),
                lambda: part_progress(database, number, part or WHOLE),
                progress,
            )
    finally:
        database.close()


def fetch_whole_once(
    account: Account,
    places: Places,
    numbers: Sequence[MessageNumber],
    *,
    ask: Ask | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch messages whole that are not here so, and do nothing else.

    What cannot be had is passed over, and nothing is written down as a wish. Raises as
    :func:`fetch_once`.
    """
    connector = Connector(account, ask)
    database = open_database(account, places)
    try:
        with AccountLock.acquire(places.lock(account.name), patience=PATIENCE):
            wholes = Wholes(database, numbers)
            _fetch(database, connector, wholes.steps, wholes.how_far, progress)
    finally:
        database.close()


@contextmanager
def _wished(
    database: Database, number: MessageNumber, part: PartId | None
) -> Iterator[None]:
    """Write it down as a wish; where a person ends it, it is one no more."""
    waited = is_wanted(database, number, (part,))
    with database.transaction() as tx:
        want_part(tx, number, part)
    try:
        yield
    except KeyboardInterrupt:
        if not waited:
            with database.transaction() as tx:
                forget_wanted(tx, number, part)
        raise


def _fetch(
    database: Database,
    connector: Connector,
    steps: Callable[[Session, Reader], Iterator[Step]],
    how_far: Callable[[], int],
    progress: Progress | None,
) -> None:
    """Fetch it over as many connections as it takes, as long as more comes with each."""

    def tell(text: str, done: int, total: int, _: MailboxId | None) -> None:
        if progress is not None:
            progress(text, done, total)

    ended_well = database.begin_use()
    tell(f"connecting to {connector.server.host}", 0, 0, None)
    far, again = 0, False
    with Reader() as renderer:
        while True:
            with closing(connector.connect()) as connection:
                session = Session(
                    connection,
                    database,
                    connector.connect,
                    tell=tell,
                    pace=Pace(database, length=UNWATCHED_LENGTH),
                )
                if again:
                    # So that something is here before this link is lost too.
                    session.window = SMALLEST_WINDOW
                try:
                    for step in steps(session, renderer):
                        tell(*step, None)
                except (LinkLost, ProtocolError) as error:
                    before, far = far, how_far()
                    if isinstance(error, ServerHangs) or (again and far <= before):
                        raise
                    again = True
                else:
                    connection.logout()
                    break
    if ended_well:
        database.end_use()


def _steps(
    session: Session, number: MessageNumber, part: PartId | None, renderer: Reader
) -> Iterator[Step]:
    """Fetch it over one connection; who asked is told what the server refuses."""
    try:
        if load_location(session.database, number).server_mailbox is None:
            raise NotFound("the server does not have this message yet")
        if part is None:
            fetch_text(session, number, renderer)
        elif part == WHOLE:
            yield from _in_kilobytes(whole_steps(session, number, renderer))
        else:
            yield from _in_kilobytes(part_steps(session, number, part))
    except (NotFound, ServerRefused):
        with session.pace.transaction() as tx:
            forget_wanted(tx, number, part)
        raise
    with session.pace.transaction() as tx:
        forget_wanted(tx, number, part)
        note_use(tx, [number], datetime.now(UTC))


def _in_kilobytes(steps: Iterator[tuple[int, int]]) -> Iterator[Step]:
    for done, total in steps:
        yield "fetching (kB)", done // 1000, total // 1000
