import threading

import pytest

from integrations.core.clock import ManualClock
from integrations.core.pacer import Pacer


def test_the_first_starts_at_once_and_the_rest_are_evenly_spaced() -> None:
    clock = ManualClock()
    pacer, start, starts = Pacer(10, clock), clock.time(), list[float]()
    for _ in range(4):
        pacer.wait()
        starts.append(round(clock.time() - start, 3))
    assert starts == [0.0, 0.102, 0.204, 0.306]


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    clock = ManualClock()
    pacer = Pacer(10, clock)
    pacer.wait()
    clock.advance(60)
    pacer.wait()
    pacer.wait()
    assert clock.sleeps == [pytest.approx(0.102, abs=1e-6)]


def test_threads_never_share_a_slot() -> None:
    clock = ManualClock()
    pacer, start = Pacer(100, clock), clock.time()
    threads = [threading.Thread(target=pacer.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.time() - start >= 19 * 0.0102 - 1e-6
