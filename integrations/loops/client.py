"""The Loops API client. There is no official Python SDK; this one is built on httpx."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import REAL, Mode
from integrations.core.errors import ConfigurationError, UnavailableError
from integrations.core.log import redact_http_library_logs
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.wire import Wire
from integrations.loops import arguments as check
from integrations.loops.arguments import PropertyValue
from integrations.loops.calls import Calls
from integrations.loops.models import (
    ApiKey,
    Attachment,
    Contact,
    ContactProperty,
    MailingList,
    SendResult,
    Suppression,
    SuppressionRemoval,
    TransactionalEmail,
    WriteResult,
)
from integrations.loops.settings import LoopsSettings
from integrations.loops.wiring import open_http


def _new_id() -> str:
    return str(uuid.uuid4())


class LoopsClient:
    """Call Loops. Build it once and share it: it keeps its connections, and is safe in threads.

    Reads are retried, and sends are retried with the same idempotency key. Other changes are
    repeated only when they cannot have taken effect: after 429, or when no connection was made.
    """

    def __init__(
        self,
        settings: LoopsSettings,
        *,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        """Wire a client for ``settings.mode``.

        Args:
            settings: see :meth:`from_env`.
            wire: stands in for the network, and in mock mode for the fake. Debug mode ignores it.
            clock: for ``Retry-After`` dates, retries and the outbox.
            new_id: makes idempotency keys.
            retry: how often to try; three attempts when None.
            outbox: where exchanges are kept, in every mode but live.

        Raises:
            ConfigurationError: the mode needs a key and there is none.
        """
        if settings.mode in REAL and not settings.api_key:
            raise ConfigurationError(
                f"LOOPS_API_KEY is missing, and mode {settings.mode} needs it.",
                problems=["Get one at Loops → Settings → API."],
            )
        redact_http_library_logs()
        self.fake: Any = None
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self.outbox = outbox if outbox is not None else Outbox()
        if wire is None and settings.mode is Mode.MOCK:
            wire = self._make_fake()
        self._http = open_http(settings, wire, self.outbox, clock)
        self._calls = Calls(
            settings, self._http, clock=clock, new_id=new_id, retry=retry or Retry(clock=clock)
        )

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        mode: str | None = None,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> Self:
        """Build a client from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        settings = LoopsSettings.from_env(env, mode=mode)
        return cls(settings, wire=wire, clock=clock, new_id=new_id, retry=retry, outbox=outbox)

    def __repr__(self) -> str:
        """Show the mode and where calls go."""
        return f"LoopsClient(mode={str(self.mode)!r}, base_url={self.settings.base_url!r})"

    def __enter__(self) -> Self:
        """Use the client in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        self._http.close()

    # Team ------------------------------------------------------------------------------------

    def test_api_key(self) -> ApiKey:
        """Return the team that the key belongs to.

        Source: https://loops.so/docs/api-reference/api-key

        Raises:
            AuthenticationError: the key is not accepted.
        """
        return self._calls.read("/v1/api-key", lambda raw: ApiKey(raw["teamName"], raw))

    def list_sending_ips(self) -> tuple[str, ...]:
        """Return the dedicated addresses that Loops sends from; shared ones are not included.

        Source: https://loops.so/docs/api-reference/dedicated-sending-ips
        """
        return self._calls.read(
            "/v1/dedicated-sending-ips", lambda raw: tuple(map(str, _list(raw)))
        )

    # Sending ---------------------------------------------------------------------------------

    def send_transactional(
        self,
        email: str,
        *,
        transactional_id: str,
        data_variables: Mapping[str, Any] | None = None,
        add_to_audience: bool | None = None,
        attachments: Sequence[Attachment] = (),
        idempotency_key: str | None = None,
    ) -> SendResult:
        """Send one transactional email.

        Subject, sender, reply-to, cc and bcc are set in the template, as data variables where they
        vary; the API has no fields for them. No contact is created unless ``add_to_audience``.
        Loops accepts mail to ``@example.com`` and ``@test.com`` and does not deliver it.

        Args:
            email: the recipient.
            transactional_id: the email's ID in Loops.
            data_variables: strings (at most 498 characters), numbers, or lists of such mappings
                for array blocks. Leave an optional variable out, or send ``""``.
            add_to_audience: create a contact for the recipient.
            attachments: at most 4 MB in all, base64 included.
            idempotency_key: names this logical send for 24 hours, at most 100 characters; made
                when None. Repeats of the call with one key send one email.

        Source: https://loops.so/docs/api-reference/send-transactional-email

        Raises:
            InvalidRequestError: an argument is refused, here or by Loops.
            NotFoundError: there is no such email.
            DuplicateRequestError: the key was used before; nothing was sent this time.
            NetworkError: no reply; ``outcome_unknown`` tells whether it may have been sent.
        """
        body: dict[str, Any] = {
            "email": check.email("email", email),
            "transactionalId": check.transactional_id(transactional_id),
        }
        if add_to_audience is not None:
            body["addToAudience"] = check.flag("add_to_audience", add_to_audience)
        if data_variables:
            body["dataVariables"] = check.data_variables(data_variables)
        if attachments:
            body["attachments"] = check.attachments(attachments)
        check.within_size(body)
        return self._calls.send("/v1/transactional", body, idempotency_key)

    def send_event(
        self,
        event_name: str,
        *,
        email: str | None = None,
        user_id: str | None = None,
        event_properties: Mapping[str, PropertyValue] | None = None,
        properties: Mapping[str, PropertyValue] | None = None,
        mailing_lists: Mapping[str, bool] | None = None,
        idempotency_key: str | None = None,
    ) -> SendResult:
        """Send an event, which triggers the workflows that wait for it.

        A contact that does not exist is created, and ``properties`` change it: never pass on keys
        that a user chose.

        Args:
            event_name: as set up in Loops.
            email: names the contact; at least one of this and ``user_id``.
            user_id: your own id of the contact.
            event_properties: for use in the emails that the event triggers.
            properties: custom properties of the contact to change.
            mailing_lists: list ids with True to subscribe and False to unsubscribe.
            idempotency_key: as in :meth:`send_transactional`.

        Source: https://loops.so/docs/api-reference/send-event

        Raises:
            InvalidRequestError: an argument is refused, here or by Loops.
            DuplicateRequestError: the key was used before; nothing happened this time.
        """
        body: dict[str, Any] = {
            "eventName": check.text("event_name", event_name, 255),
            **check.any_of(email, user_id),
            **check.contact_properties(
                properties or {}, also=("eventName", "eventProperties"), clearing=True
            ),
        }
        if event_properties:
            body["eventProperties"] = check.properties(
                event_properties, argument="event_properties"
            )
        if mailing_lists:
            body["mailingLists"] = check.mailing_lists(mailing_lists)
        return self._calls.send("/v1/events/send", body, idempotency_key)

    def list_transactional_emails(self, *, per_page: int = 20) -> Iterator[TransactionalEmail]:
        """Walk over the team's transactional emails, newest first, fetching pages as needed.

        Args:
            per_page: 10 to 50.

        Source: https://loops.so/docs/api-reference/list-transactional-emails (the endpoint at
        ``/v1/transactional`` is deprecated)
        """
        return self._pages(check.whole("per_page", per_page, 10, 50))

    # Contacts --------------------------------------------------------------------------------

    def create_contact(
        self,
        email: str,
        *,
        user_id: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        user_group: str | None = None,
        source: str | None = None,
        subscribed: bool | None = None,
        mailing_lists: Mapping[str, bool] | None = None,
        properties: Mapping[str, PropertyValue] | None = None,
    ) -> WriteResult:
        """Create a contact.

        Source: https://loops.so/docs/api-reference/create-contact

        Raises:
            ConflictError: a contact with this email or user id exists; see :meth:`update_contact`.
            InvalidRequestError: an argument is refused, here or by Loops.
        """
        fields = _fields(first_name, last_name, user_group, source, subscribed, mailing_lists)
        custom = check.contact_properties(properties or {})
        named = check.any_of(check.email("email", email), user_id)
        return self._write("POST", "/v1/contacts/create", {**named, **fields, **custom})

    def update_contact(
        self,
        *,
        email: str | None = None,
        user_id: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        user_group: str | None = None,
        source: str | None = None,
        subscribed: bool | None = None,
        mailing_lists: Mapping[str, bool] | None = None,
        properties: Mapping[str, PropertyValue] | None = None,
    ) -> WriteResult:
        """Update a contact, or create it when there is none: Loops' update is an upsert.

        Give ``email``, ``user_id`` or both; with both, either may match, and the other is changed.
        A custom property set to None is emptied. Leave ``subscribed`` out unless the person asked:
        True re-subscribes somebody who opted out.

        Source: https://loops.so/docs/api-reference/update-contact

        Raises:
            InvalidRequestError: an argument is refused, here or by Loops.
        """
        named = check.any_of(email, user_id)
        fields = _fields(first_name, last_name, user_group, source, subscribed, mailing_lists)
        custom = check.contact_properties(properties or {}, clearing=True)
        return self._write("PUT", "/v1/contacts/update", {**named, **fields, **custom})

    def find_contact(
        self, *, email: str | None = None, user_id: str | None = None
    ) -> Contact | None:
        """Return the contact with this email or user id, or None.

        Source: https://loops.so/docs/api-reference/find-contact
        """
        named = check.one_of(email, user_id)
        return self._calls.read(
            "/v1/contacts/find",
            lambda raw: Contact.from_raw(raw[0]) if _list(raw) else None,
            named,
        )

    def delete_contact(
        self, *, email: str | None = None, user_id: str | None = None
    ) -> WriteResult:
        """Delete the contact with this email or user id.

        Source: https://loops.so/docs/api-reference/delete-contact

        Raises:
            NotFoundError: there is none.
        """
        return self._write("POST", "/v1/contacts/delete", check.one_of(email, user_id))

    def get_suppression(
        self, *, email: str | None = None, user_id: str | None = None
    ) -> Suppression:
        """Tell whether Loops refuses to mail a contact, after a bounce or a complaint.

        Source: https://loops.so/docs/api-reference/check-contact-suppression

        Raises:
            NotFoundError: there is no such contact.
        """
        named = check.one_of(email, user_id)
        return self._calls.read("/v1/contacts/suppression", Suppression.from_raw, named)

    def remove_suppression(
        self, *, email: str | None = None, user_id: str | None = None
    ) -> SuppressionRemoval:
        """Let Loops mail a suppressed contact again. The team has a quota for 30 days.

        Source: https://loops.so/docs/api-reference/remove-contact-suppression

        Raises:
            NotFoundError: there is no such contact.
            InvalidRequestError: the contact is not suppressed, or the quota is used up.
        """
        named = check.one_of(email, user_id)
        raw = self._calls.change("DELETE", "/v1/contacts/suppression", params=named)
        if raw is None:
            return SuppressionRemoval(done=False)
        quota = raw.get("removalQuota") or {}
        return SuppressionRemoval(True, quota.get("limit"), quota.get("remaining"), raw)

    # Properties and lists ----------------------------------------------------------------------

    def create_contact_property(
        self, name: str, *, type: Literal["string", "number", "boolean", "date"]
    ) -> WriteResult:
        """Create a custom property. Create it before any call that sets it.

        Args:
            name: in camelCase, such as ``planName``.
            type: what its values are.

        Source: https://loops.so/docs/api-reference/create-contact-property

        Raises:
            InvalidRequestError: the name is taken, reserved, or not camelCase.
        """
        found, kind = check.new_property(name, type)
        return self._write("POST", "/v1/contacts/properties", {"name": found, "type": kind})

    def list_contact_properties(self, *, custom_only: bool = False) -> tuple[ContactProperty, ...]:
        """Return the properties that contacts may have.

        Source: https://loops.so/docs/api-reference/list-contact-properties
        """
        return self._calls.read(
            "/v1/contacts/properties",
            lambda raw: tuple(
                ContactProperty(each["key"], each["label"], each["type"], each)
                for each in _list(raw)
            ),
            {"list": "custom" if custom_only else "all"},
        )

    def list_mailing_lists(self) -> tuple[MailingList, ...]:
        """Return the team's mailing lists.

        Source: https://loops.so/docs/api-reference/list-mailing-lists
        """
        return self._calls.read(
            "/v1/lists", lambda raw: tuple(MailingList.from_raw(each) for each in _list(raw))
        )

    def _make_fake(self) -> Wire:
        from integrations.loops.fake import FakeLoops

        self.fake = FakeLoops(clock=self.clock, api_key=self.settings.api_key.reveal())
        wire: Wire = self.fake
        return wire

    def _pages(self, per_page: int) -> Iterator[TransactionalEmail]:
        cursor, seen = "", set[str]()
        while cursor not in seen:
            seen.add(cursor)
            params = {"perPage": str(per_page), **({"cursor": cursor} if cursor else {})}
            items, cursor = self._calls.read("/v1/transactional-emails", _page, params)
            yield from items
            if not cursor:
                return
        raise UnavailableError("the pages go in a circle.", provider="loops")

    def _write(self, method: str, path: str, body: Mapping[str, Any]) -> WriteResult:
        raw = self._calls.change(method, path, body=body)
        if raw is None:
            return WriteResult(done=False)
        return WriteResult(done=True, id=raw.get("id"), raw=raw)


def _fields(
    first_name: str | None,
    last_name: str | None,
    user_group: str | None,
    source: str | None,
    subscribed: bool | None,
    mailing_lists: Mapping[str, bool] | None,
) -> dict[str, Any]:
    texts = {
        "firstName": ("first_name", first_name),
        "lastName": ("last_name", last_name),
        "userGroup": ("user_group", user_group),
        "source": ("source", source),
    }
    fields: dict[str, Any] = {
        theirs: check.text(ours, value)
        for theirs, (ours, value) in texts.items()
        if value is not None
    }
    if subscribed is not None:
        fields["subscribed"] = check.flag("subscribed", subscribed)
    if mailing_lists:
        fields["mailingLists"] = check.mailing_lists(mailing_lists)
    return fields


def _list(raw: Any) -> list[Any]:
    if not isinstance(raw, list):
        raise TypeError("Loops answers this call with a list")
    return raw


def _page(raw: Any) -> tuple[list[TransactionalEmail], str]:
    items = [TransactionalEmail.from_raw(each) for each in raw["data"]]
    return items, str(raw["pagination"].get("nextCursor") or "")
