"""A message that begins with nothing but what was asked for."""

from dataclasses import dataclass, replace

from tui_mail.compose.draft import Draft
from tui_mail.compose.identity import Identity
from tui_mail.compose.signature import with_signature
from tui_mail.model.displayable import Displayable


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
