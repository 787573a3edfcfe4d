"""Flags that wait for messages that another client moves, or deletes, meanwhile."""

import pytest

from tests.servers.interposed import Answer, interposed
from tests.servers.proxy import Proxy
from tests.sync.mailing import Desk, letter, letters, uid_there
from tests.sync.test_sync_watch import in_step, in_this_process
from tui_mail.link.messages import Wake
from tui_mail.model.flags import FLAGGED
from tui_mail.model.operation import Move, SetFlags
from tui_mail.store.operations import load_pending, retry
from tui_mail.sync import agenda

pytestmark = pytest.mark.dovecot

_NONE: frozenset[str] = frozenset()
_MASKS: dict[str, frozenset[bytes]] = {
    "all": frozenset(),
    "no QRESYNC": frozenset({b"QRESYNC"}),
    "no CONDSTORE": frozenset({b"QRESYNC", b"CONDSTORE"}),
    "no MOVE": frozenset({b"MOVE"}),
    "none": frozenset({b"QRESYNC", b"CONDSTORE", b"MOVE", b"ESEARCH", b"LIST-STATUS"}),
}
servers = pytest.mark.parametrize("masked", _MASKS.values(), ids=_MASKS)


def _wish(desk: Desk, source: str) -> None:
    """Flag one, unflag another, give the third a keyword."""
    for subject, add, remove in (
        ("letter 1", frozenset({FLAGGED}), _NONE),
        ("letter 2", _NONE, frozenset({FLAGGED})),
        ("letter 3", frozenset({"red"}), _NONE),
    ):
        number = desk.number(subject, source)
        desk.perform(SetFlags((number,), add=add, remove=remove))


def _move_there(desk: Desk, source: str, target: str, *numbers: int) -> None:
    with desk.oracle() as client:
        for number in numbers:
            uid = uid_there(client, source, f"letter {number}")
            client.add_flags([uid], ["blue"])
            client.move([uid], target)


_WANTED = {
    "letter 1": {FLAGGED, "blue"},
    "letter 2": {"blue"},
    "letter 3": {"red", "blue"},
    "letter 9": set(),
}


@servers
@pytest.mark.parametrize(
    ("source", "target"), [("INBOX", "Zzz"), ("Zzz", "INBOX"), ("Aaa", "Zzz")]
)
def test_flags_set_offline_reach_what_another_client_moved_meanwhile(
    desk: Desk, proxy: Proxy, masked: frozenset[bytes], source: str, target: str
) -> None:
    proxy.masked = masked
    desk.fill([letter(1), letter(2, flags=FLAGGED), letter(3), letter(4)], source)
    desk.fill([letter(9)], target)
    desk.sync()
    numbers = {n: desk.number(f"letter {n}", source) for n in (1, 2, 3)}
    _wish(desk, source)
    _move_there(desk, source, target, 1, 2, 3)
    receipt = desk.sync()
    assert desk.there(target) == _WANTED
    assert desk.here(target) == _WANTED
    assert desk.there(source) == desk.here(source) == {"letter 4": set()}
    assert load_pending(desk.database) == []
    assert receipt.flags == 3
    assert receipt.unflagged == 0
    for n, number in numbers.items():
        assert desk.number(f"letter {n}", target) == number
    assert str(desk.sync()) == "in step"


@pytest.mark.parametrize("masked", [_MASKS["all"], _MASKS["no CONDSTORE"]])
def test_flags_reach_what_another_client_moved_also_where_it_was_seen_there_first(
    desk: Desk, proxy: Proxy, masked: frozenset[bytes]
) -> None:
    """The server takes the flags only later: the new place is looked at before."""
    later = [3]

    def instead(command: bytes) -> Answer:
        if later[0] and command.startswith(b"UID STORE"):
            later[0] -= 1
            return [b"NO [UNAVAILABLE] Suggested Backoff Time: 1000 milliseconds"]
        return None

    proxy.masked = masked
    with interposed(proxy.port, instead) as between:
        desk.through(between.port)
        desk.fill([letter(1), letter(2, flags=FLAGGED), letter(3)], "Zzz")
        desk.fill([letter(9)])
        desk.sync()
        _wish(desk, "Zzz")
        _move_there(desk, "Zzz", "INBOX", 1, 2, 3)
        desk.sync()
        assert later == [0]
        assert desk.here() == _WANTED
        assert desk.here("Zzz") == {}
        for one in load_pending(desk.database):
            with desk.database.transaction() as tx:
                retry(tx, one.id)
        desk.sync()
        assert desk.there() == _WANTED
        assert load_pending(desk.database) == []


@servers
def test_of_messages_that_another_client_deleted_it_is_said_once_that_flags_were_lost(
    desk: Desk, proxy: Proxy, masked: frozenset[bytes]
) -> None:
    proxy.masked = masked
    desk.fill(letters(1, 3))
    desk.fill([letter(9)], "Zzz")
    desk.sync()
    desk.perform(SetFlags((desk.number("letter 1"),), add=frozenset({FLAGGED})))
    desk.perform(SetFlags((desk.number("letter 2"),), add=frozenset({FLAGGED})))
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Deleted"])
        client.uid_expunge([1])
    first, second = desk.sync(), desk.sync()
    assert (first.flags, first.gone, first.unflagged) == (1, 1, 1)
    assert "1 deleted elsewhere before they could be flagged" in str(first)
    assert str(second) == "in step"
    assert load_pending(desk.database) == []
    assert desk.all_here() == desk.all_there()


@servers
def test_a_copy_that_others_had_made_before_gets_no_flag_of_ours(
    desk: Desk, proxy: Proxy, masked: frozenset[bytes]
) -> None:
    proxy.masked = masked
    desk.fill(letters(1, 2))
    desk.fill([letter(9)], "Zzz")
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.copy([1], "Zzz")
    desk.sync()
    desk.perform(SetFlags((desk.number("letter 1"),), add=frozenset({FLAGGED})))
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Deleted"])
        client.uid_expunge([1])
    desk.sync()
    desk.sync()
    assert (
        desk.there("Zzz") == desk.here("Zzz") == {"letter 1": set(), "letter 9": set()}
    )
    assert load_pending(desk.database) == []


def test_a_copy_that_is_seen_for_the_first_time_gets_no_flag_of_ours(
    desk: Desk,
) -> None:
    desk.fill(letters(1, 2))
    desk.fill([letter(9)], "Zzz")
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.copy([1], "Zzz")
    desk.sync()
    desk.perform(SetFlags((desk.number("letter 1"),), add=frozenset({FLAGGED})))
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Deleted"])
        client.uid_expunge([1])
    desk.sync()
    desk.sync()
    assert desk.there("Zzz") == {"letter 1": set(), "letter 9": set()}


@servers
def test_flags_reach_what_both_sides_moved(
    desk: Desk, proxy: Proxy, masked: frozenset[bytes]
) -> None:
    proxy.masked = masked
    desk.fill(letters(1, 3))
    desk.fill([letter(9)], "Zzz")
    desk.sync()
    number = desk.number("letter 1")
    desk.perform(SetFlags((number,), add=frozenset({FLAGGED})))
    desk.perform(Move((number,), desk.box("Archive").id))
    _move_there(desk, "INBOX", "Zzz", 1)
    desk.sync()
    assert desk.there("Zzz")["letter 1"] == {FLAGGED, "blue"}
    assert "letter 1" not in desk.there("Archive")
    assert desk.all_here() == desk.all_there()
    assert load_pending(desk.database) == []


def test_flags_reach_messages_of_a_mailbox_that_another_client_renamed(
    desk: Desk,
) -> None:
    desk.fill(letters(1, 3), "Work")
    desk.sync()
    desk.perform(
        SetFlags((desk.number("letter 1", "Work"),), frozenset({FLAGGED}), _NONE)
    )
    with desk.oracle() as client:
        client.rename_folder("Work", "Play")
        client.subscribe_folder("Play")
    desk.sync()
    assert desk.there("Play")["letter 1"] == {FLAGGED}
    assert desk.all_here() == desk.all_there()


@pytest.mark.parametrize(
    ("masked", "asked"), [(_MASKS["all"], 0), (_MASKS["no CONDSTORE"], 1)]
)
def test_whether_messages_are_there_is_asked_only_where_the_answer_does_not_tell(
    desk: Desk, proxy: Proxy, masked: frozenset[bytes], asked: int
) -> None:
    proxy.masked = masked
    desk.fill(letters(1, 3))
    desk.sync()
    both = desk.number("letter 1"), desk.number("letter 2")
    desk.perform(SetFlags(both, add=frozenset({FLAGGED})))
    proxy.sent_up.clear()
    assert desk.sync().flags == 2
    said = b"".join(proxy.sent_up)
    assert said.count(b"UID STORE") == 1
    assert said.count(b"UID SEARCH") == asked, said


def test_an_engine_flags_what_another_client_moved_as_soon_as_it_sees_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flags are refused for now; then the message goes, and comes elsewhere."""
    monkeypatch.setattr(agenda, "LOOK_SECONDS", 0.5)
    away = [True]

    def instead(command: bytes) -> Answer:
        if away[0] and command.startswith(b"UID STORE"):
            return [b"NO [UNAVAILABLE] Suggested Backoff Time: 1000 milliseconds"]
        return None

    desk.fill(letters(1, 3))
    desk.fill([letter(9)], "Zzz")
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            number = desk.number("letter 1")
            desk.perform(SetFlags((number,), add=frozenset({FLAGGED})))
            reader.send(Wake())
            reader.while_told(lambda: load_pending(desk.database)[0].attempts > 0)
            _move_there(desk, "INBOX", "Zzz", 1)
            reader.while_told(
                lambda: desk.here("Zzz").get("letter 1", _NONE) == {FLAGGED, "blue"}
            )
            away[0] = False
            reader.while_told(
                lambda: desk.there("Zzz")["letter 1"] == {FLAGGED, "blue"}, seconds=15
            )
            assert desk.number("letter 1", "Zzz") == number
            reader.while_told(lambda: not load_pending(desk.database))
