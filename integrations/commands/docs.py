"""``docs`` and ``env``: write what the docs take from the code, so that it cannot go stale."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

import integrations
from integrations.commands.proofs import proofs
from integrations.commands.reference import pages, table_of_contents
from integrations.commands.services import overview
from integrations.commands.setup import linked, setup, troubleshooting
from integrations.commands.tables import markdown_table
from integrations.core.config import MODES, Setting
from integrations.core.errors import ConfigurationError
from integrations.core.registry import Integration, discover

COMMAND = "python -m integrations docs"
_NOTE = f"<!-- Written by `{COMMAND}`; edit the manifests instead. -->"


def run(arguments: argparse.Namespace) -> int:
    """Write every generated file; with ``--check``, only name those that are stale."""
    return run_all(check=arguments.check)


def run_all(*, check: bool) -> int:
    """Write, or with ``check`` only name, the generated files that are stale."""
    discover.cache_clear()
    files = render(root())
    left = _left_over(root(), files)
    for path in left:
        print(f"{'stale' if check else 'removed'}: {path.name}")
        if not check:
            path.unlink()
    return max(_write(files, check=check), int(check and bool(left)))


def run_env(_: argparse.Namespace) -> int:
    """Write ``.env.example``."""
    checkout = root()
    return _write({checkout / ".env.example": env_example(discover().values())}, check=False)


def render(checkout: Path) -> dict[Path, str]:
    """Return the text of every generated file, by path."""
    every = discover().values()
    reference = checkout / "book" / "reference"
    readme, toc = checkout / "README.md", checkout / "_toc.yml"
    own = {each.name: each.own_pages() for each in every}
    return {
        **pages(reference, every, _NOTE, _usages()),
        **{checkout / path: text for texts in own.values() for path, text in texts.items()},
        toc: table_of_contents(toc.read_text(encoding="utf-8"), every, own),
        checkout / ".env.example": env_example(every),
        reference / "settings.md": _settings(every),
        reference / "events.md": _events(every),
        reference / "errors.md": _errors(every),
        reference / "proofs.md": proofs(checkout, _NOTE),
        **{
            path: _between(path, generated(every))
            for path, generated in (
                (readme, _overview),
                (checkout / "book" / "services.md", overview),
                (checkout / "book" / "setup.md", setup),
                (checkout / "book" / "troubleshooting.md", troubleshooting),
            )
        },
    }


def _usages() -> dict[str, str]:
    # The parser knows this module, so it is found when it is needed.
    from integrations.commands.parser import usages

    return usages()


def stale(checkout: Path) -> list[str]:
    """Name the generated files that are not what would be written."""
    files = render(checkout)
    found = [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    return [str(path.relative_to(checkout)) for path in (*found, *_left_over(checkout, files))]


def _left_over(checkout: Path, files: Iterable[Path]) -> list[Path]:
    """Return the reference pages of integrations that are gone; a book refuses them."""
    return sorted(set((checkout / "book" / "reference").glob("api-*.md")) - set(files))


def env_example(every: Iterable[Integration]) -> str:
    """Return ``.env.example``: each variable with its meaning, and without a value."""
    lines = [
        "# Copy this file to .env and fill in what you use. Never commit .env.",
        f"# Written by `{COMMAND}`.",
        "",
        f"# Where requests go: {MODES}. <NAME>_MODE overrides it for one service.",
        "INTEGRATIONS_MODE=mock",
    ]
    for each in every:
        lines += ["", f"# {each.title}. {each.credentials}"]
        for setting in each.settings:
            lines.append(f"# {setting.help} {setting.where}".rstrip())
            lines.append(f"# {setting.name}={setting.default}")
    return "\n".join(lines) + "\n"


def _settings(every: Iterable[Integration]) -> str:
    parts = [
        "# Settings",
        _NOTE,
        "`INTEGRATIONS_MODE` sets the mode of every client, `<NAME>_MODE` that of one; the "
        f"argument `mode=` wins. The modes are {MODES}. "
        "`python -m integrations doctor` tells what is set.",
    ]
    for each in every:
        rows = [(f"`{s.name}`", _meaning(s)) for s in each.settings]
        head = ("Variable", "Meaning, and where to get it")
        set_up = (
            f"{linked(each.credentials)} Step by step: {{ref}}`setup-{each.name}`. {_used(each)}"
        )
        parts += [f"## {each.title}", set_up, markdown_table(head, rows)]
    return "\n\n".join(parts) + "\n"


def _meaning(setting: Setting) -> str:
    # Few columns: five do not fit a page, and a table that scrolls hides its last ones.
    notes = []
    if setting.required:
        notes.append(f"**Needed** in {' and '.join(setting.required)}.")
    if setting.secret:
        notes.append("**Secret.**")
    if setting.default:
        notes.append(f"Default: `{setting.default}`.")
    return "<br>".join(filter(None, (f"{setting.help} {setting.where}".strip(), " ".join(notes))))


def _events(every: Iterable[Integration]) -> str:
    parts = [
        "# Webhook events",
        _NOTE,
        "Every event the pipeline knows. One that it does not know is verified, kept, and can be "
        "replayed when a handler for it exists.",
    ]
    for each in every:
        if not each.events:
            continue
        rows = [
            (
                f"`{name}`<br>{{py:class}}`~{kind.__module__}.{kind.__name__}`",
                _first(kind.__doc__),
            )
            for name, kind in each.event_types().items()
        ]
        seen = f"{_used(each)} Each is delivered once in {_PROVOKED}."
        parts += [
            f"## {each.title}",
            seen,
            markdown_table(("Event, and its type", "Meaning"), rows),
        ]
    return "\n\n".join(parts) + "\n"


def _errors(every: Iterable[Integration]) -> str:
    parts = [
        "# Errors",
        _NOTE,
        "What a service's answer means, which error it becomes, and whether the client has tried "
        "again before you see it.",
    ]
    for each in every:
        rows = [
            (
                f"{row.status}<br>{{py:class}}`~{row.error.__module__}.{row.error.__name__}`",
                f"{row.meaning} {row.hint}",
                row.retried,
            )
            for row in each.error_rows()
        ]
        head = ("Answer, and its error", "Meaning, and what to do", "Tried again")
        seen = (
            f"{_used(each)} Each is provoked once in {_PROVOKED}; by the message that you read: "
            f"{{ref}}`troubleshooting-{each.name}`."
        )
        parts += [f"(errors-{each.name})=", f"## {each.title}", seen, markdown_table(head, rows)]
    return "\n\n".join(parts) + "\n"


_PROVOKED = "{doc}`../../notebooks/errors_and_events`"


def _used(each: Integration) -> str:
    guides = ", ".join(f"{{doc}}`../../notebooks/{name}`" for name in each.notebooks)
    return f"Used in {guides}."


def _overview(every: Iterable[Integration]) -> str:
    rows = [
        (
            f"[{each.title}](integrations/{each.name}/README.md)",
            ", ".join(feature.name for feature in each.features),
            ", ".join(f"[{n}](notebooks/{n}.ipynb)" for n in each.notebooks),
        )
        for each in every
    ]
    return markdown_table(("Service", "What it does here", "Notebooks"), rows)


def _first(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


_MARKS = ("<!-- integrations:begin -->", "<!-- integrations:end -->")


def _between(path: Path, generated: str) -> str:
    text = path.read_text(encoding="utf-8")
    begin, end = _MARKS
    if begin not in text or end not in text:
        raise ConfigurationError(
            f"{path.name}: the marks {begin} and {end} are missing; put them back"
        )
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    return re.sub(pattern, lambda _: f"{begin}\n{generated}\n{end}", text, flags=re.DOTALL)


def root() -> Path:
    """Return the checkout that this package runs from.

    Raises:
        ConfigurationError: it is installed, not checked out.
    """
    checkout = Path(integrations.__file__).parents[1]
    if not (checkout / "_toc.yml").exists():
        raise ConfigurationError(
            "this command writes into a checkout of the workbook, and the package is installed in "
            f"{checkout}. Clone the repository, and run the command there with its own .venv"
        )
    return checkout


def _write(files: dict[Path, str], *, check: bool) -> int:
    changed = [p for p, t in files.items() if not p.exists() or p.read_text(encoding="utf-8") != t]
    for path in changed:
        print(f"{'stale' if check else 'written'}: {path.name}")
        if not check:
            path.write_text(files[path], encoding="utf-8")
    if check and changed:
        print(f"Run: {COMMAND}")
    return 1 if check and changed else 0
