"""Mail fetched ahead of time, so that it can be read offline."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from tui_mail.config.settings import Account
from tui_mail.mime.render import Renderer
from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox
from tui_mail.store.content import (
    complete_parts,
    forget_wanted,
    load_wanted,
    missing_text,
    missing_whole,
)
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.sync.parts import fetch_part, fetch_small, fetch_whole, quietly
from tui_mail.sync.piecewise import complain
from tui_mail.sync.refusals import is_about_messages
from tui_mail.sync.session import Outdated, Session
from tui_mail.sync.texts import fetch_text, fetch_texts

_BATCH = 50
"""Messages whose texts are fetched before something more urgent may come."""

Missing = Callable[[MailboxId, int], list[MessageNumber]]


def fetch_wanted(session: Session, renderer: Renderer) -> Iterator[None]:
    """Fetch what was asked for while there was no connection."""
    for number, part in load_wanted(session.database):
        try:
            if part is None:
                fetch_text(session, number, renderer)
            else:
                fetch_part(session, number, part, quietly)
        except Outdated:
            continue
        except (NotFound, ServerRefused):
            # It cannot be had: asking again would change nothing.
            pass
        with session.pace.transaction() as tx:
            forget_wanted(tx, number, part)
        yield


def fetch_ahead(
    session: Session, account: Account, renderer: Renderer, *, whole: bool
) -> Iterator[None]:
    """Fetch what ``download`` and ``keep_days`` say, or whole messages of all."""
    download = "all" if whole else account.download
    if download == "headers":
        return
    days = account.keep_days
    since = datetime.now(UTC) - timedelta(days=days) if days else None

    def texts(mailbox: MailboxId, limit: int) -> list[MessageNumber]:
        return missing_text(session.database, mailbox, since=since, limit=limit)

    def wholes(mailbox: MailboxId, limit: int) -> list[MessageNumber]:
        return missing_whole(session.database, mailbox, since=since, limit=limit)

    for box in session.stumbles.ordered(load_mailboxes(session.database)):
        if not box.selectable or box.local:
            continue
        if session.stumbles.given_up(box.id):
            continue
        try:
            with session.stumbles.watched(session.database, box.id):
                if download == "all":
                    yield from _wholes_of(session, box, wholes, renderer)
                else:
                    yield from _texts_of(session, box, texts, renderer)
        except ServerRefused as refusal:
            session.receipt.complain(f"{box.name}: {refusal.line}")
        except Outdated:
            continue


def _texts_of(
    session: Session, box: Mailbox, missing: Missing, renderer: Renderer
) -> Iterator[None]:
    tried: set[MessageNumber] = set()
    while numbers := _untried(box.id, missing, tried):
        tried.update(numbers)
        made = fetch_texts(session, numbers, renderer)
        session.receipt.texts += made
        session.tell(f"fetching the texts of {box.name}", len(tried), 0, box.id)
        yield


def _wholes_of(
    session: Session, box: Mailbox, missing: Missing, renderer: Renderer
) -> Iterator[None]:
    tried: set[MessageNumber] = set()
    while numbers := _untried(box.id, missing, tried):
        tried.update(numbers)
        session.receipt.texts += fetch_small(session, numbers, renderer)
        yield
        for number in numbers:
            try:
                if WHOLE in complete_parts(session.database, number):
                    continue
                fetch_whole(session, number, renderer, quietly)
            except NotFound:
                continue
            except ServerRefused as refusal:
                if not is_about_messages(refusal):
                    raise
                complain(session, str(box.name), [refusal])
                continue
            session.receipt.texts += 1
            yield
        session.tell(f"fetching the mail of {box.name}", len(tried), 0, box.id)


def _untried(
    mailbox: MailboxId, missing: Missing, tried: set[MessageNumber]
) -> list[MessageNumber]:
    """List the next that are missing; what failed before is not tried again."""
    limit = _BATCH
    while True:
        numbers = missing(mailbox, limit)
        fresh = [number for number in numbers if number not in tried]
        if fresh or len(numbers) < limit:
            return fresh[:_BATCH]
        limit *= 2
