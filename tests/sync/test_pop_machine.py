"""A POP3 account, a link that breaks, engines that are killed: nothing is lost or doubled.

``TUI_MAIL_EXAMPLES=500`` looks longer.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.sync.pop_world import BOXES, POLICIES, PopWorld

USUAL = 12
EXAMPLES = int(os.environ.get("TUI_MAIL_EXAMPLES", USUAL))
picks = st.integers(0, 1_000)
boxes = st.sampled_from(BOXES)
octets = st.one_of(st.none(), st.integers(0, 12_000))


class Pop(RuleBasedStateMachine):
    """One person, one server."""

    @initialize(
        mirrored=st.booleans(),
        policy=st.sampled_from(POLICIES),
        sizes=st.lists(st.sampled_from((0, 1, 20, 90)), min_size=1, max_size=5),
    )
    def begin(self, mirrored: bool, policy: str, sizes: list[int]) -> None:
        self.world = PopWorld(mirrored=mirrored)
        self.world.desk.pop(delete_after=policy)
        for size in sizes:
            self.world.deliver(size)

    @rule(lines=st.sampled_from((0, 1, 1, 20, 90, 200)))
    def deliver(self, lines: int) -> None:
        self.world.deliver(lines)

    @rule(pick=picks)
    def deliver_again(self, pick: int) -> None:
        self.world.deliver_again(pick)

    @rule(pick=picks)
    def take_there(self, pick: int) -> None:
        self.world.take(pick)

    @rule(pick=picks, box=boxes)
    def move_here(self, pick: int, box: str) -> None:
        self.world.move(pick, box)

    @rule(pick=picks, box=boxes)
    def copy_here(self, pick: int, box: str) -> None:
        self.world.copy(pick, box)

    @rule(pick=picks)
    def delete_here(self, pick: int) -> None:
        self.world.delete(pick)

    @rule(days=st.integers(1, 3))
    def days_pass(self, days: int) -> None:
        self.world.pass_days(days)

    @rule(policy=st.sampled_from(POLICIES))
    def change_the_setting(self, policy: str) -> None:
        self.world.desk.pop(delete_after=policy)

    @rule()
    def name_all_anew(self) -> None:
        self.world.drop.name_anew()

    @rule(names=st.booleans())
    def know_uidl(self, names: bool) -> None:
        self.world.drop.names = names

    @rule(says=st.sampled_from((b"+OK\r\n", b"", b"-ERR no\r\n")))
    def answer_quit(self, says: bytes) -> None:
        self.world.drop.quit_says = says

    @rule(pick=picks)
    def refuse_one(self, pick: int) -> None:
        mails = self.world.drop.mails
        self.world.drop.refused = {mails[pick % len(mails)].uidl} if mails else set()

    @rule()
    def list_nothing_once(self) -> None:
        mails = self.world.hide_all()
        try:
            self.world.desk.sync()
        finally:
            self.world.drop.mails = mails

    @rule()
    def salvage(self) -> None:
        self.world.salvage()

    @rule(yes=st.booleans())
    def sync(self, yes: bool) -> None:
        self.world.sync(yes=yes)

    @rule(down=octets, up=st.one_of(st.none(), st.integers(0, 200)))
    def sync_and_be_cut(self, down: int | None, up: int | None) -> None:
        self.world.sync_cut(down, up)

    @rule(commits=st.integers(0, 30))
    def sync_and_end(self, commits: int) -> None:
        self.world.sync_ended(commits)

    @rule(commits=st.integers(0, 20))
    def sync_and_be_killed(self, commits: int) -> None:
        self.world.sync_killed(commits)

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def all_is_somewhere_and_nothing_twice(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.come_to_rest()
            finally:
                self.world.close()


def test_each_message_is_there_or_here_never_neither_never_twice() -> None:
    run_state_machine_as_test(
        Pop,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20 if EXAMPLES == USUAL else 30,
            deadline=None,
            derandomize=EXAMPLES == USUAL,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
