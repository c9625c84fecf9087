"""``new``: a working integration to start from, with its tests and its notebook."""

import argparse
import keyword
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from integrations.commands.docs import root, run_all
from integrations.core.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9]{1,11}")
_LIBRARIES = '["httpx>=0.27", "standardwebhooks>=1.0"]'
_NEXT = """
It is a real integration of a service that does not exist. Make it yours:

  1. settings: __init__.py says what is configured, and where to get it;
     about.py: what a newcomer has to know
  2. client.py: one method a call, explicit arguments, frozen results, errors raised
  3. fake.py: the vendor's own rules and error bodies; refuse what it does not know;
     drills.py: provoke each error, deliver each event
  4. webhooks.py, events.py and shortcuts.py
  5. README.md and notebooks/{name}.ipynb: run `make notebooks NB={name}`
  6. `make docs`, then `make test`

All of it passes as it stands: pytest integrations/{name} tests/contract"""


def run(arguments: argparse.Namespace) -> int:
    """Render the template into a checkout."""
    create(root(), arguments.name)
    run_all(check=False)
    print(_NEXT.format(name=arguments.name))
    return 0


def create(checkout: Path, name: str) -> None:
    """Write ``integrations/<name>/``, its notebook and its extra.

    Raises:
        ConfigurationError: the name is taken, or is none; nothing was written.
    """
    home, notebook = checkout / "integrations" / name, checkout / "notebooks" / f"{name}.ipynb"
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigurationError(
            f"{name!r} is no name for an integration: 2 to 12 lower-case letters and digits, "
            "a letter first, as in 'acme'"
        )
    if home.exists() or notebook.exists():
        raise ConfigurationError(f"{name!r} is taken: integrations/{name} or its notebook exists")
    template = checkout / "integrations" / "_template"
    written = []
    for source in sorted(template.rglob("*")):
        if source.is_file() and "__pycache__" not in source.parts:
            inside = source.relative_to(template)
            target = notebook if inside.name == "notebook.ipynb" else home / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(render(source.read_text(encoding="utf-8"), name), encoding="utf-8")
            written.append(target)
    project = checkout / "pyproject.toml"
    project.write_text(with_extra(project.read_text(encoding="utf-8"), name), encoding="utf-8")
    _format(written)
    print(f"written: {len(written)} files, integrations/{name}/ and notebooks/{name}.ipynb")


def render(text: str, name: str) -> str:
    """Return a template's text with the example's name replaced in each of its spellings."""
    for old, new in (("acme", name), ("Acme", name.title()), ("ACME", name.upper())):
        text = text.replace(old, new)
    return text


def with_extra(project: str, name: str) -> str:
    """Return ``pyproject.toml`` with an extra for the integration, and it among ``all``."""
    project = project.replace("\nall = [", f"\n{name} = {_LIBRARIES}\nall = [", 1)
    return re.sub(r"(integrations-workbook\[[a-z0-9,]+)\]", rf"\1,{name}]", project, count=1)


def _format(paths: list[Path]) -> None:
    # A longer name breaks lines elsewhere, and sorts elsewhere among the imports.
    if find_spec("ruff") is None:
        print("ruff is not installed here: run `make format`")
        return
    files = [str(path) for path in paths if path.suffix in (".py", ".ipynb")]
    imports = ["check", "--fix", "--quiet", "--select", "I"]
    for command in (imports, ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *files], check=True)
