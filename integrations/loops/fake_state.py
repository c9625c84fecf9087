"""What a fake Loops knows: its audience, its emails, and the webhooks it has yet to deliver."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from integrations.core.outgoing import Message
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

    def take_webhooks(self, now: float) -> Iterator[Message]:
        """Hand over what is queued, as sent at the Unix time ``now``."""
        queued, self.webhooks = self.webhooks, []
        for event, details in queued:
            head = {"eventName": event, "eventTime": int(now), "webhookSchemaVersion": "1.0.0"}
            body = json.dumps({**head, **details}).encode()
            yield Message(event, f"msg_{self.new_id()}", body)
