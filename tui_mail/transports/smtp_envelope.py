"""The envelope of a message as MAIL and RCPT have it (RFC 5321, 4.1.1.2 and 4.1.1.3)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_mail.model.displayable import Displayable
from tui_mail.model.error import CannotBeSaid
from tui_mail.transports.smtp_extensions import Extensions
from tui_mail.transports.smtp_wire import Answer

_NO_PATH = re.compile(r"""[\x00-\x1f\x7f<>]|[^\S ]|^(?:[^" ]|"(?:\\.|[^"\\])*")*[ ]""")
"""What cannot be in an address, as it would end it: a space only between quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a message wants of the server."""

    size: int
    """Octets."""
    eight_bit: bool
    utf8: bool


def refusal_of(can: Extensions, what: Wanted) -> Answer | None:
    """Refuse in the server's place what it announces that it cannot take."""
    if what.utf8 and not can.utf8:
        said = "the server takes only addresses in ASCII (it has no SMTPUTF8)"
        return Answer(550, "5.6.7", Displayable(said))
    if what.eight_bit and not can.eight_bit:
        said = "the server takes only messages in 7 bits (it has no 8BITMIME)"
        return Answer(554, "5.6.3", Displayable(said))
    if can.size is not None and what.size > can.size:
        said = f"larger than the server takes ({_megabytes(can.size)})"
        return Answer(552, "5.3.4", Displayable(said))
    return None


def commands_of(
    can: Extensions, sender: str, recipients: Sequence[str], what: Wanted
) -> list[bytes]:
    """Write MAIL, then RCPT for each recipient; raises CannotBeSaid."""
    words = [b"MAIL FROM:" + _path(sender)]
    if "SIZE" in can.names:
        words.append(b"SIZE=%d" % what.size)
    if what.eight_bit:
        words.append(b"BODY=8BITMIME")
    if what.utf8:
        words.append(b"SMTPUTF8")
    if not all(recipients):
        raise CannotBeSaid("a recipient without an address")
    return [b" ".join(words), *(b"RCPT TO:" + _path(one) for one in recipients)]


def _path(address: str) -> bytes:
    if _NO_PATH.search(address):
        raise CannotBeSaid(f"{address} is no address that a server can be told")
    try:
        return b"<" + address.encode() + b">"
    except UnicodeEncodeError:
        raise CannotBeSaid("an address that is not text") from None


def as_meant(answers: Sequence[Answer]) -> Iterator[Answer]:
    """Give the answers for recipients; "too many" is temporary (RFC 5321, 4.5.3.1.10)."""
    taken = False
    for answer in answers:
        taken = taken or answer.positive
        many = answer.code == 552 and (
            answer.enhanced == "5.5.3" or (taken and not answer.enhanced)
        )
        yield Answer(452, "4.5.3", answer.text) if many else answer


def _megabytes(octets: int) -> str:
    return f"{octets / 1_000_000:.3g} MB" if octets >= 100_000 else f"{octets:,} octets"
