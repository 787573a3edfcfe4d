from datetime import UTC, datetime, timedelta

import pytest

from tests.store.filling import NAMES, Place, listed, mail, person
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.message import Address
from tui_mail.store import correspondents
from tui_mail.store.correspondents import Correspondent, load_correspondents
from tui_mail.store.mailboxes import apply_listing

ANN = person("Ann", "ann@example.org")
BOB = person("Bob", "bob@there.example")
EVE = person("Eve", "eve@there.example")
NOW = datetime.now(UTC).replace(microsecond=0)


class Post:
    """The mail of Ann, with each message as old as is said."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.count = 0
        with place.database.transaction() as tx:
            boxes = {**NAMES, "Sent": SpecialUse.SENT, "Drafts": SpecialUse.DRAFTS}
            apply_listing(tx, [listed(*one) for one in boxes.items()], {})

    def put(
        self,
        sender: Address,
        *people: Address,
        days: int = 0,
        name: str = "INBOX",
        cc: tuple[Address, ...] = (),
    ) -> None:
        self.count += 1
        date = NOW - timedelta(days=days)
        letter = mail(
            self.count, internal_date=date, date=date, from_=(sender,), to=people, cc=cc
        )
        self.place.fetch(letter, name=name)

    def known(self) -> list[Correspondent]:
        def own(address: str) -> bool:
            return address == ANN.address

        return load_correspondents(self.place.database, own=own)

    def order(self) -> list[str]:
        return [one.address for one in self.known()]


@pytest.fixture
def post(place: Place) -> Post:
    return Post(place)


def test_whom_one_writes_to_comes_before_whom_one_hears_from(post: Post) -> None:
    for _ in range(3):
        post.put(EVE, ANN)
    post.put(ANN, BOB, name="Sent")
    assert post.order() == [BOB.address, EVE.address]
    bob, eve = post.known()
    assert (bob.written, bob.heard, eve.written, eve.heard) == (1, 0, 0, 3)
    assert (bob.name, bob.last) == ("Bob", NOW)


def test_what_was_lately_counts_more(post: Post) -> None:
    post.put(ANN, BOB, days=300, name="Sent")
    post.put(ANN, BOB, days=301, name="Sent")
    post.put(ANN, EVE, days=2, name="Sent")
    assert post.order() == [EVE.address, BOB.address]


def test_who_gets_a_copy_is_written_to(post: Post) -> None:
    post.put(ANN, BOB, cc=(EVE,), name="Sent")
    assert {one.written for one in post.known()} == {1}


@pytest.mark.parametrize(
    "address",
    [
        "noreply@shop.example",
        "no-reply@shop.example",
        "DoNotReply@shop.example",
        "news-noreply@shop.example",
        "noreply-17@shop.example",
        "MAILER-DAEMON@shop.example",
    ],
)
def test_addresses_that_nobody_reads_come_last(post: Post, address: str) -> None:
    for _ in range(9):
        post.put(person("Shop", address), ANN)
    post.put(EVE, ANN, days=399)
    assert post.order() == [EVE.address, address]


def test_what_one_sent_counts_wherever_it_lies(post: Post) -> None:
    post.put(ANN, BOB, name="Archive")
    [bob] = post.known()
    assert (bob.written, bob.heard) == (1, 0)


def test_junk_trash_and_drafts_tell_of_nobody(post: Post) -> None:
    post.put(EVE, ANN, name="Junk")
    post.put(EVE, ANN, name="Trash")
    post.put(ANN, EVE, name="Drafts")
    assert post.known() == []


def test_one_address_is_one_person_by_the_last_name(post: Post) -> None:
    post.put(person("Robert", "BOB@There.example"), ANN, days=1)
    post.put(person("B.", "bob@there.example"), ANN, days=7)
    post.put(person("", "bob@there.example"), ANN)
    [bob] = post.known()
    assert (bob.name, bob.heard) == ("Robert", 3)


def test_a_group_and_other_things_without_an_address_are_nobody(post: Post) -> None:
    post.put(person("undisclosed-recipients", ""), ANN)
    post.put(ANN, person("friends", "friends"), name="Sent")
    assert post.known() == []


def test_only_the_newest_are_looked_at_but_for_what_was_sent(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correspondents, "_NEWEST", 2)
    post.put(ANN, BOB, days=300, name="Sent")
    post.put(person("", "a@a.example"), ANN, days=9)
    post.put(person("", "b@b.example"), ANN, days=8, name="Archive")
    post.put(person("", "c@c.example"), ANN, days=7)
    assert set(post.order()) == {BOB.address, "b@b.example", "c@c.example"}
