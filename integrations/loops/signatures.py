"""Who signed a webhook of Loops, and what it says."""

import json
import math
from collections.abc import Sequence

from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.standard_webhooks import StandardWebhooks
from integrations.core.webhook_store import Event
from integrations.loops.events import EVENTS, order_of, parse_event


def loops_webhooks(secrets: Sequence[Secret]) -> StandardWebhooks:
    """Return the scheme of Loops; give two secrets while you rotate.

    Raises:
        ConfigurationError: there is no secret. Verification is never skipped.
    """
    missing = ConfigurationError(
        "LOOPS_SIGNING_SECRET is missing: without it no webhook can be trusted.",
        problems=["Get it at Loops → Settings → Webhooks → Signing secret."],
    )
    return StandardWebhooks("loops", secrets, events=EVENTS, read=_event, missing=missing)


def _event(message_id: str, body: bytes) -> Event:
    try:
        payload = json.loads(body)
        name, created = payload["eventName"], float(payload["eventTime"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise SignatureError("signed, but no event of Loops: eventName, eventTime") from error
    if not isinstance(name, str) or not math.isfinite(created):
        raise SignatureError("signed, but its eventName is no text, or its eventTime no time")
    return Event(
        provider="loops",
        id=message_id,
        type=name,
        created=created,
        payload=payload,
        body=body,
        order=order_of(payload),
        parse=parse_event,
    )
