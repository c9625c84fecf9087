"""What ``python -m integrations new`` writes passes every check as it stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.commands.new import create, render, with_extra
from integrations.commands.rehearsal import Rehearsal
from integrations.core.errors import ConfigurationError

ROOT = Path(__file__).parents[1]
# Sorts after every other integration and after core, and is longer than the example's own.
NAME = "zephyrpigeon"


def run(rehearsal: Rehearsal, *command: str) -> str:
    done, said = rehearsal.run(*command)
    assert done, said[-3000:]
    return said


@pytest.fixture(scope="module")
def checkout() -> Iterator[Rehearsal]:
    """A copy of this checkout with a new integration in it."""
    with Rehearsal() as rehearsal:
        told = run(rehearsal, "integrations", "new", NAME)
        assert f"make notebooks NB={NAME}" in told
        yield rehearsal


def test_it_is_found_and_named(checkout: Rehearsal) -> None:
    assert f"{NAME} " in run(checkout, "integrations", "list")
    assert "ready" in run(checkout, "integrations", "doctor", NAME, "--mode", "mock")


def test_nothing_generated_is_stale(checkout: Rehearsal) -> None:
    assert run(checkout, "integrations", "docs", "--check") == ""


def test_it_passes_lint_and_types(checkout: Rehearsal) -> None:
    places = [f"integrations/{NAME}", f"notebooks/{NAME}.ipynb"]
    run(checkout, "ruff", "check", *places)
    run(checkout, "ruff", "format", "--check", *places)
    cache = ROOT / ".mypy_cache" / "scaffold"
    run(checkout, "mypy", "--cache-dir", str(cache), f"integrations/{NAME}")


def test_it_passes_the_contract_suite_and_its_own_tests(checkout: Rehearsal) -> None:
    places = ("tests/contract", "tests/test_readmes.py", "tests/test_notebook_hygiene.py")
    told = run(
        checkout,
        *("pytest", "-q", "-p", "no:cacheprovider", "-k", NAME),
        *(f"integrations/{NAME}", *places),
    )
    assert " passed" in told
    assert "skipped" not in told


def test_every_output_of_its_notebook_is_what_a_run_gives(checkout: Rehearsal) -> None:
    flags = "-q -p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout=60"
    assert " passed" in run(checkout, "pytest", *flags.split(), f"notebooks/{NAME}.ipynb")


@pytest.mark.parametrize("name", ["Acme", "a", "my-service", "2fast", "class", "x" * 13, "../up"])
def test_what_is_no_name_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name for an integration"):
        create(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'loops' is taken"):
        create(ROOT, "loops")


def test_every_spelling_of_the_example_is_replaced() -> None:
    assert render("acme AcmeClient ACME_KEY", "zip") == "zip ZipClient ZIP_KEY"


def test_the_extra_is_added_once_and_to_all() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    changed = with_extra(project, NAME)
    assert f'\n{NAME} = ["httpx' in changed
    assert f",{NAME}]" in changed
    assert changed.count(NAME) == 2


def test_a_gap_is_found(checkout: Rehearsal) -> None:
    """A call, a setting, an error and an event that nobody has seen: each fails by name."""
    client, manifest = f"integrations/{NAME}/client.py", f"integrations/{NAME}/__init__.py"
    method = """    def count_notes(self) -> int:
        \"\"\"Count.\"\"\"
        return 0

    def _make_fake"""
    checkout.edit(client, "    def _make_fake", method)
    old = f'            "{NAME.upper()}_BASE_URL",'
    setting = f'            "{NAME.upper()}_REGION", "Where.", "There."),\n        Setting(\n{old}'
    checkout.edit(manifest, old, setting)
    calls, events = f"integrations/{NAME}/calls.py", f"integrations/{NAME}/events.py"
    row = """    ErrorRow("418", NotFoundError, "A teapot.", "never", "Take tea."),
    ErrorRow("429","""
    checkout.edit(calls, '    ErrorRow("429",', row)
    checkout.edit(events, '{"note.read": NoteRead, ', '{"note.lost": Ping, "note.read": NoteRead, ')
    try:
        done, said = checkout.run("pytest", "-q", "-k", f"{NAME} or step", "tests/contract")
    finally:
        checkout.edit(client, method, "    def _make_fake")
        checkout.edit(manifest, setting, old)
        checkout.edit(calls, row, '    ErrorRow("429",')
        checkout.edit(events, '"note.lost": Ping, ', "")
    assert not done
    assert "no notebook provokes ['418']" in said
    assert "no notebook shows that ['note.lost'] are handled" in said
    assert "no notebook calls ['count_notes']" in said
    assert f"{NAME.upper()}_REGION" in said
    assert "run: python -m integrations docs" in said
