"""What boto3 signs is taken; whatever is changed, old, foreign or unsigned is refused."""

from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from integrations.core.wire import Request, Response
from integrations.s3.fake import MOCK_ACCESS_KEY, MOCK_BUCKET
from integrations.s3.tests.fake_support import HOST, Bench, code, message


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.fake.put_object("a.txt", b"hello", content_type="text/plain")
    return bench


def _code(call: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    return str(raised.value.response["Error"]["Code"])


KEYS = ["a b.txt", "é/ü.txt", "a+b.txt", "100%.txt", "a//b", "q?x=1&y=2", "~._-", "a'(b)*!.txt"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("style", ["virtual", "path"])
def test_what_boto3_signs_is_taken_whatever_the_key(bench: Bench, key: str, style: str) -> None:
    s3, _ = bench.boto(style=style)
    s3.put_object(Bucket=MOCK_BUCKET, Key=key, Body=b"x")
    assert s3.get_object(Bucket=MOCK_BUCKET, Key=key)["Body"].read() == b"x"
    assert bench.fake.object(key).body == b"x"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": MOCK_BUCKET, "Key": key})
    assert bench.send("GET", url).body == b"x"


def test_a_presigned_url_is_good_for_its_seconds_and_no_longer(bench: Bench) -> None:
    url = bench.presign("get_object", expires=60)
    bench.clock.advance(59)
    assert bench.send("GET", url).body == b"hello"
    bench.clock.advance(1)
    late = bench.send("GET", url)
    assert (late.status, code(late), message(late)) == (403, "AccessDenied", "Request has expired")


def test_a_presigned_url_from_the_future_is_refused(bench: Bench) -> None:
    bench.clock.advance(3600)
    url = bench.presign("get_object", expires=600)
    bench.clock._now -= 3600
    assert message(bench.send("GET", url)) == "Request is not yet valid"


CHANGES = {
    "another key": ("a.txt", "b.txt"),
    "a longer life": ("X-Amz-Expires=60", "X-Amz-Expires=604800"),
    "a later date": ("T090000Z", "T090001Z"),
    "another owner": (MOCK_ACCESS_KEY, "AKIAOTHER"),
    "another host": (MOCK_BUCKET, "another-bucket"),
    "fewer signed headers": ("SignedHeaders=host", "SignedHeaders=x"),
    "another signature": ("Signature=", "Signature=0"),
    "one more parameter": ("?", "?versionId=1&"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_presigned_url_with_a_change_is_refused(bench: Bench, old: str, new: str) -> None:
    bench.fake.add_bucket("another-bucket")
    for name in ("a.txt", "b.txt"):
        bench.fake.put_object(name, b"x")
        bench.fake.put_object(name, b"x", bucket="another-bucket")
    url = bench.presign("get_object", expires=60)
    assert old in url
    assert bench.send("GET", url.replace(old, new, 1)).status in (400, 403)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "POST"])
def test_a_url_for_get_serves_no_other_method(bench: Bench, method: str) -> None:
    answer = bench.send(method, bench.presign("get_object"), b"evil")
    assert answer.status == 403
    assert bench.fake.object("a.txt").body == b"hello"


BROKEN = {
    "no number": ("X-Amz-Expires=60", "X-Amz-Expires=soon", "should be a number"),
    "negative": ("X-Amz-Expires=60", "X-Amz-Expires=-1", "non-negative"),
    "more than a week": ("X-Amz-Expires=60", "X-Amz-Expires=604801", "less than a week"),
    "no expiry": ("&X-Amz-Expires=60", "", "requires the X-Amz-Algorithm"),
    "twice": ("X-Amz-Expires=60", "X-Amz-Expires=60&X-Amz-Expires=9", "requires the X-Amz-Alg"),
    "algorithm": ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "only supports"),
    "no date": ("T090000Z", "T990000Z", "ISO8601"),
    "service": ("%2Fs3%2F", "%2Fec2%2F", 'Expecting "s3"'),
    "scope": ("%2Faws4_request", "", "Error parsing"),
}


@pytest.mark.parametrize(("old", "new", "text"), BROKEN.values(), ids=BROKEN)
def test_a_malformed_query_says_what_is_wrong(bench: Bench, old: str, new: str, text: str) -> None:
    answer = bench.send("GET", bench.presign("get_object").replace(old, new))
    assert (answer.status, code(answer)) == (400, "AuthorizationQueryParametersError")
    assert text in message(answer)


def test_a_signed_content_type_has_to_be_sent_as_signed(bench: Bench) -> None:
    url = bench.presign("put_object", "new.txt", ContentType="text/plain")
    assert code(bench.send("PUT", url, b"x")) == "SignatureDoesNotMatch"
    assert code(bench.send("PUT", url, b"x", content_type="text/html")) == "SignatureDoesNotMatch"
    assert bench.send("PUT", url, b"x", content_type="text/plain").status == 200
    assert bench.fake.object("new.txt").content_type == "text/plain"


def test_a_signed_length_cannot_be_exceeded(bench: Bench) -> None:
    url = bench.presign("put_object", "new.txt", ContentLength=5)
    assert code(bench.send("PUT", url, b"123456", content_length="6")) == "SignatureDoesNotMatch"
    assert code(bench.send("PUT", url, b"123456", content_length="5")) == "IncompleteBody"
    assert bench.send("PUT", url, b"12345", content_length="5").status == 200


def test_an_amz_header_that_was_not_signed_is_refused(bench: Bench) -> None:
    url = bench.presign("put_object", "new.txt")
    answer = bench.send("PUT", url, b"x", x_amz_meta_owner="somebody else")
    assert (answer.status, "not signed" in message(answer)) == (403, True)


def test_a_signed_condition_has_to_be_sent(bench: Bench) -> None:
    url = bench.presign("put_object", "a.txt", IfNoneMatch="*")
    assert code(bench.send("PUT", url, b"x")) == "SignatureDoesNotMatch"
    assert code(bench.send("PUT", url, b"x", if_none_match="*")) == "PreconditionFailed"
    assert bench.fake.object("a.txt").body == b"hello"


def test_two_signatures_are_one_too_many(bench: Bench) -> None:
    bench.s3.get_object(Bucket=MOCK_BUCKET, Key="a.txt")
    header = bench.fake.requests[-1].headers["authorization"]
    assert code(bench.send("GET", bench.presign("get_object"), authorization=header)) == (
        "InvalidArgument"
    )


def test_no_signature_is_refused(bench: Bench) -> None:
    for method, url in (("GET", f"{HOST}/a.txt"), ("GET", HOST), ("PUT", f"{HOST}/n.txt")):
        assert code(bench.send(method, url, b"")) == "AccessDenied"
    assert len(bench.fake.objects()) == 1


def test_a_foreign_or_wrong_key_is_told_apart(bench: Bench) -> None:
    stranger, _ = bench.boto(key="AKIANOBODY0000000000")
    assert _code(lambda: stranger.list_objects_v2(Bucket=MOCK_BUCKET)) == "InvalidAccessKeyId"
    liar, _ = bench.boto(secret="guessed")
    assert _code(lambda: liar.list_objects_v2(Bucket=MOCK_BUCKET)) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_wrong_by_a_quarter_of_an_hour_is_refused(
    bench: Bench, minutes: int
) -> None:
    bench.s3.get_object(Bucket=MOCK_BUCKET, Key="a.txt")
    signed = bench.fake.requests[-1]
    bench.clock._now += minutes * 60
    assert code(bench.fake(signed)) == "RequestTimeTooSkewed"
    bench.clock._now -= minutes * 60 / 8
    assert bench.fake(signed).status == 200


def _again(bench: Bench, **changes: Any) -> Response:
    bench.s3.put_object(Bucket=MOCK_BUCKET, Key="new.txt", Body=b"body", Metadata={"a": "b"})
    last = bench.fake.requests[-1]
    bench.s3.delete_object(Bucket=MOCK_BUCKET, Key="new.txt")
    headers = {**last.headers, **changes.pop("headers", {})}
    parts = {"method": last.method, "url": last.url, "body": last.body, **changes}
    return bench.fake(Request(headers={k: v for k, v in headers.items() if v}, **parts))


TAMPERED: dict[str, Any] = {
    "metadata": {"headers": {"x-amz-meta-a": "c"}},
    "date": {"headers": {"x-amz-date": "20260105T090001Z"}},
    "key": {"url": f"{HOST}/other.txt"},
    "method": {"method": "GET"},
    "no date": {"headers": {"x-amz-date": ""}},
    "no hash": {"headers": {"x-amz-content-sha256": ""}},
    "a header more": {"headers": {"x-amz-storage-class": "GLACIER"}},
}


def test_an_unchanged_request_may_come_again(bench: Bench) -> None:
    assert _again(bench).status == 200


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_signed_request_with_a_change_is_refused(bench: Bench, change: Any) -> None:
    assert _again(bench, **change).status in (400, 403)
    assert len(bench.fake.objects()) == 1


HEADERS = ["", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c"]


@pytest.mark.parametrize("header", [*HEADERS, "Bearer x", "é", "AWS4-HMAC-SHA256 \ud800"])
def test_a_malformed_header_is_refused(bench: Bench, header: str) -> None:
    answer = bench.send("GET", f"{HOST}/a.txt", authorization=header)
    assert answer.status == 400
    assert code(answer) in ("AuthorizationHeaderMalformed", "InvalidArgument")


def test_signature_version_2_is_refused(bench: Bench) -> None:
    old, _ = bench.boto(signature_version="s3")
    url = old.generate_presigned_url("get_object", Params={"Bucket": MOCK_BUCKET, "Key": "a.txt"})
    assert "Please use AWS4-HMAC-SHA256" in message(bench.send("GET", url))
    header = f"AWS {MOCK_ACCESS_KEY}:{quote('abc=')}"
    assert code(bench.send("GET", f"{HOST}/a.txt", authorization=header)) == "InvalidRequest"


def test_temporary_credentials_need_their_token_and_end(bench: Bench) -> None:
    end = bench.clock.time() + 900
    bench.fake.add_user("ASIATEMP", "secret", can_list=True, session_token="token", expires_at=end)
    good, _ = bench.boto(key="ASIATEMP", secret="secret", token="token")
    params = {"Bucket": MOCK_BUCKET, "Key": "a.txt"}
    url = good.generate_presigned_url("get_object", Params=params, ExpiresIn=3600)
    assert bench.send("GET", url).status == 200
    assert _code(lambda: _get(bench, token=None)) == "InvalidAccessKeyId"
    assert _code(lambda: _get(bench, token="other")) == "InvalidToken"
    bench.clock.advance(900)
    # The URL says an hour; the credentials that signed it lasted a quarter of one.
    assert code(bench.send("GET", url)) == "ExpiredToken"


def _get(bench: Bench, token: str | None) -> Any:
    s3, _ = bench.boto(key="ASIATEMP", secret="secret", token=token)
    return s3.get_object(Bucket=MOCK_BUCKET, Key="a.txt")
