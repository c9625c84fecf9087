"""The promises of a store that processes share; subclass :class:`SharedPromises` for each kind."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.core.tests.test_webhook_store import Promises
from integrations.core.webhook_store import (
    Claimed,
    Event,
    EventStore,
    MemoryEventStore,
    State,
    StoredEvent,
)
from integrations.core.webhooks import Incoming, WebhookPipeline

NOW = 1_767_603_600.0
PROVIDERS = itertools.count()

T = TypeVar("T")

# What a worker makes its store with.
Make = Callable[..., EventStore]


def event(number: int = 1, *, provider: str = "acme", created: float = NOW, **extra: Any) -> Event:
    payload = {"id": f"evt_{number}", "text": "é\u2028\ud800", "big": 2**60, "none": None}
    body = json.dumps(payload).encode() + b"\x00\xff"
    return Event(provider, f"evt_{number}", "thing.done", created, payload, body, **extra)


@dataclass(frozen=True)
class Claim:
    number: int
    after: int
    lasts: int
    again: bool
    force: bool


@dataclass(frozen=True)
class Finish:
    which: int
    state: State


# Events 0 to 4 are created in an order of their own, and share two subjects; 4 has none.
CREATED = (3, 1, 2, 1, 0)
CLAIMS = st.builds(
    Claim,
    number=st.integers(0, 4),
    after=st.integers(0, 6),
    lasts=st.integers(1, 12),
    again=st.booleans(),
    force=st.booleans(),
)
ENDS = [State.HANDLED, State.UNHANDLED, State.FAILED]
FINISHES = st.builds(Finish, which=st.integers(0, 9), state=st.sampled_from(ENDS))
STEPS = st.lists(CLAIMS | FINISHES, min_size=1, max_size=25)

# A slow worker tries to end its claim while another has the subject: it cannot.
TAKEN_OVER = [
    Claim(0, 0, 2, again=False, force=False),
    Claim(2, 3, 9, again=False, force=False),
    Finish(0, State.FAILED),
    Claim(0, 1, 9, again=False, force=False),
]
# An old event is handled again by force: what lies between the two is outdated all the same.
REPLAYED = [
    Claim(0, 0, 2, again=False, force=False),
    Finish(0, State.HANDLED),
    Claim(2, 0, 2, again=False, force=True),
    Finish(1, State.HANDLED),
    Claim(2, 0, 2, again=False, force=True),
    Finish(2, State.FAILED),
    Claim(2, 0, 2, again=False, force=False),
]


def story(store: EventStore, provider: str, steps: list[Claim | Finish]) -> list[object]:
    """Do the steps, and return every answer, and what is kept at the end."""
    told: list[object] = []
    now, claims = NOW, list[tuple[Event, int]]()
    for step in steps:
        if isinstance(step, Claim):
            now += step.after
            order = None if step.number == 4 else f"subject {step.number % 2}"
            given = event(
                step.number, provider=provider, created=NOW + CREATED[step.number], order=order
            )
            flags = {"again": step.again, "force": step.force}
            said, token = store.claim(given, now=now, until=now + step.lasts, **flags)
            told.append((said, token))
            if said is Claimed.NEW:
                claims.append((given, token))
        elif claims:
            # Any claim, an old one too: what was taken over cannot be finished.
            mine, token = claims[step.which % len(claims)]
            told.append(store.finish(mine, token, step.state, "Oops"))
    told += [store.get(provider, f"evt_{number}") for number in range(5)]
    return [*told, list(store.received(provider))]


class Plain:
    """A scheme that takes the body's word."""

    provider = "acme"
    events = ("thing.done",)

    def verify(self, incoming: Incoming) -> Event:
        told = json.loads(incoming.body)
        return Event("acme", told["id"], "thing.done", NOW, told, incoming.body)


class SharedPromises(Promises):
    """What every store keeps that several workers use."""

    @pytest.fixture
    def make(self) -> Make:
        raise NotImplementedError

    @pytest.fixture
    def store(self, make: Make) -> EventStore:
        return make()

    def test_it_answers_as_the_memory_store_does(self, store: EventStore) -> None:
        @given(steps=STEPS)
        @example(TAKEN_OVER)
        @example(REPLAYED)
        @settings(max_examples=150, deadline=None)
        def run(steps: list[Claim | Finish]) -> None:
            provider = f"acme{next(PROVIDERS)}"
            expected = story(MemoryEventStore(), provider, steps)
            assert story(store, provider, steps) == expected

        run()

    def test_eight_threads_that_deliver_one_event_have_one_effect(self, make: Make) -> None:
        gate, inside, effects = threading.Barrier(8), threading.Event(), list[str]()
        finish = threading.Event()

        def handler(got: Event) -> None:
            effects.append(got.id)
            inside.set()
            assert finish.wait(10)

        def deliver(_: int) -> int:
            pipeline = WebhookPipeline(Plain(), store=make())
            pipeline.on("thing.done")(handler)
            gate.wait()
            status = pipeline.receive(b'{"id": "evt_1"}', {}).status
            if status != 200:
                # The first of those who were too late lets the handler end.
                assert inside.wait(10)
                finish.set()
            return status

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(deliver, range(8)))
        assert effects == ["evt_1"]
        assert statuses[0] == 200
        assert 503 in statuses
        assert set(statuses) <= {200, 503}

    def test_one_of_many_threads_gets_a_failed_event_again(self, make: Make) -> None:
        first, given = make(), event()
        for attempt in range(1, 4):
            answers = _together(lambda: make().claim(given, now=NOW, until=NOW + 60))
            assert sorted(answers) == [(Claimed.BUSY, 0)] * 11 + [(Claimed.NEW, attempt)]
            assert first.finish(given, attempt, State.FAILED)

    def test_one_of_many_threads_gets_the_subject(self, make: Make) -> None:
        for turn in range(3):
            numbers = itertools.count(100 * turn)

            def claim(numbers: Iterator[int] = numbers, subject: str = f"thing {turn}") -> Claimed:
                return make().claim(event(next(numbers), order=subject), now=NOW, until=NOW + 60)[0]

            assert sorted(_together(claim)) == [Claimed.BUSY] * 11 + [Claimed.NEW]

    def test_every_worker_sees_what_another_kept(self, make: Make) -> None:
        one, other = make(), make()
        given = event(order="customer 7")
        assert one.claim(given, now=NOW, until=NOW + 60) == (Claimed.NEW, 1)
        assert other.claim(given, now=NOW, until=NOW + 60) == (Claimed.BUSY, 0)
        assert one.finish(given, 1, State.FAILED, "KeyError")
        assert other.get("acme", "evt_1") == StoredEvent(given, State.FAILED, 1, 0.0, "KeyError")
        assert other.get("acme", "evt_2") is None
        assert other.get("other", "evt_1") is None

    def test_a_reloaded_event_is_typed_by_its_parser(self, make: Make) -> None:
        parsers: dict[str, Callable[[Event], Any]] = {"acme": lambda got: got.payload["big"]}
        store = make(parsers=parsers)
        store.claim(event(), now=NOW, until=NOW + 60)
        kept = store.get("acme", "evt_1")
        assert kept
        assert kept.event.typed == 2**60
        plain = make().get("acme", "evt_1")
        assert plain
        assert plain.event.typed == event().payload

    def test_many_events_come_back_in_the_order_of_their_coming(self, store: EventStore) -> None:
        numbers = [(7 * number) % 250 for number in range(250)]
        for number in numbers:
            store.claim(event(number), now=NOW, until=NOW + 60)
        assert [kept.event.id for kept in store.received("acme")] == [f"evt_{n}" for n in numbers]

    @pytest.mark.parametrize("id", ["", "a b", "{x}", "x" * 5000, "\ud800", "ev\x00t", "ключ"])
    def test_any_id_is_kept(self, store: EventStore, id: str) -> None:
        given = replace(event(), id=id, order=id)
        assert store.claim(given, now=NOW, until=NOW + 60)[0] is Claimed.NEW
        assert store.claim(given, now=NOW, until=NOW + 60)[0] is Claimed.BUSY
        kept = store.get("acme", id)
        assert kept
        assert kept.event == given


def _together(work: Callable[[], T]) -> list[T]:
    """Do the work in twelve threads that begin at the same moment."""
    gate = threading.Barrier(12)

    def run(_: int) -> T:
        gate.wait()
        return work()

    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(run, range(12)))
