from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.sync.mailing import Desk
from tui_mail.config.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "config", tmp_path / "data", tmp_path / "state", tmp_path / "run"
    )


@pytest.fixture
def desk_of(places: Places) -> Iterator[Callable[[Dovecot], Desk]]:
    """Make desks at servers; each user is another."""
    desks: list[Desk] = []

    def make(server: Dovecot) -> Desk:
        desks.append(Desk(server, server.fresh_user(), places))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(dovecot: Dovecot, desk_of: Callable[[Dovecot], Desk]) -> Desk:
    return desk_of(dovecot)
