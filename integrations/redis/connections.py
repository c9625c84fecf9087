"""redis-py under the client: the same safe defaults for every kind of address.

redis-py's own defaults differ by constructor: ``Redis(host=…)`` repeats any command ten times after
a lost reply (an INCR then counts twice), ``Redis.from_url`` repeats none (8.1, 2026-11). Here the
SDK repeats nothing: :mod:`integrations.redis.commands` knows what may be repeated.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool, SentinelManagedConnection

from integrations.redis.address import Address, Kind
from integrations.redis.errors import SDK_ERRORS, mark_never_sent

MAX_CONNECTIONS = 500
HEALTH_CHECK_S = 30
# The longest wait of one blocking read.
MAX_BLOCK_S = 5.0

Server = Any
"""A ``redis.Redis`` or a ``RedisCluster``: what both have is used."""


class Marked:
    """Notes on a failure to connect that nothing was sent, and connects in one trip."""

    driver_info: Any
    lib_name: Any
    lib_version: Any
    next_health_check: Any
    _sock: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Otherwise each new connection says who it is in two round trips (8.1: driver_info), and a
        # crowd that has to connect first is held up.
        self.driver_info = self.lib_name = self.lib_version = None

    def connect(self) -> None:
        """Connect, unless it is connected."""
        # The pool calls this before every command.
        if self._sock is not None:
            return
        with _marking():
            super().connect()  # type: ignore[misc]

    def connect_check_health(self, *args: Any, **kwargs: Any) -> None:
        """Connect as :meth:`connect` does; the SDK calls it too."""
        if self._sock is not None:
            return
        # A connection that was just made needs no PING.
        self.next_health_check = time.monotonic() + HEALTH_CHECK_S
        with _marking():
            super().connect_check_health(*args, **kwargs)  # type: ignore[misc]

    def _send_ping(self) -> None:
        with _marking():
            super()._send_ping()  # type: ignore[misc]


@contextmanager
def _marking() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        mark_never_sent(error)
        raise


class MarkedConnection(Marked, redis.Connection):
    """A TCP connection whose failures to connect can be told from lost replies."""


class MarkedSSLConnection(Marked, redis.SSLConnection):
    """The same over TLS."""


class MarkedUnixConnection(Marked, redis.UnixDomainSocketConnection):
    """The same over a Unix socket."""


class _MarkedSentinelConnection(Marked, SentinelManagedConnection):
    """The same to a primary that sentinels name."""


def open_server(address: Address, *, timeout: float, blocking: bool = False) -> Server:
    """Return a connected-on-demand client of the SDK.

    ``blocking``: for reads that wait on the server for at most ``MAX_BLOCK_S``; with the usual
    timeout, the client would give up before the server answers.
    """
    options = _options(address, timeout, blocking)
    if address.kind is Kind.CLUSTER:
        return _cluster(address, options)
    if address.kind is Kind.SENTINEL:
        return _sentinel(address, options)
    options |= {"db": address.db}
    kind: Any = MarkedSSLConnection if address.tls else MarkedConnection
    if address.kind is Kind.UNIX:
        kind = MarkedUnixConnection
        del options["socket_keepalive"]
        options["path"] = address.path
    else:
        options["host"], options["port"] = address.hosts[0]
    return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=kind, **options))


def ask_packed(server: redis.Redis, packed: bytes) -> Any:
    """Send a packed command and return its reply, as ``execute_command`` does without repeating.

    The SDK's machinery for retries, metrics and packing takes a fifth of a short call (8.1). What
    goes wrong is raised by the same connections, which close themselves after a lost reply.
    """
    pool = server.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_packed_command((packed,))
        return connection.read_response()
    except redis.RedisError:
        raise
    except BaseException:
        # Interrupted: a reply that comes now would be taken for that of the next command.
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def close_server(server: Server) -> None:
    """Close every connection: the SDK's own ``close`` leaves those of a pool it was given (8.1)."""
    parts = [server]
    if isinstance(server, RedisCluster):
        parts = [node.redis_connection for node in server.get_nodes() if node.redis_connection]
    for part in parts:
        pool = part.connection_pool
        pool.disconnect()
        if isinstance(pool, SentinelConnectionPool):
            # Those to the sentinels are nobody else's (8.1).
            for sentinel in pool.sentinel_manager.sentinels:
                sentinel.connection_pool.disconnect()


def _options(address: Address, timeout: float, blocking: bool) -> dict[str, Any]:
    tls = {"ssl_cert_reqs": "required", "ssl_check_hostname": True} if address.tls else {}
    if address.tls and address.ca_certs:
        tls["ssl_ca_certs"] = address.ca_certs
    return {
        "username": address.username or None,
        "password": address.password.reveal() or None,
        "socket_timeout": timeout + (MAX_BLOCK_S if blocking else 0),
        "socket_connect_timeout": timeout,
        "socket_keepalive": True,
        "health_check_interval": HEALTH_CHECK_S,
        "max_connections": MAX_CONNECTIONS,
        "retry": no_retry(),
        # The shapes of replies are those of every redis-py since 5, and old proxies understand it.
        "protocol": 2,
        **tls,
    }


def no_retry() -> Retry:
    """Return the policy under which the SDK repeats nothing."""
    return Retry(NoBackoff(), 0)


class _ClusterPool(redis.ConnectionPool):
    """A node's connections. The cluster's client drops the health check's option (8.1)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(health_check_interval=HEALTH_CHECK_S, **options)


def _cluster(address: Address, options: dict[str, Any]) -> RedisCluster:
    host, port = address.hosts[0]
    name = f"[{host}]" if ":" in host else host
    del options["health_check_interval"]
    try:
        return RedisCluster(
            # It takes a class of connections only together with a URL (8.1, 2026-11).
            url=f"redis://{name}:{port}",
            startup_nodes=[ClusterNode(host, port) for host, port in address.hosts],
            connection_class=MarkedSSLConnection if address.tls else MarkedConnection,
            connection_pool_class=_ClusterPool,
            **options,
        )
    except SDK_ERRORS as error:
        mark_never_sent(error)
        raise


def _sentinel(address: Address, options: dict[str, Any]) -> redis.Redis:
    timeouts = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout")}
    sentinel = Sentinel(address.hosts, sentinel_kwargs={**timeouts, "retry": no_retry()})
    pool = SentinelConnectionPool(
        address.service,
        sentinel,
        connection_class=_MarkedSentinelConnection,
        db=address.db,
        ssl=address.tls,
        **options,
    )
    return redis.Redis(connection_pool=pool)
