"""Integrations describe themselves; everything else finds them by looking into the package."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, get_type_hints

import integrations
from integrations.core.config import Mode, Setting
from integrations.core.errors import ConfigurationError, ProviderError


@dataclass(frozen=True)
class Feature:
    """One thing an integration can do, with the method or function that does it.

    Attributes:
        name: what it is called in tables.
        symbol: the method or function.
        need: which of the reader's needs it meets, where several services may: a row of the
            overview's matrix, such as "many at once, each once".
    """

    name: str
    symbol: str
    need: str = ""


@dataclass(frozen=True)
class ErrorRow:
    """What a status of the service means, and what becomes of it.

    Clients raise from these rows and the reference page is made from them, so they cannot differ.
    """

    status: str
    error: type[ProviderError]
    meaning: str
    retried: str
    hint: str


@dataclass(frozen=True)
class About:
    """What a newcomer has to know of a service and no code can tell. Sentences, in Markdown.

    Attributes:
        sandbox: what there is to try things on, and what sandbox mode refuses.
        begin_with: the settings that a first call in sandbox mode needs.
        first_call: Python that makes the first call with ``client``. It is run by a test.
        webhooks: the steps to the first delivery; empty when the service sends none here.
        going_live: what an operator checks, one thing each.
        rotation: how to replace a key without a moment in which none works.
        signature: how webhooks are signed.
        repeats: what makes a repeated call safe.
        pace: how much the service takes, with its unit.
        test_data: keys, cards, numbers and addresses that are there for testing.
        cost: what is charged for, as far as the documentation that was read says so, and how to
            reckon a month from the reader's own numbers; no price that nobody has read.
        fake_has: what the fake does.
        fake_lacks: what only the service can show.
    """

    sandbox: str
    begin_with: tuple[str, ...]
    first_call: str
    webhooks: tuple[str, ...]
    going_live: tuple[str, ...]
    rotation: str
    signature: str
    repeats: str
    pace: str
    test_data: str
    cost: str
    fake_has: str
    fake_lacks: str


@dataclass(frozen=True)
class Integration:
    """The manifest of an integration. References are ``"module:name"``, so importing it is cheap.

    Attributes:
        name: the folder's name, and the prefix of the settings.
        title: the vendor's spelling.
        summary: one line.
        docs: the vendor's documentation.
        extra: the extra that installs what it needs.
        settings: every environment variable it reads.
        features: what it can do.
        client: its client class, which has ``from_env(env, mode=...)``.
        fake: its fake.
        events: its webhook events, a mapping of name to typed class; empty when the service sends
            none.
        errors: its :class:`ErrorRow` table.
        shortcuts: its module of shortcuts.
        probe: the client's method that asks the service whether the key works.
        notebooks: names of its notebooks.
        credentials: where to get an account and a key, in one line.
        about: an :class:`About`, for the set-up page and the overview.
        drills: its module that provokes every error and delivers every event, for
            :mod:`integrations.core.drills`.
        fake_extra: the extra that installs what its fake needs besides; empty when that is nothing.
        together: a function of the environment and the mode that returns what is wrong with the
            settings together, where no single one is required; empty when there is no such rule.
        endpoint: the setting that leads to a stand-in; empty when the service speaks no HTTP.
        pages: what writes pages of its own for the book, a callable that returns their text by
            their path in a checkout; empty when there are none.
        typed: what builds the typed object of a kept event, a callable that is given the event.
        reply: what makes the body that answers a webhook, a callable that is given the result; for
            vendors that read it. Empty when a status is all they look at.
        reply_type: the content type of that body.
    """

    name: str
    title: str
    summary: str
    docs: str
    extra: str
    settings: tuple[Setting, ...]
    features: tuple[Feature, ...]
    client: str
    fake: str
    events: str
    errors: str
    shortcuts: str
    probe: str
    notebooks: tuple[str, ...]
    credentials: str
    about: str
    drills: str
    fake_extra: str = ""
    pages: str = ""
    together: str = ""
    typed: str = ""
    reply: str = ""
    reply_type: str = ""
    endpoint: str = ""

    def problems(self, env: Mapping[str, str], mode: Mode) -> list[str]:
        """Return what is wrong with the settings together, once each of them is well formed."""
        return list(self._import(self.together)(env, mode)) if self.together else []

    def webhooks_from_env(self, env: Mapping[str, str], *, mode: str | None = None) -> Any:
        """Import and call what makes the pipeline of its webhooks, by the settings in ``env``.

        Raises:
            ConfigurationError: the settings are not complete, or what it needs is not installed.
            LookupError: it sends no webhooks.
        """
        if not self.events:
            raise LookupError(f"{self.name}: it sends no webhooks here")
        make = self._import(f"integrations.{self.name}.webhooks:webhook_pipeline")
        # Each takes the settings of its own integration, and says so.
        return make(get_type_hints(make)["settings"].from_env(env, mode=mode))

    def typed_event(self, event: Any) -> Any:
        """Import and call what builds the typed object of a kept event; else its payload."""
        return self._import(self.typed)(event) if self.typed else event.payload

    def reply_to(self, result: Any) -> tuple[str, str]:
        """Return the content type and the body that answer a webhook."""
        if not self.reply:
            return "text/plain", str(result.outcome)
        return self.reply_type, str(self._import(self.reply)(result))

    def client_class(self) -> Any:
        """Import and return the client class.

        Raises:
            ConfigurationError: what it needs is not installed.
        """
        return self._import(self.client)

    def fake_class(self) -> Any:
        """Import and return the fake's class.

        Raises:
            ConfigurationError: what it needs is not installed.
        """
        extras = [each for each in (self.extra, self.fake_extra) if each]
        return self._import(self.fake, ",".join(extras))

    def event_types(self) -> dict[str, Any]:
        """Import and return the webhook events, by name; none when the service sends none."""
        return dict(self._import(self.events)) if self.events else {}

    def error_rows(self) -> tuple[ErrorRow, ...]:
        """Import and return the table of errors."""
        return tuple(self._import(self.errors))

    def own_pages(self) -> dict[str, str]:
        """Import and call what writes the integration's own pages: text by path."""
        return dict(self._import(self.pages)()) if self.pages else {}

    def shortcuts_module(self) -> Any:
        """Import and return the module of shortcuts."""
        return self._import(self.shortcuts)

    def told(self) -> About:
        """Import and return what a newcomer has to know."""
        found = self._import(self.about)
        assert isinstance(found, About)  # noqa: S101  # a manifest that lies is a bug
        return found

    def first_settings(self) -> list[Setting]:
        """Return the settings that a first call in sandbox mode needs, in the order told."""
        known = {setting.name: setting for setting in self.settings}
        return [known[name] for name in self.told().begin_with]

    def drills_module(self) -> Any:
        """Import and return the module of drills."""
        return self._import(self.drills)

    def _import(self, reference: str, extras: str = "") -> Any:
        module, _, attribute = reference.partition(":")
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as missing:
            package = (missing.name or "").partition(".")[0]
            if package == "integrations":
                raise
            raise ConfigurationError(
                f"{self.name}: the package {package!r} is not installed. "
                f"Install the extra: pip install 'integrations-workbook[{extras or self.extra}]'"
            ) from missing
        return getattr(found, attribute) if attribute else found


@cache
def discover() -> dict[str, Integration]:
    """Return every integration by name, in alphabetical order."""
    found = {}
    for module in pkgutil.iter_modules(integrations.__path__):
        if module.ispkg and module.name not in {"core", "contrib"} and module.name[0] != "_":
            package = importlib.import_module(f"integrations.{module.name}")
            if isinstance(manifest := getattr(package, "INTEGRATION", None), Integration):
                found[manifest.name] = manifest
    return dict(sorted(found.items()))


def find(name: str) -> Integration:
    """Return an integration by name.

    Raises:
        ConfigurationError: there is none; close names are suggested.
    """
    known = discover()
    if name in known:
        return known[name]
    close = get_close_matches(name.lower(), known, n=1)
    suggestion = f" Did you mean {close[0]!r}?" if close else ""
    raise ConfigurationError(
        f"there is no integration {name!r}.{suggestion} There are: {', '.join(known)}."
    )
