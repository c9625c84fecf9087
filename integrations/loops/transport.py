"""What Loops' answers mean: errors by meaning."""

from collections.abc import Mapping
from typing import Any

from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.json_api import ErrorTable
from integrations.core.registry import ErrorRow

# Loops has no machine-readable codes: the status tells what kind, the message tells what
# (spec 1.22.6; https://loops.so/docs/api-reference/intro, read 2026-11).
ERRORS = (
    ErrorRow(
        "400",
        InvalidRequestError,
        "A field is wrong or missing, or the email is not published.",
        "never",
        "Read the message: it names the field or the data variable.",
    ),
    ErrorRow(
        "401, 403",
        AuthenticationError,
        "The API key is not accepted.",
        "never",
        "Check LOOPS_API_KEY at Loops → Settings → API.",
    ),
    ErrorRow(
        "404",
        NotFoundError,
        "No such contact or transactional email.",
        "never",
        "Compare the id with Loops; an id of another team does not exist here.",
    ),
    ErrorRow(
        "405",
        InvalidRequestError,
        "The endpoint does not take this method.",
        "never",
        "Check LOOPS_BASE_URL: something else may be answering there.",
    ),
    ErrorRow(
        "409",
        ConflictError,
        "A contact exists already; or (DuplicateRequestError) the idempotency key was used "
        "within 24 hours.",
        "never",
        "To create or update, use update_contact; for a new message, use a new idempotency key.",
    ),
    ErrorRow(
        "413, 422",
        InvalidRequestError,
        "The request is too large, or cannot be processed.",
        "never",
        "Send less: 4 MB in all, 500 characters a value.",
    ),
    ErrorRow(
        "429",
        RateLimitedError,
        "More than 10 requests a second for the team.",
        "always",
        "Send less at a time; send_many keeps to the limit.",
    ),
    ErrorRow(
        "5xx",
        UnavailableError,
        "Loops, or a proxy before it, failed; or a reply could not be read.",
        "reads, and sends with their idempotency key",
        "Try again later.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, no reply in time, or the connection was dropped.",
        "connection failures always; else reads, and sends with their idempotency key",
        "Check the network, then try again.",
    ),
)


def _message(body: Mapping[str, Any]) -> str:
    # ``error`` is deprecated since 2025-09-11 and still served: a string, or an object.
    message = body.get("message") or body.get("error")
    if isinstance(message, Mapping):
        message = message.get("message") or message.get("reason")
    return str(message) if message else ""


def _path(body: Mapping[str, Any]) -> str | None:
    error = body.get("error")
    path = error.get("path") if isinstance(error, Mapping) else body.get("path")
    return str(path) if path else None


LOOPS_ERRORS = ErrorTable("loops", ERRORS, lambda body: (_message(body), _path(body)))
