"""What a list shows: the numbers of its messages in their order, as arrays.

A million messages are 13 MB here. The whole is made off the screen's loop; ``limit``
gives the first rows at once, exactly as the whole begins.
"""

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from tui_mail.model.error import UsageError
from tui_mail.model.ids import MailboxId
from tui_mail.store.source import Source, snapshot

ORDERS = ("date", "oldest", "from", "subject", "size", "arrival")

_SORTED = {
    "date": "m.date DESC, m.number DESC",
    "oldest": "m.date, m.number",
    "arrival": "m.arrival DESC, m.number DESC",
    "size": "c.size DESC, m.number DESC",
    "from": "c.sender_words, m.date DESC, m.number DESC",
    "subject": "c.subject_words, m.date DESC, m.number DESC",
}
_DEEPEST = 250
_THREADS = 5_000
"""Threads whose keys are in memory at a time."""


@dataclass(frozen=True, slots=True)
class View:
    """The rows of a list."""

    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    """The messages in their order."""
    depths: "array[int]" = field(default_factory=lambda: array("B"))
    """0 for a head or a single message, else how deep it stands in its thread."""
    counts: "array[int]" = field(default_factory=lambda: array("i"))
    """At a head the messages of its thread here; 0 elsewhere."""


def load_view(
    source: Source,
    mailbox: MailboxId,
    order: str,
    *,
    threads: bool,
    limit: int | None = None,
) -> View:
    """Load the view of a mailbox; raises UsageError for an order that is none.

    With ``limit`` it has about that many rows, whole threads always.
    """
    return _view(source, "m.mailbox = ?", mailbox, order, threads=threads, limit=limit)


def view_of(
    source: Source, numbers: Sequence[int], order: str, *, threads: bool
) -> View:
    """Make the view of some messages: what a search or a filter found."""
    condition = "m.number IN (SELECT value FROM json_each(?))"
    told = json.dumps([int(number) for number in numbers])
    return _view(source, condition, told, order, threads=threads, limit=None)


def _view(
    source: Source,
    condition: str,
    value: object,
    order: str,
    *,
    threads: bool,
    limit: int | None,
) -> View:
    if order not in _SORTED:
        raise UsageError(f'no order "{order}"; there are: {", ".join(ORDERS)}')
    join = "JOIN content c ON c.id = m.content" if "c." in _SORTED[order] else ""
    with snapshot(source):
        rows = source.connection.execute(
            f"SELECT m.number, m.thread FROM message m {join} WHERE {condition}"
            f" ORDER BY {_SORTED[order]} LIMIT ?",
            (value, -1 if limit is None else limit),
        )
        if not threads:
            numbers = array("q", [number for number, _ in rows])
            return View(numbers, _zeros("B", len(numbers)), _ones(len(numbers)))
        heads = dict.fromkeys(thread for _, thread in rows)
        whole = None if limit is None else json.dumps(list(heads))
        return _threaded(source, condition, value, heads, whole)


def _threaded(
    source: Source,
    condition: str,
    value: object,
    heads: Iterable[int],
    only: str | None,
) -> View:
    """Lay out whole threads, in the order in which their first member was met.

    Most threads have one message: it stands there by itself, which takes a third of what
    a list of one takes.
    """
    narrowed = (
        "" if only is None else "AND m.thread IN (SELECT value FROM json_each(?))"
    )
    values = (value,) if only is None else (value, only)
    members: dict[int, int | list[int]] = dict.fromkeys(heads, 0)
    for number, thread in source.connection.execute(
        f"SELECT m.number, m.thread FROM message m WHERE {condition} {narrowed}"
        " ORDER BY m.date, m.number",
        values,
    ):
        held = members[thread]
        if isinstance(held, list):
            held.append(number)
        else:
            members[thread] = [held, number] if held else number
    view = View()
    every = iter(members.values())
    while some := list(islice(every, _THREADS)):
        _lay_out(source, some, view)
    return view


def _lay_out(source: Source, threads: Sequence[int | list[int]], view: View) -> None:
    """Put threads below what is in a view already."""
    several = [one for one in threads if isinstance(one, list)]
    keys = _load_keys(source, list(chain.from_iterable(several))) if several else {}
    for held in threads:
        if not isinstance(held, list):
            view.numbers.append(held)
            view.depths.append(0)
            view.counts.append(1)
            continue
        for place, (number, depth) in enumerate(tree(held, keys)):
            view.numbers.append(number)
            view.depths.append(depth)
            view.counts.append(0 if place else len(held))


def _load_keys(source: Source, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    return {
        number: (own, parent)
        for number, own, parent in source.connection.execute(
            "SELECT m.number, c.own_key, c.parent_key FROM message m"
            " JOIN content c ON c.id = m.content"
            " WHERE m.number IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
    }


def tree(
    numbers: Sequence[int], keys: dict[int, tuple[int, int]]
) -> list[tuple[int, int]]:
    """Lay a thread out: pairs of number and depth; one without a parent is its head.

    ``numbers`` come oldest first, ``keys`` are each one's own and its parent's. What
    else has no parent here stands below the head, and so does one end of a circle.
    """
    by_key: dict[int, int] = {}
    for number in numbers:
        by_key.setdefault(keys[number][0], number)
    by_key.pop(0, None)
    parents = {
        number: by_key[keys[number][1]]
        for number in numbers
        if keys[number][1] in by_key
    }
    _cut_circles(numbers, parents)
    head = next((number for number in numbers if number not in parents), numbers[0])
    children: dict[int, list[int]] = {}
    for number in numbers:
        if number != head:
            children.setdefault(parents.get(number, head), []).append(number)
    laid: list[tuple[int, int]] = []
    stack = [(head, 0)]
    while stack:
        number, depth = stack.pop()
        laid.append((number, min(depth, _DEEPEST)))
        stack += [(child, depth + 1) for child in reversed(children.get(number, ()))]
    return laid


def _cut_circles(numbers: Sequence[int], parents: dict[int, int]) -> None:
    """Take its parent from the oldest message of each circle."""
    walk_of: dict[int, int] = {}
    for start in numbers:
        number = start
        while number not in walk_of and number in parents:
            walk_of[number] = start
            number = parents[number]
        if walk_of.get(number) == start:
            circle = _circle(number, parents)
            del parents[next(one for one in numbers if one in circle)]


def _circle(number: int, parents: dict[int, int]) -> set[int]:
    members: set[int] = set()
    while number not in members:
        members.add(number)
        number = parents[number]
    return members


def _zeros(kind: str, count: int) -> "array[int]":
    return array(kind, bytes(count))


def _ones(count: int) -> "array[int]":
    return array("i", [1]) * count
