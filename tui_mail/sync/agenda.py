"""What the engine's threads have to do, most urgent first."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from tui_mail.link.server import LinkedClient
from tui_mail.model.ids import MailboxId, MessageNumber, PartId
from tui_mail.model.query import Query
from tui_mail.sync.wake import Wake


class Duty(Enum):
    """What a thread may be there for."""

    FETCH = auto()
    """Parts that somebody waits for."""
    REPLAY = auto()
    """Wishes, and what was asked for offline."""
    ROUND = auto()
    """Synchronizations, and fetching ahead."""
    SEARCH = auto()
    """Searches on the server."""
    LISTEN = auto()
    """Hearing at once of news in the mailbox that is looked at."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who waits for an answer, and under which number."""

    client: LinkedClient
    number: int
    again: bool = False
    """A link was lost over it once already."""
    whole: bool = False
    """A synchronization that is to fetch whole messages."""


@dataclass(slots=True)
class FetchJob:
    """A part, or the readable text for None, that somebody waits for."""

    request: Request
    message: MessageNumber
    part: PartId | None
    cancelled: bool = False
    again: bool = False
    """Its link was lost once already."""
    far: int = 0
    """How many octets had come when it was lost last."""


@dataclass(slots=True)
class SearchJob:
    """A search on the server that somebody waits for."""

    request: Request
    query: Query
    cancelled: bool = False
    again: bool = False
    """Its link was lost once already."""
    before: int | None = None
    """How many were found here when it was begun."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """Something in the store waits for the server."""


@dataclass(frozen=True, slots=True)
class RoundJob:
    """All mailboxes, or some, with who waits for it."""

    mailboxes: frozenset[MailboxId] | None = None
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class AheadJob:
    """New messages came: what is kept for offline reading is fetched."""


@dataclass(frozen=True, slots=True)
class LookJob:
    """A short look whether anything changed anywhere."""


Errand = FetchJob | SearchJob
Job = Errand | ReplayJob | RoundJob | AheadJob | LookJob

LOOK_SECONDS = 55.0
"""Seconds between two looks at all mailboxes: what others do is seen within a minute."""
_LOOK_SHARE = 10
"""A look may take one in so many seconds: where it takes long it comes less often."""


@dataclass(slots=True)
class Agenda:
    """Shared by all threads; whatever is put on it rings their bells."""

    check_seconds: float
    looks: bool = True
    """Whether there are short looks between synchronizations of everything."""
    clock: Callable[[], float] = time.monotonic
    offline: bool = False
    stopping: bool = False
    opened: MailboxId | None = None
    """The mailbox that is looked at."""
    next_round: float = 0.0
    next_look: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _bells: list[Wake] = field(default_factory=list)
    _fetches: deque[FetchJob] = field(default_factory=deque)
    _searches: deque[SearchJob] = field(default_factory=deque)
    _under_way: list[Errand] = field(default_factory=list)
    _replay: bool = False
    _replay_at: float | None = None
    """When something that was put off may be tried again."""
    _ahead: bool = False
    _asked: list[tuple[MailboxId | None, Request]] = field(default_factory=list)
    _in_rounds: list[Request] = field(default_factory=list)
    """Who waits for a synchronization that is under way."""
    _back: list[Errand | RoundJob] = field(default_factory=list)
    """What a lost link left undone: it is for the next connection, not given up."""
    _hurries: int = 0
    _flush: bool = False
    _flushes: list[Request] = field(default_factory=list)

    def add_bell(self, bell: Wake) -> None:
        """Have a thread's bell rung whenever something is put on the agenda."""
        with self._lock:
            self._bells.append(bell)

    def ring(self) -> None:
        """Have all threads look what there is to do."""
        with self._lock:
            bells = tuple(self._bells)
        for bell in bells:
            bell.ring()

    def fetch(self, job: FetchJob) -> None:
        """Put a part on it."""
        with self._lock:
            self._fetches.append(job)
        self.hurry()

    def search(self, job: SearchJob) -> None:
        """Put a search on it."""
        with self._lock:
            self._searches.append(job)
        self.hurry()

    @property
    def has_searches(self) -> bool:
        """Whether a search waits for a connection."""
        with self._lock:
            return bool(self._searches) or any(
                isinstance(job, SearchJob) for job in self._back
            )

    @property
    def has_asked(self) -> bool:
        """Whether somebody waits for a synchronization that has not begun."""
        with self._lock:
            return bool(self._asked)

    def replay(self) -> None:
        """Note that something waits for the server."""
        with self._lock:
            self._replay = True
        self.hurry()

    def replay_again(self) -> None:
        """Note that something still waits; it is no reason to hurry."""
        with self._lock:
            self._replay = True
        self.ring()

    def replay_in(self, seconds: float | None) -> None:
        """Have what was put off replayed after so many seconds; None: there is nothing."""
        with self._lock:
            self._replay_at = None if seconds is None else self.clock() + seconds

    def strike(self) -> None:
        """Note what has become due since the clock struck last."""
        if self._replay_at is not None and self.clock() >= self._replay_at:
            self._replay_at = None
            self.replay_again()

    def fetch_ahead(self) -> None:
        """Note that new messages came."""
        with self._lock:
            self._ahead = True
        self.ring()

    def synchronize(self, mailbox: MailboxId | None, request: Request) -> None:
        """Put a synchronization on it that somebody waits for."""
        with self._lock:
            self._asked.append((mailbox, request))
        self.hurry()

    def flush(self, request: Request | None = None) -> None:
        """Have the outbox sent now, what was put off too; ``request`` waits for it."""
        with self._lock:
            self._flush = True
            self._flushes += [] if request is None else [request]
        self.ring()

    def take_flush(self) -> tuple[Request, ...] | None:
        """Take who waits for the outbox to be sent; None where nobody wants that now."""
        with self._lock:
            if not self._flush:
                return None
            waiting = tuple(self._flushes)
            self._flush, self._flushes = False, []
            return waiting

    def open(self, mailbox: MailboxId | None) -> None:
        """Note which mailbox is looked at."""
        with self._lock:
            self.opened = mailbox
        self.ring()

    def hurry(self) -> None:
        """End waits between attempts to connect: there is a reason to try now."""
        with self._lock:
            self._hurries += 1
        self.ring()

    @property
    def hurries(self) -> int:
        """How often there was a reason to try at once."""
        return self._hurries

    def cancel(self, client: LinkedClient, number: int | None) -> list[Request]:
        """Take off what a client asked for; with None all of it. Those taken off."""
        with self._lock:
            self._bring_back(frozenset(Duty))
            errands: tuple[Errand, ...] = (*self._fetches, *self._searches)
            for job in (*errands, *self._under_way):
                if _is_of(job.request, client, number):
                    job.cancelled = True
            gone = [job.request for job in errands if job.cancelled]
            self._fetches = deque(job for job in self._fetches if not job.cancelled)
            self._searches = deque(job for job in self._searches if not job.cancelled)
            gone += [one for _, one in self._asked if _is_of(one, client, number)]
            self._asked = [one for one in self._asked if one[1] not in gone]
            gone += [one for one in self._in_rounds if _is_of(one, client, number)]
            self._in_rounds = [one for one in self._in_rounds if one not in gone]
            return gone

    def take(self, duties: frozenset[Duty]) -> Job | None:
        """Take the most urgent job that one of the duties covers."""
        with self._lock:
            self._bring_back(duties)
            errand: Errand | None = None
            if Duty.FETCH in duties and self._fetches:
                errand = self._fetches.popleft()
            elif Duty.REPLAY in duties and self._replay:
                self._replay = False
                return ReplayJob()
            elif Duty.SEARCH in duties and self._searches:
                errand = self._searches.popleft()
            if errand is not None:
                self._under_way.append(errand)
                return errand
            return self._take_round() if Duty.ROUND in duties else None

    def take_text(self) -> FetchJob | None:
        """Take a text that somebody waits to read: it goes before parts under way."""
        with self._lock:
            job = next((one for one in self._fetches if one.part is None), None)
            if job is not None:
                self._fetches.remove(job)
                self._under_way.append(job)
            return job

    def _take_round(self) -> Job | None:
        if self._asked or self.clock() >= self.next_round:
            asked, self._asked = self._asked, []
            boxes = {mailbox for mailbox, _ in asked}
            everything = None in boxes or self.clock() >= self.next_round
            named = frozenset(box for box in boxes if box is not None)
            requests = tuple(request for _, request in asked)
            self._in_rounds += requests
            return RoundJob(None if everything else named, requests)
        if self._ahead:
            self._ahead = False
            return AheadJob()
        return LookJob() if self.looks and self.clock() >= self.next_look else None

    def take_waiting(self, requests: Iterable[Request]) -> tuple[Request, ...]:
        """Take those off that still wait for a synchronization that is under way."""
        with self._lock:
            waiting = tuple(one for one in requests if one in self._in_rounds)
            self._in_rounds = [one for one in self._in_rounds if one not in waiting]
            return waiting

    def is_given_up(self, job: RoundJob) -> bool:
        """Tell whether all who wanted a synchronization have cancelled it."""
        with self._lock:
            return bool(job.requests) and not any(
                one in self._in_rounds for one in job.requests
            )

    def put_back(self, job: Errand | RoundJob) -> None:
        """Have what somebody waits for done once more, over the next connection."""
        with self._lock:
            self._back.append(job)
        self.hurry()

    def _bring_back(self, duties: frozenset[Duty]) -> None:
        """Let what was put back wait like everything else, if it can be taken now."""
        kept: list[Errand | RoundJob] = []
        for job in self._back:
            if _duty(job) not in duties:
                kept.append(job)
            elif isinstance(job, FetchJob):
                job.again = True
                self._fetches.appendleft(job)
            elif isinstance(job, SearchJob):
                job.again = True
                self._searches.appendleft(job)
            else:
                boxes = job.mailboxes or (None,)
                self._asked += [
                    (box, replace(request, again=True))
                    for request in job.requests
                    for box in boxes
                ]
        self._back = kept

    def done(self, job: Errand) -> None:
        """Note that what somebody waits for was done, or cannot be."""
        with self._lock:
            self._under_way.remove(job)

    def schedule_next_round(self) -> None:
        """Have the next synchronization of everything when it is due."""
        with self._lock:
            self.next_round = self.clock() + self.check_seconds
            self.next_look = self.clock() + LOOK_SECONDS

    def schedule_next_look(self, took: float) -> None:
        """Have the next look when it is due, after one that took so many seconds."""
        with self._lock:
            self.next_look = self.clock() + max(LOOK_SECONDS, took * _LOOK_SHARE)

    def schedule_round_now(self) -> None:
        """Have a synchronization of everything as soon as there is a connection."""
        with self._lock:
            self.next_round = 0.0
        self.ring()

    def seconds_left(self) -> float:
        """Say how long it is until the next synchronization, or the next look."""
        return max(0.0, min(self.next_round, self.next_look) - self.clock())

    def take_requests(self) -> list[Request]:
        """Take all off that somebody waits for: it cannot be done now."""
        with self._lock:
            errands: tuple[Errand, ...] = (*self._fetches, *self._searches)
            waiting = [job.request for job in errands]
            waiting += [request for _, request in self._asked]
            self._fetches.clear()
            self._searches.clear()
            self._asked.clear()
            self._bring_back(frozenset(Duty))
            return waiting


def _duty(job: Errand | RoundJob) -> Duty:
    if isinstance(job, FetchJob):
        return Duty.FETCH
    return Duty.SEARCH if isinstance(job, SearchJob) else Duty.ROUND


def _is_of(request: Request, client: LinkedClient, number: int | None) -> bool:
    return request.client is client and number in (None, request.number)
