"""The field of a draft that says what a plain message cannot."""

from dataclasses import dataclass

from tui_mail.compose.ancestry import is_message_id
from tui_mail.compose.draft import Draft
from tui_mail.compose.header import plain_field

NAME = "X-Tui-Mail-Draft"

_PRIVATE = "private"
_FLAG = "flag="
_FORWARDS = "forwards="
_FLAGS = ("\\Answered", "$Forwarded")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a plain message cannot say of a draft."""

    parent_flag: str = ""
    forwarded_id: str = ""
    warn_private: bool = False


def field_of(draft: Draft) -> bytes:
    """Write the field; empty where there is nothing to say."""
    marks = [f"{_FLAG}{draft.parent_flag}"] if draft.parent_flag in _FLAGS else []
    if is_message_id(draft.forwarded_id):
        marks.append(f"{_FORWARDS}{draft.forwarded_id}")
    if draft.warn_private:
        marks.append(_PRIVATE)
    return plain_field(NAME, *marks) if marks else b""


def read_marks(value: str) -> Marks:
    """Read the field's value; what is not understood is left out."""
    marks = value.split()
    flags = [flag for flag in _values(marks, _FLAG) if flag in _FLAGS]
    ids = [one for one in _values(marks, _FORWARDS) if is_message_id(one)]
    return Marks(
        parent_flag=flags[0] if flags else "",
        forwarded_id=ids[0] if ids else "",
        warn_private=_PRIVATE in marks,
    )


def _values(marks: list[str], name: str) -> list[str]:
    return [mark.removeprefix(name) for mark in marks if mark.startswith(name)]
