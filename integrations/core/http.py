"""httpx on a wire, for services without an SDK: wires in, wires out."""

import threading
from collections.abc import Callable

import httpx

from integrations.core.wire import (
    ConnectFailedError,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
    Wire,
)


class WireTransport(httpx.BaseTransport):
    """Hang a wire on httpx, so that the real client code runs on it."""

    def __init__(self, wire: Wire, *, on_close: Callable[[], None] | None = None) -> None:
        """Carry every request over ``wire``; call ``on_close`` when the client is closed."""
        self._wire = wire
        self._on_close = on_close

    def close(self) -> None:
        """Close what the wire ends in."""
        if self._on_close:
            self._on_close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, and raise httpx's own errors where there is no response."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        sent = Request(request.method, str(request.url), headers, request.read())
        try:
            answer = self._wire(sent)
        except ConnectFailedError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except ReplyTimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except ReplyLostError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        return httpx.Response(
            answer.status, headers=dict(answer.headers), content=answer.body, request=request
        )


NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""What httpx raises before the request was written. It cannot have taken effect."""


def network_wire(client: httpx.Client) -> Wire:
    """Return the real network, through an httpx client, as a wire."""

    def wire(request: Request) -> Response:
        try:
            answer = client.request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
        except NOT_SENT as error:
            raise ConnectFailedError(type(error).__name__) from error
        except httpx.TimeoutException as error:
            raise ReplyTimeoutError(type(error).__name__) from error
        except httpx.RequestError as error:
            raise ReplyLostError(type(error).__name__) from error
        # The body is decoded by now: passing the encoding on would decode it twice.
        headers = {k: v for k, v in answer.headers.items() if k != "content-encoding"}
        return Response(answer.status_code, headers, answer.content)

    return wire


class Network:
    """The real network, as a wire, opened by the first request; safe in threads.

    Most clients never reach it, and an httpx client costs a TLS context, over ten milliseconds.
    """

    def __init__(self, timeout: float) -> None:
        """Wait ``timeout`` seconds for a connection, and for each reply."""
        self._timeout = timeout
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._wire: Wire | None = None
        self._closed = False

    def __call__(self, request: Request) -> Response:
        """Send a request; see :func:`network_wire`.

        Raises:
            RuntimeError: it was closed, as httpx has it.
        """
        wire = self._wire or self._open()
        return wire(request)

    def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        with self._lock:
            self._closed = True
            if self._client:
                self._client.close()

    def _open(self) -> Wire:
        with self._lock:
            if self._closed:
                raise RuntimeError("Cannot send a request, as the client has been closed.")
            if self._wire is None:
                self._client = httpx.Client(timeout=self._timeout)
                self._wire = network_wire(self._client)
            return self._wire
