"""File names from hostile names."""

import re
import unicodedata

from tui_mail.model.displayable import displayable

MAX_OCTETS = 200

_SEPARATORS = re.compile(r'[/\\:*?"<>|%`$;\x00-\x1f\x7f]+')
_MARKS = re.compile("[\u2400-\u2421\ufffd‹›]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_filename(name: str) -> str:
    """Make a name that can only lie in the folder it is saved in; at most 200 octets.

    Takes what stands after the last slash or backslash, without anything that a shell,
    a terminal or a file system could mistake; ``attachment`` where nothing is left.
    """
    base = re.split(r"[/\\]", name.replace("\x00", ""))[-1]
    shown = _MARKS.sub("_", displayable(unicodedata.normalize("NFC", base[:1_000])))
    clean = _SEPARATORS.sub("_", shown).strip(" .").lstrip("-~.")
    if not clean.strip("_ ."):
        return "attachment"
    if _RESERVED.match(clean):
        clean = "_" + clean
    return _shortened(clean)


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = MAX_OCTETS - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + extension
