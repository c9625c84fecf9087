"""Who may do what: users, owners, ACLs, public access, regions, other origins."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from integrations.core.wire import Request
from integrations.s3.fake import MOCK_BUCKET
from integrations.s3.tests.fake_support import HOST, Bench, code, message, new_boto


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.fake.put_object("users/1/a.txt", b"hello")
    return bench


def _code(call: Any, **named: Any) -> str:
    try:
        call(Bucket=MOCK_BUCKET, **named)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def _user(bench: Bench, **may: Any) -> Any:
    bench.fake.add_user("AKIAUSER", "secret", **may)
    return bench.boto(key="AKIAUSER", secret="secret")[0]


def test_a_missing_key_is_forbidden_to_those_who_may_not_list(bench: Bench) -> None:
    blind, seeing = _user(bench), bench.s3
    assert _code(blind.get_object, Key="no") == "AccessDenied"
    assert _code(blind.head_object, Key="no") == "403"
    assert _code(blind.list_objects_v2) == "AccessDenied"
    assert _code(blind.get_object, Key="users/1/a.txt") == ""
    assert _code(seeing.get_object, Key="no") == "NoSuchKey"
    assert _code(seeing.head_object, Key="no") == "404"


def test_a_user_may_do_what_was_allowed_and_nothing_else(bench: Bench) -> None:
    user = _user(bench, actions=["s3:GetObject"], prefix="users/1/")
    bench.fake.put_object("users/2/a.txt", b"hello")
    assert _code(user.get_object, Key="users/1/a.txt") == ""
    assert _code(user.get_object, Key="users/2/a.txt") == "AccessDenied"
    assert _code(user.put_object, Key="users/1/b.txt", Body=b"") == "AccessDenied"
    assert _code(user.delete_object, Key="users/1/a.txt") == "AccessDenied"
    assert _code(user.get_object_tagging, Key="users/1/a.txt") == "AccessDenied"
    assert _code(user.put_bucket_policy, Policy="{}") == "AccessDenied"


def test_a_copy_needs_the_right_to_read_its_source(bench: Bench) -> None:
    bench.fake.add_bucket("theirs", owner="999999999999")
    user = _user(bench, prefix="users/2/")
    for source in (f"{MOCK_BUCKET}/users/1/a.txt", "theirs/a.txt", f"{MOCK_BUCKET}/users/2/no"):
        assert _code(user.copy_object, Key="users/2/a", CopySource=source) == "AccessDenied"
    mine = f"{MOCK_BUCKET}/users/1/a.txt"
    assert _code(bench.s3.copy_object, Key="copy", CopySource=mine) == ""
    assert bench.fake.object("copy").body == b"hello"
    assert _code(bench.s3.copy_object, Key="copy", CopySource="nowhere/a") == "NoSuchBucket"


def test_another_accounts_bucket_is_forbidden_and_none_is_missing(bench: Bench) -> None:
    bench.fake.add_bucket("theirs", owner="999999999999")
    with pytest.raises(ClientError, match="AccessDenied"):
        bench.s3.get_object(Bucket="theirs", Key="a")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        bench.s3.get_object(Bucket="nowhere", Key="a")
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        _create(bench, "theirs")
    with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
        _create(bench, MOCK_BUCKET)


def _create(bench: Bench, name: str, **more: Any) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    bench.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where, **more)


def test_the_expected_owner_is_compared(bench: Bench) -> None:
    assert _code(bench.s3.head_bucket, ExpectedBucketOwner="123456789012") == ""
    assert _code(bench.s3.head_bucket, ExpectedBucketOwner="999999999999") == "403"


def test_a_new_bucket_is_private_without_acls(bench: Bench) -> None:
    _create(bench, "new-bucket")
    rules = bench.s3.get_bucket_ownership_controls(Bucket="new-bucket")["OwnershipControls"]
    assert rules["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    block = bench.s3.get_public_access_block(Bucket="new-bucket")
    assert all(block["PublicAccessBlockConfiguration"].values())
    with pytest.raises(ClientError, match="InvalidBucketAclWithObjectOwnership"):
        _create(bench, "newer-bucket", ACL="public-read")
    with pytest.raises(ClientError, match="IllegalLocationConstraint"):
        bench.s3.create_bucket(Bucket="newer-bucket")
    with pytest.raises(ClientError, match="InvalidBucketName"):
        _create(bench, "a" * 64)


@pytest.mark.parametrize("acl", ["public-read", "private", "authenticated-read"])
def test_acls_are_refused_where_ownership_is_enforced(bench: Bench, acl: str) -> None:
    refusal = "AccessControlListNotSupported"
    assert _code(bench.s3.put_object, Key="b", Body=b"", ACL=acl) == refusal
    assert _code(bench.s3.put_object_acl, Key="users/1/a.txt", ACL=acl) == refusal
    assert _code(bench.s3.create_multipart_upload, Key="b", ACL=acl) == refusal
    assert _code(bench.s3.put_bucket_acl, ACL=acl) == refusal
    assert [each.key for each in bench.fake.objects()] == ["users/1/a.txt"]
    assert _code(bench.s3.put_object, Key="b", Body=b"", ACL="bucket-owner-full-control") == ""


def _open_acls(bench: Bench) -> None:
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    bench.s3.put_bucket_ownership_controls(Bucket=MOCK_BUCKET, OwnershipControls=rules)


def test_a_public_acl_needs_both_switches(bench: Bench) -> None:
    _open_acls(bench)
    assert _code(bench.s3.put_object, Key="b", Body=b"", ACL="public-read") == "AccessDenied"
    bench.s3.delete_public_access_block(Bucket=MOCK_BUCKET)
    assert _code(bench.s3.put_object, Key="b", Body=b"open", ACL="public-read") == ""
    assert bench.send("GET", f"{HOST}/b").body == b"open"
    assert bench.send("GET", f"{HOST}/users/1/a.txt").status == 403
    assert bench.send("PUT", f"{HOST}/b", b"evil").status == 403


def _public_policy(**more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{MOCK_BUCKET}/public/*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_public_policy_is_refused_until_the_block_is_lifted(bench: Bench) -> None:
    bench.fake.put_object("public/a.txt", b"open")
    assert _code(bench.s3.put_bucket_policy, Policy=_public_policy()) == "AccessDenied"
    assert bench.send("GET", f"{HOST}/public/a.txt").status == 403
    bench.s3.delete_public_access_block(Bucket=MOCK_BUCKET)
    assert _code(bench.s3.put_bucket_policy, Policy=_public_policy()) == ""
    assert bench.send("GET", f"{HOST}/public/a.txt").body == b"open"
    for method, path in (("GET", "/users/1/a.txt"), ("PUT", "/public/a.txt"), ("GET", "/")):
        assert bench.send(method, HOST + path).status == 403
    # The list is not public, so what is missing is forbidden.
    assert bench.send("GET", f"{HOST}/public/no.txt").status == 403


def test_the_block_also_takes_the_effect_of_an_older_policy(bench: Bench) -> None:
    bench.fake.put_object("public/a.txt", b"open")
    bench.s3.delete_public_access_block(Bucket=MOCK_BUCKET)
    bench.s3.put_bucket_policy(Bucket=MOCK_BUCKET, Policy=_public_policy())
    block = {"RestrictPublicBuckets": True}
    bench.s3.put_public_access_block(Bucket=MOCK_BUCKET, PublicAccessBlockConfiguration=block)
    assert bench.send("GET", f"{HOST}/public/a.txt").status == 403


def test_a_policy_with_a_condition_opens_nothing_here(bench: Bench) -> None:
    bench.fake.put_object("public/a.txt", b"open")
    bench.s3.delete_public_access_block(Bucket=MOCK_BUCKET)
    narrow = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    bench.s3.put_bucket_policy(Bucket=MOCK_BUCKET, Policy=_public_policy(Condition=narrow))
    assert bench.send("GET", f"{HOST}/public/a.txt").status == 403


def test_the_wrong_region_is_told_and_boto3_finds_the_right_one(bench: Bench) -> None:
    lost, _ = new_boto(region="eu-central-1")
    lost.put_object(Bucket=MOCK_BUCKET, Key="b", Body=b"x")
    first = bench.fake.requests[0]
    again = bench.fake(first)
    assert (again.status, code(again)) == (301, "PermanentRedirect")
    assert again.headers["x-amz-bucket-region"] == "eu-west-1"


def test_a_url_signed_for_another_region_is_refused(bench: Bench) -> None:
    lost, _ = bench.boto(region="us-east-1")
    params = {"Bucket": MOCK_BUCKET, "Key": "users/1/a.txt"}
    url = lost.generate_presigned_url("get_object", Params=params)
    assert bench.send("GET", url).status in (301, 307)
    custom, _ = bench.boto(region="us-east-1", endpoint_url=HOST.replace(f"{MOCK_BUCKET}.", ""))
    url = custom.generate_presigned_url("get_object", Params=params)
    answer = bench.send("GET", url)
    assert code(answer) == "AuthorizationQueryParametersError"
    assert "expecting 'eu-west-1'" in message(answer)


def test_the_global_host_redirects_to_the_region(bench: Bench) -> None:
    answer = bench.send("GET", f"https://{MOCK_BUCKET}.s3.amazonaws.com/users/1/a.txt")
    assert (answer.status, code(answer)) == (307, "TemporaryRedirect")
    assert answer.headers["location"] == f"{HOST}/users/1/a.txt"


@pytest.mark.parametrize("key", ["../a", "a/../../b", "./../a", "a/%2e%2e/%2e%2e/b"])
def test_a_path_that_climbs_out_of_its_bucket_is_refused(bench: Bench, key: str) -> None:
    answer = bench.send("GET", f"{HOST}/{key}")
    assert (answer.status, code(answer)) == (400, "InvalidURI")


PAGE = "https://app.example.com"
RULE = {
    "AllowedOrigins": [PAGE],
    "AllowedMethods": ["PUT", "POST"],
    "AllowedHeaders": ["content-type"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 600,
}


def _ask(bench: Bench, origin: str = PAGE, method: str = "PUT", headers: str = "") -> Any:
    asked = {"origin": origin, "access-control-request-method": method}
    asked |= {"access-control-request-headers": headers} if headers else {}
    return bench.fake(Request("OPTIONS", f"{HOST}/a", asked))


def test_other_origins_are_allowed_what_the_bucket_says(bench: Bench) -> None:
    assert _ask(bench).status == 403
    bench.s3.put_bucket_cors(Bucket=MOCK_BUCKET, CORSConfiguration={"CORSRules": [RULE]})
    answer = _ask(bench, headers="Content-Type")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-max-age"] == "600"
    for refused in (
        {"origin": "https://evil.example"},
        {"method": "DELETE"},
        {"headers": "content-type, x-amz-meta-a"},
        {"origin": "null"},
        {"method": ""},
    ):
        assert code(_ask(bench, **refused)) == "AccessForbidden", refused


def test_an_answer_carries_what_the_page_may_read(bench: Bench) -> None:
    bench.s3.put_bucket_cors(Bucket=MOCK_BUCKET, CORSConfiguration={"CORSRules": [RULE]})
    url = bench.presign("put_object", "a")
    here = bench.send("PUT", url, b"x", origin=PAGE)
    assert here.headers["access-control-expose-headers"] == "ETag"
    there = bench.send("PUT", url, b"x", origin="https://evil.example")
    # S3 does as it is asked; it is the browser that keeps the answer from the page.
    assert there.status == 200
    assert "access-control-allow-origin" not in there.headers


def test_the_bench_of_tests_sees_a_refusal(bench: Bench) -> None:
    """The helpers tell refusals from answers."""
    assert code(bench.send("GET", bench.presign("get_object", "users/1/a.txt"))) == ""
    assert code(bench.send("GET", f"{HOST}/users/1/a.txt")) == "AccessDenied"
