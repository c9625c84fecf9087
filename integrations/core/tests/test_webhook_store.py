"""The promises of an EventStore; subclass :class:`Promises` for a store of another kind."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.core.webhook_store import Claimed, Event, EventStore, MemoryEventStore, State

MADE = Event("toy", "e1", "thing.made", 10.0, {"a": 1}, b"{}")
PROVIDERS = itertools.count()


def on(subject: str, id: str, created: float) -> Event:
    return replace(MADE, id=id, created=created, order=subject)


def settle(store: EventStore, event: Event, state: State = State.HANDLED) -> None:
    claimed, token = store.claim(event, now=0, until=60)
    assert claimed is Claimed.NEW
    assert store.finish(event, token, state)


@dataclass(frozen=True)
class Take:
    event: int
    after: float


@dataclass(frozen=True)
class End:
    claim: int
    state: State


# Of three events, two are about one subject, and one about none.
STEPS = st.lists(
    st.builds(Take, event=st.integers(0, 2), after=st.sampled_from([0.0, 1.0, 5.0]))
    | st.builds(
        End,
        claim=st.integers(0, 5),
        state=st.sampled_from([State.HANDLED, State.UNHANDLED, State.FAILED]),
    ),
    max_size=15,
)
# Whoever was too slow ends after another event on its subject has been handled, or while it is.
SLOW = [Take(0, 0), Take(1, 5), End(1, State.HANDLED), End(0, State.HANDLED)]
SLOWER = [Take(0, 0), Take(1, 5), End(0, State.FAILED), End(1, State.HANDLED)]


class Promises:
    """What every store keeps."""

    @pytest.fixture
    def store(self) -> EventStore:
        raise NotImplementedError

    def test_an_expired_claim_is_taken_over(self, store: EventStore) -> None:
        assert store.claim(MADE, now=0, until=60) == (Claimed.NEW, 1)
        assert store.claim(MADE, now=59, until=120) == (Claimed.BUSY, 0)
        assert store.claim(MADE, now=60, until=120) == (Claimed.NEW, 2)

    def test_who_lost_its_claim_cannot_finish(self, store: EventStore) -> None:
        store.claim(MADE, now=0, until=60)
        store.claim(MADE, now=61, until=120)
        assert not store.finish(MADE, 1, State.HANDLED)
        kept = store.get("toy", "e1")
        assert kept is not None
        assert kept.state is State.CLAIMED
        assert store.finish(MADE, 2, State.FAILED, "ValueError")
        assert not store.finish(MADE, 2, State.HANDLED)

    def test_who_lost_its_subject_cannot_finish(self, store: EventStore) -> None:
        slow, quick = on("thing:1", "slow", 1.0), on("thing:1", "quick", 2.0)
        store.claim(slow, now=0, until=60)
        settle_at(store, quick, 61)
        assert not store.finish(slow, 1, State.HANDLED)
        # It is sent again, and found to be overtaken; so nothing old is written over the new.
        assert store.claim(slow, now=70, until=130) == (Claimed.STALE, 2)

    def test_an_older_event_that_took_over_makes_the_newer_be_handled_again(
        self, store: EventStore
    ) -> None:
        slow, quick = on("thing:1", "slow", 2.0), on("thing:1", "quick", 1.0)
        store.claim(slow, now=0, until=60)
        settle_at(store, quick, 61)
        assert not store.finish(slow, 1, State.HANDLED)
        assert store.claim(slow, now=70, until=130) == (Claimed.NEW, 2)

    def test_who_was_slow_and_lost_nothing_can_finish(self, store: EventStore) -> None:
        slow, other = on("thing:1", "slow", 1.0), on("thing:2", "other", 2.0)
        store.claim(slow, now=0, until=60)
        settle_at(store, other, 61)
        assert store.finish(slow, 1, State.HANDLED)

    def test_only_the_last_claim_on_a_subject_is_ended(self, store: EventStore) -> None:
        @given(STEPS)
        @example(SLOW)
        @example(SLOWER)
        @settings(deadline=None, max_examples=60)
        def run(steps: list[Take | End]) -> None:
            provider, now = f"toy{next(PROVIDERS)}", 0.0
            claims, last = list[tuple[Event, int]](), dict[Any, tuple[str, int]]()
            for step in steps:
                if isinstance(step, Take):
                    now += step.after
                    order = "thing:1" if step.event < 2 else None
                    event = replace(MADE, provider=provider, id=f"e{step.event}", order=order)
                    claimed, token = store.claim(event, now=now, until=now + 3)
                    if claimed is Claimed.NEW:
                        claims.append((event, token))
                        last[order] = (event.id, token)
                elif claims:
                    event, token = claims[step.claim % len(claims)]
                    ended = store.finish(event, token, step.state)
                    assert ended == (last.get(event.order) == (event.id, token))
                    if ended:
                        del last[event.order]

        run()

    def test_what_was_never_claimed_cannot_be_finished(self, store: EventStore) -> None:
        assert not store.finish(MADE, 1, State.HANDLED)

    def test_a_claim_is_not_forced_away_from_who_holds_it(self, store: EventStore) -> None:
        store.claim(MADE, now=0, until=60)
        assert store.claim(MADE, now=1, until=60, again=True, force=True) == (Claimed.BUSY, 0)

    @pytest.mark.parametrize(
        ("state", "plain", "again", "force"),
        [
            (State.FAILED, True, True, True),
            (State.UNHANDLED, False, True, True),
            (State.HANDLED, False, False, True),
            (State.STALE, False, False, True),
        ],
    )
    def test_what_ended_is_claimed_again_only_as_far_as_asked(
        self, store: EventStore, state: State, plain: bool, again: bool, force: bool
    ) -> None:
        asked: list[tuple[dict[str, bool], bool]] = [
            ({}, plain),
            ({"again": True}, again),
            ({"force": True}, force),
        ]
        for number, (options, admitted) in enumerate(asked):
            event = replace(MADE, id=f"e{number}")
            settle(store, event, state)
            expected = (Claimed.NEW, 2) if admitted else (Claimed.DUPLICATE, 0)
            assert store.claim(event, now=1, until=60, **options) == expected

    def test_an_older_event_on_a_subject_is_stale_and_one_of_the_same_moment_is_not(
        self, store: EventStore
    ) -> None:
        settle(store, on("thing:1", "new", 10.0))
        assert store.claim(on("thing:1", "old", 9.9), now=0, until=60) == (Claimed.STALE, 1)
        assert store.claim(on("thing:2", "old2", 9.9), now=0, until=60) == (Claimed.NEW, 1)
        assert store.claim(on("thing:1", "same", 10.0), now=0, until=60) == (Claimed.NEW, 1)

    def test_a_failed_event_does_not_make_older_ones_stale(self, store: EventStore) -> None:
        settle(store, on("thing:1", "new", 10.0), State.FAILED)
        assert store.claim(on("thing:1", "old", 1.0), now=0, until=60)[0] is Claimed.NEW

    def test_a_subject_is_busy_until_its_claim_ends(self, store: EventStore) -> None:
        store.claim(on("thing:1", "a", 1.0), now=0, until=60)
        assert store.claim(on("thing:1", "b", 2.0), now=59, until=99)[0] is Claimed.BUSY
        other = replace(on("thing:1", "b", 2.0), provider="other")
        assert store.claim(other, now=59, until=99)[0] is Claimed.NEW
        assert store.claim(on("thing:1", "b", 2.0), now=60, until=99)[0] is Claimed.NEW

    def test_providers_do_not_see_each_others_events(self, store: EventStore) -> None:
        settle(store, MADE)
        other = replace(MADE, provider="other")
        assert store.claim(other, now=0, until=60)[0] is Claimed.NEW
        assert [kept.event for kept in store.received("toy")] == [MADE]
        assert store.get("third", "e1") is None

    def test_one_of_many_threads_gets_the_claim(self, store: EventStore) -> None:
        answers, barrier = list[Claimed](), threading.Barrier(20)

        def claim() -> None:
            barrier.wait()
            answers.append(store.claim(MADE, now=0, until=60)[0])

        threads = [threading.Thread(target=claim) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [Claimed.BUSY] * 19 + [Claimed.NEW]


def settle_at(store: EventStore, event: Event, now: float) -> None:
    assert store.claim(event, now=now, until=now + 60) == (Claimed.NEW, 1)
    assert store.finish(event, 1, State.HANDLED)


class TestMemoryEventStore(Promises):
    @pytest.fixture
    def store(self) -> EventStore:
        return MemoryEventStore()


def test_a_full_store_drops_settled_events_first_then_failed_ones_and_never_claims() -> None:
    store = MemoryEventStore(limit=2)
    for id, state in (("failed", State.FAILED), ("handled", State.HANDLED)):
        settle(store, replace(MADE, id=id), state)
    left = []
    for id in ("a", "b", "c"):
        store.claim(replace(MADE, id=id), now=0, until=60)
        left.append([kept.event.id for kept in store.received("toy")])
    assert left == [["failed", "a"], ["a", "b"], ["a", "b", "c"]]


def test_a_store_that_had_to_keep_more_is_soon_within_its_limit_again() -> None:
    store = MemoryEventStore(limit=2)
    events = [replace(MADE, id=f"e{number}") for number in range(6)]
    tokens = [store.claim(event, now=0, until=60)[1] for event in events]
    for event, token in zip(events, tokens, strict=True):
        store.finish(event, token, State.HANDLED)
    store.claim(replace(MADE, id="next"), now=0, until=60)
    assert [kept.event.id for kept in store.received("toy")] == ["e5", "next"]


@pytest.mark.parametrize("state", [State.FAILED, State.HANDLED])
def test_an_event_that_is_claimed_again_is_not_dropped(state: State) -> None:
    store = MemoryEventStore(limit=2)
    settle(store, MADE, state)
    store.claim(MADE, now=0, until=60, force=True)
    for id in ("a", "b"):
        store.claim(replace(MADE, id=id), now=0, until=60)
    assert [kept.event.id for kept in store.received("toy")] == ["e1", "a", "b"]


def test_stale_events_do_not_fill_the_store_beyond_its_limit() -> None:
    store = MemoryEventStore(limit=3)
    settle(store, on("thing:1", "new", 10.0))
    for number in range(9):
        store.claim(on("thing:1", f"old{number}", 1.0), now=0, until=60)
    assert len(list(store.received("toy"))) == 3


class Unwalked(dict[Any, Any]):
    """A dict that nobody walks further into than its first key."""

    def __iter__(self) -> Iterator[Any]:
        yield next(super().__iter__())
        raise AssertionError("walked")

    def _walked(self) -> NoReturn:
        raise AssertionError("walked")

    keys = values = items = _walked


def test_no_claim_walks_over_what_is_kept() -> None:
    store = MemoryEventStore(limit=50)
    for number, state in enumerate([State.HANDLED, State.FAILED] * 20):
        settle(store, on(f"thing:{number}", f"e{number}", 10.0), state)
    kept = [name for name, value in vars(store).items() if isinstance(value, dict)]
    assert "_events" in kept
    for name in kept:
        setattr(store, name, Unwalked(getattr(store, name)))
    for number in range(40, 120):
        store.claim(on("thing:1", f"late{number}", 1.0), now=0, until=60)
        settle(store, on(f"thing:{number}", f"e{number}", 10.0))
        store.claim(on(f"thing:{number}", f"held{number}", 11.0), now=0, until=60)


def test_an_event_is_parsed_once_and_only_when_asked() -> None:
    parsed: list[Event] = []

    def parse(each: Event) -> str:
        parsed.append(each)
        return "typed"

    event = replace(MADE, parse=parse)
    assert parsed == []
    assert (event.typed, event.typed, len(parsed)) == ("typed", "typed", 1)
    assert MADE.typed == {"a": 1}


def test_an_event_does_not_show_what_it_carries() -> None:
    assert "hush" not in repr(replace(MADE, payload={"a": "hush"}, body=b"hush"))


def test_the_newest_is_known_for_the_last_subjects_and_memory_does_not_grow() -> None:
    store = MemoryEventStore(limit=3)
    for number in range(10):
        settle(store, on(f"subject-{number}", f"e{number}", 10.0))
    assert len(store._newest) == 3
    assert not store._holders
    assert store.claim(on("subject-9", "late", 9.0), now=0, until=60)[0] is Claimed.STALE
