"""The Redis store answers as the memory store does; and one delivery has one effect."""

import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError, NetworkError, UnavailableError
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
from integrations.redis import fake as faults
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.event_store import RedisEventStore
from integrations.redis.fake import FakeRedis
from integrations.redis.tests.servers import SECRET, Lab

NOW = 1_767_603_600.0
PROVIDERS = itertools.count()


def event(number: int = 1, *, provider: str = "acme", created: float = NOW, **extra: Any) -> Event:
    payload = {"id": f"evt_{number}", "text": "é\u2028\ud800", "big": 2**60, "none": None}
    body = json.dumps(payload).encode() + b"\x00\xff"
    return Event(provider, f"evt_{number}", "thing.done", created, payload, body, **extra)


class TestRedisEventStore(Promises):
    @pytest.fixture
    def store(self, lab: Lab) -> EventStore:
        return RedisEventStore(lab.client())


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


def _story(store: EventStore, provider: str, steps: list[Claim | Finish]) -> list[object]:
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


def test_it_answers_as_the_memory_store_does(lab: Lab) -> None:
    client = lab.client()

    @given(steps=STEPS)
    @example(TAKEN_OVER)
    @example(REPLAYED)
    @settings(max_examples=150, deadline=None)
    def run(steps: list[Claim | Finish]) -> None:
        provider = f"acme{next(PROVIDERS)}"
        expected = _story(MemoryEventStore(), provider, steps)
        assert _story(RedisEventStore(client), provider, steps) == expected

    run()


class Plain:
    """A scheme that takes the body's word."""

    provider = "acme"
    events = ("thing.done",)

    def verify(self, incoming: Incoming) -> Event:
        told = json.loads(incoming.body)
        return Event("acme", told["id"], "thing.done", NOW, told, incoming.body)


def test_eight_threads_that_deliver_one_event_have_one_effect(lab: Lab) -> None:
    gate, inside, effects = threading.Barrier(8), threading.Event(), list[str]()
    finish = threading.Event()

    def handler(got: Event) -> None:
        effects.append(got.id)
        inside.set()
        assert finish.wait(10)

    def deliver(_: int) -> int:
        pipeline = WebhookPipeline(Plain(), store=RedisEventStore(lab.client()), clock=lab.clock)
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


def test_every_worker_sees_what_another_kept(lab: Lab) -> None:
    one, other = RedisEventStore(lab.client()), RedisEventStore(lab.client())
    given = event(order="customer 7")
    assert one.claim(given, now=NOW, until=NOW + 60) == (Claimed.NEW, 1)
    assert other.claim(given, now=NOW, until=NOW + 60) == (Claimed.BUSY, 0)
    assert one.finish(given, 1, State.FAILED, "KeyError")
    assert other.get("acme", "evt_1") == StoredEvent(given, State.FAILED, 1, 0.0, "KeyError")
    assert other.get("acme", "evt_2") is None
    assert other.get("other", "evt_1") is None


def test_a_reloaded_event_is_typed_by_its_parser(lab: Lab) -> None:
    parsers: dict[str, Callable[[Event], Any]] = {"acme": lambda got: got.payload["big"]}
    store = RedisEventStore(lab.client(), parsers=parsers)
    store.claim(event(), now=NOW, until=NOW + 60)
    kept = store.get("acme", "evt_1")
    assert kept
    assert kept.event.typed == 2**60
    plain = RedisEventStore(lab.client()).get("acme", "evt_1")
    assert plain
    assert plain.event.typed == event().payload


def test_many_events_come_back_in_the_order_of_their_coming(lab: Lab) -> None:
    store = RedisEventStore(lab.client())
    numbers = [(7 * number) % 250 for number in range(250)]
    for number in numbers:
        store.claim(event(number), now=NOW, until=NOW + 60)
    assert [kept.event.id for kept in store.received("acme")] == [f"evt_{n}" for n in numbers]


@pytest.mark.parametrize("id", ["", "a b", "{x}", "x" * 5000, "\ud800", "ev\x00t", "ключ"])
def test_any_id_is_kept_and_no_key_shows_it(lab: Lab, id: str) -> None:
    client = lab.client()
    store = RedisEventStore(client)
    given = replace(event(), id=id, order=id)
    assert store.claim(given, now=NOW, until=NOW + 60)[0] is Claimed.NEW
    assert store.claim(given, now=NOW, until=NOW + 60)[0] is Claimed.BUSY
    kept = store.get("acme", id)
    assert kept
    assert kept.event == given
    assert all(len(key) < 120 and key.isascii() for key in client.scan("webhooks"))


@pytest.fixture
def broken() -> Lab:
    clock = ManualClock()
    lab = Lab("redis://localhost:6379/0", FakeRedis(clock=clock), clock)
    RedisEventStore(lab.client()).claim(event(99), now=NOW, until=NOW + 1)
    return lab


def test_a_lost_reply_is_neither_a_busy_event_nor_a_second_attempt(broken: Lab) -> None:
    assert broken.fake
    store, given = RedisEventStore(broken.client()), event()
    broken.fake.inject(faults.reply_lost())
    assert store.claim(given, now=NOW, until=NOW + 60) == (Claimed.NEW, 1)
    store.finish(event(99), 1, State.HANDLED)
    broken.fake.inject(faults.reply_lost())
    assert store.finish(given, 1, State.HANDLED)
    assert not store.finish(given, 1, State.HANDLED)
    broken.fake.inject(faults.reply_lost())
    older = event(2, created=NOW - 1, order="s")
    newer = event(3, order="s")
    assert store.claim(newer, now=NOW, until=NOW + 60) == (Claimed.NEW, 1)
    store.finish(newer, 1, State.HANDLED)
    broken.fake.inject(faults.reply_lost())
    assert store.claim(older, now=NOW, until=NOW + 60) == (Claimed.STALE, 1)


def test_without_a_server_nothing_is_handled(broken: Lab) -> None:
    assert broken.fake
    handled: list[str] = []
    pipeline = WebhookPipeline(Plain(), store=RedisEventStore(broken.client()), clock=broken.clock)
    pipeline.on("*")(lambda got: handled.append(got.id))
    broken.fake.inject(*[faults.connect_failure()] * 3)
    with pytest.raises(NetworkError):
        pipeline.receive(b'{"id": "evt_1"}', {})
    assert handled == []
    assert pipeline.receive(b'{"id": "evt_1"}', {}).status == 200


def test_what_is_kept_ends_after_its_time(broken: Lab) -> None:
    assert broken.fake
    broken.fake.reset()
    store = RedisEventStore(broken.client(), keep=100)
    for number in (1, 2):
        store.claim(event(number, order="s"), now=NOW, until=NOW + 1)
        store.finish(event(number, order="s"), 1, State.HANDLED)
        broken.wait(60)
    assert [kept.event.id for kept in store.received("acme")] == ["evt_2"]
    store.claim(event(3), now=NOW, until=NOW + 1)
    assert all(broken.fake.ttl(key) for key in broken.fake.stored())
    broken.wait(101)
    assert broken.fake.stored() == []


def test_all_keys_of_a_provider_share_a_hash_tag(broken: Lab) -> None:
    assert broken.fake
    tags = {key.partition("{")[2].partition("}")[0] for key in broken.fake.stored()}
    assert tags == {"acme"}


def test_a_payload_that_json_cannot_hold_is_refused_before_it_is_sent(broken: Lab) -> None:
    assert broken.fake
    broken.fake.reset()
    odd = replace(event(), payload={"at": object()})
    with pytest.raises(InvalidRequestError, match="payload"):
        RedisEventStore(broken.client()).claim(odd, now=NOW, until=NOW + 1)
    assert broken.fake.names() == []


@pytest.mark.parametrize(
    ("field", "value"), [("event", "no json"), ("event", "[1]"), ("state", "?"), ("attempts", "x")]
)
def test_what_somebody_else_wrote_is_an_error(broken: Lab, field: str, value: str) -> None:
    client = broken.client()
    key = next(key for key in client.scan("webhooks") if ":event:" in key)
    client.commands.run(
        "HSET", (key,), lambda server: server.hset(key, field, value), effect=Effect.REPEATABLE
    )
    with pytest.raises(UnavailableError, match="cannot be read"):
        RedisEventStore(client).get("acme", "evt_99")


@pytest.mark.parametrize("options", [{"keep": 0}, {"keep": -1}, {"name": "a b"}])
def test_a_store_that_cannot_work_is_refused(options: dict[str, Any]) -> None:
    client = RedisClient.from_env({"REDIS_SECRET": SECRET}, mode="mock")
    with pytest.raises(InvalidRequestError):
        RedisEventStore(client, **options)
