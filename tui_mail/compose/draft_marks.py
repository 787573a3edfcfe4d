"""The field of a draft that says what a plain message cannot."""

from tui_mail.compose.draft import Draft
from tui_mail.compose.header import plain_field

NAME = "X-Tui-Mail-Draft"

_PRIVATE = "private"
_FLAG = "flag="
_FLAGS = ("\\Answered", "$Forwarded")


def field_of(draft: Draft) -> bytes:
    """Write the field; empty where there is nothing to say."""
    marks = [f"{_FLAG}{draft.parent_flag}"] if draft.parent_flag in _FLAGS else []
    if draft.warn_private:
        marks.append(_PRIVATE)
    return plain_field(NAME, *marks) if marks else b""


def read_marks(value: str) -> tuple[str, bool]:
    """Read the field's value: the flag that the parent gets, and ``warn_private``."""
    marks = value.split()
    flags = [mark.removeprefix(_FLAG) for mark in marks if mark.startswith(_FLAG)]
    known = [flag for flag in flags if flag in _FLAGS]
    return known[0] if known else "", _PRIVATE in marks
