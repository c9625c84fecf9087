"""How a call is made: once, again, and what its end means."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.errors import (
    ConflictError,
    DuplicateRequestError,
    NotSentError,
    ProviderError,
)
from integrations.core.log import get_logger, log_event
from integrations.core.retry import Retry
from integrations.loops import arguments as check
from integrations.loops.models import SendResult
from integrations.loops.settings import LoopsSettings
from integrations.loops.transport import network_error, status_error, unreadable

T = TypeVar("T")
_logger = get_logger("loops")


class Calls:
    """Reads, changes, and sends: each with its own rule of what may be repeated."""

    def __init__(
        self,
        settings: LoopsSettings,
        http: httpx.Client,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        retry: Retry,
    ) -> None:
        """Call through ``http``."""
        self._mode = settings.mode
        self._base_url = settings.base_url
        self._http = http
        self._clock = clock
        self._new_id = new_id
        self._retry = retry

    def read(
        self, path: str, parse: Callable[[Any], T], params: Mapping[str, str] | None = None
    ) -> T:
        """Ask a question. It changes nothing, so it may be asked again after any failure."""

        def attempt(number: int) -> T:
            response = self._once("GET", path, number, params=params)
            if self._mode is Mode.DEBUG:
                raise NotSentError(
                    f"GET {path} was recorded and not sent: only Loops knows the answer. "
                    "Use mode 'mock' for answers of the fake."
                )
            return _parsed(response, parse, writes=False)

        return self._retry.call(
            attempt, may_retry=lambda error: error.retryable, on_wait=self._log_wait
        )

    def change(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any] | None:
        """Make a change that has no idempotency key; None in debug mode."""

        def attempt(number: int) -> Mapping[str, Any] | None:
            try:
                response = self._once(method, path, number, params=params, body=body, writes=True)
                if self._mode is Mode.DEBUG:
                    return None
                return _parsed(response, _success, writes=True)
            except ProviderError as error:
                if error.outcome_unknown:
                    error.hint = "Look whether it did before you repeat it."
                raise

        return self._retry.call(
            attempt,
            may_retry=lambda error: error.retryable and not error.outcome_unknown,
            on_wait=self._log_wait,
        )

    def send(self, path: str, body: Mapping[str, Any], given: str | None) -> SendResult:
        """Make a change under an idempotency key, which makes it safe to repeat."""
        key = self._new_id() if given is None else check.idempotency_key(given)
        unknown = False

        def attempt(number: int) -> SendResult:
            nonlocal unknown
            try:
                response = self._once("POST", path, number, body=body, key=key, writes=True)
                if self._mode is Mode.DEBUG:
                    return SendResult(False, key)
                raw = _parsed(response, _success, writes=True)
            except ConflictError as conflict:
                # Loops does not replay a keyed call: it answers 409. After a lost reply of our
                # own, that is the proof that the message went through.
                if unknown:
                    return SendResult(True, key, number, already_processed=True)
                raise _duplicate(conflict) from conflict
            except ProviderError as error:
                unknown = unknown or error.outcome_unknown
                if unknown:
                    error.outcome_unknown = True
                    error.hint = f"Repeat it with idempotency_key={key!r}: one message at most."
                raise
            return SendResult(True, key, number, raw=raw)

        return self._retry.call(
            attempt, may_retry=lambda error: error.retryable, on_wait=self._log_wait
        )

    def _once(
        self,
        method: str,
        path: str,
        number: int,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        writes: bool = False,
    ) -> httpx.Response:
        headers = {"idempotency-key": key} if key else None
        try:
            response = self._http.request(
                method, self._base_url + path, params=params, json=body, headers=headers
            )
        except httpx.HTTPError as error:
            self._log(method, path, number, outcome=type(error).__name__)
            raise network_error(error, writes=writes) from error
        self._log(method, path, number, outcome=response.status_code)
        if not response.is_success:
            failure = status_error(response, self._clock, writes=writes)
            raise failure from httpx.HTTPStatusError(
                f"HTTP {response.status_code}", request=response.request, response=response
            )
        return response

    def _log(self, method: str, path: str, number: int, *, outcome: object) -> None:
        log_event(
            _logger,
            logging.INFO,
            "call",
            mode=self._mode,
            method=method,
            path=path,
            attempt=number,
            outcome="not sent" if self._mode is Mode.DEBUG else outcome,
        )

    def _log_wait(self, error: ProviderError, number: int, seconds: float) -> None:
        log_event(
            _logger,
            logging.WARNING,
            "retry",
            attempt=number,
            wait_s=round(seconds, 3),
            error=type(error).__name__,
        )


def _duplicate(conflict: ConflictError) -> DuplicateRequestError:
    return DuplicateRequestError(
        conflict.message,
        provider="loops",
        status=conflict.status,
        argument="idempotency_key",
        hint="Nothing was done this time. For a new message, use a new key.",
    )


def _parsed(response: httpx.Response, parse: Callable[[Any], T], *, writes: bool) -> T:
    try:
        return parse(json.loads(response.content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable(response, writes=writes) from error


def _success(raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, dict) or raw.get("success") is not True:
        raise ValueError("Loops did not say success")
    return raw
