import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.core.errors import ConfigurationError
from integrations.core.registry import discover, find

HEAVY = {"httpx", "standardwebhooks", "stripe", "twilio", "boto3", "botocore", "redis", "tenacity"}


def loaded_by(code: str) -> set[str]:
    """Return the modules that ``code`` adds to those of a bare interpreter."""
    program = (
        f"import sys; before = set(sys.modules); {code}; after = set(sys.modules) - before; "
        "import json; print(json.dumps(sorted(after)))"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
    )
    return set(json.loads(run.stdout))


def test_loops_is_found_by_looking() -> None:
    assert discover()["loops"] is find("loops")
    assert list(discover()) == sorted(discover())


@pytest.mark.parametrize("name", ["Loop", "LOOPS", "lops"])
def test_a_slip_of_the_pen_gets_a_suggestion(name: str) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'loops'"):
        find(name)


@pytest.mark.parametrize("name", ["core", "_template", "xyzzy", ""])
def test_what_is_no_integration_is_not_found_and_the_known_ones_are_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"There are: .*loops") as raised:
        find(name)
    assert "Did you mean" not in str(raised.value)


def test_a_package_that_is_not_installed_names_the_extra() -> None:
    broken = replace(find("loops"), client="no_such_sdk.client:Client", extra="toys")
    with pytest.raises(ConfigurationError, match=r"'no_such_sdk'.*integrations-workbook\[toys\]"):
        broken.client_class()


def test_a_package_missing_below_the_module_names_the_extra_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_client.py").write_text("import httpx\nclass Client: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "httpx", None)
    broken = replace(find("loops"), client="toy_client:Client")
    with pytest.raises(ConfigurationError, match=r"'httpx'.*integrations-workbook\[loops\]"):
        broken.client_class()


def test_a_reference_that_is_wrong_is_our_own_mistake_and_blames_no_package() -> None:
    broken = replace(find("loops"), client="integrations.loops.no_such_file:Client")
    with pytest.raises(ModuleNotFoundError):
        broken.client_class()


def test_importing_the_package_loads_nothing_but_itself() -> None:
    assert loaded_by("import integrations") == {"integrations"}


def test_importing_an_integration_loads_no_library_of_a_vendor() -> None:
    loaded = loaded_by("import integrations.loops")
    assert "integrations.loops" in loaded
    assert not HEAVY & loaded


def test_looking_at_all_integrations_loads_no_library_of_a_vendor() -> None:
    assert not HEAVY & loaded_by("import integrations.core.registry as r; r.discover()")


def test_an_integration_may_bring_pages_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_pages.py").write_text("def pages(): return {'book/toy.md': '# Toy\\n'}\n")
    monkeypatch.syspath_prepend(tmp_path)
    bringing = replace(find("loops"), pages="toy_pages:pages")
    assert bringing.own_pages() == {"book/toy.md": "# Toy\n"}
    assert replace(find("loops"), pages="").own_pages() == {}
