"""The book's own Sphinx extensions, which are in no package, for their tests."""

import importlib.util
from pathlib import Path
from types import ModuleType

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"


def book_extension(name: str) -> ModuleType:
    """Load an extension of the book."""
    spec = importlib.util.spec_from_file_location(name, EXTENSIONS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
