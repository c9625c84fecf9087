"""The Python in the READMEs runs as it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", *sorted((ROOT / "integrations").glob("[a-z]*/README.md"))]
BLOCKS = [
    pytest.param(block, id=f"{path.parent.name}-{index}")
    for path in READMES
    for index, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_example_runs_and_prints(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "README", "exec"), {})  # noqa: S102  # our own text, from the checkout
    assert capsys.readouterr().out.strip()


def test_the_first_screen_shows_the_two_commands() -> None:
    first = READMES[0].read_text().split("##")[0]
    assert "make book" in first
    assert "make test" in first
