"""A body that is not the one that was sent is refused, and nothing is stored."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from integrations.core.wire import Request
from integrations.s3.fake import MOCK_BUCKET
from integrations.s3.fake_digests import digest
from integrations.s3.tests.fake_support import Bench, code, new_boto


@pytest.fixture
def bench() -> Bench:
    return Bench()


# "123456789" is the check input of the CRC catalogue
# (https://reveng.sourceforge.io/crc-catalogue/all.htm).
CHECKS = {
    "crc32": "cbf43926",
    "crc32c": "e3069283",
    "crc64nvme": "ae8b14860a799888",
    "sha1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "sha256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
}


@pytest.mark.parametrize(("algorithm", "expected"), CHECKS.items())
def test_checksums_are_those_of_the_catalogue(algorithm: str, expected: str) -> None:
    assert base64.b64decode(digest(algorithm, b"123456789")).hex() == expected


@pytest.mark.parametrize("algorithm", CHECKS)
def test_a_wrong_checksum_is_a_bad_digest(bench: Bench, algorithm: str) -> None:
    named: Any = {f"Checksum{algorithm.upper()}": digest(algorithm, b"body")}
    url = bench.presign("put_object", **named)
    header = {f"x-amz-checksum-{algorithm}": digest(algorithm, b"body")}
    assert code(bench.fake(Request("PUT", url, header, b"b0dy"))) == "BadDigest"
    assert bench.fake.objects() == []
    assert bench.fake(Request("PUT", url, header, b"body")).status == 200


def test_the_stored_checksum_comes_back_when_asked_for(bench: Bench) -> None:
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"body", ChecksumAlgorithm="SHA256")
    found = bench.s3.head_object(Bucket=MOCK_BUCKET, Key="a", ChecksumMode="ENABLED")
    assert found["ChecksumSHA256"] == digest("sha256", b"body")


def test_content_md5_is_compared(bench: Bench) -> None:
    md5 = base64.b64encode(hashlib.md5(b"body", usedforsecurity=False).digest()).decode()
    url = bench.presign("put_object", ContentMD5=md5)
    assert code(bench.send("PUT", url, b"b0dy", content_md5=md5)) == "BadDigest"
    assert bench.send("PUT", url, b"body", content_md5=md5).status == 200
    url = bench.presign("put_object", ContentMD5="short")
    assert code(bench.send("PUT", url, b"body", content_md5="short")) == "InvalidDigest"


def test_a_body_that_was_swapped_under_a_signed_hash_is_refused(bench: Bench) -> None:
    s3, _ = bench.boto(request_checksum_calculation="when_required")
    s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"body")
    last = bench.fake.requests[-1]
    assert last.headers["x-amz-content-sha256"] == hashlib.sha256(b"body").hexdigest()
    swapped = Request(last.method, last.url, last.headers, b"b0dy")
    assert code(bench.fake(swapped)) == "XAmzContentSHA256Mismatch"


def _stream(bench: Bench) -> Request:
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"body")
    last = bench.fake.requests[-1]
    assert last.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    bench.fake.reset()
    return last


def test_boto3s_own_stream_is_stored_without_its_framing(bench: Bench) -> None:
    assert bench.fake(_stream(bench)).status == 200
    assert bench.fake.object("a").body == b"body"


DAMAGE: dict[str, Any] = {
    "a byte": (b"body", b"b0dy", "BadDigest"),
    "cut": (b"body\r\n0\r\n", b"bo", "IncompleteBody"),
    "no end": (b"\r\n0\r\n", b"\r\n", "IncompleteBody"),
    "longer": (b"4\r\nbody", b"5\r\nbodyx", "IncompleteBody"),
    "another checksum": (b"crc32", b"sha1", "InvalidRequest"),
    "no checksum": (b"x-amz-checksum-crc32:", b"\r\nx-amz-checksum-crc32;", "IncompleteBody"),
    "size": (b"4\r\n", b"x\r\n", "IncompleteBody"),
}


@pytest.mark.parametrize(("old", "new", "refusal"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_stream_is_refused(bench: Bench, old: bytes, new: bytes, refusal: str) -> None:
    sent = _stream(bench)
    assert old in sent.body
    damaged = Request(sent.method, sent.url, sent.headers, sent.body.replace(old, new, 1))
    assert code(bench.fake(damaged)) == refusal
    assert bench.fake.objects() == []


@pytest.mark.parametrize("more", [b"", b"x-amz-checksum-sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"])
def test_trailers_are_those_that_were_announced(bench: Bench, more: bytes) -> None:
    sent = _stream(bench)
    trailer = re.compile(rb"(?<=\r\n0\r\n)(x-amz-checksum-crc32:[^\r]+\r\n)")
    assert trailer.search(sent.body)
    changed = trailer.sub(lambda found: found[1] + more if more else b"", sent.body)
    assert code(bench.fake(Request(sent.method, sent.url, sent.headers, changed))) == (
        "InvalidRequest"
    )


def test_a_batch_delete_needs_a_digest_of_its_list(bench: Bench) -> None:
    bench.fake.put_object("a", b"1")
    bench.s3.delete_objects(Bucket=MOCK_BUCKET, Delete={"Objects": [{"Key": "a"}]})
    assert bench.fake.objects() == []
    s3, _ = new_boto()
    s3.meta.events.register("before-sign.s3.DeleteObjects", _forget_digests)
    with pytest.raises(ClientError, match="Content-MD5"):
        s3.delete_objects(Bucket=MOCK_BUCKET, Delete={"Objects": [{"Key": "a"}]})


def _forget_digests(request: Any, **_: Any) -> None:
    for name in ("x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "Content-MD5"):
        del request.headers[name]


def test_conditional_writes(bench: Bench) -> None:
    first = bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"1", IfNoneMatch="*")
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"other"'}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"2", **condition)
    with pytest.raises(ClientError, match="NotImplemented"):
        bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"2", IfNoneMatch="etag")
    with pytest.raises(ClientError, match="NoSuchKey"):
        bench.s3.put_object(Bucket=MOCK_BUCKET, Key="b", Body=b"2", IfMatch=first["ETag"])
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"3", IfMatch=first["ETag"])
    assert bench.fake.object("a").body == b"3"


def test_a_multipart_upload_completes_only_if_nobody_was_faster(bench: Bench) -> None:
    named = {"Bucket": MOCK_BUCKET, "Key": "a"}
    upload = bench.s3.create_multipart_upload(**named)["UploadId"]
    part = bench.s3.upload_part(**named, UploadId=upload, PartNumber=1, Body=b"x")
    bench.fake.put_object("a", b"first")
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    with pytest.raises(ClientError, match="PreconditionFailed"):
        bench.s3.complete_multipart_upload(
            **named, UploadId=upload, MultipartUpload=listed, IfNoneMatch="*"
        )
    assert bench.fake.object("a").body == b"first"


def test_too_much_metadata_and_too_long_a_key_are_refused(bench: Bench) -> None:
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"", Metadata={"a": "x" * 2048})
    with pytest.raises(ClientError, match="KeyTooLongError"):
        bench.s3.put_object(Bucket=MOCK_BUCKET, Key="k" * 1025, Body=b"")
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="k" * 1024, Body=b"")


def test_a_copy_is_made_only_of_the_source_that_was_meant(bench: Bench) -> None:
    source = bench.fake.put_object("a", b"1")
    begun = datetime.fromtimestamp(bench.clock.time(), UTC)
    early, late = begun - timedelta(seconds=1), begun + timedelta(seconds=1)

    def copy(**conditions: Any) -> str:
        named = {"Bucket": MOCK_BUCKET, "Key": "b", "CopySource": f"{MOCK_BUCKET}/a"}
        try:
            bench.s3.copy_object(**named, **conditions)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        bench.s3.delete_object(Bucket=MOCK_BUCKET, Key="b")
        return ""

    refused = "PreconditionFailed"
    assert copy(CopySourceIfMatch='"other"') == refused
    assert copy(CopySourceIfNoneMatch=source.etag) == refused
    assert copy(CopySourceIfModifiedSince=begun) == refused
    assert copy(CopySourceIfUnmodifiedSince=early) == refused
    assert [each.key for each in bench.fake.objects()] == ["a"]
    assert copy(CopySourceIfMatch=source.etag, CopySourceIfNoneMatch='"other"') == ""
    assert copy(CopySourceIfModifiedSince=early, CopySourceIfUnmodifiedSince=late) == ""
    bench.fake.put_object("b", b"2")
    assert copy(IfNoneMatch="*") == refused
