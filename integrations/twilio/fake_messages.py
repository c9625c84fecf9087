"""The fake's messages: created, fetched, listed, and cancelled."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from integrations.twilio import fake_checks as checks
from integrations.twilio.fake_http import API, Call, Route, fail
from integrations.twilio.fake_life import begin, rfc2822, settle, start
from integrations.twilio.fake_options import check_options
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


def account(state: State, call: Call) -> Any:
    """Return the account."""
    _check_account(state, call)
    return {
        "sid": state.account_sid,
        "friendly_name": "Example account",
        "status": "active",
        "type": "Full" if state.verified is None else "Trial",
        # Twilio answers with the token itself.
        "auth_token": state.auth_token,
        "owner_account_sid": state.account_sid,
        "date_created": rfc2822(1_767_225_600),
        "date_updated": rfc2822(1_767_225_600),
        "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{state.account_sid}.json",
    }


def create(state: State, call: Call) -> Any:
    """Take a message."""
    _check_account(state, call)
    check_options(call)
    to = checks.recipient(state, call)
    sender, service = checks.sender(state, call, to)
    body, media = checks.content(state, call)
    checks.check_callback(call.get("StatusCallback"))
    scheduled = checks.schedule(call, service)
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
    size, page = checks.whole(call, "PageSize", 50), checks.whole(call, "Page", 0)
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


def _matches(message: FakeMessage, call: Call) -> bool:
    at = message.sent if message.sent is not None else message.created
    after, before, on = (call.get(f"DateSent{sign}") for sign in (">", "<", ""))
    return (
        call.get("To") in (None, message.to)
        and call.get("From") in (None, message.sender)
        and (after is None or at >= checks.moment(after))
        and (before is None or at <= checks.moment(before))
        and (on is None or datetime.fromtimestamp(at, tz=UTC).date().isoformat() == on[:10])
    )


def _check_account(state: State, call: Call) -> None:
    if call.path["account"] != state.account_sid:
        fail(20404, f"The requested resource {call.request.path} was not found", 404)


def _message(state: State, call: Call) -> FakeMessage:
    _check_account(state, call)
    found = state.messages.get(call.path["sid"])
    if found is None:
        fail(20404, f"The requested resource {call.request.path} was not found", 404)
    return found


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
