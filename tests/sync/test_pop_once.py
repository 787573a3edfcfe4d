"""POP3 accounts brought in step, at a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.sync.mailing import letter, letters
from tests.sync.popping import PopDesk
from tui_mail.config.places import Places
from tui_mail.model.ids import WHOLE
from tui_mail.store.content import load_part, load_text

pytestmark = pytest.mark.dovecot


@pytest.fixture
def desk(dovecot: Dovecot, places: Places) -> Iterator[PopDesk]:
    desk = PopDesk(dovecot, dovecot.fresh_user(), places)
    yield desk
    desk.close()


def test_new_mail_comes_whole_with_its_text_and_stays_on_the_server(
    desk: PopDesk,
) -> None:
    desk.fill(letters(1, 5))
    assert str(desk.sync()) == "5 new"
    assert set(desk.octets_here()) == set(desk.octets_there())
    assert load_part(desk.database, desk.number("letter 3"), WHOLE) == letter(3).octets
    for row in desk.rows():
        text = load_text(desk.database, row.number)
        assert text is not None
        assert text.text.startswith("Hello")
        assert row.on_server is True
    assert str(desk.sync()) == "in step"
    desk.fill([letter(6)])
    assert str(desk.sync()) == "1 new"
    assert len(desk.octets_there()) == 6
