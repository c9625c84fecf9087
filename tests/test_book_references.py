"""Tests that the book names exist: a page that points to nothing is a page that lies."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`((?:tests|integrations)/[\w/]+\.py)(?:::(\w+))?`")
PAGES = sorted((ROOT / "book").glob("*.md"))
FOUND = sorted({(page.name, *named) for page in PAGES for named in NAMED.findall(page.read_text())})


@pytest.mark.parametrize(("page", "path", "name"), FOUND)
def test_a_test_that_a_page_names_is_there(page: str, path: str, name: str) -> None:
    assert (ROOT / path).is_file(), f"{page} names {path}"
    if name:
        assert f"def {name}(" in (ROOT / path).read_text(), f"{page} names {path}::{name}"


def test_the_security_page_shows_its_claims() -> None:
    assert len([each for each in FOUND if each[0] == "security.md"]) > 25


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_targets_that_a_page_names_are_there(page: Path) -> None:
    from integrations.commands.parser import usages

    text = page.read_text()
    for command in re.findall(r"python -m integrations (\w+)", text):
        assert command in {*usages(), "COMMAND"}, f"{page.name} names the command {command}"
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"`make (\w+)", text):
        assert target in targets, f"{page.name} names the target {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_a_page_names_are_there(page: Path) -> None:
    from integrations.core.registry import discover

    known = {setting.name for each in discover().values() for setting in each.settings}
    prefixes = tuple(f"{name.upper()}_" for name in discover())
    for name in re.findall(r"`([A-Z][A-Z0-9]+_[A-Z0-9_]+)`", page.read_text()):
        if name.startswith(prefixes) and not name.endswith("_MODE"):
            assert name in known, f"{page.name} names the setting {name}"
