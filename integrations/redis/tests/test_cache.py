"""One load however many ask; nothing outdated after an invalidation; a cache that may be down."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.core.errors import InvalidRequestError, NetworkError
from integrations.redis import fake as faults
from integrations.redis.cache import Cache, Policy
from integrations.redis.cache_scripts import ENTER
from integrations.redis.cached import id_of
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.tests.servers import Lab


def _inline(work: Callable[[], None]) -> None:
    work()


def test_a_value_is_loaded_once_and_kept_for_its_ttl(lab: Lab, client: RedisClient) -> None:
    cache, values = Cache(client), iter(range(9))
    long, short = Policy(600, jitter=0), Policy(0.05, jitter=0)
    said = [cache.get_or_load("n", lambda: next(values), long) for _ in range(3)]
    said.append(cache.get_or_load("m", lambda: next(values), short))
    lab.until(lambda: cache.get("m", "over") == "over")
    assert [*said, cache.get_or_load("m", lambda: next(values), long)] == [0, 0, 0, 1, 2]
    assert cache.get("n") == 0


def test_many_misses_at_once_are_one_load(lab: Lab) -> None:
    caches = [Cache(lab.client()) for _ in range(4)]
    gate, began, finish = threading.Barrier(40), threading.Event(), threading.Event()

    def slow() -> str:
        began.set()
        assert finish.wait(60)
        return "value"

    def ask(number: int) -> Any:
        gate.wait()
        return caches[number % 4].get_or_load("hot", slow)

    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(ask, number) for number in range(40)]
        assert began.wait(60)
        finish.set()
        assert [each.result(60) for each in asked] == ["value"] * 40
    assert sum(cache.loads for cache in caches) == 1


def test_an_error_of_the_load_reaches_those_who_wait_and_locks_nobody_out(lab: Lab) -> None:
    cache = Cache(lab.client())

    def broken() -> str:
        raise LookupError("no such product")

    for _ in range(2):
        with pytest.raises(LookupError):
            cache.get_or_load("p", broken)
    assert cache.get_or_load("p", lambda: "fine") == "fine"


def test_a_dead_loader_holds_up_nobody_for_longer_than_its_lock(lab: Lab) -> None:
    cache = Cache(lab.client())
    keys = cache._keys("p")
    lab.client().commands.script(ENTER, keys, ("dead", 40, ""), effect=Effect.REPEATABLE)
    if lab.fake:
        lab.wait(0.05)
    assert cache.get_or_load("p", lambda: "fine") == "fine"


def test_what_is_loaded_before_an_invalidation_is_not_kept_after_it(lab: Lab) -> None:
    cache, other = Cache(lab.client()), Cache(lab.client())

    def load() -> str:
        other.invalidate("p")
        return "old"

    assert cache.get_or_load("p", load) == "old"
    assert cache.get("p", "nothing") == "nothing"
    assert cache.get_or_load("p", lambda: "new") == "new"


def test_what_is_loaded_before_a_write_does_not_overwrite_it(lab: Lab) -> None:
    cache, other = Cache(lab.client()), Cache(lab.client())

    def load() -> str:
        other.set("p", "new")
        return "old"

    cache.get_or_load("p", load)
    assert cache.get("p") == "new"


def test_a_tag_forgets_all_that_has_it_and_what_is_being_loaded(lab: Lab) -> None:
    cache, other = Cache(lab.client()), Cache(lab.client())
    shoes, all_ = Policy(60, tags=("shoes", "all")), Policy(60, tags=("all",))
    for id, policy in (("a", shoes), ("b", shoes), ("c", all_)):
        cache.set(id, id, policy)
    cache.get_or_load("d", lambda: other.invalidate_tags("shoes"), Policy(60, tags=("shoes",)))
    assert cache.get_many(["a", "b", "c", "d", "e"]) == {"c": "c"}
    assert cache.get_or_load("a", lambda: "new", shoes) == "new"
    assert cache.get("a") == "new"


def test_a_tag_that_was_evicted_makes_a_miss_not_a_stale_value(lab: Lab) -> None:
    client = lab.client()
    cache = Cache(client)
    cache.set("a", 1, Policy(60, tags=("t",)))
    client.delete(*client.scan("cache-tag"))
    assert cache.get("a", "miss") == "miss"


def test_there_is_none_can_be_kept_too(lab: Lab) -> None:
    cache = Cache(lab.client())
    for policy, loads in ((Policy(60), 2), (Policy(60, negative_ttl=5), 3)):
        for _ in range(2):
            assert cache.get_or_load("p", lambda: None, policy) is None
        assert cache.loads == loads
    assert cache.get("p", "miss") is None


def test_a_stale_value_is_served_while_one_caller_loads(lab: Lab) -> None:
    cache, values = Cache(lab.client(), spawn=_inline), iter("abc")
    short, long = Policy(0.05, stale=600, jitter=0), Policy(600, stale=600, jitter=0)
    said = [cache.get_or_load("p", lambda: next(values), short)]
    lab.wait(0.06)
    said += [cache.get_or_load("p", lambda: next(values), long) for _ in range(3)]
    assert said == ["a", "a", "b", "b"]
    assert cache.loads == 2


def test_a_failed_refresh_serves_on_and_is_logged(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(lab.client(), spawn=_inline)
    policy = Policy(0.05, stale=600, jitter=0)
    cache.get_or_load("p", lambda: "a", policy)
    lab.wait(0.06)
    assert cache.get_or_load("p", lambda: str(1 // 0), policy) == "a"
    assert "refresh of a stale value failed" in caplog.text


def test_jitter_shortens_a_ttl_by_its_share_at_most(lab: Lab) -> None:
    client = lab.client()
    cache = Cache(client)
    lives = {cache._lifetime(Policy(100, jitter=0.2), "x") for _ in range(50)}
    assert len(lives) > 10
    assert all(80_000 <= each <= 100_000 for each in lives)


def test_another_version_sees_nothing_of_the_old(lab: Lab) -> None:
    client = lab.client()
    Cache(client).set("p", {"name": "shoe"})
    assert Cache(client, version=2).get("p", "miss") == "miss"


def test_the_decorator_makes_ids_of_the_arguments(lab: Lab) -> None:
    cache, calls = Cache(lab.client()), list[tuple[int, str]]()

    @cache.cached(Policy(60), key="product:{id}:{lang}")
    def product(id: int, lang: str = "en") -> str:
        """Say it."""
        calls.append((id, lang))
        return f"{id} {lang}"

    assert [product(1), product(id=1), product(1, lang="de")] == ["1 en", "1 en", "1 de"]
    assert calls == [(1, "en"), (1, "de")]
    assert (product.id(1), product.__doc__) == ("product:1:en", "Say it.")
    product.invalidate(1)
    product(1)
    assert len(calls) == 3


PARTS = st.text("ab:%/-é\ud800", max_size=4)


@given(one=st.tuples(PARTS, PARTS), other=st.tuples(PARTS, PARTS))
@example(one=("a:b", "c"), other=("a", "b:c"))
@example(one=("a%3Ab", "c"), other=("a:b", "c"))
def test_two_calls_share_a_key_only_if_their_arguments_do(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    def find(a: str, b: str) -> str:
        return a + b

    with RedisClient.from_env({}, mode="mock") as client:
        id = Cache(client).cached(ttl=5, key="p:{a}:{b}")(find).id
    assert (id(*one) == id(*other)) == (one == other)


def test_a_single_argument_stands_in_the_key_as_it_is(lab: Lab) -> None:
    @Cache(lab.client()).cached(ttl=5, key="user:{email}")
    def find(email: str) -> str:
        return email

    assert find.id("alex+shop:eu@example.com") == "user:alex+shop:eu@example.com"


@pytest.mark.parametrize("key", ["p:{a}{b}", "p:{a}-{b}", "p:{a}and{b}"])
def test_a_key_in_which_an_argument_has_no_end_is_refused(lab: Lab, key: str) -> None:
    def find(a: str, b: str) -> str:
        return a + b

    with pytest.raises(InvalidRequestError, match="put a ':' between"):
        Cache(lab.client()).cached(ttl=5, key=key)(find)


def test_without_a_key_an_argument_needs_a_lasting_name(lab: Lab) -> None:
    cache = Cache(lab.client())

    @cache.cached(ttl=5)
    def find(what: object) -> str:
        return "found"

    assert find([1, {"a": None}]) == "found"
    with pytest.raises(InvalidRequestError, match="parts"):
        find(object())


def test_ids_of_parts_differ_when_a_part_does() -> None:
    ids = {id_of("q", "select 1", [1]), id_of("q", "select 1", ["1"]), id_of("q", "select 2", [1])}
    assert len(ids) == 3
    assert all(len(each) < 40 for each in ids)


@pytest.mark.parametrize(
    "fields",
    [
        {"ttl": 0},
        {"ttl": 1, "jitter": 2},
        {"ttl": 1, "stale": -1},
        {"ttl": 1, "lock": 0},
        {"ttl": 1, "negative_ttl": 0},
    ],
)
def test_a_policy_that_cannot_work_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(InvalidRequestError, match=f"{list(fields)[-1]}:"):
        Policy(**fields)  # type: ignore[arg-type]


def test_a_value_that_cannot_be_written_is_an_error_and_frees_the_lock(lab: Lab) -> None:
    cache = Cache(lab.client())
    with pytest.raises(InvalidRequestError, match="value:"):
        cache.get_or_load("p", lambda: {1, 2})
    assert cache.get_or_load("p", lambda: [1, 2]) == [1, 2]


def _broken(lab: Lab, fault: faults.Fault, times: int = 3) -> None:
    assert lab.fake
    lab.fake.inject(*[fault] * times)


@pytest.fixture
def fake_lab(request: pytest.FixtureRequest) -> Any:
    from integrations.core.clock import ManualClock
    from integrations.redis.fake import FakeRedis

    clock = ManualClock()
    return Lab("redis://localhost:6379/0", FakeRedis(clock=clock), clock)


@pytest.mark.parametrize("fault", [faults.connect_failure, faults.reply_lost, faults.reply_timeout])
def test_without_a_server_values_are_loaded_and_a_warning_is_logged(
    fake_lab: Lab, fault: Callable[[], faults.Fault], caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(fake_lab.client())
    cache.set("p", "old")
    _broken(fake_lab, fault(), 3)
    caplog.set_level(logging.WARNING)
    assert cache.get_or_load("p", lambda: "fine") == "fine"
    assert "cache skipped" in caplog.text
    assert "NetworkError" in caplog.text
    assert "suite-secret" not in caplog.text


def test_a_server_that_is_down_is_left_alone_for_a_second(fake_lab: Lab) -> None:
    assert fake_lab.fake
    cache = Cache(fake_lab.client())
    _broken(fake_lab, faults.connect_failure(), 4)
    cache.get_or_load("p", lambda: "fine")
    left = fake_lab.fake.pending
    cache.get_or_load("p", lambda: "fine")
    assert fake_lab.fake.pending == left == 1
    fake_lab.fake.reset()
    fake_lab.wait(1.1)
    cache.get_or_load("p", lambda: "kept")
    assert cache.get("p") == "kept"


def test_reads_and_writes_fail_open_and_invalidation_does_not(fake_lab: Lab) -> None:
    cache = Cache(fake_lab.client())
    for call in (lambda: cache.get("p", "none"), lambda: cache.get_many(["p"])):
        _broken(fake_lab, faults.reply_lost())
        assert call() in ("none", {})
    _broken(fake_lab, faults.reply_lost())
    cache.set("p", 1)
    for call in (lambda: cache.invalidate("p"), lambda: cache.invalidate_tags("t")):
        _broken(fake_lab, faults.reply_lost())
        with pytest.raises(NetworkError):
            call()


@pytest.mark.parametrize("at", range(4))
def test_a_reply_lost_anywhere_in_a_miss_ends_in_the_value(fake_lab: Lab, at: int) -> None:
    assert fake_lab.fake
    cache = Cache(fake_lab.client())
    cache.get_or_load("warm", lambda: 1)
    lost = _LoseAt(fake_lab.fake, at)
    assert cache.get_or_load("p", lambda: "fine") == "fine"
    lost.end()
    # Nobody waits for a lock that is its own.
    assert "BRPOPLPUSH" not in fake_lab.fake.names()
    assert cache.get_or_load("p", lambda: "again") in ("fine", "again")
    assert cache.loads <= 3


class _LoseAt:
    """Loses the reply of the n-th command from now on."""

    def __init__(self, fake: Any, at: int) -> None:
        self._fake, self._original, self._left = fake, fake.next_fault, at
        fake.next_fault = self._next

    def _next(self) -> faults.Fault | None:
        self._left -= 1
        return faults.reply_lost() if self._left == -1 else None

    def end(self) -> None:
        self._fake.next_fault = self._original


@pytest.mark.parametrize("id", [[], {}, None, 1.5])
def test_what_cannot_be_an_id_is_refused(lab: Lab, id: Any) -> None:
    cache = Cache(lab.client())
    calls: list[Any] = [
        lambda: cache.get(id),
        lambda: cache.get_many([id]),
        lambda: cache.get_or_load(id, lambda: 1),
        lambda: cache.set(id, 1),
        lambda: cache.invalidate(id),
    ]
    for call in calls:
        with pytest.raises(InvalidRequestError, match="id:"):
            call()


@pytest.mark.parametrize("key", ["p:{nobody}", "p:{", "p:{}", "p:{0}"])
def test_a_key_that_names_no_argument_is_refused_at_once(lab: Lab, key: str) -> None:
    def find(id: int) -> int:
        return id

    with pytest.raises(InvalidRequestError, match="key:"):
        Cache(lab.client()).cached(ttl=5, key=key)(find)


def test_one_text_is_not_taken_for_several_tags() -> None:
    tags: Any = "shoes"
    with pytest.raises(InvalidRequestError, match="tags:"):
        Policy(5, tags=tags)
