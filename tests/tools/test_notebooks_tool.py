"""Notebooks are run, saved in one form, and left alone when something is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from book.tools import notebooks as tool
from book.tools.normalise import KERNELSPEC, LANGUAGE_INFO, normalise, relative_paths
from book.tools.widgets import STATE_MIME, VIEW_MIME
from tests.tools.samples import code, error, notebook, result, save, stream

ROOT = Path("/srv/book")


def widget_notebook(box: str, child: str, orphan: str, link: str) -> dict[str, Any]:
    """Return a notebook with a box, what is in it, what links to it, and a widget of no use."""
    state = {
        orphan: {"state": {"value": "left over"}},
        link: {"state": {"source": [f"IPY_MODEL_{child}", "value"]}},
        child: {"state": {"value": 3}},
        box: {"state": {"children": [f"IPY_MODEL_{child}"]}},
    }
    view = {VIEW_MIME: {"model_id": box}, "text/plain": "VBox()"}
    saved = {STATE_MIME: {"state": state, "version_major": 2}}
    return notebook(code("box", {**result(), "data": view}), widgets=saved)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # A kernel keeps its files beside the notebooks, not in the reader's home.
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


def run(folder: Path, *args: str) -> int:
    return tool.main(["--folder", str(folder), *args])


def test_normalising_twice_changes_nothing() -> None:
    once = normalise(widget_notebook("a" * 32, "b" * 32, "c" * 32, "d" * 32), ROOT)
    assert normalise(once, ROOT) == once


def test_what_changes_with_the_time_or_the_machine_is_dropped() -> None:
    timed = {"execution": {"iopub.execute_input": "2026-11-24T00:00:00"}, "tags": ["hide-input"]}
    messy = notebook(
        code("1", result(count=40, text_plain="1"), count=41, metadata=timed),
        kernelspec={"display_name": "my env", "language": "python", "name": "env-3"},
        language_info={"name": "python", "version": "3.11.2"},
        papermill={"duration": 3},
    )
    clean = normalise(messy, ROOT)
    cell = clean["cells"][1]
    assert cell["metadata"] == {"tags": ["hide-input"]}
    assert (cell["execution_count"], cell["outputs"][0]["execution_count"]) == (2, 2)
    assert clean["metadata"] == {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}


def test_a_traceback_keeps_no_path_of_the_machine() -> None:
    frames = ["File /srv/book/integrations/x.py:3", "File /opt/v/lib/python3.12/json/a.py:1"]
    clean = normalise(notebook(code("1 / 0", error("E", *frames))), ROOT)
    assert clean["cells"][1]["outputs"][0]["traceback"] == [
        "File integrations/x.py:3",
        "File lib/python3/json/a.py:1",
    ]
    assert relative_paths("/a/b/site-packages/httpx/x.py", ROOT) == "site-packages/httpx/x.py"
    coloured = "\x1b[32m/work/book/.venv/lib/python3.11/site-packages/x.py:6\x1b[39m"
    assert relative_paths(coloured, ROOT) == "\x1b[32msite-packages/x.py:6\x1b[39m"


def test_cells_without_an_id_get_one_that_stays() -> None:
    first, again = (
        normalise(notebook(code("1", id=None), code("1", id=None)), ROOT) for _ in range(2)
    )
    ids = [cell["id"] for cell in first["cells"]]
    assert ids == [cell["id"] for cell in again["cells"]]
    assert len(set(ids)) == 3


def test_widgets_have_the_same_names_whatever_the_kernel_called_them() -> None:
    first = normalise(widget_notebook("a" * 32, "b" * 32, "c" * 32, "d" * 32), ROOT)
    second = normalise(widget_notebook("9" * 32, "3" * 32, "1" * 32, "0" * 32), ROOT)
    assert json.dumps(first) == json.dumps(second)
    state = first["metadata"]["widgets"][STATE_MIME]["state"]
    assert list(state) == [f"{number:032x}" for number in (1, 2, 3)]
    assert "left over" not in json.dumps(state)


def test_a_run_saves_outputs_and_the_next_run_changes_no_byte(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    widget = "from ipywidgets import HTML, VBox\n\nVBox([HTML('hello')])"
    raw = notebook(code("print('a')\nprint('b')", count=None), code(widget, count=None))
    path = save(folder / "x.ipynb", raw)
    assert run(folder) == 0
    first = path.read_bytes()
    saved = json.loads(first)
    assert saved["cells"][1]["outputs"][0]["text"] == ["a\n", "b\n"]
    assert saved["cells"][2]["outputs"][0]["data"][VIEW_MIME]["model_id"] == f"{1:032x}"
    assert len(saved["metadata"]["widgets"][STATE_MIME]["state"]) >= 3
    assert run(folder, "x") == 0
    assert path.read_bytes() == first
    assert run(folder, "--check") == 0
    assert "x.ipynb saved" in capsys.readouterr().out


def test_a_failing_cell_stops_the_run_and_saves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marker = folder / "ran"
    after = f"from pathlib import Path\n\nPath({str(marker)!r}).touch()"
    raw = notebook(code("raise ValueError('no address')"), code(after))
    path = save(folder / "x.ipynb", raw)
    before = path.read_bytes()
    assert run(folder) == 1
    assert path.read_bytes() == before
    assert not marker.exists()
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "no address" in said
    assert "x.ipynb was not saved" in said


def test_a_broken_rule_saves_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(folder / "x.ipynb", notebook(code("class Client:\n    pass")))
    before = path.read_bytes()
    assert run(folder) == 1
    assert path.read_bytes() == before
    assert "defines class Client" in capsys.readouterr().err


def test_check_finds_a_stale_notebook_and_leaves_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(folder / "x.ipynb", notebook(code("print('new')", stream("old\n"))))
    before = path.read_bytes()
    assert run(folder, "--check") == 1
    assert path.read_bytes() == before
    assert "is stale: run `make notebooks`" in capsys.readouterr().err


def test_an_unknown_name_is_answered_with_the_known_ones(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(folder / "loops.ipynb", notebook())
    with pytest.raises(SystemExit):
        run(folder, "loop")
    assert "there is no loop.ipynb; there are: loops" in capsys.readouterr().err
