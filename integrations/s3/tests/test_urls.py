"""URLs: every style of host, and what is built is read again."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.s3.names import bucket_problem, key_problem
from integrations.s3.urls import S3Url, S3UrlError, object_url, parse_s3_url

R2 = "0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com"

V = "https://my-bucket.s3"
STYLES = [
    ("s3://my-bucket/a/b.txt", "my-bucket", "a/b.txt", "", "uri"),
    ("s3://my-bucket/a%20b?c#d", "my-bucket", "a%20b?c#d", "", "uri"),
    ("s3://my-bucket", "my-bucket", "", "", "uri"),
    (f"{V}.amazonaws.com/k", "my-bucket", "k", "", "virtual"),
    (f"{V}.eu-west-1.amazonaws.com/a%20b+c", "my-bucket", "a b+c", "eu-west-1", "virtual"),
    (f"{V}-eu-west-1.amazonaws.com/k", "my-bucket", "k", "eu-west-1", "virtual"),
    (f"{V}.dualstack.eu-west-1.amazonaws.com/k", "my-bucket", "k", "eu-west-1", "virtual"),
    (f"{V}.us-gov-west-1.amazonaws.com/k", "my-bucket", "k", "us-gov-west-1", "virtual"),
    (f"{V}-accelerate.amazonaws.com/k", "my-bucket", "k", "", "virtual"),
    (f"{V}.cn-north-1.amazonaws.com.cn/k", "my-bucket", "k", "cn-north-1", "virtual"),
    (f"{V}.eusc-de-east-1.amazonaws.eu/k", "my-bucket", "k", "eusc-de-east-1", "virtual"),
    (f"{V}-website-us-east-1.amazonaws.com/k", "my-bucket", "k", "us-east-1", "virtual"),
    (f"{V}-website.eu-central-1.amazonaws.com/", "my-bucket", "", "eu-central-1", "virtual"),
    ("https://my.own.s3.eu-west-1.amazonaws.com/k", "my.own", "k", "eu-west-1", "virtual"),
    ("https://s3.eu-west-1.amazonaws.com/my-bucket/a/b", "my-bucket", "a/b", "eu-west-1", "path"),
    ("https://s3.amazonaws.com/my-bucket/%C3%BC", "my-bucket", "ü", "", "path"),
    ("https://s3-us-west-2.amazonaws.com/my-bucket/k", "my-bucket", "k", "us-west-2", "path"),
    (f"https://{R2}/my-bucket/k", "my-bucket", "k", "", "path"),
    (f"https://my-bucket.{R2}/k", "my-bucket", "k", "", "virtual"),
    (f"https://{R2.replace('.r2', '.eu.r2')}/my-bucket/k", "my-bucket", "k", "", "path"),
    ("https://my-bucket.nyc3.digitaloceanspaces.com/k", "my-bucket", "k", "nyc3", "virtual"),
    ("https://my-bucket.nyc3.cdn.digitaloceanspaces.com/k", "my-bucket", "k", "nyc3", "virtual"),
    ("https://s3.us-west-004.backblazeb2.com/my-bucket/k", "my-bucket", "k", "us-west-004", "path"),
]

buckets = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]", fullmatch=True).filter(
    lambda name: bucket_problem(name) is None
)
keys = st.text(min_size=1, max_size=40).filter(lambda key: key_problem(key) is None)
regions = st.sampled_from(["", "eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
styles = st.sampled_from(["virtual", "path"])
endpoints = st.sampled_from(
    ["", "http://127.0.0.1:9000", "https://minio.example.com", f"https://{R2}"]
)


@pytest.mark.parametrize(
    ("url", "bucket", "key", "region", "style"),
    STYLES,
)
def test_every_style_is_read(url: str, bucket: str, key: str, region: str, style: str) -> None:
    found = parse_s3_url(url)
    assert (found.bucket, found.key, found.region, found.style) == (bucket, key, region, style)


def test_a_signed_url_with_a_version_is_read() -> None:
    url = "https://my-bucket.s3.eu-west-1.amazonaws.com/k?versionId=v%2B1&X-Amz-Signature=secret"
    found = parse_s3_url(url)
    assert found.version_id == "v+1"
    assert "secret" not in repr(found) + found.url
    assert parse_s3_url(found.url) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "my-bucket/key",
        "ftp://my-bucket.s3.amazonaws.com/k",
        "https://example.com/my-bucket/k",
        "https://my-bucket.s3.amazonaws.com.evil.test/k",
        "https://evil.test/my-bucket.s3.amazonaws.com/k",
        "https://my-bucket.s3.amazonaws.com@evil.test/k",
        "https://my-bucket.s3.amazonaws.com/a/../b",
        "https://my-bucket.s3.amazonaws.com/%2E%2E/b",
        "https://my-bucket.s3.amazonaws.com/a%00b",
        "https://my-bucket.s3.amazonaws.com/%ff",
        "https://my-bucket.s3.amazonaws.com/a\tb",
        "https://MY_BUCKET.s3.amazonaws.com/k",
        "https://s3.amazonaws.com/",
        "https://s3.amazonaws.com/ab/k",
        "s3:///key",
        "s3://192.168.0.1/key",
        "https://[::1/k",
        "https://my-bucket.s3.amazonaws.com:99999/k",
    ],
)
def test_what_is_no_url_of_an_object_is_refused(url: str) -> None:
    with pytest.raises(S3UrlError, match="url"):
        parse_s3_url(url)


@given(
    buckets,
    keys,
    st.sampled_from(["", "eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"]),
    st.sampled_from(["virtual", "path"]),
)
def test_what_is_built_for_aws_is_read_again(
    bucket: str, key: str, region: str, style: str
) -> None:
    url = object_url(bucket, key, region=region, style=style)
    found = parse_s3_url(url)
    assert (found.bucket, found.key, found.region) == (bucket, key, region)
    assert found.url == url


@given(buckets, keys, endpoints, styles)
def test_what_is_built_for_an_endpoint_is_read_again(
    bucket: str, key: str, endpoint: str, style: str
) -> None:
    url = object_url(bucket, key, endpoint_url=endpoint, style=style)
    found = parse_s3_url(url, endpoint_url=endpoint)
    assert (found.bucket, found.key) == (bucket, key)
    assert found.url == url


@given(buckets, keys)
def test_a_uri_holds_the_key_as_it_is(bucket: str, key: str) -> None:
    assert parse_s3_url(S3Url(bucket, key).uri) == S3Url(bucket, key)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"s3://{text}", f"https://b.s3.amazonaws.com/{text}"):
        with contextlib.suppress(S3UrlError):
            assert bucket_problem(parse_s3_url(url).bucket) is None


@given(keys)
def test_urls_hold_nothing_that_has_to_be_quoted(key: str) -> None:
    url = object_url("my-bucket", key)
    assert url.isascii()
    assert not set(url) & set(" +\"'<>\\^`{|}?#")
