"""What is said of a message before it goes."""

from collections.abc import Sequence
from datetime import datetime

from tui_mail.compose.draft import Attachment, Draft
from tui_mail.compose.fields import Recipient, format_one
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.sizes import size_text
from tui_mail.ui.dates import full_date
from tui_mail.ui.screens.review import Told
from tui_mail.ui.widgets.attachment_list import in_words

LARGE = 25_000_000
"""Octets of attachments above which many servers take no message."""


def told_of(
    draft: Draft,
    people: dict[str, Sequence[Recipient]],
    *,
    account: str,
    warnings: Sequence[Displayable],
    at: datetime | None,
    now: datetime,
) -> list[Told]:
    """Say who gets it, and what; ``account`` is named where there are several."""
    count = len({each.address.lower() for each in _all(people)})
    whom = "1 person" if count == 1 else f"{count:,} people"
    sender = displayable(draft.sender)
    told = [Told(own(""), own(f"Send this to {whom}?"))]
    told.append(Told(own("From"), own(f"{sender}  ({account})") if account else sender))
    for key, label in (("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")):
        if people[key]:
            said = ", ".join(displayable(format_one(each)) for each in people[key])
            told.append(Told(own(label), own(said)))
    if draft.reply_to:
        told.append(Told(own("Reply-To"), displayable(draft.reply_to)))
    subject = displayable(draft.subject)
    told.append(Told(own("Subject"), subject or own("(none)")))
    if draft.attachments:
        names = ", ".join(each.name or "a message" for each in draft.attachments)
        said = f"{in_words(draft.attachments)}: {names}"
        told.append(Told(own("With"), own(said)))
    if at is not None:
        told.append(Told(own("Goes"), own(full_date(at, now))))
    return told + [Told(own(""), each, is_warning=True) for each in warnings]


def too_large(attachments: Sequence[Attachment]) -> Displayable:
    """Warn of attachments that many servers do not take; else say nothing."""
    size = sum(each.size for each in attachments)
    if size <= LARGE:
        return own("")
    return own(f"{size_text(size)} go with it; many servers take no more than 25 MB.")


def _all(people: dict[str, Sequence[Recipient]]) -> list[Recipient]:
    return [each for field in people.values() for each in field]
