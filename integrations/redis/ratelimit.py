"""Rate limits: decided by the server's clock, in one atomic round trip."""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Literal, ParamSpec, TypeVar

from integrations.core.errors import (
    NetworkError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.log import get_logger, log_event
from integrations.redis import arguments as check
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.increx import BoundedCounter
from integrations.redis.limit_scripts import decide
from integrations.redis.limits import Decision, Limit
from integrations.redis.names import Id
from integrations.redis.refusals import Refusals
from integrations.redis.scripts import Call

P = ParamSpec("P")
T = TypeVar("T")

IfDown = Literal["raise", "allow", "refuse"]
_DOWN = (NetworkError, UnavailableError)
_MOST_LIMITS = 8
# What a caller is told to wait when the server is down and ``if_down`` refuses.
DOWN_RETRY_S = 1.0


class RateLimiter:
    """Count calls of subjects against one or several limits.

    A refused call is not counted. With several limits, a call is counted by all of them or none.
    """

    def __init__(
        self,
        client: RedisClient,
        *limits: Limit,
        name: str = "api",
        if_down: IfDown = "raise",
        remember: bool = True,
    ) -> None:
        """Limit by every one of ``limits``.

        Args:
            client: the server.
            limits: such as ``Limit(10, 1), Limit(1000, 86_400)``.
            name: what is limited; limiters with the same name and limits share their counts.
            if_down: what to do when the server cannot be asked: ``"raise"`` the error, ``"allow"``
                (a public API that must stay up), or ``"refuse"`` (logins and codes).
            remember: keep refusals in this process until their retry-after, and do not ask again.

        Raises:
            InvalidRequestError: no limit, more than eight, or two that are the same.
        """
        if not 1 <= len(limits) <= _MOST_LIMITS:
            check.refuse("limits", f"must be 1 to {_MOST_LIMITS}")
        if len({limit.suffix for limit in limits}) < len(limits):
            check.refuse("limits", "names the same limit twice")
        if if_down not in ("raise", "allow", "refuse"):
            check.refuse("if_down", "must be 'raise', 'allow' or 'refuse'")
        self.limits = limits
        self._client = client
        self._entity = client.names.entity(f"limit.{name}")
        self._if_down = if_down
        self._refusals = Refusals(client.clock) if remember else None
        self._recall = self._refusals.recall if self._refusals else None
        self._script = decide(tuple(limit.algorithm for limit in limits))
        numbers = [number for limit in limits for number in limit.arguments()]
        self._arguments = tuple(str(number).encode() for number in numbers)
        alone = len(limits) == 1 and limits[0].algorithm == "fixed"
        self._counter = BoundedCounter(client, limits[0]) if alone else None
        self._capacity = min(limit.capacity for limit in limits)
        self._logger = get_logger("redis")
        # Packed once, and not by the SDK for each call.
        self._calls = functools.lru_cache(maxsize=10_000, typed=True)(self._make_call)

    def hit(self, subject: Id, *, cost: int = 1) -> Decision:
        """Count a call of ``subject``, if the limits allow it, and say whether they do.

        Raises:
            InvalidRequestError: ``cost`` is not positive, or more than could ever pass.
            NetworkError: the server did not answer, and ``if_down`` is ``"raise"``. The call may
                have been counted; it has not been counted twice.
        """
        if self._recall is not None:
            known = self._recall(subject, cost)
            if known is not None:
                return known
        if cost != 1 or type(cost) is not int:
            self._check_cost(cost)
        call = self._call_of(subject)
        asked_at = self._client.clock.time()
        decision = self._ask(call, cost)
        if self._refusals is None:
            return decision
        if decision.allowed:
            # A dearer call that was refused before will have to wait longer now.
            self._refusals.forget(subject)
        elif decision.source == "server":
            self._refusals.remember(subject, cost, decision, key=call.keys[0], asked_at=asked_at)
        return decision

    def peek(self, subject: Id) -> Decision:
        """Say how a subject stands, and count nothing."""
        return self._ask(self._call_of(subject), 0, Effect.READ)

    def check(self, subject: Id, *, cost: int = 1) -> Decision:
        """Count a call, as :meth:`hit` does, and raise when it is refused.

        Raises:
            RateLimitedError: with ``retry_after``.
        """
        decision = self.hit(subject, cost=cost)
        if not decision.allowed:
            limits = " and ".join(map(str, self.limits))
            raise RateLimitedError(
                f"more than {limits}.",
                provider="redis",
                retry_after=decision.retry_after,
                hint=f"Wait for {round(decision.retry_after, 3):.10g} s.",
            )
        return decision

    def reset(self, subject: Id) -> None:
        """Forget a subject's calls, as after a successful login.

        Other processes that remember a refusal keep to it until its retry-after.
        """
        keys = self._call_of(subject).keys
        if self._refusals is not None:
            self._refusals.forget_key(keys[0])
        self._client.delete(*keys)

    def limited(
        self, subject: Callable[..., Id] | str, *, cost: int = 1
    ) -> Callable[[Callable[P, T]], Callable[P, T]]:
        """Decorate a function so that each call is counted first.

        Args:
            subject: whom to count: a function of the call's arguments, or the name of one of them.
            cost: what a call counts for.
        """

        def decorate(function: Callable[P, T]) -> Callable[P, T]:
            signature = inspect.signature(function)
            if isinstance(subject, str) and subject not in signature.parameters:
                check.refuse("subject", f"{function.__qualname__} has no argument {subject!r}")

            @functools.wraps(function)
            def limited(*args: P.args, **kwargs: P.kwargs) -> T:
                if callable(subject):
                    who = subject(*args, **kwargs)
                else:
                    bound = signature.bind(*args, **kwargs)
                    bound.apply_defaults()
                    who = bound.arguments[subject]
                self.check(who, cost=cost)
                return function(*args, **kwargs)

            return limited

        return decorate

    def _call_of(self, subject: Id) -> Call:
        try:
            return self._calls(subject)
        except TypeError:
            # What cannot be a key of a dict is no subject either, and gets its refusal here.
            return self._make_call(subject)

    def _make_call(self, subject: Id) -> Call:
        stem = self._client.names.group(self._entity, subject)
        return self._packed(tuple(f"{stem}:{limit.suffix}" for limit in self.limits), 1)

    def _packed(self, keys: tuple[str, ...], cost: int) -> Call:
        return Call.of(self._script, keys, b"%d" % cost, *self._arguments)

    def _check_cost(self, cost: int) -> None:
        check.count("cost", cost)
        if cost > self._capacity:
            check.refuse("cost", f"is {cost}, and no more than {self._capacity} can ever pass")

    def _ask(self, call: Call, cost: int, effect: Effect = Effect.ONCE) -> Decision:
        try:
            if self._counter is not None and cost and self._counter.usable():
                return self._counter.hit(call.keys[0], cost)
            if cost != 1:
                call = self._packed(call.keys, cost)
            return self._read(self._client.commands.call(call, effect=effect))
        except _DOWN as down:
            return self._without_server(down)

    def _read(self, answer: bytes) -> Decision:
        allowed, *numbers = map(int, answer.split())
        if len(numbers) == 3:
            remaining, reset, retry = numbers
            return Decision(allowed == 1, self._capacity, remaining, reset / 1e6, retry / 1e6)
        each = list(zip(numbers[::3], numbers[1::3], numbers[2::3], self.limits, strict=True))
        # The one that is closest to its end, or that makes the caller wait longest.
        remaining, reset, retry, closest = min(each, key=lambda one: (-one[2], one[0], -one[1]))
        return Decision(allowed == 1, closest.capacity, remaining, reset / 1e6, retry / 1e6)

    def _without_server(self, down: ProviderError) -> Decision:
        if self._if_down == "raise":
            raise down
        allowed = self._if_down == "allow"
        log_event(
            self._logger,
            logging.WARNING,
            "rate limit not checked",
            outcome="allowed" if allowed else "refused",
            error=type(down).__name__,
        )
        wait = 0.0 if allowed else DOWN_RETRY_S
        return Decision(allowed, self._capacity, 0, wait, wait, "down")
