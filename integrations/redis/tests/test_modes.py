"""Where commands go in each mode, and which settings are refused."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import ConfigurationError, GuardError, NotSentError
from integrations.redis.address import Kind, parse_url, url_problem
from integrations.redis.cache import Cache
from integrations.redis.client import RedisClient
from integrations.redis.limits import Limit
from integrations.redis.locks import Locks
from integrations.redis.ratelimit import RateLimiter
from integrations.redis.sessions import Sessions

GOOD = {
    "REDIS_URL": "redis://localhost:6379/0",
    "REDIS_SECRET": "modes-redis-secret",
    "REDIS_PREFIX": "shop:staging",
}


@pytest.mark.parametrize(
    ("url", "kind", "hosts", "db"),
    [
        ("redis://localhost", Kind.SINGLE, (("localhost", 6379),), 0),
        ("rediss://u:p%40ss@cache.example:6380/2", Kind.SINGLE, (("cache.example", 6380),), 2),
        ("redis://:p@[::1]:7000/1", Kind.SINGLE, (("::1", 7000),), 1),
        ("unix:///run/redis.sock?db=3", Kind.UNIX, (), 3),
        ("redis+cluster://a:1,b:2", Kind.CLUSTER, (("a", 1), ("b", 2)), 0),
        ("redis+sentinel://a,b:2/mymaster/4", Kind.SENTINEL, (("a", 26379), ("b", 2)), 4),
    ],
)
def test_every_kind_of_address_is_read(url: str, kind: Kind, hosts: Any, db: int) -> None:
    address = parse_url(url)
    assert (address.kind, address.hosts, address.db) == (kind, hosts, db)


def test_user_and_password_are_decoded_and_never_shown() -> None:
    address = parse_url("rediss://kim:p%40ss%2Fword@cache.example/0")
    assert (address.username, address.password.reveal()) == ("kim", "p@ss/word")
    assert "p@ss" not in repr(address) + str(address)
    assert parse_url("redis://h", password="own").password.reveal() == "own"


@pytest.mark.parametrize(
    "url",
    [
        "", "localhost:6379", "http://localhost", "redis://", "redis://:6379", "redis://h:0",
        "redis://h:99999", "redis://h:port", "redis://h/db", "redis://h/-1", "redis://a,b/0",
        "redis://u:p#ss@h/0", "redis://h/0?socket_timeout=900", "redis://h /0", "redis://h\n/0",
        "redis+cluster://h/1", "redis+sentinel://h:1", "unix://", "redis://h/0?ssl_ca_certs=x",
        "redis://h/0?retry_on_timeout=1",
    ],
)  # fmt: skip
def test_a_bad_address_is_refused_and_not_repeated(url: str) -> None:
    assert url_problem(url)
    with pytest.raises(ConfigurationError) as raised:
        RedisClient.from_env({**GOOD, "REDIS_URL": url or " "}, mode="live")
    assert len(url) < 10 or url not in str(raised.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_problem(text: str) -> None:
    for url in (text, f"redis://{text}", f"redis+sentinel://{text}", f"unix://{text}"):
        problem = url_problem(url)
        assert problem is None or problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_SECRET", "short"),
        ("REDIS_PREFIX", "Shop"),
        ("REDIS_PREFIX", "shop:a b"),
        ("REDIS_TIMEOUT", "0"),
        ("REDIS_TIMEOUT", "nan"),
        ("REDIS_TIMEOUT", "soon"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        RedisClient.from_env({**GOOD, name: value}, mode="live")


def test_debug_mode_records_and_answers_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = RedisClient.from_env(GOOD, mode="debug")
    client.set(client.key("user", 1), 1, ttl=5)
    client.delete("a", "b")
    Cache(client).invalidate("x")
    Sessions(client).create(7, {"a": 1})
    questions = [
        lambda: client.get("k"),
        lambda: RateLimiter(client, Limit(1, 1), if_down="allow").hit("kim"),
        lambda: Locks(client).acquire("l", ttl=5),
        lambda: Cache(client).get_or_load("x", lambda: 1),
        client.capabilities,
    ]
    for ask in questions:
        with pytest.raises(NotSentError, match="debug mode"):
            ask()
    assert {each.outcome for each in client.outbox} == {"not sent"}
    assert len(client.outbox) == 9
    assert client.commands._servers == {}


def test_sandbox_mode_reaches_only_hosts_on_its_list() -> None:
    for url in ("redis://prod.example:6379/0", "redis+cluster://localhost:1,prod.example:2"):
        client = RedisClient.from_env({**GOOD, "REDIS_URL": url}, mode="sandbox")
        with pytest.raises(GuardError, match=r"prod\.example"):
            client.get("k")


@pytest.mark.parametrize("env", ["prod", "production", "live"])
def test_sandbox_mode_refuses_a_production_prefix(env: str) -> None:
    client = RedisClient.from_env({**GOOD, "REDIS_PREFIX": f"shop:{env}"}, mode="sandbox")
    with pytest.raises(GuardError, match=env):
        client.get("k")


def test_an_outbox_is_kept_except_in_live_mode() -> None:
    client = RedisClient.from_env({}, mode="mock")
    client.get("k")
    assert [(each.name, each.outcome) for each in client.outbox] == [("GET", "ok")]
    client.outbox.clear()
    assert len(client.outbox) == 0
