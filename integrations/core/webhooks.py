"""One pipeline for the webhooks of every service.

Raw bytes → verify → claim the event's id → ordering guard → handlers → an HTTP status:

======  ===========================  ==========================================================
status  outcome                      what the vendor does next
======  ===========================  ==========================================================
200     handled, duplicate, stale,   nothing: the event is settled
        unhandled
400     forged                       nothing good: the body is not proven to be the vendor's
400     malformed                    sends it again: signed, but not as events of the vendor are
413     too_large                    nothing: over 1 MiB
500     failed                       sends it again; the claim was released, so it is handled then
503     busy                         sends it again; another worker has it at this moment
======  ===========================  ==========================================================

A worker that dies in the middle loses nothing: its claim expires.
"""

import inspect
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.errors import MalformedEventError, SignatureError
from integrations.core.log import get_logger, log_event
from integrations.core.webhook_store import (
    Claimed,
    Event,
    EventStore,
    MemoryEventStore,
    State,
    StoredEvent,
)

MAX_BODY_BYTES = 1024 * 1024
CLAIM_S = 300.0

Handler = Callable[[Event], object]


@dataclass(frozen=True)
class Incoming:
    """One delivery as it came in.

    Attributes:
        body: the raw bytes.
        headers: as they were received; names in any case.
        now: the receiver's Unix time.
        target: the path and the query it was posted to, for vendors that sign the URL.
    """

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    now: float
    target: str = ""


class Scheme(Protocol):
    """A vendor's way of signing, and what its events are called."""

    provider: str

    @property
    def events(self) -> Collection[str]:
        """Names of the events the vendor is known to send."""
        ...

    def verify(self, incoming: Incoming) -> Event:
        """Return the event, whatever the input, or refuse it.

        Raises:
            SignatureError: the body is not proven to be the vendor's.
            MalformedEventError: it is the vendor's, and cannot be read.
        """
        ...


@dataclass(frozen=True)
class Result:
    """The end of a delivery: what to answer, and why.

    Attributes:
        status: the HTTP status to answer with.
        outcome: one word; see the module's table.
        event: the event, when it was verified.
        reason: why it was refused or failed, or what failed after it was handled. For logs and
            operators, not for the answer's body.
        answers: what the handlers returned, in their order; for vendors that read the answer's
            body, as Twilio reads TwiML.
    """

    status: int
    outcome: str
    event: Event | None = None
    reason: str = ""
    answers: tuple[object, ...] = field(default=(), repr=False)


_DUPLICATE = {
    Claimed.DUPLICATE: (200, "duplicate"),
    Claimed.STALE: (200, "stale"),
    Claimed.BUSY: (503, "busy"),
}


class _TakenOverError(Exception):
    """The claim had expired, and somebody else has the event or its subject."""


class WebhookPipeline:
    """Receive the webhooks of one service.

    Handlers must tolerate being called again with the same event: when one of two handlers fails,
    both run on the vendor's next try.
    """

    def __init__(
        self,
        scheme: Scheme,
        *,
        store: EventStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
        claim_s: float = CLAIM_S,
        together: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """Verify by ``scheme``, keep events in ``store`` (in memory when None).

        Args:
            scheme: who signs, and what is sent.
            store: where events are claimed and kept.
            clock: the receiver's.
            claim_s: how long a claim lasts; longer than the slowest handler takes.
            together: what the handlers and the mark ``handled`` are done in, such as a database's
                transaction: both happen, or neither. What a worker wrote that was too slow, and
                was taken over, is undone as well.
        """
        self.scheme = scheme
        self.store = store if store is not None else MemoryEventStore()
        self._clock = clock
        self._claim_s = claim_s
        self._together = together
        self._handlers: dict[str, list[Handler]] = {}
        self._logger = get_logger(scheme.provider)

    def on(self, *types: str) -> Callable[[Handler], Handler]:
        """Register the decorated function for events of these types; ``"*"`` is every event.

        Raises:
            ValueError: the vendor has no such event; close names are suggested.
            TypeError: the function is a coroutine function. The pipeline would not await it, and
                its event would count as handled; start the work from a plain function.
        """
        if not types:
            raise ValueError("types: name at least one event, or '*' for all")
        for name in types:
            if name != "*" and name not in self.scheme.events:
                close = get_close_matches(name, self.scheme.events, n=3)
                hint = f" Did you mean {' or '.join(close)}?" if close else ""
                raise ValueError(f"{self.scheme.provider} sends no event {name!r}.{hint}")

        def register(handler: Handler) -> Handler:
            if inspect.iscoroutinefunction(inspect.unwrap(handler)):
                raise TypeError(
                    f"{getattr(handler, '__name__', handler)}: an async function would not be "
                    "awaited; register a plain function that starts the work"
                )
            for name in types:
                self._handlers.setdefault(name, []).append(handler)
            return handler

        return register

    def handled(self) -> frozenset[str]:
        """Return the types that somebody handles, ``"*"`` among them."""
        return frozenset(self._handlers)

    def receive(self, body: bytes, headers: Mapping[str, str], *, target: str = "") -> Result:
        """Take one delivery: the body's raw bytes, before any parser, and the headers.

        ``target`` is the path and the query it was posted to, such as ``/hooks/sms?shop=3``. Only
        vendors that sign the URL need it.

        Errors of the store are not caught: they must end in a 5xx of your web framework. Only one
        in ending the claim counts as a failure of the handlers, whose work it may have undone.

        Raises:
            TypeError: the body is not bytes. A parsed and re-serialised body cannot be verified.
        """
        if not isinstance(body, bytes):
            raise TypeError("body: pass the raw bytes of the request, before any parser")
        if len(body) > MAX_BODY_BYTES:
            return self._end(Result(413, "too_large", reason=f"{len(body)} bytes"))
        try:
            event = self.scheme.verify(Incoming(body, headers, self._clock.time(), target))
        except MalformedEventError as malformed:
            return self._end(Result(400, "malformed", reason=str(malformed)))
        except SignatureError as forged:
            return self._end(Result(400, "forged", reason=str(forged)))
        return self._handle(event)

    def replay(self, event_id: str, *, force: bool = False) -> Result:
        """Handle a kept event again: one that failed, was left by a dead worker, or had no handler.

        ``force`` also replays events that were handled, or overtaken by a newer one.

        Raises:
            LookupError: no such event was received.
        """
        stored = self.store.get(self.scheme.provider, event_id)
        if stored is None:
            raise LookupError(f"{self.scheme.provider}: no event {event_id!r} was received")
        return self._handle(stored.event, again=True, force=force)

    def received(self) -> Iterator[StoredEvent]:
        """Walk over the kept events, oldest first."""
        return self.store.received(self.scheme.provider)

    def _handle(self, event: Event, *, again: bool = False, force: bool = False) -> Result:
        now = self._clock.time()
        claimed, token = self.store.claim(
            event, now=now, until=now + self._claim_s, again=again, force=force
        )
        if claimed is not Claimed.NEW:
            status, outcome = _DUPLICATE[claimed]
            return self._end(Result(status, outcome, event))
        return self._run(event, token)

    def _run(self, event: Event, token: int) -> Result:
        every = [*self._handlers.get(event.type, ()), *self._handlers.get("*", ())]
        # A function that is registered for the type and for "*" runs once.
        handlers = [each for index, each in enumerate(every) if each not in every[:index]]
        state = State.HANDLED if handlers else State.UNHANDLED
        answers: tuple[object, ...] = ()
        try:
            with self._together():
                answers = tuple([handler(event) for handler in handlers])
                if not self.store.finish(event, token, state):
                    raise _TakenOverError
        except _TakenOverError:
            return self._end(
                Result(503, "busy", event, reason="the claim expired and was taken over")
            )
        except Exception as error:  # whatever a handler raises, the vendor must send again
            self._logger.exception("webhook handler failed", extra={"event_id": event.id})
            reason = type(error).__name__
            if self.store.finish(event, token, State.FAILED, reason) or not self._is(
                state, event, token
            ):
                return self._end(Result(500, "failed", event, reason=reason))
            # It came when all was committed, as from Django's on_commit: another try by the vendor
            # would be a duplicate.
            return self._end(Result(200, str(state), event, reason=reason, answers=answers))
        return self._end(Result(200, str(state), event, answers=answers))

    def _is(self, state: State, event: Event, token: int) -> bool:
        kept = self.store.get(event.provider, event.id)
        return kept is not None and (kept.state, kept.attempts) == (state, token)

    def _end(self, result: Result) -> Result:
        level = logging.INFO if result.status == 200 else logging.WARNING
        event = result.event
        log_event(
            self._logger,
            level,
            "webhook",
            status=result.status,
            outcome=result.outcome,
            event_type=event.type if event else None,
            event_id=event.id if event else None,
            reason=result.reason or None,
        )
        return result
