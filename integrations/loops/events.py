"""The seventeen webhook events of Loops as typed objects.

Source: https://loops.so/docs/webhooks and the specification 1.22.6, read 2026-11. A workflow is
called a loop here: the events keep the product's older name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.views import Displayed
from integrations.core.webhook_store import Event
from integrations.loops.models import Contact, MailingList

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class ContactIdentity:
    """Whom an event is about."""

    id: str
    email: str
    user_id: str | None


@dataclass(frozen=True)
class SentEmail:
    """The email an event is about, and its message's id in Loops."""

    id: str
    email_message_id: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class LoopsEvent(Displayed):
    """What every event has. ``time`` is in Unix seconds."""

    name: str
    time: int
    contact: ContactIdentity | None
    raw: Payload = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class ContactEvent(LoopsEvent):
    """Something happened to a contact."""


@dataclass(frozen=True, kw_only=True)
class ContactCreated(ContactEvent):
    """A contact was created; ``details`` is the whole of it."""

    details: Contact


@dataclass(frozen=True, kw_only=True)
class ContactUnsubscribed(ContactEvent):
    """A contact no longer gets campaigns and workflows. Sent after a hard bounce too."""


@dataclass(frozen=True, kw_only=True)
class ContactDeleted(ContactEvent):
    """A contact was deleted. ``contact.unsubscribed`` comes with it."""


@dataclass(frozen=True, kw_only=True)
class MailingListEvent(LoopsEvent):
    """A contact joined or left a mailing list."""

    mailing_list: MailingList


@dataclass(frozen=True, kw_only=True)
class EmailSent(LoopsEvent):
    """An email went out. ``source_id`` and ``source_name`` are those of what sent it."""

    email: SentEmail
    source_id: str
    source_name: str
    mailing_lists: tuple[MailingList, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EmailEvent(LoopsEvent):
    """Something happened to an email.

    ``source_type`` is ``campaign``, ``loop`` or ``transactional``; opens, clicks, unsubscribes and
    resubscribes are never of a transactional email.
    """

    email: SentEmail
    source_type: str
    source_id: str


@dataclass(frozen=True, kw_only=True)
class TestEvent(LoopsEvent):
    """The test that Loops' dashboard sends. It has no contact."""

    __test__ = False  # not a test case, whatever pytest makes of the name

    message: str


EVENTS: dict[str, type[LoopsEvent]] = {
    "contact.created": ContactCreated,
    "contact.unsubscribed": ContactUnsubscribed,
    "contact.deleted": ContactDeleted,
    "contact.mailingList.subscribed": MailingListEvent,
    "contact.mailingList.unsubscribed": MailingListEvent,
    "campaign.email.sent": EmailSent,
    "loop.email.sent": EmailSent,
    "transactional.email.sent": EmailSent,
    "email.delivered": EmailEvent,
    "email.softBounced": EmailEvent,
    "email.hardBounced": EmailEvent,
    "email.opened": EmailEvent,
    "email.clicked": EmailEvent,
    "email.unsubscribed": EmailEvent,
    "email.resubscribed": EmailEvent,
    "email.spamReported": EmailEvent,
    "testing.testEvent": TestEvent,
}

_SUBSCRIPTION = {
    "contact.created",
    "contact.unsubscribed",
    "contact.deleted",
    "email.unsubscribed",
    "email.resubscribed",
}


def order_of(payload: Payload) -> str | None:
    """Name the state that an event describes, where an older event must not overwrite a newer."""
    name, contact = payload.get("eventName"), _id(payload, "contactIdentity")
    if contact is None:
        return None
    if name in _SUBSCRIPTION:
        return f"contact:{contact}"
    if name in ("contact.mailingList.subscribed", "contact.mailingList.unsubscribed"):
        return f"list:{contact}:{_id(payload, 'mailingList')}"
    return None


def _id(payload: Payload, key: str) -> object:
    inner = payload.get(key)
    return inner.get("id") if isinstance(inner, Mapping) else None


def parse_event(event: Event) -> LoopsEvent | Payload:
    """Return the typed event; the payload itself for a name that is not known.

    Raises:
        ValueError: a known event lacks what its specification promises.
    """
    kind = EVENTS.get(event.type)
    if kind is None:
        return event.payload
    try:
        return kind(**_base(event.payload), **_details(kind, event.payload))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"loops: {event.type} {event.id} is not as specified") from error


def _base(payload: Payload) -> dict[str, Any]:
    who = payload.get("contactIdentity")
    contact = ContactIdentity(who["id"], who["email"], who["userId"]) if who else None
    return {
        "name": payload["eventName"],
        "time": payload["eventTime"],
        "contact": contact,
        "raw": payload,
    }


def _details(kind: type[LoopsEvent], payload: Payload) -> dict[str, Any]:
    if kind is ContactCreated:
        return {"details": Contact.from_raw(payload["contact"])}
    if kind is MailingListEvent:
        return {"mailing_list": MailingList.from_raw(payload["mailingList"])}
    if kind is EmailSent:
        source = str(payload["eventName"]).partition(".")[0]
        lists = tuple(MailingList.from_raw(each) for each in payload.get("mailingLists", ()))
        return {
            "email": _email(payload["email"]),
            "source_id": payload[f"{source}Id"],
            "source_name": payload[f"{source}Name"],
            "mailing_lists": lists,
        }
    if kind is EmailEvent:
        source = payload["sourceType"]
        return {
            "email": _email(payload["email"]),
            "source_type": source,
            "source_id": payload.get(f"{source}Id", ""),
        }
    return {"message": payload["message"]} if kind is TestEvent else {}


def _email(raw: Payload) -> SentEmail:
    return SentEmail(raw["id"], raw["emailMessageId"], raw["subject"])
