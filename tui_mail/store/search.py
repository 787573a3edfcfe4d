"""Queries evaluated in the local store.

Header fields are searched by their folded words, the readable text by the full-text
index. Of a message that lies in several mailboxes one place is a hit, unless the query
says where to look.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tui_mail.model.error import QueryError
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.mailbox_names import folded_name
from tui_mail.model.query import (
    IN_ANYWHERE,
    ME,
    After,
    And,
    Before,
    Between,
    Everything,
    Field,
    HasAttachment,
    Is,
    Larger,
    Newer,
    Not,
    Older,
    On,
    Or,
    Query,
    Smaller,
    Words,
)
from tui_mail.model.rights import Right
from tui_mail.model.uids import UidSet
from tui_mail.store.contents import seconds_of
from tui_mail.store.database import Database
from tui_mail.store.flag_columns import (
    ANSWERED_BIT,
    DRAFT_BIT,
    FLAGGED_BIT,
    SEEN_BIT,
)
from tui_mail.store.folding import words_of
from tui_mail.store.mailboxes import NOWHERE, load_mailboxes
from tui_mail.store.people import AFTER_ADDRESS, BEFORE_ADDRESS
from tui_mail.store.source import Source
from tui_mail.store.told import TOLD, key_of_text

_HEADER_WORDS = (
    "c.subject_words || c.sender_words || c.recipient_words || c.copy_words"
    " || c.file_words"
)
_FIELD_WORDS = {
    "subject": "c.subject_words",
    "from": "c.sender_words",
    "to": "c.recipient_words",
    "cc": "c.copy_words",
    "filename": "c.file_words",
}
_PEOPLE = {"from": "c.senders", "to": "c.recipients", "cc": "c.copies"}
_STATES = {
    "unread": f"m.flags & {SEEN_BIT} = 0",
    "read": f"m.flags & {SEEN_BIT} <> 0",
    "flagged": f"m.flags & {FLAGGED_BIT} <> 0",
    "answered": f"m.flags & {ANSWERED_BIT} <> 0",
    "draft": f"m.flags & {DRAFT_BIT} <> 0",
    "pinned": "c.pinned = 1",
}
_MOST_TERMS = 500
"""SQLite takes expressions up to a depth of 1,000."""
_HIDDEN = frozenset({SpecialUse.TRASH, SpecialUse.JUNK})


@dataclass(frozen=True, slots=True)
class _Condition:
    """A piece of SQL and its values, in order."""

    sql: str
    values: tuple[object, ...] = ()


_TRUE = _Condition("1")
_FALSE = _Condition("0")


def search(
    source: Source,
    query: Query,
    *,
    me: frozenset[str],
    today: date,
    limit: int | None = None,
) -> list[MessageNumber]:
    """Find messages, newest first.

    Args:
        source: where to look.
        query: what to look for.
        me: one's own addresses, lower case; ``*@domain`` is all of a domain.
        today: the local day that ``older:`` and ``newer:`` count from.
        limit: how many at most.

    Raises:
        QueryError: too many terms, or a thread that is no number.
    """
    if _count(query) > _MOST_TERMS:
        raise QueryError(f"too long: at most {_MOST_TERMS} terms", 1)
    account = source.account if isinstance(source, Database) else ""
    asked = _Asked(load_mailboxes(source), me, today, account)
    condition = asked.condition(query)
    places = asked.places_named(query)
    one_each = "" if places is not None else "GROUP BY m.content"
    rows = source.connection.execute(
        "SELECT m.number, min(m.mailbox = ?), m.date FROM message m"
        " JOIN content c ON c.id = m.content"
        f" WHERE m.mailbox NOT IN ({asked.left_out(places)}) AND ({condition.sql})"
        f" {one_each or 'GROUP BY m.number'} ORDER BY m.date DESC, m.number DESC LIMIT ?",
        (asked.all_mail, *condition.values, -1 if limit is None else limit),
    )
    return [MessageNumber(number) for number, *_ in rows]


def search_uids(
    database: Database,
    query: Query,
    mailbox: MailboxId,
    *,
    me: frozenset[str],
    today: date,
) -> UidSet:
    """Find messages that the server has in a mailbox, as :func:`search` does."""
    asked = _Asked(load_mailboxes(database), me, today, database.account)
    condition = asked.condition(query)
    rows = database.connection.execute(
        "SELECT m.uid FROM message m JOIN content c ON c.id = m.content"
        " WHERE m.server_mailbox = ? AND m.uid > 0 AND m.mailbox NOT IN"
        f" ({asked.left_out(asked.places_named(query))}) AND ({condition.sql})",
        (mailbox, *condition.values),
    )
    return UidSet.of(uid for (uid,) in rows)


def parts_of_words(
    source: Source, text: str, mailbox: MailboxId, uids: UidSet
) -> UidSet:
    """Find messages of a server's mailbox that have a text as a part of words only.

    As "lion" is in "million": a server finds those too. What may have it elsewhere, in
    an attachment or in a text that is not here whole, is not among them.
    """
    here = _text_here(text)
    rows = source.connection.execute(
        "SELECT m.uid FROM json_each(?) j CROSS JOIN message m"
        " ON m.server_mailbox = ? AND m.uid = j.value AND m.uid > 0"
        " JOIN content c ON c.id = m.content JOIN readable r ON r.content = c.id"
        " WHERE NOT r.cut AND NOT c.has_attachment AND instr(r.words, ?)"
        f" AND NOT ({here.sql})",
        (json.dumps(list(uids)), mailbox, " ".join(words_of(text)), *here.values),
    )
    return UidSet.of(uid for (uid,) in rows)


def searched_mailboxes(database: Database, query: Query) -> list[Mailbox]:
    """List the mailboxes on the server in which a search looks."""
    boxes = load_mailboxes(database)
    asked = _Asked(boxes, frozenset(), date.min, database.account)
    named = asked.places_named(query) or set()
    return [
        box
        for box in boxes
        if box.selectable
        and not box.local
        and box.may(Right.READ)
        and (box.special_use not in _HIDDEN or box.id in named)
    ]


def is_named(database: Database, name: str, mailbox: MailboxId) -> bool:
    """Tell whether ``in:`` with that name means a mailbox."""
    asked = _Asked(load_mailboxes(database), frozenset(), date.min, database.account)
    return mailbox in asked.mailboxes_named(name)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search: what its terms are measured by."""

    mailboxes: list[Mailbox]
    me: frozenset[str]
    today: date
    account: str

    @property
    def all_mail(self) -> int:
        """The mailbox that holds everything a second time, if there is one."""
        found = (m.id for m in self.mailboxes if m.special_use is SpecialUse.ALL)
        return next(found, NOWHERE)

    def places_named(self, query: Query) -> set[int] | None:
        """Give the mailboxes that the query names; None if it names none."""
        fields = [f for f in _fields(query) if f.name == "in"]
        if not fields:
            return None
        if any(field.value.lower() == IN_ANYWHERE for field in fields):
            return {mailbox.id for mailbox in self.mailboxes}
        return {
            number for field in fields for number in self.mailboxes_named(field.value)
        }

    def left_out(self, places: set[int] | None) -> str:
        """List where a search does not look: trash and junk, unless they are named."""
        hidden = {
            int(mailbox.id)
            for mailbox in self.mailboxes
            if mailbox.special_use in _HIDDEN
        }
        return ", ".join(
            map(str, sorted({int(NOWHERE), *(hidden - (places or set()))}))
        )

    def condition(self, query: Query) -> _Condition:
        """Write a query as SQL."""
        if isinstance(query, And):
            return _joined(" AND ", map(self.condition, query.terms))
        if isinstance(query, Or):
            return _joined(" OR ", map(self.condition, query.terms))
        if isinstance(query, Not):
            inner = self.condition(query.term)
            return _Condition(f"NOT ({inner.sql})", inner.values)
        if isinstance(query, Words):
            return _words(query.text)
        if isinstance(query, Field):
            return self._field(query)
        return self._leaf(query)

    def _leaf(self, query: Query) -> _Condition:
        match query:
            case Everything():
                return _TRUE
            case Is(state):
                return _Condition(_STATES[state])
            case HasAttachment():
                return _Condition("c.has_attachment")
            case Larger(octets):
                return _Condition("c.size > ?", (octets,))
            case Smaller(octets):
                return _Condition("c.size < ?", (octets,))
            case _:
                return self._days(query)

    def _days(self, query: Query) -> _Condition:
        day = timedelta(days=1)
        match query:
            case Before(when):
                return _between(None, when)
            case After(when):
                return _between(when, None)
            case On(when):
                return _between(when, _shifted(when, day))
            case Between(start, end):
                return _between(start, _shifted(end, day) if end else None)
            case Older(days):
                return _between(None, _shifted(self.today, -days * day))
            case Newer(days):
                return _between(_shifted(self.today, -days * day), None)
            case _:
                return _FALSE

    def _field(self, field: Field) -> _Condition:
        kinds: dict[str, Callable[[Field], _Condition]] = {
            "body": lambda f: _text(f.value),
            "in": lambda f: _among(self.mailboxes_named(f.value)),
            "account": lambda f: (
                _TRUE if f.value.lower() == self.account.lower() else _FALSE
            ),
            "tag": _tag,
            "list": lambda f: _Condition(
                "instr(lower(c.list_id), ?)", (f.value.lower(),)
            ),
            "id": lambda f: _Condition("c.message_id = ?", (f.value.strip("<>"),)),
            "thread": _thread,
        }
        if field.name in kinds:
            return kinds[field.name](field)
        if field.value.lower() == ME and field.name in _PEOPLE:
            return self._myself(_PEOPLE[field.name])
        return _header_words(_FIELD_WORDS[field.name], field.value)

    def _myself(self, column: str) -> _Condition:
        marks = (
            f"{address[1:]}{AFTER_ADDRESS}"
            if address.startswith("*@")
            else f"{BEFORE_ADDRESS}{address}{AFTER_ADDRESS}"
            for address in self.me
        )
        return _joined(
            " OR ",
            (_Condition(f"instr(lower({column}), ?)", (mark,)) for mark in marks),
        )

    def mailboxes_named(self, name: str) -> list[MailboxId]:
        """Find the mailboxes that ``in:`` means: by name, by role, by its last part."""
        wanted = folded_name(name)
        if wanted == IN_ANYWHERE:
            return [mailbox.id for mailbox in self.mailboxes]
        exact = [m for m in self.mailboxes if m.name == name]
        roles = [m for m in self.mailboxes if m.special_use and m.special_use == wanted]
        names = [m for m in self.mailboxes if folded_name(m.name) == wanted]
        lasts = [m for m in self.mailboxes if folded_name(m.parts[-1]) == wanted]
        found = exact or roles or names or lasts
        # Below an archive lie those of its years and months.
        above = tuple(
            f"{m.name}/" for m in found if m.special_use is SpecialUse.ARCHIVE
        )
        found += [m for m in self.mailboxes if m.name.startswith(above)]
        return list(dict.fromkeys(mailbox.id for mailbox in found))


def _count(query: Query) -> int:
    if isinstance(query, And | Or):
        return sum(map(_count, query.terms))
    return _count(query.term) if isinstance(query, Not) else 1


def _fields(query: Query) -> Iterator[Field]:
    if isinstance(query, Field):
        yield query
    elif isinstance(query, And | Or):
        for term in query.terms:
            yield from _fields(term)
    elif isinstance(query, Not):
        # What is asked not to be in a mailbox does not ask to look there.
        return


def _joined(word: str, conditions: Iterator[_Condition]) -> _Condition:
    each = list(conditions)
    if not each:
        return _FALSE
    sql = word.join(f"({one.sql})" for one in each)
    return _Condition(sql, tuple(value for one in each for value in one.values))


def _words(text: str) -> _Condition:
    """Look in the header fields, attachment names and the text."""
    return _joined(" OR ", iter((_header_words(_HEADER_WORDS, text), _text(text))))


def _header_words(column: str, text: str) -> _Condition:
    words = words_of(text)
    if not words:
        return _punctuation(text)
    end = "" if text.endswith("*") else " "
    return _Condition(f"instr({column}, ?)", (f" {' '.join(words)}{end}",))


def _punctuation(text: str) -> _Condition:
    """Look for signs that are no words: only the subject is searched for them."""
    return _Condition("instr(c.subject, ?)", (text,))


def _text(text: str) -> _Condition:
    """Look in the text that is here, and in what a server said of the others."""
    told = _Condition(TOLD, (key_of_text(text),))
    return _joined(" OR ", iter((_text_here(text), told)))


def _text_here(text: str) -> _Condition:
    words = words_of(text)
    if not words:
        return _FALSE
    prefix = "*" if text.endswith("*") else ""
    phrase = f'"{" ".join(words)}"{prefix}'
    return _Condition(
        "c.id IN (SELECT rowid FROM readable_index WHERE readable_index MATCH ?)",
        (phrase,),
    )


def _tag(field: Field) -> _Condition:
    return _Condition("instr(lower(m.keywords), ?)", (f" {field.value.lower()} ",))


def _thread(field: Field) -> _Condition:
    if not field.value.isdecimal() or len(field.value) > 18:
        raise QueryError("thread: takes the number that search prints", field.column)
    return _Condition("m.thread = ?", (int(field.value),))


def _among(mailboxes: list[MailboxId]) -> _Condition:
    return _Condition(f"m.mailbox IN ({', '.join(map(str, mailboxes))})")


def _shifted(day: date, by: timedelta) -> date:
    """Move a day, within the calendar."""
    try:
        return day + by
    except OverflowError:
        return date.min if by < timedelta() else date.max


def _between(start: date | None, end: date | None) -> _Condition:
    """Take the local days from start on and before end."""
    conditions = []
    if start is not None:
        conditions.append(_Condition("m.date >= ?", (_midnight(start),)))
    if end is not None:
        conditions.append(_Condition("m.date < ?", (_midnight(end),)))
    return _joined(" AND ", iter(conditions)) if conditions else _TRUE


def _midnight(day: date) -> int:
    """Give the second at which a local day begins."""
    try:
        return seconds_of(datetime.combine(day, time()).astimezone())
    except (OverflowError, ValueError, OSError):
        return -(1 << 60) if day.year < 1970 else 1 << 60
