"""Every integration is complete, documented, and keeps to its place."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from integrations.commands.docs import stale
from integrations.core.registry import Integration, discover
from tests.contract.parity import called, calls_in

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "integrations"
SDKS = {"httpx", "standardwebhooks", "stripe", "twilio", "boto3", "botocore", "redis"}
# Libraries that several services are built on have one file each in core.
SHARED = {
    "core/http.py": "httpx",
    "core/json_api.py": "httpx",
    "core/outgoing.py": "standardwebhooks",
    "core/standard_webhooks.py": "standardwebhooks",
    "core/tests/test_base_url.py": "httpx",
    "core/tests/test_http.py": "httpx",
    "core/tests/test_json_api.py": "httpx",
}
HEADINGS = [
    "What it is",
    "Get credentials",
    "Settings",
    "Quick start",
    "Client reference",
    "Shortcuts",
    "Webhooks",
    "Testing with the fake",
    "Limits, quirks and security",
]


def test_the_manifest_is_complete(manifest: Integration) -> None:
    assert manifest.title
    assert manifest.summary.endswith(".")
    assert manifest.docs.startswith("https://")
    assert all(setting.help for setting in manifest.settings)
    assert any(setting.secret for setting in manifest.settings)
    assert manifest.error_rows()
    assert bool(manifest.event_types()) == bool(manifest.events)
    assert hasattr(manifest.client_class(), manifest.probe)
    assert inspect.isclass(manifest.fake_class())
    assert inspect.ismodule(manifest.shortcuts_module())
    for name in manifest.notebooks:
        assert (ROOT / "notebooks" / f"{name}.ipynb").is_file()


def test_importing_it_loads_no_sdk(manifest: Integration) -> None:
    code = f"import sys, json, integrations.{manifest.name}; print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not SDKS & set(json.loads(run.stdout))


def test_importing_the_package_loads_next_to_nothing() -> None:
    loaded = "import sys; before = set(sys.modules); import integrations; "
    code = loaded + "print(len(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) == 1


def test_a_program_without_django_loads_none_of_it() -> None:
    code = (
        "import sys, json; from integrations.__main__ import main; "
        "from integrations import connect; "
        'main(["list"]); connect("stripe", mode="mock"); print(json.dumps(list(sys.modules)))'
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(run.stdout.splitlines()[-1])
    assert not [name for name in loaded if name.startswith(("django", "integrations.contrib"))]


def _named(path: Path) -> set[str]:
    """Return what a file imports, with the names that it takes from a package."""
    found = _imports(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{each.name}" for each in node.names}
    return found


@pytest.mark.parametrize(
    "planted",
    [
        "import integrations.contrib.django.conf",
        "from integrations.contrib.django import conf",
        "from integrations.contrib import django",
        "from integrations import contrib",
    ],
)
def test_a_planted_import_of_contrib_is_seen(planted: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(planted)
    assert any(f"{each}.".startswith("integrations.contrib.") for each in _named(tmp_path / "x.py"))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize(
    # The template is checked where it is rendered (tests/test_scaffold.py).
    "path",
    sorted(path for path in PACKAGE.rglob("*.py") if "_template" not in path.parts),
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_imports_point_one_way(path: Path) -> None:
    owner = path.relative_to(PACKAGE).parts[0]
    imports = _imports(path)
    others = {name for name in discover() if name != owner}
    django = any(each.partition(".")[0] in ("django", "asgiref") for each in imports)
    assert not django or "contrib/django" in path.as_posix()
    contrib = any(f"{each}.".startswith("integrations.contrib.") for each in _named(path))
    assert not contrib or owner == "contrib"
    if owner in ("core", *discover()) and "tests" not in path.parts:
        assert not {each.split(".")[1] for each in imports if each.count(".")} & (
            others if owner != "core" else set(discover())
        )
    if owner not in discover():
        allowed = {SHARED.get(path.relative_to(PACKAGE).as_posix())}
        assert not {each.partition(".")[0] for each in imports} & (SDKS - allowed)


def test_every_setting_is_in_the_readme_and_the_example(manifest: Integration) -> None:
    readme = (PACKAGE / manifest.name / "README.md").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for setting in manifest.settings:
        assert f"`{setting.name}`" in readme
        assert f"{setting.name}=" in example


def test_the_readme_has_its_headings_in_order(manifest: Integration) -> None:
    readme = (PACKAGE / manifest.name / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", readme, re.MULTILINE) == HEADINGS


def test_what_is_generated_is_in_step() -> None:
    assert stale(ROOT) == [], "run: python -m integrations docs"


def _modules(manifest: Integration) -> list[ModuleType]:
    package = importlib.import_module(f"integrations.{manifest.name}")
    names = [each.name for each in pkgutil.iter_modules(package.__path__) if each.name != "tests"]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def _public(module: ModuleType) -> list[tuple[str, Any]]:
    own = [(n, o) for n, o in vars(module).items() if not n.startswith("_")]
    own = [(n, o) for n, o in own if getattr(o, "__module__", "") == module.__name__]
    inner = [
        (f"{n}.{m}", f)
        for n, o in own
        if inspect.isclass(o)
        for m, f in vars(o).items()
        if inspect.isfunction(f) and not m.startswith("_")
    ]
    return own + inner


def test_public_names_are_documented_and_annotated(manifest: Integration) -> None:
    for module in _modules(manifest):
        for name, thing in _public(module):
            assert inspect.getdoc(thing), f"{module.__name__}.{name} has no docstring"
            if inspect.isfunction(thing):
                assert "return" in thing.__annotations__, f"{name} has no return annotation"


def test_a_name_in_a_string_or_a_comment_is_not_a_call() -> None:
    source = "a.b.send(1)\nprint('drop(x)')  # keep(x)\nb = build\nwith make() as c: pass"
    assert calls_in(source) == {"send", "b.send", "print", "make"}


def _methods(kind: type) -> list[str]:
    return [n for n, f in vars(kind).items() if inspect.isfunction(f) and n[0] != "_"]


def _group_methods(manifest: Integration) -> list[str]:
    """Return the calls of a client's groups, such as ``customers.create`` of Stripe's."""
    groups = [
        (name, kind)
        for name, kind in inspect.get_annotations(manifest.client_class(), eval_str=True).items()
        if inspect.isclass(kind) and kind.__module__.startswith(f"integrations.{manifest.name}.")
    ]
    return [f"{name}.{method}" for name, kind in groups for method in _methods(kind)]


def test_every_call_and_shortcut_is_used_in_a_notebook(manifest: Integration) -> None:
    used = called(manifest)
    client = manifest.client_class()
    names = [*_methods(client), *_group_methods(manifest)]
    names += [n for n, o in _public(manifest.shortcuts_module()) if inspect.isfunction(o)]
    # A ``with`` block closes the client.
    missing = [name for name in names if name != "close" and name not in used]
    assert not missing, f"no notebook calls {missing}"


def test_every_feature_is_used_in_a_notebook(manifest: Integration) -> None:
    used = called(manifest)
    # What is in a class may be called by a pipeline: then the class is made.
    missing = [f.symbol for f in manifest.features if not used & set(f.symbol.split("."))]
    assert not missing, f"no notebook uses {missing}"
