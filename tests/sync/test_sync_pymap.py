"""A server with other habits: no keywords, no CONDSTORE, no special uses."""

from pathlib import Path

from tests.servers.pymap import Pymap
from tests.sync.engines import running
from tests.sync.mailing import Desk, letter
from tui_mail.config.places import NAME, Places
from tui_mail.link.messages import FetchPart, Wake
from tui_mail.model.flags import FLAGGED
from tui_mail.model.operation import Move, SetFlags


def test_a_server_without_keywords_is_kept_in_step(
    pymap: Pymap, tmp_path: Path
) -> None:
    places = Places(*(tmp_path / name for name in ("c", "d", "s", "r")))
    desk = Desk(pymap, "u1", places)
    with desk.oracle() as client:
        client.create_folder("Archive")
        for number in range(1, 6):
            client.append("INBOX", letter(number).octets)
    assert desk.sync().new == 5
    assert not desk.box().state.keywords_kept
    numbers = (desk.number("letter 1"), desk.number("letter 2"))
    desk.perform(SetFlags(numbers, add=frozenset({FLAGGED, "todo"})))
    desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
    desk.sync()
    assert desk.there()["letter 1"] == {FLAGGED}
    assert desk.there("Archive")["letter 2"] == {FLAGGED}
    assert desk.here()["letter 1"] == {FLAGGED, "todo"}, (
        "what it cannot keep stays here"
    )
    assert str(desk.sync()) == "in step"
    desk.close()


def test_a_server_of_the_demo_is_listened_to(pymap: Pymap, tmp_path: Path) -> None:
    places = Places(*(tmp_path / name / NAME for name in ("c", "data", "s", "run")))
    desk = Desk(pymap, "u2", places)
    with desk.oracle() as client:
        client.append("INBOX", letter(1).octets)
    with running(desk) as engine, engine.reader() as reader:
        reader.while_told(lambda: len(desk.numbers()) == 1)
        reader.send(FetchPart(desk.number("letter 1"), None, 1))
        assert reader.done(1).ok
        with desk.oracle() as client:
            client.append("INBOX", letter(2).octets)
        assert reader.while_told(lambda: len(desk.numbers()) == 2) < 3
        desk.perform(SetFlags((desk.number("letter 2"),), add=frozenset({FLAGGED})))
        reader.send(Wake())
        reader.while_told(lambda: FLAGGED in desk.there()["letter 2"], seconds=2)
    desk.close()
