"""A search on the server: what is not here is looked for there, and found here after.

Header fields, flags and dates are here, so the server is asked about texts, and only of
messages that may be found. It finds parts of words too: the newest texts that it names
are fetched, and what has only longer words is let go. Where headers are not here yet the
whole query is asked, and the headers of its hits are fetched.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from tui_mail.config.settings import Account
from tui_mail.mime.render import Renderer
from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import MessageNumber
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.query import And, Field, Not, Query
from tui_mail.model.query_terms import (
    Term,
    relaxed,
    text_of,
    text_terms,
    value_of,
)
from tui_mail.model.uids import UidSet
from tui_mail.store.mailboxes import load_state
from tui_mail.store.messages import apply_fetched, known_uids
from tui_mail.store.search import (
    is_named,
    parts_of_words,
    search,
    search_uids,
    searched_mailboxes,
)
from tui_mail.store.told import forget_told, save_told, without_text
from tui_mail.sync.incremental import catch_up
from tui_mail.sync.piecewise import fetch_messages
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.reconcile import newest_slices, without
from tui_mail.sync.session import Outdated, Session
from tui_mail.sync.texts import fetch_texts
from tui_mail.transports.imap_search import (
    Here,
    Key,
    Single,
    containing,
    in_ascii,
    pieces,
    wider,
)

DEADLINE = 120.0
"""Seconds that a server may look for: without an index it reads all that it has."""
MOST_TERMS = 10
"""So many words and phrases of a query are asked for."""
_MOST_HITS = 10_000
"""So many hits of a word in one mailbox are noted, the newest."""
_MOST_HEADERS = 1_000
"""So many hits that are not here yet are fetched of one mailbox."""
_MOST_TEXTS = 200
"""So many texts are fetched to look in them here."""
_HEADERS = 100
"""Headers fetched before something more urgent may come."""
_TEXTS = 20
_FIRST, _FEWEST, _MOST = 1_000, 200, 10_000
"""Of how many messages a server is asked at first, at least, at most at a time."""
_SLOW, _QUICK = 5.0, 1.0
"""Seconds after which it is asked about fewer, within which about more."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a search ended."""

    line: str
    whole: bool
    """All could be asked."""


class ServerSearch:
    """One search over one connection."""

    def __init__(
        self,
        session: Session,
        account: Account,
        query: Query,
        renderer: Renderer,
        progress: Progress,
        *,
        before: int | None = None,
    ) -> None:
        """``before``: how many were found here when it was begun, if it is begun again."""
        self._session = session
        self._account = account
        self._query = query
        self._renderer = renderer
        self._progress = progress
        self._size = _FIRST
        self._texts_left = _MOST_TEXTS
        self._receipt = Receipt()
        self.before = self._count() if before is None else before
        self.outdated = False
        """Only a synchronization shows which messages a mailbox has now."""

    def outcome(self) -> Outcome:
        """Say how many more are found here than before."""
        more = self._count() - self.before
        said = f"server: {more:,} more" if more > 0 else "server: nothing more"
        if self._receipt.whole:
            return Outcome(said, whole=True)
        return Outcome(f"{said}; {self._receipt.troubles}", whole=False)

    def steps(self) -> Iterator[None]:
        """Do it; between two steps the connection may be used for something else.

        Raises ServerRefused for what no server can be asked, and what the connection
        raises.
        """
        terms = [term for term in text_terms(self._query) if text_of(term)]
        if len(terms) > MOST_TERMS:
            said = f"a server is asked for {MOST_TERMS} words at most"
            raise ServerRefused(said, "CANNOT")
        for term in terms:
            pieces(Single(b"BODY", text_of(term)))
        with self._session.pace.transaction() as tx:
            forget_told(tx)
        for _ in self._all(terms):
            yield
            # Something else may have been done meanwhile, with a receipt of its own.
            self._session.receipt = self._receipt

    def _all(self, terms: list[Term]) -> Iterator[None]:
        self._session.receipt = self._receipt
        boxes = self._session.stumbles.ordered(
            searched_mailboxes(self._session.database, self._query)
        )
        for place, box in enumerate(boxes):
            self._progress(place, len(boxes))
            with self._tolerating(box):
                yield from self._one(box, terms)

    def _one(self, box: Mailbox, terms: list[Term]) -> Iterator[None]:
        key = wider(self._query, self._here(box))
        if key is False:
            return
        if said := self._session.stumbles.given_up(box.id):
            self._receipt.complain(f"{box.name}: {said}")
            return
        if box.state.low_uid == 0:
            # Of what was never seen the newest are fetched, and the cursors.
            catch_up(self._session, box.id, thorough=False)
            yield
        yield from self._fetch_headers(box, key)
        for place, term in enumerate(terms):
            # What was asked before is known now; what comes after is not yet.
            query = And((relaxed(self._query, terms[place:]), Not(term)))
            yield from self._ask(box, term, query)

    @contextmanager
    def _tolerating(self, box: Mailbox) -> Iterator[None]:
        """Go on with the other mailboxes where one is refused."""
        try:
            yield
        except Outdated:
            self.outdated = True
            self._receipt.complain(f"{box.name}: it was made anew on the server")
        except (ServerRefused, NotFound) as refusal:
            self._receipt.complain(f"{box.name}: {refusal.line}")

    # What is not here yet.

    def _fetch_headers(self, box: Mailbox, key: Key) -> Iterator[None]:
        session = self._session
        low_uid = load_state(session.database, box.id).low_uid
        if low_uid <= 1:
            return
        session.use(box.id)
        below = UidSet.between(1, low_uid - 1)
        there = session.connection.existing_uids(below)
        there = without(there, known_uids(session.database, box.id))
        room = _MOST_HEADERS
        for some in self._slices(there):
            session.use(box.id)
            hits = self._search(some, key)
            for wanted in newest_slices(hits, _HEADERS):
                yield
                session.use(box.id)
                fetched = fetch_messages(session, wanted, str(box.name))
                with session.transaction() as tx, session.arrivals(tx) as arrived:
                    arrived += apply_fetched(tx, box.id, session.validity, fetched)
                room -= len(wanted)
                if room <= 0:
                    self._receipt.complain(f"{box.name}: there are more than these")
                    return
            yield

    # What is not known of texts.

    def _ask(self, box: Mailbox, term: Term, query: Query) -> Iterator[None]:
        """Ask in which messages a term is, of those for which it matters."""
        sure, unsure = _keys(term)
        uids = self._uids(box, query)
        hits = 0
        if sure is not None:
            for some in self._slices(uids):
                self._session.use(box.id)
                try:
                    found = self._search(some, sure)
                except ServerRefused as refusal:
                    if refusal.code != "BADCHARSET":
                        raise
                    unsure = self._without_charset(box, term)
                    break
                yield from self._believe(box, term, found)
                hits += len(found)
                yield
                if hits >= _MOST_HITS:
                    said = f"{box.name}: more than the newest {hits:,} have it"
                    self._receipt.complain(said)
                    return
        if unsure is not None:
            yield from self._look_into(box, query, unsure)

    def _believe(self, box: Mailbox, term: Term, found: UidSet) -> Iterator[None]:
        """Note hits; not those whose text, which is fetched, has only longer words."""
        session, text = self._session, value_of(term)
        while found:
            many = _TEXTS if self._texts_left > 0 else _FIRST
            some = next(newest_slices(found, many))
            found = without(found, some)
            yield from self._fetch_texts(without_text(session.database, box.id, some))
            session.use(box.id)
            with session.transaction() as tx:
                doubtful = parts_of_words(tx, text, box.id, some)
                save_told(tx, text, box.id, without(some, doubtful))

    def _fetch_texts(self, numbers: list[MessageNumber]) -> Iterator[None]:
        """Fetch texts, as long as it is not too many in all."""
        while numbers and self._texts_left > 0:
            now, numbers = numbers[:_TEXTS], numbers[_TEXTS:]
            self._texts_left -= len(now)
            yield
            try:
                fetch_texts(self._session, now, self._renderer)
            except ServerRefused as refusal:
                self._receipt.complain(refusal.line)
                self._texts_left = 0

    def _without_charset(self, box: Mailbox, term: Term) -> Key | None:
        """Look for the ASCII letters of a term where the server knows no others."""
        key = in_ascii(text_of(term), b"BODY")
        if key is True:
            said = f'{box.name}: the server cannot look for "{text_of(term)}"'
            self._receipt.complain(said)
            return None
        return key

    def _look_into(self, box: Mailbox, query: Query, key: Key) -> Iterator[None]:
        """Fetch the texts in which something may be: where it is, is found here."""
        session = self._session
        for some in self._slices(self._uids(box, query)):
            session.use(box.id)
            hits = self._search(some, key)
            numbers = without_text(session.database, box.id, hits)
            yield from self._fetch_texts(numbers)
            if without_text(session.database, box.id, hits) and not self._texts_left:
                self._receipt.complain(f"{box.name}: not all hits could be looked into")
                return
            yield

    # Asking.

    def _uids(self, box: Mailbox, query: Query) -> UidSet:
        return search_uids(
            self._session.database,
            query,
            box.id,
            me=self._account.own_addresses,
            today=_today(),
        )

    def _slices(self, uids: UidSet) -> Iterator[UidSet]:
        """Cut into as many as the server can look through in a while, newest first."""
        while uids:
            some = next(newest_slices(uids, self._size))
            uids = without(uids, some)
            yield some

    def _search(self, uids: UidSet, key: Key) -> UidSet:
        connection = self._session.connection
        deadline, connection.deadline = connection.deadline, DEADLINE
        begun = time.monotonic()
        try:
            found = connection.search(uids, key)
        finally:
            connection.deadline = deadline
        took = time.monotonic() - begun
        if took > _SLOW:
            self._size = max(_FEWEST, self._size // 4)
        elif took < _QUICK:
            self._size = min(_MOST, self._size * 2)
        self._session.harvest()
        return found

    def _here(self, box: Mailbox) -> Here:
        database = self._session.database
        return Here(
            account=self._account.name,
            is_named=lambda name: is_named(database, name, box.id),
            me=self._account.own_addresses,
            today=_today(),
        )

    def _count(self) -> int:
        database, me = self._session.database, self._account.own_addresses
        return len(search(database, self._query, me=me, today=_today()))


def _keys(term: Term) -> tuple[Key | None, Key | None]:
    """Write the key whose hits are believed, and one whose hits are looked into here."""
    words = text_of(term)
    if isinstance(term, Field) and term.name == "filename":
        # Some look for header fields of parts only with those of the message.
        return None, containing(words, b"TEXT")
    exactly = Single(b"BODY", words)
    # A phrase may stand on two lines, where no server finds it as one.
    several = containing(words, b"BODY") if " " in words else None
    return exactly, several


def _today() -> date:
    return datetime.now().astimezone().date()
