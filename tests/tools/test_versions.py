import importlib.util
import platform
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

PATH = Path(__file__).parents[2] / "book" / "_ext" / "workbook_versions.py"


def _extension() -> ModuleType:
    spec = importlib.util.spec_from_file_location("workbook_versions", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_footer_names_the_versions_that_ran() -> None:
    module = _extension()
    for shown in (f"Python {platform.python_version()}", f"httpx {version('httpx')}"):
        assert shown in module.footer()
