"""Mail fetched ahead of time, and what a dry run says."""

import pytest

from tests.servers.dovecot import Letter
from tests.servers.proxy import Proxy
from tests.sync.mailing import Desk, letter, letters
from tui_mail.demo.messages import letters as demo_letters
from tui_mail.model.flags import FLAGGED
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.model.operation import Expunge, Move, SetFlags
from tui_mail.store.content import (
    complete_parts,
    load_headers,
    load_part,
    load_structure,
    load_text,
    part_progress,
)
from tui_mail.store.operations import load_pending
from tui_mail.store.wanting import want_part

pytestmark = pytest.mark.dovecot


def test_texts_are_fetched_ahead(desk: Desk) -> None:
    desk.fill(letters(1, 120))
    desk.set(download="text", keep_days=0)
    receipt = desk.sync()
    assert (receipt.new, receipt.texts) == (120, 120)
    for row in desk.rows():
        text = load_text(desk.database, row.number)
        assert text is not None
        assert text.text.strip() == f"Hello {str(row.subject).split()[1]}"
        assert load_structure(desk.database, row.number) is not None
        assert load_headers(desk.database, row.number) is not None
        assert load_part(desk.database, row.number, WHOLE) is None
    assert str(desk.sync()) == "in step"


def test_only_so_many_days_back(desk: Desk) -> None:
    desk.fill([letter(1), Letter(b"Subject: letter 2\r\n\r\nnow\r\n")])
    desk.set(download="text", keep_days=30)
    assert desk.sync().texts == 1


def test_whole_messages_are_fetched_and_give_their_texts(desk: Desk) -> None:
    long = letter(2, text="y" * 700_000)
    desk.fill([letter(1), long, letter(3)])
    desk.set(keep_days=0)
    assert desk.sync(bodies=True).texts == 3
    for number in desk.numbers():
        assert load_text(desk.database, number) is not None
    number = desk.number("letter 2")
    assert load_part(desk.database, number, WHOLE) == long.octets
    assert str(desk.sync(bodies=True)) == "in step"


def test_what_a_text_was_made_of_is_not_kept_beside_the_whole_message(
    desk: Desk,
) -> None:
    desk.fill(letters(1, 5))
    desk.set(download="text", keep_days=0)
    desk.sync()
    numbers = desk.numbers()
    for number in numbers:
        assert complete_parts(desk.database, number) == {"HEADER", "1"}
    desk.sync(bodies=True)
    for number in numbers:
        assert complete_parts(desk.database, number) == {"HEADER", WHOLE}
        assert part_progress(desk.database, number, PartId("1")) == 0


def test_a_large_message_goes_on_where_it_was_cut_off(desk: Desk, proxy: Proxy) -> None:
    long = letter(1, text="z" * 2_000_000)
    desk.fill([long])
    desk.sync()
    desk.set(keep_days=0)
    proxy.cut_down = 1_200_000
    before, connections = proxy.octets_down, proxy.connections
    assert desk.sync(bodies=True).whole
    assert proxy.connections - connections == 2
    assert proxy.octets_down - before < len(long.octets) + 400_000
    number = desk.number("letter 1")
    assert load_part(desk.database, number, WHOLE) == long.octets


def test_what_was_wanted_offline_is_fetched(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    number, other = desk.number("letter 1"), desk.number("letter 2")
    with desk.database.transaction() as tx:
        want_part(tx, number, None)
        want_part(tx, other, PartId("1"))
        want_part(tx, other, PartId("9"))
    desk.sync()
    assert load_text(desk.database, number) is not None
    assert PartId("1") in complete_parts(desk.database, other)
    assert load_pending(desk.database) == []


def test_every_odd_mail_has_a_text(desk: Desk) -> None:
    mails = [one.octets for one in demo_letters()]
    assert len(mails) > 50
    desk.fill(map(Letter, mails))
    desk.set(download="text", keep_days=0)
    desk.sync()
    numbers = desk.numbers()
    assert len(numbers) == len(mails)
    for number in numbers:
        assert load_text(desk.database, number) is not None


def test_a_dry_run_says_all_and_changes_nothing(desk: Desk) -> None:
    desk.fill(letters(1, 10))
    assert str(desk.sync(dry_run=True)) == "would be: 10 new"
    assert not desk.places.database("work").exists()
    desk.sync()
    desk.perform(SetFlags((desk.number("letter 1"),), add=frozenset({FLAGGED})))
    desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
    desk.perform(Expunge((desk.number("letter 3"),)))
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([5, 6], [b"\\Seen"])
        client.add_flags([7], [b"\\Deleted"])
        client.uid_expunge([7])
    desk.fill(letters(11, 12))
    here, there = desk.all_here(), desk.all_there()
    said = "would be: 2 new, 2 changed, 1 gone, 1 flagged, 1 moved, 1 deleted"
    assert str(desk.sync(dry_run=True)) == said
    assert str(desk.sync(dry_run=True)) == said
    assert (desk.all_here(), desk.all_there()) == (here, there)
