"""A copy of the checkout to try things in: for the guide, and for the scaffold's own test."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from integrations.commands.docs import root

_LEFT_OUT = shutil.ignore_patterns(".*", "_build", "__pycache__", "node_modules")
# What differs from run to run, and from machine to machine.
_TIME = re.compile(r" in [\d.]+s\b.*")
_VOLATILE = re.compile(_TIME.pattern + r"|, \d+ deselected|\d+ (?=passed|failed)")
# pytest prints longer lines under CI, and colours by request. A reader sees it plain.
# https://docs.pytest.org/en/stable/explanation/ci.html (read 2026-11-24)
_TALKS_OTHERWISE = {
    "CI",
    "BUILD_NUMBER",
    "PYTEST_ADDOPTS",
    "PY_COLORS",
    "FORCE_COLOR",
    "NO_COLOR",
    "PYTEST_THEME",
}
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Rehearsal:
    """A temporary copy of this checkout; it is gone when it is closed."""

    def __init__(self, *, without: str = "") -> None:
        """Copy the checkout, ``without`` what you made of the integration of that name."""
        self._folder = tempfile.TemporaryDirectory(prefix="rehearsal-")
        self.checkout = Path(self._folder.name) / "checkout"
        shutil.copytree(root(), self.checkout, ignore=_LEFT_OUT)
        shutil.copy(root() / ".env.example", self.checkout)
        if without and (home := self.checkout / "integrations" / without).is_dir():
            shutil.rmtree(home)
            (self.checkout / "notebooks" / f"{without}.ipynb").unlink(missing_ok=True)
            self.run("integrations", "docs")

    def run(self, *command: str) -> tuple[bool, str]:
        """Run ``python -m command`` in the copy; return whether it succeeded, and what it said."""
        extra = {"PYTHONPATH": str(self.checkout)}
        extra |= {n: str(self.checkout / n) for n in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
        return _run(self.checkout, command, extra, timeout=300)

    def show(self, *command: str, last: int = 1, only: str = "") -> None:
        """Run a command and print its last lines, without what differs from run to run.

        With ``only``, print those of its lines that have this text in them.
        """
        _, said = self.run(*command)
        lines = [line for line in _plain(said) if line and only in line]
        print("\n".join(lines[-last:]))

    def files(self, folder: str) -> list[tuple[str, int]]:
        """Return the files of a folder with the number of their lines."""
        home = self.checkout / folder
        paths = sorted(path for path in home.rglob("*") if path.is_file())
        return [
            (str(path.relative_to(home)), path.read_text(encoding="utf-8").count("\n"))
            for path in paths
            if "__pycache__" not in path.parts
        ]

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file's text, which must be there once.

        Raises:
            ValueError: it is not there, or more than once.
        """
        file = self.checkout / path
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{path}: the text to replace is there {text.count(old)} times")
        file.write_text(text.replace(old, new), encoding="utf-8")

    def close(self) -> None:
        """Delete the copy."""
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete the copy."""
        self.close()


def try_tests(source: str) -> None:
    """Write a test file into an empty folder, run pytest on it, and print the end of its report."""
    command = ("pytest", "-q", "-p", "no:cacheprovider", "--no-header")
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        (Path(folder) / "test_yours.py").write_text(source, encoding="utf-8")
        _, said = _run(Path(folder), command, timeout=120)
    end = re.compile(r"FAILED|ERROR|\d+ (passed|failed|error)")
    print("\n".join(line for line in _plain(said, _TIME) if end.match(line)))


def _run(
    folder: Path,
    command: Sequence[str],
    extra: Mapping[str, str] = MappingProxyType({}),
    *,
    timeout: float,
) -> tuple[bool, str]:
    here = {name: value for name, value in os.environ.items() if name not in _TALKS_OTHERWISE}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        # pytest cuts its summary to the width of the terminal.
        env={**here, "COLUMNS": "200", **extra},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def _plain(said: str, volatile: re.Pattern[str] = _VOLATILE) -> list[str]:
    """Return the lines without colours and without what differs from run to run."""
    return [volatile.sub("", line).rstrip() for line in _COLOUR.sub("", said).splitlines()]
