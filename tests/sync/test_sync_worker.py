"""A thread of the engine, without a server."""

import pytest

from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Server, Settings
from tui_mail.sync.agenda import Agenda, Duty
from tui_mail.sync.board import Board
from tui_mail.sync.connecting import Connector
from tui_mail.sync.crew import Crew
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.reading import Reader
from tui_mail.sync.storing import open_database
from tui_mail.sync.wake import Wake
from tui_mail.sync.worker import Worker


def test_an_end_that_comes_just_before_a_thread_looks_is_not_slept_through(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(
        name="work", address="bob@example.org", imap=Server(host="127.0.0.1")
    )
    settings = Settings(path=places.settings_file())
    agenda = Agenda(60.0, offline=True)
    drain = Wake.drain

    def late(bell: Wake) -> None:
        agenda.stopping = True
        bell.ring()
        drain(bell)

    places.data.mkdir(parents=True)
    database = open_database(account, places)
    with Reader() as renderer:
        crew = Crew(
            account=account,
            database=database,
            connector=Connector(account, None),
            renderer=renderer,
            agenda=agenda,
            board=Board(lambda _: None),
            stop=lambda: None,
            neighbours=Neighbours(database, settings, places),
        )
        worker = Worker(crew, "background", {Duty.ROUND}, leads=True)
        monkeypatch.setattr(Wake, "drain", late)
        worker.start()
        worker.join(5.0)
        ended = not worker.is_alive()
        agenda.ring()
        worker.join()
        worker.close()
    database.close()
    assert ended
