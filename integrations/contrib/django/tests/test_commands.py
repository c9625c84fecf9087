"""The commands of manage.py, and what they keep."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from integrations.contrib.django.event_store import DjangoEventStore
from integrations.contrib.django.models import ReceivedEvent, Subject
from integrations.contrib.django.testing import receiver
from integrations.contrib.django.tests.shop import webhooks
from integrations.contrib.django.tests.shop.models import Note
from integrations.core.clock import ManualClock
from integrations.core.tests.event_stores import event
from integrations.core.webhook_store import State

STRIPE = "/webhooks/stripe/"
DAY = 86_400.0


@pytest.fixture(autouse=True)
def site(frozen_clock: ManualClock) -> Iterator[None]:
    env = {"INTEGRATIONS_MODE": "mock"}
    given = {"SERVICES": ["loops", "stripe", "s3"], "ENV": env, "CLOCK": frozen_clock}
    with override_settings(INTEGRATIONS=given):
        yield


def run(*words: str) -> tuple[int, list[str]]:
    out, status = io.StringIO(), 0
    try:
        call_command(*words, stdout=out)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    return status, out.getvalue().splitlines()


def deliver(mock: Any, count: int = 1) -> list[str]:
    for number in range(count):
        mock.client.customers.create(email=f"u{number}@example.com")
    mock.fake.webhooks.deliver(receiver(STRIPE))
    mock.fake.reset()
    return list(ReceivedEvent.objects.order_by("pk").values_list("event_id", flat=True))


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "integrations", check=True, dry_run=True, verbosity=0)


def test_what_failed_is_handled_again_and_only_that(mock_stripe: Any) -> None:
    webhooks.then.append(lambda _: 1 / 0)
    failed = deliver(mock_stripe, 2)
    webhooks.then.clear()
    status, said = run("replay_webhooks")
    assert status == 0
    assert said == [*(f"stripe {id} handled" for id in failed), "2 tried again, 0 not settled"]
    assert run("replay_webhooks") == (0, ["0 tried again, 0 not settled"])
    assert Note.objects.count() == 2


def test_what_fails_again_is_told_and_is_the_commands_failure(mock_stripe: Any) -> None:
    webhooks.then.append(lambda _: 1 / 0)
    [id] = deliver(mock_stripe)
    assert run("replay_webhooks", "stripe") == (
        1,
        [f"stripe {id} failed: ZeroDivisionError", "1 tried again, 1 not settled"],
    )


def test_what_a_dead_worker_left_is_handled_again_when_its_claim_has_ended(
    frozen_clock: ManualClock,
) -> None:
    store, given = DjangoEventStore(), event(provider="stripe")
    store.claim(given, now=frozen_clock.time(), until=frozen_clock.time() + 300)
    assert run("replay_webhooks")[1] == ["0 tried again, 0 not settled"]
    frozen_clock.advance(301)
    assert run("replay_webhooks")[1][0] == "stripe evt_1 unhandled"


def test_what_had_no_handler_is_handled_again_when_asked(frozen_clock: ManualClock) -> None:
    store, given = DjangoEventStore(), event(provider="loops")
    store.claim(given, now=0, until=1)
    store.finish(given, 1, State.UNHANDLED)
    assert run("replay_webhooks")[1] == ["0 tried again, 0 not settled"]
    assert run("replay_webhooks", "--unhandled")[1][0] == "loops evt_1 handled"


def test_one_event_is_handled_again_by_force_only(mock_stripe: Any) -> None:
    [id] = deliver(mock_stripe)
    assert run("replay_webhooks", "stripe", "--id", id)[1][0] == f"stripe {id} duplicate"
    assert Note.objects.count() == 1
    assert run("replay_webhooks", "stripe", "--id", id, "--force")[1][0] == f"stripe {id} handled"
    assert Note.objects.count() == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["stripe", "--id", "evt_none"], "no event 'evt_none' was received"),
        (["--id", "evt_1"], "name the service"),
        (["--force"], "name one event"),
        (["strype"], "not among the services"),
        (["s3"], "not among the services"),
    ],
)
def test_what_cannot_be_replayed_is_refused(words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run("replay_webhooks", *words)


def settled(number: int, state: State, *, at: float, order: str | None = None) -> None:
    store, given = DjangoEventStore(), event(number, created=at, order=order)
    store.claim(given, now=at, until=at + 60)
    if state is not State.CLAIMED:
        assert store.finish(given, 1, state)


def test_pruning_deletes_what_was_settled_long_ago_and_nothing_else(
    frozen_clock: ManualClock,
) -> None:
    old, now = frozen_clock.time() - 31 * DAY, frozen_clock.time()
    settled(1, State.HANDLED, at=old, order="gone")
    settled(2, State.UNHANDLED, at=old)
    settled(3, State.FAILED, at=old, order="failed")
    settled(4, State.CLAIMED, at=old, order="dead")
    settled(5, State.HANDLED, at=old, order="alive")
    settled(6, State.HANDLED, at=now, order="alive")
    assert run("prune_webhooks", "--older-than", "30")[1] == ["3 deleted"]
    kept = ReceivedEvent.objects.order_by("pk")
    assert [row.event_id for row in kept] == ["evt_3", "evt_4", "evt_6"]
    assert Subject.objects.count() == 3
    assert run("prune_webhooks", "--older-than", "30", "--failed")[1] == ["1 deleted"]
    assert Subject.objects.count() == 2


def test_a_stale_event_stays_stale_as_long_as_its_subject_is_known(
    frozen_clock: ManualClock,
) -> None:
    now = frozen_clock.time()
    settled(1, State.HANDLED, at=now - 40 * DAY, order="thing")
    settled(2, State.HANDLED, at=now, order="thing")
    run("prune_webhooks", "--older-than", "30")
    late = event(3, created=now - 1, order="thing")
    assert DjangoEventStore().claim(late, now=now, until=now + 60)[0] == "stale"


def test_pruning_goes_on_after_the_first_batch(
    monkeypatch: pytest.MonkeyPatch, frozen_clock: ManualClock
) -> None:
    from integrations.contrib.django import kept

    monkeypatch.setattr(kept, "BATCH", 2)
    for number in range(5):
        settled(number, State.HANDLED, at=frozen_clock.time() - 9 * DAY, order=f"s{number}")
    assert run("prune_webhooks", "--older-than", "8")[1] == ["5 deleted"]
    assert not Subject.objects.exists()


@pytest.mark.parametrize("days", ["0", "3.9", "-1", "nan"])
def test_what_vendors_still_send_is_not_forgotten(days: str) -> None:
    with pytest.raises(CommandError, match="at least 4 days"):
        run("prune_webhooks", f"--older-than={days}")


def test_the_doctor_examines_the_services_of_the_site_and_shows_no_value() -> None:
    status, said = run("integrations_doctor")
    assert (status, said[-1]) == (0, "ready")
    assert [line for line in said if "_MODE" in line] == [
        f"+ {name}_MODE{'':<{23 - len(name)}}set          mock"
        for name in ("LOOPS", "STRIPE", "S3")
    ]
    env = {"INTEGRATIONS_MODE": "live", "STRIPE_API_KEY": "word-of-mine"}
    with override_settings(INTEGRATIONS={"SERVICES": ["stripe"], "ENV": env}):
        status, said = run("integrations_doctor", "--json")
    told = json.loads("\n".join(said))
    assert (status, told["ready"]) == (1, False)
    assert "word-of-mine" not in "\n".join(said)


def test_the_doctor_refuses_an_unknown_service() -> None:
    with pytest.raises(CommandError, match="Did you mean 'stripe'"):
        run("integrations_doctor", "strype")
