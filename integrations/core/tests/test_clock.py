import time

import pytest

from integrations.core.clock import EXAMPLE_TIME, ManualClock, SystemClock


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock()
    assert clock.time() == clock.time() == EXAMPLE_TIME


def test_a_manual_clock_moves_at_once_when_slept_on_and_keeps_what_was_asked() -> None:
    clock = ManualClock(100.0)
    clock.sleep(2.5)
    clock.sleep(-1.0)
    assert clock.time() == 102.5
    assert clock.sleeps == [2.5, -1.0]


def test_advancing_records_no_wait() -> None:
    clock = ManualClock(100.0)
    clock.advance(5)
    assert (clock.time(), clock.sleeps) == (105.0, [])


def test_a_clock_does_not_go_back() -> None:
    clock = ManualClock(100.0)
    with pytest.raises(ValueError, match="go back"):
        clock.advance(-1)
    assert clock.time() == 100.0


def test_the_systems_clock_is_the_machines() -> None:
    clock = SystemClock()
    assert abs(clock.time() - time.time()) < 60
    clock.sleep(0)
