"""Belt and braces: nothing that reaches the terminal as text may be an instruction.

All text of foreign origin is displayable long before it comes here. This filter sees
each line that Textual writes once more, so that a leak becomes a visible blemish.
"""

import re
from typing import Any

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from tui_mail.ui.cells import FIRST_STRONG_ISOLATE, POP_ISOLATE

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029"
    "\ud800-\udfff]"
)


def _safe(text: str) -> str:
    isolated = text.startswith(FIRST_STRONG_ISOLATE) and text.endswith(POP_ISOLATE)
    if isolated and len(text) > 1:
        return f"{text[0]}{_UNSAFE.sub('', text[1:-1])}{text[-1]}"
    return _UNSAFE.sub("", text)


class NoInstructions(LineFilter):
    """Take control and direction characters out of text on its way to the terminal.

    A segment that is one whole isolate, as our own rows make them, passes. What is
    taken out had no width, so no column moves.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the segments without unsafe characters; control segments stay."""
        return [
            segment
            if segment.control or not _UNSAFE.search(segment.text)
            else Segment(_safe(segment.text), segment.style)
            for segment in segments
        ]


def add_filter(app: App[Any]) -> None:
    """Have every line of this app pass the filter.

    Textual has no public way for this; a test says when the private one goes.
    """
    app._filters.append(NoInstructions())
