"""Committed notebooks keep the rules, and the rules and the comparison do find what is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from book.tools.hygiene import problems
from tests.tools.samples import BEGIN, code, error, notebook, result, save, stream

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONG = "def send():\n" + "    x = 1\n" * 8


def prose(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text, "id": "prose"}


Spoil = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_keeps_the_rules(path: Path) -> None:
    assert problems(json.loads(path.read_text(encoding="utf-8"))) == []


def test_plain_markdown_is_no_problem() -> None:
    text = "Keys such as `product:{id}` and [`send_many()`](#integrations.loops.bulk.send_many)."
    assert problems(notebook(prose(text))) == problems(notebook())


def test_a_good_notebook_has_no_problems() -> None:
    tagged = {"tags": ["raises-exception"]}
    good = notebook(
        {"cell_type": "markdown", "metadata": {}, "source": "Ask `/api/v1` at https://x.example."},
        code("%time\nvalue = 1; value", result(text_plain="1")),
        code("1 / 0", error("ZeroDivisionError"), metadata=tagged),
        code("key = 'sk_test_demo_not_real_0001'"),
    )
    for number, cell in enumerate((c for c in good["cells"] if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = number
    assert problems(good) == []


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (code("1 / 0", error("ZeroDivisionError")), "error output and no tag"),
        (code("1", metadata={"tags": ["raises-exception"]}), "raises nothing"),
        (code("class Client:\n    pass"), "defines class Client"),
        (code("if 1:\n    class Client:\n        pass"), "defines class Client"),
        (code(LONG), "function send of 9 lines"),
        (code(f"async {LONG}"), "function send of 9 lines"),
        (code("!pip install httpx"), "installs packages"),
        (code("%pip install httpx"), "installs packages"),
        (code("import sys\nsys.path.insert(0, '..')"), "changes sys.path"),
        (code("value;"), "ends with a semicolon"),
        (code("value = ("), "is not Python"),
        (code("  "), "empty code cell"),
        (code("open('/home/sam/x')"), "path of one machine: /home/"),
        (code("print(x)", stream("/Users/sam/x")), "path of one machine: /Users/"),
        (code("x", result(text_plain="<X at 0x7f12ab34cd>")), "memory address"),
        (code("1", metadata={"execution": {}}), "volatile metadata ['execution']"),
        (prose("See {py:func}`~integrations.loops.bulk.send_many`."), "JupyterLab does not know"),
        (prose("See {doc}`testing`."), "JupyterLab does not know"),
        (prose("Now you.\n\n````{admonition} Answer\n42\n````"), "JupyterLab does not know"),
    ],
)
def test_a_bad_cell_is_found(cell: dict[str, Any], says: str) -> None:
    assert any(says in each for each in problems(notebook(cell)))


# In two parts, so that no scanner takes this file for a leak.
@pytest.mark.parametrize(
    "key",
    [
        "sk_live" + "_4eC39HqLyjWD",
        "rk_live" + "_4eC39HqLyjWD",
        "sk_test" + "_4eC39HqLyjWDarjtT1zdp7dc",
        "AKIA" + "J7Q2ZMX4WPL9RTK3",
        "AC" + "0123456789abcdef" * 2,
        "whsec" + "_9f3KQmZ7xTb2LpWd5sVn",
    ],
)
@pytest.mark.parametrize("place", ["source", "stream", "html", "markdown"])
def test_a_key_is_found_wherever_it_stands(key: str, place: str) -> None:
    cells = {
        "source": code(f"client = connect('{key}')"),
        "stream": code("print(key)", stream(f"{key}\n")),
        "html": code("key", result(text_html=f"<b>{key}</b>")),
        "markdown": {"cell_type": "markdown", "metadata": {}, "source": f"Use {key}."},
    }
    found = problems(notebook(cells[place]))
    assert any("looks like a key" in each for each in found)
    assert key not in "".join(found)


def spoil_count(bad: dict[str, Any]) -> None:
    bad["cells"][1]["execution_count"] = None


def spoil_ids(bad: dict[str, Any]) -> None:
    bad["cells"][1]["id"] = bad["cells"][0]["id"]


def spoil_kernel(bad: dict[str, Any]) -> None:
    bad["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "My environment"}


def spoil_language(bad: dict[str, Any]) -> None:
    bad["metadata"]["language_info"] = {"name": "python", "version": "3.11.2"}


def spoil_begin(bad: dict[str, Any]) -> None:
    bad["cells"][0]["source"] = BEGIN


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_count, "execution counts are [1, None], not 1 to 2"),
        (spoil_ids, "cell ids are missing or repeated"),
        (spoil_kernel, "the kernelspec is one machine's"),
        (spoil_language, "the language_info is one machine's"),
        (spoil_begin, "does not call workbook.begin()"),
    ],
)
def test_a_bad_notebook_is_found(spoil: Spoil, says: str) -> None:
    bad = notebook(code("1", result(text_plain="1")))
    spoil(bad)
    assert any(says in each for each in problems(bad))


def compare(folder: Path, content: dict[str, Any]) -> str:
    """Run the comparison that `make verify` runs on one notebook, and return its report."""
    save(folder / "x.ipynb", content)
    own = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
    flags = "-p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout=60"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *flags.split(), "--rootdir=.", "-q", "-rA", "x.ipynb"],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


def test_the_comparison_finds_each_output_that_was_changed_or_deleted(tmp_path: Path) -> None:
    # One notebook of good and spoilt cells: a kernel takes seconds to start.
    sent = "print('sent once')"
    content = notebook(
        code(sent, stream("sent once\n")),
        code(sent, stream("sent twice\n")),
        code("42", result(text_plain="42")),
        code("42", result(text_plain="43")),
        code(sent),
        code("42"),
    )
    content["cells"][0] |= code("1", result(text_plain="1"))
    report = compare(tmp_path, content)
    told = [f"{word} x.ipynb::Cell {number}" in report for number, word in enumerate(
        ["PASSED", "PASSED", "FAILED", "PASSED", "FAILED", "FAILED", "FAILED"])]  # fmt: skip
    assert all(told), report
