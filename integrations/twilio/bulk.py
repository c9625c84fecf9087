"""Many text messages, at a pace, each with an end of its own."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from integrations.core.config import REAL
from integrations.core.errors import (
    AuthenticationError,
    ConfigurationError,
    IntegrationError,
    InvalidRequestError,
)
from integrations.core.pacer import Pacer
from integrations.core.views import table
from integrations.twilio.client import TwilioClient
from integrations.twilio.phone import e164, refuse

# One API request sends one message; Twilio queues them, and sends about one a second from a long
# code (https://www.twilio.com/docs/messaging/guides/scaling-queueing-latency, read 2026-11).
RATE = 10.0
MAX_RATE = 100.0

Status = Literal["sent", "opted out", "not sent", "failed", "unknown", "not tried"]


@dataclass(frozen=True)
class TextMessage:
    """One text message of many."""

    to: str
    body: str = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """The end of one message.

    ``status``: ``sent``, with its ``sid``; ``opted out``; ``not sent``, in debug mode; ``failed``,
    with ``error``; ``unknown``: the reply was lost and it may have been sent, so look it up before
    you repeat it; ``not tried``, because the credentials were refused before.
    """

    message: TextMessage
    status: Status
    sid: str | None = None
    error: IntegrationError | None = None


@dataclass(frozen=True)
class BulkResult:
    """The end of every message, in the order given."""

    outcomes: tuple[Outcome, ...]

    def having(self, status: Status) -> tuple[Outcome, ...]:
        """Return the outcomes with a status."""
        return tuple(each for each in self.outcomes if each.status == status)

    def _repr_html_(self) -> str:
        return table(
            ("to", "status", "message", "reason"),
            ((o.message.to, o.status, o.sid, o.error or "") for o in self.outcomes),
            "send_many",
        )


def send_many(
    messages: Iterable[TextMessage],
    *,
    client: TwilioClient,
    rate: float = RATE,
    workers: int | None = None,
    status_callback: str | None = None,
    on_progress: Callable[[Outcome], None] | None = None,
) -> BulkResult:
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
    """
    if type(rate) not in (int, float) or not 0 < rate <= MAX_RATE:
        refuse("rate", f"{rate!r} is not above 0 and at most {MAX_RATE:g}")
    given = _distinct(tuple(messages), client.settings.default_country)
    run = _Run(client, Pacer(rate, client.clock), status_callback, on_progress)
    count = workers or (8 if client.mode in REAL else 1)
    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="send_many") as pool:
        return BulkResult(tuple(pool.map(run.send, given)))


class _Run:
    """One run of :func:`send_many`."""

    def __init__(
        self,
        client: TwilioClient,
        pacer: Pacer,
        status_callback: str | None,
        on_progress: Callable[[Outcome], None] | None,
    ) -> None:
        self._client = client
        self._pacer = pacer
        self._status_callback = status_callback
        self._on_progress = on_progress
        self._hopeless = threading.Event()
        self._lock = threading.Lock()

    def send(self, message: TextMessage) -> Outcome:
        outcome = self._try(message)
        if self._on_progress:
            with self._lock:
                self._on_progress(outcome)
        return outcome

    def _try(self, message: TextMessage) -> Outcome:
        if self._hopeless.is_set():
            return Outcome(message, "not tried")
        self._pacer.wait()
        try:
            result = self._client.send_message(
                message.to, body=message.body, status_callback=self._status_callback
            )
        except IntegrationError as error:
            # With credentials that are not accepted, every further message would fail the same way.
            if isinstance(error, (AuthenticationError, ConfigurationError)):
                self._hopeless.set()
            return Outcome(message, _failed(error), error=error)
        return Outcome(message, "sent" if result.sent else "not sent", result.sid)


def _failed(error: IntegrationError) -> Status:
    if getattr(error, "outcome_unknown", False):
        return "unknown"
    return "opted out" if getattr(error, "code", None) == "21610" else "failed"


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
