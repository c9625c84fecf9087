"""Copies of what is too large for one request."""

from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.errors import ConflictError, InvalidRequestError, ProviderError
from integrations.core.faults import FaultInjector
from integrations.core.retry import Retry
from integrations.core.wire import Request, Response, Wire
from integrations.s3 import copying
from integrations.s3.client import S3Client
from integrations.s3.fake import FakeS3

LIMIT, PART = 8 * 1024**2, 6 * 1024**2


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MAX_COPY_BYTES", LIMIT)
    monkeypatch.setattr(copying, "COPY_PART_BYTES", PART)


class _Lab:
    def __init__(self, profile: Any = "aws", **env: str) -> None:
        self.clock = ManualClock()
        self.fake = FakeS3(clock=self.clock, profile=profile, max_copy_bytes=LIMIT)
        self.faults = FaultInjector(self.fake)
        self.client = S3Client.from_env(
            env, mode="mock", wire=self.faults, clock=self.clock, retry=Retry(clock=self.clock)
        )


@pytest.fixture
def lab() -> _Lab:
    return _Lab()


def _begun(client: S3Client, big: bytes, **headers: Any) -> Any:
    return client.upload_bytes("big.bin", big, content_type="application/x-film", **headers)


def _left(client: S3Client) -> tuple[list[str], list[str]]:
    return [o.key for o in client.list_objects()], [u.key for u in client.list_multiparts()]


def test_a_large_copy_is_made_in_parts_with_all_that_goes_with_it(lab: _Lab, big: bytes) -> None:
    s3 = lab.client
    first = _begun(
        s3, big, metadata={"a": "b"}, tags={"kind": "x + y"}, cache_control="max-age=7",
        content_disposition="inline",
    )  # fmt: skip
    copied = s3.copy("big.bin", "copy.bin")
    assert (copied.parts, copied.size) == (4, len(big))
    assert copied.crc32 == first.crc32
    assert s3.download_bytes("copy.bin") == big
    found = s3.head("copy.bin")
    assert (found.content_type, found.metadata) == ("application/x-film", {"a": "b"})
    assert (found.cache_control, found.content_disposition) == ("max-age=7", "inline")
    assert found.crc32 == first.crc32
    assert s3.get_tags("copy.bin") == {"kind": "x + y"}
    assert _left(s3) == (["big.bin", "copy.bin"], [])


def test_what_fits_is_copied_by_one_request(lab: _Lab) -> None:
    lab.client.upload_bytes("a.bin", b"x" * LIMIT)
    lab.fake.requests.clear()
    assert lab.client.copy("a.bin", "b.bin").parts == 1
    assert [each.method for each in lab.fake.requests] == ["PUT", "HEAD"]


def test_a_large_object_can_be_moved_and_taken_from_another_bucket(lab: _Lab, big: bytes) -> None:
    lab.fake.add_bucket("second-bucket")
    _begun(lab.client, big)
    lab.client.move("big.bin", "moved.bin")
    assert _left(lab.client) == (["moved.bin"], [])
    other = lab.client.in_bucket("second-bucket")
    other.copy("moved.bin", "here.bin", source_bucket=lab.client.bucket)
    assert other.download_bytes("here.bin") == big


def test_a_large_copy_obeys_its_conditions(lab: _Lab, big: bytes) -> None:
    first = _begun(lab.client, big)
    lab.client.upload_bytes("taken.bin", b"mine")
    with pytest.raises(ConflictError):
        lab.client.copy("big.bin", "taken.bin", if_none_match=True)
    with pytest.raises(ConflictError):
        lab.client.copy("big.bin", "copy.bin", source_etag="0" * 32)
    assert lab.client.download_bytes("taken.bin") == b"mine"
    assert _left(lab.client) == (["big.bin", "taken.bin"], [])
    assert lab.client.copy("big.bin", "copy.bin", source_etag=first.etag).size == len(big)


def test_a_large_copy_that_fails_leaves_nothing(lab: _Lab, big: bytes) -> None:
    def last_part_fails(request: Request, wire: Wire) -> Response:
        return Response(500) if request.query.get("partNumber") == "4" else wire(request)

    _begun(lab.client, big)
    lab.faults.inject(*[last_part_fails] * 20)
    with pytest.raises(ProviderError) as raised:
        lab.client.copy("big.bin", "copy.bin")
    assert raised.value.status == 500
    assert _left(lab.client) == (["big.bin"], [])


def test_a_source_replaced_meanwhile_is_not_mixed_in(lab: _Lab, big: bytes) -> None:
    def replaced(request: Request, wire: Wire) -> Response:
        if request.query.get("partNumber") == "2":
            lab.fake.put_object("big.bin", b"y" * len(big))
        return wire(request)

    _begun(lab.client, big)
    lab.faults.inject(*[replaced] * 20)
    with pytest.raises(ConflictError):
        lab.client.copy("big.bin", "copy.bin")
    assert _left(lab.client) == (["big.bin"], [])


def test_another_refusal_of_a_copy_stays_what_it_is(lab: _Lab) -> None:
    lab.client.upload_bytes("a.bin", b"x")
    lab.faults.inject(lambda request, wire: Response(400, {}, b"<Error><Code>Odd</Code></Error>"))
    with pytest.raises(InvalidRequestError, match="Odd"):
        lab.client.copy("a.bin", "b.bin")
    assert _left(lab.client) == (["a.bin"], [])


def test_r2_has_no_tags_to_copy(big: bytes) -> None:
    endpoint = "https://abc123.r2.cloudflarestorage.com"
    lab = _Lab("r2", S3_PROVIDER="r2", AWS_ENDPOINT_URL_S3=endpoint, AWS_DEFAULT_REGION="auto")
    _begun(lab.client, big)
    assert lab.client.copy("big.bin", "copy.bin").parts == 4
    assert lab.client.download_bytes("copy.bin") == big


@pytest.mark.parametrize(
    ("span", "code"),
    [("bytes=0-99", "InvalidArgument"), ("0-1", "InvalidArgument"), (None, "")],
)
def test_the_fake_refuses_a_range_outside_of_the_source(
    lab: _Lab, span: str | None, code: str
) -> None:
    s3 = lab.client
    s3.upload_bytes("a.bin", b"x" * 50)
    begun = s3.begin_multipart("b.bin")
    named: Any = {"Bucket": s3.bucket, "Key": "b.bin", "UploadId": begun.upload_id}
    named |= {"PartNumber": 1, "CopySource": {"Bucket": s3.bucket, "Key": "a.bin"}}
    if span:
        named["CopySourceRange"] = span
    found = ""
    try:
        s3.boto3.upload_part_copy(**named)
    except s3.boto3.exceptions.ClientError as error:
        found = error.response["Error"]["Code"]
    assert found == code
