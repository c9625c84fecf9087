"""A lock has one holder, ends by itself, and is never left behind by a lost reply."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.errors import ConflictError, InvalidRequestError, NotFoundError
from integrations.redis import fake as faults
from integrations.redis.fake import FakeRedis
from integrations.redis.locks import Locks
from integrations.redis.tests.servers import Lab


def test_a_lock_has_one_holder_until_it_is_released(lab: Lab) -> None:
    one, other = Locks(lab.client()), Locks(lab.client())
    lock = one.acquire("report", ttl=30)
    with pytest.raises(ConflictError) as raised:
        other.acquire("report", ttl=30)
    assert 0 < (raised.value.retry_after or 0) <= 30
    assert one.release(lock)
    assert not one.release(lock)
    assert other.acquire("report", ttl=30).fence > lock.fence


def test_a_dead_holders_lock_ends_and_its_fence_is_outdated(lab: Lab) -> None:
    locks = Locks(lab.client())
    dead = locks.acquire("report", ttl=0.05)
    lab.wait(0.06)
    now = locks.acquire("report", ttl=30)
    assert now.fence > dead.fence
    assert not locks.release(dead)
    with pytest.raises(NotFoundError, match="has ended"):
        locks.extend(dead, ttl=30)
    assert locks.extend(now, ttl=60).until > now.until


def test_the_fence_grows_even_when_its_key_is_gone(lab: Lab) -> None:
    client = lab.client()
    locks = Locks(client)
    first = locks.acquire("report", ttl=30)
    client.delete(*client.scan("lock"))
    lab.wait(0.001)
    assert locks.acquire("report", ttl=30).fence > first.fence


def test_extending_keeps_a_lock_beyond_its_first_end(lab: Lab) -> None:
    locks = Locks(lab.client())
    lock = locks.acquire("report", ttl=60)
    extended = locks.extend(lock, ttl=3600)
    assert extended.until > lock.until
    if lab.fake:
        lab.wait(61)
    with pytest.raises(ConflictError) as raised:
        locks.acquire("report", ttl=1)
    assert (raised.value.retry_after or 0) > 60


def test_who_waits_gets_the_lock_when_it_ends(lab: Lab) -> None:
    locks = Locks(lab.client(), retry_s=0.01)
    locks.acquire("report", ttl=0.1)
    assert locks.acquire("report", ttl=600, wait=60).fence
    with pytest.raises(ConflictError):
        locks.acquire("report", ttl=1, wait=0.02)


def test_threads_hold_it_one_at_a_time(lab: Lab) -> None:
    locks = Locks(lab.client(), retry_s=0.001)
    inside, most, gate = list[int](), list[int](), threading.Barrier(6)

    def work(number: int) -> int:
        gate.wait()
        with locks.held("job", ttl=1000, wait=900) as lock:
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            return lock.fence

    with ThreadPoolExecutor(6) as pool:
        fences = list(pool.map(work, range(6)))
    assert max(most) == 1
    assert len(set(fences)) == 6


@pytest.mark.parametrize("ttl", [0, -1, None, float("inf")])
def test_a_lock_always_expires(lab: Lab, ttl: Any) -> None:
    with pytest.raises(InvalidRequestError, match="ttl:"):
        Locks(lab.client()).acquire("report", ttl=ttl)


@pytest.mark.parametrize("text", ["CLUSTERDOWN The cluster is down", "READONLY a replica"])
def test_a_block_that_is_done_is_not_failed_by_a_server_that_went_away(
    broken: Lab, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    assert broken.fake
    caplog.set_level(logging.WARNING)
    with Locks(broken.client()).held("report", ttl=5):
        broken.fake.inject(*[faults.refused(text)] * 3)
    assert "lock not released" in caplog.text


@pytest.fixture
def broken() -> Lab:
    clock = ManualClock()
    return Lab("redis://localhost:6379/0", FakeRedis(clock=clock), clock)


def test_a_lost_reply_leaves_no_lock_that_nobody_has(broken: Lab) -> None:
    assert broken.fake
    locks = Locks(broken.client())
    locks.release(locks.acquire("warm", ttl=1))
    broken.fake.inject(faults.reply_lost())
    before = broken.clock.time()
    lock = locks.acquire("report", ttl=30)
    assert broken.clock.time() > before
    # The reply took its time: the holder must not count from its arrival.
    assert lock.until == before + 30
    broken.fake.inject(faults.reply_lost())
    assert locks.release(lock) in (True, False)
    assert locks.acquire("report", ttl=30).fence > lock.fence


def test_a_lock_that_cannot_be_released_is_logged_and_ends(
    broken: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    assert broken.fake
    locks = Locks(broken.client())
    caplog.set_level(logging.WARNING)
    with locks.held("report", ttl=5):
        broken.fake.inject(*[faults.connect_failure()] * 3)
    assert "lock not released" in caplog.text
    broken.wait(5.1)
    locks.acquire("report", ttl=5)


def test_a_holder_that_was_too_slow_is_told(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with Locks(lab.client()).held("report", ttl=0.02):
        lab.wait(0.03)
    assert "lock ended before its release" in caplog.text
