"""Names in the book's prose: what stands in inline code must exist, or the page lies."""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_CODE = re.compile(r"(?<![`}\w])(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_SETTING = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]")
_DOTTED = re.compile(r"integrations(?:\.\w+)+")
_OF_CLASS = re.compile(r"([A-Z]\w*[a-z]\w*)\.([a-z]\w*)(?:\(.*\))?", re.DOTALL)
_SNAKE = re.compile(r"([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\(.*\)|=.*)?", re.DOTALL)
# What a reader writes in an exercise.
_YOURS = {"store_once"}
# Read by the vendors' own SDKs and tools, or by a shell.
OTHERS_VARIABLES = {"AWS_ENDPOINT_URL", "AWS_PROFILE", "STRIPE_LOG", "INTEGRATIONS_MODE"}


def texts() -> dict[str, str]:
    """Return the prose of every page, by name: Markdown files, and notebooks' Markdown cells."""
    pages = [*(ROOT / "book").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    pages += (ROOT / "integrations").glob("*/README.md")
    found = {
        str(page.relative_to(ROOT)): page.read_text(encoding="utf-8")
        for page in sorted(pages)
        if "_static" not in page.parts and "_template" not in page.parts
    }
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        found[f"notebooks/{path.name}"] = "\n\n".join(prose)
    return found


def inline(text: str) -> Iterator[str]:
    """Walk over the inline code of a Markdown text; roles and blocks are left out."""
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    for found in _CODE.finditer(text):
        yield " ".join(found[2].split())


def unknown(text: str) -> list[str]:
    """Return the names in a page's inline code and commands that do not exist."""
    names = [name for name in inline(text) if not _exists(name)]
    return names + [each for each in _commands(text) if each]


def _exists(name: str) -> bool:
    if _SETTING.fullmatch(name) and name.startswith(_prefixes()):
        return name in _settings()
    if _DOTTED.fullmatch(name):
        return _resolves(name)
    if match := _OF_CLASS.fullmatch(name):
        kind = _classes().get(match[1])
        return kind is None or hasattr(kind, match[2]) or match[2] in _fields(kind)
    if match := _SNAKE.fullmatch(name):
        return match[1] in words() | _YOURS
    return True


def _commands(text: str) -> Iterator[str]:
    from integrations.commands.parser import usages

    for command in re.findall(r"python -m integrations ([a-z]\w*)", text):
        if command not in usages():
            yield f"python -m integrations {command}"
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"`make ([a-z]\w*)|^make ([a-z]\w*)", text, re.MULTILINE):
        if (name := target[0] or target[1]) not in targets:
            yield f"make {name}"


def _resolves(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@cache
def _prefixes() -> tuple[str, ...]:
    from integrations.core.registry import discover

    return (*(f"{name.upper()}_" for name in discover()), "AWS_", "INTEGRATIONS_")


@cache
def _settings() -> set[str]:
    from integrations.core.registry import discover

    own = {setting.name for each in discover().values() for setting in each.settings}
    return own | {f"{name.upper()}_MODE" for name in discover()} | OTHERS_VARIABLES


@cache
def _classes() -> dict[str, type]:
    from tests.test_parity import package_modules

    return {
        name: thing
        for module in package_modules()
        for name, thing in vars(module).items()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    }


def _fields(kind: type) -> set[str]:
    """Return the attributes that instances have: annotated, or set by the class itself."""
    own = [base for base in kind.__mro__ if base.__module__.startswith("integrations.")]
    annotated = {name for base in own for name in getattr(base, "__annotations__", {})}
    return annotated.union(*(re.findall(r"self\.(\w+) = ", inspect.getsource(b)) for b in own))


@cache
def words() -> frozenset[str]:
    """Return every word of the package's source and of the notebooks' code: what can be named."""
    from integrations.core import testing

    # The fixtures are made by name.
    found = {name for name in vars(testing) if name[0] != "_"}
    files = [
        ROOT / "pyproject.toml",
        ROOT / "_config.yml",
        ROOT / "tests" / "test_production_page.py",
    ]
    for path in [*(ROOT / "integrations").rglob("*.py"), *files]:
        found |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                found |= set(re.findall(r"\w+", "".join(cell["source"])))
    return frozenset(found)
