"""A steady pace for many calls."""

import threading

from integrations.core.clock import Clock


class Pacer:
    """Hand out start times, evenly spaced: a rate without bursts (GCRA with a burst of one)."""

    def __init__(self, rate: float, clock: Clock) -> None:
        """Allow ``rate`` starts a second."""
        # Two per cent slower: requests that leave evenly do not arrive evenly.
        self._gap = 1.02 / rate
        self._clock = clock
        self._next = clock.time()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Block until it is the caller's turn."""
        with self._lock:
            now = self._clock.time()
            start = max(self._next, now)
            self._next = start + self._gap
        if start > now:
            self._clock.sleep(start - now)
