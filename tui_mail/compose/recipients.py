"""Who gets an answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.compose.identity import Identity
from tui_mail.compose.lists import Answering, usable
from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Address, Envelope


@dataclass(frozen=True, slots=True)
class Answered:
    """The recipients of an answer, each once."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()


def to_author(
    envelope: Envelope, answering: Answering, identity: Identity
) -> tuple[Address, ...]:
    """Find who wrote a message; of what one sent oneself: who got it."""
    if got := _got_own(envelope, identity):
        return got
    wanted = answering.author or usable(envelope.reply_to) or usable(envelope.from_)
    as_it_is = [one for one in envelope.from_ if one.address][:1]
    return _each_once(wanted or usable(envelope.sender) or as_it_is)


def to_all(envelope: Envelope, answering: Answering, identity: Identity) -> Answered:
    """Find all whom an answer to everybody goes to, oneself left out.

    The author is in To and the others are in Cc (RFC 5322, 3.6.3), unless the message
    says by Mail-Followup-To who is to get it.
    """
    followup = _without_oneself(answering.followup, identity)
    if followup:
        return Answered(_each_once(followup))
    to = to_author(envelope, answering, identity)
    if [one.address.lower() for one in to] == [answering.post.lower()]:
        # The list has put itself in Reply-To: its author may not be among its readers.
        to = _each_once((*_without_oneself(usable(envelope.from_), identity), *to))
    others = _without_oneself((*usable(envelope.to), *usable(envelope.cc)), identity)
    named = {one.address.lower() for one in to}
    cc = (one for one in others if one.address.lower() not in named)
    return Answered(to, _each_once(cc)) if to else Answered(_each_once(cc))


def to_list(answering: Answering, identity: Identity) -> Answered | None:
    """Find whom an answer to the list goes to; None where there is no list."""
    if not answering.post:
        return None
    post = Address(Displayable(""), Displayable(answering.post))
    followup = _without_oneself(answering.followup, identity)
    if answering.post.lower() in (one.address.lower() for one in followup):
        return Answered(_each_once(followup))
    return Answered((post,))


def _got_own(envelope: Envelope, identity: Identity) -> tuple[Address, ...]:
    """Tell who got a message that one sent oneself; nobody if somebody else did.

    A form on a web site also writes with one's own address, to oneself: there, who
    filled it in stands in Reply-To.
    """
    authors = usable(envelope.from_)
    if not authors or not all(identity.is_own(one.address) for one in authors):
        return ()
    to = _without_oneself(usable(envelope.to), identity)
    if to or _without_oneself(usable(envelope.reply_to), identity):
        return _each_once(to)
    return _each_once(_without_oneself(usable(envelope.cc), identity))


def _without_oneself(
    addresses: Iterable[Address], identity: Identity
) -> tuple[Address, ...]:
    return tuple(one for one in addresses if not identity.is_own(one.address))


def _each_once(addresses: Iterable[Address]) -> tuple[Address, ...]:
    found: dict[str, Address] = {}
    for one in addresses:
        found.setdefault(one.address.lower(), one)
    return tuple(found.values())
