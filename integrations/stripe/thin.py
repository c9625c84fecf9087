"""Typed events, and what a thin event leaves out.

Source: https://docs.stripe.com/event-destinations#fetch-data, read 2026-11.
"""

from typing import Any

import stripe as stripe_sdk

from integrations.core.errors import ConfigurationError
from integrations.core.webhook_store import Event


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
    """
    client = stripe_sdk.StripeClient("sk_test_none", http_client=_NoNetwork())
    if event.payload.get("object") == "v2.core.event":
        return client.parse_event_notification_without_verification(event.body)
    return client.construct_event_without_verification(event.body)
