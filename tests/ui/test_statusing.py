from datetime import UTC, datetime

import pytest

from tui_mail.link.messages import State, Status
from tui_mail.model.displayable import own
from tui_mail.ui.statusing import AccountState, accounts_in_words

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
SYNCED = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)


def said(state: AccountState, *, offline: bool = False, waiting: int = 0) -> str:
    return accounts_in_words({"work": state}, offline=offline, waiting=waiting, now=NOW)


def told(state: State, line: str) -> Status:
    return Status(state=state, line=own(line), done=0, total=0, mailbox=None)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("offline", "work offline, as of 14:02"),
        ("work: no answer", "work offline, as of 14:02: no answer"),
    ],
)
def test_an_account_that_is_offline_says_why_and_how_old_its_mail_is(
    line: str, words: str
) -> None:
    assert said(AccountState(told("offline", line), synced_at=SYNCED)) == words


def test_mail_that_never_came_has_no_age() -> None:
    state = AccountState(told("offline", "127.0.0.1:9: Connection refused"))
    assert said(state) == "work offline: 127.0.0.1:9: Connection refused"


def test_what_waits_is_counted() -> None:
    state = AccountState(told("connected", "connected"), synced_at=SYNCED)
    assert said(state, waiting=1) == "work connected · 1 change waits"
    assert said(state, offline=True, waiting=2) == (
        "offline · as of 14:02 · 2 changes wait"
    )


def test_of_pop3_it_is_said_when_it_was_pulled_since_no_connection_stays() -> None:
    state = AccountState(told("connected", "in step"), synced_at=SYNCED, pulls=True)
    assert said(state) == "work pulled 14:02"
    away = AccountState(told("offline", "no answer"), synced_at=SYNCED, pulls=True)
    assert said(away) == "work offline, as of 14:02: no answer"
