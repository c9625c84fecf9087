"""The admin shows what came in, to whom it may, and handles again what somebody may."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client, override_settings

from integrations.contrib.django.event_store import DjangoEventStore
from integrations.contrib.django.models import ReceivedEvent
from integrations.contrib.django.testing import receiver
from integrations.contrib.django.tests.shop import webhooks
from integrations.contrib.django.tests.shop.models import Note
from integrations.core.clock import ManualClock
from integrations.core.tests.event_stores import event

LIST = "/admin/integrations/receivedevent/"


@pytest.fixture(autouse=True)
def failed(mock_stripe: Any, frozen_clock: ManualClock) -> Iterator[ReceivedEvent]:
    env = {"INTEGRATIONS_MODE": "mock"}
    given = {"SERVICES": ["stripe"], "ENV": env, "CLOCK": frozen_clock}
    with override_settings(INTEGRATIONS=given):
        webhooks.then.append(lambda _: 1 / 0)
        mock_stripe.client.customers.create(email="alex@example.com")
        mock_stripe.fake.webhooks.deliver(receiver("/webhooks/stripe/"))
        webhooks.then.clear()
        yield ReceivedEvent.objects.get()


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, row: ReceivedEvent) -> str:
    form = {"action": "handle_again", "_selected_action": [row.pk]}
    return str(client.post(LIST, form, follow=True).text)


def test_the_list_tells_what_became_of_each(failed: ReceivedEvent) -> None:
    page = staff("view_receivedevent").get(LIST + "?state__exact=failed&q=evt_").text
    for told in (failed.event_id, "customer.created", "failed", "ZeroDivisionError", "2026-01-05"):
        assert told in page
    assert "alex@example.com" not in page


def test_without_the_permission_there_is_no_list() -> None:
    assert staff().get(LIST).status_code == 403


def test_a_body_is_shown_to_those_who_may_read_it(failed: ReceivedEvent) -> None:
    url = f"{LIST}{failed.pk}/change/"
    page = staff("view_receivedevent").get(url).text
    assert failed.event_id in page
    assert "alex@example.com" not in page
    User.objects.all().delete()
    page = staff("view_receivedevent", "read_receivedevent_body").get(url).text
    assert "alex@example.com" in page


@pytest.mark.parametrize("guess", ["envelope__contains=alex", "body__isnull=False"])
def test_a_body_cannot_be_guessed_by_filters_in_the_url(failed: ReceivedEvent, guess: str) -> None:
    answer = staff("view_receivedevent").get(f"{LIST}?{guess}")
    assert answer.status_code == 400
    assert failed.event_id not in answer.text


def test_nobody_adds_changes_or_deletes(failed: ReceivedEvent) -> None:
    user = User.objects.create_superuser("root")
    client = Client()
    client.force_login(user)
    assert client.get(LIST + "add/").status_code == 403
    assert client.post(f"{LIST}{failed.pk}/change/", {"state": "handled"}).status_code == 403
    assert client.post(f"{LIST}{failed.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(LIST).text
    assert ReceivedEvent.objects.get().state == "failed"


def test_who_may_handles_an_event_again(failed: ReceivedEvent) -> None:
    page = act(staff("view_receivedevent", "replay_receivedevent"), failed)
    assert f"Handled: {failed.event_id}" in page
    assert ReceivedEvent.objects.get().state == "handled"
    assert Note.objects.count() == 1


def test_who_may_not_does_not(failed: ReceivedEvent) -> None:
    act(staff("view_receivedevent"), failed)
    assert ReceivedEvent.objects.get().state == "failed"


def test_what_was_handled_is_not_handled_twice_by_a_click(failed: ReceivedEvent) -> None:
    client = staff("view_receivedevent", "replay_receivedevent")
    act(client, failed)
    assert f"Duplicate: {failed.event_id}" in act(client, failed)
    assert Note.objects.count() == 1


def test_an_event_is_handled_again_also_when_every_request_is_one_transaction(
    failed: ReceivedEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = staff("view_receivedevent", "replay_receivedevent")
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    assert f"Handled: {failed.event_id}" in act(client, failed)
    assert ReceivedEvent.objects.get().state == "handled"


@pytest.mark.parametrize("provider", ["acme", "loops"])
def test_an_event_of_a_service_that_is_not_used_any_more_is_told_and_left(provider: str) -> None:
    store, given = DjangoEventStore(), event(provider=provider)
    store.claim(given, now=0, until=1)
    row = ReceivedEvent.objects.get(provider=provider)
    page = act(staff("view_receivedevent", "replay_receivedevent"), row)
    assert "is not among INTEGRATIONS[&quot;SERVICES&quot;]" in page
    assert ReceivedEvent.objects.get(provider=provider).state == "claimed"
