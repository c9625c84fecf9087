"""Locks that always expire, with a number that tells an outdated holder from the current one.

A lock is a promise to other callers of this module, not to the world: a holder that is stopped for
longer than ``ttl`` goes on when it wakes. Pass :attr:`Lock.fence` on to what you change, and refuse
a number lower than one seen before.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from integrations.core.errors import ConflictError, NetworkError, NotFoundError, UnavailableError
from integrations.core.log import get_logger, log_event
from integrations.core.views import Displayed
from integrations.redis import arguments as check
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.names import Id
from integrations.redis.scripts import NOW, Script

# Asking again with the same token gives the same lock: a lost reply leaves no lock that nobody has.
# The fence is the time where nothing is stored, so it grows even after the key was evicted.
# KEYS: lock, fence. ARGV: token, milliseconds.
ACQUIRE = Script(
    "lock.acquire",
    NOW
    + """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {'', tostring(redis.call('PTTL', KEYS[1]))} end
local fence = tonumber(redis.call('GET', KEYS[2]) or 0)
if not holder then fence = math.max(fence + 1, now) end
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], text, 'PX', ARGV[2] + 86400000)
return {text, ''}
""",
)

EXTEND = Script(
    "lock.extend",
    """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2] + 86400000)
return 1
""",
)

RELEASE = Script(
    "lock.release",
    """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""",
)


@dataclass(frozen=True)
class Lock(Displayed):
    """A lock that was acquired.

    Attributes:
        name: what is locked.
        fence: a number larger than that of every earlier holder.
        until: Unix time, by this machine's clock, at which it ends by itself.
        token: proves the holder.
    """

    name: str
    fence: int
    until: float
    token: str = field(repr=False)
    raw: tuple[str, str] = field(default=("", ""), repr=False)


class Locks:
    """Acquire and release locks."""

    def __init__(self, client: RedisClient, *, name: str = "lock", retry_s: float = 0.05) -> None:
        """Keep locks under ``name``; who waits asks every ``retry_s`` seconds, with jitter."""
        self._client = client
        self._entity = client.names.entity(name)
        self._retry_s = check.seconds("retry_s", retry_s)
        self._logger = get_logger("redis")

    def acquire(self, name: Id, *, ttl: float, wait: float = 0.0) -> Lock:
        """Acquire a lock for ``ttl`` seconds, waiting for it up to ``wait`` seconds.

        Raises:
            ConflictError: somebody else holds it; ``retry_after`` is when theirs ends by itself.
        """
        ttl_ms = check.milliseconds("ttl", ttl)
        clock, token = self._client.clock, self._client.new_id()
        give_up = clock.time() + check.seconds("wait", wait, zero=True)
        keys = self._keys(name)
        while True:
            asked_at = clock.time()
            fence, left = self._client.commands.script(
                ACQUIRE, keys, (token, ttl_ms), effect=Effect.REPEATABLE
            )
            if fence:
                # From before the question: the server's expiry is later than ours, never earlier.
                return Lock(str(name), int(fence), asked_at + ttl, token, keys)
            remaining = give_up - clock.time()
            if remaining <= 0:
                raise _held(max(0.0, int(left) / 1000))
            pause = self._retry_s * (0.5 + self._client.random())
            clock.sleep(min(remaining, pause))

    def extend(self, lock: Lock, *, ttl: float) -> Lock:
        """Hold a lock for ``ttl`` seconds from now.

        Raises:
            NotFoundError: it has ended: somebody else may hold it. Stop what you are doing.
        """
        ttl_ms = check.milliseconds("ttl", ttl)
        asked_at = self._client.clock.time()
        held = self._client.commands.script(
            EXTEND, lock.raw, (lock.token, ttl_ms), effect=Effect.REPEATABLE
        )
        if not held:
            raise NotFoundError(
                f"the lock {lock.name!r} has ended",
                provider="redis",
                hint="Somebody else may hold it: stop. Use a longer ttl, or extend it earlier.",
            )
        return Lock(lock.name, lock.fence, asked_at + ttl, lock.token, lock.raw)

    def release(self, lock: Lock) -> bool:
        """Give a lock back. Returns False when it had ended already; another's is not touched."""
        keys, token = lock.raw, lock.token
        return bool(self._client.commands.script(RELEASE, keys, (token,), effect=Effect.REPEATABLE))

    @contextmanager
    def held(self, name: Id, *, ttl: float, wait: float = 0.0) -> Iterator[Lock]:
        """Hold a lock for the length of a ``with`` block.

        If the server is lost at the end, the lock ends by itself and a warning is logged.

        Raises:
            ConflictError: as :meth:`acquire`.
        """
        lock = self.acquire(name, ttl=ttl, wait=wait)
        try:
            yield lock
        finally:
            self._end(lock)

    def _end(self, lock: Lock) -> None:
        try:
            if not self.release(lock):
                log_event(self._logger, logging.WARNING, "lock ended before its release")
        except (NetworkError, UnavailableError) as lost:
            reason = type(lost).__name__
            log_event(self._logger, logging.WARNING, "lock not released", error=reason)

    def _keys(self, name: Id) -> tuple[str, str]:
        stem = self._client.names.group(self._entity, name)
        return stem, f"{stem}:fence"


def _held(left_s: float) -> ConflictError:
    return ConflictError(
        "somebody else holds the lock",
        provider="redis",
        retry_after=left_s,
        hint=f"It ends by itself in {round(left_s, 3):.10g} s.",
    )
