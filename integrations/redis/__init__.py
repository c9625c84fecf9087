"""Redis and Valkey: cache, rate limits, locks and sessions."""

import re

from integrations.core.config import REAL, Setting
from integrations.core.registry import Feature, Integration


def _url_problem(value: str) -> str | None:
    from integrations.redis.address import url_problem

    return url_problem(value)


def _url_kind(value: str) -> str:
    from integrations.redis.address import parse_url

    return str(parse_url(value))


def _prefix_problem(value: str) -> str | None:
    fine = re.fullmatch(r"[a-z0-9_-]{1,40}:[a-z0-9_-]{1,40}", value)
    return None if fine else "must be app:env in lower case, such as shop:staging"


def _secret_problem(value: str) -> str | None:
    short = any(len(each.strip()) < 16 for each in value.split(","))
    return "must have 16 characters or more; several are separated by commas" if short else None


def _seconds_problem(value: str) -> str | None:
    try:
        return None if 0.01 <= float(value) <= 60 else "must be between 0.01 and 60 seconds"
    except ValueError:
        return "must be a number of seconds, such as 2"


INTEGRATION = Integration(
    name="redis",
    title="Redis",
    summary="Cache, rate limits, locks and sessions, on one server or a cluster.",
    docs="https://redis.io/docs/latest/",
    extra="redis",
    credentials=(
        "Run one (docker run -p 127.0.0.1:6379:6379 valkey/valkey), or take a hosted one's URL."
    ),
    settings=(
        Setting(
            "REDIS_URL",
            "Where the server is: redis://, rediss:// (TLS), unix://, redis+cluster:// or "
            "redis+sentinel://host:26379/mymaster/0.",
            "Your host's console; redis://localhost:6379/0 for one on your machine.",
            required=REAL,
            mock="redis://localhost:6379/0",
            check=_url_problem,
            kind=_url_kind,
        ),
        Setting(
            "REDIS_PASSWORD",
            "The password, when it is not in the URL.",
            "Your host's console.",
            secret=True,
            kind=lambda _: "password",
        ),
        Setting(
            "REDIS_SECRET",
            "Signs session ids and hashes personal data in key names; older ones follow with "
            "commas.",
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            required=REAL,
            mock="workbook-redis-secret",
            secret=True,
            check=_secret_problem,
            kind=lambda value: f"{value.count(',') + 1} secret(s)",
        ),
        Setting(
            "REDIS_PREFIX",
            "app:env, the beginning of every key.",
            "Choose one for each application and environment, such as shop:staging.",
            required=REAL,
            mock="workbook:test",
            check=_prefix_problem,
            kind=lambda value: value,
        ),
        Setting(
            "REDIS_TIMEOUT",
            "Seconds to wait for the connection, and for each reply.",
            default="2",
            check=_seconds_problem,
        ),
        Setting(
            "REDIS_SANDBOX_HOSTS",
            "Hosts that sandbox mode may reach, separated by commas.",
            default="localhost,127.0.0.1",
        ),
    ),
    features=(
        Feature("Health and capabilities", "RedisClient.capabilities"),
        Feature("Key naming", "RedisClient.key"),
        Feature("Cache without stampedes", "Cache.get_or_load"),
        Feature("Rate limits", "RateLimiter.hit"),
        Feature("Locks", "Locks.acquire"),
        Feature("Sessions", "Sessions.create", "keep what you know of somebody"),
        Feature("Webhooks of every worker", "RedisEventStore.claim"),
        Feature(
            "One-time codes of every worker", "RedisCodeStore.attempt", "prove who somebody is"
        ),
    ),
    client="integrations.redis.client:RedisClient",
    fake="integrations.redis.fake:FakeRedis",
    events="",
    errors="integrations.redis.errors:ERRORS",
    shortcuts="integrations.redis.shortcuts",
    about="integrations.redis.about:ABOUT",
    drills="integrations.redis.drills",
    fake_extra="fakes",
    probe="check_health",
    notebooks=("redis_caching", "redis_rate_limiting"),
)

__all__ = ["INTEGRATION"]
