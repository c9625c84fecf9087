"""What ``manage.py check`` says about the services of a site. It never shows a value.

================  ==================================================================================
id                what
================  ==================================================================================
``E001``          ``INTEGRATIONS`` is malformed, or names a service that does not exist
``E002``          a setting of a service is missing or malformed
``E003``          what a service needs is not installed
``W001``          a service's webhooks cannot be verified: they are answered with 503
``W002``          a handler waits for webhooks of a service that is not in ``SERVICES``
``W003``          ``ENV`` is no plain dictionary: error pages and mails would show its secrets
``E010``          deploy: mock mode, whose signing secrets are public: anybody can sign a webhook
``W010``          deploy: debug mode, which sends nothing
================  ==================================================================================

Each id begins with ``integrations.``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  # their name

from integrations.commands.doctor import examine
from integrations.contrib.django import conf
from integrations.contrib.django.webhooks import configured, handled
from integrations.core.config import Mode, resolve_mode
from integrations.core.errors import ConfigurationError
from integrations.core.registry import Integration

Each = Callable[[str, Integration], Iterator[CheckMessage]]


@register()
def check_services(**_: Any) -> list[CheckMessage]:
    """Report settings that are missing or malformed, as ``doctor`` does."""
    return [*_of_each(_settings, _webhooks), *_unserved(), *_shown()]


@register(deploy=True)
def check_modes(**_: Any) -> list[CheckMessage]:
    """Report modes that a site in production is not in."""
    # What is malformed is told by the other check.
    return [found for found in _of_each(_mode) if found.id != "integrations.E001"]


def _of_each(*checks: Each) -> Iterator[CheckMessage]:
    try:
        services = conf.services()
        conf.env()
    except ConfigurationError as error:
        yield Error(
            str(error), hint="See integrations.contrib.django.conf.", id="integrations.E001"
        )
        return
    for name, service in services.items():
        for check in checks:
            yield from check(name, service)


def _settings(name: str, service: Integration) -> Iterator[CheckMessage]:
    for finding in examine(service, conf.env()):
        if not finding.ready:
            told = f"{service.title}: {finding.setting} is {finding.status}: {finding.detail}"
            yield Error(told, hint=finding.next_step or None, obj=name, id="integrations.E002")
    try:
        service.client_class()
    except ConfigurationError as error:
        yield Error(str(error), obj=name, id="integrations.E003")


def _webhooks(name: str, service: Integration) -> Iterator[CheckMessage]:
    if not service.events or any(not each.ready for each in examine(service, conf.env())):
        return
    try:
        configured(name)
    except ConfigurationError as error:
        hint = f"Until then its webhooks are answered with 503. {service.credentials}"
        yield Warning(str(error), hint=hint, obj=name, id="integrations.W001")


def _unserved() -> Iterator[CheckMessage]:
    try:
        served = conf.services()
    except ConfigurationError:
        return
    for name in sorted(handled() - served.keys()):
        yield Warning(
            f"There are handlers for webhooks of {name}, which are answered with 404.",
            hint=f'Add {name!r} to INTEGRATIONS["SERVICES"].',
            obj=name,
            id="integrations.W002",
        )


def _shown() -> Iterator[CheckMessage]:
    given = getattr(settings, "INTEGRATIONS", {})
    if isinstance(given, Mapping) and not isinstance(given.get("ENV", {}), dict):
        yield Warning(
            'Error pages and mails to ADMINS would show the secrets in INTEGRATIONS["ENV"].',
            hint="Leave ENV out when it is os.environ, or make it a dict: it is hidden there.",
            id="integrations.W003",
        )


def _mode(name: str, service: Integration) -> Iterator[CheckMessage]:
    try:
        mode = resolve_mode(name, None, conf.env())
    except ConfigurationError:
        return
    hint = f"Set {name.upper()}_MODE or INTEGRATIONS_MODE to sandbox or live."
    if mode is Mode.MOCK:
        told = f"{service.title} is in mock mode: nothing reaches the service"
        if service.events:
            told += ", and anybody can sign its webhooks, with the secret that is in the source"
        yield Error(f"{told}.", hint=hint, obj=name, id="integrations.E010")
    elif mode is Mode.DEBUG:
        told = f"{service.title} is in debug mode: nothing is sent."
        yield Warning(told, hint=hint, obj=name, id="integrations.W010")
