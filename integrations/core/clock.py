"""Time as an argument: the system's clock, and one that only moves when told to."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the package asks of a clock. All values are seconds."""

    def time(self) -> float:
        """Return the Unix time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Return the Unix time."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for ``seconds``."""
        time.sleep(seconds)


# 2026-01-05 09:00:00 UTC, a Monday morning: the moment at which every example starts.
EXAMPLE_TIME = 1_767_603_600.0


class ManualClock:
    """A clock that stands still until somebody sleeps on it or advances it.

    ``sleeps`` lists every wait asked for, so that a test can read a backoff without waiting for it.
    """

    def __init__(self, start: float = EXAMPLE_TIME) -> None:
        """Start at the Unix time ``start``."""
        self._now = start
        self._lock = threading.Lock()
        self.sleeps: list[float] = []

    def time(self) -> float:
        """Return the time the clock stands at."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Record the wait and move the clock forward by it, at once."""
        with self._lock:
            self.sleeps.append(seconds)
            self._now += max(seconds, 0.0)

    def advance(self, seconds: float) -> None:
        """Move the clock forward without recording a wait."""
        if seconds < 0:
            raise ValueError(f"seconds: a clock cannot go back ({seconds}); give a positive number")
        with self._lock:
            self._now += seconds


SYSTEM_CLOCK = SystemClock()
