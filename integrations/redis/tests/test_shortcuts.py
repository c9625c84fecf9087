"""The four shortcuts, on the fake and on a real server."""

from typing import Any

import pytest

from integrations.core.errors import InvalidRequestError
from integrations.redis import shortcuts
from integrations.redis.shortcuts import cache_get_or_set, invalidate, once, rate_limit
from integrations.redis.tests.servers import Lab


def test_get_or_set_loads_once_until_it_is_invalidated(lab: Lab) -> None:
    client, values = lab.client(), iter("abc")

    def ask() -> str:
        return cache_get_or_set("p:1", lambda: next(values), tags=("shop",), client=client)

    said = [ask(), ask()]
    invalidate("p:1", client=client)
    said += [ask(), ask()]
    invalidate(tags=["shop"], client=client)
    assert [*said, ask()] == ["a", "a", "b", "b", "c"]


def test_a_rate_limit_in_one_call(lab: Lab) -> None:
    client = lab.client()
    said = [rate_limit("login:kim@example.com", 2, 3600, client=client) for _ in range(4)]
    assert [each.allowed for each in said] == [True, True, False, False]
    assert [each.source for each in said] == ["server", "server", "server", "memory"]
    assert rate_limit("login:kim@example.com", 5, 3600, client=client).remaining == 4
    for algorithm in ("fixed", "log", "sliding"):
        chosen: Any = algorithm
        assert rate_limit("k", 2, 3600, algorithm=chosen, client=client).remaining == 1


def test_once_is_true_for_the_first(lab: Lab) -> None:
    one, other = lab.client(), lab.client()
    assert [once("job", 600, client=one), once("job", 600, client=other)] == [True, False]
    assert once("short", 0.2, client=one)
    lab.wait(0.21)
    assert once("short", 600, client=other)
    assert not once("short", 600, client=one)


@pytest.mark.parametrize("bad", [0, -1, "1", None])
def test_bad_arguments_are_refused(lab: Lab, bad: Any) -> None:
    client = lab.client()
    for call in (
        lambda: rate_limit("k", bad, 1, client=client),
        lambda: rate_limit("k", 1, bad, client=client),
        lambda: once("k", bad, client=client),
        lambda: cache_get_or_set("k", lambda: 1, ttl=bad, client=client),
    ):
        with pytest.raises(InvalidRequestError):
            call()
    if lab.fake:
        assert lab.fake.names() == []


def test_without_a_client_the_environment_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_MODE", "mock")
    shortcuts.default_client.cache_clear()
    try:
        assert once("job", 5)
        assert shortcuts.default_client().mode == "mock"
    finally:
        shortcuts.default_client.cache_clear()


def test_one_text_is_not_taken_for_several_tags(lab: Lab) -> None:
    with pytest.raises(InvalidRequestError, match="tags:"):
        invalidate(tags="shop", client=lab.client())
