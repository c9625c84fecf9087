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
    # Whatever is asked of every integration by name, wherever it is asked.
    told = run(
        checkout,
        *("pytest", "-q", "-p", "no:cacheprovider", "-k", NAME, "--ignore", "tests/browser"),
        *(f"integrations/{NAME}", "tests", "integrations/core/tests/test_testing.py"),
    )
    assert " passed" in told
    assert "skipped" not in told


def test_no_test_counts_on_the_integrations_that_are_there(checkout: Rehearsal) -> None:
    places = ("tests/test_command_line.py", "tests/test_readmes.py", "tests/test_prose.py")
    assert " passed" in run(checkout, "pytest", "-q", "-p", "no:cacheprovider", *places)


def test_the_guide_s_rehearsal_does_not_see_what_you_made_of_its_example(
    checkout: Rehearsal,
) -> None:
    """In a checkout with an integration of that name, a copy without it can make it anew."""
    probe = f"""
from integrations.commands.rehearsal import Rehearsal

def test_it(capsys):
    with Rehearsal(without={NAME!r}) as copy:
        copy.show("integrations", "list", only={NAME!r})
        assert {NAME!r} not in capsys.readouterr().out
        assert copy.run("integrations", "docs", "--check") == (True, "")
        made, told = copy.run("integrations", "new", {NAME!r})
        assert made, told
        assert "written: setup.md" in told
        assert copy.run("integrations", "list")[0]
"""
    place = checkout.checkout / "tests" / "test_probe.py"
    place.write_text(probe, encoding="utf-8")
    try:
        run(checkout, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_probe.py")
    finally:
        place.unlink()


def test_every_output_of_its_notebook_is_what_a_run_gives(checkout: Rehearsal) -> None:
    flags = "-q -p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout=60"
    assert " passed" in run(checkout, "pytest", *flags.split(), f"notebooks/{NAME}.ipynb")


@pytest.mark.parametrize("name", ["Acme", "a", "my-service", "2fast", "class", "x" * 13, "../up"])
def test_what_is_no_name_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name for an integration"):
        create(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["loops", "core", "testing"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"'{name}' is taken: .*{name}.* exists"):
        create(ROOT, name)


@pytest.mark.parametrize("name", ["all", "book", "test", "dev", "contrib", "integrations"])
def test_a_name_that_the_project_needs_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    with pytest.raises(ConfigurationError, match="the project uses this name itself"):
        create(tmp_path, name)
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]


def test_every_spelling_of_the_example_is_replaced() -> None:
    assert render("acme AcmeClient ACME_KEY", "zip") == "zip ZipClient ZIP_KEY"


def test_the_extra_is_added_once_and_to_all() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    changed = with_extra(project, NAME)
    assert f'\n{NAME} = ["httpx' in changed
    assert f",{NAME}]" in changed
    assert changed.count(NAME) == 2
    assert with_extra(changed, NAME) == changed


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
