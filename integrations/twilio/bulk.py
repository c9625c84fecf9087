"""Many text messages, at a pace, each with an end of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from integrations.core.bulk import BulkResult, BulkRun
from integrations.core.bulk import Outcome as CoreOutcome
from integrations.core.config import REAL
from integrations.core.errors import IntegrationError, InvalidRequestError
from integrations.core.pacer import Pacer
from integrations.twilio.client import TwilioClient
from integrations.twilio.phone import e164, refuse

# One API request sends one message; Twilio queues them, and sends about one a second from a long
# code (https://www.twilio.com/docs/messaging/guides/scaling-queueing-latency, read 2026-11).
RATE = 10.0
MAX_RATE = 100.0


@dataclass(frozen=True)
class TextMessage:
    """One text message of many."""

    to: str
    body: str = field(repr=False)


@dataclass(frozen=True)
class Outcome(CoreOutcome[TextMessage]):
    """The end of one message.

    ``status``: ``sent``, with its ``sid``; ``opted out``; ``not sent``, in debug mode; ``failed``,
    with ``error``; ``unknown``: it may have been sent, so look it up before you repeat it;
    ``not tried``, because the credentials were refused before, or the run was stopped.
    """

    sid: str | None = None

    def row(self) -> Mapping[str, object]:
        """Return what a notebook shows of it, by column."""
        reason = self.error or ""
        to, status = self.message.to, self.status
        return {"to": to, "status": status, "message": self.sid, "reason": reason}


def send_many(
    messages: Iterable[TextMessage],
    *,
    client: TwilioClient,
    rate: float = RATE,
    workers: int | None = None,
    status_callback: str | None = None,
    on_progress: Callable[[Outcome], None] | None = None,
) -> BulkResult[Outcome]:
    """Send many text messages, and tell the end of each; a failure does not stop the rest.

    Twilio has no idempotency keys: running it again sends again. To resume, pass only the messages
    that are ``failed`` or ``not tried``, and look up those that are ``unknown``.

    Args:
        messages: what to send; no number twice.
        client: the client to send with.
        rate: requests a second, at most 100.
        workers: threads; 8 over a network, else 1. They overlap waiting, not the pace.
        status_callback: where Twilio reports what becomes of each.
        on_progress: called with each outcome as it happens, from one thread at a time.

    Raises:
        InvalidRequestError: the rate is wrong, or a number comes twice; nothing was sent.
        BulkStoppedError: ``on_progress``, or the store of opt-outs, raised. What had begun is ended
            and the rest is not tried; its ``result`` has the end of each message.
    """
    if type(rate) not in (int, float) or not 0 < rate <= MAX_RATE:
        refuse("rate", f"{rate!r} is not above 0 and at most {MAX_RATE:g}")
    given = _distinct(tuple(messages), client.settings.default_country)

    def attempt(message: TextMessage) -> Outcome:
        done = client.send_message(message.to, body=message.body, status_callback=status_callback)
        return Outcome(message, "sent" if done.sent else "not sent", sid=done.sid)

    run = BulkRun(attempt, _end, pacer=Pacer(rate, client.clock), on_progress=on_progress)
    return run.run(given, workers=workers or (8 if client.mode in REAL else 1))


def _end(message: TextMessage, error: Exception | None) -> Outcome:
    if error is None:
        return Outcome(message, "not tried")
    if getattr(error, "code", None) == "21610":
        return Outcome(message, "opted out", error)
    known = isinstance(error, IntegrationError) and not getattr(error, "outcome_unknown", False)
    return Outcome(message, "failed" if known else "unknown", error)


def _distinct(messages: tuple[TextMessage, ...], country: str) -> tuple[TextMessage, ...]:
    first: dict[str, int] = {}
    for index, message in enumerate(messages):
        if not isinstance(message, TextMessage):
            refuse(f"messages[{index}]", f"must be a TextMessage, not {type(message).__name__}")
        before = first.setdefault(_key(message.to, country), index)
        if before != index:
            refuse(f"messages[{index}]", f"goes to the same number as messages[{before}]")
    return messages


def _key(to: object, country: str) -> str:
    try:
        return e164("to", to, country)
    except InvalidRequestError:
        return repr(to)  # refused when its turn comes, as the end of that message alone
