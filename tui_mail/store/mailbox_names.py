"""Names of mailboxes: as people write them, and as the server is told.

People part a mailbox from those below it with ``/``, whatever the server's delimiter is.
What a person names goes below the mailbox that is named before the ``/``, else to where
the server has one's own mailboxes.
"""

import unicodedata
from dataclasses import dataclass

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.error import MailError
from tui_mail.model.mailbox_names import decode_name, encode_name
from tui_mail.store.source import Source

_LONGEST = 250
_INBOX = "INBOX"
_USED = """
    SELECT (SELECT is_local OR followed FROM mailbox WHERE id = b.id), kind
    FROM mailbox b LEFT JOIN mailbox_wish w ON w.mailbox = b.id
        AND (w.kind = 'create') = (w.state = 'failed')
    WHERE b.id <> 0 AND (b.wire_name = ? OR b.name = ?)
    ORDER BY kind IS NULL LIMIT 1
"""
_WHY_USED = {
    "delete": "it waits to be deleted on the server",
    "rename": "it waits to be renamed on the server",
    "create": "the server refused to make it; it is among what waits",
}


@dataclass(frozen=True, slots=True)
class Root:
    """Where one's own mailboxes lie on the server."""

    prefix: bytes
    """What their wire names begin with, the delimiter at its end too."""
    delimiter: str
    """Empty where a mailbox can have none below it."""


@dataclass(frozen=True, slots=True)
class NewName:
    """The name of a mailbox that is to be."""

    wire_name: bytes
    shown: Displayable
    delimiter: str


def shown_name(name: str, delimiter: str) -> Displayable:
    """Write the hierarchy of a decoded name with slashes."""
    if delimiter in ("", "/"):
        return displayable(name)
    return displayable(name.replace(delimiter, "/"))


def new_name(source: Source, typed: str) -> NewName:
    """Name a mailbox as a person typed it; raises MailError if that cannot be."""
    made = named(source, typed)
    row = source.connection.execute(_USED, (made.wire_name, made.shown)).fetchone()
    if row is not None:
        followed, kind = row
        why = _WHY_USED.get(kind, "" if followed else "it is not subscribed to")
        said = f'"{made.shown}" is there already'
        raise MailError(f"{said}: {why}" if why else said)
    return made


def named(source: Source, typed: str) -> NewName:
    """Name a mailbox, whether there is one of that name or not; raises MailError."""
    root = load_root(source)
    parts = _parts(typed)
    base, above, left = _base(source, parts, root)
    _refuse_delimiter(left, base.delimiter, below=len(parts) > 1)
    try:
        wire_names = [encode_name(part) for part in left]
    except ValueError:
        raise MailError("such letters cannot be in a name") from None
    wire_name = base.prefix + _octets(base.delimiter).join(wire_names)
    return NewName(wire_name, displayable(above + "/".join(left)), base.delimiter)


def _parts(typed: str) -> list[str]:
    """Cut a name at its slashes; raises MailError for what no server would take."""
    name = " ".join(unicodedata.normalize("NFC", typed).split()).rstrip("/")
    parts = [part.strip() for part in name.split("/")]
    if not all(parts):
        raise MailError('a mailbox needs a name; "/" stands between two names')
    if len(name) > _LONGEST:
        raise MailError(f"a name has {_LONGEST} letters at most")
    if displayable(name) != name:
        raise MailError("a name cannot hold what is not seen")
    if wild := next((letter for letter in "*%" if letter in name), ""):
        raise MailError(
            f'"{wild}" cannot be in a name: to servers it means any letters'
        )
    if parts[0].upper() == _INBOX:
        parts[0] = _INBOX
    return parts


def _refuse_delimiter(parts: list[str], delimiter: str, *, below: bool) -> None:
    """Raise MailError for names that would be something else to the server."""
    if below and not delimiter:
        raise MailError("on this server no mailbox lies below another")
    if delimiter not in ("", "/") and any(delimiter in part for part in parts):
        raise MailError(
            f'"{delimiter}" cannot be in a name here: it parts names on this server; '
            'write "/" for a mailbox below another'
        )


def _base(source: Source, parts: list[str], root: Root) -> tuple[Root, str, list[str]]:
    """Find the nearest mailbox above, as the root of those below it, and as it is shown.

    The last is what is left of the name below it. Raises MailError where there can be
    none below it.
    """
    above = str(shown_name(decode_name(root.prefix), root.delimiter))
    for length in range(len(parts) - 1, 0, -1):
        name = displayable("/".join(parts[:length]))
        row = source.connection.execute(
            "SELECT wire_name, delimiter, inferiors, name FROM mailbox WHERE id <> 0"
            " AND name IN (:name, :below) ORDER BY name = :name DESC LIMIT 1",
            {"name": name, "below": above + name},
        ).fetchone()
        if row is None:
            continue
        wire_name, delimiter, inferiors, found = row
        if not inferiors:
            raise MailError(f'no mailbox can lie below "{found}"')
        prefix = wire_name + _octets(delimiter)
        return Root(prefix, delimiter), f"{found}/", parts[length:]
    if parts == [_INBOX]:
        return Root(b"", root.delimiter), "", parts
    return root, above, parts


def load_root(source: Source) -> Root:
    """Load where one's own mailboxes lie: what the server said, else what is seen."""
    row = source.connection.execute(
        "SELECT prefix, delimiter FROM namespace WHERE kind = 'personal'"
        " ORDER BY place LIMIT 1"
    ).fetchone()
    if row is not None:
        return Root(*row)
    listed = source.connection.execute(
        "SELECT wire_name, delimiter FROM mailbox WHERE id <> 0 AND is_local = 0"
        " ORDER BY wire_name <> x'494e424f58', id"
    ).fetchall()
    if not listed:
        return Root(b"", "/")
    delimiter = max((mark for _, mark in listed), key=bool)
    inside = _octets(_INBOX + delimiter)
    others = [name for name, _ in listed if name != _octets(_INBOX)]
    below = bool(delimiter and others) and all(
        name.startswith(inside) for name in others
    )
    return Root(inside if below else b"", delimiter)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")
