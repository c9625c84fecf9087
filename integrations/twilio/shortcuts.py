"""What most products send and ask, each in one call."""

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Protocol

from integrations.core.code_limits import SendLimits, Started
from integrations.core.code_store import MemoryCodeStore
from integrations.core.codes import Checked
from integrations.core.config import Secret
from integrations.twilio import arguments as check
from integrations.twilio.client import TwilioClient
from integrations.twilio.models import Message, PhoneNumber, SentMessage
from integrations.twilio.phone import refuse
from integrations.twilio.segments import count_segments
from integrations.twilio.verification import PhoneVerification, TwilioVerify

STATUS_PATH = "/twilio/status"
"""Where status callbacks go when ``TWILIO_PUBLIC_BASE_URL`` is set."""


class Order(Protocol):
    """An order whose buyer wants to know how it goes."""

    @property
    def number(self) -> str:
        """What the buyer knows it by, such as ``A-1001``."""
        ...

    @property
    def phone_number(self) -> str:
        """The buyer's number, in E.164."""
        ...

    @property
    def status(self) -> str:
        """One of the keys of :data:`ORDER_TEXTS`."""
        ...


ORDER_TEXTS: Mapping[str, str] = {
    "confirmed": "Thank you! We have your order {number}.",
    "shipped": "Your order {number} is on its way.",
    "delivered": "Your order {number} has been delivered.",
    "cancelled": "Your order {number} has been cancelled. Nothing will be charged.",
}
"""What :func:`send_order_update` says. Each fits in one segment."""


@cache
def default_client() -> TwilioClient:
    """Return the client of the environment, built at the first call and shared from then on.

    After changing the environment, call ``default_client.cache_clear()``.
    """
    return TwilioClient.from_env()


def send_sms(to: str, body: str, *, client: TwilioClient | None = None) -> SentMessage:
    """Send one text message; with ``TWILIO_PUBLIC_BASE_URL`` set, ask for status callbacks.

    Args:
        to: the recipient, in E.164.
        body: at most 1600 characters.
        client: the client to send with; the environment's when None.

    Raises:
        InvalidRequestError: an argument is refused; code ``21610``: the recipient has opted out.
        NetworkError: no reply; ``outcome_unknown`` tells whether it may have been sent.
    """
    client = client or default_client()
    return client.send_message(to, body=body, status_callback=_status_callback(client))


def send_whatsapp(
    to: str,
    body: str | None = None,
    *,
    content_sid: str | None = None,
    content_variables: Mapping[str, str] | None = None,
    client: TwilioClient | None = None,
) -> SentMessage:
    """Send one WhatsApp message: free text within 24 hours of theirs, a template otherwise.

    Args:
        to: the recipient, in E.164.
        body: free text; exactly one of it and ``content_sid``.
        content_sid: an approved template.
        content_variables: what goes into it.
        client: the client to send with; the environment's when None.

    Raises:
        ConfigurationError: ``TWILIO_WHATSAPP_FROM`` is not set.
        InvalidRequestError: an argument is refused.
    """
    client = client or default_client()
    return client.send_whatsapp_message(
        to,
        body=body,
        content_sid=content_sid,
        content_variables=content_variables,
        status_callback=_status_callback(client),
    )


def send_order_update(order: Order, *, client: TwilioClient | None = None) -> SentMessage:
    """Tell the buyer how their order goes: one transactional text, one segment.

    Raises:
        InvalidRequestError: the status has no text, or the order's number is too long for one
            segment; nothing was sent.
    """
    client = client or default_client()
    text = ORDER_TEXTS.get(str(order.status))
    if text is None:
        refuse("order.status", f"must be one of {', '.join(ORDER_TEXTS)}, not {order.status!r}")
    number = check.text("order.number", order.number, 40)
    body = text.format(number=number)
    if count_segments(body).segments > 1:
        refuse("order.number", "is too long for one segment; letters outside GSM-7 take more room")
    return send_sms(order.phone_number, body, client=client)


def get_sms_status(sid: str, *, client: TwilioClient | None = None) -> Message:
    """Return where a message stands, and why it was not delivered if it was not.

    Raises:
        NotFoundError: there is no such message.
    """
    return (client or default_client()).get_message(sid)


def verify_phone_number(number: str, *, client: TwilioClient | None = None) -> PhoneNumber:
    """Return whether a number can exist, and whether it can get text messages.

    It asks for the line type, which is billed. It does not prove who holds the phone: that is
    what a verification is for.

    Raises:
        InvalidRequestError: it is no phone number at all.
    """
    return (client or default_client()).lookup_phone_number(number, line_type=True)


@cache
def default_verification() -> PhoneVerification:
    """Return Twilio Verify over :func:`default_client`, with limits counted in this process.

    With more than one process, make a :class:`~integrations.twilio.verification.TwilioVerify` on a
    shared store, and pass it.
    """
    limits = SendLimits(Secret(secrets.token_hex(32)), MemoryCodeStore())
    return TwilioVerify(default_client(), limits)


def start_phone_verification(
    number: str, *, session: str, requester: str, verification: PhoneVerification | None = None
) -> Started:
    """Send a code to ``number``, good for this ``session`` alone.

    Args:
        number: in E.164.
        session: the asking session's own secret id, from your session store, never from a form.
        requester: who asks, for the limits: an IP address or an account.
        verification: the backend; Twilio Verify over the environment's client when None.

    Raises:
        InvalidRequestError: it is no phone number, or Twilio refuses to send to it.
    """
    backend = verification or default_verification()
    return backend.start(number, session=session, requester=requester)


def check_phone_verification(
    number: str, code: str, *, session: str, verification: PhoneVerification | None = None
) -> Checked:
    """Tell whether ``code`` was sent to ``number`` for this ``session``: true at most once.

    Raises:
        InvalidRequestError: it is no phone number.
    """
    backend = verification or default_verification()
    return backend.check(number, code, session=session)


def _status_callback(client: TwilioClient) -> str | None:
    return STATUS_PATH if client.settings.public_base_url else None
