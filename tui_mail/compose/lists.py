"""What a message says of the mailing list that it came by (RFC 2369, RFC 2919)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from tui_mail.compose.direction import without_directions
from tui_mail.compose.fields import FieldError, format_one, parse_recipients
from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.headers import wanted_fields
from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Address, Envelope

MAX_FOLLOWUP = 30
"""Addresses; a Mail-Followup-To of more is not followed."""
MAX_NAME = 200

_FIELDS = frozenset({"list-post", "mail-followup-to", "mail-reply-to", "x-beenthere"})
_POST = re.compile(r"<\s*mailto:([^?>\s]{3,500}+)[^>]{0,1000}+>", re.IGNORECASE)
_NO = re.compile(r"\s*NO\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answering:
    """Where a message and its list want answers to go."""

    post: str = ""
    """The list's address; empty where there is no list, or none is known."""
    closed: bool = False
    """It is a list that nobody may write to."""
    followup: tuple[Address, ...] = ()
    """Mail-Followup-To: who gets what everybody is to read."""
    author: tuple[Address, ...] = ()
    """Mail-Reply-To: where the author alone is reached."""


def is_usable(address: Address) -> bool:
    """Tell whether mail can be addressed to it, and to nobody else by it."""
    try:
        found = parse_recipients(format_one(address))
    except FieldError:
        return False
    return len(found) == 1


def usable(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Leave out the names of groups and what cannot be an address; cut endless names."""
    return tuple(
        Address(Displayable(without_directions(one.name)[:MAX_NAME]), one.address)
        for one in addresses
        if is_usable(one)
    )


def answering_of(headers: bytes, envelope: Envelope) -> Answering:
    """Read the fields that say where answers go."""
    fields = wanted_fields(headers, _FIELDS)
    post = fields.get("list-post", "")
    closed = _NO.match(post) is not None
    address = "" if closed else _posted(post) or _guessed(fields, envelope)
    followup = usable(parse_addresses(fields.get("mail-followup-to", "")))
    return Answering(
        post=address,
        closed=closed,
        followup=followup if _is_sensible(followup, envelope, address) else (),
        author=usable(parse_addresses(fields.get("mail-reply-to", ""))),
    )


def _posted(field: str) -> str:
    for match in _POST.finditer(field):
        found = parse_addresses(unquote(match[1]))
        if len(found) == 1 and is_usable(found[0]):
            return found[0].address
    return ""


def _guessed(fields: dict[str, str], envelope: Envelope) -> str:
    """Find the list's address among the recipients where it did not say it.

    ``words.example.org`` is usually the id of ``words@example.org``.
    """
    said = [*parse_addresses(fields.get("x-beenthere", ""))]
    known = {one.address.lower() for one in said if is_usable(one)}
    list_id = envelope.list_id.lower()
    for one in (*envelope.to, *envelope.cc):
        address = one.address.lower()
        if address in known or (list_id and address.replace("@", ".") == list_id):
            return one.address
    return ""


def _is_sensible(followup: tuple[Address, ...], envelope: Envelope, post: str) -> bool:
    """Tell whether answers to all may go where Mail-Followup-To says.

    Somebody the message has to do with must be among them: else it leads elsewhere.
    """
    people = (*envelope.from_, *envelope.reply_to, *envelope.to, *envelope.cc)
    known = {one.address.lower() for one in people} | {post.lower()}
    return len(followup) <= MAX_FOLLOWUP and any(
        one.address.lower() in known for one in followup
    )
