"""The four things that most applications want of Redis, each in one call."""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TypeVar

from integrations.redis import arguments as check
from integrations.redis.cache import Cache, Policy
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.limits import Algorithm, Decision, Limit
from integrations.redis.names import Id
from integrations.redis.ratelimit import IfDown, RateLimiter
from integrations.redis.scripts import Script

T = TypeVar("T")

# With its token, a repeat after a lost reply gets the answer of the first time.
ONCE = Script(
    "once",
    """
local holder = redis.call('GET', KEYS[1])
if holder then return holder == ARGV[1] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""",
)


@cache
def default_client() -> RedisClient:
    """Return the client of the environment, built at the first call and shared from then on.

    After changing the environment, call ``default_client.cache_clear()``.
    """
    return RedisClient.from_env()


@lru_cache(maxsize=64)
def cache_of(client: RedisClient) -> Cache:
    """Return the cache that the shortcuts share for a client."""
    return Cache(client)


@lru_cache(maxsize=256)
def _limiter(client: RedisClient, limit: Limit, if_down: IfDown) -> RateLimiter:
    return RateLimiter(client, limit, name="shortcut", if_down=if_down)


def cache_get_or_set(
    key: Id,
    load: Callable[[], T],
    *,
    ttl: float = 60.0,
    tags: tuple[str, ...] = (),
    client: RedisClient | None = None,
) -> T:
    """Return the cached value of ``key``, or load it, once however many ask, and keep it.

    Args:
        key: what the value is called.
        load: makes the value; it is also called when the server cannot be reached.
        ttl: seconds to keep it, less up to a tenth.
        tags: names under which :func:`invalidate` forgets it together with others.
        client: the client to use; the environment's when None.
    """
    return cache_of(client or default_client()).get_or_load(key, load, Policy(ttl, tags=tags))


def invalidate(*keys: Id, tags: Iterable[str] = (), client: RedisClient | None = None) -> None:
    """Forget what :func:`cache_get_or_set` keeps, by keys or by tags. Call it after your commit.

    Raises:
        NetworkError: the server did not answer: the old values may still be there.
    """
    check.names("tags", tags)
    kept = cache_of(client or default_client())
    kept.invalidate(*keys)
    kept.invalidate_tags(*tags)


def rate_limit(
    key: Id,
    limit: int,
    window: float,
    *,
    algorithm: Algorithm = "gcra",
    cost: int = 1,
    if_down: IfDown = "raise",
    client: RedisClient | None = None,
) -> Decision:
    """Count a call of ``key``, and say whether it is among ``limit`` in ``window`` seconds.

    Args:
        key: whom or what to count, such as ``f"login:{address}"``; personal data is hashed.
        limit: how many may pass.
        window: seconds.
        algorithm: see :class:`~integrations.redis.limits.Limit`.
        cost: what the call counts for.
        if_down: ``"raise"``, ``"allow"`` or ``"refuse"`` when the server cannot be asked.
        client: the client to use; the environment's when None.

    Raises:
        InvalidRequestError: the limit, the window or the cost is not positive.
        NetworkError: the server did not answer, and ``if_down`` is ``"raise"``.
    """
    chosen = Limit(limit, window, algorithm)
    return _limiter(client or default_client(), chosen, if_down).hit(key, cost=cost)


def once(key: Id, ttl: float, *, client: RedisClient | None = None) -> bool:
    """Return True for the first caller in ``ttl`` seconds and False for all others.

    Raises:
        NetworkError: the server did not answer: nobody knows who was first.
    """
    used = client or default_client()
    name, ttl_ms = used.key("once", key), check.milliseconds("ttl", ttl)
    arguments = (used.new_id(), ttl_ms)
    return bool(used.commands.script(ONCE, (name,), arguments, effect=Effect.REPEATABLE))
