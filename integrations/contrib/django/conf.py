"""The setting ``INTEGRATIONS`` of a Django project, read in one place.

::

    INTEGRATIONS = {
        "SERVICES": ["stripe", "twilio"],  # what this site uses; others are not found
        "ENV": {"STRIPE_API_KEY": ...},    # their settings; left out, they are in os.environ
        "CLOCK": SYSTEM_CLOCK,             # for tests; this is the default
    }

Leave ``ENV`` out rather than set it to ``os.environ``: Django's error pages and mails show every
setting, and hide secrets in dictionaries only.
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from types import NoneType
from typing import Any

from django.conf import settings

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.errors import ConfigurationError
from integrations.core.registry import Integration, find

NAMES = ("SERVICES", "ENV", "CLOCK")


def services() -> dict[str, Integration]:
    """Return the services that this site uses, by name, in the order of the setting.

    Raises:
        ConfigurationError: ``INTEGRATIONS`` is malformed, or names an unknown service.
    """
    names = _given().get("SERVICES", ())
    if not isinstance(names, (list, tuple)):
        raise ConfigurationError('INTEGRATIONS["SERVICES"] is no list of names of services.')
    return {name: find(str(name)) for name in names}


def env() -> Mapping[str, str]:
    """Return where the services' settings are read: the environment, unless ``ENV`` is set.

    What is None there is not set.

    Raises:
        ConfigurationError: ``ENV`` is no dictionary of texts.
    """
    found = _given().get("ENV", os.environ)
    if not isinstance(found, Mapping):
        raise ConfigurationError('INTEGRATIONS["ENV"] is no dictionary of names and texts.')
    for name, value in found.items():
        if not isinstance(value, (str, NoneType)):
            raise ConfigurationError(f'INTEGRATIONS["ENV"][{name!r}] is no text; put it in quotes.')
    return {name: value for name, value in found.items() if value is not None}


def clock() -> Clock:
    """Return the clock: the machine's, unless ``CLOCK`` is set."""
    found: Clock = _given().get("CLOCK", SYSTEM_CLOCK)
    return found


class SiteClock:
    """The clock of the setting, whatever it is at the moment."""

    def time(self) -> float:
        """Return the Unix time."""
        return clock().time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        clock().sleep(seconds)


def _given() -> Mapping[str, Any]:
    given = getattr(settings, "INTEGRATIONS", {})
    if not isinstance(given, Mapping):
        raise ConfigurationError('INTEGRATIONS is no dictionary, such as {"SERVICES": ["stripe"]}.')
    for name in given:
        if name not in NAMES:
            close = get_close_matches(str(name).upper(), NAMES, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigurationError(
                f"INTEGRATIONS has no key {name!r}.{hint} There are: {', '.join(NAMES)}."
            )
    return given
