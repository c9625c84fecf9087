"""The set-up page, followed to the letter against the served stand-in: doctor, then a call."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations import connect
from integrations.__main__ import main
from integrations.commands import serve
from integrations.core.config import read_env
from integrations.core.errors import ConfigurationError
from integrations.core.registry import Integration, find


@pytest.fixture
def env_file(manifest: Integration, tmp_path: Path) -> Iterator[Path]:
    """Write the ``.env`` that ``serve`` prints, and serve."""
    with serve.server(manifest, 0) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        path = tmp_path / ".env"
        path.write_text("\n".join(serve.settings(manifest, serving.server_port)))
        yield path
        serving.shutdown()
        thread.join()


@pytest.mark.needs(http=True)
def test_the_page_followed_to_the_letter_makes_a_first_call(
    manifest: Integration, env_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor = ["doctor", manifest.name, "--mode", "sandbox", "--env-file", str(env_file)]
    assert main(doctor) == 0
    assert main([*doctor, "--online"]) == 0
    code = compile(manifest.told().first_call, "first_call", "exec")
    capsys.readouterr()
    with connect(manifest.name, mode="sandbox", env=read_env(env_file)) as client:
        exec(code, {"client": client})  # noqa: S102  # our own text
    assert capsys.readouterr().out.strip()


@pytest.mark.needs(http=True)
def test_without_one_of_its_lines_the_doctor_says_which(
    manifest: Integration, env_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = env_file.read_text().splitlines()
    for name in manifest.told().begin_with:
        env_file.write_text("\n".join(line for line in lines if not line.startswith(f"{name}=")))
        code = main(
            ["doctor", manifest.name, "--mode", "sandbox", "--env-file", str(env_file), "--online"]
        )
        told = capsys.readouterr().out
        assert name in told
        # Needed by the first call only, and not to ask about the key.
        assert code == 1 or name == "TWILIO_FROM"


def test_a_service_without_http_says_how_to_run_one() -> None:
    with pytest.raises(ConfigurationError, match="docker run"):
        serve.server(find("redis"), 0)


def test_a_port_that_is_taken_is_named() -> None:
    with (
        serve.server(find("loops"), 0) as first,
        pytest.raises(ConfigurationError, match="--port"),
    ):
        serve.server(find("loops"), first.server_port)
