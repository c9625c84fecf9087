"""Whatever a client with a good key asks, the fake answers: nothing of moto leaks out."""

import hashlib
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.wire import Request
from integrations.s3.fake import MOCK_ACCESS_KEY, MOCK_BUCKET, FakeS3
from integrations.s3.fake_address import read_address
from integrations.s3.fake_claims import Claim, Scope
from integrations.s3.fake_rules import _QUERY
from integrations.s3.fake_signatures import _rebuild, signer
from integrations.s3.tests.fake_support import HOST, Bench

STAMP = "20260105T090000Z"
SCOPE = Scope(MOCK_ACCESS_KEY, "20260105", "eu-west-1", "s3")
WORDS = ["", "1", "-1", "9" * 20, "abc", "a=b", "*", '"x"', "é", "ENABLED", "url", "bytes=9-"]
IDS = [f"{MOCK_BUCKET}/a", "upload000000000000000000000001", "Mon, 05 Jan 2026 09:00:00 GMT"]
VALUES = st.sampled_from([*WORDS, *IDS])
HEADERS = """
range if-match if-none-match if-modified-since x-amz-copy-source x-amz-meta-a x-amz-tagging
content-md5 x-amz-acl x-amz-storage-class x-amz-checksum-crc32 x-amz-checksum-mode content-type
x-amz-metadata-directive x-amz-server-side-encryption x-amz-checksum-algorithm expires
x-amz-mp-object-size x-amz-object-ownership x-amz-copy-source-if-match x-amz-copy-source-range
"""
BODIES = [
    b"",
    b"x",
    b"<a/>",
    b"\xff",
    b"<Delete><Object><Key>a</Key></Object></Delete>",
    b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    b"<CORSConfiguration><CORSRule></CORSRule></CORSConfiguration>",
    b"<LifecycleConfiguration><Rule></Rule></LifecycleConfiguration>",
]


def _signed(fake: FakeS3, request: Request) -> Request:
    digest = hashlib.sha256(request.body).hexdigest()
    headers = {**request.headers, "x-amz-date": STAMP, "x-amz-content-sha256": digest}
    names = tuple(sorted([*headers, "host"]))
    whole = Request(request.method, request.url, headers, request.body)
    claim = Claim(SCOPE, STAMP, names, "", digest, presigned=False)
    made = _rebuild(whole, read_address(whole), claim)
    auth = signer(fake.state.users[MOCK_ACCESS_KEY], SCOPE)
    signature = auth.signature(auth.string_to_sign(made, auth.canonical_request(made)), made)
    given = f"Credential={MOCK_ACCESS_KEY}/{SCOPE}, SignedHeaders={';'.join(names)}"
    given = f"AWS4-HMAC-SHA256 {given}, Signature={signature}"
    return Request(request.method, request.url, {**headers, "authorization": given}, request.body)


@settings(max_examples=250)
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    st.sampled_from(["", "a", "b/ü"]),
    st.dictionaries(st.sampled_from(_QUERY.split()), VALUES, max_size=3),
    st.dictionaries(st.sampled_from(HEADERS.split()), VALUES, max_size=2),
    st.sampled_from(BODIES),
)
def test_whatever_is_signed_is_answered(
    method: str, key: str, query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    fake = FakeS3(clock=ManualClock())
    fake.put_object("a", b"hello")
    written = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    asked = Request(method, f"{HOST}/{quote(key)}?{written}", headers, body)
    assert 200 <= fake(_signed(fake, asked)).status < 600


def test_a_signed_request_of_these_tests_is_taken() -> None:
    fake = FakeS3(clock=ManualClock())
    assert fake(_signed(fake, Request("PUT", f"{HOST}/a?x-id=PutObject", {}, b"x"))).status == 200
    assert fake.object("a").body == b"x"


def test_a_part_that_is_not_there_is_out_of_range() -> None:
    bench = Bench()
    bench.fake.put_object("a", b"hello")
    with pytest.raises(ClientError, match="416"):
        bench.s3.head_object(Bucket=MOCK_BUCKET, Key="a", PartNumber=2)


def test_an_acl_of_no_known_name_is_refused() -> None:
    bench = Bench()
    bench.s3.put_bucket_ownership_controls(
        Bucket=MOCK_BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    with pytest.raises(ClientError, match="canned"):
        bench.s3.put_object(Bucket=MOCK_BUCKET, Key="a", Body=b"", ACL="odd")
