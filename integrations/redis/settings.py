"""The settings of Redis, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.core.config import Mode, Secret, load, resolve_mode, split_list
from integrations.redis import INTEGRATION
from integrations.redis.address import Address, parse_url


@dataclass(frozen=True)
class RedisSettings:
    """What a :class:`~integrations.redis.client.RedisClient` needs to know.

    Attributes:
        mode: where commands go.
        address: the server, the cluster or the sentinels.
        prefix: ``app:env``, the beginning of every key.
        secrets: they sign session ids, and the first one hashes personal data in key names; the
            others are older ones whose sessions are still taken.
        timeout: seconds, for the connection and for each reply.
        sandbox_hosts: hosts that sandbox mode may reach.
    """

    mode: Mode
    address: Address
    prefix: str = "workbook:test"
    secrets: tuple[Secret, ...] = ()
    timeout: float = 2.0
    sandbox_hosts: tuple[str, ...] = ("localhost", "127.0.0.1")

    @classmethod
    def from_env(
        cls, env: Mapping[str, str] | None = None, *, mode: str | None = None
    ) -> "RedisSettings":
        """Read the settings from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        source = os.environ if env is None else env
        chosen = resolve_mode("redis", mode, source)
        values = load("redis", INTEGRATION.settings, source, chosen)
        # Debug mode reaches no server, so it needs no address of one.
        url = values["REDIS_URL"] or "redis://localhost:6379/0"
        return cls(
            mode=chosen,
            address=parse_url(url, password=values["REDIS_PASSWORD"]),
            prefix=values["REDIS_PREFIX"] or "workbook:debug",
            secrets=tuple(map(Secret, split_list(values["REDIS_SECRET"]))),
            timeout=float(values["REDIS_TIMEOUT"]),
            sandbox_hosts=split_list(values["REDIS_SANDBOX_HOSTS"].lower()),
        )
