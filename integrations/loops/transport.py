"""What Loops' answers mean: errors by meaning."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from integrations.core.clock import Clock
from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.http import NOT_SENT
from integrations.core.registry import ErrorRow
from integrations.core.retry import parse_retry_after

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

_BY_STATUS = {status.strip(): row for row in ERRORS for status in row.status.split(",")}


def network_error(error: httpx.HTTPError, *, writes: bool) -> NetworkError:
    """Return our error for httpx's. ``writes``: the call changes something at Loops."""
    never_sent = isinstance(error, NOT_SENT)
    late = isinstance(error, httpx.TimeoutException)
    what = "no connection" if never_sent else "no reply in time" if late else "the reply was lost"
    return NetworkError(
        f"{what} ({type(error).__name__}).",
        provider="loops",
        outcome_unknown=writes and not never_sent,
        hint=_BY_STATUS["no reply"].hint,
    )


def status_error(response: httpx.Response, clock: Clock, *, writes: bool) -> ProviderError:
    """Return our error for a response that is not a success."""
    status = response.status_code
    other = "5xx" if status >= 500 else "400" if status >= 400 else "405"
    row = _BY_STATUS.get(str(status)) or _BY_STATUS[other]
    body = _object(response)
    hint = row.hint if body or status != 502 else "A proxy answered in HTML. " + row.hint
    return row.error(
        _message(body) or f"HTTP {status} without a message.",
        provider="loops",
        status=status,
        argument=_path(body),
        retry_after=parse_retry_after(response.headers.get("retry-after"), clock.time()),
        outcome_unknown=writes and status >= 500,
        hint=hint,
    )


def unreadable(response: httpx.Response, *, writes: bool) -> UnavailableError:
    """Return the error of a success whose body is not the JSON that Loops promises."""
    return UnavailableError(
        f"the reply cannot be read as JSON ({len(response.content)} bytes).",
        provider="loops",
        status=response.status_code,
        outcome_unknown=writes,
        hint=_BY_STATUS["5xx"].hint,
    )


def _object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


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
