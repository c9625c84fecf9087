"""The reference pages and the table of contents, made from what is there."""

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path

from integrations.core.registry import Integration

# What a reader looks for first; the rest follows by name.
_FIRST = ("client", "shortcuts", "settings", "webhooks", "events", "models", "fake")
_TOC_MARKS = ("      # integrations:begin", "      # integrations:end")
_API_MARKS = ("      # reference:begin", "      # reference:end")


def pages(folder: Path, every: Iterable[Integration], note: str) -> dict[Path, str]:
    """Return the text of each ``api-*.md``, by path."""
    core = [
        "# Core",
        note,
        "What every integration shares. Start with {py:func}`integrations.connect`.",
        _directive("autofunction", "integrations.connect"),
        *_modules("core"),
    ]
    found = {folder / "api-core.md": "\n\n".join(core) + "\n"}
    for each in every:
        guides = ", ".join(f"{{doc}}`../../notebooks/{name}`" for name in each.notebooks)
        parts = [
            f"# {each.title}",
            note,
            f"Guides that run: {guides}. Tables: {{doc}}`settings`, {{doc}}`events`, "
            "{doc}`errors`.",
            *_modules(each.name),
        ]
        found[folder / f"api-{each.name}.md"] = "\n\n".join(parts) + "\n"
    return found


def table_of_contents(text: str, every: Iterable[Integration]) -> str:
    """Return ``_toc.yml`` with the notebooks and reference pages of every integration in place."""
    every = list(every)
    own = dict.fromkeys(name for each in every for name in each.notebooks if name != "quickstart")
    text = _filled(text, _TOC_MARKS, [f"notebooks/{name}" for name in own])
    return _filled(text, _API_MARKS, [f"book/reference/api-{each.name}" for each in every])


def _filled(text: str, marks: tuple[str, str], files: Iterable[str]) -> str:
    before, rest = text.split(marks[0] + "\n")
    _, after = rest.split(marks[1] + "\n")
    lines = "".join(f"      - file: {name}\n" for name in files)
    return f"{before}{marks[0]}\n{lines}{marks[1]}\n{after}"


def _modules(package: str) -> list[str]:
    home = importlib.import_module(f"integrations.{package}")
    names = [each.name for each in pkgutil.iter_modules(home.__path__) if each.name != "tests"]
    names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    parts = []
    for name in names:
        parts += [f"## {name}", _directive("automodule", f"integrations.{package}.{name}")]
    return parts


def _directive(kind: str, name: str) -> str:
    options = "\n   :members:\n   :show-inheritance:" if kind == "automodule" else ""
    return f"```{{eval-rst}}\n.. {kind}:: {name}{options}\n```"
