"""Objects, through the client and over the wire to the fake."""

from typing import Any

import pytest

from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
)
from integrations.core.workbook import Mock
from integrations.s3.client import S3Client


def _requests(fake: Any) -> list[str]:
    return [f"{each.method} {each.path}" for each in fake.requests]


def test_what_is_stored_comes_back_with_its_type_and_metadata(s3: S3Client) -> None:
    stored = s3.upload_bytes("a/notes.txt", b"hello", metadata={"Author": "kim"})
    info = s3.head("a/notes.txt")
    assert s3.download_bytes("a/notes.txt") == b"hello"
    assert (info.size, info.content_type, info.etag) == (5, "text/plain", stored.etag)
    assert info.metadata == {"author": "kim"}
    assert info.crc32 == stored.crc32 == "NhCmhg=="


@pytest.mark.parametrize(
    "key", ["ü/日本 語.txt", "a+b&c=d?e#f.txt", "a%20b.txt", "~a'(b)*!.txt", "a//b"]
)
def test_odd_keys_are_signed_and_come_back_as_they_are(s3: S3Client, key: str) -> None:
    s3.upload_bytes(key, b"x")
    assert [each.key for each in s3.list_objects()] == [key]
    assert s3.download_bytes(key) == b"x"
    s3.copy(key, f"{key}.copy")
    assert s3.delete_many([key]).deleted == (key,)


def test_an_empty_object_is_an_object(s3: S3Client) -> None:
    s3.upload_bytes("empty.txt", b"")
    assert s3.exists("empty.txt")
    assert s3.download_bytes("empty.txt") == b""


def test_no_acl_is_ever_sent(s3: S3Client, fake: Any, big: bytes) -> None:
    s3.upload_bytes("a.txt", b"x")
    s3.upload_bytes("big.bin", big)
    s3.copy("a.txt", "b.txt")
    assert not [name for each in fake.requests for name in each.headers if "acl" in name]
    assert not [each.url for each in fake.requests if "acl" in each.url]


def test_create_only_refuses_to_replace(s3: S3Client) -> None:
    s3.upload_bytes("a.txt", b"first", if_none_match=True)
    with pytest.raises(ConflictError) as raised:
        s3.upload_bytes("a.txt", b"second", if_none_match=True)
    assert (raised.value.status, raised.value.code) == (412, "PreconditionFailed")
    assert s3.download_bytes("a.txt") == b"first"


def test_a_range_is_a_range(s3: S3Client) -> None:
    s3.upload_bytes("a.txt", b"0123456789")
    assert s3.download_bytes("a.txt", start=2, stop=5) == b"234"
    assert s3.download_bytes("a.txt", start=7) == b"789"
    with pytest.raises(InvalidRequestError) as raised:
        s3.download_bytes("a.txt", start=10)
    assert raised.value.status == 416


def test_missing_is_told_apart_from_forbidden(lab: Mock) -> None:
    assert lab.client.exists("a.txt") is False
    with pytest.raises(NotFoundError):
        lab.client.head("a.txt")
    key, secret = "AKIAREADERONLY000001", "readeronlysecret0123456789abcdefghijklmn"
    lab.fake.add_user(key, secret, actions=("s3:GetObject",))
    env = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    reader = S3Client.from_env(env, mode="mock", wire=lab.fake, clock=lab.clock)
    with pytest.raises(AuthenticationError, match="neither yes nor no") as raised:
        reader.exists("a.txt")
    assert raised.value.status == 403


def test_a_listing_walks_over_every_page(s3: S3Client, fake: Any) -> None:
    for number in range(7):
        s3.upload_bytes(f"logs/{number}.txt", b"x" * number)
    s3.upload_bytes("other.txt", b"x")
    before = len(fake.requests)
    listed = [(each.key, each.size) for each in s3.list_objects("logs/", page_size=3)]
    assert listed == [(f"logs/{number}.txt", number) for number in range(7)]
    assert len(fake.requests) - before == 3
    assert [each.key for each in s3.list_objects("logs/", start_after="logs/5.txt")] == [
        "logs/6.txt"
    ]


def test_a_listing_is_checked_before_it_is_walked(s3: S3Client) -> None:
    with pytest.raises(InvalidRequestError, match="prefix"):
        s3.list_objects("../")


def test_copy_keeps_type_and_metadata_and_obeys_its_conditions(s3: S3Client) -> None:
    first = s3.upload_bytes("a.txt", b"x", content_type="text/x-odd", metadata={"k": "v"})
    copied = s3.copy("a.txt", "b.txt", source_etag=first.etag)
    assert (copied.size, copied.content_type) == (1, "text/x-odd")
    assert s3.head("b.txt").metadata == {"k": "v"}
    with pytest.raises(ConflictError):
        s3.copy("a.txt", "b.txt", if_none_match=True)
    with pytest.raises(ConflictError):
        s3.copy("a.txt", "c.txt", source_etag="0" * 32)
    with pytest.raises(NotFoundError):
        s3.copy("missing.txt", "d.txt")
    with pytest.raises(InvalidRequestError, match="source itself"):
        s3.copy("a.txt", "a.txt")


def test_move_leaves_nothing_behind_and_loses_nothing_on_failure(s3: S3Client, fake: Any) -> None:
    s3.upload_bytes("a.txt", b"x")
    s3.move("a.txt", "b.txt")
    assert [each.key for each in s3.list_objects()] == ["b.txt"]
    before = len(fake.requests)
    with pytest.raises(NotFoundError):
        s3.move("a.txt", "c.txt")
    assert _requests(fake)[before:] == ["PUT /c.txt"]


def test_delete_many_reports_and_sends_a_thousand_at_a_time(s3: S3Client, fake: Any) -> None:
    s3.upload_bytes("a.txt", b"x")
    report = s3.delete_many([f"{number}.txt" for number in range(1500)] + ["a.txt"])
    assert len(report.deleted) == 1501
    assert report.failed == {}
    assert _requests(fake).count("POST /") == 2
    assert not s3.exists("a.txt")


def test_delete_many_checks_every_key_first(s3: S3Client, fake: Any) -> None:
    with pytest.raises(InvalidRequestError, match="keys"):
        s3.delete_many(["fine.txt", "../secret"])
    with pytest.raises(InvalidRequestError, match="one string"):
        s3.delete_many("a.txt")
    assert fake.requests == []


def test_tags_are_replaced_as_a_whole(s3: S3Client) -> None:
    s3.upload_bytes("a.txt", b"x", tags={"kind": "note", "lang": "de + en/us"})
    assert s3.get_tags("a.txt") == {"kind": "note", "lang": "de + en/us"}
    s3.set_tags("a.txt", {"kind": "draft"})
    assert s3.get_tags("a.txt") == {"kind": "draft"}


def test_another_bucket_is_one_call_away(s3: S3Client, fake: Any) -> None:
    fake.add_bucket("second-bucket")
    other = s3.in_bucket("second-bucket")
    other.upload_bytes("a.txt", b"x")
    assert (other.bucket, s3.bucket) == ("second-bucket", "workbook-uploads")
    assert not s3.exists("a.txt")
    s3.copy("a.txt", "b.txt", source_bucket="second-bucket")
    assert s3.exists("b.txt")
    with pytest.raises(NotFoundError):
        s3.in_bucket("no-such-bucket").check_bucket()


def test_every_request_goes_to_the_regional_virtual_host(s3: S3Client, fake: Any) -> None:
    s3.upload_bytes("a.txt", b"x")
    url = fake.requests[-1].url
    assert url.startswith("https://workbook-uploads.s3.eu-west-1.amazonaws.com/a.txt")
