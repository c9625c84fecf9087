"""Uploads and downloads of files: parts, progress, integrity, and nothing half-done."""

import io
import os
from pathlib import Path
from typing import Any

import pytest

from integrations.core import faults as broken
from integrations.core.errors import (
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
)
from integrations.core.faults import FaultInjector
from integrations.core.wire import Request, Response, Wire
from integrations.s3.client import S3Client
from integrations.s3.filetypes import SNIFFED_BYTES
from integrations.s3.sources import PART_BYTES, SourceChangedError
from integrations.s3.transport import IntegrityError


def _left(s3: S3Client) -> tuple[list[str], list[str]]:
    return [o.key for o in s3.list_objects()], [u.key for u in s3.list_multiparts()]


def test_a_big_file_travels_in_parts_and_comes_back_verified(
    s3: S3Client, tmp_path: Path, big: bytes
) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "b.bin"
    source.write_bytes(big)
    up: list[int] = []
    down: list[int] = []
    stored = s3.upload_file(source, "a.bin", progress=up.append)
    got = s3.download_file("a.bin", target, progress=down.append)
    assert (stored.parts, stored.size, stored.etag[-2:]) == (3, len(big), "-3")
    assert sum(up) == sum(down) == len(big)
    assert target.read_bytes() == big
    assert (got.size, got.etag) == (stored.size, stored.etag)
    assert got.verified
    assert _left(s3) == (["a.bin"], [])


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES])
def test_up_to_one_part_is_one_request(s3: S3Client, fake: Any, tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * size)
    assert s3.upload_file(path, "a.bin").parts == 1
    assert len(fake.requests) == 1
    assert s3.download_file("a.bin", tmp_path / "b.bin").verified
    assert len(fake.requests) == 2
    assert (tmp_path / "b.bin").stat().st_size == size


class _Pipe(io.RawIOBase):
    """Gives a few bytes at a time, and cannot seek."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, 1_000_003))


def test_a_pipe_is_uploaded_without_its_length(s3: S3Client, big: bytes) -> None:
    stored = s3.upload_fileobj(_Pipe(big), "pipe.bin")  # type: ignore[arg-type]
    assert stored.size == len(big)
    assert s3.download_bytes("pipe.bin") == big


def test_an_open_file_is_read_from_where_it_stands(s3: S3Client) -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    s3.upload_fileobj(file, "rest.txt")
    assert s3.download_bytes("rest.txt") == b"456789"


def test_a_stream_comes_in_chunks(s3: S3Client) -> None:
    s3.upload_bytes("a.txt", b"0123456789")
    assert [*s3.stream("a.txt", chunk_bytes=4)] == [b"0123", b"4567", b"89"]
    with pytest.raises(NotFoundError):
        s3.stream("missing.txt")


def test_a_part_that_keeps_failing_leaves_nothing(s3: S3Client, lab: Any, big: bytes) -> None:
    def third_part_fails(request: Request, wire: Wire) -> Response:
        return Response(500) if request.query.get("partNumber") == "3" else wire(request)

    lab.faults.inject(*[third_part_fails] * 9)
    with pytest.raises(ProviderError) as raised:
        s3.upload_bytes("a.bin", big)
    assert raised.value.status == 500
    assert _left(s3) == ([], [])


def test_an_interrupted_upload_leaves_nothing(s3: S3Client, big: bytes) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        s3.upload_fileobj(io.BytesIO(big), "a.bin", progress=interrupt)
    assert _left(s3) == ([], [])


def test_parts_that_cannot_be_removed_are_named(
    s3: S3Client, faults: FaultInjector, big: bytes
) -> None:
    def only_begin(request: Request, wire: Wire) -> Response:
        if request.method == "POST" and "uploads" in request.query:
            return wire(request)
        return Response(500)

    faults.inject(*[only_begin] * 40)
    with pytest.raises(ProviderError) as raised:
        s3.upload_bytes("a.bin", big)
    assert "sweep_multiparts" in raised.value.__notes__[0]


def test_a_lost_reply_to_the_completion_is_looked_up(
    s3: S3Client, faults: FaultInjector, big: bytes
) -> None:
    def lose_completion(request: Request, wire: Wire) -> Response:
        answer = wire(request)
        if request.method == "POST" and "uploadId" in request.query:
            return Response(500)
        return answer

    faults.inject(*[lose_completion] * 5)
    assert s3.upload_bytes("a.bin", big).size == len(big)
    assert _left(s3) == (["a.bin"], [])


def test_a_big_create_only_upload_refuses_to_replace(s3: S3Client, big: bytes) -> None:
    s3.upload_bytes("a.bin", b"mine")
    with pytest.raises(ConflictError):
        s3.upload_bytes("a.bin", big, if_none_match=True)
    assert s3.download_bytes("a.bin") == b"mine"
    assert _left(s3) == (["a.bin"], [])


@pytest.mark.parametrize("change", [b"more", None, b""], ids=["grows", "shrinks", "is touched"])
@pytest.mark.parametrize("size", [1000, PART_BYTES * 2 + 5])
def test_a_file_that_changes_while_it_is_read_is_refused(
    s3: S3Client, tmp_path: Path, size: int, change: bytes | None
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * size)

    class Meddled(io.BufferedReader):
        def read(self, amount: int | None = -1, /) -> bytes:
            found = super().read(amount)
            if amount and amount != SNIFFED_BYTES:
                _meddle(path, size, change)
            return found

    with Meddled(io.FileIO(path)) as file, pytest.raises(SourceChangedError, match="changed"):
        s3.upload_fileobj(file, "a.bin")
    assert _left(s3) == ([], [])


def _meddle(path: Path, size: int, change: bytes | None) -> None:
    if change:
        with path.open("ab") as more:
            more.write(change)
    elif change is None:
        os.truncate(path, size // 2)
    else:
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


@pytest.mark.parametrize("given", ["missing.bin", "."])
def test_a_file_that_is_none_is_refused(
    s3: S3Client, fake: Any, tmp_path: Path, given: str
) -> None:
    with pytest.raises(InvalidRequestError, match="path") as raised:
        s3.upload_file(tmp_path / given, "a.bin")
    assert raised.value.argument == "path"
    assert fake.requests == []


def test_an_unreadable_file_is_refused(
    s3: S3Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    # Root reads everything, so the answer of the system is put in its place.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InvalidRequestError, match="permission"):
        s3.upload_file(path, "a.bin")


def test_a_file_that_cannot_be_opened_after_all_is_refused(
    s3: S3Client, fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(InvalidRequestError, match="cannot be read: Permission denied") as raised:
        s3.upload_file(path, "a.bin")
    assert raised.value.argument == "path"
    assert fake.requests == []


def test_a_text_file_is_refused(s3: S3Client, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    with path.open() as file, pytest.raises(InvalidRequestError, match="'rb'"):
        s3.upload_fileobj(file, "a.txt")  # type: ignore[arg-type]


def test_a_name_and_bytes_that_disagree_are_refused(s3: S3Client, fake: Any, png: bytes) -> None:
    for key, data in (("a.png", b"%PDF-1.7"), ("a.jpg", png), ("a.png", b"<svg onload=x>")):
        with pytest.raises(InvalidRequestError, match="first bytes") as raised:
            s3.upload_bytes(key, data)
        assert raised.value.argument == "content_type"
    assert fake.requests == []
    assert s3.upload_bytes("a.png", png).content_type == "image/png"


def test_a_failed_download_leaves_no_file_and_keeps_the_old_one(
    s3: S3Client, faults: FaultInjector, tmp_path: Path
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    s3.upload_bytes("a.txt", b"new")
    faults.inject(*[broken.connect_failure] * 3)
    with pytest.raises(NetworkError):
        s3.download_file("a.txt", target)
    with pytest.raises(NotFoundError):
        s3.download_file("missing.txt", tmp_path / "b.txt")
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"


def test_an_object_replaced_during_a_download_is_noticed(
    s3: S3Client, lab: Any, tmp_path: Path, big: bytes
) -> None:
    s3.upload_bytes("a.bin", big)

    def replaced(request: Request, wire: Wire) -> Response:
        lab.fake.put_object("a.bin", b"y" * len(big))
        return wire(request)

    lab.faults.inject(lambda request, wire: wire(request), replaced)
    with pytest.raises(ConflictError):
        s3.download_file("a.bin", tmp_path / "a.bin")
    assert [*tmp_path.iterdir()] == []


def test_bytes_altered_on_the_way_are_noticed(
    s3: S3Client, faults: FaultInjector, tmp_path: Path, big: bytes
) -> None:
    def alter(request: Request, wire: Wire) -> Response:
        answer = wire(request)
        body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])
        return Response(answer.status, answer.headers, body)

    s3.upload_bytes("a.txt", b"hello")
    s3.upload_bytes("a.bin", big)
    faults.inject(*[alter] * 3)
    with pytest.raises(IntegrityError):
        s3.download_bytes("a.txt")
    faults.inject(*[lambda request, wire: wire(request), alter])
    with pytest.raises(IntegrityError):
        s3.download_file("a.bin", tmp_path / "a.bin")
    assert [*tmp_path.iterdir()] == []


def test_bytes_altered_on_the_way_up_are_refused_by_s3(s3: S3Client, faults: FaultInjector) -> None:
    def alter(request: Request, wire: Wire) -> Response:
        return wire(Request(request.method, request.url, request.headers, b"jello"))

    faults.inject(alter)
    with pytest.raises(IntegrityError) as raised:
        s3.upload_bytes("a.txt", b"hello")
    assert raised.value.code in ("BadDigest", "XAmzContentSHA256Mismatch")
    assert not s3.exists("a.txt")


def test_left_over_parts_are_swept_when_they_are_old(s3: S3Client, lab: Any) -> None:
    old = s3.begin_multipart("old.mp4")
    lab.clock.advance(90_000)
    young = s3.begin_multipart("young.mp4")
    assert [each.upload_id for each in s3.sweep_multiparts()] == [old.upload_id]
    assert [each.upload_id for each in s3.list_multiparts()] == [young.upload_id]
    s3.abort_multipart(young)
    s3.abort_multipart(young)
    assert _left(s3) == ([], [])
