"""Fault injection: make the wire fail in the ways that networks and services do.

A fault sits in front of a fake, so what it breaks is exactly what a client would see. Those named
"lost" let the request take effect first: that is what makes retries dangerous.
"""

import threading
from collections import deque
from collections.abc import Callable

from integrations.core.wire import (
    ConnectFailedError,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
    Wire,
)

Fault = Callable[[Request, Wire], Response]
"""Called in place of the wire, with the request and the wire it stands before."""


def status(code: int, message: str = "", *, retry_after: str | None = None) -> Fault:
    """Answer with an HTTP status and a JSON message; the service does nothing."""
    headers = {} if retry_after is None else {"retry-after": retry_after}
    body = {"success": False, "message": message or f"Injected {code}"}
    return lambda _request, _wire: Response.of_json(code, body, headers)


def rate_limited(retry_after: str | None = None) -> Fault:
    """Answer 429, with ``Retry-After`` (seconds, or an HTTP date) when given."""
    return status(429, "Rate limit exceeded.", retry_after=retry_after)


def html_502(_request: Request, _wire: Wire) -> Response:
    """Answer as a proxy does whose backend is down: 502, in HTML."""
    return Response(502, {"content-type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>")


def connect_failure(_request: Request, _wire: Wire) -> Response:
    """Fail before anything is sent."""
    raise ConnectFailedError("connection refused (injected)")


def timeout_lost(request: Request, wire: Wire) -> Response:
    """Let the request take effect; its reply comes too late."""
    wire(request)
    raise ReplyTimeoutError("no reply in time (injected)")


def reply_lost(request: Request, wire: Wire) -> Response:
    """Let the request take effect; the connection drops before the reply."""
    wire(request)
    raise ReplyLostError("connection dropped before the reply (injected)")


def truncated_lost(request: Request, wire: Wire) -> Response:
    """Let the request take effect; the reply's body is cut in the middle."""
    reply = wire(request)
    return Response(reply.status, reply.headers, reply.body[: len(reply.body) // 2])


class FaultInjector:
    """A wire that fails as told, once for each fault given, and is transparent otherwise."""

    def __init__(self, wire: Wire) -> None:
        """Stand in front of ``wire``."""
        self._wire = wire
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()

    def inject(self, *faults: Fault) -> None:
        """Fail the next requests, one fault each, in this order."""
        with self._lock:
            self._faults.extend(faults)

    @property
    def pending(self) -> int:
        """How many faults have not happened yet."""
        return len(self._faults)

    def __call__(self, request: Request) -> Response:
        """Fail as told, or pass the request on."""
        with self._lock:
            fault = self._faults.popleft() if self._faults else None
        return fault(request, self._wire) if fault else self._wire(request)
