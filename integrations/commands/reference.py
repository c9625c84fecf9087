"""The reference pages and the table of contents, made from what is there."""

import importlib
import json
import pkgutil
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from integrations.core.registry import Integration

_FAKE = re.compile(r"fake(_|$)")
_IMPORT = re.compile(r"^from (integrations\.(?:contrib\.)?\w+\.\w+) import", re.MULTILINE)
_FROM_PACKAGE = re.compile(
    r"^from (integrations\.(?:contrib\.)?\w+) import ([\w, ]+)$", re.MULTILINE
)
# What a reader looks for first; the rest follows by name.
_FIRST = ("client", "shortcuts", "settings", "webhooks", "events", "models", "fake")
_TOC_MARKS = ("      # integrations:begin", "      # integrations:end")
_API_MARKS = ("      # reference:begin", "      # reference:end")


def users_of(checkout: Path) -> dict[str, list[str]]:
    """Return which notebooks import which of our modules: names of notebooks by module."""
    found: dict[str, list[str]] = {}
    for path in sorted((checkout / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        for module in dict.fromkeys(_IMPORT.findall(code)):
            found.setdefault(module, []).append(path.stem)
        # ``from integrations.core import faults`` names a module after the import.
        for package, names in _FROM_PACKAGE.findall(code):
            for name in names.split(","):
                found.setdefault(f"{package}.{name.strip()}", []).append(path.stem)
    return found


def pages(
    folder: Path, every: Iterable[Integration], note: str, usages: Mapping[str, str]
) -> dict[Path, str]:
    """Return the text of each ``api-*.md`` and of ``commands.md``, by path.

    ``usages`` is the help of each command, by its name.
    """
    used = users_of(folder.parents[1])
    core = [
        "# Core",
        note,
        "What every integration shares. Start with {py:func}`integrations.connect`.",
        _directive("autofunction", "integrations.connect"),
        *_modules("core", used),
    ]
    commands = [
        "# Command line",
        note,
        "`python -m integrations COMMAND`; in a checkout, `make` has a target for most of them.",
        *(f"## {name}\n\n```text\n{usage}```" for name, usage in usages.items()),
        *_modules("commands", used, "### "),
    ]
    django = [
        "# Django",
        note,
        "The app `integrations.contrib.django`. The guide that runs it: "
        "{doc}`../../notebooks/django`. Start with "
        "{py:func}`~integrations.contrib.django.webhooks.pipeline`.",
        *_modules("contrib.django", used, left_out=("migrations",)),
        "## Commands of manage.py",
        *_modules("contrib.django.management.commands", used, "### "),
    ]
    found = {
        folder / "api-django.md": "\n\n".join(django) + "\n",
        folder / "api-core.md": "\n\n".join(core) + "\n",
        folder / "commands.md": "\n\n".join(commands) + "\n",
    }
    for each in every:
        client, fake = folder / f"api-{each.name}.md", folder / f"api-{each.name}-fake.md"
        found[client], found[fake] = _api_pages(each, note, used)
    return found


def _api_pages(each: Integration, note: str, used: Mapping[str, list[str]]) -> tuple[str, str]:
    # Two, because one page of everything weighs a megabyte.
    guides = ", ".join(f"{{doc}}`../../notebooks/{name}`" for name in each.notebooks)
    client = [
        f"# {each.title}",
        note,
        f"Guides that run: {guides}. Tables: {{doc}}`settings`, {{doc}}`events`, "
        f"{{doc}}`errors`. What stands in for it: {{doc}}`api-{each.name}-fake`.",
        *_modules(each.name, used, of_fake=False),
    ]
    fake = [
        f"# {each.title}'s stand-in",
        note,
        "What answers in mock mode, and in your tests. "
        f"What talks to it is in {{doc}}`api-{each.name}`.",
        *_modules(each.name, used, of_fake=True),
    ]
    return "\n\n".join(client) + "\n", "\n\n".join(fake) + "\n"


def table_of_contents(
    text: str, every: Iterable[Integration], own: Mapping[str, Iterable[str]]
) -> str:
    """Return ``_toc.yml`` with the pages of every integration in place.

    ``own`` holds the paths of pages that an integration writes itself, by its name.
    """
    every = list(every)
    files = [
        name
        for each in every
        for name in (
            *(f"notebooks/{name}" for name in each.notebooks if name != "quickstart"),
            *(path.removesuffix(".md") for path in own[each.name]),
        )
    ]
    text = _filled(text, _TOC_MARKS, (f"      - file: {name}\n" for name in dict.fromkeys(files)))
    return _filled(text, _API_MARKS, (_api_entry(each.name) for each in every))


def _api_entry(name: str) -> str:
    page = f"book/reference/api-{name}"
    return f"      - file: {page}\n      - file: {page}-fake\n"


def _filled(text: str, marks: tuple[str, str], entries: Iterable[str]) -> str:
    before, rest = text.split(marks[0] + "\n")
    _, after = rest.split(marks[1] + "\n")
    lines = "".join(entries)
    return f"{before}{marks[0]}\n{lines}{marks[1]}\n{after}"


def _modules(
    package: str,
    used: Mapping[str, list[str]],
    head: str = "## ",
    *,
    of_fake: bool | None = None,
    left_out: Collection[str] = (),
) -> list[str]:
    # ``of_fake`` says which half; None is all of them.
    home = importlib.import_module(f"integrations.{package}")
    names = [
        each.name
        for each in pkgutil.iter_modules(home.__path__)
        if each.name not in ("tests", "management", *left_out)
        and of_fake in (None, bool(_FAKE.match(each.name)))
    ]
    names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    parts = []
    for name in names:
        module = f"integrations.{package}.{name}"
        guides = ", ".join(f"{{doc}}`../../notebooks/{each}`" for each in used.get(module, ()))
        told = [f"Used in {guides}."] if guides else []
        parts += [head + name, *told, _directive("automodule", module)]
    return parts


def _directive(kind: str, name: str) -> str:
    options = "\n   :members:\n   :show-inheritance:" if kind == "automodule" else ""
    return f"```{{eval-rst}}\n.. {kind}:: {name}{options}\n```"
