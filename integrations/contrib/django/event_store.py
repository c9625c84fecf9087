"""Where received webhooks are kept: in your database, with what your handlers write."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import router, transaction
from django.db.models import Q

from integrations.contrib.django.models import ReceivedEvent, Subject, shown
from integrations.core.registry import discover
from integrations.core.webhook_store import Claimed, Event, State, StoredEvent

# How many events are read at once.
PAGE = 100
_OPEN = (State.CLAIMED, State.FAILED)

Parser = Callable[[Event], Any]


class DjangoEventStore:
    """An :class:`~integrations.core.webhook_store.EventStore` in a table that all workers share.

    A claim is committed before the handlers run, and so survives whatever becomes of them.
    :meth:`together` is what handlers and the mark ``handled`` are done in: one transaction, so that
    both are there, or neither. ``WebhookPipeline(scheme, store=store, together=store.together)``.

    Its tests run on SQLite, and on PostgreSQL where one is installed. MariaDB and MySQL have what
    it needs and were not tried; Oracle cannot leave out a row that is there, which it needs. Each
    method writes before it reads, so that SQLite, which locks no rows, waits for its lock instead
    of finding out too late that another has it.
    """

    def __init__(
        self, *, using: str | None = None, parsers: Mapping[str, Parser] | None = None
    ) -> None:
        """Keep events in the database ``using``.

        Args:
            using: the alias; None asks ``DATABASE_ROUTERS``, which say ``default`` when there are
                none.
            parsers: by provider, what builds the typed object of an event that was read from the
                database; those of the integrations when None.
        """
        self._using = using
        known = {name: each.typed_event for name, each in discover().items() if each.typed}
        self._parsers: Mapping[str, Parser] = known if parsers is None else parsers

    @property
    def using(self) -> str:
        """The alias of the database."""
        alias: str = self._using or router.db_for_write(ReceivedEvent)
        return alias

    def together(self) -> Any:
        """Return a transaction for the handlers and the mark that they are done."""
        return transaction.atomic(using=self.using)

    def claim(
        self, event: Event, *, now: float, until: float, again: bool = False, force: bool = False
    ) -> tuple[Claimed, int]:
        """Claim an event; see :class:`~integrations.core.webhook_store.EventStore`.

        Raises:
            RuntimeError: it was called inside of ``atomic()``: the claim would be undone with it,
                and with it all trace of a failure.
            ValueError: the payload cannot be written as JSON.
        """
        using, envelope = self.using, _envelope(event)
        try:
            with transaction.atomic(using=using, durable=True):
                subject = _locked_subject(event, using)
                row = _locked_event(event, envelope, subject, now, using)
                refused = _refusal(row, subject, now, again=again, force=force)
                if refused:
                    # The rows may have been made to be locked.
                    transaction.set_rollback(True, using=using)
                    return refused, 0
                return _claimed(row, subject, event, until, force=force), row.attempts
        except RuntimeError as nested:
            nested.add_note(
                "A webhook is claimed in a transaction of its own. Do not call the pipeline inside "
                "of atomic(); with ATOMIC_REQUESTS, put non_atomic_requests on your view."
            )
            raise

    def finish(self, event: Event, token: int, state: State, error: str = "") -> bool:
        """End a claim; see :class:`~integrations.core.webhook_store.EventStore`."""
        using, key = self.using, digest(event.id)
        with transaction.atomic(using=using):
            if event.order and not _released(event, key, using):
                return False
            ended = (
                ReceivedEvent.objects.using(using)
                .filter(provider=event.provider, key=key, attempts=token, state=State.CLAIMED)
                .update(state=state, claimed_until=0.0, error=shown(error))
            )
            if not ended:
                transaction.set_rollback(True, using=using)
                return False
            if event.order and state is State.HANDLED:
                subject = Subject.objects.using(using).filter(
                    provider=event.provider, key=digest(event.order)
                )
                older = Q(newest=None) | Q(newest__lt=event.created)
                subject.filter(older).update(newest=event.created)
        return True

    def get(self, provider: str, event_id: str) -> StoredEvent | None:
        """Return a received event."""
        rows = ReceivedEvent.objects.using(self.using)
        row = rows.filter(provider=provider, key=digest(event_id)).first()
        return self.stored(row) if row else None

    def received(self, provider: str) -> Iterator[StoredEvent]:
        """Walk over the received events of a provider, oldest first; none is held open."""
        rows, last = ReceivedEvent.objects.using(self.using).filter(provider=provider), 0
        while page := list(rows.filter(pk__gt=last).order_by("pk")[:PAGE]):
            yield from map(self.stored, page)
            last = page[-1].pk

    def stored(self, row: ReceivedEvent) -> StoredEvent:
        """Return a row as the pipeline knows events."""
        event = Event(
            row.provider,
            **json.loads(row.envelope),
            created=row.created,
            body=bytes(row.body),
            parse=self._parsers.get(row.provider),
        )
        return StoredEvent(event, State(row.state), row.attempts, row.claimed_until, row.error)


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hex; of any text, odd ones included."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _envelope(event: Event) -> str:
    told = {"id": event.id, "type": event.type, "order": event.order}
    try:
        # Pure ASCII: a zero byte or half a character is refused by some databases.
        return json.dumps({**told, "payload": dict(event.payload)}, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"payload: cannot be written as JSON ({type(error).__name__}); give what was parsed"
        ) from error


def _locked_subject(event: Event, using: str) -> Subject | None:
    if not event.order:
        return None
    row = {"provider": event.provider, "key": digest(event.order)}
    subjects = Subject.objects.using(using)
    subjects.bulk_create([Subject(**row)], ignore_conflicts=True)
    locked: Subject = subjects.select_for_update().get(**row)
    return locked


def _locked_event(
    event: Event, envelope: str, subject: Subject | None, now: float, using: str
) -> ReceivedEvent:
    """Return the event's row, made when there is none; it is new when it was never claimed."""
    row = {"provider": event.provider, "key": digest(event.id)}
    rows = ReceivedEvent.objects.using(using)
    told = {"event_id": shown(event.id), "event_type": shown(event.type), "created": event.created}
    made = {**told, "envelope": envelope, "body": event.body, "subject": subject, "received": now}
    rows.bulk_create([ReceivedEvent(**row, **made, state=State.FAILED)], ignore_conflicts=True)
    found: ReceivedEvent = rows.select_for_update().get(**row)
    for name in (*told, "envelope", "body", "subject"):
        setattr(found, name, made[name])
    return found


def _refusal(
    row: ReceivedEvent, subject: Subject | None, now: float, *, again: bool, force: bool
) -> Claimed | None:
    if row.state == State.CLAIMED and row.claimed_until > now:
        return Claimed.BUSY
    admitted = force or (again and row.state == State.UNHANDLED)
    if row.state not in _OPEN and not admitted:
        return Claimed.DUPLICATE
    if subject and subject.busy_until > now:
        return Claimed.BUSY
    return None


def _claimed(
    row: ReceivedEvent, subject: Subject | None, event: Event, until: float, *, force: bool
) -> Claimed:
    stale = (
        subject is not None
        and not force
        and subject.newest is not None
        and event.created < subject.newest
    )
    row.attempts += 1
    row.state = State.STALE if stale else State.CLAIMED
    row.claimed_until = 0.0 if stale else until
    row.error = ""
    row.save()
    if subject and not stale:
        subject.holder, subject.busy_until = row.key, until
        subject.save()
    return Claimed.STALE if stale else Claimed.NEW


def _released(event: Event, key: str, using: str) -> bool:
    held = Subject.objects.using(using).filter(
        provider=event.provider, key=digest(event.order or ""), holder=key
    )
    return bool(held.update(holder="", busy_until=0.0))
