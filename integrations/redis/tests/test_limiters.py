"""Every algorithm does what its model says, on the fake; and holds its limit on a real server."""

import copy
import itertools
import math
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError, RateLimitedError
from integrations.redis import refusals
from integrations.redis.client import RedisClient
from integrations.redis.fake import FakeRedis
from integrations.redis.limits import ALGORITHMS, Algorithm, Decision, Limit
from integrations.redis.names import Personal
from integrations.redis.ratelimit import RateLimiter
from integrations.redis.tests.model import Sliding, model_of
from integrations.redis.tests.servers import SECRET, Lab

STEPS = st.lists(st.tuples(st.integers(0, 700), st.integers(1, 4)), min_size=1, max_size=30)


def _limiter(clock: ManualClock, *limits: Limit, **options: Any) -> RateLimiter:
    return RateLimiter(_client(clock), *limits, **options)


def _client(clock: ManualClock) -> RedisClient:
    env = {"REDIS_SECRET": SECRET}
    return RedisClient.from_env(env, mode="mock", fake=FakeRedis(clock=clock), clock=clock)


# One for all examples, each with a subject of its own: a new Lua for each would take long.
CLOCK = ManualClock()
CLIENT = _client(CLOCK)
SUBJECTS = itertools.count()


def _begin() -> str:
    # A whole second: the milliseconds that follow are close to exact in a float.
    CLOCK._now = float(math.ceil(CLOCK.time()) + 10)
    return f"s{next(SUBJECTS)}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(steps=STEPS, count=st.integers(4, 9), window_ms=st.sampled_from([250, 1000, 1001]))
@settings(max_examples=40, deadline=None)
def test_a_limiter_decides_as_its_model(
    algorithm: Algorithm, steps: list[tuple[int, int]], count: int, window_ms: int
) -> None:
    subject, limit = _begin(), Limit(count, window_ms / 1000, algorithm)
    limiter, model = RateLimiter(CLIENT, limit, remember=False), model_of(limit)
    start, elapsed_ms = CLOCK.time(), 0
    for pause_ms, cost in steps:
        elapsed_ms += pause_ms
        CLOCK._now = start + elapsed_ms / 1000
        now_us = round(start) * 1_000_000 + elapsed_ms * 1000
        allowed, remaining, retry_us = model.hit(now_us, cost)
        said = limiter.hit(subject, cost=cost)
        assert (said.allowed, said.remaining) == (allowed, remaining)
        if not isinstance(model, Sliding):
            assert round(said.retry_after * 1e6) == retry_us


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(steps=STEPS, cost=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_retry_after_is_when_the_call_passes_and_no_sooner(
    algorithm: Algorithm, steps: list[tuple[int, int]], cost: int
) -> None:
    subject = _begin()
    limiter = RateLimiter(CLIENT, Limit(4, 1, algorithm), remember=False)
    for pause_ms, units in steps:
        CLOCK.advance(pause_ms / 1000)
        limiter.hit(subject, cost=units)
    said = limiter.hit(subject, cost=cost)
    if not said.allowed:
        early = max(0.0, said.retry_after - 0.002)
        CLOCK.advance(early)
        assert early == 0 or not limiter.hit(subject, cost=cost).allowed
        # Two microseconds more: a float of a time today is that coarse.
        CLOCK.advance(said.retry_after - early + 0.000_002)
        assert limiter.hit(subject, cost=cost).allowed


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_remembered_refusals_change_no_answer(
    algorithm: Algorithm, steps: list[tuple[int, int]]
) -> None:
    one, other = _begin(), _begin()
    limit = Limit(4, 1, algorithm)
    remembers, asks = RateLimiter(CLIENT, limit), RateLimiter(CLIENT, limit, remember=False)
    for pause_ms, cost in steps:
        CLOCK.advance(pause_ms / 1000)
        remembered, asked = remembers.hit(one, cost=cost), asks.hit(other, cost=cost)
        assert remembered.allowed == asked.allowed
        assert remembered.retry_after == pytest.approx(asked.retry_after, abs=3e-6)
        assert remembered.reset_after == pytest.approx(asked.reset_after, abs=2e-3)
        if cost == 1:
            assert remembered.remaining == asked.remaining


@pytest.mark.parametrize("algorithm", ["fixed", "log", "gcra"])
def test_a_window_ends_at_its_last_instant_and_not_after_it(algorithm: Algorithm) -> None:
    subject = _begin()
    limiter = RateLimiter(CLIENT, Limit(1, 4, algorithm), remember=False)
    limiter.hit(subject)
    CLOCK.advance(3.75)
    assert limiter.hit(subject).retry_after == pytest.approx(0.25)
    CLOCK.advance(0.25)
    assert limiter.hit(subject).allowed


def test_a_remembered_refusal_asks_nobody() -> None:
    clock = ManualClock()
    limiter = _limiter(clock, Limit(2, 1))
    fake: FakeRedis = limiter._client.fake
    said = [limiter.hit("kim") for _ in range(50)]
    assert [each.source for each in said].count("server") == 3
    assert len([name for name in fake.names() if name == "EVALSHA"]) == 3
    clock.advance(0.2)
    assert limiter.hit("kim").retry_after == pytest.approx(said[-1].retry_after - 0.2)


def test_a_recalled_decision_is_like_any_other() -> None:
    clock = ManualClock()
    limiter = _limiter(clock, Limit(2, 60, "fixed"))
    said = [limiter.hit("kim") for _ in range(3)][-1]
    clock.advance(10)
    recalled = limiter.hit("kim")
    plain = replace(said, source="memory", reset_after=50.0, retry_after=50.0)
    assert recalled == plain
    assert plain == recalled
    assert recalled != said
    assert hash(recalled) == hash(plain)
    pickled = pickle.loads(pickle.dumps(recalled))  # noqa: S301 - made here
    for copied in (copy.copy(recalled), pickled, replace(recalled)):
        assert type(copied) is Decision
        assert copied == plain
    assert asdict(recalled) == asdict(plain)
    assert repr(recalled) == repr(plain)
    assert recalled.headers() == plain.headers()
    assert recalled._repr_html_() == plain._repr_html_()
    clock.advance(10)
    # It says how it was when it was asked for.
    assert recalled == plain
    with pytest.raises(FrozenInstanceError):
        recalled.allowed = True  # type: ignore[misc]


def test_a_refusal_is_remembered_of_a_subject_and_not_of_what_equals_it() -> None:
    limiter = _limiter(ManualClock(), Limit(1, 60))
    limiter.hit(1)
    limiter.hit(1)
    bad: list[Any] = [True, 1.0, [], {}, None]
    for subject in bad:
        with pytest.raises(InvalidRequestError, match="id:"):
            limiter.hit(subject)
    costs: list[Any] = [True, 1.0]
    for cost in costs:
        with pytest.raises(InvalidRequestError, match="cost:"):
            limiter.hit(1, cost=cost)
    assert limiter.hit(1).source == "memory"


def test_reset_forgets_every_spelling_of_a_subject() -> None:
    limiter = _limiter(ManualClock(), Limit(1, 60))
    spellings = ("Kim@Example.com", "kim@example.com", Personal("kim@example.com "))
    assert [limiter.hit(each).allowed for each in spellings] == [True, False, False]
    assert [limiter.hit(each).source for each in spellings] == ["server", "memory", "memory"]
    assert [limiter.hit(each).source for each in spellings] == ["memory"] * 3
    limiter.reset("kim@example.com")
    assert [limiter.hit(each).source for each in spellings] == ["server"] * 3


def test_only_so_many_refusals_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_REMEMBERED", 3)
    clock = ManualClock()
    limiter = _limiter(clock, Limit(1, 60))
    limiter.hit("a")
    clock.advance(30)
    for id in "bcdeabc":
        limiter.hit(id)
    clock.advance(31)
    # That of a is over by now, and makes room for d's; for e's, all have to go.
    limiter.hit("d")
    assert [limiter.hit(id).source for id in "bcd"] == ["memory"] * 3
    limiter.hit("e")
    assert [limiter.hit(id).source for id in "eb"] == ["memory", "server"]


def test_a_clock_that_goes_back_ends_a_remembered_refusal() -> None:
    clock = ManualClock()
    limiter = _limiter(clock, Limit(1, 60))
    limiter.hit("kim")
    limiter.hit("kim")
    clock._now -= 3600
    assert limiter.hit("kim").source == "server"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_on_any_server_a_limit_holds_and_ends(lab: Lab, algorithm: Algorithm) -> None:
    limiter = RateLimiter(lab.client(), Limit(3, 0.2, algorithm), remember=False)
    first = [limiter.hit("kim") for _ in range(5)]
    assert [each.allowed for each in first[:3]] == [True] * 3
    assert [each.remaining for each in first[:3]] == [2, 1, 0]
    assert not first[3].allowed
    assert 0 < first[3].retry_after <= 0.4
    assert limiter.hit("alex").remaining == 2
    lab.wait(0.42)
    assert limiter.hit("kim").allowed


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_threads_never_pass_more_than_the_limit(lab: Lab, algorithm: Algorithm) -> None:
    limiter = RateLimiter(lab.client(), Limit(20, 3600, algorithm), remember=False)
    gate = threading.Barrier(8)

    def many(_: int) -> int:
        gate.wait()
        return sum(limiter.hit("kim").allowed for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(many, range(8))) == 20


def test_several_limits_are_one_trip_and_count_all_or_none() -> None:
    clock = ManualClock()
    limiter = _limiter(clock, Limit(2, 1), Limit(3, 60, "fixed"), Limit(9, 60, "log"))
    fake: FakeRedis = limiter._client.fake
    limiter.hit("kim")
    assert fake.names() == ["EVALSHA", "EVAL"]
    limiter.hit("kim")
    refused = limiter.hit("kim")
    assert (refused.allowed, refused.limit) == (False, 2)
    clock.advance(1)
    assert limiter.hit("kim").allowed
    by_minute = limiter.hit("kim")
    assert (by_minute.allowed, by_minute.limit) == (False, 3)
    assert by_minute.retry_after == pytest.approx(59)
    # Nothing was counted by the log for the two that others refused.
    log = RateLimiter(limiter._client, Limit(9, 60, "log"))
    assert log.peek("kim").remaining == 6


def _keys(limiter: RateLimiter) -> list[str]:
    names: list[str] = limiter._client.fake.stored()
    return names


def test_all_keys_of_a_call_share_a_hash_tag() -> None:
    limiter = _limiter(ManualClock(), Limit(2, 1), Limit(3, 60, "fixed"))
    limiter.hit("kim")
    tags = {key.partition("{")[2].partition("}")[0] for key in _keys(limiter)}
    assert tags == {"kim"}


def test_every_key_expires() -> None:
    limiter = _limiter(ManualClock(), *(Limit(5, 10, algorithm) for algorithm in ALGORITHMS))
    limiter.hit("kim", cost=2)
    fake: FakeRedis = limiter._client.fake
    keys = _keys(limiter)
    assert len(keys) == 4
    assert all(0 < (fake.ttl(key) or 0) <= 20.01 for key in keys)


def test_peek_counts_nothing_and_reset_forgets(lab: Lab) -> None:
    limiter = RateLimiter(lab.client(), Limit(2, 3600))
    assert [limiter.peek("kim").remaining for _ in range(3)] == [2, 2, 2]
    for _ in range(3):
        limiter.hit("kim")
    limiter.reset("kim")
    assert limiter.hit("kim").allowed


def test_the_decorator_counts_whom_it_is_told(lab: Lab) -> None:
    limiter = RateLimiter(lab.client(), Limit(1, 3600))

    @limiter.limited("user")
    def send(text: str, user: str = "kim") -> str:
        return text

    assert send("a") == "a"
    assert send("b", user="alex") == "b"
    with pytest.raises(RateLimitedError) as raised:
        send("c")
    assert raised.value.retry_after is not None
    assert raised.value.retry_after > 3000
    with pytest.raises(InvalidRequestError, match="no argument"):
        limiter.limited("nobody")(send)


def test_where_the_server_has_increx_it_counts_and_in_the_same_keys() -> None:
    clock = ManualClock()
    env, fake = {"REDIS_SECRET": SECRET}, FakeRedis(clock=clock, version=(8, 8))
    client = RedisClient.from_env(env, mode="mock", fake=fake, clock=clock)
    limiter = RateLimiter(client, Limit(3, 10, "fixed"), remember=False)
    said = [limiter.hit("kim") for _ in range(2)]
    assert fake.names().count("INCREX") == 2
    assert fake.names().count("COMMAND") == 1
    assert [each.remaining for each in said] == [2, 1]
    assert limiter.peek("kim").remaining == 1
    clock.advance(4)
    assert not limiter.hit("kim", cost=2).allowed
    assert limiter.hit("kim").allowed
    refused = limiter.hit("kim")
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert refused.retry_after == pytest.approx(6.001, abs=1e-6)
    clock.advance(6.001)
    assert limiter.hit("kim").remaining == 2


def test_headers_round_up() -> None:
    said = Decision(False, 10, 0, 3.2, 0.01)
    assert said.headers() == {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "4",
        "Retry-After": "1",
    }
    assert "Retry-After" not in Decision(True, 10, 9, 1).headers()


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "5", None, 10**12])
def test_a_limit_that_is_no_limit_is_refused(count: Any) -> None:
    with pytest.raises(InvalidRequestError, match="limit:"):
        Limit(count, 1)


@pytest.mark.parametrize("window", [0, -1, float("nan"), float("inf"), "1", None, 1e12])
def test_a_window_that_is_no_window_is_refused(window: Any) -> None:
    with pytest.raises(InvalidRequestError, match="window:"):
        Limit(1, window)


def test_what_can_never_pass_is_refused_before_it_is_sent() -> None:
    limiter = _limiter(ManualClock(), Limit(5, 1))
    costs: list[Any] = [0, -1, 6, 1.5, 1.0, True, "2"]
    for cost in costs:
        with pytest.raises(InvalidRequestError, match="cost:"):
            limiter.hit("kim", cost=cost)
    assert limiter._client.fake.names() == []
    for limits in ((), (Limit(1, 1), Limit(1, 1))):
        with pytest.raises(InvalidRequestError, match="limits:"):
            RateLimiter(limiter._client, *limits)


def test_a_burst_may_be_larger_than_the_rate() -> None:
    clock = ManualClock()
    limiter = _limiter(clock, Limit(10, 1, burst=20))
    assert sum(limiter.hit("kim").allowed for _ in range(30)) == 20
    clock.advance(0.5)
    assert sum(limiter.hit("kim").allowed for _ in range(30)) == 5
