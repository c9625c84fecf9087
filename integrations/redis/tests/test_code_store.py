"""The Redis store of codes keeps the promises of the memory store, for all processes together."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.code_limits import CodeRules, SendLimits
from integrations.core.code_store import FREE, CodeStore, MemoryCodeStore
from integrations.core.codes import OneTimeCodes, Outcome
from integrations.core.config import Secret
from integrations.core.errors import NetworkError
from integrations.core.tests.test_code_store import NOW, Promises
from integrations.redis import fake as faults
from integrations.redis.code_store import SPARE_MS, RedisCodeStore
from integrations.redis.fake import FakeRedis
from integrations.redis.tests.servers import Lab

NAMES = itertools.count()
NUMBER = "+15551230001"


class TestRedisCodeStore(Promises):
    @pytest.fixture
    def store(self, lab: Lab) -> CodeStore:
        return RedisCodeStore(lab.client())


@dataclass(frozen=True)
class Step:
    what: str
    after: float
    key: int
    value: str
    number: int
    seconds: float
    quotas: tuple[tuple[str, int, float], ...]


SECONDS = st.sampled_from([0.1, 1.0, 2.5, 7.0, 20.0])
MOST = st.sampled_from([1, 2, 3, 4, 5, 0])
QUOTAS = st.lists(st.tuples(st.sampled_from("ab"), MOST, SECONDS), max_size=3)
STEPS = st.builds(
    Step,
    what=st.sampled_from(["admit", "admit", "put", "attempt", "attempt", "burn"]),
    after=st.sampled_from([0.0, 0.0, 0.1, 0.7, 1.0, 5.0]),
    key=st.integers(0, 1),
    value=st.sampled_from(["x", "y"]),
    number=st.integers(1, 3),
    seconds=SECONDS,
    quotas=QUOTAS.map(tuple),
)


def _story(store: CodeStore, steps: list[Step]) -> list[object]:
    told: list[object] = []
    now = NOW
    for step in steps:
        now += step.after
        key = f"k{step.key}"
        if step.what == "admit":
            told.append(store.admit(step.quotas, now=now))
        elif step.what == "put":
            store.put(key, step.value, now=now, ttl_s=step.seconds, attempts=step.number)
        elif step.what == "attempt":
            told.append(store.attempt(key, now=now))
        else:
            told.append(store.burn(key, step.value, now=now))
    return told


def test_it_answers_as_the_memory_store_does(lab: Lab) -> None:
    client = lab.client()

    @given(steps=st.lists(STEPS, min_size=1, max_size=25))
    @settings(max_examples=250, deadline=None)
    def run(steps: list[Step]) -> None:
        store = RedisCodeStore(client, name=f"codes{next(NAMES)}")
        assert _story(store, steps) == _story(MemoryCodeStore(), steps)

    run()


@dataclass
class Desk:
    """One-time codes of several processes, and the phone they are sent to."""

    lab: Lab
    screen: list[str] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)

    def codes(self) -> OneTimeCodes:
        store = RedisCodeStore(self.lab.client())
        limits = SendLimits(Secret("k" * 32), store, CodeRules(), self.clock)
        return OneTimeCodes(limits, send=lambda _, code: self.screen.append(code))


def test_guessers_in_many_processes_get_no_more_than_the_attempts(lab: Lab) -> None:
    desk = Desk(lab)
    desk.codes().start(NUMBER, session="s", requester="r")
    gate, code = threading.Barrier(8), desk.screen[0]

    def guess(thread: int) -> list[Outcome]:
        codes = desk.codes()
        gate.wait()
        wrong = [f"{(int(code) + 1 + thread * 5 + turn) % 10**6:06d}" for turn in range(5)]
        return [codes.check(NUMBER, each, session="s").outcome for each in wrong]

    with ThreadPoolExecutor(8) as pool:
        outcomes = [each for said in pool.map(guess, range(8)) for each in said]
    assert (outcomes.count(Outcome.WRONG), outcomes.count(Outcome.SPENT)) == (4, 36)
    assert desk.codes().check(NUMBER, code, session="s").outcome is Outcome.SPENT


def test_the_right_code_in_many_processes_lets_one_in(lab: Lab) -> None:
    desk = Desk(lab)
    desk.codes().start(NUMBER, session="s", requester="r")
    gate = threading.Barrier(5)

    def enter(_: int) -> bool:
        codes = desk.codes()
        gate.wait()
        return codes.check(NUMBER, desk.screen[0], session="s").approved

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(enter, range(5))) == 1


def test_the_server_holds_neither_code_nor_number(lab: Lab) -> None:
    desk = Desk(lab)
    desk.codes().start(NUMBER, session="s", requester="r")
    keys = list(lab.client().scan("codes"))
    assert len(keys) == 6
    assert not any(desk.screen[0] in key or NUMBER[1:] in key for key in keys)


@pytest.fixture
def broken() -> Lab:
    clock = ManualClock()
    lab = Lab("redis://localhost:6379/0", FakeRedis(clock=clock), clock)
    store = RedisCodeStore(lab.client())
    store.put("warm", "v", now=NOW, ttl_s=9, attempts=1)
    store.attempt("warm", now=NOW)
    store.burn("warm", "v", now=NOW)
    store.admit([("warm", 1, 1.0)], now=NOW)
    return lab


def test_a_lost_reply_takes_one_attempt_burns_once_and_counts_once(broken: Lab) -> None:
    assert broken.fake
    store, fake = RedisCodeStore(broken.client()), broken.fake
    lost: Any = faults.reply_lost
    fake.inject(lost())
    store.put("k", "v", now=NOW, ttl_s=60, attempts=5)
    fake.inject(lost(), lost())
    assert store.attempt("k", now=NOW) == ("v", 4)
    assert store.attempt("k", now=NOW) == ("v", 3)
    fake.inject(lost())
    assert store.burn("k", "v", now=NOW)
    assert not store.burn("k", "v", now=NOW)
    fake.inject(lost(), lost())
    assert store.admit([("q", 1, 60.0), ("p", 2, 60.0)], now=NOW)[0] == FREE
    assert store.admit([("p", 2, 60.0)], now=NOW)[0] == FREE
    assert store.admit([("p", 2, 60.0)], now=NOW) == (0, 60.0)


def test_without_a_server_no_code_is_sent_and_none_is_right(broken: Lab) -> None:
    assert broken.fake
    desk = Desk(broken)
    codes = desk.codes()
    codes.start(NUMBER, session="s", requester="r")
    for call in (
        lambda: codes.start(NUMBER, session="t", requester="other"),
        lambda: codes.check(NUMBER, desk.screen[0], session="s"),
    ):
        broken.fake.inject(*[faults.connect_failure()] * 3)
        with pytest.raises(NetworkError):
            call()
    assert len(desk.screen) == 1
    assert codes.check(NUMBER, desk.screen[0], session="s")


def test_every_key_expires_and_counts_share_a_hash_tag(broken: Lab) -> None:
    assert broken.fake
    broken.fake.reset()
    store = RedisCodeStore(broken.client())
    store.put("k", "v", now=NOW, ttl_s=60, attempts=5)
    store.admit([("q", 2, 60.0), ("p", 9, 6.0)], now=NOW)
    store.put("burnt", "v", now=NOW, ttl_s=60, attempts=5)
    store.burn("burnt", "v", now=NOW)
    keys = broken.fake.stored()
    assert len({key.partition("{")[2] for key in keys if "counts" in key}) == 2
    assert len({key.partition("{")[2].partition("}")[0] for key in keys}) == 3
    spare = SPARE_MS / 1000
    assert all(0 < (broken.fake.ttl(key) or 0) <= 60 + spare for key in keys)
