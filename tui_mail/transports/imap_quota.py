"""QUOTA responses to values (RFC 9208, and RFC 2087 before it)."""

from collections.abc import Sequence

from tui_mail.model.displayable import displayable
from tui_mail.model.quota import Quota
from tui_mail.transports.imap_responses import parse_number
from tui_mail.transports.imap_tokens import (
    CLOSE,
    OPEN,
    Unreadable,
    balanced,
    tokens,
)

_MOST = 2**53
_MOST_RESOURCES = 20


def parse_quotas(fragments: Sequence[bytes]) -> list[Quota]:
    """Read ``root (STORAGE 10 512 MESSAGE 3 100)``; raises Unreadable.

    A limit of 0 is none: some servers write it for what is not limited.
    """
    found = tokens(fragments)
    if len(found) < 3 or found[-1] is not CLOSE:
        raise Unreadable("quota")
    start = next((at for at, token in enumerate(found) if token is OPEN), 0)
    if not start or balanced(found, start) != len(found):
        raise Unreadable("quota")
    root = displayable(b" ".join(found[:start])[:200].decode("utf-8", "replace"))
    said = found[start + 1 : -1][: 3 * _MOST_RESOURCES]
    quotas: list[Quota] = []
    for name, used, limit in zip(said[::3], said[1::3], said[2::3], strict=False):
        word = displayable(name[:40].decode("ascii", "replace")).upper()
        one = Quota(root, word, parse_number(used, _MOST), parse_number(limit, _MOST))
        if one.limit:
            quotas.append(one)
    return quotas
