"""The last look at each line on its way to the terminal.

Belt and braces: nothing that is written as text may be an instruction. All text of
foreign origin is displayable long before it comes here; so a leak becomes a visible
blemish. And what the terminal cannot show, or a person does not want, stays behind.
"""

import re
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from tui_mail.ui.cells import FIRST_STRONG_ISOLATE, POP_ISOLATE, width_of
from tui_mail.ui.signs import UNICODE, choose_signs

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


class NoColours(LineFilter):
    """Leave only bold, dim, underlined and reversed: what stood on a colour is reversed.

    Textual makes greys of colours where NO_COLOR is set; those are colours still.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the segments without colours."""
        return [
            Segment(text, style and _colourless(style), control)
            for text, style, control in segments
        ]


@lru_cache(512)
def _colourless(style: Style) -> Style:
    coloured = style.bgcolor is not None and not style.bgcolor.is_default
    return Style(
        bold=style.bold,
        dim=style.dim and not coloured,
        italic=style.italic,
        underline=style.underline,
        reverse=style.reverse or coloured,
    )


class OnlyAscii(LineFilter):
    """Show a question mark for each cell that this terminal has no character for.

    Octets of UTF-8 could be instructions to a terminal that reads them one by one.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the segments in ASCII; no column moves."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(_ascii(segment.text), segment.style)
            for segment in segments
        ]


_TWINS = str.maketrans("▕▏│─·…▁▂▃▄▅▆▇█", "|||--~       #")
"""What lines and bars, Textual's too, look like in ASCII."""


def _ascii(text: str) -> str:
    return "".join(
        one if one.isascii() else "?" * width_of(one) for one in text.translate(_TWINS)
    )


def add_filters(app: App[Any]) -> None:
    """Have every line of this app pass the filters that this terminal wants.

    Textual has no public way for this; a test says when the private one goes.
    """
    if app.no_color:
        app._filters.insert(0, NoColours())
    app._filters.append(NoInstructions())
    if choose_signs() is not UNICODE:
        app._filters.append(OnlyAscii())
