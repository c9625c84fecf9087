"""The gate: what the package has is in the book and has run, and the gate finds what is missing."""

import importlib
import inspect
import json
import os
import pkgutil
import re
from pathlib import Path
from typing import Any

import django
import pytest

import integrations
from integrations.commands.parser import usages
from integrations.core.errors import IntegrationError, ProviderError
from tests.contract.parity import (
    Cell,
    cells,
    handled_events,
    provoked_answers,
    raised_errors,
    run_commands,
)

ROOT = Path(__file__).parents[1]
CELLS = cells()
# Classes that only group others; and one that a webhook is answered 500 for, as its reason.
NOT_RAISED = {"IntegrationError", "ProviderError", "FulfilmentBusyError"}


def package_modules() -> list[Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integrations.contrib.django.tests.settings")
    django.setup()
    found = pkgutil.walk_packages(integrations.__path__, "integrations.")
    left_out = {"tests", "_template", "__main__", "migrations"}
    return [importlib.import_module(m.name) for m in found if not left_out & {*m.name.split(".")}]


def error_classes() -> set[str]:
    """Return the errors that reach a user; fakes and adapters keep theirs to themselves."""
    own = {
        thing
        for module in package_modules()
        for thing in vars(module).values()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    }
    mine = {c for c in own if issubclass(c, (IntegrationError, ValueError, RuntimeError))}
    return {c.__name__ for c in mine if c.__name__.endswith("Error")} - NOT_RAISED


def test_every_error_class_is_raised_in_a_notebook() -> None:
    assert {"CardDeclinedError", "S3UrlError", "NetworkBlockedError"} <= error_classes()
    missing = error_classes() - raised_errors(CELLS)
    assert not missing, f"no notebook raises {sorted(missing)}: add a Mistake to drills.py"


def test_every_command_is_run_in_a_notebook() -> None:
    missing = usages().keys() - run_commands(CELLS)
    assert not missing, f"no notebook runs {sorted(missing)}"


def test_every_command_of_django_is_run_in_a_notebook() -> None:
    from django.core.management import get_commands

    ours = {name for name, app in get_commands().items() if app == "integrations.contrib.django"}
    assert len(ours) > 2
    run = {name for name in ours for cell in CELLS if f'call_command("{name}"' in cell.source}
    assert not ours - run, f"no notebook runs {sorted(ours - run)}"


def test_every_check_of_django_is_seen_in_a_notebook() -> None:
    from integrations.contrib.django import checks

    ids = set(re.findall(r"``([EW]\d+)``", checks.__doc__ or ""))
    source = inspect.getsource(checks)
    assert ids == set(re.findall(r'id="integrations\.(\w+)"', source))
    seen = {row.get("id") for cell in CELLS for table in cell.tables() for row in table}
    # E003 takes an environment in which something is not installed.
    assert not ids - seen - {"E003"}, f"no notebook provokes {sorted(ids - seen)}"


def test_every_way_into_django_is_used_in_a_notebook() -> None:
    from integrations.contrib.django import event_store, models, standalone, testing, webhooks

    used = "\n".join(cell.source for cell in CELLS if cell.notebook == "django")
    doors: list[Any] = [
        webhooks.pipeline,
        testing.receiver,
        standalone.start,
        event_store.DjangoEventStore,
    ]
    for door in [*doors, models.ReceivedEvent]:
        assert f"{door.__name__}(" in used or f"{door.__name__}." in used, door


def test_every_field_of_a_model_is_told_of() -> None:
    from django.apps import apps

    for model in apps.get_app_config("integrations").get_models():
        told = set(re.findall(r"^\s{8}(\w+): ", model.__doc__, re.MULTILINE))
        told |= set(re.findall(r"^\s{4}(\w+): ", inspect.cleandoc(model.__doc__), re.MULTILINE))
        fields = {field.name for field in model._meta.fields}
        assert fields - {"id"} == told, model


def _cell(source: str, html: str = "", text: str = "") -> Cell:
    data = {"text/html": html} if html else {}
    return Cell("x", source, ({"data": data}, {"text": text}))


TABLE = (
    "<table><tr><th>event</th><th>outcome</th><th>answer</th><th>raised</th></tr>"
    "<tr><td>a.done</td><td>handled</td><td>404</td><td>NotFoundError: gone</td></tr>"
    "<tr><td>a.late</td><td>unhandled</td><td>409</td><td></td></tr></table>"
)


def test_a_planted_event_that_nobody_handles_is_a_gap() -> None:
    assert handled_events([_cell("event_table('x')", TABLE)]) == {"a.done"}
    named = "<table><tr><th>event</th><th>meaning</th></tr><tr><td>a.b</td><td>x</td></tr></table>"
    assert handled_events([_cell("rows()", named)]) == set()


def test_a_planted_answer_that_nothing_provokes_is_a_gap() -> None:
    assert provoked_answers([_cell('error_table("x")', TABLE)], "x") == {"404"}
    assert provoked_answers([_cell('error_table("y")', TABLE)], "x") == set()


def test_a_planted_error_that_is_only_named_is_a_gap() -> None:
    assert raised_errors([_cell("1", TABLE)]) == {"NotFoundError", ""}
    told = "GuardError: no\nsee ConflictError\n  TimeoutError\nUnavailableError\n"
    assert raised_errors([_cell("1", text=told)]) == {"GuardError", "UnavailableError"}
    assert raised_errors([_cell("except ConflictError: pass  # ConflictError: x")]) == set()


def test_a_planted_command_that_is_only_named_is_a_gap() -> None:
    source = 'copy.show("integrations", "list")\nprint("integrations doctor")\nshow("env")'
    assert run_commands([_cell(source)]) == {"list"}


def test_an_error_that_is_planted_in_the_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from integrations.core import errors

    class PlantedError(ProviderError):
        pass

    PlantedError.__module__ = errors.__name__
    monkeypatch.setattr(errors, "PlantedError", PlantedError, raising=False)
    assert error_classes() - raised_errors(CELLS) == {"PlantedError"}


def test_the_reference_has_a_page_for_every_module() -> None:
    pages = "".join(p.read_text() for p in (ROOT / "book" / "reference").glob("*.md"))
    listed = {line.split("::")[1].strip() for line in pages.splitlines() if "automodule::" in line}
    missing = {m.__name__ for m in package_modules() if not hasattr(m, "__path__")} - listed
    assert not missing, f"no page documents {sorted(missing)}: run python -m integrations docs"


def test_every_setting_is_shown_in_a_notebook() -> None:
    from integrations.core.registry import discover

    shown = "\n".join(f"{cell.source}\n{cell.text()}" for cell in CELLS)
    names = {setting.name for each in discover().values() for setting in each.settings}
    missing = {name for name in names if name not in shown}
    assert not missing, f"no notebook shows {sorted(missing)}"


def test_every_notebook_is_listed_and_read_back() -> None:
    stems = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {cell.notebook for cell in CELLS} == stems
    toc = (ROOT / "_toc.yml").read_text()
    assert all(f"notebooks/{stem}\n" in toc for stem in stems)
    assert all(json.dumps(cell.outputs) for cell in CELLS)
