"""How a call is made: once, again, and what its end means."""

import logging
from collections.abc import Callable
from typing import TypeVar

from twilio.base.exceptions import TwilioException

from integrations.core.config import Mode
from integrations.core.errors import NotSentError, ProviderError
from integrations.core.log import get_logger, log_event
from integrations.core.retry import Retry, log_waits
from integrations.twilio.transport import DryRunError, unreadable

T = TypeVar("T")

# What the SDK raises when a body is not the JSON, or not of the shape, that it expects (9.13).
_UNREADABLE = (
    TwilioException,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)


class Calls:
    """Reads and changes, each with its own rule of what may be repeated."""

    def __init__(self, *, mode: Mode, retry: Retry) -> None:
        """Repeat by ``retry``."""
        self._mode = mode
        self._retry = retry
        self._logger = get_logger("twilio")

    def read(self, what: str, call: Callable[[], T]) -> T:
        """Ask a question. It changes nothing, so it may be asked again after any failure.

        Raises:
            NotSentError: in debug mode.
            ProviderError: Twilio refused, failed, or did not answer.
        """

        def attempt(number: int) -> T:
            try:
                return self._once(what, number, call, writes=False)
            except DryRunError:
                raise NotSentError(
                    f"{what} was recorded and not sent: only Twilio knows the answer. "
                    "Use mode 'mock' for answers of the fake."
                ) from None

        return self._repeat(attempt, lambda error: error.retryable)

    def change(self, what: str, call: Callable[[], T]) -> T | None:
        """Make a change; None in debug mode.

        Twilio has no idempotency keys, so it is repeated only when it cannot have taken effect:
        after 429, and when no connection was made.
        """

        def attempt(number: int) -> T | None:
            try:
                return self._once(what, number, call, writes=True)
            except DryRunError:
                return None

        return self._repeat(attempt, lambda error: error.retryable and not error.outcome_unknown)

    def _once(self, what: str, number: int, call: Callable[[], T], *, writes: bool) -> T:
        try:
            result = call()
        except DryRunError:
            self._log(what, number, "not sent")
            raise
        except ProviderError as error:
            self._log(what, number, error.code or error.status or type(error).__name__)
            raise
        except _UNREADABLE as error:
            self._log(what, number, "unreadable")
            raise unreadable(writes=writes) from error
        self._log(what, number, "ok")
        return result

    def _repeat(self, attempt: Callable[[int], T], may_retry: Callable[[ProviderError], bool]) -> T:
        return self._retry.call(attempt, may_retry=may_retry, on_wait=log_waits(self._logger))

    def _log(self, what: str, number: int, outcome: object) -> None:
        log_event(
            self._logger,
            logging.INFO,
            "call",
            mode=self._mode,
            method=what,
            attempt=number,
            outcome=outcome,
        )
