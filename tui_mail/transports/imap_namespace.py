"""NAMESPACE responses to values (RFC 2342)."""

from collections.abc import Sequence

from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.transports.imap_arguments import can_be_said
from tui_mail.transports.imap_tokens import (
    CLOSE,
    OPEN,
    Token,
    Unreadable,
    balanced,
    is_nil,
    tokens,
)

_MOST = 100
_KINDS = (NamespaceKind.PERSONAL, NamespaceKind.OTHERS, NamespaceKind.SHARED)


def parse_namespaces(fragments: Sequence[bytes]) -> tuple[Namespace, ...]:
    """Read ``(("" "/")) NIL NIL``; raises Unreadable.

    What cannot be told to the server again, as a part of a name, is left out.
    """
    found = tokens(fragments)
    namespaces: list[Namespace] = []
    position = 0
    for kind in _KINDS:
        if position >= len(found):
            raise Unreadable("namespace")
        end = balanced(found, position)
        value = found[position:end]
        if not is_nil(value[0]):
            namespaces += _of_kind(kind, value)
        position = end
    return tuple(namespaces[:_MOST])


def _of_kind(kind: NamespaceKind, value: Sequence[Token]) -> list[Namespace]:
    """Read ``(("" "/")("#mh/" "/" …))``."""
    if value[0] is not OPEN:
        raise Unreadable("namespace")
    made: list[Namespace] = []
    position = 1
    while value[position] is not CLOSE:
        end = balanced(value, position)
        one = value[position + 1 : end - 1]
        if value[position] is OPEN and len(one) >= 2:
            prefix = b"" if is_nil(one[0]) else bytes(one[0])
            delimiter = b"" if is_nil(one[1]) else one[1][:1]
            if can_be_said(prefix + delimiter):
                made.append(Namespace(kind, prefix, delimiter.decode("latin-1")))
        position = end
    return made
