"""Limits, and what a limiter says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from integrations.core.views import Displayed
from integrations.redis import arguments as check

Algorithm = Literal["fixed", "sliding", "log", "gcra"]
ALGORITHMS: tuple[Algorithm, ...] = ("fixed", "sliding", "log", "gcra")
# The log keeps an entry for each unit.
MAX_LOG = 100_000


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds.

    Attributes:
        limit: how many.
        window: seconds.
        algorithm: ``"gcra"`` (a token bucket: bursts, then an even pace), ``"fixed"`` (the window
            begins with the first call; twice the limit can pass around its end), ``"sliding"``
            (two counters, weighted: small, and close to exact) or ``"log"`` (exact, and keeps an
            entry for each unit).
        burst: for GCRA, how many may pass at once; ``limit`` when None.
    """

    limit: int
    window: float
    algorithm: Algorithm = "gcra"
    burst: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        check.count("limit", self.limit)
        check.seconds("window", self.window)
        if self.algorithm not in ALGORITHMS:
            check.refuse("algorithm", f"must be one of {', '.join(ALGORITHMS)}")
        if self.burst is not None:
            check.count("burst", self.burst)
            if self.algorithm != "gcra":
                check.refuse("burst", "only gcra has one")
        if self.algorithm == "gcra" and self.window_us < self.limit:
            check.refuse("limit", "allows more than one in a microsecond")
        if self.algorithm == "log" and self.limit > MAX_LOG:
            check.refuse("limit", f"the log keeps an entry for each: at most {MAX_LOG}")

    @property
    def window_us(self) -> int:
        """The window in microseconds, a whole number of milliseconds."""
        return check.milliseconds("window", self.window) * 1000

    @property
    def capacity(self) -> int:
        """How many may pass at once."""
        return self.burst or self.limit

    @property
    def emission_us(self) -> int:
        """The microseconds that GCRA puts between two, rounded up so as not to be too fast."""
        return math.ceil(self.window_us / self.limit)

    @property
    def suffix(self) -> str:
        """The end of the key, by which another limit does not read this one's state."""
        return f"{self.algorithm}-{self.limit}-{self.window_us // 1000}-{self.capacity}"

    def arguments(self) -> tuple[int, int]:
        """Return what the script needs: limit and window; for GCRA, the time of one and of all."""
        if self.algorithm == "gcra":
            return self.emission_us, self.emission_us * self.capacity
        return self.limit, self.window_us

    def __str__(self) -> str:
        """Say it."""
        return f"{self.limit} in {self.window:g} s"


@dataclass(frozen=True, slots=True)
class Decision(Displayed):
    """What a limiter says about one call.

    Attributes:
        allowed: whether it may go on; then it has been counted.
        limit: the number of the limit that is closest to its end.
        remaining: how many more may pass now; from memory, as it was at the refusal, which is
            exact for calls of cost 1.
        reset_after: seconds until the limit is as if nothing had happened.
        retry_after: seconds after which the same call may pass; 0 when it was allowed.
        source: ``"server"``, ``"memory"`` (a refusal that still holds), or ``"down"`` (the server
            was not reached, and the limiter's ``if_down`` decided).
    """

    allowed: bool
    limit: int
    remaining: int
    reset_after: float
    retry_after: float = 0.0
    source: str = "server"

    def headers(self) -> Mapping[str, str]:
        """Return the headers by which an API tells its callers; seconds are rounded up."""
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset_after)),
        }
        if not self.allowed:
            told["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        return told
