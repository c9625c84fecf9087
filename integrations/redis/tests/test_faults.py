"""Lost replies and refusals at every call: the right error, and never two effects."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    ProviderError,
    UnavailableError,
)
from integrations.core.retry import Retry
from integrations.redis import fake as faults
from integrations.redis import shortcuts
from integrations.redis.client import RedisClient
from integrations.redis.fake import FakeRedis
from integrations.redis.limits import Limit
from integrations.redis.locks import Locks
from integrations.redis.ratelimit import RateLimiter
from integrations.redis.sessions import Sessions

SECRET = "faults-redis-secret"
LOST = [faults.reply_lost, faults.reply_timeout]


@pytest.fixture
def client() -> RedisClient:
    clock = ManualClock()
    made = RedisClient.from_env(
        {"REDIS_SECRET": SECRET, "REDIS_PASSWORD": "pass-77"},
        mode="mock",
        fake=FakeRedis(clock=clock, password="pass-77"),
        clock=clock,
        retry=Retry(base_s=0.05, clock=clock, random=lambda: 0.5),
    )
    made.get("warm")
    made.fake.requests.clear()
    return made


@pytest.mark.parametrize("lost", LOST)
def test_a_read_is_asked_again(client: RedisClient, lost: Callable[[], faults.Fault]) -> None:
    client.set("k", 1, ttl=60)
    client.fake.inject(lost(), faults.connect_failure())
    assert client.get("k") == 1
    assert client.clock.sleeps == pytest.approx([0.0375, 0.075])  # type: ignore[attr-defined]


@pytest.mark.parametrize("lost", LOST)
def test_a_read_that_stays_unanswered_is_a_network_error(
    client: RedisClient, lost: Callable[[], faults.Fault]
) -> None:
    client.fake.inject(*[lost()] * 3)
    with pytest.raises(NetworkError) as raised:
        client.get("k")
    assert not raised.value.outcome_unknown
    assert raised.value.__cause__ is not None
    assert raised.value.hint


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_reply_counts_a_call_once(
    client: RedisClient, lost: Callable[[], faults.Fault]
) -> None:
    limiter = RateLimiter(client, Limit(5, 3600))
    limiter.hit("kim")
    client.fake.inject(lost())
    with pytest.raises(NetworkError) as raised:
        limiter.hit("kim")
    assert raised.value.outcome_unknown
    assert limiter.peek("kim").remaining == 3


def test_a_call_that_never_left_is_sent_again(client: RedisClient) -> None:
    limiter = RateLimiter(client, Limit(5, 3600))
    client.fake.inject(faults.connect_failure(), faults.connect_failure())
    assert limiter.hit("kim").remaining == 4


@pytest.mark.parametrize(
    ("if_down", "allowed"), [("allow", True), ("refuse", False)], ids=["open", "closed"]
)
def test_a_limiter_fails_as_it_was_told(
    client: RedisClient, if_down: Any, allowed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = RateLimiter(client, Limit(5, 1), if_down=if_down)
    client.fake.inject(*[faults.connect_failure()] * 3)
    said = limiter.hit("kim")
    assert (said.allowed, said.source) == (allowed, "down")
    assert (said.retry_after > 0) is not allowed
    assert "rate limit not checked" in caplog.text


@pytest.mark.parametrize("lost", LOST)
def test_once_is_once_whatever_is_lost(
    client: RedisClient, lost: Callable[[], faults.Fault]
) -> None:
    shortcuts.once("warm", 60, client=client)
    client.fake.inject(lost(), lost())
    assert shortcuts.once("job", 60, client=client)
    assert not shortcuts.once("job", 60, client=client)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("NOAUTH Authentication required.", AuthenticationError),
        ("WRONGPASS invalid username-password pair", AuthenticationError),
        ("NOPERM this user has no permissions", AuthenticationError),
        ("WRONGTYPE Operation against a key", InvalidRequestError),
        ("CROSSSLOT Keys in request don't hash to the same slot", InvalidRequestError),
        ("ERR unknown command 'X', with args beginning with: 'hush-hush'", InvalidRequestError),
        ("EXECABORT Transaction discarded", ConflictError),
        ("LOADING Redis is loading the dataset in memory", UnavailableError),
        ("READONLY You can't write against a read only replica.", UnavailableError),
        ("OOM command not allowed when used memory > 'maxmemory'.", UnavailableError),
        ("CLUSTERDOWN The cluster is down", UnavailableError),
        ("MASTERDOWN Link with MASTER is down", UnavailableError),
        ("TRYAGAIN Multiple keys request during rehashing", UnavailableError),
        ("BUSY Redis is busy running a script.", UnavailableError),
    ],
)
def test_what_the_server_says_becomes_its_error(
    client: RedisClient, text: str, error: type[ProviderError]
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: client.get("k"),
        lambda: client.delete("k"),
        lambda: client.set("k", "hush-hush", ttl=5),
        lambda: Locks(client).acquire("l", ttl=5),
        lambda: Sessions(client).create(7, {"secret": "hush-hush"}),
        lambda: RateLimiter(client, Limit(1, 1)).hit("kim"),
    ]
    for call in calls:
        client.fake.reset()
        client.fake.inject(*[faults.refused(text)] * 3)
        with pytest.raises(error) as raised:
            call()
        assert type(raised.value) is error
        assert not raised.value.outcome_unknown
        assert "hush" not in str(raised.value)
        assert client.fake.names() == []


def test_a_wrong_password_is_an_authentication_error() -> None:
    clock = ManualClock()
    fake = FakeRedis(clock=clock, password="the-right-one")
    client = RedisClient.from_env({"REDIS_PASSWORD": "wrong-77"}, mode="mock", fake=fake)
    with pytest.raises(AuthenticationError) as raised:
        client.get("k")
    told = "".join(traceback.format_exception(raised.value))
    assert "wrong-77" not in told
    assert "the-right-one" not in told
    good = RedisClient.from_env({"REDIS_PASSWORD": "the-right-one"}, mode="mock", fake=fake)
    assert good.get("k") is None


def test_secrets_are_never_shown(client: RedisClient) -> None:
    shown = [repr(client), repr(client.settings), str(client.settings), repr(client.outbox)]
    client.set(client.key("user", "kim@example.com"), {"card": "hush-hush"}, ttl=5)
    session = Sessions(client).create("kim@example.com")
    shown += [repr(session), session._repr_html_(), client.outbox._repr_html_()]
    shown += [repr(list(client.outbox)), repr(client.fake.requests)]
    for secret in (SECRET, "pass-77", "hush-hush", "kim", session.token):
        assert not any(secret in text for text in shown), secret
