"""Django without a project: for a notebook, a script, or a try."""

import asyncio
import os
from typing import Any

APPS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "integrations.contrib.django",
)


def start(*, migrate: bool = True, **settings: Any) -> None:
    """Configure Django, with this app and a database in memory, and make the tables.

    In a notebook, whose kernel runs an event loop in the thread of the cells, it also allows the
    database to be used there: nothing else runs in that thread meanwhile.

    Args:
        migrate: make the tables.
        settings: Django's, such as ``INTEGRATIONS`` and ``ROOT_URLCONF``; they win.

    Raises:
        RuntimeError: Django is configured already.
    """
    import django
    from django.conf import settings as configured
    from django.core.management import call_command

    configured.configure(**{**_defaults(), **settings})
    if _in_an_event_loop():
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    if migrate:
        call_command("migrate", verbosity=0)


def _defaults() -> dict[str, Any]:
    return {
        "SECRET_KEY": "standalone, not for a site",
        "ALLOWED_HOSTS": ["testserver", "localhost"],
        "INSTALLED_APPS": APPS,
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "USE_TZ": True,
    }


def _in_an_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
