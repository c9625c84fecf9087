"""How a call is made: once, again, and what its end means."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.errors import ConflictError, DuplicateRequestError, ProviderError
from integrations.core.json_api import JsonApi
from integrations.core.retry import Retry
from integrations.loops import arguments as check
from integrations.loops.models import SendResult
from integrations.loops.settings import LoopsSettings
from integrations.loops.transport import LOOPS_ERRORS

T = TypeVar("T")


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
        mode, base_url = settings.mode, settings.base_url
        self._api = JsonApi(
            http, LOOPS_ERRORS, mode=mode, base_url=base_url, clock=clock, retry=retry
        )
        self._mode = mode
        self._new_id = new_id

    def read(
        self, path: str, parse: Callable[[Any], T], params: Mapping[str, str] | None = None
    ) -> T:
        """Ask a question."""
        return self._api.read(path, parse, params)

    def change(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any] | None:
        """Make a change that has no idempotency key; None in debug mode."""
        return self._api.change(method, path, _success, body=body, params=params)

    def send(self, path: str, body: Mapping[str, Any], given: str | None) -> SendResult:
        """Make a change under an idempotency key, which makes it safe to repeat."""
        key = self._new_id() if given is None else check.idempotency_key(given)
        unknown = False

        def attempt(number: int) -> SendResult:
            nonlocal unknown
            try:
                response = self._api.once("POST", path, number, body=body, key=key, writes=True)
                if self._mode is Mode.DEBUG:
                    return SendResult(False, key)
                raw = self._api.parsed(response, _success, writes=True)
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

        return self._api.repeat(attempt, may_retry=lambda error: error.retryable)


def _duplicate(conflict: ConflictError) -> DuplicateRequestError:
    return DuplicateRequestError(
        conflict.message,
        provider="loops",
        status=conflict.status,
        argument="idempotency_key",
        hint="Nothing was done this time. For a new message, use a new key.",
    )


def _success(raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, dict) or raw.get("success") is not True:
        raise ValueError("Loops did not say success")
    return raw
