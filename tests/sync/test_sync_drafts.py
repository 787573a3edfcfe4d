"""Drafts that are kept again and again: another client finds one, whatever happens."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.proxy import Proxy
from tests.sync.engines import environment_of, write_settings
from tests.sync.killing import Killer
from tests.sync.mailing import Desk, letter
from tui_mail.model.error import LinkLost
from tui_mail.model.flags import DRAFT, SEEN
from tui_mail.model.ids import MessageNumber
from tui_mail.store.drafts import drafts_mailbox, save_draft
from tui_mail.store.operations import load_pending

pytestmark = pytest.mark.dovecot

START = datetime(2026, 11, 30, 9, tzinfo=UTC)


class Writer:
    """Somebody who keeps a draft, each time with another subject."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.last: MessageNumber | None = None
        self.count = 0

    def save(self) -> None:
        self.count += 1
        with self.desk.database.transaction() as tx:
            self.last = save_draft(
                tx,
                letter(self.count).octets,
                replacing=self.last,
                mailbox=drafts_mailbox(tx),
                at=START + timedelta(minutes=self.count),
            )

    @property
    def subject(self) -> str:
        return f"letter {self.count}"

    def assert_only_one(self) -> None:
        assert self.desk.here("Drafts") == {self.subject: {DRAFT, SEEN}}
        assert self.desk.there("Drafts") == {self.subject: {DRAFT, SEEN}}
        assert not load_pending(self.desk.database)


@pytest.fixture
def writer(desk: Desk) -> Writer:
    desk.sync()
    return Writer(desk)


def test_a_draft_kept_five_times_is_one_on_the_server(writer: Writer) -> None:
    for _ in range(3):
        writer.save()
    writer.desk.sync()
    writer.assert_only_one()
    for _ in range(2):
        writer.save()
        writer.desk.sync()
        writer.assert_only_one()


def test_a_draft_that_another_client_deleted_is_kept_as_a_new_one(
    writer: Writer,
) -> None:
    writer.save()
    writer.desk.sync()
    with writer.desk.oracle() as client:
        client.select_folder("Drafts")
        client.delete_messages([1])
        client.expunge()
    writer.save()
    writer.desk.sync()
    writer.assert_only_one()
    with writer.desk.oracle() as client:
        client.select_folder("Drafts")
        client.delete_messages(client.search("ALL"))
        client.expunge()
    writer.desk.sync()
    assert writer.desk.here("Drafts") == {}
    writer.save()
    writer.desk.sync()
    writer.assert_only_one()


@pytest.mark.parametrize("direction", ["down", "up"])
def test_wherever_the_connection_is_cut_one_draft_is_left(
    writer: Writer, proxy: Proxy, direction: str
) -> None:
    writer.save()
    writer.desk.sync()
    before = proxy.octets_down if direction == "down" else proxy.octets_up
    writer.save()
    writer.desk.sync()
    after = proxy.octets_down if direction == "down" else proxy.octets_up
    whole = after - before
    for at in range(whole // 4, whole, max(1, whole // 14)):
        writer.save()
        setattr(proxy, f"cut_{direction}", at)
        with suppress(LinkLost):
            writer.desk.sync()
        assert writer.desk.there("Drafts"), "there was none"
        proxy.cut_down = proxy.cut_up = None
        if writer.count % 3:
            writer.save()
        writer.desk.sync()
        writer.desk.sync()
        writer.assert_only_one()


def test_at_whichever_commit_the_engine_is_killed_one_draft_is_left(
    writer: Writer,
) -> None:
    write_settings(writer.desk)
    killer = Killer()
    writer.save()
    writer.desk.sync()
    commits, killed = 0, True
    while killed:
        writer.save()
        writer.desk.close()
        killed = killer.sync(environment_of(writer.desk), commits)
        assert writer.desk.there("Drafts"), "there was none"
        if commits % 2:
            writer.save()
        writer.desk.sync()
        writer.desk.sync()
        writer.assert_only_one()
        commits += 1
    killer.close()
    assert commits > 5
