"""Parts to the text that a person reads."""

from collections.abc import Mapping

from tui_mail.model.body import BodyPart
from tui_mail.model.ids import PartId
from tui_mail.model.readable import ReadableText

RENDERER = 1
"""The version of what is made here; a text of an older one is made anew."""


def make_readable(
    headers: bytes,
    structure: BodyPart,
    parts: Mapping[PartId, bytes],
    *,
    prefer: str = "plain",
) -> ReadableText:
    """Make the readable text of a message from its encoded parts."""
    raise NotImplementedError


def plain_fallback(
    headers: bytes,
    structure: BodyPart,
    parts: Mapping[PartId, bytes],
    *,
    prefer: str = "plain",
) -> ReadableText:
    """Make a readable text without any HTML library, in linear time."""
    raise NotImplementedError
