"""The SDK's own extension point for HTTP, on a wire."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import stripe as stripe_sdk

from integrations.core.log import get_logger, log_event
from integrations.core.wire import Request, Response, Wire, WireError

# Besides these, the SDK sends telemetry and a description of this machine.
_TYPICAL = ("authorization", "content-type", "idempotency-key", "stripe-version", "user-agent")


class WireHttpClient(stripe_sdk.HTTPClient):
    """Carry the SDK's requests over a wire. Safe in threads.

    Stripe's telemetry is left out: nothing about this machine goes along with a request.
    """

    name = "wire"

    def __init__(self, wire: Wire, *, mode: str, on_close: Callable[[], None]) -> None:
        """Send over ``wire``; call ``on_close`` when the client is closed."""
        super().__init__()
        self._wire = wire
        self._mode = mode
        self._on_close = on_close
        self._last = threading.local()
        self._logger = get_logger("stripe")

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: Any = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Make one request; see ``stripe.HTTPClient.request``.

        Raises:
            stripe.APIConnectionError: there is no response; the wire's error is the cause.
        """
        kept = {k: v for k, v in (headers or {}).items() if k.lower() in _TYPICAL}
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        sent = Request(method.upper(), url, kept, body)
        self._last.headers = {}
        try:
            answer = self._wire(sent)
        except WireError as lost:
            self._log(sent, type(lost).__name__)
            failure: Exception = stripe_sdk.APIConnectionError(str(lost))  # type: ignore[no-untyped-call]
            raise failure from lost
        self._log(sent, answer.status)
        self._last.headers = answer.headers
        return _text(answer), answer.status, answer.headers

    def last_headers(self) -> Mapping[str, str]:
        """Return the headers of this thread's last response; none when there was none."""
        found: Mapping[str, str] = getattr(self._last, "headers", {})
        return found

    def close(self) -> None:
        """Close what the wire ends in."""
        self._on_close()

    def _log(self, sent: Request, outcome: object) -> None:
        log_event(
            self._logger,
            logging.INFO,
            "call",
            mode=self._mode,
            method=sent.method,
            path=sent.path,
            outcome="not sent" if self._mode == "debug" else outcome,
        )


def _text(answer: Response) -> str:
    # A dry run answers 204 without a body, which the SDK would not read.
    return answer.body.decode("utf-8", "replace") if answer.status != 204 else "{}"
