"""What is done with kept webhooks: handle them again, or delete them."""

from collections.abc import Iterable, Iterator

from django.db import IntegrityError
from django.db.models import Q

from integrations.contrib.django import conf
from integrations.contrib.django.event_store import DjangoEventStore
from integrations.contrib.django.models import ReceivedEvent, Subject
from integrations.contrib.django.webhooks import pipeline
from integrations.core.webhook_store import State
from integrations.core.webhooks import Result

DAY_S = 86_400.0
# How many rows one statement deletes, so that no other one waits for long.
BATCH = 500


def unsettled(services: Iterable[str], *, unhandled: bool = False) -> Iterator[tuple[str, str]]:
    """Walk over what failed, or was left by a worker that died: service and id, oldest first."""
    states = [State.FAILED, State.CLAIMED, *([State.UNHANDLED] if unhandled else [])]
    store, now = DjangoEventStore(), conf.clock().time()
    rows = ReceivedEvent.objects.using(store.using)
    for name in services:
        open_ = rows.filter(provider=name, state__in=states, claimed_until__lte=now)
        # The bodies of many are not held at once.
        for key in list(open_.order_by("pk").values_list("pk", flat=True)):
            yield name, store.stored(rows.get(pk=key)).event.id


def replay(service: str, event_id: str, *, force: bool = False) -> Result:
    """Handle a kept event again.

    Raises:
        LookupError: no such event was received, or the site does not use the service.
        ConfigurationError: ``INTEGRATIONS`` is malformed.
    """
    if service not in conf.services():
        raise LookupError(f'{service!r} is not among INTEGRATIONS["SERVICES"]; add it there first')
    return pipeline(service).replay(event_id, force=force)


def prune(days: float, *, failed: bool = False) -> int:
    """Delete what was received more than ``days`` ago and is settled; return how many.

    What is being handled, or was left by a worker that died, is kept; so is what failed, unless
    ``failed``. Subjects go with the last of their events.
    """
    store = DjangoEventStore()
    ends = [State.HANDLED, State.UNHANDLED, State.STALE, *([State.FAILED] if failed else [])]
    old = conf.clock().time() - days * DAY_S
    rows = ReceivedEvent.objects.using(store.using).filter(state__in=ends, received__lt=old)
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        # The state is asked for again: somebody may be handling one by now.
        deleted += rows.filter(pk__in=keys).delete()[0]
    _prune_subjects(store.using, old)
    return deleted


def _prune_subjects(using: str, old: float) -> None:
    subjects = Subject.objects.using(using).filter(
        Q(newest=None) | Q(newest__lt=old), busy_until__lte=conf.clock().time(), events=None
    )
    while keys := list(subjects.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        try:
            subjects.filter(pk__in=keys).delete()
        except IntegrityError:
            # An event came for one of them just now; they go the next time.
            return
