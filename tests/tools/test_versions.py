import importlib.util
import platform
from importlib.metadata import version
from pathlib import Path

PATH = Path(__file__).parents[2] / "book" / "_ext" / "workbook_versions.py"


def test_the_footer_names_the_versions_that_ran() -> None:
    spec = importlib.util.spec_from_file_location("workbook_versions", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for shown in (f"Python {platform.python_version()}", f"httpx {version('httpx')}"):
        assert shown in module.footer()
