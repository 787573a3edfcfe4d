"""A server with other habits: no keywords, no CONDSTORE, no special uses."""

from datetime import UTC, datetime
from pathlib import Path

from tests.servers.pymap import Pymap
from tests.sync.engines import running
from tests.sync.mailing import Desk, letter
from tui_mail.config.places import NAME, Places
from tui_mail.link.messages import FetchPart, Wake
from tui_mail.model.flags import FLAGGED
from tui_mail.model.ids import WHOLE
from tui_mail.model.operation import Move, SetFlags
from tui_mail.store.content import load_part


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


def test_a_servers_own_mark_makes_out_messages_that_are_alike_but_for_the_text(
    pymap: Pymap, tmp_path: Path
) -> None:
    """OBJECTID (RFC 8474): Message-ID, date and size of both are the same."""
    places = Places(*(tmp_path / name for name in ("c", "d", "s", "r")))
    desk = Desk(pymap, "u3", places)
    desk.set(keep_days=0)
    arrived = datetime(2026, 1, 1, 10, tzinfo=UTC)
    texts = [letter(1, text=text).octets for text in ("Hello", "World")]
    with desk.oracle() as client:
        client.create_folder("Archive")
        for octets in texts:
            client.append("INBOX", octets, msg_time=arrived)
        assert desk.sync(bodies=True).texts == 2
        client.select_folder("INBOX")
        for uid in reversed(client.search()):
            client.move([uid], "Archive")
        there = [
            client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
            for _ in [client.select_folder("Archive", readonly=True)]
            for uid in client.search()
        ]
    assert there == texts[::-1], "the other one is the first now"
    receipt = desk.sync(bodies=True)
    assert (receipt.new, receipt.texts) == (2, 0), "nothing was fetched again"
    here = [
        load_part(desk.database, row.number, WHOLE)
        for row in sorted(desk.rows("Archive"), key=lambda row: row.uid or 0)
    ]
    assert here == there
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
