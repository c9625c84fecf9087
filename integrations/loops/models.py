"""What the client returns: frozen dataclasses with the fields we teach, plus ``raw``.

Field names are Loops' own, in snake case (https://loops.so/docs/api-reference, spec 1.22.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.views import Displayed

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class ApiKey(Displayed):
    """The team an API key belongs to."""

    team_name: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class SendResult(Displayed):
    """The end of a send. Loops returns no message id.

    Attributes:
        sent: whether Loops has taken the message. False in debug mode: nothing left.
        idempotency_key: the key of this logical send; use it again to repeat the send safely.
        attempts: requests made.
        already_processed: an earlier attempt of this same call had gone through although its reply
            was lost; Loops confirmed it by refusing the repeated key.
    """

    sent: bool
    idempotency_key: str
    attempts: int = 1
    already_processed: bool = False
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class WriteResult(Displayed):
    """The end of a change. ``done`` is False in debug mode, and then there is no ``id``."""

    done: bool
    id: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


_CONTACT_FIELDS = {
    "id": "id",
    "email": "email",
    "first_name": "firstName",
    "last_name": "lastName",
    "source": "source",
    "subscribed": "subscribed",
    "user_group": "userGroup",
    "user_id": "userId",
    "mailing_lists": "mailingLists",
    "opt_in_status": "optInStatus",
}
STANDARD_FIELDS = frozenset(_CONTACT_FIELDS.values())


@dataclass(frozen=True)
class Contact(Displayed):
    """A person in the audience. ``properties`` are your custom ones, by key."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    source: str | None
    subscribed: bool
    user_group: str | None
    user_id: str | None
    mailing_lists: Mapping[str, bool]
    opt_in_status: str | None
    properties: Mapping[str, Any]
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "Contact":
        """Read a contact as the API and the webhooks write it."""
        known: dict[str, Any] = {ours: raw.get(theirs) for ours, theirs in _CONTACT_FIELDS.items()}
        known["mailing_lists"] = raw.get("mailingLists") or {}
        custom = {key: value for key, value in raw.items() if key not in STANDARD_FIELDS}
        return cls(**known, properties=custom, raw=raw)


@dataclass(frozen=True)
class Suppression(Displayed):
    """Whether Loops refuses to mail a contact, and how many removals the team has left.

    The quota counts over a rolling 30 days.
    """

    email: str
    contact_id: str
    user_id: str | None
    is_suppressed: bool
    removal_limit: int
    removals_remaining: int
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "Suppression":
        """Read the status."""
        contact, quota = raw["contact"], raw["removalQuota"]
        return cls(
            email=contact["email"],
            contact_id=contact["id"],
            user_id=contact["userId"],
            is_suppressed=raw["isSuppressed"],
            removal_limit=int(quota["limit"]),
            removals_remaining=int(quota["remaining"]),
            raw=raw,
        )


@dataclass(frozen=True)
class SuppressionRemoval(Displayed):
    """The end of a removal from the suppression list. ``done`` is False in debug mode."""

    done: bool
    removal_limit: int | None = None
    removals_remaining: int | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class ContactProperty(Displayed):
    """A property that contacts may have."""

    key: str
    label: str
    type: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class MailingList(Displayed):
    """A list that contacts may be on."""

    id: str
    name: str
    description: str | None
    is_public: bool
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "MailingList":
        """Read a list as the API and the webhooks write it."""
        return cls(raw["id"], raw["name"], raw["description"], raw["isPublic"], raw)


@dataclass(frozen=True)
class TransactionalEmail(Displayed):
    """A transactional email as set up in Loops.

    Only one with a ``published_email_message_id`` can be sent; until then it has no
    ``data_variables``. ``url`` is its page in Loops.
    """

    id: str
    name: str
    url: str
    draft_email_message_id: str | None
    published_email_message_id: str | None
    data_variables: tuple[str, ...]
    created_at: str
    updated_at: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "TransactionalEmail":
        """Read one entry of a page."""
        return cls(
            id=raw["id"],
            name=raw["name"],
            url=raw["url"],
            draft_email_message_id=raw.get("draftEmailMessageId"),
            published_email_message_id=raw.get("publishedEmailMessageId"),
            data_variables=tuple(raw.get("dataVariables") or ()),
            created_at=raw["createdAt"],
            updated_at=raw["updatedAt"],
            raw=raw,
        )


@dataclass(frozen=True)
class Attachment:
    """A file to send along. Loops' support must enable attachments for the team first.

    Attributes:
        filename: as shown to the reader.
        content_type: the MIME type.
        data: the file's bytes; the client encodes them.
    """

    filename: str
    content_type: str
    data: bytes = field(repr=False)
