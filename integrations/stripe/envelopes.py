"""The two shapes in which Stripe sends events: snapshots, and thin notifications.

A snapshot has the object as it was in ``data.object``. A thin notification names the object and
tells nothing of it; fetch it (:mod:`integrations.stripe.thin`).

Source: https://docs.stripe.com/event-destinations, read 2026-11.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.core.errors import MalformedEventError
from integrations.core.webhook_store import Event
from integrations.stripe.events import related_path
from integrations.stripe.thin import typed_event

SNAPSHOT, THIN = "event", "v2.core.event"
# It becomes a header of the request that fetches.
_CONTEXT = re.compile(r"[!-~]{0,500}")


def read_event(body: bytes, text: str) -> Event:
    """Return the event that a verified body holds.

    Raises:
        MalformedEventError: it has neither shape.
    """
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedEventError("signed, but no JSON") from error
    shape = payload.get("object") if isinstance(payload, dict) else None
    if shape not in (SNAPSHOT, THIN):
        raise MalformedEventError(
            "signed, but no event of Stripe: object is not event or v2.core.event"
        )
    for name in ("id", "type"):
        if not isinstance(payload.get(name), str) or not 0 < len(payload[name]) <= 255:
            raise MalformedEventError(f"signed, but its {name} is no text")
    if not isinstance(payload.get("livemode"), bool):
        raise MalformedEventError("signed, but livemode is neither true nor false")
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
        raise MalformedEventError("signed, but created is no Unix time")
    if version is not None and not isinstance(version, str):
        raise MalformedEventError("signed, but api_version is no text")
    data: Any = payload.get("data")
    held = data.get("object") if isinstance(data, dict) else None
    if not isinstance(held, dict):
        raise MalformedEventError("signed, but there is no data.object")
    before = data.get("previous_attributes")
    if before is not None and not isinstance(before, dict):
        raise MalformedEventError("signed, but data.previous_attributes is no object")
    return float(created)


def _thin_time(payload: Mapping[str, Any]) -> float:
    _check_related(payload)
    context = payload.get("context")
    if context is not None and not (isinstance(context, str) and _CONTEXT.fullmatch(context)):
        raise MalformedEventError("signed, but context names no account")
    try:
        created = datetime.fromisoformat(payload.get("created", ""))
    except (TypeError, ValueError) as error:
        raise MalformedEventError("signed, but created is no ISO 8601 time") from error
    if created.tzinfo is None:
        raise MalformedEventError("signed, but created has no time zone")
    return created.timestamp()


def _check_related(payload: Mapping[str, Any]) -> None:
    related, path = payload.get("related_object"), related_path(payload["type"])
    if related is None and path is None:
        return
    if not isinstance(related, dict) or not all(
        isinstance(related.get(name), str) for name in ("type", "url")
    ):
        raise MalformedEventError("signed, but related_object has no type and url")
    if path and not re.fullmatch(rf"{path}/[A-Za-z0-9_\-]+", related["url"]):
        raise MalformedEventError(f"signed, but related_object.url does not begin with {path}/")
