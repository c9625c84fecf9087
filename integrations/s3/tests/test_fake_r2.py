"""The fake as Cloudflare R2: what it has, and what it answers 501 to."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from integrations.s3.fake import MOCK_BUCKET
from integrations.s3.tests.fake_support import Bench, code, new_boto

ENDPOINT = f"https://{'0' * 32}.r2.cloudflarestorage.com"


@pytest.fixture
def bench() -> Bench:
    bench = Bench(profile="r2")
    bench.s3, bench.signing = bench.boto(
        region="auto",
        style="path",
        endpoint_url=ENDPOINT,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return bench


def test_objects_presigned_urls_and_multipart_work(bench: Bench) -> None:
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a.txt", Body=b"x")
    assert bench.send("GET", bench.presign("get_object")).body == b"x"
    url = bench.presign("put_object", "b.txt", ContentType="text/plain")
    assert bench.send("PUT", url, b"y", content_type="text/plain").status == 200
    bench.clock.advance(61)
    assert code(bench.send("PUT", url, b"y", content_type="text/plain")) == "AccessDenied"
    assert [each.key for each in bench.fake.objects()] == ["a.txt", "b.txt"]


def test_a_virtual_host_is_understood(bench: Bench) -> None:
    s3, _ = bench.boto(
        region="auto", endpoint_url=ENDPOINT, request_checksum_calculation="when_required"
    )
    s3.put_object(Bucket=MOCK_BUCKET, Key="a.txt", Body=b"x")
    assert bench.fake.requests[-1].url.startswith(f"https://{MOCK_BUCKET}.0000")
    assert bench.fake.object("a.txt").body == b"x"


def test_it_has_no_browser_forms(bench: Bench) -> None:
    answer = bench.post(bench.form())
    assert (answer.status, code(answer)) == (501, "NotImplemented")
    assert bench.fake.objects() == []


MISSING: dict[str, tuple[str, dict[str, Any]]] = {
    "acl": ("put_object", {"Key": "a", "ACL": "public-read"}),
    "harmless acl": ("put_object", {"Key": "a", "ACL": "bucket-owner-full-control"}),
    "put acl": ("put_object_acl", {"Key": "a", "ACL": "private"}),
    "tags": ("put_object", {"Key": "a", "Tagging": "a=b"}),
    "tagging": ("get_object_tagging", {"Key": "a"}),
    "kms": ("put_object", {"Key": "a", "ServerSideEncryption": "aws:kms"}),
    "policy": ("put_bucket_policy", {"Policy": "{}"}),
    "versioning": ("get_bucket_versioning", {}),
    "public access block": ("get_public_access_block", {}),
    "owner": ("head_bucket", {"ExpectedBucketOwner": "123456789012"}),
}


@pytest.mark.parametrize(("name", "arguments"), MISSING.values(), ids=MISSING)
def test_what_it_lacks_is_not_implemented(bench: Bench, name: str, arguments: Any) -> None:
    with pytest.raises(ClientError, match=r"NotImplemented|501"):
        getattr(bench.s3, name)(Bucket=MOCK_BUCKET, **arguments)
    assert bench.fake.objects() == []


def test_boto3s_default_checksums_are_not_taken(bench: Bench) -> None:
    default, _ = bench.boto(region="auto", style="path", endpoint_url=ENDPOINT)
    with pytest.raises(ClientError, match="NotImplemented"):
        default.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"x")


@pytest.mark.parametrize(
    ("region", "refusal"),
    [("auto", ""), ("us-east-1", ""), ("eu-west-1", "AuthorizationHeaderMalformed")],
)
def test_its_only_region_has_an_alias(bench: Bench, region: str, refusal: str) -> None:
    s3, _ = new_boto(
        region=region,
        style="path",
        endpoint_url=ENDPOINT,
        request_checksum_calculation="when_required",
    )
    s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"x")
    # boto3 reads the right region from the refusal and signs again by itself.
    assert code(bench.fake(bench.fake.requests[0])) == refusal


def _upload(bench: Bench, *sizes: int) -> None:
    named = {"Bucket": MOCK_BUCKET, "Key": "big"}
    upload = bench.s3.create_multipart_upload(**named)["UploadId"]
    parts = []
    for number, size in enumerate(sizes, 1):
        sent = bench.s3.upload_part(**named, UploadId=upload, PartNumber=number, Body=b"x" * size)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    bench.s3.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": parts})


def test_parts_have_to_be_of_one_size(bench: Bench) -> None:
    least = 5 * 1024 * 1024
    with pytest.raises(ClientError, match="same length"):
        _upload(bench, least, least + 1, 1)
    _upload(bench, least, least, 1)
    assert bench.fake.object("big").size == 2 * least + 1
