"""The fake's checks agree with the signatures that AWS has published."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.wire import Request
from integrations.s3.fake import FakeS3
from integrations.s3.fake_address import read_address
from integrations.s3.fake_claims import Claim, Scope
from integrations.s3.fake_signatures import _check_signature, authenticate, signature_of
from integrations.s3.fake_state import User
from integrations.s3.fake_streaming import decode
from integrations.s3.fake_vendor import S3RefusedError

KEY = "AKIAIOSFODNN7EXAMPLE"
USER = User(KEY, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
DAY = datetime(2013, 5, 24, tzinfo=UTC).timestamp()
STAMP = "20130524T000000Z"
EMPTY = hashlib.sha256(b"").hexdigest()
WELCOME = b"Welcome to Amazon S3."
HOST = "https://examplebucket.s3.amazonaws.com"


def _signed(method: str, path: str, signature: str, body: bytes = b"", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": STAMP,
    }
    credential = f"Credential={KEY}/20130524/us-east-1/s3/aws4_request"
    names = ";".join(sorted(named))
    given = f"AWS4-HMAC-SHA256 {credential},SignedHeaders={names},Signature={signature}"
    return Request(method, HOST + path, {**named, "authorization": given}, body)


HEADER_EXAMPLES = {
    "get": _signed(
        "GET",
        "/test.txt",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        range="bytes=0-9",
    ),
    "put": _signed(
        "PUT",
        "/test$file.text",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        WELCOME,
        date="Fri, 24 May 2013 00:00:00 GMT",
        x_amz_storage_class="REDUCED_REDUNDANCY",
    ),
    "lifecycle": _signed(
        "GET", "/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    ),
    "list": _signed(
        "GET",
        "/?max-keys=2&prefix=J",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


def _who(request: Request, now: float = DAY) -> Any:
    return authenticate(request, read_address(request), {KEY: USER}, now)


@pytest.mark.parametrize("request_", HEADER_EXAMPLES.values(), ids=HEADER_EXAMPLES)
def test_examples_of_header_authentication(request_: Request) -> None:
    user, claim = _who(request_)
    assert user is USER
    assert claim.scope.region == "us-east-1"


@pytest.mark.parametrize("request_", HEADER_EXAMPLES.values(), ids=HEADER_EXAMPLES)
def test_each_changed_digit_of_an_example_is_refused(request_: Request) -> None:
    given = request_.headers["authorization"]
    for index in range(1, 65):
        digit = "0" if given[-index] != "0" else "1"
        changed = given[: len(given) - index] + digit + given[len(given) - index + 1 :]
        forged = Request(
            request_.method, request_.url, {**request_.headers, "authorization": changed}
        )
        with pytest.raises(S3RefusedError, match="SignatureDoesNotMatch"):
            _who(forged)


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
PRESIGNED = (
    f"{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    f"&X-Amz-Credential={KEY}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def test_example_of_a_presigned_url_to_its_last_second() -> None:
    for now in (DAY, DAY + 86_399):
        user, claim = _who(Request("GET", PRESIGNED), now)
        assert (user, claim.presigned) == (USER, True)
    with pytest.raises(S3RefusedError, match="Request has expired"):
        _who(Request("GET", PRESIGNED), DAY + 86_400)


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
POLICY = """{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"""
POST_SIGNATURE = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"


def test_example_of_a_post_policy() -> None:
    encoded = base64.b64encode(POLICY.replace("\n", "\r\n").encode()).decode()
    scope = Scope(KEY, "20151229", "us-east-1", "s3")
    assert signature_of(encoded, USER, scope) == POST_SIGNATURE
    assert signature_of(encoded[:-1], USER, scope) != POST_SIGNATURE


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
CHUNKS = (
    (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"


def _stream(chunks: Any) -> Request:
    body = b"".join(
        f"{len(data):x};chunk-signature={signature}\r\n".encode() + data + b"\r\n"
        for data, signature in chunks
    )
    headers = {
        "content-encoding": "aws-chunked",
        "content-length": "66824",
        "host": "s3.amazonaws.com",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-date": STAMP,
        "x-amz-decoded-content-length": "66560",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
    }
    credential = f"Credential={KEY}/20130524/us-east-1/s3/aws4_request"
    names = ";".join(sorted(headers))
    given = f"AWS4-HMAC-SHA256 {credential},SignedHeaders={names},Signature={SEED}"
    url = "https://s3.amazonaws.com/examplebucket/chunkObject.txt"
    return Request("PUT", url, {**headers, "authorization": given}, body)


def test_example_of_a_signed_stream() -> None:
    request = _stream(CHUNKS)
    assert len(request.body) == 66824
    content, trailers = decode(request.body, request.headers, *_who(request))
    assert (content, trailers) == (b"a" * 66560, {})


def test_a_changed_byte_of_a_signed_stream_is_refused() -> None:
    request = _stream(((b"b" + b"a" * 65535, CHUNKS[0][1]), *CHUNKS[1:]))
    with pytest.raises(S3RefusedError, match="SignatureDoesNotMatch"):
        decode(request.body, request.headers, *_who(request))


# aws-sig-v4-test-suite, the files named so. They are signed for a service called "service".
SUITE = {
    "get-vanilla": (
        "GET",
        "/",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "post-vanilla": (
        "POST",
        "/",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "get-vanilla-query-order-key-case": (
        "GET",
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "get-unreserved": (
        "GET",
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
}


@pytest.mark.parametrize(("method", "path", "signature"), SUITE.values(), ids=SUITE)
def test_the_signature_test_suite(method: str, path: str, signature: str) -> None:
    user = User("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    scope = Scope("AKIDEXAMPLE", "20150830", "us-east-1", "service")
    stamp = "20150830T123600Z"
    claim = Claim(scope, stamp, ("host", "x-amz-date"), signature, EMPTY, presigned=False)
    request = Request(method, f"https://example.amazonaws.com{path}", {"x-amz-date": stamp})
    _check_signature(request, read_address(request), user, claim)
    elsewhere = Request(method, f"https://example.org{path}", {"x-amz-date": stamp})
    with pytest.raises(S3RefusedError, match="SignatureDoesNotMatch"):
        _check_signature(elsewhere, read_address(elsewhere), user, claim)


def test_an_example_is_answered_at_the_wire() -> None:
    fake = FakeS3(clock=ManualClock(DAY), region="us-east-1", bucket="examplebucket")
    fake.put_object("test.txt", b"0123456789 and more")
    assert fake(HEADER_EXAMPLES["get"]).body == b"0123456789"
    assert fake(Request("GET", PRESIGNED)).status == 200
    put = HEADER_EXAMPLES["put"]
    assert fake(put).status == 200
    assert fake.object("test$file.text").body == WELCOME
