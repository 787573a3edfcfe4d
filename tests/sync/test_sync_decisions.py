"""Refusals, waits, ends, receipts: what is decided without a server."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.error import (
    CannotBeSaid,
    LinkLost,
    ServerHangs,
    ServerRefused,
)
from tui_mail.model.ids import MessageNumber, Uid
from tui_mail.sync.agenda import (
    LOOK_SECONDS,
    Agenda,
    Duty,
    LookJob,
    ReplayJob,
    RoundJob,
)
from tui_mail.sync.backoff import LONGEST, delay
from tui_mail.sync.lifetime import Moment, has_slept, is_over
from tui_mail.sync.operations.finding import match
from tui_mail.sync.pacing import fitting
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.refusals import MOST_ATTEMPTS, Verdict, judge
from tui_mail.sync.stumbles import Stumbles

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_wait_is_between_one_second_and_five_minutes(
    failures: int, chance: float
) -> None:
    assert 1.0 <= delay(failures, chance) <= LONGEST


def test_the_bound_of_the_wait_doubles() -> None:
    assert [delay(failures, 1.0) for failures in (0, 1, 2, 3, 8, 9, 99)] == [
        *(1, 2, 4, 8, 256, 300, 300)
    ]
    assert delay(5, 0.5) == 16


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA"])
def test_what_may_pass_is_tried_later(code: str) -> None:
    said = judge(ServerRefused("no", code), attempts=0, now=NOW)
    assert said.verdict is Verdict.LATER
    assert said.until > NOW


@pytest.mark.parametrize("code", ["NOPERM", "CANNOT", "NONEXISTENT", "READ-ONLY", ""])
def test_what_will_not_pass_is_given_back(code: str) -> None:
    said = judge(ServerRefused("Permission denied", code), attempts=0, now=NOW)
    assert said.verdict is Verdict.NEVER


def test_what_never_passes_is_given_back_after_some_attempts() -> None:
    refusal = ServerRefused("no", "INUSE")
    verdicts = [
        judge(refusal, attempts=number, now=NOW).verdict
        for number in range(MOST_ATTEMPTS)
    ]
    assert verdicts == [Verdict.LATER] * (MOST_ATTEMPTS - 1) + [Verdict.NEVER]


def test_a_refusal_is_said_by_what_its_code_means() -> None:
    refusal = ServerRefused("imap.example.org refused: Mailbox full", "OVERQUOTA")
    said = judge(refusal, attempts=0, now=NOW).why
    assert said == "there is no room left; imap.example.org refused: Mailbox full"
    plain = ServerRefused("imap.example.org refused: no")
    assert judge(plain, attempts=0, now=NOW).why == "imap.example.org refused: no"
    own = CannotBeSaid("the message has NUL octets")
    assert judge(own, attempts=0, now=NOW).why == "the message has NUL octets"


def test_a_missing_target_is_made() -> None:
    said = judge(ServerRefused("no such mailbox", "TRYCREATE"), attempts=0, now=NOW)
    assert said.verdict is Verdict.CREATE


def test_a_throttled_request_waits_as_long_as_the_server_says_but_not_for_ever() -> (
    None
):
    line = "Request is throttled. Suggested Backoff Time: {} milliseconds"
    short = judge(ServerRefused(line.format(90_000)), attempts=0, now=NOW)
    assert short.verdict is Verdict.LATER
    assert short.until == NOW + timedelta(seconds=90)
    long = judge(ServerRefused(line.format(999_999_999)), attempts=0, now=NOW)
    assert long.until == NOW + timedelta(seconds=300)


def test_a_short_wait_is_not_over_before_it_begins() -> None:
    refusal = ServerRefused("Suggested Backoff Time: 400 milliseconds", "LIMIT")
    said = judge(refusal, attempts=0, now=NOW + timedelta(seconds=0.2))
    assert said.until == NOW + timedelta(seconds=1)


def moment(**changes: object) -> Moment:
    values = {
        "now": 1_000.0,
        "started": 0.0,
        "clients": 0,
        "left_at": 990.0,
        "due": False,
        "connected": True,
    }
    return Moment(**(values | changes))  # type: ignore[arg-type]


def test_an_engine_lives_as_long_as_it_has_clients() -> None:
    assert not is_over(moment(clients=1))
    assert is_over(moment())
    assert not is_over(moment(left_at=999.5))


def test_an_engine_that_nobody_joins_ends() -> None:
    assert is_over(moment(left_at=None))
    assert not is_over(moment(left_at=None, started=980.0))


def test_what_is_due_is_waited_for_but_not_long_without_a_server() -> None:
    assert not is_over(moment(due=True))
    assert is_over(moment(due=True, connected=False))
    assert not is_over(moment(due=True, connected=False, left_at=996.0))
    assert is_over(moment(due=True, left_at=900.0))


def test_a_sleep_is_a_jump_of_the_wall_clock() -> None:
    assert has_slept(3_600.0, 1.0)
    assert has_slept(90.0, 90.0), "the process was stopped"
    assert not has_slept(1.2, 1.0)
    assert not has_slept(-3_600.0, 1.0)


@given(st.integers(1, 1_000), st.floats(0, 100))
def test_the_size_of_a_transaction_stays_within_bounds(done: int, took: float) -> None:
    assert 1 <= fitting(done, took) <= 1_000


def test_the_size_of_a_transaction_follows_its_time() -> None:
    assert fitting(100, 0.010) == 100
    assert fitting(100, 0.020) == 50
    assert fitting(100, 0.001) == 201


def test_messages_that_are_alike_are_paired_once_each() -> None:
    one, two, three = map(MessageNumber, (1, 2, 3))
    pairs = match(
        {one: ("a",), two: ("a",), three: ("b",)},
        [(Uid(9), ("a",)), (Uid(7), ("a",)), (Uid(8), ("c",))],
        {},
    )
    assert pairs == {one: 7, two: 9}


def test_what_is_owed_to_others_is_left_to_them() -> None:
    one, two = map(MessageNumber, (1, 2))
    theirs = [(Uid(9), ("a",)), (Uid(7), ("a",))]
    assert match({one: ("a",), two: ("a",)}, theirs, {("a",): 1}) == {one: 7}
    assert match({one: ("a",)}, theirs, {("a",): 3, ("b",): 1}) == {}


def test_a_receipt_is_one_line() -> None:
    assert str(Receipt()) == "in step"
    assert (
        str(Receipt(new=12_000, flags=3, moved=1)) == "12,000 new, 3 flagged, 1 moved"
    )
    assert str(Receipt(flags=1, texts=1)) == "1 flagged, 1 text"
    assert str(Receipt(problems=["Old: no permission"])) == "Old: no permission"
    assert str(Receipt(new=1, problems=["a", "b"])) == "1 new; a; b"


def test_a_receipt_names_a_problem_once_and_not_too_many() -> None:
    receipt = Receipt(new=1)
    for name in (*"aabbcdef", *"xyz"):
        receipt.complain(f"{name}: no")
    said = "a: no; b: no; c: no; d: no; e: no; and 4 more that could not be done"
    assert str(receipt) == f"1 new; {said}"
    assert not receipt.whole


def test_the_receipt_of_a_dry_run_says_so() -> None:
    assert str(Receipt(new=2, gone=1, dry=True)) == "would be: 2 new, 1 gone"
    assert str(Receipt(dry=True)) == "in step, nothing would be done"


def test_a_wish_over_which_links_are_lost_lets_all_others_go_first() -> None:
    stumbles = Stumbles()
    assert stumbles.has_turn("op-1", last=False)
    for _ in range(2):
        with pytest.raises(LinkLost), stumbles.trying("op-1", time.monotonic()):
            raise LinkLost("gone")
        assert not stumbles.has_turn("op-1", last=False)
    assert not stumbles.has_turn("op-1", last=True), "a second loss makes it wait"
    assert stumbles.has_turn("op-2", last=False)
    stumbles.forgive("op-1")
    assert stumbles.has_turn("op-1", last=False)


def test_a_wish_over_which_the_server_hangs_leaves_all_others_time() -> None:
    stumbles = Stumbles()
    for error in (LinkLost, ServerHangs):
        for _ in range(2):
            with pytest.raises(LinkLost), stumbles.trying("op-1", time.monotonic()):
                raise error("gone")
        left = stumbles.seconds_to_doubtful
        assert left is not None
        assert (left > 30.0) == (error is ServerHangs)
        stumbles.forgive("op-1")


def test_a_wish_is_not_to_blame_for_links_that_were_lost_all_at_once() -> None:
    stumbles, since = Stumbles(), time.monotonic()
    for _ in range(3):
        with pytest.raises(LinkLost), stumbles.trying("op-1", since):
            raise LinkLost("gone")
    assert stumbles.has_turn("op-1", last=True)


def test_a_doubtful_wish_that_is_gone_is_not_waited_for() -> None:
    """It would have the engine look for it each second."""
    stumbles = Stumbles()
    with pytest.raises(LinkLost), stumbles.trying("op-1", time.monotonic()):
        raise LinkLost("gone")
    for _ in range(2):
        with pytest.raises(LinkLost), stumbles.trying("op-2", time.monotonic()):
            raise LinkLost("gone")
    assert stumbles.seconds_to_doubtful == 0.0
    stumbles.had_their_turn(time.monotonic())
    left = stumbles.seconds_to_doubtful
    assert left is not None
    assert left > 0.0, "the other one has to wait for its turn"


def test_what_was_put_off_is_due_again_once_its_time_has_come() -> None:
    now = [0.0]
    agenda = Agenda(300.0, clock=lambda: now[0], next_round=999.0, next_look=999.0)
    agenda.replay_in(15.0)
    agenda.strike()
    assert agenda.take(frozenset({Duty.REPLAY})) is None
    now[0] = 15.0
    agenda.strike()
    assert isinstance(agenda.take(frozenset({Duty.REPLAY})), ReplayJob)
    assert agenda.take(frozenset({Duty.REPLAY})) is None


def test_a_look_is_due_every_minute_between_two_synchronizations() -> None:
    now = [0.0]
    agenda = Agenda(300.0, clock=lambda: now[0])
    assert isinstance(agenda.take(frozenset({Duty.ROUND})), RoundJob)
    agenda.schedule_next_round()
    assert agenda.seconds_left() == LOOK_SECONDS
    now[0] = LOOK_SECONDS
    assert isinstance(agenda.take(frozenset({Duty.ROUND})), LookJob)
    agenda.schedule_next_look(0.1)
    assert agenda.seconds_left() == LOOK_SECONDS
    agenda.schedule_next_look(12.0)
    assert agenda.seconds_left() == 120.0
