"""Keys, values and health, on the fake and on a real server."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import ConfigurationError, InvalidRequestError, UnavailableError
from integrations.redis.client import RedisClient
from integrations.redis.names import MAX_ID, Personal
from integrations.redis.tests.servers import Lab
from integrations.redis.values import dumps, loads


def _writable(value: object) -> bool:
    try:
        dumps(value)
    except InvalidRequestError:
        return False
    return True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    max_leaves=8,
).filter(_writable)


def test_what_is_written_is_read_until_it_expires(lab: Lab, client: RedisClient) -> None:
    key = client.key("user", 42)
    client.set(key, {"name": "Alex", "seats": [1, 2]}, ttl=600)
    assert client.get(key) == {"name": "Alex", "seats": [1, 2]}
    client.set(key, "short", ttl=0.05)
    lab.wait(0.06)
    assert client.get(key, "gone") == "gone"


def test_a_key_is_named_app_env_version_entity_id(client: RedisClient) -> None:
    assert client.key("user", 42) == "suite:test:v1:user:42"


@pytest.mark.parametrize(
    "id", ["Alex@Example.com", "+1 555 010 9999", "203.0.113.7", "2001:db8::1"]
)
def test_personal_data_is_hashed_without_being_asked(client: RedisClient, id: str) -> None:
    key = client.key("user", id)
    assert id not in key
    assert key == client.key("user", Personal(id.lower()))
    assert len(key.rpartition(":")[2]) == 32


def test_the_hash_needs_the_secret(lab: Lab) -> None:
    one, other = lab.client(), lab.client(REDIS_SECRET="quite-another-secret")
    assert one.key("user", "a@b.example") != other.key("user", "a@b.example")


@pytest.mark.parametrize(
    "id", ["", "x" * (MAX_ID + 1), "a b", "a\nb", "a{b", "a\x00b", True, 1.5, None]
)
def test_an_id_that_cannot_be_a_name_is_refused(client: Any, id: Any) -> None:
    with pytest.raises(InvalidRequestError, match="id:"):
        client.key("user", id)


@pytest.mark.parametrize("entity", ["", "User", "a:b", "a b", "x" * 60])
def test_an_entity_is_a_word(client: RedisClient, entity: str) -> None:
    with pytest.raises(InvalidRequestError, match="entity:"):
        client.key(entity, 1)


@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf"), 1e10, "5", None, True])
def test_every_key_expires(client: RedisClient, ttl: Any) -> None:
    with pytest.raises(InvalidRequestError, match="ttl:"):
        client.set("k", 1, ttl=ttl)
    assert client.get("k") is None


@pytest.mark.parametrize(
    "value", [object(), {1: "a"}, {"a": {2: 3}}, float("nan"), b"bytes", {1, 2}]
)
def test_a_value_that_json_would_change_is_refused(client: RedisClient, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="value:"):
        client.set("k", value, ttl=5)


def test_messagepack_carries_bytes_and_datetimes(client: RedisClient) -> None:
    value = {"at": datetime(2026, 1, 5, 9, tzinfo=UTC), "data": b"\x00\xff", "n": {1: 2}}
    client.set("k", value, ttl=5, codec="msgpack")
    assert client.get("k") == value


def test_a_value_of_somebody_else_is_an_error_not_a_pickle(lab: Lab, client: RedisClient) -> None:
    client.commands.run(
        "SET", ("k",), lambda s: s.set("k", b"\x80\x04cos\nsystem\n"), effect=_repeatable()
    )
    with pytest.raises(UnavailableError, match="cannot be read"):
        client.get("k")


def _repeatable() -> Any:
    from integrations.redis.commands import Effect

    return Effect.REPEATABLE


@given(JSON)
def test_values_come_back_as_they_went(value: Any) -> None:
    assert loads(dumps(value)) == value


@given(st.sampled_from([b"", b"j", b"m"]), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(codec: bytes, data: bytes) -> None:
    with contextlib.suppress(UnavailableError):
        loads(codec + data)


def test_scan_finds_an_entity_and_delete_unlinks_it(lab: Lab, client: RedisClient) -> None:
    keys = [client.key("cart", number) for number in range(1200)]
    for key in keys[:1200:100]:
        client.set(key, 1, ttl=60)
    client.set(client.key("cartoon", 1), 1, ttl=60)
    found = sorted(client.scan("cart"))
    assert found == sorted(keys[::100])
    client.delete(*found, *keys)
    assert list(client.scan("cart")) == []
    assert len(list(client.scan("cartoon"))) == 1


def test_health_names_the_server(lab: Lab, client: RedisClient) -> None:
    health = client.check_health()
    assert health.server in ("fakeredis", "valkey", "redis")
    assert health.version
    assert health.latency_s >= 0


def test_capabilities_are_asked_not_guessed(lab: Lab, client: RedisClient) -> None:
    able = client.capabilities()
    assert able.unlink
    assert able.blmove
    assert not able.compare_delete


def test_personal_data_needs_a_secret(lab: Lab) -> None:
    plain = RedisClient.from_env({}, mode="debug")
    with pytest.raises(ConfigurationError, match="REDIS_SECRET"):
        plain.key("user", "a@b.example")


@pytest.mark.parametrize("key", ["", "k" * 1025, "a\r\nb", "a\x00b", "\ud800", 5, None, b"k"])
def test_a_key_that_cannot_be_a_name_is_refused_wherever_it_comes_from(lab: Lab, key: Any) -> None:
    client = lab.client()
    calls: list[Any] = [
        lambda: client.get(key),
        lambda: client.set(key, 1, ttl=5),
        lambda: client.delete("good", key),
    ]
    for call in calls:
        with pytest.raises(InvalidRequestError, match="key:"):
            call()
    if lab.fake:
        assert lab.fake.names() == []
