"""What became of each message, however its callbacks come in: late, twice, in any order."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.views import Displayed
from integrations.core.webhook_store import Event
from integrations.twilio.events import STATUSES, StatusCallback
from integrations.twilio.models import FINAL

# The steps of a message, in order; a status further on is never replaced by an earlier one.
# Twilio's specification names partially_delivered and no page tells what follows it (2026-11), so
# that an end which comes after it is not lost.
_STEPS = ("accepted", "scheduled", "queued", "sending", "sent", "partially_delivered")


@dataclass(frozen=True)
class MessageRecord(Displayed):
    """What is known of a message.

    Attributes:
        sid: the message.
        status: the furthest it has come.
        error_code: why it was not delivered.
        seen: each status once, in order of arrival, with the Unix time at which it came in.
    """

    sid: str
    status: str
    error_code: str | None = None
    seen: tuple[tuple[str, float], ...] = ()

    @property
    def final(self) -> bool:
        """Whether nothing more is to come, but that a delivered message may be read."""
        return self.status in FINAL


def advances(old: str, new: str) -> bool:
    """Tell whether a message in status ``old`` moves on to ``new``.

    A final status stays, except that what was delivered may be read: WhatsApp tells so.
    """
    if old == "delivered":
        return new == "read"
    if old in FINAL:
        return False
    return new in FINAL or (
        new in _STEPS and (old not in _STEPS or _STEPS.index(new) > _STEPS.index(old))
    )


class MessageRecords(Protocol):
    """Where the statuses of messages are kept."""

    def record(self, callback: StatusCallback, *, at: float) -> bool:
        """Take one callback that came in at the Unix time ``at``; atomic.

        Returns whether the message is in the callback's status now: False for something older. A
        repetition of the newest is True, since a handler that failed is called again with it.
        """
        ...

    def get(self, sid: str) -> MessageRecord | None:
        """Return what is known of a message."""
        ...


class MemoryMessageRecords:
    """Records in this process, for tests, notebooks and services of a single process."""

    def __init__(self, limit: int = 10_000) -> None:
        """Keep at most ``limit`` messages; the one heard of longest ago goes first."""
        self._limit = limit
        self._records: dict[str, MessageRecord] = {}
        self._lock = threading.Lock()

    def record(self, callback: StatusCallback, *, at: float) -> bool:
        """Take one callback; see :class:`MessageRecords`."""
        with self._lock:
            known = self._records.pop(callback.sid, MessageRecord(callback.sid, ""))
            record = _seen(known, callback.status, at)
            moves = callback.status in STATUSES and advances(known.status, callback.status)
            if moves:
                record = replace(record, status=callback.status, error_code=callback.error_code)
            self._records[callback.sid] = record
            while len(self._records) > self._limit:
                del self._records[next(iter(self._records))]
            return record.status == callback.status

    def get(self, sid: str) -> MessageRecord | None:
        """Return what is known of a message."""
        with self._lock:
            return self._records.get(sid)

    def __iter__(self) -> Iterator[MessageRecord]:
        """Walk over a copy, the one heard of longest ago first."""
        with self._lock:
            return iter([*self._records.values()])


def _seen(record: MessageRecord, status: str, at: float) -> MessageRecord:
    if any(known == status for known, _ in record.seen):
        return record
    return replace(record, seen=(*record.seen, (status, at)))


def track_status(
    records: MessageRecords,
    *,
    on_change: Callable[[StatusCallback], object] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Callable[[Event], None]:
    """Return a handler that keeps ``records``: register it with ``pipeline.on("*")``.

    ``on_change`` is called once with each callback that moved its message on, in the order of the
    steps, whatever threads the callbacks come in on: those of one message wait for one another,
    and for no other message's. When it fails, it is called again with Twilio's next try. Among
    several processes, the pipeline's store settles repetitions, and the order is that of their
    turns: ask ``records`` where the message stands.
    """
    turns = _Turns()

    def handler(event: Event) -> None:
        callback = event.typed
        if not isinstance(callback, StatusCallback):
            return
        at = clock.time()
        with turns.of(callback.sid):
            current = records.record(callback, at=at)
            if on_change and current and turns.is_news(callback):
                on_change(callback)
                turns.note(callback)

    return handler


class _Turns:
    """One callback at a time for each message, and what was told of it last."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        # A handler may bring about the next callback of its own message, as fakes do.
        self._held: dict[str, tuple[threading.RLock, int]] = {}
        self._told: dict[str, str] = {}

    @contextmanager
    def of(self, sid: str) -> Iterator[None]:
        with self._lock:
            mine, waiting = self._held.get(sid, (threading.RLock(), 0))
            self._held[sid] = (mine, waiting + 1)
        try:
            with mine:
                yield
        finally:
            with self._lock:
                waiting = self._held[sid][1] - 1
                self._held[sid] = (mine, waiting)
                if not waiting:
                    del self._held[sid]

    def is_news(self, callback: StatusCallback) -> bool:
        with self._lock:
            return advances(self._told.get(callback.sid, ""), callback.status)

    def note(self, callback: StatusCallback) -> None:
        with self._lock:
            told = self._told.pop(callback.sid, "")
            further = callback.status if advances(told, callback.status) else told
            self._told[callback.sid] = further
            if len(self._told) > self._limit:
                del self._told[next(iter(self._told))]
