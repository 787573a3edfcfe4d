"""The one boundary between hostile text and whatever shows it.

Whatever a message or a server says is text to be shown, never an instruction to
the terminal. Everything of foreign origin passes :func:`displayable` after its
charset was decoded and, for HTML, after the conversion to text; what comes out can
go to any terminal, widget or file. Nothing else makes a :data:`Displayable` from
foreign text.
"""

import re
from typing import NewType

Displayable = NewType("Displayable", str)
"""Text without control characters, escape sequences or invisible direction marks."""

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029"
    + _BIDI
    + "\u00ad\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROLS = bytes(
    code for code in range(128) if not chr(code).isprintable() and code not in b"\t\n"
)
"""What an ASCII text of many lines may not have."""
_SPACES = re.compile(r"[ \t\n\xa0]+")


def _mark(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if character in _BIDI:
        return f"‹{_BIDI_NAMES[character]}›"
    if code < 0xA0 or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return ""


_BIDI_NAMES = dict(
    zip(
        _BIDI,
        [
            "ALM",
            "LRM",
            "RLM",
            "LRE",
            "RLE",
            "PDF",
            "LRO",
            "RLO",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        ],
        strict=True,
    )
)


def displayable(text: str) -> Displayable:
    """Make foreign text safe to show on one line.

    Line ends and runs of white space become one space; control characters become
    their pictures (ESC is ``␛``), direction controls their names (``‹RLO›``),
    characters without any look are dropped.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return Displayable(text.strip())
    # What is dropped may stand between two spaces.
    marked = _UNSAFE.sub(_mark, _BREAKS.sub(" ", text))
    return Displayable(_SPACES.sub(" ", marked).strip())


def displayable_lines(text: str) -> Displayable:
    r"""Make foreign text safe to show, its lines kept as ``\n`` and tabs as they are."""
    if text.isascii():
        octets = text.encode("ascii")
        if len(octets.translate(None, _CONTROLS)) == len(octets):
            return Displayable(text)
    return Displayable(_UNSAFE.sub(_mark, _BREAKS.sub("\n", text)))


def own(text: str) -> Displayable:
    """Name a text that we wrote ourselves, or put together from displayable pieces."""
    return Displayable(text)
