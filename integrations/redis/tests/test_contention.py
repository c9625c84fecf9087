"""Many processes on a real server: limits hold, one load serves all, no lock stays for good."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
import redis

from integrations.core.clock import SYSTEM_CLOCK
from integrations.core.errors import ConflictError
from integrations.redis.limits import Algorithm
from integrations.redis.locks import Locks
from integrations.redis.tests import workers
from integrations.redis.tests.proxy import LossyProxy
from integrations.redis.tests.servers import Lab, RealServer
from integrations.redis.tests.workers import Job

# A child that inherits sockets and locks of pytest's process would prove nothing: these are forked
# from a process that has only imported the package.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload([workers.__name__])


@pytest.fixture
def server(real_server: RealServer) -> RealServer:
    """Return the real server, empty."""
    with redis.Redis(port=real_server.port) as plain:
        plain.flushall()
    return real_server


def _processes(count: int, work: Callable[[Job], Any], job: Job) -> list[Any]:
    with SPAWN.Pool(count) as pool:
        return pool.map_async(work, [job] * count, chunksize=1).get(timeout=120)


def test_eight_processes_of_ten_thousand_decisions_never_pass_the_limit(
    server: RealServer,
) -> None:
    limits: tuple[tuple[Algorithm, int], ...] = (("fixed", 2001), ("log", 2002), ("gcra", 2003))
    job = Job(server.url, server.port, workers=8, turns=10_000, limits=limits)
    said = _processes(8, workers.decide, job)
    for place, (algorithm, limit) in enumerate(limits):
        allowed = sum(each[place][0] for each in said)
        assert (algorithm, allowed) == (algorithm, limit)
        assert all(each[place][1] == 0 for each in said)


def test_lost_replies_never_count_twice(server: RealServer) -> None:
    proxy = LossyProxy(server.port, every=23)
    # Limits that are never reached, so that every count shows, and one that is.
    roomy: tuple[tuple[Algorithm, int], ...] = (("fixed", 9001), ("log", 9002), ("gcra", 9003))
    limits = (*roomy, ("log", 150))
    job = Job(proxy.url, server.port, workers=2, turns=300, limits=limits)
    try:
        said = _processes(2, workers.decide, job)
    finally:
        proxy.close()
    assert proxy.lost > 20
    for place, (algorithm, limit) in enumerate(roomy):
        allowed, unknown = (sum(each[place][part] for each in said) for part in (0, 1))
        assert unknown > 0
        # Every reply that was lost was that of a call that counted once, or of a handshake.
        assert allowed <= workers.used(server.url, algorithm, limit) <= allowed + unknown <= 600
    below, lost = (sum(each[-1][part] for each in said) for part in (0, 1))
    assert 150 - lost <= below <= 150


def test_a_hundred_misses_in_four_processes_are_one_load(server: RealServer) -> None:
    job = Job(server.url, server.port, workers=4, turns=25)
    with redis.Redis(port=server.port) as plain:
        plain.config_resetstat()
    said = _processes(4, workers.miss, job)
    assert [value for each in said for value in each] == ["value 1"] * 100
    with redis.Redis(port=server.port) as plain:
        stats = plain.info("commandstats")
    # What a script calls counts too. The workers' own gate is INCR and GETRANGE.
    ours = ("get", "set", "del", "evalsha", "eval", "brpoplpush", "lpush", "pexpire", "pttl")
    sent = {name: int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ours}
    assert sent["get"] >= 100, sent
    assert sum(sent.values()) <= 200, sent


def test_a_killed_holders_lock_ends_by_itself(server: RealServer) -> None:
    child = SPAWN.Process(target=workers.hold, args=(server.url, server.port, 1.0))
    child.start()
    try:
        with redis.Redis(port=server.port, socket_timeout=30) as plain:
            held: Any = plain.blpop(["held"], timeout=20)
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        lab = Lab(server.url, None, SYSTEM_CLOCK)
        locks = Locks(lab.client())
        with pytest.raises(ConflictError) as raised:
            locks.acquire("report", ttl=5)
        assert 0 < (raised.value.retry_after or 0) <= 1
        assert locks.acquire("report", ttl=5, wait=10).fence > int(held[1])
        lab.close()
    finally:
        child.kill()
        child.join(10)
