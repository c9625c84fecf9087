"""A session is found by its signed token, lives while it is used, and ends when it is revoked."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError, NetworkError, NotFoundError
from integrations.redis import fake as faults
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.fake import FakeRedis
from integrations.redis.sessions import Sessions
from integrations.redis.tests.servers import SECRET, Lab


def test_a_session_is_found_by_its_token(lab: Lab) -> None:
    sessions = Sessions(lab.client())
    made = sessions.create("kim@example.com", {"cart": [1, 2]})
    found = Sessions(lab.client()).load(made.token)
    assert found is not None
    assert found.data == {"cart": [1, 2]}


def test_using_a_session_keeps_it_and_leaving_it_ends_it(lab: Lab) -> None:
    client = lab.client()
    used, left = Sessions(client, ttl=600), Sessions(client, ttl=0.3, name="left")
    token = used.create(7).token
    for _ in range(3):
        lab.until(lambda: _lives(client) < 599.9)
        before = lab.now()
        assert used.load(token)
        assert lab.now() + _lives(client) >= before + 599.99
    began, token = lab.now(), left.create(7).token
    # To ask for it would keep it; to count does not.
    lab.until(lambda: left.count(7) == 0)
    assert left.load(token) is None
    # The server counts whole milliseconds.
    assert lab.now() >= began + 0.299
    assert used.count(7) == 1


def test_a_short_session_does_not_hide_a_long_one_from_revoking_all(lab: Lab) -> None:
    long, short = (Sessions(lab.client(), ttl=ttl) for ttl in (600, 0.05))
    token = long.create(7).token
    short.create(7)
    lab.wait(0.06)
    assert long.count(7) == 1
    assert long.revoke_all(7) == 1
    assert long.load(token) is None


def _lives(client: RedisClient) -> float:
    """Return the seconds that the shorter-lived of the session and the user's index has."""
    keys = list(client.scan("session"))
    assert len(keys) == 2
    ask = lambda key: client.commands.run(  # noqa: E731
        "PTTL", (key,), lambda server: server.pttl(key), effect=Effect.READ
    )
    return float(min(map(ask, keys)) / 1000)


def test_saving_replaces_the_data_and_revives_nothing(lab: Lab) -> None:
    sessions = Sessions(lab.client())
    made = sessions.create(7, {"step": 1})
    sessions.save(made, {"step": 2})
    found = sessions.load(made.token)
    assert found is not None
    assert found.data == {"step": 2}
    sessions.revoke(made.token)
    with pytest.raises(NotFoundError):
        sessions.save(found, {"step": 3})
    assert sessions.load(made.token) is None


def test_one_or_all_sessions_of_a_user_end(lab: Lab) -> None:
    sessions = Sessions(lab.client())
    tokens = [sessions.create("kim@example.com").token for _ in range(3)]
    other = sessions.create("alex@example.com").token
    assert sessions.revoke(tokens[0])
    assert not sessions.revoke(tokens[0])
    assert sessions.count("kim@example.com") == 2
    assert sessions.revoke_all("kim@example.com") == 2
    assert [sessions.load(token) for token in tokens] == [None] * 3
    assert sessions.load(other)


def test_the_server_holds_no_token_and_no_name(lab: Lab) -> None:
    client = lab.client()
    token = Sessions(client).create("kim@example.com", {"a": 1}).token
    keys = " ".join(client.scan("session"))
    assert keys.count("session") == 2
    assert "kim" not in keys
    assert not any(part in keys for part in token.split(".")[1:])


def test_older_secrets_are_taken_while_rotating(lab: Lab) -> None:
    token = Sessions(lab.client()).create(7).token
    rotated = lab.client(REDIS_SECRET=f"a-newer-suite-secret,{SECRET}")
    assert Sessions(rotated).load(token)
    assert Sessions(lab.client(REDIS_SECRET="a-newer-suite-secret")).load(token) is None


CLOCK = ManualClock()
FAKED = RedisClient.from_env(
    {"REDIS_SECRET": SECRET}, mode="mock", fake=FakeRedis(clock=CLOCK), clock=CLOCK
)


@given(st.integers(0, 110), st.characters())
@settings(max_examples=60, deadline=None)
def test_an_altered_token_is_nobodys(place: int, letter: str) -> None:
    sessions = Sessions(FAKED)
    token = sessions.create(7).token
    altered = token[:place] + letter + token[place + 1 :]
    before = len(FAKED.fake.requests)
    if altered != token:
        assert sessions.load(altered) is None
        assert not sessions.revoke(altered)
        assert len(FAKED.fake.requests) == before


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 10_000, "é.é.é", "\x00"])
def test_what_is_no_token_asks_no_server(token: str) -> None:
    before = len(FAKED.fake.requests)
    assert Sessions(FAKED).load(token) is None
    assert len(FAKED.fake.requests) == before


def test_a_lost_server_is_no_logout() -> None:
    clock = ManualClock()
    fake = FakeRedis(clock=clock)
    client: Any = RedisClient.from_env(
        {"REDIS_SECRET": SECRET}, mode="mock", fake=fake, clock=clock
    )
    sessions = Sessions(client)
    token = sessions.create(7).token
    fake.inject(*[faults.reply_lost()] * 3)
    with pytest.raises(NetworkError):
        sessions.load(token)
    assert sessions.load(token)


@pytest.mark.parametrize("token", [None, 5, b"x", ["x"]])
def test_no_cookie_is_no_session(token: Any) -> None:
    assert Sessions(FAKED).load(token) is None
    assert not Sessions(FAKED).revoke(token)


@pytest.mark.parametrize("data", [[1], "ab", 5, [("a", 1)]])
def test_data_of_a_session_is_a_mapping(data: Any) -> None:
    sessions = Sessions(FAKED)
    made = sessions.create(7)
    with pytest.raises(InvalidRequestError, match="data:"):
        sessions.create(7, data)
    with pytest.raises(InvalidRequestError, match="data:"):
        sessions.save(made, data)
