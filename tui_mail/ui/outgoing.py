"""From what was written to what goes out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tui_mail.compose.draft import Attachment, Draft
from tui_mail.compose.serialise import outgoing_of
from tui_mail.compose.wrapping import wrapped
from tui_mail.model.outgoing import Outgoing


def outgoing(
    draft: Draft, load: Callable[[Attachment], bytes], now: datetime
) -> Outgoing:
    """Make the message, the lines of its paragraphs broken; it may take its time.

    Raises MailError.
    """
    return outgoing_of(replace(draft, body=wrapped(draft.body)), load, now=now)


def held_until(now: datetime, seconds: int) -> datetime | None:
    """Say until when it can be taken back; None where it cannot."""
    return now + timedelta(seconds=seconds) if seconds > 0 else None
