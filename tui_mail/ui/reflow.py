"""Paragraphs that their sender broke into lines wider than the screen, joined again.

Wrapped one by one, such lines leave a word alone on every second row.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tui_mail.ui.cells import width_of
from tui_mail.ui.document import Line, Look, quote_depth

_NARROW = 50
"""Lines below this many cells were broken where their sender wanted it."""
_BEGINS = re.compile(r"[^\w\"'(\[<&$€£„“”«‚‘’…]|\d+[.)]|\w+: |https?://|\[\d+\] ")
"""What a line begins with that stands for itself: a list, a table, a header, a rule."""
_COLUMNS = re.compile(r"\S {3,}\S|\t")


def reflowed(lines: Sequence[Line], room: int) -> list[Line]:
    """Join the lines of paragraphs that do not fit into ``room`` cells as they are."""
    made: list[Line] = []
    start = 0
    while start < len(lines):
        end = start + 1
        while end < len(lines) and _is_prose(lines[end - 1], lines[end]):
            end += 1
        made += _paragraph(lines[start:end], room)
        start = end
    return made


def _is_prose(line: Line, following: Line) -> bool:
    """Tell whether the second line may go on with the sentence of the first."""
    if not line.look is following.look is Look.TEXT:
        return False
    (depth, begin), (other, other_begin) = map(quote_depth, (line.text, following.text))
    body, next_body = line.text[begin:], following.text[other_begin:]
    return (
        depth == other
        and bool(body.strip() and next_body)
        and not body[0].isspace()
        and not _BEGINS.match(next_body)
        and not _COLUMNS.search(body)
        and width_of(body[-1]) == width_of(next_body[0]) == 1
    )


def _paragraph(lines: Sequence[Line], room: int) -> list[Line]:
    widths = [width_of(line.text) for line in lines]
    widest = max(widths)
    depth, begin = quote_depth(lines[0].text)
    if len(lines) < 2 or max(widest - begin, _NARROW) <= room - 2 * depth:
        return list(lines)
    made = [lines[0]]
    for line, width in zip(lines[1:], widths, strict=False):
        body = line.text[quote_depth(line.text)[1] :]
        word = body.partition(" ")[0]
        if width >= _NARROW and width + 1 + width_of(word) > widest:
            made[-1] = replace(made[-1], text=f"{made[-1].text.rstrip()} {body}")
        else:
            made.append(line)
    return made
