"""The page of proofs: the source of every test that a page of the book names."""

import ast
import re
from pathlib import Path

_NAMED = re.compile(r"`((?:tests|integrations)/[\w/]+\.py)::(\w+)`")


def proofs(checkout: Path, note: str) -> str:
    """Return the page: each test that a page names, as it stands in the checkout."""
    named = [
        found
        for page in sorted((checkout / "book").glob("*.md"))
        for found in _NAMED.findall(page.read_text(encoding="utf-8"))
    ]
    parts = [
        "# The tests that pages name",
        note,
        "Where a page says *shown by*, its link leads here: to the test as it runs in `make test`.",
    ]
    shown = ""
    for path, name in sorted(set(named)):
        if path != shown:
            parts.append(f"## {_title(path)}")
            shown = path
        parts.append(
            f"({label(path, name)})=\n**{words(name)}**\n\n{_included(checkout, path, name)}"
        )
    return "\n\n".join(parts) + "\n"


def label(path: str, name: str) -> str:
    """Return the name of the place on the page where a test stands."""
    return re.sub(r"[^a-z0-9]+", "-", f"proof-{path.removesuffix('.py')}-{name}".lower())


def words(name: str) -> str:
    """Return what a test's name says, as words."""
    text = name.removeprefix("test_").replace("_", " ")
    text = re.sub(r"\b(\w+) s\b", r"\1's", text)
    return text[0].upper() + text[1:]


def _title(path: str) -> str:
    folders = path.split("/")
    home = folders[-3].capitalize() if folders[0] == "integrations" else "Every integration"
    return f"{home}: {folders[-1].removeprefix('test_').removesuffix('.py').replace('_', ' ')}"


def _included(checkout: Path, path: str, name: str) -> str:
    shown = _qualified(checkout / path, name)
    return f"```{{literalinclude}} ../../{path}\n:pyobject: {shown}\n:language: python\n```"


def _qualified(path: Path, name: str) -> str:
    """Return the name with that of its class, where it is a test of a suite."""
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.parse("")
    for suite in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        if any(isinstance(each, ast.FunctionDef) and each.name == name for each in suite.body):
            return f"{suite.name}.{name}"
    return name
