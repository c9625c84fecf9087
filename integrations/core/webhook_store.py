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
            claim has expired, and whose event or subject has been taken over, cannot finish.
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
        """End a claim. Returns False when it had expired and somebody else took over.

        Took over the event, or its subject: of the claims on one subject only the last can be
        ended, whatever becomes of it. A worker that was too slow may have written over what a later
        one wrote; its event is to be sent again.
        """
        ...

    def get(self, provider: str, event_id: str) -> StoredEvent | None:
        """Return a received event."""
        ...

    def received(self, provider: str) -> Iterator[StoredEvent]:
        """Walk over the received events of a provider, oldest first."""
        ...


_DONE = (State.HANDLED, State.UNHANDLED, State.STALE)

# The provider, and the id of an event or the name of a subject.
_Key = tuple[str, str]


class MemoryEventStore:
    """A store in this process, for tests, notebooks and single-process services.

    What a claim costs does not grow with the number of events.
    """

    def __init__(self, limit: int = 10_000) -> None:
        """Keep at most ``limit`` events: drop what settled longest ago, else what failed.

        Events that somebody is handling are kept, whatever the limit. How new the newest event of
        a subject was is known for the last ``limit`` subjects.
        """
        self._limit = limit
        self._events: dict[_Key, StoredEvent] = {}
        # What may be dropped, first that which ended first.
        self._settled: dict[_Key, None] = {}
        self._failed: dict[_Key, None] = {}
        # By subject: the event that was claimed last, and when its claim ends by itself.
        self._holders: dict[_Key, tuple[_Key, float]] = {}
        self._newest: dict[_Key, float] = {}
        self._lock = threading.Lock()

    def claim(
        self, event: Event, *, now: float, until: float, again: bool = False, force: bool = False
    ) -> tuple[Claimed, int]:
        """Claim an event; see :class:`EventStore`."""
        key, subject = (event.provider, event.id), _subject(event)
        with self._lock:
            known = self._events.get(key)
            if known and known.state is State.CLAIMED and known.claimed_until > now:
                return Claimed.BUSY, 0
            if known and known.state in _DONE and not self._admits(known.state, again, force):
                return Claimed.DUPLICATE, 0
            if subject and self._is_busy(subject, now):
                return Claimed.BUSY, 0
            token = known.attempts + 1 if known else 1
            if subject and not force and event.created < self._newest.get(subject, event.created):
                self._keep(key, StoredEvent(event, State.STALE, token))
                self._drop_oldest()
                return Claimed.STALE, token
            self._keep(key, StoredEvent(event, State.CLAIMED, token, until))
            if subject:
                self._holders[subject] = (key, until)
            self._drop_oldest()
            return Claimed.NEW, token

    def finish(self, event: Event, token: int, state: State, error: str = "") -> bool:
        """End a claim; see :class:`EventStore`."""
        key, subject = (event.provider, event.id), _subject(event)
        with self._lock:
            known = self._events.get(key)
            if not known or known.attempts != token or known.state is not State.CLAIMED:
                return False
            if subject and not self._released(subject, key):
                return False
            self._keep(key, replace(known, state=state, claimed_until=0.0, error=error))
            if subject and state is State.HANDLED:
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

    def _is_busy(self, subject: _Key, now: float) -> bool:
        holder = self._holders.get(subject)
        return holder is not None and holder[1] > now

    def _released(self, subject: _Key, key: _Key) -> bool:
        holder = self._holders.get(subject)
        if holder is None or holder[0] != key:
            return False
        del self._holders[subject]
        return True

    def _keep(self, key: _Key, stored: StoredEvent) -> None:
        self._events[key] = stored
        self._settled.pop(key, None)
        self._failed.pop(key, None)
        if stored.state in _DONE:
            self._settled[key] = None
        elif stored.state is State.FAILED:
            self._failed[key] = None

    def _drop_oldest(self) -> None:
        while len(self._events) > self._limit and (ended := self._settled or self._failed):
            oldest = next(iter(ended))
            del ended[oldest], self._events[oldest]


def _subject(event: Event) -> _Key | None:
    return (event.provider, event.order) if event.order else None
