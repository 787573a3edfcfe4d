"""One thing fetched that somebody waits for, where no engine is at work."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account
from tui_mail.link.lock import AccountLock
from tui_mail.mime.render import Renderer
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
from tui_mail.sync.session import SMALLEST_WINDOW, Session
from tui_mail.sync.storing import open_database
from tui_mail.sync.texts import fetch_text

PATIENCE = 5.0
"""Seconds for which another process may be at work on the account."""

Progress = Callable[[str, int, int], None]


def fetch_once(
    account: Account,
    places: Places,
    number: MessageNumber,
    part: PartId | None,
    *,
    ask: Callable[[str], str] | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch a part, or the readable text for None, and do nothing else.

    It is written down as a wish: what cannot be had now comes with the next connection,
    unless a person ended it. Raises EngineBusy where another process is at work on the
    account, Outdated where only a synchronization shows which messages the mailbox has
    now, and MailError with what went wrong.
    """
    connector = Connector(account, ask)
    database = open_database(account, places)
    try:
        with (
            _wished(database, number, part),
            AccountLock.acquire(places.lock(account.name), patience=PATIENCE),
        ):
            ended_well = database.begin_use()
            _fetch(database, connector, number, part, progress)
            if ended_well:
                database.end_use()
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
    number: MessageNumber,
    part: PartId | None,
    progress: Progress | None,
) -> None:
    """Fetch it over as many connections as it takes, as long as more comes with each."""

    def tell(text: str, done: int, total: int, _: MailboxId | None) -> None:
        if progress is not None:
            progress(text, done, total)

    tell(f"connecting to {connector.server.host}", 0, 0, None)
    far, again = 0, False
    with Renderer() as renderer:
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
                    for done, total in _steps(session, number, part, renderer):
                        tell("fetching (kB)", done // 1000, total // 1000, None)
                except (LinkLost, ProtocolError) as error:
                    before, far = far, part_progress(database, number, part or WHOLE)
                    if isinstance(error, ServerHangs) or (again and far <= before):
                        raise
                    again = True
                else:
                    connection.logout()
                    return


def _steps(
    session: Session, number: MessageNumber, part: PartId | None, renderer: Renderer
) -> Iterator[tuple[int, int]]:
    """Fetch it over one connection; who asked is told what the server refuses."""
    try:
        if load_location(session.database, number).server_mailbox is None:
            raise NotFound("the server does not have this message yet")
        if part is None:
            fetch_text(session, number, renderer)
        elif part == WHOLE:
            yield from whole_steps(session, number, renderer)
        else:
            yield from part_steps(session, number, part)
    except (NotFound, ServerRefused):
        with session.pace.transaction() as tx:
            forget_wanted(tx, number, part)
        raise
    with session.pace.transaction() as tx:
        forget_wanted(tx, number, part)
        note_use(tx, [number], datetime.now(UTC))
