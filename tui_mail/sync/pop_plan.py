"""What a POP3 server's list means for what is here; decided without a network."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tui_mail.store.pulling import Pulled, PullState
from tui_mail.transports.pop3 import PopListed

_THERE = frozenset({PullState.STORED, PullState.LEAVING})


@dataclass(frozen=True, slots=True)
class PopPlan:
    """What is to be fetched, and how far the server's names can be trusted."""

    wanted: tuple[PopListed, ...]
    """The newest first. Of some only the octets show whether they are new."""
    sure: frozenset[bytes]
    """UIDLs of messages that are known, and there."""
    named: frozenset[bytes]
    """All UIDLs that the server lists."""
    nameless: int
    """How many messages have no UIDL, or none that identifies them."""
    gone: int
    """How many were there the last time and are not listed."""
    renamed: bool
    """Most of what was there is gone, and others came: the server may have changed all
    its UIDLs."""


def plan_pull(
    messages: Sequence[PopListed],
    known: Mapping[bytes, Pulled],
    due: Set[bytes] = frozenset(),
) -> PopPlan:
    """Decide what to fetch; ``due``: UIDLs of what is to be deleted there.

    There are servers that give the name of a message that went to another one. So what
    the server does not have any more and lists again is looked at again, and so is what
    may have left or is to go and has another size than what came.
    """
    named = frozenset(one.uidl for one in messages if one.uidl is not None)
    sure = frozenset(
        one.uidl
        for one in messages
        if one.uidl is not None
        and _is_sure(known.get(one.uidl), one, is_due=one.uidl in due)
    )
    wanted = [one for one in messages if one.uidl not in sure]
    # What was told to leave may be gone, and is no sign of anything.
    believed = [one for one in known.values() if one.state is PullState.STORED]
    gone = sum(one.uidl not in named for one in believed)
    nameless = sum(one.uidl is None for one in messages)
    unknown = any(one.uidl is not None and one.uidl not in known for one in wanted)
    return PopPlan(
        wanted=tuple(sorted(wanted, key=lambda one: -one.number)),
        sure=sure,
        named=named,
        nameless=nameless,
        gone=0 if nameless else gone,
        renamed=not nameless and unknown and 0 < gone >= len(believed) / 2,
    )


def _is_sure(one: Pulled | None, listed: PopListed, *, is_due: bool) -> bool:
    if one is None or one.state not in _THERE or one.wanted_again:
        return False
    asks = is_due or one.state is PullState.LEAVING
    return listed.size == one.size or not asks
