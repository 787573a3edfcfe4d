"""Messages as lines of JSON: what is not known is passed over, never an error."""

import json
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from tui_mail.link import messages
from tui_mail.link.messages import Message
from tui_mail.model import event
from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.event import Event

MAX_LINE = 1_000_000
"""Octets of one line; a longer one ends the link."""

_INTEGERS = 1 << 63

_MESSAGES: dict[str, Callable[..., object]] = {
    "hello": messages.Hello,
    "wake": messages.Wake,
    "synchronize": messages.Synchronize,
    "fetch-part": messages.FetchPart,
    "search": messages.Search,
    "open-mailbox": messages.OpenMailbox,
    "password": messages.Password,
    "go-offline": messages.GoOffline,
    "cancel": messages.Cancel,
    "changed": messages.Changed,
    "status": messages.Status,
    "done": messages.Done,
    "part-progress": messages.PartProgress,
    "need-password": messages.NeedPassword,
    "receipt": messages.Receipt,
}
_EVENTS: dict[str, Callable[..., object]] = {
    "mailboxes": event.MailboxesChanged,
    "mailbox": event.MailboxChanged,
    "messages": event.MessagesChanged,
    "content": event.ContentArrived,
    "operations": event.OperationsChanged,
}
_KINDS = {kind: name for name, kind in (*_MESSAGES.items(), *_EVENTS.items())}


def encode(message: Message) -> bytes:
    """Write a message as one line, its end included."""
    return json.dumps(_to_json(message), separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message | None:
    """Read a line; None for one that says nothing that is known here."""
    try:
        value = json.loads(line)
        return cast("Message", _from_json(value, _MESSAGES))
    except (ValueError, RecursionError):
        return None


def _to_json(value: object) -> object:
    kind = _KINDS.get(type(value))
    if kind is not None:
        # dataclass instances all: they are in the tables above
        names = (field.name for field in fields(cast("Any", value)))
        return {"kind": kind} | {name: _to_json(getattr(value, name)) for name in names}
    if isinstance(value, tuple | frozenset):
        return [_to_json(one) for one in value]
    return value


def _from_json(value: object, kinds: dict[str, Callable[..., object]]) -> object:
    """Make a message or an event; raises ValueError where it cannot be one."""
    if not isinstance(value, dict):
        raise ValueError("no object")
    made = kinds.get(str(value.get("kind")))
    if made is None:
        raise ValueError("an unknown kind")
    known = {
        name: _checked(value[name], hint)
        for name, hint in _hints(made).items()
        if name in value
    }
    try:
        return made(**known)
    except TypeError as error:
        raise ValueError("something is missing") from error


@cache
def _hints(made: Callable[..., object]) -> dict[str, Any]:
    return get_type_hints(made)


def _checked(value: object, hint: Any) -> object:
    """Hold a value to the type of its field; raises ValueError."""
    if hint is Displayable:
        return displayable(str(_checked(value, str)))
    hint = getattr(hint, "__supertype__", hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (tuple, frozenset):
        return origin(_several(value, inner[0]))
    if NoneType in inner:
        return None if value is None else _checked(value, inner[0])
    if origin is Literal:
        fits = value in inner
    elif hint is int:
        fits = type(value) is int and -_INTEGERS <= value < _INTEGERS
    else:
        fits = type(value) is hint
    if not fits:
        raise ValueError("of another type")
    return value


def _several(value: object, hint: Any) -> list[object]:
    if not isinstance(value, list):
        raise ValueError("no list")
    if hint == Event:
        return [one for one in map(_event, value) if one is not None]
    return [_checked(one, hint) for one in value]


def _event(value: object) -> object:
    try:
        return _from_json(value, _EVENTS)
    except ValueError:
        return None


class Lines:
    """Cuts a stream of octets into lines and reads those."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0

    def feed(self, octets: bytes) -> list[Message]:
        """Take what came; raises ValueError where a line is too long."""
        self._rest += octets
        found = []
        start = 0
        while (end := self._rest.find(b"\n", max(start, self._searched))) >= 0:
            if end - start > MAX_LINE:
                raise ValueError("a line that is too long")
            message = decode(bytes(self._rest[start:end]))
            if message is not None:
                found.append(message)
            start = end + 1
        del self._rest[:start]
        self._searched = len(self._rest)
        if self._searched > MAX_LINE:
            raise ValueError("a line that is too long")
        return found
