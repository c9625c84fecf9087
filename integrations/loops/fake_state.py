"""What a fake Loops knows: its audience, its emails, and the webhooks it has yet to deliver."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any, Protocol

from standardwebhooks import Webhook

from integrations.core.clock import Clock
from integrations.core.views import message

# Loops answers success for these and delivers nothing
# (https://loops.so/docs/transactional, "Testing transactional emails", read 2026-11).
TEST_DOMAINS = ("example.com", "test.com")

_SLOT = re.compile(r"\{([A-Za-z0-9_-]+)\}")


@dataclass(frozen=True)
class Template:
    """A transactional email as a team has set it up. ``{name}`` stands for a data variable."""

    id: str
    name: str
    subject: str
    body: str
    optional: frozenset[str] = frozenset()
    published: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its data variables, in order of appearance."""
        return tuple(dict.fromkeys(_SLOT.findall(self.subject + self.body)))

    def missing(self, given: Mapping[str, Any]) -> list[str]:
        """Name the required variables that were not given."""
        return [name for name in self.variables if name not in given and name not in self.optional]


def fill(text: str, given: Mapping[str, Any]) -> str:
    """Put data variables into a template's text."""
    return _SLOT.sub(lambda slot: str(given.get(slot[1], "")), text)


@dataclass(frozen=True)
class Email:
    """An email that the fake has taken.

    ``delivered`` is False for Loops' test domains, for suppressed contacts, and for bounces.
    """

    id: str
    to: str
    transactional_id: str
    subject: str
    body: str
    data_variables: Mapping[str, Any]
    attachments: tuple[str, ...]
    delivered: bool

    def _repr_html_(self) -> str:
        link = r'<a href="\1" rel="nofollow">\1</a>'
        text = re.sub(r"(https?://[^\s<]+)", link, escape(self.body)).replace("\n", "<br>")
        head = [("To", self.to)]
        if self.attachments:
            head.append(("Attached", ", ".join(self.attachments)))
        if not self.delivered:
            head.append(("Note", "accepted, not delivered"))
        return message(head, self.subject, text)


class Answer(Protocol):
    """What a receiver of webhooks answers."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...


@dataclass(frozen=True)
class Delivery:
    """A signed webhook: post ``body`` with ``headers`` to your endpoint."""

    event: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass
class State:
    """All that ``reset()`` throws away."""

    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    removals: list[float] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    keys: dict[str, float] = field(default_factory=dict)
    calls: list[float] = field(default_factory=list)
    emails: list[Email] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    webhooks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    attachments_enabled: bool = True
    ids: int = 0

    def new_id(self) -> str:
        """Return the next id, in the length of Loops' own."""
        self.ids += 1
        return f"clfake{self.ids:018d}"

    def contact(self, **named: str | None) -> dict[str, Any] | None:
        """Return the contact that has one of the given values."""
        wanted = [(key, value) for key, value in named.items() if value is not None]
        for contact in self.contacts.values():
            if any(contact[key] == value for key, value in wanted):
                return contact
        return None

    def emit(self, event: str, about: Mapping[str, Any] | None, **details: Any) -> None:
        """Queue a webhook."""
        identity = {key: about[key] for key in ("id", "email", "userId")} if about else None
        who = {"contactIdentity": identity} if identity else {}
        self.webhooks.append((event, {**who, **details}))


class Outgoing:
    """Signs queued webhooks, delivers them, and keeps those that were not taken."""

    def __init__(self, secret: str, clock: Clock, state: Callable[[], State]) -> None:
        """Sign with ``secret`` at the time of ``clock``."""
        self._signer = Webhook(secret)
        self._clock = clock
        self._state = state
        self.pending: list[Delivery] = []

    def sign(self, body: bytes, *, message_id: str, at: float | None = None) -> dict[str, str]:
        """Return the headers that Loops sends with ``body``."""
        stamp = int(self._clock.time() if at is None else at)
        when = datetime.fromtimestamp(stamp, tz=UTC)
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": self._signer.sign(message_id, when, body.decode()),
        }

    def collect(self) -> list[Delivery]:
        """Sign what is queued and return all that waits for delivery, oldest first."""
        state = self._state()
        for event, details in state.webhooks:
            payload = {
                "eventName": event,
                "eventTime": int(self._clock.time()),
                "webhookSchemaVersion": "1.0.0",
                **details,
            }
            body = json.dumps(payload).encode()
            headers = self.sign(body, message_id=f"msg_{state.new_id()}")
            self.pending.append(Delivery(event, body, headers))
        state.webhooks.clear()
        return list(self.pending)

    def deliver(self, receive: Callable[[bytes, Mapping[str, str]], Answer]) -> list[int]:
        """Post what is pending, oldest first; keep what was not answered with 2xx.

        Every try is signed anew, with the time of the try and the same id. Returns the statuses.
        """
        statuses = []
        kept = []
        for each in self.collect():
            headers = self.sign(each.body, message_id=each.headers["webhook-id"])
            status = receive(each.body, headers).status
            statuses.append(status)
            if not 200 <= status < 300:
                kept.append(each)
        self.pending = kept
        return statuses
