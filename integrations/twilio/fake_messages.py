"""The fake's messages: created, fetched, listed, and cancelled."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import phonenumbers

from integrations.twilio.fake_http import API, Call, Route, fail
from integrations.twilio.fake_life import begin, rfc2822, settle, start
from integrations.twilio.fake_state import ERRORS, FakeMessage, State
from integrations.twilio.segments import count_segments

# The parameters of the specification of the API (v2010) and of the SDK (9.13), read 2026-11.
_CREATE = frozenset(
    [
        "To",
        "StatusCallback",
        "ApplicationSid",
        "MaxPrice",
        "ProvideFeedback",
        "Attempt",
        "ValidityPeriod",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "SmartEncoded",
        "PersistentAction",
        "TrafficType",
        "ShortenUrls",
        "ScheduleType",
        "SendAt",
        "SendAsMms",
        "ContentVariables",
        "RiskCheck",
        "From",
        "FallbackFrom",
        "MessagingServiceSid",
        "Body",
        "MediaUrl",
        "ContentSid",
        "MessageIntent",
    ]
)
_LIST = frozenset(
    ["To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"]
)
_BASE = "/2010-04-01/Accounts/{account}"

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


def account(state: State, call: Call) -> Any:
    """Return the account."""
    _check_account(state, call)
    return {
        "sid": state.account_sid,
        "friendly_name": "Example account",
        "status": "active",
        "type": "Full" if state.verified is None else "Trial",
        "owner_account_sid": state.account_sid,
        "date_created": rfc2822(1_767_225_600),
        "date_updated": rfc2822(1_767_225_600),
        "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{state.account_sid}.json",
    }


def create(state: State, call: Call) -> Any:
    """Take a message."""
    _check_account(state, call)
    to = _recipient(state, call)
    sender, service = _sender(state, call, to)
    body, media = _content(state, call)
    _check_callback(call.get("StatusCallback"))
    if (to, service or sender or "") in state.opted_out:
        fail(21610, "Attempt to send to unsubscribed recipient")
    message = FakeMessage(
        sid=state.new_sid("MM" if media else "SM"),
        to=to,
        sender=sender,
        body=body,
        direction="outbound-api",
        status="accepted" if service else "queued",
        created=call.now,
        updated=call.now,
        media=media,
        segments=1 if media else max(1, count_segments(body).segments),
        service=service,
        template=call.get("ContentSid"),
        callback=call.get("StatusCallback"),
    )
    scheduled = _schedule(call, service)
    if not state.test_credentials:
        start(state, message)
        _start(state, message, call.now, scheduled)
    return shown(state, message)


def _start(state: State, message: FakeMessage, now: float, scheduled: float | None) -> None:
    if scheduled is None:
        begin(state, message, now)
        settle(state, message, message.status, now)
    else:
        message.status = "scheduled"
        message.steps = [(scheduled, "queued", None)]
        message.history.append((now, "scheduled"))


def fetch(state: State, call: Call) -> Any:
    """Return one message."""
    return shown(state, _message(state, call))


def update(state: State, call: Call) -> Any:
    """Cancel a scheduled message, or empty the body of one that is over."""
    message, status = _message(state, call), call.get("Status")
    if status == "canceled":
        if message.status != "scheduled":
            fail(30409, "Message is not in a state that can be canceled.", 409)
        message.steps = []
        settle(state, message, "canceled", call.now)
    elif status is not None:
        fail(20001, f"Invalid status: {status}")
    elif call.get("Body") == "":
        if message.steps:
            fail(20009, "Cannot modify a message that is not finished.")
        message.body = ""
    return shown(state, message)


def list_all(state: State, call: Call) -> Any:
    """List messages, newest first, in pages."""
    _check_account(state, call)
    size, page = _whole(call, "PageSize", 50), _whole(call, "Page", 0)
    chosen = [m for m in reversed(state.messages.values()) if _matches(m, call)]
    start = page * size
    path = f"/2010-04-01/Accounts/{state.account_sid}/Messages.json"
    kept = {k: v[-1] for k, v in call.params.items() if k not in ("Page", "PageToken")}
    following = None
    if len(chosen) > start + size:
        token = f"PA{chosen[start + size - 1].sid}"
        following = f"{path}?{urlencode({**kept, 'Page': page + 1, 'PageToken': token})}"
    return {
        "messages": [shown(state, each) for each in chosen[start : start + size]],
        "page": page,
        "page_size": size,
        "next_page_uri": following,
        "first_page_uri": f"{path}?{urlencode({**kept, 'Page': 0})}",
        "uri": path,
    }


def _whole(call: Call, name: str, default: int) -> int:
    value = call.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        fail(20001, f"{name} must be a whole number: {value}")
    return min(int(value), 1000)


def _matches(message: FakeMessage, call: Call) -> bool:
    at = message.sent if message.sent is not None else message.created
    after, before, on = (call.get(f"DateSent{sign}") for sign in (">", "<", ""))
    return (
        call.get("To") in (None, message.to)
        and call.get("From") in (None, message.sender)
        and (after is None or at >= _moment(after))
        and (before is None or at <= _moment(before))
        and (on is None or datetime.fromtimestamp(at, tz=UTC).date().isoformat() == on[:10])
    )


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(20001, f"Invalid date: {text}")
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def _check_account(state: State, call: Call) -> None:
    if call.path["account"] != state.account_sid:
        fail(20404, f"The requested resource {call.request.path} was not found", 404)


def _message(state: State, call: Call) -> FakeMessage:
    _check_account(state, call)
    found = state.messages.get(call.path["sid"])
    if found is None:
        fail(20404, f"The requested resource {call.request.path} was not found", 404)
    return found


def _recipient(state: State, call: Call) -> str:
    to = call.need("To", 21604)
    number = to.removeprefix("whatsapp:")
    if number in _MAGIC_RECIPIENTS:
        fail(*_MAGIC_RECIPIENTS[number])
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        fail(21211, f"The 'To' number {to} is not a valid phone number.")
    if not phonenumbers.is_possible_number(parsed):
        fail(21211, f"The 'To' number {to} is not a valid phone number.")
    if parsed.country_code in state.blocked_countries:
        fail(21408, "Permission to send an SMS has not been enabled for the region.")
    if state.verified is not None and number not in state.verified:
        fail(21608, "The number is unverified. Trial accounts cannot send to unverified numbers.")
    return to


def _sender(state: State, call: Call, to: str) -> tuple[str | None, str | None]:
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


def _content(state: State, call: Call) -> tuple[str, tuple[str, ...]]:
    body, media = call.get("Body") or "", tuple(call.params.get("MediaUrl", ()))
    if template := call.get("ContentSid"):
        return _filled(state, template, call.get("ContentVariables")), media
    if not body and not media:
        fail(21602, "Message body is required.")
    if len(body) > 1600:
        fail(21617, "The concatenated message body exceeds the 1600 character limit")
    for each in media:
        if urlsplit(each).scheme not in ("http", "https"):
            fail(21620, "Invalid media URL(s)")
    return body, media


def _filled(state: State, sid: str, variables: str | None) -> str:
    template = state.templates.get(sid)
    if template is None:
        fail(21655, "The ContentSid is Invalid")
    try:
        given = json.loads(variables or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        fail(21656, "The ContentVariables Parameter is invalid")
    return re.sub(r"\{\{(\w+)\}\}", lambda m: str(given.get(m[1], m[0])), template.body)


def _check_callback(url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        fail(21609, "The 'StatusCallback' URL is not a valid URL.")


def _schedule(call: Call, service: str | None) -> float | None:
    if call.get("ScheduleType") is None and call.get("SendAt") is None:
        return None
    if not service:
        fail(35118, "MessagingServiceSid is required to schedule a message")
    if call.get("ScheduleType") != "fixed" or not call.get("SendAt"):
        fail(35111, "ScheduleType and SendAt belong together")
    at = _moment(call.need("SendAt"))
    if not 900 <= at - call.now <= 35 * 86_400:
        fail(35114, "SendAt must be 15 minutes to 35 days in the future")
    return at


def shown(state: State, message: FakeMessage) -> dict[str, Any]:
    """Return a message in the shape of the API."""
    path = f"/2010-04-01/Accounts/{state.account_sid}/Messages/{message.sid}"
    return {
        "account_sid": state.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction,
        "error_code": message.error,
        "error_message": ERRORS.get(message.error or 0),
        "from": message.sender,
        "messaging_service_sid": message.service,
        "num_media": str(len(message.media)),
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.to,
        "uri": f"{path}.json",
    }


ROUTES = (
    Route("GET", API, f"{_BASE}.json", account),
    Route("POST", API, f"{_BASE}/Messages.json", create, _CREATE, 201),
    Route("GET", API, f"{_BASE}/Messages.json", list_all, _LIST),
    Route("GET", API, f"{_BASE}/Messages/{{sid}}.json", fetch),
    Route("POST", API, f"{_BASE}/Messages/{{sid}}.json", update, frozenset({"Body", "Status"})),
)
