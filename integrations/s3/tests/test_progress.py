"""The bar that shows how far a transfer is, on the terminal that it is drawn on."""

import sys
from pathlib import Path

import pytest

from integrations.core.errors import ConfigurationError, NotFoundError
from integrations.s3.client import S3Client
from integrations.s3.progress import progress_bar


def test_a_bar_goes_with_an_upload_and_a_download_to_the_end(
    s3: S3Client, tmp_path: Path, big: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "holiday.bin"
    path.write_bytes(big)
    with progress_bar("up", total=len(big)) as moved:
        s3.upload_file(path, "holiday.bin", progress=moved)
    with progress_bar("down", total=len(big)) as moved:
        s3.download_file("holiday.bin", path, progress=moved)
    up, down = capsys.readouterr().err.split("down:", 1)
    for drawn in ("up:" + up.split("up:")[-1], down.split("down:")[-1]):
        assert "100%" in drawn
        assert "20.0M/20.0M" in drawn


def test_a_bar_without_a_total_counts(
    s3: S3Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2048)
    with progress_bar("a.txt") as moved:
        s3.upload_file(path, "a.txt", progress=moved)
        s3.download_file("a.txt", path, progress=moved)
    last = capsys.readouterr().err.split("\r")[-1]
    assert "a.txt: 4.00kB" in last or "a.txt: 4.00KB" in last


def test_a_transfer_that_fails_closes_its_bar(
    s3: S3Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotFoundError), progress_bar("gone", total=10) as moved:
        s3.download_file("missing.txt", tmp_path / "a.txt", progress=moved)
    # tqdm ends the line when it is closed, so that what follows is not drawn over it.
    assert capsys.readouterr().err.endswith("\n")


def test_without_tqdm_the_reader_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ConfigurationError, match="pip install"), progress_bar("x"):
        pytest.fail("there is no bar")  # pragma: no cover
