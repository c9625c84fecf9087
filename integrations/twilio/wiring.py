"""Which pieces stand on the wire in which mode."""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urljoin

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProxyError

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.outbox import Outbox
from integrations.core.wire import (
    ConnectFailedError,
    RecipientGuard,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
    Wire,
)
from integrations.core.wiring import wire_for
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.transport import WireHttpClient


def open_http(
    settings: TwilioSettings, wire: Wire | None, outbox: Outbox, clock: Clock
) -> WireHttpClient:
    """Return the SDK's HTTP client, whose requests go where the mode says."""
    session = requests.Session()
    allowed = tuple(each.removeprefix("whatsapp:") for each in settings.sandbox_recipients)
    chosen = wire_for(
        settings.mode,
        given=wire,
        network=network_wire(session, settings.timeout),
        outbox=outbox,
        clock=clock,
        rules=[RecipientGuard(_recipients, allowed, "TWILIO_SANDBOX_RECIPIENTS")],
    )
    return WireHttpClient(
        chosen,
        api_base=settings.api_base,
        clock=clock,
        dry=settings.mode is Mode.DEBUG,
        on_close=session.close,
    )


def network_wire(session: requests.Session, timeout: float) -> Wire:
    """Return the real network as a wire, over requests, which the SDK brings along.

    The SDK's own transport waits for ever by default, and retries connections silently (9.13).
    """

    @cache
    def environment(origin: str) -> dict[str, Any]:
        # Proxies and certificates of the environment; requests would look for them at every call,
        # which takes a tenth of its time (2.34).
        return dict(session.merge_environment_settings(origin, {}, None, None, None))

    def wire(request: Request) -> Response:
        # Without an auth of our own, requests would let a ~/.netrc replace the header.
        asked = requests.Request(
            request.method, request.url, dict(request.headers), data=request.body, auth=_as_it_is
        )
        try:
            prepared = session.prepare_request(asked)
            settings = environment(urljoin(request.url, "/"))
            answer = session.send(prepared, timeout=timeout, allow_redirects=False, **settings)
        except requests.Timeout as error:
            if isinstance(error, requests.ConnectTimeout):
                raise ConnectFailedError(type(error).__name__) from error
            raise ReplyTimeoutError(type(error).__name__) from error
        except requests.ConnectionError as error:
            raise _lost(error) from error
        except requests.RequestException as error:
            raise ReplyLostError(type(error).__name__) from error
        headers = {k.lower(): v for k, v in answer.headers.items()}
        # The body is decoded by now: passing the encoding on would decode it twice.
        headers.pop("content-encoding", None)
        return Response(answer.status_code, headers, answer.content)

    return wire


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _lost(error: requests.ConnectionError) -> ConnectFailedError | ReplyLostError:
    """Tell a connection that was never made from one that was dropped.

    requests raises ConnectionError for both; only urllib3's reason tells them apart (2.34).
    """
    reason = error.args[0] if error.args else None
    cause = reason.reason if isinstance(reason, MaxRetryError) else reason
    refused = isinstance(cause, NewConnectionError | ProxyError)
    distrusted = "CERTIFICATE_VERIFY_FAILED" in str(cause)
    kind = ConnectFailedError if refused or distrusted else ReplyLostError
    return kind(type(error).__name__)


def _recipients(request: Request) -> list[str]:
    """Read whom a request would reach: ``To`` of a form, without ``whatsapp:``."""
    if request.method != "POST":
        return []
    form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return [value.removeprefix("whatsapp:") for name, value in form if name == "To"]
