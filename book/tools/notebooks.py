"""Run notebooks and save them with their outputs, in the form that is committed.

Usage: python -m book.tools.notebooks [--check] [NAME ...]

A notebook is saved only when every cell ran and every rule of `hygiene` holds. `--check`
saves nothing, and fails when a run gives anything but the committed bytes.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError

from book.tools.hygiene import problems
from book.tools.normalise import fill_ids, normalise

ROOT = Path(__file__).resolve().parents[2]
CELL_TIMEOUT = 120


class NotebookFailedError(Exception):
    """A notebook did not run, or may not be committed as it is."""


def find(names: list[str], folder: Path) -> list[Path]:
    """List the named notebooks of a folder, or all of them."""
    if not names:
        return sorted(folder.glob("*.ipynb"))
    found = [folder / f"{Path(name).name.removesuffix('.ipynb')}.ipynb" for name in names]
    for path in found:
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in folder.glob("*.ipynb")))
            raise NotebookFailedError(f"there is no {path.name}; there are: {known}")
    return found


def _blank(path: Path) -> Any:
    """Read a notebook without what an earlier run left in it."""
    raw = fill_ids(json.loads(path.read_text(encoding="utf-8")))
    raw["metadata"].pop("widgets", None)
    raw["nbformat_minor"] = 5
    for cell in raw["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return nbformat.reads(json.dumps(raw), as_version=4)


def _run(path: Path) -> Any:
    notebook = _blank(path)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        return client.execute()
    except CellExecutionError as failed:
        # Its text holds the cell and the traceback.
        raise NotebookFailedError(f"a cell of {path.name} failed:\n{failed}") from failed
    except (CellControlSignal, DeadKernelError) as stopped:
        raise NotebookFailedError(f"{path.name} was stopped: {stopped}") from stopped


def executed(path: Path, root: Path = ROOT) -> str:
    """Run a notebook and return the text to commit.

    Raises:
        NotebookFailedError: a cell failed, or the result breaks a rule of notebooks.
    """
    result = normalise(_run(path), root)
    if wrong := problems(result):
        raise NotebookFailedError("\n  ".join([f"{path.name} breaks rules:", *wrong]))
    nbformat.validate(result)
    text: str = nbformat.writes(nbformat.from_dict(result))
    return text.rstrip("\n") + "\n"


def process(path: Path, *, check: bool, root: Path = ROOT) -> str:
    """Run one notebook, save or compare it, and return a word about it."""
    text = executed(path, root)
    if text == path.read_text(encoding="utf-8"):
        return "unchanged"
    if check:
        raise NotebookFailedError(f"{path.name} is stale: run `make notebooks` and commit it")
    path.write_text(text, encoding="utf-8", newline="\n")
    return "saved"


def main(argv: list[str] | None = None) -> int:
    """Run the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--check", action="store_true", help="compare, and save nothing")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks")
    args = parser.parse_args(argv)
    failed = False
    try:
        paths = find(args.names, args.folder)
    except NotebookFailedError as unknown:
        parser.error(str(unknown))
    for path in paths:
        try:
            print(f"notebooks: {path.name} {process(path, check=args.check)}", flush=True)
        except NotebookFailedError as wrong:
            failed = True
            print(f"notebooks: {wrong}\nnotebooks: {path.name} was not saved", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
