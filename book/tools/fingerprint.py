"""Tell whether the inputs of a proven step have changed since it was proven.

Usage: python -m book.tools.fingerprint show|check notebooks|book
       python -m book.tools.fingerprint write notebooks|book FINGERPRINT

`show` prints a hash of everything the step depends on, `write` records one that was
proven, and `check` exits 0 when the record still holds. Tests are left out: they change
neither an output nor a page.
"""

import argparse
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAMPS = {"notebooks": "_build/notebooks.verified", "book": "_build/book.built"}
CODE = ("integrations", "notebooks", "requirements.txt", "pyproject.toml")
PAGES = ("book", "_config.yml", "_toc.yml", "README.md", "CHANGELOG.md", ".env.example")
INPUTS = {"notebooks": CODE, "book": (*CODE, *PAGES)}
# Where the book's buttons lead.
SETTINGS = {"notebooks": (), "book": ("BOOK_REPOSITORY", "BOOK_BRANCH")}
SKIPPED_FOLDERS = {"tests", "__pycache__", ".ipynb_checkpoints", ".ruff_cache", ".mypy_cache"}
SKIPPED_NAMES = {".DS_Store"}


def _files_below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir() and path.name not in SKIPPED_FOLDERS:
        for child in path.iterdir():
            if child.name not in SKIPPED_NAMES:
                yield from _files_below(child)


def input_files(root: Path, names: Iterable[str]) -> list[Path]:
    """List the files that `names` stand for, in a stable order."""
    found = (file for name in names for file in _files_below(root / name))
    return sorted(found, key=lambda file: file.relative_to(root).as_posix())


def fingerprint(root: Path, scope: str) -> str:
    """Hash the paths and contents of a scope's inputs, its settings and the Python version."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in SETTINGS[scope]:
        digest.update(f"{name}\0{os.environ.get(name, '')}\0".encode())
    for file in input_files(root, INPUTS[scope]):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def is_current(root: Path, scope: str) -> bool:
    """Return whether the scope was proven with exactly these inputs."""
    stamp = root / STAMPS[scope]
    return stamp.is_file() and stamp.read_text().strip() == fingerprint(root, scope)


def write(root: Path, scope: str, proven: str) -> None:
    """Record the fingerprint of the inputs that were proven."""
    stamp = root / STAMPS[scope]
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(proven + "\n")


def main(argv: list[str] | None = None) -> int:
    """Show, check or write the record of a scope."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("show", "check", "write"))
    parser.add_argument("scope", choices=tuple(STAMPS))
    parser.add_argument("proven", nargs="?", help="the fingerprint to write")
    args = parser.parse_args(argv)
    if args.action == "write":
        if not args.proven:
            parser.error("write needs the fingerprint that `show` printed before the run")
        write(ROOT, args.scope, args.proven)
    elif args.action == "show":
        print(fingerprint(ROOT, args.scope))
    elif not is_current(ROOT, args.scope):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
