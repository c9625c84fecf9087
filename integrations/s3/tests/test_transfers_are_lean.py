"""What travels is what has to: no byte twice, no question that is not needed."""

import io
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from integrations.core.errors import ConflictError
from integrations.s3.client import S3Client
from integrations.s3.lean import SMALL_BYTES
from integrations.s3.sources import PART_BYTES


@pytest.mark.parametrize(("size", "asks"), [(0, False), (SMALL_BYTES, False), (PART_BYTES, True)])
def test_only_a_large_body_asks_whether_it_is_welcome(
    s3: S3Client, fake: Any, size: int, asks: bool
) -> None:
    s3.upload_bytes("a.bin", b"x" * size)
    assert ("expect" in _lower(fake.requests[0].headers)) is asks


def test_parts_are_sent_unasked_and_hold_their_bytes(s3: S3Client, fake: Any, big: bytes) -> None:
    s3.upload_bytes("a.bin", big)
    parts = [each for each in fake.requests if "partNumber" in each.query]
    parts.sort(key=lambda each: int(each.query["partNumber"]))
    assert not any("expect" in _lower(each.headers) for each in parts)
    assert b"".join(each.body for each in parts) == big


def test_the_vendors_client_may_still_be_given_a_file(s3: S3Client, fake: Any) -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    s3.boto3.put_object(Bucket=s3.bucket, Key="rest.txt", Body=file)
    assert s3.download_bytes("rest.txt") == b"456789"
    assert _lower(fake.requests[0].headers)["user-agent"].endswith("integrations-workbook")


def test_a_large_download_asks_for_no_part_twice(
    s3: S3Client, fake: Any, tmp_path: Path, big: bytes
) -> None:
    s3.upload_bytes("a.bin", big)
    fake.requests.clear()
    assert s3.download_file("a.bin", tmp_path / "a.bin").verified
    spans = [_lower(each.headers).get("range") for each in fake.requests]
    assert spans[0] is None
    assert len(set(spans)) == len(spans) <= 3


@pytest.mark.parametrize("after", [0, 100, PART_BYTES, PART_BYTES + 100])
@pytest.mark.parametrize("end", ["breaks", "ends"])
def test_a_reply_that_breaks_off_is_read_on_by_ranges(
    s3: S3Client, tmp_path: Path, big: bytes, after: int, end: str
) -> None:
    s3.upload_bytes("a.bin", big)
    _break_first_reply(s3, big[:after], breaks=end == "breaks")
    assert s3.download_file("a.bin", tmp_path / "a.bin").verified
    assert (tmp_path / "a.bin").read_bytes() == big


def test_another_version_is_not_mixed_into_a_reply_that_broke_off(
    s3: S3Client, fake: Any, tmp_path: Path, big: bytes
) -> None:
    s3.upload_bytes("a.bin", big)
    _break_first_reply(s3, b"", breaks=True)
    fake.put_object("a.bin", b"y" * len(big))
    with pytest.raises(ConflictError):
        s3.download_file("a.bin", tmp_path / "a.bin")
    assert [*tmp_path.iterdir()] == []


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class _Broken(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if found := super().read(size):
            return found
        raise ProtocolError("Connection broken")


def _break_first_reply(s3: S3Client, content: bytes, *, breaks: bool) -> None:
    """Answer the next read of the whole with only its beginning, as a dropped connection does."""
    info = s3.head("a.bin")
    left = [_Broken(content) if breaks else io.BytesIO(content)]

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        if request.method != "GET" or "Range" in request.headers or not left:
            return None
        headers: Any = {"content-length": str(info.size), "etag": f'"{info.etag}"'}
        headers["x-amz-checksum-crc32"] = info.crc32
        raw = HTTPResponse(left.pop(), headers=headers, preload_content=False, status=200)
        return AWSResponse(request.url, 200, headers, raw)

    s3.boto3.meta.events.register_first("before-send.s3", answer)
