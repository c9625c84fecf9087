"""The client of Redis and Valkey, built on redis-py."""

import random as _random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import REAL, Mode
from integrations.core.errors import ConfigurationError
from integrations.core.registry import find
from integrations.core.retry import Retry
from integrations.redis import arguments as check
from integrations.redis.capabilities import Capabilities, Health, ask_capabilities, ask_health
from integrations.redis.commands import Commands, Effect
from integrations.redis.names import Id, Names
from integrations.redis.sent import CommandLog
from integrations.redis.settings import RedisSettings
from integrations.redis.values import Codec, dumps, loads

# One page of SCAN, and of what is unlinked at once.
PAGE = 500


def _new_id() -> str:
    return uuid.uuid4().hex


class RedisClient:
    """Use a server, a cluster or a sentinel's primary. Build it once and share it.

    It is safe in threads. After a fork, each process needs a client of its own. Reads, and writes
    that change nothing more the second time, are repeated after a lost reply; others are not.
    """

    def __init__(
        self,
        settings: RedisSettings,
        *,
        fake: Any = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        random: Callable[[], float] = _random.random,
        retry: Retry | None = None,
    ) -> None:
        """Wire a client for ``settings.mode``; nothing is sent yet.

        Args:
            settings: see :meth:`from_env`.
            fake: the :class:`~integrations.redis.fake.FakeRedis` of mock mode; made when None.
            clock: for waits, and for remembered refusals.
            new_id: makes the tokens of locks.
            random: returns a number in [0, 1), for jitter.
            retry: how often to try; three attempts, with short waits, when None.

        Raises:
            ConfigurationError: the mode needs a secret and there is none.
        """
        if settings.mode in REAL and not settings.secrets:
            raise ConfigurationError(f"REDIS_SECRET is missing, and mode {settings.mode} needs it.")
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self.new_id = new_id
        self.random = random
        self.outbox = CommandLog()
        self.fake = self._make_fake() if fake is None and settings.mode is Mode.MOCK else fake
        first = next(iter(settings.secrets), None)
        self.names = Names(settings.prefix, first or _no_secret())
        self.commands = Commands(
            settings,
            fake=self.fake,
            clock=clock,
            retry=retry or Retry(base_s=0.05, cap_s=1.0, clock=clock),
            log=self.outbox,
        )

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        mode: str | None = None,
        fake: Any = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        random: Callable[[], float] = _random.random,
        retry: Retry | None = None,
    ) -> Self:
        """Build a client from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        settings = RedisSettings.from_env(env, mode=mode)
        return cls(settings, fake=fake, clock=clock, new_id=new_id, random=random, retry=retry)

    def __repr__(self) -> str:
        """Show the mode and where commands go."""
        return f"RedisClient(mode={str(self.mode)!r}, at={str(self.settings.address)!r})"

    def __enter__(self) -> Self:
        """Use the client in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.commands.close()

    def check_health(self) -> Health:
        """Ask whether the server answers, what it is, and how long it took.

        Raises:
            NetworkError: it does not answer.
            AuthenticationError: it does not accept the login.
        """
        return ask_health(self.commands, self.clock)

    def capabilities(self) -> Capabilities:
        """Ask which of the newer commands the server knows.

        Source: https://redis.io/docs/latest/commands/command-info/
        """
        return ask_capabilities(self.commands)

    def key(self, entity: str, id: Id) -> str:
        """Return a key's name, ``app:env:v1:entity:id``; personal data in ``id`` is hashed.

        Email addresses, phone numbers and IP addresses are hashed without being asked; wrap
        anything else that is personal in :class:`~integrations.redis.names.Personal`.

        Raises:
            InvalidRequestError: it is over-long, or holds spaces, braces or control characters.
        """
        return self.names.key(entity, id)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or ``default``.

        Source: https://redis.io/docs/latest/commands/get/

        Raises:
            InvalidRequestError: the key is no string, empty, over-long, or holds control
                characters.
        """
        check.key(key)
        data = self.commands.run("GET", (key,), lambda server: server.get(key), effect=Effect.READ)
        return default if data is None else loads(data)

    def set(self, key: str, value: object, *, ttl: float, codec: Codec = "json") -> None:
        """Write a value for ``ttl`` seconds: there are no keys that stay by accident.

        Source: https://redis.io/docs/latest/commands/set/

        Raises:
            InvalidRequestError: the value cannot be written, the key is bad, or ``ttl`` is not
                positive.
        """
        check.key(key)
        data, ttl_ms = dumps(value, codec), check.milliseconds("ttl", ttl)
        self.commands.run(
            "SET",
            (key,),
            lambda server: server.set(key, data, px=ttl_ms),
            effect=Effect.REPEATABLE,
            answer=False,
        )

    def delete(self, *keys: str) -> None:
        """Delete keys; the server frees their memory in the background (UNLINK).

        Source: https://redis.io/docs/latest/commands/unlink/
        """
        for key in keys:
            check.key(key)
        for start in range(0, len(keys), PAGE):
            self._unlink(keys[start : start + PAGE])

    def scan(self, entity: str) -> Iterator[str]:
        """Walk over the keys of an entity without blocking the server (SCAN, never KEYS).

        Keys that come or go meanwhile may be missed, and one may come twice.

        Source: https://redis.io/docs/latest/commands/scan/
        """
        stem = self.names.key(entity, "x").removesuffix("x")
        pattern = _literal(stem) + "*"

        def walk(server: Any) -> list[bytes]:
            return list(server.scan_iter(match=pattern, count=PAGE))

        found: Sequence[bytes] = self.commands.run("SCAN", (stem,), walk, effect=Effect.READ)
        return (key.decode() for key in found)

    def _unlink(self, keys: Sequence[str]) -> None:
        def send(server: Any) -> None:
            # One command a key: in a cluster, they lie on several nodes.
            with server.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.unlink(key)
                pipe.execute()

        self.commands.run("UNLINK", keys, send, effect=Effect.REPEATABLE, answer=False)

    def _make_fake(self) -> Any:
        return find("redis").fake_class()(clock=self.clock)


def _no_secret() -> Any:
    from integrations.core.config import Secret

    return Secret("")


def _literal(text: str) -> str:
    return "".join(f"\\{c}" if c in "*?[]\\^-" else c for c in text)
