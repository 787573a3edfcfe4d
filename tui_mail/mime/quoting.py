"""What a line of a readable text is: quoted how deeply, or part of a signature."""

import re

_MARKS = re.compile(r"(?:[>|] ?)+")
_ATTRIBUTION = re.compile(
    r"(?:on|am|le|el|il|op|den|em|w dniu)\b.{4,300}"
    r"(?:wrote|schrieb|écrit|escribió|scritto|schreef|skrev|escreveu|napisał)[^:]{0,80}:?$"
    r"|.{1,200}\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\s?:$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht"
    r"|message d'origine|mensaje original)\s*-{2,}",
    re.IGNORECASE,
)


def quote_depth(line: str) -> int:
    """Count the levels at which a line is quoted; ``> >`` and ``>>`` are two."""
    match = _MARKS.match(line) if line[:1] == ">" else None
    return match[0].count(">") if match else 0


def is_attribution(line: str) -> bool:
    """Tell whether a line says who wrote what is quoted below it."""
    flat = line.strip()[:500]
    return bool(_ATTRIBUTION.match(flat) or _ORIGINAL.match(flat))


def signature_start(lines: list[str]) -> int | None:
    """Find the line ``-- `` that begins the signature, the last one; None without."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index] in ("-- ", "--"):
            return index
    return None
