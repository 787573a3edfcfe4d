"""Which parts a person reads, and which are attachments."""

from tui_mail.model.body import BodyPart


def text_parts(structure: BodyPart, *, prefer: str = "plain") -> tuple[BodyPart, ...]:
    """Choose the parts to fetch and show; ``prefer`` is ``plain`` or ``html``."""
    raise NotImplementedError


def attachments(structure: BodyPart) -> tuple[BodyPart, ...]:
    """List what a person would call the attachments, in document order."""
    raise NotImplementedError
