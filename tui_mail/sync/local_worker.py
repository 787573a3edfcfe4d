"""The engine's one thread for a local account, where an engine is there to send its mail."""

import threading
import time
from datetime import UTC, datetime

from tui_mail.model.error import MailError
from tui_mail.store.receipts import note_receipt
from tui_mail.sync.agenda import Duty, FetchJob, Job, RoundJob, SearchJob
from tui_mail.sync.crew import Crew
from tui_mail.sync.errands import give_part, refuse_search
from tui_mail.sync.lifetime import PARTING
from tui_mail.sync.pacing import Pace
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.upkeep import give_wanted, keep_up, make_texts
from tui_mail.sync.wake import Wake

_LONG = 60.0


class LocalWorker(threading.Thread):
    """Does what is due for the mail of an account that has no server to fetch from."""

    def __init__(self, crew: Crew[None]) -> None:
        super().__init__(name="local", daemon=True)
        self._crew = crew
        self._pace = Pace(crew.database)
        self._bell = Wake()
        crew.agenda.add_bell(self._bell)
        # Before anybody can want it otherwise.
        crew.online = True
        crew.board.status("connected", "ready")

    @property
    def parting(self) -> float:
        """Seconds that it takes to end politely, at most."""
        return PARTING

    def close_connection(self) -> None:
        """Have it look what there is to do; it has no connection."""
        self._bell.ring()

    def end_cancelled(self) -> None:
        """Do nothing: what is asked of it takes no time."""

    def close(self) -> None:
        """Give up what the thread had, after it has ended."""
        self._bell.close()

    def run(self) -> None:
        """Live until the engine ends."""
        crew, agenda = self._crew, self._crew.agenda
        try:
            while True:
                # Before anything is looked at: what rings after that is waited for.
                self._bell.drain()
                if agenda.stopping:
                    return
                job = agenda.take(frozenset(Duty))
                if job is None:
                    left = max(0.0, agenda.next_round - time.monotonic())
                    self._bell.wait(min(_LONG, left))
                else:
                    self._do(job)
        except MailError as error:
            crew.fail(error)

    def _do(self, job: Job) -> None:
        crew = self._crew
        if isinstance(job, FetchJob):
            give_part(crew, self._pace, job)
        elif isinstance(job, SearchJob):
            refuse_search(crew, job, "a local account has no server to search")
        elif isinstance(job, RoundJob):
            self._look_after(job)
        else:
            crew.neighbours.carry_on()
            give_wanted(crew.database, self._pace, crew.renderer)

    def _look_after(self, job: RoundJob) -> None:
        crew, receipt = self._crew, Receipt()
        crew.neighbours.carry_on()
        for _ in keep_up(crew.database, self._pace, crew.account, receipt):
            pass
        for _ in make_texts(crew.database, self._pace, crew.renderer):
            pass
        if receipt.kept:
            with self._pace.transaction() as tx:
                note_receipt(tx, receipt.kept, datetime.now(UTC))
        crew.agenda.schedule_next_round()
        for request in crew.agenda.take_waiting(job.requests):
            crew.board.answer(request, ok=receipt.whole, line=str(receipt))
