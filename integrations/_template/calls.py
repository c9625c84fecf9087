"""How a call is made: what stands on the wire, and what Acme's answers mean."""

from collections.abc import Mapping
from typing import Any

import httpx

from integrations.acme.settings import AcmeSettings
from integrations.core.clock import Clock
from integrations.core.errors import (
    AuthenticationError,
    DuplicateRequestError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.http import Network, WireTransport
from integrations.core.json_api import ErrorTable
from integrations.core.outbox import Outbox
from integrations.core.registry import ErrorRow
from integrations.core.wire import RecipientGuard, Request, Wire
from integrations.core.wiring import wire_for

ERRORS = (
    ErrorRow("400", InvalidRequestError, "A field is wrong.", "never", "Read the message."),
    ErrorRow(
        "401, 403", AuthenticationError, "The key is not accepted.", "never", "Check ACME_API_KEY."
    ),
    ErrorRow("404", NotFoundError, "No such note.", "never", "Compare the id with Acme."),
    ErrorRow(
        "405", InvalidRequestError, "Not an endpoint of Acme.", "never", "Check ACME_BASE_URL."
    ),
    ErrorRow(
        "409",
        DuplicateRequestError,
        "The idempotency key was used for another note.",
        "never",
        "For a new note, use a new key.",
    ),
    ErrorRow("429", RateLimitedError, "Too many requests.", "always", "Send less at a time."),
    ErrorRow(
        "5xx",
        UnavailableError,
        "Acme failed, or its reply could not be read.",
        "reads, and notes with their idempotency key",
        "Try again later.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, or the reply was lost.",
        "connection failures always; else reads, and notes with their idempotency key",
        "Check the network, then try again.",
    ),
)


def _explain(body: Mapping[str, Any]) -> tuple[str, str | None]:
    return str(body.get("message") or ""), body.get("field")


ACME_ERRORS = ErrorTable("acme", ERRORS, _explain)


def open_http(
    settings: AcmeSettings, wire: Wire | None, outbox: Outbox, clock: Clock
) -> httpx.Client:
    """Return an httpx client whose requests go where the mode says."""
    network = Network(settings.timeout)
    allowed = settings.sandbox_recipients
    chosen = wire_for(
        settings.mode,
        given=wire,
        network=network,
        outbox=outbox,
        clock=clock,
        rules=[RecipientGuard(_recipients, allowed, "ACME_SANDBOX_RECIPIENTS")],
    )
    return httpx.Client(
        transport=WireTransport(chosen, on_close=network.close),
        timeout=settings.timeout,
        headers={"authorization": f"Bearer {settings.api_key.reveal() or 'debug'}"},
    )


def _recipients(request: Request) -> list[str]:
    return [str(request.json()["to"])] if request.body else []
