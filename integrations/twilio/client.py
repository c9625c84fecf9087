"""The Twilio client, on the official SDK."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from twilio.base import values
from twilio.rest import Client

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import REAL, Mode
from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.log import redact_http_library_logs
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.wire import Wire
from integrations.twilio import arguments as check
from integrations.twilio import phone
from integrations.twilio.calls import Calls
from integrations.twilio.errors import error_row
from integrations.twilio.models import (
    Account,
    Bucket,
    Message,
    PhoneNumber,
    RateLimit,
    SentMessage,
    Verification,
    named,
    raw_of,
)
from integrations.twilio.optout import MemoryOptOuts, OptOuts
from integrations.twilio.segments import count_segments
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.wiring import open_http

MAX_SENDER_NAME = 11
"""Characters of an alphanumeric sender
(https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id)."""


class TwilioClient:
    """Call Twilio. Build it once and share it: it keeps its connections, and is safe in threads.

    Twilio has no idempotency keys. So a send is repeated only when it cannot have happened: after
    429, or when no connection was made. After a lost reply the error's ``outcome_unknown`` says
    that it may have been sent, and the decision is yours. Reads are retried.
    """

    def __init__(
        self,
        settings: TwilioSettings,
        *,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
        opt_outs: OptOuts | None = None,
    ) -> None:
        """Wire a client for ``settings.mode``.

        Args:
            settings: see :meth:`from_env`.
            wire: stands in for the network, and in mock mode for the fake. Debug mode ignores it.
            clock: for schedules, ``Retry-After`` dates, retries and the outbox.
            retry: how often to try; three attempts when None.
            outbox: where exchanges are kept, in every mode but live.
            opt_outs: who has said STOP, on whatever channel; kept in memory when None.

        Raises:
            ConfigurationError: the mode needs credentials and there are none. The SDK's own client
                would send without any (9.13).
        """
        problems = settings.credential_problems()
        if settings.mode in REAL and problems:
            needs = f"twilio: mode {settings.mode} needs credentials:"
            raise ConfigurationError(needs, problems=problems)
        redact_http_library_logs()
        self.fake: Any = None
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self.outbox = outbox if outbox is not None else Outbox()
        self.opt_outs: OptOuts = opt_outs if opt_outs is not None else MemoryOptOuts()
        if wire is None and settings.mode is Mode.MOCK:
            wire = self._make_fake()
        self._http = open_http(settings, wire, self.outbox, clock)
        user, password = settings.credentials
        self._sdk = Client(
            user or "debug-mode-has-none",
            password.reveal() or "debug-mode-has-none",
            settings.account_sid or "AC-debug-mode-has-none",
            http_client=self._http,
            # An empty one would make the SDK read the process's own environment.
            environment={"TWILIO_EDGE": ""},
        )
        self._calls = Calls(mode=settings.mode, retry=retry or Retry(clock=clock))

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        mode: str | None = None,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
        opt_outs: OptOuts | None = None,
    ) -> Self:
        """Build a client from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        settings = TwilioSettings.from_env(env, mode=mode)
        return cls(settings, wire=wire, clock=clock, retry=retry, outbox=outbox, opt_outs=opt_outs)

    def __repr__(self) -> str:
        """Show the mode and the account."""
        return f"TwilioClient(mode={str(self.mode)!r}, account_sid={self.settings.account_sid!r})"

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

    def fetch_account(self) -> Account:
        """Return the account that the credentials belong to.

        Source: https://www.twilio.com/docs/iam/api/account

        Raises:
            AuthenticationError: the credentials are not accepted.
        """
        sid = self._sdk.account_sid

        def call() -> Account:
            got = self._sdk.api.v2010.accounts(sid).fetch()
            return Account(
                named(got.sid), str(got.friendly_name), str(got.status), str(got.type), raw_of(got)
            )

        return self._calls.read("fetch_account", call)

    # Messages --------------------------------------------------------------------------------

    def send_message(
        self,
        to: str,
        *,
        body: str | None = None,
        media_url: Sequence[str] = (),
        content_sid: str | None = None,
        content_variables: Mapping[str, str] | None = None,
        sender: str | None = None,
        status_callback: str | None = None,
        validity_period_s: int | None = None,
    ) -> SentMessage:
        """Send one SMS, or with ``media_url`` one MMS.

        Args:
            to: the recipient; E.164, or national where ``TWILIO_DEFAULT_COUNTRY`` is set.
            body: at most 1600 characters. It is cut into segments, and each is billed: see
                :func:`~integrations.twilio.segments.count_segments`.
            media_url: https URLs of at most ten pictures or files.
            content_sid: a content template (HX…), in place of ``body`` and ``media_url``.
            content_variables: what goes into the template, by number or name.
            sender: a number, a short code, a sender's name, or the SID of a Messaging Service;
                the Messaging Service of the settings when None, or else their number.
            status_callback: where Twilio reports what becomes of the message: a URL, or a path on
                ``TWILIO_PUBLIC_BASE_URL``.
            validity_period_s: give up after so many seconds in a queue, 1 to 36000.

        Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message

        Raises:
            InvalidRequestError: an argument is refused, here or by Twilio; code ``21610`` means
                that the recipient has opted out.
            NetworkError: no reply; ``outcome_unknown`` tells whether it may have been sent.
        """
        number = phone.e164("to", to, self.settings.default_country)
        fields = check.content(body, media_url, content_sid, content_variables)
        fields |= self._sender(sender) | self._options(status_callback, validity_period_s)
        return self._send("send_message", number, fields)

    def send_whatsapp_message(
        self,
        to: str,
        *,
        body: str | None = None,
        media_url: Sequence[str] = (),
        content_sid: str | None = None,
        content_variables: Mapping[str, str] | None = None,
        status_callback: str | None = None,
    ) -> SentMessage:
        """Send one WhatsApp message.

        Free text reaches only people who have written to you in the last 24 hours; everybody else
        gets an approved template. Twilio takes free text all the same, and the message then fails
        with 63016.

        Source: https://www.twilio.com/docs/whatsapp/key-concepts

        Raises:
            ConfigurationError: ``TWILIO_WHATSAPP_FROM`` is not set.
            InvalidRequestError: an argument is refused, here or by Twilio.
            NetworkError: no reply; ``outcome_unknown`` tells whether it may have been sent.
        """
        if not self.settings.whatsapp_from:
            raise ConfigurationError("TWILIO_WHATSAPP_FROM is missing. Nothing was sent.")
        number = phone.whatsapp("to", to, self.settings.default_country)
        fields = check.content(body, media_url, content_sid, content_variables)
        fields["from_"] = phone.whatsapp("TWILIO_WHATSAPP_FROM", self.settings.whatsapp_from)
        fields |= self._options(status_callback, None)
        return self._send("send_whatsapp_message", number, fields)

    def schedule_message(
        self,
        to: str,
        *,
        send_at: datetime,
        body: str | None = None,
        media_url: Sequence[str] = (),
        content_sid: str | None = None,
        content_variables: Mapping[str, str] | None = None,
        status_callback: str | None = None,
    ) -> SentMessage:
        """Send one SMS or MMS later. Only a Messaging Service can.

        Args:
            to: the recipient.
            send_at: when, with a time zone; 15 minutes to 35 days ahead.
            body: see :meth:`send_message`, as for the rest.
            media_url: see there.
            content_sid: see there.
            content_variables: see there.
            status_callback: see there.

        Source: https://www.twilio.com/docs/messaging/features/message-scheduling

        Raises:
            ConfigurationError: ``TWILIO_MESSAGING_SERVICE_SID`` is not set.
            InvalidRequestError: the time, or another argument, is refused.
        """
        if not self.settings.messaging_service_sid:
            raise ConfigurationError(
                "TWILIO_MESSAGING_SERVICE_SID is missing, and scheduling needs a Messaging Service."
            )
        number = phone.e164("to", to, self.settings.default_country)
        fields = check.content(body, media_url, content_sid, content_variables)
        fields |= self._sender(None) | self._options(status_callback, None)
        fields["send_at"] = check.send_at(send_at, self.clock.time())
        fields["schedule_type"] = "fixed"
        return self._send("schedule_message", number, fields)

    def cancel_message(self, sid: str) -> Message | None:
        """Cancel a scheduled message that has not left yet; None in debug mode.

        Source: https://www.twilio.com/docs/messaging/features/message-scheduling

        Raises:
            InvalidRequestError: the message is not scheduled any more.
        """
        found = check.sid("sid", sid, "SM", "MM")
        return self._calls.change(
            "cancel_message",
            lambda: Message.from_sdk(self._sdk.messages(found).update(status="canceled")),
        )

    def get_message(self, sid: str) -> Message:
        """Return a message, with its status and, when it was not delivered, the reason.

        A status callback tells the same without asking.

        Source: https://www.twilio.com/docs/messaging/api/message-resource#fetch-a-message

        Raises:
            NotFoundError: there is no such message.
        """
        found = check.sid("sid", sid, "SM", "MM")
        return self._calls.read(
            "get_message", lambda: Message.from_sdk(self._sdk.messages(found).fetch())
        )

    def list_messages(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        sent_after: datetime | None = None,
        sent_before: datetime | None = None,
        page_size: int = 50,
    ) -> Iterator[Message]:
        """Walk over messages, newest first. A page is fetched when the walk reaches it.

        Args:
            to: only those to this number, or ``whatsapp:`` address.
            sender: only those from it.
            sent_after: only those sent at this time or later; it needs a time zone.
            sent_before: only those sent at this time or earlier.
            page_size: messages a request, 1 to 1000.

        Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-messages
        """
        filters: dict[str, Any] = {"page_size": check.whole("page_size", page_size, 1, 1000)}
        if to is not None:
            filters["to"] = self._address("to", to)
        if sender is not None:
            filters["from_"] = self._address("sender", sender)
        if sent_after is not None:
            filters["date_sent_after"] = check.moment("sent_after", sent_after)
        if sent_before is not None:
            filters["date_sent_before"] = check.moment("sent_before", sent_before)
        return self._pages(filters)

    # Lookup ----------------------------------------------------------------------------------

    def lookup_phone_number(
        self, number: str, *, line_type: bool = False, pumping_risk: bool = False
    ) -> PhoneNumber:
        """Return what Twilio knows of a number. The validity is free; the rest is billed.

        Args:
            number: E.164, or national where ``TWILIO_DEFAULT_COUNTRY`` is set.
            line_type: ask whether it is a mobile, a landline, or VoIP.
            pumping_risk: ask how likely it is used to pump SMS.

        Source: https://www.twilio.com/docs/lookup/v2-api
        """
        found = phone.e164("number", number, self.settings.default_country)
        wanted = {"line_type_intelligence": line_type, "sms_pumping_risk": pumping_risk}
        fields = ",".join(name for name, asked in wanted.items() if asked) or values.unset

        def call() -> PhoneNumber:
            numbers = self._sdk.lookups.v2.phone_numbers(found)
            return PhoneNumber.from_sdk(numbers.fetch(fields=fields))

        return self._calls.read("lookup_phone_number", call)

    # Verify ----------------------------------------------------------------------------------

    def start_verification(
        self,
        to: str,
        *,
        channel: str = "sms",
        rate_limits: Mapping[str, str] | None = None,
        locale: str | None = None,
    ) -> Verification:
        """Let Verify make a code and send it. Within its ten minutes, the same code is sent again.

        Args:
            to: a phone number; an email address for the channel ``email``.
            channel: ``sms``, ``call``, ``email`` or ``whatsapp``.
            rate_limits: values for the service's own limits, such as ``{"ip": "192.0.2.1"}``.
            locale: language of the message, such as ``de``.

        Source: https://www.twilio.com/docs/verify/api/verification

        Raises:
            ConfigurationError: ``TWILIO_VERIFY_SERVICE_SID`` is not set.
            RateLimitedError: code ``60203``: too many codes were sent to it.
            InvalidRequestError: code ``60410``: the number or its prefix is blocked.
        """
        channel = check.channel(channel)
        options: dict[str, Any] = {"to": self._verified("to", to, channel), "channel": channel}
        if rate_limits is not None:
            options["rate_limits"] = check.rate_limits(rate_limits)
        if locale is not None:
            options["locale"] = check.text("locale", locale, 16)
        service = self._verify_service()
        done = self._calls.change(
            "start_verification",
            lambda: Verification.from_sdk(service.verifications.create(**options)),
        )
        return done or Verification(None, "not sent", options["to"], channel)

    def check_verification(
        self, code: str, *, to: str | None = None, verification_sid: str | None = None
    ) -> Verification:
        """Ask Verify whether a code is right.

        Only :attr:`~integrations.twilio.models.Verification.approved` says yes. A wrong
        code is no error: the status stays ``pending``. The sixth try is.

        Args:
            code: as the user typed it.
            to: the number or address; exactly one of it and ``verification_sid``.
            verification_sid: what :meth:`start_verification` returned.

        Source: https://www.twilio.com/docs/verify/api/verification-check

        Raises:
            NotFoundError: it was approved before, has expired, or was never started.
            RateLimitedError: code ``60202``: too many wrong codes.
        """
        if (to is None) == (verification_sid is None):
            phone.refuse("to", "or verification_sid: give exactly one of them")
        options: dict[str, Any] = {"code": check.code(code)}
        if verification_sid is not None:
            options["verification_sid"] = check.sid("verification_sid", verification_sid, "VE")
        elif to is not None:
            options["to"] = self._verified("to", to, "email" if "@" in str(to) else "sms")
        service = self._verify_service()
        done = self._calls.change(
            "check_verification",
            lambda: Verification.from_sdk(service.verification_checks.create(**options)),
        )
        return done or Verification(verification_sid, "not sent", str(to or ""), "")

    def get_verification(self, sid: str) -> Verification:
        """Return a verification and its status. Verify allows 60 of these a minute.

        Raises:
            NotFoundError: it is over, or there never was one.
        """
        found, service = check.sid("sid", sid, "VE"), self._verify_service()
        return self._calls.read(
            "get_verification",
            lambda: Verification.from_sdk(service.verifications(found).fetch()),
        )

    def cancel_verification(self, sid: str) -> Verification | None:
        """Take a code back, so that the next start makes a new one; None in debug mode.

        Raises:
            NotFoundError: it is over, or there never was one.
        """
        found, service = check.sid("sid", sid, "VE"), self._verify_service()
        return self._calls.change(
            "cancel_verification",
            lambda: Verification.from_sdk(service.verifications(found).update(status="canceled")),
        )

    def create_rate_limit(self, unique_name: str, *, description: str = "") -> RateLimit:
        """Set up a limit of your own, such as ``ip``, on the Verify service.

        Source: https://www.twilio.com/docs/verify/api/service-rate-limits
        """
        name, service = check.text("unique_name", unique_name, 64), self._verify_service()
        told = check.text("description", description, 255) if description else values.unset

        def call() -> RateLimit:
            made = service.rate_limits.create(unique_name=name, description=told)
            return RateLimit(named(made.sid), str(made.unique_name), raw_of(made))

        return self._calls.change("create_rate_limit", call) or RateLimit(None, name)

    def create_bucket(self, rate_limit_sid: str, *, max_starts: int, interval_s: int) -> Bucket:
        """Let a rate limit allow ``max_starts`` in ``interval_s`` seconds.

        Source: https://www.twilio.com/docs/verify/api/service-rate-limit-buckets
        """
        found, service = check.sid("rate_limit_sid", rate_limit_sid, "RK"), self._verify_service()
        most = check.whole("max_starts", max_starts, 1, 1_000_000)
        seconds = check.whole("interval_s", interval_s, 1, 86_400 * 30)

        def call() -> Bucket:
            made = service.rate_limits(found).buckets.create(max=most, interval=seconds)
            return Bucket(named(made.sid), int(made.max), int(made.interval), raw_of(made))

        return self._calls.change("create_bucket", call) or Bucket(None, most, seconds)

    # -----------------------------------------------------------------------------------------

    def _make_fake(self) -> Wire:
        from integrations.twilio.fake import FakeTwilio

        user, password = self.settings.credentials
        self.fake = FakeTwilio(
            clock=self.clock,
            account_sid=self.settings.account_sid,
            auth_token=self.settings.auth_token.reveal(),
            api_key=(user, password.reveal()),
        )
        return self.fake  # type: ignore[no-any-return]

    def _send(self, what: str, to: str, fields: dict[str, Any]) -> SentMessage:
        if phone.bare(to) in self.opt_outs:
            raise InvalidRequestError(
                "the recipient has opted out (STOP). Nothing was sent.",
                provider="twilio",
                code="21610",
                argument="to",
                hint=error_row("21610", 400).hint,
            )
        counted = count_segments(fields["body"]) if "body" in fields else None
        segments, encoding = (counted.segments, counted.encoding) if counted else (None, None)

        def call() -> SentMessage:
            made = self._sdk.messages.create(to=to, **fields)
            sid, status = named(made.sid), str(made.status)
            return SentMessage(True, sid, status, to, segments, encoding, raw_of(made))

        done = self._calls.change(what, call)
        return done or SentMessage(False, None, None, to, segments, encoding)

    def _sender(self, given: str | None) -> dict[str, object]:
        if given is None:
            given = self.settings.messaging_service_sid or self.settings.from_number
            if not given:
                raise ConfigurationError(
                    "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing. Nothing was sent."
                )
        name = check.text("sender", given, 64)
        if name.startswith("MG") and len(name) > MAX_SENDER_NAME:
            return {"messaging_service_sid": check.sid("sender", name, "MG")}
        if name.startswith("+"):
            return {"from_": phone.e164("sender", name)}
        return {"from_": check.text("sender", name, MAX_SENDER_NAME)}

    def _options(
        self, status_callback: str | None, validity_period_s: int | None
    ) -> dict[str, object]:
        options: dict[str, object] = {}
        if status_callback is not None:
            options["status_callback"] = check.callback_url(
                "status_callback", status_callback, self.settings.public_base_url
            )
        if validity_period_s is not None:
            options["validity_period"] = check.whole(
                "validity_period_s", validity_period_s, 1, 36_000
            )
        return options

    def _address(self, argument: str, value: str) -> str:
        read = phone.whatsapp if str(value).startswith("whatsapp:") else phone.e164
        return read(argument, value, self.settings.default_country)

    def _verified(self, argument: str, to: str, channel: str) -> str:
        if channel == "email":
            return check.email(argument, to)
        return phone.e164(argument, to, self.settings.default_country)

    def _verify_service(self) -> Any:
        if not self.settings.verify_service_sid:
            raise ConfigurationError(
                "TWILIO_VERIFY_SERVICE_SID is missing. Nothing was sent.",
                problems=["Create a service at Twilio Console → Verify → Services."],
            )
        return self._sdk.verify.v2.services(self.settings.verify_service_sid)

    def _pages(self, filters: Mapping[str, Any]) -> Iterator[Message]:
        def first() -> tuple[list[Message], Any]:
            return _read(self._sdk.messages.page(**filters))

        found, page = self._calls.read("list_messages", first)
        while True:
            yield from found
            if page is None:
                return
            found, page = self._calls.read("list_messages", partial(_following, page))


def _following(page: Any) -> tuple[list[Message], Any]:
    return _read(page.next_page())


def _read(page: Any) -> tuple[list[Message], Any]:
    found = [Message.from_sdk(each) for each in page]
    return found, page if page.next_page_url else None
