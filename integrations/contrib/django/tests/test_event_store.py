"""The Django store answers as the memory store does, on SQLite and on PostgreSQL."""

from functools import partial

import pytest

from integrations.contrib.django.tests.stores import ThreadedStore
from integrations.core.tests.event_stores import Make, SharedPromises


class TestOnSQLite(SharedPromises):
    @pytest.fixture
    def make(self) -> Make:
        return ThreadedStore


class TestInAnotherDatabase(SharedPromises):
    @pytest.fixture
    def make(self) -> Make:
        return partial(ThreadedStore, using="other")


class TestOnPostgreSQL(SharedPromises):
    @pytest.fixture
    def make(self, on_postgres: str) -> Make:
        return partial(ThreadedStore, using=on_postgres)
