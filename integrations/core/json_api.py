"""Calls to a JSON API over httpx: once, again, and what the end means.

For services without an SDK. What a vendor does with a repeated idempotency key differs, so the
calls that carry one are made by :meth:`JsonApi.keyed` (the first answer is replayed), or by the
integration itself on top of :meth:`JsonApi.once`.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.errors import NetworkError, NotSentError, ProviderError, UnavailableError
from integrations.core.http import NOT_SENT
from integrations.core.log import get_logger, log_event
from integrations.core.registry import ErrorRow
from integrations.core.retry import Retry, log_waits, parse_retry_after

T = TypeVar("T")
Explain = Callable[[Mapping[str, Any]], tuple[str, str | None]]
"""Reads the vendor's message, and the field it is about, from the body of a refusal."""


@dataclass(frozen=True)
class ErrorTable:
    """Turns answers, and their absence, into errors.

    Attributes:
        provider: the integration's name.
        rows: by status; ``"400"``, ``"405"``, ``"5xx"`` and ``"no reply"`` must be among them.
        explain: reads a refusal's body.
    """

    provider: str
    rows: Sequence[ErrorRow]
    explain: Explain

    def row(self, status: str) -> ErrorRow:
        """Return the row of a status, or of its kind."""
        known = {each.strip(): row for row in self.rows for each in row.status.split(",")}
        other = "5xx" if status >= "500" else "400" if status >= "400" else "405"
        return known.get(status) or known[other]

    def network(self, error: httpx.HTTPError, *, writes: bool) -> NetworkError:
        """Return the error of a call without a reply. ``writes``: it changes something."""
        never_sent = isinstance(error, NOT_SENT)
        late = isinstance(error, httpx.TimeoutException)
        what = (
            "no connection" if never_sent else "no reply in time" if late else "the reply was lost"
        )
        return NetworkError(
            f"{what} ({type(error).__name__}).",
            provider=self.provider,
            outcome_unknown=writes and not never_sent,
            hint=self.row("no reply").hint,
        )

    def refused(self, response: httpx.Response, clock: Clock, *, writes: bool) -> ProviderError:
        """Return the error of a response that is not a success."""
        status = response.status_code
        row = self.row(str(status))
        body = _object(response)
        message, argument = self.explain(body)
        return row.error(
            message or f"HTTP {status} without a message.",
            provider=self.provider,
            status=status,
            argument=argument,
            retry_after=parse_retry_after(response.headers.get("retry-after"), clock.time()),
            outcome_unknown=writes and status >= 500,
            hint=row.hint if body or status != 502 else "A proxy answered in HTML. " + row.hint,
        )

    def unreadable(self, response: httpx.Response, *, writes: bool) -> UnavailableError:
        """Return the error of a success whose body is not the JSON that was promised."""
        return UnavailableError(
            f"the reply cannot be read as JSON ({len(response.content)} bytes).",
            provider=self.provider,
            status=response.status_code,
            outcome_unknown=writes,
            hint=self.row("5xx").hint,
        )


class JsonApi:
    """Reads and changes, each with its own rule of what may be repeated."""

    def __init__(
        self,
        http: httpx.Client,
        errors: ErrorTable,
        *,
        mode: Mode,
        base_url: str,
        clock: Clock,
        retry: Retry,
        form: bool = False,
    ) -> None:
        """Call through ``http`` at ``base_url``; with ``form``, bodies are sent as HTML forms."""
        self._http = http
        self._errors = errors
        self._mode = mode
        self._base_url = base_url
        self._clock = clock
        self._retry = retry
        self._form = form
        self._logger = get_logger(errors.provider)

    def read(
        self, path: str, parse: Callable[[Any], T], params: Mapping[str, str] | None = None
    ) -> T:
        """Ask a question. It changes nothing, so it may be asked again after any failure.

        Raises:
            NotSentError: in debug mode.
            ProviderError: the service refused, failed, or did not answer.
        """

        def attempt(number: int) -> T:
            response = self.once("GET", path, number, params=params)
            if self._mode is Mode.DEBUG:
                raise NotSentError(
                    f"GET {path} was recorded and not sent: only {self._errors.provider.title()} "
                    "knows the answer. Use mode 'mock' for answers of the fake."
                )
            return self.parsed(response, parse, writes=False)

        return self.repeat(attempt, may_retry=lambda error: error.retryable)

    def change(
        self,
        method: str,
        path: str,
        parse: Callable[[Any], T],
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> T | None:
        """Make a change that has no idempotency key; None in debug mode.

        It is repeated only when it cannot have taken effect.
        """

        def attempt(number: int) -> T | None:
            try:
                response = self.once(method, path, number, params=params, body=body, writes=True)
                if self._mode is Mode.DEBUG:
                    return None
                return self.parsed(response, parse, writes=True)
            except ProviderError as error:
                if error.outcome_unknown:
                    error.hint = "Look whether it did before you repeat it."
                raise

        return self.repeat(
            attempt, may_retry=lambda error: error.retryable and not error.outcome_unknown
        )

    def keyed(
        self, path: str, parse: Callable[[Any], T], *, body: Mapping[str, Any], key: str
    ) -> T | None:
        """Make a change under an idempotency key to whose repeat the service replays its answer.

        None in debug mode. It is repeated after any failure, with the same key.
        """

        def attempt(number: int) -> T | None:
            try:
                response = self.once("POST", path, number, body=body, key=key, writes=True)
                if self._mode is Mode.DEBUG:
                    return None
                return self.parsed(response, parse, writes=True)
            except ProviderError as error:
                if error.outcome_unknown:
                    error.hint = f"Repeat it with idempotency_key={key!r}: one effect at most."
                raise

        return self.repeat(attempt, may_retry=lambda error: error.retryable)

    def repeat(
        self, attempt: Callable[[int], T], *, may_retry: Callable[[ProviderError], bool]
    ) -> T:
        """Call ``attempt(number)`` by the client's policy, and log each wait."""
        return self._retry.call(attempt, may_retry=may_retry, on_wait=log_waits(self._logger))

    def once(
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
        """Make the request once and return the response of a success.

        Raises:
            ProviderError: any other end, with httpx's own error as the cause.
        """
        headers = {"idempotency-key": key} if key else None
        try:
            response = self._http.request(
                method,
                self._base_url + path,
                params=params,
                json=None if self._form else body,
                data=body if self._form else None,
                headers=headers,
            )
        except httpx.HTTPError as error:
            self._log(method, path, number, outcome=type(error).__name__)
            raise self._errors.network(error, writes=writes) from error
        self._log(method, path, number, outcome=response.status_code)
        if not response.is_success:
            failure = self._errors.refused(response, self._clock, writes=writes)
            raise failure from httpx.HTTPStatusError(
                f"HTTP {response.status_code}", request=response.request, response=response
            )
        return response

    def parsed(self, response: httpx.Response, parse: Callable[[Any], T], *, writes: bool) -> T:
        """Return what ``parse`` makes of the body.

        Raises:
            UnavailableError: it is not the JSON that was promised.
        """
        try:
            return parse(json.loads(response.content))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._errors.unreadable(response, writes=writes) from error

    def _log(self, method: str, path: str, number: int, *, outcome: object) -> None:
        log_event(
            self._logger,
            logging.INFO,
            "call",
            mode=self._mode,
            method=method,
            path=path,
            attempt=number,
            outcome="not sent" if self._mode is Mode.DEBUG else outcome,
        )


def _object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
