"""What the fake checks of a message before it takes it, in Twilio's own codes."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

import phonenumbers
from phonenumbers import ValidationResult

from integrations.twilio.fake_http import Call, fail
from integrations.twilio.fake_state import State

# https://www.twilio.com/docs/iam/test-credentials, read 2026-11.
MAGIC_FROM = "+15005550006"
_MAGIC_SENDERS = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' phone number is not owned by your account."),
    "+15005550008": (21611, "The 'From' phone number has an SMS message queue that is full."),
}
_MAGIC_RECIPIENTS = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The 'To' number cannot be reached from this 'From' number."),
    "+15005550003": (21408, "Permission to send to this region has not been enabled."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "The 'To' number is not a valid mobile number."),
}


def recipient(state: State, call: Call) -> str:
    """Return whom a message is for, as it was given."""
    to = call.need("To", 21604)
    number = to.removeprefix("whatsapp:")
    if number in _MAGIC_RECIPIENTS:
        fail(*_MAGIC_RECIPIENTS[number])
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        fail(21211, f"The 'To' number {to} is not a valid phone number.")
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        fail(21211, f"The 'To' number {to} is not a valid phone number.")
    if parsed.country_code in state.blocked_countries:
        fail(21408, "Permission to send an SMS has not been enabled for the region.")
    if state.verified is not None and number not in state.verified:
        fail(21608, "The number is unverified. Trial accounts cannot send to unverified numbers.")
    return to


def sender(state: State, call: Call, to: str) -> tuple[str | None, str | None]:
    """Return the sender, and the Messaging Service; one of them may be None."""
    service, sender = call.get("MessagingServiceSid"), call.get("From")
    if service:
        if service not in state.services:
            fail(21701, f"The Messaging Service {service} does not exist.", 404)
        return sender, service
    if not sender:
        fail(21603, "A 'From' phone number is required.")
    if state.test_credentials:
        if sender != MAGIC_FROM:
            fail(*_MAGIC_SENDERS.get(sender, _MAGIC_SENDERS["+15005550007"]))
    elif sender not in state.numbers:
        fail(21606, f"The 'From' phone number {sender} is not owned by your account.")
    if sender.startswith("whatsapp:") != to.startswith("whatsapp:"):
        fail(63007, "Twilio could not find a Channel with the specified From address")
    return sender, None


def content(state: State, call: Call) -> tuple[str, tuple[str, ...]]:
    """Return the text, a template filled in, and the media."""
    body, media = call.get("Body") or "", tuple(call.params.get("MediaUrl", ()))
    if template := call.get("ContentSid"):
        return _filled(state, template, call.get("ContentVariables")), media
    if not body and not media:
        fail(21602, "Message body is required.")
    if len(body) > 1600:
        fail(21617, "The concatenated message body exceeds the 1600 character limit")
    for each in media:
        if _split(each).scheme not in ("http", "https") or not _split(each).hostname:
            fail(21620, "Invalid media URL(s)")
    return body, media


def _filled(state: State, sid: str, variables: str | None) -> str:
    template = state.templates.get(sid)
    if template is None:  # Twilio has one code for a malformed one and for one that is not there
        fail(21655, "The ContentSid is Invalid")
    try:
        given = json.loads(variables or "{}")
    except ValueError:
        given = None
    # An empty one is refused as well, says the page of the code.
    if not isinstance(given, dict) or any(value in (None, "") for value in given.values()):
        fail(21656, "The ContentVariables Parameter is invalid")
    return re.sub(r"\{\{(\w+)\}\}", lambda m: str(given.get(m[1], m[0])), template.body)


def check_callback(url: str | None) -> None:
    """Refuse a status callback that Twilio could not post to."""
    if url is None:
        return
    parts = _split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        fail(21609, "The 'StatusCallback' URL is not a valid URL.")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def schedule(call: Call, service: str | None) -> float | None:
    """Return when a message is to leave; None for at once."""
    if call.get("ScheduleType") is None and call.get("SendAt") is None:
        return None
    if not service:
        fail(35118, "MessagingServiceSid is required to schedule a message")
    if call.get("ScheduleType") != "fixed" or not call.get("SendAt"):
        fail(35111, "ScheduleType and SendAt belong together")
    at = moment(call.need("SendAt"))
    if not 900 <= at - call.now <= 35 * 86_400:
        fail(35114, "SendAt must be 15 minutes to 35 days in the future")
    return at


def moment(text: str) -> float:
    """Return the Unix time of a date in ISO 8601."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        fail(20001, f"Invalid date: {text}")


def whole(call: Call, name: str, default: int) -> int:
    """Return a parameter that is a whole number, 1000 at the most."""
    value = call.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        fail(20001, f"{name} must be a whole number: {value}")
    return min(int(value), 1000)
