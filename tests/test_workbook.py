"""What a notebook's first cell promises: mock mode, and no network."""

import os
import subprocess
import sys
from pathlib import Path

BEGIN = "import socket\nfrom integrations.core import workbook\nbook = workbook.begin()\n"
REACH = BEGIN + "socket.create_connection(('192.0.2.1', 80), timeout=0.01)\n"


def run(code: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "_MODE" not in name}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**kept, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_notebook_starts_in_mock_mode_whatever_the_env_file_says(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INTEGRATIONS_MODE=live\nLOOPS_MODE=live\n")
    done = run(BEGIN + "print(book.mode, book.connect('loops').mode)", tmp_path)
    assert done.stdout.split() == ["mock", "mock"]


def test_a_notebook_cannot_reach_the_network(tmp_path: Path) -> None:
    done = run(REACH, tmp_path)
    assert "NetworkBlockedError" in done.stderr
    assert "192.0.2.1" in done.stderr


def test_sandbox_mode_has_to_be_asked_for_and_reads_the_env_file(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / ".env").write_text("LOOPS_API_KEY=clsomekey0001\n")
    code = BEGIN + "print(book.mode, book.connect('loops').settings.api_key.reveal())"
    done = run(code, tmp_path / "notebooks", INTEGRATIONS_MODE="sandbox")
    assert done.stdout.split() == ["sandbox", "clsomekey0001"]
