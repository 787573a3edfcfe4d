"""Text written as ``format=flowed`` (RFC 3676); ``mime.flowed`` reads it."""

import re

SIGNATURE = "-- "

_QUOTE = re.compile(r"(?:> ?)+")
_FULL = 60
"""Columns that a line and the next word have together, if the line was broken there."""


def flowed(text: str) -> str | None:
    """Write text so that its paragraphs flow; None where no line of it is broken softly.

    A soft break is a space at the end of a line that the next word did not fit on.
    Other spaces at the ends of lines go.
    """
    lines = [_cut(line) for line in text.split("\n")]
    after = [*lines[1:], ("", "")]
    soft = [_is_soft(one, other) for one, other in zip(lines, after, strict=True)]
    if not any(soft):
        return None
    return "\n".join(
        _written(quote, content, soft=flows)
        for (quote, content), flows in zip(lines, soft, strict=True)
    )


def _cut(line: str) -> tuple[str, str]:
    """Take the marks of a quote off; each level has one ``>``."""
    match = _QUOTE.match(line)
    if not match:
        return "", line
    return ">" * match[0].count(">"), line[match.end() :]


def _is_soft(line: tuple[str, str], after: tuple[str, str]) -> bool:
    quote, content = line
    other_quote, other = after
    if not content.endswith(" ") or content == SIGNATURE or other == SIGNATURE:
        return False
    if quote != other_quote or not other.strip() or other.startswith(" "):
        return False
    return len(content) + len(other.split(maxsplit=1)[0]) > _FULL


def _written(quote: str, content: str, *, soft: bool) -> str:
    if content != SIGNATURE:
        content = f"{content.rstrip(' ')} " if soft else content.rstrip(" ")
    if quote:
        return f"{quote} {content}" if content else quote
    stuffed = content.startswith((" ", ">", "From "))
    return f" {content}" if stuffed else content
