"""POP3 servers that are as few of them should be, and some are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.maildrop import Mail, Maildrop, serving
from tests.sync.mailing import letter
from tests.sync.popping import FAST, PopDesk
from tui_mail.config.places import Places
from tui_mail.model.error import LinkLost, MailError, ServerRefused
from tui_mail.model.operation import Expunge
from tui_mail.store.pulling import Fate, PullState, load_pulled
from tui_mail.sync import connecting, pop_arriving, pop_patience, pop_session


@pytest.fixture
def drop() -> Iterator[Maildrop]:
    with serving(Maildrop()) as drop:
        yield drop


@pytest.fixture
def desk(
    drop: Maildrop, places: Places, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PopDesk]:
    monkeypatch.setattr(connecting, "DEADLINE", 2.0)
    monkeypatch.setattr(pop_patience, "PAUSES", FAST)
    desk = PopDesk(None, "ann", places)
    desk.through(drop.port)
    yield desk
    desk.close()


def octets(*numbers: int) -> list[bytes]:
    return [letter(number).octets for number in numbers]


def is_both(desk: PopDesk, *expected: bytes) -> bool:
    return sorted(desk.octets_here()) == sorted(expected)


# Names.


def test_a_server_that_names_all_its_messages_anew_is_recognized(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="2 days")
    drop.put(*octets(*range(1, 13)))
    desk.sync()
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE pop_message SET stored_at = 0")
    desk.perform(Expunge((desk.number("letter 12"),)))
    drop.name_anew()
    drop.put(*octets(13))
    receipt = desk.sync()
    assert str(receipt) == "1 new, 12 of 12 matched again"
    assert receipt.whole
    assert len(drop.mails) == 13, "nothing goes in that session"
    assert is_both(desk, *octets(*range(1, 12), 13))
    assert set(load_pulled(desk.database)) == {mail.uidl for mail in drop.mails}
    assert str(desk.sync()) == "12 deleted on the server"
    assert drop.octets() == octets(13)


def test_renaming_that_is_broken_off_goes_on_the_next_time(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.put(*octets(*range(1, 6)))
    desk.sync()
    drop.name_anew()
    drop.hang_up_after = 9
    monkeypatch.setattr(pop_session, "MOST_LOSSES", 0)
    with pytest.raises(LinkLost):
        desk.sync()
    assert 0 < drop.count(b"RETR") - 5 < 5
    drop.hang_up_after = None
    desk.pop(delete_after="download")
    assert "matched again" in str(desk.sync(yes=True))
    assert is_both(desk, *octets(*range(1, 6)))
    assert len(drop.mails) == 5
    assert str(desk.sync()) == "5 deleted on the server"


def test_a_name_that_went_to_another_message_is_no_reason_to_miss_it(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="download")
    drop.put(*octets(1))
    assert desk.sync().deleted_there == 1
    drop.put(*octets(2))
    drop.mails[0].uidl = b"uid-1"
    assert str(desk.sync()) == "1 new, 1 deleted on the server"
    assert is_both(desk, *octets(1, 2))


def test_what_lost_its_name_to_another_message_is_known_when_it_comes_again(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1, 2))
    desk.sync()
    desk.perform(Expunge((desk.number("letter 1"),)))
    drop.mails = []
    desk.sync()
    drop.put(*octets(3, 4))
    drop.mails[0].uidl, drop.mails[1].uidl = b"uid-1", b"uid-2"
    assert desk.sync().new == 2
    drop.put(*octets(1, 2))
    assert desk.sync().new == 0
    assert is_both(desk, *octets(2, 3, 4))


def test_a_name_of_what_may_have_left_went_to_another_message_that_is_not_lost(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="download")
    drop.put(*octets(1))
    drop.quit_says = b""
    assert "did not say whether it deleted" in str(desk.sync())
    assert not drop.mails
    drop.quit_says = b"+OK\r\n"
    drop.mails = [Mail(b"uid-1", letter(2, text="another").octets)]
    assert str(desk.sync()) == "1 new, 1 deleted on the server"
    assert is_both(desk, *octets(1), letter(2, text="another").octets)


def test_a_name_that_another_message_got_unseen_lets_nothing_go_unfetched(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="2 days")
    drop.put(*octets(1))
    desk.sync()
    drop.mails = [Mail(b"uid-1", letter(2, text="another").octets)]
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE pop_message SET stored_at = 0")
    assert str(desk.sync()) == "1 new"
    assert is_both(desk, *octets(1), letter(2, text="another").octets)
    assert len(drop.mails) == 1, "it came just now"


def test_what_vanished_for_one_session_does_not_come_back(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1, 2))
    desk.sync()
    desk.perform(Expunge((desk.number("letter 1"),)))
    mails, drop.mails = drop.mails, []
    desk.sync()
    drop.mails = mails
    assert str(desk.sync()) == "in step"
    assert is_both(desk, *octets(2))
    found = load_pulled(desk.database)
    assert found[b"uid-1"].fate is Fate.REMOVED
    assert {one.state for one in found.values()} == {PullState.STORED}
    fetched = drop.count(b"RETR")
    desk.sync()
    assert drop.count(b"RETR") == fetched


@pytest.mark.parametrize("policy", ["never", "download", "removed"])
def test_without_uidl_nothing_is_here_twice_and_what_goes_was_looked_at(
    desk: PopDesk, drop: Maildrop, policy: str
) -> None:
    drop.names = False
    desk.pop(delete_after=policy)
    drop.put(*octets(1, 2, 3))
    receipt = desk.sync()
    assert receipt.new == 3
    assert "names no message (UIDL): all that has no name is fetched each time" in str(
        receipt
    )
    drop.put(*octets(4))
    assert desk.sync().new == 1
    desk.perform(Expunge((desk.number("letter 2"),)))
    desk.sync()
    assert is_both(desk, *octets(1, 3, 4))
    left = {"never": (1, 2, 3, 4), "download": (), "removed": (1, 3, 4)}
    assert drop.octets() == octets(*left[policy])
    assert desk.sync().new == 0


def test_names_that_a_server_learns_and_forgets_make_no_doubles(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1, 2, 3))
    for names in (True, False, True):
        drop.names = names
        desk.sync()
        assert is_both(desk, *octets(1, 2, 3))
    drop.put(*octets(4))
    drop.names = False
    desk.sync()
    drop.names = True
    assert "1 of 1 matched again" in str(desk.sync())
    assert is_both(desk, *octets(1, 2, 3, 4))
    assert str(desk.sync()) == "in step"


def test_messages_with_one_name_are_told_apart_by_their_octets(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="removed")
    drop.put(*octets(1, 2, 3))
    drop.mails[0].uidl = drop.mails[1].uidl = b"same"
    receipt = desk.sync()
    assert receipt.new == 3
    assert "gives 2 messages no UIDL, or one that others have too" in str(receipt)
    assert desk.sync().new == 0
    desk.perform(Expunge((desk.number("letter 1"),)))
    assert desk.sync().deleted_there == 1
    assert drop.octets() == octets(2, 3)


# Messages.


def test_one_that_is_refused_keeps_no_other_back(desk: PopDesk, drop: Maildrop) -> None:
    desk.pop(delete_after="download")
    drop.put(*octets(1, 2, 3))
    drop.refused = {b"uid-2"}
    receipt = desk.sync()
    assert (receipt.new, receipt.deleted_there, receipt.whole) == (2, 2, False)
    assert "does not give message 2: it cannot be read" in str(receipt)
    assert drop.octets() == octets(2)
    drop.refused = set()
    assert str(desk.sync()) == "1 new, 1 deleted on the server"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n",
        b"no header at all\r\n",
        b".\r\n..\r\n...dots\r\n.\r\n",
        b"Subject: nul \0\r\n\r\n\0\0 and \xff\xfe\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 3_000_000 + b"\r\n",
        b"Subject: bare\n\nlf\n.\nonly\r\n",
        b"\r\n\r\n\r\n",
    ],
    ids=["empty", "a line", "no header", "dots", "nul", "one line", "bare lf", "lines"],
)
def test_octets_are_kept_as_they_came(
    desk: PopDesk, drop: Maildrop, message: bytes
) -> None:
    desk.pop(delete_after="download")
    drop.put(message, *octets(1))
    assert str(desk.sync()) == "2 new, 2 deleted on the server"
    assert is_both(desk, message, *octets(1))


@pytest.mark.parametrize("size", [0, 1, 10_000_000])
def test_sizes_that_are_not_true_do_not_matter(
    desk: PopDesk, drop: Maildrop, size: int
) -> None:
    drop.put(*octets(1), b"Subject: large\r\n\r\n" + b"y" * 2_000_000 + b"\r\n")
    for mail in drop.mails:
        mail.size = size
    assert desk.sync().new == 2
    assert is_both(desk, *drop.octets())


def test_a_message_of_which_nothing_came_stays_there_and_comes_later(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="download")
    drop.put(*octets(1, 2))
    drop.mails[0].octets, drop.mails[0].size = b"", 500
    receipt = desk.sync()
    assert "gives nothing of message 1" in receipt.troubles
    assert (receipt.new, receipt.deleted_there, len(drop.mails)) == (1, 1, 1)
    drop.mails[0].octets = octets(1)[0]
    assert str(desk.sync()) == "1 new, 1 deleted on the server"
    assert is_both(desk, *octets(1, 2))


def test_a_message_without_an_end_is_left_and_the_others_come(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_arriving, "MOST_MORE", 3_000_000)
    drop.put(*octets(1, 2, 3))
    drop.endless = {b"uid-2"}
    receipt = desk.sync()
    assert receipt.new == 2
    assert "a message had no end and stayed on the server" in str(receipt)
    assert not receipt.whole
    assert is_both(desk, *octets(1, 3))
    [left] = desk.database.connection.execute("SELECT count(*) FROM message").fetchone()
    assert left == 2


def test_a_message_over_which_the_server_hangs_up_comes_last(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.capabilities = ("USER", "UIDL")
    drop.put(*octets(1, 2, 3, 4))
    # CAPA, USER, PASS, CAPA, LIST, UIDL, then one RETR.
    drop.hang_up_after = 7
    desk.sync()
    assert len(desk.octets_here()) == 4, "each new connection brought one"
    assert drop.logins == 4


def test_an_inbox_that_lost_what_it_is_for_is_one_again(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    desk.sync()
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE mailbox SET special_use = ''")
    drop.put(*octets(2))
    assert str(desk.sync()) == "1 new"
    assert is_both(desk, *octets(1, 2))


# Deleting.


def test_what_is_not_deleted_is_said_and_tried_again(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="download")
    drop.put(*octets(1, 2))
    drop.kept = {b"uid-1"}
    receipt = desk.sync()
    assert (receipt.new, receipt.deleted_there, receipt.whole) == (2, 1, False)
    assert "does not delete message 1: not this one" in str(receipt)
    drop.kept = set()
    assert str(desk.sync()) == "1 deleted on the server"


@pytest.mark.parametrize("says", [b"", b"-ERR some were not deleted\r\n"])
def test_a_deletion_counts_only_once_quit_was_answered(
    desk: PopDesk, drop: Maildrop, says: bytes
) -> None:
    desk.pop(delete_after="download")
    drop.put(*octets(1, 2))
    drop.quit_says = says
    receipt = desk.sync()
    assert (receipt.new, receipt.deleted_there, receipt.whole) == (2, 0, False)
    assert "did not say whether it deleted" in str(receipt)
    states = {one.state for one in load_pulled(desk.database).values()}
    assert states == {PullState.LEAVING}
    drop.quit_says = b"+OK\r\n"
    there = len(drop.mails)
    assert desk.sync().deleted_there == there
    states = {one.state for one in load_pulled(desk.database).values()}
    assert states == {PullState.LEFT}
    assert is_both(desk, *octets(1, 2))


# The server.


@pytest.mark.parametrize(
    "word", [b"CAPA", b"USER", b"PASS", b"LIST", b"UIDL", b"RETR", b"DELE", b"QUIT"]
)
def test_a_hang_at_each_command_ends_with_the_deadline_and_loses_nothing(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch, word: bytes
) -> None:
    monkeypatch.setattr(connecting, "DEADLINE", 0.4)
    desk.pop(delete_after="download")
    drop.put(*octets(1, 2))
    drop.hang_at = word
    if word == b"QUIT":
        assert not desk.sync().whole
    else:
        with pytest.raises(MailError):
            desk.sync()
    drop.hang_at = b""
    desk.sync()
    assert is_both(desk, *octets(1, 2))
    assert drop.mails == []


def test_a_server_without_capa_and_pipelining_is_fetched_from_all_the_same(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.capabilities = None
    drop.put(*octets(*range(1, 30)))
    assert str(desk.sync()) == "29 new"


@pytest.mark.parametrize(
    "said", [b"[IN-USE] another session", b"[LOGIN-DELAY] wait", b"[SYS/TEMP] busy"]
)
def test_a_locked_mailbox_is_waited_for(
    desk: PopDesk, drop: Maildrop, said: bytes
) -> None:
    drop.put(*octets(1))
    drop.locked = [said, said]
    assert str(desk.sync()) == "1 new"
    assert drop.logins == 3
    drop.locked = [said] * 3
    with pytest.raises(ServerRefused, match="synchronize again later"):
        desk.sync()
    assert drop.logins == 6


def test_a_server_that_is_out_of_order_for_long_is_not_asked_again_and_again(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.locked = [b"[SYS/PERM] call the hotline"]
    with pytest.raises(ServerRefused, match="call the hotline"):
        desk.sync()
    assert drop.logins == 1


def test_a_mirror_gets_what_is_here_before_the_server_hears_of_a_deletion(
    desk: PopDesk, drop: Maildrop, tmp_path: Path
) -> None:
    desk.pop(delete_after="download", mirror=str(tmp_path / "mirror"))
    drop.put(*octets(1, 2, 3))
    drop.hang_at = b"DELE"
    with pytest.raises(LinkLost):
        desk.sync()
    found = [path.read_bytes() for path in (tmp_path / "mirror" / "new").iterdir()]
    assert sorted(found) == octets(1, 2, 3)


def test_a_large_message_that_vanished_for_one_session_is_here_once(
    desk: PopDesk, drop: Maildrop
) -> None:
    large = b"Subject: large\r\n\r\n" + b"y" * 1_500_000 + b"\r\n"
    drop.put(large)
    desk.sync()
    mails, drop.mails = drop.mails, []
    desk.sync()
    drop.mails = mails
    assert str(desk.sync()) == "in step"
    assert is_both(desk, large)
