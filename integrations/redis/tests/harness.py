"""What the contract suite needs to know of Redis."""

from dataclasses import dataclass
from typing import Any, ClassVar

from integrations.core.clock import ManualClock
from integrations.core.retry import Retry
from integrations.core.workbook import counted
from integrations.redis.client import RedisClient
from integrations.redis.fake import FakeRedis

SECRET = "contract-redis-secret"
PASSWORD = "contract-pass-77"


@dataclass
class Harness:
    """An integration on a fake, with a clock that stands still."""

    clock: ManualClock
    fake: FakeRedis

    name = "redis"
    # Redis has a protocol of its own; test_faults.py holds what the contract says of HTTP.
    http = False
    secrets = (SECRET, PASSWORD)
    live_key: ClassVar = {"REDIS_URL": f"redis://:{PASSWORD}@cache.shop.example:6379/0"}
    strangers_only: ClassVar = {"REDIS_SANDBOX_HOSTS": "elsewhere.example"}

    @classmethod
    def make(cls) -> "Harness":
        clock = ManualClock()
        return cls(clock, FakeRedis(clock=clock))

    def client(self, *, mode: str = "mock", **env: str) -> RedisClient:
        settings = {
            "REDIS_URL": "redis://localhost:6379/0",
            "REDIS_SECRET": SECRET,
            "REDIS_PREFIX": "contract:test",
            **env,
        }
        return RedisClient.from_env(
            settings,
            mode=mode,
            fake=self.fake,
            clock=self.clock,
            new_id=counted(),
            retry=Retry(clock=self.clock, random=lambda: 0.5),
        )

    def effect(self, client: Any) -> None:
        client.set(client.key("user", 1), {"name": "Alex"}, ttl=60)

    def effects(self) -> int:
        return len(self.fake.stored())

    def read(self, client: Any) -> None:
        client.check_health()
