"""Retries: one layer per service, jittered, capped, honouring ``Retry-After``.

tenacity does the looping; what may be repeated is decided by the client that knows the call.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.errors import ProviderError
from integrations.core.log import log_event

T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """How often, and how long to wait in between.

    Attributes:
        attempts: tries in all, the first one included; 1 means no retry.
        base_s: the first wait; it doubles each time.
        cap_s: the longest wait. A ``Retry-After`` beyond it is not waited for: the error is
            raised, with ``retry_after``, and the caller decides.
        clock: whose ``sleep`` waits.
        random: returns a number in [0, 1); a wait is between half and all of the backoff.
    """

    attempts: int = 3
    base_s: float = 0.5
    cap_s: float = 20.0
    clock: Clock = SYSTEM_CLOCK
    random: Callable[[], float] = field(default_factory=lambda: random.random)

    def __post_init__(self) -> None:
        """Refuse a policy that cannot work."""
        if self.attempts < 1 or self.base_s < 0 or self.cap_s < 0:
            raise ValueError(f"{self}: attempts must be at least 1, and waits not negative")

    def call(
        self,
        attempt: Callable[[int], T],
        *,
        may_retry: Callable[[ProviderError], bool],
        on_wait: Callable[[ProviderError, int, float], None] | None = None,
    ) -> T:
        """Call ``attempt(number)``, from 1 on, until it returns or must not be repeated.

        ``on_wait(error, number, seconds)`` is told of each wait before it begins.
        """

        def repeat(error: BaseException) -> bool:
            return (
                isinstance(error, ProviderError)
                and (error.retry_after or 0) <= self.cap_s
                and may_retry(error)
            )

        def announce(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            if on_wait and isinstance(error, ProviderError):
                on_wait(error, state.attempt_number, state.upcoming_sleep)

        retrying = Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=retry_if_exception(repeat),
            sleep=self.clock.sleep,
            before_sleep=announce,
            reraise=True,
        )
        for state in retrying:
            with state:
                return attempt(state.retry_state.attempt_number)
        raise AssertionError("tenacity returns or raises")  # pragma: no cover

    def _wait(self, state: RetryCallState) -> float:
        # Beyond 2**64 the cap has long been reached, and a float would overflow.
        backoff = min(self.cap_s, self.base_s * 2.0 ** min(state.attempt_number - 1, 64))
        wait = backoff * (0.5 + self.random() / 2)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ProviderError) else None
        if asked is None:
            return wait
        # A little jitter on top, so that everybody told "2 seconds" does not return together.
        return min(self.cap_s, asked + self.random() * min(self.base_s, asked / 10))


def log_waits(logger: logging.Logger) -> Callable[[ProviderError, int, float], None]:
    """Return an ``on_wait`` for :meth:`Retry.call` that logs each wait as ``retry``."""

    def tell(error: ProviderError, number: int, seconds: float) -> None:
        log_event(
            logger,
            logging.WARNING,
            "retry",
            attempt=number,
            wait_s=round(seconds, 3),
            error=type(error).__name__,
        )

    return tell


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Read a ``Retry-After`` header: seconds, or an HTTP date (RFC 9110 §10.2.3).

    Returns seconds from ``now`` (Unix time), never negative; None when absent or unreadable.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, aware.timestamp() - now)
    except (ValueError, OverflowError):
        return None
