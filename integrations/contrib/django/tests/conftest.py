"""Django is set up before the tests are read; each begins with empty tables."""

import os
from collections.abc import Iterator

import django
import pytest
from django.core.management import call_command
from django.db import connections

from integrations.contrib.django.tests import postgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integrations.contrib.django.tests.settings")
django.setup()


@pytest.fixture(scope="session")
def project() -> None:
    for alias in ("default", "other"):
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)


@pytest.fixture(scope="session")
def postgres_server(project: None) -> Iterator[None]:
    with postgres.server() as folder:
        connections.settings["postgres"]["HOST"] = folder
        call_command("migrate", database="postgres", run_syncdb=True, verbosity=0)
        yield
        connections["postgres"].close()


@pytest.fixture
def on_postgres(postgres_server: None) -> Iterator[str]:
    """Give the alias of the database."""
    yield "postgres"
    empty("postgres")


@pytest.fixture(autouse=True)
def tables(project: None) -> Iterator[None]:
    from integrations.contrib.django.tests.shop import webhooks

    yield
    webhooks.before.clear()
    webhooks.then.clear()
    # A TestCase undoes what its tests did, by itself.
    if not connections["default"].in_atomic_block:
        for alias in ("default", "other"):
            empty(alias)
        connections.close_all()


def empty(alias: str) -> None:
    """Delete what a test has left in the tables."""
    from django.contrib.auth.models import User

    from integrations.contrib.django.models import ReceivedEvent, Subject
    from integrations.contrib.django.tests.shop.models import Note

    for model in (ReceivedEvent, Subject, Note, User):
        model._base_manager.using(alias).all().delete()
