"""What the notebooks really call and show: in code that runs, and in outputs that are compared."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from integrations.core.registry import Integration

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def calls_in(source: str) -> set[str]:
    """Return the last name of everything that a piece of code calls, and the last two.

    ``stripe.customers.create(...)`` gives ``create`` and ``customers.create``.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            named = node.func
            if isinstance(named, ast.Attribute):
                found.add(named.attr)
                if isinstance(named.value, ast.Attribute):
                    found.add(f"{named.value.attr}.{named.attr}")
            elif isinstance(named, ast.Name):
                found.add(named.id)
    return found


def called(manifest: Integration) -> set[str]:
    """Return what the integration's own notebooks call."""
    found: set[str] = set()
    for name in manifest.notebooks:
        cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            if cell["cell_type"] == "code":
                found |= calls_in("".join(cell["source"]))
    return found


@dataclass(frozen=True)
class Cell:
    """A code cell, as it was run last: each run is compared with what is here."""

    notebook: str
    source: str
    outputs: tuple[dict[str, Any], ...]

    def text(self) -> str:
        """Return what it prints and shows as text."""
        parts = ["".join(out.get("text", "")) for out in self.outputs]
        parts += ["".join(out.get("data", {}).get("text/plain", "")) for out in self.outputs]
        parts += [BeautifulSoup(each, "html.parser").get_text(" ") for each in self._markup()]
        return "\n".join(parts)

    def tables(self) -> Iterator[list[dict[str, str]]]:
        """Walk over its tables, each a list of rows by the names of the columns."""
        for markup in self._markup():
            for table in BeautifulSoup(markup, "html.parser").find_all("table"):
                names = [each.get_text() for each in table.find_all("th")]
                rows = [[c.get_text() for c in r.find_all("td")] for r in table.find_all("tr")]
                yield [dict(zip(names, row, strict=False)) for row in rows if row]

    def _markup(self) -> list[str]:
        # A place where a word may break is no part of it.
        return [
            "".join(out.get("data", {}).get("text/html", "")).replace("<wbr>", "")
            for out in self.outputs
        ]


def cells(folder: Path = NOTEBOOKS) -> list[Cell]:
    """Return the code cells of every notebook."""
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                outputs = tuple(cell["outputs"])
                found.append(Cell(path.stem, "".join(cell["source"]), outputs))
    return found


def handled_events(every: list[Cell]) -> set[str]:
    """Return the events that a pipeline was seen to handle."""
    return {
        row["event"]
        for cell in every
        for table in cell.tables()
        for row in table
        if row.get("outcome") == "handled" and "event" in row
    }


def provoked_answers(every: list[Cell], name: str) -> set[str]:
    """Return the answers of a service that were seen to end in an error."""
    call = re.compile(rf"""error_table\(["']{name}["']\)""")
    return {
        row["answer"]
        for cell in every
        if call.search(cell.source)
        for table in cell.tables()
        for row in table
        if row.get("raised")
    }


def raised_errors(every: list[Cell]) -> set[str]:
    """Return the classes of errors that were seen: in a table, or printed as ``Name: message``."""
    shown = {
        row["raised"].partition(":")[0]
        for cell in every
        for table in cell.tables()
        for row in table
        if "raised" in row
    }
    printed = re.compile(r"^(\w+Error)(?:: .+)?$", re.MULTILINE)
    return shown.union(*(printed.findall(cell.text()) for cell in every))


def run_commands(every: list[Cell]) -> set[str]:
    """Return the commands of ``python -m integrations`` that a notebook runs, in a rehearsal."""
    found = set()
    for cell in every:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                words = [each.value for each in node.args if isinstance(each, ast.Constant)]
                if node.func.attr in ("show", "run") and words[:1] == ["integrations"]:
                    found.add(str(words[1]))
    return found
