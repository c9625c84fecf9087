"""A Django project for the tests: what ``manage.py startproject`` writes, and no more."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from integrations.core.clock import ManualClock

# Files, since threads share them as workers do; a database in memory has locks of its own kind.
# Processes that a test starts use the same.
FOLDER = os.environ.get("DJANGO_TESTS_FOLDER") or tempfile.mkdtemp(prefix="django-tests-")
if "DJANGO_TESTS_FOLDER" not in os.environ:
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def _sqlite(name: str) -> dict[str, object]:
    # What a crash of the machine would do to a test's file is of no interest.
    quick = {"init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL", "timeout": 20}
    path = Path(FOLDER) / f"{name}.sqlite3"
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": quick}


SECRET_KEY = "for tests"
ALLOWED_HOSTS = ["testserver"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "integrations.contrib.django",
    "integrations.contrib.django.tests.shop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "integrations.contrib.django.tests.urls"
DATABASES = {
    "default": _sqlite("default"),
    "other": _sqlite("other"),
    # Where its server is, the fixture says that starts one.
    "postgres": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "tests"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
INTEGRATIONS = {
    "SERVICES": ["loops", "stripe", "twilio"],
    "ENV": {"INTEGRATIONS_MODE": "mock"},
    "CLOCK": ManualClock(),
}
