"""Every error of Twilio provoked, every callback delivered: :mod:`integrations.core.drills`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from integrations.core.drills import HERE, Delivered, Mistake, Notes, broken_wire, forgeries
from integrations.core.webhook_store import Event
from integrations.core.wire import Response
from integrations.core.workbook import Mock
from integrations.twilio.client import TwilioClient
from integrations.twilio.errors import ERRORS
from integrations.twilio.events import EVENTS, STATUSES
from integrations.twilio.fake import MOCK_ACCOUNT_SID, MOCK_AUTH_TOKEN, FakeTwilio
from integrations.twilio.webhooks import webhook_pipeline

_TO, _SENDER = "+12025550142", "+15017122661"

# Twilio's short texts, where no magic number leads to the code. The code is what counts: the words
# may differ (https://www.twilio.com/docs/api/errors).
_SAID = {
    "20429": "Too Many Requests",
    "21217": "Phone number does not appear to be valid",
    "21265": "'To' number cannot be a Short Code",
    "21602": "Message body is required.",
    "21617": "The concatenated message body exceeds the 1600 character limit",
    "35114": "SendAt must be 15 minutes to 35 days in the future",
    "35118": "MessagingServiceSid is required to schedule a message",
    "60200": "Invalid parameter",
    "21605": "Maximum body length is 160 characters",
    "21619": "A text message body or media urls must be specified.",
    "21659": "'From' is not a Twilio phone number or Short Code country mismatch",
    "21660": "Mismatch between the 'From' number and the account",
    "60205": "SMS is not supported by landline phone number",
    "60207": "Max rate limits per service reached",
    "60212": "Too many concurrent requests for phone number",
    "60238": "Verification attempt blocked",
    "60410": "Verification delivery attempt blocked",
    "60605": "Verification delivery attempt blocked to country",
    "30409": "Message is not in a state that can be canceled.",
}
_MAGIC_TO = {"21211": "1", "21612": "2", "21408": "3", "21610": "4", "21614": "9"}
_MAGIC_FROM = {"21212": "1", "21606": "7", "21611": "8"}
_LATER = {
    **dict.fromkeys(("30003", "30004", "30005", "30006", "30007", "30034", "30450"), ""),
    **dict.fromkeys(("63016", "63003", "63018"), "whatsapp:"),
}
_STATUS = {"AuthenticationError": 403, "ConflictError": 409, "RateLimitedError": 429}


def _send(client: TwilioClient, **given: Any) -> None:
    client.send_message(given.pop("to", _TO), **{"body": "Hello", "sender": _SENDER, **given})


def _on_test_credentials(lab: Mock) -> TwilioClient:
    fake = FakeTwilio(clock=lab.clock, test_credentials=True)
    return TwilioClient.from_env({}, mode="mock", wire=fake, clock=lab.clock)


def _magic(code: str, digit: str, argument: str) -> Mistake:
    def make(lab: Mock) -> None:
        given = {"sender": "+15005550006", argument: f"+1500555000{digit}"}
        _send(_on_test_credentials(lab), **given)

    return Mistake(code, f"the magic number +1500555000{digit} as {argument}", make)


def _answered(code: str) -> Mistake:
    """Let Twilio answer with a code of its own."""
    row = next(row for row in ERRORS if code in row.status.split(", "))
    status = int(code) if len(code) == 3 else _STATUS.get(row.error.__name__, 400)
    said = _SAID[code] if len(code) > 3 else HTTPStatus(status).phrase
    body = {"message": said, "status": status}
    answer = Response.of_json(status, body if len(code) == 3 else {"code": int(code), **body})

    def make(lab: Mock) -> None:
        lab.faults.inject(*[lambda _request, _wire: answer] * 3)
        _send(lab.client)

    return Mistake(code, row.meaning.rstrip("."), make)


def _later(code: str, prefix: str) -> Mistake:
    def make(lab: Mock) -> str:
        lab.fake.phone(f"{prefix}{_TO}").fails_with(int(code))
        send = lab.client.send_whatsapp_message if prefix else lab.client.send_message
        sent = send(_TO, body="Hello")
        lab.clock.advance(60)
        told = lab.client.get_message(sent.sid)
        return f"{told.status}, error_code {told.error_code}: {told.error_message}"

    return Mistake(code, "accepted, and not delivered", make)


def _wrong_token(lab: Mock) -> None:
    env = {"TWILIO_AUTH_TOKEN": "f" * 32}
    TwilioClient.from_env(env, mode="mock", wire=lab.fake).fetch_account()


def _stranger(lab: Mock) -> None:
    env = {"TWILIO_ACCOUNT_SID": MOCK_ACCOUNT_SID, "TWILIO_AUTH_TOKEN": MOCK_AUTH_TOKEN}
    _send(TwilioClient.from_env(env, mode="sandbox", wire=lab.fake))


def _guessed(lab: Mock) -> None:
    lab.client.start_verification(_TO)
    for _ in range(6):
        lab.client.check_verification("000000", to=_TO)


def _asked_again(lab: Mock) -> None:
    for _ in range(6):
        lab.client.start_verification(_TO)


def _unverified(lab: Mock) -> None:
    lab.fake.state.verified = set()
    _send(lab.client)


_NATURAL = (
    Mistake(
        HERE, "a recipient without its country", lambda lab: _send(lab.client, to="2025550142")
    ),
    Mistake(HERE, "no text and no picture", lambda lab: _send(lab.client, body=None)),
    Mistake(HERE, "sandbox mode, and a stranger", _stranger),
    *forgeries(lambda lab: webhook_pipeline(lab.client.settings, clock=lab.clock)),
    Mistake("20003", "the token of another account", _wrong_token),
    Mistake(
        "20008",
        "Verify with test credentials",
        lambda lab: _on_test_credentials(lab).start_verification(_TO),
    ),
    Mistake(
        "20404",
        "a message that does not exist",
        lambda lab: lab.client.get_message("SM" + "0" * 32),
    ),
    Mistake("21608", "a trial account, and a number that is not verified", _unverified),
    Mistake("60202", "the sixth wrong code", _guessed),
    Mistake("60203", "the sixth code within ten minutes", _asked_again),
    *(_magic(code, digit, "to") for code, digit in _MAGIC_TO.items()),
    *(_magic(code, digit, "sender") for code, digit in _MAGIC_FROM.items()),
    *(_later(code, prefix) for code, prefix in _LATER.items()),
    *broken_wire(_send),
)
_DONE = {each.answer for each in _NATURAL} | {"3xx"}

MISTAKES = (
    *_NATURAL,
    *(_answered(code) for row in ERRORS for code in row.status.split(", ") if code not in _DONE),
)


def deliver(lab: Mock) -> Mapping[str, Delivered]:
    """Let Twilio post each kind of its callbacks."""
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)
    pipeline.on(*EVENTS)(_effect)
    notes = Notes(pipeline)
    for number, status in enumerate(STATUSES):
        sid = f"SM{number:032x}"
        _post(lab, notes, {"MessageSid": sid, "MessageStatus": status, "To": _TO, "From": _SENDER})
    phone = lab.fake.phone(_TO)
    for text in ("Hello", "STOP", "START", "HELP"):
        phone.send(text, to=_SENDER)
        lab.fake.webhooks.deliver(notes.receive)
    _post(lab, notes, {"CallSid": "CA" + "0" * 32, "CallStatus": "completed"})
    return notes.found


def _post(lab: Mock, notes: Notes, params: dict[str, str]) -> None:
    target = "/twilio/status"
    headers = lab.fake.webhooks.sign(f"{lab.client.settings.public_base_url}{target}", params)
    notes.receive(urlencode(params).encode(), headers, target=target)


def _effect(event: Event) -> str:
    typed: Any = event.typed
    told = getattr(typed, "body", None) or getattr(typed, "status", None) or "kept as it came"
    return f"{type(typed).__name__}: {told}"
