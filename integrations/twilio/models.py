"""What the client returns: frozen dataclasses with the fields we teach, plus ``raw``.

Field names are the SDK's own. ``raw`` holds everything the SDK read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.core.views import Displayed

Raw = Mapping[str, Any]

FINAL = frozenset({"delivered", "undelivered", "failed", "read", "canceled", "received"})
"""Statuses after which nothing changes, except that a delivered message may be read
(`message status values <https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>`_,
read 2026-11)."""

# An account's answer holds its auth token in clear text.
_SECRET = frozenset({"auth_token"})


def raw_of(instance: object) -> Raw:
    """Return what the SDK keeps of an answer, without its own plumbing and without secrets."""
    kept = vars(instance).items()
    return {name: value for name, value in kept if name[0] != "_" and name not in _SECRET}


@dataclass(frozen=True)
class Account(Displayed):
    """The account that calls are made for. ``type`` is ``Trial`` or ``Full``."""

    sid: str
    friendly_name: str
    status: str
    type: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class SentMessage(Displayed):
    """The end of a send. Being taken by Twilio is not being delivered: follow the status.

    Attributes:
        sent: whether Twilio has taken the message. False in debug mode: nothing left.
        sid: the message's id; None in debug mode.
        status: ``queued``, ``accepted`` or ``scheduled``; None in debug mode.
        to: the recipient, in E.164, with ``whatsapp:`` where it applies.
        segments: parts that are billed; None for a template, whose text only Twilio knows.
        encoding: ``GSM-7``, or ``UCS-2``, which takes more than twice as many segments.
    """

    sent: bool
    sid: str | None
    status: str | None
    to: str
    segments: int | None = None
    encoding: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Message(Displayed):
    """A message as Twilio knows it.

    Attributes:
        sid: its id.
        status: where it stands, such as ``sent`` or ``delivered``.
        direction: ``outbound-api``, ``outbound-reply``, or ``inbound``.
        to: the recipient.
        from_number: the sender; None until a Messaging Service has picked one.
        body: the text. It may hold a code, so it is left out of repr.
        segments: parts that are billed.
        error_code: why it was not delivered, as Twilio's number.
        error_message: the same in words.
        date_sent: when it left Twilio.
    """

    sid: str
    status: str
    direction: str
    to: str
    from_number: str | None
    body: str = field(repr=False)
    segments: int
    error_code: int | None
    error_message: str | None
    date_sent: datetime | None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def final(self) -> bool:
        """Whether nothing changes any more, except that it may be read."""
        return self.status in FINAL

    @classmethod
    def from_sdk(cls, sdk: Any) -> "Message":
        """Read the SDK's message."""
        return cls(
            sid=str(sdk.sid),
            status=str(sdk.status),
            direction=str(sdk.direction),
            to=str(sdk.to),
            from_number=sdk.from_,
            body=sdk.body or "",
            segments=int(sdk.num_segments or 0),
            error_code=sdk.error_code,
            error_message=sdk.error_message,
            date_sent=sdk.date_sent if isinstance(sdk.date_sent, datetime) else None,
            raw=raw_of(sdk),
        )


@dataclass(frozen=True)
class PhoneNumber(Displayed):
    """What Lookup says of a number. That it is valid does not say that anybody answers.

    Attributes:
        phone_number: in E.164.
        valid: whether the number can exist in its country's plan.
        validation_errors: why it is not, such as ``TOO_LONG``.
        country_code: two letters.
        national_format: as it is written in its country.
        line_type: ``mobile``, ``landline``, ``nonFixedVoip``…; None unless asked for.
        carrier_name: the network; None unless the line type was asked for.
        pumping_risk: 0 to 100, the risk of SMS pumping; None unless asked for.
    """

    phone_number: str
    valid: bool
    validation_errors: tuple[str, ...] = ()
    country_code: str | None = None
    national_format: str | None = None
    line_type: str | None = None
    carrier_name: str | None = None
    pumping_risk: int | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_sdk(cls, sdk: Any) -> "PhoneNumber":
        """Read the SDK's lookup."""
        line, risk = sdk.line_type_intelligence or {}, sdk.sms_pumping_risk or {}
        return cls(
            phone_number=str(sdk.phone_number),
            valid=sdk.valid is True,
            validation_errors=tuple(map(str, sdk.validation_errors or ())),
            country_code=sdk.country_code,
            national_format=sdk.national_format,
            line_type=line.get("type"),
            carrier_name=line.get("carrier_name"),
            pumping_risk=risk.get("sms_pumping_risk_score"),
            raw=raw_of(sdk),
        )


@dataclass(frozen=True)
class Verification(Displayed):
    """A verification of Verify v2. Only ``approved`` proves anything.

    Attributes:
        sid: its id; None in debug mode.
        status: ``pending``, ``approved``, ``canceled``, ``max_attempts_reached``, ``deleted``,
            ``failed`` or ``expired``; ``"not sent"`` in debug mode.
        to: the number or address.
        channel: how the code was sent.
    """

    sid: str | None
    status: str
    to: str
    channel: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def approved(self) -> bool:
        """Whether the right code was given."""
        return self.status == "approved"

    @classmethod
    def from_sdk(cls, sdk: Any) -> "Verification":
        """Read the SDK's verification, or its check."""
        return cls(str(sdk.sid), str(sdk.status), str(sdk.to), str(sdk.channel), raw_of(sdk))


@dataclass(frozen=True)
class RateLimit(Displayed):
    """A rate limit of your own on a Verify service. ``sid`` is None in debug mode."""

    sid: str | None
    unique_name: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Bucket(Displayed):
    """How often a rate limit lets through: ``max`` starts in ``interval_s`` seconds."""

    sid: str | None
    max: int
    interval_s: int
    raw: Raw = field(default_factory=dict, repr=False, compare=False)
