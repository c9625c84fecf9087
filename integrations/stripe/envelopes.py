"""The two shapes in which Stripe sends events: snapshots, and thin notifications.

A snapshot has the object as it was in ``data.object``. A thin notification names the object and
tells nothing of it; fetch it (:mod:`integrations.stripe.thin`).

Source: https://docs.stripe.com/event-destinations, read 2026-11.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.core.errors import SignatureError
from integrations.core.webhook_store import Event
from integrations.stripe.events import EVENTS
from integrations.stripe.thin import typed_event

SNAPSHOT, THIN = "event", "v2.core.event"


def read_event(body: bytes, text: str) -> Event:
    """Return the event that a verified body holds.

    Raises:
        SignatureError: it has neither shape.
    """
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignatureError("signed, but no JSON") from error
    shape = payload.get("object") if isinstance(payload, dict) else None
    if shape not in (SNAPSHOT, THIN):
        raise SignatureError("signed, but no event of Stripe: object is not event or v2.core.event")
    for name in ("id", "type"):
        if not isinstance(payload.get(name), str) or not 0 < len(payload[name]) <= 255:
            raise SignatureError(f"signed, but its {name} is no text")
    if not isinstance(payload.get("livemode"), bool):
        raise SignatureError("signed, but livemode is neither true nor false")
    created = _snapshot_time(payload) if shape == SNAPSHOT else _thin_time(payload)
    return Event(
        provider="stripe",
        id=payload["id"],
        type=payload["type"],
        created=created,
        payload=payload,
        body=body,
        parse=typed_event,
    )


def _snapshot_time(payload: Mapping[str, Any]) -> float:
    created, version = payload.get("created"), payload.get("api_version")
    if type(created) is not int or not 0 <= created < 10**12:
        raise SignatureError("signed, but created is no Unix time")
    if version is not None and not isinstance(version, str):
        raise SignatureError("signed, but api_version is no text")
    data = payload.get("data")
    held = data.get("object") if isinstance(data, dict) else None
    if not isinstance(held, dict):
        raise SignatureError("signed, but there is no data.object")
    kind = EVENTS.get(payload["type"])
    if kind and held.get("object") != kind.carries:
        raise SignatureError(f"signed, but data.object of {payload['type']} is no {kind.carries}")
    return float(created)


def _thin_time(payload: Mapping[str, Any]) -> float:
    related = payload.get("related_object")
    if related is not None and not (
        isinstance(related, dict) and all(isinstance(related.get(k), str) for k in ("type", "url"))
    ):
        raise SignatureError("signed, but related_object has no type and url")
    try:
        created = datetime.fromisoformat(payload.get("created", ""))
    except (TypeError, ValueError) as error:
        raise SignatureError("signed, but created is no ISO 8601 time") from error
    if created.tzinfo is None:
        raise SignatureError("signed, but created has no time zone")
    return created.timestamp()
