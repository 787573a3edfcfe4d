"""What ``show`` fetches, and what it leaves to a synchronization."""

import base64
import json
from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot, Letter
from tests.servers.proxy import Proxy, proxied
from tests.sync.engines import write_settings
from tests.sync.mailing import Desk, letter, letters
from tests.sync.test_sync_evicting import large
from tui_mail.__main__ import main
from tui_mail.config.places import Places
from tui_mail.link.lock import AccountLock
from tui_mail.model.ids import PartId
from tui_mail.store.content import part_progress
from tui_mail.store.eviction import Keeping, load_evictable
from tui_mail.store.operations import load_pending
from tui_mail.store.wanting import want_part
from tui_mail.sync import asked
from tui_mail.sync.asked import fetch_once

pytestmark = pytest.mark.dovecot

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Proxy]:
    with proxied(dovecot.port) as proxy:
        yield proxy


@pytest.fixture
def desk(dovecot: Dovecot, proxy: Proxy) -> Iterator[Desk]:
    """Have four letters, the first a large one, of which only the headers are here."""
    desk = Desk(dovecot, dovecot.fresh_user(), Places.find())
    desk.fill([large(1, 200_000), *letters(2, 4)])
    desk.through(proxy.port)
    write_settings(desk)
    assert main(["sync"]) == 0
    yield desk
    desk.close()


def _id(desk: Desk, number: int) -> str:
    return f"work/{desk.number(f'letter {number}')}"


def _said(proxy: Proxy) -> bytes:
    said = b"".join(proxy.sent_up)
    proxy.sent_up.clear()
    return said


def test_showing_one_message_fetches_it_alone_and_sends_no_changes(
    desk: Desk, proxy: Proxy, capsys: Printed
) -> None:
    desk.set(download="all", keep_days=0)
    write_settings(desk)
    assert main(["flag", _id(desk, 3), "--add", "flagged"]) == 0
    proxy.sent_up.clear()
    capsys.readouterr()
    assert main(["show", _id(desk, 2)]) == 0
    assert "Hello 2" in capsys.readouterr().out
    said = _said(proxy)
    assert b"UID FETCH 2 " in said
    assert said.count(b"AUTHENTICATE") == 1
    for word in (b"FETCH 1", b"FETCH 3", b" STORE ", b"LIST"):
        assert word not in said
    assert main(["outbox", "--json"]) == 0
    (waiting,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert waiting["kind"] == "flag"


def test_a_part_is_gone_on_with_over_connections_that_are_cut(
    desk: Desk, proxy: Proxy, capsys: Printed
) -> None:
    proxy.cut_down = 20_000
    assert main(["show", _id(desk, 1), "--part", "2"]) == 0
    assert proxy.cuts > 8
    proxy.refuse = True
    capsys.readouterr()
    assert main(["show", _id(desk, 1), "--json", "--offline"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["downloaded"] for one in shown["parts"] if one["part_id"] == "2"] == [
        True
    ]
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out == ""


def test_what_another_process_is_in_the_way_of_comes_with_its_synchronization(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setattr(asked, "PATIENCE", 0.0)
    capsys.readouterr()
    with AccountLock.acquire(desk.places.lock("work")):
        assert main(["show", _id(desk, 2)]) == 1
    assert "another tui-mail is at work on it" in capsys.readouterr().err
    assert main(["sync"]) == 0
    assert main(["show", _id(desk, 2), "--offline"]) == 0
    assert "Hello 2" in capsys.readouterr().out


def test_what_is_ended_by_ctrl_c_is_not_fetched_behind_ones_back(desk: Desk) -> None:
    number, part = desk.number("letter 1"), PartId("2")

    def end(_: str, done: int, __: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_once(desk.account, desk.places, number, part, progress=end)
    assert part_progress(desk.database, number, part) > 0
    assert not load_pending(desk.database)
    with desk.database.transaction() as tx:
        want_part(tx, number, part)
    with pytest.raises(KeyboardInterrupt):
        fetch_once(desk.account, desk.places, number, part, progress=end)
    assert load_pending(desk.database)


def test_what_the_server_does_not_have_any_more_is_said_and_does_not_wait(
    desk: Desk, dovecot: Dovecot, capsys: Printed
) -> None:
    gone = _id(desk, 4)
    dovecot.raw(desk.user, "SELECT INBOX", r"STORE 4 +FLAGS (\Deleted)", "EXPUNGE")
    capsys.readouterr()
    assert main(["show", gone]) == 1
    assert "the server does not have" in capsys.readouterr().err
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out == ""


def test_a_message_of_a_mailbox_made_anew_is_found_again_and_shown(
    desk: Desk, dovecot: Dovecot, capsys: Printed
) -> None:
    desk.fill([letter(8)], "Plans")
    assert main(["sync"]) == 0
    desk.close()
    here = f"work/{desk.number('letter 8', 'Plans')}"
    dovecot.raw(desk.user, "DELETE Plans")
    desk.fill([letter(8)], "Plans")
    capsys.readouterr()
    assert main(["show", here]) == 0
    assert "Hello 8" in capsys.readouterr().out


def test_showing_a_message_counts_as_reading_it(desk: Desk, capsys: Printed) -> None:
    read, other = _id(desk, 2), _id(desk, 3)
    for name in (read, other):
        assert main(["show", name]) == 0
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE part SET used_at = 0")
    assert main(["show", read, "--offline"]) == 0
    capsys.readouterr()
    by_age = load_evictable(desk.database, Keeping("headers", None), texts=True)
    assert by_age[0].last < by_age[1].last
    [content] = desk.database.connection.execute(
        "SELECT content FROM message WHERE number = ?", (desk.number("letter 2"),)
    ).fetchone()
    assert by_age[1].content == content


def test_parts_that_a_text_was_made_of_are_here_and_attachments_are_not(
    desk: Desk, proxy: Proxy, capsys: Printed
) -> None:
    desk.set(download="text", keep_days=0)
    write_settings(desk)
    assert main(["sync"]) == 0
    proxy.refuse = True
    capsys.readouterr()
    assert main(["show", _id(desk, 1), "--json", "--offline"]) == 0
    shown = json.loads(capsys.readouterr().out)
    here = {part["part_id"]: part["downloaded"] for part in shown["parts"]}
    assert here == {"": False, "1": True, "2": False}
    assert main(["show", _id(desk, 1), "--part", "1", "--offline"]) == 0
    assert capsys.readouterr().out == "Hello 1"
    assert main(["show", _id(desk, 1), "--part", "2", "--offline"]) == 1


def test_a_text_that_is_not_shown_to_its_end_says_so(
    desk: Desk, capsys: Printed
) -> None:
    text = b"".join(b"line %d of a long text\r\n" % n for n in range(60_000))
    desk.fill([Letter(b"Subject: long\r\n\r\n" + text)])
    assert main(["sync"]) == 0
    desk.close()
    long = f"work/{desk.number('long')}"
    said = "It is longer than what is shown here; --raw prints its source."
    capsys.readouterr()
    assert main(["show", long]) == 0
    assert capsys.readouterr().out.endswith(f"\n\n{said}\n")
    assert main(["show", long, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == [said]
    assert main(["show", _id(desk, 2)]) == 0
    assert said not in capsys.readouterr().out


def test_an_attachment_is_as_large_as_the_file_that_it_becomes(
    desk: Desk, capsys: Printed
) -> None:
    octets = bytes(30_000)
    encoded = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    desk.fill(
        [
            Letter(
                b"Subject: sized\r\nContent-Type: application/pdf; name=a.pdf\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded
            )
        ]
    )
    assert main(["sync"]) == 0
    desk.close()
    capsys.readouterr()
    assert main(["show", f"work/{desk.number('sized')}"]) == 0
    assert "@ 1  a.pdf  application/pdf  30 kB\n" in capsys.readouterr().out
