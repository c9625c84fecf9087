"""The fake as a store: moto's state, one for each fake, on its clock; and what it does not know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.s3.models import s3_backends

from integrations.core.clock import ManualClock
from integrations.core.wire import Request
from integrations.s3.fake import MOCK_BUCKET, FakeS3
from integrations.s3.tests.fake_support import HOST, Bench, code, new_boto


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_two_fakes_do_not_share_a_bucket(bench: Bench) -> None:
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"1")
    other = Bench()
    other.s3.put_object(Bucket=MOCK_BUCKET, Key="b", Body=b"2")
    assert [each.key for each in bench.fake.objects()] == ["a"]
    assert [each.key for each in other.fake.objects()] == ["b"]
    other.fake.reset()
    assert bench.fake.object("a").body == b"1"


def test_reset_forgets_objects_uploads_users_and_settings(bench: Bench) -> None:
    fresh = FakeS3(clock=bench.clock)
    changes: list[tuple[str, dict[str, Any]]] = [
        ("put_object", {"Key": "a", "Body": b"1"}),
        ("create_multipart_upload", {"Key": "b"}),
        ("delete_public_access_block", {}),
        ("delete_bucket_ownership_controls", {}),
    ]
    for name, arguments in changes:
        getattr(bench.s3, name)(Bucket=MOCK_BUCKET, **arguments)
        assert vars(bench.fake.state) != vars(fresh.state), name
        bench.fake.reset()
        assert vars(bench.fake.state) == vars(fresh.state), name
    bench.fake.add_user("AKIAUSER", "secret")
    bench.fake.add_bucket("another-bucket")
    bench.fake.reset()
    assert vars(bench.fake.state) == vars(fresh.state)
    assert (bench.fake.requests, bench.fake.deliveries()) == ([], [])


def test_times_are_the_clocks(bench: Bench) -> None:
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"1")
    bench.clock.advance(600)
    upload = bench.s3.create_multipart_upload(Bucket=MOCK_BUCKET, Key="b")
    begun = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert bench.s3.head_object(Bucket=MOCK_BUCKET, Key="a")["LastModified"] == begun
    (listed,) = bench.s3.list_multipart_uploads(Bucket=MOCK_BUCKET)["Uploads"]
    assert listed["Initiated"] == begun + timedelta(seconds=600)
    assert listed["UploadId"] == upload["UploadId"] == "upload000000000000000000000001"


def test_an_object_may_hold_a_form(bench: Bench) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=B"):
        body = b"key=1&file=2"
        bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=body, ContentType=kind)
        assert bench.s3.get_object(Bucket=MOCK_BUCKET, Key="a")["Body"].read() == body
        assert bench.fake.object("a").content_type == kind


def test_listing_goes_on_page_by_page(bench: Bench) -> None:
    for number in range(7):
        bench.fake.put_object(f"a/{number}", b"")
    pages = bench.s3.get_paginator("list_objects_v2").paginate(
        Bucket=MOCK_BUCKET, Prefix="a/", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["Contents"]) for page in pages] == [3, 3, 1]


def test_versions_ranges_and_deletes(bench: Bench) -> None:
    bench.s3.put_bucket_versioning(
        Bucket=MOCK_BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    first = bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"first")["VersionId"]
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"second")
    old = bench.s3.get_object(Bucket=MOCK_BUCKET, Key="a", VersionId=first, Range="bytes=1-2")
    assert (old["Body"].read(), old["ContentRange"]) == (b"ir", "bytes 1-2/5")
    bench.s3.delete_object(Bucket=MOCK_BUCKET, Key="a")
    with pytest.raises(ClientError, match="NoSuchKey"):
        bench.s3.get_object(Bucket=MOCK_BUCKET, Key="a")
    assert bench.s3.get_object(Bucket=MOCK_BUCKET, Key="a", VersionId=first)["Body"].read()
    assert bench.fake.objects() == []


def test_a_bucket_that_is_deleted_is_gone(bench: Bench) -> None:
    bench.s3.delete_bucket(Bucket=MOCK_BUCKET)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        bench.s3.list_objects_v2(Bucket=MOCK_BUCKET)


def test_reading_what_is_not_there_is_a_key_error(bench: Bench) -> None:
    with pytest.raises(KeyError):
        bench.fake.object("no")


@pytest.mark.parametrize("url", ["/a?unheardOf=1", "/?unheardOf", "/a?X-Amz-Unheard=1"])
def test_an_unknown_parameter_is_named(bench: Bench, url: str) -> None:
    answer = bench.send("GET", HOST + url)
    assert (answer.status, code(answer)) == (400, "InvalidArgument")
    assert b"nheard" in answer.body


def test_an_unknown_amz_header_is_named(bench: Bench) -> None:
    answer = bench.send("PUT", f"{HOST}/a", b"", x_amz_unheard_of="1")
    assert (answer.status, code(answer)) == (501, "NotImplemented")


def test_an_unknown_method_is_refused(bench: Bench) -> None:
    assert code(bench.send("PATCH", f"{HOST}/a")) == "MethodNotAllowed"


def test_a_document_that_is_no_xml_is_refused(bench: Bench) -> None:
    s3, _ = new_boto()
    s3.meta.events.register("before-sign.s3.PutBucketCors", _spoil)
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.put_bucket_cors(Bucket=MOCK_BUCKET, CORSConfiguration={"CORSRules": []})


def _spoil(request: Any, **_: Any) -> None:
    request.data = b"<nothing"
    for name in ("x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "Content-MD5"):
        del request.headers[name]


def test_every_answer_says_its_length(bench: Bench) -> None:
    for key in ("no", "a"):
        bench.fake.put_object("a", b"hello")
        answer = bench.send("GET", bench.presign("get_object", key))
        assert answer.headers["content-length"] == str(len(answer.body))


def test_every_answer_has_an_id_and_a_head_has_no_body(bench: Bench) -> None:
    one, two = bench.send("HEAD", f"{HOST}/a"), bench.send("GET", f"{HOST}/a")
    assert (one.status, one.body) == (403, b"")
    assert one.headers["x-amz-request-id"] != two.headers["x-amz-request-id"]
    assert two.headers["x-amz-request-id"].encode() in two.body


ODD = st.text(max_size=12) | st.sampled_from(
    ["a.txt", "..", "%00", "?acl", "?uploads", "%ff", "//"]
)


@settings(max_examples=150)
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "X"]),
    ODD,
    st.dictionaries(
        st.sampled_from(
            ["authorization", "content-type", "content-length", "host", "origin", "x-amz-date"]
        ),
        st.text(max_size=12) | st.sampled_from(["AWS4-HMAC-SHA256 x", "multipart/form-data"]),
    ),
    st.binary(max_size=20),
)
def test_whatever_comes_gets_an_answer_and_changes_nothing(
    method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    answer = SHARED(Request(method, f"{HOST}/{path}", headers, body))
    assert 300 <= answer.status < 600
    assert SHARED.objects() == []


SHARED = FakeS3(clock=ManualClock())


def test_a_bucket_that_mock_aws_has_is_in_nobodys_way() -> None:
    shared = s3_backends["123456789012"]["aws"]
    shared.create_bucket(MOCK_BUCKET, "eu-west-1")
    try:
        fake = FakeS3(clock=ManualClock())
        fake.put_object("a", b"1")
        assert not shared.buckets[MOCK_BUCKET].keys
        fake.reset()
        assert s3_backends.bucket_accounts[MOCK_BUCKET] == ("aws", "123456789012")
    finally:
        shared.delete_bucket(MOCK_BUCKET)
