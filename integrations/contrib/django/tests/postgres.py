"""A PostgreSQL server of one's own, where one is installed: a folder, a socket, no port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def programs() -> Path | None:
    """Return the folder with ``initdb`` and ``postgres``; Debian keeps them off the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parts[-2])
    on_path = shutil.which("initdb")
    places = [*versions[::-1], *([Path(on_path).parent] if on_path else [])]
    return next((place for place in places if (place / "initdb").is_file()), None)


@contextmanager
def server() -> Iterator[str]:
    """Run a server and give the folder of its socket; skip, and say why, where there is none."""
    place = programs()
    if place is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed: make install")
    # It refuses to run as root, as which containers run.
    who: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    # A socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if who:
        shutil.chown(folder, "nobody")
    data = str(folder / "data")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **who}
    try:
        made = ["-D", data, "-U", "tests", "--auth=trust", "-E", "UTF8", "--no-locale", "-N"]
        subprocess.run([str(place / "initdb"), *made], check=True, cwd=folder, **quiet)
        options = f"-c listen_addresses= -k {folder} -c fsync=off -c max_connections=60"
        control = [str(place / "pg_ctl"), "-D", data, "-w"]
        subprocess.run([*control, "-o", options, "start"], check=True, cwd=folder, **quiet)
        try:
            yield str(folder)
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, cwd=folder, **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
