"""A message that one answers, forwards or writes on, as far as that needs it."""

from dataclasses import dataclass

from tui_mail.model.body import BodyPart
from tui_mail.model.ids import MessageNumber
from tui_mail.model.readable import ReadableText


@dataclass(frozen=True, slots=True)
class Original:
    """One message of the account that writes."""

    message: MessageNumber
    headers: bytes
    """The header block as it came; all of it, for lists and aliases to be known."""
    text: ReadableText | None = None
    """What is shown of it; None where that is not here."""
    structure: BodyPart | None = None
    """Its parts; None where they are not known: then none can go along."""
    size: int = 0
    """Octets of the whole message."""
    plain: bytes | None = None
    """The encoded octets of ``resuming.exact_part``, where they are here."""
