"""A user's own tests may use Django's TestCase, which undoes everything at the end."""

from typing import Any

from django.test import TestCase, override_settings

from integrations.contrib.django.models import ReceivedEvent
from integrations.contrib.django.testing import receiver
from integrations.contrib.django.tests.shop import webhooks
from integrations.contrib.django.tests.shop.models import Note
from integrations.core.config import Mode
from integrations.core.workbook import Mock, Workbook


class TestInATestCase(TestCase):
    databases = {"default", "other"}  # noqa: RUF012  # as Django spells it

    def setUp(self) -> None:
        self.stripe: Mock = Workbook(Mode.MOCK, {}).mock("stripe")
        env = {"INTEGRATIONS_MODE": "mock"}
        given: dict[str, Any] = {"SERVICES": ["stripe"], "ENV": env, "CLOCK": self.stripe.clock}
        site = override_settings(INTEGRATIONS=given)
        site.enable()
        self.addCleanup(site.disable)
        self.stripe.client.customers.create(email="alex@example.com")

    def test_a_failure_and_its_next_try(self) -> None:
        webhooks.then.append(lambda _: 1 / 0)
        assert self.stripe.fake.webhooks.deliver(receiver("/webhooks/stripe/")) == [500]
        assert not Note.objects.exists()
        webhooks.then.clear()
        assert self.stripe.fake.webhooks.deliver(receiver("/webhooks/stripe/")) == [200]
        assert ReceivedEvent.objects.get().attempts == 2
        assert Note.objects.count() == 1

    def test_the_next_test_begins_with_empty_tables(self) -> None:
        assert not ReceivedEvent.objects.exists()
