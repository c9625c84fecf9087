"""httpx on a wire, for services without an SDK: wires in, wires out."""

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
