"""What is asked of the engine of an account whose mail lies here: no server is needed."""

from tui_mail.model.error import NotFound
from tui_mail.sync.agenda import FetchJob, SearchJob
from tui_mail.sync.crew import AnyCrew
from tui_mail.sync.pacing import Pace
from tui_mail.sync.upkeep import make_ready


def give_part(crew: AnyCrew, pace: Pace, job: FetchJob) -> None:
    """Have a part, or a text, ready for whoever waits for it."""
    try:
        make_ready(crew.database, pace, crew.renderer, job.message, job.part)
    except NotFound as error:
        crew.board.answer(job.request, ok=False, line=error.line)
    else:
        crew.board.answer(job.request, ok=True, line="")
    finally:
        crew.agenda.done(job)


def refuse_search(crew: AnyCrew, job: SearchJob, line: str) -> None:
    """Tell whoever wants a server to search why none can."""
    crew.board.answer(job.request, ok=False, line=line)
    crew.agenda.done(job)
