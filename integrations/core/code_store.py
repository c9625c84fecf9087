"""Where one-time codes and the counts of their limits are kept.

Four small operations on plain types, each atomic, and each short enough to be one Lua script of a
Redis store. A store never sees a code or a phone number: keys and values come hashed.
"""

import threading
from collections.abc import Sequence
from typing import Protocol

Quota = tuple[str, int, float]
"""A limit on one key. The key, the most that are admitted, and in how many seconds."""

FREE = -1
"""The answer of :meth:`CodeStore.admit` when no quota was in the way."""

NOTHING = ("", -1)
"""The answer of :meth:`CodeStore.attempt` when nothing alive is kept under the key."""


class CodeStore(Protocol):
    """What one-time codes ask of a store. Each method is atomic. Times are Unix seconds."""

    def admit(self, quotas: Sequence[Quota], *, now: float) -> tuple[int, float]:
        """Count one event against every quota, or, when one of them is full, against none.

        A quota ``(key, most, window_s)`` admits ``most`` events in any ``window_s`` seconds: an
        event at ``t`` counts until ``t + window_s``, exclusive.

        Returns:
            ``(FREE, 0.0)`` when it was counted; else the index of the full quota that makes the
            caller wait longest, and the seconds until it admits again.
        """
        ...

    def put(self, key: str, value: str, *, now: float, ttl_s: float, attempts: int) -> None:
        """Keep a non-empty ``value``, good for ``attempts`` and for less than ``ttl_s`` seconds.

        What was kept under ``key`` before is replaced.
        """
        ...

    def attempt(self, key: str, *, now: float) -> tuple[str, int]:
        """Take one attempt: return the value, and how many attempts are left after this one.

        Returns ``("", 0)`` when all were taken before, and :data:`NOTHING`, ``("", -1)``, when
        the key was never kept, is burnt, or has expired.
        """
        ...

    def burn(self, key: str, value: str, *, now: float) -> bool:
        """Forget ``key`` if it is alive and holds ``value``.

        True for exactly one caller; what was put there in the meantime stays.
        """
        ...


class MemoryCodeStore:
    """A store in this process, for tests, notebooks and services of a single process."""

    def __init__(self, *, sweep_every: int = 1000) -> None:
        """Forget what has expired after every ``sweep_every`` operations that add something."""
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, int, float]] = {}
        self._events: dict[str, list[float]] = {}
        self._sweep_every = sweep_every
        self._added = 0

    def admit(self, quotas: Sequence[Quota], *, now: float) -> tuple[int, float]:
        """Count one event, or none; see :class:`CodeStore`."""
        with self._lock:
            self._sweep(now)
            waits = [self._wait(key, most, now) for key, most, _ in quotas]
            longest = max(waits, default=0.0)
            if longest > 0:
                return waits.index(longest), longest
            for key, _, window_s in quotas:
                self._events.setdefault(key, []).append(now + window_s)
            return FREE, 0.0

    def put(self, key: str, value: str, *, now: float, ttl_s: float, attempts: int) -> None:
        """Keep a value; see :class:`CodeStore`."""
        with self._lock:
            self._sweep(now)
            self._kept[key] = (value, attempts, now + ttl_s)

    def attempt(self, key: str, *, now: float) -> tuple[str, int]:
        """Take one attempt; see :class:`CodeStore`."""
        with self._lock:
            value, left, until = self._kept.get(key, ("", 0, now))
            if until <= now:
                self._kept.pop(key, None)
                return NOTHING
            if left < 1:
                return "", 0
            self._kept[key] = (value, left - 1, until)
            return value, left - 1

    def burn(self, key: str, value: str, *, now: float) -> bool:
        """Forget a value once; see :class:`CodeStore`."""
        with self._lock:
            kept, _, until = self._kept.get(key, ("", 0, now))
            if until <= now or kept != value:
                return False
            del self._kept[key]
            return True

    def _wait(self, key: str, most: int, now: float) -> float:
        ends = sorted(end for end in self._events.get(key, ()) if end > now)
        if ends:
            self._events[key] = ends
        if len(ends) < most:
            return 0.0
        return ends[-most] - now if most > 0 else float("inf")

    def _sweep(self, now: float) -> None:
        self._added += 1
        if self._added % self._sweep_every:
            return
        self._kept = {key: kept for key, kept in self._kept.items() if kept[2] > now}
        self._events = {key: ends for key, ends in self._events.items() if max(ends) > now}
