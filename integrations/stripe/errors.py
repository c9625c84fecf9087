"""What Stripe's answers mean: the SDK's exceptions as errors by meaning."""

from collections.abc import Mapping
from typing import Any

import stripe as stripe_sdk

from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    DuplicateRequestError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.registry import ErrorRow
from integrations.core.retry import parse_retry_after
from integrations.core.wire import ConnectFailedError, ReplyTimeoutError

# Who holds such a card must not learn that we know (https://docs.stripe.com/declines/codes).
_NEVER_TOLD = ("fraudulent", "lost_card", "stolen_card", "merchant_blacklist", "pickup_card")


class CardDeclinedError(ProviderError):
    """The card was declined, or the buyer has to authenticate. Nothing was charged.

    Attributes:
        decline_code: the bank's reason, for your records and rules. Never show it to a buyer.
        buyer_message: what you may show.
        payment_intent_id: the payment that failed; another card can be tried on it.
    """

    decline_code: str | None = None
    buyer_message: str = "Your card was declined. Please try another card."
    payment_intent_id: str | None = None

    @property
    def needs_authentication(self) -> bool:
        """Whether the bank asks for 3D Secure. Bring the buyer back to confirm the payment."""
        return "authentication_required" in (self.code, self.decline_code)


# https://docs.stripe.com/api/errors, and the exceptions of the SDK 16.1 (2026-11).
ERRORS = (
    ErrorRow(
        "400",
        InvalidRequestError,
        "A parameter is wrong, missing, unknown or retired; or the object's state forbids it.",
        "never",
        "The message names the parameter; compare with the API reference of the pinned version.",
    ),
    ErrorRow(
        "400 idempotency_error",
        DuplicateRequestError,
        "The idempotency key was used within 24 hours with other parameters.",
        "never",
        "Give each intent a key of its own; the same key is for the same parameters.",
    ),
    ErrorRow(
        "401, 403",
        AuthenticationError,
        "The key is not accepted, or a restricted key lacks the permission.",
        "never",
        "Check STRIPE_API_KEY at Stripe → Developers → API keys, and a restricted key's rights.",
    ),
    ErrorRow(
        "402",
        CardDeclinedError,
        "The card was declined, or the buyer must authenticate.",
        "never",
        "Show buyer_message and ask for another card; never show decline_code.",
    ),
    ErrorRow(
        "404",
        NotFoundError,
        "No such object for this key: test and live objects do not see each other.",
        "never",
        "Compare the id, and whether it was made with a key of the same account and mode.",
    ),
    ErrorRow(
        "409",
        ConflictError,
        "Another request is changing the object, or the same key is under way.",
        "always, unless Stripe says not to",
        "Try again in a moment.",
    ),
    ErrorRow(
        "429",
        RateLimitedError,
        "Too many requests: about 100 a second live, 25 in test mode; or a lock on one object.",
        "always, unless Stripe says not to",
        "Send less at a time.",
    ),
    ErrorRow(
        "424, 5xx",
        UnavailableError,
        "Stripe, or a proxy before it, failed; or a reply could not be read.",
        "reads, and changes with their idempotency key, unless Stripe says not to",
        "Try again later.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, no reply in time, or the connection was dropped.",
        "connection failures always; else reads, and changes with their idempotency key",
        "Check the network, then try again.",
    ),
)

_ROWS = {each.strip(): row for row in ERRORS for each in row.status.split(",")}
_HINTS = {
    "resource_missing": _ROWS["404"].hint,
    "payment_method_types_no_longer_supported": "Leave payment_method_types out: Stripe chooses "
    "the methods by the Dashboard's settings. excluded_payment_method_types narrows them.",
    "authentication_required": "The bank wants 3D Secure: bring the buyer back to confirm it.",
    "charge_already_refunded": "Nothing is left to refund.",
}


def translate(
    error: stripe_sdk.StripeError, *, headers: Mapping[str, str], now: float, writes: bool
) -> ProviderError:
    """Return the SDK's exception as one of ours, with ``error`` still to be made its cause.

    Args:
        error: what the SDK raised.
        headers: those of the last response, lower-case; the SDK drops them for odd bodies.
        now: Unix time, for ``Retry-After`` dates.
        writes: whether the call changes something.
    """
    if isinstance(error, stripe_sdk.APIConnectionError):
        return _network(error, writes=writes)
    status, told = error.http_status or 0, _told(error)
    if 200 <= status < 300:
        return _unreadable(status, writes=writes)
    row = _row(status, str(told.get("type", "")))
    code = told.get("code")
    found = row.error(
        str(told.get("message") or f"HTTP {status} without a message"),
        provider="stripe",
        status=status,
        code=code,
        request_id=headers.get("request-id"),
        argument=told.get("param"),
        retry_after=parse_retry_after(headers.get("retry-after"), now),
        outcome_unknown=writes and row.error is UnavailableError,
        hint=_HINTS.get(str(code), row.hint),
    )
    if isinstance(found, DuplicateRequestError):
        found.argument = "idempotency_key"
    if isinstance(found, CardDeclinedError):
        _explain_decline(found, told)
    found.retryable = _may_repeat(found, headers.get("stripe-should-retry"))
    return found


def _row(status: int, kind: str) -> ErrorRow:
    if status == 400 and kind == "idempotency_error":
        return _ROWS["400 idempotency_error"]
    return _ROWS.get(str(status)) or _ROWS["5xx" if status >= 500 or status < 400 else "400"]


def _may_repeat(error: ProviderError, advice: str | None) -> bool:
    # Stripe knows best: "false" vetoes a repeat that would only replay an error, "true" asks for
    # one after a lock (the SDK's own rule, _http_client.py 16.1). 429 is ours: the SDK gives up.
    if advice in ("true", "false"):
        return advice == "true"
    return error.retryable or error.status == 409


def _explain_decline(error: CardDeclinedError, told: Mapping[str, Any]) -> None:
    error.decline_code = told.get("decline_code")
    intent = told.get("payment_intent") or told.get("setup_intent")
    error.payment_intent_id = intent.get("id") if isinstance(intent, Mapping) else None
    if error.decline_code not in _NEVER_TOLD and told.get("message"):
        error.buyer_message = str(told["message"])


def _network(error: stripe_sdk.APIConnectionError, *, writes: bool) -> NetworkError:
    cause = error.__cause__
    never_sent = isinstance(cause, ConnectFailedError)
    late = isinstance(cause, ReplyTimeoutError)
    what = "no connection" if never_sent else "no reply in time" if late else "the reply was lost"
    return NetworkError(
        f"{what} ({cause}).",
        provider="stripe",
        outcome_unknown=writes and not never_sent,
        hint=_ROWS["no reply"].hint,
    )


def _unreadable(status: int, *, writes: bool) -> UnavailableError:
    return UnavailableError(
        "the reply cannot be read as JSON.",
        provider="stripe",
        status=status,
        outcome_unknown=writes,
        hint=_ROWS["5xx"].hint,
    )


def _told(error: stripe_sdk.StripeError) -> Mapping[str, Any]:
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    if isinstance(told, dict):
        return told
    # A proxy's, or another program's answer: no object of Stripe's.
    return body if isinstance(body, dict) and "message" in body else {}
