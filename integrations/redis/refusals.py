"""A memory of refusals: until its retry-after a refusal cannot change, so nobody need ask."""

from integrations.core.clock import Clock
from integrations.redis.limits import Decision

MAX_REMEMBERED = 10_000


class Refusals:
    """Refusals by key, in this process. Safe in threads: each step is one of the dict's own."""

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet."""
        self._clock = clock
        self._known: dict[str, tuple[float, float, int, Decision]] = {}

    def recall(self, key: str, cost: int) -> Decision | None:
        """Return the refusal that still holds for a call of this cost, or None.

        Another cost has another retry-after, so the server is asked.
        """
        known = self._known.get(key)
        if known is None:
            return None
        asked_at, until, refused_cost, decision = known
        now = self._clock.time()
        # A clock that went back would make a refusal last longer than the server said.
        if not asked_at <= now < until:
            self._known.pop(key, None)
            return None
        if cost != refused_cost:
            return None
        passed = now - asked_at
        return Decision(
            False,
            decision.limit,
            decision.remaining,
            decision.reset_after - passed,
            decision.retry_after - passed,
            "memory",
        )

    def remember(self, key: str, cost: int, decision: Decision, *, asked_at: float) -> None:
        """Keep a refusal. ``asked_at`` is before the question, so it ends here no later."""
        if len(self._known) >= MAX_REMEMBERED:
            self._drop()
        until = asked_at + decision.retry_after
        self._known[key] = (asked_at, until, cost, decision)

    def forget(self, key: str) -> None:
        """Ask the server again."""
        self._known.pop(key, None)

    def _drop(self) -> None:
        now = self._clock.time()
        for key, (_, until, _, _) in list(self._known.items()):
            if until <= now:
                self._known.pop(key, None)
        # Dropping one that still holds costs a question, nothing else.
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
