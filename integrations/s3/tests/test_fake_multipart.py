"""Completing a multipart upload: size, checksum and parts have to be those that were sent."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from integrations.s3.fake import MOCK_BUCKET
from integrations.s3.fake_digests import digest
from integrations.s3.tests.fake_support import Bench

PARTS = (b"a" * 5 * 1024 * 1024, b"the rest")
NAMED: Any = {"Bucket": MOCK_BUCKET, "Key": "big"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _complete(bench: Bench, kind: str, **claims: Any) -> Any:
    more: Any = {"ChecksumAlgorithm": "CRC32", "ChecksumType": kind}
    upload = bench.s3.create_multipart_upload(**NAMED, **more)["UploadId"]
    parts = [
        bench.s3.upload_part(**NAMED, UploadId=upload, PartNumber=n, Body=part)
        for n, part in enumerate(PARTS, 1)
    ]
    listed = [{"PartNumber": n, "ETag": part["ETag"]} for n, part in enumerate(parts, 1)]
    return bench.s3.complete_multipart_upload(
        **NAMED, UploadId=upload, MultipartUpload={"Parts": listed}, ChecksumType=kind, **claims
    )


def _composite() -> str:
    from integrations.s3.fake_digests import ALGORITHMS

    joined = b"".join(ALGORITHMS["crc32"](part) for part in PARTS)
    return f"{digest('crc32', joined)}-2"


def test_the_checksum_of_the_whole_is_compared_kept_and_given_back(bench: Bench) -> None:
    whole = digest("crc32", b"".join(PARTS))
    _complete(bench, "FULL_OBJECT", ChecksumCRC32=whole, MpuObjectSize=len(b"".join(PARTS)))
    found = bench.s3.get_object(**NAMED, ChecksumMode="ENABLED")
    assert (found["ChecksumCRC32"], found["ChecksumType"]) == (whole, "FULL_OBJECT")
    assert found["Body"].read() == b"".join(PARTS)
    head = bench.s3.head_object(**NAMED, ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (whole, "FULL_OBJECT")


def test_a_checksum_of_checksums_is_compared_too(bench: Bench) -> None:
    _complete(bench, "COMPOSITE", ChecksumCRC32=_composite())
    found = bench.s3.get_object(**NAMED, ChecksumMode="ENABLED")
    assert found["ChecksumCRC32"] == _composite()


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "whole": ("FULL_OBJECT", {"ChecksumCRC32": digest("crc32", b"other")}, "BadDigest"),
    "composite": ("COMPOSITE", {"ChecksumCRC32": digest("crc32", b"other") + "-2"}, "BadDigest"),
    "number of parts": ("COMPOSITE", {"ChecksumCRC32": _composite()[:-1] + "3"}, "BadDigest"),
    "size": ("FULL_OBJECT", {"MpuObjectSize": 7}, "InvalidRequest"),
}


@pytest.mark.parametrize(("kind", "claims", "refusal"), WRONG.values(), ids=WRONG)
def test_what_does_not_match_is_refused_and_can_be_aborted(
    bench: Bench, kind: str, claims: Any, refusal: str
) -> None:
    with pytest.raises(ClientError, match=refusal):
        _complete(bench, kind, **claims)
    assert bench.fake.objects() == []
    (left,) = bench.fake.uploads()
    bench.s3.abort_multipart_upload(**NAMED, UploadId=left.id)
    assert bench.fake.uploads() == []
