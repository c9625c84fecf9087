"""The real client on real sockets: nobody there, a server that restarts, a wrong password."""

from pathlib import Path

import pytest
import redis

from integrations.core.clock import ManualClock
from integrations.core.errors import AuthenticationError, ConflictError, NetworkError
from integrations.core.retry import Retry
from integrations.redis.address import parse_url
from integrations.redis.client import RedisClient
from integrations.redis.connections import open_server
from integrations.redis.limits import Limit
from integrations.redis.locks import Locks
from integrations.redis.ratelimit import RateLimiter
from integrations.redis.tests.cluster import Cluster, until
from integrations.redis.tests.servers import (
    NO_SERVER,
    SECRET,
    RealServer,
    free_port,
    server_binary,
    start_server,
)

SUITE = {"REDIS_SECRET": SECRET, "REDIS_PREFIX": "suite:test"}


def _live(url: str, clock: ManualClock) -> RedisClient:
    env = {"REDIS_URL": url, "REDIS_SECRET": SECRET, "REDIS_PREFIX": "suite:test"}
    return RedisClient.from_env(env, mode="live", clock=clock, retry=Retry(clock=clock))


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:{port}",
        "rediss://127.0.0.1:{port}",
        "unix:///nowhere/redis-{port}.sock",
        "redis+cluster://127.0.0.1:{port}",
        "redis+sentinel://127.0.0.1:{port}/mymaster",
    ],
)
def test_where_nobody_listens_nothing_was_sent_and_it_is_tried_again(url: str) -> None:
    clock = ManualClock()
    with _live(url.format(port=free_port()), clock) as client:
        with pytest.raises(NetworkError) as raised:
            RateLimiter(client, Limit(5, 60)).hit("kim")
        assert not raised.value.outcome_unknown
        assert "no connection" in str(raised.value)
        assert len(clock.sleeps) == 2


def test_every_kind_of_address_gets_the_same_defaults() -> None:
    for url in ("redis://h", "rediss://h", "unix:///s.sock", "redis+sentinel://h/m"):
        server = open_server(parse_url(url), timeout=1.5)
        options = server.connection_pool.connection_kwargs
        assert options["retry"].get_retries() == 0
        assert (options["socket_timeout"], options["socket_connect_timeout"]) == (1.5, 1.5)
        blocking = open_server(parse_url(url), timeout=1.5, blocking=True)
        assert blocking.connection_pool.connection_kwargs["socket_timeout"] > 5


def test_certificates_are_always_checked() -> None:
    server = open_server(parse_url("rediss://h?ssl_ca_certs=/etc/ca.pem"), timeout=1)
    options = server.connection_pool.connection_kwargs
    assert options["ssl_cert_reqs"] == "required"
    assert options["ssl_check_hostname"]
    assert options["ssl_ca_certs"] == "/etc/ca.pem"


def test_a_connection_that_the_server_closed_is_made_again(real_server: RealServer) -> None:
    with (
        _live(real_server.url, ManualClock()) as client,
        redis.Redis(port=real_server.port) as plain,
    ):
        plain.flushall()
        limiter = RateLimiter(client, Limit(5, 60))
        limiter.hit("kim")
        plain.client_kill_filter(_type="normal", skipme=True)
        assert limiter.hit("kim").remaining == 3


def test_the_reply_to_an_interrupted_call_is_not_that_of_the_next(
    real_server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _live(real_server.url, ManualClock()) as client:
        limiter = RateLimiter(client, Limit(500, 60), name="interrupted", remember=False)
        limiter.hit("kim")
        (connection,) = client.commands._servers[False].connection_pool._available_connections

        def interrupted() -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(connection, "read_response", interrupted)
            with pytest.raises(KeyboardInterrupt):
                limiter.hit("kim")
        assert not connection.is_connected
        assert limiter.hit("alex").remaining == 499


def test_a_lock_is_not_held_by_two_after_its_holder_was_killed(real_server: RealServer) -> None:
    clock = ManualClock()
    with _live(real_server.url, clock) as dead, _live(real_server.url, clock) as alive:
        with redis.Redis(port=real_server.port) as plain:
            plain.flushall()
        Locks(dead).acquire("report", ttl=60)
        dead.close()
        with pytest.raises(ConflictError):
            Locks(alive).acquire("report", ttl=60)


def test_a_real_server_refuses_a_wrong_password(tmp_path: Path) -> None:
    binary = server_binary()
    if binary is None:
        pytest.skip(NO_SERVER)
    server = start_server(binary, tmp_path, "--requirepass", "the-right-one")
    try:
        for login, right in ((":wrong-77@", False), ("", False), (":the-right-one@", True)):
            url = server.url.replace("redis://", f"redis://{login}")
            with _live(url, ManualClock()) as client:
                if right:
                    assert client.get("k") is None
                    continue
                with pytest.raises(AuthenticationError) as raised:
                    client.get("k")
                assert "wrong-77" not in str(raised.value)
    finally:
        server.stop()


@pytest.mark.parametrize("kind", ["redis", "redis+cluster"])
def test_a_closed_client_has_no_connections(
    kind: str, real_server: RealServer, real_cluster: Cluster
) -> None:
    url = real_server.url if kind == "redis" else real_cluster.url
    ports = [real_server.port] if kind == "redis" else [node.port for node in real_cluster.nodes]

    def connected() -> int:
        count = 0
        for port in ports:
            with redis.Redis(port=port) as plain:
                count += len(plain.client_list(_type="normal")) - 1
        return count

    before = connected()
    client = RedisClient.from_env({**SUITE, "REDIS_URL": url}, mode="live")
    for number in range(20):
        client.get(client.key("user", number))
    assert connected() > before
    # Somebody who still refers to it does not keep it open.
    kept = dict(client.commands._servers)
    client.close()
    assert kept
    until(lambda: connected() == before)
    assert client.get(client.key("user", 1)) is None
    client.close()
