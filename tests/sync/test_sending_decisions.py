"""When mail goes: decided by clocks alone, without any server."""

from dataclasses import dataclass

import pytest

from tui_mail.sync.backoff import submission_delay
from tui_mail.sync.sending import Clock


@dataclass
class Clocks:
    """The wall's clock, which people set, and one that only goes on."""

    wall: float = 1_000.0
    steady: float = 50.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady)


def test_a_moment_comes_when_the_clock_says_so() -> None:
    clocks = Clocks()
    clock = clocks.clock
    assert clock.seconds_to(1_010.0) == 10.0
    clocks.pass_(9.75)
    assert clock.seconds_to(1_010.0) == pytest.approx(0.25)
    clocks.pass_(0.25)
    assert clock.seconds_to(1_010.0) == 0.0


def test_a_clock_that_is_set_back_does_not_hold_back_for_longer() -> None:
    clocks = Clocks()
    clock = clocks.clock
    assert clock.seconds_to(1_010.0) == 10.0
    clocks.wall -= 3_600.0
    clocks.pass_(4.0)
    assert clock.seconds_to(1_010.0) == 6.0
    clocks.pass_(6.0)
    assert clock.seconds_to(1_010.0) == 0.0


def test_a_clock_that_is_set_forward_is_believed() -> None:
    clocks = Clocks()
    clock = clocks.clock
    assert clock.seconds_to(5_000.0) == 4_000.0
    clocks.wall += 4_000.0
    assert clock.seconds_to(5_000.0) == 0.0


def test_each_attempt_waits_longer_than_the_one_before_up_to_an_hour() -> None:
    waits = [submission_delay(attempts, 0.0) for attempts in range(8)]
    assert waits == [60.0, 300.0, 900.0, 1_800.0, *[3_600.0] * 4]
    assert submission_delay(0, 1.0) == pytest.approx(72.0)
