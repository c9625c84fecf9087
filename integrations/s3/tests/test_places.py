"""Where a download is written: a place that is none is told, and nothing half-done stays."""

import os
from pathlib import Path
from typing import Any

import pytest

from integrations.core.errors import ConflictError, InvalidRequestError
from integrations.s3.client import S3Client
from integrations.s3.many import download_many


def test_what_is_no_place_for_a_file_costs_no_request(
    s3: S3Client, fake: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    nowhere = (tmp_path, tmp_path / "nowhere" / "a.txt", tmp_path / "file" / "a.txt", "", "a\0b")
    for place in nowhere:
        with pytest.raises(InvalidRequestError, match="path") as raised:
            s3.download_file("a.txt", place)
        assert raised.value.argument == "path"
    assert fake.requests == []


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_disk_that_fails_is_told_and_nothing_is_kept(
    s3: S3Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, big: bytes
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    s3.upload_bytes("a.txt", b"hello")
    s3.upload_bytes("a.bin", big)
    monkeypatch.setattr(os, step, full)
    for key in ("a.txt", "a.bin"):
        with pytest.raises(InvalidRequestError, match=r"cannot be written: No space") as raised:
            s3.download_file(key, tmp_path / key)
        assert raised.value.argument == "path"
    assert [*tmp_path.iterdir()] == []


def test_bytes_are_written_to_the_end_even_if_the_system_takes_few(
    s3: S3Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    s3.upload_bytes("a.txt", b"hello, world")
    monkeypatch.setattr(os, "write", lambda file, data: write(file, bytes(data[:5])))
    s3.download_file("a.txt", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"hello, world"


def test_a_name_as_long_as_the_system_takes_is_no_trouble(s3: S3Client, tmp_path: Path) -> None:
    s3.upload_bytes("a.txt", b"hello")
    longest = tmp_path / ("\N{GRINNING FACE}" * 63)
    s3.download_file("a.txt", longest)
    assert [*tmp_path.iterdir()] == [longest]


def test_a_place_that_cannot_be_written_fails_by_itself(s3: S3Client, tmp_path: Path) -> None:
    s3.upload_bytes("a.txt", b"hello")
    (tmp_path / "file").write_bytes(b"x")
    places = [tmp_path / "file" / "a.txt", tmp_path / "new" / "a.txt", tmp_path / "new"]
    ends = download_many([("a.txt", place) for place in places], client=s3)
    assert [each.ok for each in ends] == [False, True, False]
    assert isinstance(ends[0].error, InvalidRequestError)
    assert places[1].read_bytes() == b"hello"


def test_another_version_than_the_one_asked_for_is_refused(s3: S3Client) -> None:
    s3.upload_bytes("a.txt", b"hello")
    first = s3.head("a.txt").etag
    assert s3.download_bytes("a.txt", etag=first) == b"hello"
    assert s3.download_bytes("a.txt", stop=2, etag=f'"{first}"') == b"he"
    s3.upload_bytes("a.txt", b"hallo")
    with pytest.raises(ConflictError):
        s3.download_bytes("a.txt", etag=first)
