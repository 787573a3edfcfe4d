"""Two people, one account, a link that breaks: both sides end alike.

The invariants are those of ``sync``: what the two sides show is the same once all was
told, no message is lost or doubled, nobody else's deletion mark takes effect, and a
wish is seen here until it is the server's. ``TUI_MAIL_EXAMPLES=500`` looks longer.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.servers.dovecot import Dovecot, Options, without
from tests.sync.torture import BOXES, FLAGS, MASKS, World

pytestmark = pytest.mark.dovecot

USUAL = 6
EXAMPLES = int(os.environ.get("TUI_MAIL_EXAMPLES", USUAL))
flags = st.sampled_from(FLAGS)
boxes = st.integers(0, 20)
picks = st.integers(0, 1_000)


class TwoPeople(RuleBasedStateMachine):
    """One works here, the other beside us on the server."""

    server: Dovecot
    download: str

    @initialize()
    def begin(self) -> None:
        self.world = World(self.server, download=self.download)

    @rule(name=st.sampled_from(BOXES))
    def deliver(self, name: str) -> None:
        self.world.deliver(name)

    @rule(box=boxes, pick=picks, flag=flags, add=st.booleans())
    def flag_here(self, box: int, pick: int, flag: str, add: bool) -> None:
        self.world.flag_here(box, pick, flag, add=add)

    @rule(box=boxes, onto=boxes, pick=picks)
    def move_here(self, box: int, onto: int, pick: int) -> None:
        self.world.move_here(box, onto, pick)

    @rule(box=boxes, pick=picks)
    def trash_here(self, box: int, pick: int) -> None:
        self.world.trash_here(box, pick)

    @rule(box=boxes, onto=boxes, pick=picks)
    def copy_here(self, box: int, onto: int, pick: int) -> None:
        self.world.copy_here(box, onto, pick)

    @rule(box=boxes, pick=picks)
    def expunge_here(self, box: int, pick: int) -> None:
        self.world.expunge_here(box, pick)

    @rule()
    def undo_here(self) -> None:
        self.world.undo_here()

    @rule()
    def redo_here(self) -> None:
        self.world.redo_here()

    @rule(box=boxes, pick=picks, flag=flags, add=st.booleans())
    def flag_there(self, box: int, pick: int, flag: str, add: bool) -> None:
        self.world.flag_there(box, pick, flag, add=add)

    @rule(box=boxes, pick=picks)
    def mark_deleted_there(self, box: int, pick: int) -> None:
        self.world.flag_there(box, pick, "\\Deleted", add=True)

    @rule(box=boxes, pick=picks)
    def expunge_there(self, box: int, pick: int) -> None:
        self.world.expunge_there(box, pick)

    @rule(box=boxes, onto=boxes, pick=picks)
    def move_there(self, box: int, onto: int, pick: int) -> None:
        self.world.move_there(box, onto, pick)

    @rule(box=boxes, onto=boxes, pick=picks)
    def copy_there(self, box: int, onto: int, pick: int) -> None:
        self.world.copy_there(box, onto, pick)

    @rule(box=boxes, name=st.sampled_from(("Loft", "Attic", "Work")))
    def rename_there(self, box: int, name: str) -> None:
        self.world.rename_there(box, name)

    @rule(box=boxes)
    def delete_there(self, box: int) -> None:
        self.world.delete_there(box)

    @rule(box=boxes)
    def lose_the_uids(self, box: int) -> None:
        self.world.lose_the_uids(box)

    @rule(octets=st.integers(100, 6_000), down=st.booleans())
    def sync_and_be_cut(self, octets: int, down: bool) -> None:
        self.world.sync_cut(octets if down else octets // 6, down=down)

    @rule(commits=st.integers(0, 25))
    def sync_and_die(self, commits: int) -> None:
        """Die before a commit: what the server did meanwhile nobody here knows."""
        self.world.sync_dying(commits)

    @rule(commits=st.integers(0, 25))
    def sync_and_be_killed(self, commits: int) -> None:
        self.world.sync_killed(commits)

    @rule(names=st.sets(st.sampled_from(MASKS), min_size=1))
    def sync_with_less(self, names: set[str]) -> None:
        self.world.sync_masked(sorted(names))

    @rule(milliseconds=st.sampled_from((0, 0, 2)))
    def have_the_link_be_slow(self, milliseconds: int) -> None:
        self.world.proxy.latency = milliseconds / 1000

    @rule()
    def sync(self) -> None:
        self.world.sync()

    @precondition(lambda self: hasattr(self, "world"))
    @rule()
    def agree(self) -> None:
        self.world.agree()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.agree()
            finally:
                self.world.close()


@dataclass(frozen=True, slots=True)
class Variant:
    """What server there is, and what is kept of its mail."""

    options: Options
    download: str = "headers"


VARIANTS = {
    "qresync": Variant(Options()),
    "whole mail": Variant(Options(), "all"),
    "condstore": Variant(Options(capabilities=without("QRESYNC"))),
    "no move": Variant(Options(capabilities=without("QRESYNC", "CONDSTORE", "MOVE"))),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_sides_end_alike(
    dovecots: Callable[[Options], Dovecot], variant: str
) -> None:
    class Machine(TwoPeople):
        server = dovecots(VARIANTS[variant].options)
        download = VARIANTS[variant].download

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=14 if EXAMPLES == USUAL else 25,
            deadline=None,
            derandomize=EXAMPLES == USUAL,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
