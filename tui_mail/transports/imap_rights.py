"""MYRIGHTS responses to values (RFC 4314)."""

from collections.abc import Sequence

from tui_mail.model.rights import Rights
from tui_mail.transports.imap_tokens import Unreadable, tokens


def parse_rights(fragments: Sequence[bytes]) -> tuple[bytes, Rights]:
    """Read ``name lrswi``; raises Unreadable."""
    found = tokens(fragments)
    if len(found) < 2:
        raise Unreadable("rights")
    # Some servers do not quote names with spaces.
    name = b" ".join(found[:-1])
    return name, Rights.said(found[-1].decode("ascii", "replace"))
