"""Several workers at once, and workers that die."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import override_settings

from integrations.contrib.django.event_store import DjangoEventStore
from integrations.contrib.django.models import ReceivedEvent, Subject
from integrations.contrib.django.testing import receiver
from integrations.contrib.django.tests.shop import webhooks
from integrations.contrib.django.tests.shop.models import Note
from integrations.contrib.django.tests.stores import close
from integrations.core.clock import ManualClock
from integrations.core.tests.event_stores import NOW, Plain, event
from integrations.core.webhook_store import Claimed, State
from integrations.core.webhooks import WebhookPipeline

STRIPE = "/webhooks/stripe/"


@pytest.fixture
def sent(mock_stripe: Any, frozen_clock: ManualClock) -> Iterator[Any]:
    mock_stripe.client.customers.create(email="alex@example.com")
    env = {"INTEGRATIONS_MODE": "mock"}
    with override_settings(
        INTEGRATIONS={"SERVICES": ["stripe"], "ENV": env, "CLOCK": frozen_clock}
    ):
        yield mock_stripe.fake.deliveries()[0]


def test_eight_threads_that_deliver_one_event_write_one_note(sent: Any) -> None:
    gate, inside, finish = threading.Barrier(8), threading.Event(), threading.Event()

    def wait(_: Any) -> None:
        inside.set()
        assert finish.wait(10)

    # Before it writes: on SQLite a worker that has written keeps all others waiting.
    webhooks.before.append(wait)

    def deliver(_: int) -> int:
        gate.wait()
        try:
            return receiver(STRIPE)(sent.body, sent.headers).status
        finally:
            # The first of those who were too late lets the handler end.
            if inside.is_set():
                finish.set()
            close()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(deliver, range(8)))
    assert statuses[0] == 200
    assert 503 in statuses
    assert set(statuses) <= {200, 503}
    assert Note.objects.count() == 1


WORKER = """
import os, sys, django
django.setup()
from django.db import transaction
from integrations.contrib.django.event_store import DjangoEventStore
from integrations.contrib.django.tests.shop.models import Note
from integrations.core.clock import ManualClock
from integrations.core.tests.event_stores import Plain
from integrations.core.webhooks import WebhookPipeline

store, how = DjangoEventStore(), sys.argv[1]
pipeline = WebhookPipeline(Plain(), store=store, clock=ManualClock(), together=store.together)

@pipeline.on("thing.done")
def handler(event):
    Note.objects.create(text=event.id)
    if how == "die":
        os._exit(9)

statuses = [pipeline.receive(b'{"id": "evt_%d"}' % n, {}).status for n in range(int(sys.argv[2]))]
print(statuses)
"""


def worker(how: str, events: int) -> "subprocess.Popen[str]":
    env = {**os.environ, "DJANGO_TESTS_FOLDER": settings.FOLDER}
    command = [sys.executable, "-c", WORKER, how, str(events)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def test_a_worker_that_dies_in_a_handler_leaves_a_claim_and_no_writes() -> None:
    dying = worker("die", 1)
    dying.communicate(timeout=60)
    assert dying.returncode == 9
    assert not Note.objects.exists()
    clock, store = ManualClock(), DjangoEventStore()
    pipeline = WebhookPipeline(Plain(), store=store, clock=clock, together=store.together)
    pipeline.on("*")(lambda got: Note.objects.create(text=got.id))
    assert pipeline.receive(b'{"id": "evt_0"}', {}).outcome == "busy"
    clock.advance(301)
    assert pipeline.receive(b'{"id": "evt_0"}', {}).outcome == "handled"
    assert ReceivedEvent.objects.get().attempts == 2
    assert Note.objects.count() == 1


def test_four_processes_that_deliver_the_same_events_write_each_note_once() -> None:
    racing = [worker("race", 25) for _ in range(4)]
    for each in racing:
        said, _ = each.communicate(timeout=120)
        assert each.returncode == 0
        assert set(said.strip("[]\n").split(", ")) <= {"200", "503"}
    assert sorted(note.text for note in Note.objects.all()) == sorted(f"evt_{n}" for n in range(25))
    assert set(ReceivedEvent.objects.values_list("state", flat=True)) == {"handled"}


def test_a_claim_inside_of_a_transaction_is_refused_and_says_what_to_do() -> None:
    store = DjangoEventStore()
    with transaction.atomic(), pytest.raises(RuntimeError) as raised:
        store.claim(event(), now=NOW, until=NOW + 60)
    assert "non_atomic_requests" in "".join(raised.value.__notes__)
    assert store.get("acme", "evt_1") is None


def test_a_refused_claim_leaves_no_row() -> None:
    store = DjangoEventStore()
    store.claim(event(1, order="thing"), now=NOW, until=NOW + 60)
    assert store.claim(event(2, order="thing"), now=NOW, until=NOW + 60) == (Claimed.BUSY, 0)
    assert ReceivedEvent.objects.count() == Subject.objects.count() == 1


def test_the_mark_and_the_writes_are_one_transaction_on_each_database(on_postgres: str) -> None:
    for using in ("other", on_postgres):
        store = DjangoEventStore(using=using)
        pipeline = WebhookPipeline(Plain(), store=store, together=store.together)

        @pipeline.on("thing.done")
        def handler(got: Any, using: str = using) -> None:
            Note.objects.using(using).create(text=got.id)
            if got.id == "evt_bad":
                # Deferred: the database looks when the transaction ends.
                Note.objects.using(using).create(text="orphan", about_id=99)

        assert pipeline.receive(b'{"id": "evt_bad"}', {}).reason == "IntegrityError"
        assert pipeline.receive(b'{"id": "evt_good"}', {}).status == 200
        assert [note.text for note in Note.objects.using(using).all()] == ["evt_good"]
        kept = store.get("acme", "evt_bad")
        assert kept
        assert kept.state is State.FAILED
    assert not ReceivedEvent.objects.exists()


def test_a_payload_that_json_cannot_hold_is_refused_before_anything_is_written() -> None:
    odd = event()
    object.__setattr__(odd, "payload", {"at": object()})
    with pytest.raises(ValueError, match="payload"):
        DjangoEventStore().claim(odd, now=NOW, until=NOW + 1)
    assert connections["default"].in_atomic_block is False
    assert not ReceivedEvent.objects.exists()
