"""What the processes of the contention tests do. Each is started anew: nothing is inherited."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import redis

from integrations.core.errors import NetworkError
from integrations.core.retry import Retry
from integrations.redis.cache import Cache
from integrations.redis.client import RedisClient
from integrations.redis.limits import Algorithm, Limit
from integrations.redis.locks import Locks
from integrations.redis.ratelimit import RateLimiter
from integrations.redis.tests.servers import SECRET

# So long that nothing is let in anew during the test.
YEAR = 365 * 86_400


@dataclass(frozen=True)
class Job:
    """One worker's part.

    Attributes:
        url: the server, or a proxy before it.
        gate: the server's port, where workers wait for each other.
        workers: how many there are.
        turns: how often each calls.
        limits: the limiters to call.
    """

    url: str
    gate: int
    workers: int
    turns: int = 0
    limits: tuple[tuple[Algorithm, int], ...] = ()


def _client(url: str) -> RedisClient:
    env = {"REDIS_URL": url, "REDIS_SECRET": SECRET, "REDIS_PREFIX": "suite:test"}
    return RedisClient.from_env(env, mode="live", retry=Retry(base_s=0.001, cap_s=0.005))


def _together(job: Job, name: str) -> None:
    """Wait until every worker has come here."""
    with redis.Redis(port=job.gate) as plain:
        plain.incr(name)
        give_up = time.monotonic() + 60
        while int(plain.getrange(name, 0, -1) or 0) < job.workers:
            if time.monotonic() > give_up:
                raise TimeoutError(name)
            time.sleep(0.001)


def decide(job: Job) -> list[tuple[int, int]]:
    """Return for each limit how many calls were allowed, and of how many nobody knows."""
    client, told = _client(job.url), list[tuple[int, int]]()
    for algorithm, limit in job.limits:
        limiter = RateLimiter(client, Limit(limit, YEAR, algorithm), name=f"c{limit}")
        _together(job, f"gate-{algorithm}-{limit}")
        allowed = unknown = 0
        for _ in range(job.turns):
            try:
                allowed += limiter.hit("kim").allowed
            except NetworkError as lost:
                unknown += lost.outcome_unknown
        told.append((allowed, unknown))
    client.close()
    return told


def used(url: str, algorithm: Algorithm, limit: int) -> int:
    """Return how many calls the server has counted."""
    with _client(url) as client:
        limiter = RateLimiter(client, Limit(limit, YEAR, algorithm), name=f"c{limit}")
        return limit - limiter.peek("kim").remaining


def miss(job: Job) -> list[Any]:
    """Ask for one value in many threads at once; the load ends when everybody has asked."""
    cache, plain = Cache(_client(job.url)), redis.Redis(port=job.gate)

    def load() -> str:
        number = plain.incr("loads")
        while int(plain.getrange("asking", 0, -1) or 0) < job.workers * job.turns:
            time.sleep(0.005)
        return f"value {number}"

    def ask(_: int) -> Any:
        plain.incr("asking")
        return cache.get_or_load("hot", load)

    _together(job, "gate-miss")
    with ThreadPoolExecutor(job.turns) as pool:
        return list(pool.map(ask, range(job.turns)))


def hold(url: str, gate: int, ttl: float) -> None:
    """Take a lock, say so, and never give it back."""
    lock = Locks(_client(url)).acquire("report", ttl=ttl)
    with redis.Redis(port=gate) as plain:
        plain.rpush("held", lock.fence)
    time.sleep(600)
