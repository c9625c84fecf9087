"""Typed events, and what a thin event leaves out.

Source: https://docs.stripe.com/event-destinations#fetch-data, read 2026-11.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import stripe as stripe_sdk

from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.webhook_store import Event

if TYPE_CHECKING:
    from integrations.stripe.client import StripeClient

Raw = Mapping[str, Any]


class _NoNetwork(stripe_sdk.HTTPClient):
    """Stands behind typed events: reading one must not send a request under a global key."""

    name = "none"

    def request(self, *_: Any, **__: Any) -> Any:
        raise ConfigurationError(
            "a typed event cannot fetch: use fetch_event(event, client) or "
            "fetch_related_object(event, client)"
        )


def typed_event(event: Event) -> Any:
    """Return the SDK's typed object: an ``Event``, or a ``…EventNotification`` for a thin one.

    Building it costs far more than verifying does; handlers that need a few fields read
    ``event.payload`` instead.

    Raises:
        ValueError: the event is not as the SDK expects it. Check the endpoint's API version.
    """
    client = stripe_sdk.StripeClient("sk_test_none", http_client=_NoNetwork())
    try:
        if is_thin(event):
            return client.parse_event_notification_without_verification(event.body)
        return client.construct_event_without_verification(event.body)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"stripe: {event.type} {event.id} is not as the SDK expects it") from error


def is_thin(event: Event) -> bool:
    """Tell whether an event is a thin notification, which has no ``data``."""
    return event.payload.get("object") == "v2.core.event"


def fetch_event(event: Event, client: "StripeClient") -> Raw:
    """Return the whole of a thin event; some have ``data`` of their own, or ``changes``.

    Raises:
        InvalidRequestError: the event is a snapshot, and complete.
        ProviderError: Stripe refused, failed, or did not answer.
    """
    _require_thin(event)
    return _get(event, client, f"/v2/core/events/{_part(event.id)}")


def fetch_related_object(event: Event, client: "StripeClient") -> Raw | None:
    """Return the object that a thin event is about, as it is now; None when it names none.

    It may be newer than the event, and the same for several events: that is the point of thin
    events.

    Raises:
        InvalidRequestError: the event is a snapshot, and has its object in ``data.object``.
        ProviderError: Stripe refused, failed, or did not answer.
    """
    _require_thin(event)
    related = event.payload.get("related_object")
    return _get(event, client, related["url"]) if related else None


def fetched_snapshot(event: Event, client: "StripeClient") -> Event:
    """Return a thin event about a v1 object as the snapshot event it stands for.

    Its object is fetched, so its time is that of the fetch: the object is as it was then.

    Raises:
        ProviderError: Stripe refused, failed, or did not answer.
    """
    held = fetch_related_object(event, client)
    payload = {**event.payload, "object": "event", "api_version": None, "data": {"object": held}}
    type = event.type.removeprefix("v1.")
    return replace(event, type=type, payload=payload, created=client.clock.time())


def _get(event: Event, client: "StripeClient", path: str) -> Raw:
    if not re.fullmatch(r"/v[12](/[A-Za-z0-9_\-]+)+", path):
        raise InvalidRequestError(
            f"{event.id} names no path of the API.", provider="stripe", argument="event"
        )
    calls = client._calls  # one client, one layer of retries

    def get(**_: Any) -> Any:
        # A platform's event of an account of its own is fetched as that account.
        answer = calls.raw_request("get", path, stripe_context=event.payload.get("context"))
        return SimpleNamespace(last_response=answer)

    found: Raw = calls.read(get, parse=lambda raw: raw)
    return found


def _require_thin(event: Event) -> None:
    if not is_thin(event):
        raise InvalidRequestError(
            f"{event.type} {event.id} is a snapshot: all there is, is in event.payload.",
            provider="stripe",
            argument="event",
        )


def _part(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]+", text):
        raise InvalidRequestError("not an id of an event.", provider="stripe", argument="event")
    return text
