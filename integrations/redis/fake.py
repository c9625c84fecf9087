"""A Redis in this process: fakeredis behind the SDK's own connection, with a clock to turn.

fakeredis runs the Lua scripts in a real Lua. It is no cluster and measures no memory, so the same
suite also runs on a real server.

fakeredis has no clock to inject (2.40, 2026-11): its databases are given the time before each
command, and TIME asks the machine. Both are replaced here by subclasses, within the instance; a
read that blocks still waits in real time.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import redis
from fakeredis._clients import FakeRedisConnection
from fakeredis._core import Database, FakeServer
from fakeredis._socket import FakeSocket

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.redis.connections import MAX_CONNECTIONS, Server, no_retry
from integrations.redis.errors import mark_never_sent, was_never_sent

# Sent by the SDK on its own account when it connects.
_HANDSHAKE = {"HELLO", "CLIENT", "AUTH", "SELECT", "PING"}
_SINCE = {b"hsetex": (8, 0), b"delex": (8, 4), b"increx": (8, 8)}


@dataclass(frozen=True)
class Command:
    """A command as the server received it."""

    name: str
    arguments: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one command, or one pipeline.

    Attributes:
        error: makes what the SDK raises.
        sent: whether the command takes effect before.
    """

    error: Callable[[], Exception]
    sent: bool = False


def connect_failure() -> Fault:
    """Fail before anything is sent."""
    return Fault(_refused_connection)


def reply_lost() -> Fault:
    """Let the command take effect; the connection drops before the reply."""
    return Fault(lambda: redis.ConnectionError("Connection closed (injected)"), sent=True)


def reply_timeout() -> Fault:
    """Let the command take effect; its reply comes too late."""
    return Fault(lambda: redis.TimeoutError("Timeout reading (injected)"), sent=True)


def refused(text: str) -> Fault:
    """Answer with an error of the server, such as ``"LOADING …"``; nothing takes effect."""
    parser: Any = redis.connection.DefaultParser(socket_read_size=65536)
    return Fault(lambda: parser.parse_error(text))


def _refused_connection() -> Exception:
    error = redis.ConnectionError("Error 111 connecting (injected)")
    mark_never_sent(error)
    return error


class FakeRedis:
    """A server in this process.

    ``requests`` lists the commands it has received, and ``inject`` breaks the next ones.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        password: str = "",
        version: tuple[int, ...] = (7, 4),
    ) -> None:
        """Start empty; keys expire by ``clock``.

        Commands that came after ``version`` are unknown, such as INCREX before ``(8, 8)``.
        """
        self.clock = clock
        self.version = version
        self._password = password
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()
        self.requests: list[Command] = []
        self._server = _Server(self)

    def server(self, *, timeout: float = 2.0, username: str = "", password: str = "") -> Server:
        """Return a client of the SDK that talks to this server."""
        pool = redis.ConnectionPool(
            connection_class=_Connection,
            server=self._server,
            fake=self,
            username=username or None,
            password=password or None,
            retry=no_retry(),
            protocol=2,
            max_connections=MAX_CONNECTIONS,
            socket_timeout=timeout,
        )
        return redis.Redis(connection_pool=pool)

    def inject(self, *faults: Fault) -> None:
        """Break the next commands, one fault each, in this order."""
        with self._lock:
            self._faults.extend(faults)

    @property
    def pending(self) -> int:
        """How many faults have not happened yet."""
        return len(self._faults)

    def names(self) -> list[str]:
        """Return the names of the commands received, oldest first."""
        return [each.name for each in self.requests]

    def stored(self) -> list[str]:
        """Return the names of all keys, sorted."""
        with self._server.lock:
            found = list(self._server.database())
        return sorted(key.decode() for key in found)

    def ttl(self, key: str) -> float | None:
        """Return the seconds until a key expires; None when it never does, or is not there."""
        with self._server.lock:
            item = self._server.database().get(key.encode())
        expires = item.expireat if item else None
        return None if expires is None else float(expires - self.clock.time())

    def reset(self) -> None:
        """Forget all keys, scripts, commands and faults."""
        with self._server.lock:
            self._server.database().clear()
            self._server.script_cache.clear()
        with self._lock:
            self._faults.clear()
            self.requests.clear()

    def note(self, fields: Iterable[bytes]) -> None:
        """Record a command that reached the server."""
        name, *rest = fields
        if name.decode().upper() not in _HANDSHAKE:
            with self._lock:
                self.requests.append(Command(name.decode().upper(), tuple(rest)))

    def next_fault(self) -> Fault | None:
        """Return the fault for the next command, and strike it off."""
        with self._lock:
            return self._faults.popleft() if self._faults else None


class _Server(FakeServer):
    """fakeredis's server, whose databases live by a clock."""

    def __init__(self, fake: FakeRedis) -> None:
        password = fake._password
        super().__init__(
            version=fake.version,
            config={b"requirepass": password.encode()} if password else None,
        )
        self.dbs = _Databases(self.lock, fake.clock)

    def database(self) -> Any:
        return self.dbs[0]


class _Databases(dict[int, Any]):
    def __init__(self, lock: threading.Lock, clock: Clock) -> None:
        super().__init__()
        self._lock = lock
        self._clock = clock

    def __missing__(self, number: int) -> Any:
        self[number] = _Database(self._lock, self._clock)
        return self[number]


class _Database(Database):
    """A database to which setting the machine's time means nothing."""

    def __init__(self, lock: threading.Lock, clock: Clock) -> None:
        self._clock = clock
        super().__init__(lock)

    @property
    def time(self) -> float:
        return self._clock.time()

    @time.setter
    def time(self, _: float) -> None:
        pass


class _Socket(FakeSocket):
    def __init__(self, *args: Any, fake: FakeRedis, **kwargs: Any) -> None:
        self._fake = fake
        super().__init__(*args, **kwargs)

    def time(self) -> list[bytes]:
        seconds, micro = divmod(round(self._fake.clock.time() * 1_000_000), 1_000_000)
        return [str(seconds).encode(), str(micro).encode()]

    def command_info(self, *names: bytes) -> list[Any]:
        # fakeredis describes every command it has heard of, whatever its version (2.40).
        found = super().command_info(*names)
        missing = [_SINCE.get(name.lower(), (0,)) > self._fake.version for name in names]
        return [None if late else each for each, late in zip(found, missing, strict=True)]

    def _process_command(self, fields: list[bytes]) -> None:
        if fields:
            self._fake.note(fields)
        super()._process_command(fields)


class _Connection(FakeRedisConnection):
    """The SDK's connection to the fake, with faults on its way."""

    def __init__(self, *args: Any, fake: FakeRedis, **kwargs: Any) -> None:
        self._fake = fake
        self._error: Exception | None = None
        self._sent = True
        self._greets = False
        super().__init__(*args, **kwargs)

    def _connect(self) -> _Socket:
        return _Socket(
            self._server,
            fake=self._fake,
            client_class=self._client_class,
            db=self.db,
            lua_modules=self._lua_modules,
            client_info=self._client_info,
        )

    def connect(self) -> None:
        self._greets = True
        try:
            super().connect()
        finally:
            self._greets = False

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        self._error = None
        fault = None if self._greets else self._fake.next_fault()
        if fault is not None:
            self._error = fault.error()
            if was_never_sent(self._error):
                self.disconnect()  # type: ignore[no-untyped-call]
                raise self._error
        self._sent = fault is None or fault.sent
        if self._sent:
            super().send_packed_command(command, check_health)  # type: ignore[no-untyped-call]

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        if self._error is None:
            return super().read_response(*args, **kwargs)
        if self._sent:
            # What the server says, an error included, is lost.
            with suppress(redis.RedisError):
                super().read_response(*args, **kwargs)
            self.disconnect()  # type: ignore[no-untyped-call]
        raise self._error
