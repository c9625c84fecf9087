"""Browser uploads at the wire: each attack on a signed form is refused, and nothing is stored."""

from typing import Any

import pytest

from integrations.core.wire import Request
from integrations.s3.fake import MOCK_ACCESS_KEY, MOCK_BUCKET
from integrations.s3.tests.fake_support import HOST, Bench, code, message

TYPE = {"Content-Type": "image/png"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _form(bench: Bench, **more: Any) -> dict[str, Any]:
    fields = {**TYPE, **more.pop("fields", {})}
    conditions = [{k: v} for k, v in fields.items()] + [["content-length-range", 1, 10]]
    return bench.form(fields=fields, conditions=conditions, **more)


def test_a_form_that_is_filled_in_as_signed_is_stored(bench: Bench) -> None:
    form = _form(bench, fields={"x-amz-meta-owner": "1"})
    answer = bench.post(form)
    assert (answer.status, answer.body) == (204, b"")
    stored = bench.fake.object("users/1/a.png")
    assert (stored.body, stored.content_type, stored.metadata) == (
        b"12345",
        "image/png",
        {"owner": "1"},
    )
    assert answer.headers["location"] == f"{HOST}/users/1/a.png"
    assert answer.headers["etag"] == stored.etag


ATTACKS: dict[str, tuple[dict[str, Any], str]] = {
    "another key": ({"key": "users/2/a.png"}, "AccessDenied"),
    "climbing out": ({"key": "users/1/../2/a.png"}, "AccessDenied"),
    "another type": ({"Content__Type": "text/html"}, "AccessDenied"),
    "SVG": ({"Content__Type": "image/svg+xml"}, "AccessDenied"),
    "no type": ({"drop": "Content-Type"}, "AccessDenied"),
    "too large": ({"body": b"x" * 11}, "EntityTooLarge"),
    "fifty times too large": ({"body": b"x" * 500}, "EntityTooLarge"),
    "empty": ({"body": b""}, "EntityTooSmall"),
    "an ACL more": ({"acl": "public-read"}, "AccessDenied"),
    "metadata more": ({"x__amz__meta__owner": "2"}, "AccessDenied"),
    "a redirect more": ({"success_action_redirect": "https://evil.example"}, "AccessDenied"),
    "a status more": ({"success_action_status": "201"}, "AccessDenied"),
    "another bucket": ({"url": HOST.replace(MOCK_BUCKET, "another-bucket") + "/"}, "AccessDenied"),
    "another signature": ({"x__amz__signature": "0" * 64}, "SignatureDoesNotMatch"),
    "an odd signature": ({"x__amz__signature": "é"}, "SignatureDoesNotMatch"),
    "no signature": ({"drop": "x-amz-signature"}, "InvalidArgument"),
    "no policy": ({"drop": "policy"}, "AccessDenied"),
    "a policy of one's own": ({"policy": "eyJjb25kaXRpb25zIjpbXX0="}, "SignatureDoesNotMatch"),
    "another date": ({"x__amz__date": "20270105T090000Z"}, "InvalidArgument"),
    "another algorithm": ({"x__amz__algorithm": "AWS4-HMAC-SHA1"}, "InvalidArgument"),
    "no key": ({"drop": "key"}, "InvalidArgument"),
    "signature version 2": ({"AWSAccessKeyId": MOCK_ACCESS_KEY}, "InvalidRequest"),
    "a stranger's credential": (
        {"x__amz__credential": "AKIANOBODY/20260105/eu-west-1/s3/aws4_request"},
        "InvalidAccessKeyId",
    ),
    "another region": (
        {"x__amz__credential": f"{MOCK_ACCESS_KEY}/20260105/us-east-1/s3/aws4_request"},
        "SignatureDoesNotMatch",
    ),
}


@pytest.mark.parametrize(("change", "refusal"), ATTACKS.values(), ids=ATTACKS)
def test_a_form_with_a_change_is_refused(bench: Bench, change: Any, refusal: str) -> None:
    bench.fake.add_bucket("another-bucket")
    answer = bench.post(_form(bench), **change)
    assert code(answer) == refusal
    assert answer.status in (400, 403)
    assert bench.fake.objects() == []


def test_an_expired_form_is_refused(bench: Bench) -> None:
    form = _form(bench, seconds=300)
    bench.clock.advance(299)
    assert bench.post(form).status == 204
    bench.clock.advance(1)
    late = bench.post(form)
    assert (late.status, message(late)) == (403, "Invalid according to Policy: Policy expired.")


def test_fields_that_the_policy_forgot_are_extra(bench: Bench) -> None:
    """The defect that broke browser uploads: fields in the form that no condition names."""
    form = bench.form(fields={**TYPE, "success_action_status": "201"})
    answer = bench.post(form)
    assert answer.status == 403
    assert "Extra input fields: content-type" in message(answer)


def test_the_users_file_name_can_be_part_of_the_key(bench: Bench) -> None:
    form = bench.form("users/1/${filename}")
    assert bench.post(form, name="C:/pictures/me.png").status == 204
    assert [each.key for each in bench.fake.objects()] == ["users/1/me.png"]


def test_the_answer_is_as_the_form_asks(bench: Bench) -> None:
    created = bench.post(_form(bench, fields={"success_action_status": "201"}))
    assert created.status == 201
    assert b"<Key>users/1/a.png</Key>" in created.body
    assert bench.post(_form(bench, fields={"success_action_status": "200"})).status == 200
    assert bench.post(_form(bench, fields={"success_action_status": "500"})).status == 204
    target = "https://app.example.com/done?x=1"
    away = bench.post(_form(bench, fields={"success_action_redirect": target}))
    assert away.status == 303
    assert away.headers["location"].startswith(f"{target}&bucket={MOCK_BUCKET}&key=users%2F1%2Fa")


def test_what_stands_after_the_file_does_not_count(bench: Bench) -> None:
    form = _form(bench)
    parts: list[Any] = [
        (name, None, value) for name, value in form["fields"].items() if name != "key"
    ]
    parts += [("file", "a.png", "12345"), ("key", None, form["fields"]["key"])]
    assert code(_multipart(bench, parts)) == "InvalidArgument"


def test_two_fields_of_one_name_are_refused(bench: Bench) -> None:
    form = _form(bench)
    parts: list[Any] = [(name, None, value) for name, value in form["fields"].items()]
    parts += [("Key", None, "users/2/a.png"), ("file", "a.png", "12345")]
    assert code(_multipart(bench, parts)) == "MalformedPOSTRequest"


def _multipart(bench: Bench, parts: list[tuple[str, str | None, str]]) -> Any:
    lines = []
    for name, filename, value in parts:
        more = f'; filename="{filename}"' if filename else ""
        lines.append(
            f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
        )
    body = ("".join(lines) + "--B--\r\n").encode()
    kind = {"content-type": "multipart/form-data; boundary=B"}
    return bench.fake(Request("POST", f"{HOST}/", kind, body))


BODIES = [
    b"",
    b"--B",
    b"--B\r\n\r\n",
    b"--B--\r\n",
    b"\xff\xfe",
    b"--B\r\nContent-Disposition: x\r\n",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("boundary", ["; boundary=B", "", "; boundary=\u00e9", "; boundary="])
def test_a_malformed_form_is_refused(bench: Bench, body: bytes, boundary: str) -> None:
    head = {"content-type": f"multipart/form-data{boundary}"}
    assert bench.fake(Request("POST", f"{HOST}/", head, body)).status == 400


def test_fields_beyond_twenty_kilobytes_are_refused(bench: Bench) -> None:
    answer = bench.post(_form(bench), x__ignore__a="x" * 20_001)
    assert code(answer) == "MaxPostPreDataLengthExceeded"


def test_binary_content_is_kept_byte_by_byte(bench: Bench) -> None:
    form = bench.form()
    body = bytes(range(256)) + b"\r\n--boundary\r\n"
    assert bench.post(form, body).status == 204
    assert bench.fake.object("users/1/a.png").body == body


def test_who_signed_has_to_be_allowed_to_write(bench: Bench) -> None:
    bench.fake.add_user("AKIAREADER", "secret", actions=["s3:GetObject"])
    bench.s3, bench.signing = bench.boto(key="AKIAREADER", secret="secret")
    assert code(bench.post(bench.form())) == "AccessDenied"


def test_temporary_credentials_sign_forms_with_their_token(bench: Bench) -> None:
    bench.fake.add_user("ASIATEMP", "secret", session_token="token")
    bench.s3, bench.signing = bench.boto(key="ASIATEMP", secret="secret", token="token")
    form = bench.form()
    assert bench.post(form).status == 204
    assert code(bench.post(form, drop="x-amz-security-token")) == "InvalidAccessKeyId"


def test_the_vendors_own_client_signs_forms_as_well(bench: Bench) -> None:
    form = bench.s3.generate_presigned_post(MOCK_BUCKET, "a.png", ExpiresIn=60)
    assert bench.post(form).status == 204
