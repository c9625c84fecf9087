"""The one door for webhooks in a Django project: the pipeline of each service.

Write a module ``webhooks.py`` in your app. It is imported when Django starts::

    from integrations.contrib.django.webhooks import pipeline

    @pipeline("stripe").on("invoice.paid")
    def record(event):
        Invoice.objects.filter(stripe_id=event.payload["data"]["object"]["id"]).update(paid=True)

Registering needs no key: the settings are read at the first delivery.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.core.signals import setting_changed

from integrations.contrib.django import conf
from integrations.contrib.django.event_store import DjangoEventStore
from integrations.core.registry import find
from integrations.core.webhook_store import Event
from integrations.core.webhooks import Incoming, WebhookPipeline

_made: dict[str, WebhookPipeline] = {}


def pipeline(provider: str) -> WebhookPipeline:
    """Return the pipeline of a service; there is one in a process.

    It verifies by the settings of this site, keeps events in the database, and does your handlers
    and the mark that they are done in one transaction.

    Raises:
        ConfigurationError: there is no such service; close names are suggested.
        LookupError: the service sends no webhooks.
    """
    if provider not in _made:
        scheme, store = SiteScheme(provider), DjangoEventStore()
        made = WebhookPipeline(scheme, store=store, clock=conf.SiteClock(), together=store.together)
        # Two threads that come at the same time get the same one.
        _made.setdefault(provider, made)
    return _made[provider]


def handled() -> set[str]:
    """Return the services whose webhooks somebody handles."""
    return {name for name, each in _made.items() if each.handled()}


class SiteScheme:
    """The scheme of a service with the settings of this site, which are read when needed."""

    def __init__(self, provider: str) -> None:
        """Stand for the scheme of ``provider``.

        Raises:
            ConfigurationError: there is no such service.
            LookupError: it sends no webhooks.
        """
        self.provider = provider
        # What a vendor sends depends on nobody's settings; those of mock mode are complete.
        self._mock = find(provider).webhooks_from_env({}, mode="mock").scheme

    @property
    def events(self) -> Collection[str]:
        """Names of the events the vendor is known to send."""
        names: Collection[str] = self._mock.events
        return names

    def verify(self, incoming: Incoming) -> Event:
        """Return the event, or refuse it; see :class:`~integrations.core.webhooks.Scheme`.

        Raises:
            ConfigurationError: the service is not configured: nothing can be verified.
        """
        event: Event = configured(self.provider).verify(incoming)
        return event


@cache
def configured(provider: str) -> Any:
    """Return the scheme of a service by the settings of this site.

    Raises:
        ConfigurationError: they are not complete.
    """
    return find(provider).webhooks_from_env(conf.env()).scheme


def _forget(*, setting: str, **_: object) -> None:
    if setting == "INTEGRATIONS":
        configured.cache_clear()


setting_changed.connect(_forget)
