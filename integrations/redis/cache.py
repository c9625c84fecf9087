"""Cache-aside that holds under load: single flight, jitter, tags, negative and stale values.

When the server cannot be reached, values are loaded as if there were no cache, and a warning is
logged. Invalidation is the exception: it raises, since a silent failure would leave stale values.
"""

import functools
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from integrations.core.errors import NetworkError, ProviderError, UnavailableError
from integrations.core.log import get_logger, log_event
from integrations.redis import arguments as check
from integrations.redis.cache_scripts import ENTER, FINISH, PEEK, PUT
from integrations.redis.cached import Cached
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.connections import MAX_BLOCK_S
from integrations.redis.entries import MISS, pack, unpack
from integrations.redis.flights import Flights
from integrations.redis.names import Id
from integrations.redis.tags import Tags, get_many
from integrations.redis.values import Codec

P = ParamSpec("P")
T = TypeVar("T")

# After a failure, the server is left alone for a moment instead of a timeout for each call.
PAUSE_S = 1.0
_DOWN = (NetworkError, UnavailableError)


@dataclass(frozen=True)
class Policy:
    """How a value is kept.

    Attributes:
        ttl: seconds for which it is fresh.
        jitter: the share of ``ttl`` by which it may be shorter, so that values that were written
            together do not expire together.
        stale: seconds after ``ttl`` in which the old value is served while one caller loads the
            new one.
        negative_ttl: seconds for which "there is none" (None) is kept; None: not at all.
        tags: names under which it can be invalidated together with others.
        lock: seconds after which a load counts as dead; longer than the slowest one takes.
        codec: ``"json"``, or ``"msgpack"`` for bytes and datetimes.
    """

    ttl: float
    jitter: float = 0.1
    stale: float = 0.0
    negative_ttl: float | None = None
    tags: tuple[str, ...] = ()
    lock: float = 10.0
    codec: Codec = "json"

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        check.seconds("ttl", self.ttl)
        check.share("jitter", self.jitter)
        check.seconds("stale", self.stale, zero=True)
        check.seconds("lock", self.lock)
        check.names("tags", self.tags)
        if self.negative_ttl is not None:
            check.seconds("negative_ttl", self.negative_ttl)


class Cache:
    """Values that can be loaded again, kept on the server.

    Attributes:
        loads: how many values this object has loaded.
    """

    def __init__(
        self,
        client: RedisClient,
        *,
        name: str = "cache",
        version: int = 1,
        spawn: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """Keep values under ``name``.

        Args:
            client: the server.
            name: the entity in the keys.
            version: of the shape of the values; with a new one, all old values are unseen.
            spawn: runs the refresh of a stale value in the background; a thread when None.
        """
        self._client = client
        self._entity = f"{name}.{check.count('version', version)}"
        self._tags = Tags(client, f"{name}-tag")
        self._flights = Flights()
        self._spawn = spawn or _in_thread
        self._logger = get_logger("redis")
        self._paused_until = 0.0
        # typed: 1 and True are one key of a dict, and one of them is no id.
        self._kept_keys = functools.lru_cache(maxsize=10_000, typed=True)(self._make_keys)
        self.loads = 0

    # Reading ---------------------------------------------------------------------------------

    def get(self, id: Id, default: Any = None) -> Any:
        """Return a cached value, or ``default``; a cached None is None."""
        try:
            value = self._read(self._keys(id)[0])
        except _DOWN as down:
            self._warn("get", down)
            return default
        return default if value is MISS else value

    def get_many(self, ids: Iterable[Id]) -> dict[Id, Any]:
        """Return the cached values among ``ids``, in one trip."""
        wanted = list(ids)
        try:
            found = get_many(self._client, [self._keys(id)[0] for id in wanted])
            values = [MISS if data is None else self._unpack(data) for data in found]
        except _DOWN as down:
            self._warn("get_many", down)
            return {}
        pairs = zip(wanted, values, strict=True)
        return {id: value for id, value in pairs if value is not MISS}

    def get_or_load(
        self, id: Id, load: Callable[[], T], policy: Policy | None = None, *, ttl: float = 60.0
    ) -> T:
        """Return the cached value, or load it, once however many ask, and keep it.

        Those who ask while it is loaded, in any process, get the value that was loaded.

        Args:
            id: what the value is called.
            load: makes the value; None means that there is none.
            policy: how to keep it; ``Policy(ttl)`` when None.
            ttl: seconds to keep it, without a policy.
        """
        chosen = policy or Policy(ttl)
        keys = self._keys(id)
        if self._client.clock.time() < self._paused_until:
            return self._without_server(keys[0], load)
        try:
            value = self._fresh(keys, load, chosen)
        except _DOWN as down:
            self._warn("get", down)
            return self._without_server(keys[0], load)
        if value is MISS:
            value = self._flights.join(keys[0], lambda: self._load_once(keys, load, chosen))
        return value  # type: ignore[no-any-return]

    def cached(
        self, policy: Policy | None = None, *, ttl: float = 60.0, key: str | None = None
    ) -> Callable[[Callable[P, T]], Cached[P, T]]:
        """Decorate a function so that its results are cached.

        Args:
            policy: how to keep them; ``Policy(ttl)`` when None.
            ttl: seconds to keep them, without a policy.
            key: the id, with the function's arguments in braces, such as ``"product:{id}"``. When
                None it is made of the function's name and a hash of the arguments. Of several
                arguments each is percent-encoded, so two calls never share a key by accident.

        Raises:
            InvalidRequestError: ``key`` is no template of the function's arguments, or two of them
                stand together without a sign such as ``:`` between them.
        """
        chosen = policy or Policy(ttl)
        return lambda function: Cached(self, function, chosen, key)

    # Writing ---------------------------------------------------------------------------------

    def set(
        self, id: Id, value: object, policy: Policy | None = None, *, ttl: float = 60.0
    ) -> None:
        """Keep a value. A load that began before does not overwrite it."""
        chosen = policy or Policy(ttl)
        keys = self._keys(id)
        self._flights.forget(keys[0])
        try:
            data = pack(value, self._tags.ensured(chosen.tags), chosen.codec)
            arguments = (data, self._lifetime(chosen, value) or 1)
            self._client.commands.script(
                PUT, keys[:2], arguments, effect=Effect.REPEATABLE, answer=False
            )
        except _DOWN as down:
            self._warn("set", down)

    def invalidate(self, *ids: Id) -> None:
        """Forget values; what is being loaded now is not kept. Call it after your commit.

        Raises:
            NetworkError: the server did not answer: the old values may still be there.
        """
        stems = [self._keys(id) for id in ids]
        for keys in stems:
            self._flights.forget(keys[0])

        def send(server: Any) -> None:
            with server.pipeline(transaction=False) as pipe:
                for key in names:
                    pipe.unlink(key)
                pipe.execute()

        # The lock first: between the two, a load could end and be written.
        names = [key for entry, lock, _ in stems for key in (lock, entry)]
        if names:
            self._client.commands.run("UNLINK", names, send, effect=Effect.REPEATABLE, answer=False)

    def invalidate_tags(self, *tags: str) -> None:
        """Forget every value that has one of the tags, however many there are, in one trip.

        Raises:
            NetworkError: the server did not answer: the old values may still be there.
        """
        if tags:
            self._tags.invalidate(tags)

    # Inside ----------------------------------------------------------------------------------

    def _keys(self, id: Id) -> tuple[str, str, str]:
        try:
            return self._kept_keys(id)
        except TypeError:
            # What cannot be a key of a dict is no id either, and gets its refusal here.
            return self._make_keys(id)

    def _make_keys(self, id: Id) -> tuple[str, str, str]:
        stem = self._client.names.group(self._entity, id)
        return stem, f"{stem}:lock", f"{stem}:wake"

    def _read(self, key: str) -> Any:
        data = self._client.commands.run(
            "GET", (key,), lambda server: server.get(key), effect=Effect.READ
        )
        return MISS if data is None else self._unpack(data)

    def _unpack(self, data: bytes) -> Any:
        return unpack(data, self._tags.tokens)

    def _fresh(self, keys: Sequence[str], load: Callable[[], Any], policy: Policy) -> Any:
        if not policy.stale:
            return self._read(keys[0])
        found = self._client.commands.script(PEEK, keys[:1], effect=Effect.READ)
        value = self._unpack(found[0]) if found else MISS
        if value is not MISS and found[1] <= policy.stale * 1000:
            self._refresh(keys, load, policy, found[0])
        return value

    def _refresh(
        self, keys: Sequence[str], load: Callable[[], Any], policy: Policy, old: bytes
    ) -> None:
        token = self._client.new_id()
        if self._enter(keys, token, policy, old)[0] == b"lead":
            self._spawn(lambda: self._refreshed(keys, load, policy, token))

    def _refreshed(
        self, keys: Sequence[str], load: Callable[[], Any], policy: Policy, token: str
    ) -> None:
        try:
            self._lead(keys, load, policy, token)
        except Exception:  # in the background: the old value is served on, and the reason is logged
            self._logger.exception("refresh of a stale value failed")

    def _load_once(self, keys: Sequence[str], load: Callable[[], Any], policy: Policy) -> Any:
        token, outdated = self._client.new_id(), b""
        try:
            while True:
                state, found = self._enter(keys, token, policy, outdated)
                if state == b"lead":
                    break
                if state == b"wait":
                    self._wait(keys[2], int(found))
                    continue
                value = self._unpack(found)
                if value is not MISS:
                    return value
                outdated = found
        except _DOWN as down:
            self._warn("load", down)
            return self._loaded(load)
        return self._lead(keys, load, policy, token)

    def _enter(self, keys: Sequence[str], token: str, policy: Policy, outdated: bytes) -> Any:
        arguments = (token, check.milliseconds("lock", policy.lock), outdated)
        return self._client.commands.script(ENTER, keys, arguments, effect=Effect.REPEATABLE)

    def _wait(self, wake: str, left_ms: int) -> None:
        timeout = min(MAX_BLOCK_S, max(left_ms, 1) / 1000)

        def send(server: Any) -> Any:
            # Turning the list over leaves what is in it for everybody else who waits. BLMOVE would
            # do too, and does not block in fakeredis (2.40).
            return server.execute_command("BRPOPLPUSH", wake, wake, timeout)

        clock = self._client.clock
        until = clock.time() + timeout
        run = self._client.commands.run
        if run("BRPOPLPUSH", (wake,), send, effect=Effect.READ, blocking=True) is None:
            # A clock that stands still has to be told that the time has passed.
            clock.sleep(max(0.0, until - clock.time()))

    def _lead(
        self, keys: Sequence[str], load: Callable[[], Any], policy: Policy, token: str
    ) -> Any:
        data, lifetime = b"", 1
        try:
            # Before the load: a tag invalidated meanwhile makes the value outdated from the start.
            tokens = self._tags.ensured(policy.tags)
            value = self._loaded(load)
            if lifetime := self._lifetime(policy, value):
                data = pack(value, tokens, policy.codec)
        finally:
            self._finish(keys, token, data, lifetime or 1)
        return value

    def _finish(self, keys: Sequence[str], token: str, data: bytes, lifetime: int) -> None:
        try:
            self._client.commands.script(
                FINISH, keys, (token, data, lifetime), effect=Effect.REPEATABLE
            )
        except ProviderError as lost:
            self._warn("set", lost)

    def _without_server(self, key: str, load: Callable[[], T]) -> T:
        value: T = self._flights.join(key, lambda: self._loaded(load))
        return value

    def _loaded(self, load: Callable[[], T]) -> T:
        self.loads += 1
        return load()

    def _lifetime(self, policy: Policy, value: object) -> int:
        """Return milliseconds; 0 for a None that is not to be kept."""
        if value is None and policy.negative_ttl is None:
            return 0
        ttl = policy.negative_ttl if value is None else policy.ttl
        shortened = (ttl or 0.0) * (1 - policy.jitter * self._client.random())
        return max(1, round((shortened + policy.stale) * 1000))

    def _warn(self, what: str, error: ProviderError) -> None:
        if isinstance(error, NetworkError):
            self._paused_until = self._client.clock.time() + PAUSE_S
        reason = type(error).__name__
        log_event(self._logger, logging.WARNING, "cache skipped", method=what, error=reason)


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="cache-refresh", daemon=True).start()
