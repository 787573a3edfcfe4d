"""Flags as programs that keep mail in an mbox write them into its header fields."""

from tui_mail.mime.headers import wanted_fields
from tui_mail.model.flags import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    FORWARDED,
    SEEN,
    Flags,
    canonical,
    is_keyword,
)

_OWN_FIELDS = frozenset(
    {"status", "x-status", "x-keywords", "x-mozilla-status", "x-mozilla-keys"}
)
_LETTERS = {"R": SEEN, "A": ANSWERED, "F": FLAGGED, "D": DELETED, "T": DRAFT}
_MOZILLA = {0x1: SEEN, 0x2: ANSWERED, 0x4: FLAGGED, 0x8: DELETED, 0x1000: FORWARDED}


def mbox_flags(headers: bytes) -> Flags:
    r"""Read the flags that programs keep in header fields; ``\Deleted`` may be in them."""
    fields = wanted_fields(headers, _OWN_FIELDS)
    letters = fields.get("status", "") + fields.get("x-status", "")
    found = {_LETTERS[letter] for letter in letters if letter in _LETTERS}
    try:
        bits = int(fields.get("x-mozilla-status", "0")[:8], 16)
    except ValueError:
        bits = 0
    found |= {flag for bit, flag in _MOZILLA.items() if bits & bit}
    words = f"{fields.get('x-keywords', '')} {fields.get('x-mozilla-keys', '')}"
    return frozenset(
        found | {canonical(one) for one in words.split() if is_keyword(one)}
    )
