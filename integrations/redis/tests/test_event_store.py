"""The Redis store answers as the memory store does; and one delivery has one effect."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError, NetworkError, UnavailableError
from integrations.core.tests.event_stores import NOW, Make, Plain, SharedPromises, event
from integrations.core.webhook_store import Claimed, State
from integrations.core.webhooks import WebhookPipeline
from integrations.redis import fake as faults
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.event_store import RedisEventStore
from integrations.redis.fake import FakeRedis
from integrations.redis.tests.servers import SECRET, Lab


class TestRedisEventStore(SharedPromises):
    @pytest.fixture
    def make(self, lab: Lab) -> Make:
        return lambda **options: RedisEventStore(lab.client(), **options)


@pytest.mark.parametrize("id", ["", "a b", "{x}", "x" * 5000, "\ud800", "ev\x00t", "ключ"])
def test_no_key_shows_an_id(lab: Lab, id: str) -> None:
    client = lab.client()
    given = replace(event(), id=id, order=id)
    RedisEventStore(client).claim(given, now=NOW, until=NOW + 60)
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
