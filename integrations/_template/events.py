"""The webhook events of Acme as typed objects.

Source: https://docs.acme.example/webhooks
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.views import Displayed
from integrations.core.webhook_store import Event


@dataclass(frozen=True)
class NoteRead(Displayed):
    """Somebody has read a note."""

    note_id: str
    raw: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Ping(Displayed):
    """The test event of the dashboard."""

    raw: Mapping[str, Any] = field(repr=False, compare=False)


EVENTS: dict[str, type[NoteRead] | type[Ping]] = {"note.read": NoteRead, "ping": Ping}


def parse_event(event: Event) -> NoteRead | Ping | Mapping[str, Any]:
    """Return the typed event; the payload itself for a name that is not known."""
    if event.type == "note.read":
        return NoteRead(event.payload["noteId"], event.payload)
    return Ping(event.payload) if event.type == "ping" else event.payload
