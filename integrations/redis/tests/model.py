"""What each algorithm means, written down plainly: the limiters are compared with it.

Times are whole microseconds. ``hit`` returns whether the call passes, how many more would, and the
microseconds until the same call would pass.
"""

import math
from dataclasses import dataclass, field

from integrations.redis.limits import Limit


@dataclass
class Fixed:
    """The window begins with the first call."""

    limit: Limit
    ends: int = -1
    used: int = 0

    def hit(self, now: int, cost: int) -> tuple[bool, int, int]:
        if now >= self.ends:
            self.used = 0
        if self.used + cost > self.limit.limit:
            return False, self.limit.limit - self.used, self.ends - now
        if self.used == 0:
            self.ends = now + self.limit.window_us
        self.used += cost
        return True, self.limit.limit - self.used, 0


@dataclass
class Log:
    """Every unit that passed, with its time."""

    limit: Limit
    passed: list[int] = field(default_factory=list)

    def hit(self, now: int, cost: int) -> tuple[bool, int, int]:
        self.passed = [at for at in self.passed if at > now - self.limit.window_us]
        room = self.limit.limit - len(self.passed)
        if cost > room:
            frees = self.passed[cost - room - 1]
            return False, room, frees + self.limit.window_us - now
        self.passed += [now] * cost
        return True, room - cost, 0


@dataclass
class Bucket:
    """A bucket that fills evenly; ``debt`` is what is missing, in microseconds of filling."""

    limit: Limit
    debt: int = 0
    at: int = 0

    def hit(self, now: int, cost: int) -> tuple[bool, int, int]:
        each = self.limit.emission_us
        size = each * self.limit.capacity
        self.debt, self.at = max(0, self.debt - (now - self.at)), now
        if self.debt + each * cost > size:
            return False, (size - self.debt) // each, self.debt + each * cost - size
        self.debt += each * cost
        return True, (size - self.debt) // each, 0


@dataclass
class Sliding:
    """Counts of whole windows; the one before counts for the share that is within reach."""

    limit: Limit
    counts: dict[int, int] = field(default_factory=dict)

    def room(self, now: int) -> int:
        index, into = divmod(now, self.limit.window_us)
        share = (self.limit.window_us - into) / self.limit.window_us
        weighted = self.counts.get(index - 1, 0) * share
        return math.floor(self.limit.limit - self.counts.get(index, 0) - weighted)

    def hit(self, now: int, cost: int) -> tuple[bool, int, int]:
        room = self.room(now)
        if cost > room:
            return False, max(room, 0), -1
        index = now // self.limit.window_us
        self.counts[index] = self.counts.get(index, 0) + cost
        return True, room - cost, 0


Model = Fixed | Log | Bucket | Sliding


def model_of(limit: Limit) -> Model:
    """Return the model of a limit."""
    kinds = {"fixed": Fixed, "log": Log, "gcra": Bucket, "sliding": Sliding}
    made: Model = kinds[limit.algorithm](limit)
    return made
