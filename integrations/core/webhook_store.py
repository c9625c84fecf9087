"""Where received events are claimed, kept, and found again."""

import enum
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol


@dataclass(frozen=True)
class Event:
    """A verified webhook event.

    Attributes:
        provider: the integration's name.
        id: the vendor's id of the event, the key of deduplication.
        type: the vendor's name of the event.
        created: Unix time at which the vendor says it happened.
        payload: the body, parsed.
        body: the raw bytes that were verified.
        order: the subject whose state the event describes, when it describes one; of two events
            on one subject, the one created earlier must not overwrite the later.
        parse: builds the typed object; called only when :attr:`typed` is asked for.
    """

    provider: str
    id: str
    type: str
    created: float
    payload: Mapping[str, Any] = field(repr=False)
    body: bytes = field(repr=False)
    order: str | None = None
    parse: Any = field(default=None, repr=False, compare=False)

    @cached_property
    def typed(self) -> Any:
        """The vendor's event as a typed object; the payload where the type is unknown."""
        return self.parse(self) if self.parse else self.payload


class State(enum.StrEnum):
    """What has become of a received event."""

    CLAIMED = "claimed"
    HANDLED = "handled"
    UNHANDLED = "unhandled"
    STALE = "stale"
    FAILED = "failed"


class Claimed(enum.StrEnum):
    """The answer to a claim."""

    NEW = "new"
    DUPLICATE = "duplicate"
    BUSY = "busy"
    STALE = "stale"


@dataclass(frozen=True)
class StoredEvent:
    """An event as it is kept.

    Attributes:
        event: the event.
        state: what has become of it.
        attempts: how often it was claimed. The number is also the claim's token: a worker whose
            claim has expired and been taken over cannot finish the new owner's work.
        claimed_until: Unix time at which a claim ends by itself.
        error: the name of the exception of the last failed attempt.
    """

    event: Event
    state: State
    attempts: int = 1
    claimed_until: float = 0.0
    error: str = ""


class EventStore(Protocol):
    """What the pipeline asks of a store. Each method is atomic."""

    def claim(
        self, event: Event, *, now: float, until: float, again: bool = False, force: bool = False
    ) -> tuple[Claimed, int]:
        """Claim an event for handling until the Unix time ``until``; return the token with it.

        ``again`` admits events that ended unhandled; ``force`` those handled and stale too.
        """
        ...

    def finish(self, event: Event, token: int, state: State, error: str = "") -> bool:
        """End a claim. Returns False when it had expired and somebody else took over."""
        ...

    def get(self, provider: str, event_id: str) -> StoredEvent | None:
        """Return a received event."""
        ...

    def received(self, provider: str) -> Iterator[StoredEvent]:
        """Walk over the received events of a provider, oldest first."""
        ...


_DONE = (State.HANDLED, State.UNHANDLED, State.STALE)


class MemoryEventStore:
    """A store in this process, for tests, notebooks and single-process services."""

    def __init__(self, limit: int = 10_000) -> None:
        """Keep at most ``limit`` events: drop the oldest settled one, else the oldest failed one.

        Events that somebody is handling are kept, whatever the limit. How new the newest event of
        a subject was is known for the last ``limit`` subjects.
        """
        self._limit = limit
        self._events: dict[tuple[str, str], StoredEvent] = {}
        self._newest: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def claim(
        self, event: Event, *, now: float, until: float, again: bool = False, force: bool = False
    ) -> tuple[Claimed, int]:
        """Claim an event; see :class:`EventStore`."""
        key = (event.provider, event.id)
        with self._lock:
            known = self._events.get(key)
            if known and known.state is State.CLAIMED and known.claimed_until > now:
                return Claimed.BUSY, 0
            if known and known.state in _DONE and not self._admits(known.state, again, force):
                return Claimed.DUPLICATE, 0
            if self._subject_is_busy(event, now):
                return Claimed.BUSY, 0
            token = known.attempts + 1 if known else 1
            if not force and event.order and self._is_stale(event):
                self._events[key] = StoredEvent(event, State.STALE, token)
                self._drop_oldest()
                return Claimed.STALE, token
            self._events[key] = StoredEvent(event, State.CLAIMED, token, until)
            self._drop_oldest()
            return Claimed.NEW, token

    def finish(self, event: Event, token: int, state: State, error: str = "") -> bool:
        """End a claim; see :class:`EventStore`."""
        key = (event.provider, event.id)
        with self._lock:
            known = self._events.get(key)
            if not known or known.attempts != token or known.state is not State.CLAIMED:
                return False
            self._events[key] = replace(known, state=state, claimed_until=0.0, error=error)
            if event.order and state is State.HANDLED:
                subject = (event.provider, event.order)
                before = self._newest.pop(subject, event.created)
                self._newest[subject] = max(event.created, before)
                if len(self._newest) > self._limit:
                    del self._newest[next(iter(self._newest))]
            return True

    def get(self, provider: str, event_id: str) -> StoredEvent | None:
        """Return a received event."""
        with self._lock:
            return self._events.get((provider, event_id))

    def received(self, provider: str) -> Iterator[StoredEvent]:
        """Walk over a copy, oldest first."""
        with self._lock:
            return iter([kept for key, kept in self._events.items() if key[0] == provider])

    @staticmethod
    def _admits(state: State, again: bool, force: bool) -> bool:
        return force or (again and state is State.UNHANDLED)

    def _is_stale(self, event: Event) -> bool:
        newest = self._newest.get((event.provider, str(event.order)))
        return newest is not None and event.created < newest

    def _subject_is_busy(self, event: Event, now: float) -> bool:
        return event.order is not None and any(
            kept.state is State.CLAIMED
            and kept.claimed_until > now
            and kept.event.order == event.order
            and kept.event.provider == event.provider
            for kept in self._events.values()
        )

    def _drop_oldest(self) -> None:
        if len(self._events) > self._limit:
            for states in (_DONE, (State.FAILED,)):
                ended = (key for key, kept in self._events.items() if kept.state in states)
                if oldest := next(ended, None):
                    del self._events[oldest]
                    return
