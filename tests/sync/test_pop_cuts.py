"""A POP3 session at a real server, cut at many octets in each direction."""

from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.proxy import proxied
from tests.sync.mailing import letter
from tests.sync.popping import PopDesk
from tui_mail.config.places import Places
from tui_mail.model.error import MailError

pytestmark = pytest.mark.dovecot

_LINE = "y" * 70 + "\r\n"
LETTERS = [letter(number, text=_LINE * 10 * number).octets for number in range(1, 7)]
DOWN = (5, 40, 120, 200, 260, 400, 900, 2_500, 6_000, 11_000, 16_000, 16_200, 16_300)
UP = (3, 10, 30, 45, 60, 70, 85, 100, 130, 150, 160, 170, 180)


@pytest.mark.parametrize("direction", ["down", "up"])
def test_wherever_a_session_is_cut_each_message_is_there_or_here_and_comes_once(
    dovecot: Dovecot, places: Places, tmp_path: Path, direction: str
) -> None:
    with proxied(dovecot.ports["pop3"]) as proxy:
        for place in DOWN if direction == "down" else UP:
            desk = PopDesk(dovecot, dovecot.fresh_user(), places)
            desk.set(name=f"cut{place}")
            mirror = tmp_path / f"{direction}{place}"
            desk.pop(port=proxy.port, delete_after="download", mirror=str(mirror))
            desk.fill(LETTERS)
            before = proxy.cuts
            setattr(proxy, f"cut_{direction}", place)
            whole = False
            try:
                whole = desk.sync().whole
            except MailError:
                pass
            finally:
                proxy.cut_down = proxy.cut_up = None
            assert whole or proxy.cuts > before
            here, there = desk.octets_here(), desk.octets_there()
            assert sorted({*here, *there}) == sorted(LETTERS), place
            assert len(here) == len(set(here)), place
            assert desk.sync().whole
            assert sorted(desk.octets_here()) == sorted(LETTERS), place
            assert desk.octets_there() == [], place
            assert len(list(mirror.glob("new/*"))) == len(LETTERS), place
            desk.close()
