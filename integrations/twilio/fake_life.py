"""The life of a fake's messages, by the clock: queued, sending, sent, and an end."""

from datetime import UTC, datetime
from email.utils import format_datetime

from integrations.twilio.fake_state import ERRORS, Callback, FakeMessage, State

SENDING_S, SENT_S, END_S = 0.3, 1.0, 3.0
WINDOW_S = 24 * 3600
CALLBACK_STATUSES = frozenset(
    {"queued", "sent", "delivered", "undelivered", "failed", "read", "canceled"}
)


def begin(state: State, message: FakeMessage, at: float) -> None:
    """Plan what becomes of a message that starts out at the Unix time ``at``."""
    code = _failure(state, message, at)
    if code in (63016, 63003, 63018):
        message.steps = [(at + SENDING_S, "failed", code)]
        return
    end = "undelivered" if code else "delivered"
    message.steps = [
        (at + SENDING_S, "sending", None),
        (at + SENT_S, "sent", None),
        (at + END_S, end, code),
    ]


def _failure(state: State, message: FakeMessage, at: float) -> int | None:
    line = state.line(message.to)
    if line.fails:
        return line.fails
    template = state.templates.get(message.template or "")
    if message.to.startswith("whatsapp:") and not (template and template.approved):
        last = state.last_inbound.get((message.to, message.sender or ""))
        return None if last is not None and at - last <= WINDOW_S else 63016
    return 30006 if line.type == "landline" else None


def advance(state: State, now: float) -> None:
    """Let everything happen that is due at the Unix time ``now``, in the order of time."""
    while due := _due(state, now):
        for _, sid in due:
            message = state.messages[sid]
            at, status, code = message.steps.pop(0)
            if status == "queued":  # a schedule has come, and is followed by steps of its own
                begin(state, message, at)
            settle(state, message, status, at, code)
    state.callbacks.sort(key=lambda callback: callback.at)


def _due(state: State, now: float) -> list[tuple[float, str]]:
    state.moving = {sid for sid in state.moving if state.messages[sid].steps}
    steps = ((step[0], sid) for sid in state.moving for step in state.messages[sid].steps)
    return sorted((at, sid) for at, sid in steps if at <= now)


def start(state: State, message: FakeMessage) -> None:
    """Take a message in; it moves on by its steps."""
    state.messages[message.sid] = message
    state.moving.add(message.sid)


def settle(
    state: State, message: FakeMessage, status: str, at: float, code: int | None = None
) -> None:
    """Put a message into a status, and queue its callback."""
    message.status, message.updated, message.error = status, at, code
    message.history.append((at, status))
    if status == "sent":
        message.sent = at
    if message.sender is None and message.service and status in ("sending", "queued"):
        message.sender = state.services[message.service][0]
    if message.callback and status in CALLBACK_STATUSES:
        params = status_params(state, message)
        state.callbacks.append(Callback(f"message.{status}", message.callback, params, at))


def status_params(state: State, message: FakeMessage) -> dict[str, str]:
    """Return the form of a status callback, as a message stands now.

    Source: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
    """
    params = {
        "AccountSid": state.account_sid,
        "ApiVersion": "2010-04-01",
        "From": message.sender or "",
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.service:
        params["MessagingServiceSid"] = message.service
    if message.error:
        params |= {"ErrorCode": str(message.error), "ErrorMessage": ERRORS.get(message.error, "")}
    return params


def rfc2822(at: float | None) -> str | None:
    """Write a time as the API of 2010 does."""
    return None if at is None else format_datetime(datetime.fromtimestamp(int(at), tz=UTC))
