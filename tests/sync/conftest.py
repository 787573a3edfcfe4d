from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy, proxied
from tests.sync.mailing import Desk
from tui_mail.config.places import NAME, Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places as ``XDG_*`` of the same folder name them."""
    config, data, state, run = (
        tmp_path / name / NAME for name in ("config", "data", "state", "run")
    )
    return Places(config, data, state, run)


@pytest.fixture
def desk_of(places: Places) -> Iterator[Callable[[Dovecot], Desk]]:
    """Make a desk at a server; its user is a fresh one."""
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


@pytest.fixture
def proxy(dovecot: Dovecot, desk: Desk) -> Iterator[Proxy]:
    """Stand between the desk's engine and its server."""
    with proxied(dovecot.port) as proxy:
        desk.through(proxy.port)
        yield proxy
