"""Messages that go from a POP3 account to another one, and to it."""

from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.proxy import proxied
from tests.sync.mailing import Desk, letter, letters
from tests.sync.popping import PopDesk
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.model.error import MailError
from tui_mail.model.ids import MessageNumber
from tui_mail.model.operation import Expunge, Transfer
from tui_mail.store.journal import last_undoable, undo
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.performing import perform
from tui_mail.store.pulling import Fate, load_pulled
from tui_mail.sync.engine import run_once
from tui_mail.sync.receipt import Receipt

pytestmark = pytest.mark.dovecot


class Pair:
    """A POP3 account and an IMAP account."""

    def __init__(self, server: Dovecot, places: Places) -> None:
        self.old = PopDesk(server, server.fresh_user(), places)
        self.old.set(name="old")
        self.home = Desk(server, server.fresh_user(), places)
        self.home.set(name="home")
        self.old._database = self.home._database = None

    def sync(self, desk: Desk) -> Receipt:
        accounts = {one.account.name: one.account for one in (self.old, self.home)}
        settings = Settings(path=desk.places.settings_file(), accounts=accounts)
        return run_once(desk.account, settings, desk.places)

    def send(self, desk: Desk, number: MessageNumber, *, copying: bool = False) -> None:
        to = self.home if desk is self.old else self.old
        box = find_mailbox(to.database, "INBOX")
        assert box is not None
        wish = Transfer((number,), to.account.name, box.wire_name, box.name, copying)
        with desk.database.transaction() as tx:
            perform(tx, wish, said="moved it", session="test")

    def undo(self) -> None:
        entry = last_undoable(self.old.database)
        assert entry is not None
        with self.old.database.transaction() as tx:
            undo(tx, entry.id, session="test")


@pytest.fixture
def pair(dovecot: Dovecot, places: Places) -> Iterator[Pair]:
    pair = Pair(dovecot, places)
    pair.old.fill(letters(1, 3))
    pair.home.fill([letter(7)])
    pair.sync(pair.old)
    pair.sync(pair.home)
    yield pair
    pair.old.close()
    pair.home.close()


def test_a_message_leaves_the_account_only_once_the_other_server_has_it(
    pair: Pair,
) -> None:
    old, home = pair.old, pair.home
    pair.send(old, old.number("letter 1"))
    pair.sync(old)
    assert "letter 1" not in home.there()
    assert load_pulled(old.database), "nothing is forgotten"
    assert {one.fate for one in load_pulled(old.database).values()} == {Fate.HERE}
    pair.sync(home)
    assert "letter 1" in home.there()
    pair.sync(old)
    assert set(old.here()) == {"letter 2", "letter 3"}
    fates = [one.fate for one in load_pulled(old.database).values()]
    assert sorted(fates) == [Fate.HERE, Fate.HERE, Fate.ELSEWHERE]
    assert len(old.octets_there()) == 3, "the server follows delete_after alone"
    assert str(pair.sync(old)) == "in step", "it does not come again"


@pytest.mark.parametrize(("policy", "left"), [("removed", 6), ("0 days", 0)])
def test_what_went_elsewhere_was_not_deleted(
    pair: Pair, policy: str, left: int
) -> None:
    old, home = pair.old, pair.home
    old.pop(delete_after=policy)
    old.sync(yes=True)
    old.fill(letters(4, 6))
    pair.sync(old)
    pair.send(old, old.number("letter 2"))
    for desk in (old, home, old):
        pair.sync(desk)
    assert "letter 2" in home.there()
    assert len(old.octets_there()) == left


def test_what_came_back_is_known_again_and_goes_when_it_is_deleted_for_ever(
    pair: Pair,
) -> None:
    old, home = pair.old, pair.home
    old.pop(delete_after="removed")
    old.sync(yes=True)
    pair.send(old, old.number("letter 2"))
    for desk in (old, home, old):
        pair.sync(desk)
    pair.send(home, home.number("letter 2"))
    for desk in (home, old, home):
        pair.sync(desk)
    assert {one.fate for one in load_pulled(old.database).values()} == {Fate.HERE}
    [row] = [row for row in old.rows() if row.subject == "letter 2"]
    assert row.on_server is True
    old.perform(Expunge((old.number("letter 2"),)))
    assert str(pair.sync(old)) == "1 deleted on the server"
    assert len(old.octets_there()) == 2


def test_where_the_other_server_is_not_there_the_message_stays(
    pair: Pair, dovecot: Dovecot
) -> None:
    old, home = pair.old, pair.home
    old.pop(delete_after="removed")
    with proxied(dovecot.port) as proxy:
        proxy.refuse = True
        home.through(proxy.port)
        home.set(name="home")
        pair.send(old, old.number("letter 1"))
        with pytest.raises(MailError):
            pair.sync(home)
        pair.sync(old)
        assert {one.fate for one in load_pulled(old.database).values()} == {Fate.HERE}
        pair.undo()
        proxy.refuse = False
        pair.sync(home)
        pair.sync(old)
        pair.sync(home)
    assert set(old.here()) == {"letter 1", "letter 2", "letter 3"}
    assert set(home.there()) == {"letter 7"}


def test_a_message_from_an_imap_account_is_here_whole_before_it_leaves_there(
    pair: Pair,
) -> None:
    old, home = pair.old, pair.home
    pair.send(home, home.number("letter 7"))
    pair.sync(home)
    pair.sync(old)
    pair.sync(home)
    assert home.there() == {}
    assert letter(7).octets in old.octets_here()
    assert len(old.octets_there()) == 3, "a POP3 server takes no mail"
    [row] = [row for row in old.rows() if row.subject == "letter 7"]
    assert row.on_server in (None, False)
