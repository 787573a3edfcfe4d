"""Mail over links that break, and engines that are killed: sent once, never forgotten.

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

from tests.sync.send_world import SendWorld

USUAL = 6
EXAMPLES = int(os.environ.get("TUI_MAIL_EXAMPLES", USUAL))
picks = st.integers(0, 1_000)
octets = st.integers(0, 500)
answers = st.sampled_from(("", "550 5.1.1 nobody", "451 4.7.1 greylisted"))


class Sending(RuleBasedStateMachine):
    """One person, one server."""

    @initialize()
    def begin(self) -> None:
        self.world = SendWorld()

    @rule(recipients=st.integers(1, 2), held=st.booleans(), draft=st.booleans())
    def write(self, recipients: int, held: bool, draft: bool) -> None:
        self.world.write(recipients=recipients, held=held, draft=draft)

    @rule(draft=st.booleans())
    def write_and_send(self, draft: bool) -> None:
        self.world.write(draft=draft)
        self.world.sync()

    @rule(pick=picks)
    def retry(self, pick: int) -> None:
        self.world.retry(pick)

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        self.world.cancel(pick)

    @rule(pick=picks)
    def take_back(self, pick: int) -> None:
        self.world.take_back(pick)

    @rule(pick=picks)
    def keep(self, pick: int) -> None:
        self.world.keep(pick)

    @rule(pick=picks)
    def send_now(self, pick: int) -> None:
        self.world.send_now(pick)

    @rule(recipient=st.integers(0, 1), answer=answers)
    def refuse(self, recipient: int, answer: str) -> None:
        self.world.refuse(recipient, answer)

    @rule(answer=st.sampled_from(("451 4.3.0 later", "554 5.6.0 spam")))
    def refuse_a_message(self, answer: str) -> None:
        self.world.sink.answers.append(answer)

    @rule()
    def sync(self) -> None:
        self.world.sync()

    @rule(at=octets, down=st.booleans())
    def sync_cut(self, at: int, down: bool) -> None:
        self.world.write()
        self.world.sync_cut(at, down=down)

    @rule()
    def sync_unanswered(self) -> None:
        self.world.write()
        self.world.sync_unanswered()

    @rule(commits=st.integers(0, 8))
    def sync_ended(self, commits: int) -> None:
        self.world.write()
        self.world.sync_ended(commits)

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.come_to_rest()
            finally:
                self.world.close()


def test_each_mail_is_sent_once_or_waits_whatever_breaks() -> None:
    run_state_machine_as_test(
        Sending,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12 if EXAMPLES == USUAL else 25,
            deadline=None,
            derandomize=EXAMPLES == USUAL,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
