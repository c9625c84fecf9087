"""A memory of refusals: until its retry-after a refusal cannot change, so nobody need ask.

A refused caller that comes again costs one look-up and one look at the clock.
"""

import copy
import time
from typing import Any, NamedTuple

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.redis.limits import Decision
from integrations.redis.names import Id

MAX_REMEMBERED = 10_000


class _Refusal(NamedTuple):
    asked_at: float
    until: float
    kind: type
    cost: int
    key: str
    decision: Decision


class _Recalled(Decision):
    """A decision whose times are worked out when they are read: most callers never do.

    It equals the decision that it stands for, and becomes it when it is copied or pickled.
    """

    __slots__ = ("_recalled",)
    _recalled: tuple[_Refusal, float]

    def __new__(cls, *values: Any, **named: Any) -> Any:
        """Make what it stands for, as dataclasses.replace asks for it."""
        return Decision(*values, **named)

    allowed = False
    source = "memory"

    @property
    def limit(self) -> int:
        return self._recalled[0].decision.limit

    @property
    def remaining(self) -> int:
        return self._recalled[0].decision.remaining

    @property
    def reset_after(self) -> float:
        return self._recalled[0].decision.reset_after - self._passed()

    @property
    def retry_after(self) -> float:
        return self._recalled[0].decision.retry_after - self._passed()

    def _passed(self) -> float:
        known, now = self._recalled
        return now - known.asked_at

    def _plain(self) -> Decision:
        times = self.reset_after, self.retry_after
        return Decision(self.allowed, self.limit, self.remaining, *times, self.source)

    def __reduce__(self) -> Any:
        return copy.copy, (self._plain(),)

    def __repr__(self) -> str:
        return repr(self._plain())

    def _repr_html_(self) -> str:
        return self._plain()._repr_html_()

    def __eq__(self, other: object) -> bool:
        return self._plain() == other

    def __hash__(self) -> int:
        return hash(self._plain())


# A dataclass is made by its __init__, of which each field costs as much as all of this.
_new = object.__new__
_set = _Recalled.__dict__["_recalled"].__set__


class Refusals:
    """Refusals by subject, in this process. Safe in threads: each step is one of the dict's own."""

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet."""
        # The machine's clock is asked without a detour: that is a tenth of a recall.
        self._time = time.time if clock is SYSTEM_CLOCK else clock.time
        self._known: dict[Id, _Refusal] = {}
        self._get = self._known.get

    def recall(self, subject: Id, cost: int) -> Decision | None:
        """Return the refusal that still holds for a call of this cost, or None.

        Another cost has another retry-after, so the server is asked.
        """
        try:
            known = self._get(subject)
        except TypeError:
            # It cannot be a key of a dict, nor a subject: whoever makes its name says so.
            return None
        if known is None:
            return None
        asked_at, until, kind, refused_cost, _, _ = known
        now = self._time()
        # A clock that went back would make a refusal last longer than the server said.
        if not asked_at <= now < until:
            self._known.pop(subject, None)
            return None
        # 1, 1.0 and True are one key of a dict, and two of them are no subject, nor a cost.
        if type(subject) is not kind:
            return None
        if cost is not refused_cost and (cost != refused_cost or type(cost) is not int):
            return None
        recalled: Decision = _new(_Recalled)
        _set(recalled, (known, now))
        return recalled

    def remember(
        self, subject: Id, cost: int, decision: Decision, *, key: str, asked_at: float
    ) -> None:
        """Keep a refusal. ``asked_at`` is before the question, so it ends here no later."""
        if len(self._known) >= MAX_REMEMBERED:
            self._drop()
        until = asked_at + decision.retry_after
        self._known[subject] = _Refusal(asked_at, until, type(subject), cost, key, decision)

    def forget(self, subject: Id) -> None:
        """Ask the server again."""
        self._known.pop(subject, None)

    def forget_key(self, key: str) -> None:
        """Ask the server again, for every spelling of a subject that has this key."""
        for subject, known in list(self._known.items()):
            if known.key == key:
                self._known.pop(subject, None)

    def _drop(self) -> None:
        now = self._time()
        for subject, known in list(self._known.items()):
            if known.until <= now:
                self._known.pop(subject, None)
        # Dropping one that still holds costs a question, nothing else.
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
