"""What the notebooks of an integration really call: in code that runs, not in its strings."""

import ast
import json
from pathlib import Path

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
