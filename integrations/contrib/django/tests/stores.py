"""A store for suites whose threads know nothing of Django."""

import threading
from typing import Any

from django.db import connections

from integrations.contrib.django.event_store import DjangoEventStore
from integrations.core.webhook_store import Claimed


class ThreadedStore(DjangoEventStore):
    """It closes the connection of a thread, which Django does at the end of a request."""

    def claim(self, *args: Any, **options: Any) -> tuple[Claimed, int]:
        try:
            return super().claim(*args, **options)
        finally:
            close()

    def finish(self, *args: Any, **options: Any) -> bool:
        try:
            return super().finish(*args, **options)
        finally:
            close()


def close() -> None:
    """Close this thread's connections, unless it is the one that runs the tests."""
    if threading.current_thread() is not threading.main_thread():
        connections.close_all()
