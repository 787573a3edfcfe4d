"""A message that begins with nothing but what was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui_mail.compose.draft import Draft
from tui_mail.compose.identity import Identity
from tui_mail.compose.mailto import Mailto
from tui_mail.compose.signature import with_signature
from tui_mail.model.displayable import Displayable, displayable


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What a command line or a link asks to be written."""

    draft: Draft
    note: Displayable = Displayable("")
    """What whoever writes it is to read first."""


def new_message(identity: Identity, *, to: str = "", body: str = "") -> Draft:
    r"""Begin a message; the signature stands below the body.

    Its other fields come by ``dataclasses.replace``.
    """
    text = body if body.endswith("\n") else f"{body}\n"
    begun = Draft(account=identity.account, sender=identity.sender, to=to)
    return replace(begun, body=with_signature(text, identity.signature))


def linked(draft: Draft, link: Mailto) -> Draft:
    """Fill in what a link asks for, but its text."""
    draft = replace(
        draft,
        to=joined(draft.to, link.to),
        cc=joined(draft.cc, link.cc),
        subject=draft.subject or link.subject,
    )
    if link.in_reply_to and not draft.in_reply_to:
        parents = (link.in_reply_to,)
        draft = replace(draft, in_reply_to=link.in_reply_to, references=parents)
    return draft


def joined(*addresses: str) -> str:
    """Put what was typed or asked for into one field."""
    return ", ".join(filter(None, (displayable(one) for one in addresses)))


def not_taken(links: Iterable[Mailto]) -> str:
    """Say what links ask for besides; empty where that is nothing."""
    names = dict.fromkeys(name for link in links for name in link.ignored)
    return f"Not taken from the link: {', '.join(names)}." if names else ""
