"""``python -m integrations`` says what is missing, and never a value."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.__main__ import main

READY = "LOOPS_MODE=sandbox\nLOOPS_API_KEY=clhushhushhush\n"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("INTEGRATIONS_MODE", "LOOPS_MODE", "LOOPS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ".env"


def doctor(env_file: Path, text: str, *more: str) -> int:
    env_file.write_text(text)
    return main(["doctor", "loops", "--env-file", str(env_file), *more])


def test_a_complete_set_up_is_ready(env_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(env_file, READY) == 0
    shown = capsys.readouterr().out
    assert shown.strip().endswith("ready")
    assert "hush" not in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "LOOPS_MODE"),
        ("LOOPS_MODE=live\n", "missing"),
        ("LOOPS_MODE=live\nLOOPS_API_KEY=your-key\n", "placeholder"),
        ("LOOPS_MODE=live\nLOOPS_API_KEY=sk_live_hushhush\n", "malformed"),
        (READY + "LOOPS_SIGNING_SECRET=hushhush\n", "malformed"),
        (READY + "LOOPS_BASE_URL=ftp://hush\n", "malformed"),
        (READY + "LOOPS_TIMEOUT=0\n", "malformed"),
    ],
)
def test_each_gap_has_a_next_step_and_no_value(
    env_file: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    assert doctor(env_file, text) == 1
    shown = capsys.readouterr().out
    assert says in shown
    assert "→" in shown
    assert "not ready" in shown
    assert "hush" not in shown


def test_json_is_for_programs(env_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(env_file, "LOOPS_MODE=mock\n", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ready"] is True
    assert {each["setting"] for each in told["findings"]} >= {"LOOPS_MODE", "LOOPS_API_KEY"}


def test_asked_online_it_reports_what_the_service_says(
    env_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(env_file, READY + "LOOPS_BASE_URL=http://127.0.0.1:9/api\n", "--online") == 1
    assert "refused" in capsys.readouterr().out
    assert doctor(env_file, "LOOPS_MODE=mock\n", "--online") == 0
    assert "reaches no service" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["doctor", "loop"], "Did you mean 'loops'"),
        (["doctor", "--mode", "prod", "loops"], "mock, debug, sandbox, live"),
    ],
)
def test_an_error_of_use_is_clear_and_no_traceback(
    arguments: list[str], says: str, env_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*arguments, "--env-file", str(env_file)])
    told = capsys.readouterr()
    assert status in {1, 2}
    assert says in told.out + told.err
    assert "Traceback" not in told.err


def test_an_unreadable_line_is_named(env_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(env_file, "LOOPS_MODE=mock\n'hush\n") == 2
    told = capsys.readouterr().err
    assert "line 2" in told
    assert "hush" not in told


def test_it_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "integrations", "list"], capture_output=True, text=True, check=True
    )
    assert "\nloops " in f"\n{run.stdout}"
    wrong = subprocess.run(
        [sys.executable, "-m", "integrations", "dance"], capture_output=True, check=False
    )
    assert wrong.returncode == 2
