"""What S3 refuses, case by case, to be tried on bare moto and on the fake."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from integrations.core.clock import ManualClock
from integrations.core.wire import Request
from integrations.s3.fake import MOCK_BUCKET, FakeS3
from integrations.s3.fake_browser import form_request
from integrations.s3.fake_lab import Lab

TYPE = {"Content-Type": "image/png"}
SIZE = ["content-length-range", 1, 10]
R2 = f"https://{'0' * 32}.r2.cloudflarestorage.com"
KEY = "users/1/photo.png"
GUESS, OTHER_SECRET = "guess", "of-the-reader"


@dataclass(frozen=True)
class Case:
    """One request, and what S3 answers to it.

    Attributes:
        group: the heading it stands under.
        title: what is wrong with the request, in a few words.
        expected: S3's answer: a status, and the code when it refuses.
        build: makes the request; it may move the lab's clock.
        prepare: sets up the fake, which holds one object, before that.
        profile: whose rules the fake follows.
    """

    group: str
    title: str
    expected: str
    build: Callable[[Lab], Request]
    prepare: Callable[[FakeS3], object] | None = None
    profile: Any = "aws"


def _get(lab: Lab, **more: Any) -> str:
    return lab.presigned("get_object", KEY, **more)


def _later(lab: Lab, seconds: float, request: Request) -> Request:
    assert isinstance(lab.clock, ManualClock)  # noqa: S101  # the lab of a case has one
    lab.clock.advance(seconds)
    return request


def _changed(url: str, old: str, new: str) -> Request:
    return Request("GET", url.replace(old, new, 1))


def _post(lab: Lab, content: bytes = b"12345", *, drop: str = "", **changes: str) -> Request:
    form = lab.form(KEY, TYPE, SIZE)
    named = {name.replace("__", "-"): value for name, value in changes.items()}
    fields = {k: v for k, v in {**form["fields"], **named}.items() if k != drop}
    return form_request(form["url"], fields, content)


def _swapped(request: Request) -> Request:
    return replace(request, body=request.body.replace(b"12345", b"54321"))


def _put(lab: Lab, **more: Any) -> Request:
    return lab.signed("put_object", Key="new.txt", Body=b"12345", **more)


def _presigned_put(lab: Lab, sent: dict[str, str], **signed: Any) -> Request:
    url = lab.presigned("put_object", "new.txt", **signed)
    return Request("PUT", url, sent, b"12345")


def _public() -> str:
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
        f'"Action": "s3:GetObject", "Resource": "arn:aws:s3:::{MOCK_BUCKET}/*"}}]}}'
    )


def _reader(fake: FakeS3) -> None:
    fake.add_user("AKIAREADER", OTHER_SECRET, can_list=False)


_LINKS = "Presigned URLs"
_FORMS = "Browser forms"
_CALLS = "Signed calls"
_RULES = "Rules of the bucket"

CASES = (
    Case(_LINKS, "as signed", "200", lambda lab: Request("GET", _get(lab))),
    Case(
        _LINKS,
        "after its expiry",
        "403 AccessDenied",
        lambda lab: _later(lab, 60, Request("GET", _get(lab))),
    ),
    Case(
        _LINKS,
        "for another key",
        "403 SignatureDoesNotMatch",
        lambda lab: _changed(_get(lab), "users/1/", "users/2/"),
    ),
    Case(
        _LINKS,
        "with a longer life written in",
        "403 SignatureDoesNotMatch",
        lambda lab: _changed(_get(lab), "Expires=60", "Expires=86400"),
    ),
    Case(
        _LINKS,
        "signed with a guessed secret",
        "403 SignatureDoesNotMatch",
        lambda lab: Request("GET", _get(replace(lab, secret_key=GUESS))),
    ),
    Case(
        _LINKS,
        "made to last eight days",
        "400 AuthorizationQueryParametersError",
        lambda lab: Request("GET", _get(lab, expires=8 * 86400)),
    ),
    Case(
        _LINKS,
        "for GET, used to DELETE",
        "403 SignatureDoesNotMatch",
        lambda lab: Request("DELETE", _get(lab)),
    ),
    Case(
        _LINKS,
        "for PUT, with another content type",
        "403 SignatureDoesNotMatch",
        lambda lab: _presigned_put(lab, {"content-type": "text/html"}, ContentType="text/plain"),
    ),
    Case(
        _LINKS,
        "for PUT, with metadata that was not signed",
        "403 AccessDenied",
        lambda lab: _presigned_put(lab, {"x-amz-meta-owner": "2"}),
    ),
    Case(
        _LINKS,
        "signature version 2",
        "400 InvalidRequest",
        lambda lab: Request("GET", _get(replace(lab, version="s3"))),
    ),
    Case(
        _LINKS,
        "no signature at all",
        "403 AccessDenied",
        lambda lab: Request("GET", _get(lab).partition("?")[0]),
    ),
    Case(_FORMS, "as signed", "204", _post),
    Case(_FORMS, "after its expiry", "403 AccessDenied", lambda lab: _later(lab, 300, _post(lab))),
    Case(
        _FORMS, "for another key", "403 AccessDenied", lambda lab: _post(lab, key="users/2/a.png")
    ),
    Case(
        _FORMS,
        "fifty times too large",
        "400 EntityTooLarge",
        lambda lab: _post(lab, b"x" * 500),
    ),
    Case(_FORMS, "an empty file", "400 EntityTooSmall", lambda lab: _post(lab, b"")),
    Case(
        _FORMS,
        "another content type",
        "403 AccessDenied",
        lambda lab: _post(lab, Content__Type="image/svg+xml"),
    ),
    Case(
        _FORMS,
        "a field that no condition names",
        "403 AccessDenied",
        lambda lab: _post(lab, acl="public-read"),
    ),
    Case(
        _FORMS,
        "another signature",
        "403 SignatureDoesNotMatch",
        lambda lab: _post(lab, x__amz__signature="0" * 64),
    ),
    Case(_FORMS, "no policy", "403 AccessDenied", lambda lab: _post(lab, drop="policy")),
    Case(_CALLS, "as signed", "200", _put),
    Case(
        _CALLS,
        "an unknown access key",
        "403 InvalidAccessKeyId",
        lambda lab: _put(replace(lab, access_key="AKIANOBODY")),
    ),
    Case(
        _CALLS,
        "a guessed secret",
        "403 SignatureDoesNotMatch",
        lambda lab: _put(replace(lab, secret_key=GUESS)),
    ),
    Case(
        _CALLS,
        "sent again an hour later",
        "403 RequestTimeTooSkewed",
        lambda lab: _later(lab, 3600, _put(lab)),
    ),
    Case(
        _CALLS,
        "its body changed on the way",
        "400 XAmzContentSHA256Mismatch",
        lambda lab: _swapped(_put(lab)),
    ),
    Case(
        _CALLS,
        "a checksum of something else",
        "400 BadDigest",
        lambda lab: _put(lab, ChecksumCRC32="AAAAAA=="),
    ),
    Case(
        _CALLS,
        "a Content-MD5 of something else",
        "400 BadDigest",
        lambda lab: _put(lab, ContentMD5="AAAAAAAAAAAAAAAAAAAAAA=="),
    ),
    Case(
        _CALLS,
        "to another region",
        "301 PermanentRedirect",
        lambda lab: _put(replace(lab, region="eu-central-1")),
    ),
    Case(
        _CALLS,
        "three kilobytes of metadata",
        "400 MetadataTooLarge",
        lambda lab: _put(lab, Metadata={"note": "x" * 3000}),
    ),
    Case(
        _RULES,
        "a public ACL on a bucket of today",
        "400 AccessControlListNotSupported",
        lambda lab: _put(lab, ACL="public-read"),
    ),
    Case(
        _RULES,
        "a public policy on a bucket of today",
        "403 AccessDenied",
        lambda lab: lab.signed("put_bucket_policy", Policy=_public()),
    ),
    Case(
        _RULES,
        "a missing key, asked by one who may not list",
        "403 AccessDenied",
        lambda lab: replace(lab, access_key="AKIAREADER", secret_key=OTHER_SECRET).signed(
            "get_object", Key="no"
        ),
        _reader,
    ),
    Case(
        _RULES,
        "another account's bucket",
        "403 AccessDenied",
        lambda lab: replace(lab, bucket="their-bucket").signed("list_objects_v2"),
        lambda fake: fake.add_bucket("their-bucket", owner="999999999999"),
    ),
    Case(
        _RULES,
        "create only if absent, and it is there",
        "412 PreconditionFailed",
        lambda lab: lab.signed("put_object", Key=KEY, Body=b"x", IfNoneMatch="*"),
    ),
    Case(
        _RULES,
        "copy only if the source is unchanged, and it is not",
        "412 PreconditionFailed",
        lambda lab: lab.signed(
            "copy_object",
            Key="copy.png",
            CopySource=f"{lab.bucket}/{KEY}",
            CopySourceIfMatch='"of something else"',
        ),
    ),
    Case(
        _RULES,
        "R2: a browser form",
        "501 NotImplemented",
        lambda lab: _post(replace(lab, region="auto", endpoint_url=R2)),
        profile="r2",
    ),
    Case(
        _RULES,
        "R2: tags",
        "501 NotImplemented",
        lambda lab: _put(replace(lab, region="auto", endpoint_url=R2), Tagging="a=b"),
        profile="r2",
    ),
)
"""The cases, in the order of the page."""
