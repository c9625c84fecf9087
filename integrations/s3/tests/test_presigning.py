"""Signed URLs and forms: what they allow, until when, and what is refused before signing."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.core.errors import InvalidRequestError
from integrations.core.wire import Request
from integrations.core.workbook import Mock
from integrations.s3.client import S3Client
from integrations.s3.models import PresignedRequest

R2 = {
    "S3_PROVIDER": "r2",
    "AWS_DEFAULT_REGION": "auto",
    "AWS_ENDPOINT_URL_S3": "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
}


def _use(fake: Any, signed: PresignedRequest, body: bytes = b"", **headers: str) -> Any:
    return fake(Request(signed.method, signed.url, {**signed.headers, **headers}, body))


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_a_signed_download_works_until_it_expires(lab: Mock) -> None:
    lab.client.upload_bytes("a.txt", b"hello")
    signed = lab.client.presign_get("a.txt", expires_in=60)
    assert _use(lab.fake, signed).body == b"hello"
    assert signed.expires_at == int(lab.clock.time()) + 60
    lab.clock.advance(61)
    assert _use(lab.fake, signed).status == 403


def test_signatures_are_v4_on_the_regional_host_and_dated_by_the_clock(s3: S3Client) -> None:
    url = s3.presign_get("a.txt").url
    assert url.startswith("https://workbook-uploads.s3.eu-west-1.amazonaws.com/a.txt?")
    query = _query(url)
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Date"] == "20260105T090000Z"
    assert "AWSAccessKeyId" not in query


def test_a_download_is_offered_under_a_name_in_any_script(s3: S3Client, fake: Any) -> None:
    s3.upload_bytes("a.html", b"<p>hi")
    signed = s3.presign_get("a.html", filename='Bericht "März".html', content_type="text/plain")
    answer = _use(fake, signed)
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="Bericht _M_rz_.html"; '
        "filename*=UTF-8''Bericht%20%22M%C3%A4rz%22.html"
    )


def test_a_signed_head_is_no_signed_get(s3: S3Client, fake: Any) -> None:
    s3.upload_bytes("a.txt", b"hello")
    signed = s3.presign_head("a.txt")
    assert _use(fake, signed).status == 200
    assert fake(Request("GET", signed.url)).status == 403


def test_a_signed_put_takes_exactly_what_was_signed(s3: S3Client, fake: Any, png: bytes) -> None:
    signed = s3.presign_put("a.png", content_length=len(png), if_none_match=True)
    assert signed.headers == {
        "Content-Type": "image/png",
        "Content-Length": str(len(png)),
        "If-None-Match": "*",
    }
    wrong = {**signed.headers, "Content-Type": "text/html"}
    assert fake(Request("PUT", signed.url, wrong, png)).status == 403
    longer = {**signed.headers, "Content-Length": str(len(png) + 1)}
    assert fake(Request("PUT", signed.url, longer, png + b"x")).status == 403
    assert _use(fake, signed, png).status == 200
    assert _use(fake, signed, png).status == 412


def test_every_field_of_a_form_is_a_condition(s3: S3Client) -> None:
    fields = {"success_action_status": "201", "x-amz-meta-owner": "u7"}
    form = s3.presign_post("u/a.png", max_bytes=1000, fields=fields, expires_in=60)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    conditions = policy["conditions"]
    for name, value in form.fields.items():
        if name not in ("policy", "x-amz-signature"):
            assert {name: value} in conditions
    assert ["content-length-range", 1, 1000] in conditions
    assert {"bucket": "workbook-uploads"} in conditions
    assert policy["expiration"] == "2026-01-05T09:01:00Z"
    assert form.url == "https://workbook-uploads.s3.eu-west-1.amazonaws.com/"


def test_a_type_may_be_a_prefix(s3: S3Client) -> None:
    form = s3.presign_post("u/a", max_bytes=10, content_type_prefix="image/")
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert ["starts-with", "$Content-Type", "image/"] in policy["conditions"]
    assert "Content-Type" not in form.fields


@pytest.mark.parametrize("expiry", [0, -1, 604_801, 1.5, True, "60", None])
def test_an_expiry_outside_a_second_and_seven_days_is_refused(s3: S3Client, expiry: Any) -> None:
    for sign in (
        lambda: s3.presign_get("a.txt", expires_in=expiry),
        lambda: s3.presign_head("a.txt", expires_in=expiry),
        lambda: s3.presign_put("a.txt", expires_in=expiry),
        lambda: s3.presign_post("a.txt", max_bytes=10, expires_in=expiry),
    ):
        with pytest.raises(InvalidRequestError, match="expires_in") as raised:
            sign()
        assert raised.value.argument == "expires_in"


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"key": "u/${filename}"}, "key"),
        ({"key": "../a.png"}, "key"),
        ({"max_bytes": -1}, "max_bytes"),
        ({"min_bytes": 11}, "min_bytes"),
        ({"content_type": "png"}, "content_type"),
        ({"content_type": "image/png", "content_type_prefix": "image/"}, "content_type"),
        ({"content_type_prefix": ""}, "content_type_prefix"),
        ({"fields": {"acl": "public-read"}}, "fields"),
        ({"fields": {"key": "x"}}, "fields"),
        ({"fields": {"x-amz-acl": "public-read"}}, "fields"),
        ({"fields": {"x-amz-meta-a": "ü"}}, "fields['x-amz-meta-a']"),
    ],
)
def test_a_form_that_would_not_hold_is_not_signed(
    s3: S3Client, given: dict[str, Any], argument: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        s3.presign_post(**{"key": "u/a.png", "max_bytes": 10, **given})
    assert raised.value.argument == argument


def test_r2_has_no_forms_and_says_what_to_do(lab: Mock) -> None:
    r2 = S3Client.from_env(R2, mode="mock", wire=lab.fake, clock=lab.clock)
    with pytest.raises(InvalidRequestError, match="presign_put"):
        r2.presign_post("a.png", max_bytes=10)
    url = r2.presign_put("a.png").url
    assert url.startswith(f"{R2['AWS_ENDPOINT_URL_S3']}/workbook-uploads/a.png?")


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "a\\b"])
def test_a_name_that_is_none_is_refused(s3: S3Client, name: str) -> None:
    with pytest.raises(InvalidRequestError, match="filename"):
        s3.presign_get("a.txt", filename=name)


def test_a_temporary_keys_token_is_signed(lab: Mock) -> None:
    env = {"AWS_SESSION_TOKEN": "a-session-token"}
    client = S3Client.from_env(env, mode="mock", wire=lab.fake, clock=lab.clock)
    assert _query(client.presign_get("a.txt").url)["X-Amz-Security-Token"] == "a-session-token"
