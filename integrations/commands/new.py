"""``new``: a working integration to start from, with its tests and its notebook."""

import argparse
import keyword
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from integrations.commands.docs import root, run_all
from integrations.core.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9]{1,11}")
# Not looked for services in, and what is set for all of them: INTEGRATIONS_MODE.
_RESERVED = {"contrib", "integrations"}
_LIBRARIES = '["httpx>=0.27", "standardwebhooks>=1.0"]'
_NEXT = """
It is a real integration of a service that does not exist. Make it yours:

  1. settings: __init__.py says what is configured, and where to get it;
     about.py: what a newcomer has to know
  2. client.py: one method a call, explicit arguments, frozen results, errors raised
  3. fake.py: the vendor's own rules and error bodies; refuse what it does not know;
     drills.py: provoke each error, deliver each event
  4. webhooks.py, events.py and shortcuts.py
  5. tests/harness.py, README.md, notebooks/{name}.ipynb: run `make notebooks NB={name}`
  6. `make docs`, then `make test`

Other libraries go into the extra {name!r} of pyproject.toml: then `make requirements`.

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
    _refuse_name(checkout, name, home, notebook)
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


def _refuse_name(checkout: Path, name: str, home: Path, notebook: Path) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigurationError(
            f"{name!r} is no name for an integration: 2 to 12 lower-case letters and digits, "
            "a letter first, as in 'acme'. The vendor's own spelling is for title= in its manifest."
        )
    there = [str(each.relative_to(checkout)) for each in (home, notebook) if each.exists()]
    if there:
        raise ConfigurationError(
            f"{name!r} is taken: {' and '.join(there)} exists. Nothing was written. "
            "Take another name; or to begin it anew, delete the folder and the notebook first"
        )
    if name in _RESERVED or name in _other_extras(checkout):
        raise ConfigurationError(
            f"{name!r} is taken: the project uses this name itself. Nothing was written. "
            "Take another, such as the vendor's name and 'api'"
        )


def _other_extras(checkout: Path) -> set[str]:
    """Return the extras that are of no integration, such as ``all``."""
    text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    # One among ``all`` was an integration's, which may have been deleted since.
    [whole] = extras["all"]
    return set(extras) - set(re.findall(r"[a-z0-9]+", whole.partition("[")[2]))


def render(text: str, name: str) -> str:
    """Return a template's text with the example's name replaced in each of its spellings."""
    for old, new in (("acme", name), ("Acme", name.title()), ("ACME", name.upper())):
        text = text.replace(old, new)
    return text


def with_extra(project: str, name: str) -> str:
    """Return ``pyproject.toml`` with an extra for the integration, and it among ``all``, once."""
    if f"\n{name} = [" in project:
        return project
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
