"""The promises of a CodeStore; subclass :class:`Promises` for a store of another kind."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.code_store import FREE, NOTHING, CodeStore, MemoryCodeStore

NOW = 1_767_603_600.0


class Promises:
    """What every store keeps."""

    @pytest.fixture
    def store(self) -> CodeStore:
        raise NotImplementedError

    def test_a_value_has_so_many_attempts(self, store: CodeStore) -> None:
        store.put("k", "v", now=NOW, ttl_s=60, attempts=2)
        taken = [store.attempt("k", now=NOW) for _ in range(4)]
        assert taken == [("v", 1), ("v", 0), ("", 0), ("", 0)]

    def test_a_value_is_gone_in_the_second_it_expires(self, store: CodeStore) -> None:
        store.put("k", "v", now=NOW, ttl_s=60, attempts=9)
        assert store.attempt("k", now=NOW + 59) == ("v", 8)
        assert store.attempt("k", now=NOW + 60) == NOTHING
        assert not store.burn("k", "v", now=NOW + 60)

    def test_what_was_never_kept_is_nothing(self, store: CodeStore) -> None:
        assert store.attempt("k", now=NOW) == NOTHING
        assert not store.burn("k", "", now=NOW)

    def test_burning_works_once_and_only_with_the_value(self, store: CodeStore) -> None:
        store.put("k", "v", now=NOW, ttl_s=60, attempts=3)
        assert not store.burn("k", "other", now=NOW)
        assert [store.burn("k", "v", now=NOW) for _ in range(2)] == [True, False]
        assert store.attempt("k", now=NOW) == NOTHING

    def test_a_new_value_replaces_the_old_one_and_its_attempts(self, store: CodeStore) -> None:
        store.put("k", "old", now=NOW, ttl_s=60, attempts=1)
        store.attempt("k", now=NOW)
        store.put("k", "new", now=NOW, ttl_s=60, attempts=2)
        assert not store.burn("k", "old", now=NOW)
        assert store.attempt("k", now=NOW) == ("new", 1)

    def test_a_full_quota_admits_again_when_its_oldest_event_ends(self, store: CodeStore) -> None:
        for second in (0, 10):
            assert store.admit([("q", 2, 60.0)], now=NOW + second) == (FREE, 0.0)
        assert store.admit([("q", 2, 60.0)], now=NOW + 20) == (0, 40.0)
        assert store.admit([("q", 2, 60.0)], now=NOW + 60) == (FREE, 0.0)

    def test_a_quota_that_was_lowered_waits_for_as_many_as_it_must(self, store: CodeStore) -> None:
        for second in (0, 10, 20):
            store.admit([("q", 3, 60.0)], now=NOW + second)
        assert store.admit([("q", 1, 60.0)], now=NOW + 20) == (0, 60.0)

    def test_a_refused_event_counts_nowhere(self, store: CodeStore) -> None:
        store.admit([("full", 1, 60.0)], now=NOW)
        both = [("free", 1, 60.0), ("full", 1, 60.0)]
        assert store.admit(both, now=NOW) == (1, 60.0)
        assert store.admit([("free", 1, 60.0)], now=NOW) == (FREE, 0.0)

    def test_the_quota_that_waits_longest_is_told(self, store: CodeStore) -> None:
        quotas = [("short", 1, 30.0), ("long", 1, 3600.0)]
        store.admit(quotas, now=NOW)
        assert store.admit(quotas, now=NOW) == (1, 3600.0)

    def test_threads_take_no_more_attempts_than_there_are(self, store: CodeStore) -> None:
        store.put("k", "v", now=NOW, ttl_s=60, attempts=5)
        taken = together(50, lambda: store.attempt("k", now=NOW))
        assert sorted(left for value, left in taken if value) == [0, 1, 2, 3, 4]

    def test_threads_burn_a_value_once(self, store: CodeStore) -> None:
        store.put("k", "v", now=NOW, ttl_s=60, attempts=5)
        assert sum(together(50, lambda: store.burn("k", "v", now=NOW))) == 1

    def test_threads_are_admitted_no_more_than_the_quota(self, store: CodeStore) -> None:
        admitted = together(50, lambda: store.admit([("q", 7, 60.0)], now=NOW))
        assert [full for full, _ in admitted].count(FREE) == 7


def together(threads: int, work):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    barrier = threading.Barrier(threads)

    def run(_: int) -> object:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


class TestMemoryCodeStore(Promises):
    @pytest.fixture
    def store(self) -> CodeStore:
        return MemoryCodeStore()

    def test_what_has_expired_is_forgotten(self) -> None:
        store = MemoryCodeStore(sweep_every=10)
        for number in range(10):
            store.put(f"k{number}", "v", now=NOW, ttl_s=1, attempts=1)
            store.admit([(f"q{number}", 1, 1.0)], now=NOW)
        for _ in range(10):
            store.put("last", "v", now=NOW + 5, ttl_s=60, attempts=1)
        assert (list(store._kept), store._events) == (["last"], {})


@given(
    most=st.integers(1, 4),
    window=st.integers(1, 20),
    steps=st.lists(st.integers(0, 8), max_size=40),
)
def test_no_window_ever_holds_more_than_the_quota(most: int, window: int, steps: list[int]) -> None:
    store, now, admitted = MemoryCodeStore(), 0, list[int]()
    for step in steps:
        now += step
        full, wait = store.admit([("q", most, float(window))], now=float(now))
        recent = [at for at in admitted if now - window < at]
        assert (full == FREE) == (len(recent) < most)
        if full == FREE:
            admitted.append(now)
        else:
            assert wait == recent[-most] + window - now
