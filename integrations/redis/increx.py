"""The fixed window by INCREX, on servers that have it: a counter with a bound and an expiry.

It needs no script, which an ACL may forbid, and counts in the same keys as the script does.
Source: https://redis.io/docs/latest/commands/increx/ (Redis 8.8; Valkey has it from 9.2 on).
"""

from typing import Any

from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.limits import Decision, Limit


class BoundedCounter:
    """One fixed window."""

    def __init__(self, client: RedisClient, limit: Limit) -> None:
        """Count against ``limit``; the server is asked once, at the first call, if it can."""
        self._client = client
        self._limit = limit
        self._able: bool | None = None

    def usable(self) -> bool:
        """Tell whether the server knows the command."""
        if self._able is None:
            self._able = self._client.capabilities().increx
        return self._able

    def hit(self, key: str, cost: int) -> Decision:
        """Count a call, if the limit allows it. The command and its time left are one trip."""
        bound, window_ms = self._limit.limit, self._limit.window_us // 1000
        command = ("INCREX", key, "BYINT", cost, "UBOUND", bound, "PX", window_ms, "ENX")

        def send(server: Any) -> Any:
            with server.pipeline(transaction=False) as pipe:
                pipe.execute_command(*command)
                pipe.pttl(key)
                return pipe.execute()

        run = self._client.commands.run
        (count, applied), left_ms = run("INCREX", (key,), send, effect=Effect.ONCE)
        left_s, allowed = max(0, left_ms) / 1000, int(applied) > 0
        # In its last millisecond, PTTL 0, the key is still there.
        retry_s = 0.0 if allowed else left_s + 0.001
        return Decision(allowed, bound, max(0, bound - int(count)), left_s, retry_s)
