"""Webhooks of Acme: Standard Webhooks signatures."""

import json

from integrations.acme.events import EVENTS, parse_event
from integrations.acme.settings import AcmeSettings
from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.standard_webhooks import StandardWebhooks
from integrations.core.webhook_store import Event, EventStore
from integrations.core.webhooks import WebhookPipeline


def webhook_pipeline(
    settings: AcmeSettings, *, store: EventStore | None = None, clock: Clock = SYSTEM_CLOCK
) -> WebhookPipeline:
    """Return the pipeline that receives Acme's webhooks.

    Raises:
        ConfigurationError: ``ACME_WEBHOOK_SECRET`` is not set.
    """
    missing = ConfigurationError("ACME_WEBHOOK_SECRET is missing: no webhook can be trusted.")
    scheme = StandardWebhooks(
        "acme", settings.webhook_secrets, events=EVENTS, read=_event, missing=missing
    )
    return WebhookPipeline(scheme, store=store, clock=clock)


def _event(message_id: str, body: bytes) -> Event:
    try:
        payload = json.loads(body)
        name, created = str(payload["type"]), float(payload["at"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise SignatureError("signed, but no event of Acme: type, at") from error
    return Event("acme", message_id, name, created, payload, body, parse=parse_event)
