"""What Twilio posts to you, as typed objects.

Twilio's callbacks have no event names: a status callback says ``MessageStatus``, an inbound message
has a body. Here they are called ``message.<status>`` and ``inbound.<kind>``.
Source: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status and
https://www.twilio.com/docs/messaging/guides/webhook-request, read 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.views import Displayed
from integrations.core.webhook_store import Event

Payload = Mapping[str, Any]

STATUSES = (
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "read",
    "canceled",
    "partially_delivered",
)
"""What becomes of a message
(`message status values <https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>`_,
read 2026-11)."""

KEYWORDS = {
    "stop": ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
    "start": ("START", "YES", "UNSTOP"),
    "help": ("HELP", "INFO"),
}
"""Twilio's keywords. The message is the word and nothing else; case does not matter
(`Twilio's support <https://help.twilio.com/articles/223134027>`_, read 2026-11)."""


@dataclass(frozen=True, kw_only=True)
class StatusCallback(Displayed):
    """What became of a message you sent.

    Attributes:
        sid: the message.
        status: one of :data:`~integrations.twilio.events.STATUSES`.
        to: whom it was sent to.
        sender: whom it came from.
        error_code: Twilio's code when it was not delivered, such as ``30003``.
        raw: every parameter.
    """

    sid: str
    status: str
    to: str
    sender: str
    error_code: str | None
    raw: Payload = field(repr=False, compare=False)


@dataclass(frozen=True)
class Media:
    """A file that came with a message. Fetch ``url`` with your credentials, and no redirects."""

    url: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class InboundMessage(Displayed):
    """A message that somebody sent to you.

    Attributes:
        sid: the message.
        sender: who sent it.
        to: your number.
        body: its text; written by a stranger.
        media: the files that came with it.
        keyword: ``stop``, ``start`` or ``help`` when it is one of Twilio's keywords.
        raw: every parameter.
    """

    sid: str
    sender: str
    to: str
    body: str
    media: tuple[Media, ...]
    keyword: str | None
    raw: Payload = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class OtherCallback(Displayed):
    """Something signed by Twilio that is no message: all there is to know is in ``raw``."""

    raw: Payload = field(repr=False, compare=False)


EVENTS: dict[str, type[StatusCallback] | type[InboundMessage] | type[OtherCallback]] = {
    **{f"message.{status}": StatusCallback for status in STATUSES},
    "inbound.message": InboundMessage,
    "inbound.stop": InboundMessage,
    "inbound.start": InboundMessage,
    "inbound.help": InboundMessage,
    "other": OtherCallback,
}


def keyword_of(payload: Payload) -> str | None:
    """Return ``stop``, ``start`` or ``help`` for one of Twilio's keywords.

    ``OptOutType`` comes with Advanced Opt-Out, whose keywords are yours to choose.
    """
    told = str(payload.get("OptOutType", "")).lower()
    if told in KEYWORDS:
        return told
    word = str(payload.get("Body", "")).strip().upper()
    return next((kind for kind, words in KEYWORDS.items() if word in words), None)


def type_of(payload: Payload) -> str:
    """Name what a callback is about."""
    if not _sid(payload):
        return "other"
    if status := payload.get("MessageStatus"):
        return f"message.{status}"
    # An inbound message says SmsStatus=received and has no MessageStatus.
    if "From" in payload and "Body" in payload:
        return f"inbound.{keyword_of(payload) or 'message'}"
    return "other"


def id_of(payload: Payload) -> str | None:
    """Return what tells one callback from another: the message's SID and its status."""
    status = payload.get("MessageStatus") or payload.get("SmsStatus") or "received"
    return f"{_sid(payload)}:{status}" if _sid(payload) else None


def parse_event(event: Event) -> StatusCallback | InboundMessage | OtherCallback | Payload:
    """Return the typed event; the payload itself for a name that is not known.

    Raises:
        ValueError: an inbound message says that it has files and does not say where.
    """
    kind, payload = EVENTS.get(event.type), event.payload
    if kind is StatusCallback:
        return StatusCallback(
            sid=_sid(payload),
            status=payload["MessageStatus"],
            to=payload.get("To", ""),
            sender=payload.get("From", ""),
            error_code=payload.get("ErrorCode") or None,
            raw=payload,
        )
    if kind is InboundMessage:
        return InboundMessage(
            sid=_sid(payload),
            sender=payload["From"],
            to=payload.get("To", ""),
            body=payload["Body"],
            media=_media(payload),
            keyword=keyword_of(payload),
            raw=payload,
        )
    return OtherCallback(raw=payload) if kind else payload


def _sid(payload: Payload) -> str:
    return str(payload.get("MessageSid") or payload.get("SmsSid") or "")


def _media(payload: Payload) -> tuple[Media, ...]:
    count = str(payload.get("NumMedia", "0"))
    if not (count.isascii() and count.isdigit() and int(count[:3]) <= 10):
        raise ValueError(f"twilio: NumMedia is {count!r}; Twilio sends at most 10 files")
    try:
        return tuple(
            Media(payload[f"MediaUrl{index}"], payload[f"MediaContentType{index}"])
            for index in range(int(count))
        )
    except KeyError as missing:
        raise ValueError(f"twilio: the message has {count} files, and no {missing}") from missing
