"""Bring a notebook to the one form in which it is committed.

Outputs are what the tests compare, so they are kept; what differs from run to run or from
machine to machine is replaced or dropped. Normalising twice changes nothing.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from book.tools.widgets import normalise_widgets

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
KEPT_CELL_METADATA = {"deletable", "editable", "jupyter", "mystnb", "tags"}
# A path starts after a space or after the end of a terminal colour, as in "\x1b[32m/home".
_PATH = r"(?:~|(?:(?<![\w.~])|(?<=\dm))/)[^\s'\":<>\x1b]*?"


def fill_ids(notebook: dict[str, Any]) -> dict[str, Any]:
    """Give a cell without an id, or with another cell's, one that depends on its text."""
    seen: set[str] = set()
    for number, cell in enumerate(notebook["cells"]):
        if not cell.get("id") or cell["id"] in seen:
            text = f"{number}:{''.join(cell['source'])}"
            cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:8]
        seen.add(cell["id"])
    return notebook


def relative_paths(text: str, root: Path) -> str:
    """Replace this machine's folders in the frames of a traceback."""
    homes = [str(root)]
    if root.is_relative_to(Path.home()):
        homes.append(f"~/{root.relative_to(Path.home()).as_posix()}")
    text = re.sub(_PATH + r"/site-packages/", "site-packages/", text)
    for home in homes:
        text = text.replace(home + "/", "")
    return re.sub(_PATH + r"/lib/python3\.\d+/", "lib/python3/", text)


def _normalise_output(output: dict[str, Any], count: int, root: Path) -> None:
    if output["output_type"] == "execute_result":
        output["execution_count"] = count
    if output["output_type"] == "error":
        output["traceback"] = [relative_paths(line, root) for line in output["traceback"]]
    if "data" in output:
        output["metadata"] = {}


def _normalise_cells(cells: list[dict[str, Any]], root: Path) -> None:
    count = 0
    for cell in cells:
        metadata = cell["metadata"]
        cell["metadata"] = {k: v for k, v in metadata.items() if k in KEPT_CELL_METADATA}
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            for output in cell["outputs"]:
                _normalise_output(output, count, root)


def normalise(notebook: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return the committed form of an executed notebook of the checkout at `root`."""
    copy: dict[str, Any] = json.loads(json.dumps(notebook))
    fill_ids(copy)
    _normalise_cells(copy["cells"], root)
    kept = {k: v for k, v in copy["metadata"].items() if k == "widgets"}
    copy["metadata"] = {**kept, "kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    return {**normalise_widgets(copy), "nbformat": 4, "nbformat_minor": 5}
