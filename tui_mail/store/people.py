"""Addresses as the tables keep them: one string for a header field's people.

Names and addresses are displayable, so no control character stands in them and two of
these can separate.
"""

from collections.abc import Sequence

from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Address

BEFORE_ADDRESS = "\x1f"
AFTER_ADDRESS = "\x1e"


def pack_people(people: Sequence[Address]) -> str:
    """Put people into a string."""
    if len(people) == 1:
        return f"{people[0].name}\x1f{people[0].address}\x1e"
    return "".join(f"{one.name}\x1f{one.address}\x1e" for one in people)


def unpack_people(packed: str) -> tuple[Address, ...]:
    """Take people out of a string that :func:`pack_people` made."""
    if not packed:
        return ()
    pairs = (one.partition(BEFORE_ADDRESS) for one in packed.split(AFTER_ADDRESS)[:-1])
    return tuple(
        Address(Displayable(name), Displayable(address)) for name, _, address in pairs
    )
